// SPDX-License-Identifier: MIT
#include "input/stored.hpp"

#include "input/options.hpp"
#include "screen/terminal.hpp"
#include "store/completed_line.hpp"
#include "store/segments/reading.hpp"

#include <curl/curl.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <utility>

namespace tool {
namespace {

// Pages one after the other. `next`: puts the next one into the text, which is empty; false: that was the last.
class page_stream final : public logkit::detail::byte_stream {
  public:
    explicit page_stream(std::function<bool(std::string&)> next) : next_(std::move(next)) {}
    std::size_t read(char* to, std::size_t n) override {
        while (at_ == page_.size() && !is_over_) {
            page_.clear();
            at_ = 0;
            is_over_ = !next_(page_);
        }
        n = std::min(n, page_.size() - at_);
        page_.copy(to, n, at_);
        at_ += n;
        return n;
    }

  private:
    std::function<bool(std::string&)> next_;
    std::string page_;
    std::size_t at_ = 0;
    bool is_over_ = false;
};

struct curl_text {
    char* text;
    ~curl_text() { curl_free(text); }
};
[[nodiscard]] std::string encoded(CURL* curl, std::string const& text) {
    const curl_text made{curl_easy_escape(curl, text.c_str(), static_cast<int>(text.size()))};
    return made.text == nullptr ? "" : made.text;
}

// One connection to a server.
class http_client {
  public:
    explicit http_client(std::string url) : url_(std::move(url)), curl_(curl_easy_init()) {
        if (curl_ == nullptr) throw logkit::log_file_error(url_ + ": libcurl cannot be used");
        while (url_.ends_with('/')) url_.pop_back();
        if (const char* const key = std::getenv("LOGKIT_API_KEY"); key != nullptr && *key != '\0')
            headers_ = curl_slist_append(headers_, ("Authorization: Bearer " + std::string(key)).c_str());
    }
    http_client(http_client const&) = delete;
    http_client& operator=(http_client const&) = delete;
    ~http_client() {
        curl_slist_free_all(headers_);
        curl_easy_cleanup(curl_);
    }
    [[nodiscard]] std::string parameter(std::string const& name, std::string const& value) const {
        return '&' + name + '=' + encoded(curl_, value);
    }
    // The body of a good answer, with what simdjson wants behind it.
    [[nodiscard]] simdjson::padded_string get(std::string const& target) {
        std::string body;
        constexpr long patience_s = 60, connect_s = 10;
        curl_easy_setopt(curl_, CURLOPT_URL, (url_ + target).c_str());
        curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
        curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT, connect_s);
        curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, patience_s);
        curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &body);
        curl_easy_setopt(
            curl_, CURLOPT_WRITEFUNCTION, +[](char* bytes, std::size_t size, std::size_t n, std::string* to) {
                to->append(bytes, size * n);
                return size * n;
            });
        if (const CURLcode code = curl_easy_perform(curl_); code != CURLE_OK)
            throw logkit::log_file_error(url_ + ": " + curl_easy_strerror(code));
        long status = 0;
        curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
        if (status != 200) throw logkit::log_file_error(url_ + ": " + refusal(status, body));
        return simdjson::padded_string(body);
    }

  private:
    [[nodiscard]] static std::string refusal(long status, std::string const& body) {
        simdjson::dom::parser parser;
        std::string_view message;
        if (parser.parse(body)["error"]["message"].get(message) == simdjson::SUCCESS)
            return harmless(message) + (status == 401 ? "; LOGKIT_API_KEY names the key" : "");
        return "it answered with HTTP " + std::to_string(status) + "; is it a `logkit serve`?";
    }

    std::string url_;
    CURL* curl_;
    curl_slist* headers_ = nullptr;
};

}  // namespace

bool is_data_folder(std::string const& path) {
    return serve::is_data_folder(path);
}

logkit::log_file log_of_folder(std::string const& path, wanted_records wanted) {
    std::shared_ptr<serve::segment_store> store;
    try {
        store = serve::open_to_read(path, [](std::string const& text) { say(harmless(text)); });
    } catch (std::runtime_error const& error) {
        throw logkit::log_file_error(path + ": " + error.what());
    }
    const auto shared = std::make_shared<const wanted_records>(std::move(wanted));
    return {path, [store, shared] {
                serve::question asked;
                asked.wanted = shared->query;
                asked.since_ns = shared->since_ns.value_or(std::numeric_limits<std::int64_t>::min());
                asked.until_ns = shared->until_ns.value_or(std::numeric_limits<std::int64_t>::max());
                asked.is_ascending = true;
                constexpr std::size_t page_size = 20'000;
                asked.limit = page_size;
                return std::make_unique<page_stream>([store, shared, asked](std::string& into) mutable {
                    serve::line_completer completer;
                    serve::page got = store->find(asked);
                    for (serve::found_record& r : got.records) {
                        const std::size_t size = r.line.size();
                        r.line.append(logkit::detail::line_padding, ' ');
                        into += completer.complete({r.line.data(), size}, r.service, true, r.arrival_ns);
                        into += '\n';
                    }
                    asked.behind = got.next;
                    return got.next.has_value();
                });
            }};
}

logkit::log_file log_of_server(std::string const& url, wanted_records const& wanted) {
    const auto pages = [url, wanted] {
        const auto server = std::make_shared<http_client>(url);
        std::string target = "/api/logs?order=asc&limit=20000&raw=complete" + server->parameter("query", wanted.filter);
        if (wanted.since_ns) target += server->parameter("since", std::to_string(*wanted.since_ns));
        if (wanted.until_ns) target += server->parameter("until", std::to_string(*wanted.until_ns));
        return [server, target, cursor = std::string()](std::string& into) mutable {
            const simdjson::padded_string body =
                server->get(target + (cursor.empty() ? "" : server->parameter("cursor", cursor)));
            cursor.clear();
            try {
                simdjson::ondemand::parser parser;
                simdjson::ondemand::document answer = parser.iterate(body);
                for (auto record : answer["records"])
                    into.append(simdjson::to_json_string(record.value()).value()).append(1, '\n');
                simdjson::ondemand::value next = answer["next"];
                if (!next.is_null()) cursor = std::string(next.get_string().value());
            } catch (simdjson::simdjson_error const& error) {
                throw logkit::log_file_error(std::string("the server's answer cannot be read: ") + error.what());
            }
            return !cursor.empty();
        };
    };
    // The first page comes at once: a server that is not there is an error, and no log that ends early.
    std::string first;
    auto rest = pages();
    const bool is_more = rest(first);
    return {
        url, [pages, first, is_more, rest, is_fresh = true]() mutable -> std::unique_ptr<logkit::detail::byte_stream> {
            if (!std::exchange(is_fresh, false)) return std::make_unique<page_stream>(pages());
            return std::make_unique<page_stream>([first = std::move(first), is_more, rest](std::string& into) mutable {
                if (first.empty()) return is_more && rest(into);
                into = std::exchange(first, {});
                return is_more;
            });
        }};
}

}  // namespace tool
