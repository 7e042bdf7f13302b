// SPDX-License-Identifier: MIT
#include "store/segments/frame.hpp"

#include <logkit/base/bytes.hpp>
#include <logkit/base/hash.hpp>
#include <logkit/reader/line_parser.hpp>

#include <zstd.h>

#include <new>
#include <stdexcept>

namespace serve {
namespace {

constexpr std::uint32_t skippable = 0x184D2A5E;
constexpr std::uint8_t has_stream = 1, has_request = 2;

// Numbers as they lie in memory: little-endian machines only, as the journal.
class writer {
  public:
    explicit writer(std::string& to) noexcept : to_(to) {}
    template <class Number>
    void number(Number n) {
        to_.append(logkit::detail::bytes_of(n));
    }
    void text(std::string_view t) {
        number(static_cast<std::uint32_t>(t.size()));
        to_.append(t);
    }

  private:
    std::string& to_;
};

// Reads what may be damaged: whoever reads beyond the end gets zeros, and is_broken().
class reader {
  public:
    explicit reader(std::string_view from) noexcept : from_(from) {}
    template <class Number>
    [[nodiscard]] Number number() noexcept {
        if (from_.size() < sizeof(Number)) {
            is_broken_ = true;
            from_ = {};
            return {};
        }
        const auto n = logkit::detail::load<Number>(from_.data());
        from_.remove_prefix(sizeof(Number));
        return n;
    }
    [[nodiscard]] std::string text() {
        const auto size = number<std::uint32_t>();
        if (size > from_.size()) {
            is_broken_ = true;
            from_ = {};
            return {};
        }
        std::string t(from_.substr(0, size));
        from_.remove_prefix(size);
        return t;
    }
    [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }
    [[nodiscard]] bool is_at_end() const noexcept { return from_.empty(); }

  private:
    std::string_view from_;
    bool is_broken_ = false;
};

void write_intent(writer& out, intent const& one) {
    out.number(one.records);
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

[[nodiscard]] intent read_intent(reader& in) {
    intent one;
    one.records = in.number<std::uint32_t>();
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
    return one;
}

}  // namespace

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

    writer out(bytes_);
    out.number(skippable);
    const std::size_t size_at = bytes_.size();
    out.number(std::uint32_t{0});
    out.number(footer.first_number);
    out.number(footer.records);
    out.number(footer.arrival_ns);
    out.number(footer.oldest_ns);
    out.number(footer.newest_ns);
    out.number(footer.raw_size);
    out.number(footer.packed_size);
    out.number(static_cast<std::uint32_t>(footer.intents.size()));
    for (intent const& one : footer.intents) write_intent(out, one);
    const auto whole = static_cast<std::uint32_t>(bytes_.size() - packed + footer_tail);
    const std::uint32_t inside = whole - 8;  // as zstd counts: behind magic and size
    (void)logkit::detail::store(reinterpret_cast<std::byte*>(bytes_.data() + size_at), inside);
    out.number(whole);
    out.number(logkit::detail::hash_text(std::string_view(bytes_).substr(packed)));
    bytes_ += footer_mark;
    return bytes_;
}

std::optional<std::string> unpack_frame(std::string_view packed, std::uint64_t raw_size) {
    if (raw_size > largest_frame) return std::nullopt;
    std::string lines(raw_size + logkit::detail::line_padding, ' ');
    const std::size_t got = ::ZSTD_decompress(lines.data(), raw_size, packed.data(), packed.size());
    if (::ZSTD_isError(got) != 0 || got != raw_size) return std::nullopt;
    return lines;
}

std::uint32_t footer_size(std::string_view tail) {
    if (tail.size() < footer_tail || !tail.ends_with(footer_mark)) return 0;
    const auto size = logkit::detail::load<std::uint32_t>(tail.data() + tail.size() - footer_tail);
    return size > footer_tail && size <= largest_footer ? size : 0;
}

std::optional<found_footer> footer_at_end(std::string_view bytes) {
    const std::uint32_t size = footer_size(bytes);
    if (size == 0 || size > bytes.size()) return std::nullopt;
    bytes.remove_prefix(bytes.size() - size);
    const std::string_view hashed = bytes.substr(0, size - footer_mark.size() - sizeof(std::uint64_t));
    if (logkit::detail::load<std::uint64_t>(hashed.data() + hashed.size()) != logkit::detail::hash_text(hashed))
        return std::nullopt;
    reader in(hashed.substr(0, hashed.size() - sizeof(std::uint32_t)));
    if (in.number<std::uint32_t>() != skippable || in.number<std::uint32_t>() != size - 8) return std::nullopt;
    found_footer found;
    found.size = size;
    frame_footer& footer = found.footer;
    footer.first_number = in.number<std::uint64_t>();
    footer.records = in.number<std::uint32_t>();
    footer.arrival_ns = in.number<std::int64_t>();
    footer.oldest_ns = in.number<std::int64_t>();
    footer.newest_ns = in.number<std::int64_t>();
    footer.raw_size = in.number<std::uint64_t>();
    footer.packed_size = in.number<std::uint64_t>();
    const auto intents = in.number<std::uint32_t>();
    for (std::uint32_t i = 0; i < intents && !in.is_broken(); ++i) footer.intents.push_back(read_intent(in));
    if (in.is_broken() || !in.is_at_end()) return std::nullopt;
    return found;
}

}  // namespace serve
