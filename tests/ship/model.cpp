// SPDX-License-Identifier: MIT
// Random lives of a log, its shipper and its server, held against what must be: each line that was written is at the
// server once, whatever was rotated, copied, cut, packed, killed, refused, lost or restored meanwhile.
//   ship_model SEQUENCES [SEED]
#include <logkit.hpp>
#include <logkit/ship/shipper.hpp>
#include <support/files.hpp>
#include <support/ship_server.hpp>

#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

using namespace logkit::detail;
namespace fs = std::filesystem;

namespace {

class life {
  public:
    explicit life(std::uint64_t seed, fs::path const& root)
        : random_(seed), seed_(seed), folder_(root / std::to_string(seed)) {
        fs::create_directories(folder_);
        log_ = (folder_ / "run.log").string();
        is_ours_ = below(2) == 0;
        if (is_ours_) {
            fs::create_directory(folder_ / "journals");
            fs::create_directory_symlink(folder_ / "journals", journal_link_of(log_));
            writer_.emplace(file_settings{log_, 400, static_cast<unsigned>(below(3)), {}});
        }
        settings_.url = "http://server";
        settings_.compression = logkit::ship::compression::none;
        settings_.max_batch_size = 1 + below(8);
        settings_.spool_mb = 1'024;
        begin_shipper();
        step();  // what is rotated away before there is a cursor was never its business
    }
    ~life() { fs::remove_all(folder_); }

    // "" if all is as it must be.
    std::string run() {
        const std::uint64_t steps = 10 + below(40);
        for (std::uint64_t i = 0; i < steps; ++i) act();
        // In the end the world is good, and time passes.
        trouble_ = 0;
        write_line();
        complete_line();
        for (int i = 0; i < 4000 && !(shipper_->now() == shipper_state::idle && i > 100); ++i) {
            step();
            now_ += 40'000'000'000;
        }
        return verdict_of_all();
    }

  private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    void note(std::string const& what) { story_ += what + '\n'; }

    void begin_shipper() {
        shipper_edges edges{
            server_,
            [this] { return now_; },
            [this] { return random_(); },
            [] { return std::string("2026-11-21T12:00:00Z"); },
            [this](logkit::level, std::string const&, std::string const& text) { note("  says: " + text); },
            nullptr,
            nullptr,
            false,
            "machine"};
        shipper_ =
            std::make_unique<shipper>(log_, "", settings_, parse_ship_address("url", settings_.url), edges, true);
        server_.instead = [this](support::ship_server::request const& r) { return refuse(r); };
        server_.afterwards = [this](support::ship_server::answer const& a) { return lose(a); };
    }
    void step() {
        const std::uint64_t next = shipper_->step();
        if (next != UINT64_MAX) now_ = std::max(now_, next);
        ++now_;
    }

    void act() {
        switch (below(is_ours_ ? 10 : 13)) {
            case 0:
            case 1:
            case 2:
            case 3:
                for (std::uint64_t n = below(6); n > 0; --n) write_line();
                break;
            case 4:
            case 5:
            case 6:
                for (std::uint64_t n = below(4); n > 0; --n) step();
                break;
            case 7:
                note("the shipper is killed");
                if (below(2) == 0) shipper_->finish();
                begin_shipper();
                break;
            case 8:
                trouble_ = below(6);
                note("the server's mood is " + std::to_string(trouble_));
                break;
            case 9:
                if (below(2) == 0) {
                    backup_ = server_.kept;
                } else if (backup_.has_value()) {
                    note("the server is restored from its backup");
                    // What it then knows nothing of at all, it cannot miss.
                    for (auto const& [name, ignored] : server_.kept.streams)
                        has_forgotten_ = has_forgotten_ || !backup_->streams.contains(name);
                    server_.kept = *backup_;
                    was_restored_ = true;
                }
                break;
            case 10:
                rename_log();
                break;
            case 11:
                complete_line();
                copy_and_truncate();
                break;
            default:
                pack_one();
        }
    }

    void write_line() {
        const std::string line =
            R"({"n":)" + std::to_string(written_++) + R"(,"pad":")" + std::string(below(60), 'x') + "\"}";
        if (is_ours_) {
            if (!writer_->write(line + '\n')) std::abort();
            return;
        }
        complete_line();
        if (below(8) == 0) {  // half of it now, the rest later
            const std::size_t n = 1 + below(line.size() - 1);
            append(line.substr(0, n));
            rest_ = line.substr(n) + '\n';
            return;
        }
        append(line + '\n');
        if (below(12) == 0) append("\n");  // blank
    }
    void complete_line() {
        if (!rest_.empty()) append(std::exchange(rest_, ""));
    }
    void append(std::string const& text) const { std::ofstream(log_, std::ios::app) << text; }
    [[nodiscard]] std::string rotated(int number) const { return log_ + '.' + std::to_string(number); }

