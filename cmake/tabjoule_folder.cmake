# tabjoule_folder(NAME LINKS ... PRIVATE_LINKS ... ALONE ...): one library a folder, one program NAME_tests of the *_test.cpp
# beside the sources they test, but for those that must be alone in theirs: NAME_TEST. Files are found by name so that an
# addition touches no build file.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  if(TABJOULE_PRECOMPILE)  # what ccache must be told to work with precompiled headers
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
    add_compile_options(-fpch-preprocess)
  endif()
endif()

# Eigen's alignment otherwise follows the instruction set, and public headers hold Eigen matrices: a program built
# without our -march must agree with the library about it.
set(TABJOULE_EIGEN_DEFINITIONS EIGEN_MAX_ALIGN_BYTES=64)

add_library(tabjoule_options INTERFACE)
target_compile_options(tabjoule_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
  # GCC 12 warns wrongly about std::string and AVX-512 intrinsics (GCC bugs 105329 and 105593).
  "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict;-Wno-maybe-uninitialized;-Wno-uninitialized>"
  # What the arithmetic may do beyond the standard: no errno, no traps. Sums keep their order.
  -fno-math-errno -fno-trapping-math)
if(TABJOULE_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Precompiled, a system's header loses its right to be silent. Builds without it (the default) give these warnings.
  target_compile_options(tabjoule_options INTERFACE -Wno-array-bounds -Wno-stringop-overflow -Wno-uninitialized)
endif()
if(TABJOULE_NATIVE)
  target_compile_options(tabjoule_options INTERFACE -march=native)
endif()
if(TABJOULE_SANITIZE)
  target_compile_options(tabjoule_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer -O1)
  target_link_options(tabjoule_options INTERFACE -fsanitize=address,undefined)
endif()
if(TABJOULE_FUZZ)
  target_compile_options(tabjoule_options INTERFACE -fsanitize=fuzzer-no-link,address -fno-omit-frame-pointer)
  target_link_options(tabjoule_options INTERFACE -fsanitize=address)
endif()
# Of a test's own code: its programs call what is optimised, or checked for undefined behaviour (whose checks are a third
# of the time to compile a test). One kind of code for what shares headers.
add_library(tabjoule_test_options INTERFACE)
target_compile_options(tabjoule_test_options INTERFACE $<$<CONFIG:Release>:-O1> -fPIC)
if(TABJOULE_SANITIZE)
  target_compile_options(tabjoule_test_options INTERFACE -fno-sanitize=undefined)
endif()
target_link_libraries(tabjoule_test_options INTERFACE tabjoule_options GTest::gtest_main GTest::gmock)

# A target a set of headers, each read once a build: parsing them is a third of the time of a build, half of the tests'.
# What is precompiled is other people's alone; a source still includes what it uses.
if(TABJOULE_PRECOMPILE)
  file(WRITE ${PROJECT_BINARY_DIR}/nothing.cpp "")
  function(tabjoule_headers name)
    cmake_parse_arguments(ARG "" "" "HEADERS;LINKS" ${ARGN})
    add_library(${name} STATIC ${PROJECT_BINARY_DIR}/nothing.cpp)
    target_link_libraries(${name} PRIVATE tabjoule_options Eigen3::Eigen nlohmann_json::nlohmann_json fmt::fmt ${ARG_LINKS})
    target_compile_definitions(${name} PRIVATE ${TABJOULE_EIGEN_DEFINITIONS})
    target_precompile_headers(${name} PRIVATE ${ARG_HEADERS} <Eigen/Core> <fmt/format.h> <fmt/ranges.h> <nlohmann/json.hpp>
      <algorithm> <cmath> <filesystem> <functional> <map> <optional> <set> <span> <string> <vector>)
  endfunction()
  tabjoule_headers(tabjoule_source_headers)
  if(TABJOULE_BUILD_TESTS)
    tabjoule_headers(tabjoule_test_headers HEADERS <gmock/gmock.h> <gtest/gtest.h> LINKS tabjoule_test_options)
  endif()
endif()

# Sources read their headers once for several: a third of the work. What is local to a file is therefore named once in its
# folder; the tidy preset, which joins whole folders, tells where it is not. Each test has a namespace of its file's name.
function(tabjoule_unity target)
  if(NOT TABJOULE_UNITY STREQUAL "")
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${TABJOULE_UNITY})
  endif()
endfunction()

function(tabjoule_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  if(TABJOULE_PRECOMPILE)
    target_precompile_headers(${name} REUSE_FROM tabjoule_test_headers)
  endif()
  tabjoule_unity(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} tabjoule_test_options)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${name} PRIVATE
    TABJOULE_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared" TABJOULE_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  add_test(NAME ${name} COMMAND ${name})
endfunction()

function(tabjoule_folder name)
  cmake_parse_arguments(ARG "" "" "LINKS;PRIVATE_LINKS;ALONE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS *.h)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  set(target tabjoule_${name})
  list(TRANSFORM ARG_LINKS REPLACE "^([a-z]+)$" "tabjoule_\\1")
  add_library(${target} STATIC ${sources} ${headers})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  add_library(tabjoule::${name} ALIAS ${target})
  if(TABJOULE_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM tabjoule_source_headers)
  endif()
  tabjoule_unity(${target})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/tabjoule>)
  target_link_libraries(${target} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS} $<BUILD_INTERFACE:tabjoule_options>)
  set_property(GLOBAL APPEND PROPERTY TABJOULE_TARGETS ${target})
  if(TABJOULE_BUILD_TESTS)
    foreach(alone ${ARG_ALONE})
      list(FILTER tests EXCLUDE REGEX "/${alone}\\.cpp$")
      tabjoule_test(${name}_${alone} SOURCES ${alone}.cpp LINKS ${target} ${ARG_PRIVATE_LINKS})
    endforeach()
    tabjoule_test(${name}_tests SOURCES ${tests} LINKS ${target} ${ARG_PRIVATE_LINKS})
  endif()
endfunction()
