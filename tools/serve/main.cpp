// SPDX-License-Identifier: MIT
// `logkit serve`: a small server that stores logs (docs/serve.md).
#include "access/keys.hpp"
#include "insight/text.hpp"
#include "serve.hpp"
#include "settings.hpp"
#include "store/moment.hpp"
#include "store/sqlite/key_table.hpp"
#include "upkeep.hpp"

#include <logkit/base/json_text.hpp>
#include <logkit/reader/time.hpp>

#include <CLI/CLI.hpp>

#include <malloc.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

namespace {

using namespace serve;

// As sysexits.h has them.
namespace exit_code {
constexpr int good = 0, found = 1, usage = 2, failed = 70;
}

void tell(std::string const& text) {
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
}

struct key_words {
    std::string name, role = "ingest", service, expires;
    std::int64_t id = 0;
};

int create_key(std::string const& data, key_words const& words) {
    const auto role = key_role_from_name(words.role);
    if (!role.has_value())
        throw settings_error("role: \"" + words.role + "\" is none; there are ingest, read and admin");
    std::optional<std::int64_t> expires;
    if (!words.expires.empty()) {
        expires = logkit::parse_time(std::string_view(words.expires));
        if (const auto age = logkit::parse_duration(words.expires); age.has_value()) expires = unix_now_ns() + *age;
        if (!expires.has_value())
            throw settings_error("expires: \"" + words.expires + "\" is no time; such as 90d, or 2027-01-01T00:00:00Z");
    }
    const auto kept = open_key_table(data, tell);
    key_ring keys(*kept);
    const auto service = words.service.empty() ? std::nullopt : std::optional(words.service);
    const auto [key, made] = keys.make(words.name, service, *role, expires, unix_now_ns());
    std::fprintf(stderr, "key %lld, \"%s\", %s; it is shown this once:\n", static_cast<long long>(made.id),
                 made.name.c_str(), words.role.c_str());
    tell(key);
    return exit_code::good;
}
int list_keys(std::string const& data) {
    const auto kept = open_key_table(data, tell);
    for (api_key const& key : kept->all())
        tell(std::to_string(key.id) + '\t' + key.prefix + "…\t" +
             std::string(key_role_names[static_cast<std::size_t>(key.role)]) + '\t' + key.service.value_or("-") + '\t' +
             (key.revoked_ns   ? "revoked " + moment_text(*key.revoked_ns)
              : key.expires_ns ? "expires " + moment_text(*key.expires_ns)
                               : "valid") +
             '\t' + logkit::detail::json_string(key.name));
    return exit_code::good;
}
int revoke_key(std::string const& data, std::int64_t id) {
    if (open_key_table(data, tell)->revoke(id, unix_now_ns())) return exit_code::good;
    std::fprintf(stderr, "logkit serve: there is no key %lld\n", static_cast<long long>(id));
    return exit_code::found;
}

int run(int argc, char** argv) {
    CLI::App app{"Stores logs that programs send, and answers questions about them.", "logkit serve"};
    serve_settings s;
    std::string sync = "on", config, age, bytes;
    bool is_check = false;
    const auto setting = [&](const char* name, auto& into, const char* about) {
        return app.add_option(std::string("--") + name, into, about)->envname(environment_name(name));
    };
    const auto flag = [&](const char* name, bool& into, const char* about) {
        return app.add_flag(std::string("--") + name, into, about)->envname(environment_name(name));
    };
    app.set_version_flag("--version", "logkit serve " + insight::version_text());
    setting("data", s.data, "The folder in which all is kept")->option_text("DIR (logkit-data)");
    setting("listen", s.listen, "Where")->option_text("ADDRESS:PORT (127.0.0.1:3000)");
    setting("host", s.hosts, "A further name of this server in Host headers")->option_text("NAME...");
    setting("sync", sync, "on: a record that is acknowledged survives a loss of power; off: a kill of the server only")
        ->option_text("on|off (on)");
    setting("retention", age, "How long records are kept, from their arrival")->option_text("TIME (for ever)");
    setting("max-bytes", bytes, "How much is kept, as it is stored; the oldest goes")->option_text("SIZE (all)");
    flag("require-keys", s.requires_keys, "Local requests need a key, too");
    flag("allow-plain-http", s.allows_plain_http, "Listen beyond this machine without TLS");
    app.add_option("--config", config,
                   "A file with lines NAME = VALUE, for what is said neither here nor by LOGKIT_SERVE_NAME")
        ->option_text("FILE");
    app.add_flag("--check", is_check, "Only say whether the settings are right, and what they are");
    app.footer(
        "Examples:\n"
        "  logkit serve\n"
        "  logkit serve --data /var/lib/logkit --listen 127.0.0.1:3000\n"
        "  logkit serve keys create --role admin alice\n"
        "SIGTERM: it finishes what it has taken, and ends within five seconds.");
    app.fallthrough();

    key_words words;
    CLI::App& keys = *app.add_subcommand("keys", "Keys, on the machine itself; also while the server runs");
    keys.require_subcommand(1);
    CLI::App& create = *keys.add_subcommand("create", "A new key, which is shown this once");
    create.add_option("name", words.name, "What it is for")->required();
    create.add_option("--role", words.role, "ingest (sends), read (asks), admin (both, and makes keys)")
        ->option_text("ROLE (ingest)");
    create.add_option("--service", words.service, "A wall: it sends and sees records of this service only")
        ->option_text("NAME");
    create.add_option("--expires", words.expires, "A time, or so long from now, such as 90d")->option_text("WHEN");
    CLI::App& list = *keys.add_subcommand("list", "All keys, without what is secret of them");
    CLI::App& revoke = *keys.add_subcommand("revoke", "From now on the key is refused");
    revoke.add_option("id", words.id, "Its number, as in the list")->required();
    CLI::App& verify = *app.add_subcommand("verify", "Read all that is stored, and say what is damaged");
    CLI::App& repair = *app.add_subcommand("repair", "Leave out what is damaged; it is put aside. Not beside a server");
    std::string backup_folder, import_service;
    std::vector<std::string> logs;
    CLI::App& backup = *app.add_subcommand("backup", "Copy all into a new data folder; also while the server runs");
    backup.add_option("to", backup_folder, "The new folder")->required();
    CLI::App& import = *app.add_subcommand("import", "Store existing logs, with their own times. Not beside a server");
    import.add_option("logs", logs, "Files of JSON lines, also .gz and .zst; what was imported before is passed over")
        ->required();
    import.add_option("--service", import_service, "That of lines which name none")->option_text("NAME");

    constexpr std::string_view given = "--config=";
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--config" && i + 1 < argc) config = argv[i + 1];
        if (word.starts_with(given)) config = word.substr(given.size());
    }

