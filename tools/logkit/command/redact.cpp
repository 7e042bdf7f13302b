// SPDX-License-Identifier: MIT
// `logkit redact`: a log with its secrets masked (docs/redaction.md), line by line, on all cores.
#include "command/commands.hpp"
#include "input/options.hpp"
#include "screen/terminal.hpp"

#include <logkit.hpp>
#include <logkit/redact/line_masker.hpp>

#include <memory>

namespace tool {
namespace {

namespace lk = logkit::detail;

struct redact_options {
    input_options input;
    std::vector<std::string> keys, values, hashed;
    bool wants_counts = false;
};

// What the environment says, and the options beside it.
[[nodiscard]] std::unique_ptr<lk::redaction_policy const> policy_of(redact_options const& options) {
    lk::redaction_settings s = lk::resolve({}, logkit::settings::from_environment()).redaction;
    const auto add = [](std::vector<std::string>& to, std::vector<std::string> const& more) {
        to.insert(to.end(), more.begin(), more.end());
    };
    add(s.keys, options.keys);
    add(s.values, options.values);
    add(s.hashed, options.hashed);
    try {
        return std::make_unique<lk::redaction_policy const>(s, std::vector<lk::redaction_policy::named_finder>{});
    } catch (std::invalid_argument const& error) {
        throw usage_error(error.what());
    }
}

// A block's lines, masked; "" where there is nothing to mask.
[[nodiscard]] std::string masked_block(lk::redactor& by, std::string_view block) {
    std::string out;
    lk::line_masker masker(by, block);
    std::size_t copied = 0;
    for (std::size_t begin = 0; (begin = masker.next_suspect(begin)) < block.size();) {
        const std::size_t end = std::min(block.find('\n', begin), block.size());
        const std::string_view line = lk::without_return(block.substr(begin, end - begin));
        if (masker.mask(begin, line)) {
            out.append(block.substr(copied, begin - copied));
            out.append(masker.masked());
            copied = begin + line.size();
        }
        begin = end + 1;
    }
    if (copied != 0) out.append(block.substr(copied));
    return out;
}

int run(redact_options const& options) {
    const auto policy = policy_of(options);
    const std::vector<logkit::log_file> files = logkit::open_logs(options.input.file_names());
    logkit::scan_options scan;
    std::vector<std::unique_ptr<lk::redactor>> redactors;
    for (unsigned i = 0; i < scan.thread_count(); ++i)
        redactors.push_back(std::make_unique<lk::redactor>(policy->values, &policy->keys));
    const auto blocks = logkit::blocks_of(files, logkit::direction::forward);
    const logkit::read_report read = logkit::scan_blocks<std::string>(
        *blocks, scan,
        [&](unsigned thread, logkit::block const& block) { return masked_block(*redactors[thread], block.text()); },
        [&](std::string masked, logkit::block const& block) {
            screen().write(masked.empty() ? block.text() : std::string_view{masked});
            return true;
        });
    redactors.clear();  // and what they have masked is counted
    report({{}, read});
    if (options.wants_counts)
        for (lk::counted_rule const& rule : policy->values.rules())
            if (rule.masked.load() != 0)
                std::fprintf(stderr, "%s %llu\n", rule.name.c_str(),
                             static_cast<unsigned long long>(rule.masked.load()));
    return exit_code::found;
}

}  // namespace

void add_redact(CLI::App& app, int& status) {
    auto options = std::make_shared<redact_options>();
    CLI::App& command = *app.add_subcommand("redact", "A log with its secrets masked, to standard output");
    command
        .add_option("files", options->input.words,
                    "Files; by default run.log with the files it was rotated to; - for standard input")
        ->option_text("[FILE]...");
    command.add_option("--key", options->keys, "Hide this key, too, or this path: pin, *_hash, user.*.card, **.token")
        ->option_text("KEY")
        ->allow_extra_args(false);
    command
        .add_option("--value", options->values,
                    "A rule more or less: email, -card, name=pattern (as LOG_REDACT_VALUES)")
        ->option_text("RULE")
        ->allow_extra_args(false);
    command
        .add_option(
            "--hash", options->hashed,
            "Rules whose mask is a hash by the key in LOG_REDACT_KEY, so that equal secrets stay equal; \"*\": all")
        ->option_text("RULE")
        ->allow_extra_args(false);
    command.add_flag("--count", options->wants_counts, "Tell, on standard error, how much each rule has masked");
    command.footer(
        "Lines stay lines, and what has no secret stays as it is to the byte. Any program's log will do: JSON, logfmt, "
        "text; "
        "packed ones are unpacked.\n"
        "The rules are those of the library and of `logkit ship`; LOG_REDACT, LOG_REDACT_VALUES, LOG_REDACT_HASH and "
        "LOG_REDACT_KEY hold here, too.\n\n"
        "Examples:\n"
        "  logkit redact app.log > app.redacted.log\n"
        "  logkit redact --value email --value 'acme=acme_[a-z0-9]{20}' *.log.gz\n"
        "  LOG_REDACT_KEY=\"$(cat key)\" logkit redact --hash '*' app.log\n"
        "Exit status: 0 all was read, 2 wrong usage, 3 a file cannot be read.");
    command.callback([options, &status] { status = run(*options); });
}

}  // namespace tool
