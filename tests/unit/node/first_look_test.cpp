#include "app/node/first_look.h"

#include <gtest/gtest.h>

#include <deque>
#include <future>

namespace cove::node {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kNever = 1h;

// Answers when it is told to.
class Inside final : public http::Handler {
 public:
  void handle(std::shared_ptr<const http::Request> request, Respond respond) override {
    paths.push_back(request->path);
    open.push_back(std::move(respond));
  }
  void answer() {
    const Respond respond = std::move(open.front());
    open.pop_front();
    respond({});
  }
  std::deque<Respond> open;
  std::vector<std::string> paths;  // of what came in
};

http::Request by(std::vector<std::string> organizations, std::string path) {
  http::Request request;
  request.method = "GET";
  request.path = std::move(path);
  request.certificate = std::make_shared<http::PeerCertificate>(
      http::PeerCertificate{"me", std::move(organizations), {}, ""});
  return request;
}

http::Request look_at(std::string path) {
  return by({"system:masters"}, std::move(path));
}

class FirstLookTest : public testing::Test {
 protected:
  void ask(http::Request request = look_at("/api/v1/nodes/cove")) {
    look.handle(std::make_shared<http::Request>(std::move(request)),
                [this](const http::Answer& answer) { answers.push_back(answer.status); });
  }

  Inside inside;
  FirstLook look{inside, "cove", null_logger()};
  std::vector<int> answers;
};

TEST_F(FirstLookTest, EndsWhenWhatWasAskedIsAnswered) {
  ask(look_at("/readyz"));
  ask();
  auto waiting = std::async(std::launch::async, [this] { look.wait(kNever); });
  inside.answer();
  EXPECT_NE(waiting.wait_for(40ms), std::future_status::ready);
  inside.answer();
  waiting.wait();
  EXPECT_EQ(answers.size(), 2U);
}

TEST_F(FirstLookTest, EndsWhenNobodyLooks) {
  look.wait(1ms);
  look.open();
  ask();
  inside.answer();
  EXPECT_EQ(answers.size(), 1U);
}

TEST_F(FirstLookTest, EndsWhenAnAnswerDoesNotCome) {
  ask();
  look.wait(1ms);
  EXPECT_TRUE(answers.empty());
  inside.answer();
  EXPECT_EQ(answers.size(), 1U);
}

TEST_F(FirstLookTest, EndsWhenSomebodyWantsMore) {
  auto waiting = std::async(std::launch::async, [this] { look.wait(kNever); });
  EXPECT_NE(waiting.wait_for(20ms), std::future_status::ready);
  ask(look_at("/api/v1/pods"));
  waiting.wait();
  EXPECT_TRUE(inside.paths.empty());
}

TEST_F(FirstLookTest, IsOverBeforeItsAnswers) {
  auto gone = std::make_unique<FirstLook>(inside, "cove", null_logger());
  gone->handle(std::make_shared<http::Request>(look_at("/readyz")),
               [this](const http::Answer& answer) { answers.push_back(answer.status); });
  gone.reset();
  inside.answer();
  EXPECT_EQ(answers.size(), 1U);
}

TEST_F(FirstLookTest, WhatIsNoLookWaitsUntilItIsOpen) {
  http::Request changes = look_at("/api/v1/nodes/cove");
  changes.method = "PATCH";
  http::Request as_another = look_at("/readyz");
  as_another.headers = {{"accept", "*/*"}, {"impersonate-user", "jane"}};
  http::Request nobody = look_at("/readyz");
  nobody.certificate = nullptr;
  const std::vector<http::Request> requests{changes,
                                            as_another,
                                            nobody,
                                            by({"system:nodes"}, "/readyz"),
                                            look_at("/api/v1/nodes/other"),
                                            look_at("/api/v1/nodes")};
  for (const http::Request& request : requests) ask(request);
  EXPECT_TRUE(inside.paths.empty());
  ask(look_at("/readyz"));
  EXPECT_EQ(inside.paths, std::vector<std::string>{"/readyz"});
  look.open();
  ASSERT_EQ(inside.paths.size(), requests.size() + 1);
  for (std::size_t i = 0; i < requests.size(); ++i)
    EXPECT_EQ(inside.paths[i + 1], requests[i].path);
  ask(nobody);
  EXPECT_EQ(inside.paths.size(), requests.size() + 2);
}

TEST_F(FirstLookTest, NobodyLooksWhereThereIsNoNodeToLookAt) {
  FirstLook shut(inside, "", null_logger());
  const auto ignore = [](const http::Answer&) {};
  shut.handle(std::make_shared<http::Request>(look_at("/readyz")), ignore);
  shut.handle(std::make_shared<http::Request>(look_at("")), ignore);
  EXPECT_TRUE(inside.paths.empty());
  shut.open();
  EXPECT_EQ(inside.paths.size(), 2U);
}

TEST_F(FirstLookTest, NoMoreWaitThanThereIsRoomFor) {
  for (int i = 0; i < 300; ++i) ask(look_at("/api/v1/pods"));
  EXPECT_EQ(answers, std::vector<int>(300 - 256, 503));
  look.open();
  EXPECT_EQ(inside.paths.size(), 256U);
}

}  // namespace
}  // namespace cove::node
