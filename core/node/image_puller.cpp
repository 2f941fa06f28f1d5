#include "core/node/image_puller.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/api/time.h"

namespace cove::node {

namespace json = boost::json;

namespace {

constexpr std::size_t kAtOnce = 3;
constexpr std::chrono::seconds kFirstDelay{10}, kLongestDelay{300};
// From a failure that is told to the waiting that is told.
constexpr std::chrono::seconds kUntilBackOff{2};
constexpr std::chrono::minutes kOtherFailures{1};

std::string short_duration(std::chrono::nanoseconds duration) {
  return api::format_duration(std::chrono::floor<std::chrono::milliseconds>(duration));
}

}  // namespace

struct ImagePuller::Pull {
  ImageRequest request;
  Done done;
  image::Reference reference;
  Result<image::ImagePtr> found = Error{};
  std::shared_ptr<image::ImageStore::Lease> lease;
  std::vector<std::string> missing_secrets;
  std::stop_source stop;
  SteadyTime asked{}, begun{}, ended{};
};

ImagePuller::ImagePuller(Parts parts) : parts_(parts) {}

ImagePuller::~ImagePuller() {
  *alive_ = false;
}

std::string ImagePuller::key_of(const Pull& pull) {
  return fmt::format("{}/{}", pull.request.pod->uid(), pull.request.image);
}

namespace {

// The image with a hold on it and on its layers, when all of it is here.
Result<image::ImagePtr> find_whole(image::ImageStore& images, image::LayerStore& layers,
                                   const std::string& name,
                                   std::shared_ptr<image::ImageStore::Lease>& lease) {
  COVE_TRY(image::ImagePtr image, images.find(name));
  lease = images.lease(image::ImageStore::Purpose::kUse);
  lease->hold_image(image->id);
  for (const image::Digest& layer : image->config.diff_ids) lease->hold_layer(layer);
  for (const image::Digest& layer : image->config.diff_ids) {
    if (!layers.has(layer)) {
      return Error{ErrorCode::kNotFound,
                   "find",
                   "the image " + name,
                   "its layer " + layer.text() + " is missing",
                   {}};
    }
  }
  return image;
}

}  // namespace

void ImagePuller::ensure(const ImageRequest& request, Done done) {
  const auto pull = std::make_shared<Pull>();
  pull->request = request;
  pull->done = std::move(done);
  const auto reference = image::parse_tagged(request.image);
  if (!reference) {
    const std::string message =
        fmt::format("Failed to apply default image tag {0}: couldn't parse image name {0}: {1}",
                    api::quote(request.image), reference.error().cause);
    request.tell("Warning", "InspectFailed", message);
    request.tell("Warning", "Failed", "Error: InvalidImageName");
    return fail(pull, "InvalidImageName", message, parts_.clock.wall() + kOtherFailures);
  }
  pull->reference = *reference;
  parts_.background.run(
      [this, pull] {
        pull->found = find_whole(parts_.images, parts_.layers, pull->request.image, pull->lease);
      },
      [this, pull, alive = alive_] {
        if (*alive) looked(pull);
      });
}

// Known is whether the image is here.
void ImagePuller::looked(const PullPtr& pull) {
  const ImageRequest& request = pull->request;
  const WallTime now = parts_.clock.wall();
  if (pull->stop.stop_requested()) return fail(pull, "ErrImagePull", "the pod is being ended", now);
  if (pull->found && request.policy != "Always") {
    request.tell("Normal", "Pulled",
                 fmt::format("Container image {} already present on machine and can be accessed by "
                             "the pod",
                             api::quote(request.image)));
    return pull->done({.image = *pull->found, .lease = pull->lease});
  }
  if (request.policy == "Never") {
    const std::string message = fmt::format(
        "Container image {} is not present with pull policy of Never", api::quote(request.image));
    request.tell("Warning", "ErrImageNeverPull", message);
    request.tell("Warning", "Failed", "Error: ErrImageNeverPull");
    return fail(pull, "ErrImageNeverPull", message, now + kOtherFailures);
  }
  const auto failure = failures_.find(key_of(*pull));
  if (failure != failures_.end() && now - failure->second.at < failure->second.delay) {
    const std::string message = "Back-off pulling image " + api::quote(request.image);
    request.tell("Normal", "BackOff", message);
    request.tell("Warning", "Failed", "Error: ImagePullBackOff");
    return fail(pull, "ImagePullBackOff",
                fmt::format("{}: ErrImagePull: {}", message, failure->second.message),
                failure->second.at + failure->second.delay);
  }
  request.tell("Normal", "Pulling", "Pulling image " + api::quote(request.image));
  pull->asked = parts_.clock.steady();
  waiting_.push_back(pull);
  pump();
}

void ImagePuller::pump() {
  while (!waiting_.empty() && running_.size() < kAtOnce) {
    const PullPtr pull = waiting_.front();
    waiting_.pop_front();
    running_.insert(pull);
    parts_.background.run(
        [this, pull] {
          pull->begun = parts_.clock.steady();
          std::vector<image::RegistryAuth> auths;
          const json::array* const secrets =
              api::array_at(pull->request.pod->document(), {"spec", "imagePullSecrets"});
          const std::string space(pull->request.pod->namespace_name());
          for (const auto& each : secrets == nullptr ? json::array() : *secrets) {
            const std::string name(each.is_object() ? api::text_at(each.get_object(), {"name"})
                                                    : "");
            if (name.empty()) continue;
            if (const auto secret = parts_.source.secret(space, name)) {
              for (auto& auth : credentials_for(*secret, pull->reference))
                auths.push_back(std::move(auth));
            } else {
              pull->missing_secrets.push_back(name);
            }
          }
          auths.emplace_back();
          // Each that fits is tried, then nobody's; what is said of the first counts.
          std::optional<Error> refusal;
          for (const image::RegistryAuth& auth : auths) {
            auto pulled = parts_.registries.pull(pull->reference, image::host_platform(), auth, {},
                                                 pull->stop.get_token());
            if (pulled) {
              pull->found =
                  find_whole(parts_.images, parts_.layers, pull->request.image, pull->lease);
              break;
            }
            if (!refusal) refusal = pulled.error();
            pull->found = *refusal;
          }
          pull->ended = parts_.clock.steady();
        },
        [this, pull, alive = alive_] {
          if (*alive) pulled(pull);
        });
  }
}

void ImagePuller::pulled(const PullPtr& pull) {
  running_.erase(pull);
  const ImageRequest& request = pull->request;
  const std::string name = api::quote(request.image);
  if (!pull->missing_secrets.empty()) {
    request.tell("Warning", "FailedToRetrieveImagePullSecret",
                 fmt::format("Unable to retrieve some image pull secrets ({}); attempting to pull "
                             "the image may not succeed.",
                             fmt::join(pull->missing_secrets, ", ")));
  }
  if (pull->found) {
    failures_.erase(key_of(*pull));
    request.tell("Normal", "Pulled",
                 fmt::format("Successfully pulled image {} in {} ({} including waiting). Image "
                             "size: {} bytes.",
                             name, short_duration(pull->ended - pull->begun),
                             short_duration(pull->ended - pull->asked), (*pull->found)->size));
    pull->done({.image = *pull->found, .lease = pull->lease});
  } else if (pull->stop.stop_requested()) {
    fail(pull, "ErrImagePull", "the pod is being ended", parts_.clock.wall());
  } else {
    const WallTime now = parts_.clock.wall();
    const std::string message = pull->found.error().cause;
    Failure& failure = failures_[key_of(*pull)];
    failure.delay = failure.delay.count() == 0 || now - failure.at > 2 * kLongestDelay
                        ? kFirstDelay
                        : std::min(failure.delay * 2, kLongestDelay);
    failure.at = now;
    failure.message = message;
    request.tell("Warning", "Failed", fmt::format("Failed to pull image {}: {}", name, message));
    request.tell("Warning", "Failed", "Error: ErrImagePull");
    fail(pull, "ErrImagePull", message, now + kUntilBackOff);
  }
  pump();
}

void ImagePuller::fail(const PullPtr& pull, std::string reason, std::string message,
                       WallTime again_at) {
  pull->done({.image = nullptr,
              .lease = nullptr,
              .reason = std::move(reason),
              .message = std::move(message),
              .again_at = again_at});
}

void ImagePuller::forget(std::string_view pod_uid) {
  std::erase_if(failures_, [&](const auto& entry) {
    return entry.first.starts_with(pod_uid) && entry.first[pod_uid.size()] == '/';
  });
  std::vector<PullPtr> cut;
  std::erase_if(waiting_, [&](const PullPtr& pull) {
    if (pull->request.pod->uid() != pod_uid) return false;
    cut.push_back(pull);
    return true;
  });
  for (const PullPtr& pull : running_) {
    if (pull->request.pod->uid() == pod_uid) pull->stop.request_stop();
  }
  for (const PullPtr& pull : cut)
    fail(pull, "ErrImagePull", "the pod is being ended", parts_.clock.wall());
}

void ImagePuller::stop() {
  waiting_.clear();
  for (const PullPtr& pull : running_) pull->stop.request_stop();
}

}  // namespace cove::node
