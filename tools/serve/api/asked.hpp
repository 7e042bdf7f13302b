// SPDX-License-Identifier: MIT
#pragma once

// What a request asks of the store: query, service, since, until, and where a page goes on.

#include "http/message.hpp"
#include "http/router.hpp"
#include "store/log_store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serve {

// A request that cannot be understood: the code and what is wrong. Routes throw it; make_routes() answers.
struct bad_question {
    const char* code;
    std::string why;
};
[[nodiscard]] response answer_to(bad_question const& bad);

// Its filter, the wall of its key, and its time: without `since` from the beginning, without `until` to a minute after
// now. Throws bad_question.
[[nodiscard]] question question_of(request const& asked, std::int64_t now_ns);
// A moment as it was meant; `name`: of the parameter. Throws bad_question.
[[nodiscard]] std::int64_t moment_of(std::string text, std::int64_t now_ns, const char* name);
// A positive number; `otherwise` where it is not given. Throws bad_question.
[[nodiscard]] std::uint64_t number_of(request const& asked, const char* name, std::uint64_t otherwise);

[[nodiscard]] place_in_time place_of(std::string_view cursor);
[[nodiscard]] std::string cursor_of(place_in_time const& at);

// The parameters that question_of() reads, for the table of routes.
[[nodiscard]] std::vector<route_parameter> question_parameters(std::vector<route_parameter> more);

}  // namespace serve
