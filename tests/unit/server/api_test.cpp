#include "core/server/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "core/server/node.h"

namespace cove::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FakeObjects final : public ObjectSource {
 public:
  explicit FakeObjects(const Clock& clock) : clock_(clock) {}
  std::vector<boost::json::object> objects(const Kind& kind) const override {
    if (kind.plural == "namespaces") {
      return {make_namespace({"default", "uid-1", "2023-11-14T22:00:00Z"}),
              make_namespace({"kube-system", "uid-2", "2023-11-14T22:00:00Z"})};
    }
    if (kind.plural != "nodes") return {};
    NodeFacts facts;
    facts.identity = {"alpha", "uid-n", "2023-11-14T22:13:00Z"};
    facts.internal_ip = "10.0.0.7";
    facts.host_name = "alpha";
    facts.cpus = 2;
    facts.memory_bytes = 1 << 30;
    facts.kubelet_version = "v1";
    facts.os_image = "Test";
    facts.kernel_version = "6.1";
    facts.architecture = "amd64";
    facts.ready_since = clock_.wall();
    return {make_node(facts, clock_.wall())};
  }

 private:
  const Clock& clock_;
};

class ApiTest : public ::testing::Test {
 protected:
  Answer ask(const std::string& target, const std::string& accept = "",
             const std::string& method = "GET") {
    auto request = std::make_shared<Request>();
    request->method = method;
    if (!accept.empty()) request->headers.emplace_back("accept", accept);
    request->certificate = master_;
    request->local_endpoint = "127.0.0.1:6443";
    EXPECT_TRUE(parse_target(target, *request));
    Answer got;
    api_.handle(request, [&](Answer answer) { got = std::move(answer); });
    return got;
  }
  boost::json::value body(const std::string& target, const std::string& accept = "") {
    const Answer answer = ask(target, accept);
    EXPECT_EQ(answer.status, 200) << *answer.body;
    return boost::json::parse(*answer.body);
  }
  void expect_status(const Answer& answer, int code, const char* reason) {
    EXPECT_EQ(answer.status, code);
    const boost::json::value status = boost::json::parse(*answer.body);
    EXPECT_EQ(status.at("kind").as_string(), "Status");
    EXPECT_EQ(status.at("status").as_string(), "Failure");
    EXPECT_EQ(status.at("reason").as_string(), reason);
    EXPECT_EQ(status.at("code").as_int64(), code);
  }
  static std::vector<std::string> names(const boost::json::value& list) {
    std::vector<std::string> all;
    for (const auto& item : list.at("items").as_array()) {
      all.emplace_back(item.at("metadata").at("name").as_string());
    }
    return all;
  }

  std::shared_ptr<const http::PeerCertificate> master_ = std::make_shared<http::PeerCertificate>(
      http::PeerCertificate{"root", {"system:masters"}, {}, {}});
  FakeClock clock_;  // 2023-11-14T22:13:20Z
  FakeObjects objects_{clock_};
  bool healthy_ = true;
  Api api_{objects_,
           clock_,
           {{"ping", [] { return true; }, false}, {"disk", [this] { return healthy_; }, true}}};
  const std::string table_ = "application/json;as=Table;v=v1;g=meta.k8s.io";
};

TEST_F(ApiTest, ListsAndGets) {
  const boost::json::value list = body("/api/v1/namespaces");
  EXPECT_EQ(list.at("kind").as_string(), "NamespaceList");
  EXPECT_THAT(names(list), ElementsAre("default", "kube-system"));
  EXPECT_FALSE(list.at("items").at(0).as_object().contains("kind"));
  const boost::json::value one = body("/api/v1/nodes/alpha");
  EXPECT_EQ(one.at("kind").as_string(), "Node");
  EXPECT_EQ(one.at("status").at("capacity").at("memory").as_string(), "1048576Ki");
  EXPECT_EQ(one.at("status").at("conditions").at(3).at("lastHeartbeatTime").as_string(),
            "2023-11-14T22:13:20Z");
  clock_.advance(std::chrono::seconds(40));
  EXPECT_EQ(body("/api/v1/nodes/alpha")
                .at("status")
                .at("conditions")
                .at(3)
                .at("lastHeartbeatTime")
                .as_string(),
            "2023-11-14T22:14:00Z");
}

