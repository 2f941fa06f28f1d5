#include "core/api/object.h"

namespace cove::api {

Result<std::shared_ptr<const Object>> Object::parse(std::shared_ptr<const std::string> bytes) {
  // What was committed was within the bounds that held then.
  auto parsed = parse_json(*bytes, {.bytes = bytes->size()});
  if (parsed.has_error()) {
    return Error{ErrorCode::kCorrupt, "read", "a stored object", parsed.error().cause, {}};
  }
  json::object* const document = parsed->value.if_object();
  if (document == nullptr) {
    return Error{ErrorCode::kCorrupt, "read", "a stored object", "it is no JSON object", {}};
  }
  return std::make_shared<const Object>(std::move(*document), std::move(bytes));
}

std::shared_ptr<const Object> Object::make(json::object document) {
  json::value value(std::move(document));
  auto bytes = std::make_shared<const std::string>(to_text(value));
  return std::make_shared<const Object>(std::move(value.get_object()), std::move(bytes));
}

Object::Object(json::object document, std::shared_ptr<const std::string> bytes)
    : document_(std::move(document)), bytes_(std::move(bytes)) {}

}  // namespace cove::api
