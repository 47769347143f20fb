list(APPEND OCR_SOURCES text/glyph.c text/lexicon.c text/lexicon_load.c text/phone.c text/address.c text/ink.c text/engine.c
     text/trained.c text/int_matrix.c text/line_layers.c text/line_net.c text/line_codes.c text/line_beam.c text/heard.c text/consensus.c text/grid.c
     text/settle.c text/language.c text/settle_language.c text/scripts.c text/decide.c text/as_read.c text/pattern.c text/pool.c text/distinct.c text/shapes.c
     text/shape_features.c text/shape_line.c text/typed_digits.c text/text_field.c text/weights.c)
# Sums over many letters: wide registers are worth it.
set_source_files_properties(text/shapes.c text/shape_features.c text/int_matrix.c PROPERTIES COMPILE_OPTIONS -O3)
set_source_files_properties(text/line_layers.c PROPERTIES COMPILE_OPTIONS "-O3;-fno-trapping-math")
