#include "core/node/container_config.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/node/container_mounts.h"
#include "core/node/container_resources.h"
#include "core/node/environment.h"
#include "core/node/environment_fields.h"
#include "core/node/environment_files.h"
#include "tests/support/temporary_folder.h"

namespace cove::node {
namespace {

namespace json = boost::json;
using Map = std::map<std::string, std::string>;
using Texts = std::vector<std::string>;

api::ObjectPtr object(std::string_view yaml) {
  auto parsed = api::parse_yaml(yaml);
  if (!parsed || !parsed->value.is_object()) {
    ADD_FAILURE() << "no document: " << yaml;
    return api::Object::make({});
  }
  return api::Object::make(std::move(parsed->value.get_object()));
}

class FakeEnvironment final : public EnvironmentSource {
 public:
  std::map<std::string, Map> config_maps, secrets;
  std::vector<api::ObjectPtr> all_services;

  Result<Map> config_map(const std::string& space, const std::string& name) override {
    return find(config_maps, space + "/" + name);
  }
  Result<Map> secret(const std::string& space, const std::string& name) override {
    return find(secrets, space + "/" + name);
  }
  std::vector<api::ObjectPtr> services(const std::string&) override { return all_services; }

 private:
  static Result<Map> find(const std::map<std::string, Map>& all, const std::string& name) {
    const auto found = all.find(name);
    if (found == all.end()) return Error{ErrorCode::kNotFound, "read", name, "it is not there", {}};
    return found->second;
  }
};

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\n";
constexpr std::string_view kGroup = "root:x:0:\napp:x:1001:\nextra:x:1500:app\n";

class ContainerConfig : public testing::Test {
 protected:
  ContainerConfig() {
    std::filesystem::create_directories(layer / "etc");
    std::ofstream(layer / "etc/passwd") << kPasswd;
    std::ofstream(layer / "etc/group") << kGroup;
    sandbox.network_namespace = "/run/pod/net";
    sandbox.ipc_namespace = "/run/pod/ipc";
    sandbox.uts_namespace = "/run/pod/uts";
    sandbox.host_name = "web";
    sandbox.address = "10.244.0.5";
    sandbox.host_address = "192.0.2.10";
    sandbox.hosts_file = "/pods/1/etc-hosts";
    sandbox.resolver_file = "/pods/1/resolv.conf";
    sandbox.host_name_file = "/pods/1/hostname";
    sandbox.shared_memory = "/pods/1/shm";
    sandbox.cgroup = "kubepods/pod1";
    settings.memory_bytes = 8ULL << 30;
    settings.bind = [this](int fd, const Path& target) -> Result<void> {
      bound[target.string()] =
          std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).string();
      return {};
    };
  }

  // A pod whose spec is `spec` (indented by two) with one container "c" of `container` (by four).
  static api::ObjectPtr pod_of(const std::string& container, const std::string& spec = {}) {
    return object(
        "apiVersion: v1\nkind: Pod\n"
        "metadata: {name: web, namespace: default, uid: u-1, labels: {app: shop, tier: \"a\\\"b\"},"
        " annotations: {note: hello}}\n"
        "spec:\n  nodeName: node-1\n  serviceAccountName: robot\n" +
        spec + "  containers:\n  - name: c\n" + container);
  }

  StartResult<runtime::ContainerSpec> make(const api::ObjectPtr& pod) {
    const auto& container =
        api::array_at(pod->document(), {"spec", "containers"})->at(0).as_object();
    const ContainerInputs inputs{.pod = pod,
                                 .container = container,
                                 .id = "abc123",
                                 .restart = 2,
                                 .sandbox = sandbox,
                                 .volumes = volumes,
                                 .image = image,
                                 .layers = {layer},
                                 .log_file = "/logs/c/2.log",
                                 .termination_log = "/pods/1/c/log",
                                 .subpaths = folder / "subpaths"};
    return make_container(inputs, environment, settings);
  }
  StartResult<runtime::ContainerSpec> make(const std::string& container,
                                           const std::string& spec = {}) {
    return make(pod_of(container, spec));
  }
  // The message of a failure, or "" when there was none.
  std::string refusal(const std::string& container, const std::string& spec = {},
                      const std::string& reason = "CreateContainerConfigError") {
    const auto made = make(container, spec);
    if (made) return {};
    EXPECT_EQ(made.error().reason, reason);
    return made.error().message;
  }
  static Map environment_of(const runtime::ContainerSpec& spec) {
    Map out;
    for (const std::string& entry : spec.process.env) {
      const auto equals = entry.find('=');
      EXPECT_TRUE(out.emplace(entry.substr(0, equals), entry.substr(equals + 1)).second) << entry;
    }
    return out;
  }
  static const runtime::Bind* mount_at(const runtime::ContainerSpec& spec,
                                       std::string_view destination) {
    const auto found = std::ranges::find(spec.mounts, destination, &runtime::Bind::destination);
    return found == spec.mounts.end() ? nullptr : &*found;
  }

