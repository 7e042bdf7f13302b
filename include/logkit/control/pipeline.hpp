// SPDX-License-Identifier: MIT
#pragma once

// Process, render, sink: what a record meets after its ring. Stage: control, which wires the stages together.
//
//   take ─► held back by LOG_TAIL? ─► processors ─► redaction by value ─► JSON line ─► batch ─► file
//   (file_delivery.hpp)
//                                                            └─► copies ─► sinks, when the file has been tried
//                                                                          (control/outlet.hpp)
//
// Everything here runs with the drain held (pipe/backend.hpp): nothing needs a lock but the counters that stats()
// reads.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/inside.hpp>
#include <logkit/control/additions.hpp>
#include <logkit/control/file_delivery.hpp>
#include <logkit/control/outlet.hpp>
#include <logkit/control/own_records.hpp>
#include <logkit/control/redaction.hpp>
#include <logkit/control/span_notes.hpp>
#include <logkit/control/tail.hpp>
#include <logkit/pipe/drain.hpp>
#include <logkit/process/record_batch.hpp>
#include <logkit/process/unpack.hpp>
#include <logkit/redact/record_redactor.hpp>
#include <logkit/render/describe_exception.hpp>
#include <logkit/render/json.hpp>
#include <logkit/render/json_document.hpp>

namespace logkit::detail {

class pipeline final : public record_consumer {
  public:
    struct counters {
        std::atomic<std::uint64_t> records{0}, dropped{0}, filtered{0}, processor_failures{0};
    };

    pipeline() = default;
    // With a clock that is known already, as in a forked child.
    explicit pipeline(clock_calibration const& clock) : clock_(clock) {}
    pipeline(pipeline const&) = delete;
    pipeline& operator=(pipeline const&) = delete;
    ~pipeline() override {
        for (auto const& o : outlets_) o->stop_thread();
    }

    [[nodiscard]] counters const& counts() const noexcept { return counters_; }
    [[nodiscard]] file_delivery::counters const& file_counts() const noexcept { return file_.counts(); }
    [[nodiscard]] outlet::counters const& sink_counts() const noexcept { return sink_counts_; }
    [[nodiscard]] rotating_file const* file() const noexcept { return file_.file(); }
    [[nodiscard]] clock_calibration const& clock() const noexcept { return clock_; }
    [[nodiscard]] std::vector<std::shared_ptr<outlet>> outlets_now() const {  // any thread
        const std::lock_guard lock(outlets_mutex_);
        return outlets_;
    }

    // ── Changed only while the drain is held. ──

    void set_file(std::unique_ptr<rotating_file> next) noexcept { file_.set_file(std::move(next)); }
    // In a forked child: its lock is the parent's.
    void close_file() noexcept { file_.close(); }

    // What recovery will need to know of this side of the rings.
    void set_journal(journal* told) {
        log_ = told;
        tail_.note_in(told);
        spans_.note_in(told);
        if (log_ == nullptr) return;
        log_->note_clock(clock_.reading());
        log_->set_globals(globals_.block);
    }

    // Of the library's own records.
    void set_own_trace(trace_identity own) noexcept { own_trace_ = own; }

    // Those that are there already stay, with what waits for them; others end.
    void set_sinks(std::shared_ptr<sink> const& console, std::vector<std::shared_ptr<sink>> const& others) {
        std::vector<std::shared_ptr<outlet>> next;
        if (console != nullptr) next.push_back(outlet_of(console, file_.has_file()));
        for (std::shared_ptr<sink> const& target : others) next.push_back(outlet_of(target, false));
        {
            const std::lock_guard lock(outlets_mutex_);
            outlets_.swap(next);
        }
        for (auto const& old : next)
            if (std::find(outlets_.begin(), outlets_.end(), old) == outlets_.end()) retire(*old);
        look_whether_straight();
    }
    // From here on sinks have threads of their own, or, if not, are served by threads that log.
    void give_sinks_threads(bool are_given) noexcept {
        may_have_threads_.store(are_given);
        lacks_threads_.store(false);
        if (!are_given)
            for (auto const& o : outlets_) o->stop_thread();
    }

    // If there is a target, that takes the place of the file and all sinks. Null: no more.
    void divert(std::shared_ptr<sink> target) noexcept {
        diversion_ = std::move(target);
        look_whether_straight();
    }

    void set_processors(std::vector<std::shared_ptr<processor>> const& all) {
        processors_ = all;
        look_whether_straight();
    }

    void set_redaction(redaction_policy const& policies) {
        if (redacted_by_ == &policies) return;
        redacted_by_ = &policies;
        redactor_.emplace(policies.values, policies.keys);
        json_.filter_by(&*redactor_);
        ++globals_.version;
    }

