# logkit::ship (docs/shipping.md), compiled in the flags of the program that asks for it; `sources` is the folder of
# ship.cpp. Without libcurl, zlib and zstd there is no such target. Used by this project, and by those that have it
# installed.
function(logkit_add_ship sources)
  find_package(CURL QUIET)
  find_path(LOGKIT_ZLIB_INCLUDE zlib.h)
  find_library(LOGKIT_ZLIB_LIBRARY z)
  find_path(LOGKIT_ZSTD_INCLUDE zstd.h)
  find_library(LOGKIT_ZSTD_LIBRARY zstd)
  if(NOT CURL_FOUND OR NOT LOGKIT_ZLIB_LIBRARY OR NOT LOGKIT_ZLIB_INCLUDE OR NOT LOGKIT_ZSTD_LIBRARY OR NOT LOGKIT_ZSTD_INCLUDE)
    message(STATUS "logkit: logkit::ship is left out; it needs libcurl, zlib and zstd "
                   "(Debian: libcurl4-openssl-dev zlib1g-dev libzstd-dev)")
    return()
  endif()
  add_library(logkit_ship_parts INTERFACE) # what its headers need
  target_link_libraries(logkit_ship_parts INTERFACE logkit::header_only CURL::libcurl ${LOGKIT_ZLIB_LIBRARY} ${LOGKIT_ZSTD_LIBRARY})
  target_compile_definitions(logkit_ship_parts INTERFACE LOGKIT_WITH_ZLIB LOGKIT_WITH_ZSTD)
  add_library(logkit_ship STATIC EXCLUDE_FROM_ALL ${sources}/ship.cpp)
  add_library(logkit::ship ALIAS logkit_ship)
  target_link_libraries(logkit_ship PUBLIC logkit_ship_parts)
  # LOG_SHIP alone is enough: it is linked in although nobody calls it.
  target_link_options(logkit_ship INTERFACE LINKER:-u,logkit_ship_is_linked)
  set_target_properties(logkit_ship PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()
