// SPDX-License-Identifier: MIT
#pragma once

// The answer to each question as one JSON document (docs/output.schema.json): what the commands write with --json, and
// what a server and an agent's tools give.

#include "insight/difference.hpp"
#include "insight/digest.hpp"
#include "insight/json.hpp"
#include "insight/keys.hpp"
#include "insight/statistics.hpp"
#include "insight/tally.hpp"

#include <cstddef>

namespace insight {

// `most`: only so many groups, the most frequent; 0: all.
[[nodiscard]] json errors_answer(failure_groups const& failures, scan_report const& scanned, std::size_t most);
[[nodiscard]] json stats_answer(statistics const& counted, scan_report const& scanned, std::size_t most);
// Throws question_error where there are too many steps.
[[nodiscard]] json count_answer(tally const& counted, tally_question const& question, scan_report const& scanned,
                                std::size_t most);
[[nodiscard]] json diff_answer(survey const& before, survey const& after, difference const& found);
[[nodiscard]] json digest_answer(digest const& made, std::size_t max_tokens);
// `most`: values of each key.
[[nodiscard]] json fields_answer(key_survey const& found, scan_report const& scanned, std::size_t most);

}  // namespace insight
