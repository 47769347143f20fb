# What every target of ours is built with; linked PRIVATE by tasuki_module().
option(TASUKI_ASAN "AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(TASUKI_COVERAGE "gcov counters" OFF)
option(TASUKI_FUZZ "libFuzzer targets (clang only)" OFF)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(tasuki_flags INTERFACE)
target_compile_definitions(tasuki_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_compile_options(tasuki_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual
  -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough -fno-common -fstack-protector-strong)

# Release keeps asserts: a broken contract must stop the program, not corrupt a record.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")

if(TASUKI_ASAN)
  target_compile_options(tasuki_flags INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer
                         -fno-sanitize-recover=undefined)
  target_link_options(tasuki_flags INTERFACE -fsanitize=address,undefined)
  target_compile_definitions(tasuki_flags INTERFACE TASUKI_ASAN=1)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(tasuki_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(TASUKI_COVERAGE)
  target_compile_options(tasuki_flags INTERFACE --coverage -O0)
  target_link_options(tasuki_flags INTERFACE --coverage)
endif()
if(TASUKI_FUZZ) # with what tests/fuzz/run reports the coverage from
  target_compile_options(tasuki_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer
                         -fno-sanitize-recover=undefined -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(tasuki_flags INTERFACE -fsanitize=address,undefined -fprofile-instr-generate)
  target_compile_definitions(tasuki_flags INTERFACE TASUKI_ASAN=1)
endif()
