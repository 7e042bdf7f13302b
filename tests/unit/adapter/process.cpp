// SPDX-License-Identifier: MIT
#include <logkit/adapter/process.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <logkit/context/capture.hpp>
#include <logkit/testing.hpp>
#include <support/catch.hpp>

TEST_CASE("a child's environment is ours, with the trace in force") {
    ::setenv("TRACEPARENT", "of this process", 1);
    ::setenv("LOGKIT_TEST", "kept", 1);
    logkit::new_context(logkit::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "congo=1"));
    const logkit::capture span{"spawning"};
    logkit::child_environment environment = logkit::carry_environment();
    ::unsetenv("TRACEPARENT");
    const std::vector<std::string>& entries = environment.entries();
    CHECK(std::count(entries.begin(), entries.end(), "LOGKIT_TEST=kept") == 1);
    CHECK(std::count(entries.begin(), entries.end(), "TRACEPARENT=" + logkit::traceparent()) == 1);
    CHECK(std::count(entries.begin(), entries.end(), "TRACESTATE=congo=1") == 1);
    CHECK(std::count_if(entries.begin(), entries.end(),
                        [](std::string const& e) { return e.starts_with("TRACEPARENT="); }) == 1);
    CHECK(environment.data()[0] == entries[0].c_str());
    CHECK(environment.data()[entries.size()] == nullptr);
}
