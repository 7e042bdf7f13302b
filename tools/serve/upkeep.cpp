// SPDX-License-Identifier: MIT
#include "upkeep.hpp"

#include "ingest/check.hpp"
#include "ingest/decode/ndjson.hpp"
#include "serve.hpp"
#include "store/segments/reading.hpp"
#include "store/sqlite/key_table.hpp"
#include "store/sync_folder.hpp"

#include <logkit/base/hash.hpp>
#include <logkit/reader/line_parser.hpp>
#include <logkit/reader/log_file.hpp>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

namespace serve {
namespace {

namespace fs = std::filesystem;

void need_store(std::string const& data) {
    if (!is_data_folder(data))
        throw settings_error("data: there is no store in \"" + data + "\"; name the folder that the server was given");
}

// Names in the folder, and which files they are.
[[nodiscard]] std::map<std::string, ino_t> files_in(std::string const& folder) {
    std::map<std::string, ino_t> all;
    for (fs::directory_entry const& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        const bool is_wanted = number_of(name) != 0 || (name.starts_with("past-") && name.ends_with(".zst"));
        struct stat status {};
        if (is_wanted && ::stat(entry.path().c_str(), &status) == 0) all.emplace(name, status.st_ino);
    }
    return all;
}

[[nodiscard]] bool is_sealed(std::string const& path) {
    std::unique_ptr<disk_file> file;
    const fs::path where(path);
    if (open_folder_disk(where.parent_path().string())->open(where.filename().string(), file) != 0) return false;
    const std::optional<found_footer> found = footer_before(*file, file->size());
    return found.has_value() && found->footer.seals.has_value();
}

// False: it is not there any more.
[[nodiscard]] bool copy_file(std::string const& from, std::string const& to) {
    if (is_sealed(from) && ::link(from.c_str(), to.c_str()) == 0) return true;
    std::error_code error;
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
    if (error == std::errc::no_such_file_or_directory) return false;
    if (error) throw std::runtime_error(to + ": " + error.message());
    const logkit::detail::descriptor copy(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
    if (!copy.is_open() || ::fsync(copy.get()) != 0) throw std::runtime_error(to + ": " + std::strerror(errno));
    return true;
}

// A log's name among streams: what it begins with.
[[nodiscard]] std::string stream_of(std::string_view beginning) {
    constexpr std::size_t digits = 16;
    const std::uint64_t hash = logkit::detail::hash_text(beginning);
    const std::uint64_t more = logkit::detail::hash_mix(hash, beginning.size());
    char text[2 * digits + 1];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash),
                  static_cast<unsigned long long>(more));
    return text;
}

// Is that all of a record, to which nothing can be added?
[[nodiscard]] bool is_whole(std::string line) {
    const std::size_t size = line.size();
    line.append(logkit::detail::line_padding, ' ');
    return check_line({line.data(), size}) == line_kind::object;
}

// Hands over whole lines of a log, with their position. A last one without an end is one where nothing is missing of
// it; else it is left, and that is returned.
[[nodiscard]] bool for_each_piece(logkit::log_file const& log,
                                  std::function<void(std::string& lines, std::uint64_t position)> const& take) {
    constexpr std::size_t step = std::size_t{1} << 20, most = std::size_t{64} << 20;
    const auto from = log.stream();
    std::string text;
    std::uint64_t position = 0;
    for (bool is_over = false; !is_over;) {
        const std::size_t have = text.size();
        text.resize(have + step);
        const std::size_t got = from->read(text.data() + have, step);
        text.resize(have + got);
        is_over = got == 0;
        if (text.size() < step && !is_over) continue;
        std::size_t end = text.rfind('\n') + 1;
        if (is_over && end != text.size()) {
            if (!is_whole(text.substr(end))) {
                text.resize(end);
                if (end != 0) take(text, position);
                return false;
            }
            text += '\n';
            end = text.size();
        }
        if (end == 0 && text.size() > most) end = text.size();  // no line is so long; it is refused
        if (end == 0) continue;
        std::string rest = text.substr(end);
        text.resize(end);
        take(text, position);
        position += end;
        text = std::move(rest);
    }
    return true;
}

// What keeps a log from being imported; "" for nothing.
[[nodiscard]] std::string why_not(outcome const& said) {
    switch (said.what) {
        case outcome::kind::stored:
            return {};
        case outcome::kind::unavailable:
            return said.reason;
        case outcome::kind::of_others:
            return "it was imported before with another --service";
        default:
            return "it begins as a log that was imported before, and goes on otherwise; `logkit ship` sends it as "
                   "another";
    }
}

}  // namespace

