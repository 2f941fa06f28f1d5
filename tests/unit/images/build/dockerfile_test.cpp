#include "core/image/build/dockerfile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "core/base/fs.h"
#include "core/image/build/configure.h"
#include "core/image/build/instruction.h"
#include "core/image/build/plan.h"

namespace cove::image::dockerfile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using RunLine = dockerfile::Run;  // ::testing::Test has a Run too

Script parse(const std::string& text) {
  auto script = parse_dockerfile(text, "Dockerfile");
  EXPECT_TRUE(script) << script.error().message();
  return script ? std::move(*script) : Script{};
}

template <class T>
T only(const std::string& line) {
  const Script script = parse("FROM scratch\n" + line + "\n");
  if (script.stages.empty() || script.stages.front().instructions.size() != 1) {
    ADD_FAILURE() << "not one instruction: " << line;
    return {};
  }
  const auto* value = std::get_if<T>(&script.stages.front().instructions.front().value);
  if (value == nullptr) {
    ADD_FAILURE() << "another instruction: " << line;
    return {};
  }
  return *value;
}

struct LinesCase {
  const char* text = "";
  std::vector<std::string> lines = {};  // "number text"
};
class Lines : public ::testing::TestWithParam<LinesCase> {};

TEST_P(Lines, AreCut) {
  const auto lines = cut_into_lines(GetParam().text, "Dockerfile");
  ASSERT_TRUE(lines) << lines.error().message();
  std::vector<std::string> found;
  for (const auto& line : lines->lines) {
    found.push_back(std::to_string(line.line) + " " + line.text);
  }
  EXPECT_EQ(found, GetParam().lines);
}

INSTANTIATE_TEST_SUITE_P(
    All, Lines,
    ::testing::Values(
        LinesCase{"FROM a", {"1 FROM a"}}, LinesCase{"\n\n  FROM a  \r\n", {"3 FROM a"}},
        LinesCase{"\xEF\xBB\xBF"
                  "FROM a",
                  {"1 FROM a"}},
        LinesCase{"# c\nFROM a\n  # d\nRUN b", {"2 FROM a", "4 RUN b"}},
        LinesCase{"RUN a \\\n  b\nRUN c", {"1 RUN a   b", "3 RUN c"}},
        LinesCase{"RUN a \\  \n  b", {"1 RUN a   b"}},
        LinesCase{"RUN a \\\n# comment\n  # another\n  b", {"1 RUN a   b"}},
        LinesCase{"RUN a \\\n\n  b\nRUN c", {"1 RUN a   b", "4 RUN c"}},
        LinesCase{"RUN a \\\r\n b\r\nRUN c\r\n", {"1 RUN a  b", "3 RUN c"}},
        LinesCase{"RUN a \\", {"1 RUN a"}},
        LinesCase{"RUN a\\\\\nRUN b", {"1 RUN a\\\\", "2 RUN b"}},
        LinesCase{"RUN echo # no comment", {"1 RUN echo # no comment"}},
        LinesCase{"# escape=`\nRUN a `\n b\\\nRUN c", {"2 RUN a  b\\", "4 RUN c"}},
        LinesCase{"#Escape = `\nRUN a `\n b", {"2 RUN a  b"}},
        LinesCase{"# syntax=docker/dockerfile:1\n# escape=`\nRUN a`\nb", {"3 RUN ab"}},
        LinesCase{"# comment\n# escape=`\nRUN a \\\n b", {"3 RUN a  b"}},
        LinesCase{"\n# escape=`\nRUN a \\\n b", {"3 RUN a  b"}},
        LinesCase{"RUN <<EOF\na \\\nb\nEOF\nRUN c", {"1 RUN <<EOF", "5 RUN c"}},
        LinesCase{"RUN echo \"<<EOF\"\nRUN c", {"1 RUN echo \"<<EOF\"", "2 RUN c"}},
        LinesCase{"RUN [\"<<EOF\"]\nRUN c", {"1 RUN [\"<<EOF\"]", "2 RUN c"}},
        LinesCase{"RUN echo $((1 << 2))\nRUN c", {"1 RUN echo $((1 << 2))", "2 RUN c"}},
        LinesCase{"CMD <<EOF\nRUN c", {"1 CMD <<EOF", "2 RUN c"}}));

