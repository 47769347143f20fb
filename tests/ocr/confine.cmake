tasuki_test(test_decode SOURCES test_decode.c USES tasuki::ocr LIBS PkgConfig::libtiff_4 LABELS ocr)
tasuki_test(test_confine SOURCES test_confine.c USES tasuki::ocr LIBS PkgConfig::pangocairo LABELS ocr)
