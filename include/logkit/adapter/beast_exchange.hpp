// SPDX-License-Identifier: MIT
#pragma once

// An exchange that knows the messages of Boost.Beast. Stage: adapter; for beast.hpp.

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <logkit/adapter/http_exchange.hpp>

namespace logkit::http {

class beast_exchange : public exchange {
  public:
    template <class Body, class Fields>
    beast_exchange(std::shared_ptr<rules const> how, boost::beast::http::request<Body, Fields> const& sent,
                   std::string_view client)
        : exchange(std::move(how), view_of(sent, client)) {
        if constexpr (detail::has_text<typename Body::value_type>) add_request_body(sent.body());
    }

    // Before the response is written: it gets the request's id and traceparent, and is noted. Of a body that is no
    // text, its size, if it has one.
    template <class Body, class Fields>
    void answer(boost::beast::http::response<Body, Fields>& response) {
        for_each_header_to_send([&](std::string const& name, std::string const& value) {
            if (response.find(name) == response.end()) response.set(name, value);
        });
        for (auto const& header : response) add_response_header(header.name_string(), header.value());
        if constexpr (detail::has_text<typename Body::value_type>)
            add_response_body(response.body());
        else if constexpr (std::is_same_v<Body, boost::beast::http::buffer_body>)
            set_response_size({});  // until pieces are added
        else if (const auto size = response.payload_size())
            set_response_size(*size);
        else
            set_response_size({});
        status_ = response.result_int();
        keeps_on_ = !response.need_eof();
    }
    // After that. Ends it. False: the connection is to be closed.
    bool written(boost::beast::error_code const& error) noexcept {
        if (error)
            abandon("client closed");
        else
            finish(static_cast<int>(status_));
        return !error && keeps_on_;
    }

  private:
    template <class Request>
    [[nodiscard]] static request_view view_of(Request const& sent, std::string_view client) {
        request_view view(sent.method_string(), sent.target(), client);
        for (auto const& header : sent) view.add_header(header.name_string(), header.value());
        return view;
    }
    unsigned status_ = 0;
    bool keeps_on_ = false;
};

}  // namespace logkit::http
