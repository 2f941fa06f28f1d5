#include "ui/models/image_users.h"

#include <set>

#include "core/api/document.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

// Ids and names of the images of a pod's containers.
std::set<std::string> named_by(const api::Object& pod) {
  std::set<std::string> names;
  const auto collect = [&](api::Steps list, std::string_view member) {
    const auto* items = api::array_at(pod.document(), list);
    if (items == nullptr) return;
    for (const auto& each : *items) {
      const auto* item = each.if_object();
      const auto name = item != nullptr ? api::text_at(*item, {member}) : std::string_view();
      if (!name.empty()) names.emplace(name);
    }
  };
  collect({"spec", "containers"}, "image");
  collect({"spec", "initContainers"}, "image");
  collect({"status", "containerStatuses"}, "imageID");
  collect({"status", "initContainerStatuses"}, "imageID");
  return names;
}

}  // namespace

std::map<std::string, ImageUsers> users_of_images(
    const std::vector<docker::ImageSummary>& images,
    const std::vector<docker::ContainerSummary>& containers,
    const std::map<std::string, api::ObjectPtr>& pods) {
  std::map<std::string, std::string> ids;  // by every name
  for (const docker::ImageSummary& image : images) {
    ids[image.id] = image.id;
    for (const std::string& tag : image.tags) ids[tag] = image.id;
    for (const std::string& digest : image.digests) ids[digest] = image.id;
  }
  std::map<std::string, std::string> known;  // names asked for, parsed once
  const auto id_of = [&](const std::string& name) {
    const auto [found, fresh] = known.try_emplace(name);
    if (fresh) {
      auto id = ids.find(name);
      if (id == ids.end()) id = ids.find(docker::familiar_name(name));
      if (id != ids.end()) found->second = id->second;
    }
    return found->second;
  };
  std::map<std::string, ImageUsers> users;
  for (const auto& [key, pod] : pods) {
    std::set<std::string> used;
    for (const std::string& name : named_by(*pod)) {
      if (const std::string id = id_of(name); !id.empty()) used.insert(id);
    }
    for (const std::string& id : used) users[id].pods.append(text(key));
  }
  for (const docker::ContainerSummary& container : containers)
    users[container.image_id].containers.append(QString::fromStdString(container.name));
  return users;
}

}  // namespace cove::ui
