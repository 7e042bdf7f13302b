// SPDX-License-Identifier: MIT
#pragma once

// Exceptions as runtimes print them → one form: type, what, frames as "function (place)", the innermost first, and
// causes. Reader. Python, Java and Kotlin, .NET, Node, Go, Rust, Ruby, PHP; the sanitizers of C and C++.
//
// What is read is text of a log: anything may stand there. A text in which no such form is found gives nothing.

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/text_parts.hpp>
#include <logkit/render/exception_story.hpp>

namespace logkit::detail {

inline constexpr std::size_t most_told_frames = 200, most_told_causes = 16;

[[nodiscard]] constexpr std::string_view file_name_of(std::string_view path) noexcept {
    const std::size_t slash = path.find_last_of("/\\");
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}
// What stands between the first `before` and the next `after`; "" where they do not.
[[nodiscard]] constexpr std::string_view between(std::string_view text, std::string_view before,
                                                 std::string_view after) noexcept {
    const std::size_t start = text.find(before);
    if (start == std::string_view::npos) return {};
    text.remove_prefix(start + before.size());
    const std::size_t end = text.find(after);
    return end == std::string_view::npos ? std::string_view{} : text.substr(0, end);
}

// How a frame is told: "function (file:line)".
[[nodiscard]] inline std::string frame_text(std::string_view function, std::string_view path,
                                            std::string_view line = {}) {
    std::string text(function);
    text.append(" (").append(file_name_of(path));
    if (!line.empty()) text.append(":").append(line);
    return text + ')';
}

class stack_text_reader {
  public:
    // Empty: no known form. `what` lines that follow the first are kept with it.
    [[nodiscard]] static std::optional<exception_story> read(std::string_view text) {
        stack_text_reader reader(text);
        using form = std::optional<exception_story> (stack_text_reader::*)();
        for (const form known : std::initializer_list<form>{
                 &stack_text_reader::python, &stack_text_reader::go_panic, &stack_text_reader::rust_panic,
                 &stack_text_reader::sanitizer, &stack_text_reader::terminated, &stack_text_reader::php,
                 &stack_text_reader::ruby, &stack_text_reader::thrown})
            if (auto story = (reader.*known)()) return story;
        return std::nullopt;
    }
    // Frames alone, in whatever of these forms.
    [[nodiscard]] static std::vector<std::string> read_frames(std::string_view text) {
        if (auto story = read(text); story && !story->stack.empty()) return std::move(story->stack);
        stack_text_reader reader(text);
        std::vector<std::string> frames = reader.go_frames(0);
        if (!frames.empty()) return frames;
        for (const std::string_view line : reader.lines_) {
            if (frames.size() == most_told_frames) break;
            if (auto frame = at_frame(line))
                frames.push_back(std::move(*frame));
            else if (!trimmed(line).empty())
                frames.emplace_back(trimmed(line));
        }
        return frames;
    }

  private:
    explicit stack_text_reader(std::string_view text) {
        while (!text.empty() && lines_.size() < 5000) {
            lines_.push_back(without_return(take_until(text, '\n')));
        }
    }
    [[nodiscard]] std::string_view line(std::size_t i) const noexcept {
        return i < lines_.size() ? lines_[i] : std::string_view{};
    }

    // "pkg.Type: what" → both. A type is one word, with dots, colons, $, ` and generics.
    [[nodiscard]] static bool take_head(exception_story& story, std::string_view head) {
        head = trimmed(head);
        std::size_t end = 0;
        while (end < head.size() && (std::isalnum(static_cast<unsigned char>(head[end])) != 0 ||
                                     std::string_view("._$`+<>[]").find(head[end]) != std::string_view::npos ||
                                     (head[end] == ':' && head.substr(end).starts_with("::"))))
            end += head[end] == ':' ? 2 : 1;
        if (end == 0 || is_digit(head.front()) || (end != head.size() && head[end] != ':' && head[end] != ' '))
            return false;
        story.type = std::string(head.substr(0, end));
        const std::size_t colon = head.find(':', end);
        if (end != head.size() && colon == std::string_view::npos) return false;
        if (colon != std::string_view::npos) {
            // Node: "Error [ERR_X]: what".
            if (trimmed(head.substr(end, colon - end)).find(' ') != std::string_view::npos) return false;
            story.what = std::string(trimmed(head.substr(colon + 1)));
        }
        return true;
    }

