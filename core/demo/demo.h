// The guided first tour of a cluster: what resources/demo shows by hand, as `cove demo` and the
// desktop do it. Here is what both make and what they call it; thread-safe, nothing is asked of a
// cluster.
#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::demo {

// Names of what the tour makes in the cluster.
inline constexpr const char* kNamespace = "default";
inline constexpr const char* kName = "k8s-demo";  // of the Deployment, its container, the Service
inline constexpr const char* kKey = "default/k8s-demo";
inline constexpr const char* kFirst = "k8s-demo:0.1";
inline constexpr const char* kNext = "k8s-demo:0.2";
inline constexpr int kReplicas = 10;
// On all that the tour makes, images too. What has the same name and not the label is never
// touched.
inline constexpr const char* kLabel = "app.kubernetes.io/created-by";
inline constexpr const char* kLabelValue = "cove-demo";

struct Step {
  const char* id;
  const char* title;    // in English
  const char* command;  // "kubectl rollout status deploy k8s-demo": the same by hand
};
// Of the tour, of undoing its rollout, and of removing what it made, in their order.
std::span<const Step> tour_steps();
std::span<const Step> undo_steps();
std::span<const Step> removal_steps();

// Whether a Deployment, Service or pod has the tour's label.
bool made_by_demo(const boost::json::object& object);
// The same of an image, as `docker image inspect` prints it.
bool image_made_by_demo(const boost::json::object& inspected);
// The image of a Deployment's or ReplicaSet's first container; empty when there is none.
std::string image_of(const boost::json::object& workload);

// The Deployment of the first version, with readiness and a change cause of that text.
boost::json::object deployment(std::string_view change_cause);
// Of type NodePort, in front of it.
boost::json::object service();

// The value of the build argument VERSION that makes `image`: "0.2".
std::string version_of(std::string_view image);
// Writes the folder that the images are built from into `folder`.
Result<void> unpack(const Path& folder);

}  // namespace cove::demo
