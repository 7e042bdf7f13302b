// SPDX-License-Identifier: MIT
// `logkit schema`: the forms of records, and of what the commands write with --json.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "schemas.hpp"
#include "screen/terminal.hpp"

namespace tool {
namespace {

// ", errors, trace, …"
[[nodiscard]] std::string names_in(json const& definitions) {
    std::string names;
    for (auto const& [name, definition] : definitions.items())
        if (definition.is_object() && definition.contains("type") && !definition.value("internal", false))
            names += ", " + name;
    return names;
}

}  // namespace

void add_schema(CLI::App& app, int& status) {
    auto name = std::make_shared<std::string>("record");
    CLI::App& command =
        *app.add_subcommand("schema", "The JSON Schema of a record, or of what a command writes with --json");
    command.add_option("name", *name, "record (default), or the name of a command that has --json")
        ->option_text("NAME");
    command.footer(
        "Examples:\n"
        "  logkit schema > record.schema.json\n"
        "  logkit schema errors\n"
        "Exit status: 0 it was written, 2 there is no such schema.");
    command.callback([name, &status] {
        status = exit_code::found;
        if (*name == "record") return screen().write(record_schema);
        json const all = json::parse(output_schema);
        if (!all["definitions"].contains(*name) || all["definitions"][*name].value("internal", false))
            throw usage_error("schema '" + *name + "': there is record" + names_in(all["definitions"]));
        json one{{"$schema", all["$schema"]}, {"title", "logkit " + *name + " --json"}};
        one.update(all["definitions"][*name]);
        one["definitions"] = all["definitions"];
        screen().write(one.dump(2) + '\n');
    });
}

}  // namespace tool
