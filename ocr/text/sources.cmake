list(APPEND OCR_SOURCES text/glyph.c text/lexicon.c text/lexicon_load.c text/phone.c text/address.c text/ink.c text/engine.c
     text/consensus.c text/decide.c text/distinct.c text/text_field.c text/weights.c)
