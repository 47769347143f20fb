list(APPEND OCR_SOURCES text/glyph.c text/lexicon.c text/lexicon_load.c text/phone.c text/address.c text/ink.c text/engine.c
     text/consensus.c text/scripts.c text/decide.c text/as_read.c text/pattern.c text/pool.c text/distinct.c text/shapes.c
     text/shape_features.c text/shape_line.c text/typed_digits.c text/text_field.c text/weights.c)
# Sums over many letters: wide registers are worth it.
set_source_files_properties(text/shapes.c text/shape_features.c PROPERTIES COMPILE_OPTIONS -O3)
