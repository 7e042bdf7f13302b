// SPDX-License-Identifier: MIT
#pragma once

// Each adds one command to the program; what it returns when it runs is the exit code, put into `status`.

#include <CLI/CLI.hpp>

namespace tool {

void add_show(CLI::App& app, int& status);
void add_tail(CLI::App& app, int& status);
void add_errors(CLI::App& app, int& status);
void add_trace(CLI::App& app, int& status);
void add_count(CLI::App& app, int& status);
void add_top(CLI::App& app, int& status);
void add_stats(CLI::App& app, int& status);
void add_fields(CLI::App& app, int& status);
void add_diff(CLI::App& app, int& status);
void add_digest(CLI::App& app, int& status);
void add_verify(CLI::App& app, int& status);
void add_recover(CLI::App& app, int& status);
void add_redact(CLI::App& app, int& status);
void add_export(CLI::App& app, int& status);
void add_schema(CLI::App& app, int& status);
void add_completions(CLI::App& app, int& status);
void add_mcp(CLI::App& app, int& status);
void add_run(CLI::App& app, int& status);
void add_ship(CLI::App& app, int& status);
void add_serve(CLI::App& app, int& status);

// Runs the server in this one's place, with those words. Returns only if that cannot be; an exit code then.
[[nodiscard]] int become_server(char** argv);

}  // namespace tool
