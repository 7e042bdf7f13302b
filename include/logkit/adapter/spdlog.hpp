// SPDX-License-Identifier: MIT
#pragma once

// What is logged with spdlog, as records (docs/bridges.md). Stage: adapter, opt-in.
//
//   spdlog::default_logger()->sinks().push_back(std::make_shared<logkit::spdlog_sink>());

#include <spdlog/sinks/sink.h>

#include <memory>
#include <string_view>

#include <logkit/adapter/relay.hpp>

namespace logkit {

// Level, text, logger's name and source; the context is that of the thread that logs, so loggers of
// spdlog::async_factory, which hand lines to another thread, lose it. Needs no lock of spdlog's.
class spdlog_sink final : public spdlog::sinks::sink {
  public:
    void log(spdlog::details::log_msg const& line) override {
        using to = logkit::level;
        static constexpr to levels[] = {to::trace, to::debug, to::info, to::warning, to::error, to::critical, to::off};
        const source_location where = line.source.empty() || line.source.filename == nullptr
                                          ? source_location{"spdlog", "", 0}
                                          : source_location{line.source.filename, line.source.funcname,
                                                            static_cast<std::uint32_t>(line.source.line)};
        relay(logger_named({line.logger_name.data(), line.logger_name.size()}), levels[line.level],
              {line.payload.data(), line.payload.size()}, where);
    }
    // logkit's own flush() waits; a line here has left the program already.
    void flush() override {}
    void set_pattern(std::string const&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}
};

}  // namespace logkit
