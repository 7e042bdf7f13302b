// SPDX-License-Identifier: MIT
// The embedded store against disks that fail, power that goes, and bytes that turn.
#include "store/segments/segment_store.hpp"

#include "batches.hpp"
#include "disks.hpp"
#include "senders.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <support/catch.hpp>
#include <support/files.hpp>

using namespace serve;
using support::batch_of;
using support::everything_in;
using support::in_stream;
using support::line_of;
using support::lines_of;
using support::memory_disk;
using support::noon_ns;
using support::sender;
using support::small_segments;
using kind = outcome::kind;

namespace {

// Lives of a store in which things happen by chance, between any two steps; what was acknowledged is there, once.
void live(unsigned seed, bool loses_power) {
    std::mt19937 random(seed);
    memory_disk disk;
    std::vector<sender> senders{sender("a"), sender("b")};
    disk.before = [&](char const*) {
        const auto dice = random() % 40;
        if (dice == 0) throw support::killed{};
        return dice == 1 ? EIO : dice == 2 ? ENOSPC : 0;
    };
    const auto calm = disk.before;
    for (int lives = 0; lives < 12; ++lives) {
        disk.half_writes = random() % 2 == 0;
        try {
            disk.before = [](char const*) { return 0; };
            segment_store store(disk.open(), small_segments());
            disk.before = calm;
            for (int i = 0; i < 30; ++i) {
                std::vector<batch> group;
                std::vector<sender*> whose;
                for (sender& s : senders)
                    if (s.acknowledged < s.lines.size() && random() % 4 != 0) {
                        group.push_back(s.next(random));
                        whose.push_back(&s);
                    }
                if (group.empty()) continue;
                const std::vector<outcome> said = store.append(group, noon_ns + i);
                for (std::size_t k = 0; k < said.size(); ++k)
                    if (random() % 8 != 0) whose[k]->hear(said[k]);  // else the answer got lost
                if (random() % 3 == 0) (void)store.tend({}, noon_ns + i);
            }
        } catch (support::killed const&) {
        }
        if (loses_power && random() % 2 == 0) disk.lose_power(random);  // else it is a kill
    }
    disk.before = [](char const*) { return 0; };
    segment_store store(disk.open(), small_segments());
    for (sender& s : senders)
        while (s.acknowledged < s.lines.size()) {
            const std::vector<batch> one{s.next(random)};
            s.hear(store.append(one, noon_ns)[0]);
        }
    const std::multiset<std::string> found = everything_in(store);
    CAPTURE(seed, loses_power);
    std::size_t expected = 0;
    for (sender const& s : senders)
        for (std::string const& line : s.lines) {
            ++expected;
            if (found.count(line) != 1) FAIL_CHECK(line << " is there " << found.count(line) << " times");
        }
    CHECK(found.size() == expected);
}

}  // namespace

TEST_CASE("whatever fails or dies, what was acknowledged is there once") {
    const char* const wanted = std::getenv("SERVE_LIVES");
    const unsigned lives = wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : 300;
    for (unsigned seed = 1; seed <= lives; ++seed) {
        live(seed, false);
        live(seed, true);
    }
}

TEST_CASE("the k-th call fails, for every k, and the store goes on afterwards") {
    for (const bool has_half : {false, true})
        for (int k = 1;; ++k) {
            memory_disk disk;
            disk.half_writes = has_half;
            segment_store store(disk.open(), small_segments());
            int calls = 0;
            bool has_struck = false;
            disk.before = [&](char const*) {
                if (++calls != k) return 0;
                has_struck = true;
                return ENOSPC;
            };
            std::set<std::string> acknowledged;
            for (int i = 0; i < 30; ++i) {
                const std::vector<std::string> lines = lines_of(i * 10, i * 10 + 10);
                const std::vector<batch> one{batch_of(lines)};
                outcome said = store.append(one, noon_ns)[0];
                if (said.what == kind::unavailable) {
                    CHECK(said.reason == std::strerror(ENOSPC));
                    CHECK(!store.trouble().empty());
                    said = store.append(one, noon_ns)[0];
                }
                CHECK(said.what == kind::stored);
                acknowledged.insert(lines.begin(), lines.end());
                (void)store.tend({}, noon_ns);
            }
            CHECK(store.trouble().empty());
            CHECK(everything_in(store) == std::multiset<std::string>(acknowledged.begin(), acknowledged.end()));
            disk.before = [](char const*) { return 0; };
            segment_store again(disk.open(), small_segments());
            CHECK(everything_in(again) == std::multiset<std::string>(acknowledged.begin(), acknowledged.end()));
            if (!has_struck) break;
        }
}

