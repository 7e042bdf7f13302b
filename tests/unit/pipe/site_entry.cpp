// SPDX-License-Identifier: MIT
#include <logkit/pipe/site_entry.hpp>

#include <string>

#include <support/catch.hpp>

using namespace logkit::detail;

TEST_CASE("a site reads back from its entry, and no cut of the entry reads as one") {
    const argument_description arguments[] = {{"files", role::field, kind::int64},
                                              {nullptr, role::positional, kind::text}};
    const std::string entry =
        encode_site({17, 2}, {"opened {}", {"/src/a/file.cpp", "f", 42}, logkit::level::warning, arguments, 2});
    std::string_view bytes = entry;
    decoded_site site;
    REQUIRE(decode_site(bytes, site));
    CHECK(bytes.empty());
    CHECK(site.site.number == 17);
    CHECK(site.site.redacted == 2);
    CHECK(site.event == "opened {}");
    CHECK(site.file == "file.cpp");
    CHECK(site.line == 42);
    CHECK(site.severity == logkit::level::warning);
    REQUIRE(site.arguments.size() == 2);
    CHECK(std::string(site.arguments[0].key) == "files");
    CHECK(site.arguments[0].encoding == kind::int64);
    CHECK(site.arguments[1].what == role::positional);
    for (std::size_t n = 0; n < entry.size(); ++n) {
        std::string_view cut = std::string_view{entry}.substr(0, n);
        CHECK_FALSE(decode_site(cut, site));
    }
    for (std::size_t i = 0; i < entry.size(); ++i) {  // no byte makes it read beyond its end
        std::string changed = entry;
        changed[i] = static_cast<char>(changed[i] ^ 0xff);
        std::string_view view = changed;
        if (decode_site(view, site)) CHECK(view.size() <= changed.size());
    }
}
