// SPDX-License-Identifier: MIT
// libFuzzer: whatever a line is, masking it ends, keeps JSON JSON, and finds nothing more in what it made; and what the
// look at a line as it stands calls clean has no secret in any of its texts.
//   clang++-16 -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/redaction.cpp -lfmt
//   ./a.out -max_len=4096 CORPUS
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <logkit.hpp>
#include <logkit/redact/redactor.hpp>

using namespace logkit::detail;

namespace {
[[noreturn]] void complain(const char* what, std::string_view line, std::string_view made) {
    std::fprintf(stderr, "%s: %.*s\n  became %.*s\n", what, static_cast<int>(line.size()), line.data(),
                 static_cast<int>(made.size()), made.data());
    std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const key_policy keys{std::vector<std::string>{}};
    static const rule_book quick{{}}, all{{false, {"email", "iban"}, {}, {}, {}, {}}};
    static redactor by_default(quick, &keys), by_all(all, &keys), by_value(quick, nullptr);
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    for (redactor* by : {&by_default, &by_all}) {
        std::string made;
        if (!by->mask_line(made, line)) continue;
        if (is_json_document(line) && !is_json_document(made)) complain("no longer JSON", line, made);
        if (made.find("***") == made.npos) complain("changed without a mask", line, made);
    }
    if (!is_json_document(line) || !by_value.is_clean_json(line)) return 0;
    // The careful way, although the quick one found nothing.
    std::string careful;
    const auto before = [] {
        by_value.tell_counts();
        std::uint64_t n = 0;
        for (counted_rule const& rule : quick.rules()) n += rule.masked.load();
        return n;
    };
    const std::uint64_t masks = before();
    (void)json_document(careful, line, {{}, 0, 1000}, &by_value).copy();
    if (before() != masks) complain("called clean", line, careful);
    return 0;
}
