// SPDX-License-Identifier: MIT
// What every store promises, whatever it is made of.
#include "store/log_store.hpp"
#include "store/memory_store.hpp"
#include "store/segments/segment_store.hpp"

#include "batches.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include <support/catch.hpp>
#include <support/files.hpp>

using namespace serve;
using support::batch_of;
using support::in_stream;
using support::line_of;
using support::lines_of;
using support::noon_ns;
using kind = outcome::kind;

namespace {

struct subject {
    support::temporary_folder folder;
    std::unique_ptr<log_store> store;
    bool is_lasting;

    explicit subject(bool lasts) : is_lasting(lasts) { open(); }
    void open() {
        store.reset();
        if (is_lasting)
            store = std::make_unique<segment_store>(make_folder_disk(folder.path()), segment_settings{});
        else
            store = std::make_unique<memory_store>();
    }
    outcome add(batch b, std::int64_t arrival = noon_ns) {
        const std::vector<batch> group{std::move(b)};
        return store->append(group, arrival)[0];
    }
    // All records, page by page.
    std::vector<std::string> all(bool is_ascending = true, std::size_t limit = 100) {
        question asked;
        asked.is_ascending = is_ascending;
        asked.limit = limit;
        std::vector<std::string> lines;
        for (;;) {
            const page got = store->find(asked);
            for (found_record const& r : got.records) lines.push_back(r.line);
            if (!got.next.has_value()) return lines;
            asked.behind = got.next;
        }
    }
};
void for_each_store(std::function<void(subject&)> const& fn) {
    for (const bool is_lasting : {false, true}) {
        CAPTURE(is_lasting);
        subject s(is_lasting);
        fn(s);
    }
}

}  // namespace

TEST_CASE("what was appended is found as it was sent, in both orders, page by page") {
    for_each_store([](subject& s) {
        for (int i = 0; i < 10; ++i) CHECK(s.add(batch_of(lines_of(i * 50, i * 50 + 50))).accepted == 50);
        CHECK(s.all() == lines_of(0, 500));
        std::vector<std::string> backward = lines_of(0, 500);
        std::reverse(backward.begin(), backward.end());
        CHECK(s.all(false, 7) == backward);
    });
}

TEST_CASE("pages stay right while records of the same instant arrive") {
    for_each_store([](subject& s) {
        for (int i = 0; i < 20; ++i) (void)s.add(batch_of(lines_of(i * 10, i * 10 + 10)));
        for (const bool is_ascending : {true, false}) {
            std::multiset<std::string> seen;
            question asked;
            asked.is_ascending = is_ascending;
            asked.limit = 15;
            for (int more = 1000;; ++more) {
                const page got = s.store->find(asked);
                for (found_record const& r : got.records) seen.insert(r.line);
                if (!got.next.has_value()) break;
                asked.behind = got.next;
                if (more < 1010) (void)s.add(batch_of({line_of(more)}));
            }
            for (std::string const& line : lines_of(0, 200)) CHECK(seen.count(line) == 1);
        }
    });
}

