// SPDX-License-Identifier: MIT
#include "store/memory_store.hpp"

#include "store/page_maker.hpp"

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
                                arrival_ns, b.service});
        outcomes.push_back(std::move(made.result));
    }
    for (intent const& i : draft.intents()) ledger_.apply(i, arrival_ns);
    ++commits_;
    return outcomes;
}

page memory_store::find(question const& asked) {
    const std::lock_guard lock(mutex_);
    page_maker maker(asked);
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const std::string_view line = records_[i].line;
        maker.offer(line.substr(0, line.size() - logkit::detail::line_padding), i + 1, records_[i].arrival_ns,
                    records_[i].service);
    }
    return maker.finish();
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
