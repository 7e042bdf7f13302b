// SPDX-License-Identifier: MIT
#pragma once

// Settings from the environment, and their checks. Stage: control.

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/environment_text.hpp>
#include <logkit/base/hash.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/control/extension.hpp>
#include <logkit/control/redaction.hpp>
#include <logkit/control/settings.hpp>

namespace logkit {
namespace detail {

[[nodiscard]] inline std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::string_view part = trimmed(take_until(text, ','));
        if (!part.empty()) parts.emplace_back(part);
    }
    return parts;
}

// LOG_LEVEL, read: a floor for all, and floors for names and what is below them.
struct parsed_levels {
    std::optional<level> floor{};
    std::vector<std::pair<std::string, level>> named{};
    std::vector<std::string> misunderstood{};
};

[[nodiscard]] inline parsed_levels parse_levels(std::string_view text) {
    parsed_levels result;
    for (std::string const& part : split_list(text)) {
        const std::size_t equals = part.find('=');
        const auto severity = level_from_name(
            trimmed(equals == std::string::npos ? std::string_view{part} : std::string_view{part}.substr(equals + 1)));
        const std::string_view name =
            equals == std::string::npos ? std::string_view{} : trimmed(std::string_view{part}.substr(0, equals));
        if (!severity || (equals != std::string::npos && name.empty()))
            result.misunderstood.push_back(part);
        else if (equals == std::string::npos)
            result.floor = severity;
        else
            result.named.emplace_back(name, *severity);
    }
    return result;
}

[[nodiscard]] constexpr bool is_ring_size(std::uint64_t kb) noexcept {
    return kb >= 8 && kb <= 1'048'576 && (kb & (kb - 1)) == 0;
}

class environment_reader {
  public:
    explicit environment_reader(settings& into) noexcept : into_(into) {}

    [[nodiscard]] static const char* text(const char* name) noexcept {
        const char* value = environment_text(name);
        return value == nullptr ? nullptr : value;
    }

    template <class T>
    void choice(const char* name, std::optional<T>& field, const char* fallback,
                std::initializer_list<std::pair<std::string_view, T>> choices) {
        const char* given = text(name);
        if (given == nullptr || *given == '\0') return;
        std::string remedy = "use ";
        for (auto const& [word, value] : choices) {
            if (same(given, word)) {
                field = value;
                return;
            }
            remedy += (word == choices.begin()->first ? "" : " or ") + std::string(word);
        }
        into_.problems.push_back({name, given, fallback, remedy});
    }

    void number(const char* name, std::optional<std::uint64_t>& field, const char* fallback, const char* remedy,
                bool (*is_allowed)(std::uint64_t)) {
        const char* given = text(name);
        if (given == nullptr || *given == '\0') return;
        std::uint64_t value = 0;
        const std::string_view digits = trimmed(given);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error == std::errc{} && end == digits.data() + digits.size() && is_allowed(value))
            field = value;
        else
            into_.problems.push_back({name, given, fallback, remedy});
    }

    void file_mode(const char* name) {
        const char* given = text(name);
        if (given == nullptr || *given == '\0') return;
        unsigned value = 0;
        const std::string_view digits = trimmed(given);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
        if (error == std::errc{} && end == digits.data() + digits.size() && value <= 0777)
            into_.file_mode = value;
        else
            into_.problems.push_back(
                {name, given, "the mode of the file before, or 0600", "use an octal number such as 0640"});
    }

    void fraction(const char* name, std::optional<double>& field) {
        const char* given = text(name);
        if (given == nullptr || *given == '\0') return;
        char* end = nullptr;
        const double value = std::strtod(given, &end);
        if (end != given && trimmed(end).empty() && value >= 0 && value <= 1)
            field = value;
        else
            into_.problems.push_back({name, given, "1", "use a number from 0 to 1"});
    }

    void levels(const char* name) {
        const char* given = text(name);
        if (given == nullptr || trimmed(given).empty()) return;
        const parsed_levels parsed = parse_levels(given);
        std::string understood;
        const auto add = [&](std::string const& part) { understood += (understood.empty() ? "" : ",") + part; };
        if (parsed.floor) add(std::string(to_string(*parsed.floor)));
        for (auto const& [logger, severity] : parsed.named) add(logger + '=' + std::string(to_string(severity)));
        if (!understood.empty()) into_.level = level_rules(understood);
        for (std::string const& part : parsed.misunderstood)
            into_.problems.push_back({name, part, understood.empty() ? "the profile's level" : understood,
                                      "use trace, debug, info, warning, error, critical or off, or name=level"});
    }

    void redaction(const char* name) {
        const char* given = text(name);
        if (given == nullptr) return;
        if (same(trimmed(given), "off"))
            into_.redact_off = true;
        else
            into_.redact = split_list(given);
    }

    // Item by item: what nobody understands is left out, and the built-in rules are in force.
    void value_redaction(const char* values, const char* hash, const char* key) {
        if (const char* given = text(values); given != nullptr) {
            if (same(given, "off")) {
                into_.redact_values_off = true;
            } else {
                into_.redact_values.emplace();
                for (std::string const& item : split_value_items(given)) add_value_item(values, item);
            }
        }
        if (const char* given = text(key); given != nullptr && *given != '\0') into_.redact_key = given;
        if (const char* given = text(hash); given != nullptr && *given != '\0') set_hashed(hash, given);
    }

    [[nodiscard]] static bool same(std::string_view a, std::string_view b) noexcept {
        a = trimmed(a);
        if (a.size() != b.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i)
            if (fold_case(a[i]) != b[i]) return false;
        return true;
    }

  private:
    void add_value_item(const char* name, std::string const& item) {
        try {
            redaction_settings alone;
            alone.values = {item};
            const redaction_policy checked(alone, {});
            into_.redact_values->push_back(item);
        } catch (std::invalid_argument const& error) {
            into_.problems.push_back({name, item, "the other rules", error.what()});
        }
    }
    void set_hashed(const char* name, const char* given) {
        try {
            redaction_settings all;
            all.values = into_.redact_values.value_or(all.values);
            all.hashed = split_list(given);
            all.hash_key = into_.redact_key.value_or("");
            const redaction_policy checked(all, {});
            into_.redact_hash = all.hashed;
        } catch (std::invalid_argument const& error) {
            into_.problems.push_back({name, given, "***", error.what()});
        }
    }

    settings& into_;
};

}  // namespace detail

