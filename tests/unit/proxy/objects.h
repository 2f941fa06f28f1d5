// Objects as the API has them, from YAML.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "core/api/object.h"

namespace cove::proxy {

inline api::ObjectPtr object(std::string_view yaml) {
  auto parsed = api::parse_yaml(yaml);
  if (!parsed || !parsed->value.is_object()) {
    ADD_FAILURE() << yaml;
    return api::Object::make({});
  }
  return api::Object::make(parsed->value.get_object());
}

}  // namespace cove::proxy