    // The fields of every record; the program's own `service` wins over the setting's.
    void set_globals(std::string_view service, std::string_view block) {
        std::string all;
        if (!service.empty()) append_field(all, kv("service", service));
        all += block;
        if (all == globals_.block) return;
        globals_.block = std::move(all);
        ++globals_.version;
        if (log_ != nullptr) log_->set_globals(globals_.block);
    }
    // Said once, on the next record.
    void clear_first_record_notes() noexcept {
        first_record_notes_.clear();
        look_whether_straight();
    }
    void note_on_first_record(std::string key, std::string text) {
        first_record_notes_.emplace_back(std::move(key), std::move(text));
        look_whether_straight();
    }

    // From here on, records are another process's: only the file gets them, and no processor.
    void recover(dead_journal& from, std::optional<clock_reading> const& clock) {
        is_recovering_ = true;
        look_whether_straight();
        file_.keep_all();
        spans_.keep(from);
        if (clock.has_value()) clock_ = clock_calibration(*clock);
    }

    // The END of a span of another process which died inside of it: under the context that it had, which `context` says
    // with the span's own ids. It took as long as is known: until `last` (ticks; 0: until now).
    void deliver_aborted(context_in_force const& context, std::string_view thread, std::uint64_t last,
                         outer_span const& span, std::string_view name) {
        record_head head = own_head(level::error, "END");
        if (last == 0) last = clock_.reading().ticks;
        head.unix_ns = static_cast<std::int64_t>(clock_.unix_ns(last));
        head.logger = {};
        head.thread = thread;
        head.trace_high = context.header.trace_high;
        head.trace_low = context.header.trace_low;
        head.span_id = span.span_id;
        head.parent_span_id = span.parent_span_id;
        head.is_recovered = true;
        own_.reset(head);
        put_context(own_, context, globals_);
        if (!name.empty()) own_.put("span", value({kind::text, 0, name}));
        own_.end_span(clock_.duration_ns(span.started, last), "aborted");
        finish(own_);
    }
    // Spans of coroutines that were told and have not ended, as far as recovery has read.
    [[nodiscard]] span_notes& spans() noexcept { return spans_; }

    // ── The drain's. ──

    void begin_batch() noexcept override {
        if (clock_.refresh() && log_ != nullptr) log_->note_clock(clock_.reading());
        if (unsaid_losses_ != 0) take_loss(std::exchange(unsaid_losses_, 0));
    }

    void take(raw_record const& raw) noexcept override {
        if (raw.origin->is_span_end) spans_.end(raw.context->header.span_id);
        const std::size_t start = file_.batch().size();
        try {
            take_once(raw);
        } catch (...) {
            take_again(raw, start);
        }
    }

    void take_context(channel& c) noexcept override {
        try {
            spans_.begin(c.context, c.thread);
        } catch (...) {  // no memory: recovery will not know of the span
        }
    }
    void take_span_end(std::uint64_t span_id) noexcept override { spans_.end(span_id); }

    void take_loss(std::uint64_t records) noexcept override {
        add(counters_.dropped, records);
        say("records dropped", "dropped", records);
    }

    // A record of the library itself, with the given further fields.
    template <class Fill>
    void deliver_own(level severity, std::string_view event, Fill&& fill) {
        own_.reset(own_head(severity, event));
        put_block(own_, reinterpret_cast<std::byte const*>(globals_.block.data()), globals_.block.size());
        fill(own_);
        finish(own_);
    }

    [[nodiscard]] bool is_full() const noexcept override { return file_.is_full(); }

    // The file first, and whatever comes of that, then the sinks.
    [[nodiscard]] bool commit(batch_note const& note) noexcept override {
        tell_news();
        tail_.end_with(note.number);
        spans_.end_with(note.number);
        const std::uint64_t given_up_before = given_up();
        const bool is_done = file_.deliver(note);
        add(counters_.dropped, given_up() - given_up_before);
        hand_over();
        if (!is_done) return false;
        tail_.batch_is_written();
        spans_.batch_is_written();
        return true;
    }

    void after_pass() noexcept override {
        if (is_recovering_ || (may_have_threads_.load() && !lacks_threads_.load())) return;
        try {
            for (auto const& o : outlets_now()) o->deliver_here();
        } catch (...) {  // no memory: next time
        }
    }

    // What would be told in a second is told with the next batch. Any thread.
    void tell_at_once() noexcept { told_refusals_at_.store(0); }

    [[nodiscard]] std::uint64_t given_up() const noexcept override {
        return file_.counts().given_up.load(std::memory_order_relaxed);
    }

