#include "ui/models/document_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr qsizetype kMaxDiffLines = 500;

// Whether YAML would read these bytes, bare, as this very text.
bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  const auto harmless = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_./ +=,()@").find(c) != std::string_view::npos;
  };
  const char first = text.front();
  if (std::isalpha(static_cast<unsigned char>(first)) == 0 && first != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool inner_colon = text[i] == ':' && i + 1 < text.size() && text[i + 1] != ' ';
    if (!harmless(text[i]) && !inner_colon) return false;
  }
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view word : {"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
    if (lower == word) return false;
  return true;
}

// Of a character of UTF-8 that a text editor or a YAML reader takes for another one: C1 controls
// (U+0085 ends a line), the no-break space, U+2028 and U+2029, the byte order mark, U+FDD0 and
// U+FDD1, which end a frame of Qt's texts, U+FFFE and U+FFFF. 0: of any other.
char32_t fragile(std::string_view at) {
  const auto byte = [&](std::size_t i) {
    return i < at.size() ? static_cast<char32_t>(static_cast<unsigned char>(at[i])) : 0;
  };
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) <= 0xa0) return byte(1);
  if ((byte(0) & 0xf0) != 0xe0) return 0;
  const char32_t code = (byte(0) & 0xf) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
  for (const char32_t each : {0x2028, 0x2029, 0xfdd0, 0xfdd1, 0xfeff, 0xfffe, 0xffff})
    if (code == each) return code;
  return 0;
}

bool has_fragile(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (fragile(text.substr(i)) != 0) return true;
  return false;
}

// Of a text in double quotes.
std::string escape_fragile(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t code = fragile(text.substr(i));
    if (code == 0) {
      out += text[i];
      continue;
    }
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(code));
    i += code < 0x800 ? 1 : 2;
  }
  return out;
}

bool fits_block(std::string_view text) {
  return !has_fragile(text) && text.find('\n') != std::string_view::npos && text.front() != ' ' &&
         text.front() != '\n' && std::ranges::all_of(text, [](char c) {
           return c == '\n' || c == '\t' ||
                  (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7f);
         });
}

class Printer {
 public:
  void print(const json::value& value, int depth) {
    if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
      print_object(*object, depth, false);
    } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
      print_array(*array, depth);
    } else {
      indent(depth);
      scalar(value, depth);
      out_ += '\n';
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void indent(int depth) { out_.append(static_cast<std::size_t>(depth) * 2, ' '); }

  // `begun`: the first member stands behind a "- ".
  void print_object(const json::object& object, int depth, bool begun) {
    std::vector<const json::key_value_pair*> members;
    for (const auto& member : object) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* member) { return member->key(); });
    for (const auto* member : members) {
      if (!begun) indent(depth);
      begun = false;
      text(std::string_view(member->key().data(), member->key().size()));
      out_ += ':';
      const json::value& value = member->value();
      if (const auto* inner = value.if_object(); inner != nullptr && !inner->empty()) {
        out_ += '\n';
        print_object(*inner, depth + 1, false);
      } else if (const auto* list = value.if_array(); list != nullptr && !list->empty()) {
        out_ += '\n';
        print_array(*list, depth);
      } else {
        out_ += ' ';
        scalar(value, depth + 1);
        out_ += '\n';
      }
    }
  }

  void print_array(const json::array& array, int depth) {
    for (const json::value& item : array) {
      indent(depth);
      if (const auto* object = item.if_object(); object != nullptr && !object->empty()) {
        out_ += "- ";
        print_object(*object, depth + 1, true);
      } else if (const auto* list = item.if_array(); list != nullptr && !list->empty()) {
        out_ += "-\n";
        print_array(*list, depth + 1);
      } else {
        out_ += "- ";
        scalar(item, depth + 1);
        out_ += '\n';
      }
    }
  }

  void scalar(const json::value& value, int depth) {
    const auto* string = value.if_string();
    if (string == nullptr) {
      out_ += api::to_text(value);
      return;
    }
    const std::string_view bytes = api::view(*string);
    if (bytes.empty() || !fits_block(bytes)) return text(bytes);
    block(bytes, depth);
  }
  void text(std::string_view bytes) {
    out_ += is_plain(bytes) ? std::string(bytes)
                            : escape_fragile(api::to_text(json::value(api::key(bytes))));
  }
  // A literal block; its last line ends without a line feed, as every scalar here.
  void block(std::string_view bytes, int depth) {
    const bool ends = bytes.back() == '\n';
    const bool more = ends && bytes.size() > 1 && bytes[bytes.size() - 2] == '\n';
    out_ += more ? "|+" : ends ? "|" : "|-";
    if (ends) bytes.remove_suffix(1);
    while (true) {
      const std::size_t end = bytes.find('\n');
      out_ += '\n';
      if (end != 0 && !bytes.empty()) indent(depth);
      out_ += bytes.substr(0, end);
      if (end == std::string_view::npos) return;
      bytes.remove_prefix(end + 1);
    }
  }

  std::string out_;
};

}  // namespace

