// API documents as people read them: YAML, and what differs between two texts.
#pragma once

#include <QString>
#include <QStringList>
#include <string_view>
#include <vector>

#include "core/api/document.h"

namespace cove::ui {

// Of UTF-8.
inline QString text(std::string_view bytes) {
  return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size()));
}

// Block style, members in alphabetical order as kubectl prints them; a parser reads the same values
// of the same types from it, also after a text editor, which takes U+00A0 or U+2028 for another.
QString yaml_text(const api::json::value& value);
// An object without metadata.managedFields.
QString yaml_of_object(const api::json::object& object);

struct DiffLine {
  enum class Kind { kSame, kRemoved, kAdded };
  Kind kind = Kind::kSame;
  QString text;
  bool operator==(const DiffLine&) const = default;
};

// The shortest way from one text to the other; texts that differ in more than 500 lines are shown
// as wholly replaced.
std::vector<DiffLine> diff_lines(const QString& before, const QString& after);

}  // namespace cove::ui
