// SPDX-License-Identifier: MIT
#include <logkit/adapter/ostream.hpp>

#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <logkit/testing.hpp>
#include <support/catch.hpp>

using logkit::kv;

namespace streamed {
struct point {
    int x, y;
};
std::ostream& operator<<(std::ostream& out, point const& p) {
    return out << '(' << p.x << ',' << p.y << ')';
}
struct broken {};
std::ostream& operator<<(std::ostream&, broken const&) {
    throw std::runtime_error("no luck");
}
}  // namespace streamed

TEST_CASE("what has an operator<< is the text that it writes") {
    const logkit::testing::capture_logs logs;
    logkit::log.info("at {}", streamed::point{1, 2}, kv("p", streamed::point{3, 4}),
                     kv("all", std::vector{streamed::point{5, 6}}), kv("b", streamed::broken{}), kv("n", 1));
    const auto r = logs.last();
    CHECK(r.event == "at (1,2)");
    CHECK(r["p"] == "(3,4)");
    CHECK(r["all"].json() == "[\"(5,6)\"]");
    CHECK(r["b"] == "<value threw: no luck>");
    CHECK(r["n"] == 1);
}
