// SPDX-License-Identifier: MIT
#include "store/segments/frame.hpp"

#include "store/segments/bytes.hpp"

#include <logkit/base/hash.hpp>

#include <zstd.h>

#include <algorithm>
#include <array>
#include <new>

namespace serve {
namespace {

constexpr std::uint32_t skippable = 0x184D2A5E;
constexpr std::uint8_t has_stream = 1, has_request = 2;
constexpr std::uint8_t is_seal = 1, is_opaque = 2, has_timeless = 4, has_weights = 8;
constexpr std::string_view first_mark = "LKFOOT1\n", mark = "LKFOOT2\n";

void write_intent(byte_writer& out, intent const& one) {
    out.number(one.arrival_ns);
    out.text(one.service);
    out.number(static_cast<std::uint8_t>((one.filled ? has_stream : 0) | (one.answered ? has_request : 0)));
    if (one.filled.has_value()) {
        intent::stream const& s = *one.filled;
        out.text(s.name);
        out.number(s.from);
        out.number(s.position);
        out.number(s.end);
        out.text(s.after);
        out.text(s.gap);
        out.number(s.refused_count);
        out.number(static_cast<std::uint32_t>(s.refused.size()));
        for (refused_line const& line : s.refused) {
            out.number(line.position);
            out.text(line.reason);
        }
    }
    if (one.answered.has_value()) {
        out.text(one.answered->scope);
        out.text(one.answered->key);
        out.number(one.answered->body_hash);
        out.text(one.answered->answer);
    }
}

// What follows its arrival, or, in the first format, its number of records.
void read_intent(byte_reader& in, intent& one) {
    one.service = in.text();
    const auto parts = in.number<std::uint8_t>();
    if ((parts & has_stream) != 0) {
        intent::stream& s = one.filled.emplace();
        s.name = in.text();
        s.from = in.number<std::uint64_t>();
        s.position = in.number<std::uint64_t>();
        s.end = in.number<std::uint64_t>();
        s.after = in.text();
        s.gap = in.text();
        s.refused_count = in.number<std::uint64_t>();
        const auto named = in.number<std::uint32_t>();
        for (std::uint32_t i = 0; i < named && !in.is_broken(); ++i) {
            refused_line& line = s.refused.emplace_back();
            line.position = in.number<std::uint64_t>();
            line.reason = in.text();
        }
    }
    if ((parts & has_request) != 0) {
        intent::request& r = one.answered.emplace();
        r.scope = in.text();
        r.key = in.text();
        r.body_hash = in.number<std::uint64_t>();
        r.answer = in.text();
    }
}

void read_first_format(byte_reader& in, frame_footer& footer) {
    footer.is_old = footer.is_opaque = footer.has_timeless = footer.has_weights = true;  // all that is not known
    auto number = in.number<std::uint64_t>();
    const auto records = in.number<std::uint32_t>();
    footer.failures = records;
    const auto arrival = in.number<std::int64_t>();
    footer.oldest_ns = in.number<std::int64_t>();
    footer.newest_ns = in.number<std::int64_t>();
    footer.raw_size = in.number<std::uint64_t>();
    footer.packed_size = in.number<std::uint64_t>();
    const auto intents = in.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < intents && !in.is_broken(); ++i) {
        const auto n = in.number<std::uint32_t>();
        intent& one = footer.intents.emplace_back();
        one.arrival_ns = arrival;
        read_intent(in, one);
        if (n != 0 || footer.runs.empty()) footer.runs.push_back({number, n, arrival, one.service});
        number += n;
    }
}

void write_runs(byte_writer& out, std::vector<frame_run> const& runs, std::vector<std::string> const& services) {
    out.varint(runs.size());
    std::uint64_t number = 0;
    std::int64_t arrival = 0;
    std::size_t place = 0;  // most runs are of the service of the one before
    for (frame_run const& run : runs) {
        if (place >= services.size() || services[place] != run.service)
            place =
                static_cast<std::size_t>(std::find(services.begin(), services.end(), run.service) - services.begin());
        out.varint(run.first_number - number);
        out.varint(run.records);
        out.signed_varint(run.arrival_ns - arrival);
        out.varint(place);
        number = run.first_number + run.records;
        arrival = run.arrival_ns;
    }
}
void read_runs(byte_reader& in, std::vector<frame_run>& runs, std::vector<std::string> const& services) {
    std::uint64_t number = 0;
    std::int64_t arrival = 0;
    for (auto n = in.varint(); n != 0 && !in.is_broken(); --n) {
        frame_run& run = runs.emplace_back();
        run.first_number = number + in.varint();
        run.records = static_cast<std::uint32_t>(in.varint());
        run.arrival_ns = arrival + in.signed_varint();
        const std::uint64_t place = in.varint();
        if (place < services.size()) run.service = services[place];
        number = run.first_number + run.records;
        arrival = run.arrival_ns;
    }
}

void write_second_format(byte_writer& out, std::size_t begin, frame_footer& footer) {
    out.number(static_cast<std::uint8_t>((footer.seals ? is_seal : 0) | (footer.is_opaque ? is_opaque : 0) |
                                         (footer.has_timeless ? has_timeless : 0) |
                                         (footer.has_weights ? has_weights : 0)));
    out.number(footer.oldest_ns);
    out.number(footer.newest_ns);
    out.number(footer.raw_size);
    out.number(footer.packed_size);
    out.number(footer.failures);
    if (footer.seals) {
        out.number(footer.seals->first);
        out.number(footer.seals->last);
    }
    footer.counts_at = static_cast<std::uint32_t>(out.size() - begin);
    std::vector<std::string> services = footer.services;  // those of keys, too
    std::string const* before = nullptr;
    for (frame_run const& run : footer.runs) {
        if (before != nullptr && *before == run.service) continue;
        before = &run.service;
        if (std::find(services.begin(), services.end(), run.service) == services.end()) services.push_back(run.service);
    }
    out.varint(services.size());
    for (std::string const& name : services) out.text(name);
    write_runs(out, footer.runs, services);
    out.varint(footer.intents.size());
    for (intent const& one : footer.intents) write_intent(out, one);
    out.varint(footer.counts.size());
    std::int64_t minute = 0;
    for (frame_count const& one : footer.counts) {
        out.signed_varint(one.minute - minute);
        out.varint(one.service);
        out.number(one.level);
        out.varint(one.records);
        minute = one.minute;
    }
    out.number(static_cast<std::uint32_t>(footer.traces.size()));
    footer.traces_at = static_cast<std::uint32_t>(out.size() - begin);
    for (const std::uint32_t trace : footer.traces) out.number(trace);
    out.number(static_cast<std::uint32_t>(footer.words.size()));
    footer.words_at = static_cast<std::uint32_t>(out.size() - begin);
    out.bytes(footer.words);
}
void read_what_is_counted(byte_reader& in, frame_footer& footer) {
    for (auto n = in.varint(); n != 0 && !in.is_broken(); --n) footer.services.push_back(in.text());
    read_runs(in, footer.runs, footer.services);
    for (auto n = in.varint(); n != 0 && !in.is_broken(); --n) {
        intent& one = footer.intents.emplace_back();
        one.arrival_ns = in.number<std::int64_t>();
        read_intent(in, one);
    }
    std::int64_t minute = 0;
    for (auto n = in.varint(); n != 0 && !in.is_broken(); --n) {
        frame_count& one = footer.counts.emplace_back();
        one.minute = minute += in.signed_varint();
        one.service = static_cast<std::uint32_t>(in.varint());
        one.level = in.number<std::uint8_t>();
        one.records = static_cast<std::uint32_t>(in.varint());
    }
}
void read_second_format(byte_reader& in, std::size_t begin, frame_footer& footer) {
    const auto flags = in.number<std::uint8_t>();
    footer.is_opaque = (flags & is_opaque) != 0;
    footer.has_timeless = (flags & has_timeless) != 0;
    footer.has_weights = (flags & has_weights) != 0;
    footer.oldest_ns = in.number<std::int64_t>();
    footer.newest_ns = in.number<std::int64_t>();
    footer.raw_size = in.number<std::uint64_t>();
    footer.packed_size = in.number<std::uint64_t>();
    footer.failures = in.number<std::uint32_t>();
    if ((flags & is_seal) != 0) {
        number_range& sealed = footer.seals.emplace();
        sealed.first = in.number<std::uint64_t>();
        sealed.last = in.number<std::uint64_t>();
    }
    footer.counts_at = static_cast<std::uint32_t>(begin - in.left());
    read_what_is_counted(in, footer);
    const auto traces = in.number<std::uint32_t>();
    footer.traces_at = static_cast<std::uint32_t>(begin - in.left());
    for (std::uint32_t i = 0; i < traces && !in.is_broken(); ++i) footer.traces.push_back(in.number<std::uint32_t>());
    const auto words = in.number<std::uint32_t>();
    footer.words_at = static_cast<std::uint32_t>(begin - in.left());
    footer.words = in.bytes(words);
}

[[nodiscard]] std::uint64_t footer_hash(std::string_view hashed, std::string_view with_mark) noexcept {
    const std::uint64_t hash = logkit::detail::hash_text(hashed);
    return with_mark == first_mark ? hash : logkit::detail::hash_mix(hash, logkit::detail::hash_text(with_mark));
}

}  // namespace

