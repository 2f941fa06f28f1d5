// Claims get their volumes, volumes go through their phases (kubernetes.io "Persistent Volumes").

#include <fmt/format.h>

#include <algorithm>

#include "core/api/time.h"
#include "core/controllers/list.h"
#include "core/controllers/volume_binder_writer.h"
#include "core/controllers/volume_claims.h"

namespace cove::controllers {
namespace {

constexpr std::string_view kAccount = "persistent-volume-binder";
constexpr std::string_view kBuiltinProvisioners = "kubernetes.io/";
constexpr int kWorkers = 4;

client::Resource core(const char* plural) {
  return {"", "v1", plural};
}

std::string_view volume_name_of(const api::Object& claim) {
  return api::text_at(claim.document(), {"spec", "volumeName"});
}
std::string_view phase_of(const api::Object& object) {
  return api::text_at(object.document(), {"status", "phase"});
}

bool waits_for_consumer(const api::ObjectPtr& storage_class) {
  return storage_class &&
         api::text_at(storage_class->document(), {"volumeBindingMode"}) == "WaitForFirstConsumer";
}

class VolumeBinder final : public ControlLoop {
 public:
  explicit VolumeBinder(const Environment& environment)
      : environment_(environment),
        transport_(environment.as(kAccount)),
        claims_(environment.informers.informer({core("persistentvolumeclaims")})),
        volumes_(environment.informers.informer({core("persistentvolumes")})),
        classes_(environment.informers.informer({{"storage.k8s.io", "v1", "storageclasses"}})),
        pods_(environment.informers.informer({core("pods")})),
        nodes_(environment.informers.informer({core("nodes")})),
        events_(transport_, environment.clock, environment.random, environment.logger,
                {.component = "persistentvolume-controller"}),
        writer_(transport_, environment.clock, events_),
        controller_(environment.executor, environment.clock, environment.random, environment.logger,
                    {.name = "persistentvolume-binder-controller", .workers = kWorkers},
                    [this](const std::string& key, client::Controller::Done done) {
                      reconcile(key, std::move(done));
                    }) {
    pods_->add_index(kByClaim, claims_of);
    watch_claims();
    watch_volumes();
    watch_classes();
    watch_pods();
  }

  std::string_view name() const override { return "persistentvolume-binder-controller"; }
  void start() override { controller_.start(); }
  void stop(std::function<void()> stopped) override { controller_.stop(std::move(stopped)); }

 private:
  using Done = client::Controller::Done;

  // Keys are "claim/default/data" and "volume/pv1".
  void look_at_claim(const std::string& key) { controller_.queue().add("claim/" + key); }
  void look_at_volume(std::string_view name) {
    if (!name.empty()) controller_.queue().add("volume/" + std::string(name));
  }
  void look_at_claim_of(const api::Object& volume) {
    const json::object* const reference = api::object_at(volume.document(), {"spec", "claimRef"});
    if (reference == nullptr) return;
    look_at_claim(std::string(api::text_at(*reference, {"namespace"})) + "/" +
                  std::string(api::text_at(*reference, {"name"})));
  }
  void look_at_unbound_claims() {
    for (const api::ObjectPtr& claim : claims_->objects().list()) {
      if (annotation_of(*claim, kBindCompleted).empty()) look_at_claim(client::key_of(*claim));
    }
  }

  void watch_claims() {
    client::Handler handler;
    handler.added = [this](const api::ObjectPtr& claim, bool) {
      look_at_claim(client::key_of(*claim));
    };
    handler.updated = [this](const api::ObjectPtr&, const api::ObjectPtr& now) {
      look_at_claim(client::key_of(*now));
      look_at_volume(volume_name_of(*now));
    };
    handler.deleted = [this](const api::ObjectPtr& last, bool) {
      look_at_volume(volume_name_of(*last));
      // One that was kept for it and never came to be bound.
      for (const api::ObjectPtr& volume : volumes_->objects().list()) {
        if (is_for_claim(*volume, *last)) look_at_volume(volume->name());
      }
    };
    registrations_.push_back(claims_->add_handler(std::move(handler)));
  }

  void watch_volumes() {
    const auto changed = [this](const api::ObjectPtr& volume) {
      look_at_volume(volume->name());
      look_at_claim_of(*volume);
      if (phase_of(*volume) == "Available") look_at_unbound_claims();
    };
    client::Handler handler;
    handler.added = [changed](const api::ObjectPtr& volume, bool) { changed(volume); };
    handler.updated = [changed](const api::ObjectPtr&, const api::ObjectPtr& now) { changed(now); };
    handler.deleted = [this](const api::ObjectPtr& last, bool) { look_at_claim_of(*last); };
    registrations_.push_back(volumes_->add_handler(std::move(handler)));
  }

