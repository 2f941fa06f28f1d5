// Object: one API object as it was committed, parsed and as bytes. Immutable, shared, thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/api/document.h"
#include "core/base/result.h"

namespace cove::api {

class Object {
 public:
  // `bytes` are the document's JSON. kCorrupt when they are no JSON object.
  static Result<std::shared_ptr<const Object>> parse(std::shared_ptr<const std::string> bytes);
  // Serializes `document`.
  static std::shared_ptr<const Object> make(json::object document);
  Object(json::object document, std::shared_ptr<const std::string> bytes);

  const json::object& document() const { return document_; }
  const std::shared_ptr<const std::string>& bytes() const { return bytes_; }

  std::string_view api_version() const { return text_at(document_, {"apiVersion"}); }
  std::string_view kind() const { return text_at(document_, {"kind"}); }
  std::string_view name() const { return text_at(document_, {"metadata", "name"}); }
  std::string_view namespace_name() const { return text_at(document_, {"metadata", "namespace"}); }
  std::string_view uid() const { return text_at(document_, {"metadata", "uid"}); }
  std::string_view resource_version() const {
    return text_at(document_, {"metadata", "resourceVersion"});
  }
  std::int64_t generation() const {
    return integer_at(document_, {"metadata", "generation"}).value_or(0);
  }
  bool deleting() const {
    return value_at(document_, {"metadata", "deletionTimestamp"}) != nullptr;
  }

 private:
  json::object document_;
  std::shared_ptr<const std::string> bytes_;
};

using ObjectPtr = std::shared_ptr<const Object>;

}  // namespace cove::api
