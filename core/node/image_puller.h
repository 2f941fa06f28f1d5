// ImagePuller: makes images of pods present, as imagePullPolicy says (kubernetes.io "Images").
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/object.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/image/image_store.h"
#include "core/image/registry.h"
#include "core/node/background.h"
#include "core/node/container_config.h"

namespace cove::node {

struct ImageRequest {
  api::ObjectPtr pod;
  std::string image;   // as the container has it
  std::string policy;  // "Always", "IfNotPresent", "Never"
  // An event about the container: type, reason, message. On the executor.
  std::function<void(std::string_view, std::string_view, const std::string&)> tell;
};

struct ImageOutcome {
  image::ImagePtr image = nullptr;  // null: failed
  // Keeps the image's layers while it lives.
  std::shared_ptr<image::ImageStore::Lease> lease = nullptr;
  // "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"; ask again then.
  std::string reason = {}, message = {};
  WallTime again_at{};
};

// On the agent's executor. At most three pulls are under way, others wait in their order.
class ImagePuller {
 public:
  struct Parts {
    image::ImageStore& images;
    image::LayerStore& layers;
    image::Registries& registries;
    EnvironmentSource& source;  // of imagePullSecrets
    Background& background;
    Clock& clock;
    Logger& logger;
  };
  using Done = std::function<void(ImageOutcome)>;

  explicit ImagePuller(Parts parts);
  ~ImagePuller();
  ImagePuller(const ImagePuller&) = delete;

  void ensure(const ImageRequest& request, Done done);
  // The pod ends: what waits or is under way for it is cut off (`done` comes nevertheless), and its
  // failures are forgotten.
  void forget(std::string_view pod_uid);
  // Everything is cut off.
  void stop();

 private:
  struct Pull;
  struct Failure {
    std::chrono::seconds delay{0};
    WallTime at{};
    std::string message;
  };
  using PullPtr = std::shared_ptr<Pull>;
  static std::string key_of(const Pull& pull);
  void looked(const PullPtr& pull);
  void pump();
  void pulled(const PullPtr& pull);
  void fail(const PullPtr& pull, std::string reason, std::string message, WallTime again_at);

  const Parts parts_;
  std::deque<PullPtr> waiting_;
  std::set<PullPtr> running_;
  std::map<std::string, Failure> failures_;  // by pod and image; of pods that live
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Credentials of a Secret (kubernetes.io/dockerconfigjson or dockercfg) that fit a repository of
// that domain, the most exact first; hostile or unknown contents give none.
std::vector<image::RegistryAuth> credentials_for(const std::map<std::string, std::string>& secret,
                                                 const image::Reference& reference);

}  // namespace cove::node
