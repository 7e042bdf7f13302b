// SPDX-License-Identifier: MIT
#include "mcp/cursor.hpp"

#include "insight/by_time.hpp"
#include "insight/text.hpp"

#include <logkit/base/text_parts.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <span>

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

[[nodiscard]] std::string inode_of(logkit::log_file const& file) {
    struct stat status {};
    return ::fstat(file.fd(), &status) == 0 ? std::to_string(status.st_ino) : "0";
}

// A file that was cut and written again has the same inode, and begins in another way.
[[nodiscard]] std::string hash_of(std::span<logkit::log_file const> files) {
    std::string all;
    for (logkit::log_file const& file : files) {
        char first[256];
        const std::size_t n = std::min<std::uint64_t>(sizeof first, file.is_plain() ? file.size() : sizeof first);
        const ssize_t got = logkit::detail::read_at(file.fd(), first, n, 0);
        const std::string_view begin(first, got > 0 ? static_cast<std::size_t>(got) : 0);
        // A file that is not longer may grow.
        all += inode_of(file) + ' ' + std::string(begin.substr(0, begin.find('\n') + 1)) + '\n';
    }
    return insight::short_hash(all).substr(0, 8);
}

[[nodiscard]] std::string end_of(std::span<logkit::log_file const> files, std::uint64_t size) {
    return inode_of(files.back()) + '-' + std::to_string(size) + '-' + std::to_string(files.size()) + '-' +
           hash_of(files);
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
    std::size_t first = 0;
    for (const std::size_t end : insight::ends_of_logs(files)) {
        ends.push_back(end_of({files.data() + first, end - first}, files[end - 1].size()));
        first = end;
    }
}

std::vector<logkit::log_file> cursor::apply(std::vector<logkit::log_file> files) const {
    std::vector<logkit::log_file> kept;
    std::size_t found = 0;
    for (std::vector<logkit::log_file>& log : insight::by_log(std::move(files)))
        for (std::size_t newest = 0; newest < log.size(); ++newest) {
            const std::string inode = inode_of(log[newest]) + '-';
            const auto end =
                std::find_if(ends.begin(), ends.end(), [&](std::string const& one) { return one.starts_with(inode); });
            if (end == ends.end()) continue;
            std::string_view rest = std::string_view(*end).substr(inode.size());
            const auto size = number_in<std::uint64_t>(logkit::detail::take_until(rest, '-'));
            const auto count = number_in<std::size_t>(logkit::detail::take_until(rest, '-'));
            if (count == 0 || count > newest + 1 || log[newest].size() < size) continue;
            const std::size_t first = newest + 1 - count;
            if (end_of({log.data() + first, count}, size) != *end) continue;
            log[newest].end_at(size);
            for (std::size_t i = first; i <= newest; ++i) kept.push_back(std::move(log[i]));
            ++found;
            break;  // what is newer was not there then, nor was a log that is new
        }
    if (found != ends.size())
        throw insight::question_error(
            "cursor: a file that was there then is not there any more (packed, cut or removed); ask again without it");
    return kept;
}

}  // namespace mcp
