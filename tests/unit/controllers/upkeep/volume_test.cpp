#include <gmock/gmock.h>

#include "core/controllers/local_path.h"
#include "core/controllers/local_path_folders.h"
#include "core/controllers/volume_claims.h"
#include "tests/unit/controllers/upkeep/upkeep.h"

namespace cove::controllers {
namespace {

api::ObjectPtr object(const std::string& yaml) {
  return api::Object::make(api::parse_yaml(yaml).value().value.get_object());
}

std::string volume(const std::string& name, const std::string& spec,
                   const std::string& metadata = "") {
  return "{apiVersion: v1, kind: PersistentVolume, metadata: {name: " + name + metadata +
         "}, spec: {hostPath: {path: /data/" + name + "}, " + spec + "}}";
}
std::string claim(const std::string& name, const std::string& spec,
                  const std::string& metadata = "") {
  return "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {namespace: default, name: " +
         name + metadata + "}, spec: {" + spec + "}}";
}
constexpr const char* kOneGi = "capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce]";
constexpr const char* kAsksOneGi =
    "resources: {requests: {storage: 1Gi}}, accessModes: [ReadWriteOnce]";

TEST(FindVolume, TakesTheSmallestThatFits) {
  const struct {
    const char* why;
    std::vector<const char*> volumes;  // specs; named v0, v1 …
    const char* claim;
    bool delayed;
    const char* found;  // empty: none
  } cases[] = {
      {"the smallest",
       {"capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce]",
        "capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce]",
        "capacity: {storage: 512Mi}, accessModes: [ReadWriteOnce]"},
       kAsksOneGi,
       false,
       "v1"},
      {"too small",
       {"capacity: {storage: 512Mi}, accessModes: [ReadWriteOnce]"},
       kAsksOneGi,
       false,
       ""},
      {"fewer access modes before a smaller size",
       {"capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce, ReadWriteMany]",
        "capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce]"},
       kAsksOneGi,
       false,
       "v1"},
      {"not its access modes",
       {"capacity: {storage: 1Gi}, accessModes: [ReadOnlyMany]"},
       kAsksOneGi,
       false,
       ""},
      {"another class",
       {"capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: fast"},
       kAsksOneGi,
       false,
       ""},
      {"its class",
       {kOneGi, "capacity: {storage: 9Gi}, accessModes: [ReadWriteOnce], storageClassName: fast"},
       "resources: {requests: {storage: 1Gi}}, accessModes: [ReadWriteOnce], storageClassName: "
       "fast",
       false,
       "v1"},
      {"another mode",
       {"capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], volumeMode: Block"},
       kAsksOneGi,
       false,
       ""},
      {"kept for somebody else",
       {"capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], claimRef: {namespace: default, "
        "name: other}"},
       kAsksOneGi,
       false,
       ""},
      {"kept for it, however large and of whatever class",
       {kOneGi,
        "capacity: {storage: 9Gi}, accessModes: [ReadWriteOnce], storageClassName: x, claimRef: "
        "{namespace: default, name: c}"},
       kAsksOneGi,
       true,
       "v1"},
      {"nothing before there is a consumer", {kOneGi}, kAsksOneGi, true, ""},
      {"its selector",
       {kOneGi, kOneGi},
       "resources: {requests: {storage: 1Gi}}, accessModes: [ReadWriteOnce], selector: "
       "{matchLabels: {number: '1'}}",
       false,
       "v1"},
  };
  for (const auto& each : cases) {
    std::vector<api::ObjectPtr> volumes;
    for (std::size_t i = 0; i < each.volumes.size(); ++i) {
      const std::string number = std::to_string(i);
      json::object document =
          object(volume("v" + number, each.volumes[i], ", labels: {number: '" + number + "'}"))
              ->document();
      api::set_at(document, {"status", "phase"}, "Available");
      volumes.push_back(api::Object::make(document));
    }
    const auto found = find_volume(*object(claim("c", each.claim)), volumes, nullptr, each.delayed);
    EXPECT_EQ(found ? found->name() : "", each.found) << each.why;
  }
}

class Volumes : public Upkeep {
 public:
  api::ObjectPtr get_claim(std::string_view name) {
    return cluster.get("persistentvolumeclaims", name);
  }
  api::ObjectPtr get_volume(std::string_view name) {
    return cluster.get("persistentvolumes", name);
  }
  bool phase_comes(std::string_view resource, std::string_view name, const std::string& phase) {
    return until([&] { return text(cluster.get(resource, name), {"status", "phase"}) == phase; });
  }
  bool claim_is(std::string_view name, const std::string& phase) {
    return phase_comes("persistentvolumeclaims", name, phase);
  }
  bool volume_is(std::string_view name, const std::string& phase) {
    return phase_comes("persistentvolumes", name, phase);
  }
};

TEST_F(Volumes, AreBoundAndReleased) {
  run({make_volume_binder, make_volume_protection_controller});
  cluster.create(volume("kept", kOneGi));
  cluster.create(
      volume("deleted",
             std::string(kOneGi) + ", storageClassName: d, persistentVolumeReclaimPolicy: Delete"));
  cluster.create(volume(
      "recycled",
      std::string(kOneGi) + ", storageClassName: r, persistentVolumeReclaimPolicy: Recycle"));
  EXPECT_TRUE(volume_is("kept", "Available"));
  cluster.create(claim("k", kAsksOneGi));
  cluster.create(claim("d", std::string(kAsksOneGi) + ", storageClassName: d"));
  cluster.create(claim("r", std::string(kAsksOneGi) + ", storageClassName: r"));
  for (const char* const name : {"k", "d", "r"}) EXPECT_TRUE(claim_is(name, "Bound")) << name;
  const auto bound = get_claim("k");
  EXPECT_EQ(text(bound, {"spec", "volumeName"}), "kept");
  EXPECT_EQ(text(bound, {"status", "capacity", "storage"}), "1Gi");
  EXPECT_EQ(annotation_of(*bound, "pv.kubernetes.io/bind-completed"), "yes");
  EXPECT_EQ(annotation_of(*bound, "pv.kubernetes.io/bound-by-controller"), "yes");
  EXPECT_EQ(text(get_volume("kept"), {"spec", "claimRef", "uid"}), bound->uid());
  EXPECT_EQ(text(get_volume("kept"), {"status", "phase"}), "Bound");
  // A volume that is bound is not deleted before it is free.
  cluster.remove("persistentvolumes", "kept");
  quiet();
  EXPECT_TRUE(get_volume("kept"));
  for (const char* const name : {"k", "d", "r"}) {
    cluster.remove("persistentvolumeclaims", name);
    EXPECT_TRUE(gone("persistentvolumeclaims", name));
  }
  EXPECT_TRUE(gone("persistentvolumes", "kept"));
  EXPECT_TRUE(volume_is("deleted", "Failed"));
  EXPECT_TRUE(has_event("deleted",
                        "VolumeFailedDelete: error getting deleter volume plugin for volume "
                        "\"deleted\": no deletable volume plugin matched"));
  EXPECT_TRUE(volume_is("recycled", "Failed"));
}

TEST_F(Volumes, ThatAreAskedForByName) {
  run({make_volume_binder});
  cluster.create(claim("named", std::string(kAsksOneGi) + ", volumeName: v"));
  cluster.create(claim("greedy",
                       "resources: {requests: {storage: 9Gi}}, accessModes: "
                       "[ReadWriteOnce], volumeName: small"));
  cluster.create(claim("late", std::string(kAsksOneGi) + ", volumeName: v"));
  cluster.create(claim("kept-for", std::string(kAsksOneGi)));
  cluster.create(claim("none", std::string(kAsksOneGi) + ", storageClassName: missing"));
  EXPECT_TRUE(has_event("kept-for",
                        "FailedBinding: no persistent volumes available for this claim and no "
                        "storage class is set"));
  EXPECT_TRUE(
      has_event("none", "ProvisioningFailed: storageclass.storage.k8s.io \"missing\" not found"));
  cluster.create(
      volume("v", std::string(kOneGi) + ", claimRef: {namespace: default, name: named}"));
  // First the one that is kept for it: any other that fits would do as well.
  cluster.create(
      volume("reserved", std::string(kOneGi) + ", claimRef: {namespace: default, name: kept-for}"));
  EXPECT_TRUE(claim_is("kept-for", "Bound"));
  cluster.create(volume("small", kOneGi));
  EXPECT_TRUE(claim_is("named", "Bound"));
  EXPECT_EQ(annotation_of(*get_claim("named"), "pv.kubernetes.io/bound-by-controller"), "");
  EXPECT_EQ(text(get_claim("kept-for"), {"spec", "volumeName"}), "reserved");
  EXPECT_TRUE(has_event(
      "greedy",
      "VolumeMismatch: Cannot bind to requested volume \"small\": requested PV is too small"));
  cluster.patch("persistentvolumeclaims", "late", "{metadata: {labels: {look: again}}}");
  EXPECT_TRUE(has_event("late", "FailedBinding: volume \"v\" already bound to a different claim."));
  EXPECT_EQ(text(get_claim("late"), {"status", "phase"}), "Pending");
  // What a bound claim loses is said.
  cluster.patch("persistentvolumes", "v", "{metadata: {finalizers: null}}");
  cluster.remove("persistentvolumes", "v");
  EXPECT_TRUE(claim_is("named", "Lost"));
  EXPECT_TRUE(has_event("named",
                        "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume "
                        "is lost!"));
}

TEST_F(Volumes, AreMadeInFoldersOfTheNode) {
  run({make_volume_binder, make_local_path_provisioner, make_volume_protection_controller});
  std::vector<std::string> done_to_folders;
  bool removing = false;
  // Every other attempt fails, and removal does until it is wanted.
  const auto attempt = [&](const char* what, const Path& folder, const LocalPathPlace::Done& done) {
    const bool remove = std::string_view(what) == "remove ";
    const Error failure{ErrorCode::kUnavailable, "test", folder, "busy", ""};
    if (remove && !removing) return done(failure);
    done_to_folders.push_back(what + folder.string());
    if (done_to_folders.size() % 2 == 1) return done(failure);
    done({});
  };
  const auto folders = make_local_path_folders(
      environment(), {"node", "/var/lib/cove/volumes",
                      [&](const Path& folder, const LocalPathPlace::Done& done) {
                        attempt("make ", folder, done);
                      },
                      [&](const Path& folder, const LocalPathPlace::Done& done) {
                        attempt("remove ", folder, done);
                      }});
  folders->start();
  ASSERT_TRUE(
      until([&] { return cluster.get("storageclasses.storage.k8s.io", "standard") != nullptr; }));
  cluster.create(claim("data", kAsksOneGi));
  EXPECT_TRUE(claim_is("data", "Bound"));
  const auto bound = get_claim("data");
  EXPECT_EQ(text(bound, {"spec", "storageClassName"}), "standard");
  const std::string name = "pvc-" + std::string(bound->uid());
  const auto made = get_volume(name);
  ASSERT_TRUE(made);
  EXPECT_EQ(text(made, {"spec", "hostPath", "path"}), "/var/lib/cove/volumes/" + name);
  EXPECT_EQ(text(made, {"spec", "hostPath", "type"}), "DirectoryOrCreate");
  EXPECT_EQ(text(made, {"spec", "persistentVolumeReclaimPolicy"}), "Delete");
  EXPECT_EQ(local_path_node(*made), "node");
  EXPECT_EQ(local_path_cleanup(*made), LocalPathCleanup::kNothing);
  EXPECT_TRUE(has_event("data", "ProvisioningSucceeded: Successfully provisioned volume " + name));

  cluster.patch("persistentvolumeclaims", "data",
                "{spec: {resources: {requests: {storage: 3Gi}}}}");
  EXPECT_TRUE(until([&] {
    return text(get_claim("data"), {"status", "capacity", "storage"}) == "3Gi";
  }));
  EXPECT_EQ(text(get_volume(name), {"spec", "capacity", "storage"}), "3Gi");

  // A claim that a pod uses stays until the pod has gone.
  cluster.create(R"({apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: node,
    containers: [{name: c, image: i}],
    volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}})");
  cluster.remove("persistentvolumeclaims", "data");
  quiet();
  ASSERT_TRUE(get_claim("data"));
  EXPECT_TRUE(get_claim("data")->deleting());
  client::DeleteOptions now;
  now.grace_seconds = 0;
  cluster.remove("pods", "p", "default", now);
  EXPECT_TRUE(gone("persistentvolumeclaims", "data"));
  // Its folder is for the node to remove.
  ASSERT_TRUE(until([&] {
    const auto volume = get_volume(name);
    return volume && local_path_cleanup(*volume) == LocalPathCleanup::kRemove;
  }));
  quiet();
  EXPECT_TRUE(get_volume(name));
  removing = true;
  EXPECT_TRUE(gone("persistentvolumes", name));
  // Both were tried twice.
  const std::string folder = "/var/lib/cove/volumes/" + name;
  EXPECT_THAT(done_to_folders, ::testing::ElementsAre("make " + folder, "make " + folder,
                                                      "remove " + folder, "remove " + folder));
}

