// SPDX-License-Identifier: MIT
#include "ingest/decode/tracer.hpp"

#include "ingest/check.hpp"
#include "store/batch_builder.hpp"
#include "store/moment.hpp"
#include "store/record_time.hpp"

#include <logkit/base/json_text.hpp>
#include <logkit/base/level.hpp>
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/severity.hpp>

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace serve {
namespace {

using logkit::json_view;
using logkit::detail::json_string;

constexpr std::size_t most_records = 100'000, most_named = 100;

// What an entry may have, in the order in which a record has it.
struct known_members {
    json_view timestamp, level, message, trace_id, span_id, service, environment, tags, metadata;
};
struct member_name {
    std::string_view name;
    json_view known_members::*place;
};
constexpr std::array<member_name, 9> names{{{"timestamp", &known_members::timestamp},
                                            {"level", &known_members::level},
                                            {"message", &known_members::message},
                                            {"trace_id", &known_members::trace_id},
                                            {"span_id", &known_members::span_id},
                                            {"service", &known_members::service},
                                            {"environment", &known_members::environment},
                                            {"tags", &known_members::tags},
                                            {"metadata", &known_members::metadata}}};

class entry_decoder {
  public:
    entry_decoder(std::string const& service, std::int64_t arrival_ns, batch& to)
        : service_(service), arrival_ns_(arrival_ns), builder_(to) {}

    // Adds the entry to the batch; or says why not.
    [[nodiscard]] std::string add(std::string_view json) {
        if (parser_.parse(json) == logkit::detail::line_state::unreadable) return "is no object";
        known_members known;
        std::string others;
        for (auto const& member : parser_.entry().members()) {
            const auto name =
                std::find_if(names.begin(), names.end(), [&](member_name const& n) { return n.name == member.key; });
            if (name != names.end() && !(member.value == "null" && !member.value.is_text())) {
                known.*(name->place) = member.value;
            } else if (name == names.end()) {
                const bool is_taken = member.key == "event";  // that is what the message becomes
                others += ',' + json_string(std::string(member.key) + (is_taken ? "_" : "")) + ':';
                others += member.value.json();
            }
        }
        return record_of(known, others);
    }
    [[nodiscard]] bool met_other_service() const noexcept { return is_of_other_service_; }

  private:
    // Also of the first years after 1970, which are no times where nobody has said that they are.
    [[nodiscard]] static std::optional<std::int64_t> time_of(json_view said) {
        if (const auto time = logkit::parse_time(said)) return time;
        constexpr double most_seconds = 9e9;  // that nanoseconds can tell
        const auto number = said.is_number() ? said.number() : std::nullopt;
        if (!number.has_value() || *number < -most_seconds || *number > most_seconds) return std::nullopt;
        return static_cast<std::int64_t>(*number * 1e6) * 1'000;
    }
    [[nodiscard]] std::string record_of(known_members const& known, std::string const& others) {
        if (!known.message.is_text() || known.message.escaped().empty())
            return known.message.exists() ? "message: is a text that is not empty" : "message: is missing";
        for (auto const& [value, name] : {std::pair{known.trace_id, "trace_id"},
                                          {known.span_id, "span_id"},
                                          {known.service, "service"},
                                          {known.environment, "environment"}})
            if (value.exists() && !value.is_text()) return std::string(name) + ": is a text";
        if (known.metadata.exists() && !known.metadata.is_object()) return "metadata: is an object";
        logkit::level severity = logkit::level::info;
        if (known.level.exists()) {
            const auto named =
                known.level.is_text() ? logkit::detail::level_from_text(known.level.text()) : std::nullopt;
            if (!named.has_value())
                return "level: is one of trace, debug, info, warning, error, critical and their kin";
            severity = *named;
        }
        std::int64_t time = arrival_ns_;
        std::string timestamp = moment_text(time);
        if (known.timestamp.exists()) {
            const auto parsed = time_of(known.timestamp);
            const auto clamped =
                parsed.has_value() || !known.timestamp.is_text() ? parsed : clamped_time(known.timestamp.text());
            if (!clamped.has_value()) return "timestamp: is RFC 3339, or a number since 1970";
            time = *clamped;
            timestamp = parsed.has_value() ? exact_moment_text(time) : known.timestamp.text();
        }
        if (!service_.empty() && known.service.exists() && !(known.service == service_)) {
            is_of_other_service_ = true;
            return "service: is not that of the key";
        }
        std::string line = R"({"timestamp":)" + json_string(timestamp) + R"(,"level":")" +
                           std::string(logkit::detail::level_names[static_cast<std::size_t>(severity)]) +
                           R"(","event":)" + std::string(known.message.json());
        const auto add = [&](const char* name, json_view value) {
            if (value.exists()) line.append(",\"").append(name).append("\":").append(value.json());
        };
        add("trace_id", known.trace_id);
        add("span_id", known.span_id);
        line += R"(,"service":)" + (known.service.exists() ? std::string(known.service.json()) : json_string(service_));
        add("environment", known.environment);
        add("tags", known.tags);
        add("metadata", known.metadata);
        line += others;
        line += '}';
        const std::size_t size = line.size();
        line.append(logkit::detail::line_padding, ' ');
        if (made_.parse({line.data(), size}) == logkit::detail::line_state::unreadable) return "cannot be read";
        builder_.add({line.data(), size}, made_.entry(), 0, time);
        return {};
    }

    std::string const& service_;
    std::int64_t arrival_ns_;
    bool is_of_other_service_ = false;
    batch_builder builder_;
    logkit::detail::line_parser parser_, made_;
};

