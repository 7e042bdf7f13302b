// SPDX-License-Identifier: MIT
#pragma once

// What processes that are gone had accepted and not yet written: found, and written now, each record once,
// with "recovered":true. Stage: control. By the next process that opens the same log, and by `logkit
// recover`.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/rotation.hpp>
#include <logkit/base/standard_error.hpp>
#include <logkit/control/pipeline.hpp>
#include <logkit/control/resolved_settings.hpp>
#include <logkit/pipe/dead_journal.hpp>
#include <logkit/pipe/drain.hpp>
#include <logkit/pipe/held_frame.hpp>
#include <logkit/sink/noted_batch.hpp>
#include <logkit/sink/rotating_file.hpp>

namespace logkit::detail {

// Where the records go.
struct recovery_target {
    file_settings file{};
    std::vector<std::string> folders{};  // where journals of this log may be
    redaction_policy const* hidden = &redaction_of_environment();
};

struct recovery_report {
    std::uint64_t journals = 0, records = 0, spans = 0, bad_journals = 0;
};

// Somebody else holds the log, and does not let go of it: recovery is for another time.
struct log_is_locked : std::exception {
    [[nodiscard]] const char* what() const noexcept override { return "the log is locked by another process"; }
};
inline constexpr std::uint64_t recovery_patience_ns = 2'000'000'000;

// Did the batch that was noted last get into its file? One that is there in part is taken out again: it will
// be written anew. Nobody has written behind it, for who finds a file that ends in the middle of a batch does
// this first (mend_end). Returns whether recovery had come to its end before.
[[nodiscard]] inline bool settle_last_batch(dead_journal& dead, recovery_target const& target) {
    dead_journal::noted_batch last = dead.last_batch();
    const descriptor file = last.number == 0 ? descriptor{} : open_noted_file(target.file.path, last.place);
    batch_state state = batch_state::absent;
    if (file.is_open()) {
        const file_lock lock(file.get(), deadline_after(recovery_patience_ns));
        if (!lock.is_held()) throw log_is_locked{};
        last = dead.last_batch();  // who had the lock before may have mended the file, and voided the note
        if (last.number != 0) state = look_for_batch(file.get(), last.place);
        if (state == batch_state::partial) (void)::ftruncate(file.get(), static_cast<off_t>(last.place.offset));
    }
    reached(step::settle);
    dead.settle(last.number, state == batch_state::whole);
    return state == batch_state::whole && (last.number & dead_journal::final_batch) != 0;
}

// The file that `fd` can only write to, for reading. Its name may have gone to another file meanwhile.
[[nodiscard]] inline descriptor open_same_file(int fd, std::string const& path) {
    struct stat wanted {
    }, found{};
    if (::fstat(fd, &wanted) != 0) return {};
    for (std::string const& name : {path, "/proc/self/fd/" + std::to_string(fd)}) {
        descriptor opened = open_file(name.c_str(), O_RDONLY | O_NONBLOCK);
        if (opened.is_open() && ::fstat(opened.get(), &found) == 0 && identity_of(found) == identity_of(wanted))
            return opened;
    }
    return {};
}

// Ends the file with a whole line again, where a process died in the middle of a batch; the caller holds the
// file's lock. What is taken out here is in that process's journal, or it was half a record, of a process
// without one.
inline void mend_end(int fd, file_place const& end, std::vector<std::string> const& folders,
                     std::string const& log_path) {
    std::uint64_t size = end.offset;
    const descriptor reader = open_same_file(fd, log_path);
    if (!reader.is_open()) return;
    for (std::string const& path : find_journals(folders, log_path)) {
        // Its lock is not asked for: whoever notes a batch holds the log's, which is ours now.
        dead_journal noted(open_file(path.c_str(), O_RDWR | O_NOFOLLOW));
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

// The spans that were open on that ring: its context's own, unless its END is there, and those around it. (Those of
// coroutines are not the ring's; they have notes.)
inline void close_spans(pipeline& line, channel& c, std::set<std::uint64_t>& closed) {
    context_in_force& context = c.context;
    context_header const& header = context.header;
    if (header.span_id == 0 || (header.flags & context_is_own_span) == 0 || c.shared().is_left.load() != 0) return;
    if (!context.has_ended && closed.insert(header.span_id).second)
        line.deliver_aborted(context, c.thread, c.last_ticks,
                             {header.span_id, header.parent_span_id, header.span_started, 0, 0}, {});
    checked_bytes outer(context.outer_spans());
    outer_span span{};
    std::string_view name;
    while (outer.take(span) && outer.take(name, span.name_size))
        if (closed.insert(span.span_id).second) line.deliver_aborted(context, c.thread, c.last_ticks, span, name);
}
inline void close_coroutine_spans(pipeline& line, std::set<std::uint64_t>& closed) {
    for (auto const& [id, open] : line.spans().open())
        if (closed.insert(id).second) line.deliver_aborted(open.context, open.thread, 0, open.span, open.name);
}

// After a short pause, if the deadline has not passed.
[[nodiscard]] inline bool is_worth_another_try(std::uint64_t deadline_ns) noexcept {
    const timespec pause{0, 10'000'000};
    ::nanosleep(&pause, nullptr);
    return clock_ns(CLOCK_MONOTONIC) < deadline_ns;
}
[[nodiscard]] inline bool commit_in_time(pipeline& line, batch_note const& note, std::uint64_t deadline_ns) noexcept {
    while (!line.commit(note))
        if (!is_worth_another_try(deadline_ns)) return false;
    return true;
}

// What LOG_TAIL held back when the process died: its traces have not proven dull. And which spans of coroutines were
// open. False: not now.
[[nodiscard]] inline bool replay_notes(dead_journal& dead, site_table const& sites, pipeline& line,
                                       std::uint64_t deadline) {
    channel scratch{ring_mapping(smallest_ring)};
    struct held {
        std::uint64_t place;
        std::unique_ptr<read_held_record> record;
        std::string bytes;
    };
    std::vector<held> records;
    for (dead_journal::open_note& note : dead.open_notes()) {
        if (note.kind == note_kind::open_span) {
            read_open_span span;
            if (span.read(note.bytes)) line.spans().add(span.context, span.span, span.name, span.thread, note.place);
            continue;
        }
        if (note.kind != note_kind::held_record) continue;
        held next{note.place, std::make_unique<read_held_record>(), std::move(note.bytes)};
        if (!next.record->read(next.bytes, sites, scratch)) continue;
        records.push_back(std::move(next));
    }
    std::stable_sort(records.begin(), records.end(),
                     [](held const& a, held const& b) { return a.record->record.ticks < b.record->record.ticks; });
    // The batches of these come before the drain's, and have numbers that no batch of its has had.
    std::uint64_t number = dead_journal::first_replay_batch;
    std::vector<std::uint64_t> batch;
    const auto commit = [&] {
        for (const std::uint64_t place : batch) dead.end_note(place, number);
        if (!commit_in_time(line, {&dead, number}, deadline)) return false;
        for (const std::uint64_t place : batch) dead.end_note(place, void_note);
        batch.clear();
        ++number;
        return true;
    };
    line.begin_batch();
    for (held& h : records) {
        // The bytes may have moved with the record that holds them.
        if (!h.record->read(h.bytes, sites, scratch)) continue;
        line.take(h.record->record);
        batch.push_back(h.place);
        if (line.is_full() && !commit()) return false;
    }
    if (!batch.empty() && !commit()) return false;
    dead.forget_batches();
    return true;
}

// Writes what is left in the journal, and removes it. False: not now (the disk is full); it stays.
[[nodiscard]] inline bool replay(dead_journal& dead, recovery_target const& target, recovery_report& report,
                                 std::string& problem) {
    site_table sites;
    channel_pool pool;
    pipeline line;
    std::string globals;
    problem = dead.load_into(sites, pool, globals);
    line.set_redaction(*target.hidden);
    line.set_globals({}, globals);
    auto file = std::make_unique<rotating_file>(target.file);
    const std::string path = target.file.path;
    file->on_foreign_end([&](int fd, file_place const& end) { mend_end(fd, end, target.folders, path); });
    line.set_file(std::move(file));
    line.recover(dead, dead.clock());
    reached(step::replay);
    const std::uint64_t deadline = deadline_after(recovery_patience_ns);
    if (!replay_notes(dead, sites, line, deadline)) return false;
    drain left(pool, sites, line);
    left.note_in(&dead);
    drain::result result;
    while ((result = left.pass()) != drain::result::nothing)
        if (result == drain::result::stalled && !is_worth_another_try(deadline)) return false;
    reached(step::close_spans);
    channel_list rings;
    pool.list(rings, [](channel&) {});
    std::set<std::uint64_t> closed;
    for (channel* c : rings.channels) close_spans(line, *c, closed);
    close_coroutine_spans(line, closed);
    if (!problem.empty())
        line.deliver_own(level::warning, "a journal was damaged; its records behind that are lost", [&](record& r) {
            r.put("problem", value({kind::text, 0, problem}));
        });
    report.spans += closed.size();
    report.records += line.counts().records.load() - closed.size();
    return commit_in_time(line, {&dead, dead_journal::final_batch | 1}, deadline);
}

// One journal of a process that is gone. One that cannot be read is set aside as .bad.
inline void recover_journal(std::string const& path, recovery_target const& target, recovery_report& report) {
    process_identity owner{};
    descriptor file = open_dead_journal(path, owner);
    if (!file.is_open()) return;
    dead_journal dead(std::move(file));
    if (dead.is_foreign()) {
        say_on_standard_error("the journal \"%s\" is of another version of logkit, whose `logkit recover` can read it",
                              path.c_str());
        return;
    }
    std::string problem = "this is no journal";
    try {
        if (dead.open()) {
            const bool is_over = settle_last_batch(dead, target);
            problem.clear();
            if (!is_over && !replay(dead, target, report, problem)) return;
        }
    } catch (log_is_locked const& error) {
        say_on_standard_error("what process %llu had not yet written is left for later: %s",
                              static_cast<unsigned long long>(owner.pid), error.what());
        return;
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
    say_on_standard_error(
        "the journal \"%s\" of process %llu is damaged: %s; what could be read is in the log, and it is "
        "kept as \"%s\"",
        path.c_str(), static_cast<unsigned long long>(owner.pid), problem.c_str(), aside.c_str());
    ::rename(path.c_str(), aside.c_str());
}

// Journals of logs whose folder is gone would stay in memory (tmpfs) until the machine is started anew: nobody will
// come by for them.
inline void remove_orphans(std::string const& folder) {
    for (std::string const& path : all_journals(folder)) {
        const std::string log = log_path_of(path);
        struct stat status {};
        if (log.empty() || ::stat(log.substr(0, log.rfind('/') + 1).c_str(), &status) == 0 ||
            (errno != ENOENT && errno != ENOTDIR))
            continue;
        process_identity owner{};
        const descriptor file = open_dead_journal(path, owner);
        if (!file.is_open() || ::unlink(path.c_str()) != 0) continue;
        say_on_standard_error("removed the journal of process %llu: the folder of its log \"%s\" is gone",
                              static_cast<unsigned long long>(owner.pid), log.c_str());
    }
}

// All journals of that log; and what is left in the same folders that is of no use to anybody.
inline recovery_report recover_journals(recovery_target const& target) {
    const foreign_addresses no_symbols;
    const write_signals_blocked blocked;
    recovery_report report;
    for (std::string const& path : find_journals(target.folders, target.file.path))
        recover_journal(path, target, report);
    for (std::string const& folder : target.folders) {
        clean_unfinished_journals(folder);
        if (folder.starts_with(shared_memory_folder)) remove_orphans(folder);
    }
    return report;
}

}  // namespace logkit::detail
