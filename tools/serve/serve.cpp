// SPDX-License-Identifier: MIT
#include "serve.hpp"

#include "access/access.hpp"
#include "api/routes.hpp"
#include "http/server.hpp"
#include "ingest/committer.hpp"
#include "insight/text.hpp"
#include "store/segments/segment_store.hpp"
#include "store/sqlite/key_table.hpp"

#include <logkit.hpp>

#include <sys/file.h>
#include <sys/resource.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

namespace serve {
namespace {

using say_function = std::function<void(std::string const&)>;

// The store while it is being opened: nothing is there yet, and nothing is taken. Then the store.
class opening_store final : public log_store {
  public:
    void open(std::unique_ptr<log_store> store) {
        store_ = std::move(store);
        is_open_.store(true);
    }
    void fail(std::string const& why) {
        const std::lock_guard lock(mutex_);
        trouble_ = why;
    }
    [[nodiscard]] bool is_open() const noexcept { return is_open_.load(); }

    std::vector<outcome> append(std::span<batch const> group, std::int64_t arrival_ns) override {
        if (is_open()) return store_->append(group, arrival_ns);
        outcome later;
        later.what = outcome::kind::unavailable;
        later.reason = trouble();
        return std::vector<outcome>(group.size(), later);
    }
    page find(question const& asked) override { return is_open() ? store_->find(asked) : page{}; }
    // Nobody asks these before it is open.
    std::unique_ptr<records> scan(question const& asked) override { return store_->scan(asked); }
    std::int64_t newest_part(question const& asked, std::uint64_t bytes) const override {
        return store_->newest_part(asked, bytes);
    }
    bool count_minutes(std::int64_t since_minute, std::int64_t until_minute,
                       std::function<void(minute_count const&)> const& visit) const override {
        return store_->count_minutes(since_minute, until_minute, visit);
    }
    bool tend(retention const& kept, std::int64_t now_ns) override { return is_open() && store_->tend(kept, now_ns); }
    std::vector<std::pair<std::string, stream_state>> streams() const override {
        return is_open() ? store_->streams() : std::vector<std::pair<std::string, stream_state>>{};
    }
    store_counters counters() const override { return is_open() ? store_->counters() : store_counters{}; }
    std::string trouble() const override {
        if (is_open()) return store_->trouble();
        const std::lock_guard lock(mutex_);
        return trouble_;
    }

  private:
    std::atomic<bool> is_open_{false};
    std::unique_ptr<log_store> store_;
    mutable std::mutex mutex_;
    std::string trouble_ = "the store is being opened";
};

[[nodiscard]] std::unique_ptr<segment_store> open_segments(serve_settings const& said,
                                                           std::shared_ptr<disk_reserve> reserve,
                                                           std::atomic<bool> const& is_ending,
                                                           say_function const& say) {
    segment_settings s;
    s.syncs = said.syncs;
    s.say = say;
    s.reserve = std::move(reserve);
    s.is_ending = [&is_ending] { return is_ending.load(); };
    // What goes goes as whole segments: of little room there are several, too.
    constexpr std::uint64_t parts = 16, least = std::uint64_t{1} << 20;
    if (said.kept.bytes != 0) s.largest_segment = std::clamp(said.kept.bytes / parts, least, s.largest_segment);
    return std::make_unique<segment_store>(make_folder_disk(said.data + "/segments"), s);
}

// Seals and drops, about once a second, until it goes.
class caretaker {
  public:
    caretaker(opening_store& store, retention kept, say_function const& say)
        : thread_([&store, kept, say](std::stop_token const& ending) {
              std::mutex mutex;
              std::condition_variable_any waiting;
              while (!ending.stop_requested()) {
                  try {
                      while (store.tend(kept, unix_now_ns()) && !ending.stop_requested()) {
                      }
                  } catch (std::exception const& error) {  // no memory
                      say(std::string("the store could not be tended: ") + error.what());
                  }
                  const std::chrono::milliseconds pause(store.is_open() ? 1'000 : 10);
                  std::unique_lock lock(mutex);
                  waiting.wait_for(lock, ending, pause, [] { return false; });
              }
          }) {}

  private:
    std::jthread thread_;
};

void adopt_key_of_file(key_ring& keys) {
    const char* const path = std::getenv("LOGKIT_SERVE_ADMIN_KEY_FILE");
    if (path == nullptr || *path == '\0') return;
    std::ifstream in(path);
    std::string key;
    constexpr std::size_t shortest = 20;
    if (!(in >> key) || key.size() < shortest)
        throw settings_error(std::string("LOGKIT_SERVE_ADMIN_KEY_FILE: ") + path +
                             " holds no key of at least 20 characters");
    keys.adopt(key, "from LOGKIT_SERVE_ADMIN_KEY_FILE", unix_now_ns());
}

// A connection each, and a segment each.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

void greet(std::string const& address, std::string const& data, bool is_locked, say_function const& tell) {
    const std::string url = "http://" + address, key = is_locked ? " -H \"Authorization: Bearer $KEY\"" : "";
    tell("logkit serve " + insight::version_text() + " listens on " + url + ", its data is in " + data);
    tell("  a first record:  curl " + url + "/logs -H 'Content-Type: application/json'" + key +
         " -d '{\"message\":\"hello\"}'");
    tell("  a whole log:     " + std::string(is_locked ? "LOG_SHIP_KEY=$KEY " : "") + "logkit ship run.log --to " +
         url);
    tell("  what is there:   curl " + url + "/api/logs" + key);
}

}  // namespace

std::int64_t unix_now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string const& data_folder::made(std::string const& path) {
    std::error_code error;
    const bool is_new = std::filesystem::create_directories(path, error);
    if (error) throw settings_error("data: \"" + path + "\" cannot be made: " + error.message());
    if (is_new) (void)::chmod(path.c_str(), 0700);
    return path;
}
data_folder::data_folder(std::string const& path) : path_(made(path)) {
    lock_ = ::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) throw settings_error("data: \"" + path + "\" cannot be written to: " + std::strerror(errno));
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        (void)::close(lock_);
        throw settings_error("data: \"" + path +
                             "\" is another server's; stop that one, or give --data another folder");
    }
}
data_folder::~data_folder() {
    (void)::close(lock_);
}

