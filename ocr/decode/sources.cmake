list(APPEND OCR_SOURCES decode/decode.c decode/image.c decode/page.c decode/raster.c decode/tiff.c decode/tiff_pages.c)