  test::TemporaryFolder folder;
  Path layer = folder / "layer";
  Sandbox sandbox;
  MountedVolumes volumes;
  image::Image image;
  FakeEnvironment environment;
  NodeSettings settings;
  Map bound;  // what was bound where
};

TEST_F(ContainerConfig, CommandAndArgumentsStandBeforeTheImages) {
  image.config.config.entrypoint = {"/entry"};
  image.config.config.cmd = {"serve", "--all"};
  struct Case {
    std::string container;
    Texts args;
  };
  for (const Case& c : std::vector<Case>{
           {"", {"/entry", "serve", "--all"}},
           {"    args: [x]\n", {"/entry", "x"}},
           {"    command: [/bin/sh, -c]\n", {"/bin/sh", "-c"}},
           {"    command: [/bin/sh, -c]\n    args: [x]\n", {"/bin/sh", "-c", "x"}},
           {"    command: [echo, $(A), $$(A), $(NONE), $A, \"$(A\", a$]\n"
            "    env: [{name: A, value: one}]\n",
            {"echo", "one", "$(A)", "$(NONE)", "$A", "$(A", "a$"}},
       }) {
    const auto spec = make(c.container);
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->process.args, c.args) << c.container;
  }
  image.config.config = {};
  EXPECT_EQ(refusal("", {}, "CreateContainerError"), "no command specified");
}

TEST_F(ContainerConfig, VariablesOfEverySource) {
  image.config.config.cmd = {"x"};
  image.config.config.env = {"PATH=/image", "LANG=C", "A=image"};
  environment.config_maps["default/settings"] = {{"color", "blue"}, {"a=b", "bad"}, {"A", "map"}};
  environment.secrets["default/keys"] = {{"token", "s3cret"}};
  const auto spec = make(
      "    tty: true\n"
      "    resources: {limits: {cpu: 1500m, memory: 64Mi}, requests: {cpu: 250m}}\n"
      "    envFrom:\n"
      "    - {configMapRef: {name: settings}}\n"
      "    - {prefix: S_, secretRef: {name: keys}}\n"
      "    - {configMapRef: {name: none, optional: true}}\n"
      "    env:\n"
      "    - {name: A, value: one}\n"
      "    - {name: B, value: $(A)-$(color)-$$(A)-$(LATER)}\n"
      "    - {name: LATER, value: x}\n"
      "    - {name: EMPTY}\n"
      "    - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: token}}}\n"
      "    - {name: ABSENT, valueFrom: {configMapKeyRef: {name: settings, key: z, optional: "
      "true}}}\n"
      "    - {name: ABSENT2, valueFrom: {secretKeyRef: {name: z, key: z, optional: true}}}\n"
      "    - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n"
      "    - {name: UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}\n"
      "    - {name: APP, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['app']\"}}}\n"
      "    - {name: NOTE, valueFrom: {fieldRef: {fieldPath: \"metadata.annotations['note']\"}}}\n"
      "    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}\n"
      "    - {name: ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}\n"
      "    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}\n"
      "    - {name: IPS, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}\n"
      "    - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}\n"
      "    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}\n"
      "    - {name: CPU_M, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}\n"
      "    - {name: MEM, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}\n"
      "    - {name: REQ, valueFrom: {resourceFieldRef: {resource: requests.memory}}}\n");
  ASSERT_TRUE(spec) << spec.error().message;
  const Map expected = {{"PATH", "/image"},
                        {"LANG", "C"},
                        {"HOSTNAME", "web"},
                        {"TERM", "xterm"},
                        {"HOME", "/root"},
                        {"A", "one"},
                        {"color", "blue"},
                        {"S_token", "s3cret"},
                        {"LATER", "x"},
                        {"EMPTY", ""},
                        {"KEY", "s3cret"},
                        {"POD", "web"},
                        {"UID", "u-1"},
                        {"APP", "shop"},
                        {"NOTE", "hello"},
                        {"NODE", "node-1"},
                        {"ACCOUNT", "robot"},
                        {"IP", "10.244.0.5"},
                        {"IPS", "10.244.0.5"},
                        {"HOST", "192.0.2.10"},
                        {"CPU", "2"},
                        {"CPU_M", "1500"},
                        {"MEM", "64"},
                        {"REQ", "0"},
                        {"B", "one-blue-$(A)-$(LATER)"}};
  EXPECT_EQ(environment_of(*spec), expected);
}

