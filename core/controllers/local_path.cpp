// cove.dev/local-path: volumes that are folders of a node.

#include "core/controllers/local_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/api/quantity.h"
#include "core/api/readers.h"
#include "core/controllers/callback_guard.h"
#include "core/controllers/garbage_collector_graph.h"
#include "core/controllers/list.h"
#include "core/controllers/volume_claims.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::string_view kAccount = "local-path-provisioner";
constexpr std::string_view kHostname = "kubernetes.io/hostname";
constexpr const char* kClassName = "standard";
constexpr std::chrono::seconds kRetry{15};
const client::Resource kVolumes{"", "v1", "persistentvolumes"};
const client::Resource kClaims{"", "v1", "persistentvolumeclaims"};
const client::Resource kNodes{"", "v1", "nodes"};
const client::Resource kPods{"", "v1", "pods"};
const client::Resource kClasses{"storage.k8s.io", "v1", "storageclasses"};
const client::Resource kConfigMaps{"", "v1", "configmaps"};

json::object default_class() {
  return {{"apiVersion", "storage.k8s.io/v1"},
          {"kind", "StorageClass"},
          {"metadata",
           {{"name", kClassName},
            {"annotations", {{"storageclass.kubernetes.io/is-default-class", "true"}}}}},
          {"provisioner", api::key(kLocalPathProvisioner)},
          {"reclaimPolicy", "Delete"},
          {"volumeBindingMode", "Immediate"},
          {"allowVolumeExpansion", true}};
}

// That the default class was made: people may delete it, and it stays deleted.
json::object class_record() {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"name", api::key(kAccount)}, {"namespace", "kube-system"}}},
          {"data", {{"default-class", kClassName}}}};
}

bool is_ready(const api::Object& node) {
  return api::condition_holds(node.document(), "Ready") &&
         !api::flag_at(node.document(), {"spec", "unschedulable"});
}

std::string hostname_of(const api::Object& node) {
  const std::string_view label = api::text_at(node.document(), {"metadata", "labels", kHostname});
  return std::string(label.empty() ? node.name() : label);
}

std::string_view text(const api::Object& object, api::Steps path) {
  return api::text_at(object.document(), path);
}

api::Quantity quantity(const api::Object& object, api::Steps path) {
  auto parsed = api::Quantity::parse(text(object, path));
  return parsed ? *parsed : api::Quantity();
}

json::object make_volume(const api::Object& claim, const api::Object& storage_class,
                         const api::Object& node) {
  const std::string name = fmt::format("pvc-{}", claim.uid());
  std::string directory(annotation_of(node, kLocalPathDirectory));
  if (directory.empty()) directory = kDefaultLocalPathDirectory;
  const json::object affinity{
      {"required",
       {{"nodeSelectorTerms",
         json::array{
             json::object{{"matchExpressions",
                           json::array{json::object{
                               {"key", api::key(kHostname)},
                               {"operator", "In"},
                               {"values", json::array{json::string(hostname_of(node))}}}}}}}}}}};
  json::object spec{
      {"capacity",
       {{"storage", api::key(text(claim, {"spec", "resources", "requests", "storage"}))}}},
      {"accessModes", *api::value_at(claim.document(), {"spec", "accessModes"})},
      {"storageClassName", api::key(storage_class.name())},
      {"volumeMode", "Filesystem"},
      {"claimRef",
       {{"kind", "PersistentVolumeClaim"},
        {"apiVersion", "v1"},
        {"namespace", api::key(claim.namespace_name())},
        {"name", api::key(claim.name())},
        {"uid", api::key(claim.uid())},
        {"resourceVersion", api::key(claim.resource_version())}}},
      {"nodeAffinity", affinity},
      {"hostPath", {{"path", directory + "/" + name}, {"type", "DirectoryOrCreate"}}}};
  const std::string_view policy = text(storage_class, {"reclaimPolicy"});
  spec["persistentVolumeReclaimPolicy"] = api::key(policy.empty() ? "Delete" : policy);
  if (const json::value* const options = api::value_at(storage_class.document(), {"mountOptions"}))
    spec["mountOptions"] = *options;
  json::object metadata{{"name", name}, {"finalizers", json::array{api::key(kLocalPathFinalizer)}}};
  json::object annotations;
  annotations[api::key(kProvisionedBy)] = api::key(kLocalPathProvisioner);
  metadata["annotations"] = std::move(annotations);
  return {{"apiVersion", "v1"},
          {"kind", "PersistentVolume"},
          {"metadata", std::move(metadata)},
          {"spec", std::move(spec)}};
}

