// SPDX-License-Identifier: MIT
#pragma once

// A cursor on disk: run.log.cursor, or run.log.cursor.NAME of a further destination. Stage: ship.
//
//   logkit-cursor 1                                    the version; another one is left alone
//   place 2049 131077                                  device and inode of the file of the position
//   spool_mb 1024
//   stream 0af7651916cd43dd8448eb211c80319c
//   position logs 18446 18446                          signal, position, up to where the server has it
//   mark 5f3cc0de5f3cc0de                              the server's Logkit-Before of the next batch; - for none
//   sample 14350 4096 5f3cc0de5f3cc0de                 from, length, hash of what stands before the place
//   machine 91ab…                                      a hash of the machine's name for itself
//   log /var/log/run.log
//   answer 2026-11-21T12:00:00Z 200                    the server's last one; - for none
//   error -
//   file 2049 131076 0 10485760 /var/log/run.log.1     device, inode, first position, size, path; the oldest first
//   check 77aa…                                        a hash of all lines before it
//
// Written beside, synced, renamed; the one before stays as .old. What a crash can leave: an old cursor, whose batch is
// sent again and skipped by the server; a damaged one, for which the old one stands in.
//
// One shipper for each cursor: who has the fcntl lock of run.log.cursor.lock, which falls with its process.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/descriptor.hpp>
#include <logkit/base/standard_error.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/ship/position.hpp>
#include <logkit/sink/needed_files.hpp>

namespace logkit::detail {

[[nodiscard]] inline std::string text_of_cursor(cursor const& c) {
    const auto or_none = [](std::string text) {  // one line, whatever a server said
        std::replace(text.begin(), text.end(), '\n', ' ');
        return text.empty() ? std::string("-") : text;
    };
    const auto number = [](std::uint64_t n) { return std::to_string(n); };
    std::string text(cursor_magic);
    const file_identity place = c.has_place() ? c.file().identity : file_identity{};
    text += "place " + number(place.device) + ' ' + number(place.inode) + '\n';
    text += "spool_mb " + number(c.spool_mb) + '\n';
    text += "stream " + c.stream + '\n';
    text += "position logs " + number(c.position) + ' ' + number(c.sent) + '\n';
    text += "mark " + or_none(c.mark) + '\n';
    text += "sample " + number(c.sample.from) + ' ' + number(c.sample.length) + ' ' + hex_of(c.sample.hash) + '\n';
    text += "machine " + or_none(c.machine) + '\n';
    text += "log " + c.log + '\n';
    text += "answer " + or_none(c.answer) + '\n';
    text += "error " + or_none(c.error) + '\n';
    for (seen_file const& f : c.files)
        text += "file " + number(f.identity.device) + ' ' + number(f.identity.inode) + ' ' + number(f.first) + ' ' +
                number(f.size) + ' ' + f.path + '\n';
    return text + "check " + hex_of(hash_text(text)) + '\n';
}

enum class cursor_state : std::uint8_t { absent, good, damaged, of_another_version, unreadable };

[[nodiscard]] inline cursor_state parse_cursor(std::string_view text, cursor& into) {
    constexpr std::string_view any_version = "logkit-cursor ";
    if (text.starts_with(any_version) && !text.starts_with(cursor_magic) && text.find('\n') != text.npos)
        return cursor_state::of_another_version;
    constexpr std::size_t check_size = 6 + 16 + 1;
    if (!text.starts_with(cursor_magic) || text.size() < cursor_magic.size() + check_size || !text.ends_with('\n'))
        return cursor_state::damaged;
    const std::string_view lines = text.substr(0, text.size() - check_size);
    if (text.substr(lines.size()) != "check " + hex_of(hash_text(lines)) + '\n') return cursor_state::damaged;
    const auto line = [&](std::string_view word) { return line_of_cursor(lines, word); };
    const auto text_of = [&](std::string_view word) {
        const std::string_view found = line(word);
        return std::string(found == "-" ? std::string_view{} : found);
    };
    cursor c;
    std::uint64_t device = 0, inode = 0;
    std::string_view place = line("place"), spool = line("spool_mb"), sample = line("sample"),
                     position = line("position");
    c.stream = line("stream");
    if (take_until(position, ' ') != "logs" || !take_number(position, c.position) || !take_number(position, c.sent) ||
        !take_number(place, device) || !take_number(place, inode) || !take_number(spool, c.spool_mb) ||
        !take_number(sample, c.sample.from) || !take_number(sample, c.sample.length) || c.stream.size() != 32)
        return cursor_state::damaged;
    c.sample.hash = parse_hex(sample).value_or(0);
    c.mark = text_of("mark");
    c.machine = text_of("machine");
    c.log = text_of("log");
    c.answer = text_of("answer");
    c.error = text_of("error");
    std::string_view rest = lines;
    while (!rest.empty() && !rest.starts_with("file ")) (void)take_until(rest, '\n');
    while (!rest.empty()) {
        std::string_view file = take_until(rest, '\n');
        if (!file.starts_with("file ")) return cursor_state::damaged;
        file.remove_prefix(5);
        seen_file f;
        std::uint64_t dev = 0, ino = 0;
        if (!take_number(file, dev) || !take_number(file, ino) || !take_number(file, f.first) ||
            !take_number(file, f.size))
            return cursor_state::damaged;
        f.identity = {dev_t{dev}, ino_t{ino}};
        f.path = file;
        c.files.push_back(std::move(f));
    }
    c.place = c.files.size();
    for (std::size_t i = 0; i < c.files.size(); ++i)
        if (c.files[i].identity == file_identity{dev_t{device}, ino_t{inode}}) c.place = i;
    if (c.has_place() && c.position < c.file().first) return cursor_state::damaged;
    into = std::move(c);
    return cursor_state::good;
}

class cursor_file {
  public:
    // Of the log at `log`, for the destination `name` ("": the only one).
    cursor_file(std::string const& log, std::string const& name)
        : path_(log + std::string(cursor_suffix) + (name.empty() ? "" : "." + name)) {}

