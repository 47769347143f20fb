tasuki_test(test_decode SOURCES test_decode.c USES tasuki::ocr LIBS PkgConfig::libtiff_4 LABELS ocr)
tasuki_test(test_confine SOURCES test_confine.c USES tasuki::ocr LIBS PkgConfig::pangocairo LABELS ocr)

find_package(Python3 COMPONENTS Interpreter)
if(TARGET tasuki AND Python3_FOUND)
  add_test(NAME test_read COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_read.py $<TARGET_FILE:tasuki> ${CMAKE_SOURCE_DIR})
  add_test(NAME test_years COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/test_years.py $<TARGET_FILE:tasuki>
           $<TARGET_FILE:make_sheet>)
  set_tests_properties(test_years PROPERTIES LABELS "ocr" TIMEOUT 600)
  set_tests_properties(test_read PROPERTIES LABELS "ocr" TIMEOUT 600)
endif()