class LocalPathProvisioner final : public ControlLoop {
 public:
  explicit LocalPathProvisioner(const Environment& environment)
      : environment_(environment),
        transport_(environment.as(kAccount)),
        claims_(environment.informers.informer({kClaims})),
        volumes_(environment.informers.informer({kVolumes})),
        classes_(environment.informers.informer({kClasses})),
        nodes_(environment.informers.informer({kNodes})),
        pods_(environment.informers.informer({kPods})),
        events_(transport_, environment.clock, environment.random, environment.logger,
                {.component = std::string(kLocalPathProvisioner)}),
        controller_(environment.executor, environment.clock, environment.random, environment.logger,
                    {.name = "local-path-provisioner", .workers = 4},
                    [this](const std::string& key, client::Controller::Done done) {
                      reconcile(key, std::move(done));
                    }) {
    pods_->add_index(kByClaim, claims_of);
    watch();
  }

  std::string_view name() const override { return "local-path-provisioner"; }
  void start() override {
    controller_.start();
    controller_.queue().add("class/");
  }
  void stop(std::function<void()> stopped) override { controller_.stop(std::move(stopped)); }

 private:
  using Done = client::Controller::Done;

  static bool is_ours(const api::Object& volume) {
    return annotation_of(volume, kProvisionedBy) == kLocalPathProvisioner;
  }

  void watch() {
    const auto claim_changed = [this](const api::ObjectPtr& claim) {
      if (annotation_of(*claim, kProvisioner) == kLocalPathProvisioner)
        controller_.queue().add("claim/" + client::key_of(*claim));
    };
    registrations_.push_back(claims_->add_handler(
        {.added = [claim_changed](const api::ObjectPtr& claim, bool) { claim_changed(claim); },
         .updated = [claim_changed](const api::ObjectPtr&,
                                    const api::ObjectPtr& now) { claim_changed(now); }}));
    const auto volume_changed = [this](const api::ObjectPtr& volume) {
      if (is_ours(*volume)) controller_.queue().add("volume/" + std::string(volume->name()));
    };
    registrations_.push_back(volumes_->add_handler(
        {.added = [volume_changed](const api::ObjectPtr& volume, bool) { volume_changed(volume); },
         .updated = [volume_changed](const api::ObjectPtr&,
                                     const api::ObjectPtr& now) { volume_changed(now); }}));
    client::Handler nodes;
    nodes.deleted = [this, volume_changed](const api::ObjectPtr&, bool) {
      for (const api::ObjectPtr& volume : volumes_->objects().list()) volume_changed(volume);
    };
    registrations_.push_back(nodes_->add_handler(std::move(nodes)));
  }

  void reconcile(const std::string& key, Done done) {
    const std::size_t slash = key.find('/');
    const std::string kind = key.substr(0, slash);
    const std::string name = key.substr(slash + 1);
    if (kind == "class") return ensure_class(std::move(done));
    if (kind == "volume") {
      const api::ObjectPtr volume = volumes_->objects().get(name);
      return volume ? look_after(volume, done) : done(client::Reconciled{});
    }
    const api::ObjectPtr claim = claims_->objects().get(name);
    if (!claim || claim->deleting()) return done(client::Reconciled{});
    if (text(*claim, {"spec", "volumeName"}).empty()) return provision(claim, done);
    grow(claim, done);
  }

  // --- The default class, once in a cluster's life.
  void ensure_class(Done done) {
    client::ResourceClient(transport_, kConfigMaps, "kube-system")
        .get(kAccount, guard_([this, done = std::move(done)](auto found) {
               if (found) return done(client::Reconciled{});
               if (!found.error().is_not_found()) return done(found.error());
               make_class(done);
             }))
        .release();
  }
  void make_class(const Done& done) {
    client::ResourceClient(transport_, kClasses)
        .create(default_class(), {}, guard_([this, done](auto made) {
                  if (!made && !made.error().is_already_exists()) return done(made.error());
                  client::ResourceClient(transport_, kConfigMaps, "kube-system")
                      .create(class_record(), {}, guard_([done](auto recorded) {
                                if (!recorded && !recorded.error().is_already_exists())
                                  return done(recorded.error());
                                done(client::Reconciled{});
                              }))
                      .release();
                }))
        .release();
  }

