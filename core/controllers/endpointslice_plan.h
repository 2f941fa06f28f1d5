// Which EndpointSlices have to be made, changed and removed so that they list certain endpoints,
// with as few writes as possible. Pure.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include "core/api/object.h"

namespace cove::controllers {

namespace json = boost::json;

// What all slices of an owner have in common.
struct SliceMetadata {
  std::string namespace_name;
  std::string generate_name;
  json::object labels;
  json::object annotations;  // of new slices; those of others stay
  json::object owner;        // an owner reference
};

// Endpoints (discovery.k8s.io/v1) that are reached by the same ports.
struct SliceGroup {
  json::array ports;
  std::vector<json::object> endpoints;
};

struct SlicePlan {
  std::vector<json::object> create;
  std::vector<json::object> update;
  std::vector<api::ObjectPtr> remove;

  bool empty() const { return create.empty() && update.empty() && remove.empty(); }
  void add(SlicePlan other);
};

struct SliceRules {
  std::size_t most = 100;      // endpoints in one slice
  bool keep_one_empty = true;  // when there are no endpoints at all
};

// `desired` holds groups of different ports; `existing` are the slices of the address type
// ("IPv4"). An endpoint that stays stays in its slice; new ones fill up slices that are written
// anyway, then the fullest other slice that takes them all, then new slices.
SlicePlan plan_slices(const SliceMetadata& metadata, std::string_view address_type,
                      const std::vector<SliceGroup>& desired,
                      const std::vector<api::ObjectPtr>& existing, const SliceRules& rules = {});

// "web-", or the name itself when that would be no name.
std::string slice_prefix(std::string_view name);

}  // namespace cove::controllers
