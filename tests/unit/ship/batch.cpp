// SPDX-License-Identifier: MIT
#include <logkit/ship/batch.hpp>

#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {

cut_lines cut(std::string_view bytes, cut_place place = {}, batch_limits limits = {}) {
    return line_cutter::cut(bytes, limits, place);
}
std::string body_of(cut_lines const& lines) {
    return std::string(lines.is_exact ? lines.body : std::string_view{lines.mended});
}

}  // namespace

TEST_CASE("whole lines go as they are, and a part of one waits") {
    const cut_lines lines = cut("{\"n\":1}\n{\"n\":2}\r\n{\"n\":3");
    CHECK(lines.is_exact);
    CHECK(body_of(lines) == "{\"n\":1}\n{\"n\":2}\r\n");
    CHECK(lines.records == 2);
    CHECK(cut("{\"n\":3", {false, true, false}).consumed == 0);
}

TEST_CASE("a part of a line is one when no more will come") {
    const cut_lines lines = cut("{\"n\":3", {false, true, true});
    CHECK(body_of(lines) == "{\"n\":3\n");
    CHECK(lines.consumed == 6);
    CHECK(!lines.is_exact);
}

TEST_CASE("a batch ends at either limit, and a larger line travels alone") {
    const std::string lines = "aaaa\nbbbb\ncccc\n";
    CHECK(cut(lines, {}, {2, 1'000}).records == 2);
    CHECK(cut(lines, {}, {9, 10}).records == 2);
    CHECK(cut(lines, {}, {9, 11}).records == 2);
    CHECK(cut(lines, {}, {9, 1}).records == 1);
}

TEST_CASE("what is no line is passed over") {
    CHECK(body_of(cut("\xef\xbb\xbf{}\n", {true, false, false})) == "{}\n");
    CHECK(body_of(cut("{}\n\n \t\n\r\n[]\n")) == "{}\n[]\n");
    CHECK(cut("{}\n\n \t\n\r\n[]\n").consumed == 12);
    const std::string zeros(100, '\0');
    CHECK(body_of(cut("{}\n" + zeros + "[]\n")) == "{}\n[]\n");
    CHECK(body_of(cut("{\"half" + zeros + "[]\n")) == "{\"half\n[]\n");
}

TEST_CASE("zeros at the end may yet be filled by their writer") {
    const std::string zeros(100, '\0');
    CHECK(cut("{}\n" + zeros, {false, true, false}).consumed == 3);
    CHECK(cut("{\"half" + zeros, {false, true, false}).consumed == 0);
    CHECK(cut("{\"half" + zeros, {false, true, true}).records == 1);
}

TEST_CASE("ill-formed UTF-8 becomes U+FFFD, well-formed stays") {
    CHECK(body_of(cut("\"z\xfcrich\"\n")) == "\"z\xef\xbf\xbdrich\"\n");
    const cut_lines good = cut("\"z\xc3\xbcrich \xe2\x82\xac\"\n");
    CHECK(good.is_exact);
    CHECK(body_of(good) == "\"z\xc3\xbcrich \xe2\x82\xac\"\n");
}

TEST_CASE("a line that no server takes is told") {
    const std::string longest(longest_shipped_line, 'x');
    CHECK(cut(longest + "\n").records == 1);
    const cut_lines lines = cut("{}\n" + longest + "x\n");
    CHECK(lines.records == 1);
    CHECK(lines.is_too_long);
}

TEST_CASE("UTF-16 is known by its mark and by its zeros") {
    CHECK(is_utf16(std::string_view("\xff\xfe{\0", 4)));
    CHECK(is_utf16(std::string_view("{\0\"\0n\0\"\0", 8)));
    CHECK(is_utf16(std::string_view("\0{\0\"\0n\0\"", 8)));
    CHECK(!is_utf16("{\"n\":1}\n"));
    CHECK(!is_utf16(std::string_view("\0\0\0\0\0\0\0\0", 8)));
}
