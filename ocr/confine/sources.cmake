list(APPEND OCR_SOURCES confine/frames.c confine/lock.c confine/models.c confine/pdf.c confine/probe.c confine/protocol.c
     confine/read_document.c confine/read_page.c confine/recogniser.c confine/server.c)