    [[nodiscard]] std::string const& path() const noexcept { return path_; }

    // The cursor; where it is damaged or gone, the one before. `unreadable`: errno tells why, and nothing is known.
    [[nodiscard]] cursor_state load(cursor& into) const {
        const cursor_state state = load_from(path_, into);
        if (state != cursor_state::absent && state != cursor_state::damaged) return state;
        return load_from(path_ + ".old", into) == cursor_state::good ? cursor_state::good : state;
    }
    // Is the cursor itself whole? (load() may have had to take the one before.)
    [[nodiscard]] bool is_whole() const {
        cursor ignored;
        return load_from(path_, ignored) == cursor_state::good;
    }

    // False: errno tells why; the one on disk is as it was.
    [[nodiscard]] bool save(cursor const& c) const {
        const write_signals_blocked blocked;
        const std::string fresh = path_ + ".new", text = text_of_cursor(c);
        {
            const descriptor file =
                open_file(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0600);
            if (!file.is_open()) return false;
            std::size_t done = 0;
            while (done < text.size()) {
                const ssize_t n = ::write(file.get(), text.data() + done, text.size() - done);
                if (n < 0 && errno == EINTR) continue;
                if (n <= 0) return give_up(fresh);
                done += static_cast<std::size_t>(n);
            }
            if (::fdatasync(file.get()) != 0 && errno != EINVAL) return give_up(fresh);
        }
        const std::string old = path_ + ".old";
        if (is_whole()) {
            (void)::unlink(old.c_str());
            (void)!::link(path_.c_str(), old.c_str());
        }
        return ::rename(fresh.c_str(), path_.c_str()) == 0 || give_up(fresh);
    }
    // Says that its shipper lives.
    void touch() const noexcept { (void)::utimensat(AT_FDCWD, path_.c_str(), nullptr, 0); }

    enum class lock_result : std::uint8_t { mine, taken, impossible };
    // Becomes the one shipper of this cursor; or another process is it (`holder`), or errno tells why nobody can be.
    [[nodiscard]] lock_result try_lock(pid_t& holder) {
        holder = 0;
        if (!lock_.is_open()) lock_ = open_file((path_ + ".lock").c_str(), O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
        if (!lock_.is_open()) return lock_result::impossible;
        struct flock whole {};
        whole.l_type = F_WRLCK;
        if (::fcntl(lock_.get(), F_SETLK, &whole) == 0) return lock_result::mine;
        if (errno != EAGAIN && errno != EACCES) return lock_result::impossible;
        if (::fcntl(lock_.get(), F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) holder = whole.l_pid;
        return lock_result::taken;
    }
    void unlock() noexcept { lock_ = descriptor{}; }

  private:
    [[nodiscard]] static cursor_state load_from(std::string const& path, cursor& into) {
        const descriptor file = open_file(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        if (!file.is_open()) return errno == ENOENT ? cursor_state::absent : cursor_state::unreadable;
        constexpr std::size_t most = 4U << 20;
        std::string text;
        char block[16 * 1024];
        ssize_t n = 0;
        while ((n = ::read(file.get(), block, sizeof block)) > 0 && text.size() < most)
            text.append(block, static_cast<std::size_t>(n));
        return n < 0 ? cursor_state::unreadable : parse_cursor(text, into);
    }
    [[nodiscard]] static bool give_up(std::string const& fresh) noexcept {
        const int error = errno;
        (void)::unlink(fresh.c_str());
        errno = error;
        return false;
    }

    std::string path_;
    descriptor lock_{};
};

}  // namespace logkit::detail
