// SPDX-License-Identifier: MIT
#pragma once

// Nested values: ranges, maps, tuples, object(...), error codes, JSON of others, written as JSON on the
// caller's side, because redaction must see every key before a byte leaves its thread. Stage: call.

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <logkit/call/field.hpp>
#include <logkit/call/text_door.hpp>
#include <logkit/call/value.hpp>

namespace logkit::detail {

class nested_writer {
  public:
    // `path` names the value in the record ("user.address"); `depth` levels are around it already.
    nested_writer(std::string_view path, unsigned depth) : path_(path), depth_(depth) {}

    template <class T>
    void write(T const& value);

    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    // Opens a container, unless it is too deep or hidden; `fill` writes its members.
    template <class Fill>
    void container(char open, char close, Fill&& fill) {
        if (depth_ >= deepest_nesting) {
            append_json(out_, std::string_view{"<nested deeper than 64 levels>"});
            return;
        }
        ++depth_;
        out_ += open;
        fill();
        out_ += close;
        --depth_;
    }

    template <class T>
    void element(T const& value, bool& first) {
        if (!first) out_ += ',';
        first = false;
        write(value);
    }

    template <class T>
    void member(std::string_view name, T const& value, bool& first) {
        if (!first) out_ += ',';
        first = false;
        append_json(out_, name);
        out_ += ':';
        const visibility visible = visibility_of(path_, name);
        if (visible == visibility::masked) {
            out_ += R"("***")";
            return;
        }
        const std::size_t outer = path_.size(), begin = out_.size();
        path_ += '.';
        path_ += name;
        write(value);
        path_.resize(outer);
        if (visible == visibility::hashed) {
            char mask[hash_mask_size];
            write_hash_mask(mask, std::string_view(out_).substr(begin));
            out_.resize(begin);
            out_.append(1, '"').append(mask, sizeof mask) += '"';
        }
    }

    template <class K>
    [[nodiscard]] static std::string key_text(K const& key) {
        std::string text;
        if constexpr (std::is_enum_v<K> && !formats_itself<K>)
            text = std::to_string(static_cast<std::underlying_type_t<K>>(key));
        else if constexpr (text_like<K>)
            text = std::string_view(key);
        else
            text = format_text("{}", key);
        return text;
    }

    template <class T>
    void scalar(T const& value) {
        static_assert(is_loggable<T> && !is_exception<T>,
                      "logkit cannot log a type in this value: give it a log_value or a fmt::formatter");
        const auto reduced = reduce(value, path_.c_str());
        append_json(out_, tag_operand(as_operand(reduced)));
    }

    void document(std::string_view json) {
        if (!append_json_document(out_, json, path_, depth_)) append_json(out_, json);
    }

    std::string out_{};
    std::string path_;
    unsigned depth_;
};

template <class T>
void nested_writer::write(T const& value) {
    if constexpr (has_log_value<T>) {
        // A log_value may call itself through its members: the depth bounds that, too.
        if (depth_ >= deepest_nesting) return container('[', ']', [] {});
        write(log_value(value));
    } else if constexpr (requires { value.for_each_field([](auto const&) {}); }) {
        container('{', '}', [&] {
            bool first = true;
            value.for_each_field([&](auto const& f) { member(f.name.name(), f.value, first); });
        });
    } else if constexpr (requires { requires std::is_same_v<typename T::logkit_value, json_operand>; }) {
        document(value.text);
    } else if constexpr (is_by_reference<T>) {
        write(value.get());
    } else if constexpr (lazy_like<T> && !loggable_marker<T>) {
        if constexpr (nullable_callable<T>)
            if (value == nullptr) return write(nullptr);
        write(outside(value));
    } else if constexpr (!is_nested<T> || text_like<T> || path_like<T> || utf8_like<T> || optional_like<T> ||
                         (std::is_array_v<T> && std::is_same_v<std::remove_cv_t<std::remove_extent_t<T>>, char>)) {
        if constexpr (optional_like<T>) {
            if (value.has_value())
                write(*value);
            else
                out_ += "null";
        } else {
            scalar(value);
        }
    } else if constexpr (loggable_marker<T>) {
        scalar(value);
    } else if constexpr (error_code_like<T>) {
        container('{', '}', [&] {
            bool first = true;
            member("value", value.value(), first);
            member("category", value.category().name(), first);
            member("message", std::string_view{value.message()}, first);
        });
    } else if constexpr (json_like<T>) {
        document(value.dump(-1, ' ', false, T::error_handler_t::replace));
    } else if constexpr (variant_like<T>) {
        if (value.valueless_by_exception()) return write(nullptr);
        visit(
            [this]<class Held>(Held const& held) {
                if constexpr (std::is_empty_v<Held> && !is_loggable<Held>)  // std::monostate
                    write(nullptr);
                else
                    write(held);
            },
            value);
    } else if constexpr (map_like<T>) {
        container('{', '}', [&] {
            bool first = true;
            for (auto const& [k, v] : value) member(key_text(k), v, first);
        });
    } else if constexpr (range_like<T>) {
        container('[', ']', [&] {
            bool first = true;
            for (auto const& v : value) {
                if constexpr (requires {
                                  typename T::value_type;
                                  requires std::is_same_v<typename T::value_type, bool>;
                              })
                    element(static_cast<bool>(v), first);
                else
                    element(v, first);
            }
        });
    } else {
        container('[', ']', [&] {
            bool first = true;
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                using std::get;
                (element(get<I>(value), first), ...);
            }
            (std::make_index_sequence<std::tuple_size_v<T>>{});
        });
    }
}

template <class T>
std::string nested_json(T const& value, std::string_view path, unsigned depth) {
    nested_writer writer(path, depth);
    writer.write(value);
    return writer.take();
}

}  // namespace logkit::detail
