# XGBoost::xgboost - the shared library and its C header. Debian's own CMake package demands the command-line
# program too, so library and header are looked for directly.
find_path(XGBoost_INCLUDE_DIR xgboost/c_api.h)
find_library(XGBoost_LIBRARY xgboost)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(XGBoost REQUIRED_VARS XGBoost_LIBRARY XGBoost_INCLUDE_DIR)
if(NOT TARGET XGBoost::xgboost)
  add_library(XGBoost::xgboost SHARED IMPORTED)
  set_target_properties(XGBoost::xgboost PROPERTIES
    IMPORTED_LOCATION ${XGBoost_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${XGBoost_INCLUDE_DIR})
endif()
