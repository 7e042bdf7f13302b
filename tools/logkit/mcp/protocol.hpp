// SPDX-License-Identifier: MIT
#pragma once

// The Model Context Protocol: JSON-RPC 2.0, one message a line.
// https://modelcontextprotocol.io/specification/2025-06-18

#include "insight/json.hpp"

#include <string>
#include <vector>

namespace tool {

class mcp_server {
  public:
    explicit mcp_server(std::vector<std::string> files) : files_(std::move(files)) {}

    // The answer to a line; null where it wants none.
    [[nodiscard]] insight::json answer_line(std::string_view line) const;

  private:
    [[nodiscard]] insight::json answer(insight::json const& message) const;

    std::vector<std::string> files_;
};

}  // namespace tool
