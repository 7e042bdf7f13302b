# install, export, find_package(logkit).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES cmake/engine.cpp cmake/throw_trace.cpp cmake/ship.cpp DESTINATION ${CMAKE_INSTALL_DATADIR}/logkit)
install(TARGETS logkit_header_only EXPORT logkit-targets)
install(EXPORT logkit-targets NAMESPACE logkit:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/logkit)
configure_package_config_file(cmake/logkit-config.cmake.in ${PROJECT_BINARY_DIR}/logkit-config.cmake
                              PATH_VARS CMAKE_INSTALL_DATADIR
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/logkit)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/logkit-config-version.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES cmake/compiled_parts.cmake cmake/reader.cmake cmake/ship.cmake ${PROJECT_BINARY_DIR}/logkit-config.cmake ${PROJECT_BINARY_DIR}/logkit-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/logkit)
