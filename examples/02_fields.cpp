// SPDX-License-Identifier: MIT
// What a field can be.
#include <logkit.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace lk = logkit;
using lk::kv;

namespace shop {

struct money {
    int cents;
    std::string currency;
};

// A type of one's own is logged by a function beside it.
auto log_value(money const& m) {
    return lk::object(kv("amount", m.cents / 100.0), kv("currency", m.currency));
}

}  // namespace shop

int main() {
    using namespace std::chrono_literals;

    lk::log.info("numbers", kv("int", -7), kv("big", 18'446'744'073'709'551'615ULL), kv("real", 12.75),
                 kv("yes", true));
    lk::log.info("texts", kv("text", std::string("with \"quotes\" and\nlines")), kv("null", nullptr),
                 kv("path", std::filesystem::path("/var/log")));
    lk::log.info("time", kv("waited", 1500us), kv("since", std::chrono::system_clock::time_point{}));
    lk::log.info("nested", kv("list", std::vector<int>{1, 2, 3}),
                 kv("map", std::map<std::string, double>{{"pi", 3.14}}), kv("price", shop::money{1250, "EUR"}),
                 kv("raw", lk::raw_json(R"({"a": [1, 2]})")));
    lk::log.info("maybe", kv("present", std::optional<int>(4)), kv("absent", std::optional<int>()),
                 kv("error", std::make_error_code(std::errc::permission_denied)));
    lk::log.info("hidden", kv("password", "hunter2"), kv("note", lk::secret("also hidden")));
    lk::log.debug("only if kept", kv("lazy", [] { return std::string("computed"); }));
}