    // ── Python: the frames from the outermost to the innermost, then what was thrown; causes come first.
    std::optional<exception_story> python() {
        std::optional<exception_story> story;
        const bool is_group = std::any_of(lines_.begin(), lines_.end(), [](std::string_view text) {
            return text.find("Exception Group Traceback") != std::string_view::npos;
        });
        if (is_group)  // the bars at the left
            for (std::string_view& text : lines_) {
                const std::size_t bar = text.find_first_not_of(' ');
                if (bar != std::string_view::npos && (text[bar] == '|' || text[bar] == '+'))
                    text.remove_prefix(std::min(bar + 2, text.size()));
            }
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (line(i).find("Traceback (most recent call last)") == std::string_view::npos) continue;
            exception_story one;
            for (++i; i < lines_.size(); ++i) {
                const std::string_view text = line(i);
                if (!is_indented(text)) break;
                const std::string_view file = between(text, "File \"", "\"");
                if (file.empty()) continue;
                std::string_view rest = text.substr(text.find("\", line ") + 8);
                const std::string_view number = rest.substr(0, rest.find_first_not_of("0123456789"));
                const std::size_t in = rest.find(", in ");
                const std::string function(in == std::string_view::npos ? "<module>" : trimmed(rest.substr(in + 5)));
                if (one.stack.size() < most_told_frames) one.stack.push_back(frame_text(function, file, number));
            }
            std::reverse(one.stack.begin(), one.stack.end());
            if (!take_head(one, line(i))) one.what = std::string(trimmed(line(i)));
            while (i + 1 < lines_.size() && !line(i + 1).empty() && !line(i + 1).starts_with("+-") &&
                   !line(i + 1).starts_with("---") &&
                   line(i + 1).find("Traceback (most recent") == std::string_view::npos && one.what.size() < 4096)
                one.what.append("\n").append(line(++i));
            if (story && is_group) {  // what is in the group stands behind it
                if (story->nested.size() < most_told_causes) story->nested.push_back(std::move(one));
                continue;
            }
            if (story) one.nested.push_back(std::move(*story));
            story = std::move(one);
        }
        return story;
    }

    // ── Go: "panic: what", and for each goroutine pairs of lines: function, place.
    [[nodiscard]] std::vector<std::string> go_frames(std::size_t from) const {
        std::vector<std::string> frames;
        for (std::size_t i = from; i + 1 < lines_.size() && frames.size() < most_told_frames; ++i) {
            const std::string_view function = line(i), place = trimmed(line(i + 1));
            if (function.starts_with("goroutine ") && !frames.empty()) break;  // the others only stand around
            if (function.empty() || is_indented(function) || !is_indented(line(i + 1)) ||
                place.find(".go:") == std::string_view::npos)
                continue;
            std::string_view name = trimmed(function);
            if (name.starts_with("created by ")) name.remove_prefix(11);
            name = name.substr(0, name.find(" in goroutine"));
            // The values of arguments say nothing: main.pay(0xc000012120, …)
            if (const std::size_t open = name.rfind('(');
                open != std::string_view::npos && name.ends_with(')') && open != 0)
                name = name.substr(0, open);
            frames.push_back(frame_text(name, place.substr(0, place.find(' '))));
            ++i;
        }
        return frames;
    }
    std::optional<exception_story> go_panic() {
        for (std::size_t i = 0; i < std::min<std::size_t>(lines_.size(), 50); ++i) {
            const bool is_fatal = line(i).starts_with("fatal error: ");
            const std::size_t served =
                line(i).find("http: panic serving ");  // behind a time; the address differs each time
            if (!is_fatal && !line(i).starts_with("panic: ") && served == std::string_view::npos) continue;
            exception_story story;
            story.type = is_fatal ? "fatal error" : "panic";
            const std::size_t start = served == std::string_view::npos ? 0 : served + std::string_view("http: ").size();
            const std::size_t colon = line(i).find(": ", start);
            story.what = colon == std::string_view::npos ? "" : std::string(line(i).substr(colon + 2));
            story.stack = go_frames(i + 1);
            return story;
        }
        return std::nullopt;
    }

