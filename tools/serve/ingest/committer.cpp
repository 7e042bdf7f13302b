// SPDX-License-Identifier: MIT
#include "ingest/committer.hpp"

#include <algorithm>
#include <exception>
#include <iterator>

namespace serve {

committer::committer(log_store& store, std::function<std::int64_t()> now_ns)
    : store_(store), now_ns_(std::move(now_ns)), thread_([this] { run(); }) {}

committer::~committer() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    woken_.notify_one();
    thread_.join();
}

committer::handed_in committer::commit(batch b, std::function<void(outcome const&)> done) {
    {
        const std::lock_guard lock(mutex_);
        if (is_ending_) return handed_in::ending;
        constexpr std::size_t most_queued = std::size_t{64} << 20;  // of text; a larger batch may come alone
        if (queued_bytes_ != 0 && queued_bytes_ + b.text.size() > most_queued) return handed_in::full;
        if (b.request.has_value() && !running_.emplace(b.request->scope, b.request->key).second)
            return handed_in::running;
        queued_bytes_ += b.text.size();
        queue_.push_back({std::move(b), std::move(done)});
    }
    woken_.notify_one();
    return handed_in::taken;
}

void committer::run() {
    constexpr std::size_t most_bytes = std::size_t{2}
                                       << 20;  // of one commit, as large frames are; a larger batch goes alone
    while (true) {
        std::vector<batch> group;
        std::vector<std::function<void(outcome const&)>> waiting;
        {
            std::unique_lock lock(mutex_);
            woken_.wait(lock, [&] { return is_ending_ || !queue_.empty(); });
            if (queue_.empty()) return;
            std::size_t taken = 0, bytes = 0;
            for (; taken < queue_.size() && (taken == 0 || bytes + queue_[taken].what.text.size() <= most_bytes);
                 ++taken) {
                bytes += queue_[taken].what.text.size();
                group.push_back(std::move(queue_[taken].what));
                waiting.push_back(std::move(queue_[taken].done));
            }
            queued_bytes_ -= bytes;
            queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(taken));
        }
        std::vector<outcome> outcomes;
        try {
            outcomes = store_.append(group, now_ns_());
        } catch (std::exception const& error) {  // no memory
            outcome failed;
            failed.what = outcome::kind::unavailable;
            failed.reason = error.what();
            outcomes.assign(group.size(), failed);
        }
        {  // the mark falls with the commit, before the answer leaves
            const std::lock_guard lock(mutex_);
            for (batch const& b : group)
                if (b.request.has_value()) running_.erase({b.request->scope, b.request->key});
        }
        for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i](outcomes[i]);
    }
}

}  // namespace serve
