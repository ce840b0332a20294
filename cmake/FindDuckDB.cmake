# DuckDB::duckdb - the DuckDB shared library and its C header: an installed CMake package, else an installed
# library, else the one scripts/setup fetched.
find_package(DuckDB CONFIG QUIET)
if(TARGET duckdb)
  if(NOT TARGET DuckDB::duckdb)
    add_library(DuckDB::duckdb ALIAS duckdb)
  endif()
  set(DuckDB_FOUND TRUE)
  return()
endif()

find_path(DuckDB_INCLUDE_DIR duckdb.h)
find_library(DuckDB_LIBRARY duckdb)
if(NOT DuckDB_INCLUDE_DIR OR NOT DuckDB_LIBRARY)
  unset(DuckDB_INCLUDE_DIR CACHE)
  unset(DuckDB_LIBRARY CACHE)
  find_path(DuckDB_INCLUDE_DIR duckdb.h PATHS ${TABJOULE_DEPS}/duckdb/include NO_DEFAULT_PATH)
  find_library(DuckDB_LIBRARY duckdb PATHS ${TABJOULE_DEPS}/duckdb/lib NO_DEFAULT_PATH)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/setup, or install DuckDB's library and duckdb.h")
if(NOT TARGET DuckDB::duckdb)
  add_library(DuckDB::duckdb SHARED IMPORTED)
  set_target_properties(DuckDB::duckdb PROPERTIES
    IMPORTED_LOCATION ${DuckDB_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${DuckDB_INCLUDE_DIR})
endif()
