// SPDX-License-Identifier: MIT
// What it costs to take the context along: a hop of a coroutine through an executor, bare and with propagate(),
// and a capture inside of a coroutine and of a plain function. Medians of many rounds, interleaved.
#include "harness.hpp"

#include <asio.hpp>
#include <logkit.hpp>
#include <logkit/adapter/asio.hpp>
#include <support/coroutines.hpp>

namespace lk = logkit;
using lk::kv;

namespace {

constexpr int rounds = 201, hops = 2000, captures = 200;
double scale = 0;

struct series {
    const char* name;
    std::vector<double> ns{};

    double median() {
        std::sort(ns.begin(), ns.end());
        return ns[ns.size() / 2];
    }
    void add(std::uint64_t ticks, int times) { ns.push_back(static_cast<double>(ticks) * scale / times); }
    void print(const char* note = "") {
        (void)median();  // sorts
        std::printf("%-44s %7.1f ns   (p10 %.1f, p90 %.1f) %s\n", name, median(), ns[ns.size() / 10],
                    ns[ns.size() * 9 / 10], note);
    }
};

// One coroutine that yields to its executor again and again.
asio::awaitable<void> hop(series& to) {
    const std::uint64_t before = __rdtsc();
    for (int i = 0; i < hops; ++i) co_await asio::post(asio::use_awaitable);
    to.add(__rdtsc() - before, hops);
}
asio::awaitable<void> hop_in_span(series& to) {
    const lk::capture span{"hopping"};
    co_await hop(to);
}

void capture_some(series& to) {
    const std::uint64_t before = __rdtsc();
    for (int i = 0; i < captures; ++i) const lk::capture span{"work"};
    to.add(__rdtsc() - before, captures);
}

asio::awaitable<void> capture_in_coroutine(series& to) {
    co_await asio::post(asio::use_awaitable);
    capture_some(to);
}

template <class Executor, class Work>
void run(asio::io_context& io, Executor const& executor, Work&& work) {
    asio::co_spawn(executor, std::forward<Work>(work), asio::detached);
    io.restart();
    io.run();
    (void)lk::flush();
}

// Coroutines of one's own: a task awaits another that is done at once.
template <class Task>
Task leaf() {
    co_return 1;
}
template <class Task>
Task await_some(series& to) {
    const std::uint64_t before = __rdtsc();
    int sum = 0;
    for (int i = 0; i < hops; ++i) sum += co_await leaf<Task>();
    to.add(__rdtsc() - before, hops);
    co_return sum;
}

}  // namespace

int main() {
    lk::settings s;
    s.file = "coroutine.log";
    s.console = lk::console::off;
    s.level = lk::level::info;
    lk::configure(s);
    bench::pin(0);
    scale = bench::ns_per_tick();
    lk::new_context(kv("request", 1));

    asio::io_context io(1);
    const asio::any_io_executor bare = io.get_executor(), carrying = lk::propagate(io);
    series bare_hop{"hop, bare executor"}, hop_with{"hop, propagate()"}, hop_under{"hop, propagate(), in a span"};
    series thread_capture{"capture, on a thread"}, coroutine_capture{"capture, in a coroutine"};
    series bare_await{"await of a task, bare promise"}, own_await{"await of a task, propagating promise"};
    for (int r = 0; r < rounds; ++r) {
        run(io, bare, hop(bare_hop));
        run(io, carrying, hop(hop_with));
        run(io, carrying, hop_in_span(hop_under));
        capture_some(thread_capture);
        (void)lk::flush();
        run(io, carrying, capture_in_coroutine(coroutine_capture));
        auto a = await_some<support::basic_task<int, support::bare>>(bare_await);
        a.start();
        auto b = await_some<support::basic_task<int, lk::propagating>>(own_await);
        b.start();
    }
    const auto note = [](double difference) {
        static char text[40];
        std::snprintf(text, sizeof text, "%+.1f ns over bare", difference);
        return text;
    };
    bare_hop.print();
    hop_with.print(note(hop_with.median() - bare_hop.median()));
    hop_under.print(note(hop_under.median() - bare_hop.median()));
    bare_await.print();
    own_await.print(note(own_await.median() - bare_await.median()));
    thread_capture.print();
    char ratio[40];
    std::snprintf(ratio, sizeof ratio, "%.2f x a thread's", coroutine_capture.median() / thread_capture.median());
    coroutine_capture.print(ratio);
    std::remove("coroutine.log");
}
