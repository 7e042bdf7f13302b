// SPDX-License-Identifier: MIT
// /api-keys
#include "api/numbers.hpp"
#include "api/routes.hpp"
#include "store/moment.hpp"

#include <logkit/reader/time.hpp>

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace serve {
namespace {

using json = nlohmann::ordered_json;

[[nodiscard]] json to_json(api_key const& key) {
    const auto moment = [](std::optional<std::int64_t> const& at) { return at ? json(moment_text(*at)) : json(); };
    return {{"id", key.id},
            {"name", key.name},
            {"service", key.service ? json(*key.service) : json()},
            {"role", key_role_names[static_cast<std::size_t>(key.role)]},
            {"prefix", key.prefix},
            {"created_at", moment_text(key.created_ns)},
            {"expires_at", moment(key.expires_ns)},
            {"last_used_at", moment(key.last_used_ns)},
            {"revoked_at", moment(key.revoked_ns)}};
}
[[nodiscard]] response good(int status, json const& body) {
    response made;
    made.status = status;
    made.body = body.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
    return made;
}
[[nodiscard]] response bad(std::string const& why) {
    return error_response(400, "invalid_key", why);
}

[[nodiscard]] response create(api_context& context, request const& asked) {
    constexpr std::size_t largest = 16 << 10;
    if (asked.body.size() > largest) return error_response(413, "body_too_large", "a key is told in 16 KiB");
    const json body = json::parse(asked.body, nullptr, false);
    if (!body.is_object()) return bad("the body is an object: {\"name\",\"service\"?,\"role\"?,\"expires_at\"?}");
    std::string name;
    std::optional<std::string> service;
    key_role role = key_role::ingest;
    std::optional<std::int64_t> expires;
    const std::int64_t now = context.now_ns();
    for (auto const& [key, value] : body.items()) {
        if (key == "name" && value.is_string()) {
            name = value.get<std::string>();
        } else if (key == "service" && (value.is_string() || value.is_null())) {
            if (value.is_string()) service = value.get<std::string>();
        } else if (key == "role" && value.is_string()) {
            const auto named = key_role_from_name(value.get<std::string>());
            if (!named.has_value()) return bad("role: is ingest, read or admin");
            role = *named;
        } else if (key == "expires_at" && (value.is_string() || value.is_null())) {
            if (value.is_null()) continue;
            expires = logkit::parse_time(std::string_view(value.get_ref<std::string const&>()));
            if (!expires.has_value()) return bad("expires_at: is RFC 3339, such as 2027-01-01T00:00:00Z");

        } else if (key == "name" || key == "service" || key == "role" || key == "expires_at") {
            return bad(key + ": is a text");
        } else {
            return bad(key + ": is not known here; there are name, service, role, expires_at");
        }
    }
    try {
        const auto [secret, made] = context.keys.make(name, service, role, expires, now);
        json told = to_json(made);
        told.erase("last_used_at");
        told.erase("revoked_at");
        told["key"] = secret;
        return good(201, told);
    } catch (std::invalid_argument const& error) {
        return bad(error.what());
    }
}

}  // namespace

void add_key_routes(api_context& context, std::vector<route>& to) {
    to.push_back({"POST",
                  "/api-keys",
                  need::administer,
                  true,
                  "A new key, which is shown this once",
                  {},
                  R"(201 {"id","name","service","role","key":"lk_…","prefix","created_at","expires_at"})",
                  [&context](request& asked, reply const& answer) { answer(create(context, asked)); }});
    to.push_back(
        {"GET",
         "/api-keys",
         need::administer,
         false,
         "All keys, without what is secret of them",
         {},
         R"(200 {"keys":[{"id","name","service","role","prefix","created_at","expires_at","last_used_at","revoked_at"}]})",
         [&context](request&, reply const& answer) {
             json keys = json::array();
             for (api_key const& key : context.keys.all()) keys.push_back(to_json(key));
             answer(good(200, {{"keys", keys}}));
         }});
    to.push_back({"DELETE",
                  "/api-keys/{id}",
                  need::administer,
                  false,
                  "Revokes a key, at once",
                  {{"id", "path", "of the key"}},
                  "204",
                  [&context](request& asked, reply const& answer) {
                      const auto id = whole_number<std::int64_t>(asked.captured.at(0));
                      if (!id.has_value() || !context.keys.revoke(*id, context.now_ns()))
                          return answer(error_response(404, "unknown_key", "there is no key with this id"));
                      response made;
                      made.status = 204;
                      answer(std::move(made));
                  }});
}

}  // namespace serve
