// SPDX-License-Identifier: MIT
#pragma once

// Process, render, sink: what a record meets after its ring. Stage: control, which wires the stages together.
// Everything here runs with the drain held (pipe/backend.hpp), so nothing needs a lock but the counters that
// stats() reads.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/control/tail.hpp>
#include <logkit/pipe/drain.hpp>
#include <logkit/process/unpack.hpp>
#include <logkit/render/json.hpp>
#include <logkit/sink/rotating_file.hpp>
#include <logkit/sink/sink.hpp>

namespace logkit::detail {

using processor = std::function<bool(record&)>;

class pipeline final : public record_consumer {
  public:
    struct counters {
        std::atomic<std::uint64_t> records{0}, dropped{0}, filtered{0}, bytes{0}, file_failures{0}, sink_failures{0};
    };
    struct destination {
        std::shared_ptr<sink> target;
        bool has_failed = false;
    };
    struct step {
        processor run;
        bool has_failed = false;
    };

    // Changed only while the drain is paused.
    std::unique_ptr<rotating_file> file;  // by set_file
    journal* log = nullptr;               // by set_journal
    std::vector<destination> sinks;
    destination diversion;  // if it has a target, that takes the place of the file and all sinks
    std::vector<step> processors;
    global_fields globals;
    tail_buffer tail;
    trace_identity own_trace{};                                           // of the library's own records
    std::string service;                                                  // LOG_SERVICE
    std::string global_block;                                             // what global_context() was given
    std::vector<std::pair<std::string, std::string>> first_record_notes;  // said once, on the next record

    [[nodiscard]] counters const& counts() const noexcept { return counters_; }

    // Another file; a batch that the old one has not taken goes there.
    void set_file(std::unique_ptr<rotating_file> next) {
        file = std::move(next);
        is_failing_ = false;
    }

    // What recovery will need to know of this side of the rings.
    void set_journal(journal* told) {
        log = told;
        if (log == nullptr) return;
        log->note_clock(clock_.reading());
        log->set_globals(globals.block);
    }

    // After a change of `service` or `global_block`: the program's own `service` wins over the setting's.
    void refresh_globals() {
        globals.block.clear();
        if (!service.empty()) append_field(globals.block, kv("service", service));
        globals.block += global_block;
        ++globals.version;
        if (log != nullptr) log->set_globals(globals.block);
    }

    // From here on, records are another process's: only the file gets them, and no processor.
    void recover(std::optional<clock_reading> const& clock) {
        is_recovering_ = true;
        if (clock.has_value()) clock_ = clock_calibration(*clock);
    }

    // The END of a span of another process which died inside of it; with a name, of one around that ring's
    // context. It took as long as is known: until the ring's last record.
    void deliver_aborted(channel& c, outer_span const& span, std::string_view name) {
        context_header const& context = c.context.header;
        record_head head = own_head(level::error, "END");
        const std::uint64_t last = c.last_ticks != 0 ? c.last_ticks : clock_.reading().ticks;
        head.unix_ns = static_cast<std::int64_t>(clock_.unix_ns(last));
        head.logger = {};
        head.thread = c.thread;
        head.trace_high = context.trace_high;
        head.trace_low = context.trace_low;
        head.span_id = span.span_id;
        head.parent_span_id = span.parent_span_id;
        head.is_recovered = true;
        own_.reset(head);
        put_context(own_, c.context, globals);
        if (!name.empty()) own_.put("span", value({kind::text, 0, name}));
        own_.end_span(clock_.duration_ns(span.started, last), "aborted");
        finish(own_);
    }

    // In a forked child: what was taken from the parent's rings is the parent's to write.
    void after_fork() noexcept {
        batch_.clear();
        if (file != nullptr) file->close();  // its lock is the parent's, and must not outlive that
        log = nullptr;
        tail = tail_buffer{};
        missing_ = 0;
        pending_complaints_.clear();
    }

