#include "ui/models/secret_text.h"

#include <QCoreApplication>

#include "core/base/base64.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr std::string_view kMark = "••••••••";
constexpr std::string_view kCopy = "kubectl.kubernetes.io/last-applied-configuration";

struct SecretText {
  Q_DECLARE_TR_FUNCTIONS(SecretText)
};

json::object* member(json::object& object, std::string_view name) {
  auto* found = object.if_contains(name);
  return found != nullptr ? found->if_object() : nullptr;
}

const json::string* value_of(const json::object* values, std::string_view key) {
  const auto* found = values != nullptr ? values->if_contains(key) : nullptr;
  return found != nullptr ? found->if_string() : nullptr;
}

bool is_text(const std::string& bytes) {
  return bytes.find('\0') == std::string::npos && text(bytes).toStdString() == bytes;
}

std::string mark(std::size_t bytes, bool differs) {
  const std::string size = std::to_string(bytes) + " B";
  return std::string(kMark) + " (" +
         (differs ? SecretText::tr("%1, a new value").arg(text(size)).toStdString() : size) + ")";
}

void hide(json::object& secret, const json::object* before, SecretChange change) {
  const auto* old = before != nullptr ? api::object_at(*before, {"data"}) : nullptr;
  if (auto* data = member(secret, "data")) {
    for (auto& each : *data) {
      const auto* value = each.value().if_string();
      if (value == nullptr) continue;
      const auto* was = value_of(old, each.key());
      const bool differs = before != nullptr && (was == nullptr || *was != *value);
      if (differs && change == SecretChange::kShown) continue;
      const auto decoded = base64_decode_lenient(api::view(*value));
      const std::size_t size = decoded ? decoded->size() : value->size();
      each.value() = mark(size, differs);
    }
  }
  auto* metadata = member(secret, "metadata");
  auto* annotations = metadata != nullptr ? member(*metadata, "annotations") : nullptr;
  if (annotations == nullptr) return;
  if (const auto* copy = value_of(annotations, kCopy))
    (*annotations)[kCopy] = mark(copy->size(), false);
}

void decode(json::object& secret) {
  auto* data = member(secret, "data");
  if (data == nullptr) return;
  json::object plain;
  json::object bytes;
  for (const auto& each : *data) {
    const auto* value = each.value().if_string();
    const auto decoded = value != nullptr ? base64_decode_lenient(api::view(*value)) : std::nullopt;
    if (decoded && is_text(*decoded)) {
      plain[each.key()] = *decoded;
    } else {
      bytes[each.key()] = each.value();
    }
  }
  secret.erase("data");
  if (!bytes.empty()) secret["data"] = std::move(bytes);
  if (!plain.empty()) secret["stringData"] = std::move(plain);
}

bool is_mark(const json::value& value) {
  const auto* string = value.if_string();
  return string != nullptr && api::view(*string).starts_with(kMark);
}

// Marks among `values` become what `base` has under their keys.
void restore(json::object* values, const json::object* base) {
  if (values == nullptr) return;
  for (auto& each : *values) {
    if (!is_mark(each.value())) continue;
    if (const auto* was = value_of(base, each.key())) each.value() = *was;
  }
}

}  // namespace

json::object shown_secret(json::object secret, SecretShow show) {
  if (show == SecretShow::kHidden) {
    hide(secret, nullptr, SecretChange::kMarked);
  } else {
    decode(secret);
  }
  return secret;
}

json::object hidden_secret_after(json::object secret, const json::object& before,
                                 SecretChange change) {
  hide(secret, &before, change);
  return secret;
}

json::object stored_secret(json::object typed, const json::object& base) {
  const auto* stored = api::object_at(base, {"data"});
  restore(member(typed, "data"), stored);
  if (auto* metadata = member(typed, "metadata"))
    restore(member(*metadata, "annotations"), api::object_at(base, {"metadata", "annotations"}));
  auto* plain = member(typed, "stringData");
  if (plain == nullptr) return typed;
  for (const auto& each : *plain)
    if (!each.value().is_string()) return typed;
  json::object data;
  if (const auto* given = member(typed, "data")) data = *given;
  for (const auto& each : *plain) {
    const auto* hidden = is_mark(each.value()) ? value_of(stored, each.key()) : nullptr;
    data[each.key()] = hidden != nullptr
                           ? json::string(*hidden)
                           : json::string(base64_encode(api::view(each.value().get_string())));
  }
  typed.erase("stringData");
  typed["data"] = std::move(data);
  return typed;
}

std::optional<std::string> lost_mark(const json::object& typed, const json::object& base) {
  const auto* stored = api::object_at(base, {"data"});
  for (const std::string_view part : {"data", "stringData"}) {
    const auto* values = api::object_at(typed, {part});
    if (values == nullptr) continue;
    for (const auto& each : *values)
      if (is_mark(each.value()) && value_of(stored, each.key()) == nullptr)
        return std::string(part) + "." + std::string(each.key());
  }
  return std::nullopt;
}

}  // namespace cove::ui
