#include "ui/models/yaml_schema.h"

#include <QRegularExpression>
#include <algorithm>

#include "core/api/each.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr int kMaxSteps = 16;
constexpr std::string_view kReference = "#/components/schemas/";

QString type_of(const json::object& schema) {
  const auto type = api::text_at(schema, {"type"});
  return type.empty() ? QStringLiteral("object") : text(type);
}

// One line of a document, taken apart.
struct Line {
  std::vector<int> dashes;  // their columns
  int column = -1;          // of the name; -1: there is none
  QString name;
  QString rest;  // behind the colon
  bool has_colon = false;
  bool blank = true;
};

Line take_apart(const QString& line) {
  Line out;
  int at = 0;
  const auto size = static_cast<int>(line.size());
  while (at < size) {
    if (line[at] == QLatin1Char(' ')) {
      ++at;
    } else if (line[at] == QLatin1Char('-') &&
               (at + 1 == size || line[at + 1] == QLatin1Char(' '))) {
      out.dashes.push_back(at++);
    } else {
      break;
    }
  }
  out.blank = out.dashes.empty() && (at == size || line[at] == QLatin1Char('#'));
  static const QRegularExpression name(
      QStringLiteral("^\"?([A-Za-z0-9_./$-]*)\"?(:(?= |$))?\\s*(.*)$"));
  const auto match = name.match(line.mid(at));
  if (!match.hasMatch()) return out;
  out.column = at;
  out.name = match.captured(1);
  out.has_colon = !match.captured(2).isEmpty();
  out.rest = match.captured(3);
  return out;
}

}  // namespace

YamlSchema::YamlSchema(api::ObjectPtr openapi, std::string_view api_version, std::string_view kind)
    : openapi_(std::move(openapi)) {
  if (!openapi_) return;
  const auto slash = api_version.find('/');
  const auto group =
      slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
  const auto version =
      slash == std::string_view::npos ? api_version : api_version.substr(slash + 1);
  const auto* schemas = api::object_at(openapi_->document(), {"components", "schemas"});
  if (schemas == nullptr) return;
  for (const auto& each : *schemas) {
    const auto* schema = each.value().if_object();
    if (schema == nullptr) continue;
    api::each_object(*schema, {"x-kubernetes-group-version-kind"}, [&](const json::object& names) {
      if (api::text_at(names, {"group"}) == group && api::text_at(names, {"version"}) == version &&
          api::text_at(names, {"kind"}) == kind) {
        root_ = schema;
      }
    });
  }
}

const json::object* YamlSchema::resolve(const json::object* schema) const {
  for (int step = 0; schema != nullptr && step < kMaxSteps; ++step) {
    std::string_view reference = api::text_at(*schema, {"$ref"});
    if (reference.empty()) {
      const auto* all = api::array_at(*schema, {"allOf"});
      if (all == nullptr || all->size() != 1 || !all->front().is_object()) return schema;
      reference = api::text_at(all->front().get_object(), {"$ref"});
      if (reference.empty()) return schema;
    }
    if (!reference.starts_with(kReference)) return nullptr;
    schema = api::object_at(openapi_->document(),
                            {"components", "schemas", reference.substr(kReference.size())});
  }
  return schema;
}

const json::object* YamlSchema::at(const QStringList& path) const {
  const json::object* schema = root_;
  for (const QString& step : path) {
    schema = resolve(schema);
    if (schema == nullptr) return nullptr;
    const std::string name = step.toStdString();
    if (step == QLatin1String("[]")) {
      schema = api::object_at(*schema, {"items"});
    } else if (const auto* field = api::object_at(*schema, {"properties", name})) {
      schema = field;
    } else {
      schema = api::object_at(*schema, {"additionalProperties"});
    }
  }
  return resolve(schema);
}

