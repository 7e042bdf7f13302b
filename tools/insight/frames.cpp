// SPDX-License-Identifier: MIT
#include "insight/frames.hpp"

namespace insight {
namespace {

// A frame is "function (place)". Its function, and where there is none, its place without line numbers, which change
// with every edit; "" for a bare address, or one in a shared library.
[[nodiscard]] std::string_view function_of(std::string_view frame) {
    const std::size_t place = frame.rfind(" (");
    if (place == std::string_view::npos) {
        if (!frame.starts_with('(')) return frame.starts_with("0x") ? std::string_view{} : frame;
        frame = frame.substr(1, frame.find_last_not_of(")"));
        const std::size_t number = frame.find(':', frame.starts_with("node:") ? 5 : 0);
        return frame.substr(0, number);
    }
    const std::string_view module = frame.substr(place + 2);
    return module.starts_with("lib") && module.find(".so") != std::string_view::npos ? std::string_view{}
                                                                                     : frame.substr(0, place);
}

// Of a runtime or a framework, by how its name begins.
[[nodiscard]] bool is_foreign(std::string_view function) {
    for (const std::string_view start : {"std::",
                                         "__",
                                         "boost::",
                                         "void std::",
                                         "asio::",
                                         "logkit::",
                                         "void logkit::",
                                         "_start",
                                         "abort",
                                         "raise",
                                         "java.",
                                         "javax.",
                                         "jakarta.",
                                         "jdk.",
                                         "sun.",
                                         "kotlin.",
                                         "scala.",
                                         "org.springframework.",
                                         "org.apache.",
                                         "io.netty.",
                                         "reactor.",
                                         "io.quarkus.",
                                         "System.",
                                         "Microsoft.",
                                         "runtime.",
                                         "panic",
                                         "net/http.",
                                         "node:",
                                         "core::",
                                         "alloc::",
                                         "rust_begin_unwind",
                                         "tokio::",
                                         "Module._",
                                         "Object.<anonymous>"})
        if (function.starts_with(start)) return true;
    return false;
}

// Of a library, by where it stands.
[[nodiscard]] bool is_in_library(std::string_view frame) {
    for (const std::string_view place : {"node_modules/", "(node:", "site-packages/"})
        if (frame.find(place) != std::string_view::npos) return true;
    return false;
}

// Behind the bracket that closes the one at `at`; the text's end where none does.
[[nodiscard]] std::size_t behind_bracket(std::string_view text, std::size_t at) {
    const char open = text[at], close = open == '<' ? '>' : open == '(' ? ')' : ']';
    std::size_t depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == open) ++depth;
        if (text[at] == close && (close != '>' || at == 0 || text[at - 1] != '-') && --depth == 0) return at + 1;
    }
    return at;
}

}  // namespace

bool is_own_frame(std::string_view frame) {
    const std::string_view function = function_of(frame);
    return !function.empty() && !is_foreign(function) && !is_in_library(frame);
}

std::string own_frame(std::vector<std::string> const& stack) {
    std::string_view first;
    for (std::string const& frame : stack) {
        const std::string_view function = function_of(frame);
        if (is_own_frame(frame)) return std::string(function);
        if (first.empty() && !function.starts_with("__") && !function.starts_with("std::")) first = function;
    }
    return std::string(first);
}

std::string short_frame(std::string_view frame) {
    constexpr std::size_t most_template = 8, most_parameters = 24;
    const std::size_t place = frame.ends_with(')') ? frame.rfind(" (") : std::string_view::npos;
    const std::string_view function = frame.substr(0, place);
    std::string out;
    for (std::size_t at = 0; at < function.size();) {
        const char c = function[at];
        const bool is_template = c == '<' && at != 0 && !out.ends_with("operator") && !out.ends_with('<');
        const bool is_note =
            c == '[' && (function.substr(at).starts_with("[abi:") || function.substr(at).starts_with("[clone ") ||
                         function.substr(at).starts_with("[with "));
        if (!is_template && !is_note && c != '(') {
            out += c;
            ++at;
            continue;
        }
        const std::size_t end = behind_bracket(function, at), size = end - at - 2;
        if (is_note) {
            while (out.ends_with(' ')) out.pop_back();
        } else if (size > (is_template ? most_template : most_parameters)) {
            out += is_template ? "<…>" : "(…)";
        } else {
            out += function.substr(at, end - at);
        }
        at = end;
    }
    return place == std::string_view::npos ? out : out.append(frame.substr(place));
}

std::vector<std::string> told_stack(std::vector<std::string> const& stack) {
    constexpr std::size_t most = 12;
    std::vector<std::string> own, others;
    for (std::string const& frame : stack) (is_own_frame(frame) ? own : others).push_back(short_frame(frame));
    if (own.empty()) std::swap(own, others);
    if (own.size() > most) {
        const std::size_t left = own.size() - most;
        own.resize(most);
        own.push_back("… and " + std::to_string(left) + " more");
    }
    if (!others.empty())
        own.push_back("… and " + std::to_string(others.size()) +
                      (others.size() == 1 ? " of a library: " : " of libraries, the innermost ") + others.front());
    return own;
}

}  // namespace insight
