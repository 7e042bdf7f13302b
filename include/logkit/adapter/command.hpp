// SPDX-License-Identifier: MIT
#pragma once

// A command, or a job of cron's, as a unit of work (docs/tasks-and-commands.md). Stage: adapter, opt-in.
//
//   int main(int argc, char** argv) {
//       return logkit::run_command(argc, argv, [&] { …; return 0; });
//   }

#include <cxxabi.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <logkit.hpp>
#include <logkit/adapter/command_span.hpp>

namespace logkit {
namespace detail {

// Values of arguments such as --password=x and --password x are hidden, as fields of that name would be.
[[nodiscard]] inline std::vector<std::string> masked_arguments(int argc, const char* const* argv) {
    std::vector<std::string> masked;
    std::string_view name;  // of an option whose value may come next
    for (int i = 1; i < argc; ++i) {
        std::string_view argument = argv[i];
        const std::size_t dashes = argument.find_first_not_of('-');
        const std::size_t equals = argument.find('=');
        const std::string value = masked_header(name, argument);
        if (value != argument || dashes == 0 || dashes == std::string_view::npos) {  // a secret may begin with dashes
            masked.push_back(value);
            name = {};
        } else if (equals != std::string_view::npos) {
            masked.push_back(std::string(argument.substr(0, equals + 1)) +
                             masked_header(argument.substr(dashes, equals - dashes), argument.substr(equals + 1)));
            name = {};
        } else {
            masked.emplace_back(argument);
            name = argument.substr(dashes);
        }
    }
    return masked;
}

}  // namespace detail

// Calls fn(), or fn(argc, argv), as a unit of work with a span "command" of its own, whose END has `exit_status`: an
// error if that is not 0. It returns the exit status, or nothing, which is 0. What it throws is told by END and, in one
// line, on standard error, and the status is 1. A SIGHUP, SIGINT or SIGTERM that nobody handles ends the span as
// `aborted` before it ends the process, and exit() with its status. `command` and `arguments` are fields of the span;
// a TRACEPARENT in the environment is continued. Once at a time in a process.
template <class Fn>
int run_command(int argc, char** argv, Fn&& fn) {
    const std::string_view name = argc > 0 ? detail::base_name(argv[0]) : "";
    new_context(kv("command", name));
    detail::command_span span(kv("arguments", detail::masked_arguments(argc, argv)));  // exit() leaves it where it is
    static std::atomic<detail::command_span*> open{nullptr};
    open.store(&span);
    [[maybe_unused]] static const int at_exit = ::on_exit(
        [](int status, void*) {
            detail::signal_watch::await_death();
            if (detail::command_span* const left = open.exchange(nullptr)) left->end(status);
        },
        nullptr);
    const detail::signal_watch watch(span);
    int status = EXIT_SUCCESS;
    std::string exception;
    {
        const attach inside{span.snapshot()};
        const auto call = [&]() -> decltype(auto) {
            if constexpr (std::is_invocable_v<Fn&, int, char**>)
                return fn(argc, argv);
            else
                return fn();
        };
        try {
            if constexpr (std::is_void_v<decltype(call())>)
                call();
            else
                status = call();
        } catch (abi::__forced_unwind&) {
            open.store(nullptr);
            span.end(detail::span_status::aborted, level::warning, {}, kv("reason", "pthread_exit"));
            throw;
        } catch (...) {
            status = EXIT_FAILURE;
            exception = exc(std::current_exception()).describe().bytes;
            std::string what = "unknown exception";
            try {
                throw;
            } catch (std::exception const& e) {
                what = e.what();
            } catch (...) {
            }
            (void)std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(name.size()), name.data(), what.c_str());
        }
    }
    detail::signal_watch::await_death();
    open.store(nullptr);
    span.end(status, exception);
    return status;
}

}  // namespace logkit
