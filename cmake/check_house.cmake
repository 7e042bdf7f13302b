# House rules that a machine can keep.   cmake -D SOURCE=… -P check_house.cmake
cmake_minimum_required(VERSION 3.22)
file(GLOB_RECURSE sources RELATIVE ${SOURCE} ${SOURCE}/include/*.hpp ${SOURCE}/tests/*.cpp ${SOURCE}/tests/*.hpp
     ${SOURCE}/examples/*.cpp ${SOURCE}/tools/*.cpp ${SOURCE}/tools/*.hpp)
foreach(file IN LISTS sources)
  file(READ ${SOURCE}/${file} text)
  string(REGEX MATCHALL "\n" ends "${text}")
  list(LENGTH ends lines)
  if(lines GREATER 500)
    message(SEND_ERROR "${file} has ${lines} lines; 500 is the limit")
  endif()
endforeach()

# A header has its tests at the same path.
file(GLOB_RECURSE headers RELATIVE ${SOURCE}/include/logkit ${SOURCE}/include/logkit/*/*.hpp)
set(tested_elsewhere # by the tests of what they serve
    adapter/libdw adapter/propagate adapter/throw_trace base/door base/failpoint base/fmt base/throw_recorder call/binding call/gate call/nested call/site_description call/text_door call/value_traits
    control/control control/control_engine control/door control/fatal control/levels control/pipeline control/stats control/trace_context
    pipe/backend pipe/channel pipe/checked_bytes pipe/commit_note pipe/context_frame
    pipe/dead_journal pipe/emit pipe/frame_check pipe/journal_layout pipe/thread_slot process/event_text process/unpack render/describe_exception render/exception_story render/json_values render/symbol base/version)
foreach(header IN LISTS headers)
  string(REPLACE ".hpp" "" name ${header})
  if(NOT EXISTS ${SOURCE}/tests/unit/${name}.cpp AND NOT name IN_LIST tested_elsewhere)
    message(SEND_ERROR "include/logkit/${header} has no tests/unit/${name}.cpp")
  endif()
  if(EXISTS ${SOURCE}/tests/unit/${name}.cpp AND name IN_LIST tested_elsewhere)
    message(SEND_ERROR "${name} has tests of its own: take it off the list in check_house.cmake")
  endif()
endforeach()

file(STRINGS ${SOURCE}/README.md readme)
list(LENGTH readme lines)
if(lines GREATER 150)
  message(SEND_ERROR "README.md has ${lines} lines; 150 is the limit")
endif()
message(STATUS "the house is in order")