    // ── Rust: "thread 'main' panicked at src/main.rs:4:5:" and a numbered backtrace, if it was asked for.
    std::optional<exception_story> rust_panic() {
        for (std::size_t i = 0; i < std::min<std::size_t>(lines_.size(), 50); ++i) {
            const std::size_t at = line(i).find(" panicked at ");
            if (at == std::string_view::npos) continue;
            exception_story story;
            story.type = "panic";
            std::string_view rest = line(i).substr(at + 13), place = rest;
            if (rest.starts_with('\'')) {  // before Rust 1.73: 'what', place
                const std::size_t quote = rest.rfind("', ");
                story.what = std::string(rest.substr(1, quote == std::string_view::npos ? quote : quote - 1));
                place = quote == std::string_view::npos ? std::string_view{} : rest.substr(quote + 3);
            } else {
                if (place.ends_with(':')) place.remove_suffix(1);
                for (std::size_t k = i + 1; k < lines_.size() && !line(k).starts_with("stack backtrace:") &&
                                            !line(k).starts_with("note: ") && story.what.size() < 4096;
                     ++k)
                    story.what.append(story.what.empty() ? "" : "\n").append(line(k));
            }
            for (std::size_t k = i + 1; k < lines_.size() && story.stack.size() < most_told_frames; ++k) {
                const std::string_view text = trimmed(line(k));
                const std::size_t colon = text.find(": ");
                if (colon == std::string_view::npos || colon > 5 || text.find_first_not_of("0123456789") != colon)
                    continue;
                std::string_view file = trimmed(line(k + 1));
                file = file.starts_with("at ") ? file.substr(3) : std::string_view{};
                story.stack.push_back(frame_text(text.substr(colon + 2), file));
            }
            if (story.stack.empty() && !place.empty())
                story.stack.emplace_back(file_name_of(place));  // which panic it is
            return story;
        }
        return std::nullopt;
    }

    // ── "==12==ERROR: AddressSanitizer: heap-use-after-free on …", "WARNING: ThreadSanitizer: data race (pid=1)",
    // "x.cpp:3:5: runtime error: …"
    std::optional<exception_story> sanitizer() {
        for (std::size_t i = 0; i < std::min<std::size_t>(lines_.size(), 50); ++i) {
            exception_story story;
            if (const std::size_t at = line(i).find("Sanitizer: "); at != std::string_view::npos) {
                const std::size_t start = line(i).find_last_of(" :", at) + 1;
                story.type = std::string(line(i).substr(start, at + 9 - start));
                story.what = std::string(line(i).substr(at + 11));
                // Addresses and process ids differ from run to run.
                for (const std::string_view end : {" on address", " on unknown address", " (pid="})
                    story.what.resize(std::min(story.what.size(), story.what.find(end)));
            } else if (const std::size_t ub = line(i).find(": runtime error: "); ub != std::string_view::npos) {
                story.type = "UndefinedBehaviorSanitizer";
                story.what = std::string(line(i).substr(ub + 17));
                story.stack.push_back("(" + std::string(file_name_of(line(i).substr(0, ub))) + ")");
            } else {
                continue;
            }
            for (std::size_t k = i + 1; k < lines_.size() && story.stack.size() < most_told_frames; ++k) {
                const std::string_view text = trimmed(line(k));  // #1 0x55 in pay() /src/pay.cpp:8:3
                if (!text.starts_with('#')) {
                    if (!story.stack.empty() && text.empty()) break;  // the first stack only
                    continue;
                }
                std::string_view name = text.substr(std::min(text.find(' '), text.size()));
                if (const std::size_t in = name.find(" in "); in != std::string_view::npos) name = name.substr(in + 3);
                name = trimmed(name);
                if (const std::size_t module = name.rfind(" (");
                    module != std::string_view::npos && module != 0 && name.find('+', module) != std::string_view::npos)
                    name = name.substr(0, module);
                const std::size_t blank = name.rfind(' ');
                const std::string_view place =
                    blank == std::string_view::npos ? std::string_view{} : name.substr(blank + 1);
                story.stack.push_back(frame_text(name.substr(0, blank), place.substr(0, place.find(')'))));
            }
            return story;
        }
        return std::nullopt;
    }

