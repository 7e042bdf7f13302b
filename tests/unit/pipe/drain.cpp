// SPDX-License-Identifier: MIT
#include <logkit/pipe/drain.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

#include <support/catch.hpp>

using namespace logkit::detail;

namespace {
constexpr argument_description one_number[] = {{"n", role::field, kind::uint64}};

struct fake_consumer final : record_consumer {
    std::vector<std::uint64_t> ticks, values;
    std::uint64_t losses = 0;
    bool is_open = true;
    std::size_t batch = 0, full_at = 1000;
    void begin_batch() noexcept override {}
    void take(raw_record const& r) noexcept override {
        ticks.push_back(r.ticks);
        values.push_back(load<std::uint64_t>(r.payload));
        ++batch;
    }
    void take_loss(std::uint64_t n) noexcept override { losses += n; }
    [[nodiscard]] bool is_full() const noexcept override { return batch >= full_at; }
    [[nodiscard]] bool commit(batch_note const&) noexcept override {
        if (is_open) batch = 0;
        return is_open;
    }
};

struct fixture {
    site_table sites;
    channel_pool pool;
    fake_consumer consumer;
    drain under_test{pool, sites, consumer};
    std::uint32_t site = sites.number_of(1, {"e", {}, logkit::level::info, one_number, 1}, 0);

    static ring_writer writer(channel& c) { return {c.bytes, c.mask, 0, c.mask + 1, &c.shared()}; }
    void log(ring_writer& w, std::uint64_t ticks) const {
        store(store(w.take(24), frame_header{24, site, ticks}), ticks);
        w.publish();
    }
};
}  // namespace

TEST_CASE("records of several threads come out in time order") {
    fixture f;
    ring_writer a = fixture::writer(f.pool.acquire(8192)), b = fixture::writer(f.pool.acquire(8192)),
                c = fixture::writer(f.pool.acquire(8192));
    for (std::uint64_t t = 0; t < 100; ++t) f.log(t % 7 < 3 ? a : t % 3 == 0 ? b : c, t);
    CHECK(f.under_test.pass() == drain::result::little);
    CHECK(f.consumer.ticks.size() == 100);
    CHECK(std::is_sorted(f.consumer.ticks.begin(), f.consumer.ticks.end()));
    CHECK(f.under_test.pass() == drain::result::nothing);
}

TEST_CASE("ring space is freed only when the consumer has delivered") {
    fixture f;
    channel& c = f.pool.acquire(8192);
    ring_writer w = fixture::writer(c);
    f.log(w, 1);
    f.consumer.is_open = false;
    CHECK(f.under_test.pass() == drain::result::stalled);
    CHECK(c.shared().read.load() == 0);
    f.log(w, 2);
    CHECK(f.under_test.pass() == drain::result::stalled);
    CHECK(f.consumer.ticks == std::vector<std::uint64_t>{});  // nothing is taken while something waits
    f.consumer.is_open = true;
    CHECK(f.under_test.pass() == drain::result::little);
    CHECK(c.shared().read.load() == 48);
    CHECK(f.consumer.ticks == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("losses are reported once") {
    fixture f;
    channel& c = f.pool.acquire(8192);
    c.shared().dropped.store(5);
    CHECK(f.under_test.pass() == drain::result::little);
    CHECK(f.consumer.losses == 5);
    CHECK(f.under_test.pass() == drain::result::nothing);
    c.shared().dropped.store(7);
    (void)f.under_test.pass();
    CHECK(f.consumer.losses == 7);
    f.pool.count_loss();  // of a thread without a ring
    (void)f.under_test.pass();
    CHECK(f.consumer.losses == 8);
}

TEST_CASE("what came of a frame in parts that was given up is not glued to the next") {
    fixture f;
    channel& c = f.pool.acquire(8192);
    ring_writer w = fixture::writer(c);
    std::byte whole[24];
    store(store(whole, frame_header{24, f.site, 7}), std::uint64_t{7});
    const auto part = [&](std::uint32_t kind_of_part, std::size_t from, std::uint32_t length) {
        std::byte* to = store(w.take(align_up(20 + length, 8)),
                              frame_header{static_cast<std::uint32_t>(align_up(20 + length, 8)), kind_of_part, 5});
        std::memcpy(store(to, length), whole + from, length);
        w.publish();
    };
    part(first_part_frame, 0, 16);  // and never its end
    part(first_part_frame, 0, 16);
    part(last_part_frame, 16, 8);
    CHECK(f.under_test.pass() == drain::result::little);
    CHECK(f.consumer.ticks == std::vector<std::uint64_t>{7});
    CHECK(f.consumer.values == std::vector<std::uint64_t>{7});
}
