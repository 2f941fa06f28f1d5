#include <gmock/gmock.h>

#include <thread>

#include "tests/integration/runtime/fixture.h"

namespace cove::runtime {
namespace {

using testing::HasSubstr;

using StreamsTest = RuntimeTest;

TEST_F(StreamsTest, WhoAttachesBeforeTheStartMissesNothing) {
  ASSERT_TRUE(runtime_->create(shell("aa", "echo out; echo err >&2")));
  Heard first, second;
  auto one = runtime_->attach("aa", first.handlers());
  auto two = runtime_->attach("aa", second.handlers());
  ASSERT_TRUE(one && two);
  ASSERT_TRUE(runtime_->start("aa"));
  EXPECT_TRUE(first.wait_closed());
  EXPECT_TRUE(second.wait_closed());
  EXPECT_EQ(first.out(), "out\n");
  EXPECT_EQ(first.error(), "err\n");
  EXPECT_EQ(second.out(), "out\n");
}

TEST_F(StreamsTest, InputEndsWithItsOnlyGiver) {
  ContainerSpec reader = shell("in", "cat; echo end");
  reader.open_stdin = true;
  reader.stdin_once = true;
  ASSERT_TRUE(runtime_->create(reader));
  Heard heard;
  auto stream = runtime_->attach("in", heard.handlers());
  ASSERT_TRUE(stream);
  // Input may come before the start, as docker's client sends it.
  std::jthread giver([&] {
    EXPECT_TRUE((*stream)->write("hello\n"));
    (*stream)->close_input();
  });
  ASSERT_TRUE(runtime_->start("in"));
  EXPECT_TRUE(heard.wait_closed());
  EXPECT_EQ(heard.out(), "hello\nend\n");
  EXPECT_EQ(end_of("in").exit_code, 0);
}

TEST_F(StreamsTest, InputLivesAcrossGiversUnlessOnce) {
  ContainerSpec reader = shell("in", "read a; echo got $a; read b; echo got $b");
  reader.open_stdin = true;
  start(reader);
  {
    Heard heard;
    auto stream = runtime_->attach("in", heard.handlers());
    ASSERT_TRUE(stream);
    ASSERT_TRUE((*stream)->write("one\n"));
    EXPECT_TRUE(heard.wait_for("got one"));
  }
  Heard heard;
  auto stream = runtime_->attach("in", heard.handlers());
  ASSERT_TRUE(stream);
  ASSERT_TRUE((*stream)->write("two\n"));
  EXPECT_TRUE(heard.wait_closed());
  EXPECT_EQ(heard.out(), "got two\n");
}

TEST_F(StreamsTest, MuchInputAndOutputArriveWhole) {
  ContainerSpec counter = shell("much", "cat | wc -c; seq 1 200000");
  counter.open_stdin = true;
  counter.stdin_once = true;
  counter.log.file.clear();
  ASSERT_TRUE(runtime_->create(counter));
  Heard heard;
  auto stream = runtime_->attach("much", heard.handlers());
  ASSERT_TRUE(stream);
  ASSERT_TRUE(runtime_->start("much"));
  const std::string block(1 << 20, 'x');
  for (int i = 0; i < 4; ++i) ASSERT_TRUE((*stream)->write(block));
  (*stream)->close_input();
  EXPECT_TRUE(heard.wait_closed());
  EXPECT_THAT(heard.out(), testing::StartsWith("4194304\n1\n"));
  EXPECT_THAT(heard.out(), testing::EndsWith("199999\n200000\n"));
}

TEST_F(StreamsTest, AProcessWaitsForAListenerThatIsSlow) {
  ASSERT_TRUE(runtime_->create(shell("slow", "yes | head -c 4000000; touch /done")));
  std::mutex gate;
  gate.lock();
  std::atomic<std::uint64_t> bytes = 0;
  Heard heard;
  auto handlers = heard.handlers();
  handlers.output = [&](Streams::Channel, std::string_view text) {
    const std::lock_guard lock(gate);
    bytes += text.size();
  };
  auto stream = runtime_->attach("slow", handlers);
  ASSERT_TRUE(runtime_->start("slow"));
  const Path done = runtime_->root("slow")->upper / "done";
  EXPECT_FALSE(
      test::eventually([&] { return std::filesystem::exists(done); }, std::chrono::seconds(1)));
  gate.unlock();
  EXPECT_TRUE(heard.wait_closed());
  EXPECT_EQ(bytes, 4000000U);
}

TEST_F(StreamsTest, ATerminalIsOneAndHasItsSize) {
  ContainerSpec terminal = shell("tt", "tty; stty size; read x; stty size; echo $x >&2");
  terminal.process.terminal = true;
  terminal.open_stdin = true;
  terminal.process.rows = 30;
  terminal.process.columns = 90;
  ASSERT_TRUE(runtime_->create(terminal));
  Heard heard;
  auto stream = runtime_->attach("tt", heard.handlers());
  ASSERT_TRUE(stream);
  ASSERT_TRUE(runtime_->start("tt"));
  EXPECT_TRUE(heard.wait_for("30 90"));
  EXPECT_TRUE(runtime_->resize("tt", 40, 100));
  ASSERT_TRUE((*stream)->write("word\r"));
  EXPECT_TRUE(heard.wait_closed());
  EXPECT_THAT(heard.out(), testing::AllOf(HasSubstr("/dev/"), HasSubstr("40 100\r\nword\r\n")));
}

TEST_F(StreamsTest, AContainerWithoutInputTakesNone) {
  start(shell("no", "cat; sleep 1000"));
  Heard heard;
  auto stream = runtime_->attach("no", heard.handlers());
  ASSERT_TRUE(stream);
  EXPECT_EQ((*stream)->write("x").error().code, ErrorCode::kUnavailable);
}

TEST_F(StreamsTest, ARemovedContainersStreamsClose) {
  ASSERT_TRUE(runtime_->create(spec("rm", {"true"})));
  Heard heard;
  auto stream = runtime_->attach("rm", heard.handlers());
  ASSERT_TRUE(runtime_->remove("rm", false));
  EXPECT_TRUE(heard.wait_closed());
  EXPECT_FALSE((*stream)->write("x"));
}

class ExecTest : public RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    if (runtime_) start(spec("cc", {"sleep", "1000"}));
  }
  ExecSpec process(std::vector<std::string> args) {
    ExecSpec out;
    out.process.args = std::move(args);
    out.process.env = {"PATH=/bin", "WORD=given"};
    return out;
  }
};

