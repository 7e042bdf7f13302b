// SPDX-License-Identifier: MIT
#include "http/router.hpp"

#include <logkit/base/hex.hpp>
#include <logkit/base/text_parts.hpp>

#include <nlohmann/json.hpp>

namespace serve {
namespace {

using logkit::detail::take_until;

// False: a percent sign without two digits behind it, or a NUL.
[[nodiscard]] bool decode_percent(std::string_view text, bool is_query, std::string& into) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && is_query) {
            into += ' ';
        } else if (text[i] == '%') {
            const std::string_view digits = text.substr(i + 1, 2);
            const auto value = logkit::detail::parse_hex(digits, true);
            if (digits.size() != 2 || !value.has_value() || *value == 0) return false;
            into += static_cast<char>(*value);
            i += 2;
        } else {
            into += text[i];
        }
    }
    return true;
}

// Do they match? Fills what stands for the parts in braces.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& captured) {
    captured.clear();
    while (!pattern.empty() || !path.empty()) {
        const std::string_view wanted = take_until(pattern, '/'), there = take_until(path, '/');
        if (wanted.starts_with('{') && !there.empty())
            captured.emplace_back(there);
        else if (wanted != there)
            return false;
        if (pattern.empty() != path.empty()) return false;
    }
    return true;
}

}  // namespace

bool take_target(std::string_view target, request& into) {
    into.target = target;
    const std::size_t mark = target.find('?');
    if (!target.starts_with('/') || !decode_percent(target.substr(0, mark), false, into.path)) return false;
    if (mark == target.npos) return true;
    for (std::string_view rest = target.substr(mark + 1); !rest.empty();) {
        const std::string_view one = take_until(rest, '&');
        if (one.empty()) continue;
        const std::size_t equals = one.find('=');
        auto& [name, value] = into.query.emplace_back();
        if (!decode_percent(one.substr(0, equals), true, name) ||
            (equals != one.npos && !decode_percent(one.substr(equals + 1), true, value)))
            return false;
    }
    return true;
}

route const* router::find(request& asked, std::optional<response>& refusal) const {
    std::string allowed;
    for (route const& r : routes_) {
        if (!matches(r.path, asked.path, asked.captured)) continue;
        if (r.method == asked.method || (r.method == "GET" && asked.method == "HEAD")) {
            refusal = guard_(asked, r.who);
            return refusal.has_value() ? nullptr : &r;
        }
        allowed += (allowed.empty() ? "" : ", ") + std::string(r.method);
    }
    if (allowed.empty()) {
        refusal = error_response(404, "not_found", "there is nothing at this path; /openapi.json lists what there is");
    } else {
        refusal = error_response(405, "method_not_allowed", "this path takes " + allowed);
        refusal->headers.emplace_back("Allow", allowed);
    }
    return nullptr;
}

std::string openapi_of(std::vector<route> const& routes, std::string const& version) {
    using json = nlohmann::ordered_json;
    json paths = json::object();
    for (route const& r : routes) {
        json operation{{"summary", r.summary}};
        json parameters = json::array();
        for (route_parameter const& p : r.parameters)
            parameters.push_back({{"name", p.name},
                                  {"in", p.in},
                                  {"required", p.in == "path"},
                                  {"description", p.about},
                                  {"schema", {{"type", "string"}}}});
        if (!parameters.empty()) operation["parameters"] = parameters;
        if (r.takes_body) operation["requestBody"] = {{"content", {{"application/json", json::object()}}}};
        const std::size_t blank = r.answer.find(' ');
        operation["responses"] = {{std::string(r.answer.substr(0, blank)),
                                   {{"description", blank == r.answer.npos ? "" : r.answer.substr(blank + 1)}}},
                                  {"default", {{"description", "{\"error\":{\"code\",\"message\",\"details\"?}}"}}}};
        if (r.who != need::nothing) operation["security"] = json::array({{{"key", json::array()}}});
        paths[std::string(r.path)][lower_case(r.method)] = operation;
    }
    const json all{{"openapi", "3.1.0"},
                   {"info", {{"title", "logkit serve"}, {"version", version}}},
                   {"paths", paths},
                   {"components", {{"securitySchemes", {{"key", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
    return all.dump(2) + '\n';
}

}  // namespace serve
