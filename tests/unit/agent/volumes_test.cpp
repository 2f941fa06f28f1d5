#include "core/node/volumes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "core/node/volumes_files.h"
#include "core/node/volumes_host.h"
#include "core/node/volumes_ownership.h"
#include "tests/support/cluster.h"

namespace cove::node {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
namespace json = boost::json;

std::string text_of(const Path& path) {
  const auto text = read_file(path, 1 << 20);
  return text ? *text : "(" + text.error().message() + ")";
}
mode_t mode_of(const Path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}
std::set<std::string> visible(const Path& folder) {
  std::set<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("..")) out.insert(name);
  }
  return out;
}

TEST(VolumeFiles, AreShownAllAtOnce) {
  const test::TemporaryFolder folder;
  const WallTime now{};
  const VolumeFiles first = {{"a", {"1", 0600}}, {"deep/b", {"2", 0644}}};
  ASSERT_TRUE(show_files(folder.path(), first, std::nullopt, now));
  EXPECT_EQ(text_of(folder / "a"), "1");
  EXPECT_EQ(text_of(folder / "deep/b"), "2");
  EXPECT_EQ(fs::read_symlink(folder / "a"), "..data/a");
  EXPECT_EQ(fs::read_symlink(folder / "deep"), "..data/deep");
  EXPECT_EQ(mode_of(folder / "a"), 0600U);
  const Path data = fs::read_symlink(folder / "..data");
  EXPECT_TRUE(data.string().starts_with("..1970_01_01_00_00_00."));

  // The same again touches nothing.
  ASSERT_TRUE(show_files(folder.path(), first, std::nullopt, now));
  EXPECT_EQ(fs::read_symlink(folder / "..data"), data);

  // Who has opened the old file keeps it; the old folder goes.
  std::ifstream open(folder / "a");
  const VolumeFiles second = {{"a", {"one", 0600}}, {"c", {"3", 0400}}};
  ASSERT_TRUE(show_files(folder.path(), second, ::getegid(), now));
  std::string old;
  open >> old;
  EXPECT_EQ(old, "1");
  EXPECT_EQ(text_of(folder / "a"), "one");
  EXPECT_EQ(visible(folder.path()), (std::set<std::string>{"a", "c"}));
  EXPECT_FALSE(fs::exists(folder.path() / data));
  EXPECT_EQ(mode_of(folder / "a"), 0640U);
  EXPECT_EQ(mode_of(folder / "c"), 0440U);
  EXPECT_NE(mode_of(folder.path()) & S_ISGID, 0U);

  // What was interrupted is taken up: a folder nobody points to, a link half-made.
  fs::create_directories(folder / "..2020_01_01_00_00_00.0/x");
  fs::create_symlink("nowhere", folder / "..data_tmp");
  ASSERT_TRUE(show_files(folder.path(), {}, std::nullopt, now));
  EXPECT_EQ(visible(folder.path()), std::set<std::string>());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 2);

  for (const char* path : {"../x", "..x", "/x", "a/../../x", "", "a//b"}) {
    EXPECT_FALSE(show_files(folder.path(), {{path, {"x"}}}, std::nullopt, now)) << path;
  }
}

TEST(VolumeOwnership, GoesToTheGroupWithoutFollowingLinks) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "volume/deep");
  std::ofstream(folder / "volume/deep/file") << "x";
  std::ofstream(folder / "outside") << "x";
  ::chmod((folder / "outside").c_str(), 0600);
  ::chmod((folder / "volume/deep/file").c_str(), 0604);
  ::chmod((folder / "volume").c_str(), 0700);
  fs::create_symlink("../outside", folder / "volume/link");
  ASSERT_EQ(::mkfifo((folder / "volume/fifo").c_str(), 0600), 0);
  ASSERT_TRUE(give_to_group(folder / "volume", ::getegid(), true));
  EXPECT_EQ(mode_of(folder / "volume"), 02770U);
  EXPECT_EQ(mode_of(folder / "volume/deep/file"), 0664U);
  EXPECT_EQ(mode_of(folder / "outside"), 0600U);
  // Done already, as its top says.
  ::chmod((folder / "volume/deep/file").c_str(), 0600);
  ASSERT_TRUE(give_to_group(folder / "volume", ::getegid(), true));
  EXPECT_EQ(mode_of(folder / "volume/deep/file"), 0600U);
  ASSERT_TRUE(give_to_group(folder / "volume", ::getegid(), false));
  EXPECT_EQ(mode_of(folder / "volume/deep/file"), 0660U);
}

