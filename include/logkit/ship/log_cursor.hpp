// SPDX-License-Identifier: MIT
#pragma once

// A cursor over a log: finds its place among the log's files again, whatever has happened to them, and makes batches of
// what stands behind it. Stage: ship. It changes nothing on disk.
//
//            ┌─ the file that has the cursor's device and inode, and whose sample fits ──► there it goes on
//   look() ──┼─ else one whose sample fits (copied, packed, restored) ───────────────────► there it goes on
//            ├─ else a younger file that was seen before ────────────────────────────────► a gap, then there
//            └─ else, if two looks agree ────────────────────────────────────────────────► a new stream, at the oldest
//                                                                                          byte not known to be shipped
//
// A position at a file's end belongs to that file: its sample is there. So next() looks on into the files behind it,
// and the place moves when a batch of theirs has been acknowledged.

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <logkit/base/clock.hpp>
#include <logkit/ship/batch_maker.hpp>
#include <logkit/ship/file_window.hpp>
#include <logkit/ship/log_set.hpp>
#include <logkit/ship/place_search.hpp>
#include <logkit/ship/position.hpp>
#include <logkit/ship/quiet_watch.hpp>
#include <logkit/sink/committed_end.hpp>

namespace logkit::detail {

class log_cursor {
  public:
    enum class look_result : std::uint8_t {
        good,
        unchanged,   // since came_to_rest()
        absent,      // there is no log yet
        unreadable,  // trouble() says why
        unsure,      // the place is not to be found; another look, a second later, must say the same
    };
    log_cursor(std::string path, std::string rotated, bool is_followed)
        : path_(std::move(path)), rotated_(std::move(rotated)), is_followed_(is_followed) {
        know_writers();
    }

    // A cursor that was kept; without one, a stream begins with the first look.
    void resume(cursor kept, std::string const& machine) {
        c_ = std::move(kept);
        if (!c_.machine.empty() && c_.machine != machine)
            begin_new_stream("this is a copy of another machine's cursor");
        c_.machine = machine;
        must_search_ = true;
    }
    [[nodiscard]] cursor& state() noexcept { return c_; }
    [[nodiscard]] cursor const& state() const noexcept { return c_; }
    [[nodiscard]] bool is_ours() const noexcept { return writers_.is_ours; }
    [[nodiscard]] journal_whereabouts const& writers() const noexcept { return writers_; }
    [[nodiscard]] std::string const& trouble() const noexcept { return trouble_; }
    // Why bytes before the next batch are gone (Logkit-Gap); "" for none.
    [[nodiscard]] std::string const& gap() const noexcept { return gap_; }
    // What a person should know, once.
    [[nodiscard]] std::vector<std::string> take_news() { return std::exchange(news_, {}); }
    // Has something changed that must be on disk before the next batch is sent?
    [[nodiscard]] bool take_must_save() noexcept { return std::exchange(must_save_, false); }
    // Of the log's last byte, as far as packed files are known.
    [[nodiscard]] std::uint64_t end() const noexcept {
        return c_.files.empty() ? c_.position : c_.files.back().first + c_.files.back().size;
    }
    // next() gave nothing, but the next look may find why.
    [[nodiscard]] bool must_look_again() const noexcept { return must_search_; }
    // A renamed file seems to have a writer still; what is behind it waits.
    [[nodiscard]] bool waits_for_writer() const noexcept { return is_unfinished_; }
    // Somebody holds the log's lock: there may be more than next() gave.
    [[nodiscard]] bool is_locked() const noexcept { return is_locked_; }

    [[nodiscard]] look_result look(std::uint64_t now_ns) {
        found_file named;
        const bool is_there = look_at_file(path_, named);
        if (!is_there && errno == EACCES) return fail(path_);
        // A writer makes the log first, and its link to the journals a moment later.
        if (!writers_.is_ours && has_journal_link(path_)) return search(now_ns);
        if (!must_search_ && is_there && c_.has_place() && named.identity == c_.files.back().identity &&
            named.size >= c_.files.back().size) {
            c_.files.back().size = named.size;
            if (named == rested_at_) return look_result::unchanged;
            named_ = named;
            return look_result::good;
        }
        return search(now_ns);
    }

