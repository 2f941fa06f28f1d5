// `cove service` and `cove ingress` against an API that answers what a test wrote down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/exit_codes.h"
#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kWeb =
    R"({"metadata":{"namespace":"default","name":"web"},"spec":{"type":"NodePort",)"
    R"("selector":{"app":"web"},"ports":[{"name":"http","port":80,"nodePort":30080},)"
    R"({"port":81,"nodePort":30081}]}})";
constexpr const char* kKubernetes =
    R"({"metadata":{"namespace":"default","name":"kubernetes"},"spec":{"type":"ClusterIP",)"
    R"("ports":[{"name":"https","port":443}]}})";
constexpr const char* kService = "/api/v1/namespaces/default/services/web";
constexpr const char* kSlices =
    "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    "?labelSelector=kubernetes.io%2Fservice-name%3Dweb";
constexpr const char* kPods = "/api/v1/namespaces/default/pods?labelSelector=app%3Dweb";

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() {
    test_.world.ask_api = [this](const provision::ClusterStatus& status,
                                 const client::Request& request,
                                 std::stop_token) -> Result<client::Response> {
      EXPECT_EQ(status.context, "cove");
      asked_.push_back(request.target);
      const auto found = answers_.find(request.target);
      if (found == answers_.end())
        return client::Response{404, "application/json", R"({"message":"services not found"})"};
      return client::Response{200, "application/json", found->second};
    };
    test_.desktop = "/usr/bin/xdg-open";
  }
  static std::string list(const std::string& items) { return R"({"items":[)" + items + "]}"; }
  static std::string slice(const std::string& ready) {
    return R"({"items":[{"endpoints":[{"conditions":{"ready":)" + ready + "}}]}]}";
  }
  void ready() {
    answers_[kService] = kWeb;
    answers_[kSlices] = slice("true");
  }

  TestWorld test_;
  std::map<std::string, std::string> answers_;
  std::vector<std::string> asked_;
};

TEST_F(ServiceTest, PrintsEveryAddress) {
  ready();
  EXPECT_EQ(test_.run({"service", "web", "--url"}), kOk) << test_.err.str();
  EXPECT_EQ(test_.out.str(), "http://127.0.0.1:30080\nhttp://127.0.0.1:30081\n");
  EXPECT_THAT(test_.launched, IsEmpty());
  test_.out.str("");
  // Where the computer has another port for it.
  test_.clusters->current.ports = {{"web", 31000, 30080}};
  EXPECT_EQ(test_.run({"service", "web", "--url", "--https"}), kOk);
  EXPECT_EQ(test_.out.str(), "https://127.0.0.1:31000\nhttps://127.0.0.1:30081\n");
}

TEST_F(ServiceTest, OpensABrowser) {
  ready();
  EXPECT_EQ(test_.run({"service", "web"}), exit_code(ErrorCode::kUnavailable));
  EXPECT_EQ(test_.err.str(),
            "cove: cannot open a browser: there is no graphical display. Use --url to have the "
            "address alone.\n");
  test_.environment["DISPLAY"] = ":0";
  test_.out.str("");
  EXPECT_EQ(test_.run({"service", "web"}), kOk);
  EXPECT_EQ(test_.out.str(),
            "|-----------|------|-------------|------------------------|\n"
            "| NAMESPACE | NAME | TARGET PORT |          URL           |\n"
            "|-----------|------|-------------|------------------------|\n"
            "| default   | web  | http/80     | http://127.0.0.1:30080 |\n"
            "|           |      |          81 | http://127.0.0.1:30081 |\n"
            "|-----------|------|-------------|------------------------|\n"
            "Opening service default/web in the browser.\n");
  EXPECT_THAT(test_.launched,
              ElementsAre(ElementsAre("/usr/bin/xdg-open", "http://127.0.0.1:30080"),
                          ElementsAre("/usr/bin/xdg-open", "http://127.0.0.1:30081")));
}

TEST_F(ServiceTest, WaitsAndThenSaysWhyItDoesNotAnswer) {
  const SteadyTime before = test_.clock.steady();
  EXPECT_EQ(test_.run({"service", "web", "--url"}), kNotFound);
  EXPECT_EQ(test_.err.str(),
            "cove: cannot reach service 'default/web': there is no such service. See 'cove service "
            "list', or name another namespace with -n.\n");
  EXPECT_EQ(test_.clock.steady() - before, std::chrono::seconds(10));
  const auto sentence = [&] {
    test_.err.str("");
    EXPECT_EQ(test_.run({"service", "web", "--url", "--wait", "1"}), kUnavailable);
    return test_.err.str();
  };
  ready();
  answers_[kSlices] = slice("false");
  answers_[kPods] = list("");
  EXPECT_THAT(sentence(), HasSubstr("no pod has the labels that it selects (app=web). See 'kubectl "
                                    "-n default get pods'."));
  answers_[kPods] = list(
      R"({"metadata":{"name":"web-1"},"status":{"phase":"Pending","containerStatuses":[{"state":)"
      R"({"waiting":{"reason":"ImagePullBackOff"}}}]}})");
  EXPECT_THAT(sentence(),
              HasSubstr("none of its pods is ready, and pod 'web-1' says: ImagePullBackOff"));
  answers_[kService] = kKubernetes;
  EXPECT_EQ(test_.run({"service", "web", "--url"}), kUnsupported);
  EXPECT_THAT(test_.err.str(),
              HasSubstr("it is of type ClusterIP, which has no port outside of the cluster"));
  EXPECT_EQ(test_.out.str(), "");
}

