// SPDX-License-Identifier: MIT
#include <logkit/redact/redactor.hpp>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

using namespace logkit::detail;
using nlohmann::json;

namespace {
// Where each byte costs ten times as much, there is a tenth of the work.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t share = 10;
#else
constexpr std::size_t share = 1;
#endif

struct masking {
    rule_book book;
    key_policy keys;
    redactor by{book, &keys};

    explicit masking(value_rules const& rules = {}, mask_style const& style = {},
                     std::vector<std::string> const& own = {})
        : book(rules, style), keys(own) {}
    [[nodiscard]] std::string line(std::string_view text) {
        std::string out;
        return by.mask_line(out, text) ? out : std::string(text);
    }
    [[nodiscard]] std::uint64_t count(std::string_view rule) {
        by.tell_counts();
        for (counted_rule const& r : book.rules())
            if (r.name == rule) return r.masked.load();
        return 0;
    }
};
using texts = std::vector<std::pair<const char*, const char*>>;
}  // namespace

TEST_CASE("secrets that a name tells are masked, however it is written") {
    masking m;
    for (auto const& [text, seen] :
         texts{{"password=hunter2 user=ada", "password=*** user=ada"},
               {"Password: hunter2, next", "Password: ***, next"},
               {"{user=ada, password=hun,ter2}", "{user=ada, password=***}"},
               {R"(body {"password":"hun\"ter2","a":1})", R"(body {"password":"***","a":1})"},
               {R"(said \"secret\": \"s3cr3t\" twice)", R"(said \"secret\": \"***\" twice)"},
               {R"(:password=>"hunter2", 'token' => 'x1')", R"(:password=>"***", 'token' => '***')"},
               {"GET /cb?token=abc&next=1", "GET /cb?token=***&next=1"},
               {"/x%3Fpassword%3Dhunter2%26a%3Db", "/x%3Fpassword%3D***%26a%3Db"},
               {"https://x/?sv=1&sig=abc%2Fdef%3D&se=2", "https://x/?sv=1&sig=***&se=2"},
               {"?X-Amz-Signature=0a1b2c", "?X-Amz-Signature=***"},
               {"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "aws_secret_access_key = ***"},
               {"AccountKey=abcd1234+/==;EndpointSuffix=core", "AccountKey=***;EndpointSuffix=core"},
               {"Authorization: Bearer abc, Accept: */*", "Authorization: Bearer ***, Accept: */*"},
               {"Authorization: Digest username=\"ada\", response=\"6629\"", "Authorization: ***"},
               {"Cookie: session=abc; theme=dark", "Cookie: ***"},
               {"<password>hunter2</password>", "<password>***</password>"},
               {"mysql --user root --password hunter2 -v", "mysql --user root --password *** -v"},
               {"card_number: 4111 1111 1111 1111 ok", "card_number: *** ok"},
               {"DB_PASSWORD=x dbPassword=y", "DB_PASSWORD=*** dbPassword=***"},
               {"User:ada Password:hunter2}", "User:ada Password:***}"},
               {"line\\npassword=abc", "line\\npassword=***"}})
        CHECK(m.line(text) == seen);
    for (const char* text :
         {"passwords=3 max_tokens=5 next_token=abc password_reset=1", "Unexpected token: < in JSON at position 0",
          "sig=11 killed", "password: null", "password=***", "cookie: none", "pass: 12 fail: 3",
          "authorization: denied for ada", "secretary: ada", "Failed password for root from 10.0.0.1 port 22"})
        CHECK(m.line(text) == text);
}