TEST_CASE("what was found after a kill is synced before anybody is told of it, or the store does not open") {
    memory_disk disk;
    sender s("a");
    std::mt19937 random(1);
    disk.before = [](char const* call) {
        if (std::string_view(call) == "sync") throw support::killed{};
        return 0;
    };
    CHECK_THROWS_AS(segment_store(disk.open(), small_segments()).append(std::vector<batch>{s.next(random)}, noon_ns),
                    support::killed);
    disk.before = [](char const* call) { return std::string_view(call) == "sync" ? EIO : 0; };
    CHECK_THROWS_WITH(segment_store(disk.open(), small_segments()),
                      "segment 2026-01-01-0000000000000001.zst cannot be synced: Input/output error");
    disk.before = [](char const*) { return 0; };
    const segment_store store(disk.open(), small_segments());
    CHECK(disk.files.begin()->second->synced == disk.files.begin()->second->bytes);
    CHECK(!disk.files.begin()->second->bytes.empty());
}

TEST_CASE("killed between any two steps, with and without a loss of power, a stream goes on where it was") {
    std::mt19937 random(3);
    for (const bool loses_power : {false, true})
        for (int k = 1;; ++k) {
            memory_disk disk;
            disk.half_writes = k % 2 == 0;
            int calls = 0;
            bool has_struck = false;
            const sender whole("a");
            sender s("a");
            try {
                segment_store store(disk.open(), small_segments());
                disk.before = [&](char const*) {
                    if (++calls != k) return 0;
                    has_struck = true;
                    throw support::killed{};
                };
                for (int i = 0; i < 25; ++i) {
                    s.hear(store.append(std::vector<batch>{s.next(random)}, noon_ns)[0]);
                    (void)store.tend({}, noon_ns);
                }
            } catch (support::killed const&) {
            }
            disk.before = [](char const*) { return 0; };
            const std::size_t acknowledged = s.acknowledged;
            if (loses_power && random() % 2 == 0) disk.lose_power(random);  // else it is a kill
            segment_store store(disk.open(), small_segments());
            CAPTURE(k, loses_power);
            CHECK(everything_in(store).size() >= acknowledged);
            while (s.acknowledged < s.lines.size())
                s.hear(store.append(std::vector<batch>{s.next(random)}, noon_ns)[0]);
            CHECK(everything_in(store) == std::multiset<std::string>(whole.lines.begin(), whole.lines.end()));
            if (!has_struck) break;
        }
}

TEST_CASE("damage of any kind is named and left out, and all else is served") {
    const auto filled = [] {
        memory_disk disk;
        segment_store store(disk.open(), small_segments());
        for (int i = 0; i < 40; ++i)
            (void)store.append(std::vector<batch>{batch_of(lines_of(i * 10, i * 10 + 10))}, noon_ns);
        return disk.files;
    };
    const std::map<std::string, memory_disk::named_file> whole = filled();
    REQUIRE(whole.size() > 1);
    std::mt19937 random(7);
    for (int trial = 0; trial < 400; ++trial) {
        memory_disk disk;
        disk.files = whole;
        auto one = disk.files.begin();
        std::advance(one, static_cast<long>(random() % disk.files.size()));
        std::string& bytes = one->second->bytes;
        const std::size_t at = random() % bytes.size();
        switch (trial % 4) {
            case 0:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
                break;
            case 1:
                bytes.resize(at);
                break;
            case 2:
                bytes.append(1 + random() % 5'000, '\0');
                break;
            default:
                disk.files.erase(one);
        }
        std::vector<std::string> said;
        segment_settings s = small_segments();
        s.say = [&](std::string const& text) { said.push_back(text); };
        CAPTURE(trial);
        segment_store store(disk.open(), s);
        const std::multiset<std::string> found = everything_in(store);
        const std::size_t told = said.size();
        CHECK(found.size() >= 400 - 10 * (trial % 4 == 3 || trial % 4 == 1 ? 40 : trial % 4 == 2 ? 0 : 2));
        CHECK(found.size() <= 400);
        if (found.size() < 400 && trial % 4 == 0) CHECK(!said.empty());
        (void)everything_in(store);
        CHECK(said.size() == told);  // once
        const std::vector<batch> more{batch_of({line_of(9'999)})};
        CHECK(store.append(more, noon_ns)[0].what == kind::stored);
        CHECK(everything_in(store).count(line_of(9'999)) == 1);
    }
}

TEST_CASE("a segment is what any zstd tool unpacks") {
    support::temporary_folder folder;
    segment_store store(make_folder_disk(folder.path()), {});
    const std::vector<batch> group{in_stream("s", 0, batch_of(lines_of(0, 5)))};
    (void)store.append(group, noon_ns);
    (void)store.append(std::vector<batch>{batch_of(lines_of(5, 9))}, noon_ns);
    const std::string out = folder.file("out");
    REQUIRE(std::system(("zstdcat " + folder.file("2026-01-01-0000000000000001.zst") + " > " + out).c_str()) == 0);
    std::string wanted;
    for (std::string const& line : lines_of(0, 9)) wanted += line + '\n';
    CHECK(support::read_file(out) == wanted);
}
