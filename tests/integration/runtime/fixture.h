// A Runtime over a host of the test's own.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "core/runtime/runtime.h"
#include "tests/support/containers.h"

namespace cove::runtime {

// Collects what a stream says.
class Heard {
 public:
  Streams::Handlers handlers() {
    return {[this](Streams::Channel channel, std::string_view text) {
              const std::lock_guard lock(mutex_);
              (channel == Streams::Channel::kOut ? out_ : error_) += text;
              changed_.notify_all();
            },
            [this] {
              const std::lock_guard lock(mutex_);
              closed_ = true;
              changed_.notify_all();
            }};
  }
  std::function<void(int)> ended() {
    return [this](int code) {
      const std::lock_guard lock(mutex_);
      code_ = code;
      changed_.notify_all();
    };
  }
  bool wait_closed() {
    return wait([this] { return closed_; });
  }
  bool wait_for(const std::string& text) {
    return wait([&] { return out_.find(text) != std::string::npos; });
  }
  int wait_code() {
    wait([this] { return code_ >= 0; });
    const std::lock_guard lock(mutex_);
    return code_;
  }
  std::string out() const {
    const std::lock_guard lock(mutex_);
    return out_;
  }
  std::string error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), condition);
  }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_, error_;
  bool closed_ = false;
  int code_ = -1;
};

class RuntimeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_run_containers()) GTEST_SKIP() << "needs root";
    host_.emplace();
    open();
  }
  void TearDown() override {
    if (!host_) return;
    if (runtime_) {
      for (const auto& status : runtime_->list()) {
        auto removed = runtime_->remove(status.id, true);
        EXPECT_TRUE(removed) << removed.error().message();
      }
    }
    runtime_.reset();
    EXPECT_TRUE(test::eventually([&] { return host_->processes().empty(); }));
    EXPECT_THAT_EMPTY(host_->mounts());
    EXPECT_THAT_EMPTY(host_->groups());
    host_.reset();
  }
  static void EXPECT_THAT_EMPTY(const std::vector<std::string>& list) {
    EXPECT_TRUE(list.empty()) << list.size() << " left, first " << (list.empty() ? "" : list[0]);
  }

  void open() {
    auto opened = Runtime::open(
        {host_->directory(), host_->run(), host_->cgroup_root(), clock_, *logger_, *spawner_});
    ASSERT_TRUE(opened) << opened.error().message();
    runtime_ = std::move(*opened);
  }

  ContainerSpec spec(const std::string& id, std::vector<std::string> args) {
    return test::busybox_container(*host_, id, std::move(args));
  }
  ContainerSpec shell(const std::string& id, const std::string& script) {
    return spec(id, {"sh", "-c", script});
  }
  void start(const ContainerSpec& wanted) {
    auto made = runtime_->create(wanted);
    ASSERT_TRUE(made) << made.error().message();
    auto started = runtime_->start(wanted.id);
    ASSERT_TRUE(started) << started.error().message();
  }
  ContainerStatus end_of(const std::string& id) {
    auto status = runtime_->wait(id, {});
    if (!status || !*status) return {};
    return **status;
  }
  int run(const ContainerSpec& wanted) {
    start(wanted);
    return end_of(wanted.id).exit_code;
  }
  std::string log(const std::string& id, LogQuery query = {}) {
    std::string text;
    auto read = runtime_->read_log(id, query, [&](const LogLine& line) {
      text += line.text + (line.partial ? "" : "\n");
      return true;
    });
    EXPECT_TRUE(read) << read.error().message();
    return text;
  }
  // A command beside the container's and what it said.
  std::string exec(const std::string& id, std::vector<std::string> args) {
    Heard heard;
    ExecSpec wanted;
    wanted.process.args = std::move(args);
    wanted.process.env = {"PATH=/bin"};
    auto process = runtime_->exec(id, wanted, heard.handlers(), heard.ended());
    if (!process) return process.error().message();
    heard.wait_code();
    return heard.out();
  }

  SystemClock clock_;
  std::unique_ptr<Logger> logger_ = make_logger(2, LogFormat::kText, LogLevel::kError);
  std::unique_ptr<Spawner> spawner_ = make_spawner();
  std::optional<test::ContainerHost> host_;
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace cove::runtime
