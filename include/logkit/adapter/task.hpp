// SPDX-License-Identifier: MIT
#pragma once

// The context in a message of your own, through any queue (docs/tasks-and-commands.md). Stage: adapter, opt-in.
//
//   logkit::carry_to(message.headers);   queue.push(message);
//   …
//   logkit::resume_from(message.headers, kv("task", "send mail"));
//   logkit::captured("task", [&] { … });
//   if (failed) { logkit::retry_to(message.headers); queue.push(message); }
//
// A message is a map of texts (std::map, std::unordered_map, a multimap, nlohmann::json), or two functions:
// carry_to([&](std::string_view name, std::string const& value) { … }) and resume_from([&](std::string_view name) { …
// }).

#include <charconv>
#include <string>
#include <string_view>

#include <logkit.hpp>

namespace logkit {
namespace detail {

template <class Message>
void set_member(Message& message, const char* name, std::string const& value) {
    if constexpr (std::is_invocable_v<Message&, std::string_view, std::string const&>) {
        message(std::string_view(name), value);
    } else if constexpr (requires { message[name] = value; }) {
        message[name] = value;
    } else {
        message.erase(name);
        message.emplace(name, value);
    }
}
// "" where it has none.
template <class Message>
[[nodiscard]] std::string member_of(Message const& message, const char* name) {
    if constexpr (std::is_invocable_v<Message const&, std::string_view>) {
        return std::string(message(std::string_view(name)));
    } else {
        const auto found = message.find(name);
        if (found == message.end()) return {};
        if constexpr (requires { std::string(found->second); }) {
            return std::string(found->second);
        } else {
            if (found->is_number_integer()) return std::to_string(found->template get<long>());
            return found->is_string() ? found->template get<std::string>() : std::string();
        }
    }
}

// 1 for what is none; a message may be anybody's.
[[nodiscard]] inline unsigned attempt_of(std::string const& text) noexcept {
    constexpr unsigned most = 1'000'000;
    unsigned attempt = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), attempt);
    return error == std::errc{} && end == text.data() + text.size() && attempt >= 1 && attempt <= most ? attempt : 1;
}

}  // namespace detail

// What resume_from() found.
struct resumed_task {
    bool is_continued = false;  // false: no traceparent, or an invalid one; the unit of work has a new trace
    unsigned attempt = 1;
};

// Writes `traceparent` and `tracestate` of the context in force, for a first attempt. The context's fields do not
// travel: what the worker needs of them belongs into the message. Throws what the message throws.
template <class Message>
void carry_to(Message&& message) {
    detail::set_member(message, "traceparent", traceparent());
    detail::set_member(message, "tracestate", tracestate());
    detail::set_member(message, "attempt", "1");
}

// A unit of work that continues the message's trace, with `attempt` and these fields in its context. Throws what the
// message throws.
template <class Message, class... V>
resumed_task resume_from(Message const& message, field<V> const&... fields) {
    const remote_parent parent =
        from_traceparent(detail::member_of(message, "traceparent"), detail::member_of(message, "tracestate"));
    const resumed_task resumed{parent.is_valid(), detail::attempt_of(detail::member_of(message, "attempt"))};
    new_context(parent, kv("attempt", resumed.attempt), fields...);
    return resumed;
}

// Before the message goes into the queue once more: the next attempt, in the same trace. Logs a WARNING "retry" with
// its number.
template <class Message>
void retry_to(Message& message) {
    const unsigned next = detail::attempt_of(detail::member_of(message, "attempt")) + 1;
    detail::set_member(message, "attempt", std::to_string(next));
    log.warning("retry", kv("next_attempt", next));
}

}  // namespace logkit
