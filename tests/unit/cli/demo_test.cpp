// `cove demo` against an API and an engine that keep what they are given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cli/exit_codes.h"
#include "core/api/document.h"
#include "core/demo/demo.h"
#include "core/http/server.h"
#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

namespace json = boost::json;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kDeployment = "/apis/apps/v1/namespaces/default/deployments/k8s-demo";
const std::string kPage = "http://127.0.0.1:31000";
constexpr const char* kService = "/api/v1/namespaces/default/services/k8s-demo";

// An engine that has the images it built.
class ImageKeeper final : public http::Handler {
 public:
  void handle(std::shared_ptr<const http::Request> request, Respond respond) override {
    http::Answer answer;
    const std::lock_guard lock(mutex_);
    answer.body = std::make_shared<const std::string>(answer_to(*request, answer.status));
    respond(std::move(answer));
  }
  // By their names, with the value of the demo's label.
  std::map<std::string, std::string> images() {
    const std::lock_guard lock(mutex_);
    return images_;
  }
  void add_image(const std::string& name, const std::string& label) {
    const std::lock_guard lock(mutex_);
    images_[name] = label;
  }

 private:
  std::string answer_to(const http::Request& request, int& status) {
    constexpr std::string_view kImages = "/v1.41/images/";
    status = 200;
    if (request.path == "/v1.41/build") {
      for (const char* name : {demo::kFirst, demo::kNext})
        if (request.raw_query.find(demo::version_of(name)) != std::string::npos)
          images_[name] = demo::kLabelValue;
      return "{\"stream\":\"Step 1/3 : FROM cove/web\\nSuccess\"}\n{\"stream\":\"fully "
             "built\\n\"}\n"
             "{\"aux\":{\"ID\":\"sha256:ab\"}}\n";
    }
    for (auto image = images_.begin(); image != images_.end(); ++image) {
      if (request.path == std::string(kImages) + image->first + "/json")
        return api::to_text(
            json::object{{"Config", {{"Labels", {{demo::kLabel, image->second}}}}}});
      if (request.method == "DELETE" && request.path == std::string(kImages) + image->first) {
        images_.erase(image);
        return "[]";
      }
    }
    status = 404;
    return R"({"message":"No such image"})";
  }

  std::mutex mutex_;
  std::map<std::string, std::string> images_;
};

class DemoTest : public ::testing::Test {
 protected:
  DemoTest() {
    engine_ = *http::Server::listen_unix(folder_ / "engine.sock", keeper_, null_logger());
    engine_->start(1);
    test_.clusters->current.engine = "unix://" + (folder_ / "engine.sock").string();
    test_.clusters->current.ports = {{"k8s-demo", 31000, 30080}};
    test_.environment["TMPDIR"] = folder_.path().string();
    test_.world.ask_api = [this](const provision::ClusterStatus&, const client::Request& request,
                                 std::stop_token) { return answer(request); };
    // The second look finds it.
    test_.world.ask_page = [this](const std::string& address, std::stop_token) -> Result<void> {
      pages_.push_back(address);
      if (pages_.size() > 1) return {};
      return Error{ErrorCode::kUnavailable, "reach", address, "connection refused", {}};
    };
  }

  int demo(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), "demo");
    test_.out.str("");
    test_.err.str("");
    return test_.run(arguments);
  }
  std::string out() const { return test_.out.str(); }
  std::string err() const { return test_.err.str(); }
  std::string image() { return demo::image_of(objects_.at(kDeployment)); }

  // Of a Deployment that another look brings further.
  void progress(json::object& deployment) {
    const bool stuck = stuck_;
    const std::int64_t ready = std::min<std::int64_t>(10, looks_++ * 5);
    deployment["metadata"].as_object()["generation"] = 1;
    deployment["status"] = {{"observedGeneration", 1},
                            {"replicas", 10},
                            {"updatedReplicas", 10},
                            {"availableReplicas", stuck ? 0 : ready}};
    if (stuck) {
      deployment["status"].as_object()["conditions"] = json::array{
          {{"type", "Progressing"}, {"status", "False"}, {"message", "it has timed out"}}};
    }
  }

  Result<client::Response> answer(const client::Request& request) {
    asked_.push_back(request.method + " " + request.target);
    const auto say = [](int status, const json::object& body) {
      return client::Response{status, "application/json", api::to_text(body)};
    };
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (request.method == "POST") {
      json::object made = api::parse_json(request.body)->value.get_object();
      if (made["kind"] == "Service")
        made["spec"].as_object()["ports"] = {{{"port", 80}, {"nodePort", 30080}}};
      made["metadata"].as_object()["uid"] = "u1";
      objects_[path + "/k8s-demo"] = made;
      return say(201, made);
    }
    const auto found = objects_.find(path);
    if (found == objects_.end()) return say(404, {{"message", "not found"}});
    if (request.method == "DELETE") {
      EXPECT_THAT(request.body, AllOf(HasSubstr("Foreground"), HasSubstr("\"uid\":\"u1\"")));
      objects_.erase(found);
      return say(200, {});
    }
    if (request.method == "PATCH") {
      EXPECT_EQ(request.content_type, "application/strategic-merge-patch+json");
      const json::object patch = api::parse_json(request.body)->value.get_object();
      found->second["spec"].at("template").at("spec").at("containers").at(0).as_object()["image"] =
          demo::image_of(patch);
      looks_ = 0;
    }
    if (path == kDeployment) progress(found->second);
    return say(200, found->second);
  }

  test::TemporaryFolder folder_;
  ImageKeeper keeper_;
  std::unique_ptr<http::Server> engine_;
  std::vector<std::string> pages_;  // that were asked for
  std::map<std::string, json::object> objects_;
  std::vector<std::string> asked_;
  std::int64_t looks_ = 0;
  bool stuck_ = false;
  TestWorld test_;
};

