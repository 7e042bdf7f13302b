// SPDX-License-Identifier: MIT
#include <logkit/render/exception_text.hpp>

#include <random>
#include <stdexcept>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("a described exception reads back") {
    const exception_story story = read_exception(describe_exception(std::runtime_error("why")));
    REQUIRE(story.chain.size() == 1);
    CHECK(story.chain[0].type == "std::runtime_error");
    CHECK(story.chain[0].what == "why");
    CHECK_FALSE(story.stack.empty());
}

TEST_CASE("damaged bytes are read as far as they go, and rendered as valid JSON") {
    std::mt19937 random(5);
    const std::string whole = describe_exception(std::runtime_error("text \xff"));
    for (int i = 0; i < 3000; ++i) {
        std::string bytes = whole.substr(0, random() % (whole.size() + 1));
        if (!bytes.empty() && i % 2 == 0) bytes[random() % bytes.size()] = static_cast<char>(random());
        REQUIRE(nlohmann::json::accept(exception_json(bytes)));
    }
}

TEST_CASE("an exception that nests itself without end is cut") {
    struct loop : std::exception, std::nested_exception {};
    std::exception_ptr error = std::make_exception_ptr(std::runtime_error("seed"));
    for (int i = 0; i < 100; ++i) {
        try {
            std::rethrow_exception(error);
        } catch (...) {
            try {
                std::throw_with_nested(std::runtime_error(std::to_string(i)));
            } catch (...) {
                error = std::current_exception();
            }
        }
    }
    CHECK(read_exception(describe_exception(error)).chain.size() == longest_chain);
}
