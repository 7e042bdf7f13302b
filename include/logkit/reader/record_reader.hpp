// SPDX-License-Identifier: MIT
#pragma once

// Whole lines of a log → its records, whatever they are wrapped in. Reader.
//
//   lines ─► wrapped_lines (Docker, CRI) ─► take_unit ─┬─ record ──────────────────────► line_parser ─► entry
//                                                      ├─ joined, items, prefixed ─► made a line ─┘
//                                                      ├─ a record whose message is one ─► merged ─┘
//                                                      └─ text ─► text_record, with what the record before knows ─┘
//
// A line of one record, which nearly all are, is parsed where it stands; for everything else a line is made, and that
// is what entry::line() is then. No line is passed over without being counted.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/json_text.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/reader/entry.hpp>
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/otlp.hpp>
#include <logkit/reader/own_line.hpp>
#include <logkit/reader/query.hpp>
#include <logkit/reader/text_record.hpp>
#include <logkit/reader/units.hpp>
#include <logkit/reader/unnamed_keys.hpp>
#include <logkit/reader/wrapped_lines.hpp>

namespace logkit {

// What a scan met.
struct line_counts {
    std::uint64_t records = 0;
    std::uint64_t mended = 0;      // lines whose damage could be mended
    std::uint64_t unreadable = 0;  // lines that begin as a record does and are none
    std::uint64_t texts = 0;       // texts between the records; each is an entry, too
    std::uint64_t odd_times = 0;   // records whose time is in no form that is known
    unnamed_keys unnamed;          // of records in which no time or no message was found
    line_counts& operator+=(line_counts const& other) {
        records += other.records;
        mended += other.mended;
        unreadable += other.unreadable;
        texts += other.texts;
        odd_times += other.odd_times;
        unnamed += other.unnamed;
        return *this;
    }
};

// One for each thread, on cache lines of its own: it is written for each line.
class alignas(128) record_reader {
  public:
    // `is_backward`: the last record comes first.
    explicit record_reader(bool is_backward = false) noexcept : is_backward_(is_backward) {}

    // `lines`: whole lines, with detail::line_padding readable bytes behind them, beginning where a unit does
    // (reader/units.hpp). Calls visit(entry, offset in lines) for each record that is wanted; the entry is valid during
    // the call.
    template <class Visit>
    void read(std::string_view lines, query const& wanted, Visit&& visit) {
        wanted_ = &wanted;
        const char* const start = lines.data();
        if (lines.starts_with("\xef\xbb\xbf")) lines.remove_prefix(3);
        wrapped_ = wrapping_.unwrap(lines);
        const std::string_view text = wrapped_ ? wrapping_.text() : lines;
        begin_ = wrapped_ ? text.data() : start;
        before_ = kept_before_;
        const auto see = [&](entry const& e) {
            if (!wanted.matches(e)) return;
            const auto at = static_cast<std::size_t>(unit_begin_ - begin_);
            visit(e, wrapped_ ? wrapping_.at(at).original : at);
        };
        if (is_backward_)
            read_backward(text, see);
        else
            for (std::string_view rest = text; !rest.empty();) {
                const detail::unit u = detail::take_unit(rest);
                read_unit(u, see);
                if (u.kind != detail::unit_kind::text && u.kind != detail::unit_kind::nothing) before_ = u;
            }
    }
    // What comes with the next call goes on where this one ended: text at its beginning belongs to the last record
    // here.
    void keep_last() {
        kept_ = std::string(before_.lines);
        kept_before_ = {kept_, before_.kind};
    }
    [[nodiscard]] line_counts const& counts() const noexcept { return counts_; }

  private:
    template <class See>
    void read_backward(std::string_view text, See& see) {
        std::vector<detail::unit> units;
        while (!text.empty())
            if (const detail::unit u = detail::take_unit(text); u.kind != detail::unit_kind::nothing)
                units.push_back(u);
        for (std::size_t i = units.size(); i-- != 0;) {
            if (units[i].kind == detail::unit_kind::text) {
                std::size_t before = i;
                while (before != 0 && units[before].kind == detail::unit_kind::text) --before;
                before_ = units[before].kind == detail::unit_kind::text ? detail::unit{} : units[before];
            }
            read_unit(units[i], see);
        }
    }

    template <class See>
    void read_unit(detail::unit const& u, See& see) {
        using detail::unit_kind;
        unit_begin_ = u.lines.data();
        switch (u.kind) {
            case unit_kind::record:
                return read_line(u.lines, see);
            case unit_kind::joined:
                made_.clear();  // in an array, a comma stands behind the record
                for (std::string_view rest = u.lines.substr(0, u.lines.rfind('}') + 1); !rest.empty();)
                    made_ += detail::trimmed(detail::without_return(detail::take_until(rest, '\n')));
                if (!read_made(made_, see)) ++counts_.unreadable;
                return;
            case unit_kind::items:
                if (!read_items(u.lines, see)) ++counts_.unreadable;
                return;
            case unit_kind::prefixed:
                return read_prefixed(u.lines, see);
            case unit_kind::text:
                return read_text(u.lines, see);
            default:
                return;
        }
    }