LOGKIT_DOOR settings settings::from_environment() {
    settings s;
    detail::environment_reader read(s);
    read.choice<logkit::profile>("LOG_PROFILE", s.profile, "dev", {{"dev", profile::dev}, {"prod", profile::prod}});
    read.levels("LOG_LEVEL");
    read.fraction("LOG_SAMPLE", s.sample);
    read.choice<bool>("LOG_TAIL", s.tail, "off", {{"1", true}, {"0", false}, {"on", true}, {"off", false}});
    read.choice<bool>("LOG_FATAL", s.fatal, "on", {{"1", true}, {"0", false}, {"on", true}, {"off", false}});
    if (const char* file = read.text("LOG_FILE")) s.file = file;
    read.number("LOG_ROTATE_MB", s.rotate_mb, "10", "use a number of MiB, or 0 for no rotation",
                [](std::uint64_t mb) { return mb <= 1'048'576; });
    read.number("LOG_BACKUPS", s.backups, "5", "use a number from 0 to 1000",
                [](std::uint64_t n) { return n <= 1000; });
    read.file_mode("LOG_FILE_MODE");
    read.choice<logkit::console_time>("LOG_CONSOLE_TIME", s.console_time, "utc",
                                      {{"utc", console_time::utc}, {"local", console_time::local}});
    read.choice<logkit::console>(
        "LOG_CONSOLE", s.console, "stderr",
        {{"stderr", console::to_stderr}, {"stdout", console::to_stdout}, {"off", console::off}});
    read.choice<logkit::mode>("LOG_MODE", s.mode, "async", {{"async", mode::async}, {"sync", mode::sync}});
    read.choice<logkit::overflow>("LOG_OVERFLOW", s.overflow, "block",
                                  {{"block", overflow::block}, {"drop", overflow::drop}});
    read.number("LOG_RING_KB", s.ring_kb, "256", "use a power of two from 8 to 1048576", &detail::is_ring_size);
    if (const char* journal = read.text("LOG_JOURNAL"); journal != nullptr && *journal != '\0') s.journal = journal;
    read.redaction("LOG_REDACT");
    read.value_redaction("LOG_REDACT_VALUES", "LOG_REDACT_HASH", "LOG_REDACT_KEY");
    for (const char* name : {"OTEL_SERVICE_NAME", "LOG_SERVICE"})  // the later wins
        if (const char* service = read.text(name); service != nullptr && *service != '\0') s.service = service;
    if (const char* otlp = read.text("LOG_OTLP"); otlp != nullptr && *otlp != '\0') s.otlp = otlp;
    if (const char* ship = read.text("LOG_SHIP");
        ship != nullptr && *ship != '\0' && detail::the_extension.load() == nullptr)
        s.problems.push_back({"LOG_SHIP", "…", "no shipping", "link logkit::ship, or run `logkit ship`"});
    return s;
}

}  // namespace logkit
