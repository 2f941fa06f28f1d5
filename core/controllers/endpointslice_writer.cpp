#include "core/controllers/endpointslice_writer.h"

#include "core/controllers/endpoints_pods.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kByService = "service-name";
// A slice that was made and cannot be seen after this was removed by somebody.
constexpr std::chrono::seconds kSeenWithin{10};

std::vector<std::string> service_of(const api::Object& slice) {
  const std::string_view name =
      api::text_at(slice.document(), {"metadata", "labels", kServiceNameLabel});
  if (name.empty()) return {};
  return {std::string(slice.namespace_name()) + "/" + std::string(name)};
}

}  // namespace

SliceWriter::SliceWriter(const Environment& environment, client::Transport& transport,
                         std::shared_ptr<client::Informer> slices, std::string manager)
    : environment_(environment),
      transport_(transport),
      slices_(std::move(slices)),
      manager_(std::move(manager)) {
  slices_->add_index(kByService, service_of);
}

std::optional<std::string> SliceWriter::owner_of(const api::Object& slice) const {
  if (api::text_at(slice.document(), {"metadata", "labels", kManagedByLabel}) != manager_)
    return std::nullopt;
  const auto owners = service_of(slice);
  return owners.empty() ? std::nullopt : std::optional(owners.front());
}

void SliceWriter::saw(const api::Object& slice) {
  const auto owner = owner_of(slice);
  if (!owner) return;
  const auto found = made_.find(*owner);
  if (found == made_.end()) return;
  found->second.erase(client::key_of(slice));
  if (found->second.empty()) made_.erase(found);
}

std::vector<api::ObjectPtr> SliceWriter::slices_of(const std::string& owner) {
  auto slices = slices_->objects().by_index(kByService, owner);
  std::erase_if(slices, [&](const api::ObjectPtr& slice) { return !owner_of(*slice); });
  const auto found = made_.find(owner);
  if (found == made_.end()) return slices;
  const SteadyTime now = environment_.clock.steady();
  std::erase_if(found->second, [&](const auto& entry) {
    return now - entry.second.since > kSeenWithin || slices_->objects().get(entry.first);
  });
  for (const auto& [key, made] : found->second) slices.push_back(made.slice);
  return slices;
}

void SliceWriter::create(const std::string& owner, const json::object& slice,
                         const Join::Done& done) {
  const client::ResourceClient client(transport_, {"discovery.k8s.io", "v1", "endpointslices"},
                                      std::string(api::text_at(slice, {"metadata", "namespace"})));
  client
      .create(slice, {},
              [this, owner, done, alive = std::weak_ptr<const bool>(alive_)](
                  const client::ApiResult<api::ObjectPtr>& answer) {
                if (alive.expired()) return;
                if (!answer) {
                  // What is being emptied takes nothing new.
                  if (answer.error().has_cause("NamespaceTerminating")) return done({});
                  return done(answer.error());
                }
                const std::string key = client::key_of(**answer);
                if (!slices_->objects().get(key))
                  made_[owner][key] = {*answer, environment_.clock.steady()};
                done({});
              })
      .release();
}

void SliceWriter::carry_out(const std::string& owner, SlicePlan plan, std::string_view trigger,
                            const Join::Done& done) {
  const auto join = Join::make(done);
  for (json::object& slice : plan.create) {
    set_trigger_time(slice, trigger);
    create(owner, slice, join->one());
  }
  const client::NamespacedName name = client::split_key(owner);
  const client::ResourceClient client(transport_, {"discovery.k8s.io", "v1", "endpointslices"},
                                      name.namespace_name);
  for (json::object& slice : plan.update) {
    set_trigger_time(slice, trigger);
    client
        .update(slice, {},
                [one = join->one()](const client::ApiResult<api::ObjectPtr>& answer) {
                  if (!answer) return one(answer.error());
                  one({});
                })
        .release();
  }
  for (const api::ObjectPtr& slice : plan.remove) {
    client
        .remove(slice->name(), {.uid = std::string(slice->uid())},
                [one = join->one()](const client::ApiResult<void>& answer) {
                  if (!answer && !answer.error().is_not_found()) return one(answer.error());
                  one({});
                })
        .release();
  }
  join->sealed();
}

}  // namespace cove::controllers
