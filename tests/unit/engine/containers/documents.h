// Documents for the tests of containers.
#pragma once

#include <boost/json/parse.hpp>
#include <memory>
#include <string>

#include "core/engine/container.h"
#include "core/engine/container_config.h"

namespace cove::engine::test {

inline boost::json::object parse(std::string_view text) {
  return boost::json::parse(boost::json::string_view(text.data(), text.size())).as_object();
}

inline Outcome<ContainerConfig> read(std::string_view body, unsigned api = kNewestApi) {
  return read_create_body(parse(body), api);
}

inline ContainerRecord make_record(std::string_view body, std::string name = "web") {
  ContainerRecord record;
  record.id = std::string(64, 'a');
  record.name = std::move(name);
  record.created_at = WallTime(std::chrono::seconds(1'700'000'000));
  record.config = std::make_shared<const ContainerConfig>(*read(body));
  record.image_name = "busybox";
  return record;
}

}  // namespace cove::engine::test
