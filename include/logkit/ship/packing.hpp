// SPDX-License-Identifier: MIT
#pragma once

// A body, compressed. Stage: ship. The states are kept between requests: they are large, and making them is slow.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <zlib.h>
#include <zstd.h>

#include <logkit/ship/settings.hpp>

namespace logkit::detail {

class packer {
  public:
    explicit packer(ship::compression how) noexcept : how_(how) {}
    packer(packer const&) = delete;
    packer& operator=(packer const&) = delete;
    ~packer() {
        if (has_gzip_) ::deflateEnd(&gzip_);
    }

    // "" for none.
    [[nodiscard]] std::string_view encoding() const noexcept {
        return how_ == ship::compression::zstd ? "zstd" : how_ == ship::compression::gzip ? "gzip" : "";
    }
    // From now on as it is.
    void turn_off() noexcept { how_ = ship::compression::none; }

    // Until the next call. Where there is no memory to compress, throws std::bad_alloc.
    [[nodiscard]] std::string_view pack(std::string_view body) {
        switch (how_) {
            case ship::compression::zstd:
                return zstd(body);
            case ship::compression::gzip:
                return gzip(body);
            default:
                return body;
        }
    }
    // Gives memory back that only a large body needed.
    void rest() {
        if (packed_.capacity() > (1U << 20)) std::string().swap(packed_);
        zstd_.reset();
    }

  private:
    struct free_context {
        void operator()(ZSTD_CCtx* context) const noexcept { ::ZSTD_freeCCtx(context); }
    };

    [[nodiscard]] std::string_view zstd(std::string_view body) {
        if (zstd_ == nullptr) zstd_.reset(::ZSTD_createCCtx());
        packed_.resize(::ZSTD_compressBound(body.size()));
        constexpr int fast = 1;
        const std::size_t n = zstd_ == nullptr ? SIZE_MAX
                                               : ::ZSTD_compressCCtx(zstd_.get(), packed_.data(), packed_.size(),
                                                                     body.data(), body.size(), fast);
        if (zstd_ == nullptr || ::ZSTD_isError(n) != 0) throw std::bad_alloc();
        return std::string_view(packed_).substr(0, n);
    }
    [[nodiscard]] std::string_view gzip(std::string_view body) {
        constexpr int with_gzip_header = 15 + 16, memory = 8;
        if (!has_gzip_ &&
            ::deflateInit2(&gzip_, Z_BEST_SPEED, Z_DEFLATED, with_gzip_header, memory, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
        has_gzip_ = true;
        ::deflateReset(&gzip_);
        packed_.resize(::deflateBound(&gzip_, body.size()));
        gzip_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
        gzip_.avail_in = static_cast<uInt>(body.size());
        gzip_.next_out = reinterpret_cast<Bytef*>(packed_.data());
        gzip_.avail_out = static_cast<uInt>(packed_.size());
        if (::deflate(&gzip_, Z_FINISH) != Z_STREAM_END) throw std::bad_alloc();
        return std::string_view(packed_).substr(0, packed_.size() - gzip_.avail_out);
    }

    ship::compression how_;
    std::unique_ptr<ZSTD_CCtx, free_context> zstd_{};
    z_stream gzip_{};
    bool has_gzip_ = false;
    std::string packed_{};
};

}  // namespace logkit::detail
