// SPDX-License-Identifier: MIT
#pragma once

// Settings with every question answered: the program's, else the environment's, else the default. Stage: control. Pure:
// nothing is opened, made or changed here.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <logkit/control/environment.hpp>
#include <logkit/control/redaction.hpp>
#include <logkit/control/settings.hpp>
#include <logkit/pipe/journal_place.hpp>
#include <logkit/sink/rotating_file.hpp>

namespace logkit::detail {

struct resolved_settings {
    logkit::profile profile = logkit::profile::dev;
    level_rules levels{level::debug};
    double sample = 1;
    bool is_tail = false;
    file_settings file{};
    bool is_file_asked_for = false;  // by the program: then it must be there
    logkit::console console = logkit::console::to_stderr;
    logkit::console_time console_time = logkit::console_time::utc;
    logkit::mode mode = logkit::mode::async;
    logkit::overflow overflow = logkit::overflow::block;
    std::uint64_t ring_kb = 256;
    std::string journal = "auto";
    redaction_settings redaction{};
    std::string service{};
    bool watches_fatal = true;
    std::vector<setting_problem> problems{};  // what the environment says and nobody understands

    [[nodiscard]] level default_level() const noexcept {
        return profile == logkit::profile::prod ? level::info : level::debug;
    }
    // Where journals of that log may be, best first.
    [[nodiscard]] std::vector<std::string> journal_folders(std::string const& log_path) const {
        const bool is_chosen = journal != "auto" && journal != "off";
        return detail::journal_folders(is_chosen ? journal : std::string{}, log_path);
    }
};

[[noreturn]] inline void refuse_setting(const char* setting, std::string const& value, const char* remedy) {
    throw std::invalid_argument(std::string("logkit: the setting ") + setting + " is \"" + value + "\": " + remedy);
}

// Throws std::invalid_argument, naming the setting, its value and the remedy. (What comes from the environment was
// checked when it was read.)
inline void check_settings(settings const& s) {
    if (s.sample && !(*s.sample >= 0 && *s.sample <= 1))
        refuse_setting("sample", std::to_string(*s.sample), "use a number from 0 to 1");
    if (s.ring_kb && !is_ring_size(*s.ring_kb))
        refuse_setting("ring_kb", std::to_string(*s.ring_kb), "use a power of two from 8 to 1048576");
    if (s.backups && *s.backups > 1000)
        refuse_setting("backups", std::to_string(*s.backups), "use a number from 0 to 1000");
    if (s.file_mode && *s.file_mode > 0777)
        refuse_setting("file_mode", std::to_string(*s.file_mode), "use permission bits such as 0640");
    if (s.rotate_mb && *s.rotate_mb > 1'048'576)
        refuse_setting("rotate_mb", std::to_string(*s.rotate_mb), "use a number of MiB, or 0 for no rotation");
    if (!s.level) return;
    const parsed_levels levels = parse_levels(s.level->text());
    if (!levels.misunderstood.empty())
        refuse_setting("level", levels.misunderstood.front(),
                       "use trace, debug, info, warning, error, critical or off, or name=level");
}

[[nodiscard]] inline resolved_settings resolve(settings const& given, settings const& environment) {
    check_settings(given);
    const auto pick = [](auto const& mine, auto const& theirs, auto fallback) {
        return mine ? *mine : theirs ? *theirs : fallback;
    };
    settings const& env = environment;
    resolved_settings s;
    s.profile = pick(given.profile, env.profile, s.profile);
    s.levels = pick(given.level, env.level, level_rules(s.default_level()));
    s.sample = pick(given.sample, env.sample, s.sample);
    s.is_tail = pick(given.tail, env.tail, s.is_tail);
    s.file.path = pick(given.file, env.file, std::string("run.log"));
    s.file.limit = pick(given.rotate_mb, env.rotate_mb, std::uint64_t{10}) << 20;
    s.file.backups = static_cast<unsigned>(pick(given.backups, env.backups, std::uint64_t{5}));
    if (given.file_mode || env.file_mode) s.file.mode = pick(given.file_mode, env.file_mode, 0U);
    s.is_file_asked_for = given.file.has_value();
    s.console = pick(given.console, env.console, s.console);
    s.console_time = pick(given.console_time, env.console_time, s.console_time);
    s.mode = pick(given.mode, env.mode, s.mode);
    s.overflow = pick(given.overflow, env.overflow, s.overflow);
    s.ring_kb = pick(given.ring_kb, env.ring_kb, s.ring_kb);
    s.journal = pick(given.journal, env.journal, s.journal);
    s.redaction.keys = pick(given.redact, env.redact, s.redaction.keys);
    s.redaction.is_keys_off = pick(given.redact_off, env.redact_off, false);
    s.redaction.values = pick(given.redact_values, env.redact_values, s.redaction.values);
    s.redaction.is_values_off = pick(given.redact_values_off, env.redact_values_off, false);
    s.redaction.hashed = pick(given.redact_hash, env.redact_hash, s.redaction.hashed);
    s.redaction.hash_key = pick(given.redact_key, env.redact_key, s.redaction.hash_key);
    s.service = pick(given.service, env.service, s.service);
    s.watches_fatal = pick(given.fatal, env.fatal, s.watches_fatal);
    s.problems = env.problems;
    const std::string otlp = pick(given.otlp, env.otlp, std::string{});
    if (!otlp.empty()) s.problems.push_back({"LOG_OTLP", otlp, "no export", "this version has no OTLP export"});
    return s;
}

// As the environment says: for programs that are not loggers.
[[nodiscard]] inline redaction_policy const& redaction_of_environment() {
    static const redaction_policy all(resolve({}, settings::from_environment()).redaction, {});
    return all;
}

}  // namespace logkit::detail
