// SPDX-License-Identifier: MIT
#pragma once

// Tests with Catch2 (2.13 or 3): each test case a unit of work, and each failed assertion a record in its log
// (docs/tasks-and-commands.md). Stage: adapter, opt-in. In one source file of the test program, before Catch2's header
// or where its main() is:
//
//   #include <logkit/adapter/catch2.hpp>
//   using logkit::catch2_listener;
//   CATCH_REGISTER_LISTENER(catch2_listener)

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#if defined(TWOBLUECUBES_SINGLE_INCLUDE_CATCH_HPP_INCLUDED) && !defined(CATCH_CONFIG_RUNNER) && \
    !defined(CATCH_CONFIG_MAIN)
#error "logkit: include <logkit/adapter/catch2.hpp> before Catch2's header, or in the file with main()"
#endif
#ifndef CATCH_CONFIG_EXTERNAL_INTERFACES
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#endif
#include <catch2/catch.hpp>
#endif

#include <cstdint>
#include <optional>
#include <string>

#include <logkit/adapter/relay.hpp>

namespace logkit {

#if CATCH_VERSION_MAJOR >= 3
using catch2_listener_base = Catch::EventListenerBase;
#else
using catch2_listener_base = Catch::TestEventListenerBase;
#endif

// A context with `test_case`, and a span "test" whose END is an error if an assertion failed; an ERROR "assertion
// failed" with `expression`, `expansion` and `message`, whose `src` is the assertion's.
class catch2_listener : public catch2_listener_base {
  public:
    using catch2_listener_base::catch2_listener_base;

    void testCaseStarting(Catch::TestCaseInfo const& test) override {
        new_context(kv("test_case", test.name));
        span_.emplace(detail::span_name{"test"});
    }
    void testCaseEnded(Catch::TestCaseStats const& test) override {
        if (!span_) return;
        span_->add(kv("assertions", static_cast<std::uint64_t>(test.totals.assertions.total())),
                   kv("failed", static_cast<std::uint64_t>(test.totals.assertions.failed)));
        if (!test.totals.assertions.allOk()) span_->fail();
        span_.reset();
    }
#if CATCH_VERSION_MAJOR >= 3
    void assertionEnded(Catch::AssertionStats const& assertion) override {
        tell(assertion.assertionResult);
    }
#else
    bool assertionEnded(Catch::AssertionStats const& assertion) override {
        tell(assertion.assertionResult);
        return false;
    }
    void assertionStarting(Catch::AssertionInfo const&) override {}
#endif

  private:
    static void tell(Catch::AssertionResult const& result) {
        if (result.isOk()) return;
        const Catch::SourceLineInfo where = result.getSourceInfo();
        relay(log, level::error, "assertion failed", {where.file, "", static_cast<std::uint32_t>(where.line)},
              kv("expression", result.getExpressionInMacro()), kv("expansion", result.getExpandedExpression()),
              kv("message", std::string(result.getMessage())));
    }
    std::optional<capture> span_{};
};

}  // namespace logkit