    // What is to be sent next, with secrets masked by `hidden`, if there is one. Empty: nothing, as far as is known.
    [[nodiscard]] std::optional<ship_batch> next(batch_limits limits, std::uint64_t now_ns,
                                                 redactor* hidden = nullptr) {
        is_unfinished_ = false;
        try {
            if (!c_.has_place()) return std::nullopt;
            std::size_t place = c_.place;
            std::uint64_t offset = c_.offset();
            for (;;) {
                if (!open(place)) return std::nullopt;
                if (place == c_.place && !check_sample()) return std::nullopt;
                const readable found = look_at_end(place, offset, now_ns);
                if (offset < found.end) {
                    std::optional<ship_batch> made =
                        batch_maker(*window_, place, c_.files[place].first, c_.sent, hidden)
                            .make(offset, found, limits);
                    if (made.has_value() && offset == 0 && !is_complete()) break;
                    if (made.has_value()) return made;
                }
                if (!found.is_closed) return std::nullopt;
                c_.files[place].size = std::max(offset, found.size);
                if (++place == c_.files.size()) return std::nullopt;
                c_.files[place].first = c_.files[place - 1].first + c_.files[place - 1].size;
                offset = 0;
            }
            (void)search_again();
            return std::nullopt;
        } catch (log_file_error const& error) {
            trouble_ = error.what();
            window_.reset();
            return std::nullopt;
        }
    }
    // All that is there has been read: a log that does not change costs one system call a look.
    void came_to_rest() {
        if (c_.place + 1 == c_.files.size() && named_.identity == c_.file().identity) rested_at_ = named_;
    }
    // Nothing more will be asked for soon: no file stays open.
    void rest() noexcept { window_.reset(); }
    // Nor does one that has been removed, for long: its room is not given back else. `wait_ns`: until the next look.
    void let_go_of_removed(std::uint64_t now_ns, std::uint64_t wait_ns) noexcept {
        constexpr std::uint64_t patience_ns = 30 * second_ns;
        struct stat status {};
        if (!window_.has_value() || ::fstat(window_->fd(), &status) != 0 || status.st_nlink != 0) {
            removed_since_ns_ = 0;
            return;
        }
        if (removed_since_ns_ == 0) removed_since_ns_ = now_ns;
        if (wait_ns >= patience_ns || now_ns - removed_since_ns_ >= patience_ns) window_.reset();
    }

    // The server has the batch.
    void acknowledged(ship_batch const& batch) {
        pass(batch);
        c_.sent = c_.position;
        c_.mark = hex_of(batch.sample.hash);
        gap_.clear();
    }
    // The batch is not the server's to have.
    void set_aside(ship_batch const& batch) { pass(batch); }

    enum class move_result : std::uint8_t {
        moved,
        not_ours,    // those are not our bytes, or not here any more
        unreadable,  // trouble() says why; it may be readable later
    };
    // The server has the stream up to there, and was given that hash with it ("": it keeps none).
    [[nodiscard]] move_result move_to(std::uint64_t position, std::string const& hash) {
        try {
            learn_names(c_, files_of_cursor(path_, rotated_, writers_.is_ours, c_));
            know_sizes();
            for (std::size_t i = c_.files.size(); i-- > 0;) {
                const std::uint64_t first = c_.files[i].first;
                if (first > position || (first == position && i != 0)) continue;  // the byte before it counts
                const std::uint64_t offset = position - first;
                if (!open(i) || offset > window_->size()) return move_result::not_ours;
                const place_sample sample = window_->sample_at(offset);
                if (!hash.empty() && hash != hex_of(sample.hash) && !(offset == 0 && hash == c_.mark))
                    return move_result::not_ours;
                c_.place = i;
                c_.position = c_.sent = position;
                c_.sample = sample;
                c_.mark = hash.empty() ? hex_of(sample.hash) : hash;
                gap_.clear();
                must_save_ = true;
                return move_result::moved;
            }
            return move_result::not_ours;
        } catch (log_file_error const& error) {
            trouble_ = error.what();
            window_.reset();
            return move_result::unreadable;
        }
    }
    // The server has the stream up to `had` only, and what stood behind that is not here any more, or not all of it:
    // goes back to the oldest byte behind it that is. Returns where it goes on.
    std::uint64_t leave_gap(std::uint64_t had, std::string const& hash, const char* why) {
        try {
            for (std::size_t i = 0; i <= c_.place && i < c_.files.size(); ++i) {
                if (c_.files[i].first < had || c_.files[i].first >= c_.position || !open(i)) continue;
                c_.place = i;
                c_.position = c_.files[i].first;
                c_.sample = window_->sample_at(0);
                break;
            }
        } catch (log_file_error const&) {  // packed and damaged: as if it were not here
            window_.reset();
        }
        c_.sent = c_.position;
        c_.mark = c_.position == had && !hash.empty() ? hash : hex_of(c_.sample.hash);
        gap_ = c_.position == had ? "" : why;
        must_save_ = true;
        return c_.position;
    }
    // Another stream, which goes on where this one stands.
    void begin_new_stream(std::string const& why) {
        c_.stream = new_stream_name();
        c_.sent = c_.position;
        c_.mark = hex_of(c_.sample.hash);
        gap_.clear();
        must_save_ = true;
        news_.push_back("a new stream begins at byte " + std::to_string(c_.position) + ": " + why);
    }

