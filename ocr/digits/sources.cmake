list(APPEND OCR_SOURCES digits/net.c digits/glyph.c digits/weights.c digits/pieces.c digits/join.c digits/cuts.c digits/lattice.c digits/digits.c)
