# Builds the examples and shows what logkit does:   cmake -P cmake/demo.cmake
include(${CMAKE_CURRENT_LIST_DIR}/setup.cmake)
logkit_need(python3=python3 zstd=zstd)
logkit_run(${CMAKE_COMMAND} -S . -B build/demo -G Ninja -DCMAKE_BUILD_TYPE=Release -DLOGKIT_BUILD_TESTS=OFF -DLOGKIT_BUILD_EXAMPLES=ON)
logkit_run(${CMAKE_COMMAND} --build build/demo)
logkit_run(bash ${root}/examples/demo.sh ${root}/build/demo/examples ${root}/build/demo/tools/logkit)
