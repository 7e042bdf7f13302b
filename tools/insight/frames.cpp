// SPDX-License-Identifier: MIT
#include "insight/frames.hpp"

#include <logkit/reader/exception.hpp>

namespace insight {
namespace {

// A frame is "function (place)". Its function, and where there is none, its place without what changes with every
// build: line numbers, the build's id. "" for a bare address, or one in a shared library.
[[nodiscard]] std::string_view function_of(std::string_view frame) {
    const std::size_t place = frame.rfind(" (");
    if (place == std::string_view::npos) {
        frame = frame.substr(0, frame.find(logkit::build_id_mark));
        if (!frame.starts_with('('))
            return frame.starts_with("0x") || logkit::is_runtime_frame(frame) ? std::string_view{} : frame;
        frame = frame.substr(1, frame.find_last_not_of(")"));
        const std::size_t number = frame.find(':', frame.starts_with("node:") ? 5 : 0);
        return frame.substr(0, number);
    }
    return frame.substr(0, place);
}

// Of a runtime or a framework, by how its name begins.
[[nodiscard]] bool is_foreign(std::string_view function) {
    for (const std::string_view start : {"__",
                                         "boost::",
                                         "asio::",
                                         "httplib::",
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
        if (logkit::qualified_name(function).starts_with(start)) return true;
    return false;
}

// Of a library, by where it stands.
[[nodiscard]] bool is_in_library(std::string_view frame) {
    for (const std::string_view place : {"node_modules/", "(node:", "site-packages/"})
        if (frame.find(place) != std::string_view::npos) return true;
    return false;
}

}  // namespace

bool is_own_frame(std::string_view frame) {
    const std::string_view function = function_of(frame);
    return !function.empty() && !logkit::is_runtime_frame(frame) && !is_foreign(function) && !is_in_library(frame);
}

std::string own_frame(std::vector<std::string> const& stack) {
    std::string_view first;
    for (std::string const& frame : stack) {
        const std::string_view function = function_of(frame);
        if (is_own_frame(frame)) return logkit::short_frame(function);
        if (first.empty() && !function.starts_with("__") && !function.starts_with("std::")) first = function;
    }
    return std::string(first);
}

std::vector<std::string> told_stack(std::vector<std::string> const& stack) {
    return logkit::told_stack(stack, is_own_frame);
}

}  // namespace insight
