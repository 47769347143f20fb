tasuki_test(test_ocr_register SOURCES test_register.c USES tasuki::ocr LIBS faxsim m LABELS ocr TIMEOUT 300)
tasuki_test(test_ocr_marks SOURCES test_marks.c USES tasuki::ocr LIBS faxsim m LABELS ocr TIMEOUT 300)

# Makes sheets of its own and prints how many marks were read right; as a test a few of them, none accepted in error.
add_executable(measure_marks measure_marks.c mark_sheets.c mark_hands.c)
target_link_libraries(measure_marks PRIVATE tasuki_flags tasuki::ocr faxsim m)
target_compile_definitions(measure_marks PRIVATE TASUKI_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                           TASUKI_BINARY_DIR="${CMAKE_BINARY_DIR}")
target_include_directories(measure_marks PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
add_test(NAME test_mark_sheets COMMAND measure_marks --sheets 40 --seed 500 --none)
add_test(NAME test_mark_hands COMMAND measure_marks --sheets 40 --seed 700 --hands --none)
set_tests_properties(test_mark_sheets test_mark_hands PROPERTIES LABELS "ocr" TIMEOUT 300)
tasuki_test(test_ocr_code SOURCES test_code.c USES tasuki::ocr LIBS faxsim m LABELS ocr TIMEOUT 300)
tasuki_test(test_ocr_qr SOURCES test_qr.c USES tasuki::ocr LIBS PkgConfig::libqrencode LABELS ocr)

# Prints how many of our codes are read on what a poor line leaves of a page: CONTRIBUTING.md.
add_executable(measure_code measure_code.c)
target_link_libraries(measure_code PRIVATE tasuki_flags tasuki::ocr faxsim PkgConfig::cmocka m)
target_compile_definitions(measure_code PRIVATE TASUKI_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                           TASUKI_BINARY_DIR="${CMAKE_BINARY_DIR}")
