// SPDX-License-Identifier: MIT
#pragma once

// Answers that go through many records, within a time: if all that is asked about is too much, they are about its
// newest part, say so, and where the rest begins.
//
//   question ─► how much can be gone through in time? ─► newest_part ─► insight ─► JSON, "partial", "next"
//                                                            └─ it was late: half of it, again

#include "api/asked.hpp"
#include "api/routes.hpp"
#include "insight/json.hpp"

#include <functional>

namespace serve {

// What insight makes of the records, and how the reading of them went; null: what was asked for is not among them.
using summary = std::function<insight::json(insight::source const&, question const& about, logkit::scan_report&)>;

// The answer to a question, made later. `usual_ns`: how far back it is about where the request does not say; 0: all.
// `trace`: it is about that one only; "" for any.
void answer_in_parts(api_context& context, request& asked, reply const& answer, std::int64_t usual_ns,
                     summary const& make, std::string const& trace = {});

// The same, of a question that has been read: the response. On a thread that may wait.
[[nodiscard]] response part_of_answer(api_context& context, question const& asked, summary const& make);
// Answers later what `make` makes; what it throws of questions becomes an error of the request.
void answer_later(reply const& answer, std::function<response()> make);
[[nodiscard]] response json_response(insight::json const& document);

// The records of a question, for insight. `context` and `about` stay as long.
[[nodiscard]] insight::source records_of(api_context& context, question const& about);

}  // namespace serve
