// SPDX-License-Identifier: MIT
#include <logkit/sink/console.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include <logkit.hpp>
#include <support/catch.hpp>

TEST_CASE("colour follows FORCE_COLOR, then NO_COLOR, then the terminal") {
    const int file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK_FALSE(logkit::wants_colour(file));
    setenv("FORCE_COLOR", "1", 1);
    CHECK(logkit::wants_colour(file));
    setenv("NO_COLOR", "1", 1);
    CHECK(logkit::wants_colour(file));
    setenv("FORCE_COLOR", "0", 1);
    CHECK_FALSE(logkit::wants_colour(file));
    unsetenv("FORCE_COLOR");
    unsetenv("NO_COLOR");
    ::close(file);
}
