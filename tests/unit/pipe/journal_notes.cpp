// SPDX-License-Identifier: MIT
#include <logkit/pipe/journal_notes.hpp>

#include <string>

#include <logkit/pipe/dead_journal.hpp>
#include <support/catch.hpp>
#include <support/files.hpp>

using namespace logkit::detail;

namespace {
// A journal with notes, and what recovery would read of it.
struct noted {
    support::temporary_folder folder;
    std::string why;
    std::unique_ptr<journal> living = journal::make({folder.file("journals")}, folder.file("run.log"), why);
    journal_notes notes{*living};

    [[nodiscard]] std::string open_after(std::uint64_t last_batch, bool is_in_file) const {
        dead_journal dead(open_file(living->path().c_str(), O_RDWR));
        REQUIRE(dead.open());
        dead.settle(last_batch, is_in_file);
        std::string all;
        for (dead_journal::open_note const& note : dead.open_notes()) all += note.bytes.substr(0, 1);
        return all;
    }
};
}  // namespace

TEST_CASE("a note is open until its batch is in the file") {
    const std::uint64_t batch = 5;
    const auto with_notes = [&](auto&& check) {
        noted n;
        const note_handle a = n.notes.add(note_kind::held_record, 0, 0, {"a", "bcdefgh"});
        const note_handle b = n.notes.add(note_kind::held_record, 0, 0, {"b", "bcdefgh"});
        const note_handle c = n.notes.add(note_kind::open_span, 0, 0, {"c", "bcdefgh"});
        journal_notes::end_with(a, batch);
        n.notes.drop(c);
        (void)b;
        check(n);
    };
    with_notes([&](noted const& n) { CHECK(n.open_after(batch, true) == "b"); });
    with_notes([&](noted const& n) { CHECK(n.open_after(batch, false) == "ab"); });
    with_notes([&](noted const& n) { CHECK(n.open_after(batch - 1, true) == "ab"); });
    with_notes([&](noted const& n) { CHECK(n.open_after(batch + 1, false) == "b"); });
    with_notes([&](noted const& n) { CHECK(n.open_after(0, false) == "ab"); });
}

TEST_CASE("a held record whose frame is still in its ring is not noted twice") {
    noted n;
    const auto ring = n.living->add_ring(8192);
    REQUIRE(ring.has_value());
    (void)n.notes.add(note_kind::held_record, ring->offset(), 63, {"a", "bcdefgh"});
    (void)n.notes.add(note_kind::held_record, ring->offset(), 64, {"b", "bcdefgh"});
    ring->head().read.store(64);
    ring->head().write.store(64);
    CHECK(n.open_after(0, false) == "a");
    ring->head().read.store(1000);  // by recovery: what it was judged by has changed, and the judgement stands
    CHECK(n.open_after(0, false) == "a");
}

TEST_CASE("room is used again, and when there is none, nothing is noted and nothing breaks") {
    noted n;
    const std::string kilobyte(1024, 'x');
    for (int i = 0; i < 100'000; ++i) {
        const note_handle note = n.notes.add(note_kind::held_record, 0, 0, {kilobyte});
        REQUIRE(note.entry() != nullptr);
        n.notes.drop(note);
    }
    CHECK(support::read_file(n.living->path()).size() < 2'000'000);
    bool is_full = false;
    for (int i = 0; i < 20'000 && !is_full; ++i)
        is_full = n.notes.add(note_kind::held_record, 0, 0, {kilobyte}).entry() == nullptr;
    CHECK(is_full);
    journal_notes::end_with({}, 1);
    n.notes.drop({});
}