    // Is everything shipped that stood before that place?
    struct milestone {
        file_identity file{};
        std::uint64_t offset = 0;
    };
    [[nodiscard]] milestone newest_end() {
        for (std::size_t i = c_.files.size(); i-- > c_.place;) try {
                if (!open(i)) break;
                const std::uint64_t size = window_->size();
                const std::uint64_t end = window_->is_packed() ? size
                                          : writers_.is_ours   ? look_at_end(i, 0, 0).end
                                                               : last_line_end(window_->fd(), 0, size);
                if (end != 0) return {c_.files[i].identity, end};
            } catch (log_file_error const&) {  // packed and damaged: nobody can wait for its end
                window_.reset();
            }
        return {};
    }
    [[nodiscard]] bool has_passed(milestone const& end) const noexcept {
        for (std::size_t i = c_.place; i < c_.files.size(); ++i)
            if (c_.files[i].identity == end.file) return i == c_.place && c_.offset() >= end.offset;
        return true;  // it stood before the place, or is gone
    }

  private:
    static constexpr std::uint64_t second_ns = 1'000'000'000;
    static constexpr std::size_t most_old_files =
        8;  // behind the place: a server that was restored may want them again

    void know_writers() {
        writers_ = journals_of(path_);
        for (found_file const& file : files_of_shipped_log(path_, rotated_))
            if (!writers_.is_ours && !file.is_packed && parse_rotated_name(file.path).base == file_of_log(path_))
                writers_.is_ours = is_noted_in(writers_.folders, file.identity);
    }

    look_result fail(std::string const& path) {
        trouble_ = path + ": " + std::strerror(errno);
        return look_result::unreadable;
    }
    [[nodiscard]] bool open(std::size_t place) {
        seen_file const& file = c_.files[place];
        if (window_.has_value() && opened_ == file.identity) return true;
        window_.reset();
        window_.emplace(file.path, file.identity);
        opened_ = file.identity;
        if (window_->is_open()) return true;
        if (errno == EACCES) (void)fail(file.path);
        return search_again();
    }
    bool search_again() noexcept {
        must_search_ = true;
        window_.reset();
        return false;
    }
    [[nodiscard]] bool check_sample() {
        if (window_->fits(c_.sample)) {
            // At the very beginning there is more to go by now.
            if (c_.offset() == 0 && c_.sample.from == 0 && c_.sample.length < longest_sample) {
                const place_sample now = window_->sample_at(0);
                if (!(now == c_.sample)) {
                    if (c_.sample.length == 0 && !is_complete()) return search_again();
                    c_.sample = now;
                    if (c_.sent == c_.position) c_.mark = hex_of(now.hash);
                    must_save_ = true;
                }
            }
            return true;
        }
        return search_again();
    }