std::uint64_t verify_store(std::string const& data, tell_function const& tell) {
    need_store(data);
    return open_to_read(data, tell)->verify();
}

void repair_store(std::string const& data, tell_function const& tell) {
    need_store(data);
    const data_folder own(data);
    segment_settings s;
    s.say = tell;
    const std::uint64_t mended = segment_store(make_folder_disk(data + "/segments"), s).repair();
    tell(mended == 0 ? "nothing that is stored is damaged"
                     : std::to_string(mended) + " segments were mended; as they were they are beside them, .damaged");
}

void back_up(std::string const& data, std::string const& to, tell_function const& tell) {
    need_store(data);
    const std::string from = data + "/segments", into = to + "/segments";
    if (fs::exists(to) && !fs::is_empty(to))
        throw settings_error("to: \"" + to + "\" is there and not empty; a backup needs a folder of its own");
    fs::create_directories(into);
    fs::permissions(to, fs::perms::owner_all);
    constexpr int most_tries = 100;  // segments are sealed and dropped meanwhile
    for (int tries = 1;; ++tries) {
        const std::map<std::string, ino_t> before = files_in(from);
        bool is_whole = true;
        for (auto const& [name, inode] : before) is_whole = is_whole && copy_file(from + '/' + name, into + '/' + name);
        // What is new is behind what was copied; what has become another file is not the one that was copied.
        const std::map<std::string, ino_t> after = files_in(from);
        for (auto const& [name, inode] : before) {
            const auto now = after.find(name);
            is_whole = is_whole && now != after.end() && now->second == inode;
        }
        if (is_whole) break;
        if (tries == most_tries) throw std::runtime_error("the store changes faster than it can be copied");
        for (auto const& [name, inode] : files_in(into)) fs::remove(into + '/' + name);
    }
    copy_key_table(data, to);
    for (std::string const& folder : {into, to, fs::absolute(to).parent_path().string()})
        if (const int error = sync_folder(folder); error != 0)
            throw std::runtime_error(folder + " cannot be synced: " + std::strerror(error));
    const auto copy = open_to_read(to, [](std::string const&) {});
    tell("a backup of " + std::to_string(copy->counters().records) + " records is in " + to);
}

void import_logs(std::string const& data, std::vector<std::string> const& logs, std::string const& service,
                 tell_function const& tell) {
    const data_folder own(data);
    segment_settings s;
    s.say = tell;
    segment_store store(make_folder_disk(data + "/segments"), s);
    for (std::string const& path : logs) {
        const logkit::log_file log(path);
        std::string stream;
        std::uint64_t stored = 0, refused = 0;
        const bool is_complete = for_each_piece(log, [&](std::string& lines, std::uint64_t position) {
            constexpr std::size_t beginning = 4'096;
            if (stream.empty()) stream = stream_of(std::string_view(lines).substr(0, beginning));
            stream_range range;
            range.stream = stream;
            range.position = position;
            range.end = position + lines.size();
            const std::size_t size = lines.size();
            lines.append(logkit::detail::line_padding, ' ');
            ndjson_limits limits;
            limits.most_records = std::numeric_limits<std::uint32_t>::max();
            const std::int64_t now = unix_now_ns();
            decoded_lines decoded = decode_ndjson({lines.data(), size}, range, service, now, limits);
            refused += decoded.refused_count;
            const outcome said = store.append(std::vector<batch>{std::move(decoded.made)}, now)[0];
            if (const std::string why = why_not(said); !why.empty())
                throw std::runtime_error(path + " cannot be imported: " + why);
            stored += said.accepted;
        });
        tell(path + ": " + std::to_string(stored) + " records" +
             (refused == 0 ? "" : ", " + std::to_string(refused) + " lines refused") +
             (is_complete ? "" : "; its last line has no end, and is left for the next time"));
    }
    while (store.tend({}, unix_now_ns())) {
    }
}

}  // namespace serve
