# onnxruntime::onnxruntime - ONNX Runtime's shared library and its C++ headers: an installed CMake package, else
# an installed library, else the one scripts/setup fetched.
find_package(onnxruntime CONFIG QUIET)
if(TARGET onnxruntime::onnxruntime)
  set(OnnxRuntime_VERSION ${onnxruntime_VERSION})
  set(OnnxRuntime_PACKAGE ${onnxruntime_CONFIG})
  include(FindPackageHandleStandardArgs)
  find_package_handle_standard_args(OnnxRuntime REQUIRED_VARS OnnxRuntime_PACKAGE VERSION_VAR OnnxRuntime_VERSION)
  return()
endif()

find_path(OnnxRuntime_INCLUDE_DIR onnxruntime_cxx_api.h PATH_SUFFIXES onnxruntime)
find_library(OnnxRuntime_LIBRARY onnxruntime)
if(NOT OnnxRuntime_INCLUDE_DIR OR NOT OnnxRuntime_LIBRARY)
  unset(OnnxRuntime_INCLUDE_DIR CACHE)
  unset(OnnxRuntime_LIBRARY CACHE)
  find_path(OnnxRuntime_INCLUDE_DIR onnxruntime_cxx_api.h
            PATHS ${TABJOULE_DEPS}/onnxruntime/include NO_DEFAULT_PATH)
  find_library(OnnxRuntime_LIBRARY onnxruntime PATHS ${TABJOULE_DEPS}/onnxruntime/lib NO_DEFAULT_PATH)
endif()
if(OnnxRuntime_INCLUDE_DIR)
  file(STRINGS ${OnnxRuntime_INCLUDE_DIR}/onnxruntime_c_api.h _ort_api REGEX "^#define ORT_API_VERSION [0-9]+")
  string(REGEX REPLACE "[^0-9]" "" _ort_api "${_ort_api}")
  set(OnnxRuntime_VERSION 1.${_ort_api})
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OnnxRuntime REQUIRED_VARS OnnxRuntime_LIBRARY OnnxRuntime_INCLUDE_DIR
  VERSION_VAR OnnxRuntime_VERSION
  REASON_FAILURE_MESSAGE "run scripts/setup, or install ONNX Runtime's library and C++ headers")
if(NOT TARGET onnxruntime::onnxruntime)
  add_library(onnxruntime::onnxruntime SHARED IMPORTED)
  set_target_properties(onnxruntime::onnxruntime PROPERTIES
    IMPORTED_LOCATION ${OnnxRuntime_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${OnnxRuntime_INCLUDE_DIR})
endif()