TEST_F(DemoTest, GoesFromAnImageToTheNextVersion) {
  ASSERT_EQ(demo(), kOk) << err();
  EXPECT_THAT(out(), HasSubstr("1. Start the cluster\n  Cluster 'cove' is running already.\n"));
  EXPECT_THAT(out(), HasSubstr("2. Its node, as the API shows it\n  $ kubectl get nodes\n"
                               "  NAME   STATUS     VERSION\n  cove   Ready      v1.36.0\n"));
  EXPECT_THAT(out(), HasSubstr("3. Build an image of a page\n  $ docker build -t k8s-demo:0.1 .\n"
                               "  Step 1/3 : FROM cove/web\n  Successfully built\n"));
  EXPECT_THAT(out(), HasSubstr("$ kubectl rollout status deploy k8s-demo\n"
                               "  10 of 10 updated, 0 available\n"
                               "  10 of 10 updated, 5 available\n"
                               "  10 of 10 updated, 10 available\n"));
  EXPECT_THAT(out(), HasSubstr("7. Open the page\n  $ kubectl get service k8s-demo\n  " + kPage));
  EXPECT_THAT(out(), HasSubstr("kubectl --context cove rollout undo deploy k8s-demo"));
  EXPECT_EQ(image(), demo::kNext);
  EXPECT_THAT(keeper_.images(), ElementsAre(std::pair(demo::kFirst, demo::kLabelValue),
                                            std::pair(demo::kNext, demo::kLabelValue)));
  EXPECT_TRUE(demo::made_by_demo(objects_.at(kService)));
  EXPECT_THAT(pages_, ElementsAre(kPage, kPage));
  // No display, no browser; and nothing of the build stays behind.
  EXPECT_THAT(test_.launched, IsEmpty());
  EXPECT_FALSE(std::ranges::any_of(std::filesystem::directory_iterator(folder_.path()),
                                   [](const auto& entry) { return entry.is_directory(); }));
}

TEST_F(DemoTest, OpensTheBrowserOnceWhereThereIsADisplay) {
  test_.environment["DISPLAY"] = ":0";
  test_.desktop = "/usr/bin/xdg-open";
  ASSERT_EQ(demo(), kOk) << err();
  EXPECT_THAT(test_.launched, ElementsAre(ElementsAre("/usr/bin/xdg-open", kPage)));
  ASSERT_EQ(demo(), kOk) << err();
  EXPECT_EQ(test_.launched.size(), 1u);
}

TEST_F(DemoTest, GoesOnWhereItWasLeft) {
  ASSERT_EQ(demo(), kOk) << err();
  asked_.clear();
  ASSERT_EQ(demo(), kOk) << err();
  EXPECT_THAT(out(), AllOf(HasSubstr("is there already"), HasSubstr("was rolled out before")));
  for (const std::string& each : asked_) EXPECT_THAT(each, testing::StartsWith("GET "));
}

TEST_F(DemoTest, LeavesAloneWhatItDidNotMake) {
  objects_[kDeployment] = {{"metadata", {{"name", "k8s-demo"}, {"uid", "u1"}}}};
  keeper_.add_image(demo::kFirst, "somebody");
  EXPECT_EQ(demo(), exit_code(ErrorCode::kConflict));
  EXPECT_EQ(err(),
            "cove: cannot use deployments default/k8s-demo: it is there already and was not made "
            "by the demo. Delete it or give it another name, then try again.\n");
  EXPECT_THAT(out(), HasSubstr("not made by the demo: used as it is"));
  EXPECT_EQ(demo({"--remove"}), kOk) << err();
  EXPECT_THAT(out(), AllOf(HasSubstr("left alone: the demo did not make it"),
                           HasSubstr("k8s-demo:0.1 left alone: the demo did not make it")));
  EXPECT_TRUE(objects_.contains(kDeployment));
  EXPECT_TRUE(keeper_.images().contains(demo::kFirst));
}

TEST_F(DemoTest, SaysWhyARolloutIsStuckAndHowToGoOn) {
  stuck_ = true;
  EXPECT_EQ(demo(), exit_code(ErrorCode::kTimeout));
  EXPECT_THAT(err(), HasSubstr("cannot roll out k8s-demo: it has timed out."));
  EXPECT_THAT(out(), Not(HasSubstr("7. ")));
}

TEST_F(DemoTest, RemovesWhatItMade) {
  ASSERT_EQ(demo(), kOk) << err();
  ASSERT_EQ(demo({"--remove"}), kOk) << err();
  EXPECT_THAT(objects_, IsEmpty());
  EXPECT_THAT(keeper_.images(), IsEmpty());
  EXPECT_THAT(out(), HasSubstr("3. Remove the images"));
  EXPECT_EQ(demo({"--remove"}), kOk) << err();
}

TEST_F(DemoTest, StartsTheClusterAndStopsWhereTheApiIsSilent) {
  test_.clusters->after = test_.clusters->current;
  test_.clusters->after.api_ready = false;
  test_.clusters->after.reason = "connection refused";
  test_.clusters->current = stopped_cluster();
  EXPECT_EQ(demo({"-p", "dev"}), kUnavailable);
  EXPECT_THAT(test_.clusters->calls, ElementsAre("status dev", "start dev", "status dev"));
  EXPECT_EQ(err(),
            "cove: cannot ask the API of cluster 'cove': connection refused. See 'cove status "
            "-p dev'.\n");
  EXPECT_THAT(asked_, IsEmpty());
}

}  // namespace
}  // namespace cove::cli
