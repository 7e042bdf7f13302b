// SPDX-License-Identifier: MIT
#include "screen/waterfall.hpp"

#include "insight/text.hpp"
#include "screen/pretty.hpp"
#include "screen/terminal.hpp"

#include <algorithm>

namespace tool {
namespace {

class waterfall {
  public:
    waterfall(story const& told, bool hides_records)
        : told_(told),
          hides_records_(hides_records),
          printer_(screen().has_colour()),
          columns_(std::clamp<std::size_t>(screen().width() / 4, 10, 40)),
          name_columns_(std::clamp<std::size_t>(screen().width() / 3, 24, 50)) {}

    [[nodiscard]] std::string text() {
        const auto common = common_fields(told_.records());
        std::string fields;
        for (auto const& [key, value] : common) {
            fields +=
                "  " + screen().paint(style::cyan, harmless(key)) + '=' + harmless(logkit::json_view(value).text());
            common_.push_back(key);
        }
        if (!fields.empty()) out_ += fields.substr(2) + '\n';
        out_ += '\n';
        printer_.choose({{}, common_});
        printer_.shorten_stacks();
        add_inside(told_.loose(), told_.roots(), "", true);
        return screen().fit(out_, 8);
    }

  private:
    [[nodiscard]] std::string chart(span_node const& span) const {
        const double whole = static_cast<double>(std::max<std::int64_t>(1, told_.end_ns() - told_.start_ns()));
        const double before = static_cast<double>(span.start_ns - told_.start_ns()) / whole;
        const double part = static_cast<double>(span.end_ns - span.start_ns) / whole;
        const auto columns = static_cast<double>(columns_);
        const auto start = static_cast<std::size_t>(std::min(columns - 1, before * columns));
        const auto length = std::max<std::size_t>(1, static_cast<std::size_t>(part * columns + 0.5));
        std::string text;
        for (std::size_t i = 0; i < std::min(length, columns_ - start); ++i) text += "█";
        return std::string(start, ' ') + screen().paint(span.has_failed ? style::red : style::blue, text) +
               std::string(columns_ - start - std::min(length, columns_ - start), ' ');
    }

    void add_span(std::size_t index, std::string const& branch, std::string const& below) {
        span_node const& span = told_.spans()[index];
        const std::string name = span.name.empty() ? "(span " + span.id.substr(0, 8) + ")" : span.name;
        out_ += screen().paint(style::dim, branch);
        const std::size_t used = std::min(width_of(branch), name_columns_ - 8);
        out_ += screen().paint(span.has_failed ? style::bold_red : style::bold,
                               padded(harmless(name), name_columns_ - used));
        out_ += ' ' + right(duration_text(span.dur_ms), 10) + ' ' + chart(span);
        if (!span.children.empty()) out_ += screen().paint(style::dim, "  self " + duration_text(span.self_ms));
        if (!span.end)
            out_ += "  " + screen().paint(style::yellow, "no END");
        else if (span.status != "success")
            out_ += "  " + screen().paint(style::red, harmless(span.status));
        // Where a child failed, this one only passed it on.
        const bool is_origin =
            span.has_failed && std::none_of(span.children.begin(), span.children.end(),
                                            [&](std::size_t child) { return told_.spans()[child].has_failed; });
        if (span.end && !is_origin) out_ += screen().paint(style::dim, end_fields(*span.end));
        out_ += '\n';
        add_inside(span.records, span.children, below, false);
        if (span.end && is_origin && !hides_records_) add_record(*span.end, below);
    }
    // What END says beyond what the whole trace has in common, on the span's own line.
    [[nodiscard]] std::string end_fields(std::size_t record) const {
        std::string fields;
        with_entry(told_.records()[record].line, [&](logkit::entry const& e) {
            for (auto const& m : e.members())
                if (m.meaning == logkit::slot::none &&
                    std::find(common_.begin(), common_.end(), m.key) == common_.end())
                    fields += "  " + harmless(m.key) + '=' + cut(harmless(m.value.text()), 40);
        });
        return fields;
    }
    // Records and spans in the order of time.
    void add_inside(std::vector<std::size_t> const& records, std::vector<std::size_t> const& spans,
                    std::string const& indent, bool is_top) {
        std::size_t r = 0;
        const auto add_records_until = [&](std::int64_t unix_ns) {
            for (; r < records.size() && told_.records()[records[r]].unix_ns <= unix_ns; ++r)
                if (!hides_records_) add_record(records[r], indent);
        };
        // A trace of a million levels is damage, not a program; it is shown flat.
        if (depth_ == 100) return;
        ++depth_;
        for (std::size_t i = 0; i < spans.size(); ++i) {
            add_records_until(told_.spans()[spans[i]].start_ns);
            const bool is_last = i + 1 == spans.size();
            if (is_top)
                add_span(spans[i], indent, indent + "  ");
            else
                add_span(spans[i], indent + (is_last ? "└ " : "├ "), indent + (is_last ? "  " : "│ "));
        }
        --depth_;
        add_records_until(INT64_MAX);
    }
    void add_record(std::size_t index, std::string const& indent) {
        std::string text;
        with_entry(told_.records()[index].line, [&](logkit::entry const& e) { printer_.print(text, e); });
        for (std::string_view rest = text; !rest.empty();) {
            out_ += screen().paint(style::dim, indent);
            out_.append(logkit::detail::take_until(rest, '\n')) += '\n';
        }
    }

    story const& told_;
    bool hides_records_;
    pretty_printer printer_;
    std::size_t columns_, name_columns_, depth_ = 0;
    std::vector<std::string> common_;  // keys that every record has with the same value
    std::string out_;
};

}  // namespace

std::string waterfall_of(story const& told, bool hides_records) {
    return waterfall(told, hides_records).text();
}

}  // namespace tool
