#include "core/store/empty_store.h"

#include <sqlite3.h>

#include <optional>
#include <vector>

namespace cove::store {
namespace {

constexpr std::size_t kHeader = 100;
constexpr std::uint8_t kTableLeaf = 13;
constexpr std::uint8_t kIndexLeaf = 10;
constexpr std::uint32_t kFirstRoot = 3;  // after the schema and the map of pages
constexpr std::uint8_t kWriteAhead = 2;

void put(std::string& page, std::size_t at, std::uint32_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    page[at + i] = static_cast<char>(value >> 8 * (size - 1 - i));
}

// Below 2^14.
std::string varint(std::size_t value) {
  std::string out;
  if (value >= 0x80) out += static_cast<char>(0x80 | value >> 7);
  return out + static_cast<char>(value & 0x7f);
}

// The columns of a row.
class Record {
 public:
  Record& text(std::string_view value) {
    types_ += varint(13 + 2 * value.size());
    values_ += value;
    return *this;
  }
  // Below 128; 0 takes no byte.
  Record& integer(std::uint32_t value) {
    types_ += value == 0 ? '\x08' : '\x01';
    if (value != 0) values_ += static_cast<char>(value);
    return *this;
  }
  std::string bytes() const { return varint(types_.size() + 1) + types_ + values_; }

 private:
  std::string types_;
  std::string values_;
};

// A leaf with these cells, which are sorted.
void fill(std::string& page, std::size_t start, std::uint8_t kind,
          const std::vector<std::string>& cells) {
  std::size_t content = page.size();
  std::size_t pointer = start + 8;
  for (const std::string& cell : cells) {
    content -= cell.size();
    page.replace(content, cell.size(), cell);
    put(page, pointer, static_cast<std::uint32_t>(content), 2);
    pointer += 2;
  }
  put(page, start, kind, 1);
  put(page, start + 3, static_cast<std::uint32_t>(cells.size()), 2);
  put(page, start + 5, static_cast<std::uint32_t>(content), 2);
}

void put_header(std::string& page, const EmptyStore& store, std::uint32_t pages) {
  page.replace(0, 16, std::string_view("SQLite format 3\0", 16));
  put(page, 16, store.page_bytes, 2);
  put(page, 18, kWriteAhead, 1);
  put(page, 19, kWriteAhead, 1);
  put(page, 21, 64, 1);  // the fractions of a page that rows take, which are fixed
  put(page, 22, 32, 1);
  put(page, 23, 32, 1);
  put(page, 24, 1, 4);  // changes so far, and again at 92: the number of pages is right
  put(page, 28, pages, 4);
  put(page, 40, 1, 4);      // changes of the schema
  put(page, 44, 4, 4);      // the form of the schema
  put(page, 52, pages, 4);  // the last root, by which pages can be moved
  put(page, 56, SQLITE_UTF8, 4);
  put(page, 60, store.format, 4);
  put(page, 64, 1, 4);  // vacuums by request
  put(page, 68, store.application, 4);
  put(page, 92, 1, 4);
  put(page, 96, SQLITE_VERSION_NUMBER, 4);
}

}  // namespace

std::string make_empty_store(const EmptyStore& store, std::span<const EmptyObject> objects) {
  const std::string blank(store.page_bytes, '\0');
  std::string map = blank;
  std::string roots;
  std::vector<std::string> schema;
  std::uint32_t next_root = kFirstRoot;
  for (const EmptyObject& object : objects) {
    std::uint32_t root = 0;
    if (object.type == "table") {
      root = next_root++;
      put(map, 5 * (root - kFirstRoot), 1, 1);  // a root, which no page leads to
      std::vector<std::string> rows;
      for (const std::string_view name : object.zeroes) {
        const std::string row = Record().text(name).integer(0).bytes();
        rows.push_back(varint(row.size()) + row);
      }
      std::string page = blank;
      fill(page, 0, rows.empty() ? kTableLeaf : kIndexLeaf, rows);
      roots += page;
    }
    const std::string row = Record()
                                .text(object.type)
                                .text(object.name)
                                .text(object.name)
                                .integer(root)
                                .text(object.sql)
                                .bytes();
    schema.push_back(varint(row.size()) + varint(schema.size() + 1) + row);
  }
  std::string first = blank;
  fill(first, kHeader, kTableLeaf, schema);
  put_header(first, store, next_root - 1);
  return first + map + roots;
}

}  // namespace cove::store
