// SPDX-License-Identifier: MIT
#pragma once

// HTTP by libcurl. Stage: ship. One connection, kept alive; never a signal, never an endless wait: connecting and every
// stretch without progress have a limit, and stop() ends both within a tenth of a second. Redirects are not followed:
// a key must not go where nobody sent it. Sockets are closed by exec, and by a forked child (abandon()).

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <logkit/base/clock.hpp>
#include <logkit/base/text_parts.hpp>
#include <logkit/ship/transport.hpp>

namespace logkit::detail {

class curl_transport final : public transport {
  public:
    // `credentials`: user:password, or "".
    curl_transport(std::chrono::milliseconds timeout, std::string credentials)
        : timeout_ns_(static_cast<std::uint64_t>(timeout.count()) * 1'000'000), credentials_(std::move(credentials)) {
        static const CURLcode is_ready = ::curl_global_init(CURL_GLOBAL_DEFAULT);
        (void)is_ready;
        const descriptor_set before = open_descriptors();
        many_ = ::curl_multi_init();
        if (many_ != nullptr) close_wakeup_on_exec(before);
        one_ = ::curl_easy_init();
    }
    curl_transport(curl_transport const&) = delete;
    curl_transport& operator=(curl_transport const&) = delete;
    ~curl_transport() override {
        ::curl_easy_cleanup(one_);
        ::curl_multi_cleanup(many_);
    }

    void stop() noexcept override {
        is_stopped_.store(true);
        (void)::curl_multi_wakeup(many_);
    }
    // In a forked child: the connection is the parent's. Nothing is said on it.
    void abandon() noexcept {
        for (std::atomic<int>& fd : sockets_)
            if (const int open = fd.exchange(-1); open >= 0) ::close(open);
    }

    [[nodiscard]] http_answer send(http_request const& request) override {
        http_answer answer;
        if (one_ == nullptr || many_ == nullptr) return failed(http_failure::unreachable, "no memory for a connection");
        if (is_stopped_.load()) return failed(http_failure::stopped, "stopped");
        ::curl_easy_reset(one_);
        exchange now{&answer, {}, ""};
        curl_slist* headers = nullptr;
        for (std::string const& header : request.headers) headers = ::curl_slist_append(headers, header.c_str());
        headers = ::curl_slist_append(headers, "Expect:");
        set_up(request, headers, now);
        const CURLcode result = perform(now, answer);
        ::curl_slist_free_all(headers);
        long status = 0;
        (void)::curl_easy_getinfo(one_, CURLINFO_RESPONSE_CODE, &status);
        answer.status = status;
        if (answer.failure == http_failure::none && result != CURLE_OK) {
            const bool was_connected = result != CURLE_COULDNT_CONNECT && result != CURLE_COULDNT_RESOLVE_HOST &&
                                       result != CURLE_COULDNT_RESOLVE_PROXY && result != CURLE_SSL_CONNECT_ERROR;
            answer.failure = was_connected ? http_failure::cut : http_failure::unreachable;
            answer.reason = now.error[0] != '\0' ? std::string(now.error) : std::string(::curl_easy_strerror(result));
        }
        return answer;
    }

  private:
    struct exchange {
        http_answer* answer;
        std::uint64_t progress[2];  // bytes up and down
        char error[CURL_ERROR_SIZE];
        std::uint64_t moved_at_ns = clock_ns(CLOCK_BOOTTIME);
        std::uint64_t answering_since_ns = 0;  // its first byte came then
        bool is_refused = false;
    };
    static constexpr std::uint64_t longest_answer = 10;  // in time limits

