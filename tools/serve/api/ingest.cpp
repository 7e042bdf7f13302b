// SPDX-License-Identifier: MIT
// POST /ingest and POST /logs.
#include "api/numbers.hpp"
#include "api/routes.hpp"
#include "http/memory_share.hpp"
#include "ingest/decode/ndjson.hpp"
#include "ingest/decode/tracer.hpp"
#include "ingest/inflate.hpp"

#include <logkit/base/hash.hpp>
#include <logkit/base/json_text.hpp>
#include <logkit/reader/line_parser.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace serve {
namespace {

using logkit::detail::json_string;

[[nodiscard]] std::string refused_json(std::vector<refused_line> const& lines, const char* place) {
    std::string json = "[";
    for (refused_line const& line : lines)
        json += (json.size() == 1 ? "{\"" : ",{\"") + std::string(place) + "\":" + std::to_string(line.position) +
                ",\"reason\":" + json_string(line.reason) + '}';
    return json + ']';
}

// `share`: of what all bodies may take unpacked, until they are stored.
[[nodiscard]] std::optional<response> unpack(request& asked, memory_share& share) {
    inflate_limits limits;
    limits.may_take = [&](std::uint64_t bytes) { return share.grow_to(bytes); };
    switch (inflate_body(asked.header("content-encoding"), asked.body, limits)) {
        case inflate_result::good:
            return std::nullopt;
        case inflate_result::unknown_encoding:
            return error_response(415, "unknown_encoding", "a body is sent as gzip, zstd or as it is");
        case inflate_result::damaged:
            return error_response(400, "damaged_body", "the body does not unpack: it is damaged, or ends too early");
        case inflate_result::busy:
            return busy_response();
        case inflate_result::too_large:
            break;
    }
    return error_response(413, "body_too_large", "the body unpacks into more than 256 MiB, or 200 times its size");
}

constexpr std::uint64_t last_position = (std::uint64_t{1} << 63) - 1;

// False: it is no whole number, or one that no position can be.
[[nodiscard]] bool read_position(std::string_view text, std::uint64_t& into) noexcept {
    const auto number = whole_number<std::uint64_t>(text);
    into = number.value_or(0);
    return number.has_value() && into <= last_position;
}

// The stream headers of a request; an answer is a refusal.
[[nodiscard]] std::optional<response> read_range(request const& asked, std::optional<stream_range>& into) {
    const bool has_stream = asked.has_header("logkit-stream"), has_position = asked.has_header("logkit-position");
    if (!has_stream && !has_position) return std::nullopt;
    const auto bad = [](const char* why) { return error_response(400, "bad_stream", why); };
    if (!has_stream || !has_position) return bad("Logkit-Stream and Logkit-Position go together");
    stream_range range;
    range.stream = asked.header("logkit-stream");
    if (range.stream.size() != 32 || range.stream.find_first_not_of("0123456789abcdef") != std::string::npos)
        return bad("Logkit-Stream: is 32 hexadecimal digits in small letters");
    if (!read_position(asked.header("logkit-position"), range.position))
        return bad("Logkit-Position: is a whole number below 2^63");
    range.has_end = asked.has_header("logkit-end");
    range.end = range.position + asked.body.size();
    if (range.has_end && (!read_position(asked.header("logkit-end"), range.end) || range.end < range.position))
        return bad("Logkit-End: is a whole number below 2^63, and not below Logkit-Position");
    if (range.end > last_position) return bad("the stream would end above 2^63");
    range.before = asked.header("logkit-before");
    range.after = asked.header("logkit-after");
    range.gap = asked.header("logkit-gap");
    constexpr std::size_t longest = 256;
    if (range.before.size() > longest || range.after.size() > longest || range.gap.size() > longest)
        return bad("Logkit-Before, Logkit-After, Logkit-Gap: at most 256 bytes");
    into = std::move(range);
    return std::nullopt;
}

[[nodiscard]] response answer_to(outcome const& said, std::string const& good) {
    const auto conflict = [&](const char* code, const char* why) {
        return error_response(
            409, code, why,
            R"([{"position":)" + std::to_string(said.position) + R"(,"hash":)" + json_string(said.hash) + "}]");
    };
    switch (said.what) {
        case outcome::kind::stored: {
            response made;
            made.body = good;
            return made;
        }
        case outcome::kind::repeated: {
            response made;
            made.body = said.answer;
            return made;
        }
        case outcome::kind::reused:
            return error_response(422, "idempotency_key_reused",
                                  "this Idempotency-Key was used for another body within 24 hours");
        case outcome::kind::gap:
            return conflict("stream_gap", "the bytes before this batch are not here");
        case outcome::kind::overlap:
            return conflict("stream_overlap", "a part of this batch is here already; send what is behind it");
        case outcome::kind::forked:
            return conflict("stream_forked", "this stream went on with other bytes; begin a new one");
        case outcome::kind::of_others:
            return error_response(403, "out_of_scope", "this stream is that of another service than the key's");
        case outcome::kind::unavailable:
            break;
    }
    return error_response(503, "store_unavailable", "the records could not be stored: " + said.reason);
}

class ingest_routes {
  public:
    explicit ingest_routes(api_context& context) : context_(context) {}

