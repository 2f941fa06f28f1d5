// kill -9 of `cove start` at every step: the next start continues and succeeds, a deletion leaves
// nothing.
#include <poll.h>
#include <unistd.h>

#include "tests/vm/life/cluster_fixture.h"

namespace cove::test {
namespace {

using namespace std::chrono_literals;

// Lines of a child's output, as they come.
class LineReader {
 public:
  explicit LineReader(Fd fd) : fd_(std::move(fd)) {}

  std::optional<std::string> next() {
    while (true) {
      const std::size_t end = buffer_.find('\n');
      if (end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      pollfd poll{fd_.get(), POLLIN, 0};
      if (::poll(&poll, 1, 300'000) <= 0) return std::nullopt;
      char bytes[4096];
      const ssize_t n = ::read(fd_.get(), bytes, sizeof bytes);
      if (n <= 0) return std::nullopt;
      buffer_.append(bytes, static_cast<std::size_t>(n));
    }
  }

 private:
  Fd fd_;
  std::string buffer_;
};

class Interruption : public ClusterTest, public testing::WithParamInterface<const char*> {
 protected:
  struct Starting {
    ChildProcess child;
    LineReader lines;  // its events, one JSON object a line
  };
  static Starting spawn_start() {
    auto arguments = start_command();
    arguments.insert(arguments.end(), {"-o", "json"});
    Pipe output = value(make_pipe());
    ChildProcess child =
        value(ChildProcess::spawn(computer().command(arguments), {-1, output.write.get(), -1}));
    return {std::move(child), LineReader(std::move(output.read))};
  }
  // Starts a cluster and kills the program the moment the step begins; true when the step was seen.
  static bool start_and_kill_at(const std::string& step) {
    auto [child, lines] = spawn_start();
    while (auto line = lines.next()) {
      const boost::json::object event = boost::json::parse(*line).as_object();
      if (text(event, "event") == "step" && text(event, "id") == step &&
          text(event, "state") == "running") {
        child.signal(SIGKILL);
        child.wait(10s);
        return true;
      }
    }
    return false;
  }
};

TEST_P(Interruption, TheNextStartSucceeds) {
  ASSERT_TRUE(start_and_kill_at(GetParam()));
  const auto after = status();
  // The last step may be done before the signal is there.
  const bool done =
      std::string_view(GetParam()) == "write-kubeconfig" && text(after, "Phase") == "Running";
  if (!done) {
    EXPECT_EQ(text(after, "Phase"), "Broken");
    EXPECT_NE(text(after, "Reason").find("interrupted"), std::string::npos)
        << text(after, "Reason");
  }
  start();
  EXPECT_EQ(phase(), "Running");
}

INSTANTIATE_TEST_SUITE_P(Steps, Interruption,
                         testing::Values("check-host", "create-disk", "define-machine",
                                         "create-keys", "boot", "configure-node", "open-ports",
                                         "wait-api", "wait-node", "write-kubeconfig"),
                         [](const auto& chosen) {
                           std::string name = chosen.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_F(Interruption, ADeletionAfterAKillLeavesNothing) {
  ASSERT_TRUE(start_and_kill_at("boot"));
  computer().cove({"delete"});
  EXPECT_EQ(phase(), "NotCreated");
  EXPECT_EQ(qemu("cove"), 0);
  EXPECT_FALSE(std::filesystem::exists(computer().home() / ".local/share/cove"));
}

TEST_F(Interruption, ASecondProgramIsToldWhoIsAtWork) {
  auto [child, lines] = spawn_start();
  while (auto line = lines.next()) {
    if (line->find("\"boot\"") == std::string::npos ||
        line->find("\"running\"") == std::string::npos)
      continue;
    const Completed second = computer().try_cove({"stop"});
    EXPECT_NE(second.exit_code, 0);
    EXPECT_NE(
        second.standard_error.find(fmt::format("cove (process {}) is at 'start'", child.pid())),
        std::string::npos)
        << second.standard_error;
    EXPECT_EQ(phase(), "Creating");
    break;
  }
  while (lines.next()) {
  }
  EXPECT_EQ(child.wait(300s), 0);
  EXPECT_EQ(phase(), "Running");
}

}  // namespace
}  // namespace cove::test