  // --- New volumes.
  void provision(const api::ObjectPtr& claim, const Done& done) {
    const api::ObjectPtr storage_class = classes_->objects().get(storage_class_of(*claim));
    if (!storage_class || text(*storage_class, {"provisioner"}) != kLocalPathProvisioner)
      return done(client::Reconciled{});
    const std::string_view selected = annotation_of(*claim, kSelectedNode);
    const bool waits = text(*storage_class, {"volumeBindingMode"}) == "WaitForFirstConsumer";
    if (waits && selected.empty()) return done(client::Reconciled{});
    if (volumes_->objects().get("pvc-" + std::string(claim->uid())))
      return done(client::Reconciled{});
    if (api::value_at(claim->document(), {"spec", "selector"}) != nullptr)
      return refuse(*claim, *storage_class, "claim.Spec.Selector is not supported", done);
    if (text(*claim, {"spec", "volumeMode"}) == "Block")
      return refuse(*claim, *storage_class, "block volumes are not supported", done);
    const api::ObjectPtr node =
        selected.empty() ? choose_node(*claim) : nodes_->objects().get(selected);
    if (!node) {
      refuse(*claim, *storage_class, "no node is ready",
             [](client::ApiResult<client::Reconciled>) {});
      return done(client::Reconciled{.again_after = kRetry});
    }
    events_.event(*claim, "Normal", "Provisioning",
                  fmt::format("External provisioner is provisioning volume for claim \"{}\"",
                              client::key_of(*claim)));
    json::object volume = make_volume(*claim, *storage_class, *node);
    const std::string name(api::text_at(volume, {"metadata", "name"}));
    client::ResourceClient(transport_, kVolumes)
        .create(volume, {}, guard_([this, claim, storage_class, name, done](auto made) {
                  if (!made && !made.error().is_already_exists()) {
                    return refuse(*claim, *storage_class, made.error().message,
                                  [done, made](auto) { done(made.error()); });
                  }
                  events_.event(*claim, "Normal", "ProvisioningSucceeded",
                                fmt::format("Successfully provisioned volume {}", name));
                  done(client::Reconciled{});
                }))
        .release();
  }

  void refuse(const api::Object& claim, const api::Object& storage_class, std::string_view why,
              const Done& done) {
    events_.event(claim, "Warning", "ProvisioningFailed",
                  fmt::format("failed to provision volume with StorageClass \"{}\": {}",
                              storage_class.name(), why));
    done(client::Reconciled{});
  }

  // Where a pod that uses the claim is already, else the first one that is ready.
  api::ObjectPtr choose_node(const api::Object& claim) const {
    for (const api::ObjectPtr& pod : pods_->objects().by_index(kByClaim, client::key_of(claim))) {
      const api::ObjectPtr node = nodes_->objects().get(text(*pod, {"spec", "nodeName"}));
      if (node) return node;
    }
    for (const api::ObjectPtr& node : nodes_->objects().list()) {
      if (is_ready(*node)) return node;
    }
    return nullptr;
  }

  // --- Volumes that nobody wants any more.
  void look_after(const api::ObjectPtr& volume, const Done& done) {
    if (!volume->deleting()) {
      const bool unwanted = text(*volume, {"status", "phase"}) == "Released" &&
                            text(*volume, {"spec", "persistentVolumeReclaimPolicy"}) == "Delete";
      if (!unwanted) return done(client::Reconciled{});
      client::DeleteOptions options;
      options.uid = volume->uid();
      return client::ResourceClient(transport_, kVolumes)
          .remove(volume->name(), options, guard_([done](client::ApiResult<void> removed) {
                    if (!removed && !removed.error().is_not_found()) return done(removed.error());
                    done(client::Reconciled{});
                  }))
          .release();
    }
    // A node that is gone took the folder along.
    const std::string host = local_path_node(*volume);
    const bool alone = local_path_cleanup(*volume) != LocalPathCleanup::kNothing &&
                       std::ranges::none_of(
                           nodes_->objects().list(),
                           [&](const api::ObjectPtr& node) { return hostname_of(*node) == host; });
    if (!alone) return done(client::Reconciled{});
    client::ResourceClient(transport_, kVolumes)
        .update(without_local_path_finalizer(*volume), {}, guard_([done](auto written) {
                  if (!written && !written.error().is_not_found()) return done(written.error());
                  done(client::Reconciled{});
                }))
        .release();
  }

