#include "tests/integration/kubectl/suite.h"

#include <fstream>

namespace cove::testing {
namespace {

struct Cluster {
  TempDir directory;
  Coved coved{directory.path()};
};

const std::vector<Mask>& masks() {
  static const std::vector<Mask> all = [] {
    constexpr auto make = make_mask;
    return std::vector<Mask>{
        make("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
        make("\"resourceVersion\": ?\"[0-9]+\"", "\"resourceVersion\": \"<version>\""),
        make("resourceVersion: \"[0-9]+\"", "resourceVersion: \"<version>\""),
        make("Resource Version:( +)[0-9]+", "Resource Version:$1<version>"),
        make("\\b20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}Z", "<time>"),
        make("20[0-9]{2}-[01][0-9]-[0-3][0-9] [0-9:]{8}\\.[0-9]+ [+-][0-9]{4}", "<time>"),
        make("[^ \\n]*/(LIVE|MERGED)-[0-9]+/", "<tmp>/$1/"),
        make("[^ \\n]*/kubectl-edit-[a-z0-9]+", "<tmp>/kubectl-edit"),
        make("https://127\\.0\\.0\\.1:[0-9]+", "https://<server>"),
        make("Created on:( +)[^\\n]+", "Created on:$1<time>"),
        make("X509SHA256=[0-9a-f]{64}", "X509SHA256=<hash>"),
        make("kube-api-access-[a-z0-9]{5}", "kube-api-access-<random>"),
        make("(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} 20(2[6-9]|[3-9][0-9]) "
             "[0-9:]{8} [+-][0-9]{4}",
             "<time>"),
        // Ages in tables; minutes only with their seconds, for 500m is half a processor.
        make("([ (])([0-9]+m)?[0-9]+s(?=[ \\n)])", "$1<age>"),
        make("([ \\n])[0-9]{2,}d(?=[ \\n])", "$1<age>"),
        make("([^ \\n])   +", "$1   "),
    };
  }();
  return all;
}

}  // namespace

Coved& shared_coved() {
  static Cluster* const cluster = [] {
    static Cluster made;
    EXPECT_TRUE(made.coved.start({"--node-name", "alpha"})) << made.coved.log();
    return &made;
  }();
  return cluster->coved;
}

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> all;
  bool quoted = false;
  bool inside = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
      if (!inside) all.emplace_back();
      inside = true;
    } else if (c == ' ' && !quoted) {
      inside = false;
    } else {
      if (!inside) all.emplace_back();
      inside = true;
      all.back().push_back(c);
    }
  }
  return all;
}

std::string masked(std::string text) {
  return apply_masks(std::move(text), masks());
}

void expect_golden(const std::string& name, const std::string& text) {
  expect_golden_file(Path("kubectl") / name, text);
}

Completed KubectlSuite::run(std::string_view line) {
  std::vector<std::string> arguments = words(line);
  for (std::string& each : arguments) {
    if (each.starts_with("@")) each = (directory_.path() / each.substr(1)).string();
  }
  if (!namespace_.empty()) arguments.insert(arguments.begin(), {"--namespace", namespace_});
  return shared_coved().kubectl(GetParam(), std::move(arguments));
}

std::string KubectlSuite::ok(std::string_view line) {
  const Completed completed = run(line);
  EXPECT_EQ(completed.exit_code, 0) << "kubectl " << line << "\n" << completed.standard_error;
  return completed.standard_output;
}

std::string KubectlSuite::refused(std::string_view line) {
  const Completed completed = run(line);
  EXPECT_NE(completed.exit_code, 0) << "kubectl " << line << "\n" << completed.standard_output;
  return completed.standard_error;
}

void KubectlSuite::use_namespace(const std::string& name) {
  const std::string mine = name + (newest() ? "" : "-old");
  ok("create namespace " + mine);
  namespace_ = mine;
}

void KubectlSuite::TearDown() {
  if (namespace_.empty()) return;
  const std::string mine = std::exchange(namespace_, "");
  run("delete namespace --wait=false " + mine);
}

std::string KubectlSuite::file(const std::string& name, std::string_view text) {
  const Path path = directory_.path() / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
  return path.string();
}

}  // namespace cove::testing
