// SPDX-License-Identifier: MIT
#pragma once

// Rule 1: log with logkit::log. Stage: call. The way of a record from here is in pipe/submit.hpp.

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <logkit/base/exceptions.hpp>
#include <logkit/base/inside.hpp>
#include <logkit/base/level.hpp>
#include <logkit/call/binding.hpp>
#include <logkit/call/field_block.hpp>
#include <logkit/call/gate.hpp>
#include <logkit/call/message.hpp>

namespace logkit {
namespace detail {

// Calls below it compile to nothing. A template parameter, so that translation units compiled with different
// values of LOGKIT_MIN_LEVEL never share an instantiation.
inline constexpr level lowest_compiled = compile_time_level::chosen;

// One record: passes the gates, encodes the arguments into this thread's ring, publishes (pipe/submit.hpp).
template <level Severity, class... A>
bool submit(logger_binding const* binding, message_text const& message, A const&... arguments) noexcept;

// The level gate and the sampling gate, exact from the first call on (pipe/submit.hpp).
bool passes_gates(logger_binding const* binding, level severity) noexcept;

}  // namespace detail

// Logs records. A value: copies are cheap and share what is bound. All members may be called from any thread,
// at any time, from static destructors too; none throws (bind and named need memory: without it they return a
// logger without the new fields). The functions named after levels return whether the record was accepted:
// false if its level, sampling or a full ring kept it out.
//
//     log.info("opened", kv("files", 42));
//     log.warning("{} files skipped", n, kv("reason", "unreadable"));
class logger {
  public:
    constexpr logger() noexcept = default;
    constexpr logger(logger const& other) noexcept : binding_(other.binding_) {
        if (binding_ != nullptr) binding_->references.fetch_add(1, std::memory_order_relaxed);
    }
    constexpr logger(logger&& other) noexcept : binding_(std::exchange(other.binding_, nullptr)) {}
    constexpr logger& operator=(logger other) noexcept {
        std::swap(binding_, other.binding_);
        return *this;
    }
    constexpr ~logger() {
        if (binding_ != nullptr && binding_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) forget(binding_);
    }

    template <level Min = detail::lowest_compiled, class... A>
    [[gnu::always_inline]] bool trace(detail::message_for<A...> message, A const&... arguments) const noexcept {
        return log_at<level::trace, Min>(message.content, arguments...);
    }
    template <level Min = detail::lowest_compiled, class... A>
    [[gnu::always_inline]] bool debug(detail::message_for<A...> message, A const&... arguments) const noexcept {
        return log_at<level::debug, Min>(message.content, arguments...);
    }
    template <level Min = detail::lowest_compiled, class... A>
    [[gnu::always_inline]] bool info(detail::message_for<A...> message, A const&... arguments) const noexcept {
        return log_at<level::info, Min>(message.content, arguments...);
    }
    template <level Min = detail::lowest_compiled, class... A>
    [[gnu::always_inline]] bool warning(detail::message_for<A...> message, A const&... arguments) const noexcept {
        return log_at<level::warning, Min>(message.content, arguments...);
    }
    template <level Min = detail::lowest_compiled, class... A>
    [[gnu::always_inline]] bool warn(detail::message_for<A...> message, A const&... arguments) const noexcept {
        return log_at<level::warning, Min>(message.content, arguments...);
    }
    template <level Min = detail::lowest_compiled, class... A>
    [[gnu::always_inline]] bool error(detail::message_for<A...> message, A const&... arguments) const noexcept {
        return log_at<level::error, Min>(message.content, arguments...);
    }
    template <level Min = detail::lowest_compiled, class... A>
    [[gnu::always_inline]] bool critical(detail::message_for<A...> message, A const&... arguments) const noexcept {
        return log_at<level::critical, Min>(message.content, arguments...);
    }

