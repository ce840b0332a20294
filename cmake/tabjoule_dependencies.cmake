# Every outside library, found as the system installs it first; DuckDB and ONNX Runtime, which Debian 12
# lacks, come from .deps/ (scripts/setup) where the system has none.
set(TABJOULE_DEPS ${PROJECT_SOURCE_DIR}/.deps CACHE PATH "What scripts/setup fetched")

find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(OpenBLAS REQUIRED CONFIG)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(ONNX REQUIRED)
find_package(XGBoost REQUIRED)
find_package(DuckDB REQUIRED)
find_package(OnnxRuntime 1.21 REQUIRED)
if(TABJOULE_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(TABJOULE_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()

# Debian's OpenBLAS configuration gives variables, not a target.
if(NOT TARGET OpenBLAS::OpenBLAS)
  add_library(OpenBLAS::OpenBLAS INTERFACE IMPORTED)
  target_include_directories(OpenBLAS::OpenBLAS INTERFACE ${OpenBLAS_INCLUDE_DIRS})
  target_link_libraries(OpenBLAS::OpenBLAS INTERFACE ${OpenBLAS_LIBRARIES})
endif()
