#include "core/demo/demo.h"

#include <boost/json/array.hpp>

#include "core/api/document.h"
#include "core/demo/samples.h"

namespace cove::demo {
namespace {

namespace json = boost::json;

constexpr Step kTour[] = {
    {"demo-build", "Build an image of a page", "docker build -t k8s-demo:0.1 ."},
    {"demo-deploy", "Run ten pods of it",
     "kubectl create deploy k8s-demo --image=k8s-demo:0.1 -r 10"},
    {"demo-expose", "Give them one address",
     "kubectl expose deploy k8s-demo --type=NodePort --port=80"},
    {"demo-wait", "Wait until all ten answer", "kubectl rollout status deploy k8s-demo"},
    {"demo-open", "Open the page", "kubectl get service k8s-demo"},
    {"demo-build-next", "Build the next version",
     "docker build -t k8s-demo:0.2 --build-arg VERSION=0.2 ."},
    {"demo-set-image", "Roll it out", "kubectl set image deploy k8s-demo k8s-demo=k8s-demo:0.2"},
    {"demo-wait-next", "Wait until all ten are new", "kubectl rollout status deploy k8s-demo"},
};

constexpr Step kUndo[] = {
    {"undo-rollout", "Undo the rollout", "kubectl rollout undo deploy k8s-demo"},
    {"wait-rollout", "Wait for the rollout", "kubectl rollout status deploy k8s-demo"},
};

constexpr Step kRemoval[] = {
    {"demo-remove-pods", "Remove the pods", "kubectl delete deploy k8s-demo --cascade=foreground"},
    {"demo-remove-address", "Remove the address", "kubectl delete service k8s-demo"},
    {"demo-remove-images", "Remove the images", "docker rmi k8s-demo:0.1 k8s-demo:0.2"},
};

json::object metadata() {
  return {{"name", kName},
          {"namespace", kNamespace},
          {"labels", {{"app", kName}, {kLabel, kLabelValue}}}};
}

}  // namespace

std::span<const Step> tour_steps() {
  return kTour;
}

std::span<const Step> undo_steps() {
  return kUndo;
}

std::span<const Step> removal_steps() {
  return kRemoval;
}

bool made_by_demo(const json::object& object) {
  return api::text_at(object, {"metadata", "labels", kLabel}) == kLabelValue;
}

bool image_made_by_demo(const json::object& inspected) {
  return api::text_at(inspected, {"Config", "Labels", kLabel}) == kLabelValue;
}

std::string image_of(const json::object& workload) {
  const auto* containers = api::array_at(workload, {"spec", "template", "spec", "containers"});
  const auto* first =
      containers != nullptr && !containers->empty() ? containers->front().if_object() : nullptr;
  return first != nullptr ? std::string(api::text_at(*first, {"image"})) : std::string();
}

json::object deployment(std::string_view change_cause) {
  const json::object labels{{"app", kName}};
  json::object container{
      {"name", kName},
      {"image", kFirst},
      {"ports", {{{"containerPort", 80}}}},
      {"readinessProbe", {{"httpGet", {{"path", "/"}, {"port", 80}}}, {"periodSeconds", 2}}}};
  json::object about = metadata();
  about["annotations"] = {{"kubernetes.io/change-cause", change_cause}};
  return {{"apiVersion", "apps/v1"},
          {"kind", "Deployment"},
          {"metadata", std::move(about)},
          {"spec",
           {{"replicas", kReplicas},
            {"progressDeadlineSeconds", 120},
            {"selector", {{"matchLabels", labels}}},
            {"template",
             {{"metadata", {{"labels", labels}}},
              {"spec", {{"containers", json::array{std::move(container)}}}}}}}}};
}

json::object service() {
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", metadata()},
          {"spec",
           {{"type", "NodePort"},
            {"selector", {{"app", kName}}},
            {"ports", {{{"port", 80}, {"targetPort", 80}}}}}}};
}

std::string version_of(std::string_view image) {
  return std::string(image.substr(image.find(':') + 1));
}

Result<void> unpack(const Path& folder) {
  for (const Sample& sample : samples()) {
    const Path to = folder / sample.name;
    COVE_CHECK(make_directories(to.parent_path(), 0755));
    COVE_CHECK(write_file_atomic(to, sample.bytes, 0644));
  }
  return {};
}

}  // namespace cove::demo
