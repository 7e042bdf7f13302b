// SPDX-License-Identifier: MIT
#pragma once

// What processes that are gone had accepted and not yet written: found, and written now, each record once,
// with "recovered":true. Stage: control. By the next process that opens the same log, and by `logkit
// recover`.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/control/pipeline.hpp>
#include <logkit/pipe/dead_journal.hpp>
#include <logkit/pipe/drain.hpp>
#include <logkit/sink/rotating_file.hpp>

namespace logkit::detail {

// Where the records go.
struct recovery_target {
    std::string path;
    std::uint64_t limit = 0;
    unsigned backups = 5;
    std::vector<std::string> folders{};  // where journals of this log may be
};

struct recovery_report {
    std::uint64_t journals = 0, records = 0, spans = 0, bad_journals = 0;
};

// Opens the file that a batch was meant for, under its name or a backup's. Not open: it is not there any
// more.
[[nodiscard]] inline descriptor open_noted_file(recovery_target const& target, file_place const& place) {
    for (unsigned i = 0; i <= target.backups; ++i) {
        const std::string path = i == 0 ? target.path : target.path + '.' + std::to_string(i);
        descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY));
        struct stat status {};
        if (file.is_open() && ::fstat(file.get(), &status) == 0 && status.st_dev == place.device &&
            status.st_ino == place.inode)
            return file;
    }
    return {};
}

enum class batch_state { absent, partial, whole };

// How much of a noted batch is in the file; the caller holds the file's lock. What stands in its place may
// well be another process's, if the dead one had not yet written a byte.
[[nodiscard]] inline batch_state look_for_batch(int fd, file_place const& place) {
    struct stat status {};
    constexpr std::uint64_t sensible = std::uint64_t{1} << 48;
    if (::fstat(fd, &status) != 0 || place.offset > sensible || place.length > sensible) return batch_state::absent;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size <= place.offset || place.length == 0) return batch_state::absent;
    const auto is_there = [&](std::uint64_t at, const char* text, std::uint64_t n) {
        char found[file_place::head_size];
        return ::pread(fd, found, n, static_cast<off_t>(at)) == static_cast<ssize_t>(n) &&
               std::memcmp(found, text, n) == 0;
    };
    const std::uint64_t present = size - place.offset;
    const std::uint64_t head = std::min({present, place.length, std::uint64_t{file_place::head_size}});
    if (!is_there(place.offset, place.head, head)) return batch_state::absent;
    const std::uint64_t tail = std::min(place.length, std::uint64_t{file_place::tail_size});
    if (present >= place.length && is_there(place.offset + place.length - tail, place.tail, tail))
        return batch_state::whole;
    return present < place.length ? batch_state::partial : batch_state::absent;
}

// Did the batch that was noted last get into its file? One that is there in part is taken out again: it will
// be written anew. Nobody has written behind it, for who finds a file that ends in the middle of a batch does
// this first (mend_end). Returns whether recovery had come to its end before.
[[nodiscard]] inline bool settle_last_batch(dead_journal& dead, recovery_target const& target) {
    dead_journal::noted_batch last = dead.last_batch();
    if (last.number == 0) return false;
    const descriptor file = open_noted_file(target, last.place);
    batch_state state = batch_state::absent;
    if (file.is_open()) {
        const file_lock lock(file.get());
        last = dead.last_batch();  // who had the lock before may have mended the file, and voided the note
        if (last.number == 0) return false;
        state = look_for_batch(file.get(), last.place);
        if (state == batch_state::partial) (void)::ftruncate(file.get(), static_cast<off_t>(last.place.offset));
    }
    reached(step::settle);
    dead.settle(last.number, state == batch_state::whole);
    return state == batch_state::whole && (last.number & dead_journal::final_batch) != 0;
}