  void watch_classes() {
    client::Handler handler;
    handler.added = [this](const api::ObjectPtr&, bool) { look_at_unbound_claims(); };
    handler.updated = [this](const api::ObjectPtr&, const api::ObjectPtr&) {
      look_at_unbound_claims();
    };
    registrations_.push_back(classes_->add_handler(std::move(handler)));
  }

  // A pod that gets a node says where its claims' volumes have to be.
  void watch_pods() {
    const auto look = [this](const api::ObjectPtr& pod) {
      for (const std::string& key : claims_of(*pod)) {
        const api::ObjectPtr claim = claims_->objects().get(key);
        if (claim && annotation_of(*claim, kBindCompleted).empty()) look_at_claim(key);
      }
    };
    client::Handler handler;
    handler.added = [look](const api::ObjectPtr& pod, bool) { look(pod); };
    handler.updated = [look](const api::ObjectPtr& old, const api::ObjectPtr& now) {
      if (api::text_at(old->document(), {"spec", "nodeName"}) !=
          api::text_at(now->document(), {"spec", "nodeName"}))
        look(now);
    };
    registrations_.push_back(pods_->add_handler(std::move(handler)));
  }

  void reconcile(const std::string& key, Done done) {
    const std::size_t slash = key.find('/');
    const std::string name = key.substr(slash + 1);
    if (key.starts_with("volume/")) {
      const api::ObjectPtr volume = volumes_->objects().get(name);
      return volume ? sync_volume(volume, done) : done(client::Reconciled{});
    }
    if (!claims_->objects().get(name)) return done(client::Reconciled{});
    // What was just bound must not be bound once more: the API has the last word.
    const client::NamespacedName parts = client::split_key(name);
    client::ResourceClient(transport_, core("persistentvolumeclaims"), parts.namespace_name)
        .get(parts.name,
             guard_([this, done = std::move(done)](client::ApiResult<api::ObjectPtr> found) {
               if (!found && !found.error().is_not_found()) return done(found.error());
               if (!found) return done(client::Reconciled{});
               if (annotation_of(**found, kBindCompleted).empty()) {
                 sync_unbound(*found, done);
               } else {
                 sync_bound(*found, done);
               }
             }))
        .release();
  }

  // Whatever was written, or not; the next news bring the key back.
  static VolumeBinderWriter::Done end(const Done& done) {
    return [done](client::ApiResult<api::ObjectPtr> written) {
      if (!written && !written.error().is_not_found()) return done(written.error());
      done(client::Reconciled{});
    };
  }

  // --- Claims.
  void sync_unbound(const api::ObjectPtr& claim, const Done& done) {
    if (!volume_name_of(*claim).empty()) return sync_named(claim, done);
    if (api::value_at(claim->document(), {"spec", "storageClassName"}) == nullptr &&
        storage_class_of(*claim).empty()) {
      if (const api::ObjectPtr chosen = default_class()) return give_class(claim, *chosen, done);
    }
    const api::ObjectPtr storage_class = class_of(*claim);
    const bool waits = waits_for_consumer(storage_class);
    const std::string selected(annotation_of(*claim, kSelectedNode));
    api::ObjectPtr node;
    if (waits && !selected.empty()) node = nodes_->objects().get(selected);
    const bool delayed = waits && selected.empty();
    const api::ObjectPtr volume =
        find_volume(*claim, volumes_->objects().list(), node.get(), delayed);
    if (volume) return writer_.bind(volume, claim, end(done));
    if (delayed) return wait_for_consumer(claim, done);
    if (!storage_class_of(*claim).empty()) return provision(claim, storage_class, done);
    tell(*claim, "Normal", "FailedBinding",
         "no persistent volumes available for this claim and no storage class is set");
    pending(claim, done);
  }

  // A claim that names its volume.
  void sync_named(const api::ObjectPtr& claim, const Done& done) {
    const std::string name(volume_name_of(*claim));
    const api::ObjectPtr volume = volumes_->objects().get(name);
    if (!volume) return pending(claim, done);
    if (api::object_at(volume->document(), {"spec", "claimRef"}) == nullptr) {
      const std::string_view problem = mismatch(*volume, *claim);
      if (problem.empty()) return writer_.bind(volume, claim, end(done));
      tell(*claim, "Warning", "VolumeMismatch",
           fmt::format("Cannot bind to requested volume \"{}\": {}", name, problem));
      return pending(claim, done);
    }
    if (is_for_claim(*volume, *claim)) return writer_.bind(volume, claim, end(done));
    tell(*claim, "Warning", "FailedBinding",
         fmt::format("volume \"{}\" already bound to a different claim.", name));
    pending(claim, done);
  }