    static constexpr int most_descriptors = 4096;
    using descriptor_set = std::bitset<most_descriptors>;
    [[nodiscard]] static descriptor_set open_descriptors() noexcept {
        descriptor_set open;
        for (int fd = 0; fd < most_descriptors; ++fd) open[static_cast<std::size_t>(fd)] = ::fcntl(fd, F_GETFD) >= 0;
        return open;
    }
    // libcurl wakes itself by a pair of sockets that a program started by ours would inherit, and tells nobody which
    // they are. The one that a wake-up makes readable is its; the other was made in the same call, and is a neighbour.
    void close_wakeup_on_exec(descriptor_set const& before) noexcept {
        struct pair_member {
            int fd;
            ino_t inode;
            int waiting;
        };
        std::array<pair_member, 64> open{};
        std::size_t count = 0;
        for (int fd = 3; fd < most_descriptors && count < open.size(); ++fd) {
            if (before[static_cast<std::size_t>(fd)]) continue;  // the program's
            struct stat status {};
            sockaddr_storage address{};
            socklen_t size = sizeof address;
            const int flags = ::fcntl(fd, F_GETFD);
            if (flags < 0 || (flags & FD_CLOEXEC) != 0 || ::fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode) ||
                ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.ss_family != AF_UNIX)
                continue;
            open[count] = {fd, status.st_ino, 0};
            (void)::ioctl(fd, FIONREAD, &open[count++].waiting);
        }
        (void)::curl_multi_wakeup(many_);
        for (std::size_t i = 0; i < count; ++i) {
            int waiting = 0;
            if (::ioctl(open[i].fd, FIONREAD, &waiting) != 0 || open[i].waiting != 0 || waiting != 1) continue;
            for (std::size_t k = 0; k < count; ++k)
                if (open[k].inode + 1 == open[i].inode || open[k].inode == open[i].inode + 1 || k == i)
                    (void)::fcntl(open[k].fd, F_SETFD, FD_CLOEXEC);
        }
        (void)::curl_multi_poll(many_, nullptr, 0, 0, nullptr);
    }

    [[nodiscard]] static http_answer failed(http_failure how, const char* why) {
        http_answer answer;
        answer.failure = how;
        answer.reason = why;
        return answer;
    }

