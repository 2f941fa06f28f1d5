// StatefulSet: carries out what statefulset_plan.h says.
#include <fmt/format.h>

#include "core/controllers/controller_revisions.h"
#include "core/controllers/list.h"
#include "core/controllers/statefulset_plan.h"

namespace cove::controllers {
namespace {

const client::Resource kStatefulSets{"apps", "v1", "statefulsets"};
const client::Resource kPods{"", "v1", "pods"};
const client::Resource kClaims{"", "v1", "persistentvolumeclaims"};

using Finished = std::function<void(client::ApiResult<void>)>;

// Calls `then` once with the first error when it has been told as often as it was made for.
class Gathered {
 public:
  Gathered(std::size_t count, Finished then) : waiting_(count), then_(std::move(then)) {
    if (count == 0) then_({});
  }
  void tell(const client::ApiResult<void>& result) {
    if (!result && !error_) error_ = result.error();
    if (--waiting_ > 0) return;
    then_(error_ ? client::ApiResult<void>(*error_) : client::ApiResult<void>());
  }

 private:
  std::size_t waiting_;
  const Finished then_;
  std::optional<client::ApiError> error_;
};

class StatefulSetLoop final : public RevisionedLoop {
 public:
  explicit StatefulSetLoop(const Environment& environment)
      : RevisionedLoop(environment,
                       {.name = "statefulset-controller",
                        .account = "statefulset-controller",
                        .kind = kStatefulSets},
                       "controller.kubernetes.io/hash"),
        pods_(environment.informers.informer({kPods})),
        claims_(environment.informers.informer({kClaims})),
        expectations_(environment.clock),
        refs_(transport_, kStatefulSets, kPods) {
    watch_owned(pods_);
  }

 private:
  struct Pass {
    std::string key;
    Object set;
    Done done;
    Revisions revisions = {};
    Object current = nullptr;  // revision of the pods that are not updated
    std::vector<Object> pods = {};
    StatefulSetPlan plan = {};
  };
  using PassPtr = std::shared_ptr<Pass>;

  void owned_deleted(const api::Object& owner, const api::Object& object) override {
    expectations_.saw_deletion(client::key_of(owner), object.uid());
    enqueue(owner);
  }
  void forget(const std::string& key) override { expectations_.forget(key); }

  void sync(const std::string& key, const Object& set, Done done) override;
  void with_revisions(const PassPtr& pass);
  void make_plan(const PassPtr& pass);
  void create_pods(const PassPtr& pass);
  void create_pod(const PassPtr& pass, const StatefulSetPlan::Creation& creation,
                  const Finished& then);
  void keep_pods(const PassPtr& pass);
  void keep_identity(const PassPtr& pass, const Object& pod, const Finished& then);
  void delete_pods(const PassPtr& pass);
  void conclude(const PassPtr& pass, const client::ApiResult<void>& result);

  void make_claims(const Object& set, std::int64_t ordinal, const Finished& then);
  void own_claims(const PassPtr& pass, const Object& pod, std::int64_t ordinal,
                  const Finished& then);
  bool has_stale_claim(const Object& set, std::int64_t ordinal) const;
  Object claim_of(const json::object& claim) const {
    return claims_->objects().get(fmt::format("{}/{}",
                                              api::text_at(claim, {"metadata", "namespace"}),
                                              api::text_at(claim, {"metadata", "name"})));
  }
  void tell(const Object& set, std::string_view verb, std::string_view what,
            const client::ApiResult<void>& result);