std::vector<SchemaField> YamlSchema::fields(const QStringList& path) const {
  std::vector<SchemaField> out;
  const auto* schema = at(path);
  const auto* properties = schema == nullptr ? nullptr : api::object_at(*schema, {"properties"});
  if (properties == nullptr) return out;
  QStringList required;
  api::each_text(*schema, {"required"},
                 [&](std::string_view each) { required.append(text(each)); });
  for (const auto& each : *properties) {
    const auto* own = each.value().if_object();
    const auto* field = resolve(own);
    if (field == nullptr) continue;
    SchemaField made;
    made.name = text(std::string_view(each.key().data(), each.key().size()));
    made.type = type_of(*field);
    if (made.type == QLatin1String("array")) {
      const auto* items = resolve(api::object_at(*field, {"items"}));
      made.type = QStringLiteral("[]") + (items != nullptr ? type_of(*items) : QString());
      made.holds_more = true;
    } else {
      made.holds_more = made.type == QLatin1String("object");
    }
    const auto doc = api::text_at(*own, {"description"});
    made.doc = text(doc.empty() ? api::text_at(*field, {"description"}) : doc);
    made.required = required.contains(made.name);
    out.push_back(std::move(made));
  }
  std::ranges::sort(out, {},
                    [](const SchemaField& each) { return std::pair(!each.required, each.name); });
  return out;
}

QStringList YamlSchema::values(const QStringList& path) const {
  QStringList out;
  const auto* schema = at(path);
  if (schema == nullptr) return out;
  api::each_text(*schema, {"enum"}, [&](std::string_view each) { out.append(text(each)); });
  if (out.isEmpty() && api::text_at(*schema, {"type"}) == "boolean")
    out = {QStringLiteral("true"), QStringLiteral("false")};
  return out;
}

std::optional<YamlPlace> yaml_place(const QString& text, qsizetype position) {
  const QStringList lines = text.left(position).split(QLatin1Char('\n'));
  const QString& current = lines.back();
  if (current.contains(QLatin1Char('#')) || current.contains(QLatin1Char('\t')))
    return std::nullopt;
  const Line here = take_apart(current);
  YamlPlace place;
  if (here.has_colon) {
    if (here.rest.startsWith(QLatin1Char('"')) || here.rest.startsWith(QLatin1Char('\'')))
      return std::nullopt;
    place.in_value = true;
    place.name = here.name;
    place.typed = here.rest;
  } else {
    if (!here.rest.isEmpty()) return std::nullopt;
    place.typed = here.name;
  }
  int limit = here.column < 0 ? static_cast<int>(current.size()) : here.column;
  const int column = limit;
  bool item = false;  // `limit` is the column of a dash
  const auto take_dashes = [&](const Line& line) {
    for (auto dash = line.dashes.rbegin(); dash != line.dashes.rend(); ++dash) {
      if (*dash >= limit) continue;
      place.path.prepend(QStringLiteral("[]"));
      limit = *dash;
      item = true;
    }
  };
  take_dashes(here);
  bool same_object = here.dashes.empty();
  for (auto line = lines.crbegin() + 1; line != lines.crend(); ++line) {
    if (line->startsWith(QLatin1String("---"))) break;
    const Line above = take_apart(*line);
    if (above.blank || above.column < 0) continue;
    if (same_object && above.column == column && above.has_colon) place.siblings.append(above.name);
    if (above.column < column || (above.column == column && !above.dashes.empty()))
      same_object = false;
    if (above.column < limit || (item && above.column == limit && above.dashes.empty())) {
      if (!above.has_colon) return std::nullopt;  // inside a text
      if (above.rest.startsWith(QLatin1Char('|')) || above.rest.startsWith(QLatin1Char('>')))
        return std::nullopt;
      place.path.prepend(above.name);
      limit = above.column;
      item = false;
    }
    take_dashes(above);
    if (limit == 0 && !item) break;
  }
  // Names below the cursor count as well.
  const QStringList below = text.mid(position).split(QLatin1Char('\n')).mid(1);
  for (const QString& each : below) {
    const Line line = take_apart(each);
    if (line.blank || line.column < 0) continue;
    if (line.column < column || !line.dashes.empty() || each.startsWith(QLatin1String("---")))
      break;
    if (line.column == column && line.has_colon) place.siblings.append(line.name);
  }
  return place;
}

}  // namespace cove::ui
