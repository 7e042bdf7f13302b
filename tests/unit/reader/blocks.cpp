// SPDX-License-Identifier: MIT
#include <logkit/reader/blocks.hpp>
#include <logkit/reader/scan.hpp>

#include <support/catch.hpp>
#include <support/files.hpp>

#include <algorithm>
#include <fstream>
#include <random>

namespace {

namespace lk = logkit::detail;

std::vector<logkit::log_file> open(std::vector<std::string> const& paths) {
    std::vector<logkit::log_file> files;
    for (std::string const& path : paths) files.emplace_back(path);
    return files;
}
// Every line, with file and offset in front.
std::vector<std::string> lines_of(lk::block_reader& reader) {
    std::vector<std::string> lines;
    logkit::block block;
    for (std::uint64_t number = 0; reader.next(block); ++number) {
        REQUIRE(block.number == number);
        for (std::string_view rest = block.text(); !rest.empty();) {
            const auto offset = static_cast<std::size_t>(rest.data() - block.bytes.data());
            const std::string_view line = lk::without_return(lk::take_until(rest, '\n'));
            if (!lk::trimmed(line).empty())
                lines.push_back(std::to_string(block.file) + ':' + std::to_string(block.offset + offset) + ':' +
                                std::string(line));
        }
    }
    return lines;
}

TEST_CASE("every line comes once, whole, at its place, forwards and backwards") {
    const support::temporary_folder folder;
    std::mt19937 random(3);
    std::vector<std::string> paths, expected;
    for (std::size_t f = 0; f < 3; ++f) {
        std::string text;
        for (int i = 0; i < 4000; ++i) {
            // Mostly short, sometimes longer than a block.
            const std::size_t n = random() % 1000 == 0 ? lk::block_size + random() % 100000 : 1 + random() % 900;
            expected.push_back(std::to_string(f) + ':' + std::to_string(text.size()) + ':' +
                               std::string(n, static_cast<char>('a' + i % 26)));
            text += std::string(n, static_cast<char>('a' + i % 26)) + '\n';
        }
        if (f == 1) text.pop_back();  // without an end
        paths.push_back(folder.file(std::to_string(f)));
        std::ofstream(paths.back()) << text;
    }
    const auto files = open(paths);
    lk::forward_reader forward(files);
    CHECK(lines_of(forward) == expected);
    lk::backward_reader backward(files);
    auto reversed = lines_of(backward);
    // Blocks come from the back, the lines in a block forwards: the same set, and each file's last line is in its first
    // block.
    std::sort(reversed.begin(), reversed.end());
    auto sorted = expected;
    std::sort(sorted.begin(), sorted.end());
    CHECK(reversed == sorted);
}

TEST_CASE("a line without end is passed over and counted, and what follows is read") {
    const support::temporary_folder folder;
    std::ofstream(folder.file("log")) << "first\n" << std::string(lk::longest_line + 5'000'000, 'x') << "\nlast\n";
    const auto files = open({folder.file("log")});
    lk::forward_reader forward(files);
    const auto lines = lines_of(forward);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "0:0:first");
    CHECK(lines[1] == "0:" + std::to_string(6 + lk::longest_line + 5'000'001) + ":last");
    CHECK(forward.report().too_long == 1);
    lk::backward_reader backward(files);
    CHECK(lines_of(backward) == std::vector<std::string>{lines[1], lines[0]});
    CHECK(backward.report().too_long == 1);
}

TEST_CASE("empty files and files of line ends have no lines") {
    const support::temporary_folder folder;
    std::ofstream(folder.file("empty"));
    std::ofstream(folder.file("blank")) << "\n\n \n\r\n";
    const auto files = open({folder.file("empty"), folder.file("blank"), folder.file("empty")});
    lk::forward_reader forward(files);
    CHECK(lines_of(forward).empty());
    lk::backward_reader backward(files);
    CHECK(lines_of(backward).empty());
}

}  // namespace
