// SPDX-License-Identifier: MIT
// /health, /ready and /metrics
#include "api/routes.hpp"
#include "insight/text.hpp"

#include <logkit/base/json_text.hpp>

#include <array>
#include <tuple>

namespace serve {
namespace {

// Prometheus' text format, version 0.0.4.
[[nodiscard]] std::string metrics_of(api_context const& context) {
    const store_counters stored = context.store.counters();
    api_counters const& own = context.counters;
    std::string text;
    const auto add = [&](const char* name, const char* kind, const char* help, std::uint64_t value) {
        text += std::string("# HELP ") + name + ' ' + help + "\n# TYPE " + name + ' ' + kind + '\n' + name + ' ' +
                std::to_string(value) + '\n';
    };
    const char* const counter = "counter";
    const char* const gauge = "gauge";
    add("logkit_requests_total", counter, "Requests that a route answered.", own.requests.load());
    add("logkit_requests_refused_total", counter, "Requests to store records that were refused.",
        own.refused_requests.load());
    add("logkit_requests_repeated_total", counter, "Requests answered as the first time.", own.repeated.load());
    add("logkit_records_accepted_total", counter, "Records stored since the start.", own.records.load());
    add("logkit_lines_rejected_total", counter, "Lines refused since the start.", own.refused_lines.load());
    add("logkit_commits_failed_total", counter, "Commits that the disk did not take.", stored.failed_commits);
    add("logkit_stream_gaps_total", counter, "Gaps in streams.", stored.gaps);
    add("logkit_idempotency_keys_forgotten_total", counter, "Answers forgotten within 24 hours: there were too many.",
        stored.forgotten_requests);
    add("logkit_records_dropped_total", counter, "Records that were too old, or too many.", stored.dropped_records);
    add("logkit_store_sealed", counter, "Segments that were made of others since the start.", stored.sealed);
    add("logkit_store_records", gauge, "Records in the store.", stored.records);
    add("logkit_store_commits", gauge, "Commits in the store, and frames that sealing made of them.", stored.commits);
    add("logkit_store_bytes", gauge, "Bytes of segments on disk.", stored.bytes_stored);
    add("logkit_store_raw_bytes", gauge, "Bytes of records, unpacked.", stored.bytes_raw);
    add("logkit_store_damaged", gauge, "Places in the store that are damaged.", stored.damaged);
    add("logkit_ready", gauge, "1: the store takes records.", context.trouble().empty() ? 1 : 0);
    return text;
}

}  // namespace

void add_health_routes(api_context& context, std::vector<route>& to) {
    to.push_back({"GET",
                  "/health",
                  need::nothing,
                  false,
                  "The process lives",
                  {},
                  R"(200 {"status":"ok","version"})",
                  [](request&, reply const& answer) {
                      response made;
                      made.body = R"({"status":"ok","version":")" + insight::version_text() + "\"}\n";
                      answer(std::move(made));
                  }});
    to.push_back({"GET",
                  "/ready",
                  need::nothing,
                  false,
                  "The store takes records; 503 while it does not",
                  {},
                  R"(200 {"status":"ready"})",
                  [&context](request&, reply const& answer) {
                      const std::string why = context.trouble();
                      if (!why.empty()) return answer(error_response(503, "not_ready", why));
                      response made;
                      made.body = "{\"status\":\"ready\"}\n";
                      answer(std::move(made));
                  }});
    to.push_back({"GET",
                  "/metrics",
                  need::read,
                  false,
                  "About the server itself, for Prometheus",
                  {},
                  "200 text of Prometheus' format",
                  [&context](request& asked, reply const& answer) {
                      if (asked.who.service.has_value())
                          return answer(
                              error_response(403, "out_of_scope", "this is told to keys without a service only"));

                      response made;
                      made.content_type = "text/plain; version=0.0.4; charset=utf-8";
                      made.body = metrics_of(context);
                      answer(std::move(made));
                  }});
}

}  // namespace serve
