// The Dockerfiles of dockerfiles/ are built and keep to their facts; and what makes a step of a
// build come from the cache. All with one engine.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <regex>

#include "core/base/strings.h"
#include "tests/integration/docker/host.h"
#include "tests/support/golden.h"

namespace cove::testing {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kPatience{120};

Path folder_of_dockerfiles() {
  return source_path("tests/integration/docker/dockerfiles");
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of_dockerfiles())) {
    if (entry.is_directory()) names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

class DockerfileTest : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() {
    host_ = std::make_unique<EngineHost>();
    ASSERT_TRUE(host_->start()) << host_->trouble();
  }
  static void TearDownTestSuite() { host_.reset(); }

  static Completed run(const std::string& command) {
    return host_->shell("docker", command, kPatience);
  }
  // Standard output and error.
  static Completed build(const std::string& tag, const std::string& context,
                         const std::string& options = {}) {
    return run(fmt::format("docker build -t {} {} {} 2>&1", tag, options, shell_word(context)));
  }

  static inline std::unique_ptr<EngineHost> host_;
};

class Facts : public DockerfileTest {
 protected:
  void SetUp() override {
    const auto text = read_file(folder_of_dockerfiles() / GetParam() / "facts.json", 1 << 20);
    ASSERT_TRUE(text) << text.error().message();
    facts_ = json::parse(*text).as_object();
  }
  std::vector<std::string> texts(const json::object& object, const char* name) const {
    std::vector<std::string> list;
    if (const auto* value = object.if_contains(name)) {
      for (const json::value& each : value->as_array()) list.emplace_back(each.as_string());
    }
    return list;
  }
  std::string text(const char* name) const {
    const auto* value = facts_.if_contains(name);
    return value == nullptr ? std::string() : std::string(value->as_string());
  }
  std::string options() const {
    std::string options;
    if (const auto* args = facts_.if_contains("build_args")) {
      for (const auto& [name, value] : args->as_object()) {
        options +=
            " --build-arg " + shell_word(std::string(name) + "=" + std::string(value.as_string()));
      }
    }
    if (const std::string target = text("target"); !target.empty())
      options += " --target " + target;
    return options;
  }
  void check_runs(const std::string& tag) const {
    const auto* const runs = facts_.if_contains("runs");
    if (runs == nullptr) return;
    for (const json::value& each : runs->as_array()) {
      std::string command = "docker run --rm " + tag;
      for (const std::string& word : texts(each.as_object(), "args"))
        command += " " + shell_word(word);
      const Completed ran = run(command);
      EXPECT_EQ(ran.standard_output, std::string(each.at("stdout").as_string()))
          << command << "\n"
          << ran.standard_error;
      EXPECT_EQ(ran.exit_code, each.at("status").as_int64()) << command;
    }
  }
  void check_fields(const std::string& tag) const {
    const auto* const wanted = facts_.if_contains("inspect");
    if (wanted == nullptr) return;
    const json::value shown = json::parse(run("docker image inspect " + tag).standard_output);
    for (const auto& [path, value] : wanted->as_object()) {
      const json::value* at = &shown.as_array().at(0);
      static const json::value kNothing;
      for (const std::string& part : split(std::string(path), '.')) {
        const json::value* const next =
            at->is_object() ? at->as_object().if_contains(part) : nullptr;
        at = next == nullptr ? &kNothing : next;
      }
      EXPECT_EQ(*at, value) << path << " is " << json::serialize(*at);
    }
  }

  json::object facts_;
};

