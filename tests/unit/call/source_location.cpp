// SPDX-License-Identifier: MIT
#include <logkit/call/source_location.hpp>

#include <string>

#include <support/catch.hpp>

namespace {
unsigned line_of(logkit::source_location at = logkit::source_location::current()) {
    return at.line;
}
std::string function_here() {
    return logkit::source_location::current().function;
}
}  // namespace

TEST_CASE("a default argument names the caller's line") {
    CHECK(line_of() == __LINE__);
    CHECK(function_here() == "function_here");
}