TEST_F(Volumes, NoOtherFolderIsEverTouched) {
  run({make_local_path_provisioner});
  const auto folders = make_local_path_folders(
      environment(),
      {"node", "/var/lib/cove/volumes",
       [](const Path& folder, const LocalPathPlace::Done&) { ADD_FAILURE() << folder; },
       [](const Path& folder, const LocalPathPlace::Done&) { ADD_FAILURE() << folder; }});
  folders->start();
  for (const auto& [name, path] : std::vector<std::pair<std::string, std::string>>{
           {"pvc-1", "/etc"}, {"etc", "/var/lib/cove/volumes/etc"}}) {
    json::object document =
        api::parse_yaml(volume(name,
                               std::string(kOneGi) +
                                   ", persistentVolumeReclaimPolicy: Delete, nodeAffinity: "
                                   "{required: {nodeSelectorTerms: [{matchExpressions: "
                                   "[{key: kubernetes.io/hostname, operator: In, values: "
                                   "[node]}]}]}}",
                               ", finalizers: [cove.dev/local-path], annotations: "
                               "{pv.kubernetes.io/provisioned-by: cove.dev/local-path}"))
            .value()
            .value.get_object();
    api::set_at(document, {"spec", "hostPath", "path"}, json::value(path));
    cluster.create(document);
    cluster.patch("persistentvolumes", name, "{metadata: {finalizers: [cove.dev/local-path]}}");
    cluster.remove("persistentvolumes", name);
    EXPECT_TRUE(gone("persistentvolumes", name));
  }
}