  private:
    static constexpr std::uint64_t sink_patience_ns = 300'000'000, only_sink_patience_ns = 5'000'000'000;
    static constexpr std::uint64_t refusals_every_ns = 1'000'000'000;

    // Does nobody look at records before they are in the file? Then a plain one is rendered without being taken apart.
    void look_whether_straight() noexcept {
        is_straight_ = processors_.empty() && outlets_.empty() && diversion_ == nullptr &&
                       first_record_notes_.empty() && !is_recovering_ && file_.has_file();
    }

    static void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) noexcept {
        counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }

    [[nodiscard]] std::shared_ptr<outlet> outlet_of(std::shared_ptr<sink> const& target, bool is_spare) {
        for (auto const& o : outlets_)
            if (o->target() == target) return o;
        const std::uint64_t patience = file_.has_file() ? sink_patience_ns : only_sink_patience_ns;
        return std::make_shared<outlet>(target, patience, is_spare, sink_counts_);
    }
    // Nobody gives it batches any more.
    static void retire(outlet& old) noexcept {
        (void)old.wait_until_done(deadline_after(sink_patience_ns));
        old.stop_thread();
    }

    void take_once(raw_record const& raw) {
        if (tail_buffer::concerns(raw) && !is_recovering_ &&
            tail_.holds_back(raw, [&](raw_record const& released) { deliver(released); }))
            return;
        deliver(raw);
    }
    // Memory was out; perhaps only for a moment.
    [[gnu::noinline, gnu::cold]] void take_again(raw_record const& raw, std::size_t start) noexcept {
        file_.batch().truncate(start);
        try {
            take_once(raw);
        } catch (...) {
            file_.batch().truncate(start);
            ++unsaid_losses_;
        }
    }

    // For the library's own records; without memory there is one less.
    template <class Fn>
    void guard(Fn&& fn) noexcept {
        text_buffer& batch = file_.batch();
        const std::size_t start = batch.size();
        try {
            fn();
        } catch (...) {
            batch.truncate(start);
            add(counters_.dropped, 1);
        }
    }
    void say(std::string_view event, const char* key, std::uint64_t number) noexcept {
        guard([&] {
            deliver_own(level::warning, event, [&](record& r) { r.put(key, value({kind::uint64, number, {}})); });
        });
    }

    [[nodiscard]] record_head own_head(level severity, std::string_view event) const {
        record_head head;
        head.severity = severity;
        head.unix_ns = static_cast<std::int64_t>(is_recovering_ ? clock_ns(CLOCK_REALTIME) : clock_.unix_ns(ticks()));
        head.event = event;
        head.logger = "logkit";
        head.trace_high = own_trace_.high;
        head.trace_low = own_trace_.low;
        return head;
    }

    void deliver(raw_record const& raw) {
        json_.prepare(raw, globals_);
        if (is_straight_ && json_renderer::is_plain(raw) && redactor_->is_clean(raw)) {
            json_.render_raw(file_.batch(), raw, clock_);
            add(counters_.records, 1);
            return;
        }
        if (is_recovering_) {
            record& recovered = unpacker_.unpack(raw, globals_, clock_);
            mark_recovered(recovered);
            return finish(recovered);
        }
        record& unpacked = unpacker_.unpack(raw, globals_, clock_);
        if (!first_record_notes_.empty()) {
            for (auto const& [key, text] : std::exchange(first_record_notes_, {})) unpacked.set(key, text);
            look_whether_straight();
        }
        for (auto const& step : processors_) {
            if (run(*step, unpacked)) continue;
            add(counters_.filtered, 1);
            return;
        }
        finish(unpacked);
    }

    // False only if the processor said so: one that throws is reported, and skipped for this record.
    [[nodiscard]] bool run(processor& s, record& r) {
        try {
            return s.run(r);
        } catch (std::exception const& e) {
            complain(s.has_failed, text_of_what(e));
        } catch (...) {
            complain(s.has_failed, "not a std::exception");
        }
        return true;
    }

    void finish(record& r) {
        add(counters_.records, 1);
        redactor_->redact(r);
        text_buffer& batch = file_.batch();
        const std::size_t start = batch.size();
        json_.render(batch, r);
        const std::string_view line = batch.view().substr(start);
        if (diversion_ != nullptr) {
            give_diverted(r, line);
            return batch.truncate(start);
        }
        if (!outlets_.empty() && !is_recovering_) {
            if (copies_ == nullptr) copies_ = std::make_unique<record_batch>();
            copies_->add(r, line);
        }
        if (!file_.has_file()) {
            batch.truncate(start);
            if (copies_ != nullptr && copies_->size() >= largest_copies) hand_over();
        }
    }
    static constexpr std::size_t largest_copies = 256 * 1024;

