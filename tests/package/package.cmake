# Builds and runs consumer/ in each way.   cmake -D SOURCE=… -D BUILD=… -D CXX=… -P package.cmake
set(work ${CMAKE_CURRENT_BINARY_DIR}/package)
file(REMOVE_RECURSE ${work})

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed: ${ARGV}\n${output}")
  endif()
endfunction()

function(consume name)
  run(${CMAKE_COMMAND} -S ${SOURCE}/tests/package/consumer -B ${work}/${name} -DCMAKE_CXX_COMPILER=${CXX} ${ARGN})
  run(${CMAKE_COMMAND} --build ${work}/${name})
  foreach(program header_only split)
    file(REMOVE ${work}/${name}/run.log)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env LOG_CONSOLE=off ./${program} WORKING_DIRECTORY ${work}/${name}
                    RESULT_VARIABLE result)
    file(STRINGS ${work}/${name}/run.log lines)
    list(LENGTH lines count)
    if(NOT result EQUAL 0 OR NOT count EQUAL 3)
      message(FATAL_ERROR "${name}/${program}: exit ${result}, ${count} lines")
    endif()
  endforeach()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix)
consume(find_package -DCMAKE_PREFIX_PATH=${work}/prefix -DHOW=find_package)
consume(fetched -DFETCHCONTENT_SOURCE_DIR_LOGKIT=${SOURCE} -DHOW=fetch)

# The single pasteable header.
run(${CMAKE_COMMAND} -D SOURCE=${SOURCE} -D OUTPUT=${work}/single/logkit.hpp -P ${SOURCE}/cmake/amalgamate.cmake)
run(${CXX} -std=c++20 -DFMT_HEADER_ONLY -I ${work}/single ${SOURCE}/tests/package/consumer/main.cpp -o ${work}/single/program -pthread)
execute_process(COMMAND ${CMAKE_COMMAND} -E env LOG_CONSOLE=off ./program WORKING_DIRECTORY ${work}/single RESULT_VARIABLE result)
file(STRINGS ${work}/single/run.log lines)
list(LENGTH lines count)
if(NOT result EQUAL 0 OR NOT count EQUAL 3)
  message(FATAL_ERROR "single header: exit ${result}, ${count} lines")
endif()
