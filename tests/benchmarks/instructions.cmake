# Counts instructions with callgrind, which are the same on every machine, and fails when one of them has grown by more
# than 5 % over what is noted here. After a change for the better, note the new figure.
#   cmake -D PROGRAM=bench_instructions -P instructions.cmake
cmake_minimum_required(VERSION 3.22)
find_program(VALGRIND valgrind REQUIRED)
# g++ 12 -O3 -march=x86-64-v3.
set(noted_record_caller 104)
set(noted_record_backend 1051)
set(noted_span_caller 1036)
set(noted_span_backend 1725)

# In a run of so many calls: the caller's within the function, or the whole backend's.
function(count what side times out)
  if(side STREQUAL caller)
    set(thread 01)
    set(only --toggle-collect=${what}\(*)
  else()
    set(thread 02)
    set(only "")
  endif()
  execute_process(
    COMMAND ${VALGRIND} --tool=callgrind --separate-threads=yes --callgrind-out-file=callgrind.out ${only} ${PROGRAM} ${what} ${times}
    RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE error)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "valgrind failed: ${error}")
  endif()
  file(STRINGS callgrind.out-${thread} line REGEX "^summary:")
  string(REGEX MATCH "[0-9]+" number "${line}")
  set(${out} ${number} PARENT_SCOPE)
endfunction()

foreach(what record span)
  foreach(side caller backend)
    # The difference of two runs is free of what starting and stopping cost.
    count(${what} ${side} 10000 few)
    count(${what} ${side} 30000 many)
    math(EXPR each "(${many} - ${few}) / 20000")
    message(STATUS "${what}, ${side}: ${each} instructions (noted: ${noted_${what}_${side}})")
    math(EXPR limit "${noted_${what}_${side}} * 105 / 100")
    if(each GREATER limit)
      message(SEND_ERROR "${what}, ${side}: ${each} instructions, more than 5 % above ${noted_${what}_${side}}")
    endif()
  endforeach()
endforeach()
