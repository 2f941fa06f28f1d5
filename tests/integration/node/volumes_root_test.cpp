// Volumes, security contexts, probes and hooks as containers see them.
#include <gmock/gmock.h>

#include <fstream>

#include "core/base/strings.h"
#include "tests/integration/node/fixture.h"

namespace cove::node::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class PodVolumesOfNode : public NodeTest {
 protected:
  // "name value" lines that a container has printed, once it has said "done".
  std::map<std::string, std::string> told_by(const std::string& name,
                                             const std::string& container) {
    EXPECT_TRUE(cove::test::eventually([&] {
      return log(name, container).find("done\n") != std::string::npos;
    })) << log(name, container)
        << ::testing::PrintToString(events(name));
    std::map<std::string, std::string> out;
    for (const std::string& line : split(log(name, container), '\n')) {
      const auto space = line.find(' ');
      if (space != std::string::npos) out[line.substr(0, space)] = line.substr(space + 1);
    }
    return out;
  }
};

// Long before volumes are read again anyway.
TEST_F(PodVolumesOfNode, ShowWhatChangesAtOnce) {
  create("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: blue}\n");
  create("apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {token: old}\n");
  create_pod("reader", R"yaml(
terminationGracePeriodSeconds: 1
volumes:
- {name: settings, configMap: {name: settings}}
- {name: late, configMap: {name: late, optional: true}}
- name: all
  projected: {sources: [{secret: {name: keys}}, {configMap: {name: settings}}]}
containers:
- name: c
  image: busybox:1
  volumeMounts:
  - {name: settings, mountPath: /settings}
  - {name: late, mountPath: /late}
  - {name: all, mountPath: /all}
  command:
  - sh
  - -c
  - |
    said=
    while true; do
      now="$(cat /settings/color) $(cat /all/color) $(cat /all/token) $(cat /late/word 2>/dev/null)"
      test "$now" = "$said" || echo "$now"
      said=$now
      sleep 0.05
    done
)yaml");
  ASSERT_TRUE(until_ready("reader"));
  const auto says = [&](const std::string& line) {
    return cove::test::eventually(
        [&] { return log("reader", "c").find(line + "\n") != std::string::npos; },
        std::chrono::seconds(15));
  };
  ASSERT_TRUE(says("blue blue old ")) << log("reader", "c");
  const auto change = [&](const char* plural, const char* name, json::object patch) {
    const client::ResourceClient all(*admin_, {"", "v1", plural}, "default");
    const auto changed = wait([&](auto done) {
      return all.patch(name, client::PatchType::kMerge, patch, {}, std::move(done));
    });
    ASSERT_TRUE(changed) << changed.error().message;
  };
  change("configmaps", "settings", {{"data", {{"color", "red"}}}});
  ASSERT_TRUE(says("red red old ")) << log("reader", "c");
  change("secrets", "keys", {{"stringData", {{"token", "new"}}}});
  ASSERT_TRUE(says("red red new ")) << log("reader", "c");
  create("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: late}\ndata: {word: here}\n");
  ASSERT_TRUE(says("red red new here")) << log("reader", "c");
  // Two changes, the second while the first is being written: the last one is what stays.
  change("configmaps", "settings", {{"data", {{"color", "green"}}}});
  change("configmaps", "settings", {{"data", {{"color", "black"}}}});
  ASSERT_TRUE(says("black black new here")) << log("reader", "c");
  remove("reader");
  ASSERT_TRUE(until_gone("reader"));
  expect_clean();
}

