// Claims that pods use and volumes that are bound are not deleted under them (kubernetes.io
// "Persistent Volumes", storage object in use protection).

#include <algorithm>

#include "core/controllers/callback_guard.h"
#include "core/controllers/garbage_collector_graph.h"
#include "core/controllers/list.h"
#include "core/controllers/volume_claims.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kClaimFinalizer = "kubernetes.io/pvc-protection";
constexpr std::string_view kVolumeFinalizer = "kubernetes.io/pv-protection";
const client::Resource kClaims{"", "v1", "persistentvolumeclaims"};
const client::Resource kVolumes{"", "v1", "persistentvolumes"};
const client::Resource kPods{"", "v1", "pods"};

bool is_shut_down(const api::Object& pod) {
  return pod.deleting() &&
         api::integer_at(pod.document(), {"metadata", "deletionGracePeriodSeconds"}) == 0;
}

bool is_owned_by(const api::Object& claim, const api::Object& pod) {
  const json::array* const owners =
      api::array_at(claim.document(), {"metadata", "ownerReferences"});
  return owners != nullptr && std::ranges::any_of(*owners, [&](const json::value& each) {
           return each.is_object() && api::text_at(each.get_object(), {"uid"}) == pod.uid();
         });
}

// Only pods with a node use anything: one without cannot start any more once the claim is being
// deleted.
bool uses(const api::Object& pod, const api::Object& claim) {
  const json::array* const volumes = api::array_at(pod.document(), {"spec", "volumes"});
  if (volumes == nullptr || pod.namespace_name() != claim.namespace_name() ||
      api::text_at(pod.document(), {"spec", "nodeName"}).empty())
    return false;
  return std::ranges::any_of(*volumes, [&](const json::value& each) {
    if (!each.is_object()) return false;
    const json::object& volume = each.get_object();
    if (api::text_at(volume, {"persistentVolumeClaim", "claimName"}) == claim.name()) return true;
    if (api::value_at(volume, {"ephemeral"}) == nullptr || is_shut_down(pod)) return false;
    return std::string(pod.name()) + "-" + std::string(api::text_at(volume, {"name"})) ==
               claim.name() &&
           is_owned_by(claim, pod);
  });
}

class VolumeProtection final : public ControlLoop {
 public:
  explicit VolumeProtection(const Environment& environment)
      : environment_(environment),
        for_claims_(environment.as("pvc-protection-controller")),
        for_volumes_(environment.as("pv-protection-controller")),
        claims_(environment.informers.informer({kClaims})),
        volumes_(environment.informers.informer({kVolumes})),
        pods_(environment.informers.informer({kPods})),
        controller_(environment.executor, environment.clock, environment.random, environment.logger,
                    {.name = "volume-protection-controller", .workers = 4},
                    [this](const std::string& key, client::Controller::Done done) {
                      reconcile(key, std::move(done));
                    }) {
    pods_->add_index(kByClaim, claims_of);
    const auto claim_changed = [this](const api::ObjectPtr& claim) {
      if (claim->deleting() == has_finalizer(claim->document(), kClaimFinalizer))
        controller_.queue().add("claim/" + client::key_of(*claim));
    };
    registrations_.push_back(claims_->add_handler(
        {.added = [claim_changed](const api::ObjectPtr& claim, bool) { claim_changed(claim); },
         .updated = [claim_changed](const api::ObjectPtr&,
                                    const api::ObjectPtr& now) { claim_changed(now); }}));
    const auto volume_changed = [this](const api::ObjectPtr& volume) {
      if (volume->deleting() == has_finalizer(volume->document(), kVolumeFinalizer))
        controller_.queue().add("volume/" + std::string(volume->name()));
    };
    registrations_.push_back(volumes_->add_handler(
        {.added = [volume_changed](const api::ObjectPtr& volume, bool) { volume_changed(volume); },
         .updated = [volume_changed](const api::ObjectPtr&,
                                     const api::ObjectPtr& now) { volume_changed(now); }}));
    client::Handler pods;
    pods.updated = [this](const api::ObjectPtr&, const api::ObjectPtr& now) {
      if (is_shut_down(*now)) look_at_claims_of(*now);
    };
    pods.deleted = [this](const api::ObjectPtr& last, bool) { look_at_claims_of(*last); };
    registrations_.push_back(pods_->add_handler(std::move(pods)));
  }