TEST_CASE("records are ordered by their time, whenever they arrived") {
    for_each_store([](subject& s) {
        for (const int second : {5, 1, 9, 3}) {
            const std::int64_t time = noon_ns + second * 1'000'000'000LL;
            (void)s.add(batch_of({line_of(second, time)}, time));
        }
        question asked;
        asked.limit = 2;
        page got = s.store->find(asked);
        REQUIRE(got.records.size() == 2);
        CHECK(got.records[0].line == line_of(9, noon_ns + 9'000'000'000));
        CHECK(got.records[1].line == line_of(5, noon_ns + 5'000'000'000));
        asked.since_ns = noon_ns + 2'000'000'000;
        asked.until_ns = noon_ns + 5'000'000'000;
        asked.limit = 10;
        got = s.store->find(asked);
        CHECK(got.records.size() == 2);
        CHECK(!got.next.has_value());
    });
}

TEST_CASE("pages of one commit with a time for each record") {
    for_each_store([](subject& s) {
        batch b;
        std::vector<std::string> lines;
        for (int i = 0; i < 50; ++i) {
            const std::string line = line_of(i, noon_ns + i);
            b.records.push_back({static_cast<std::uint32_t>(b.text.size()), static_cast<std::uint32_t>(line.size() + 1),
                                 0, noon_ns + i});
            b.text += line + '\n';
            lines.push_back(line);
        }
        (void)s.add(b);
        CHECK(s.all(true, 20) == lines);
        std::reverse(lines.begin(), lines.end());
        CHECK(s.all(false, 20) == lines);
    });
}

TEST_CASE("a stream is stored once, whatever is sent again") {
    for_each_store([](subject& s) {
        const batch first = in_stream("s", 0, batch_of(lines_of(0, 3)));
        const std::uint64_t end = first.stream->end;
        CHECK(s.add(first).accepted == 3);
        outcome again = s.add(first);
        CHECK(again.what == kind::stored);
        CHECK(again.accepted == 0);
        CHECK(again.position == end);
        CHECK(again.hash == first.stream->after);
        // What overlaps is cut at a line.
        outcome longer = s.add(in_stream("s", 0, batch_of(lines_of(0, 5))));
        CHECK(longer.accepted == 2);
        CHECK(s.all() == lines_of(0, 5));
        const std::uint64_t now = longer.position;
        batch odd = in_stream("s", now - 3, batch_of({line_of(77)}));
        CHECK(s.add(odd).what == kind::forked);
        batch mapped = in_stream("s", 0, batch_of(lines_of(0, 9)));
        mapped.stream->has_end = true;
        CHECK(s.add(mapped).what == kind::overlap);
        outcome gap = s.add(in_stream("s", now + 10, batch_of({line_of(88)})));
        CHECK(gap.what == kind::gap);
        CHECK(gap.position == now);
        batch other = in_stream("s", now, batch_of({line_of(99)}));
        other.stream->before = "x";
        CHECK(s.add(other).what == kind::forked);
        batch told = in_stream("s", now + 10, batch_of(lines_of(5, 6)));
        told.stream->gap = "spool";
        CHECK(s.add(told).accepted == 1);
        CHECK(s.all() == lines_of(0, 6));
        REQUIRE(s.store->streams().size() == 1);
        stream_state const state = s.store->streams()[0].second;
        REQUIRE(state.gaps.size() == 1);
        CHECK(state.gaps[0].from == now);
        CHECK(state.gaps[0].to == now + 10);
        CHECK(state.gaps[0].reason == "spool");
        CHECK(s.store->counters().gaps == 1);
    });
}

TEST_CASE("batches of one commit see each other") {
    for_each_store([](subject& s) {
        const batch b = in_stream("s", 0, batch_of(lines_of(0, 3)));
        const std::vector<batch> group{b, b, in_stream("s", b.stream->end, batch_of(lines_of(3, 4)))};
        const std::vector<outcome> got = s.store->append(group, noon_ns);
        CHECK(got[0].accepted == 3);
        CHECK(got[1].accepted == 0);
        CHECK(got[2].accepted == 1);
        CHECK(s.all() == lines_of(0, 4));
    });
}

TEST_CASE("a request that is repeated is answered as at first, for a day") {
    for_each_store([](subject& s) {
        batch b = batch_of(lines_of(0, 2));
        b.request = request_key{"1 /logs", "k", 7, [](outcome const& o) { return std::to_string(o.accepted); }};
        CHECK(s.add(b).what == kind::stored);
        const outcome again = s.add(b);
        CHECK(again.what == kind::repeated);
        CHECK(again.answer == "2");
        batch another = b;
        another.request->body_hash = 8;
        CHECK(s.add(another).what == kind::reused);
        another.request->scope = "2 /logs";
        CHECK(s.add(another).what == kind::stored);
        CHECK(s.all().size() == 4);
        CHECK(s.add(b, noon_ns + ledger::request_age_ns + 1).what == kind::stored);
    });
}

TEST_CASE("of too many answers the oldest are forgotten, and counted") {
    ledger kept;
    intent one;
    one.answered = {"1 /logs", "", 7, std::string(1 << 20, 'x')};
    for (int i = 0; i < 300; ++i) {
        one.answered->key = std::to_string(i);
        one.arrival_ns = noon_ns + i;
        kept.apply(one);
    }
    CHECK(kept.forgotten() > 40);
    CHECK(kept.find_request("1 /logs", "0", noon_ns) == nullptr);
    CHECK(kept.find_request("1 /logs", "299", noon_ns) != nullptr);
    one.arrival_ns = noon_ns + ledger::request_age_ns + 400;
    kept.apply(one);
    CHECK(kept.find_request("1 /logs", "298", noon_ns) == nullptr);
    CHECK(kept.forgotten() < 60);  // whose day is over is not counted
}

TEST_CASE("a key's service is that of records which name none") {
    for_each_store([](subject& s) {
        batch b = batch_of({R"({"msg":"a"})", R"({"msg":"b","service":"other"})"}, std::nullopt);
        b.service = "shop";
        (void)s.add(b);
        (void)s.add(batch_of({R"({"msg":"c"})"}));
        question asked;
        asked.service = "shop";
        page got = s.store->find(asked);
        REQUIRE(got.records.size() == 1);
        CHECK(got.records[0].line == R"({"msg":"a"})");
        CHECK(got.records[0].service == "shop");
        question by_filter, nameless;
        by_filter.wanted.require("service=shop");
        CHECK(s.store->find(by_filter).records.size() == 1);
        nameless.service = "";
        CHECK(s.store->find(nameless).records.size() == 1);
        // A scan gives nothing else either, whatever is asked for.
        std::string text;
        const auto records = s.store->scan(asked);
        for (logkit::block one; records->next(one);) text += one.text();
        CHECK(text == R"({"msg":"a","timestamp":"2026-01-01T12:00:00.000000Z","service":"shop"})"
                      "\n");
    });
}

TEST_CASE("a page ends where its lines are too large, and the next one goes on") {
    for_each_store([](subject& s) {
        std::vector<std::string> lines;
        for (int i = 0; i < 20; ++i)
            lines.push_back(R"({"msg":")" + std::string(1000, static_cast<char>('a' + i)) + "\"}");
        (void)s.add(batch_of(lines));
        question asked;
        asked.is_ascending = true;
        asked.most_bytes = 3'500;
        std::vector<std::string> seen;
        for (int pages = 0; pages < 30; ++pages) {
            const page got = s.store->find(asked);
            CHECK(got.records.size() <= 4);
            for (found_record const& r : got.records) seen.push_back(r.line);
            if (!got.next.has_value()) break;
            asked.behind = got.next;
        }
        CHECK(seen == lines);
    });
}

TEST_CASE("a question that is late gives what it found, and a place to go on") {
    for_each_store([](subject& s) {
        for (int i = 0; i < 10; ++i) {
            const std::int64_t time = noon_ns + i;
            (void)s.add(batch_of({line_of(i, time)}, time));
        }
        for (const bool is_ascending : {true, false}) {
            question asked;
            asked.is_ascending = is_ascending;
            asked.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
            std::size_t seen = 0;
            for (int pages = 0; pages < 30; ++pages) {
                const page got = s.store->find(asked);
                seen += got.records.size();
                if (!got.next.has_value()) break;
                asked.behind = got.next;
            }
            CHECK(seen == 10);
        }
    });
}

TEST_CASE("a question that is late before anything is certain goes on until something is") {
    for_each_store([](subject& s) {
        for (int i = 0; i < 5; ++i) {  // commits that all reach from one moment to the next
            std::vector<std::string> lines;
            for (int k = 0; k < 3; ++k) lines.push_back(line_of(i * 3 + k, noon_ns + k * 10 + i));
            batch made = batch_of(lines);
            for (std::size_t k = 0; k < 3; ++k) made.records[k].time_ns = noon_ns + static_cast<int>(k) * 10 + i;
            (void)s.add(made);
        }
        question asked;
        asked.until_ns = noon_ns + 20;  // all of them reach beyond it
        asked.limit = 1;
        asked.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
        const page got = s.store->find(asked);
        REQUIRE(got.records.size() == 1);
        CHECK(got.records[0].line == line_of(2, noon_ns + 20));
    });
}
