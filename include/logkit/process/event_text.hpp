// SPDX-License-Identifier: MIT
#pragma once

// The text of an event with placeholders. Stage: process.

#include <fmt/args.h>

#include <exception>
#include <iterator>
#include <string>
#include <string_view>

#include <logkit/call/operand.hpp>
#include <logkit/pipe/site.hpp>
#include <logkit/pipe/thread_slot.hpp>

namespace logkit::detail {

using event_values = fmt::dynamic_format_arg_store<fmt::format_context>;

inline void push_value(event_values& values, decoded const& v) {
    switch (v.what) {
        case kind::boolean:
            return values.push_back(v.bits != 0);
        case kind::int64:
            return values.push_back(v.as<std::int64_t>());
        case kind::uint64:
            return values.push_back(v.bits);
        case kind::float32:
            return values.push_back(v.as<float>());
        case kind::float64:
            return values.push_back(v.as<double>());
        case kind::null:
            return values.push_back(std::string_view{"(null)"});
        default:
            return values.push_back(v.text);
    }
}

LOGKIT_DOOR std::string format_event(site const& origin, std::byte const* payload) {
    event_values values;
    for (site_argument const& argument : origin.arguments) {
        const decoded v = decode(argument.encoding, payload);
        if (argument.what == role::positional) push_value(values, v);
    }
    try {
        std::string event;
        fmt::vformat_to(std::back_inserter(event), fmt::string_view(origin.event), values);
        return event;
    } catch (std::exception const&) {  // a run-time width or precision that makes no sense
        return origin.event;
    }
}

}  // namespace logkit::detail
