// SPDX-License-Identifier: MIT
#pragma once

// The trace handed over to a process that this one starts. Stage: adapter, opt-in.
//
//   auto environment = logkit::carry_environment();
//   posix_spawn(&pid, path, nullptr, nullptr, argv, environment.data());   // or execve
//
// The child's first new_context() continues the trace, under the span in force here.

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/context/traceparent.hpp>

namespace logkit {

// A copy of this process's environment, to be given to a child.
class child_environment {
  public:
    explicit child_environment(std::vector<std::string> entries) : entries_(std::move(entries)) {
        pointers_.reserve(entries_.size() + 1);
        for (std::string& entry : entries_) pointers_.push_back(entry.data());
        pointers_.push_back(nullptr);
    }
    child_environment(child_environment const&) = delete;
    child_environment& operator=(child_environment const&) = delete;

    // As execve and posix_spawn take it; null at its end. Lasts as long as this object.
    [[nodiscard]] char* const* data() noexcept { return pointers_.data(); }
    // "NAME=value" each.
    [[nodiscard]] std::vector<std::string> const& entries() const noexcept { return entries_; }

  private:
    std::vector<std::string> entries_;
    std::vector<char*> pointers_;
};

// This process's environment with TRACEPARENT and TRACESTATE of the context in force on this flow; without
// them, where there is none. Reads `environ`: as with getenv, no other thread may change it meanwhile.
[[nodiscard]] inline child_environment carry_environment() {
    std::vector<std::string> entries;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (!text.starts_with("TRACEPARENT=") && !text.starts_with("TRACESTATE=")) entries.emplace_back(text);
    }
    if (const std::string parent = traceparent(); !parent.empty()) entries.push_back("TRACEPARENT=" + parent);
    if (const std::string state = tracestate(); !state.empty()) entries.push_back("TRACESTATE=" + state);
    return child_environment(std::move(entries));
}

}  // namespace logkit
