#include "core/controllers/volume_binder_writer.h"

#include "core/api/time.h"
#include "core/controllers/volume_claims.h"

namespace cove::controllers {
namespace {

void set_annotation(json::object& object, std::string_view name, std::string_view value) {
  api::set_at(object, {"metadata", "annotations", name}, api::key(value));
}

json::object claim_reference(const api::Object& claim) {
  return {{"kind", "PersistentVolumeClaim"},
          {"apiVersion", "v1"},
          {"namespace", api::key(claim.namespace_name())},
          {"name", api::key(claim.name())},
          {"uid", api::key(claim.uid())},
          {"resourceVersion", api::key(claim.resource_version())}};
}

}  // namespace

client::ResourceClient VolumeBinderWriter::volumes() const {
  return {transport_, {"", "v1", "persistentvolumes"}};
}

client::ResourceClient VolumeBinderWriter::claims(const api::Object& claim) const {
  return {transport_, {"", "v1", "persistentvolumeclaims"}, std::string(claim.namespace_name())};
}

void VolumeBinderWriter::update_volume(json::object next, Done done) {
  volumes().update(next, {}, guard_(std::move(done))).release();
}

void VolumeBinderWriter::update_claim(const api::ObjectPtr& claim, json::object next, Done done) {
  claims(*claim).update(next, {}, guard_(std::move(done))).release();
}

void VolumeBinderWriter::bind(const api::ObjectPtr& volume, const api::ObjectPtr& claim,
                              Done done) {
  const auto bound = [this, claim, done](client::ApiResult<api::ObjectPtr> written) {
    if (!written) return done(written);
    set_volume_phase(*written, "Bound", {}, [this, claim, done](auto result) {
      if (!result) return done(result);
      bind_claim(*result, claim, done);
    });
  };
  const json::object* const reference = api::object_at(volume->document(), {"spec", "claimRef"});
  const bool kept = is_for_claim(*volume, *claim);
  if (kept && api::text_at(*reference, {"uid"}) == claim->uid()) return bound(volume);
  json::object next = volume->document();
  api::set_at(next, {"spec", "claimRef"}, claim_reference(*claim));
  if (!kept) set_annotation(next, kBoundByController, "yes");
  update_volume(std::move(next), bound);
}

void VolumeBinderWriter::bind_claim(const api::ObjectPtr& volume, const api::ObjectPtr& claim,
                                    Done done) {
  const auto bound = [this, volume, done](client::ApiResult<api::ObjectPtr> written) {
    if (!written) return done(written);
    set_claim_phase(*written, "Bound", volume, {}, done);
  };
  const bool asked = api::text_at(claim->document(), {"spec", "volumeName"}) == volume->name();
  if (asked && !annotation_of(*claim, kBindCompleted).empty()) return bound(claim);
  json::object next = claim->document();
  api::set_at(next, {"spec", "volumeName"}, api::key(volume->name()));
  if (!asked) set_annotation(next, kBoundByController, "yes");
  set_annotation(next, kBindCompleted, "yes");
  update_claim(claim, std::move(next), bound);
}

void VolumeBinderWriter::unbind(const api::ObjectPtr& volume, Done done) {
  json::object next = volume->document();
  if (!annotation_of(*volume, kBoundByController).empty()) {
    api::erase_at(next, {"spec", "claimRef"});
    api::erase_at(next, {"metadata", "annotations", kBoundByController});
  } else {
    api::erase_at(next, {"spec", "claimRef", "uid"});
    api::erase_at(next, {"spec", "claimRef", "resourceVersion"});
  }
  update_volume(std::move(next), [this, done](client::ApiResult<api::ObjectPtr> written) {
    if (!written) return done(written);
    set_volume_phase(*written, "Available", {}, done);
  });
}

void VolumeBinderWriter::set_volume_phase(const api::ObjectPtr& volume, std::string_view phase,
                                          const ClaimEvent& event, Done done) {
  if (api::text_at(volume->document(), {"status", "phase"}) == phase) return done(volume);
  json::object next = volume->document();
  json::object& status = api::make_object_at(next, {"status"});
  status["phase"] = api::key(phase);
  status["lastPhaseTransitionTime"] = rfc3339(clock_.wall());
  status.erase("message");
  if (!event.message.empty()) status["message"] = event.message;
  volumes()
      .update_status(
          next, {},
          guard_([this, event, done = std::move(done)](client::ApiResult<api::ObjectPtr> written) {
            if (written && !event.reason.empty())
              events_.event(**written, event.type, event.reason, event.message);
            done(written);
          }))
      .release();
}

void VolumeBinderWriter::set_claim_phase(const api::ObjectPtr& claim, std::string_view phase,
                                         const api::ObjectPtr& volume, const ClaimEvent& event,
                                         Done done) {
  json::object next = claim->document();
  json::object& status = api::make_object_at(next, {"status"});
  const bool moves = api::text_at(status, {"phase"}) != phase;
  status["phase"] = api::key(phase);
  if (volume) {
    const json::object& spec = volume->document().at("spec").get_object();
    if (const json::value* const modes = api::value_at(spec, {"accessModes"}))
      status["accessModes"] = *modes;
    // A size that has grown meanwhile is for who lets it grow to say.
    if (api::value_at(status, {"capacity", "storage"}) == nullptr) {
      if (const json::value* const capacity = api::value_at(spec, {"capacity"}))
        status["capacity"] = *capacity;
    }
  } else {
    status.erase("accessModes");
    status.erase("capacity");
  }
  if (api::same(next, claim->document())) return done(claim);
  claims(*claim)
      .update_status(next, {},
                     guard_([this, moves, event,
                             done = std::move(done)](client::ApiResult<api::ObjectPtr> written) {
                       if (written && moves && !event.reason.empty())
                         events_.event(**written, event.type, event.reason, event.message);
                       done(written);
                     }))
      .release();
}

}  // namespace cove::controllers
