// SPDX-License-Identifier: MIT
// A command (CLI11) as a unit of work: its arguments, exit status, exceptions and signals are in its log.
//
//   example_13_command FILE [--token TOKEN]     counts the lines of a file
#include <CLI/CLI.hpp>
#include <logkit/adapter/command.hpp>

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

namespace lk = logkit;
using lk::kv;

namespace {

long count_lines(std::string const& path) {
    const lk::capture span{"count", kv("file", path)};
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot open " + path);
    long lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    return lines;
}

}  // namespace

int main(int argc, char** argv) {
    return lk::run_command(argc, argv, [&] {
        CLI::App app{"counts the lines of a file"};
        std::string file, token;
        app.add_option("FILE", file, "what to count")->required();
        app.add_option("--token", token, "for the log to hide");
        CLI11_PARSE(app, argc, argv);  // wrong options are an exit status, told as one
        const long lines = count_lines(file);
        lk::log.info("counted", kv("lines", lines));
        std::printf("%ld\n", lines);
        return 0;
    });
}