TEST_F(ContainerConfig, VariablesThatCannotBeFound) {
  image.config.config.cmd = {"x"};
  environment.config_maps["default/settings"] = {{"color", "blue"}};
  environment.secrets["default/keys"] = {};
  const auto variable = [&](const std::string& from) {
    return refusal("    env: [{name: A, valueFrom: {" + from + "}}]\n");
  };
  EXPECT_EQ(variable("configMapKeyRef: {name: settings, key: x}"),
            "couldn't find key x in ConfigMap default/settings");
  EXPECT_EQ(variable("secretKeyRef: {name: keys, key: x}"),
            "couldn't find key x in Secret default/keys");
  EXPECT_EQ(variable("configMapKeyRef: {name: why, key: x}"), "configmap \"why\" not found");
  EXPECT_EQ(variable("secretKeyRef: {name: why, key: x}"), "secret \"why\" not found");
  EXPECT_EQ(refusal("    envFrom: [{secretRef: {name: why}}]\n"), "secret \"why\" not found");
}

TEST_F(ContainerConfig, VariablesOfFiles) {
  constexpr std::string_view kText =
      "# a comment=x\n\nA = plain \nB='two\nlines' # after\nC=\"c\"\nno "
      "equals\nD=\nA=last\nE='open";
  const std::map<std::string, std::optional<std::string>> expected = {
      {"A", "last"},       {"B", "two\nlines"},        {"C", "c"}, {"D", ""}, {"E", "'open"},
      {"F", std::nullopt}, {"no equals", std::nullopt}};
  for (const auto& [key, value] : expected) EXPECT_EQ(variable_in(kText, key), value) << key;
  EXPECT_EQ(variable_in("A='x'", "A"), "x");
  EXPECT_EQ(variable_in("A=", "A"), "");

  image.config.config.cmd = {"x"};
  std::filesystem::create_directories(folder / "data");
  std::ofstream(folder / "data/env") << kText;
  std::ofstream(folder / "secret") << kText;
  std::filesystem::create_symlink("../secret", folder / "data/link");
  volumes["data"] = {folder / "data"};
  const auto with = [](const std::string& reference) {
    return "    env: [{name: V, valueFrom: {fileKeyRef: {" + reference + "}}}]\n";
  };
  const auto spec = make(with("volumeName: data, path: env, key: C"));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(environment_of(*spec).at("V"), "c");
  for (const char* path : {"env", "none"}) {
    const auto absent =
        make(with("volumeName: data, key: F, optional: true, path: " + std::string(path)));
    ASSERT_TRUE(absent) << absent.error().message;
    EXPECT_FALSE(environment_of(*absent).contains("V"));
  }
  EXPECT_EQ(refusal(with("volumeName: data, path: env, key: F")),
            "environment variable key \"F\" not found in file \"env\"");
  EXPECT_EQ(refusal(with("volumeName: none, path: env, key: F")),
            "cannot find the volume \"none\" referenced by FileKeyRef");
  EXPECT_NE(refusal(with("volumeName: data, path: link, key: C, optional: true")), "");
  EXPECT_NE(refusal(with("volumeName: data, path: none, key: C")), "");
}

