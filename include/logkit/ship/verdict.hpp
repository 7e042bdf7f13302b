// SPDX-License-Identifier: MIT
#pragma once

// What an answer means for the shipper: a type, made where the answer is read. Stage: ship. Pure.
//
//   200 with a position   move     the server has the stream up to there
//   409 stream_overlap    move     the same: some of the batch was there
//   409 stream_gap        gap      the server has less than we thought
//   409 stream_forked     fork     somebody else goes on with our stream
//   401 403 404, redirect hold     somebody has to do something; said once, tried at each check
//   413                   halve    the batch is too large
//   415                   plain    without compression
//   400 422               bisect   one of the records is not wanted: which? (a page of HTML: hold)
//   all else              later    no network, 408, 429, 5xx, an answer that is no server's of ours; where the
//                                  server was too slow, with half the batch

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <logkit/ship/answer.hpp>
#include <logkit/ship/transport.hpp>

namespace logkit::detail {

struct verdict {
    enum class kind : std::uint8_t { move, gap, fork, hold, halve, plain, bisect, later };

    kind what = kind::later;
    std::uint64_t position = 0;                // move, gap: up to where the server has the stream
    std::string hash{};                        // the hash that it was given with that position; "" if it keeps none
    std::uint64_t accepted = 0, rejected = 0;  // move: records
    std::vector<rejected_line> refused{};      // move: lines that the server would not have
    std::optional<std::uint64_t> wait_s{};     // later: Retry-After
    bool was_too_slow = false;                 // later
    std::string reason{};                      // for people; what the other side wrote in it is cut
};

[[nodiscard]] inline verdict judge(http_answer const& answer) {
    verdict v;
    if (answer.failure != http_failure::none) {
        v.was_too_slow = answer.failure == http_failure::timed_out;
        v.reason = answer.reason;
        return v;
    }
    const server_answer said = read_server_answer(answer.body);
    v.reason = "HTTP " + std::to_string(answer.status);
    if (!said.message.empty()) v.reason += ": " + said.message;
    if (answer.status == 200 || answer.status == 409) {
        v.position = said.position.value_or(0);
        v.hash = said.hash;
        v.accepted = said.accepted;
        v.rejected = said.rejected;
        v.refused = said.refused;
        if (answer.status == 200 && said.position) {
            v.what = verdict::kind::move;
        } else if (answer.status == 409 && said.code == "stream_forked") {
            v.what = verdict::kind::fork;
        } else if (answer.status == 409 && said.position) {
            v.what = said.code == "stream_gap" ? verdict::kind::gap : verdict::kind::move;
        } else {
            v.reason += answer.status == 200 ? ", but the answer has no position: this is no logkit server" : "";
        }
        return v;
    }
    switch (answer.status) {
        case 401:
        case 403:
        case 404:
            v.what = verdict::kind::hold;
            break;
        case 400:
        case 422:
            // The first two are not a record's fault: our request was wrong, or a proxy answered.
            v.what =
                said.code == "bad_stream" || answer.body.starts_with('<') ? verdict::kind::hold : verdict::kind::bisect;
            break;
        case 413:
            v.what = verdict::kind::halve;
            break;
        case 415:
            v.what = verdict::kind::plain;
            break;
        default:
            if (answer.status >= 300 && answer.status < 400) {
                v.what = verdict::kind::hold;
                v.reason += " leads elsewhere: " + answer.location;
            } else {
                v.wait_s = answer.retry_after_s;
                if (answer.status < 400) v.reason += ", which is no answer of a logkit server";
            }
    }
    return v;
}

}  // namespace logkit::detail