    // ── C and C++: "terminate called after throwing an instance of 'T'", with "  what():  …"; libc++'s "… of type T:
    // …"; "shop: shop.cpp:12: int main(): Assertion `n > 0' failed."
    std::optional<exception_story> terminated() {
        for (std::size_t i = 0; i < std::min<std::size_t>(lines_.size(), 50); ++i) {
            const std::string_view text = line(i);
            exception_story story;
            if (text.starts_with("terminate called after throwing an instance of '")) {
                story.type = std::string(between(text, "instance of '", "'"));
                if (trimmed(line(i + 1)).starts_with("what():"))
                    story.what = std::string(trimmed(trimmed(line(i + 1)).substr(7)));
            } else if (text.find("terminating due to uncaught exception of type ") != std::string_view::npos) {
                const std::string_view rest = text.substr(text.find(" of type ") + 9);
                story.type = std::string(rest.substr(0, rest.find(": ")));
                if (const std::size_t colon = rest.find(": "); colon != std::string_view::npos)
                    story.what = std::string(rest.substr(colon + 2));
            } else if (const std::size_t at = text.find(": Assertion `"); at != std::string_view::npos) {
                story.type = "assertion failed";
                story.what = std::string(between(text, "Assertion `", "' failed"));
                // prog: file.cpp:12: function
                const std::size_t file = text.find(": ");
                const std::size_t function = file < at ? text.find(": ", file + 2) : file;
                if (function < at)
                    story.stack.push_back(frame_text(text.substr(function + 2, at - function - 2),
                                                     text.substr(file + 2, function - file - 2)));
            } else {
                continue;
            }
            return story;
        }
        return std::nullopt;
    }

    // ── PHP: "PHP Fatal error:  Uncaught Type: what in /x.php:3", Monolog's "[object] (Type(code: 0): what at
    // /x.php:3)"; frames "#0 /x.php(12): Shop->save()".
    std::optional<exception_story> php() {
        exception_story story;
        const std::string_view head = line(0);
        std::string_view rest;
        if (const std::size_t at = head.find("Uncaught "); at != std::string_view::npos && head.find("PHP ") < at) {
            rest = head.substr(at + 9);
            if (const std::size_t in = rest.rfind(" in "); in != std::string_view::npos) rest = rest.substr(0, in);
            if (!take_head(story, rest)) return std::nullopt;
        } else if (head.starts_with("[object] (")) {
            rest = head.substr(10);
            const std::size_t paren = rest.find("(code: "), colon = rest.find("): ");
            if (paren == std::string_view::npos || colon == std::string_view::npos) return std::nullopt;
            story.type = std::string(rest.substr(0, paren));
            rest.remove_prefix(colon + 3);
            const std::size_t place = rest.rfind(" at ");
            story.what = std::string(rest.substr(0, place));
            if (place != std::string_view::npos)
                story.stack.push_back(
                    "(" + std::string(file_name_of(rest.substr(place + 4, rest.find_last_not_of(")") - place - 3))) +
                    ")");
        } else {
            return std::nullopt;
        }
        for (std::size_t i = 1; i < lines_.size() && story.stack.size() < most_told_frames; ++i) {
            const std::string_view text = trimmed(line(i));
            const std::size_t colon = text.find("): ");
            if (!text.starts_with('#') || colon == std::string_view::npos) continue;
            const std::string_view place = text.substr(text.find(' ') + 1, colon - text.find(' ') - 1);
            const std::size_t paren = place.rfind('(');
            std::string_view function = text.substr(colon + 3);
            function = function.substr(0, function.find('('));
            story.stack.push_back(std::string(function) + " (" + std::string(file_name_of(place.substr(0, paren))) +
                                  (paren == std::string_view::npos ? "" : ":" + std::string(place.substr(paren + 1))) +
                                  ")");
        }
        return story;
    }