    void begin_batch() noexcept override {
        if (clock_.refresh() && log != nullptr) log->note_clock(clock_.reading());
        if (unsaid_losses_ != 0) take_loss(std::exchange(unsaid_losses_, 0));
    }

    void take(raw_record const& raw) noexcept override {
        const std::size_t start = batch_.size();
        for (int attempt = 0; attempt < 2; ++attempt) {
            try {
                if (is_recovering_ || !tail.holds_back(raw, [&](raw_record const& released) { deliver(released); }))
                    deliver(raw);
                return;
            } catch (...) {  // out of memory; perhaps only for a moment
                batch_.truncate(start);
            }
        }
        ++unsaid_losses_;
    }

    void take_loss(std::uint64_t records) noexcept override {
        add(counters_.dropped, records);
        guard([&] {
            deliver_own(level::warning, "records dropped", [&](record& r) {
                r.put("dropped", value({kind::uint64, records, {}}));
            });
        });
    }

    // A record of the library itself, with the given further fields.
    template <class Fill>
    void deliver_own(level severity, std::string_view event, Fill&& fill) {
        own_.reset(own_head(severity, event));
        put_block(own_, reinterpret_cast<std::byte const*>(globals.block.data()), globals.block.size());
        fill(own_);
        finish(own_);
    }

    [[nodiscard]] bool is_full() const noexcept override { return batch_.size() >= full_batch; }

    [[nodiscard]] bool commit(batch_note const& note) noexcept override {
        flush_sinks();
        if (batch_.is_empty()) return true;
        if (file == nullptr) {
            batch_.clear();
            return true;
        }
        if (!file->write(batch_.view(), note)) {
            if (!file->is_open() && is_final(errno)) return give_up_file();
            fail_file(file->is_open() ? "cannot write" : "cannot open");
            return false;
        }
        add(counters_.bytes, batch_.size());
        is_failing_ = false;
        batch_.clear();
        batch_.shrink_to(2 * full_batch);
        report_gap();
        return true;
    }

  private:
    static constexpr std::size_t full_batch = 64 * 1024;

    // Will opening the file fail again in the same way until somebody does something about it? Then the other
    // sinks must not wait for that.
    [[nodiscard]] static bool is_final(int error) noexcept {
        return error != EMFILE && error != ENFILE && error != ENOMEM && error != ENOSPC && error != EINTR &&
               error != EIO;
    }

    static void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) noexcept {
        counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }

    // For the library's own records; without memory there is one less.
    template <class Fn>
    void guard(Fn&& fn) noexcept {
        const std::size_t start = batch_.size();
        try {
            fn();
        } catch (...) {
            batch_.truncate(start);
            add(counters_.dropped, 1);
        }
    }

    [[nodiscard]] record_head own_head(level severity, std::string_view event) const {
        record_head head;
        head.severity = severity;
        head.unix_ns = static_cast<std::int64_t>(is_recovering_ ? clock_ns(CLOCK_REALTIME) : clock_.unix_ns(ticks()));
        head.event = event;
        head.logger = "logkit";
        head.trace_high = own_trace.high;
        head.trace_low = own_trace.low;
        return head;
    }

    void deliver(raw_record const& raw) {
        json_.prepare(raw, globals);
        if (is_recovering_) {
            record& recovered = unpacker_.unpack(raw, globals, clock_);
            for (record::field& f : recovered.fields()) distrust(f);
            recovered.mark_recovered();
            return finish(recovered);
        }
        if (processors.empty() && sinks.empty() && diversion.target == nullptr && first_record_notes.empty() &&
            json_renderer::is_plain(raw)) {
            json_.render_raw(batch_, raw, clock_);
            add(counters_.records, 1);
            return;
        }
        record& unpacked = unpacker_.unpack(raw, globals, clock_);
        for (auto const& [key, text] : std::exchange(first_record_notes, {})) unpacked.set(key, text);
        for (step& s : processors) {
            if (run(s, unpacked)) continue;
            add(counters_.filtered, 1);
            return;
        }
        finish(unpacked);
    }