void run_server(serve_settings const& s, say_function const& tell) {
    const data_folder data(s.data);
    const auto reserve = std::make_shared<disk_reserve>(make_folder_disk(data.path()));
    logkit::settings log;
    log.file = data.path() + "/serve.log";
    log.console = logkit::console::off;
    logkit::configure(log);
    const say_function say = [](std::string const& text) { (void)logkit::log.warning("{}", text); };

    std::atomic<bool> is_ending{false};
    opening_store store;
    const std::unique_ptr<key_store> kept_keys = open_key_table(data.path(), say);
    key_ring keys(*kept_keys);
    adopt_key_of_file(keys);
    auto commits = std::make_unique<committer>(store, unix_now_ns);
    api_counters counters;
    std::atomic<std::uint64_t> unpacked{0};
    api_context context{store, *commits, keys, unix_now_ns, [&] { return store.trouble(); }, counters, unpacked};
    access_control access({s.is_loopback, s.requires_keys, s.hosts}, keys, unix_now_ns);
    const router routes(make_routes(context), [&](request& asked, need wanted) {
        std::optional<response> refusal = access.check(asked, wanted);
        if (!refusal.has_value() && wanted != need::nothing && !store.is_open())
            refusal = error_response(503, "starting", store.trouble());
        if (!refusal.has_value() && wanted == need::write && reserve->is_full()) {
            refusal = error_response(503, "disk_full", store.trouble());
            refusal->headers.emplace_back("Retry-After", "30");
        }
        return refusal;
    });
    http_server server(s.address, s.port, routes, {});
    greet(server.address(), data.path(), s.requires_keys || keys.is_locked(), tell);
    (void)logkit::log.info("started", logkit::kv("listen", server.address()), logkit::kv("data", data.path()));

    std::jthread opener([&] {
        try {
            store.open(open_segments(s, reserve, is_ending, say));
        } catch (std::exception const& error) {
            store.fail(error.what());
            tell(std::string("the store cannot be opened: ") + error.what());
            (void)logkit::log.error("the store cannot be opened: {}", error.what());
        }
    });
    const caretaker tending(store, s.kept, say);
    std::jthread ending([&] {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        int number = 0;
        while (::sigwait(&signals, &number) != 0) {
        }
        is_ending.store(true);
        constexpr std::chrono::milliseconds patience{4'000};
        server.stop(patience);
    });
    raise_descriptor_limit();
    server.run(std::max(2U, std::thread::hardware_concurrency()) + 1);
    opener.join();
    commits.reset();  // stores what was handed in
    (void)logkit::log.info("ended", logkit::kv("records", counters.records.load()));
    (void)logkit::flush();
}

}  // namespace serve