TEST_F(Volumes, ComeAndGoWithTheirPod) {
  run({make_volume_binder, make_local_path_provisioner, make_volume_protection_controller,
       make_ephemeral_volume_controller, make_garbage_collector});
  cluster.create(R"({apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {
    containers: [{name: c, image: i}], volumes: [
    {name: one, ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}}, spec: {
      accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}},
    {name: two, ephemeral: {volumeClaimTemplate: {spec: {
      accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}}}}]}})");
  EXPECT_TRUE(claim_is("p-one", "Bound"));
  EXPECT_TRUE(claim_is("p-two", "Bound"));
  EXPECT_EQ(text(get_claim("p-one"), {"metadata", "labels", "a"}), "b");
  client::DeleteOptions now;
  now.grace_seconds = 0;
  cluster.remove("pods", "p", "default", now);
  EXPECT_TRUE(gone("persistentvolumeclaims", "p-one"));
  EXPECT_TRUE(gone("persistentvolumeclaims", "p-two"));
}

TEST_F(Volumes, WaitForTheirFirstConsumer) {
  cluster.create(
      "{apiVersion: v1, kind: Node, metadata: {name: far, labels: {kubernetes.io/hostname: "
      "far}, annotations: "
      "{cove.dev/local-path-directory: /srv}}}");
  cluster.create(R"({apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: late},
    provisioner: cove.dev/local-path, volumeBindingMode: WaitForFirstConsumer,
    reclaimPolicy: Retain})");
  // Somebody has deleted the default class: it does not come back.
  cluster.create(
      "{apiVersion: v1, kind: ConfigMap, metadata: {namespace: kube-system, name: "
      "local-path-provisioner}}");
  run({make_volume_binder, make_local_path_provisioner, make_volume_protection_controller});
  cluster.create(claim("data", std::string(kAsksOneGi) + ", storageClassName: late"));
  EXPECT_TRUE(has_event(
      "data", "WaitForFirstConsumer: waiting for first consumer to be created before binding"));
  cluster.create(R"({apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: far,
    containers: [{name: c, image: i}],
    volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}})");
  EXPECT_TRUE(claim_is("data", "Bound"));
  EXPECT_EQ(annotation_of(*get_claim("data"), kSelectedNode), "far");
  const std::string name = text(get_claim("data"), {"spec", "volumeName"});
  EXPECT_EQ(local_path_node(*get_volume(name)), "far");
  EXPECT_EQ(text(get_volume(name), {"spec", "hostPath", "path"}), "/srv/" + name);
  cluster.remove("persistentvolumeclaims", "data");
  client::DeleteOptions now;
  now.grace_seconds = 0;
  cluster.remove("pods", "p", "default", now);
  EXPECT_TRUE(volume_is(name, "Released"));
  cluster.remove("persistentvolumes", name);
  // Kept: the finalizer goes, the folder stays.
  EXPECT_TRUE(until([&] {
    const auto volume = get_volume(name);
    return volume && local_path_cleanup(*volume) == LocalPathCleanup::kKeep;
  }));
  // Its node takes it along.
  cluster.remove("nodes", "far");
  EXPECT_TRUE(gone("persistentvolumes", name));
  EXPECT_FALSE(cluster.get("storageclasses.storage.k8s.io", "standard"));
}

}  // namespace
}  // namespace cove::controllers