TEST(VolumeFolders, AreRemovedWithoutLeavingTheirPlace) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "base/pv-1/data");
  fs::create_directories(folder / "outside/data");
  fs::create_symlink("../outside", folder / "base/link");
  fs::create_symlink("../../outside", folder / "base/pv-1/link");
  EXPECT_TRUE(remove_below(folder / "base", "pv-1"));
  EXPECT_FALSE(fs::exists(folder / "base/pv-1"));
  EXPECT_TRUE(remove_below(folder / "base", "pv-1"));
  EXPECT_TRUE(remove_below(folder / "base", "none/deeper"));
  for (const char* path : {"link/data", "../outside", "..", ".", "", "/outside"}) {
    EXPECT_FALSE(remove_below(folder / "base", path)) << path;
  }
  EXPECT_TRUE(fs::exists(folder / "outside/data"));
}

TEST(HostPaths, AreWhatTheirTypeSays) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "folder");
  std::ofstream(folder / "file") << "x";
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string name = (folder / "socket").string();
  ASSERT_LT(name.size(), sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::string base = folder.path().string() + "/";
  struct Case {
    std::string path, type, failure;
    bool single_file = false;
  };
  for (const Case& c : std::vector<Case>{
           {base + "folder", "", ""},
           {base + "file", "", "", true},
           {base + "folder", "Directory", ""},
           {base + "file", "Directory", "is not a directory"},
           {base + "none", "Directory", "is not a directory"},
           {base + "made/deep", "DirectoryOrCreate", ""},
           {base + "file", "DirectoryOrCreate", "is not a directory"},
           {base + "file", "File", "", true},
           {base + "folder", "File", "is not a file"},
           {base + "made-file", "FileOrCreate", "", true},
           {base + "socket", "Socket", "", true},
           {base + "file", "Socket", "is not a socket file"},
           {"/dev/null", "CharDevice", "", true},
           {base + "file", "CharDevice", "is not a character device"},
           {"/dev/null", "BlockDevice", "is not a block device"},
           {base + "absent", "", ""},
       }) {
    const auto opened =
        open_host_path({{"path", json::string(c.path)}, {"type", json::string(c.type)}});
    const std::string told = c.path + " " + c.type;
    if (!c.failure.empty()) {
      ASSERT_FALSE(opened) << told;
      EXPECT_EQ(opened.error().cause, "hostPath type check failed: " + c.path + " " + c.failure);
      continue;
    }
    ASSERT_TRUE(opened) << told << ": " << opened.error().message();
    EXPECT_EQ(opened->path, c.path);
    EXPECT_EQ(opened->single_file, c.single_file) << told;
  }
  EXPECT_EQ(mode_of(folder / "made/deep"), 0755U);
  EXPECT_EQ(mode_of(folder / "made-file"), 0644U);
  EXPECT_FALSE(open_host_path({{"path", "relative"}}));
}

class Volumes : public testing::Test {
 protected:
  Volumes() {
    content = *image::ContentStore::open(folder / "content");
    layers = *image::LayerStore::open({folder / "layers", "/proc/self/exe", cluster.logger()});
    images = *image::ImageStore::open(
        {folder / "images", *content, *layers, cluster.clock, cluster.logger()});
    open();
  }
  // As after a restart: nothing is remembered.
  void open() {
    volumes = std::make_unique<PodVolumes>(
        PodVolumes::Parts{.directory = folder / "pods",
                          .transport = cluster.as("system:node:node", {"system:nodes"}),
                          .images = *images,
                          .layers = *layers,
                          .node_name = "node",
                          .clock = cluster.clock,
                          .logger = cluster.logger(),
                          .mount_tmpfs =
                              [this](const Path& path, const std::string& options) {
                                memory[path.string()] = options;
                                return make_directories(path, 0755);
                              },
                          .mount_huge_pages =
                              [this](const Path& path, const std::string& options) {
                                memory[path.string()] = options;
                                return make_directories(path, 0755);
                              }});
  }