    // A line that begins with a record.
    template <class See>
    void read_line(std::string_view line, See& see) {
        if (!wanted_->may_match(line)) return pass_over(line);
        if (detail::is_otlp_line(line) && read_otlp(line, see)) return;
        switch (parser_.parse(line)) {
            case detail::line_state::whole:
                return see_parsed(parser_, line, see);
            case detail::line_state::mended:
                if (holds_several(line) && read_items(line, see)) return;
                ++counts_.mended;
                return see_parsed(parser_, line, see);
            default:
                if (!read_items(line, see)) ++counts_.unreadable;
        }
    }
    [[nodiscard]] static bool holds_several(std::string_view line) noexcept {
        return line.front() == '{' && detail::end_of_value(line, 0) < line.size();
    }
    void pass_over(std::string_view line) noexcept {
        const std::size_t last = line.find_last_not_of(" \t");
        if (line[last] == '}')
            ++counts_.records;
        else
            ++counts_.unreadable;
    }

    // Of a line of ours, the entry; of others, what it wraps.
    template <class See>
    void see_parsed(detail::line_parser& from, std::string_view line, See& see) {
        entry const& e = from.entry();
        if (!detail::is_own_line(line)) {
            if (read_inside(e, see)) return;
            note_names(e);
        }
        add_wrapping(e, see);
    }
    // What the runtime knew of the line, and the record does not.
    template <class See>
    void add_wrapping(entry const& e, See& see) {
        ++counts_.records;
        if (!wrapped_) return see(e);
        auto const& wrapping = wrapping_.at(static_cast<std::size_t>(unit_begin_ - begin_));
        std::string more;
        if (!e.get(slot::timestamp).exists() && !wrapping.time.empty())
            more += R"(,"time":)" + detail::json_string(wrapping.time);
        if (!e.find("stream").exists()) more += members_of(wrapping);
        if (more.empty()) return see(e);
        if (adding_.parse_copy(with_members(e.line(), more)) == detail::line_state::unreadable) return see(e);
        see(adding_.entry());
    }
    [[nodiscard]] static std::string members_of(detail::wrapped_lines::line const& wrapping) {
        std::string more;
        if (!wrapping.stream.empty()) more += R"(,"stream":)" + detail::json_string(wrapping.stream);
        if (!wrapping.prefix.empty()) more += R"(,"prefix":)" + detail::json_string(wrapping.prefix);
        return more;
    }
    // `more`: members, each with a comma before it.
    [[nodiscard]] static std::string with_members(std::string_view line, std::string_view more) {
        line = line.substr(0, line.find_last_of('}'));
        const bool is_empty = line.find_first_not_of(" \t{") == std::string_view::npos;
        return std::string(line).append(more.substr(is_empty ? 1 : 0)).append("}");
    }

    // A record that was made, or that is a part of a line.
    template <class See>
    bool read_made(std::string_view line, See& see) {
        if (made_parser_.parse_copy(line) == detail::line_state::unreadable) return false;
        see_parsed(made_parser_, line, see);
        return true;
    }

    // An array's records, or several in a row. True: there was one, and nothing else.
    template <class See>
    bool read_items(std::string_view text, See& see) {
        std::vector<std::string> items;
        while (true) {
            text.remove_prefix(std::min(text.find_first_not_of("[], \t\r\n"), text.size()));
            if (!text.starts_with('{')) break;
            const std::size_t end = detail::end_of_value(text, 0);
            std::string& item = items.emplace_back(text.substr(0, end));
            if (item.back() != '}') return false;
            std::replace(item.begin(), item.end(), '\n', ' ');
            text.remove_prefix(end);
        }
        if (!text.empty() || items.empty()) return false;
        if (is_backward_) std::reverse(items.begin(), items.end());
        for (std::string const& item : items)
            if (!read_made(item, see)) ++counts_.unreadable;
        return true;
    }

    // Something, then a record: "[pod/shop-1] {…}". It is one where it says a time, a level or a message.
    template <class See>
    void read_prefixed(std::string_view line, See& see) {
        using namespace detail;
        if (line.find_first_not_of(std::string_view("\0 \t", 3)) == record_in(line)) {  // a hole in the file
            if (wanted_->may_match(line) && parser_.parse(line) != line_state::unreadable) {
                ++counts_.mended;
                return see_parsed(parser_, line, see);
            }
        }
        const std::size_t at = record_in(line);
        const std::size_t end = end_of_value(line, at);
        std::string_view rest = line.substr(end);
        while (rest.starts_with("\x1b[")) rest.remove_prefix(std::min(rest.find('m', 2), rest.size() - 1) + 1);
        const bool is_alone = rest.find_first_not_of(" \t,]") == std::string_view::npos && line[end - 1] == '}';
        if (!is_alone || inner_.parse_copy(line.substr(at, end - at)) == line_state::unreadable ||
            !is_record(inner_.entry()))
            return read_text(line, see);
        std::string_view prefix = trimmed(line.substr(0, at));
        std::string more;
        if (!inner_.entry().get(slot::timestamp).exists()) {
            if (const std::string_view time = time_at_beginning(prefix); !time.empty())
                more += R"(,"time":)" + json_string(time);
            else if (const auto ns = syslog_time(prefix))
                more += R"(,"time":)" + std::to_string(*ns);
        }
        more += R"(,"prefix":)" + json_string(prefix);
        const std::string with_prefix = with_members(inner_.entry().line(), more);
        if (!read_made(with_prefix, see)) ++counts_.unreadable;
    }
    [[nodiscard]] static bool is_record(entry const& e) noexcept {
        return e.get(slot::timestamp).exists() || e.get(slot::level).exists() || e.get(slot::event).exists();
    }