[[nodiscard]] std::string_view next_element(std::string_view& rest) noexcept {
    const std::size_t start = rest.find_first_not_of(" \t,");
    if (start == rest.npos || rest[start] == ']') return {};
    const std::size_t end = logkit::detail::end_of_value(rest, start);
    std::string_view element = rest.substr(start, end - start);
    rest.remove_prefix(end);
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) element.remove_suffix(1);
    return element;
}

}  // namespace

decoded_entries decode_entries(std::string body, std::string const& service, std::int64_t arrival_ns) {
    decoded_entries result;
    result.made.service = service;
    if (body.starts_with("\xef\xbb\xbf")) body.erase(0, 3);
    // In valid JSON a line's end stands between values only.
    const std::size_t size = body.size();
    if (!simdjson::validate_utf8(body.data(), size)) {
        result.error = "the body is not UTF-8";
        return result;
    }
    body.append(logkit::detail::line_padding, ' ');
    const line_kind kind = check_line({body.data(), size});
    if (kind != line_kind::object) {
        result.error = kind == line_kind::too_deep ? "the body nests deeper than 64 levels"
                                                   : "the body is not one JSON object: an entry, or {\"logs\":[…]}";
        return result;
    }
    for (char& c : body)
        if (c == '\n' || c == '\r') c = ' ';
    std::string_view whole(body.data(), size);
    whole.remove_prefix(whole.find('{'));
    whole = whole.substr(0, whole.rfind('}') + 1);

    logkit::detail::line_parser outer;
    json_view logs;
    if (outer.parse(whole) == logkit::detail::line_state::unreadable) {
        result.error = "the body is not one JSON object: an entry, or {\"logs\":[…]}";
        return result;
    }
    for (auto const& member : outer.entry().members())
        if (member.key == "logs") logs = member.value;
    entry_decoder decoder(service, arrival_ns, result.made);
    const auto add = [&](std::string_view entry, std::size_t index) {
        std::string why = decoder.add(entry);
        if (!why.empty() && result.invalid.size() < most_named) result.invalid.push_back({index, std::move(why)});
    };
    if (!logs.exists()) {
        add(whole, 0);
    } else if (!logs.is_array()) {
        result.error = "logs: is a list";
    } else {
        std::string_view rest = logs.json().substr(1);
        std::size_t index = 0;
        for (std::string_view one; !(one = next_element(rest)).empty(); ++index) {
            if (index == most_records) {
                result.is_too_many = true;
                result.error = "more than 100000 entries; send smaller bodies";
                break;
            }
            if (one.front() == '{')
                add(one, index);
            else if (result.invalid.size() < most_named)
                result.invalid.push_back({index, "is no object"});
        }
        if (index == 0) result.error = "logs: is empty";
    }
    result.is_of_other_service = decoder.met_other_service();
    return result;
}

}  // namespace serve