TEST_P(Facts, Hold) {
  const std::string tag = "facts/" + GetParam();
  const std::string context = (folder_of_dockerfiles() / GetParam() / "context").string();
  const Completed built = build(tag, context, options());
  const std::string& output = built.standard_output;
  for (const std::string& wanted : texts(facts_, "output"))
    EXPECT_NE(output.find(wanted), std::string::npos) << wanted << "\n" << output;
  if (const std::string fails = text("fails"); !fails.empty()) {
    EXPECT_NE(built.exit_code, 0);
    EXPECT_TRUE(std::regex_search(output, std::regex(fails))) << output;
    return;
  }
  ASSERT_EQ(built.exit_code, 0) << output;
  check_runs(tag);
  check_fields(tag);
  for (const std::string& wanted : texts(facts_, "again")) {
    const std::string second = build(tag, context, options()).standard_output;
    EXPECT_NE(second.find(wanted), std::string::npos) << wanted << "\n" << second;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Facts, ::testing::ValuesIn(names()),
                         [](const auto& each) { return each.param; });

// One change after the other to the same build, and which of its steps are not run again.
class CacheRules : public DockerfileTest {
 protected:
  void SetUp() override {
    write("Dockerfile",
          "FROM busybox\nRUN echo 1 >/one\nCOPY file /file\nARG word=a\nRUN echo $word >/word\n"
          "COPY . /all\nRUN cat /file\n");
    write("file", "content\n");
  }
  static void write(const std::string& name, const std::string& text) {
    const Completed made =
        run(fmt::format("mkdir -p c && printf %s {} >c/{}", shell_word(text), shell_word(name)));
    ASSERT_EQ(made.exit_code, 0) << made.standard_error;
  }
  // "2 3": of the steps behind FROM.
  static std::string cached(const std::string& options = {}) {
    const Completed built = build("cache", "c", options);
    EXPECT_EQ(built.exit_code, 0) << built.standard_output;
    std::string steps, step;
    for (const std::string& line : split(built.standard_output, '\n')) {
      if (line.starts_with("Step ")) step = line.substr(5, line.find('/') - 5);
      if (line == " ---> Using cache") steps += (steps.empty() ? "" : " ") + step;
    }
    return steps;
  }
};

TEST_F(CacheRules, AreDockers) {
  EXPECT_EQ(cached(), "");
  EXPECT_EQ(cached(), "2 3 4 5 6 7");
  run("touch -d 2001-01-01 c/file");
  EXPECT_EQ(cached(), "2 3 4 5 6 7") << "times do not count";
  write("other", "x");
  EXPECT_EQ(cached(), "2 3 4 5") << "a file that only the second COPY has";
  run("rm c/other");
  EXPECT_EQ(cached(), "2 3 4 5 6 7") << "what was built before is there still";
  write("file", "changed\n");
  EXPECT_EQ(cached(), "2") << "content counts";
  run("chmod 755 c/file");
  EXPECT_EQ(cached(), "2") << "the mode counts";
  EXPECT_EQ(cached("--build-arg word=b"), "2 3 4") << "an argument counts from where it is used";
  EXPECT_EQ(cached("--build-arg word=b"), "2 3 4 5 6 7");
  EXPECT_EQ(cached("--no-cache"), "");
  write(".dockerignore", "Dockerfile\n.dockerignore\n");
  EXPECT_EQ(cached(), "2 3 4 5") << "the context is another";
  write("Dockerfile",
        "FROM busybox\n# a remark\nRUN echo 1 \\\n  >/one\nCOPY file /file\nARG word=a\n"
        "RUN echo $word >/word\nCOPY . /all\nRUN cat /file\n");
  EXPECT_EQ(cached().substr(0, 1), "") << "another command is another step";
  write("Dockerfile",
        "FROM busybox\nRUN echo 1 \\\n# a remark\n  >/one\nCOPY file /file\nARG word=a\n"
        "RUN echo $word >/word\nCOPY . /all\nRUN cat /file\n");
  EXPECT_EQ(cached(), "2 3 4 5 6 7") << "remarks do not count";
}

// A step is prepared while the one before it has the only address.
TEST_F(CacheRules, NeedOneAddressForAllSteps) {
  const Completed made =
      run("docker network create --subnet 10.213.7.0/30 --gateway 10.213.7.1 narrow");
  ASSERT_EQ(made.exit_code, 0) << made.standard_error;
  write("Dockerfile", "FROM busybox\nRUN hostname -i\nRUN hostname -i >/two\nRUN cat /two\n");
  const Completed built = build("narrow", "c", "--no-cache --network narrow");
  EXPECT_EQ(built.exit_code, 0) << built.standard_output;
  EXPECT_EQ(run("docker network rm narrow").exit_code, 0);
}

}  // namespace
}  // namespace cove::testing
