// A cluster's state as admission and authorization see it, given by the test.
#pragma once

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "core/server/admission.h"

namespace cove::server {

class FakeState final : public ClusterState {
 public:
  // `json` is a whole object; it is found by `group`, `plural` and its metadata.
  void add(const std::string& group, const std::string& plural, std::string_view json) {
    items_.push_back({group, plural, api::Object::make(json::parse(json).as_object())});
  }
  void clear(const std::string& plural) {
    std::erase_if(items_, [&](const Item& item) { return item.plural == plural; });
  }

  api::ObjectPtr object(std::string_view group, std::string_view plural,
                        std::string_view namespace_name, std::string_view name) const override {
    for (const Item& item : items_) {
      if (item.group == group && item.plural == plural && item.object->name() == name &&
          item.object->namespace_name() == namespace_name)
        return item.object;
    }
    return nullptr;
  }
  std::vector<api::ObjectPtr> objects(std::string_view group, std::string_view plural,
                                      std::string_view namespace_name) const override {
    std::vector<api::ObjectPtr> all;
    for (const Item& item : items_) {
      if (item.group == group && item.plural == plural &&
          (namespace_name.empty() || item.object->namespace_name() == namespace_name))
        all.push_back(item.object);
    }
    return all;
  }

 private:
  struct Item {
    std::string group;
    std::string plural;
    api::ObjectPtr object;
  };
  std::vector<Item> items_;
};

}  // namespace cove::server