struct WrongCase {
  const char* text = "";
  const char* cause = "";
};
class Wrong : public ::testing::TestWithParam<WrongCase> {};

TEST_P(Wrong, IsSaidWithItsLine) {
  const auto script = parse_dockerfile(GetParam().text, "Dockerfile");
  ASSERT_FALSE(script);
  EXPECT_EQ(script.error().cause, GetParam().cause);
  EXPECT_EQ(script.error().code, ErrorCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    All, Wrong,
    ::testing::Values(
        WrongCase{"", "the Dockerfile (Dockerfile) cannot be empty"},
        WrongCase{"# nothing\n\n", "the Dockerfile (Dockerfile) cannot be empty"},
        WrongCase{"FROM a\n\nFORM b", "Dockerfile:3: unknown instruction: FORM"},
        WrongCase{"FROM a\nrum \\\n x\n", "Dockerfile:2: unknown instruction: rum"},
        WrongCase{"RUN x", "Dockerfile:1: no build stage in current context"},
        WrongCase{"ARG x\n", "Dockerfile:1: no build stage in current context"},
        WrongCase{"FROM", "Dockerfile:1: FROM requires either one or three arguments"},
        WrongCase{"FROM a b", "Dockerfile:1: FROM requires either one or three arguments"},
        WrongCase{"FROM a is b", "Dockerfile:1: FROM requires either one or three arguments"},
        WrongCase{"FROM a AS 1b",
                  "Dockerfile:1: invalid name for build stage: \"1b\", name can't start with a "
                  "number or contain symbols"},
        WrongCase{"FROM a AS x\nFROM b AS X", "Dockerfile:2: x stage name already used"},
        WrongCase{"FROM --platfrom=x a", "Dockerfile:1: unknown flag: --platfrom"},
        WrongCase{"FROM --platform a", "Dockerfile:1: missing a value on flag: platform"},
        WrongCase{"FROM a\nENV", "Dockerfile:2: ENV requires at least one argument"},
        WrongCase{"FROM a\nENV x", "Dockerfile:2: ENV must have two arguments"},
        WrongCase{"FROM a\nENV x=1 y",
                  "Dockerfile:2: Syntax error - can't find = in \"y\". Must be of the form: "
                  "name=value"},
        WrongCase{"FROM a\nENV =1", "Dockerfile:2: ENV names can not be blank"},
        WrongCase{"FROM a\nLABEL", "Dockerfile:2: LABEL requires at least one argument"},
        WrongCase{"FROM a\nCOPY x",
                  "Dockerfile:2: COPY requires at least two arguments, but only one was provided. "
                  "Destination could not be determined"},
        WrongCase{"FROM a\nCOPY --form=x a b", "Dockerfile:2: unknown flag: --form"},
        WrongCase{"FROM a\nCOPY --from=x --from=y a b",
                  "Dockerfile:2: duplicate flag specified: from"},
        WrongCase{"FROM a\nCOPY --link=maybe a b",
                  "Dockerfile:2: expecting boolean value for flag link, not: maybe"},
        WrongCase{"FROM a\nCOPY a <<EOF\nx\nEOF",
                  "Dockerfile:2: COPY cannot accept a heredoc as a destination"},
        WrongCase{"FROM a\nRUN <<EOF\nx\n", "Dockerfile:2: unterminated heredoc"},
        WrongCase{"FROM a\nRUN", "Dockerfile:2: RUN requires at least one argument"},
        WrongCase{"FROM a\nRUN --mount=type=cache,target=/x y",
                  "Dockerfile:2: the --mount option requires BuildKit. Refer to "
                  "https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit "
                  "enabled"},
        WrongCase{"FROM a\nCMD [1]",
                  "Dockerfile:2: when using JSON array syntax, arrays must be comprised of strings "
                  "only"},
        WrongCase{"FROM a\nWORKDIR", "Dockerfile:2: WORKDIR requires exactly one argument"},
        WrongCase{"FROM a\nUSER", "Dockerfile:2: USER requires exactly one argument"},
        WrongCase{"FROM a\nVOLUME", "Dockerfile:2: VOLUME requires at least one argument"},
        WrongCase{"FROM a\nVOLUME [\"\"]",
                  "Dockerfile:2: VOLUME specified can not be an empty string"},
        WrongCase{"FROM a\nEXPOSE", "Dockerfile:2: EXPOSE requires at least one argument"},
        WrongCase{"FROM a\nSTOPSIGNAL a b",
                  "Dockerfile:2: STOPSIGNAL requires exactly one argument"},
        WrongCase{"FROM a\nSHELL /bin/sh",
                  "Dockerfile:2: SHELL requires the arguments to be in JSON form"},
        WrongCase{"FROM a\nSHELL []", "Dockerfile:2: SHELL requires at least one argument"},
        WrongCase{"FROM a\nONBUILD", "Dockerfile:2: ONBUILD requires at least one argument"},
        WrongCase{"FROM a\nONBUILD onbuild x",
                  "Dockerfile:2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"},
        WrongCase{"FROM a\nONBUILD FROM x",
                  "Dockerfile:2: FROM isn't allowed as an ONBUILD trigger"},
        WrongCase{"FROM a\nHEALTHCHECK",
                  "Dockerfile:2: HEALTHCHECK requires at least one argument"},
        WrongCase{"FROM a\nHEALTHCHECK NONE x",
                  "Dockerfile:2: HEALTHCHECK NONE takes no arguments"},
        WrongCase{"FROM a\nHEALTHCHECK CMD", "Dockerfile:2: Missing command after HEALTHCHECK CMD"},
        WrongCase{"FROM a\nHEALTHCHECK TRY x",
                  "Dockerfile:2: Unknown type \"TRY\" in HEALTHCHECK (try CMD)"},
        WrongCase{"FROM a\nHEALTHCHECK --interval=5 CMD x",
                  "Dockerfile:2: time: missing unit in duration \"5\""},
        WrongCase{"FROM a\nHEALTHCHECK --interval=1us CMD x",
                  "Dockerfile:2: Interval \"interval\" cannot be less than 1ms"},
        WrongCase{"FROM a\nHEALTHCHECK --retries=-1 CMD x",
                  "Dockerfile:2: --retries cannot be negative (-1)"},
        WrongCase{"FROM a\nARG", "Dockerfile:2: ARG requires at least one argument"},
        WrongCase{"FROM a\nARG =x", "Dockerfile:2: ARG names can not be blank"},
        WrongCase{"# escape=x\nFROM a", "Dockerfile:1: invalid ESCAPE 'x' does not match ` or \\"},
        WrongCase{"# escape=`\n# escape=`\nFROM a",
                  "Dockerfile:2: only one escape parser directive can be used"}));

TEST(Parser, ReadsPairsInBothForms) {
  EXPECT_THAT(only<Env>("ENV a b c").pairs, ElementsAre(Pair("a", "b c")));
  EXPECT_THAT(
      only<Env>("ENV a=b c=\"d e\" f='$x' g=h\\ i").pairs,
      ElementsAre(Pair("a", "b"), Pair("c", "\"d e\""), Pair("f", "'$x'"), Pair("g", "h\\ i")));
  EXPECT_THAT(only<Env>("env a=").pairs, ElementsAre(Pair("a", "")));
  EXPECT_THAT(only<Label>("LABEL a.b=\"c\" \\\n  d=e").pairs,
              ElementsAre(Pair("a.b", "\"c\""), Pair("d", "e")));
}

TEST(Parser, TellsShellFromExecForm) {
  EXPECT_TRUE(only<RunLine>("RUN echo a").command.shell_form);
  EXPECT_THAT(only<RunLine>("RUN [\"echo\", \"a b\"]").command.args, ElementsAre("echo", "a b"));
  EXPECT_FALSE(only<RunLine>("RUN [\"echo\"]").command.shell_form);
  EXPECT_TRUE(only<RunLine>("RUN ['echo']").command.shell_form);
  EXPECT_TRUE(only<RunLine>("RUN [ -f x ] && y").command.shell_form);
  EXPECT_THAT(only<Cmd>("CMD []").command.args, IsEmpty());
  EXPECT_THAT(only<Entrypoint>("ENTRYPOINT top -b").command.args, ElementsAre("top -b"));
}

TEST(Parser, ReadsCopies) {
  const Copy copy = only<Copy>(
      "COPY --from=b --chown=1:2 --chmod=644 --link --exclude=*.md "
      "--exclude=x a \"b\" /c/");
  EXPECT_THAT(copy.sources, ElementsAre("a", "\"b\""));
  EXPECT_EQ(copy.destination, "/c/");
  EXPECT_EQ(copy.from, "b");
  EXPECT_EQ(copy.chown, "1:2");
  EXPECT_EQ(copy.chmod, "644");
  EXPECT_THAT(copy.exclude, ElementsAre("*.md", "x"));
  EXPECT_THAT(only<Copy>("COPY [\"a b\", \"/c d/\"]").sources, ElementsAre("a b"));
  EXPECT_TRUE(only<Copy>("ADD a b").add);
}

TEST(Parser, ReadsHeredocs) {
  const RunLine run = only<RunLine>("RUN <<-EOT cat <<'B' > /x\n\tone\n\tEOT\ntwo $x\nB");
  ASSERT_EQ(run.heredocs.size(), 2u);
  EXPECT_EQ(run.heredocs[0].name, "EOT");
  EXPECT_EQ(run.heredocs[0].content, "\tone\n");
  EXPECT_EQ(run.heredocs[0].text(), "one\n");
  EXPECT_TRUE(run.heredocs[0].expand);
  EXPECT_EQ(run.heredocs[1].name, "B");
  EXPECT_EQ(run.heredocs[1].content, "two $x\n");
  EXPECT_FALSE(run.heredocs[1].expand);

  const Copy copy = only<Copy>("COPY <<a.txt <<\"b.txt\" c /d/\nA\na.txt\nB\nb.txt");
  EXPECT_THAT(copy.sources, ElementsAre("c"));
  ASSERT_EQ(copy.contents.size(), 2u);
  EXPECT_EQ(copy.contents[0].content, "A\n");
  EXPECT_FALSE(copy.contents[1].expand);

  EXPECT_EQ(only<OnBuild>("ONBUILD RUN <<EOF\nx\nEOF").expression, "RUN <<EOF\nx\nEOF");
}

TEST(Parser, ReadsTheRest) {
  const Health health = only<Health>(
      "HEALTHCHECK --interval=5m --timeout=3s --start-period=1m30s --retries=3 CMD curl -f x");
  EXPECT_THAT(health.check.test, ElementsAre("CMD-SHELL", "curl -f x"));
  EXPECT_EQ(health.check.interval, std::chrono::minutes(5));
  EXPECT_EQ(health.check.start_period, std::chrono::seconds(90));
  EXPECT_EQ(health.check.retries, 3);
  EXPECT_THAT(only<Health>("HEALTHCHECK CMD [\"a\",\"b\"]").check.test,
              ElementsAre("CMD", "a", "b"));
  EXPECT_THAT(only<Health>("HEALTHCHECK none").check.test, ElementsAre("NONE"));
  EXPECT_THAT(only<Expose>("EXPOSE 80 443/tcp").ports, ElementsAre("443/tcp", "80"));
  EXPECT_THAT(only<Volume>("VOLUME /a /b").paths, ElementsAre("/a", "/b"));
  EXPECT_THAT(only<Volume>("VOLUME [\"/a b\"]").paths, ElementsAre("/a b"));
  EXPECT_THAT(only<Shell>("SHELL [\"/bin/bash\",\"-c\"]").args, ElementsAre("/bin/bash", "-c"));
  EXPECT_THAT(only<Arg>("ARG a b=c").args,
              ElementsAre(Pair("a", std::nullopt), Pair("b", std::optional<std::string>("c"))));
  EXPECT_EQ(only<Workdir>("WORKDIR /a b").path, "/a b");
  EXPECT_EQ(only<Maintainer>("MAINTAINER A <a@b>").name, "A <a@b>");
  EXPECT_EQ(only<RunLine>("RUN --network=none x").network, "none");
}

TEST(Parser, WarnsOfEmptyContinuations) {
  const Script script = parse("FROM a\nRUN b \\\n\n c\n");
  ASSERT_EQ(script.warnings.size(), 1u);
  EXPECT_THAT(script.warnings.front(), HasSubstr("Empty continuation line found in:\n    RUN b"));
}

TEST(Ports, AreRead) {
  EXPECT_THAT(*parse_ports("80"), ElementsAre("80/tcp"));
  EXPECT_THAT(*parse_ports("53/UDP"), ElementsAre("53/udp"));
  EXPECT_THAT(*parse_ports("1-3/sctp"), ElementsAre("1/sctp", "2/sctp", "3/sctp"));
  EXPECT_THAT(*parse_ports("127.0.0.1:8080:80"), ElementsAre("80/tcp"));
  for (const char* wrong : {"", "x", "0", "70000", "3-1", "80/icmp", "80-"}) {
    EXPECT_FALSE(parse_ports(wrong)) << wrong;
  }
}

TEST(Signals, AreKnown) {
  for (const char* good : {"SIGTERM", "term", "9", "SIGRTMIN+3", "RTMAX"}) {
    EXPECT_TRUE(is_signal(good)) << good;
  }
  for (const char* wrong : {"", "SIGFOO", "0", "65", "-1", "SIGRTMIN+99", "RTMIN-1"}) {
    EXPECT_FALSE(is_signal(wrong)) << wrong;
  }
}

TEST(Changes, AreMadeToAConfiguration) {
  RunConfig config;
  config.env = {"a=1"};
  config.cmd = {"old"};
  ASSERT_TRUE(apply_changes(
      config, {"ENV a=2 b=$a", "CMD [\"x\"]\nUSER u", "expose 80", "WORKDIR /w", "ENTRYPOINT e",
               "VOLUME /v", "LABEL l=$b", "HEALTHCHECK NONE", "STOPSIGNAL INT", "ONBUILD RUN x"}));
  EXPECT_THAT(config.env, ElementsAre("a=2", "b=1"));
  EXPECT_THAT(config.cmd, ElementsAre("x"));
  EXPECT_THAT(config.entrypoint, ElementsAre("/bin/sh", "-c", "e"));
  EXPECT_THAT(config.exposed_ports, ElementsAre("80/tcp"));
  EXPECT_EQ(config.labels.at("l"), "1");
  EXPECT_EQ(config.user + config.working_dir + config.stop_signal, "u/wINT");
  EXPECT_THAT(config.on_build, ElementsAre("RUN x"));
}

TEST(Changes, AreAllOrNone) {
  RunConfig config;
  EXPECT_EQ(apply_changes(config, {"USER u", "RUN x"}).error().cause,
            "run is not a valid change command");
  EXPECT_EQ(apply_changes(config, {"USER u", "FROM x"}).error().cause,
            "from is not a valid change command");
  EXPECT_EQ(apply_changes(config, {"EXPOSE x"}).error().cause, "invalid containerPort: x");
  EXPECT_EQ(apply_changes(config, {"NOPE x"}).error().cause, "change:1: unknown instruction: NOPE");
  EXPECT_EQ(config, RunConfig{});
}

TEST(Changes, AreBounded) {
  RunConfig config;
  std::vector<std::string> changes{"ENV a=" + std::string(500'000, 'x')};
  for (int i = 0; i < 20; ++i) changes.push_back("ENV b" + std::to_string(i) + "=$a");
  EXPECT_EQ(apply_changes(config, changes).error().cause,
            "variables and labels are larger than 4 MiB");
  EXPECT_EQ(apply_changes(config, {"EXPOSE 1-65535 1-65535 1-65535 1-65535"}).error().cause,
            "there are not so many ports");
}

Result<Plan> plan(const std::string& text, const std::string& target = "",
                  const GivenArgs& args = {}) {
  return make_plan(parse(text), {target, args, Platform{}, Platform{}});
}

std::vector<std::size_t> stages(const Plan& plan) {
  std::vector<std::size_t> result;
  for (const auto& stage : plan.stages) result.push_back(stage.index);
  return result;
}

constexpr const char* kFour =
    "ARG base=alpine\nFROM $base AS a\nRUN x\nFROM golang AS unused\nRUN y\nFROM a AS c\n"
    "FROM scratch\nCOPY --from=0 / /\nCOPY --from=C / /\nCOPY --from=busybox / /\n";

TEST(Plan, LeavesOutWhatTheTargetDoesNotNeed) {
  const auto all = plan(kFour);
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_THAT(stages(*all), ElementsAre(0, 2, 3));
  EXPECT_EQ(all->stages[0].base, "alpine");
  EXPECT_EQ(all->stages[1].stage, 0u);
  EXPECT_THAT(all->stages[2].needs, ElementsAre(0, 2));
  EXPECT_EQ(all->stages[0].first_step, 2u);
  EXPECT_EQ(all->stages[1].first_step, 4u);
  EXPECT_EQ(all->steps, 8u);
}

TEST(Plan, StopsAtTheTarget) {
  EXPECT_THAT(stages(*plan(kFour, "UNUSED")), ElementsAre(1));
  EXPECT_THAT(stages(*plan(kFour, "2")), ElementsAre(0, 2));
  EXPECT_EQ(plan(kFour, "nope").error().cause, "failed to reach build target nope in Dockerfile");
  EXPECT_EQ(plan(kFour, "9").error().cause, "failed to reach build target 9 in Dockerfile");
}

TEST(Plan, KnowsArgumentsAndPlatforms) {
  EXPECT_EQ(plan(kFour, "a", {{"base", "debian"}})->stages[0].base, "debian");
  EXPECT_EQ(plan("ARG v=1\nARG i=x:${v}\nFROM $i")->stages[0].base, "x:1");
  const auto other = plan("FROM --platform=linux/arm64 a");
  EXPECT_EQ(other->stages[0].platform.architecture, "arm64");
  EXPECT_EQ(plan("FROM --platform=$BUILDPLATFORM a-$TARGETARCH")->stages[0].base, "a-amd64");
  EXPECT_EQ(plan("FROM x\nFROM $none").error().cause,
            "Dockerfile:2: base name ($none) should not be blank");
  EXPECT_THAT(plan("FROM --platform=a/b/c/d x").error().cause,
              HasSubstr("Dockerfile:1: failed to parse platform"));
}

TEST(Plan, RefusesStagesThatAreNotEarlier) {
  EXPECT_THAT(plan("FROM a\nCOPY --from=0 x y").error().cause,
              HasSubstr("Dockerfile:2: invalid from flag value 0: refers to current build stage"));
  EXPECT_THAT(plan("FROM a AS me\nCOPY --from=me x y").error().cause,
              HasSubstr("refers to current build stage"));
  EXPECT_THAT(plan("FROM a\nCOPY --from=7 x y").error().cause, HasSubstr("invalid from flag"));
}

TEST(Tutorials, ParseAndPlan) {
  const char* source = ::getenv("COVE_SOURCE_DIR");
  const Path folder = Path(source != nullptr ? source : ".") / "tests/tutorials";
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("Dockerfile")) continue;
    const auto text = read_file(entry.path(), 1 << 20);
    ASSERT_TRUE(text);
    const auto script = parse_dockerfile(*text, "Dockerfile");
    ASSERT_TRUE(script) << entry.path() << script.error().message();
    const auto planned = make_plan(*script, {"", {}, Platform{}, Platform{}});
    ASSERT_TRUE(planned) << entry.path() << planned.error().message();
    EXPECT_EQ(planned->stages.size(), script->stages.size());
    ++count;
  }
  EXPECT_GE(count, 4);
}

// Those that the engine builds in its own tests: here that they are read.
TEST(Conformance, DockerfilesParseAndPlan) {
  const char* source = ::getenv("COVE_SOURCE_DIR");
  const Path folder =
      Path(source != nullptr ? source : ".") / "tests/integration/docker/dockerfiles";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    ++count;
    const auto text = read_file(entry.path() / "context/Dockerfile", 1 << 20);
    ASSERT_TRUE(text) << entry.path();
    ASSERT_TRUE(std::filesystem::exists(entry.path() / "facts.json"));
    const auto script = parse_dockerfile(*text, "Dockerfile");
    const std::string name = entry.path().filename();
    ASSERT_EQ(script.has_value(), name != "unknown_instruction" && name != "onbuild_refused")
        << name;
    if (script) {
      EXPECT_TRUE(make_plan(*script, {"", {}, Platform{}, Platform{}})) << entry.path();
    }
  }
  EXPECT_GE(count, 20);
}

}  // namespace
}  // namespace cove::image::dockerfile
