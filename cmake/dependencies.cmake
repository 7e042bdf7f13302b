# What logkit needs: the system's package first, otherwise a download pinned by the hash of its commit.
include(FetchContent)

macro(logkit_fetch name repository commit)
  message(STATUS "logkit: ${name} is not installed; fetching ${repository}")
  FetchContent_Declare(${name} GIT_REPOSITORY https://github.com/${repository} GIT_TAG ${commit})
  FetchContent_MakeAvailable(${name})
endmacro()

# fmt 9 to 12, as fmt::fmt.
macro(logkit_find_fmt)
  if(NOT TARGET fmt::fmt)
    find_package(fmt QUIET)
    if(NOT fmt_FOUND)
      set(FMT_INSTALL ON)
      logkit_fetch(fmt fmtlib/fmt e424e3f2e607da02742f73db84873b8084fc714c) # 12.0.0
    endif()
  endif()
endmacro()

# Catch2 2.13 or 3, as logkit_catch2.
macro(logkit_find_catch2)
  find_package(Catch2 QUIET)
  if(NOT Catch2_FOUND)
    logkit_fetch(Catch2 catchorg/Catch2 fa43b77429ba76c462b1898d6cd2f2d7a9416b14) # 3.7.1
  endif()
endmacro()