  std::string_view name() const override { return "volume-protection-controller"; }
  void start() override { controller_.start(); }
  void stop(std::function<void()> stopped) override { controller_.stop(std::move(stopped)); }

 private:
  using Done = client::Controller::Done;

  void look_at_claims_of(const api::Object& pod) {
    for (const std::string& key : claims_of(pod)) {
      const api::ObjectPtr claim = claims_->objects().get(key);
      if (claim && claim->deleting()) controller_.queue().add("claim/" + key);
    }
  }

  void reconcile(const std::string& key, Done done) {
    const std::size_t slash = key.find('/');
    const std::string name = key.substr(slash + 1);
    if (key.starts_with("volume/")) {
      const api::ObjectPtr volume = volumes_->objects().get(name);
      return volume ? look_at_volume(*volume, done) : done(client::Reconciled{});
    }
    const api::ObjectPtr claim = claims_->objects().get(name);
    return claim ? look_at_claim(claim, done) : done(client::Reconciled{});
  }

  void look_at_claim(const api::ObjectPtr& claim, const Done& done) {
    const bool held = has_finalizer(claim->document(), kClaimFinalizer);
    if (!claim->deleting() && !held)
      return set_finalizer(for_claims_, kClaims, *claim, kClaimFinalizer, true, done);
    if (!claim->deleting() || !held) return done(client::Reconciled{});
    const auto known = pods_->objects().by_index(kByClaim, client::key_of(*claim));
    if (std::ranges::any_of(known, [&](const api::ObjectPtr& pod) { return uses(*pod, *claim); }))
      return done(client::Reconciled{});
    // The copy may be behind, and the data would be gone.
    client::ResourceClient(for_claims_, kPods, std::string(claim->namespace_name()))
        .list({}, guard_([this, claim, done](auto pods) {
                if (!pods) return done(pods.error());
                for (const api::ObjectPtr& pod : (*pods)->items) {
                  if (uses(*pod, *claim)) return done(client::Reconciled{});
                }
                set_finalizer(for_claims_, kClaims, *claim, kClaimFinalizer, false, done);
              }))
        .release();
  }

  void look_at_volume(const api::Object& volume, const Done& done) {
    const bool held = has_finalizer(volume.document(), kVolumeFinalizer);
    if (!volume.deleting() && !held)
      return set_finalizer(for_volumes_, kVolumes, volume, kVolumeFinalizer, true, done);
    const bool bound = api::text_at(volume.document(), {"status", "phase"}) == "Bound";
    if (!volume.deleting() || !held || bound) return done(client::Reconciled{});
    set_finalizer(for_volumes_, kVolumes, volume, kVolumeFinalizer, false, done);
  }

  void set_finalizer(client::Transport& transport, const client::Resource& resource,
                     const api::Object& object, std::string_view finalizer, bool present,
                     const Done& done) {
    json::object next = object.document();
    json::array finalizers;
    if (const json::array* const all = api::array_at(next, {"metadata", "finalizers"})) {
      for (const json::value& each : *all) {
        if (!each.is_string() || api::view(each.get_string()) != finalizer)
          finalizers.push_back(each);
      }
    }
    if (present) finalizers.emplace_back(api::key(finalizer));
    api::set_at(next, {"metadata", "finalizers"}, std::move(finalizers));
    client::ResourceClient(transport, resource, std::string(object.namespace_name()))
        .update(next, {}, guard_([done](auto written) {
                  if (!written && !written.error().is_not_found()) return done(written.error());
                  done(client::Reconciled{});
                }))
        .release();
  }

  const Environment environment_;
  client::Transport& for_claims_;
  client::Transport& for_volumes_;
  const std::shared_ptr<client::Informer> claims_, volumes_, pods_;
  client::Controller controller_;
  std::vector<client::Registration> registrations_;
  const CallbackGuard guard_;
};

}  // namespace

Loop make_volume_protection_controller(const Environment& environment) {
  return std::make_unique<VolumeProtection>(environment);
}

}  // namespace cove::controllers
