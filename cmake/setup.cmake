# Included by demo.cmake and test.cmake: sees to it that what they need is installed.
cmake_minimum_required(VERSION 3.22)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)

# Installs Debian packages for those of the given `program=package` or `/path/of/a/file=package` that are missing.
function(logkit_need)
  set(missing "")
  foreach(need IN LISTS ARGN)
    string(REGEX MATCH "^(.*)=(.*)$" _ ${need})
    set(what ${CMAKE_MATCH_1})
    set(package ${CMAKE_MATCH_2})
    unset(found CACHE)
    if(what MATCHES "^/")
      if(NOT EXISTS ${what})
        list(APPEND missing ${package})
      endif()
    else()
      find_program(found ${what} NO_CACHE)
      if(NOT found)
        list(APPEND missing ${package})
      endif()
    endif()
  endforeach()
  if(NOT missing)
    return()
  endif()
  list(REMOVE_DUPLICATES missing)
  list(JOIN missing " " names)
  find_program(apt apt-get NO_CACHE)
  execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(apt AND user STREQUAL "0")
    message(STATUS "installing ${names}")
    set(ENV{DEBIAN_FRONTEND} noninteractive)
    execute_process(COMMAND apt-get update -qq OUTPUT_QUIET)
    execute_process(COMMAND apt-get install -y -qq --no-install-recommends ${missing} RESULT_VARIABLE result OUTPUT_QUIET)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "could not install; please run: apt-get install ${names}")
    endif()
  else()
    message(FATAL_ERROR "please install first: ${names} (on Debian: sudo apt-get install ${names})")
  endif()
endfunction()

# Runs a command in the repository and stops where it fails.
function(logkit_run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY ${root} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " line)
    message(FATAL_ERROR "failed: ${line}")
  endif()
endfunction()

logkit_need(g++=g++ ninja=ninja-build jq=jq curl=curl /usr/include/fmt/core.h=libfmt-dev
            /usr/include/httplib.h=libcpp-httplib-dev /usr/include/asio.hpp=libasio-dev
            /usr/include/simdjson.h=libsimdjson-dev /usr/include/re2/re2.h=libre2-dev /usr/include/CLI/CLI.hpp=libcli11-dev
            /usr/include/nlohmann/json.hpp=nlohmann-json3-dev /usr/include/zlib.h=zlib1g-dev /usr/include/zstd.h=libzstd-dev
            /usr/include/x86_64-linux-gnu/curl/curl.h=libcurl4-openssl-dev /usr/include/boost/asio.hpp=libboost1.81-dev
            /usr/include/openssl/evp.h=libssl-dev /usr/include/sqlite3.h=libsqlite3-dev
            /usr/include/elfutils/libdwfl.h=libdw-dev)