  const std::shared_ptr<client::Informer> pods_, claims_;
  Expectations expectations_;
  const ControllerRefs refs_;
};

void StatefulSetLoop::sync(const std::string& key, const Object& set, Done done) {
  if (!expectations_.satisfied(key)) return done(client::Reconciled{std::chrono::minutes(5)});
  const auto pass = std::make_shared<Pass>(Pass{.key = key, .set = set, .done = std::move(done)});
  revise(key, set, [this, pass](client::ApiResult<Revisions> revised) {
    if (!revised) return pass->done(revised.error());
    pass->revisions = *std::move(revised);
    with_revisions(pass);
  });
}

void StatefulSetLoop::with_revisions(const PassPtr& pass) {
  const std::string_view current =
      api::text_at(pass->set->document(), {"status", "currentRevision"});
  pass->current = pass->revisions.update;
  for (const Object& revision : pass->revisions.all) {
    if (revision->name() == current) pass->current = revision;
  }
  std::vector<Object> candidates = owned_or_orphaned(*pods_, *pass->set);
  std::erase_if(candidates, [&](const Object& pod) {
    return ordinal_of(pass->set->name(), pod->name()) < 0 && controller_of(*pod) == nullptr;
  });
  refs_.claim(pass->set, selector_of(*pass->set), candidates,
              guarded([this, pass](client::ApiResult<std::vector<Object>> claimed) {
                if (!claimed) return pass->done(claimed.error());
                pass->pods = *std::move(claimed);
                make_plan(pass);
              }));
}

void StatefulSetLoop::make_plan(const PassPtr& pass) {
  pass->plan = plan_stateful_set({.set = pass->set,
                                  .current_revision = std::string(pass->current->name()),
                                  .update_revision = std::string(pass->revisions.update->name()),
                                  .collisions = pass->revisions.collisions,
                                  .pods = pass->pods,
                                  .now = environment_.clock.wall()});
  create_pods(pass);
}

void StatefulSetLoop::create_pods(const PassPtr& pass) {
  in_slow_start(
      static_cast<int>(pass->plan.creations.size()),
      [this, pass](int index, const Finished& made) {
        create_pod(pass, pass->plan.creations[static_cast<std::size_t>(index)], made);
      },
      guarded([this, pass](int, const std::optional<client::ApiError>& first) {
        if (first) return conclude(pass, *first);
        keep_pods(pass);
      }),
      &environment_.executor);
}

void StatefulSetLoop::create_pod(const PassPtr& pass, const StatefulSetPlan::Creation& creation,
                                 const Finished& then) {
  // Claims that go with the former pod of that name must have gone first; that queues nothing.
  if (has_stale_claim(pass->set, creation.ordinal)) {
    pass->plan.again_after = std::chrono::seconds(1);
    return then({});
  }
  make_claims(
      pass->set, creation.ordinal,
      [this, pass, creation, then](const client::ApiResult<void>& made) {
        if (!made) return then(made.error());
        const Object& revision = creation.of_update ? pass->revisions.update : pass->current;
        const json::object pod = stateful_pod(*pass->set, template_of_revision(*revision),
                                              revision->name(), creation.ordinal);
        const std::string name(api::text_at(pod, {"metadata", "name"}));
        create(kPods, pod,
               [this, pass, creation, name, then](const client::ApiResult<Object>& created) {
                 const bool exists = !created && created.error().is_already_exists();
                 if (!exists) {
                   tell(pass->set, "create", fmt::format("Pod {}", name),
                        created ? client::ApiResult<void>()
                                : client::ApiResult<void>(created.error()));
                 }
                 if (!created) return then(created.error());
                 pending_.wrote(pass->key, *pods_, **created);
                 own_claims(pass, *created, creation.ordinal, then);
               });
      });
}

void StatefulSetLoop::keep_pods(const PassPtr& pass) {
  const StatefulSetPlan& plan = pass->plan;
  const auto all =
      std::make_shared<Gathered>(plan.pending.size() + plan.kept.size() + 1,
                                 guarded([this, pass](const client::ApiResult<void>& result) {
                                   if (!result) return conclude(pass, result);
                                   delete_pods(pass);
                                 }));
  const auto each = [all](const client::ApiResult<void>& result) { all->tell(result); };
  for (const Object& pod : plan.pending) {
    const std::int64_t ordinal = ordinal_of(pass->set->name(), pod->name());
    make_claims(pass->set, ordinal,
                [this, pass, pod, ordinal, each](const client::ApiResult<void>& made) {
                  if (!made) return each(made);
                  own_claims(pass, pod, ordinal, each);
                });
  }
  for (const Object& pod : plan.kept) keep_identity(pass, pod, each);
  all->tell({});
}

void StatefulSetLoop::keep_identity(const PassPtr& pass, const Object& pod, const Finished& then) {
  const std::int64_t ordinal = ordinal_of(pass->set->name(), pod->name());
  if (has_identity(*pod, ordinal)) return own_claims(pass, pod, ordinal, then);
  json::object next = pod->document();
  set_identity(next, ordinal);
  update(kPods, next, [this, pass, pod, ordinal, then](const client::ApiResult<Object>& written) {
    tell(pass->set, "update", fmt::format("Pod {}", pod->name()),
         written ? client::ApiResult<void>() : client::ApiResult<void>(written.error()));
    if (!written) return then(written.error());
    pending_.wrote(pass->key, *pods_, **written);
    own_claims(pass, *written, ordinal, then);
  });
}

void StatefulSetLoop::delete_pods(const PassPtr& pass) {
  std::vector<std::string> uids;
  for (const Object& pod : pass->plan.deletions) uids.emplace_back(pod->uid());
  expectations_.expect_deletions(pass->key, uids);
  const auto all = std::make_shared<Gathered>(
      pass->plan.deletions.size() + 1,
      guarded([this, pass](const client::ApiResult<void>& result) { conclude(pass, result); }));
  for (const Object& pod : pass->plan.deletions) {
    remove(kPods, *pod, [this, pass, pod, all](const client::ApiResult<Object>& removed) {
      const client::ApiResult<void> result =
          removed ? client::ApiResult<void>() : client::ApiResult<void>(removed.error());
      tell(pass->set, "delete", fmt::format("Pod {}", pod->name()), result);
      if (!removed || is_seen_gone(*pods_, *pod)) expectations_.saw_deletion(pass->key, pod->uid());
      all->tell(result);
    });
  }
  all->tell({});
}

void StatefulSetLoop::conclude(const PassPtr& pass, const client::ApiResult<void>& result) {
  const StatefulSetPlan& plan = pass->plan;
  const json::object* const before = api::object_at(pass->set->document(), {"status"});
  const bool known = before != nullptr && api::text_at(*before, {"updateRevision"}) ==
                                              api::text_at(plan.status, {"updateRevision"});
  // The events of pods that were made or deleted come and bring the status up to date.
  if (result && known && !(plan.creations.empty() && plan.deletions.empty()))
    return pass->done(client::Reconciled{plan.again_after});
  std::set<std::string, std::less<>> live{std::string(pass->current->name())};
  for (const Object& pod : pass->pods)
    live.emplace(api::text_at(pod->document(), {"metadata", "labels", kRevisionHash}));
  truncate(pass->set, pass->revisions, live,
           [this, pass, result](const client::ApiResult<Object>& truncated) {
             write_status(pass->key, pass->set, pass->plan.status, nullptr,
                          [pass, result, truncated](const client::ApiResult<Object>& written) {
                            if (!result) return pass->done(result.error());
                            if (!truncated) return pass->done(truncated.error());
                            if (!written) return pass->done(written.error());
                            pass->done(client::Reconciled{pass->plan.again_after});
                          });
           });
}

void StatefulSetLoop::make_claims(const Object& set, std::int64_t ordinal, const Finished& then) {
  std::vector<json::object> missing;
  for (json::object& claim : claims_of(*set, ordinal)) {
    const Object there = claim_of(claim);
    if (there && there->deleting()) {
      return then(client::no_answer(ErrorCode::kConflict,
                                    fmt::format("pvc {} is being deleted", there->name())));
    }
    if (!there) missing.push_back(std::move(claim));
  }
  if (missing.empty()) return then({});
  const auto all = std::make_shared<Gathered>(missing.size(), then);
  const std::string pod = fmt::format("{}-{}", set->name(), ordinal);
  for (const json::object& claim : missing) {
    const std::string name(api::text_at(claim, {"metadata", "name"}));
    create(kClaims, claim, [this, set, name, pod, all](const client::ApiResult<Object>& created) {
      // The copy was behind: it is there.
      if (!created && created.error().is_already_exists()) return all->tell({});
      if (created) {
        events_.event(*set, "Normal", "SuccessfulCreate",
                      fmt::format("create Claim {} Pod {} in StatefulSet {} success", name, pod,
                                  set->name()));
        return all->tell({});
      }
      events_.event(*set, "Warning", "FailedCreate",
                    fmt::format("create Claim {} for Pod {} in StatefulSet {} failed error: {}",
                                name, pod, set->name(), created.error().message));
      all->tell(created.error());
    });
  }
}

void StatefulSetLoop::own_claims(const PassPtr& pass, const Object& pod, std::int64_t ordinal,
                                 const Finished& then) {
  std::vector<json::object> changed;
  for (const json::object& claim : claims_of(*pass->set, ordinal)) {
    // One that was made a moment ago is looked at with its pod's next change.
    const Object there = claim_of(claim);
    if (!there || there->deleting()) continue;
    const json::array* const found =
        api::array_at(there->document(), {"metadata", "ownerReferences"});
    const json::array present = found == nullptr ? json::array() : *found;
    json::array owners = claim_owners(*pass->set, pod, ordinal, present);
    if (api::same(owners, present)) continue;
    json::object next = there->document();
    api::set_at(next, {"metadata", "ownerReferences"}, std::move(owners));
    changed.push_back(std::move(next));
  }
  if (changed.empty()) return then({});
  const auto all = std::make_shared<Gathered>(changed.size(), then);
  for (const json::object& claim : changed) {
    update(kClaims, claim, [all](const client::ApiResult<Object>& written) {
      if (!written && !written.error().is_not_found()) return all->tell(written.error());
      all->tell({});
    });
  }
}

// Whether a claim is owned by a former pod of that name, with which it goes.
bool StatefulSetLoop::has_stale_claim(const Object& set, std::int64_t ordinal) const {
  if (!deletes_claims_when_scaled(*set)) return false;
  const std::string pod = fmt::format("{}-{}", set->name(), ordinal);
  for (const json::object& claim : claims_of(*set, ordinal)) {
    const Object there = claim_of(claim);
    if (!there) continue;
    const json::array* const owners =
        api::array_at(there->document(), {"metadata", "ownerReferences"});
    if (owners == nullptr) continue;
    for (const json::value& owner : *owners) {
      if (api::text_at(owner.get_object(), {"kind"}) == "Pod" &&
          api::text_at(owner.get_object(), {"name"}) == pod)
        return true;
    }
  }
  return false;
}

void StatefulSetLoop::tell(const Object& set, std::string_view verb, std::string_view what,
                           const client::ApiResult<void>& result) {
  std::string reason(verb);
  reason[0] = static_cast<char>(reason[0] - 'a' + 'A');
  if (result) {
    events_.event(*set, "Normal", "Successful" + reason,
                  fmt::format("{} {} in StatefulSet {} successful", verb, what, set->name()));
  } else {
    events_.event(*set, "Warning", "Failed" + reason,
                  fmt::format("{} {} in StatefulSet {} failed error: {}", verb, what, set->name(),
                              result.error().message));
  }
}

}  // namespace

Loop make_statefulset_controller(const Environment& environment) {
  return std::make_unique<StatefulSetLoop>(environment);
}

}  // namespace cove::controllers
