tasuki_test(test_text_lexicon SOURCES test_text_lexicon.c USES ocr)
tasuki_test(test_line SOURCES test_line.c USES ocr LIBS PkgConfig::pangocairo)
tasuki_test(test_shapes SOURCES test_shapes.c USES ocr LIBS PkgConfig::pangocairo)
tasuki_test(test_text_field SOURCES test_text_field.c USES ocr LIBS PkgConfig::pangocairo TIMEOUT 240)
