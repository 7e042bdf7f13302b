// SPDX-License-Identifier: MIT
#include "screen/pretty.hpp"

#include "insight/frames.hpp"
#include "insight/symbols.hpp"
#include "insight/text.hpp"
#include "screen/terminal.hpp"

#include <algorithm>
#include <charconv>

namespace tool {
namespace {

namespace lk = logkit::detail;

// More than anybody reads on a screen.
constexpr std::size_t most_fields = 500;

[[nodiscard]] std::uint64_t hex(std::string_view digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

void shorten(logkit::exception_story& story) {
    story.stack = told_stack(story.stack);
    for (logkit::exception_story& cause : story.nested) shorten(cause);
}

}  // namespace

void pretty_printer::print(std::string& out, logkit::entry const& e) {
    using logkit::slot;
    const std::string event = e.event(), source = e.get(slot::src).text(), logger = e.get(slot::logger).text(),
                      thread = e.get(slot::thread).text();
    logkit::record_head head;
    head.severity = e.level();
    head.unix_ns = e.unix_ns().value_or(0);
    head.event = event;
    head.source = source;
    head.logger = logger;
    head.thread = thread;
    const std::string_view trace = e.trace_id();
    if (trace.size() == 32) {
        head.trace_high = hex(trace.substr(0, 16));
        head.trace_low = hex(trace.substr(16));
    }
    head.is_span_end = e.is_span_end();
    record_.reset(head);
    logkit::exception_story exception = named_exception_of(e);
    if (shortens_stacks_) shorten(exception);
    const bool has_exception = !exception.type.empty() || !exception.what.empty() || !exception.stack.empty();
    std::size_t shown = 0;
    for_each_chosen(e, keys_, [&](std::string_view name, logkit::json_view value, slot meaning) {
        const bool is_shown = meaning == slot::none || meaning == slot::span || meaning == slot::dur_ms ||
                              meaning == slot::status || (meaning == slot::trace_id && trace.size() != 32);
        const bool is_part = has_exception && name.starts_with("error.");
        if (!is_shown || is_part || ++shown > most_fields) return;
        const std::string_view key = record_.keep(std::string(name));
        if (value.is_text())
            record_.put(key, logkit::value({lk::kind::text, 0, record_.keep(value.text())}));
        else
            record_.put(key, logkit::value({lk::kind::json, 0, record_.keep(std::string(value.json()))}));
    });
    if (shown > most_fields)
        record_.put("…",
                    logkit::value({lk::kind::text, 0, record_.keep(grouped(shown - most_fields) + " more fields")}));
    if (has_exception) record_.put("exc_info", logkit::value({lk::kind::exception, 0, ""}));
    // A time that is not understood is shown as it is; where there is none, its place stays empty.
    std::optional<std::string> clock;
    if (times_ != time_form::clock && e.unix_ns())
        clock = times_ == time_form::full ? full_time_of(*e.unix_ns()) : unix_time_of(*e.unix_ns());
    if (const logkit::json_view time = e.get(slot::timestamp); !e.unix_ns())
        clock =
            time.exists() ? cut(harmless(time.text()), 40) : std::string(std::string_view("00:00:00.000").size(), ' ');
    renderer_.render(out, record_, &exception, clock);
}

}  // namespace tool
