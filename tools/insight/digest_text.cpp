// SPDX-License-Identifier: MIT
#include "insight/digest_text.hpp"

#include "insight/frames.hpp"
#include "insight/symbols.hpp"
#include "insight/text.hpp"

#include <logkit/base/utf8.hpp>
#include <logkit/render/terminal_text.hpp>

#include <algorithm>

namespace insight {

using logkit::slot;

std::size_t estimate_tokens(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    std::size_t tokens = 0;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        bool has_digit = false;
        while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]))) has_digit |= is_digit(text[end++]);
        if (end == i) {
            // A blank belongs to the word behind it, several are a token; a character beyond ASCII counts twice.
            const auto byte = static_cast<unsigned char>(text[i]);
            if (text[i] == ' ')
                tokens += i != 0 && text[i - 1] == ' ' && (i < 2 || text[i - 2] != ' ') ? 1 : 0;
            else if ((byte & 0xc0) != 0x80)
                tokens += byte < 0x80 ? 1 : 2;
            ++i;
            continue;
        }
        tokens += has_digit ? (end - i + 1) / 2 : (end - i + 3) / 4;
        i = end;
    }
    return tokens + (tokens + 19) / 20;
}

std::string marked(std::string_view text, std::size_t most) {
    namespace lk = logkit::detail;
    std::string out = "⟦";
    std::size_t count = 0;
    while (!text.empty() && count < most) {
        const std::string_view sequence = lk::take_utf8(text);
        if (sequence == "⟦") {
            out += '[';
        } else if (sequence == "⟧") {
            out += ']';
        } else if (sequence == "\n" || sequence == "\t") {
            out += ' ';
        } else if (lk::is_harmful(lk::code_point_of(sequence))) {
            continue;
        } else {
            out += sequence;
        }
        ++count;
    }
    if (!text.empty()) out += "… " + std::to_string(text.size()) + " bytes more";
    return out + "⟧";
}

std::string fields_text(field_list const& fields) {
    std::string text;
    for (auto const& [key, value] : fields)
        text += (text.empty() ? "" : " ") + key + '=' + logkit::json_view(value).text();
    return text;
}

std::string tell_record(logkit::entry const& e, field_list const& common) {
    const std::string time = timestamp_of(e.unix_ns());
    std::string out = time.size() > 12 ? time.substr(11, 12) : time;
    out += ' ' + std::string(logkit::to_string(e.level())) + ' ';
    if (e.is_span_end())
        out += "END " + marked(e.get(slot::span).text(), 60) + ' ' +
               duration_text(e.get(slot::dur_ms).number().value_or(0)) + ' ' + marked(e.get(slot::status).text(), 20);
    else
        out += marked(e.event());
    field_list own;
    for (auto const& m : e.members())
        if (m.meaning == slot::none &&
            std::none_of(common.begin(), common.end(), [&](auto const& field) { return field.first == m.key; }))
            own.emplace_back(m.key, m.value.json());
    if (!own.empty()) out += ' ' + marked(fields_text(own), 160);
    if (const logkit::json_view src = e.get(slot::src); src.exists()) out += ' ' + marked(src.text(), 60);
    return out;
}

std::string tell_exception(std::string const& line) {
    std::string out;
    logkit::exception_story exception;
    with_entry(line, [&](logkit::entry const& e) { exception = named_exception_of(e); });
    for (unsigned causes = 0; causes < 4; ++causes) {
        if (!exception.type.empty() || !exception.what.empty())
            out += std::string("   ") + (causes == 0 ? "threw " : "caused by ") + marked(exception.type, 80) + ": " +
                   marked(exception.what) + '\n';
        // Addresses say little to a reader: of those without a name, only the first.
        std::string frames;
        std::size_t count = 0;
        const std::vector<std::string> stack = told_stack(exception.stack);
        for (std::size_t i = 0; i < stack.size() && count < 5; ++i) {
            if (i != 0 && stack[i].find('(') == std::string::npos) continue;
            frames += (count++ == 0 ? "" : " < ") + cut(stack[i], 100);
        }
        if (!frames.empty() && causes == 0) out += "   at " + marked(frames, 300) + '\n';
        if (exception.nested.empty()) break;
        logkit::exception_story cause = std::move(exception.nested.front());
        exception = std::move(cause);
    }
    return out;
}

}  // namespace insight