// Ends the file with a whole line again, where a process died in the middle of a batch; the caller holds the
// file's lock. What is taken out here is in that process's journal, or it was half a record, of a process
// without one.
inline void mend_end(int fd, file_place const& end, std::vector<std::string> const& folders,
                     std::string const& log_path) {
    std::uint64_t size = end.offset;
    const descriptor reader(::open(log_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    for (std::string const& path : find_journals(folders, log_path)) {
        // Its lock is not asked for: whoever notes a batch holds the log's, which is ours now.
        dead_journal noted(descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)));
        if (!noted.open()) continue;
        const dead_journal::noted_batch last = noted.last_batch();
        if (last.number == 0 || last.place.device != end.device || last.place.inode != end.inode ||
            look_for_batch(reader.get(), last.place) != batch_state::partial ||
            ::ftruncate(fd, static_cast<off_t>(last.place.offset)) != 0)
            continue;
        noted.forget_batches();
        size = last.place.offset;
    }
    char tail[64 * 1024];
    const std::uint64_t from = size > sizeof tail ? size - sizeof tail : 0;
    const ssize_t n = ::pread(reader.get(), tail, sizeof tail, static_cast<off_t>(from));
    if (n <= 0 || tail[n - 1] == '\n') return;
    const std::string_view text(tail, static_cast<std::size_t>(n));
    const std::size_t line = text.rfind('\n') + 1;  // npos + 1 is 0
    if (text.substr(line).starts_with(R"({"timestamp":")") && (line != 0 || from == 0))
        (void)::ftruncate(fd, static_cast<off_t>(from + line));
    else
        (void)!::write(fd, "\n", 1);  // not ours: only begin a line of our own
}

// The spans that were open on that ring: its context's own, unless its END is there, and those around it.
inline void close_spans(pipeline& line, channel& c, std::set<std::uint64_t>& closed, std::uint64_t& count) {
    context_in_force& context = c.context;
    if (context.header.span_id == 0 || (context.header.flags & context_is_own_span) == 0) return;
    if (!context.has_ended && closed.insert(context.header.span_id).second) {
        line.deliver_aborted(
            c, {context.header.span_id, context.header.parent_span_id, context.header.span_started, 0, 0}, {});
        ++count;
    }
    checked_bytes outer(context.outer_spans());
    outer_span span{};
    std::string_view name;
    while (outer.take(span) && outer.take(name, span.name_size)) {
        if (!closed.insert(span.span_id).second) continue;
        line.deliver_aborted(c, span, name);
        ++count;
    }
}

// Writes what is left in the journal, and removes it. False: not now (the disk is full); it stays.
[[nodiscard]] inline bool replay(dead_journal& dead, recovery_target const& target, recovery_report& report,
                                 std::string& problem) {
    site_table sites;
    channel_pool pool;
    pipeline line;
    problem = dead.load_into(sites, pool, line.global_block);
    line.refresh_globals();
    auto file = std::make_unique<rotating_file>(target.path, target.limit, target.backups);
    file->on_foreign_end([&](int fd, file_place const& end) { mend_end(fd, end, target.folders, target.path); });
    line.set_file(std::move(file));
    line.recover(dead.clock());
    reached(step::replay);
    drain left(pool, sites, line);
    left.note_in(&dead);
    drain::result result;
    while ((result = left.pass()) != drain::result::nothing)
        if (result == drain::result::stalled) return false;
    reached(step::close_spans);
    std::vector<channel*> channels;
    pool.list(channels);
    std::set<std::uint64_t> closed;
    for (channel* c : channels) close_spans(line, *c, closed, report.spans);
    if (!problem.empty())
        line.deliver_own(level::warning, "a journal was damaged; its records behind that are lost", [&](record& r) {
            r.put("problem", value({kind::text, 0, problem}));
        });
    report.records += line.counts().records.load() - closed.size();
    return line.commit({&dead, dead_journal::final_batch | 1});
}

// One journal of a process that is gone. One that cannot be read is set aside as .bad.
inline void recover_journal(std::string const& path, recovery_target const& target, recovery_report& report) {
    process_identity owner{};
    descriptor file = open_dead_journal(path, owner);
    if (!file.is_open()) return;
    dead_journal dead(std::move(file));
    std::string problem = "this is no journal";
    try {
        if (dead.open()) {
            const bool is_over = settle_last_batch(dead, target);
            problem.clear();
            if (!is_over && !replay(dead, target, report, problem)) return;
        }
    } catch (std::exception const& error) {  // it asks for more memory than there is
        problem = error.what();
    }
    reached(step::remove);
    ++report.journals;
    if (problem.empty()) {
        ::unlink(path.c_str());
        return;
    }
    ++report.bad_journals;
    const std::string aside = path + ".bad";
    std::fprintf(stderr,
                 "logkit: the journal \"%s\" of process %llu is damaged: %s; what could be read is in the "
                 "log, and it is kept as \"%s\"\n",
                 path.c_str(), static_cast<unsigned long long>(owner.pid), problem.c_str(), aside.c_str());
    ::rename(path.c_str(), aside.c_str());
}

// All journals of that log.
inline recovery_report recover_journals(recovery_target const& target) {
    const foreign_addresses no_symbols;
    recovery_report report;
    for (std::string const& path : find_journals(target.folders, target.path)) recover_journal(path, target, report);
    return report;
}

}  // namespace logkit::detail