    // JSON out of a journal is JSON only if it proves to be; else it is a text.
    static void distrust(record::field& f) {
        decoded const& v = f.value.raw();
        std::string ignored;
        if (v.what != kind::json || append_json_document(ignored, v.text, {}, 0)) return;
        f.value = value({kind::text, 0, v.text});
    }

    // False only if the processor said so: one that throws is reported, and skipped for this record.
    [[nodiscard]] bool run(step& s, record& r) {
        try {
            return s.run(r);
        } catch (std::exception const& e) {
            complain(s.has_failed, "a processor threw", e.what());
        } catch (...) {
            complain(s.has_failed, "a processor threw", "not a std::exception");
        }
        return true;
    }

    void finish(record const& r) {
        add(counters_.records, 1);
        const std::size_t start = batch_.size();
        json_.render(batch_, r);
        const std::string_view line = batch_.view().substr(start);
        if (diversion.target != nullptr) {
            call(diversion, [&] { diversion.target->write(r, line); });
            return batch_.truncate(start);
        }
        for (destination& d : sinks) call(d, [&] { d.target->write(r, line); });
        if (file == nullptr) batch_.truncate(start);
    }

    template <class Fn>
    void call(destination& d, Fn&& fn) noexcept {
        try {
            fn();
        } catch (std::exception const& e) {
            complain(d.has_failed, "a sink threw", e.what());
        } catch (...) {
            complain(d.has_failed, "a sink threw", "not a std::exception");
        }
    }
    void flush_sinks() noexcept {
        for (destination& d : sinks) call(d, [&] { d.target->flush(); });
    }

    // Once for each sink and processor, on stderr and in the file (not through the sinks: one of them is
    // ill).
    void complain(bool& has_failed, std::string_view what, const char* why) noexcept {
        add(counters_.sink_failures, 1);
        if (has_failed) return;
        has_failed = true;
        std::fprintf(stderr, "logkit: %.*s: %s; said once, counted in stats().sink_failures\n",
                     static_cast<int>(what.size()), what.data(), why);
        if (file == nullptr) return;
        guard([&] {
            complaint_.reset(own_head(level::error, what));
            complaint_.set("reason", why);
            pending_complaints_.emplace_back();
            text_buffer line;
            json_.render(line, complaint_);
            pending_complaints_.back() = line.view();
        });
    }

    // There is no file to write to, and nothing to resume: the records have gone to the other sinks, and the
    // file will say how many it lacks.
    [[nodiscard]] bool give_up_file() noexcept {
        fail_file("cannot open");
        const std::string_view lines = batch_.view();
        const auto lost = static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
        missing_ += lost;
        add(counters_.dropped, lost);
        batch_.clear();
        return true;
    }

    void fail_file(const char* what) noexcept {
        const int error = errno;
        add(counters_.file_failures, 1);
        if (is_failing_) return;
        is_failing_ = true;
        std::fprintf(stderr, "logkit: %s \"%s\": %s; trying again\n", what, file->path().c_str(), std::strerror(error));
    }

    void report_gap() noexcept {
        guard([&] {
            for (std::string const& line : pending_complaints_) batch_.append(line);
            pending_complaints_.clear();
            if (missing_ == 0) return;
            const std::uint64_t missing = std::exchange(missing_, 0);
            deliver_own(level::warning, "the log file could not be opened; records are missing here", [&](record& r) {
                r.put("dropped", value({kind::uint64, missing, {}}));
            });
        });
    }

    json_renderer json_;
    unpacker unpacker_;
    clock_calibration clock_;
    record own_, complaint_;
    text_buffer batch_;  // lines for the file
    bool is_failing_ = false;
    bool is_recovering_ = false;
    std::uint64_t missing_ = 0;
    std::uint64_t unsaid_losses_ = 0;
    std::vector<std::string> pending_complaints_;
    counters counters_;
};

}  // namespace logkit::detail
