// SPDX-License-Identifier: MIT
#include "mcp/arguments.hpp"

#include "insight/text.hpp"

#include <algorithm>

namespace mcp {
namespace {

[[nodiscard]] bool is_of(argument_type type, json const& value) {
    switch (type) {
        case argument_type::text:
            return value.is_string();
        case argument_type::number:
            return value.is_number_unsigned() ? value != 0 : value.is_number_integer() && value > 0;
        case argument_type::flag:
            return value.is_boolean();
        default:
            return value.is_array() &&
                   std::all_of(value.begin(), value.end(), [](json const& item) { return item.is_string(); });
    }
}
[[nodiscard]] const char* name_of(argument_type type) {
    switch (type) {
        case argument_type::text:
            return "a text";
        case argument_type::number:
            return "a positive integer";
        case argument_type::flag:
            return "true or false";
        default:
            return "an array of texts";
    }
}

}  // namespace

json schema_of(parameter_list const& all) {
    json properties = json::object();
    for (parameter const& one : all) {
        json& schema = properties[one.name];
        switch (one.type) {
            case argument_type::text:
                schema = {{"type", "string"}};
                break;
            case argument_type::number:
                schema = {{"type", "integer"}, {"minimum", 1}};
                break;
            case argument_type::flag:
                schema = {{"type", "boolean"}};
                break;
            case argument_type::texts:
                schema = {{"type", "array"}, {"items", {{"type", "string"}}}};
                break;
        }
        schema["description"] = one.description;
    }
    return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

arguments::arguments(std::string const& tool, parameter_list const& known, json const& given) : given_(given) {
    if (!given.is_object()) throw argument_error("arguments: not an object");
    std::vector<std::string> names;
    for (parameter const& one : known) names.push_back(one.name);
    for (auto const& [name, value] : given.items()) {
        const auto at =
            std::find_if(known.begin(), known.end(), [&](parameter const& one) { return one.name == name; });
        if (at == known.end()) {
            std::string message = tool + ": there is no argument '" + insight::cut(name, 60) + '\'';
            const std::string suggestion = insight::suggestion_for(name, names);
            message += suggestion.empty() ? "; it takes" : "; " + suggestion + " It takes";
            for (std::string const& other : names) message += (other == names.front() ? " " : ", ") + other;
            throw argument_error(message);
        }
        if (!value.is_null() && !is_of(at->type, value))
            throw argument_error(name + ": not " + name_of(at->type) + ": " + at->description);
    }
}

std::string arguments::text(std::string const& name) const {
    return given_.contains(name) && given_[name].is_string() ? given_[name].get<std::string>() : std::string();
}
std::size_t arguments::number(std::string const& name, std::size_t otherwise) const {
    return given_.contains(name) && given_[name].is_number() ? given_[name].get<std::size_t>() : otherwise;
}
bool arguments::flag(std::string const& name) const {
    return given_.contains(name) && given_[name].is_boolean() && given_[name].get<bool>();
}
std::vector<std::string> arguments::texts(std::string const& name) const {
    return given_.contains(name) && given_[name].is_array() ? given_[name].get<std::vector<std::string>>()
                                                            : std::vector<std::string>();
}

}  // namespace mcp
