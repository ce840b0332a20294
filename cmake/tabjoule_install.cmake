# cmake --install: bin/tabjoule, the headers, the libraries and find_package(tabjoule), which gives the one target
# tabjoule::tabjoule. DuckDB and ONNX Runtime are installed beside them when they came from .deps/, so that the
# prefix stands on its own and can be moved.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tabjoule)

# bundle(TARGET VARIABLE): installs the target's library under its own name if scripts/setup fetched it, and
# leaves that name in VARIABLE; empty for a library of the system.
function(bundle target variable)
  set(${variable} "" PARENT_SCOPE)
  get_target_property(location ${target} IMPORTED_LOCATION)
  cmake_path(IS_PREFIX TABJOULE_DEPS "${location}" NORMALIZE fetched)
  if(fetched)
    file(REAL_PATH ${location} file)
    cmake_path(GET file FILENAME name)
    install(FILES ${file} DESTINATION ${CMAKE_INSTALL_LIBDIR} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    set(${variable} ${name} PARENT_SCOPE)
  endif()
endfunction()
bundle(DuckDB::duckdb TABJOULE_BUNDLED_DUCKDB)
bundle(onnxruntime::onnxruntime TABJOULE_BUNDLED_ONNXRUNTIME)

get_property(folder_targets GLOBAL PROPERTY TABJOULE_TARGETS)
add_library(tabjoule_all INTERFACE)
target_link_libraries(tabjoule_all INTERFACE ${folder_targets})
target_compile_features(tabjoule_all INTERFACE cxx_std_20)
set_target_properties(tabjoule_all PROPERTIES EXPORT_NAME tabjoule)
foreach(target ${folder_targets})
  string(REPLACE "tabjoule_" "" name ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} ARCHIVE_OUTPUT_NAME ${target})
endforeach()
install(TARGETS tabjoule_all ${folder_targets} EXPORT tabjouleTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT tabjouleTargets NAMESPACE tabjoule:: DESTINATION ${package_dir})

set_target_properties(tabjoule PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
install(TARGETS tabjoule RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

foreach(headers ${PROJECT_SOURCE_DIR}/src/ ${PROJECT_BINARY_DIR}/generated/)
  install(DIRECTORY ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tabjoule FILES_MATCHING PATTERN *.h)
endforeach()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(cmake/tabjouleConfig.cmake.in ${PROJECT_BINARY_DIR}/tabjouleConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tabjouleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tabjouleConfig.cmake ${PROJECT_BINARY_DIR}/tabjouleConfigVersion.cmake
  cmake/FindDuckDB.cmake cmake/FindOnnxRuntime.cmake cmake/FindOpenBLAS.cmake cmake/FindXGBoost.cmake
  DESTINATION ${package_dir})