    void take_lines(request& asked, reply const& answer) const {
        std::optional<stream_range> range;
        const auto share = std::make_shared<memory_share>(context_.unpacked_bytes, most_unpacked);
        if (auto refusal = unpack(asked, *share)) return refuse(answer, std::move(*refusal));
        if (auto refusal = read_range(asked, range)) return refuse(answer, std::move(*refusal));
        if (!asked.body.empty() && asked.body.back() != '\n')
            return refuse(answer, error_response(400, "torn_body", "the last line has no end; send whole lines"));
        const bool is_stream = range.has_value();
        std::optional<request_key> key;
        if (auto refusal = read_key(asked, key)) return refuse(answer, std::move(*refusal));
        const std::size_t size = asked.body.size();
        asked.body.append(logkit::detail::line_padding, ' ');
        decoded_lines lines = decode_ndjson({asked.body.data(), size}, std::move(range), asked.who.service.value_or(""),
                                            context_.now_ns());
        if (lines.is_too_many) return refuse(answer, error_response(413, "too_many_records", lines.error));
        context_.counters.refused_lines += lines.refused_count;
        // Made where the outcome is known: by the store for what is remembered, and here.
        const auto tell = [is_stream, refused = std::move(lines.refused)](outcome const& said) {
            std::string json = R"({"accepted":)" + std::to_string(said.accepted);
            if (is_stream)
                json += R"(,"position":)" + std::to_string(said.position) + R"(,"hash":)" + json_string(said.hash);
            if (!refused.empty()) json += R"(,"rejected":)" + refused_json(refused, is_stream ? "position" : "line");
            return json + "}\n";
        };
        lines.made.request = std::move(key);
        if (lines.made.request.has_value()) lines.made.request->answer = tell;
        hand_in(std::move(lines.made), answer, tell, 200, share);
    }

    void take_entries(request& asked, reply const& answer) const {
        std::string_view type = asked.header("content-type");
        type = type.substr(0, type.find(';'));
        while (type.ends_with(' ')) type.remove_suffix(1);
        if (!type.empty() && type != "application/json" && !type.ends_with("+json") && type != "text/json")
            return refuse(answer, error_response(415, "unsupported_media_type",
                                                 "send Content-Type: application/json, not " + std::string(type)));
        const auto share = std::make_shared<memory_share>(context_.unpacked_bytes, most_unpacked);
        if (auto refusal = unpack(asked, *share)) return refuse(answer, std::move(*refusal));
        std::optional<request_key> key;
        if (auto refusal = read_key(asked, key)) return refuse(answer, std::move(*refusal));
        decoded_entries entries =
            decode_entries(std::move(asked.body), asked.who.service.value_or(""), context_.now_ns());
        if (!entries.error.empty())
            return refuse(answer,
                          error_response(entries.is_too_many ? 413 : 400,
                                         entries.is_too_many ? "too_many_records" : "invalid_body", entries.error));
        if (!entries.invalid.empty()) {
            const bool is_scope = entries.is_of_other_service;
            return refuse(answer, error_response(is_scope ? 403 : 400, is_scope ? "out_of_scope" : "invalid_entry",
                                                 "nothing was stored: " + entries.invalid.front().reason,
                                                 refused_json(entries.invalid, "index")));
        }
        const auto tell = [](outcome const& said) { return R"({"accepted":)" + std::to_string(said.accepted) + "}\n"; };
        entries.made.request = std::move(key);
        if (entries.made.request.has_value()) entries.made.request->answer = tell;
        hand_in(std::move(entries.made), answer, tell, 202, share);
    }