  // --- Volumes that are to hold more: a folder holds what the disk does.
  void grow(const api::ObjectPtr& claim, const Done& done) {
    const api::ObjectPtr volume = volumes_->objects().get(text(*claim, {"spec", "volumeName"}));
    const api::Quantity wanted = quantity(*claim, {"spec", "resources", "requests", "storage"});
    if (!volume || !is_ours(*volume) || text(*claim, {"status", "phase"}) != "Bound" ||
        wanted <= quantity(*claim, {"status", "capacity", "storage"}))
      return done(client::Reconciled{});
    if (wanted <= quantity(*volume, {"spec", "capacity", "storage"}))
      return tell_growth(claim, wanted, done);
    events_.event(*claim, "Normal", "Resizing",
                  fmt::format("External resizer is resizing volume {}", volume->name()));
    json::object next = volume->document();
    api::set_at(next, {"spec", "capacity", "storage"}, json::value(wanted.text()));
    client::ResourceClient(transport_, kVolumes)
        .update(next, {}, guard_([this, claim, wanted, done](auto written) {
                  if (!written) return done(written.error());
                  tell_growth(claim, wanted, done);
                }))
        .release();
  }
  void tell_growth(const api::ObjectPtr& claim, const api::Quantity& size, const Done& done) {
    json::object next = claim->document();
    api::set_at(next, {"status", "capacity", "storage"}, json::value(size.text()));
    client::ResourceClient(transport_, kClaims, std::string(claim->namespace_name()))
        .update_status(next, {}, guard_([this, claim, done](auto written) {
                         if (!written) return done(written.error());
                         events_.event(*claim, "Normal", "VolumeResizeSuccessful",
                                       "Resize volume succeeded");
                         done(client::Reconciled{});
                       }))
        .release();
  }

  const Environment environment_;
  client::Transport& transport_;
  const std::shared_ptr<client::Informer> claims_, volumes_, classes_, nodes_, pods_;
  client::EventRecorder events_;
  client::Controller controller_;
  std::vector<client::Registration> registrations_;
  const CallbackGuard guard_;
};

}  // namespace

LocalPathCleanup local_path_cleanup(const api::Object& volume) {
  const json::object& document = volume.document();
  if (!volume.deleting() || !has_finalizer(document, kLocalPathFinalizer) ||
      has_finalizer(document, "kubernetes.io/pv-protection"))
    return LocalPathCleanup::kNothing;
  return text(volume, {"spec", "persistentVolumeReclaimPolicy"}) == "Delete"
             ? LocalPathCleanup::kRemove
             : LocalPathCleanup::kKeep;
}

json::object without_local_path_finalizer(const api::Object& volume) {
  json::object next = volume.document();
  json::array kept;
  if (const json::array* const all = api::array_at(next, {"metadata", "finalizers"})) {
    for (const json::value& each : *all) {
      if (!each.is_string() || api::view(each.get_string()) != kLocalPathFinalizer)
        kept.push_back(each);
    }
  }
  api::set_at(next, {"metadata", "finalizers"}, std::move(kept));
  return next;
}

std::string local_path_node(const api::Object& volume) {
  if (annotation_of(volume, kProvisionedBy) != kLocalPathProvisioner) return {};
  const json::array* const terms =
      api::array_at(volume.document(), {"spec", "nodeAffinity", "required", "nodeSelectorTerms"});
  if (terms == nullptr || terms->empty() || !terms->front().is_object()) return {};
  const json::array* const expressions =
      api::array_at(terms->front().get_object(), {"matchExpressions"});
  if (expressions == nullptr) return {};
  for (const json::value& each : *expressions) {
    if (!each.is_object() || api::text_at(each.get_object(), {"key"}) != kHostname) continue;
    const json::array* const values = api::array_at(each.get_object(), {"values"});
    if (values != nullptr && !values->empty() && values->front().is_string())
      return std::string(api::view(values->front().get_string()));
  }
  return {};
}

Loop make_local_path_provisioner(const Environment& environment) {
  return std::make_unique<LocalPathProvisioner>(environment);
}

}  // namespace cove::controllers
