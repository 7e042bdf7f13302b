// SPDX-License-Identifier: MIT
// A queue of tasks and its workers: the context travels in the message, and a task that fails is tried again, in the
// same trace, with its attempt's number.
#include <logkit.hpp>
#include <logkit/adapter/task.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lk = logkit;
using lk::kv;

namespace {

// As it would be in a broker: names and texts.
using message = std::map<std::string, std::string>;

class task_queue {
  public:
    void push(message m) {
        {
            const std::lock_guard lock(mutex_);
            messages_.push_back(std::move(m));
        }
        changed_.notify_one();
    }
    // Nothing: it is closed, and empty.
    std::optional<message> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return is_closed_ || !messages_.empty(); });
        if (messages_.empty()) return std::nullopt;
        message m = std::move(messages_.front());
        messages_.pop_front();
        return m;
    }
    void close() {
        {
            const std::lock_guard lock(mutex_);
            is_closed_ = true;
        }
        changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<message> messages_;
    bool is_closed_ = false;
};

void send_mail(std::string const& to, unsigned attempt) {
    if (to == "grace" && attempt < 3) throw std::runtime_error("mail server is busy");
    lk::log.info("sent", kv("to", to));
}

void work(task_queue& queue) {
    constexpr unsigned most_attempts = 3;
    while (auto m = queue.pop()) {
        const lk::resumed_task resumed = lk::resume_from(*m, kv("task", "send mail"));
        try {
            lk::captured("task", [&] { send_mail((*m)["to"], resumed.attempt); });
        } catch (std::exception const&) {  // END of "task" has told it
            if (resumed.attempt == most_attempts) {
                lk::log.error("given up", kv("to", (*m)["to"]));
                continue;
            }
            lk::retry_to(*m);
            queue.push(std::move(*m));
        }
    }
}

}  // namespace

int main() {
    task_queue queue;
    for (const char* to : {"ada", "grace", "joan"}) {
        lk::new_context(kv("request", to));
        const lk::capture span{"order"};
        message m{{"to", to}};
        lk::carry_to(m);
        queue.push(std::move(m));
    }
    std::vector<std::thread> workers;
    for (int i = 0; i < 2; ++i) workers.emplace_back([&] { work(queue); });
    queue.close();  // what is in it is done; a worker that fails pushes once more, and comes back for it
    for (std::thread& worker : workers) worker.join();
}
