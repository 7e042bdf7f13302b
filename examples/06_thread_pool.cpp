// SPDX-License-Identifier: MIT
// The context goes where the work goes: carry() wraps a task for another thread.
#include <logkit.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace lk = logkit;
using lk::kv;

namespace {

class thread_pool {
  public:
    explicit thread_pool(int threads) {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
    }
    thread_pool(thread_pool const&) = delete;
    thread_pool& operator=(thread_pool const&) = delete;
    ~thread_pool() {
        {
            const std::lock_guard lock(mutex_);
            is_closing_ = true;
        }
        changed_.notify_all();
        for (std::thread& t : threads_) t.join();
    }

    void post(std::function<void()> task) {
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(task));
        }
        changed_.notify_one();
    }

  private:
    void run() {
        for (;;) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return is_closing_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            auto task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    bool is_closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace

int main() {
    thread_pool pool(2);
    for (int job = 1; job <= 4; ++job) {
        lk::new_context(kv("job", job));
        lk::capture dispatch{"dispatch"};
        for (int part = 1; part <= 2; ++part)
            pool.post(lk::carry([part] {
                const lk::capture work{"work", kv("part", part)};  // its parent is "dispatch", on the other thread
                lk::log.info("working");
            }));
    }
}
