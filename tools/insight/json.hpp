// SPDX-License-Identifier: MIT
#pragma once

// What was found out, as the JSON outputs show it (docs/output.schema.json), and JSON of others.

#include "insight/failures.hpp"
#include "insight/profile.hpp"
#include "insight/story.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace insight {

using json = nlohmann::ordered_json;

// JSON of others; what nests deeper than anybody follows is left out. Discarded where it is not JSON.
[[nodiscard]] json parse_limited(std::string_view text);

// On one line, without what could act on a terminal.
[[nodiscard]] std::string document_text(json const& document);

// A record of a log for JSON output; as a text where it is not JSON.
[[nodiscard]] json parse_record(std::string_view line);

// A kind of failure; the example is the whole record.
[[nodiscard]] json to_json(failure_group const& group);

// A group of records or spans, out of a log of so many seconds.
[[nodiscard]] json to_json(std::string const& name, group_profile const& group, double seconds);

// A percentile in four digits: they are exact within 1 %, and more would only look as if they said more.
[[nodiscard]] double quantile_of(histogram const& numbers, double part);
// What the numbers of a group come to.
[[nodiscard]] json to_json(histogram const& numbers);

// A trace: its spans as a tree, and the records outside of all spans.
[[nodiscard]] json to_json(story const& told, std::string const& trace_id);

}  // namespace insight