    // ── Ruby: "app.rb:3:in 'Shop#pay': what (Type)", then "\tfrom app.rb:9:in '<main>'".
    std::optional<exception_story> ruby() {
        const auto frame_of = [](std::string_view text) -> std::string {
            const std::size_t in = text.find(":in ");
            if (in == std::string_view::npos || in == 0 || !is_digit(text[in - 1]) || in + 5 > text.size()) return {};
            std::string_view name = text.substr(in + 5);
            name = name.substr(0, name.find_first_of("'`\""));
            return frame_text(name, text.substr(0, in));
        };
        const std::string first = frame_of(line(0));
        const std::size_t end = line(0).rfind(" (");
        if (first.empty() || end == std::string_view::npos || !line(0).ends_with(')')) return std::nullopt;
        exception_story story;
        story.type = std::string(line(0).substr(end + 2, line(0).size() - end - 3));
        const std::size_t colon = line(0).find("': ");
        if (colon != std::string_view::npos && colon + 3 <= end)
            story.what = std::string(line(0).substr(colon + 3, end - colon - 3));
        story.stack.push_back(first);
        for (std::size_t i = 1; i < lines_.size() && story.stack.size() < most_told_frames; ++i)
            if (const std::size_t from = line(i).find("from "); from != std::string_view::npos)
                if (std::string frame = frame_of(line(i).substr(from + 5)); !frame.empty())
                    story.stack.push_back(std::move(frame));
        return story;
    }