    // Everybody moves up, packed ones too.
    void make_room() {
        int n = 1;
        while (fs::exists(rotated(n)) || fs::exists(rotated(n) + ".gz")) ++n;
        for (; n > 1; --n)
            for (const char* packed : {"", ".gz"})
                if (fs::exists(rotated(n - 1) + packed)) fs::rename(rotated(n - 1) + packed, rotated(n) + packed);
    }
    void rename_log() {
        complete_line();
        if (!fs::exists(log_)) return;
        note("renamed");
        make_room();
        fs::rename(log_, rotated(1));
        if (below(2) == 0) append("");
    }
    void copy_and_truncate() {
        // One that is empty, or begins as it did before, cannot be told from the one before.
        if (!fs::exists(log_) || fs::file_size(log_) == 0) return;
        note("copied and truncated");
        make_room();
        fs::copy_file(log_, rotated(1));
        fs::resize_file(log_, 0);
    }
    void pack_one() {
        for (int n = 1; n < 20; ++n) {
            if (!fs::exists(rotated(n))) continue;
            note("packed " + std::to_string(n));
            const std::string text = support::read_file(rotated(n));
            const gzFile out = gzopen((rotated(n) + ".gz").c_str(), "wb");
            gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
            gzclose(out);
            fs::remove(rotated(n));
            return;
        }
    }

    std::optional<support::ship_server::answer> refuse(support::ship_server::request const& r) {
        using server = support::ship_server;
        note("  request at " + server::header(r, "Logkit-Position") + " of " + std::to_string(r.body.size()) +
             " bytes");
        if (trouble_ == 0 || below(3) == 0) return std::nullopt;
        if (trouble_ == 1) return server::with(503);
        if (trouble_ == 2) return server::failed(http_failure::unreachable);
        if (trouble_ == 3 && r.body.size() > 120) return server::with(413);
        return std::nullopt;
    }
    std::optional<support::ship_server::answer> lose(support::ship_server::answer const& real) {
        using server = support::ship_server;
        note("  stored; " + std::to_string(real.status) + ' ' + real.body);
        if (trouble_ == 4 && below(2) == 0) return server::failed(http_failure::cut);
        if (trouble_ == 5 && below(2) == 0) return server::with(200, real.body.substr(0, real.body.size() / 2));
        return std::nullopt;
    }

    std::string verdict_of_all() {
        std::map<long, int> got;
        std::string wrong;
        for (std::string const& line : server_.kept.lines) {
            const auto parsed = nlohmann::json::parse(line, nullptr, false);
            if (parsed.is_discarded() || !parsed.contains("n"))
                wrong += "an odd line: " + line + '\n';
            else
                ++got[parsed["n"].get<long>()];
        }
        for (long n = 0; n < written_; ++n) {
            // What the server lost and what is not here any more is a gap, and said.
            if (got[n] == 0 && !(was_restored_ && (has_forgotten_ || !server_.kept.gaps.empty())))
                wrong += "lost: " + std::to_string(n) + '\n';
            if (got[n] > 1) wrong += "twice: " + std::to_string(n) + '\n';
        }
        if (shipper_->now() != shipper_state::idle) wrong += "it never came to rest\n";
        if (wrong.empty()) return wrong;
        note(text_of_cursor(shipper_->place()));
        for (found_file const& f : files_of_shipped_log(log_, ""))
            note("there: " + f.path + ' ' + std::to_string(f.identity.inode) + ' ' + std::to_string(f.size));
        return "seed " + std::to_string(seed_) + (is_ours_ ? " (ours)\n" : "\n") + story_ + wrong;
    }

    std::mt19937_64 random_;
    std::uint64_t seed_, now_ = 1'000'000'000;
    fs::path folder_;
    std::string log_{}, rest_{}, story_{};
    bool is_ours_ = false, was_restored_ = false, has_forgotten_ = false;
    std::optional<rotating_file> writer_{};
    logkit::ship::settings settings_{};
    support::ship_server server_{};
    std::optional<support::ship_server::store> backup_{};
    std::unique_ptr<shipper> shipper_{};
    std::uint64_t trouble_ = 0;
    long written_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t sequences = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100;
    const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    setenv("TMPDIR", fs::exists("/dev/shm") ? "/dev/shm" : "/tmp", 1);
    const support::temporary_folder root;
    int failed = 0;
    for (std::uint64_t seed = first; seed < first + sequences && failed < 3; ++seed) {
        const std::string wrong = life(seed, root.path()).run();
        if (wrong.empty()) continue;
        std::fprintf(stderr, "%s\n", wrong.c_str());
        ++failed;
    }
    std::printf("%llu lives of a log, %d went wrong\n", static_cast<unsigned long long>(sequences), failed);
    return failed == 0 ? 0 : 1;
}