    [[nodiscard]] readable look_at_end(std::size_t place, std::uint64_t from, std::uint64_t now_ns) {
        readable found;
        const bool is_newest = place + 1 == c_.files.size();
        if (window_->is_packed()) {
            found.end = found.size = window_->size();
            found.is_closed = true;
            return found;
        }
        if (!writers_.is_ours) {
            found.end = found.size = window_->size();
            // What is read once is not watched; but an unfinished line shows that its writer is still there.
            const auto is_whole = [&] { return last_line_end(window_->fd(), 0, found.size) == found.size; };
            found.is_closed =
                !is_newest && ((!is_followed_ && is_whole()) || watched_.is_quiet(c_.files[place], found.size, now_ns));
            is_unfinished_ = !is_newest && !found.is_closed && !is_followed_;
            return found;
        }
        constexpr std::uint64_t patience_ns = 50'000'000;
        const auto committed =
            committed_end(window_->fd(), writers_.folders, from, clock_ns(CLOCK_MONOTONIC) + patience_ns);
        is_locked_ = !committed.has_value();
        if (is_locked_) {  // what was known before still holds
            if (known_end_file_ == c_.files[place].identity) found.end = known_end_;
            return found;
        }
        known_end_file_ = c_.files[place].identity;
        known_end_ = committed->end;
        found.end = committed->end;
        found.size = committed->size;
        found.is_closed = !is_newest && !committed->is_torn;
        if (found.is_closed) found.end = found.size;
        return found;
    }
    // Are the files from the place on those that are there? Asked when a file has been read for the first time: had it
    // been copied and truncated before that, the copy would stand between it and the place.
    [[nodiscard]] bool is_complete() const {
        const std::vector<found_file> found = files_of_cursor(path_, rotated_, writers_.is_ours, c_);
        std::size_t i = c_.place;
        const auto is_place = [&](found_file const& f) { return f.identity == c_.files[i].identity; };
        auto at = std::find_if(found.begin(), found.end(), is_place);
        // At the beginning, a copy would stand in front of it.
        if (c_.position == 0 && found.size() != 0 &&
            at != found.begin() + static_cast<std::ptrdiff_t>(behind_shipped(c_, found)))
            return false;
        while (at != found.end() && i < c_.files.size() && is_place(*at)) ++at, ++i;
        return i == c_.files.size() && at == found.end();
    }
    // Of packed files behind the place they are known only when those have been unpacked.
    void know_sizes() {
        for (std::size_t i = c_.place; i + 1 < c_.files.size(); ++i) {
            seen_file& file = c_.files[i];
            if (is_packed_name(file.path) && file.size == 0 && open(i)) file.size = window_->size();
            c_.files[i + 1].first = file.first + file.size;
        }
    }
    void pass(ship_batch const& batch) {
        if (batch.place != c_.place) watched_ = {};
        c_.place = batch.place;
        c_.position = batch.end;
        c_.sample = batch.sample;
        if (c_.place <= most_old_files) return;
        c_.files.erase(c_.files.begin(), c_.files.begin() + static_cast<std::ptrdiff_t>(c_.place - most_old_files));
        c_.place = most_old_files;
    }

