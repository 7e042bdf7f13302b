// SPDX-License-Identifier: MIT
#pragma once

// Reads the body of one request: all of it, or, where it is refused, what is left of it, which is thrown away.

#include "http/beast.hpp"
#include "http/memory_share.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

namespace serve {

class body_reader {
  public:
    using parser_type = http::request_parser<http::buffer_body>;

    // The parser has read the headers; the buffer holds what came behind them.
    body_reader(beast::tcp_stream& stream, beast::flat_buffer& buffer, parser_type& parser, http_limits const& limits)
        : stream_(stream), buffer_(buffer), parser_(parser), limits_(limits) {
        if (const auto length = parser.content_length()) left_ = *length;
    }

    [[nodiscard]] static response too_large() {
        return error_response(413, "body_too_large", "a body is at most 32 MiB; send it in parts");
    }
    // Was all of it read, so that another request may follow?
    [[nodiscard]] bool is_done() const { return left_.has_value() ? *left_ == 0 : parser_.is_done(); }

    // False: the connection is over. A refusal that it finds is left for the caller to send.
    [[nodiscard]] asio::awaitable<bool> read(std::string& body, memory_share& share, std::optional<response>& refusal) {
        if (left_.has_value()) co_return co_await read_plain(body, share, refusal);
        while (!parser_.is_done()) {
            char piece[64 * 1024];
            std::size_t size = 0;
            stream_.expires_after(limits_.progress);
            const beast::error_code error = co_await read_chunked(piece, sizeof piece, size);
            if (error.category() == http::make_error_code(http::error::bad_chunk).category()) {
                refusal = error_response(400, "bad_chunk", "the body's chunks are damaged: " + error.message());
                is_damaged_ = true;
                co_return true;
            }
            if (error) co_return false;
            body.append(piece, size);
            if (body.size() > limits_.body)
                refusal = too_large();
            else if (!share.grow_to(body.size()))
                refusal = busy_response();
            if (refusal) co_return true;
        }
        co_return true;
    }

    // So that the client, who still sends, reads the answer before the connection ends.
    [[nodiscard]] asio::awaitable<void> throw_away() {
        stream_.expires_at(std::chrono::steady_clock::now() + limits_.farewell);
        std::uint64_t thrown = 0;
        if (left_.has_value()) take_buffered();
        while (!is_done() && !is_damaged_ && thrown < limits_.thrown_away) {
            char piece[64 * 1024];
            std::size_t size = 0;
            if (left_.has_value()) {
                auto [error, n] = co_await stream_.async_read_some(asio::buffer(piece, up_to(sizeof piece)), awaited);
                if (error) co_return;
                *left_ -= n;
                size = n;
            } else if (const beast::error_code error = co_await read_chunked(piece, sizeof piece, size)) {
                co_return;
            }
            thrown += size;
        }
    }

  private:
    // A body whose length is known goes where it belongs, without the parser.
    [[nodiscard]] asio::awaitable<bool> read_plain(std::string& body, memory_share& share,
                                                   std::optional<response>& refusal) {
        body.assign(static_cast<const char*>(buffer_.data().data()), up_to(buffer_.size()));
        take_buffered();
        constexpr std::size_t step = std::size_t{1} << 20;
        while (*left_ != 0) {
            const std::size_t had = body.size();
            body.resize(had + up_to(step));
            stream_.expires_after(limits_.progress);
            auto [error, n] =
                co_await stream_.async_read_some(asio::buffer(body.data() + had, body.size() - had), awaited);
            body.resize(had + n);
            *left_ -= n;
            if (error) co_return false;
            if (!share.grow_to(body.size())) {
                refusal = busy_response();
                co_return true;
            }
        }
        co_return true;
    }
    [[nodiscard]] asio::awaitable<beast::error_code> read_chunked(char* piece, std::size_t room, std::size_t& size) {
        parser_.get().body().data = piece;
        parser_.get().body().size = room;
        auto [error, n] = co_await http::async_read_some(stream_, buffer_, parser_, awaited);
        size = room - parser_.get().body().size;
        co_return error == http::error::need_buffer ? beast::error_code{} : error;
    }
    [[nodiscard]] std::size_t up_to(std::size_t most) const {
        return static_cast<std::size_t>(std::min<std::uint64_t>(most, *left_));
    }
    void take_buffered() {
        const std::size_t here = up_to(buffer_.size());
        buffer_.consume(here);
        *left_ -= here;
    }

    beast::tcp_stream& stream_;
    beast::flat_buffer& buffer_;
    parser_type& parser_;
    http_limits const& limits_;
    std::optional<std::uint64_t> left_;  // none: it comes in chunks
    bool is_damaged_ = false;            // nobody knows where it would end
};

}  // namespace serve