    // ── Java, .NET, Node: "Type: what", then "at …" lines; causes behind "Caused by:", "--->", "[cause]:".
    std::optional<exception_story> thrown() {
        if (std::none_of(lines_.begin(), lines_.end(), [](std::string_view text) {
                const auto frame = at_frame(text);
                return frame && frame->find('(') != std::string::npos;
            }))
            return std::nullopt;
        std::size_t first = 0;
        while (first + 1 < lines_.size() && trimmed(lines_[first]).empty()) ++first;
        // Node prints the place and the line of source before what was thrown.
        for (std::size_t i = first; i < lines_.size() && !at_frame(lines_[i]); ++i) {
            exception_story probe;
            if (!is_indented(lines_[i]) && i + 1 < lines_.size() && at_frame(lines_[i + 1]) &&
                take_head(probe, bare_head(lines_[i])))
                first = i;
        }
        std::size_t at = first;
        exception_story story;
        if (!at_frame(line(at))) {
            if (!take_head(story, bare_head(line(at)))) story.what = std::string(trimmed(line(at)));
            ++at;
        }
        read_thrown(story, at, 0);
        return story;
    }
    // Without what stands around it: 'Exception in thread "main" ', "Unhandled exception. ", "Uncaught ", "Caused by:
    // ".
    [[nodiscard]] static std::string_view bare_head(std::string_view head) noexcept {
        head = trimmed(head);
        if (head.starts_with("Exception in thread \"")) {
            const std::size_t quote = head.find("\" ", 21);
            if (quote != std::string_view::npos) head.remove_prefix(quote + 2);
        }
        for (const std::string_view start : {"Unhandled exception. ", "Unhandled Exception: ", "Uncaught ",
                                             "Caused by: ", "caused by: ", "---> ", "[cause]: ", "Suppressed: "})
            if (head.starts_with(start)) head.remove_prefix(start.size());
        return head;
    }
    [[nodiscard]] static bool is_cause(std::string_view text) noexcept {
        text = trimmed(text);
        return text.starts_with("Caused by: ") || text.starts_with("caused by: ") || text.starts_with("---> ") ||
               text.starts_with("[cause]: ");
    }
    void read_thrown(exception_story& story, std::size_t& at, unsigned depth) {
        for (; at < lines_.size(); ++at) {
            const std::string_view text = lines_[at];
            if (auto frame = at_frame(text)) {
                if (story.stack.size() < most_told_frames) story.stack.push_back(std::move(*frame));
                continue;
            }
            // .NET on one line: "Outer: what ---> Inner: what".
            if (is_cause(text) && depth < most_told_causes) {
                const bool is_inside = trimmed(text).starts_with("---> ");
                exception_story cause;
                if (!take_head(cause, bare_head(text))) cause.what = std::string(bare_head(text));
                ++at;
                read_thrown(cause, at, depth + 1);
                story.nested.push_back(std::move(cause));
                if (!is_inside) return;
                continue;
            }
            if (trimmed(text).starts_with("--- End of inner exception")) {
                if (depth != 0) return;  // who called goes on behind this line
                continue;
            }
            if (story.stack.empty() && !trimmed(text).empty() && story.what.size() < 4096 && depth < most_told_causes)
                story.what.append("\n").append(text);  // messages may have several lines
        }
    }

    // "   at Shop.Store.Save() in /src/Store.cs:line 21", "\tat a.b.C.m(C.java:12)", "    at pay (/src/app.js:3:1)",
    // "    at /src/app.js:3:1" → "function (file:line)".
    [[nodiscard]] static std::optional<std::string> at_frame(std::string_view text) {
        text = trimmed(text);
        if (!text.starts_with("at ")) return std::nullopt;
        text.remove_prefix(3);
        // logback tells the jar behind it: "~[app.jar!/:1.0]".
        if (text.ends_with(']') && text.find(") ") != std::string_view::npos)
            text = text.substr(0, text.find(") ") + 1);
        if (text.ends_with(" {")) text.remove_suffix(2);  // Node shows the error's own properties behind it
        if (const std::size_t in = text.rfind(" in ");
            in != std::string_view::npos && text.find(":line ", in) != std::string_view::npos) {
            const std::size_t number = text.find(":line ", in);
            return frame_text(text.substr(0, in), text.substr(in + 4, number - in - 4), text.substr(number + 6));
        }
        const std::size_t open = text.rfind('(');
        if (!text.ends_with(')') || open == std::string_view::npos) {
            if (text.empty() || text.find(' ') != std::string_view::npos) return std::nullopt;
            if (text.find(':') == std::string_view::npos) return std::string(text);
            return "(" + std::string(text.starts_with("node:") ? text : file_name_of(text)) + ")";
        }
        std::string_view function = trimmed(text.substr(0, open)),
                         place = text.substr(open + 1, text.size() - open - 2);
        if (function.starts_with("async ")) function.remove_prefix(6);
        if (open != 0 && text[open - 1] != ' ' && place.find(':') == std::string_view::npos &&
            place.find("Native Method") == std::string_view::npos &&
            place.find("Unknown Source") == std::string_view::npos)
            return std::string(text) + " ()";  // .NET without places: Shop.Store.Save(String name)
        return std::string(function) + " (" +
               std::string(place.find("node_modules") == std::string_view::npos && !place.starts_with("node:")
                               ? file_name_of(place)
                               : place) +
               ")";
    }

    std::vector<std::string_view> lines_;
};

}  // namespace logkit::detail
