// SPDX-License-Identifier: MIT
#include "api/parts.hpp"

#include <algorithm>
#include <limits>

namespace serve {

// Of what was asked, what can be gone through in time; an answer that was late is made again of less.
response part_of_answer(api_context& context, question const& asked, summary const& make) {
    constexpr std::chrono::seconds patience{5};
    std::uint64_t budget = context.scanned_a_second.load() * static_cast<std::uint64_t>(patience.count()) / 2;
    for (;; budget /= 2) {
        question about = asked;
        about.since_ns = context.store.newest_part(asked, budget);
        const bool is_whole = about.since_ns == asked.since_ns;
        const bool has_begin = about.since_ns != std::numeric_limits<std::int64_t>::min();
        about.wanted.require_time(has_begin ? std::optional(about.since_ns) : std::nullopt, about.until_ns,
                                  has_begin ? logkit::without_time::is_out : logkit::without_time::is_in);
        const auto began = std::chrono::steady_clock::now();
        constexpr std::uint64_t least = std::uint64_t{16} << 20;  // of which something is told, however long it takes
        if (budget > least) about.deadline = began + patience;
        std::atomic<bool> was_late{false};
        about.was_late = [&] { was_late.store(true); };
        logkit::scan_report scanned;
        insight::json made = make(records_of(context, about), about, scanned);
        if (about.is_given_up && about.is_given_up()) return error_response(503, "given_up", "nobody waits for it");
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        const auto speed = std::max(
            least, static_cast<std::uint64_t>(static_cast<double>(scanned.read.bytes) / std::max(took.count(), 1e-3)));
        if (was_late.load()) {
            context.scanned_a_second.store(speed);
            budget = std::min(budget, speed * static_cast<std::uint64_t>(patience.count()));
            continue;
        }
        // Some questions are faster than others: it is the slow ones that count.
        constexpr std::uint64_t slowly = 8;
        const std::uint64_t known = context.scanned_a_second.load();
        if (scanned.read.bytes > least)
            context.scanned_a_second.store(speed < known ? speed : known + (speed - known) / slowly);
        if (is_whole && made.is_null()) return error_response(404, "not_found", "there is nothing of it");
        if (!is_whole) {
            made["partial"] = true;
            made["next"] = cursor_of({about.since_ns, 0});
        }
        return json_response(made);
    }
}

response json_response(insight::json const& document) {
    response made;
    made.body = document.dump(-1, ' ', false, insight::json::error_handler_t::replace) + '\n';
    return made;
}

void answer_later(reply const& answer, std::function<response()> make) {
    response made;
    made.later = [make = std::move(make)] {
        try {
            return make();
        } catch (insight::question_error const& error) {
            return error_response(400, "bad_question", error.what());
        }
    };
    answer(std::move(made));
}

insight::source records_of(api_context& context, question const& about) {
    return {[&context, &about](logkit::direction, logkit::query const& wanted) {
                question of = about;
                of.wanted = wanted;
                return context.store.scan(of);
            },
            about.wanted,
            {}};
}

void answer_in_parts(api_context& context, request& asked, reply const& answer, std::int64_t usual_ns,
                     summary const& make, std::string const& trace) {
    question q = question_of(asked, context.now_ns());
    if (!trace.empty()) q.wanted.require_trace(trace);
    if (usual_ns != 0 && !asked.parameter("since")) q.since_ns = context.now_ns() - usual_ns;
    if (const auto cursor = asked.parameter("cursor"); cursor && !cursor->empty())
        q.until_ns = std::min(q.until_ns, place_of(*cursor).time_ns - 1);
    answer_later(answer, [&context, q = std::move(q), make] { return part_of_answer(context, q, make); });
}

}  // namespace serve