    void set_up(http_request const& request, curl_slist* headers, exchange& now) {
        const auto set = [&](auto option, auto value) { (void)::curl_easy_setopt(one_, option, value); };
        set(CURLOPT_URL, request.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDS, request.body.data() == nullptr ? "" : request.body.data());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_HTTPHEADER, headers);
        set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
        set(CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
        set(CURLOPT_QUICK_EXIT, 1L);  // no wait for a resolver that hangs
#endif
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout_ns_ / 1'000'000));
        set(CURLOPT_ERRORBUFFER, now.error);
        if (!credentials_.empty()) {
            set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
            set(CURLOPT_USERPWD, credentials_.c_str());
        }
        set(CURLOPT_WRITEFUNCTION, &curl_transport::take_body);
        set(CURLOPT_WRITEDATA, &now);
        set(CURLOPT_HEADERFUNCTION, &curl_transport::take_header);
        set(CURLOPT_HEADERDATA, &now);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &curl_transport::see_progress);
        set(CURLOPT_XFERINFODATA, &now);
        set(CURLOPT_OPENSOCKETFUNCTION, &curl_transport::open_socket);
        set(CURLOPT_OPENSOCKETDATA, this);
        set(CURLOPT_CLOSESOCKETFUNCTION, &curl_transport::close_socket);
        set(CURLOPT_CLOSESOCKETDATA, this);
    }

    [[nodiscard]] CURLcode perform(exchange& now, http_answer& answer) {
        CURLcode result = CURLE_OK;
        (void)::curl_multi_add_handle(many_, one_);
        for (int running = 1; running != 0;) {
            if (::curl_multi_perform(many_, &running) != CURLM_OK) {
                result = CURLE_SEND_ERROR;
                break;
            }
            int left = 0;
            while (CURLMsg const* message = ::curl_multi_info_read(many_, &left))
                if (message->msg == CURLMSG_DONE) result = message->data.result;
            if (running == 0) break;
            if (is_stopped_.load()) {
                answer.failure = http_failure::stopped;
                answer.reason = "stopped";
                break;
            }
            // An answer that drips is none; neither is one without end.
            const std::uint64_t at = clock_ns(CLOCK_BOOTTIME);
            if (now.answering_since_ns != 0 && at - now.answering_since_ns > longest_answer * timeout_ns_)
                now.is_refused = true;
            if (now.is_refused) {
                answer.failure = http_failure::cut;
                answer.reason = "an answer without end";
                break;
            }
            if (at - now.moved_at_ns > timeout_ns_) {
                curl_off_t sent = 0;
                (void)::curl_easy_getinfo(one_, CURLINFO_SIZE_UPLOAD_T, &sent);
                answer.failure = sent > 0 ? http_failure::timed_out : http_failure::unreachable;
                answer.reason = "no progress within " + std::to_string(timeout_ns_ / 1'000'000) + " ms";
                break;
            }
            (void)::curl_multi_poll(many_, nullptr, 0, 100, nullptr);
        }
        (void)::curl_multi_remove_handle(many_, one_);
        return result;
    }

    static std::size_t take_body(const char* bytes, std::size_t one, std::size_t n, void* data) {
        auto& now = *static_cast<exchange*>(data);
        constexpr std::size_t most = 1U << 20;
        std::string& body = now.answer->body;
        body.append(bytes, std::min(n, most - std::min(most, body.size())));
        if (body.size() == most) now.is_refused = true;
        return one * n;
    }
    static std::size_t take_header(const char* bytes, std::size_t one, std::size_t n, void* data) {
        auto& now = *static_cast<exchange*>(data);
        if (now.answering_since_ns == 0) now.answering_since_ns = clock_ns(CLOCK_BOOTTIME);
        const std::string_view line = without_line_ends({bytes, n});
        const std::string_view value = trimmed(line.substr(std::min(line.find(':') + 1, line.size())));
        const auto is_named = [&](std::string_view name) {
            return line.size() > name.size() && line[name.size()] == ':' &&
                   std::equal(name.begin(), name.end(), line.begin(),
                              [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
        };
        if (is_named("retry-after")) {
            std::uint64_t seconds = 0;
            if (std::from_chars(value.data(), value.data() + value.size(), seconds).ptr ==
                value.data() + value.size()) {
                now.answer->retry_after_s = seconds;
            } else if (const time_t date = ::curl_getdate(std::string(value).c_str(), nullptr); date > 0) {
                const time_t away = date - ::time(nullptr);
                now.answer->retry_after_s = away > 0 ? static_cast<std::uint64_t>(away) : 0;
            }
        }
        if (is_named("location")) {
            std::string_view place = value.substr(0, value.find_first_of("?#"));
            const std::size_t scheme = place.find("://"), at = place.rfind('@');
            if (scheme != place.npos && at != place.npos && at > scheme)
                now.answer->location = std::string(place.substr(0, scheme + 3)).append(place.substr(at + 1));
            else
                now.answer->location = place;
        }
        return one * n;
    }
    static int see_progress(void* data, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) {
        auto& now = *static_cast<exchange*>(data);
        const std::uint64_t seen[] = {static_cast<std::uint64_t>(up), static_cast<std::uint64_t>(down)};
        if (seen[0] != now.progress[0] || seen[1] != now.progress[1]) {
            now.progress[0] = seen[0];
            now.progress[1] = seen[1];
            now.moved_at_ns = clock_ns(CLOCK_BOOTTIME);
        }
        return 0;
    }
    static curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
        const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
        if (fd < 0) return CURL_SOCKET_BAD;
        for (std::atomic<int>& slot : static_cast<curl_transport*>(data)->sockets_)
            if (int none = -1; slot.compare_exchange_strong(none, fd)) break;
        return fd;
    }
    static int close_socket(void* data, curl_socket_t fd) {
        for (std::atomic<int>& slot : static_cast<curl_transport*>(data)->sockets_)
            if (int mine = fd; slot.compare_exchange_strong(mine, -1)) break;
        return ::close(fd);
    }

    std::uint64_t timeout_ns_;
    std::string credentials_;
    CURLM* many_ = nullptr;
    CURL* one_ = nullptr;
    std::atomic<bool> is_stopped_{false};
    std::array<std::atomic<int>, 8> sockets_{-1, -1, -1, -1, -1, -1, -1, -1};
};

}  // namespace logkit::detail