TEST_F(ServiceTest, ComesLateAndIsTakenAllTheSame) {
  test_.world.ask_api = [this, inner = test_.world.ask_api](const provision::ClusterStatus& status,
                                                            const client::Request& request,
                                                            std::stop_token stop) {
    if (asked_.size() == 3) ready();
    return inner(status, request, stop);
  };
  EXPECT_EQ(test_.run({"service", "web", "--url"}), kOk) << test_.err.str();
}

TEST_F(ServiceTest, ListsAll) {
  answers_["/api/v1/services"] = list(std::string(kKubernetes) + "," + kWeb);
  EXPECT_EQ(test_.run({"service", "list"}), kOk) << test_.err.str();
  EXPECT_EQ(test_.out.str(),
            "|-----------|------------|--------------|------------------------|\n"
            "| NAMESPACE |    NAME    | TARGET PORT  |          URL           |\n"
            "|-----------|------------|--------------|------------------------|\n"
            "| default   | kubernetes | No node port |                        |\n"
            "| default   | web        | http/80      | http://127.0.0.1:30080 |\n"
            "|           |            |           81 | http://127.0.0.1:30081 |\n"
            "|-----------|------------|--------------|------------------------|\n");
  test_.out.str("");
  answers_["/api/v1/namespaces/other/services"] = list(kWeb);
  EXPECT_EQ(test_.run({"service", "list", "-n", "other", "-o", "json"}), kOk);
  EXPECT_EQ(test_.out.str(),
            R"([{"Namespace":"default","Name":"web","URLs":["http://127.0.0.1:30080",)"
            R"("http://127.0.0.1:30081"],"PortNames":["http/80","81"]}])"
            "\n");
}

TEST_F(ServiceTest, AsksNothingThatIsNoName) {
  EXPECT_EQ(test_.run({"service", "../../secrets"}), kUsage);
  EXPECT_EQ(test_.run({"service", "web", "-n", "a/b"}), kUsage);
  EXPECT_EQ(test_.run({"service"}), kUsage);
  EXPECT_THAT(asked_, IsEmpty());
  test_.clusters->current = stopped_cluster();
  EXPECT_EQ(test_.run({"service", "web"}), kUnavailable);
  EXPECT_THAT(test_.err.str(), HasSubstr("cannot reach services of cluster 'cove': it is Stopped"));
}

TEST_F(ServiceTest, IngressesAreShownWithHowToAskForThem) {
  answers_["/apis/networking.k8s.io/v1/ingresses"] = list(
      R"({"metadata":{"namespace":"default","name":"web"},"spec":{"ingressClassName":"cove",)"
      R"("tls":[{"hosts":["s.example.com"]}],"rules":[{"host":"a.example.com","http":{"paths":[)"
      R"({"path":"/x y"}]}},{"host":"*.example.com"},{"host":"s.example.com","http":{"paths":[{}]}})"
      R"(]}},{"metadata":{"namespace":"other","name":"any"},"spec":{"defaultBackend":{}}})");
  EXPECT_EQ(test_.run({"ingress", "list"}), kOk) << test_.err.str();
  EXPECT_EQ(
      test_.out.str(),
      "NAMESPACE  NAME  CLASS  HOST           PATH  TRY\n"
      "default    web   cove   a.example.com  /x y  curl --resolve a.example.com:8080:127.0.0.1 "
      "'http://a.example.com:8080/x y'\n"
      "default    web   cove   *.example.com  /     curl --resolve any.example.com:8080:127.0.0.1 "
      "http://any.example.com:8080/\n"
      "default    web   cove   s.example.com  /     curl --resolve s.example.com:8443:127.0.0.1 "
      "https://s.example.com:8443/\n"
      "other      any   -      *              /     curl http://127.0.0.1:8080/\n");
  test_.out.str("");
  test_.clusters->current.ports = {{"ingress-http", 9080, 80}};
  EXPECT_EQ(test_.run({"ingress", "list", "-n", "other", "-o", "json"}), kOk);
  EXPECT_EQ(test_.out.str(),
            R"([{"Namespace":"other","Name":"any","Class":"","Host":"*","Path":"/",)"
            R"("URL":"http://127.0.0.1:9080/","Curl":"curl http://127.0.0.1:9080/"}])"
            "\n");
}

}  // namespace
}  // namespace cove::cli
