// A store without content, as bytes. Having SQLite make one costs most of what the first start of a
// control plane does: it compiles statements to write rows that are the same every time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cove::store {

// A row of the schema. A table has a page of its own.
struct EmptyObject {
  std::string_view type;  // as in sqlite_schema
  std::string_view name;
  std::string_view sql;
  std::span<const std::string_view> zeroes = {};  // of a table of names and numbers: rows of 0
};

struct EmptyStore {
  std::uint32_t page_bytes;
  std::uint32_t application;
  std::uint32_t format;
};

// A database in write-ahead mode that vacuums by request (sqlite.org/fileformat2.html). Tables with
// `zeroes` are WITHOUT ROWID, with the names sorted; everything fits on one page each.
std::string make_empty_store(const EmptyStore& store, std::span<const EmptyObject> objects);

}  // namespace cove::store