    // A record whose message is a record, or which is nothing but a list of them.
    template <class See>
    bool read_inside(entry const& e, See& see) {
        using namespace detail;
        const json_view event = e.get(slot::event);
        if (event.escaped().starts_with("{\\\"") || event.escaped().starts_with("{ \\\"")) {
            std::string text = event.text();
            std::replace(text.begin(), text.end(), '\n', ' ');
            if (inner_.parse_copy(text) != line_state::whole || !is_record(inner_.entry())) return false;
            const std::string merged = merge(inner_.entry(), e);
            if (merged_.parse_copy(merged) == line_state::unreadable) return false;
            note_names(merged_.entry());
            add_wrapping(merged_.entry(), see);
            return true;
        }
        if (e.members().size() == 1 && e.members()[0].value.is_array() && e.members()[0].value.json().starts_with("[{"))
            return read_items(e.members()[0].value.json(), see);  // which copies before it parses
        return false;
    }
    // The inner record, and of the outer one what does not contradict it.
    [[nodiscard]] static std::string merge(entry const& inner, entry const& outer) {
        std::string more, hidden;
        for (entry::member const& m : outer.members()) {
            if (m.meaning == slot::event) continue;
            const bool is_known = (m.meaning != slot::none && inner.get(m.meaning).exists()) ||
                                  std::any_of(inner.members().begin(), inner.members().end(),
                                              [&](entry::member const& i) { return i.key == m.key; });
            std::string& to = is_known ? hidden : more;
            to.append(",").append(detail::json_string(m.key)).append(":").append(m.value.json());
        }
        if (!hidden.empty()) more += R"(,"outer":{)" + hidden.substr(1) + '}';
        return more.empty() ? std::string(inner.line()) : with_members(inner.line(), more);
    }

    template <class See>
    void read_text(std::string_view text, See& see) {
        using namespace detail;
        if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; })) {
            ++counts_.unreadable;
            return;
        }
        entry const* before = nullptr;
        std::string_view last = before_.lines;
        if (before_.kind == unit_kind::prefixed) {
            last.remove_prefix(std::min(record_in(last), last.size()));
            if (!last.empty()) last = last.substr(0, end_of_value(last, 0));
        }
        if (!last.empty() && !is_otlp_line(last) && inner_.parse_copy(last) != line_state::unreadable)
            before = &inner_.entry();
        wrapped_lines::line wrapping;
        if (wrapped_) wrapping = wrapping_.at(static_cast<std::size_t>(unit_begin_ - begin_));
        ++counts_.texts;
        const std::string line = text_record::line_of(text, before, wrapping.time, members_of(wrapping));
        if (adding_.parse_copy(line) != line_state::unreadable) see(adding_.entry());
    }

    template <class See>
    bool read_otlp(std::string_view line, See& see) {
        if (otlp_ == nullptr) otlp_ = std::make_unique<detail::otlp_converter>();
        std::vector<std::string> lines = otlp_->convert(line);
        if (is_backward_) std::reverse(lines.begin(), lines.end());
        for (std::string const& converted : lines) {
            if (made_parser_.parse_copy(converted) == detail::line_state::unreadable) continue;
            ++counts_.records;
            see(made_parser_.entry());
        }
        return !lines.empty();
    }

    void note_names(entry const& e) {
        const json_view time = e.get(slot::timestamp);
        if (time.exists() && !e.unix_ns()) ++counts_.odd_times;
        counts_.unnamed.see(e);
    }

    bool is_backward_;
    bool wrapped_ = false;
    query const* wanted_ = nullptr;
    const char* begin_ = nullptr;        // of the text that is read
    const char* unit_begin_ = nullptr;   // of the unit in it
    detail::unit before_, kept_before_;  // the last unit that is no text
    std::string kept_, made_;
    detail::wrapped_lines wrapping_;
    // One for each thing that may be looked at while another one is.
    detail::line_parser parser_, made_parser_, inner_, merged_, adding_;
    std::unique_ptr<detail::otlp_converter> otlp_;
    line_counts counts_;
};

}  // namespace logkit
