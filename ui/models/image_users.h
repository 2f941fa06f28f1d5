// Who uses an image: pods and containers of the engine.
#pragma once

#include <QStringList>
#include <map>
#include <string>
#include <vector>

#include "core/api/object.h"
#include "core/docker/engine_client.h"

namespace cove::ui {

struct ImageUsers {
  QStringList pods;        // "default/web-1"
  QStringList containers;  // names
  bool none() const { return pods.isEmpty() && containers.isEmpty(); }
};

// By the image's id. A pod uses what its containers name or run.
std::map<std::string, ImageUsers> users_of_images(
    const std::vector<docker::ImageSummary>& images,
    const std::vector<docker::ContainerSummary>& containers,
    const std::map<std::string, api::ObjectPtr>& pods);

}  // namespace cove::ui
