// SPDX-License-Identifier: MIT
// libFuzzer: any filter is understood or refused with a place inside of it, and the cheap look at a line never says no
// where the filter holds. Input: a filter, a line end, and lines.
//   clang++-16 -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/query.cpp -lre2 -lsimdjson
//   ./a.out -max_len=4096 CORPUS
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <logkit/reader.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view lines(reinterpret_cast<const char*>(data), size);
    const std::string expression(logkit::detail::take_until(lines, '\n'));
    logkit::query wanted;
    try {
        wanted.require(expression);
    } catch (logkit::query_error const& error) {
        if (error.position() <= expression.size()) return 0;
        std::fprintf(stderr, "a place outside: %s\n", error.what());
        std::abort();
    }
    while (!lines.empty()) {
        const std::string line(logkit::detail::take_until(lines, '\n'));
        logkit::detail::line_parser parser;
        if (parser.parse_copy(line) != logkit::detail::line_state::whole) continue;
        if (!wanted.matches(parser.entry()) || wanted.may_match(line)) continue;
        std::fprintf(stderr, "%s holds for %s, and the look at it said no\n", expression.c_str(), line.c_str());
        std::abort();
    }
    return 0;
}