    // The same for a level that is known at run time only; `off` is none, and refused.
    template <level Min = detail::lowest_compiled, class... A>
    [[gnu::noinline]] bool log(level severity, detail::message_for<A...> message,
                               A const&... arguments) const noexcept {
        switch (severity) {
            case level::trace:
                return log_at<level::trace, Min>(message.content, arguments...);
            case level::debug:
                return log_at<level::debug, Min>(message.content, arguments...);
            case level::info:
                return log_at<level::info, Min>(message.content, arguments...);
            case level::warning:
                return log_at<level::warning, Min>(message.content, arguments...);
            case level::error:
                return log_at<level::error, Min>(message.content, arguments...);
            case level::critical:
                return log_at<level::critical, Min>(message.content, arguments...);
            case level::off:
                break;
        }
        return false;
    }

    // An ERROR that tells, in `exc_info`, of the exception being handled; for a catch block.
    template <level Min = detail::lowest_compiled, class... A>
    [[gnu::noinline]] bool exception(detail::message_for<A...> message, A const&... arguments) const noexcept {
        if (!enabled(level::error)) return false;
        return log_at<level::error, Min>(message.content, arguments..., exc(std::current_exception()));
    }

    // A logger whose records carry these fields too, and the fields of this one; the call's own and the
    // span's win over them.
    template <class... V>
    [[nodiscard]] logger bind(field<V> const&... fields) const noexcept {
        return derive([&](detail::logger_binding& next) { (replace_field(next.fields, fields), ...); });
    }

    // A logger of that name ("db.pool"), written as the record's `logger`; LOG_LEVEL and set_level may give a
    // name, or the names below it, a floor of their own.
    [[nodiscard]] logger named(std::string_view name) const noexcept {
        if (detail::this_inside.is_inside) return *this;
        return derive([&, floor = detail::floor_of(name)](detail::logger_binding& next) {
            next.floor = floor;
            next.name = name;
        });
    }

    // Would a record of this level be kept, here and now?
    [[nodiscard]] bool enabled(level severity) const noexcept { return detail::passes_gates(binding_, severity); }

  private:
    explicit logger(detail::logger_binding* binding) noexcept : binding_(binding) {}

    static void forget(detail::logger_binding* binding) noexcept {
        const detail::inside_scope inside;
        delete binding;
    }

    template <level Severity, level Min, class... A>
    [[gnu::always_inline]] bool log_at(detail::message_text const& message, A const&... arguments) const noexcept {
        if constexpr (Severity < Min)
            return false;
        else
            return detail::submit<Severity>(binding_, message, arguments...);
    }

    // The program's allocator may log, by way of such loggers: from inside, none is made.
    template <class Change>
    [[nodiscard]] logger derive(Change&& change) const noexcept {
        if (detail::this_inside.is_inside) return *this;
        detail::floor_reference floor = binding_ == nullptr ? detail::floor_of({}) : binding_->floor;
        const detail::inside_scope inside;
        LOGKIT_TRY {
            auto next = std::make_unique<detail::logger_binding>();
            next->id = detail::next_binding_id.fetch_add(1, std::memory_order_relaxed);
            next->floor = std::move(floor);
            if (binding_ != nullptr) {
                next->name = binding_->name;
                next->fields = binding_->fields;
            }
            change(*next);
            return logger(next.release());
        }
        LOGKIT_CATCH_ALL {
            return *this;
        }
    }

    template <class V>
    static void replace_field(std::string& block, field<V> const& f) {
        std::string kept;
        const auto* bytes = reinterpret_cast<std::byte const*>(block.data());
        detail::for_each_field(bytes, block.size(), [&](detail::block_field const& old) {
            if (old.key == f.name.name()) return;
            const char* from = old.key.data() - detail::field_header_size;
            kept.append(from, reinterpret_cast<const char*>(old.end));
        });
        detail::append_field(kept, f);
        block = std::move(kept);
    }

    detail::logger_binding* binding_ = nullptr;
};

// The logger.
inline constexpr logger log{};

}  // namespace logkit
