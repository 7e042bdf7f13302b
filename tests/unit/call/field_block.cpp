// SPDX-License-Identifier: MIT
#include <logkit/call/field_block.hpp>

#include <string>
#include <vector>

#include <logkit.hpp>
#include <support/catch.hpp>

using namespace logkit::detail;
using logkit::kv;

TEST_CASE("a block reads back field by field, and hides what is secret") {
    std::string block;
    append_field(block, kv("n", 42));
    append_field(block, kv("password", "hunter2"));
    append_field(block, kv("text", std::string("hello")));
    std::vector<std::string> keys;
    std::vector<kind> kinds;
    for_each_field(reinterpret_cast<std::byte const*>(block.data()), block.size(), [&](block_field const& f) {
        keys.emplace_back(f.key);
        kinds.push_back(f.encoding);
    });
    CHECK(keys == std::vector<std::string>{"n", "password", "text"});
    CHECK(kinds == std::vector<kind>{kind::int64, kind::redacted, kind::text});
    CHECK(block.find("hunter2") == std::string::npos);
}
