// SPDX-License-Identifier: MIT
#pragma once

// What was found out, as the JSON outputs show it (docs/output.schema.json), and JSON of others.

#include "insight/failures.hpp"
#include "insight/profile.hpp"
#include "insight/story.hpp"
#include "insight/tally.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace insight {

using json = nlohmann::ordered_json;

// JSON of others; what nests deeper than anybody follows is left out. Discarded where it is not JSON.
[[nodiscard]] json parse_limited(std::string_view text);

// A record of a log for JSON output; as a text where it is not JSON.
[[nodiscard]] json parse_record(std::string_view line);

// A kind of failure; the example is the whole record.
[[nodiscard]] json to_json(failure_group const& group);

// A group of records or spans, out of a log of so many seconds.
[[nodiscard]] json to_json(std::string const& name, group_profile const& group, double seconds);

// What the numbers of a group come to.
[[nodiscard]] json to_json(histogram const& numbers);

// A tally's answer: all of it, its `most` most frequent groups (0: all), and its steps over time. Throws
// question_error.
[[nodiscard]] json to_json(tally const& counted, tally_question const& question, std::size_t most);

// A trace: its spans as a tree, and the records outside of all spans.
[[nodiscard]] json to_json(story const& told, std::string const& trace_id);

}  // namespace insight