    // ── where is the place? ──
    [[nodiscard]] look_result search(std::uint64_t now_ns) {
        trouble_.clear();
        named_ = rested_at_ = {};
        if (!writers_.is_ours) know_writers();
        std::vector<found_file> found = files_of_cursor(path_, rotated_, writers_.is_ours, c_);
        if (found.empty()) return look_result::absent;
        if (c_.files.empty()) return begin_at(found, 0);
        // Nothing has been read yet: what is there now is all to be read.
        if (c_.has_place() && c_.sent == 0 && c_.position == 0 &&
            (c_.sample.length == 0 || !(found[behind_shipped(c_, found)].identity == c_.file().identity)))
            return restart(found, behind_shipped(c_, found), 0);
        const found_place place = find_place(c_, found);
        if (place.at.has_value()) return go_on(found, *place.at);
        trouble_ = place.trouble;
        if (!trouble_.empty() && !place.is_unpackable) return look_result::unreadable;
        for (std::size_t i = c_.place + 1; i < c_.files.size(); ++i)
            for (std::size_t k = 0; k < found.size(); ++k)
                if (found[k].identity == c_.files[i].identity && is_sure(found, now_ns)) return skip_to(found, i, k);
        if (place.is_unpackable || !is_sure(found, now_ns)) return look_result::unsure;
        news_.push_back("the place of the cursor is in no file of the log any more (cut, or removed unread)");
        return begin_at(found, behind_shipped(c_, found));
    }
    // "Nowhere" is believed of a listing under the log's lock, or of two that are the same, a second apart.
    [[nodiscard]] bool is_sure(std::vector<found_file> const& found, std::uint64_t now_ns) {
        if (writers_.is_ours) {
            const descriptor log = open_file(path_.c_str(), O_RDONLY | O_NONBLOCK);
            constexpr std::uint64_t patience_ns = 50'000'000;
            const file_lock lock(log.get(), clock_ns(CLOCK_MONOTONIC) + patience_ns, LOCK_SH);
            return log.is_open() && lock.is_held() &&
                   !find_place(c_, files_of_cursor(path_, rotated_, writers_.is_ours, c_)).at.has_value();
        }
        const auto names = [](std::vector<found_file> const& files) {
            std::string text;
            for (found_file const& f : files) text += f.path + ' ' + std::to_string(f.identity.inode) + '\n';
            return text;
        };
        if (std::string now = names(found); now != lost_listing_) {
            lost_listing_ = std::move(now);
            lost_since_ns_ = now_ns;
            return false;
        }
        return now_ns - lost_since_ns_ >= second_ns;
    }
    look_result found_it() {
        must_search_ = false;
        trouble_.clear();
        lost_listing_.clear();
        window_.reset();
        return look_result::good;
    }
    // The files from found[at] on follow each other from that position on.
    void adopt(std::vector<found_file> const& found, std::size_t at, std::uint64_t first) {
        for (std::size_t k = at; k < found.size(); ++k) {
            seen_file file{found[k].identity, first, found[k].is_packed ? 0 : found[k].size, found[k].path};
            first += file.size;
            c_.files.push_back(std::move(file));
        }
    }
    look_result go_on(std::vector<found_file> const& found, std::size_t at) {
        learn_names(c_, found);
        seen_file const place = c_.file();
        const bool is_copy = !(found[at].identity == place.identity) && c_.log != path_;
        std::vector<file_identity> before;
        for (seen_file const& f : c_.files) before.push_back(f.identity);
        c_.files.resize(c_.place);
        std::erase_if(c_.files, [&](seen_file const& old) { return old.identity == found[at].identity; });
        c_.place = c_.files.size();
        adopt(found, at, place.first);
        if (is_copy && !c_.log.empty()) begin_new_stream("the log and its cursor have been copied from " + c_.log);
        c_.log = path_;
        for (seen_file const& f : c_.files)
            if (std::find(before.begin(), before.end(), f.identity) == before.end()) must_save_ = true;
        return found_it();
    }
    // The file with the place is gone, and a younger one, which was seen before, is there.
    look_result skip_to(std::vector<found_file> const& found, std::size_t known, std::size_t at) {
        const std::uint64_t first = std::max(c_.files[known].first, c_.position);
        const bool is_loss = first > c_.position;
        if (is_loss)
            news_.push_back("from byte " + std::to_string(c_.position) + " to " + std::to_string(first) +
                            " the log is gone, unshipped: its file was removed");
        const std::string mark = c_.mark;
        const std::uint64_t sent = c_.sent;
        (void)restart(found, at, first);
        if (is_loss) {
            gap_ = writers_.is_ours ? "spool" : "truncated";
        } else {  // all of it had been shipped
            c_.mark = mark;
            c_.sent = sent;
        }
        return look_result::good;
    }
    look_result begin_at(std::vector<found_file> const& found, std::size_t at) {
        const bool is_first = c_.files.empty();
        (void)restart(found, at, 0);
        c_.stream = new_stream_name();
        gap_.clear();
        if (!is_first) news_.push_back("a new stream begins with " + found[at].path);
        return look_result::good;
    }
    look_result restart(std::vector<found_file> const& found, std::size_t at, std::uint64_t first) {
        c_.files.clear();
        c_.place = std::min(at, most_old_files);
        for (std::size_t k = at - c_.place; k < at; ++k)
            c_.files.push_back({found[k].identity, first, 0, found[k].path});
        adopt(found, at, first);
        c_.position = c_.sent = first;
        c_.sample = {};
        c_.log = path_;
        file_window window(found[at].path, found[at].identity);
        try {
            if (window.is_open()) c_.sample = window.sample_at(0);
        } catch (log_file_error const&) {  // waited for
        }
        c_.mark = c_.sample.length == 0 ? std::string{} : hex_of(c_.sample.hash);
        must_save_ = true;
        return found_it();
    }

    std::string path_, rotated_;
    bool is_followed_;
    cursor c_{};
    journal_whereabouts writers_{};
    std::string trouble_{}, gap_{};
    std::vector<std::string> news_{};
    bool must_search_ = true, must_save_ = false, is_locked_ = false, is_unfinished_ = false;
    std::optional<file_window> window_{};  // of the file that is being read
    file_identity opened_{};
    file_identity known_end_file_{};
    std::uint64_t known_end_ = 0;
    found_file named_{}, rested_at_{};  // the log, at the last look and when all had been read
    quiet_watch watched_{};             // renamed files
    std::string lost_listing_{};
    std::uint64_t lost_since_ns_ = 0, removed_since_ns_ = 0;
};

}  // namespace logkit::detail
