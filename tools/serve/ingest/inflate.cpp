// SPDX-License-Identifier: MIT
#include "ingest/inflate.hpp"

#include <logkit/base/hash.hpp>

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

namespace serve {
namespace {

constexpr std::size_t step = std::size_t{1} << 20;

[[nodiscard]] bool is_too_large(std::size_t packed, std::size_t unpacked, inflate_limits const& limits) noexcept {
    return unpacked > limits.size || (unpacked > limits.ratio_counts_above && unpacked / limits.ratio > packed);
}

// Several members one after the other are one text.
[[nodiscard]] inflate_result gunzip(std::string& body, inflate_limits const& limits) {
    z_stream stream{};
    constexpr int gzip_only = 15 + 16;
    if (inflateInit2(&stream, gzip_only) != Z_OK) return inflate_result::too_large;
    const std::unique_ptr<z_stream, int (*)(z_stream*)> ended(&stream, &::inflateEnd);
    std::string out;
    stream.next_in = reinterpret_cast<Bytef*>(body.data());
    stream.avail_in = static_cast<uInt>(body.size());
    std::size_t done = 0;
    while (true) {
        out.resize(done + std::max(step, done / 2));
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + done);
        stream.avail_out = static_cast<uInt>(out.size() - done);
        const int result = ::inflate(&stream, Z_NO_FLUSH);
        done = out.size() - stream.avail_out;
        if (is_too_large(body.size(), done, limits)) return inflate_result::too_large;
        if (limits.may_take && !limits.may_take(out.size())) return inflate_result::busy;
        if (result == Z_STREAM_END) {
            if (stream.avail_in == 0) break;
            if (::inflateReset(&stream) != Z_OK) return inflate_result::damaged;
        } else if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
            return inflate_result::damaged;
        }
    }
    out.resize(done);
    body.swap(out);
    return inflate_result::good;
}

[[nodiscard]] inflate_result unzstd(std::string& body, inflate_limits const& limits) {
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(::ZSTD_createDCtx(), &::ZSTD_freeDCtx);
    if (context == nullptr) return inflate_result::too_large;
    constexpr int largest_window = 27;  // 128 MiB, as zstd's own tools take without being told
    (void)::ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, largest_window);
    std::string out;
    std::size_t done = 0, left = 1;
    ZSTD_inBuffer in{body.data(), body.size(), 0};
    while (in.pos < in.size || left != 0) {
        out.resize(done + std::max(step, done / 2));
        ZSTD_outBuffer into{out.data(), out.size(), done};
        left = ::ZSTD_decompressStream(context.get(), &into, &in);
        if (::ZSTD_isError(left) != 0) return inflate_result::damaged;
        const bool is_stuck = into.pos == done && in.pos == in.size;
        done = into.pos;
        if (is_too_large(body.size(), done, limits)) return inflate_result::too_large;
        if (limits.may_take && !limits.may_take(out.size())) return inflate_result::busy;
        if (is_stuck && left != 0) return inflate_result::damaged;  // it ends too early
    }
    out.resize(done);
    body.swap(out);
    return inflate_result::good;
}

}  // namespace

inflate_result inflate_body(std::string_view encoding, std::string& body, inflate_limits const& limits) {
    std::string name(encoding);
    std::transform(name.begin(), name.end(), name.begin(), logkit::detail::fold_case);
    if (name.empty() || name == "identity")
        return limits.may_take && !limits.may_take(body.size()) ? inflate_result::busy : inflate_result::good;
    if (name == "gzip" || name == "x-gzip") return gunzip(body, limits);
    if (name == "zstd") return unzstd(body, limits);
    return inflate_result::unknown_encoding;
}

}  // namespace serve
