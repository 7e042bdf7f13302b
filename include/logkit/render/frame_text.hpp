// SPDX-License-Identifier: MIT
#pragma once

// Frames of stacks, "function (place)", made fit for a person. Stage: render.

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace logkit::detail {

// What marks the id of a module's build behind its offset: "app+0x1234 BuildId:0123456789abcdef".
inline constexpr std::string_view build_id_mark = " BuildId:";

// Behind the bracket that closes the one at `at`; the text's end where none does.
[[nodiscard]] inline std::size_t behind_bracket(std::string_view text, std::size_t at) noexcept {
    const char open = text[at], close = open == '<' ? '>' : open == '(' ? ')' : ']';
    std::size_t depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == open) ++depth;
        if (text[at] == close && (close != '>' || at == 0 || text[at - 1] != '-') && --depth == 0) return at + 1;
    }
    return at;
}

// The function's qualified name and what follows it: without the type that an instantiated template returns.
[[nodiscard]] inline std::string_view qualified_name(std::string_view function) noexcept {
    std::size_t name = 0;
    for (std::size_t at = 0; at < function.size();) {
        const std::string_view rest = function.substr(at);
        if (rest.starts_with("operator")) break;
        if (rest.starts_with("(anonymous namespace)") || rest.starts_with("decltype(") || rest.front() == '<' ||
            rest.front() == '[') {
            at = behind_bracket(function, rest.front() == 'd' ? at + 8 : at);
        } else if (rest.front() == '(') {
            break;
        } else {
            ++at;
            if (rest.front() == ' ') name = at;
        }
    }
    return function.substr(name);
}

// Of the C++ runtime or of logkit, or nothing but a place in a shared library: not what a reader looks for.
[[nodiscard]] inline bool is_runtime_frame(std::string_view frame) noexcept {
    const std::size_t place = frame.rfind(" (");
    const std::string_view module = place == std::string_view::npos ? frame : frame.substr(place + 2);
    if (module.starts_with("lib") && module.find(".so") != std::string_view::npos) {
        if (place == std::string_view::npos) return true;
        for (const std::string_view start : {"libc.so", "libstdc++.so", "libc++.so", "libgcc_s.so", "libpthread.so"})
            if (module.starts_with(start)) return true;
    }
    const std::string_view name = qualified_name(frame.substr(0, place));
    for (const std::string_view start : {"std::", "__gnu_cxx::", "__cxa_", "__libc_", "logkit::",
                                         // what cannot be demangled
                                         "_ZN6logkit", "_ZNK6logkit", "_ZZN6logkit", "_ZNSt", "_ZNKSt", "_ZSt"})
        if (name.starts_with(start)) return true;
    if (name == "_start") return true;
    return frame.starts_with("0x");
}

// Without long template arguments and parameter lists, defaulted template arguments, inline namespaces, what compilers
// note behind the name, and the build's id.
[[nodiscard]] inline std::string short_frame(std::string_view frame) {
    constexpr std::size_t most_template = 24, most_parameters = 40;
    const std::size_t place = frame.ends_with(')') ? frame.rfind(" (") : std::string_view::npos;
    std::string function(frame.substr(0, place));
    const auto replace_all = [&](std::string_view what, std::string_view by) {
        for (std::size_t at = 0; (at = function.find(what, at)) != std::string::npos; at += by.size())
            function.replace(at, what.size(), by);
    };
    replace_all("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string");
    replace_all("std::basic_string_view<char, std::char_traits<char> >", "std::string_view");
    replace_all("std::__cxx11::", "std::");
    replace_all("std::__1::", "std::");
    for (const std::string_view defaulted : {", std::allocator<", ", std::char_traits<", ", std::default_delete<"})
        for (std::size_t at; (at = function.find(defaulted)) != std::string::npos;)
            function.erase(at, behind_bracket(function, at + defaulted.size() - 1) - at);
    replace_all(" >", ">");
    replace_all("{lambda(", "lambda(");
    std::string out;
    for (std::size_t at = 0; at < function.size();) {
        const std::string_view rest = std::string_view(function).substr(at);
        if (rest.starts_with("(anonymous namespace)")) {
            out += "(anonymous namespace)";
            at += std::string_view("(anonymous namespace)").size();
            continue;
        }
        const bool is_template = rest[0] == '<' && at != 0 && !out.ends_with("operator") && !out.ends_with('<');
        const bool is_note = rest.starts_with("[abi:") || rest.starts_with("[clone ") || rest.starts_with("[with ");
        if (!is_template && !is_note && rest[0] != '(') {
            const bool is_end_of_lambda = rest[0] == '}' && out.find("lambda") != std::string::npos;
            if (!is_end_of_lambda) out += rest[0];
            ++at;
            continue;
        }
        const std::size_t end = behind_bracket(function, at), size = end - at - 2;
        if (is_note) {
            while (out.ends_with(' ')) out.pop_back();
        } else if (out.ends_with("lambda")) {
        } else if (size > (is_template ? most_template : most_parameters)) {
            out += is_template ? "<…>" : "(…)";
        } else {
            out += rest.substr(0, end - at);
        }
        at = end;
    }
    std::string_view where = place == std::string_view::npos ? std::string_view{} : frame.substr(place);
    const auto without_id = [](std::string_view text) { return text.substr(0, text.find(build_id_mark)); };
    if (where.empty()) return std::string(without_id(out));
    out += without_id(where);
    if (!out.ends_with(')')) out += ')';
    return out;
}

// The frames that `is_own` says are the program's own, shortened; then how many are not told, and the innermost of
// those. Where none is the program's own, all.
template <class IsOwn>
[[nodiscard]] std::vector<std::string> told_stack(std::vector<std::string> const& stack, IsOwn&& is_own) {
    constexpr std::size_t most = 12;
    std::vector<std::string> own, others;
    for (std::string const& frame : stack) (is_own(frame) ? own : others).push_back(short_frame(frame));
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

}  // namespace logkit::detail
