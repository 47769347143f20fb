tasuki_test(test_judge SOURCES test_judge.c USES ocr)
