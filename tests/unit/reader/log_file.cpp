// SPDX-License-Identifier: MIT
#include <logkit/reader/log_file.hpp>

#include <support/catch.hpp>
#include <support/files.hpp>

#include <cstdlib>
#include <fstream>

namespace {

std::string all_of(logkit::log_file const& file) {
    const auto stream = file.stream();
    std::string text;
    char bytes[7000];
    while (const std::size_t n = stream->read(bytes, sizeof bytes)) text.append(bytes, n);
    return text;
}

TEST_CASE("plain and compressed files are told apart by what is in them, and read alike, also twice and from a copy") {
    const support::temporary_folder folder;
    std::string text;
    for (int i = 0; i < 20000; ++i) text += "{\"n\":" + std::to_string(i) + "}\n";
    std::ofstream(folder.file("plain")) << text;
    for (const char* command :
         {"cp plain plain.copy", "gzip -k plain", "zstd -q plain -o plain.zst", "cat plain.gz plain.gz > twice.gz"})
        REQUIRE(std::system(("cd " + folder.path().string() + " && " + command).c_str()) == 0);
    for (const char* name : {"plain.copy", "plain.gz", "plain.zst"}) {
        INFO(name);
        logkit::log_file file(folder.file(name));
        CHECK(file.is_plain() == (std::string(name) == "plain.copy"));
        CHECK(all_of(file) == text);
        CHECK(all_of(file) == text);
        file.make_plain();
        CHECK(file.is_plain());
        CHECK(file.size() == text.size());
        CHECK(all_of(file) == text);
    }
    CHECK(all_of(logkit::log_file(folder.file("twice.gz"))) == text + text);
}

TEST_CASE("of a damaged compressed file, what came before the damage is kept, and the damage is said") {
    const support::temporary_folder folder;
    std::string text;
    for (int i = 0; i < 200000; ++i) text += "{\"n\":" + std::to_string(i * 7919 % 100003) + "}\n";
    std::ofstream(folder.file("plain")) << text;
    for (const char* command : {"gzip -k plain", "zstd -q plain -o plain.zst"})
        REQUIRE(std::system(("cd " + folder.path().string() + " && " + command).c_str()) == 0);
    for (const char* name : {"plain.gz", "plain.zst"}) {
        INFO(name);
        const std::string whole = support::read_file(folder.file(name));
        std::ofstream(folder.file(name), std::ios::binary | std::ios::trunc) << whole.substr(0, whole.size() / 2);
        logkit::log_file file(folder.file(name));
        CHECK_THROWS_AS(all_of(file), logkit::log_file_error);
        file.make_plain();
        CHECK_FALSE(file.damage().empty());
        const std::string kept = all_of(file);
        CHECK(kept.size() > text.size() / 8);
        CHECK(text.starts_with(kept));
    }
}

TEST_CASE("what is written after a file was opened is not read") {
    const support::temporary_folder folder;
    std::ofstream(folder.file("log")) << "one\n";
    const logkit::log_file file(folder.file("log"));
    std::ofstream(folder.file("log"), std::ios::app) << "two\n";
    CHECK(all_of(file) == "one\n");
}

}  // namespace