    void give_diverted(record const& r, std::string_view line) noexcept {
        try {
            diversion_->write(r, line);
        } catch (...) {
            add(counters_.processor_failures, 1);
        }
    }

    void hand_over() noexcept {
        if (copies_ == nullptr) return;
        const std::size_t records = copies_->entries().size();
        try {
            const shared_batch batch(std::move(copies_));
            for (auto const& o : outlets_) {
                o->take(batch, may_have_threads_.load());
                if (!o->has_thread()) lacks_threads_.store(true);  // for want of one: threads that log do its work
            }
        } catch (...) {  // no memory
            sink_counts_.missed.fetch_add(records, std::memory_order_relaxed);
        }
        copies_ = nullptr;
    }

    // Once for each processor, on stderr and in the log.
    void complain(bool& has_failed, const char* why) noexcept {
        add(counters_.processor_failures, 1);
        if (std::exchange(has_failed, true)) return;
        say_on_standard_error("a processor threw; the log says what. Said once, counted in stats().sink_failures");
        tell_failure("a processor threw", why);
    }
    // In the file alone: a sink is ill, or the record is in the midst of being made.
    void tell_failure(std::string_view what, std::string_view why) noexcept {
        if (!file_.has_file()) return;
        guard([&] {
            complaint_.reset(own_head(level::error, what));
            complaint_.set("reason", why);
            redactor_->redact(complaint_);
            text_buffer line;
            json_.render(line, complaint_);
            pending_lines_ += line.view();
        });
    }

    // What the library has to say itself, at the end of a batch.
    void tell_news() noexcept {
        if (is_recovering_) return;
        for (auto const& o : outlets_)
            if (o->has_news()) tell_news_of(*o);
        if (!pending_lines_.empty())
            guard([&] {
                file_.batch().append(pending_lines_);
                pending_lines_.clear();
            });
        if (const std::uint64_t missing = file_.missing()) {
            file_.missing_is_told();
            say("the log file could not be opened; records are missing here", "dropped", missing);
        }
        if (const int error = file_.take_rotation_error()) tell_rotation_error(error);
        if (const std::uint64_t lost = file_.take_spool_losses())
            say("rotated log went that was not yet shipped: the spool is full", "lost_bytes", lost);
        const std::uint64_t refused = refused_records.load(std::memory_order_relaxed);
        if (refused != told_refusals_ && clock_ns(CLOCK_MONOTONIC) > told_refusals_at_ + refusals_every_ns) {
            told_refusals_at_ = clock_ns(CLOCK_MONOTONIC);
            say("records refused: they were logged from inside of the logger", "refused",
                refused - std::exchange(told_refusals_, refused));
        }
    }
    void tell_news_of(outlet& from) noexcept {
        try {
            const outlet::news told = from.take_news();
            if (!told.failure.empty()) tell_failure("a sink threw", told.failure);
            if (told.missed != 0) say("a sink was behind, and misses records", "missed", told.missed);
        } catch (...) {  // no memory: stats() has the counts
        }
    }
    void tell_rotation_error(int error) noexcept {
        guard([&] {
            deliver_own(level::warning, "the log file cannot be rotated; it grows on",
                        [&](record& r) { say_rotation_error(r, file()->path(), error); });
        });
    }

    file_delivery file_{};
    journal* log_ = nullptr;
    outlet::counters sink_counts_{};
    mutable std::mutex outlets_mutex_{};
    std::vector<std::shared_ptr<outlet>> outlets_{};
    std::atomic<bool> may_have_threads_{false}, lacks_threads_{false};
    std::unique_ptr<record_batch> copies_{};  // what the sinks will get when the file has been tried
    std::shared_ptr<sink> diversion_{};
    std::vector<std::shared_ptr<processor>> processors_{};
    global_fields globals_{};
    tail_buffer tail_{};
    span_notes spans_{};
    trace_identity own_trace_{};
    std::vector<std::pair<std::string, std::string>> first_record_notes_{};
    redaction_policy const* redacted_by_ = nullptr;
    std::optional<record_redactor> redactor_{};  // set before the first record
    json_renderer json_{};
    unpacker unpacker_{};
    clock_calibration clock_{};
    record own_{}, complaint_{};
    bool is_recovering_ = false;
    bool is_straight_ = false;  // look_whether_straight
    std::uint64_t unsaid_losses_ = 0, told_refusals_ = 0;
    std::atomic<std::uint64_t> told_refusals_at_{0};
    std::string pending_lines_{};
    counters counters_{};
};

}  // namespace logkit::detail
