// SPDX-License-Identifier: MIT
#pragma once

// What a call site says, as bytes of a journal. Stage: pipe.
//
//   entry := u32 size, u32 number, u32 redacted, u32 line, u8 level, u8 arguments, u16 unused,
//            u32 length of the event, u32 length of the file's name, event, file's name,
//            for each argument: u8 role, u8 kind, u16 length of the key, key

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/base/bytes.hpp>
#include <logkit/call/message.hpp>
#include <logkit/call/site_description.hpp>
#include <logkit/pipe/checked_bytes.hpp>
#include <logkit/pipe/thread_slot.hpp>

namespace logkit::detail {

[[nodiscard]] inline std::string encode_site(site_number site, site_description const& from) {
    std::string bytes(4, '\0');
    const auto put = [&](auto value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
    const std::string_view event = from.event, file = base_name(from.where.file);
    put(site.number);
    put(site.redacted);
    put(from.where.line);
    put(from.severity);
    put(static_cast<std::uint8_t>(from.argument_count));
    put(std::uint16_t{0});
    put(static_cast<std::uint32_t>(event.size()));
    put(static_cast<std::uint32_t>(file.size()));
    bytes.append(event).append(file);
    for (std::size_t i = 0; i < from.argument_count; ++i) {
        argument_description const& argument = from.arguments[i];
        const std::string_view key = argument.key == nullptr ? "" : argument.key;
        put(argument.what);
        put(argument.encoding);
        put(static_cast<std::uint16_t>(key.size()));
        bytes.append(key);
    }
    const auto size = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(bytes.data(), &size, sizeof size);
    return bytes;
}

// An entry read back: owns its texts.
struct decoded_site {
    site_number site{};
    std::string event{}, file{};
    std::vector<std::string> keys{};
    std::vector<argument_description> arguments{};
    level severity = level::info;
    std::uint32_t line = 0;

    // Valid as long as this object.
    [[nodiscard]] site_description description() const noexcept {
        return {event.c_str(), {file.c_str(), "", line}, severity, arguments.data(), arguments.size()};
    }
};

// Takes the first entry off `bytes`, which come from a file that anybody may have written. False: it is none.
[[nodiscard]] inline bool decode_site(std::string_view& bytes, decoded_site& into) {
    checked_bytes in(bytes);
    std::uint32_t size = 0, event_size = 0, file_size = 0;
    std::uint8_t severity = 0, count = 0;
    std::uint16_t unused = 0;
    std::string_view event, file;
    if (!in.take(size) || !in.take(into.site.number) || !in.take(into.site.redacted) || !in.take(into.line) ||
        !in.take(severity) || !in.take(count) || !in.take(unused) || !in.take(event_size) || !in.take(file_size) ||
        !in.take(event, event_size) || !in.take(file, file_size) || severity >= static_cast<std::uint8_t>(level::off) ||
        count > most_arguments)
        return false;
    into.event = event;
    into.file = file;
    into.severity = static_cast<level>(severity);
    into.keys.assign(count, {});
    into.arguments.assign(count, {});
    for (unsigned i = 0; i < count; ++i) {
        std::uint8_t what = 0, encoding = 0;
        std::uint16_t key_size = 0;
        std::string_view key;
        if (!in.take(what) || !in.take(encoding) || !in.take(key_size) || !in.take(key, key_size) ||
            what > static_cast<std::uint8_t>(role::status) || encoding > static_cast<std::uint8_t>(kind::hashed) ||
            (static_cast<role>(what) == role::added && static_cast<kind>(encoding) != kind::text))
            return false;
        into.keys[i] = key;
        into.arguments[i] = {into.keys[i].c_str(), static_cast<role>(what), static_cast<kind>(encoding)};
    }
    if (bytes.size() - in.rest().size() != size) return false;
    bytes = in.rest();
    return true;
}

}  // namespace logkit::detail
