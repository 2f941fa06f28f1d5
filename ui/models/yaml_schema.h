// YamlSchema: what may be written where in a YAML document, by the server's OpenAPI v3
// (kubernetes.io "The Kubernetes API", OpenAPI V3).
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

#include "core/api/object.h"

namespace cove::ui {

struct SchemaField {
  QString name;
  QString type;  // "string", "object", "[]object", …
  QString doc;
  bool required = false;
  bool holds_more = false;  // an object or a list: its value begins on the next line
};

// Immutable; cheap to copy. A schema that leads in circles or is wrong gives fewer fields.
class YamlSchema {
 public:
  YamlSchema() = default;
  // The document of one group version. `api_version` and `kind` are those of the object.
  YamlSchema(api::ObjectPtr openapi, std::string_view api_version, std::string_view kind);

  // Fields of the object at a path of names, "[]" for an item: {"spec", "containers", "[]"}. By
  // name, required ones first.
  std::vector<SchemaField> fields(const QStringList& path) const;
  // What the value at a path may be, where there is a list of it.
  QStringList values(const QStringList& path) const;
  explicit operator bool() const { return root_ != nullptr; }

 private:
  const api::json::object* resolve(const api::json::object* schema) const;
  const api::json::object* at(const QStringList& path) const;

  api::ObjectPtr openapi_;
  const api::json::object* root_ = nullptr;
};

// Where a cursor stands in a text: the path of the object around it, and what has been typed.
struct YamlPlace {
  QStringList path;
  QString typed;  // of the name, or of the value
  QString name;   // in_value: whose value
  bool in_value = false;
  QStringList siblings;  // names that the object has already, on other lines
};
// Nothing inside comments and quoted texts.
std::optional<YamlPlace> yaml_place(const QString& text, qsizetype position);

}  // namespace cove::ui