TEST_F(PodVolumesOfNode, AreThereAsTheSpecSays) {
  create("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: blue}\n");
  create("apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {token: s3cret}\n");
  const Path shared = host_->folder() / "shared";
  std::filesystem::create_directories(shared);
  std::ofstream(shared / "file") << "outside";
  create_pod("web", R"yaml(
securityContext: {runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000, sysctls: [{name: net.ipv4.tcp_syncookies, value: "0"}]}
restartPolicy: Never
volumes:
- {name: disk, emptyDir: {}}
- {name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
- {name: settings, configMap: {name: settings}}
- {name: keys, secret: {secretName: keys, defaultMode: 0400}}
- {name: image, image: {reference: "busybox:1", pullPolicy: IfNotPresent}}
- {name: host, hostPath: {path: )yaml" +
                        shared.string() + R"yaml(, type: Directory}}
containers:
- name: c
  image: "busybox:1"
  imagePullPolicy: IfNotPresent
  workingDir: /made/for/this
  securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
  volumeMounts:
  - {name: disk, mountPath: /disk}
  - {name: disk, mountPath: /part, subPath: deep/part}
  - {name: memory, mountPath: /memory}
  - {name: settings, mountPath: /etc/color, subPath: color}
  - {name: keys, mountPath: /keys}
  - {name: image, mountPath: /image}
  - {name: host, mountPath: /host, subPathExpr: "$(WHERE)"}
  - {name: host, mountPath: /fixed, readOnly: true, recursiveReadOnly: IfPossible}
  env: [{name: WHERE, value: new}]
  command: [sh, -c, "
    echo user $(id -u) $(id -G);
    echo folder $(pwd);
    echo disk $(stat -c '%a %g' /disk);
    echo hello > /part/file; echo part $(cat /disk/deep/part/file) $(stat -c %g /disk/deep/part/file);
    echo memory $(stat -f -c %T /memory) $(df -k /memory | tail -1 | tr -s ' ' | cut -d' ' -f2);
    echo keys $(stat -f -c %T /keys) $(cat /keys/token) $(stat -L -c '%a %g' /keys/token);
    echo color $(cat /etc/color);
    echo image $(test -f /image/bin/busybox && echo there);
    touch /image/x /keys/x /fixed/x 2>/dev/null || true; echo written [$(ls /image/x /keys/x /fixed/x 2>/dev/null)];
    echo fixed $(cat /fixed/file);
    echo privileges $(grep NoNewPrivs /proc/self/status | cut -f2) $(grep CapBnd /proc/self/status | cut -f2);
    echo kernel $(cat /proc/sys/net/ipv4/tcp_syncookies /proc/sys/net/ipv4/ip_unprivileged_port_start);
    echo done"]
)yaml");
  const auto told = told_by("web", "c");
  const std::map<std::string, std::string> expected = {{"user", "1000 2000 33 3000"},
                                                       {"folder", "/made/for/this"},
                                                       {"disk", "2777 3000"},
                                                       {"part", "hello 3000"},
                                                       {"memory", "tmpfs 1024"},
                                                       {"keys", "tmpfs s3cret 440 3000"},
                                                       {"color", "blue"},
                                                       {"image", "there"},
                                                       {"kernel", "0 0"},
                                                       {"written", "[]"},
                                                       {"fixed", "outside"},
                                                       {"privileges", "1 0000000000000000"}};
  EXPECT_EQ(told, expected);
  EXPECT_TRUE(std::filesystem::is_directory(shared / "new"));
  // Another process ends what this one has mounted.
  close();
  open();
  remove("web");
  ASSERT_TRUE(until_gone("web"));
  expect_clean();
  EXPECT_TRUE(std::filesystem::exists(shared / "file"));
}

TEST_F(PodVolumesOfNode, ProbesAndHooksRunInContainers) {
  const Path shared = host_->folder() / "shared";
  std::filesystem::create_directories(shared);
  create_pod("web", R"(
terminationGracePeriodSeconds: 20
volumes: [{name: host, hostPath: {path: )" +
                        shared.string() + R"(}}]
containers:
- name: c
  image: "busybox:1"
  imagePullPolicy: IfNotPresent
  env: [{name: WORD, value: hello}]
  volumeMounts: [{name: host, mountPath: /host}]
  command: [sh, -c, "mkdir /www; echo ok > /www/index.html; httpd -p 8080 -h /www; trap 'exit 0' TERM; while true; do sleep 0.1; done"]
  ports: [{name: web, containerPort: 8080}]
  lifecycle:
    postStart: {exec: {command: [sh, -c, "echo $WORD > /host/began"]}}
    preStop: {exec: {command: [sh, -c, "echo bye > /host/ended"]}}
  startupProbe: {httpGet: {port: web, path: /}, periodSeconds: 1, failureThreshold: 30}
  readinessProbe: {exec: {command: [cat, /host/ready]}, periodSeconds: 1}
- name: slow
  image: "busybox:1"
  imagePullPolicy: IfNotPresent
  command: [sleep, "1000"]
  readinessProbe: {exec: {command: [sleep, "100"]}, periodSeconds: 1, timeoutSeconds: 1}
)");
  ASSERT_TRUE(cove::test::eventually([&] {
    return ::testing::Value(events("web"),
                            Contains("Warning Unhealthy: Readiness probe failed: cat: can't open "
                                     "'/host/ready': No such file or directory\n"));
  })) << ::testing::PrintToString(events("web"));
  ASSERT_TRUE(cove::test::eventually([&] {
    return ::testing::Value(
        events("web"),
        Contains("Warning Unhealthy: Readiness probe failed: command \"sleep 100\" timed out"));
  })) << ::testing::PrintToString(events("web"));
  std::ofstream(shared / "ready") << "yes";
  EXPECT_TRUE(until(
      "web", [&](const api::Object& pod) { return api::flag_at(status_of(pod, "c"), {"ready"}); }));
  EXPECT_FALSE(api::flag_at(status_of(*pod("web"), "slow"), {"ready"}));
  const auto text = [&](const char* name) {
    const auto read = read_file(shared / name, 100);
    return read ? *read : std::string();
  };
  EXPECT_EQ(text("began"), "hello\n");
  remove("web", 5);
  ASSERT_TRUE(until_gone("web"));
  EXPECT_EQ(text("ended"), "bye\n");
  expect_clean();
}

}  // namespace
}  // namespace cove::node::test
