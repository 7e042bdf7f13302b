// SPDX-License-Identifier: MIT
#include "store/sqlite/key_table.hpp"

#include "store/sync_folder.hpp"

#include <sqlite3.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace serve {
namespace {

constexpr auto mark_name = "/locked";
constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS api_keys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    service      TEXT,
    role         TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    prefix       TEXT NOT NULL,
    created_ns   INTEGER NOT NULL,
    expires_ns   INTEGER,
    revoked_ns   INTEGER,
    last_used_ns INTEGER
);
)";

// The file is no database any more.
class damaged_table : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
[[noreturn]] void fail(sqlite3* db, std::string const& what) {
    const std::string why = what + ": " + sqlite3_errmsg(db);
    const int code = sqlite3_errcode(db);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) throw damaged_table(why);
    throw std::runtime_error(why);
}

class statement {
  public:
    statement(sqlite3* db, const char* sql) : db_(db) {
        if (sqlite3_prepare_v2(db, sql, -1, &at_, nullptr) != SQLITE_OK) fail(db_, "keys");
    }
    statement(statement const&) = delete;
    statement& operator=(statement const&) = delete;
    ~statement() { sqlite3_finalize(at_); }

    statement& bind(int i, std::int64_t n) { return checked(sqlite3_bind_int64(at_, i, n)); }
    statement& bind(int i, std::string const& text) {
        return checked(sqlite3_bind_text(at_, i, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
    }
    statement& bind_bytes(int i, std::string const& bytes) {
        return checked(sqlite3_bind_blob(at_, i, bytes.data(), static_cast<int>(bytes.size()), SQLITE_TRANSIENT));
    }
    template <class T>
    statement& bind(int i, std::optional<T> const& value) {
        return value.has_value() ? bind(i, *value) : checked(sqlite3_bind_null(at_, i));
    }
    void reset() noexcept { sqlite3_reset(at_); }
    // False: there is no further row.
    [[nodiscard]] bool step() {
        const int result = sqlite3_step(at_);
        if (result == SQLITE_ROW) return true;
        if (result != SQLITE_DONE) fail(db_, "keys");
        return false;
    }
    [[nodiscard]] std::int64_t number(int i) const { return sqlite3_column_int64(at_, i); }
    [[nodiscard]] std::string text(int i) const {
        const void* const bytes = sqlite3_column_blob(at_, i);
        return bytes == nullptr ? std::string{}
                                : std::string(static_cast<const char*>(bytes),
                                              static_cast<std::size_t>(sqlite3_column_bytes(at_, i)));
    }
    [[nodiscard]] bool is_null(int i) const { return sqlite3_column_type(at_, i) == SQLITE_NULL; }
    [[nodiscard]] std::optional<std::int64_t> maybe_number(int i) const {
        return is_null(i) ? std::nullopt : std::optional(number(i));
    }

  private:
    statement& checked(int result) {
        if (result != SQLITE_OK) fail(db_, "keys");
        return *this;
    }
    sqlite3* db_;
    sqlite3_stmt* at_ = nullptr;
};

class key_table final : public key_store {
  public:
    explicit key_table(std::string const& folder) : folder_(folder), mark_(folder + mark_name) {
        const std::string path = folder + "/catalog.sqlite";
        if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                            nullptr) != SQLITE_OK) {
            const std::string why = sqlite3_errmsg(db_);
            sqlite3_close(db_);
            throw std::runtime_error(path + ": " + why);
        }
        (void)::chmod(path.c_str(), 0600);
        sqlite3_busy_timeout(db_, 5'000);
        try {
            for (const char* sql : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"})
                if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
                    fail(db_, path + " (is the disk full?)");
            if (sqlite3_exec(db_, schema, nullptr, nullptr, nullptr) != SQLITE_OK) fail(db_, path);
            (void)all();
            if (sync_folder(folder_) != 0) throw std::runtime_error(folder_ + " cannot be synced");
        } catch (...) {
            sqlite3_close(db_);
            throw;
        }
    }
    key_table(key_table const&) = delete;
    key_table& operator=(key_table const&) = delete;
    ~key_table() override {
        version_.reset();
        sqlite3_close(db_);
    }

    std::vector<api_key> all() override {
        statement rows(db_,
                       "SELECT id, name, service, role, hash, prefix, created_ns, expires_ns, revoked_ns, last_used_ns "
                       "FROM api_keys ORDER BY id");
        std::vector<api_key> keys;
        while (rows.step()) {
            api_key& k = keys.emplace_back();
            k.id = rows.number(0);
            k.name = rows.text(1);
            if (!rows.is_null(2)) k.service = rows.text(2);
            k.role = key_role_from_name(rows.text(3)).value_or(key_role::ingest);
            k.hash = rows.text(4);
            k.prefix = rows.text(5);
            k.created_ns = rows.number(6);
            k.expires_ns = rows.maybe_number(7);
            k.revoked_ns = rows.maybe_number(8);
            k.last_used_ns = rows.maybe_number(9);
        }
        return keys;
    }
    std::int64_t add(api_key const& made) override {
        // The mark first: a table that is lost must not open the door again.
        if (made.role == key_role::admin) {
            const logkit::detail::descriptor mark(::open(mark_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
            if (!mark.is_open() || ::fsync(mark.get()) != 0 || sync_folder(folder_) != 0)
                throw std::runtime_error(mark_ + " cannot be written");
        }
        statement row(db_,
                      "INSERT INTO api_keys (name, service, role, hash, prefix, created_ns, expires_ns) "
                      "VALUES (?,?,?,?,?,?,?)");
        row.bind(1, made.name)
            .bind(2, made.service)
            .bind(3, std::string(key_role_names[static_cast<std::size_t>(made.role)]))
            .bind_bytes(4, made.hash)
            .bind(5, made.prefix)
            .bind(6, made.created_ns)
            .bind(7, made.expires_ns);
        (void)row.step();
        return sqlite3_last_insert_rowid(db_);
    }
    bool revoke(std::int64_t id, std::int64_t when_ns) override {
        statement row(db_, "UPDATE api_keys SET revoked_ns = coalesce(revoked_ns, ?) WHERE id = ?");
        row.bind(1, when_ns).bind(2, id);
        (void)row.step();
        return sqlite3_changes(db_) != 0;
    }
    void note_use(std::int64_t id, std::int64_t when_ns) override {
        try {
            statement row(db_, "UPDATE api_keys SET last_used_ns = ? WHERE id = ?");
            row.bind(1, when_ns).bind(2, id);
            (void)row.step();
        } catch (std::runtime_error const&) {  // a full disk keeps nobody out
        }
    }
    bool has_changed() override {
        // Asked for each request: prepared once.
        if (version_ == nullptr) version_ = std::make_unique<statement>(db_, "PRAGMA data_version");
        version_->reset();
        const std::int64_t now = version_->step() ? version_->number(0) : 0;
        version_->reset();
        return std::exchange(seen_version_, now) != now;
    }
    bool was_ever_locked() override {
        struct stat status {};
        if (::stat(mark_.c_str(), &status) == 0) return true;
        statement row(db_, "SELECT count(*) FROM api_keys WHERE role = 'admin'");
        return row.step() && row.number(0) != 0;
    }

  private:
    std::string folder_, mark_;
    sqlite3* db_ = nullptr;
    std::unique_ptr<statement> version_;
    std::int64_t seen_version_ = 0;
};

}  // namespace

std::unique_ptr<key_store> open_key_table(std::string const& folder,
                                          std::function<void(std::string const&)> const& say) {
    try {
        return std::make_unique<key_table>(folder);
    } catch (damaged_table const& error) {
        const std::string path = folder + "/catalog.sqlite", aside = path + ".damaged";
        if (std::rename(path.c_str(), aside.c_str()) != 0) throw;
        for (const char* more : {"-wal", "-shm"}) (void)::unlink((path + more).c_str());
        say(std::string(error.what()) + "; it is now " + aside +
            ", and all keys with it: make new ones by `logkit serve keys create`");
        return std::make_unique<key_table>(folder);
    }
}

void copy_key_table(std::string const& from, std::string const& to) {
    const std::string path = from + "/catalog.sqlite", copy = to + "/catalog.sqlite";
    if (::access(path.c_str(), F_OK) != 0) return;
    sqlite3* db = nullptr;
    const auto closed = [&](bool is_good) {
        const std::string why = is_good ? "" : path + ": " + sqlite3_errmsg(db);
        sqlite3_close(db);
        if (!is_good) throw std::runtime_error(why);
    };
    if (sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) closed(false);
    constexpr int patience_ms = 5'000;
    sqlite3_busy_timeout(db, patience_ms);
    sqlite3_stmt* vacuum = nullptr;
    bool is_good = sqlite3_prepare_v2(db, "VACUUM INTO ?", -1, &vacuum, nullptr) == SQLITE_OK &&
                   sqlite3_bind_text(vacuum, 1, copy.c_str(), -1, SQLITE_TRANSIENT) == SQLITE_OK &&
                   sqlite3_step(vacuum) == SQLITE_DONE;
    sqlite3_finalize(vacuum);
    closed(is_good);
    (void)::chmod(copy.c_str(), 0600);
    // Whoever restores it is not asked for keys only if nobody ever was.
    if (::access((from + mark_name).c_str(), F_OK) != 0) return;
    const logkit::detail::descriptor mark(::open((to + mark_name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!mark.is_open()) throw std::runtime_error(to + mark_name + " cannot be written");
}

}  // namespace serve