TEST_F(ContainerConfig, VariablesOfServices) {
  image.config.config.cmd = {"x"};
  environment.all_services = {
      object("metadata: {name: kubernetes, namespace: default}\n"
             "spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443}]}\n"),
      object("metadata: {name: my-db, namespace: default}\n"
             "spec: {clusterIP: 10.96.0.7, ports: [{port: 53, protocol: UDP},"
             " {name: admin-ui, port: 80}]}\n"),
      object("metadata: {name: far, namespace: other}\n"
             "spec: {clusterIP: 10.96.0.8, ports: [{port: 1}]}\n"),
      object("metadata: {name: headless, namespace: default}\n"
             "spec: {clusterIP: None, ports: [{port: 1}]}\n")};
  const Map api = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                   {"KUBERNETES_SERVICE_PORT", "443"},
                   {"KUBERNETES_SERVICE_PORT_HTTPS", "443"},
                   {"KUBERNETES_PORT", "tcp://10.96.0.1:443"},
                   {"KUBERNETES_PORT_443_TCP", "tcp://10.96.0.1:443"},
                   {"KUBERNETES_PORT_443_TCP_PROTO", "tcp"},
                   {"KUBERNETES_PORT_443_TCP_PORT", "443"},
                   {"KUBERNETES_PORT_443_TCP_ADDR", "10.96.0.1"}};
  const Map own = {{"MY_DB_SERVICE_HOST", "10.96.0.7"},
                   {"MY_DB_SERVICE_PORT", "53"},
                   {"MY_DB_SERVICE_PORT_ADMIN_UI", "80"},
                   {"MY_DB_PORT", "udp://10.96.0.7:53"},
                   {"MY_DB_PORT_53_UDP", "udp://10.96.0.7:53"},
                   {"MY_DB_PORT_53_UDP_PROTO", "udp"},
                   {"MY_DB_PORT_53_UDP_PORT", "53"},
                   {"MY_DB_PORT_53_UDP_ADDR", "10.96.0.7"},
                   {"MY_DB_PORT_80_TCP", "tcp://10.96.0.7:80"},
                   {"MY_DB_PORT_80_TCP_PROTO", "tcp"},
                   {"MY_DB_PORT_80_TCP_PORT", "80"},
                   {"MY_DB_PORT_80_TCP_ADDR", "10.96.0.7"}};
  const Map base = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                    {"HOSTNAME", "web"},
                    {"HOME", "/root"}};
  Map with = base;
  with.insert(api.begin(), api.end());
  const auto without_links = make("", "  enableServiceLinks: false\n");
  ASSERT_TRUE(without_links);
  EXPECT_EQ(environment_of(*without_links), with);
  with.insert(own.begin(), own.end());
  with["MY_DB_PORT"] = "mine";
  const auto linked = make("    env: [{name: MY_DB_PORT, value: mine}]\n");
  ASSERT_TRUE(linked);
  EXPECT_EQ(environment_of(*linked), with);
}

TEST_F(ContainerConfig, UsersAndGroups) {
  struct Case {
    std::string image_user, pod, container;
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::uint32_t> groups = {};
    std::string home = "/root";
  };
  image.config.config.cmd = {"x"};
  for (const Case& c : std::vector<Case>{
           {"", "", "", 0, 0, {0}, "/root"},
           {"app", "", "", 1000, 1001, {1001, 1500}, "/home/app"},
           {"app", "", "runAsUser: 0", 0, 0, {0}, "/root"},
           {"", "runAsUser: 1000", "", 1000, 1001, {1001, 1500}, "/home/app"},
           {"", "runAsUser: 1000", "runAsUser: 4000", 4000, 0, {0}, "/"},
           {"", "runAsUser: 1000, runAsGroup: 2000", "", 1000, 2000, {2000, 1500}, "/home/app"},
           {"",
            "runAsUser: 1000, fsGroup: 3000, supplementalGroups: [4000, 1500]",
            "",
            1000,
            1001,
            {1001, 1500, 4000, 3000},
            "/home/app"},
           {"",
            "runAsUser: 1000, fsGroup: 3000, supplementalGroupsPolicy: Strict",
            "",
            1000,
            1001,
            {1001, 3000},
            "/home/app"},
       }) {
    image.config.config.user = c.image_user;
    const auto spec = make("    securityContext: {" + c.container + "}\n",
                           "  securityContext: {" + c.pod + "}\n");
    ASSERT_TRUE(spec) << spec.error().message;
    const auto told = c.pod + " / " + c.container;
    EXPECT_EQ(spec->process.uid, c.uid) << told;
    EXPECT_EQ(spec->process.gid, c.gid) << told;
    EXPECT_EQ(spec->process.groups, c.groups) << told;
    EXPECT_EQ(environment_of(*spec).at("HOME"), c.home) << told;
  }
  image.config.config.user = "nobody-there";
  EXPECT_EQ(refusal("", {}, "CreateContainerError"),
            "unable to find user nobody-there: no matching entries in passwd file");
}

