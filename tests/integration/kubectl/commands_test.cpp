// Scenarios: commands of kubectl one after another, and all that they print, in a namespace of
// their own. scenarios/<name>.txt has one command a line (without "kubectl"), and
//   # a remark
//   >>> FILE … <<<        a file, "@FILE" in commands
//   editor PROGRAM        what `kubectl edit` opens files with from here on
//   newest COMMAND        for the newest kubectl alone; what 1.20 does not have
// What is printed stands in tests/golden/kubectl/commands/<name>.<version>.txt.

#include <algorithm>
#include <sstream>
#include <tuple>

#include "core/base/strings.h"
#include "tests/integration/kubectl/suite.h"

namespace cove::testing {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> scenarios() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_path("tests/integration/kubectl/scenarios"))) {
    names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

class ScenarioTest : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  std::string scenario() const { return std::get<0>(GetParam()); }
  std::string version() const { return std::get<1>(GetParam()); }
  bool newest() const { return version() == "kubectl"; }
  std::string space() const { return scenario() + (newest() ? "" : "-old"); }

  Completed run(std::string_view line) {
    std::vector<std::string> arguments = words(line);
    for (std::string& each : arguments) {
      if (each.starts_with("@")) each = (directory_.path() / each.substr(1)).string();
    }
    arguments.insert(arguments.begin(), {"--namespace", space()});
    return shared_coved().kubectl(version(), std::move(arguments));
  }

  // The file that starts at `line`, up to <<<.
  void write_file(std::string_view name, std::istringstream& lines) {
    const Path path = directory_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::string text;
    for (std::string line; std::getline(lines, line) && line != "<<<";) text += line + "\n";
    ASSERT_TRUE(write_file_atomic(path, text, 0600).has_value());
  }

  std::string shown(const Completed& completed) const {
    std::string text = completed.standard_output + completed.standard_error;
    for (const std::string& hidden : {directory_.path().string() + "/", std::string("-old")}) {
      for (std::size_t at = 0; (at = text.find(hidden, at)) != std::string::npos;)
        text.erase(at, hidden.size());
    }
    if (completed.exit_code != 0) text += "exit " + std::to_string(completed.exit_code) + "\n";
    return text;
  }

  TempDir directory_;
};

// The lines of a diff that came or went, but for times.
std::string changes_of(const std::string& diff) {
  std::istringstream lines(diff);
  std::string changes;
  for (std::string line; std::getline(lines, line);) {
    const bool change = line.starts_with('+') || line.starts_with('-');
    if (change && line.find(" time: ") == std::string::npos) changes += line + "\n";
  }
  return changes;
}