  void sync_bound(const api::ObjectPtr& claim, const Done& done) {
    const auto lost = [this, claim, done](std::string_view reason, const char* message) {
      writer_.set_claim_phase(claim, "Lost", nullptr, {"Warning", reason, message}, end(done));
    };
    if (volume_name_of(*claim).empty()) {
      return lost(
          "ClaimLost",
          "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
    }
    client::ResourceClient(transport_, core("persistentvolumes"))
        .get(volume_name_of(*claim),
             guard_([this, claim, lost, done](client::ApiResult<api::ObjectPtr> found) {
               if (!found && !found.error().is_not_found()) return done(found.error());
               if (!found) {
                 return lost(
                     "ClaimLost",
                     "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
               }
               const json::object* const reference =
                   api::object_at((*found)->document(), {"spec", "claimRef"});
               if (reference != nullptr && !is_for_claim(**found, *claim)) {
                 return lost("ClaimMisbound",
                             "Two claims are bound to the same volume, this one is bound "
                             "incorrectly");
               }
               writer_.bind(*found, claim, end(done));
             }))
        .release();
  }

  void pending(const api::ObjectPtr& claim, const Done& done) {
    writer_.set_claim_phase(claim, "Pending", nullptr, {}, end(done));
  }

  // The scheduler chooses the node; where it leaves the claim alone, the node of a pod that uses it
  // counts.
  void wait_for_consumer(const api::ObjectPtr& claim, const Done& done) {
    const auto pods = pods_->objects().by_index(kByClaim, client::key_of(*claim));
    for (const api::ObjectPtr& pod : pods) {
      const std::string_view node = api::text_at(pod->document(), {"spec", "nodeName"});
      if (node.empty() || pod->deleting()) continue;
      json::object next = claim->document();
      api::set_at(next, {"metadata", "annotations", kSelectedNode}, api::key(node));
      return writer_.update_claim(claim, std::move(next), end(done));
    }
    if (pods.empty()) {
      tell(*claim, "Normal", "WaitForFirstConsumer",
           "waiting for first consumer to be created before binding");
    } else {
      tell(*claim, "Normal", "WaitForPodScheduled",
           fmt::format("waiting for pod {} to be scheduled", pods.front()->name()));
    }
    pending(claim, done);
  }

  api::ObjectPtr class_of(const api::Object& claim) const {
    const std::string_view name = storage_class_of(claim);
    return name.empty() ? nullptr : classes_->objects().get(name);
  }

  api::ObjectPtr default_class() const {
    api::ObjectPtr chosen;
    const auto made = [](const api::ObjectPtr& each) {
      return api::text_at(each->document(), {"metadata", "creationTimestamp"});
    };
    for (const api::ObjectPtr& each : classes_->objects().list()) {
      const bool is_default =
          annotation_of(*each, "storageclass.kubernetes.io/is-default-class") == "true" ||
          annotation_of(*each, "storageclass.beta.kubernetes.io/is-default-class") == "true";
      if (is_default && (!chosen || made(each) > made(chosen))) chosen = each;
    }
    return chosen;
  }

  void give_class(const api::ObjectPtr& claim, const api::Object& chosen, const Done& done) {
    json::object next = claim->document();
    api::set_at(next, {"spec", "storageClassName"}, api::key(chosen.name()));
    writer_.update_claim(claim, std::move(next), end(done));
  }

  void provision(const api::ObjectPtr& claim, const api::ObjectPtr& storage_class,
                 const Done& done) {
    if (!storage_class) {
      tell(*claim, "Warning", "ProvisioningFailed",
           fmt::format("storageclass.storage.k8s.io \"{}\" not found", storage_class_of(*claim)));
      return pending(claim, done);
    }
    const std::string provisioner(api::text_at(storage_class->document(), {"provisioner"}));
    if (provisioner.starts_with(kBuiltinProvisioners)) {
      tell(*claim, "Warning", "ProvisioningFailed",
           fmt::format("no volume plugin matched name: {}", provisioner));
      return pending(claim, done);
    }
    if (annotation_of(*claim, kProvisioner) == provisioner &&
        annotation_of(*claim, kOldProvisioner) == provisioner)
      return announce_external(claim, provisioner, done);
    json::object next = claim->document();
    for (const std::string_view name : {kProvisioner, kOldProvisioner})
      api::set_at(next, {"metadata", "annotations", name}, json::value(provisioner));
    writer_.update_claim(claim, std::move(next),
                         [this, provisioner, done](client::ApiResult<api::ObjectPtr> written) {
                           if (!written) return done(written.error());
                           announce_external(*written, provisioner, done);
                         });
  }

  void announce_external(const api::ObjectPtr& claim, const std::string& provisioner,
                         const Done& done) {
    tell(
        *claim, "Normal", "ExternalProvisioning",
        fmt::format("Waiting for a volume to be created either by the external provisioner '{}' or "
                    "manually by the system administrator. If volume creation is delayed, please "
                    "verify that the provisioner is running and correctly registered.",
                    provisioner));
    pending(claim, done);
  }

  void tell(const api::Object& claim, std::string_view type, std::string_view reason,
            const std::string& message) {
    events_.event(claim, type, reason, message);
  }

  // --- Volumes.
  void sync_volume(const api::ObjectPtr& volume, const Done& done) {
    const json::object* const reference = api::object_at(volume->document(), {"spec", "claimRef"});
    if (reference == nullptr || api::text_at(*reference, {"uid"}).empty())
      return writer_.set_volume_phase(volume, "Available", {}, end(done));
    // Whether the claim is gone is not for a copy to say.
    client::ResourceClient(transport_, core("persistentvolumeclaims"),
                           std::string(api::text_at(*reference, {"namespace"})))
        .get(api::text_at(*reference, {"name"}),
             guard_([this, volume, done](client::ApiResult<api::ObjectPtr> found) {
               if (!found && !found.error().is_not_found()) return done(found.error());
               const std::string_view uid =
                   api::text_at(volume->document(), {"spec", "claimRef", "uid"});
               if (!found || (*found)->uid() != uid) return release(volume, done);
               sync_claimed(volume, *found, done);
             }))
        .release();
  }

  void sync_claimed(const api::ObjectPtr& volume, const api::ObjectPtr& claim, const Done& done) {
    const std::string_view name = volume_name_of(*claim);
    if (name.empty()) {
      look_at_claim(client::key_of(*claim));
      return done(client::Reconciled{});
    }
    if (name == volume->name()) return writer_.set_volume_phase(volume, "Bound", {}, end(done));
    // The claim has another volume by now.
    const bool made_for_it =
        !annotation_of(*volume, kProvisionedBy).empty() && reclaim_policy(*volume) == "Delete";
    if (made_for_it) return release(volume, done);
    writer_.unbind(volume, end(done));
  }

  static std::string_view reclaim_policy(const api::Object& volume) {
    return api::text_at(volume.document(), {"spec", "persistentVolumeReclaimPolicy"});
  }

  void release(const api::ObjectPtr& volume, const Done& done) {
    if (phase_of(*volume) == "Failed") return done(client::Reconciled{});
    writer_.set_volume_phase(volume, "Released", {},
                             [this, done](client::ApiResult<api::ObjectPtr> written) {
                               if (!written) return end(done)(written);
                               reclaim(*written, done);
                             });
  }

  void reclaim(const api::ObjectPtr& volume, const Done& done) {
    const std::string_view policy = reclaim_policy(*volume);
    if (policy == "Recycle") {
      return writer_.set_volume_phase(
          volume, "Failed",
          {"Warning", "VolumeFailedRecycle", "No recycler plugin found for the volume!"},
          end(done));
    }
    if (policy != "Delete" || volume->deleting()) return done(client::Reconciled{});
    // Who made it deletes it.
    const std::string_view by = annotation_of(*volume, kProvisionedBy);
    if (!by.empty() && !by.starts_with(kBuiltinProvisioners)) return done(client::Reconciled{});
    writer_.set_volume_phase(
        volume, "Failed",
        {"Warning", "VolumeFailedDelete",
         fmt::format("error getting deleter volume plugin for volume \"{}\": no deletable volume "
                     "plugin matched",
                     volume->name())},
        end(done));
  }

  const Environment environment_;
  client::Transport& transport_;
  const std::shared_ptr<client::Informer> claims_, volumes_, classes_, pods_, nodes_;
  client::EventRecorder events_;
  VolumeBinderWriter writer_;
  client::Controller controller_;
  std::vector<client::Registration> registrations_;
  const CallbackGuard guard_;
};

}  // namespace

Loop make_volume_binder(const Environment& environment) {
  return std::make_unique<VolumeBinder>(environment);
}

}  // namespace cove::controllers
