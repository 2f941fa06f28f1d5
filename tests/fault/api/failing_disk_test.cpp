// The API over a disk that fails: what clients are told, and what they see meanwhile.
#include <atomic>
#include <cerrno>

#include "tests/unit/server/fixture.h"

namespace cove::server {
namespace {

class FailingDisk final : public store::IoHooks {
 public:
  store::IoVerdict before(const store::IoCall& call) override {
    const bool writes =
        call.operation == store::IoOperation::kWrite || call.operation == store::IoOperation::kSync;
    return {writes ? error.load() : 0, call.bytes.size() >= 1024};
  }
  std::atomic<int> error = 0;
};

struct Fault {
  const char* name;
  int error;
  int status;
  const char* reason;
  const char* message;
};

// A base, so that the disk is there before the store and after it.
struct HasDisk {
  FailingDisk disk_;
};

class FailingDiskTest : public HasDisk,
                        public ServerTest,
                        public ::testing::WithParamInterface<Fault> {
 protected:
  FailingDiskTest() : ServerTest(&disk_) {}

  void expect_disk_error(const Reply& reply) {
    expect_refused(reply, GetParam().status, GetParam().reason, GetParam().message);
  }
  void fail() { disk_.error = GetParam().error; }
  void heal() { disk_.error = 0; }

  // Sends a request without waiting for its answer.
  std::shared_ptr<std::optional<int>> begin(const std::string& method, const std::string& target,
                                            std::string body) {
    auto request = std::make_shared<Request>();
    request->method = method;
    request->headers.emplace_back("content-type", "application/json");
    request->body = std::move(body);
    request->certificate = certificate_;
    EXPECT_TRUE(http::parse_target(target, *request));
    auto status = std::make_shared<std::optional<int>>();
    server_->handle(request, [status](const Answer& answer) { *status = answer.status; });
    return status;
  }
};

TEST_P(FailingDiskTest, EveryKindOfWriteIsRefused) {
  expect(201, ask("POST", kConfigMaps, config_map("a", "old")));
  expect(201, ask("POST", "/api/v1/namespaces",
                  R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"other"}})"));
  fail();
  const std::string a = kConfigMaps + "/a";
  expect_disk_error(ask("POST", kConfigMaps, config_map("b")));
  expect_disk_error(ask("PUT", a, config_map("a", "new")));
  expect_disk_error(patch(a, "merge-patch+json", R"({"data":{"k":"new"}})"));
  expect_disk_error(
      patch(a, "json-patch+json", R"([{"op":"replace","path":"/data/k","value":"new"}])"));
  expect_disk_error(
      patch(a + "?fieldManager=test", "apply-patch+yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: new}\n"));
  expect_disk_error(ask("DELETE", a));
  expect_disk_error(ask("DELETE", kConfigMaps));
  expect_disk_error(ask("DELETE", "/api/v1/namespaces/other"));
}

TEST_P(FailingDiskTest, ReadsGoOnAndShowWhatIsStored) {
  const json::value made = expect(201, ask("POST", kConfigMaps, config_map("a", "old")));
  const Reply watch = get(kConfigMaps + "?watch=1&resourceVersion=" + version_of(made));
  fail();
  for (int i = 0; i < 3; ++i) {
    expect_disk_error(ask("PUT", kConfigMaps + "/a", config_map("a", "new")));
    expect_disk_error(ask("POST", kConfigMaps, config_map("b")));
    expect_disk_error(ask("DELETE", kConfigMaps + "/a"));
  }
  EXPECT_EQ(read(kConfigMaps + "/a"), made);
  expect_refused(get(kConfigMaps + "/b"), 404, "NotFound");
  EXPECT_EQ(read(kConfigMaps).at("items").as_array().size(), 1U);
  EXPECT_THAT(events(watch), ::testing::IsEmpty());
  EXPECT_EQ(get("/readyz").status, 200);
}

TEST_P(FailingDiskTest, WritesWorkAgainByThemselves) {
  const json::value made = expect(201, ask("POST", kConfigMaps, config_map("a", "old")));
  const Reply watch = get(kConfigMaps + "?watch=1&resourceVersion=" + version_of(made));
  fail();
  expect_disk_error(ask("PUT", kConfigMaps + "/a", config_map("a", "lost")));
  expect_disk_error(ask("POST", kConfigMaps, config_map("b", "lost")));
  heal();
  // Also with the version that was there before: nothing has changed since.
  const json::value next =
      expect(200, ask("PUT", kConfigMaps + "/a",
                      config_map("a", "new", R"(,"resourceVersion":")" + version_of(made) + "\"")));
  EXPECT_EQ(std::stoll(version_of(next)), std::stoll(version_of(made)) + 1);
  expect(201, ask("POST", kConfigMaps, config_map("b", "new")));
  expect(200, ask("DELETE", kConfigMaps + "/a"));
  std::vector<std::string> seen;
  for (const json::value& event : events(watch)) seen.push_back(described(event));
  EXPECT_THAT(seen, ::testing::ElementsAre("MODIFIED a", "ADDED b", "DELETED a"));
}

TEST_P(FailingDiskTest, WhatWasDecidedOnLostWritesIsLostWithThem) {
  const std::string a = kConfigMaps + "/a";
  const std::string b = kConfigMaps + "/b";
  const std::string version = version_of(expect(201, ask("POST", kConfigMaps, config_map("b"))));
  fail();
  const std::vector answers{
      begin("POST", kConfigMaps, config_map("a")),
      begin("POST", kConfigMaps, config_map("a")),  // it would be there already
      begin("PUT", a, config_map("a", "new")),
      begin("PUT", a, config_map("a", "new")),  // nothing to change
      begin("DELETE", a, "{}"),
      begin("DELETE", a, "{}"),  // it would be gone
      begin("PUT", b, config_map("b", "new")),
      begin("PUT", b, config_map("b", "x", R"(,"resourceVersion":")" + version + "\"")),
      begin("DELETE", b, "{}"),
      begin("PUT", b, config_map("b", "new")),
  };
  executor_.run_until([&] {
    return std::ranges::all_of(answers, [](const auto& each) { return each->has_value(); });
  });
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(**answers[i], GetParam().status) << i;
  expect_refused(get(a), 404, "NotFound");
  EXPECT_EQ(version_of(read(b)), version);
  heal();
  expect(201, ask("POST", kConfigMaps, config_map("a")));
}

TEST_P(FailingDiskTest, AnAnswerThatTellsOfAWriteComesAfterIt) {
  expect(201, ask("POST", kConfigMaps, config_map("a")));
  const std::string a = kConfigMaps + "/a";
  const std::string key = "core/configmaps/default/a";
  ASSERT_TRUE(storage_->get(key));
  const auto remove = begin("DELETE", a, "{}");
  const auto update = begin("PUT", a, config_map("a", "new"));
  executor_.run_until([&] { return update->has_value(); });
  EXPECT_EQ(**update, 404);
  EXPECT_FALSE(storage_->get(key)) << "it was said to be gone and can be read";
  EXPECT_EQ(*remove, 200);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FailingDiskTest,
    ::testing::Values(Fault{"Full", ENOSPC, 507, "", "the disk is full"},
                      Fault{"Quota", EDQUOT, 507, "", "the disk is full"},
                      Fault{"TooLargeAFile", EFBIG, 507, "", "the disk is full"},
                      Fault{"Broken", EIO, 500, "InternalError", "the disk failed"}),
    [](const auto& fault) { return fault.param.name; });

}  // namespace
}  // namespace cove::server