TEST_F(ContainerConfig, NotAsRoot) {
  const std::string pod = "  securityContext: {runAsNonRoot: true}\n";
  const std::string where = " (pod: \"web_default(u-1)\", container: c)";
  image.config.config.cmd = {"x"};
  EXPECT_EQ(refusal("", pod), "container has runAsNonRoot and image will run as root" + where);
  EXPECT_EQ(refusal("    securityContext: {runAsUser: 0}\n", pod),
            "container's runAsUser breaks non-root policy" + where);
  EXPECT_EQ(refusal("    securityContext: {runAsUser: 7}\n", pod), "");
  EXPECT_EQ(refusal("    securityContext: {runAsNonRoot: false}\n", pod), "");
  image.config.config.user = "app";
  EXPECT_EQ(refusal("", pod),
            "container has runAsNonRoot and image has non-numeric user (app), cannot verify user "
            "is non-root" +
                where);
  image.config.config.user = "00:5";
  EXPECT_EQ(refusal("", pod), "container has runAsNonRoot and image will run as root" + where);
  image.config.config.user = "1000:5";
  EXPECT_EQ(refusal("", pod), "");
}

TEST_F(ContainerConfig, SecurityContext) {
  image.config.config.cmd = {"x"};
  const auto plain = make("");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->security.capabilities, runtime::default_capabilities());
  EXPECT_EQ(plain->security.seccomp, runtime::SeccompMode::kUnconfined);
  EXPECT_EQ(plain->security.masked_paths, runtime::default_masked_paths());
  EXPECT_FALSE(plain->security.no_new_privileges);
  EXPECT_FALSE(plain->root.read_only);

  const auto tight = make(
      "    securityContext:\n"
      "      capabilities: {drop: [ALL], add: [NET_BIND_SERVICE, CAP_CHOWN]}\n"
      "      allowPrivilegeEscalation: false\n"
      "      readOnlyRootFilesystem: true\n"
      "      procMount: Unmasked\n",
      "  securityContext: {seccompProfile: {type: RuntimeDefault},"
      " sysctls: [{name: net.ipv4.tcp_syncookies, value: \"1\"},"
      " {name: net/ipv4/ping_group_range, value: 0 1}]}\n");
  ASSERT_TRUE(tight);
  EXPECT_EQ(tight->security.capabilities, (Texts{"CAP_NET_BIND_SERVICE", "CAP_CHOWN"}));
  EXPECT_TRUE(tight->security.no_new_privileges);
  EXPECT_TRUE(tight->root.read_only);
  EXPECT_TRUE(tight->security.masked_paths.empty());
  EXPECT_EQ(tight->security.seccomp, runtime::SeccompMode::kDefault);
  EXPECT_EQ(tight->sysctls, (Map{{"net.ipv4.tcp_syncookies", "1"},
                                 {"net.ipv4.ping_group_range", "0 1"},
                                 {"net.ipv4.ip_unprivileged_port_start", "0"}}));
  EXPECT_EQ(mount_at(*tight, "/etc/hosts")->options, (Texts{"rbind", "ro", "rprivate"}));

  const auto less = make("    securityContext: {capabilities: {drop: [CHOWN], add: [SYS_TIME]}}\n");
  ASSERT_TRUE(less);
  const auto has = [&](const char* name) {
    return std::ranges::count(less->security.capabilities, name) == 1;
  };
  EXPECT_TRUE(has("CAP_SYS_TIME") && has("CAP_KILL") && !has("CAP_CHOWN"));

  const auto mighty = make("    securityContext: {privileged: true}\n",
                           "  securityContext: {seccompProfile: {type: RuntimeDefault}}\n");
  ASSERT_TRUE(mighty);
  EXPECT_TRUE(mighty->security.privileged);
  EXPECT_TRUE(mighty->security.masked_paths.empty());
  EXPECT_EQ(mighty->security.seccomp, runtime::SeccompMode::kUnconfined);
  EXPECT_EQ(mighty->namespaces.cgroup.from, runtime::Namespace::From::kHost);
}

TEST_F(ContainerConfig, ProfilesOfTheNode) {
  image.config.config.cmd = {"x"};
  std::filesystem::create_directories(folder / "profiles/p");
  std::ofstream(folder / "profiles/p/own.json") << "{}";
  std::ofstream(folder / "secret.json") << "{}";
  std::filesystem::create_symlink(folder / "secret.json", folder / "profiles/link.json");
  settings.seccomp_profiles = folder / "profiles";
  const auto with = [](const std::string& name) {
    return "    securityContext: {seccompProfile: {type: Localhost, localhostProfile: " + name +
           "}}\n";
  };
  const auto spec = make(with("p/own.json"));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->security.seccomp, runtime::SeccompMode::kProfile);
  EXPECT_EQ(spec->security.seccomp_profile, "{}");
  for (const char* name : {"none.json", "link.json", "../secret.json"}) {
    EXPECT_NE(refusal(with(name), {}, "CreateContainerError"), "") << name;
  }
}

