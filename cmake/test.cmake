# Builds and passes every test:   cmake -P cmake/test.cmake
include(${CMAKE_CURRENT_LIST_DIR}/setup.cmake)
logkit_need(clang-format=clang-format wrk=wrk valgrind=valgrind tmux=tmux less=less lnav=lnav zstd=zstd python3=python3 /usr/include/catch2/catch.hpp=catch2
            /usr/lib/python3/dist-packages/jsonschema=python3-jsonschema
            /usr/include/civetweb.h=libcivetweb-dev /usr/include/postgresql/libpq-fe.h=libpq-dev
            /usr/include/spdlog/spdlog.h=libspdlog-dev /usr/include/glog/logging.h=libgoogle-glog-dev)
logkit_run(${CMAKE_COMMAND} --preset dev)
logkit_run(${CMAKE_COMMAND} --build --preset dev)
logkit_run(${CMAKE_CTEST_COMMAND} --preset dev)
