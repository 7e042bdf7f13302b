// SPDX-License-Identifier: MIT
#pragma once

// The exchange of this thread, for frameworks that serve a request from its beginning to its end on one thread. Stage:
// adapter; for httplib.hpp and civetweb.hpp.

#include <memory>
#include <optional>
#include <utility>

#include <logkit/adapter/http_exchange.hpp>

namespace logkit::http {

class thread_exchange {
  public:
    [[nodiscard]] static thread_exchange& here() noexcept {
        static thread_local thread_exchange of_this_thread;
        return of_this_thread;
    }
    ~thread_exchange() { end(); }

    // One that was not ended has been given up.
    exchange& begin(std::shared_ptr<rules const> how, request_view request) {
        end();
        one_.emplace(std::move(how), std::move(request));
        inside_.emplace(one_->snapshot());
        return *one_;
    }
    void end() noexcept {
        inside_.reset();
        one_.reset();
    }
    // Null: none has begun.
    [[nodiscard]] exchange* running() noexcept { return one_ ? &*one_ : nullptr; }

  private:
    std::optional<exchange> one_{};
    std::optional<attach> inside_{};
};

}  // namespace logkit::http
