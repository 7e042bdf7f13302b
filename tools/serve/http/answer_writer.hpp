// SPDX-License-Identifier: MIT
#pragma once

// Writes the answer to one request.

#include "http/beast.hpp"
#include "http/message.hpp"
#include "http/server.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

namespace serve {

// What the request says of how its answer must look.
struct answer_form {
    bool is_head = false;      // the headers alone
    bool keeps_alive = false;  // another request may follow
    bool is_old = false;       // HTTP/1.0, which knows no chunks: there the connection's end is the answer's
};

class answer_writer {
  public:
    // Answers that are made while they are sent are made by `waiting`: that may take a while.
    answer_writer(beast::tcp_stream& stream, asio::thread_pool& waiting, http_limits const& limits)
        : stream_(stream), waiting_(waiting), limits_(limits) {}

    // False: the connection is over.
    [[nodiscard]] asio::awaitable<bool> write(response made, answer_form form) {
        if (made.later) {
            const auto executor = co_await asio::this_coro::executor;
            co_await asio::post(asio::bind_executor(waiting_, asio::use_awaitable));
            try {
                made = made.later();
            } catch (std::exception const& error) {
                made = error_response(500, "internal", error.what());
            }
            co_await asio::post(asio::bind_executor(executor, asio::use_awaitable));
        }
        if (made.more) co_return co_await write_in_pieces(std::move(made), form);
        http::response<http::string_body> message{static_cast<http::status>(made.status), 11};
        add_headers(message, made);
        message.keep_alive(form.keeps_alive);
        if (made.status != 204) {
            message.content_length(made.body.size());
            if (!form.is_head) message.body() = std::move(made.body);
        }
        http::response_serializer<http::string_body> serializer{message};
        stream_.expires_after(limits_.progress);
        if (form.is_head) {
            auto [error, n] = co_await http::async_write_header(stream_, serializer, awaited);
            co_return !error && form.keeps_alive;
        }
        auto [error, n] = co_await http::async_write(stream_, serializer, awaited);
        co_return !error && form.keeps_alive;
    }

  private:
    static void add_headers(auto& message, response& made) {
        message.set(http::field::server, "logkit");
        message.set(http::field::content_type, made.content_type);
        message.set("X-Content-Type-Options", "nosniff");
        message.set(http::field::cache_control, "no-store");
        message.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        for (auto const& [name, value] : made.headers) message.set(name, value);
    }
    [[nodiscard]] asio::awaitable<bool> write_in_pieces(response made, answer_form form) {
        if (form.is_old) form.keeps_alive = false;
        http::response<http::empty_body> head{static_cast<http::status>(made.status), 11};
        add_headers(head, made);
        head.keep_alive(form.keeps_alive);
        if (!form.is_old) head.chunked(true);
        http::response_serializer<http::empty_body> serializer{head};
        stream_.expires_after(limits_.progress);
        auto [error, n] = co_await http::async_write_header(stream_, serializer, awaited);
        if (error) co_return false;
        if (form.is_head) co_return form.keeps_alive;
        const auto executor = co_await asio::this_coro::executor;
        for (bool is_more = true; is_more;) {
            std::string piece;
            co_await asio::post(asio::bind_executor(waiting_, asio::use_awaitable));
            bool has_failed = false;
            try {
                is_more = made.more(piece);
            } catch (std::exception const&) {
                has_failed = true;
            }
            co_await asio::post(asio::bind_executor(executor, asio::use_awaitable));
            if (has_failed) co_return false;  // an answer without its end: the client sees that it is not whole
            if (piece.empty()) continue;
            if (!form.is_old) {
                char size[32];
                std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
                piece.insert(0, size);
                piece += "\r\n";
            }
            if (!co_await write_bytes(piece)) co_return false;
        }
        if (form.is_old) co_return false;
        const std::string end = "0\r\n\r\n";
        co_return co_await write_bytes(end) && form.keeps_alive;
    }
    // A reader that is slow may be so for long, as long as it reads.
    [[nodiscard]] asio::awaitable<bool> write_bytes(std::string const& bytes) {
        for (std::size_t done = 0; done < bytes.size();) {
            constexpr std::size_t step = 64 * 1024;
            stream_.expires_after(limits_.progress);
            auto [error, n] = co_await stream_.async_write_some(
                asio::buffer(bytes.data() + done, std::min(step, bytes.size() - done)), awaited);
            if (error) co_return false;
            done += n;
        }
        co_return true;
    }

    beast::tcp_stream& stream_;
    asio::thread_pool& waiting_;
    http_limits const& limits_;
};

}  // namespace serve
