#include "core/client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/manual_executor.h"
#include "tests/unit/client/fake_transport.h"

namespace cove::client {
namespace {

namespace json = boost::json;

class ClientTest : public ::testing::Test {
 protected:
  ResourceClient deployments(const std::string& in = "a") {
    return {transport_, {"apps", "v1", "deployments"}, in};
  }

  FakeClock clock_;
  test::ManualExecutor executor_{clock_};
  FakeTransport transport_{executor_};
};

TEST_F(ClientTest, Paths) {
  const ResourceClient pods(transport_, {"", "v1", "pods"});
  EXPECT_EQ(pods.path(), "/api/v1/pods");
  EXPECT_EQ(deployments().path("d", "status"), "/apis/apps/v1/namespaces/a/deployments/d/status");
  EXPECT_EQ(deployments("../b").path("c/d"), "/apis/apps/v1/namespaces/..%2Fb/deployments/c%2Fd");
}

TEST_F(ClientTest, VerbsAreRequests) {
  struct Case {
    std::string method;
    std::string path;
    std::string query;
    std::string content_type;
    std::string body;
    std::function<Operation(const ResourceClient&)> call;
  };
  const json::object d{{"metadata", {{"name", "d"}}}};
  const auto object = [](const auto&) {};
  const std::string base = "/apis/apps/v1/namespaces/a/deployments";
  const std::string plain = "application/json";
  const std::string text = R"({"metadata":{"name":"d"}})";
  const std::string remove = R"({"kind":"DeleteOptions","apiVersion":"v1")";
  const std::vector<Case> cases{
      {"GET", base + "/d", "", plain, "", [&](auto& c) { return c.get("d", object); }},
      {"GET", base + "/d/scale", "", plain, "",
       [&](auto& c) { return c.get("d", object, "scale"); }},
      {"GET", base, "labelSelector=x;limit=5;continue=c;resourceVersion=0;", plain, "",
       [&](auto& c) {
         return c.list(
             {.label_selector = "x", .limit = 5, .continue_token = "c", .resource_version = "0"},
             object);
       }},
      {"POST", base, "fieldManager=m;dryRun=All;", plain, text,
       [&](auto& c) { return c.create(d, {.field_manager = "m", .dry_run = true}, object); }},
      {"POST", base + "/d/eviction", "", plain, text,
       [&](auto& c) { return c.create(d, {.subresource = "eviction"}, object, "d"); }},
      {"PUT", base + "/d", "fieldValidation=Strict;", plain, text,
       [&](auto& c) { return c.update(d, {.field_validation = "Strict"}, object); }},
      {"PUT", base + "/d/status", "", plain, text,
       [&](auto& c) { return c.update_status(d, {}, object); }},
      {"PATCH", base + "/d", "", "application/json-patch+json", "[]",
       [&](auto& c) { return c.patch("d", PatchType::kJson, json::array(), {}, object); }},
      {"PATCH", base + "/d", "", "application/merge-patch+json", "{}",
       [&](auto& c) { return c.patch("d", PatchType::kMerge, json::object(), {}, object); }},
      {"PATCH", base + "/d", "", "application/strategic-merge-patch+json", "{}",
       [&](auto& c) {
         return c.patch("d", PatchType::kStrategicMerge, json::object(), {}, object);
       }},
      {"PATCH", base + "/d/status", "fieldManager=m;force=true;", "application/apply-patch+yaml",
       "{}",
       [&](auto& c) {
         return c.patch("d", PatchType::kApply, json::object(),
                        {.field_manager = "m", .force = true, .subresource = "status"}, object);
       }},
      {"DELETE", base + "/d", "", plain, remove + "}",
       [&](auto& c) { return c.remove("d", {}, object); }},
      {"DELETE", base + "/d", "", plain,
       remove + R"(,"propagationPolicy":"Foreground","gracePeriodSeconds":0,)" +
           R"("preconditions":{"uid":"u","resourceVersion":"3"}})",
       [&](auto& c) {
         return c.remove(
             "d",
             {.propagation = "Foreground", .grace_seconds = 0, .uid = "u", .resource_version = "3"},
             object);
       }},
      {"DELETE", base, "fieldSelector=f;", plain, remove + "}",
       [&](auto& c) { return c.remove_collection({}, {.field_selector = "f"}, object); }},
  };
  for (const Case& each : cases) {
    const Operation operation = each.call(deployments());
    const auto call = transport_.take_send();
    ASSERT_TRUE(call);
    EXPECT_EQ(call->request.method, each.method);
    EXPECT_EQ(call->request.path, each.path);
    EXPECT_EQ(call->request.content_type, each.content_type);
    EXPECT_EQ(call->request.body ? *call->request.body : "", each.body);
    std::string query;
    for (const auto& [name, value] : call->request.query) query += name + "=" + value + ";";
    EXPECT_EQ(query, each.query);
  }
}

TEST_F(ClientTest, AnAnswerOfAnotherShapeIsAnError) {
  std::optional<ApiResult<api::ObjectPtr>> got;
  const Operation get = deployments().get("d", [&](auto result) { got = result; });
  transport_.take_send()->answer(200, R"({"kind":"DeploymentList","items":[]})");
  executor_.run();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error().code, 0);
}

TEST_F(ClientTest, DestructionOfTheOperationCancels) {
  bool called = false;
  Operation get = deployments().get("d", [&](const auto&) { called = true; });
  const auto call = transport_.take_send();
  call->answer(200, "{}");
  get.cancel();
  executor_.run();
  EXPECT_FALSE(called);
}

class RetryTest : public ClientTest {
 protected:
  Operation start() {
    return deployments().update_with_retry(
        "d",
        [&](json::object& object) {
          object["changed"] = ++changes_;
          return !leave_;
        },
        {}, [&](auto result) { result_ = result; });
  }
  void give(const std::string& version) {
    executor_.run();
    transport_.take_send()->answer(
        200, R"({"metadata":{"name":"d","resourceVersion":")" + version + R"("}})");
    executor_.run();
  }
  int changes_ = 0;
  bool leave_ = false;
  std::optional<ApiResult<api::ObjectPtr>> result_;
};

TEST_F(RetryTest, AConflictIsTriedAgainOnWhatIsThereNow) {
  const Operation operation = start();
  give("1");
  auto put = transport_.take_send();
  EXPECT_EQ(put->request.method, "PUT");
  put->answer(refused(409, "Conflict"));
  give("2");
  put = transport_.take_send();
  EXPECT_EQ(api::text_at(put->body(), {"metadata", "resourceVersion"}), "2");
  EXPECT_EQ(api::integer_at(put->body(), {"changed"}), 2);
  put->answer(200, R"({"metadata":{"name":"d","resourceVersion":"3"}})");
  executor_.run();
  ASSERT_TRUE(result_ && *result_);
  EXPECT_EQ((**result_)->resource_version(), "3");
}

TEST_F(RetryTest, OtherErrorsAndTooManyConflictsAreTheResult) {
  {
    const Operation operation = start();
    give("1");
    transport_.take_send()->answer(refused(422, "Invalid"));
    executor_.run();
    EXPECT_EQ(result_->error().code, 422);
  }
  result_.reset();
  const Operation operation = start();
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(result_);
    give(std::to_string(i));
    transport_.take_send()->answer(refused(409, "Conflict"));
    executor_.run();
  }
  ASSERT_TRUE(result_);
  EXPECT_TRUE(result_->error().is_conflict());
}

TEST_F(RetryTest, NothingIsWrittenWhenNothingIsToChange) {
  leave_ = true;
  const Operation operation = start();
  give("1");
  EXPECT_TRUE(transport_.sends.empty());
  ASSERT_TRUE(result_ && *result_);
}

TEST_F(RetryTest, CanBeCancelledAtEveryStep) {
  for (int steps = 0; steps < 3; ++steps) {
    Operation operation = start();
    if (steps > 0) executor_.run();
    if (steps > 1) give("1");
    operation.cancel();
    executor_.run();
    while (const auto left = transport_.take_send()) {
      EXPECT_TRUE(left->cancelled) << steps;
      left->answer(200, R"({"metadata":{"name":"d"}})");
      executor_.run();
    }
    EXPECT_FALSE(result_) << steps;
  }
}

}  // namespace
}  // namespace cove::client
