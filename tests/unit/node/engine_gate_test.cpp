#include "app/node/engine_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace cove::node {
namespace {

using ::testing::HasSubstr;

// Answers 200 with the path.
class Inside final : public http::Handler {
 public:
  void handle(std::shared_ptr<const http::Request> request, Respond respond) override {
    http::Answer answer;
    answer.body = std::make_shared<const std::string>(request->path);
    respond(std::move(answer));
  }
  bool streams_body(const http::Request& head) const override { return head.path == "/stream"; }
};

std::shared_ptr<http::Request> request(const std::string& path) {
  auto made = std::make_shared<http::Request>();
  made->method = "GET";
  made->path = path;
  return made;
}

class Asked {
 public:
  Asked(http::Handler& handler, std::shared_ptr<http::Request> what) {
    handler.handle(std::move(what),
                   [answer = answer_](http::Answer given) { *answer = std::move(given); });
  }
  bool waits() const { return !answer_->has_value(); }
  int status() const { return waits() ? 0 : (*answer_)->status; }
  std::string body() const { return waits() ? "" : *(*answer_)->body; }

 private:
  std::shared_ptr<std::optional<http::Answer>> answer_ =
      std::make_shared<std::optional<http::Answer>>();
};

TEST(EngineGate, HoldsRequestsUntilTheEngineIsThere) {
  EngineGate gate;
  Inside inside;
  const Asked early(gate, request("/early"));
  EXPECT_TRUE(early.waits());
  EXPECT_TRUE(gate.streams_body(*request("/any")));
  gate.open(inside);
  EXPECT_EQ(early.body(), "/early");
  EXPECT_EQ(Asked(gate, request("/late")).body(), "/late");
  EXPECT_TRUE(gate.streams_body(*request("/stream")));
  EXPECT_FALSE(gate.streams_body(*request("/any")));
}

TEST(EngineGate, SaysWhyThereIsNoEngine) {
  EngineGate gate;
  const Asked early(gate, request("/early"));
  gate.fail("crun is \"missing\"");
  EXPECT_EQ(early.status(), 503);
  EXPECT_EQ(early.body(), "{\"message\":\"crun is \\\"missing\\\"\"}\n");
  EXPECT_EQ(Asked(gate, request("/late")).status(), 503);
}

TEST(EngineGate, ManyWhoWaitAreRefused) {
  EngineGate gate;
  Inside inside;
  std::vector<Asked> waiting;
  for (int i = 0; i < 64; ++i) waiting.emplace_back(gate, request("/x"));
  const Asked refused(gate, request("/y"));
  EXPECT_EQ(refused.status(), 503);
  EXPECT_THAT(refused.body(), HasSubstr("still starting"));
  gate.open(inside);
  for (const Asked& each : waiting) EXPECT_EQ(each.status(), 200);
}

std::shared_ptr<http::Request> shown(const std::string& name,
                                     const std::vector<std::string>& organizations) {
  auto made = request("/stream");
  http::PeerCertificate certificate;
  certificate.common_name = name;
  certificate.organizations = organizations;
  made->certificate = std::make_shared<const http::PeerCertificate>(certificate);
  return made;
}

TEST(CertificateGate, IsOpenToAdministratorsAlone) {
  Inside inside;
  CertificateGate gate(inside);
  const auto admin = shown("kubernetes-admin", {"other", "system:masters"});
  EXPECT_EQ(Asked(gate, admin).status(), 200);
  // Asked before the certificate is known.
  EXPECT_TRUE(gate.streams_body(*request("/stream")));
  const std::vector<std::shared_ptr<http::Request>> others{
      request("/stream"), shown("system:node:cove", {"system:nodes"}), shown("system:masters", {}),
      shown("pod", {"System:Masters", "system:masters "})};
  for (const auto& other : others) {
    const Asked asked(gate, other);
    EXPECT_EQ(asked.status(), 403);
    EXPECT_THAT(asked.body(), HasSubstr("administrator"));
  }
}

}  // namespace
}  // namespace cove::node
