// SPDX-License-Identifier: MIT
#include "api/routes.hpp"

#include "api/asked.hpp"
#include "insight/text.hpp"

#include <memory>

namespace serve {

std::vector<route> make_routes(api_context& context) {
    std::vector<route> routes;
    add_health_routes(context, routes);
    add_ingest_routes(context, routes);
    add_log_routes(context, routes);
    add_summary_routes(context, routes);
    add_histogram_routes(context, routes);
    add_stream_routes(context, routes);
    add_key_routes(context, routes);
    // The table tells of itself, too.
    const auto document = std::make_shared<std::string>();
    routes.push_back({"GET",
                      "/openapi.json",
                      need::nothing,
                      false,
                      "This interface, as OpenAPI 3.1",
                      {},
                      "200 the document",
                      [document](request&, reply const& answer) {
                          response made;
                          made.body = *document;
                          answer(std::move(made));
                      }});
    *document = openapi_of(routes, insight::version_text());
    for (route& r : routes)
        r.handle = [&counters = context.counters, inner = std::move(r.handle)](request& asked, reply answer) {
            ++counters.requests;
            try {
                inner(asked, answer);
            } catch (bad_question const& bad) {
                answer(answer_to(bad));
            }
        };
    return routes;
}

}  // namespace serve