TEST_F(ContainerConfig, KernelParametersThatTheNodeRefuses) {
  const auto with = [](const std::string& name, const std::string& more = {}) {
    return forbidden_sysctl(
        *pod_of("", more + "  securityContext: {sysctls: [{name: " + name + ", value: \"1\"}]}\n"));
  };
  EXPECT_EQ(with("net.ipv4.tcp_syncookies"), std::nullopt);
  EXPECT_EQ(with("kernel.msgmax"), "forbidden sysctl: \"kernel.msgmax\" not allowlisted");
  EXPECT_EQ(with("net.ipv4.tcp_syncookies", "  hostNetwork: true\n"),
            "forbidden sysctl: \"net.ipv4.tcp_syncookies\" not allowed with host net enabled");
  EXPECT_EQ(with("kernel.shm_rmid_forced", "  hostIPC: true\n"),
            "forbidden sysctl: \"kernel.shm_rmid_forced\" not allowed with host ipc enabled");
}

TEST_F(ContainerConfig, NamespacesOfTheSandbox) {
  using From = runtime::Namespace::From;
  image.config.config.cmd = {"x"};
  const auto own = make("");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->namespaces.network.path, "/run/pod/net");
  EXPECT_EQ(own->namespaces.ipc.path, "/run/pod/ipc");
  EXPECT_EQ(own->namespaces.uts.path, "/run/pod/uts");
  EXPECT_EQ(own->namespaces.pid.from, From::kNew);
  EXPECT_EQ(own->cgroup_parent, "kubepods/pod1");
  EXPECT_EQ(own->log.file, "/logs/c/2.log");
  EXPECT_EQ(own->annotations.at("io.kubernetes.container.restartCount"), "2");

  sandbox = {};
  const auto host = make("", "  hostNetwork: true\n  hostPID: true\n  hostIPC: true\n");
  ASSERT_TRUE(host);
  for (const auto* space : {&host->namespaces.network, &host->namespaces.ipc, &host->namespaces.uts,
                            &host->namespaces.pid}) {
    EXPECT_EQ(space->from, From::kHost);
  }
  EXPECT_TRUE(host->sysctls.empty());
  sandbox.pid_namespace = "/proc/9/ns/pid";
  const auto shared = make("");
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->namespaces.pid.path, "/proc/9/ns/pid");
  EXPECT_EQ(shared->namespaces.ipc.from, From::kNew);
}

TEST_F(ContainerConfig, Mounts) {
  image.config.config.cmd = {"x"};
  volumes["data"] = {folder / "data"};
  volumes["image"] = {folder / "image", true};
  const auto spec = make(
      "    terminationMessagePath: /tmp/end\n"
      "    workingDir: /srv/app/\n"
      "    volumeMounts:\n"
      "    - {name: data, mountPath: /data/}\n"
      "    - {name: data, mountPath: relative, readOnly: true, recursiveReadOnly: IfPossible}\n"
      "    - {name: data, mountPath: /slave, mountPropagation: HostToContainer}\n"
      "    - {name: data, mountPath: /shared, mountPropagation: Bidirectional}\n"
      "    - {name: data, mountPath: /etc/hosts}\n"
      "    - {name: image, mountPath: /image}\n");
  ASSERT_TRUE(spec) << spec.error().message;
  const auto check = [&](const char* destination, const std::string& source, const Texts& options) {
    const auto* const mount = mount_at(*spec, destination);
    ASSERT_NE(mount, nullptr) << destination;
    EXPECT_EQ(mount->source, source);
    EXPECT_EQ(mount->options, options) << destination;
  };
  const std::string data = (folder / "data").string();
  check("/data", data, {"rbind", "rw", "rprivate"});
  check("/relative", data, {"rbind", "rro", "rprivate"});
  check("/slave", data, {"rbind", "rw", "rslave"});
  check("/shared", data, {"rbind", "rw", "rshared"});
  check("/image", (folder / "image").string(), {"rbind", "ro", "rprivate"});
  check("/etc/hosts", data, {"rbind", "rw", "rprivate"});
  check("/etc/hostname", "/pods/1/hostname", {"rbind", "rw", "rprivate"});
  check("/etc/resolv.conf", "/pods/1/resolv.conf", {"rbind", "rw", "rprivate"});
  check("/dev/shm", "/pods/1/shm", {"rbind", "rw", "rprivate"});
  check("/tmp/end", "/pods/1/c/log", {"rbind", "rw", "rprivate"});
  EXPECT_EQ(spec->mounts.size(), 10U);
  EXPECT_EQ(spec->process.working_dir, "/srv/app");
  EXPECT_EQ(refusal("    volumeMounts: [{name: nothing, mountPath: /x}]\n"),
            "cannot find volume \"nothing\" to mount into container \"c\"");
}

