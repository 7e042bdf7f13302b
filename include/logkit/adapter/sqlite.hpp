// SPDX-License-Identifier: MIT
#pragma once

// SQLite (3.14 or newer): its statements as spans, and what it says of errors (docs/middleware.md). Stage: adapter,
// opt-in.
//
//   logkit::sqlite::trace_slow(connection);                                  // every statement that takes long
//   logkit::sqlite::traced_statement span{"load user", statement};           // this one, with its rows and its error
//   while (span.step() == SQLITE_ROW) …
//   logkit::sqlite::log_errors();                                            // before sqlite3_initialize()

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <logkit/adapter/relay.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/context/detached_span.hpp>
#include <logkit/context/traced.hpp>

namespace logkit::sqlite {

// A traced_database of a prepared statement: END when it is slow (100 ms, or slow_after(...)) or fails, with
// `statement` without its literals, `rows` stepped to or changed, and of an error the extended `code` and `reason`.
class [[nodiscard]] traced_statement : public traced_database<> {
  public:
    template <detail::span_argument... A>
    traced_statement(detail::span_name name, sqlite3_stmt* statement, A const&... arguments) noexcept
        : traced_database<>(name, detail::text_or_empty(sqlite3_sql(statement)), arguments...), statement_(statement) {}
    ~traced_statement() {
        rows(rows_);
        if (code_ == SQLITE_OK) return;
        add(kv("code", code_));
        fail(std::string_view(reason_));
    }

    // As sqlite3_step(). An error that a later step overcomes, such as SQLITE_BUSY, is none.
    int step() noexcept {
        sqlite3* const connection = sqlite3_db_handle(statement_);
        if (connection == nullptr) return sqlite3_step(statement_);
        const int before = sqlite3_total_changes(connection);
        const int result = sqlite3_step(statement_);
        code_ = SQLITE_OK;
        if (result == SQLITE_ROW) {
            ++rows_;
        } else if (result == SQLITE_DONE) {
            // What a statement changes and returns, it has returned already.
            if (sqlite3_column_count(statement_) == 0)
                rows_ += static_cast<unsigned>(sqlite3_total_changes(connection) - before);
        } else {
            code_ = sqlite3_extended_errcode(connection);
            LOGKIT_TRY {
                reason_ = detail::text_or_empty(sqlite3_errmsg(connection));
            }
            LOGKIT_CATCH_ALL {  // out of memory: without it
            }
        }
        return result;
    }

  private:
    sqlite3_stmt* statement_;
    std::uint64_t rows_ = 0;
    int code_ = SQLITE_OK;
    std::string reason_{};
};

// From now on each statement of the connection that takes longer is an END of a span "sqlite", a WARNING, under the
// context of the thread that ends it; its errors are not known here (log_errors(), traced_statement). Takes the
// connection's sqlite3_trace_v2; its result is returned.
inline int trace_slow(sqlite3* connection, std::chrono::milliseconds slow_after = std::chrono::milliseconds(100)) {
    const auto told = [](unsigned what, void* limit_ms, void* statement, void* took_ns) noexcept -> int {
        const auto ns = static_cast<std::uint64_t>(*static_cast<sqlite3_int64*>(took_ns));
        if (what != SQLITE_TRACE_PROFILE || ns < reinterpret_cast<std::uintptr_t>(limit_ms) * 1'000'000) return 0;
        const double per_tick = detail::nanoseconds_per_tick.load(std::memory_order_relaxed);
        const auto took = static_cast<std::uint64_t>(static_cast<double>(ns) / per_tick);
        const char* const sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
        detail::detached_span span(detail::span_name{"sqlite"}, detail::ticks() - took, kv("kind", "database"),
                                   kv("statement", detail::masked_sql(detail::text_or_empty(sql))));
        span.end(detail::span_status::success, level::warning, {}, {});
        return 0;
    };
    return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, told,
                            reinterpret_cast<void*>(static_cast<std::uintptr_t>(slow_after.count())));
}

// What SQLite logs of errors and warnings, of all connections, becomes records of the logger "sqlite" with its `code`.
// Before SQLite is used: sqlite3_config()'s result is returned, SQLITE_MISUSE where it is too late.
inline int log_errors() {
    const auto say = [](void*, int code, const char* text) noexcept {
        const int kind = code & 0xff;
        const level severity = kind == SQLITE_NOTICE    ? level::info
                               : kind == SQLITE_WARNING ? level::warning
                                                        : level::error;
        relay(logger_named("sqlite"), severity, detail::text_or_empty(text), {"sqlite", "", 0}, kv("code", code));
    };
    return sqlite3_config(SQLITE_CONFIG_LOG, static_cast<void (*)(void*, int, const char*)>(say), nullptr);
}

}  // namespace logkit::sqlite