TEST_F(ExecTest, StreamsAndCodeAreItsOwn) {
  Heard heard;
  auto ran = runtime_->exec("cc", process({"sh", "-c", "echo $WORD; echo err >&2; exit 7"}),
                            heard.handlers(), heard.ended());
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_GT((*ran)->pid(), 0);
  EXPECT_EQ(heard.wait_code(), 7);
  EXPECT_EQ(heard.out(), "given\n");
  EXPECT_EQ(heard.error(), "err\n");
  EXPECT_EQ((*ran)->exit_code(), 7);
  EXPECT_TRUE(log("cc").empty());
}

TEST_F(ExecTest, InputAndSignals) {
  Heard heard;
  ExecSpec reader = process({"sh", "-c", "cat; exit 3"});
  reader.open_stdin = true;
  auto ran = runtime_->exec("cc", reader, heard.handlers(), heard.ended());
  ASSERT_TRUE(ran);
  ASSERT_TRUE((*ran)->streams().write("text"));
  (*ran)->streams().close_input();
  EXPECT_EQ(heard.wait_code(), 3);
  EXPECT_EQ(heard.out(), "text");
  Heard killed;
  auto sleeping =
      runtime_->exec("cc", process({"sleep", "1000"}), killed.handlers(), killed.ended());
  ASSERT_TRUE(sleeping);
  EXPECT_FALSE((*sleeping)->exit_code());
  (*sleeping)->signal(SIGKILL);
  EXPECT_EQ(killed.wait_code(), 137);
}

TEST_F(ExecTest, ATerminalOfItsOwn) {
  Heard heard;
  // crun gives the size while the process starts already.
  ExecSpec terminal = process(
      {"sh", "-c",
       "until stty size | grep '20 70'; do sleep 0.01; done; read x; stty size; echo got $x"});
  terminal.open_stdin = true;
  terminal.process.terminal = true;
  terminal.process.rows = 20;
  terminal.process.columns = 70;
  auto ran = runtime_->exec("cc", terminal, heard.handlers(), heard.ended());
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_TRUE(heard.wait_for("20 70"));
  EXPECT_TRUE((*ran)->resize(25, 75));
  ASSERT_TRUE((*ran)->streams().write("it\r"));
  EXPECT_EQ(heard.wait_code(), 0);
  EXPECT_THAT(heard.out(), testing::AllOf(HasSubstr("25 75"), HasSubstr("got it")));
}

TEST_F(ExecTest, WhatCannotBeRunSaysSo) {
  Heard heard;
  auto missing = runtime_->exec("cc", process({"foo"}), heard.handlers(), heard.ended());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cause, "exec: \"foo\": executable file not found in $PATH");
  auto denied = runtime_->exec("cc", process({"/etc/passwd"}), heard.handlers(), heard.ended());
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(std::filesystem::is_empty(host_->run() / "x"));
}

TEST_F(ExecTest, ManyAtOnceAndMuchOutput) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      Heard heard;
      auto ran =
          runtime_->exec("cc", process({"sh", "-c", "seq 1 20000; exit " + std::to_string(i)}),
                         heard.handlers(), heard.ended());
      ASSERT_TRUE(ran);
      EXPECT_EQ(heard.wait_code(), i);
      EXPECT_THAT(heard.out(), testing::EndsWith("\n20000\n"));
    });
  }
}

TEST_F(ExecTest, AForgottenProcessGoesOn) {
  {
    Heard heard;
    auto ran = runtime_->exec("cc", process({"sh", "-c", "sleep 0.2; seq 1 50000; touch /done"}),
                              heard.handlers(), heard.ended());
    ASSERT_TRUE(ran);
  }
  EXPECT_TRUE(test::eventually(
      [&] { return std::filesystem::exists(runtime_->root("cc")->upper / "done"); }));
}

TEST_F(ExecTest, NotInAPausedOrStoppedOne) {
  Heard heard;
  ASSERT_TRUE(runtime_->pause("cc"));
  EXPECT_EQ(runtime_->exec("cc", process({"true"}), heard.handlers(), heard.ended()).error().code,
            ErrorCode::kConflict);
  ASSERT_TRUE(runtime_->resume("cc"));
  ASSERT_TRUE(runtime_->signal("cc", SIGKILL));
  end_of("cc");
  EXPECT_EQ(runtime_->exec("cc", process({"true"}), heard.handlers(), heard.ended()).error().code,
            ErrorCode::kConflict);
}

}  // namespace
}  // namespace cove::runtime
