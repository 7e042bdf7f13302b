// SPDX-License-Identifier: MIT
#pragma once

// One open file that others write to: what has come since the last look, in whole units (reader/units.hpp). What may go
// on is held back for a moment.

#include <logkit/base/descriptor.hpp>
#include <logkit/reader.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tool {

using record_visitor = std::function<void(logkit::entry const&)>;

// A file that is open, and how far it has been read.
class growing_file {
  public:
    growing_file(int fd, std::uint64_t offset) : file_(fd), offset_(offset) {
        if (file_.get() >= 0 && ::fstat(file_.get(), &status_) != 0) file_ = {};
        remember_tail();
    }
    [[nodiscard]] bool is_open() const noexcept { return file_.get() >= 0; }
    [[nodiscard]] struct stat const& status() const noexcept { return status_; }
    [[nodiscard]] std::chrono::steady_clock::time_point last_growth() const noexcept { return last_growth_; }

    // Up to the file's end as it is now. `is_last`: nothing more will come.
    void read(record_visitor const& visit, bool is_last) {
        struct stat now {};
        if (!is_open() || ::fstat(file_.get(), &now) != 0) return;
        if (static_cast<std::uint64_t>(now.st_size) < offset_ ||
            (static_cast<std::uint64_t>(now.st_size) > offset_ && !has_same_tail())) {
            give(rest_, visit);  // it was truncated: begin again
            rest_.clear();
            offset_ = 0;
        }
        std::string bytes(1U << 16, '\0');
        bool has_grown = false;
        while (true) {
            const ssize_t n = logkit::detail::read_at(file_.get(), bytes.data(), bytes.size(), offset_);
            if (n <= 0) break;
            has_grown = true;
            offset_ += static_cast<std::uint64_t>(n);
            rest_.append(bytes, 0, static_cast<std::size_t>(n));
            if (is_given_early_ && rest_.starts_with('\n')) rest_.erase(0, 1);
            is_given_early_ = false;
            give_whole(visit);
        }
        if (has_grown) {
            last_growth_ = std::chrono::steady_clock::now();
            remember_tail();
        }
        if (!rest_.empty() && (is_last || std::chrono::steady_clock::now() - last_growth_ > longest_pause))
            give_rest(visit, is_last);
    }

  private:
    static constexpr std::chrono::milliseconds longest_pause{150};

    // The lines whose last unit surely has ended.
    void give_whole(record_visitor const& visit) {
        const std::size_t end = rest_.rfind('\n') + 1;  // npos + 1 is 0
        if (end == 0) {
            if (rest_.size() > logkit::detail::longest_line) rest_.clear();
            return;
        }
        const std::size_t start = last_unit_of(std::string_view(rest_).substr(0, end));
        const std::size_t cut = end - start > logkit::detail::longest_joined ? end : start;
        give(std::string_view(rest_).substr(0, cut), visit);
        rest_.erase(0, cut);
    }
    // Where the last of the units begins which may go on; the end, if it surely does not.
    [[nodiscard]] static std::size_t last_unit_of(std::string_view lines) {
        std::size_t start = 0;
        bool goes_on = false;
        for (std::string_view rest = lines; !rest.empty();) {
            if (!goes_on) start = lines.size() - rest.size();
            const logkit::detail::unit one = logkit::detail::take_unit(rest);
            goes_on = logkit::detail::goes_on_in_next(one.lines.substr(one.lines.rfind('\n') + 1));
            if (rest.empty() && one.kind == logkit::detail::unit_kind::record && !goes_on) start = lines.size();
        }
        return start;
    }
    // What has not ended, and seems not to go on: whole lines, and a record that only lacks the line's end.
    void give_rest(record_visitor const& visit, bool is_last) {
        const std::size_t end = rest_.rfind('\n') + 1;
        const bool takes_all = is_last || (end < rest_.size() && rest_[end] == '{' && rest_.back() == '}');
        if (takes_all && end < rest_.size()) is_given_early_ = true;
        give(std::string_view(rest_).substr(0, takes_all ? rest_.size() : end), visit);
        rest_.erase(0, takes_all ? rest_.size() : end);
    }
    void give(std::string_view lines, record_visitor const& visit) {
        if (lines.empty()) return;
        std::string padded(lines);
        padded.append(logkit::detail::line_padding, ' ');
        records_.read({padded.data(), lines.size()}, everything_,
                      [&](logkit::entry const& e, std::size_t) { visit(e); });
        records_.keep_last();
    }

    void remember_tail() {
        tail_.assign(std::min<std::uint64_t>(offset_, 256), '\0');
        if (!is_open() || tail_.empty()) return;
        const ssize_t n = logkit::detail::read_at(file_.get(), tail_.data(), tail_.size(), offset_ - tail_.size());
        if (n != static_cast<ssize_t>(tail_.size())) tail_.clear();
    }
    [[nodiscard]] bool has_same_tail() const {
        if (tail_.empty()) return true;
        std::string now(tail_.size(), '\0');
        return logkit::detail::read_at(file_.get(), now.data(), now.size(), offset_ - now.size()) ==
                   static_cast<ssize_t>(now.size()) &&
               now == tail_;
    }

    logkit::detail::descriptor file_;
    struct stat status_ {};
    std::uint64_t offset_;
    std::string rest_;             // read, and not given yet
    std::string tail_;             // the bytes before offset_
    bool is_given_early_ = false;  // a line without its end
    std::chrono::steady_clock::time_point last_growth_ = std::chrono::steady_clock::now();
    logkit::record_reader records_;
    logkit::query everything_;
};

}  // namespace tool
