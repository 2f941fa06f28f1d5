#include "core/node/references.h"

#include <gmock/gmock.h>

#include "tests/support/cluster.h"

namespace cove::node {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string pod_yaml(const std::string& name, const std::string& volumes) {
  return "{apiVersion: v1, kind: Pod, metadata: {name: " + name +
         "}, spec: {nodeName: n1, automountServiceAccountToken: false, "
         "containers: [{name: c, image: i}], volumes: [" +
         volumes + "]}}";
}

class ReferencesTest : public ::testing::Test {
 protected:
  ReferencesTest() {
    cluster_.create("{apiVersion: v1, kind: Node, metadata: {name: n1}}");
    cluster_.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: both}, data: {a: b}}");
    cluster_.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {a: b}}");
    cluster_.create("{apiVersion: v1, kind: Secret, metadata: {name: own}, stringData: {a: b}}");
  }
  // Who was told since the last time.
  std::set<std::string> told() {
    cluster_.settle();
    return std::exchange(told_, {});
  }
  void change(const char* resource, const char* name) {
    cluster_.patch(resource, name,
                   "{metadata: {labels: {round: r" + std::to_string(++round_) + "}}}");
  }

  test::Cluster cluster_;
  int round_ = 0;
  std::set<std::string> told_;
  // As the node itself, which may watch what its pods name and nothing else.
  References references_{{.transport = cluster_.as("system:node:n1", {"system:nodes"}),
                          .random = [] { return 0.5; },
                          .logger = cluster_.logger(),
                          .changed = [this](const std::string& uid) { told_.insert(uid); }}};
};

TEST_F(ReferencesTest, EachObjectIsWatchedOnceForAllPods) {
  const api::ObjectPtr one = cluster_.create(
      pod_yaml("one",
               "{name: a, configMap: {name: both}}, {name: b, secret: {secretName: own}}, "
               "{name: c, projected: {sources: [{configMap: {name: both}}, "
               "{configMap: {name: late, optional: true}}]}}, {name: d, emptyDir: {}}"));
  const api::ObjectPtr two = cluster_.create(pod_yaml("two", "{name: a, configMap: {name: both}}"));
  ASSERT_TRUE(one && two);
  const std::string first(one->uid()), second(two->uid());
  EXPECT_EQ(references_of(*one).size(), 3U);
  references_.follow(*one);
  references_.follow(*two);
  told();
  change("configmaps", "both");
  EXPECT_EQ(told(), (std::set<std::string>{first, second}));
  change("secrets", "own");
  EXPECT_THAT(told(), ElementsAre(first));
  change("configmaps", "other");
  EXPECT_THAT(told(), IsEmpty());
  cluster_.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: late}, data: {a: b}}");
  EXPECT_THAT(told(), ElementsAre(first));
  cluster_.remove("configmaps", "late");
  EXPECT_THAT(told(), ElementsAre(first));

  references_.forget(first);
  change("secrets", "own");
  EXPECT_THAT(told(), IsEmpty());
  change("configmaps", "both");
  EXPECT_THAT(told(), ElementsAre(second));
  references_.forget(second);
  change("configmaps", "both");
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace cove::node
