// SPDX-License-Identifier: MIT
#include <logkit/base/descriptor.hpp>

#include <fcntl.h>

#include <support/catch.hpp>

namespace {

using logkit::detail::descriptor;

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

TEST_CASE("a descriptor closes its file, once, whoever holds it last") {
    const int fd = ::open("/dev/null", O_RDONLY);
    {
        descriptor first(fd);
        descriptor second(std::move(first));
        CHECK_FALSE(first.is_open());
        CHECK(second.get() == fd);
        descriptor third;
        third = std::move(second);
        CHECK(is_open(fd));
    }
    CHECK_FALSE(is_open(fd));
}

}  // namespace
