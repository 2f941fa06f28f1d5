// Pods with generic ephemeral volumes get the claims that those stand for (kubernetes.io "Ephemeral
// Volumes").

#include <fmt/format.h>

#include "core/api/readers.h"
#include "core/controllers/callback_guard.h"
#include "core/controllers/fan_out.h"
#include "core/controllers/list.h"
#include "core/controllers/volume_claims.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kAccount = "ephemeral-volume-controller";
const client::Resource kPods{"", "v1", "pods"};
const client::Resource kClaims{"", "v1", "persistentvolumeclaims"};

bool is_owned_by(const api::Object& claim, const api::Object& pod) {
  const json::object* const owner = api::controller_of(claim);
  return owner != nullptr && api::text_at(*owner, {"uid"}) == pod.uid();
}

json::object make_claim(const api::Object& pod, const std::string& name,
                        const json::object& claim_template) {
  json::object metadata{{"name", name}};
  for (const char* const part : {"labels", "annotations"}) {
    if (const json::value* const given = api::value_at(claim_template, {"metadata", part}))
      metadata[part] = *given;
  }
  metadata["ownerReferences"] = json::array{json::object{{"apiVersion", "v1"},
                                                         {"kind", "Pod"},
                                                         {"name", api::key(pod.name())},
                                                         {"uid", api::key(pod.uid())},
                                                         {"controller", true},
                                                         {"blockOwnerDeletion", true}}};
  json::object claim{
      {"apiVersion", "v1"}, {"kind", "PersistentVolumeClaim"}, {"metadata", std::move(metadata)}};
  if (const json::value* const spec = api::value_at(claim_template, {"spec"}))
    claim["spec"] = *spec;
  return claim;
}

class EphemeralVolumes final : public ControlLoop {
 public:
  explicit EphemeralVolumes(const Environment& environment)
      : transport_(environment.as(kAccount)),
        pods_(environment.informers.informer({kPods})),
        claims_(environment.informers.informer({kClaims})),
        events_(transport_, environment.clock, environment.random, environment.logger,
                {.component = "ephemeral_volume"}),
        controller_(environment.executor, environment.clock, environment.random, environment.logger,
                    {.name = "ephemeral-volume-controller", .workers = 4},
                    [this](const std::string& key, client::Controller::Done done) {
                      reconcile(key, std::move(done));
                    }) {
    pods_->add_index(kByClaim, claims_of);
    client::Handler pods;
    pods.added = [this](const api::ObjectPtr& pod, bool) {
      if (wants_claims(*pod)) controller_.queue().add(client::key_of(*pod));
    };
    registrations_.push_back(pods_->add_handler(std::move(pods)));
    client::Handler claims;
    claims.deleted = [this](const api::ObjectPtr& last, bool) {
      for (const api::ObjectPtr& pod : pods_->objects().by_index(kByClaim, client::key_of(*last))) {
        if (wants_claims(*pod)) controller_.queue().add(client::key_of(*pod));
      }
    };
    registrations_.push_back(claims_->add_handler(std::move(claims)));
  }

  std::string_view name() const override { return "ephemeral-volume-controller"; }
  void start() override { controller_.start(); }
  void stop(std::function<void()> stopped) override { controller_.stop(std::move(stopped)); }

 private:
  using Done = client::Controller::Done;

  struct Wanted {
    std::string name;
    const json::object* claim_template = nullptr;
  };
  static std::vector<Wanted> wanted_of(const api::Object& pod) {
    std::vector<Wanted> all;
    const json::array* const volumes = api::array_at(pod.document(), {"spec", "volumes"});
    if (volumes == nullptr) return all;
    for (const json::value& each : *volumes) {
      if (!each.is_object()) continue;
      const json::object* const given =
          api::object_at(each.get_object(), {"ephemeral", "volumeClaimTemplate"});
      if (given == nullptr) continue;
      all.push_back(
          {fmt::format("{}-{}", pod.name(), api::text_at(each.get_object(), {"name"})), given});
    }
    return all;
  }
  static bool wants_claims(const api::Object& pod) {
    return !pod.deleting() && !wanted_of(pod).empty();
  }

  void reconcile(const std::string& key, const Done& done) {
    const api::ObjectPtr pod = pods_->objects().get(key);
    if (!pod || pod->deleting()) return done(client::Reconciled{});
    std::vector<json::object> missing;
    for (const Wanted& wanted : wanted_of(*pod)) {
      const api::ObjectPtr claim =
          claims_->objects().get(fmt::format("{}/{}", pod->namespace_name(), wanted.name));
      if (!claim) {
        missing.push_back(make_claim(*pod, wanted.name, *wanted.claim_template));
      } else if (!is_owned_by(*claim, *pod)) {
        return done(
            client::no_answer(ErrorCode::kConflict,
                              fmt::format("PVC {} was not created for pod {} (pod is not owner)",
                                          client::key_of(*claim), key)));
      }
    }
    const std::size_t count = missing.size();
    fan_out(count, guard_([this, pod, claims = std::move(missing)](std::size_t i, FanOutDone made) {
              create(pod, claims[i], made);
            }),
            [done](client::ApiResult<void> result) {
              if (!result) return done(result.error());
              done(client::Reconciled{});
            });
  }

  void create(const api::ObjectPtr& pod, const json::object& claim, const FanOutDone& done) {
    client::ResourceClient(transport_, kClaims, std::string(pod->namespace_name()))
        .create(claim, {}, guard_([this, pod, done](client::ApiResult<api::ObjectPtr> made) {
                  if (made) return done({});
                  if (!made.error().is_already_exists()) {
                    events_.event(*pod, "Warning", "EphemeralVolumeCreationFailed",
                                  "PVC creation failed: " + made.error().message);
                  }
                  done(made.error());
                }))
        .release();
  }

  client::Transport& transport_;
  const std::shared_ptr<client::Informer> pods_, claims_;
  client::EventRecorder events_;
  client::Controller controller_;
  std::vector<client::Registration> registrations_;
  const CallbackGuard guard_;
};

}  // namespace

Loop make_ephemeral_volume_controller(const Environment& environment) {
  return std::make_unique<EphemeralVolumes>(environment);
}

}  // namespace cove::controllers