TEST_F(ApiTest, Selects) {
  EXPECT_THAT(names(body("/api/v1/namespaces?fieldSelector=metadata.name%3Ddefault")),
              ElementsAre("default"));
  EXPECT_THAT(
      names(body("/api/v1/namespaces?labelSelector=kubernetes.io/metadata.name!%3Ddefault")),
      ElementsAre("kube-system"));
  expect_status(ask("/api/v1/namespaces?fieldSelector=spec.x%3D1"), 400, "BadRequest");
  expect_status(ask("/api/v1/namespaces?labelSelector=%3D%3D"), 400, "BadRequest");
}

TEST_F(ApiTest, Tables) {
  const boost::json::value table = body("/api/v1/nodes", table_);
  EXPECT_EQ(table.at("kind").as_string(), "Table");
  std::vector<std::string> columns;
  for (const auto& column : table.at("columnDefinitions").as_array()) {
    columns.emplace_back(column.at("name").as_string());
  }
  EXPECT_THAT(columns,
              ElementsAre("Name", "Status", "Roles", "Age", "Version", "Internal-IP", "External-IP",
                          "OS-Image", "Kernel-Version", "Container-Runtime"));
  EXPECT_EQ(
      table.at("rows").at(0).at("cells"),
      boost::json::parse(
          R"(["alpha","Ready","control-plane","20s","v1","10.0.0.7","<none>","Test","6.1","<unknown>"])"));
  EXPECT_EQ(table.at("rows").at(0).at("object").at("kind").as_string(), "PartialObjectMetadata");
  EXPECT_EQ(body("/api/v1/nodes?includeObject=Object", table_)
                .at("rows")
                .at(0)
                .at("object")
                .at("kind")
                .as_string(),
            "Node");
  EXPECT_FALSE(body("/api/v1/nodes?includeObject=None", table_)
                   .at("rows")
                   .at(0)
                   .as_object()
                   .contains("object"));
  expect_status(ask("/api/v1/nodes?includeObject=Some", table_), 400, "BadRequest");
  EXPECT_EQ(body("/api/v1/nodes/alpha", table_).at("rows").as_array().size(), 1u);
}

TEST_F(ApiTest, PartialMetadata) {
  const auto list =
      body("/api/v1/nodes", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
  EXPECT_EQ(list.at("kind").as_string(), "PartialObjectMetadataList");
  EXPECT_FALSE(list.at("items").at(0).as_object().contains("status"));
}

TEST_F(ApiTest, WatchSendsWhatIsThereOnlyToThoseWhoDoNotKnow) {
  const auto sent = [&](const std::string& query, const std::string& accept = "") {
    const Answer answer = ask("/api/v1/namespaces?watch=1" + query, accept);
    EXPECT_EQ(answer.content_type, "application/json;stream=watch");
    if (!answer.stream) return std::string("no stream");
    std::string all;
    for (const auto& piece : answer.stream->take().pieces) all += *piece;
    return all;
  };
  EXPECT_EQ(std::ranges::count(sent(""), '\n'), 2);
  EXPECT_EQ(std::ranges::count(sent("&resourceVersion=0"), '\n'), 2);
  EXPECT_EQ(sent("&resourceVersion=1"), "");
  const std::string initial =
      sent("&resourceVersion=1&sendInitialEvents=true&allowWatchBookmarks=true");
  EXPECT_THAT(initial, HasSubstr("k8s.io/initial-events-end"));
  EXPECT_EQ(std::ranges::count(initial, '\n'), 3);
  EXPECT_THAT(sent("", table_), HasSubstr(R"({"type":"ADDED","object":{"kind":"Table")"));
  EXPECT_EQ(std::ranges::count(sent("&fieldSelector=metadata.name%3Ddefault"), '\n'), 1);
  EXPECT_EQ(ask("/api/v1/namespaces?watch=1&timeoutSeconds=7").stream_lifetime,
            std::chrono::seconds(7));
  expect_status(ask("/api/v1/namespaces?watch=1&timeoutSeconds=x"), 400, "BadRequest");
}

TEST_F(ApiTest, SaysNoAsUpstreamDoes) {
  expect_status(ask("/api/v1/nodes/beta"), 404, "NotFound");
  EXPECT_THAT(*ask("/api/v1/nodes/beta").body,
              HasSubstr(R"("message":"nodes \"beta\" not found")"));
  for (const char* path :
       {"/api/v1/secrets", "/api/v2/nodes", "/apis/apps/v1/deployments", "/nonsense", "/openapi/v2",
        "/api/v1/namespaces/default/nodes", "/api/v1/nodes/alpha/status"}) {
    expect_status(ask(path), 404, "NotFound");
  }
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "BREW"}) {
    expect_status(ask("/api/v1/nodes/alpha", "", method), 405, "MethodNotAllowed");
    expect_status(ask("/api", "", method), 405, "MethodNotAllowed");
    expect_status(ask("/version", "", method), 405, "MethodNotAllowed");
  }
  expect_status(ask("/api/v1/nodes", "text/html"), 406, "NotAcceptable");
  expect_status(ask("/api/v1/nodes/alpha", "application/yaml"), 406, "NotAcceptable");
}

