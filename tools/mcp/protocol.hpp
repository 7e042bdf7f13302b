// SPDX-License-Identifier: MIT
#pragma once

// The Model Context Protocol: JSON-RPC 2.0, one message a line.
// https://modelcontextprotocol.io/specification/2025-06-18

#include "insight/json.hpp"
#include "mcp/question.hpp"

#include <string_view>
#include <utility>

namespace mcp {

class server {
  public:
    explicit server(log_opener open) : open_(std::move(open)) {}

    // The answer to a line; null where it wants none.
    [[nodiscard]] json answer_line(std::string_view line) const;

  private:
    [[nodiscard]] json answer(json const& message) const;

    log_opener open_;
};

}  // namespace mcp
