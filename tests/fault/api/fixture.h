// A coved for each test, and what the tests of this folder all need.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "tests/fault/api/client.h"

namespace cove::testing {

class FaultTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void TearDown() override {
    if (running_) stop();
  }

  // Again, on the same data, on another port.
  void start() {
    ASSERT_TRUE(coved_.start()) << coved_.log();
    running_ = true;
    // The same ever after, and clients of the last start may be reading it.
    if (admin_.certificate_pem.empty()) admin_ = coved_.admin();
    port_ = coved_.port();
  }
  void stop() {
    coved_.signal(SIGTERM);
    running_ = false;
    EXPECT_EQ(coved_.wait(), 0) << coved_.log();
  }
  void kill() {
    coved_.signal(SIGKILL);
    running_ = false;
    EXPECT_EQ(coved_.wait(), 128 + SIGKILL);
  }

  ApiClient client() { return ApiClient(port_, admin_); }
  void create(ApiClient& api, const std::string& name, const std::string& value) {
    const Reply reply = api.ask("POST", kConfigMaps, config_map(name, "v", value));
    ASSERT_EQ(reply.status, 201) << reply.body;
  }
  // What coved has of the machine's memory.
  std::size_t resident_bytes() const {
    std::ifstream file("/proc/" + std::to_string(coved_.pid()) + "/status");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
    }
    return 0;
  }

  TempDir directory_;
  Coved coved_{directory_.path()};
  client::TlsIdentity admin_;
  std::atomic<std::uint16_t> port_ = 0;
  bool running_ = false;
};

}  // namespace cove::testing
