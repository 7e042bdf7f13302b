// SPDX-License-Identifier: MIT
#include "mcp/question.hpp"

#include "insight/asked_time.hpp"
#include "insight/digest_text.hpp"

#include <logkit/base/clock.hpp>

#include <chrono>

namespace mcp {
namespace {

constexpr std::chrono::seconds longest_look{120};

}  // namespace

question::question(arguments given, std::string const& hash, log_opener const& open) : given_(std::move(given)) {
    max_tokens_ = given_.number("max_tokens", default_max_tokens);
    if (max_tokens_ < least_max_tokens)
        throw insight::question_error("max_tokens: at least " + std::to_string(least_max_tokens));
    log_view view = open(given_.text("cursor").empty() ? rotated_files::as_named : rotated_files::all);
    if (const std::string text = given_.text("cursor"); !text.empty()) {
        cursor_ = cursor::from_text(text);
        if (cursor_.question != hash)
            throw insight::question_error(
                "cursor: it belongs to a question with other arguments; repeat those, or ask without it");
        files_ = cursor_.apply(std::move(view.files));
    } else {
        cursor_.now_ns = static_cast<std::int64_t>(logkit::detail::clock_ns(CLOCK_REALTIME));
        cursor_.question = hash;
        cursor_.remember(view.files);
        files_ = std::move(view.files);
    }
    without_time_ = std::move(view.wall);
    for (std::string const& filter : given_.texts("filters")) without_time_.require(filter);
    if (const std::string level = given_.text("level"); !level.empty()) without_time_.require_level(level);
    wanted_ = wanted_in(moment("since"), moment("until"));
}

std::string question::cursor_behind(std::size_t told) const {
    cursor next = cursor_;
    next.skip += told;
    return next.text();
}

std::size_t question::page_tokens() const {
    const std::size_t cost = insight::estimate_tokens(cursor_behind(1'000'000'000));
    if (cost + least_max_tokens / 2 > max_tokens_)
        throw insight::question_error("max_tokens: of so many logs, at least " +
                                      std::to_string(cost + least_max_tokens / 2));
    return max_tokens_ - cost;
}

insight::source question::with(logkit::query wanted) const {
    const auto deadline = std::chrono::steady_clock::now() + longest_look;
    return insight::source::of(files_, std::move(wanted), [deadline](std::uint64_t) {
        if (std::chrono::steady_clock::now() > deadline)
            throw insight::question_error("it took longer than 120 seconds; ask for less, with filters or since");
    });
}

logkit::query question::wanted_in(std::optional<std::int64_t> since, std::optional<std::int64_t> until) const {
    logkit::query wanted = without_time_;
    if (since || until) wanted.require_time(since, until);
    return wanted;
}

std::optional<std::int64_t> question::moment(std::string const& name) const {
    const std::string text = given_.text(name);
    if (text.empty()) return std::nullopt;
    return insight::moment_of(name, text, cursor_.now_ns);
}

void question::make_plain() {
    for (logkit::log_file& file : files_) file.make_plain();
}

}  // namespace mcp
