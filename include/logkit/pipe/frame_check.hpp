// SPDX-License-Identifier: MIT
#pragma once

// Is a frame what it claims to be? For those that come from a file: nothing there is believed. Stage: pipe.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/call/field_block.hpp>
#include <logkit/pipe/checked_bytes.hpp>
#include <logkit/pipe/frame.hpp>
#include <logkit/pipe/site.hpp>

namespace logkit::detail {

[[nodiscard]] inline bool is_field_block(std::string_view bytes) noexcept {
    checked_bytes in(bytes);
    while (!in.rest().empty()) {
        std::uint16_t key_size = 0;
        std::uint8_t encoding = 0, unused = 0;
        std::string_view key;
        if (!in.take(key_size) || !in.take(encoding) || !in.take(unused) || !in.take(key, key_size) ||
            encoding > static_cast<std::uint8_t>(kind::hashed) || !in.take_value(static_cast<kind>(encoding)))
            return false;
    }
    return true;
}

[[nodiscard]] inline bool is_context(std::string_view payload) noexcept {
    if (payload.size() < sizeof(context_header)) return false;
    const auto header = load<context_header>(payload.data());
    if (header.payload_size() > payload.size()) return false;
    const std::string_view fields = payload.substr(sizeof header);
    if (!is_field_block(fields.substr(0, header.context_size)) ||
        !is_field_block(fields.substr(header.context_size, header.span_size)))
        return false;
    checked_bytes outer(payload.substr(header.payload_size() - header.outer_size, header.outer_size));
    while (!outer.rest().empty()) {
        outer_span span{};
        std::string_view name;
        if (!outer.take(span) || !outer.take(name, span.name_size)) return false;
    }
    return true;
}

[[nodiscard]] inline bool is_record(site const& origin, std::string_view payload) noexcept {
    checked_bytes in(payload);
    for (site_argument const& argument : origin.arguments) {
        const std::string_view before = in.rest();
        if (!in.take_value(argument.encoding)) return false;
        if (argument.what == role::added && argument.encoding == kind::text && before.size() > 4) {
            const auto size = load<std::uint32_t>(before.data());
            if (size != null_length && !is_field_block(before.substr(4, size))) return false;
        }
    }
    return true;
}

// A whole frame, header and all, which is not a part of one.
[[nodiscard]] inline bool is_frame(site_table const& sites, std::string_view bytes) noexcept {
    if (bytes.size() < sizeof(frame_header)) return false;
    const auto header = load<frame_header>(bytes.data());
    if (header.size < sizeof header || header.size > bytes.size()) return false;
    const std::string_view payload = bytes.substr(sizeof header, header.size - sizeof header);
    checked_bytes in(payload);
    std::string_view text;
    switch (header.site) {
        case context_frame:
            return is_context(payload);
        case binding_frame: {
            binding_header binding{};
            return in.take(binding) && in.take(text, binding.name_size) && in.take(text, binding.fields_size) &&
                   is_field_block(text);
        }
        case thread_frame: {
            std::uint32_t size = 0;
            return in.take(size) && in.take(text, size);
        }
        default: {
            const std::uint32_t number = header.site & ~bound_bit;
            return sites.has_restored(number) && is_record(sites[number], payload);
        }
    }
}

}  // namespace logkit::detail
