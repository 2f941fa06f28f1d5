#include "app/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/process.h"
#include "core/base/strings.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/cli/fake_world.h"

namespace cove::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

void check_everything_occurs(const CommandTree& command, const std::string& script, bool fish) {
  for (const CommandOption& option : command.options) {
    for (const std::string& name : option.names) {
      const std::string spelled = !fish                    ? name
                                  : name.starts_with("--") ? "-l " + name.substr(2)
                                                           : "-s " + name.substr(1);
      EXPECT_THAT(script, HasSubstr(spelled)) << command.name;
    }
  }
  for (const std::string& choice : command.positional_choices)
    EXPECT_THAT(script, HasSubstr(choice));
  for (const CommandTree& sub : command.commands) {
    EXPECT_THAT(script, HasSubstr(sub.name));
    check_everything_occurs(sub, script, fish);
  }
}

std::vector<std::string> names(const CommandTree& tree) {
  std::vector<std::string> out;
  for (const CommandTree& sub : tree.commands) out.push_back(sub.name);
  return out;
}

TEST(Completion, TreeHasEveryCommand) {
  EXPECT_THAT(names(command_tree()),
              ::testing::UnorderedElementsAre(
                  "start", "stop", "restart", "pause", "unpause", "delete", "config", "status",
                  "ip", "profile", "update-context", "logs", "ssh", "dashboard", "version",
                  "completion", "docker-env", "image", "service", "ingress", "demo"));
}

TEST(Completion, ScriptsHaveEveryCommandAndFlag) {
  const CommandTree tree = command_tree();
  for (const char* shell : {"bash", "zsh", "fish"}) {
    TestWorld test;
    EXPECT_EQ(test.run({"completion", shell}), kOk);
    check_everything_occurs(tree, test.out.str(), std::string(shell) == "fish");
  }
}

TEST(Completion, UnknownShell) {
  TestWorld test;
  EXPECT_EQ(test.run({"completion", "csh"}), kUsage);
  EXPECT_THAT(test.err.str(), HasSubstr("Use bash, zsh or fish."));
}

// What bash offers for a line; the last word is the one being typed.
std::vector<std::string> offered(const std::string& line) {
  const auto words = split(line, ' ');
  std::string script = bash_completion(command_tree());
  script += "\nCOMP_WORDS=(";
  for (const std::string& word : words) script += "'" + word + "' ";
  script += ")\nCOMP_CWORD=" + std::to_string(words.size() - 1) +
            "\n_cove\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  auto done = make_spawner()->run({{"bash", "--norc"}, {}, {}, script}, std::chrono::seconds(30));
  if (!done || done->exit_code != 0 || !done->standard_error.empty()) {
    ADD_FAILURE() << (done ? done->standard_error : done.error().message());
    return {};
  }
  return split(trim(done->standard_output), '\n');
}

TEST(Completion, BashCompletesCommandsOptionsAndValues) {
  if (!find_program("bash")) GTEST_SKIP() << "bash is not installed";
  EXPECT_THAT(offered("cove st"), ::testing::ElementsAre("start", "stop", "status"));
  EXPECT_THAT(offered("cove start --vm"), ::testing::ElementsAre("--vm-driver"));
  EXPECT_THAT(offered("cove -p dev start --m"), ::testing::ElementsAre("--memory"));
  EXPECT_THAT(offered("cove start --network "), ::testing::ElementsAre("user", "nat"));
  EXPECT_THAT(offered("cove status -o j"), ::testing::ElementsAre("json"));
  EXPECT_THAT(offered("cove image save -o j"), ::testing::ElementsAre(""));
  EXPECT_THAT(offered("cove profile "),
              AllOf(Contains("list"), Contains("--profile"), Not(Contains("start"))));
  EXPECT_THAT(offered("cove profile list -"), AllOf(Contains("-o"), Contains("-p")));
  EXPECT_THAT(offered("cove completion "),
              AllOf(Contains("bash"), Contains("zsh"), Contains("fish")));
  EXPECT_THAT(offered("cove start --cpus "), ::testing::ElementsAre(""))
      << "a number cannot be guessed";
}

TEST(Completion, ZshAndFishReadTheirScripts) {
  const CommandTree tree = command_tree();
  test::TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> scripts{{"zsh", zsh_completion(tree)},
                                                                 {"fish", fish_completion(tree)}};
  for (const auto& [shell, script] : scripts) {
    if (!find_program(shell)) continue;  // its grammar can only be judged by the shell itself
    const Path file = folder.path() / shell;
    ASSERT_TRUE(write_file_atomic(file, script, 0600));
    auto done =
        make_spawner()->run({{shell, "-n", file.string()}, {}, {}, {}}, std::chrono::seconds(30));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->exit_code, 0) << done->standard_error;
  }
}

TEST(Completion, DescriptionsCannotBreakQuotes) {
  const CommandTree tree{
      "cove", "", {}, {}, {CommandTree{"it", "it's \"$(x)\" \n`y`", {}, {}, {}}}};
  EXPECT_THAT(fish_completion(tree), HasSubstr(R"x('it'\''s "$(x)"  `y`')x"));
}

}  // namespace
}  // namespace cove::cli
