// SPDX-License-Identifier: MIT
#pragma once

// What the library says itself, and what it says of records that others left. Stage: control.

#include <cstring>
#include <string>

#include <logkit/base/standard_error.hpp>
#include <logkit/control/settings.hpp>
#include <logkit/process/record.hpp>
#include <logkit/render/json_document.hpp>

namespace logkit::detail {

// JSON out of a journal is JSON only if it proves to be; else it is a text. (What was to be hidden in it by its key
// was, by the process that died, which is why there is no policy to be asked.)
inline void mark_recovered(record& r) {
    for (record::field& f : r.fields()) {
        decoded const& v = f.value.raw();
        if (v.what == kind::json && !is_json_document(v.text)) f.value = value({kind::text, 0, v.text});
    }
    r.mark_recovered();
}

// Each says on standard error what the record says.
inline void say_rotation_error(record& r, std::string const& path, int error) {
    const char* const reason = std::strerror(error);
    say_on_standard_error("cannot rotate \"%s\": %s; it grows on, which is said once", path.c_str(), reason);
    r.set("file", path);
    r.set("reason", reason);
    r.set("remedy", "see to it that the file and its neighbours can be renamed, or set LOG_ROTATE_MB=0");
}
inline void say_setting_problem(record& r, setting_problem const& problem) {
    say_on_standard_error("%s=\"%s\" cannot be used; using %s (%s)", problem.name.c_str(), problem.value.c_str(),
                          problem.used.c_str(), problem.remedy.c_str());
    r.set("setting", problem.name);
    r.set("value", problem.value);
    r.set("used", problem.used);
    r.set("remedy", problem.remedy);
}

}  // namespace logkit::detail