namespace word_filter {
namespace {
constexpr std::array<std::uint32_t, 8> salts{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                             0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
[[nodiscard]] std::uint32_t bit_of(std::uint64_t hash, std::size_t word) noexcept {
    return std::uint32_t{1} << ((static_cast<std::uint32_t>(hash) * salts[word]) >> 27);
}
}  // namespace

std::size_t block_of(std::uint64_t hash, std::size_t blocks) noexcept {
    return static_cast<std::size_t>(((hash >> 32) * blocks) >> 32);
}
std::string of(std::vector<std::uint64_t> const& hashes) {
    constexpr std::size_t bits_each = 17;
    const std::size_t blocks = hashes.size() * bits_each / (8 * block_size) + 1;
    std::vector<std::uint32_t> words(8 * blocks, 0);
    for (const std::uint64_t hash : hashes)
        for (std::size_t i = 0; i < 8; ++i) words[8 * block_of(hash, blocks) + i] |= bit_of(hash, i);
    return {reinterpret_cast<const char*>(words.data()), blocks * block_size};
}
bool may_have(std::string_view block, std::uint64_t hash) noexcept {
    for (std::size_t i = 0; i < 8; ++i)
        if ((logkit::detail::load<std::uint32_t>(block.data() + 4 * i) & bit_of(hash, i)) == 0) return false;
    return true;
}
}  // namespace word_filter

struct frame_packer::ZSTD_state {
    ZSTD_CCtx* context = ::ZSTD_createCCtx();
};

frame_packer::frame_packer() : zstd_(new ZSTD_state) {
    if (zstd_->context == nullptr) throw std::bad_alloc();
    (void)::ZSTD_CCtx_setParameter(zstd_->context, ZSTD_c_compressionLevel, 1);
    (void)::ZSTD_CCtx_setParameter(zstd_->context, ZSTD_c_checksumFlag, 1);
}
frame_packer::~frame_packer() {
    ::ZSTD_freeCCtx(zstd_->context);
    delete zstd_;
}

std::string_view frame_packer::pack(std::string_view lines, frame_footer& footer) {
    bytes_.resize(::ZSTD_compressBound(lines.size()));
    const std::size_t packed =
        ::ZSTD_compress2(zstd_->context, bytes_.data(), bytes_.size(), lines.data(), lines.size());
    if (::ZSTD_isError(packed) != 0) throw std::runtime_error(std::string("zstd: ") + ::ZSTD_getErrorName(packed));
    bytes_.resize(packed);
    footer.raw_size = lines.size();
    footer.packed_size = packed;
    add_footer(footer);
    return bytes_;
}
std::string_view frame_packer::put(std::string_view packed, frame_footer& footer) {
    bytes_.assign(packed);
    add_footer(footer);
    return bytes_;
}
void frame_packer::add_footer(frame_footer& footer) {
    const std::size_t packed = bytes_.size();
    byte_writer out(bytes_);
    out.number(skippable);
    out.number(std::uint32_t{0});
    write_second_format(out, packed, footer);
    const auto whole = static_cast<std::uint32_t>(bytes_.size() - packed + footer_tail);
    const std::uint32_t inside = whole - 8;  // as zstd counts: behind magic and size
    (void)logkit::detail::store(reinterpret_cast<std::byte*>(bytes_.data() + packed + 4), inside);
    out.number(whole);
    out.number(footer_hash(std::string_view(bytes_).substr(packed), mark));
    bytes_ += mark;
}

bool unpack_frame(std::string_view packed, std::uint64_t raw_size, char* to) {
    const std::size_t got = ::ZSTD_decompress(to, raw_size, packed.data(), packed.size());
    return ::ZSTD_isError(got) == 0 && got == raw_size;
}

std::uint32_t footer_size(std::string_view tail) {
    if (tail.size() < footer_tail) return 0;
    const std::string_view end = tail.substr(tail.size() - mark_size);
    if (!end.starts_with(footer_mark) || end[6] < '1' || end[6] > '9' || end[7] != '\n') return 0;
    const auto size = logkit::detail::load<std::uint32_t>(tail.data() + tail.size() - footer_tail);
    return size > footer_tail && size <= largest_footer ? size : 0;
}

std::optional<found_footer> footer_at_end(std::string_view bytes) {
    const std::uint32_t size = footer_size(bytes);
    if (size == 0 || size > bytes.size()) return std::nullopt;
    bytes.remove_prefix(bytes.size() - size);
    const std::string_view hashed = bytes.substr(0, size - mark_size - sizeof(std::uint64_t));
    const std::string_view found_mark = bytes.substr(size - mark_size);
    if (logkit::detail::load<std::uint64_t>(hashed.data() + hashed.size()) != footer_hash(hashed, found_mark))
        return std::nullopt;
    if (found_mark != mark && found_mark != first_mark)
        throw newer_format("the store was written by a newer version of logkit (format " +
                           std::string(found_mark.substr(footer_mark.size(), 1)) +
                           "; this one knows 1 and 2): serve it with that version, or restore a backup of before");
    byte_reader in(hashed.substr(0, hashed.size() - sizeof(std::uint32_t)));
    if (in.number<std::uint32_t>() != skippable || in.number<std::uint32_t>() != size - 8) return std::nullopt;
    found_footer found;
    found.size = size;
    if (found_mark == first_mark)
        read_first_format(in, found.footer);
    else
        read_second_format(in, hashed.size() - sizeof(std::uint32_t), found.footer);
    if (in.is_broken() || in.left() != 0) return std::nullopt;
    return found;
}

bool read_counts(std::string_view bytes, frame_footer& into) {
    byte_reader in(bytes);
    read_what_is_counted(in, into);
    return !in.is_broken();
}

}  // namespace serve
