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
  void handle(std::shared_ptr<const http::Request>, Respond respond) override {
    open.push_back(std::move(respond));
  }
  void answer() {
    const Respond respond = std::move(open.front());
    open.pop_front();
    respond({});
  }
  std::deque<Respond> open;
};

class FirstLookTest : public testing::Test {
 protected:
  void ask() {
    look.handle(std::make_shared<http::Request>(), [this](const http::Answer&) { ++answers; });
  }

  Inside inside;
  FirstLook look{inside};
  int answers = 0;
};

TEST_F(FirstLookTest, EndsWhenWhatWasAskedIsAnswered) {
  ask();
  ask();
  auto waiting = std::async(std::launch::async, [this] { look.wait(kNever); });
  inside.answer();
  EXPECT_NE(waiting.wait_for(40ms), std::future_status::ready);
  inside.answer();
  waiting.wait();
  EXPECT_EQ(answers, 2);
}

TEST_F(FirstLookTest, EndsWhenNobodyLooks) {
  look.wait(1ms);
  ask();
  inside.answer();
  EXPECT_EQ(answers, 1);
}

TEST_F(FirstLookTest, EndsWhenAnAnswerDoesNotCome) {
  ask();
  look.wait(1ms);
  EXPECT_EQ(answers, 0);
  inside.answer();
  EXPECT_EQ(answers, 1);
}

TEST_F(FirstLookTest, IsOverBeforeItsAnswers) {
  auto gone = std::make_unique<FirstLook>(inside);
  gone->handle(std::make_shared<http::Request>(), [this](const http::Answer&) { ++answers; });
  gone.reset();
  inside.answer();
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace cove::node