  // A pod on the node with these volumes (indented by two).
  api::ObjectPtr make_pod(const std::string& name, const std::string& list,
                          const std::string& spec = {}) {
    return cluster.create("apiVersion: v1\nkind: Pod\nmetadata: {name: " + name +
                          ", namespace: default, labels: {app: shop}}\nspec:\n  nodeName: node\n"
                          "  automountServiceAccountToken: false\n" +
                          spec + "  containers: [{name: c, image: x}]\n  volumes:\n" + list);
  }
  Result<MountedVolumes> mount(const api::ObjectPtr& pod) {
    auto mounted = std::async(std::launch::async, [&] { return volumes->mount(pod); });
    EXPECT_TRUE(cluster.until(
        [&] { return mounted.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    return mounted.get();
  }
  // Why the volume "v" cannot be mounted.
  std::string refusal(const api::ObjectPtr& pod) {
    const auto mounted = mount(pod);
    if (mounted) return "(mounted)";
    const std::string prefix = "MountVolume.SetUp failed for volume \"v\" : ";
    EXPECT_TRUE(mounted.error().cause.starts_with(prefix)) << mounted.error().cause;
    return mounted.error().cause.substr(std::min(prefix.size(), mounted.error().cause.size()));
  }

  test::TemporaryFolder folder;
  test::Cluster cluster;
  std::unique_ptr<image::ContentStore> content;
  std::unique_ptr<image::LayerStore> layers;
  std::unique_ptr<image::ImageStore> images;
  std::unique_ptr<PodVolumes> volumes;
  std::map<std::string, std::string> memory;  // options of each tmpfs
};

TEST_F(Volumes, FollowWhatTheyAreFilledFrom) {
  cluster.create(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
      "data: {color: blue, size: small}\nbinaryData: {raw: AAE=}\n");
  cluster.create(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\n"
      "data: {color: red}\n");
  cluster.create(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n"
      "stringData: {token: s3cret}\n");
  const auto pod = make_pod(
      "web",
      "  - {name: all, configMap: {name: settings}}\n"
      "  - {name: some, configMap: {name: settings, defaultMode: 0400,"
      " items: [{key: color, path: a/b}, {key: size, path: s, mode: 0600}]}}\n"
      "  - {name: fixed, configMap: {name: fixed}}\n"
      "  - {name: none, configMap: {name: none, optional: true}}\n"
      "  - {name: keys, secret: {secretName: keys, defaultMode: 0440}}\n"
      "  - {name: fields, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: "
      "metadata.labels}}, {path: cpu, resourceFieldRef: {containerName: c, resource: "
      "requests.cpu}}]}}\n"
      "  - {name: mixed, projected: {sources: [{configMap: {name: settings}}, {secret: {name: "
      "keys, items: [{key: token, path: key/token}]}}, {serviceAccountToken: {path: robot, "
      "expirationSeconds: 1000}}]}}\n");
  ASSERT_TRUE(pod);
  auto mounted = mount(pod);
  ASSERT_TRUE(mounted) << mounted.error().message();
  const auto at = [&](const char* volume, const char* path) {
    return text_of(mounted->at(volume).path / path);
  };
  const Path base = folder / "pods" / std::string(pod->uid()) / "volumes";
  EXPECT_EQ(mounted->at("all").path, base / "kubernetes.io~configmap/all");
  EXPECT_EQ(visible(mounted->at("all").path), (std::set<std::string>{"color", "raw", "size"}));
  EXPECT_EQ(at("all", "raw"), std::string("\0\1", 2));
  EXPECT_EQ(at("some", "a/b"), "blue");
  EXPECT_EQ(mode_of(mounted->at("some").path / "a/b"), 0400U);
  EXPECT_EQ(mode_of(mounted->at("some").path / "s"), 0600U);
  EXPECT_EQ(visible(mounted->at("some").path), (std::set<std::string>{"a", "s"}));
  EXPECT_EQ(visible(mounted->at("none").path), std::set<std::string>());
  EXPECT_EQ(at("keys", "token"), "s3cret");
  EXPECT_EQ(mode_of(mounted->at("keys").path / "token"), 0440U);
  EXPECT_EQ(at("fields", "labels"), "app=\"shop\"");
  EXPECT_EQ(at("fields", "cpu"), "0");
  EXPECT_EQ(at("mixed", "color"), "blue");
  EXPECT_EQ(at("mixed", "key/token"), "s3cret");
  const std::string token = at("mixed", "robot");
  EXPECT_EQ(std::ranges::count(token, '.'), 2) << token;
  for (const auto& [name, volume] : *mounted) EXPECT_TRUE(volume.read_only) << name;
  // What is secret is not on a disk.
  EXPECT_EQ(memory.size(), 3U);
  EXPECT_TRUE(memory.contains((base / "kubernetes.io~secret/keys").string()));
  EXPECT_TRUE(memory.contains((base / "kubernetes.io~projected/mixed").string()));

  const Path data = fs::read_symlink(mounted->at("all").path / "..data");
  ASSERT_TRUE(mount(pod));
  EXPECT_EQ(fs::read_symlink(mounted->at("all").path / "..data"), data);
  open();
  ASSERT_TRUE(mount(pod));
  EXPECT_EQ(fs::read_symlink(mounted->at("all").path / "..data"), data);

  cluster.patch("configmaps", "settings", "{data: {color: green}}");
  cluster.remove("configmaps", "fixed");
  const auto labelled = cluster.patch("pods", "web", "{metadata: {labels: {app: store}}}");
  cluster.executor.advance(std::chrono::seconds(700));
  mounted = mount(labelled);
  ASSERT_TRUE(mounted) << mounted.error().message();
  EXPECT_EQ(at("all", "color"), "green");
  EXPECT_EQ(at("some", "a/b"), "green");
  EXPECT_EQ(at("mixed", "color"), "green");
  EXPECT_EQ(at("fields", "labels"), "app=\"store\"");
  EXPECT_EQ(at("fixed", "color"), "red");
  const std::string second = at("mixed", "robot");
  cluster.executor.advance(std::chrono::seconds(90));
  ASSERT_TRUE(mount(labelled));
  EXPECT_EQ(at("mixed", "robot"), second);
  cluster.executor.advance(std::chrono::seconds(20));
  ASSERT_TRUE(mount(labelled));
  EXPECT_NE(at("mixed", "robot"), second);

  EXPECT_EQ(volumes->pods(), std::vector<std::string>{std::string(pod->uid())});
  ASSERT_TRUE(volumes->unmount(std::string(pod->uid())));
  EXPECT_TRUE(volumes->pods().empty());
  EXPECT_TRUE(volumes->unmount(std::string(pod->uid())));
  EXPECT_FALSE(volumes->unmount(".."));
}

TEST_F(Volumes, SayWhatTheyLack) {
  cluster.create("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n");
  cluster.create("apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {a: b}\n");
  int count = 0;
  const auto with = [&](const std::string& source) {
    return refusal(make_pod("p" + std::to_string(count++), "  - {name: v, " + source + "}\n"));
  };
  EXPECT_EQ(with("configMap: {name: none}"), "configmap \"none\" not found");
  EXPECT_EQ(with("secret: {secretName: none}"), "secret \"none\" not found");
  EXPECT_EQ(with("configMap: {name: settings, items: [{key: z, path: z}]}"),
            "configmap references non-existent config key: z");
  EXPECT_EQ(with("secret: {secretName: keys, items: [{key: z, path: z}]}"),
            "references non-existent secret key: z");
  EXPECT_EQ(with("projected: {sources: [{configMap: {name: none}}]}"),
            "configmap \"none\" not found");
  EXPECT_EQ(with("nfs: {server: far, path: /}"),
            "volumes of type nfs are not supported by this node");
  EXPECT_EQ(with("persistentVolumeClaim: {claimName: none}"),
            "persistentvolumeclaim \"none\" not found");
  EXPECT_EQ(with("image: {reference: none}"), "image \"none\" is not present");
}

TEST_F(Volumes, EmptyFoldersKeepWhatIsInThem) {
  const auto pod = make_pod("web",
                            "  - {name: disk, emptyDir: {}}\n"
                            "  - {name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}\n",
                            "  securityContext: {fsGroup: " + std::to_string(::getegid()) + "}\n");
  auto mounted = mount(pod);
  ASSERT_TRUE(mounted) << mounted.error().message();
  const Path disk = mounted->at("disk").path;
  EXPECT_EQ(mode_of(disk), 02777U);
  EXPECT_EQ(memory.at(mounted->at("memory").path.string()), "mode=0777,size=1048576");
  EXPECT_FALSE(mounted->at("disk").read_only);
  std::ofstream(disk / "file") << "kept";
  open();
  ASSERT_TRUE(mount(pod));
  EXPECT_EQ(text_of(disk / "file"), "kept");
}

TEST_F(Volumes, HugePagesAreThoseThatThePodAsksFor) {
  int count = 0;
  const auto make = [&](const std::string& medium, const std::string& requests) {
    const std::string resources = "{memory: 1Mi" + requests + "}";
    return cluster.create(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: huge-" + std::to_string(count++) +
        ", namespace: default}\nspec:\n  nodeName: node\n  automountServiceAccountToken: false\n"
        "  containers:\n  - {name: c, image: x, resources: {requests: " +
        resources + ", limits: " + resources +
        "}}\n  volumes: [{name: v, emptyDir: {medium: " + medium + "}}]\n");
  };
  const auto options = [&](const std::string& medium, const std::string& requests) {
    const auto mounted = mount(make(medium, requests));
    return mounted ? memory[mounted->at("v").path.string()] : mounted.error().cause;
  };
  EXPECT_EQ(options("HugePages", ", hugepages-2Mi: 4Mi"), "pagesize=2097152");
  EXPECT_EQ(options("HugePages-1Gi", ", hugepages-2Mi: 4Mi, hugepages-1Gi: 1Gi"),
            "pagesize=1073741824");
  EXPECT_THAT(options("HugePages", ", hugepages-2Mi: 4Mi, hugepages-1Gi: 1Gi"),
              HasSubstr("medium \"HugePages\" can't be used if container requests multiple huge "
                        "page sizes"));
  EXPECT_THAT(options("HugePages-1Gi", ", hugepages-2Mi: 4Mi"),
              HasSubstr("medium \"HugePages-1Gi\": hugePages storage requested, but there is no "
                        "resource request for huge pages"));
  for (const char* medium : {"Tape", "HugePages-lots", "HugePagesX2Mi"})
    EXPECT_THAT(options(medium, ""), HasSubstr("unknown storage medium")) << medium;
}

TEST_F(Volumes, ClaimsLeadToTheVolumesTheyAreBoundTo) {
  fs::create_directories(folder / "local");
  const auto volume = [&](const std::string& name, const std::string& source) {
    cluster.create("apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: " + name +
                   "}\nspec:\n  capacity: {storage: 1Gi}\n  accessModes: [ReadWriteOnce]\n  " +
                   source +
                   "\n  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, "
                   "operator: Exists}]}]}}\n");
  };
  const auto claim = [&](const std::string& name, const std::string& of) {
    const auto made = cluster.create(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " + name +
        "}\nspec: {accessModes: [ReadWriteOnce], storageClassName: \"\", volumeName: " + of +
        ", resources: {requests: {storage: 1Gi}}}\n");
    cluster.patch("persistentvolumes", of,
                  "{spec: {claimRef: {kind: PersistentVolumeClaim, namespace: default, name: " +
                      name + ", uid: " + std::string(made->uid()) + "}}}");
  };
  volume("pv-host",
         "hostPath: {path: " + (folder / "host").string() + ", type: DirectoryOrCreate}");
  volume("pv-local", "local: {path: " + (folder / "local").string() + "}");
  volume("pv-nfs", "nfs: {server: far, path: /}");
  claim("host", "pv-host");
  claim("local", "pv-local");
  claim("nfs", "pv-nfs");
  const auto of = [](const std::string& name) {
    return "  - {name: v, persistentVolumeClaim: {claimName: " + name + "}}\n";
  };
  const auto host = make_pod("host", of("host"));
  EXPECT_EQ(refusal(host), "error processing PVC default/host: PVC is not bound");
  for (const char* name : {"host", "local", "nfs"})
    cluster.patch("persistentvolumeclaims", name, "{status: {phase: Bound}}", "default", "status");

  auto mounted = mount(host);
  ASSERT_TRUE(mounted) << mounted.error().message();
  EXPECT_EQ(mounted->at("v").path, folder / "host");
  EXPECT_EQ(mode_of(folder / "host"), 0777U);

  const auto local = make_pod(
      "local", of("local"), "  securityContext: {fsGroup: " + std::to_string(::getegid()) + "}\n");
  mounted = mount(local);
  ASSERT_TRUE(mounted) << mounted.error().message();
  EXPECT_EQ(mounted->at("v").path, folder / "local");
  EXPECT_EQ(mode_of(folder / "local") & 02070, 02070U);
  // The group was given once; and what is in the volume outlives the pod.
  std::ofstream(folder / "local/file") << "kept";
  ::chmod((folder / "local").c_str(), 0755);
  ASSERT_TRUE(mount(local));
  EXPECT_EQ(mode_of(folder / "local"), 0755U);
  ASSERT_TRUE(volumes->unmount(std::string(local->uid())));
  EXPECT_EQ(text_of(folder / "local/file"), "kept");

  EXPECT_EQ(refusal(make_pod("nfs", of("nfs"))),
            "volume \"pv-nfs\" is of type nfs, which this node does not support");
  // A claim of somebody else where the pod's own should be.
  const auto ephemeral =
      make_pod("loc",
               "  - {name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: "
               "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}\n");
  EXPECT_EQ(refusal(ephemeral), "persistentvolumeclaim \"loc-v\" not found");
}

}  // namespace
}  // namespace cove::node