TEST_F(ContainerConfig, PathsInVolumesStayInThem) {
  namespace fs = std::filesystem;
  image.config.config.cmd = {"x"};
  volumes["data"] = {folder / "data"};
  fs::create_directories(folder / "data/real");
  fs::create_directories(folder / "outside");
  ::chmod((folder / "data").c_str(), 02775);
  std::ofstream(folder / "data/real/file") << "x";
  fs::create_symlink("real", folder / "data/link");
  fs::create_symlink("../outside", folder / "data/escape");
  fs::create_symlink(folder / "outside", folder / "data/absolute");
  const auto with = [](const std::string& path) {
    return "    env: [{name: NEW, value: new}]\n"
           "    volumeMounts: [{name: data, mountPath: /m, " +
           path + "}]\n";
  };
  struct Case {
    std::string path, inside;
  };
  for (const Case& c : std::vector<Case>{{"subPath: real", "real"},
                                         {"subPath: link/file", "real/file"},
                                         {"subPath: fresh/deep", "fresh/deep"},
                                         {"subPathExpr: $(NEW)/x", "new/x"}}) {
    bound.clear();
    const auto spec = make(with(c.path));
    ASSERT_TRUE(spec) << c.path << ": " << spec.error().message;
    const std::string target = (folder / "subpaths/data/c/0").string();
    EXPECT_EQ(mount_at(*spec, "/m")->source, target);
    EXPECT_EQ(bound[target], (folder / "data" / c.inside).string()) << c.path;
  }
  struct stat made {};
  ASSERT_EQ(::stat((folder / "data/fresh/deep").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 02775U);

  const std::string unprepared =
      "failed to prepare subPath for volumeMount \"data\" of container \"c\"";
  for (const char* path : {"escape", "escape/new", "absolute", "absolute/new"}) {
    EXPECT_EQ(refusal(with(std::string("subPath: ") + path)), unprepared) << path;
  }
  EXPECT_EQ(refusal(with("subPath: real/file/below")), unprepared);
  EXPECT_TRUE(fs::is_empty(folder / "outside"));
  EXPECT_EQ(refusal(with("subPath: a/../..")),
            "unable to provision SubPath `a/../..`: must not contain '..'");
  EXPECT_EQ(refusal(with("subPath: /a")), "error SubPath `/a` must not be an absolute path");
  EXPECT_EQ(refusal(with("subPathExpr: $(NONE)")), "missing value for \"NONE\"");
}

TEST_F(ContainerConfig, LimitsOfContainers) {
  struct Case {
    std::string resources;
    std::uint64_t shares = 2;
    std::int64_t quota = 0;   // 0: none
    std::int64_t memory = 0;  // 0: none
    int score = 1000;
  };
  constexpr std::int64_t kMi = 1 << 20;
  image.config.config.cmd = {"x"};
  for (const Case& c : std::vector<Case>{
           {"", 2, 0, 0, 1000},
           {"requests: {cpu: 250m, memory: 2Gi}", 256, 0, 0, 750},
           {"requests: {cpu: 250m}, limits: {cpu: 500m}", 256, 50'000, 0, 999},
           {"limits: {cpu: 1m}, requests: {memory: 8Gi}", 2, 1000, 0, 3},
           {"limits: {cpu: 2000m, memory: 64Mi}, requests: {cpu: 2000m, memory: 64Mi}", 2048,
            200'000, 64 * kMi, -997},
           {"requests: {cpu: 1000000000m}", 262'144, 0, 0, 999},
           {"limits: {memory: 1Gi}, requests: {memory: 1Gi}", 2, 0, 1024 * kMi, 875},
       }) {
    const auto spec = make("    resources: {" + c.resources + "}\n");
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->resources.cpu_shares, c.shares) << c.resources;
    EXPECT_EQ(spec->resources.cpu_quota_us.value_or(0), c.quota) << c.resources;
    EXPECT_EQ(spec->resources.memory_bytes.value_or(0), c.memory) << c.resources;
    EXPECT_EQ(spec->resources.memory_swap_bytes, spec->resources.memory_bytes);
    EXPECT_EQ(spec->process.oom_score_adj, c.score) << c.resources;
  }
  const auto huge = make("    resources: {limits: {hugepages-2Mi: 4Mi, hugepages-1Gi: 1Gi}}\n");
  ASSERT_TRUE(huge);
  EXPECT_EQ(huge->resources.huge_pages,
            (std::map<std::string, std::uint64_t>{{"2MB", 4 << 20}, {"1GB", 1 << 30}}));
  const auto critical = make("", "  priority: 2000000000\n");
  ASSERT_TRUE(critical);
  EXPECT_EQ(critical->process.oom_score_adj, -997);
  // The pod's limit is that of a container without one.
  const auto whole = make("    resources: {requests: {memory: 1Gi}}\n",
                          "  resources: {limits: {memory: 4Gi}, requests: {memory: 2Gi}}\n");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->resources.memory_bytes, 4096 * kMi);
  EXPECT_EQ(whole->process.oom_score_adj, 750);
}

TEST_F(ContainerConfig, GroupsAndLimitsOfPods) {
  struct Case {
    std::string resources, spec;
    std::string qos, group;
    std::uint64_t shares = 2;
    std::int64_t quota = 0, memory = 0;
  };
  constexpr std::int64_t kMi = 1 << 20;
  for (const Case& c : std::vector<Case>{
           {"", "", "BestEffort", "kubepods/besteffort/podu-1"},
           {"requests: {cpu: 100m}", "", "Burstable", "kubepods/burstable/podu-1", 102},
           {"limits: {cpu: 1000m, memory: 1Mi}, requests: {cpu: 1000m, memory: 1Mi}", "",
            "Guaranteed", "kubepods/podu-1", 1024, 100'000, kMi},
           // One init container without limits, another that asks for more than the others.
           {"limits: {cpu: 1000m, memory: 1Mi}",
            "  initContainers: [{name: i, resources: {requests: {cpu: 3000m}}}]\n", "Burstable",
            "kubepods/burstable/podu-1", 3072},
           {"requests: {cpu: 1000m}, limits: {cpu: 1000m}",
            "  initContainers: [{name: i, restartPolicy: Always, resources: {requests: {cpu: "
            "1000m},"
            " limits: {cpu: 2000m}}}]\n",
            "Burstable", "kubepods/burstable/podu-1", 2048, 300'000},
           {"",
            "  resources: {limits: {cpu: 2000m, memory: 4Mi}, requests: {cpu: 2000m, memory: "
            "4Mi}}\n",
            "Guaranteed", "kubepods/podu-1", 2048, 200'000, 4 * kMi},
       }) {
    const auto pod = pod_of("    resources: {" + c.resources + "}\n", c.spec);
    EXPECT_EQ(qos_class(*pod), c.qos) << c.resources;
    EXPECT_EQ(pod_cgroup(*pod, "kubepods"), c.group);
    const auto limits = pod_limits(*pod);
    EXPECT_EQ(limits.cpu_shares, c.shares) << c.resources << c.spec;
    EXPECT_EQ(limits.cpu_quota_us.value_or(0), c.quota) << c.resources << c.spec;
    EXPECT_EQ(limits.memory_bytes.value_or(0), c.memory) << c.resources << c.spec;
  }
}

TEST_F(ContainerConfig, FieldsForFiles) {
  const auto pod = pod_of("");
  EXPECT_EQ(field_value(*pod, "metadata.labels").value(), "app=\"shop\"\ntier=\"a\\\"b\"");
  EXPECT_EQ(field_value(*pod, "metadata.labels['none']").value(), "");
  EXPECT_EQ(field_value(*pod, "spec.containers").error().cause,
            "unsupported fieldPath: spec.containers");
  const auto reference = object("{resource: limits.memory, containerName: c}");
  const api::Amounts node = {{"memory", api::Quantity::of(4096)}};
  EXPECT_EQ(resource_value(*pod, nullptr, reference->document(), node).value(), "4096");
  EXPECT_GT(std::stoll(resource_value(*pod, nullptr, reference->document(), {}).value()), 4096);
}

}  // namespace
}  // namespace cove::node