    if (const char* const path = std::getenv("LOGKIT_SERVE_CONFIG"); config.empty() && path != nullptr) config = path;
    if (!config.empty())
        read_settings_file(
            config, {"data", "listen", "host", "sync", "retention", "max-bytes", "require-keys", "allow-plain-http"});
    if (const char* const port = std::getenv("API_PORT");
        port != nullptr && std::getenv("LOGKIT_SERVE_LISTEN") == nullptr)
        (void)::setenv("LOGKIT_SERVE_LISTEN", (std::string("127.0.0.1:") + port).c_str(), 0);
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        if (e.get_exit_code() == 0) return app.exit(e);
        std::fprintf(stderr, "logkit serve: %s; --help tells more\n", e.what());
        return exit_code::usage;
    }
    if (sync != "on" && sync != "off") throw settings_error("sync: \"" + sync + "\" is neither on nor off");
    s.syncs = sync == "on";
    s.kept = read_retention(age, bytes);
    check_settings(s);
    if (create) return create_key(data_folder::made(s.data), words);
    if (list) return list_keys(data_folder::made(s.data));
    if (revoke) return revoke_key(data_folder::made(s.data), words.id);
    if (repair) return repair_store(s.data, tell), exit_code::good;
    if (backup) return back_up(s.data, backup_folder, tell), exit_code::good;
    if (import) return import_logs(s.data, logs, import_service, tell), exit_code::good;
    if (verify) {
        const std::uint64_t damaged = verify_store(s.data, tell);
        tell(damaged == 0 ? "all that is stored can be read" : std::to_string(damaged) + " commits are damaged");
        return damaged == 0 ? exit_code::good : exit_code::found;
    }
    if (is_check) {
        tell((config.empty() ? "" : "config " + config + '\n') + "data " + s.data + "\nlisten " + s.listen + "\nsync " +
             sync + "\nretention " + (age.empty() ? "for ever" : age) + "\nmax-bytes " +
             (bytes.empty() ? "all" : bytes) + "\nkeys " + (s.requires_keys ? "always" : "once there is an admin key") +
             "\nthe settings are right");
        return exit_code::good;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    (void)::signal(SIGPIPE, SIG_IGN);
    run_server(s, tell);
    return exit_code::good;
}

}  // namespace

int main(int argc, char** argv) {
    constexpr int a_body = 1 << 20;
    (void)::mallopt(M_MMAP_THRESHOLD, a_body);  // large texts are given back to the system with their end
    (void)::setenv("TZ", "UTC", 1);             // a time without a zone is UTC, whatever the machine thinks
    ::tzset();
    try {
        return run(argc, argv);
    } catch (settings_error const& error) {
        std::fprintf(stderr, "logkit serve: %s\n", error.what());
        return exit_code::usage;
    } catch (std::invalid_argument const& error) {
        std::fprintf(stderr, "logkit serve: %s\n", error.what());
        return exit_code::usage;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "logkit serve: %s\n", error.what());
        return exit_code::failed;
    }
}
