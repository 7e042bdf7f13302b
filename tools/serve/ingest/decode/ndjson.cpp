// SPDX-License-Identifier: MIT
#include "ingest/decode/ndjson.hpp"

#include "ingest/check.hpp"
#include "store/batch_builder.hpp"
#include "store/moment.hpp"
#include "store/record_time.hpp"

#include <logkit/base/json_text.hpp>
#include <logkit/base/level.hpp>
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/own_line.hpp>
#include <logkit/reader/record_reader.hpp>
#include <logkit/reader/text_record.hpp>

#include <simdjson.h>

namespace serve {
namespace {

class ndjson_decoder {
  public:
    ndjson_decoder(std::optional<stream_range> range, std::string const& service, std::int64_t arrival_ns,
                   ndjson_limits const& limits)
        : service_(service), arrival_ns_(arrival_ns), limits_(limits) {
        result_.made.service = service;
        result_.made.stream = std::move(range);
    }

    [[nodiscard]] decoded_lines decode(std::string_view body) {
        const std::string_view all = body;
        if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);
        const bool is_clean = simdjson::validate_utf8(body.data(), body.size());
        result_.made.text.reserve(body.size() + 1);
        std::optional<stream_range>& range = result_.made.stream;
        for (std::uint64_t number = 0; !body.empty(); ++number) {
            const auto offset = static_cast<std::uint64_t>(body.data() - all.data());
            const std::uint64_t position = range.has_value() ? range->position + offset : number;
            if (range.has_value()) range->line_positions.push_back(number == 0 ? range->position : position);
            const std::size_t end = body.find('\n');
            std::string_view line = body.substr(0, end);
            body.remove_prefix(end == body.npos ? body.size() : end + 1);
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (line.size() > limits_.longest_line) {
                refuse(position, "longer than 16 MiB");
                continue;
            }
            if (line.find_first_not_of(std::string_view(" \t\r\0", 4)) == line.npos) continue;
            if (result_.made.records.size() == limits_.most_records) {
                result_.is_too_many = true;
                result_.error = "more than " + std::to_string(limits_.most_records) + " records; send smaller bodies";
                break;
            }
            take(line, position, is_clean);
            if (result_.made.text.size() > limits_.largest_text) {
                result_.is_too_many = true;
                result_.error = "the lines would take more than 256 MiB as they are stored; send smaller bodies";
                break;
            }
        }
        if (range.has_value()) {
            range->refused = result_.refused;
            range->refused_count = result_.refused_count;
        }
        return std::move(result_);
    }

  private:
    void take(std::string_view line, std::uint64_t position, bool is_clean) {
        line_kind kind = is_clean ? check_line(line) : line_kind::other;
        if (kind == line_kind::object) return keep(line, position);
        if (kind == line_kind::other) {
            const std::string mended = mend_line(line);
            padded_.assign(mended).append(logkit::detail::line_padding, ' ');
            kind = check_line({padded_.data(), mended.size()});
            if (kind == line_kind::object) return keep({padded_.data(), mended.size()}, position);
        }
        if (kind == line_kind::too_deep) return refuse(position, "nested deeper than 64 levels");
        const std::string record = record_of_text(line, arrival_ns_);
        padded_.assign(record).append(logkit::detail::line_padding, ' ');
        keep({padded_.data(), record.size()}, position);
    }
    void keep(std::string_view line, std::uint64_t position) {
        if (parser_.parse(line) == logkit::detail::line_state::unreadable) return refuse(position, "cannot be read");
        logkit::entry const& e = parser_.entry();
        if (!service_.empty())
            for (auto const& member : e.members())  // one after the other may say it
                if (member.key == "service" && !(member.value == service_))
                    return refuse(position, "its service is not that of the key");
        if (!service_.empty() && !logkit::detail::is_own_line(line) && holds_others(line))
            return refuse(position, "it holds a record whose service is not that of the key");
        if (line.size() > limits_.longest_line) return refuse(position, "longer than 16 MiB as it is stored");
        builder_.add(line, e, position, record_time(e));
    }
    // Some programs put records into records, and the reader takes them out again.
    [[nodiscard]] bool holds_others(std::string_view line) {
        bool has_others = false;
        const std::string copy = std::string(line) + '\n' + std::string(logkit::detail::line_padding, ' ');
        inside_.read(std::string_view(copy).substr(0, line.size() + 1), {}, [&](logkit::entry const& e, std::size_t) {
            const logkit::json_view named = e.find("service");
            has_others = has_others || (named.exists() && !(named == service_));
        });
        return has_others;
    }
    void refuse(std::uint64_t position, const char* why) {
        constexpr std::size_t most_named = 100;
        if (result_.refused.size() < most_named) result_.refused.push_back({position, why});
        ++result_.refused_count;
    }

    std::string const& service_;
    std::int64_t arrival_ns_;
    ndjson_limits limits_;
    decoded_lines result_;
    batch_builder builder_{result_.made};
    logkit::detail::line_parser parser_;
    logkit::record_reader inside_;
    std::string padded_;
};

}  // namespace

std::string record_of_text(std::string_view text, std::int64_t arrival_ns) {
    std::string clean;
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view sequence = logkit::detail::take_utf8(rest);
        if (sequence.front() != '\0') clean += sequence;
    }
    const logkit::level severity = logkit::detail::level_in_text(clean).value_or(
        logkit::detail::tells_of_failure(clean) ? logkit::level::error : logkit::level::info);
    return R"({"timestamp":")" + moment_text(arrival_ns) + R"(","level":")" +
           std::string(logkit::detail::level_names[static_cast<std::size_t>(severity)]) + R"(","event":)" +
           logkit::detail::json_string(clean) + R"(,"unparsed":true})";
}

decoded_lines decode_ndjson(std::string_view body, std::optional<stream_range> range, std::string const& service,
                            std::int64_t arrival_ns, ndjson_limits const& limits) {
    return ndjson_decoder(std::move(range), service, arrival_ns, limits).decode(body);
}

}  // namespace serve
