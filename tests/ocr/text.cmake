tasuki_test(test_text_lexicon SOURCES test_text_lexicon.c USES ocr)
tasuki_test(test_line SOURCES test_line.c USES ocr LIBS PkgConfig::pangocairo)
# The networks that the program runs itself, beside the library that they were made for.
pkg_check_modules(tesseract QUIET IMPORTED_TARGET tesseract)
if(tesseract_FOUND AND NOT TASUKI_ASAN) # the library leaks what it shares between its models
  tasuki_test(test_line_peer SOURCES test_line_peer.c USES ocr LIBS PkgConfig::pangocairo PkgConfig::tesseract)
  set_property(TEST test_line_peer APPEND PROPERTY ENVIRONMENT OMP_THREAD_LIMIT=1) # its threads wait for one another
endif()
tasuki_test(test_shapes SOURCES test_shapes.c USES ocr LIBS PkgConfig::pangocairo)
tasuki_test(test_text_field SOURCES test_text_field.c USES ocr LIBS PkgConfig::pangocairo TIMEOUT 240)