TEST_F(ApiTest, ImpersonationIsNotSilentlyIgnored) {
  auto request = std::make_shared<Request>();
  request->method = "GET";
  request->path = "/api/v1/nodes";
  request->certificate = master_;
  request->headers.emplace_back("impersonate-user", "somebody");
  Answer got;
  api_.handle(request, [&](Answer answer) { got = std::move(answer); });
  EXPECT_EQ(got.status, 403);
}

TEST_F(ApiTest, Discovers) {
  EXPECT_EQ(body("/api").at("versions").at(0).as_string(), "v1");
  EXPECT_EQ(body("/apis").at("kind").as_string(), "APIGroupList");
  EXPECT_EQ(body("/api/v1/").at("kind").as_string(), "APIResourceList");
  const std::string accept =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
  const Answer answer = ask("/api", accept);
  EXPECT_THAT(answer.content_type, HasSubstr("as=APIGroupDiscoveryList"));
  const boost::json::value aggregated = boost::json::parse(*answer.body);
  EXPECT_EQ(aggregated.at("apiVersion").as_string(), "apidiscovery.k8s.io/v2");
  EXPECT_EQ(aggregated.at("items").at(0).at("versions").at(0).at("resources").as_array().size(),
            body("/api/v1").at("resources").as_array().size());
  EXPECT_TRUE(body("/apis", accept).at("items").as_array().empty());
  EXPECT_THAT(std::string(body("/version").at("gitVersion").as_string()),
              ::testing::StartsWith("v1.36.0+cove."));
}

TEST_F(ApiTest, HealthNamesItsChecks) {
  EXPECT_EQ(*ask("/readyz").body, "ok");
  EXPECT_EQ(*ask("/readyz?verbose").body, "[+]ping ok\n[+]disk ok\nreadyz check passed\n");
  EXPECT_EQ(*ask("/livez?verbose").body, "[+]ping ok\nlivez check passed\n");
  EXPECT_EQ(*ask("/readyz/disk").body, "ok");
  EXPECT_EQ(ask("/readyz/nothing").status, 404);
  EXPECT_EQ(ask("/livez/disk").status, 404);
  healthy_ = false;
  EXPECT_EQ(ask("/readyz").status, 500);
  EXPECT_EQ(*ask("/readyz").body,
            "[+]ping ok\n[-]disk failed: reason withheld\nreadyz check failed\n");
  EXPECT_EQ(ask("/readyz/disk").status, 500);
  EXPECT_EQ(ask("/livez").status, 200);
  EXPECT_EQ(*ask("/readyz?verbose&exclude=disk").body,
            "[+]ping ok\n[+]disk excluded: ok\nreadyz check passed\n");
}

}  // namespace
}  // namespace cove::server
