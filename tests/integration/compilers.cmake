# What users include compiles without a warning with every supported compiler at hand.
#   cmake -D SOURCE=… -P compilers.cmake
set(checked "")
set(sources examples/01_hello.cpp examples/02_fields.cpp examples/04_spans.cpp examples/05_exceptions.cpp cmake/throw_trace.cpp)
find_path(asio_INCLUDE asio.hpp NO_CACHE)
if(asio_INCLUDE) # whose 1.22 has to be told that clang has coroutines
  list(APPEND sources examples/08_coroutine_server.cpp)
endif()
foreach(compiler g++-12 clang++-14 clang++-16 clang++-19)
  find_program(program ${compiler} NO_CACHE)
  if(program)
    foreach(source IN LISTS sources)
      execute_process(COMMAND ${program} -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
                              -DASIO_HAS_CO_AWAIT -DASIO_HAS_STD_COROUTINE -I ${SOURCE}/include ${SOURCE}/${source}
                      RESULT_VARIABLE result ERROR_VARIABLE errors)
      if(NOT result EQUAL 0)
        message(SEND_ERROR "${compiler}, ${source}:\n${errors}")
      endif()
    endforeach()
    list(APPEND checked ${compiler})
  endif()
  unset(program)
endforeach()
message(STATUS "checked with: ${checked}")
