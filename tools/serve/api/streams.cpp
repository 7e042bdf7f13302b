// SPDX-License-Identifier: MIT
// GET /api/streams
#include "api/routes.hpp"
#include "store/moment.hpp"

#include <nlohmann/json.hpp>

namespace serve {

void add_stream_routes(api_context& context, std::vector<route>& to) {
    to.push_back(
        {"GET",
         "/api/streams",
         need::read,
         false,
         "How far each stream is stored, and what of it is missing",
         {},
         R"(200 {"streams":[{"stream","position","last_arrival","gaps","rejected"}]})",
         [&context](request& asked, reply const& answer) {
             using json = nlohmann::ordered_json;
             json streams = json::array();
             for (auto const& [name, state] : context.store.streams()) {
                 if (asked.who.service.has_value() && state.service != *asked.who.service) continue;
                 json gaps = json::array(), refused = json::array();
                 for (stream_gap const& gap : state.gaps)
                     gaps.push_back({{"from", gap.from}, {"to", gap.to}, {"reason", gap.reason}});
                 for (refused_line const& line : state.refused)
                     refused.push_back({{"position", line.position}, {"reason", line.reason}});
                 streams.push_back({{"stream", name},
                                    {"position", state.position},
                                    {"last_arrival", moment_text(state.last_arrival_ns)},
                                    {"gaps", gaps},
                                    {"rejected", refused},
                                    {"rejected_count", state.refused_count}});
             }
             response made;
             made.body = json{{"streams", streams}}.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
             answer(std::move(made));
         }});
}

}  // namespace serve
