// Bytes that carry the object they are the text of: who reads them in this process need not parse
// them, and has the same object as everybody else. To all others they are bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/api/object.h"

namespace cove::server {

// The object's own bytes.
std::shared_ptr<const std::string> with_object(const api::ObjectPtr& object);
// A watch's event about it, of that type: "ADDED".
std::shared_ptr<const std::string> with_event(std::string text, std::string_view type,
                                              api::ObjectPtr object);

struct CarriedObject {
  std::string_view type;  // of an event; lives as long as the program
  api::ObjectPtr object;  // null: these are bytes alone
};
CarriedObject carried_by(const std::shared_ptr<const std::string>& bytes);

}  // namespace cove::server