TEST_CASE("a value is masked whole, whatever a language writes around it") {
    masking m;
    for (auto const& [text, seen] :
         texts{{"{u'password': u'x1y2'} WITH PASSWORD = N'x1y2'", "{u'password': u'***'} WITH PASSWORD = N'***'"},
               {R"(Config { password: Some("x1y2"), n: 1 })", R"(Config { password: Some("***"), n: 1 })"},
               {R"(password := "x1y2"; map[password:[x1 y2] user:[ada]])",
                R"(password := "***"; map[password:*** user:[ada]])"},
               {"X-Auth-Token: Bearer x1y2z3w4", "X-Auth-Token: Bearer ***"},
               {"map[Authorization:[Bearer x1y2z3w4] Host:[x]]", "map[Authorization:*** Host:[x]]"},
               {R"(Authorization: Token token="x1y2")", "Authorization: ***"},
               {"Authorization: GenieKey x1y2z3w4", "Authorization: GenieKey ***"},
               {R"(Cookie: prefs={"theme":"dark"}; sid=x1y2)", "Cookie: ***"},
               {"curl -H 'Cookie: a=x1y2' http://x", "curl -H 'Cookie: ***' http://x"},
               {"user[password]=x1y2&a=1 user%5Bpassword%5D=x1y2&b=2",
                "user[password]=***&a=1 user%5Bpassword%5D=***&b=2"},
               {R"($_POST["password"] = "x1y2")", R"($_POST["password"] = "***")"},
               {"password  \t= x1y2", "password  \t= ***"},
               {"+ password             = \"x1y2\"", "+ password             = \"***\""},
               {"\x1b[36mpassword=x1y2", "\x1b[36mpassword=***"},
               {R"(INFO {"url":"https://x/?a=1\u0026token=x1y2"})", R"(INFO {"url":"https://x/?a=1\u0026token=***"})"},
               {R"(INFO {"url":"https:\/\/ada:x1y2@db\/shop"})", R"(INFO {"url":"https:\/\/ada:***@db\/shop"})"},
               {"PGPASSWORD=x1y2 API key: x1y2z3 Secret Access Key: x1y2z3",
                "PGPASSWORD=*** API key: *** Secret Access Key: ***"}})
        CHECK(m.line(text) == seen);
}

TEST_CASE("what only sounds like a secret stays") {
    masking m;
    for (const char* text :
         {"sudo: ada : TTY=pts/0 ; PWD=/home/ada ; USER=root", "aws_config::meta::credentials::chain: loading",
          "api_key::parse(std::string_view) declared here", "commit 7ee1cc2e96 id 4111111111111111",
          "https://host:org/repo/x@v1.2", "ssh-rsa:AAAAB3NzaC1yc2EAAAADAQABAAABgQC7abc",
          "open credentials: permission denied", "refresh_token: expired", "access_key = (known after apply)",
          "password: {{ vault_password }}", "token = ?", "no '-----BEGIN PRIVATE KEY-----' in /etc/x.pem, giving up",
          "expected -----END PRIVATE KEY----- in line 3", "Bearer TokenProvider was created",
          "option --credentials is deprecated"})
        CHECK(m.line(text) == text);
}

TEST_CASE("secrets that are known by their form are masked wherever they begin") {
    masking m;
    const std::string alnum = "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHIJ0123456789",
                      hex = "0123456789abcdef";
    const std::string github = "ghp_" + alnum.substr(0, 36);
    for (const std::string before : {"", " ", "\"", "%3D", "ä", "(", "key:", "\\n"})
        CHECK(m.line(before + github + " ok") == before + "*** ok");
    for (std::string const& secret :
         {std::string("AKIAIOSFODNN7EXAMPLE"), "AIza" + alnum.substr(0, 35), "glpat-" + alnum.substr(0, 20),
          std::string("xoxb-123456789012-abcdefGHIJ"), "sk_live_" + alnum.substr(0, 24), "sk-" + alnum.substr(0, 48),
          "sk-proj-" + alnum.substr(0, 40), "sk-ant-api03-" + alnum.substr(0, 40), "npm_" + alnum.substr(0, 36),
          "pypi-" + alnum.substr(0, 60), "SG." + alnum.substr(0, 22) + "." + alnum.substr(0, 43), "SK" + hex + hex,
          "hf_" + alnum.substr(0, 34), "dop_v1_" + hex + hex + hex + hex, "shpat_" + hex + hex, hex + hex + "-us12",
          std::string("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX").substr(8),
          std::string("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N")})
        CHECK(m.line("found " + secret) == "found ***");
    CHECK(m.line("x" + github) == "x" + github);  // in the midst of a word
    CHECK(m.line("SK" + hex + hex + "0") == "SK" + hex + hex + "0");
    CHECK(m.line("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- end") == "*** end");
    CHECK(m.line("-----BEGIN PRIVATE KEY-----\nMIIE") == "***");
    CHECK(
        m.line("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----").ends_with("-----END CERTIFICATE-----"));
}

TEST_CASE("credentials of headers are masked, the words bearer and basic are not") {
    masking m;
    CHECK(m.line("got Bearer abcDEF123456 now") == "got Bearer *** now");
    CHECK(m.line("got Basic dXNlcjpwYXNz now") == "got Basic *** now");
    for (const char* text : {"bearer authentication failed", "the bearer of bad news", "Basic authentication is basic",
                             "basic understanding of things"})
        CHECK(m.line(text) == text);
}

TEST_CASE("of a URL the password goes, and the user stays") {
    masking m;
    CHECK(m.line("postgres://ada:s3cret@db:5432/x") == "postgres://ada:***@db:5432/x");
    CHECK(m.line("redis://:pw@cache") == "redis://:***@cache");
    CHECK(m.line("postgres://u:p/s?s@host/db") == "postgres://u:***@host/db");
    CHECK(m.line("a://u:p@h b://v:q@i") == "a://u:***@h b://v:***@i");
    for (const char* text : {"https://ada@host/x", "http://host:8080/a@b", "http://[::1]:80/x@y", "see https://x/y"})
        CHECK(m.line(text) == text);
}

TEST_CASE("a card's number is one in groups, or beside a word that tells") {
    masking m;
    CHECK(m.line("paid with 4111 1111 1111 1111 and 5500-0000-0000-0004.") == "paid with *** and ***.");
    CHECK(m.line("amex 3782 822463 10005") == "amex ***");
    CHECK(m.line("visa 4111111111111111") == "visa ***");
    CHECK(m.line("4111111111111111 is the card") == "*** is the card");
    CHECK(m.line(R"({"card":4111111111111111,"order":4111111111111111})") ==
          R"({"card":"***","order":4111111111111111})");
    for (const char* text : {"order 4111111111111111", "4111 1111 1111 1112", "9400 1000 0000 0000 0000 00",
                             "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111 1111", "2026-11-27 21:39:13.123456",
                             "112-3456789-1234567", "+49 170 1234567", "1732743553123", "x4111-1111-1111-1111"})
        CHECK(m.line(text) == text);
    std::mt19937_64 random(7);
    int masked = 0;
    for (std::size_t i = 0; i < 200'000 / share; ++i) {
        std::string digits;
        for (int n = 0; n < 16; ++n) digits += static_cast<char>('0' + random() % 10);
        masked += m.line("id " + digits) != "id " + digits;
    }
    CHECK(masked == 0);
}

TEST_CASE("lines of JSON stay JSON, and no spelling hides a secret") {
    masking m;
    CHECK(m.line(R"({"pass\u0077ord":"x","a":1})") == R"({"pass\u0077ord":"***","a":1})");
    CHECK(m.line(R"({"a":"ghp_0123456789abcdefghij\u0041BCDEFGHIJ012345"})") == R"({"a":"***"})");
    CHECK(m.line(R"({"url":"https:\/\/ada:s3cret@db\/x"})") == R"({"url":"https://ada:***@db/x"})");
    CHECK(m.line(R"({"body":"{\"token\":\"t0p\",\"n\":1}"})") == R"({"body":"{\"token\":\"***\",\"n\":1}"})");
    CHECK(m.line(R"({"secret":{"a":[1,"x"]},"n":[{"api_key":7}]})") == R"({"secret":"***","n":[{"api_key":"***"}]})");
    CHECK(m.line(R"({"sk_live_0123456789abcdef":1})") == R"({"***":1})");
    CHECK(m.line(R"({"card":{"number":"4111111111111111","n":[4111111111111111]}})") ==
          R"({"card":{"number":"***","n":["***"]}})");
    CHECK(m.line(R"([{"password":12345,"a":1}])") == R"([{"password":"***","a":1}])");
    CHECK(m.line(R"(  "password": 12345,)") == R"(  "password": "***",)");
    CHECK(m.line(R"({"password":           "nine blanks"})") == R"({"password":"***"})");
    CHECK(m.line(R"({"password":"x)") == R"({"password":"***)");  // torn
    CHECK(m.count("key") == 5);
}

TEST_CASE("what is read in haste is never called clean where the careful way finds something") {
    masking m;
    std::minstd_rand random(11);
    const std::vector<std::string> pieces{"password",    "\"",
                                          ":",           "=",
                                          " ",           "hunter2",
                                          "\\\"",        "\\n",
                                          "\\u0070",     "\\/",
                                          "://",         "@",
                                          "ada:s3c",     "token",
                                          "Bearer ",     "abcDEF12",
                                          "4111 ",       "1111 ",
                                          "1111",        "4111",
                                          "card",        "eyJ",
                                          "aaaaaaaaa",   ".",
                                          "sk_live_",    "0123456789abcdef",
                                          "-----BEGIN ", "PRIVATE KEY-----",
                                          "AKIA",        "IOSFODNN7EXAMPLE",
                                          "%3D",         "&",
                                          "?",           "sig",
                                          "ä",           ",",
                                          "Cookie"};
    for (std::size_t i = 0; i < 60'000 / share; ++i) {
        std::string inner;
        for (auto n = random() % 9; n != 0; --n) inner += pieces[random() % pieces.size()];
        std::string text = R"({"k":")" + inner + R"(","card":"x","n":1})";
        if (!json::accept(text)) text = json{{"k", inner}, {"a", {{"password", 1}}}}.dump();
        if (!m.by.is_clean_json(text)) continue;
        const auto is_clean = [&](json const& value, std::string const& name, auto&& self) -> bool {
            if (value.is_string()) return m.by.is_clean(value.get<std::string>(), name);
            if (!value.is_structured()) return true;
            for (auto const& [key, member] : value.items())
                if (!self(member, value.is_object() ? key : name, self)) return false;
            return true;
        };
        INFO(text);
        REQUIRE(is_clean(json::parse(text), "", is_clean));
    }
}

TEST_CASE("a hash stands for equal secrets, by rule, and needs the key") {
    masking m({}, {{"url"}, key_of("0123456789abcdef")}), other({}, {{"url"}, key_of("0123456789abcdeX")});
    const std::string one = m.line("a://u:pw1@h");
    CHECK(one.size() == std::string("a://u:@h").size() + 20);
    CHECK(one.starts_with("a://u:***:"));
    CHECK(m.line("b://v:pw1@i").substr(6, 20) == one.substr(6, 20));
    CHECK(m.line("a://u:pw2@h") != one);
    CHECK(other.line("a://u:pw1@h") != one);
    CHECK(m.line("password=x") == "password=***");
    CHECK_THROWS_AS(rule_book({}, {{"urls"}, {}}), std::invalid_argument);
}

TEST_CASE("rules can be turned on and off, and there may be more") {
    masking m({false, {"email", "iban"}, {"url"}, {{"acme", "acme_[a-z0-9]{8}"}}, {}, {"pin"}}, {}, {"pin"});
    CHECK(m.line("mail ada@example.org now") == "mail *** now");
    CHECK(m.line("to DE89 3704 0044 0532 0130 00 please") == "to *** please");
    CHECK(m.line("a://u:pw@h") == "a://u:pw@h");
    CHECK(m.line("key acme_0123abcd") == "key ***");
    CHECK(m.line("pin=1234 spin=1") == "pin=*** spin=1");
    CHECK(m.count("acme") == 1);
    masking off({true, {}, {}, {}, {}, {}});
    CHECK(off.line("a://u:pw@h token=x") == "a://u:pw@h token=x");
    CHECK_THROWS_AS(rule_book({false, {"emails"}, {}, {}, {}, {}}), std::invalid_argument);
    CHECK_THROWS_AS(rule_book({false, {}, {}, {{"card", "acme_[a-z]{8}"}}, {}, {}}), std::invalid_argument);
}

TEST_CASE("a finder of the program's own is asked, and one that throws hides all") {
    const logkit::secret_finder find = [](std::string_view text, std::size_t from) {
        if (text.find("boom") != text.npos) throw std::runtime_error("no");
        const std::size_t at = text.find("ACME", from);
        return at == text.npos ? std::optional<std::pair<std::size_t, std::size_t>>{} : std::pair{at, at + 6};
    };
    masking m({false, {}, {}, {}, {{"acme", find}}, {}});
    CHECK(m.line("a ACME12 b ACME34 token=x") == "a *** b *** token=***");
    CHECK(m.line("x boom y") == "***");
    CHECK(m.line(R"({"a":"ACME99","n":1})") == R"({"a":"***","n":1})");
    for (counted_rule const& rule : m.book.rules())
        if (rule.name == "acme") CHECK(rule.failures == 1);
}

TEST_CASE("no text makes it slow: each byte is looked at a bounded number of times") {
    masking m;
    // Were it quadratic, each of these would take minutes.
    for (const char* piece :
         {"password=",  "eyJ",       "-eyJ",        "://a:b", "://a:b/", "Bearer ", "-----BEGIN PRIVATE KEY",
          "cookie: ",   "token: a ", "\"token\":{", "4111 ",  "1 ",      "sk-",     "%3DeyJ",
          "\\\\\\\"",   "-----",     "--a ",        "AKIA",   "{\"a\":", "gh",      "password:\"",
          "secret\\\"", "@a.",       "DE89"}) {
        std::string text;
        while (text.size() < (1U << 20) / share) text += piece;
        (void)m.line(text);
        (void)m.line('{' + text);
    }
    SUCCEED("all came to an end");
}