QString yaml_text(const json::value& value) {
  Printer printer;
  printer.print(value, 0);
  return QString::fromStdString(printer.take());
}

QString yaml_of_object(const json::object& object) {
  json::object shown = object;
  api::erase_at(shown, {"metadata", "managedFields"});
  return yaml_text(shown);
}

std::vector<DiffLine> diff_lines(const QString& before, const QString& after) {
  QStringList a = before.split(QLatin1Char('\n'));
  QStringList b = after.split(QLatin1Char('\n'));
  for (QStringList* lines : {&a, &b})
    if (!lines->isEmpty() && lines->back().isEmpty()) lines->removeLast();
  qsizetype head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  qsizetype tail = 0;
  while (tail < a.size() - head && tail < b.size() - head &&
         a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
    ++tail;
  const qsizetype rows = a.size() - head - tail;
  const qsizetype columns = b.size() - head - tail;

  using Kind = DiffLine::Kind;
  std::vector<DiffLine> out;
  for (qsizetype i = 0; i < head; ++i) out.push_back({Kind::kSame, a[i]});
  qsizetype i = 0;
  qsizetype j = 0;
  if (rows <= kMaxDiffLines && columns <= kMaxDiffLines) {
    // common[i][j]: the longest common part of what follows there.
    const auto width = static_cast<std::size_t>(columns + 1);
    std::vector<quint16> common(static_cast<std::size_t>(rows + 1) * width);
    const auto at = [&](qsizetype row, qsizetype column) -> quint16& {
      return common[static_cast<std::size_t>(row) * width + static_cast<std::size_t>(column)];
    };
    for (qsizetype row = rows - 1; row >= 0; --row) {
      for (qsizetype column = columns - 1; column >= 0; --column) {
        at(row, column) = a[head + row] == b[head + column]
                              ? static_cast<quint16>(at(row + 1, column + 1) + 1)
                              : std::max(at(row + 1, column), at(row, column + 1));
      }
    }
    while (i < rows && j < columns) {
      if (a[head + i] == b[head + j]) {
        out.push_back({Kind::kSame, a[head + i]});
        ++i;
        ++j;
      } else if (at(i + 1, j) >= at(i, j + 1)) {
        out.push_back({Kind::kRemoved, a[head + i++]});
      } else {
        out.push_back({Kind::kAdded, b[head + j++]});
      }
    }
  }
  for (; i < rows; ++i) out.push_back({Kind::kRemoved, a[head + i]});
  for (; j < columns; ++j) out.push_back({Kind::kAdded, b[head + j]});
  for (qsizetype k = a.size() - tail; k < a.size(); ++k) out.push_back({Kind::kSame, a[k]});
  return out;
}

}  // namespace cove::ui
