// SPDX-License-Identifier: MIT
#pragma once

// What a tool takes, said once: its schema is made of it, and what an agent gives is checked against it.

#include "insight/json.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace mcp {

using insight::json;

// The message names the argument, and what to give instead.
class argument_error : public std::invalid_argument {
  public:
    using std::invalid_argument::invalid_argument;
};

enum class argument_type : std::uint8_t { text, number, flag, texts };

struct parameter {
    std::string name;
    argument_type type;
    std::string description;
};
using parameter_list = std::vector<parameter>;

// JSON Schema of an object of these.
[[nodiscard]] json schema_of(parameter_list const& all);

class arguments {
  public:
    // Throws argument_error where one is not known, or of another type.
    arguments(std::string const& tool, parameter_list const& known, json const& given);

    // What was not given is "", `otherwise`, false, nothing.
    [[nodiscard]] std::string text(std::string const& name) const;
    [[nodiscard]] std::size_t number(std::string const& name, std::size_t otherwise) const;
    [[nodiscard]] bool flag(std::string const& name) const;
    [[nodiscard]] std::vector<std::string> texts(std::string const& name) const;

  private:
    json given_;
};

}  // namespace mcp
