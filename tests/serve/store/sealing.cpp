// SPDX-License-Identifier: MIT
// The embedded store with time: sealing, retention, a full disk, formats of other versions.
#include "store/segments/bytes.hpp"
#include "store/segments/segment_store.hpp"

#include "batches.hpp"
#include "disks.hpp"
#include "senders.hpp"

#include <logkit/base/hash.hpp>

#include <cerrno>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <support/catch.hpp>

using namespace serve;
using support::batch_of;
using support::day_ns;
using support::everything_in;
using support::hour_ns;
using support::in_stream;
using support::line_of;
using support::lines_of;
using support::memory_disk;
using support::noon_ns;
using support::sender;
using support::small_segments;
using kind = outcome::kind;

TEST_CASE("what is dropped goes as a whole, and streams and answers go on where they were") {
    std::uint64_t dropped = 0;
    for (const bool loses_power : {false, true})
        for (unsigned seed = 1; seed <= 150; ++seed) {
            std::mt19937 random(seed);
            memory_disk disk;
            sender s("a");
            std::map<std::string, std::int64_t> arrivals;  // of what was acknowledged, the latest that it can be
            std::int64_t now = noon_ns;
            const retention kept{3 * hour_ns, 0};
            for (int lives = 0; lives < 8; ++lives) {
                try {
                    disk.before = [](char const*) { return 0; };
                    segment_store store(disk.open(), small_segments());
                    disk.before = [&](char const*) {
                        const auto dice = random() % 30;
                        if (dice == 0) throw support::killed{};
                        return dice == 1 ? EIO : dice == 2 ? ENOSPC : 0;
                    };
                    for (int i = 0; i < 12 && s.acknowledged < s.lines.size(); ++i) {
                        now += hour_ns / 4;
                        const std::size_t before = s.acknowledged;
                        const outcome said = store.append(std::vector<batch>{s.next(random)}, now)[0];
                        CHECK(said.what != kind::gap);
                        s.hear(said);
                        for (std::size_t k = before; k < s.acknowledged; ++k) arrivals[s.lines[k]] = now;
                        if (random() % 2 == 0) (void)store.tend(kept, now);
                        dropped += store.counters().dropped_records;
                    }
                } catch (support::killed const&) {
                }
                if (loses_power && random() % 2 == 0) disk.lose_power(random);
            }
            disk.before = [](char const*) { return 0; };
            CAPTURE(seed, loses_power);
            segment_store store(disk.open(), small_segments());
            while (store.tend(kept, now)) {
            }
            while (s.acknowledged < s.lines.size()) {
                const outcome said = store.append(std::vector<batch>{s.next(random)}, now)[0];
                REQUIRE(said.what == kind::stored);
                s.hear(said);
            }
            const std::multiset<std::string> found = everything_in(store);
            for (std::string const& line : s.lines) {
                CHECK(found.count(line) <= 1);
                const auto told = arrivals.find(line);
                // Whose answer was lost by a kill had arrived before.
                const bool is_kept = told == arrivals.end() || told->second >= now - kept.age_ns + hour_ns;
                if (is_kept && found.count(line) != 1) FAIL_CHECK(line << " is not there");
            }
            while (store.tend({1, 0}, now + day_ns)) {
            }
            CHECK(everything_in(store).empty());
            std::erase_if(disk.files, [](auto const& file) { return file.first.ends_with(".torn"); });
            CHECK(disk.files.size() == 1);  // the past
            const segment_store again(disk.open(), small_segments());
            REQUIRE(again.streams().size() == 1);
            CHECK(again.streams()[0].second.position == s.positions.back());
        }
    CHECK(dropped > 10'000);
}

TEST_CASE("what is more than is kept goes, and answers are remembered for their day") {
    memory_disk disk;
    segment_store store(disk.open(), small_segments());
    batch answered = batch_of({line_of(7'777)});
    answered.request = request_key{"1 /logs", "k", 7, [](outcome const&) { return std::string("as at first"); }};
    CHECK(store.append(std::vector<batch>{answered}, noon_ns)[0].what == kind::stored);
    for (int i = 0; i < 60; ++i)
        (void)store.append(std::vector<batch>{batch_of(lines_of(i * 10, i * 10 + 10))}, noon_ns + i);
    while (store.tend({0, 6'000}, noon_ns + hour_ns)) {
    }
    CHECK(store.counters().bytes_stored <= 6'000);
    CHECK(store.counters().records < 500);
    const std::multiset<std::string> found = everything_in(store);
    CHECK(found.size() == store.counters().records);
    CHECK(found.count(line_of(599)) == 1);
    CHECK(found.count(line_of(7'777)) == 0);
    segment_store again(disk.open(), small_segments());
    CHECK(again.append(std::vector<batch>{answered}, noon_ns + hour_ns)[0].answer == "as at first");
    CHECK(again.append(std::vector<batch>{answered}, noon_ns + 2 * day_ns)[0].what == kind::stored);
}

TEST_CASE("sealing makes large frames of small ones, each of an hour, and numbers stay") {
    memory_disk disk;
    segment_settings settings;
    settings.sealed_frame = 4'000;
    settings.most_commits = 50;
    segment_store store(disk.open(), settings);
    std::vector<std::string> lines;
    for (int i = 0; i < 240; ++i) {
        lines.push_back(line_of(i, noon_ns - (i % 3) * 2 * hour_ns));
        batch one = batch_of({lines.back()});
        if (i % 5 == 0) one = in_stream("s" + std::to_string(i % 2), static_cast<std::uint64_t>(i) * 100, one);
        if (one.stream) one.stream->gap = "test";
        (void)store.append(std::vector<batch>{one}, noon_ns + i);
    }
    const auto pages = [&](log_store& of) {
        std::vector<std::pair<std::string, std::uint64_t>> all;
        question asked;
        asked.limit = 7;
        for (;;) {
            const page got = of.find(asked);
            for (found_record const& r : got.records) all.emplace_back(r.line, r.at.number);
            if (!got.next.has_value()) return all;
            asked.behind = got.next;
        }
    };
    const auto before = pages(store);
    const auto streams = store.streams();
    CHECK(before.size() == 240);
    const std::uint64_t commits = store.counters().commits, bytes = store.counters().bytes_stored;
    while (store.tend({}, noon_ns + hour_ns)) {
    }
    CHECK(pages(store) == before);
    CHECK(store.counters().commits < commits / 2);
    CHECK(store.counters().bytes_stored < bytes / 2);
    CHECK(store.counters().records == 240);
    segment_store again(disk.open(), settings);
    CHECK(pages(again) == before);
    CHECK(again.counters().bytes_stored == store.counters().bytes_stored);
    REQUIRE(again.streams().size() == streams.size());
    for (std::size_t i = 0; i < streams.size(); ++i) {
        CHECK(again.streams()[i].second.position == streams[i].second.position);
        CHECK(again.streams()[i].second.gaps.size() == streams[i].second.gaps.size());
    }
    std::map<std::int64_t, std::uint64_t> minutes;
    CHECK(again.count_minutes(0, 1'000'000'000, [&](minute_count const& one) { minutes[one.minute] += one.records; }));
    CHECK(minutes.size() == 3);
    for (auto const& [minute, n] : minutes) CHECK(n == 80);
}

TEST_CASE("a full disk gives up its reserve, takes nothing, and takes again when there is room") {
    memory_disk disk, small;
    constexpr std::uint64_t mib = 1U << 20;
    disk.free = 100 * mib;
    segment_settings s = small_segments();
    s.reserve = std::make_shared<disk_reserve>(disk.open(), 2 * mib);
    segment_store store(disk.open(), s);
    (void)store.tend({}, noon_ns);
    CHECK(disk.files.contains("reserve"));
    const std::vector<batch> one{batch_of(lines_of(0, 3))};
    CHECK(store.append(one, noon_ns)[0].what == kind::stored);
    disk.free = mib / 2;
    (void)store.tend({}, noon_ns);
    CHECK(!disk.files.contains("reserve"));
    CHECK(store.append(one, noon_ns)[0].what == kind::unavailable);
    CHECK(store.trouble().find("full") != std::string::npos);
    CHECK(everything_in(store).size() == 3);
    disk.free = 3 * mib;  // what was given up is not for records
    (void)store.tend({}, noon_ns);
    CHECK(store.append(one, noon_ns)[0].what == kind::unavailable);
    while (store.tend({1, 0}, noon_ns + day_ns)) {
    }
    CHECK(everything_in(store).empty());
    disk.free = 50 * mib;
    (void)store.tend({}, noon_ns);
    CHECK(disk.files.contains("reserve"));
    CHECK(store.append(one, noon_ns)[0].what == kind::stored);
    small.free = mib;
    CHECK(disk_reserve(small.open(), 2 * mib).is_full());
}

TEST_CASE("the first format is read, and one that is newer is refused by name") {
    memory_disk disk;
    // As the first version wrote it: two records, one intent of a key with a service.
    const auto bytes = [] {
        std::string made, lines = line_of(1) + '\n' + line_of(2) + '\n';
        frame_packer packer;
        frame_footer none;
        made = packer.pack(lines, none);
        made.resize(none.packed_size);
        std::string footer;
        byte_writer out(footer);
        out.number(std::uint32_t{0x184D2A5E});
        out.number(std::uint32_t{0});
        out.number(std::uint64_t{5});
        out.number(std::uint32_t{2});
        out.number(noon_ns);
        out.number(noon_ns);
        out.number(noon_ns);
        out.number(static_cast<std::uint64_t>(lines.size()));
        out.number(static_cast<std::uint64_t>(made.size()));
        out.number(std::uint32_t{1});
        out.number(std::uint32_t{2});
        out.text("shop");
        out.number(std::uint8_t{0});
        const auto whole = static_cast<std::uint32_t>(footer.size() + footer_tail);
        footer.replace(4, 4, logkit::detail::bytes_of(whole - 8));
        out.number(whole);
        out.number(logkit::detail::hash_text(footer));
        return made + footer + "LKFOOT1\n";
    }();
    {
        std::unique_ptr<disk_file> file;
        REQUIRE(disk.open()->create("2026-01-01-0000000000000005.zst", file) == 0);
        REQUIRE(file->append(bytes) == 0);
        REQUIRE(file->sync() == 0);
    }
    segment_store store(disk.open(), small_segments());
    CHECK(store.append(std::vector<batch>{batch_of({line_of(3)})}, noon_ns)[0].what == kind::stored);
    for (const bool is_sealed : {false, true}) {
        if (is_sealed)
            while (store.tend({}, noon_ns + day_ns)) {
            }
        CHECK(everything_in(store).size() == 3);
        question asked;
        asked.wanted.require("service=shop");
        const page got = store.find(asked);
        REQUIRE(got.records.size() == 2);
        CHECK(got.records[0].at.number == 6);
    }
    CHECK(store.counters().sealed != 0);

    frame_packer packer;
    frame_footer newer;
    std::string made(packer.pack("{}\n", newer));
    const std::size_t hash_at = made.size() - mark_size - 8;
    made.replace(made.size() - 2, 1, "3");
    const std::string_view hashed = std::string_view(made).substr(newer.packed_size, hash_at - newer.packed_size);
    made.replace(hash_at, 8,
                 std::string(logkit::detail::bytes_of(logkit::detail::hash_mix(
                     logkit::detail::hash_text(hashed), logkit::detail::hash_text("LKFOOT3\n")))));
    memory_disk another;
    std::unique_ptr<disk_file> file;
    REQUIRE(another.open()->create("2026-01-01-0000000000000005.zst", file) == 0);
    REQUIRE(file->append(made) == 0);
    CHECK_THROWS_AS(segment_store(another.open(), small_segments()), newer_format);
}

TEST_CASE("records of very many hours do not become as many frames") {
    memory_disk disk;
    segment_settings settings = small_segments();
    settings.sealed_frame = 20'000;
    settings.largest_segment = 10'000'000;
    segment_store store(disk.open(), settings);
    std::vector<std::string> lines;
    std::mt19937 random(5);
    for (int i = 0; i < 4'000; ++i)
        lines.push_back(line_of(i, noon_ns - static_cast<std::int64_t>(random() % 80'000) * hour_ns));
    (void)store.append(std::vector<batch>{batch_of(lines)}, noon_ns);
    while (store.tend({}, noon_ns + day_ns)) {
    }
    CHECK(store.counters().sealed == 1);
    CHECK(store.counters().commits < 60);
    CHECK(everything_in(store) == std::multiset<std::string>(lines.begin(), lines.end()));
}

TEST_CASE("two segments of one number, for the clock went back over midnight, keep what they have") {
    memory_disk disk;
    {
        std::unique_ptr<disk_file> file;  // begun on the next day, by one who was killed before its first commit
        REQUIRE(disk.open()->create("2026-01-02-0000000000000001.zst", file) == 0);
    }
    std::multiset<std::string> acknowledged;
    const auto append = [&](segment_store& store, int n, std::int64_t arrival) {
        CHECK(store.append(std::vector<batch>{batch_of({line_of(n)})}, arrival)[0].what == kind::stored);
        acknowledged.insert(line_of(n));
    };
    for (const std::int64_t arrival : {noon_ns, noon_ns + day_ns, noon_ns, noon_ns + 3 * day_ns}) {
        segment_store store(disk.open(), small_segments());
        append(store, static_cast<int>(acknowledged.size()), arrival);
        append(store, static_cast<int>(acknowledged.size()), arrival);
        while (store.tend({}, arrival)) {
        }
        CHECK(everything_in(store) == acknowledged);
    }
    segment_store store(disk.open(), small_segments());
    CHECK(everything_in(store) == acknowledged);
}

TEST_CASE("answers whose day is over take no room") {
    ledger kept;
    for (int day = 0; day < 60; ++day) {
        const std::int64_t now = noon_ns + day * 2 * day_ns;
        for (int i = 0; i < 10; ++i) {
            intent one;
            one.arrival_ns = now + i;
            one.answered = {"1 /logs", std::to_string(day * 10 + i), 7, std::string(1 << 20, 'x')};
            kept.apply(one);
        }
        kept.forget_before(0, now + day_ns + 100);
    }
    CHECK(kept.forgotten() == 0);
    CHECK(kept.intents().empty());
}

TEST_CASE("repair keeps how far streams had come, whichever commit is damaged") {
    for (const std::size_t damaged : {0U, 1U}) {  // the last one would be no commit
        memory_disk disk;
        sender s("a");
        std::vector<std::uint64_t> begins;
        const std::string name = "2026-01-01-0000000000000001.zst";
        std::mt19937 random(3);
        {
            segment_store store(disk.open(), {});
            for (int i = 0; i < 3; ++i) {
                begins.push_back(i == 0 ? 0 : disk.files[name]->bytes.size());
                s.hear(store.append(std::vector<batch>{s.next(random)}, noon_ns)[0]);
            }
        }
        disk.files[name]->bytes[begins[damaged] + 12] ^= 1;  // in its lines
        CAPTURE(damaged);
        {
            segment_store store(disk.open(), {});
            CHECK(store.repair() == 1);
        }
        const segment_store again(disk.open(), {});
        REQUIRE(again.streams().size() == 1);
        CHECK(again.streams()[0].second.position == s.positions[s.acknowledged]);
    }
}
