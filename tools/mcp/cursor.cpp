// SPDX-License-Identifier: MIT
#include "mcp/cursor.hpp"

#include "insight/by_time.hpp"

#include <logkit/base/text_parts.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace mcp {
namespace {

constexpr const char* no_cursor = "cursor: that is none; give back what an answer had as `cursor`, as it is";

template <class Number>
[[nodiscard]] Number number_in(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) throw insight::question_error(no_cursor);
    return value;
}

[[nodiscard]] std::string identity_of(logkit::log_file const& file) {
    struct stat status {};
    if (::fstat(file.fd(), &status) != 0) return "0-0";
    return std::to_string(status.st_dev) + '-' + std::to_string(status.st_ino);
}

}  // namespace

cursor cursor::from_text(std::string_view text) {
    using logkit::detail::take_until;
    cursor made;
    made.skip = number_in<std::uint64_t>(take_until(text, '.'));
    made.now_ns = number_in<std::int64_t>(take_until(text, '.'));
    made.question = take_until(text, '.');
    while (!text.empty()) made.ends.emplace_back(take_until(text, '.'));
    if (made.ends.empty()) throw insight::question_error(no_cursor);
    return made;
}

std::string cursor::text() const {
    std::string out = std::to_string(skip) + '.' + std::to_string(now_ns) + '.' + question;
    for (std::string const& end : ends) out += '.' + end;
    return out;
}

void cursor::remember(std::vector<logkit::log_file> const& files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        const bool is_newest =
            i + 1 == files.size() || logkit::detail::parse_rotated_name(files[i].path()).base !=
                                         logkit::detail::parse_rotated_name(files[i + 1].path()).base;
        if (is_newest) ends.push_back(identity_of(files[i]) + '-' + std::to_string(files[i].size()));
    }
}

std::vector<logkit::log_file> cursor::apply(std::vector<logkit::log_file> files) const {
    std::vector<logkit::log_file> kept;
    std::size_t found = 0;
    for (std::vector<logkit::log_file>& log : insight::by_log(std::move(files))) {
        std::optional<std::size_t> newest;
        for (std::size_t i = 0; i < log.size() && !newest; ++i)
            for (std::string const& end : ends) {
                const std::size_t size = end.rfind('-');
                if (size == std::string::npos || std::string_view(end).substr(0, size) != identity_of(log[i])) continue;
                log[i].end_at(number_in<std::uint64_t>(std::string_view(end).substr(size + 1)));
                newest = i;
                ++found;
                break;
            }
        // Of a log that is new, nothing was there then.
        for (std::size_t i = 0; newest && i <= *newest; ++i) kept.push_back(std::move(log[i]));
    }
    if (found != ends.size())
        throw insight::question_error(
            "cursor: a file that was there then is not there any more (packed, or removed); ask again without it");
    return kept;
}

}  // namespace mcp
