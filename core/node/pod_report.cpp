// PodWorker: what it tells the API.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/node/pod_status.h"
#include "core/node/pod_worker.h"

namespace cove::node {

constexpr std::chrono::seconds kAfterFailure{1};

void PodWorker::tell(std::string_view type, std::string_view reason, const std::string& message) {
  environment_.events.event(*facts_.pod, type, reason, message);
}

void PodWorker::tell_of(const ContainerFacts& container, std::string_view type,
                        std::string_view reason, const std::string& message) {
  json::object reference = client::reference_to(*facts_.pod);
  reference["fieldPath"] = field_path(container);
  environment_.events.event_about(std::move(reference), type, reason, message);
}

// One write at a time; what changes meanwhile is in the next.
void PodWorker::publish() {
  if (removed_ || closed_ || write_under_way_) return;
  const WallTime now = environment_.clock.wall();
  if (!final_written_) {
    const json::object status =
        refusal_ ? refused_status(*facts_.pod, refusal_->first, refusal_->second, now)
                 : pod_status(facts_, now);
    json::object patch = status_patch(*facts_.pod, status);
    if (!patch.empty()) {
      const std::string uid = environment_.uid_in_api(*facts_.pod);
      api::set_at(patch, {"metadata", "uid"}, json::value(uid));
    }
    // What the server keeps in another form than it was told is not told again and again.
    const bool in_vain =
        facts_.pod->resource_version() == last_version_ && json::serialize(patch) == last_patch_;
    if (!patch.empty() && !in_vain) return write_status(patch);
  }
  if (!facts_.ended) return;
  final_written_ = true;
  if (facts_.pod->deleting()) remove_from_api();
}

void PodWorker::write_status(const json::object& patch) {
  last_patch_ = json::serialize(patch);
  write_under_way_ = true;
  const client::ResourceClient pods(environment_.transport, {"", "v1", "pods"},
                                    std::string(facts_.pod->namespace_name()));
  writing_ = pods.patch(
      facts_.pod->name(), client::PatchType::kStrategicMerge, patch, {.subresource = "status"},
      [this, weak = weak_from_this()](client::ApiResult<api::ObjectPtr> result) {
        const auto self = weak.lock();
        if (!self || closed_) return;
        write_under_way_ = false;
        if (result) {
          last_version_ = (*result)->resource_version();
          // It may bring what others have written meanwhile: a shorter grace, a deletion.
          update(environment_.as_run(*result));
          return ask_sync();
        }
        last_patch_.clear();
        if (result.error().is_not_found() || result.error().is_conflict()) return;
        environment_.logger.warn(
            result.error().to_error("write the status of", pod_title(*facts_.pod)).message());
        wake_at(environment_.clock.wall() + kAfterFailure);
      });
}

}  // namespace cove::node
