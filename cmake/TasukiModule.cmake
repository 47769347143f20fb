# tasuki_module(NAME SOURCES file… [USES module…] [LIBS target…] [PRIVATE_LIBS target…])
#
# One static library a folder. Headers are included as "folder/header.h" through a directory that holds that one folder
# only, so a header of a folder that is not in USES (or reached through one that is) is not found: the direction of
# includes is a build error, not a habit.
function(tasuki_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBS;PRIVATE_LIBS" ${ARGN})
  set(view ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${view}/${name} SYMBOLIC)
  add_library(${name} STATIC ${ARG_SOURCES})
  add_library(tasuki::${name} ALIAS ${name})
  target_include_directories(${name} PUBLIC ${view})
  target_link_libraries(${name} PUBLIC ${ARG_USES} ${ARG_LIBS} PRIVATE tasuki_flags ${ARG_PRIVATE_LIBS})
endfunction()

# tasuki_test(NAME SOURCES file… [USES module…] [LIBS target…] [LABELS label…])   one cmocka program, one ctest
function(tasuki_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;USES;LIBS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tasuki_flags ${ARG_USES} ${ARG_LIBS} PkgConfig::cmocka)
  target_compile_definitions(${name} PRIVATE TASUKI_SOURCE_DIR="${CMAKE_SOURCE_DIR}" TASUKI_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
  if(TASUKI_ASAN)
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT
                 "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/lsan.supp:print_suppressions=0")
  endif()
endfunction()