  private:
    static constexpr std::uint64_t most_unpacked = std::uint64_t{400} << 20;  // one as large as any may be fits

    template <class Tell>
    void hand_in(batch made, reply const& answer, Tell const& tell, int good_status,
                 std::shared_ptr<memory_share> const& share) const {
        const auto done = [this, answer, tell, good_status, share](outcome const& said) {
            response told = answer_to(said, said.what == outcome::kind::stored ? tell(said) : std::string{});
            if (said.what == outcome::kind::stored) context_.counters.records += said.accepted;
            if (said.what == outcome::kind::repeated) ++context_.counters.repeated;
            if (told.status == 200)
                told.status = good_status;
            else
                ++context_.counters.refused_requests;
            answer(std::move(told));
        };
        switch (context_.commits.commit(std::move(made), done)) {
            case committer::handed_in::taken:
                return;
            case committer::handed_in::running: {
                response busy = error_response(409, "request_running", "the same request is being answered just now");
                busy.headers.emplace_back("Retry-After", "1");
                return refuse(answer, std::move(busy));
            }
            case committer::handed_in::full:
                return refuse(answer, error_response(503, "busy", "the disk is behind; send it again in a moment"));
            case committer::handed_in::ending:
                break;
        }
        refuse(answer, error_response(503, "ending", "the server is about to end"));
    }
    // Of the body as it was before it was packed.
    [[nodiscard]] static std::optional<response> read_key(request const& asked, std::optional<request_key>& into) {
        if (!asked.has_header("idempotency-key")) return std::nullopt;
        const std::string_view key = asked.header("idempotency-key");
        constexpr std::size_t longest = 255;
        if (key.empty() || key.size() > longest)
            return error_response(400, "bad_idempotency_key", "Idempotency-Key: is 1 to 255 bytes");
        // The same body for another place of a stream is another request.
        std::uint64_t hash = logkit::detail::hash_text(asked.body);
        for (const std::string_view name : {"logkit-stream", "logkit-position", "logkit-end"})
            hash = logkit::detail::hash_mix(hash, logkit::detail::hash_text(asked.header(name)));
        into = request_key{asked.who.name + ' ' + asked.path, std::string(key), hash, {}};
        return std::nullopt;
    }
    void refuse(reply const& answer, response made) const {
        ++context_.counters.refused_requests;
        answer(std::move(made));
    }

    api_context& context_;
};

}  // namespace

void add_ingest_routes(api_context& context, std::vector<route>& to) {
    const auto routes = std::make_shared<ingest_routes>(context);
    const std::string_view key = "Idempotency-Key", in_header = "header";
    to.push_back({"POST",
                  "/ingest",
                  need::write,
                  true,
                  "Lines of JSON; with the headers of a stream, each exactly once",
                  {{"Logkit-Stream", in_header, "32 hexadecimal digits"},
                   {"Logkit-Position", in_header, "of the body's first byte in the stream"},
                   {"Logkit-End", in_header, "behind its last one, where the body is not the stream's bytes"},
                   {"Logkit-Before", in_header, "the sender's hash of what stands before the body"},
                   {"Logkit-After", in_header, "and before its end"},
                   {"Logkit-Gap", in_header, "why the bytes before it are gone"},
                   {"Content-Encoding", in_header, "gzip or zstd"},
                   {key, in_header, "a repetition within 24 hours is answered as the first time"}},
                  R"(200 {"accepted":N,"position":P,"hash":"…","rejected":[…]})",
                  [routes](request& asked, reply const& answer) { routes->take_lines(asked, answer); }});
    to.push_back({"POST",
                  "/logs",
                  need::write,
                  true,
                  "One entry, or {\"logs\":[…]}; all or nothing",
                  {{"Content-Encoding", in_header, "gzip or zstd"},
                   {key, in_header, "a repetition within 24 hours is answered as the first time"}},
                  R"(202 {"accepted":N})",
                  [routes](request& asked, reply const& answer) { routes->take_entries(asked, answer); }});
}

}  // namespace serve
