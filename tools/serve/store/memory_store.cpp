// SPDX-License-Identifier: MIT
#include "store/memory_store.hpp"

#include "store/completed_line.hpp"
#include "store/page_maker.hpp"

#include <algorithm>

namespace serve {

std::vector<outcome> memory_store::append(std::span<batch const> group, std::int64_t arrival_ns) {
    const std::lock_guard lock(mutex_);
    std::vector<outcome> outcomes;
    ledger_draft draft(ledger_, arrival_ns);
    for (batch const& b : group) {
        decision made = draft.take(b);
        for (std::size_t i = made.skip; made.is_new && i < b.records.size(); ++i)
            records_.push_back({b.text.substr(b.records[i].offset, b.records[i].size - 1) +
                                    std::string(logkit::detail::line_padding, ' '),
                                arrival_ns, b.service, b.records[i],
                                b.records[i].service == 0 ? b.service : b.services[b.records[i].service]});
        outcomes.push_back(std::move(made.result));
    }
    for (intent const& i : draft.intents()) ledger_.apply(i);
    ++commits_;
    return outcomes;
}

page memory_store::find(question const& asked) {
    const std::lock_guard lock(mutex_);
    page_maker maker(asked);
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const std::string_view line = records_[i].line;
        maker.offer(line.substr(0, line.size() - logkit::detail::line_padding), i + 1, records_[i].arrival_ns,
                    records_[i].service, true);
    }
    return maker.finish();
}

std::unique_ptr<log_store::records> memory_store::scan(question const& asked) {
    class all final : public records {
      public:
        std::string text;
        bool next(logkit::block& into) override {
            if (text.empty()) return false;
            into.size = text.size();
            into.make_room(into.size);
            std::copy(text.begin(), text.end(), into.bytes.begin());
            text.clear();
            return true;
        }
    };
    auto made = std::make_unique<all>();
    line_completer completer;
    logkit::detail::line_parser parser;
    const std::lock_guard lock(mutex_);
    for (kept const& one : records_) {
        const std::string_view line = one.line;
        const std::string_view whole = completer.complete(line.substr(0, line.size() - logkit::detail::line_padding),
                                                          one.service, true, one.arrival_ns);
        if (!asked.service.has_value() || is_of_service(whole, *asked.service, parser))
            made->text.append(whole).append(1, '\n');
    }
    return made;
}

bool memory_store::count_minutes(std::int64_t since_minute, std::int64_t until_minute,
                                 std::function<void(minute_count const&)> const& visit) const {
    const std::lock_guard lock(mutex_);
    for (kept const& one : records_) {
        const std::int64_t time = one.facts.time_ns.value_or(one.arrival_ns);
        const std::int64_t minute = minute_of(time);
        if (one.facts.is_weighted) return false;
        if (minute >= since_minute && minute < until_minute) visit({minute, one.named, one.facts.severity, 1});
    }
    return true;
}

bool memory_store::tend(retention const& kept_for, std::int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    if (kept_for.age_ns != 0)
        std::erase_if(records_, [&](kept const& one) { return one.arrival_ns < now_ns - kept_for.age_ns; });
    return false;
}

std::vector<std::pair<std::string, stream_state>> memory_store::streams() const {
    const std::lock_guard lock(mutex_);
    return {ledger_.streams().begin(), ledger_.streams().end()};
}
store_counters memory_store::counters() const {
    const std::lock_guard lock(mutex_);
    store_counters now;
    now.records = records_.size();
    now.commits = commits_;
    now.gaps = ledger_.gaps();
    return now;
}

}  // namespace serve
