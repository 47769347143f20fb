tasuki_test(test_digits SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_digits.c USES tasuki::ocr tasuki::base
            LIBS PkgConfig::pangocairo m LABELS ocr)
