// SPDX-License-Identifier: MIT
#pragma once

// PostgreSQL's libpq: its statements as spans (docs/middleware.md). Stage: adapter, opt-in. The functions are those of
// libpq with the same arguments behind the connection, and return what those do.
//
//   PGresult* result = logkit::pq::exec_params(connection, "select * from users where id = $1", 1, …);

#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <logkit.hpp>
#include <logkit/base/text_parts.hpp>

namespace logkit::pq {

// For what is not here, such as PQgetResult(): the span's `rows` read or changed, and of an error `sqlstate` and
// `reason`.
inline void tell(traced_database<>& span, PGconn* connection, PGresult const* result) noexcept {
    using detail::text_or_empty;
    switch (result == nullptr ? PGRES_FATAL_ERROR : PQresultStatus(result)) {
        case PGRES_TUPLES_OK:
        case PGRES_SINGLE_TUPLE:
            span.rows(static_cast<std::uint64_t>(PQntuples(result)));
            break;
        case PGRES_COMMAND_OK: {
            const std::string_view changed = text_or_empty(PQcmdTuples(const_cast<PGresult*>(result)));
            std::uint64_t rows = 0;
            if (std::from_chars(changed.data(), changed.data() + changed.size(), rows).ec == std::errc{})
                span.rows(rows);
            break;
        }
        case PGRES_BAD_RESPONSE:
        case PGRES_FATAL_ERROR:
            if (result != nullptr && PQresultErrorField(result, PG_DIAG_SQLSTATE) != nullptr) {
                span.add(kv("sqlstate", text_or_empty(PQresultErrorField(result, PG_DIAG_SQLSTATE))));
                span.fail(text_or_empty(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
            } else {
                span.fail(detail::without_line_ends(text_or_empty(PQerrorMessage(connection))));
            }
            break;
        default:  // COPY, pipelines, notices: neither rows nor an error
            break;
    }
}

// A span "postgres": END when it takes over 100 ms, or fails, with the `statement` without its literals.
inline PGresult* exec(PGconn* connection, const char* sql) noexcept {
    traced_database span{"postgres", sql};
    PGresult* const result = PQexec(connection, sql);
    tell(span, connection, result);
    return result;
}
inline PGresult* exec_params(PGconn* connection, const char* sql, int count, Oid const* types,
                             const char* const* values, int const* lengths, int const* formats,
                             int result_format) noexcept {
    traced_database span{"postgres", sql};
    PGresult* const result = PQexecParams(connection, sql, count, types, values, lengths, formats, result_format);
    tell(span, connection, result);
    return result;
}
// The record's `statement` is the prepared one's name.
inline PGresult* exec_prepared(PGconn* connection, const char* name, int count, const char* const* values,
                               int const* lengths, int const* formats, int result_format) noexcept {
    traced_database span{"postgres", std::string_view(name)};
    PGresult* const result = PQexecPrepared(connection, name, count, values, lengths, formats, result_format);
    tell(span, connection, result);
    return result;
}

}  // namespace logkit::pq
