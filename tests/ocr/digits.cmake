tasuki_test(test_ocr_digits SOURCES test_digits.c USES tasuki::ocr LIBS PkgConfig::pangocairo m LABELS ocr)
