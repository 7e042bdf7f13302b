# What users include compiles without a warning with every supported compiler at hand.
#   cmake -D SOURCE=… -P compilers.cmake
set(checked "")
foreach(compiler g++-12 clang++-14 clang++-16 clang++-19)
  find_program(program ${compiler} NO_CACHE)
  if(program)
    foreach(example 01_hello 02_fields 04_spans 05_exceptions)
      execute_process(COMMAND ${program} -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
                              -I ${SOURCE}/include ${SOURCE}/examples/${example}.cpp
                      RESULT_VARIABLE result ERROR_VARIABLE errors)
      if(NOT result EQUAL 0)
        message(SEND_ERROR "${compiler}, ${example}:\n${errors}")
      endif()
    endforeach()
    list(APPEND checked ${compiler})
  endif()
  unset(program)
endforeach()
message(STATUS "checked with: ${checked}")
