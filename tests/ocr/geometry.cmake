tasuki_test(test_ocr_register SOURCES test_register.c USES tasuki::ocr LIBS faxsim m LABELS ocr TIMEOUT 300)
tasuki_test(test_ocr_marks SOURCES test_marks.c USES tasuki::ocr LIBS faxsim m LABELS ocr TIMEOUT 300)

# Not a test: makes sheets of its own and prints how many marks were read right.
add_executable(measure_marks measure_marks.c)
target_link_libraries(measure_marks PRIVATE tasuki_flags tasuki::ocr faxsim m)
target_compile_definitions(measure_marks PRIVATE TASUKI_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
tasuki_test(test_ocr_code SOURCES test_code.c USES tasuki::ocr LIBS faxsim m LABELS ocr TIMEOUT 300)