TEST_P(ScenarioTest, PrintsWhatItShould) {
  const auto script =
      read_file(source_path("tests/integration/kubectl/scenarios/" + scenario() + ".txt"), 1 << 20);
  ASSERT_TRUE(script.has_value());
  shared_coved().kubectl(version(), {"create", "namespace", space()});
  std::istringstream lines(*script);
  std::string transcript;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    if (line.starts_with(">>> ")) {
      write_file(line.substr(4), lines);
      continue;
    }
    if (line.starts_with("editor ")) {
      ::setenv("KUBE_EDITOR", line.substr(7).c_str(), 1);
      continue;
    }
    if (line.starts_with("newest ")) {
      if (!newest()) continue;
      line.erase(0, 7);
    }
    const std::string output = shown(run(line));
    // The old kubectl shows managed fields in its diffs, whose times depend on the second.
    transcript += "$ kubectl " + line + "\n" +
                  (!newest() && line.starts_with("diff ") ? changes_of(output) : output);
  }
  shared_coved().kubectl(version(), {"delete", "namespace", "--wait=false", space()});
  expect_golden("commands/" + scenario() + (newest() ? ".newest.txt" : ".v1_20.txt"),
                masked(transcript));
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioTest,
                         ::testing::Combine(::testing::ValuesIn(scenarios()),
                                            ::testing::ValuesIn(kubectl_versions())),
                         [](const auto& each) {
                           std::string name =
                               std::get<0>(each.param) +
                               (std::get<1>(each.param) == "kubectl" ? "_newest" : "_v1_20");
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

class CommandsTest : public KubectlSuite {};

// A child kubectl that runs until it is told to stop; what it prints comes by a pipe.
class Background {
 public:
  Background(const std::string& version, std::vector<std::string> arguments)
      : pipe_(std::move(*make_pipe())) {
    Command command;
    command.argv = {client_program(version).string(), "--kubeconfig",
                    shared_coved().kubeconfig().string()};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    ChildProcess::Options options;
    options.standard_output = pipe_.write.get();
    options.die_with_parent = true;
    auto spawned = ChildProcess::spawn(command, options);
    if (spawned) process_.emplace(std::move(*spawned));
    pipe_.write.reset();
  }
  ~Background() {
    if (!process_) return;
    process_->signal(SIGTERM);
    process_->wait(std::chrono::seconds(20));
  }
  // What it printed, up to and with `text`; all there is when it ends before.
  std::string until(std::string_view text) {
    std::string all = std::exchange(rest_, "");
    char buffer[4096];
    while (all.find(text) == std::string::npos) {
      const ssize_t n = ::read(pipe_.read.get(), buffer, sizeof buffer);
      if (n <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(n));
    }
    const std::size_t end = all.find(text) + text.size();
    rest_ = all.substr(end);
    all.resize(end);
    return all;
  }

 private:
  Pipe pipe_;
  std::optional<ChildProcess> process_;
  std::string rest_;
};

TEST_P(CommandsTest, WatchesChanges) {
  use_namespace("watching");
  const std::string space = newest() ? "watching" : "watching-old";
  ok("create configmap one --from-literal=a=1");
  Background watch(GetParam(), {"get", "configmaps", "-w", "-n", space, "--output-watch-events",
                                "--no-headers", "-l", "seen!=no"});
  EXPECT_THAT(watch.until("one"), HasSubstr("ADDED"));
  ok("patch configmap one --type=merge -p '{\"data\":{\"b\":\"2\"}}'");
  EXPECT_THAT(watch.until("one"), HasSubstr("MODIFIED"));
  // What a selector does not choose any more is gone to a watcher.
  ok("label configmap one seen=no");
  EXPECT_THAT(watch.until("one"), HasSubstr("DELETED"));
  ok("label configmap one seen=yes --overwrite");
  EXPECT_THAT(watch.until("one"), HasSubstr("ADDED"));
  ok("delete configmap one");
  EXPECT_THAT(watch.until("one"), HasSubstr("DELETED"));
}

TEST_P(CommandsTest, ProxiesTheApi) {
  Background proxy(GetParam(), {"proxy", "--port=0"});
  const std::string line = proxy.until("\n");
  const std::size_t colon = line.rfind(':');
  ASSERT_NE(colon, std::string::npos) << line;
  const std::string server = "http://127.0.0.1:" + std::string(trim(line.substr(colon + 1)));
  EXPECT_EQ(ok("get namespace default -o name --server=" + server), "namespace/default\n");
}

// In pages, nothing twice and nothing missing.
TEST_P(CommandsTest, ListsInChunks) {
  use_namespace("chunks");
  std::string text;
  for (int i = 0; i < 25; ++i) {
    text += "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: n" + std::to_string(100 + i) +
            "}\n";
  }
  file("many.yaml", text);
  ok("create -f @many.yaml");
  std::string expected;
  for (int i = 0; i < 25; ++i) expected += "configmap/n" + std::to_string(100 + i) + "\n";
  std::string listed = ok("get configmaps --chunk-size=7 -o name");
  const std::string root = "configmap/kube-root-ca.crt\n";
  if (const std::size_t at = listed.find(root); at != std::string::npos)
    listed.erase(at, root.size());
  EXPECT_EQ(listed, expected);
}

INSTANTIATE_TEST_SUITE_P(Versions, CommandsTest, ::testing::ValuesIn(kubectl_versions()),
                         version_name);

}  // namespace
}  // namespace cove::testing
