#include <gmock/gmock.h>

#include "tests/unit/images/build/builder_fixture.h"

namespace cove::image {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(BuilderTest, PrintsWhatTheClassicBuilderPrints) {
  base("nginx");
  context("html/index.html", "<h1>");
  request_.tags = {*parse_tagged("docker-demo:0.1")};
  const auto image = build("FROM nginx\nCOPY html/* /usr/share/nginx/html/\nCMD [\"nginx\"]\n");
  EXPECT_THAT(text_, MatchesRegex("Step 1/3 : FROM nginx\n"
                                  " ---> [0-9a-f]{12}\n"
                                  "Step 2/3 : COPY html/\\* /usr/share/nginx/html/\n"
                                  " ---> [0-9a-f]{12}\n"
                                  "Step 3/3 : CMD \\[\"nginx\"\\]\n"
                                  " ---> Running in [0-9a-f]{12}\n"
                                  " ---> Removed intermediate container [0-9a-f]{12}\n"
                                  " ---> [0-9a-f]{12}\n"
                                  "Successfully built [0-9a-f]{12}\n"
                                  "Successfully tagged docker-demo:0.1\n"));
  EXPECT_THAT(text_, HasSubstr("Successfully built " + std::string(image->id.short_hex())));
  EXPECT_THAT(built_, Contains(image->id));
  EXPECT_EQ(file(image, "usr/share/nginx/html/index.html"), "<h1>");
  EXPECT_EQ(file(image, "etc/base"), "base of nginx");
  EXPECT_EQ((*images_->find("docker-demo:0.1"))->id, image->id);
  EXPECT_THAT(left_in_scratch(), IsEmpty());
}

struct EntryCase {
  const char* name = "";
  const char* instruction = "";
  const char* created_by = "";
};
class Entries : public BuilderTest, public ::testing::WithParamInterface<EntryCase> {};

TEST_P(Entries, OfTheHistory) {
  base("base", "ENV greeting=hi\n");
  EXPECT_EQ(last_entry(GetParam().instruction), GetParam().created_by);
}

INSTANTIATE_TEST_SUITE_P(
    All, Entries,
    ::testing::Values(
        EntryCase{"cmd", "CMD [\"nginx\", \"-g\", \"daemon off;\"]",
                  "/bin/sh -c #(nop)  CMD [\"nginx\" \"-g\" \"daemon off;\"]"},
        EntryCase{"cmd_shell", "CMD echo $greeting",
                  "/bin/sh -c #(nop)  CMD [\"/bin/sh\" \"-c\" \"echo $greeting\"]"},
        EntryCase{"entrypoint", "ENTRYPOINT [\"/run\"]",
                  "/bin/sh -c #(nop)  ENTRYPOINT [\"/run\"]"},
        EntryCase{"env", "ENV a=$greeting b='$greeting'",
                  "/bin/sh -c #(nop)  ENV a=hi b=$greeting"},
        EntryCase{"label", "LABEL a=\"b c\"", "/bin/sh -c #(nop)  LABEL a=b c"},
        EntryCase{"expose", "EXPOSE 443 80/udp", "/bin/sh -c #(nop)  EXPOSE 443 80/udp"},
        EntryCase{"volume", "VOLUME /a /b", "/bin/sh -c #(nop)  VOLUME [/a /b]"},
        EntryCase{"user", "USER app:$greeting", "/bin/sh -c #(nop)  USER app:hi"},
        EntryCase{"workdir", "WORKDIR /srv/$greeting", "/bin/sh -c #(nop) WORKDIR /srv/hi"},
        EntryCase{"stopsignal", "STOPSIGNAL SIGQUIT", "/bin/sh -c #(nop)  STOPSIGNAL SIGQUIT"},
        EntryCase{"shell", "SHELL [\"/bin/bash\", \"-c\"]",
                  "/bin/bash -c #(nop)  SHELL [/bin/bash -c]"},
        EntryCase{"onbuild", "ONBUILD RUN say $x", "/bin/sh -c #(nop)  ONBUILD RUN say $x"},
        EntryCase{"maintainer", "MAINTAINER A <a@b>", "/bin/sh -c #(nop)  MAINTAINER A <a@b>"},
        EntryCase{"arg", "ARG a=$greeting b", "/bin/sh -c #(nop)  ARG a=hi b"},
        EntryCase{"health", "HEALTHCHECK --interval=5s CMD true",
                  "/bin/sh -c #(nop)  HEALTHCHECK &{[\"CMD-SHELL\" \"true\"] \"5s\" \"0s\" \"0s\" "
                  "\"0s\" '\\x00'}"},
        EntryCase{"run", "RUN say hello", "/bin/sh -c say hello"},
        EntryCase{"run_exec", "RUN [\"say\", \"a  b\"]", "say a  b"}),
    [](const auto& row) { return row.param.name; });

TEST_F(BuilderTest, SetsTheConfiguration) {
  base("base");
  const auto image = build(
      "FROM base\nENV a=1 b=2\nENV a=3\nLABEL l=m\nEXPOSE 80 53/udp\nVOLUME /v\nUSER app\n"
      "WORKDIR /a\nWORKDIR b\nENTRYPOINT [\"e\"]\nCMD c\nSTOPSIGNAL 9\n"
      "HEALTHCHECK NONE\nSHELL [\"s\", \"-x\"]\nONBUILD ENV x=y\nMAINTAINER me\n");
  const RunConfig& config = image->config.config;
  EXPECT_THAT(config.env, ElementsAre(StartsWith("PATH=/usr/local/sbin"), "a=3", "b=2"));
  EXPECT_EQ(config.labels.at("l"), "m");
  EXPECT_THAT(config.exposed_ports, ElementsAre("53/udp", "80/tcp"));
  EXPECT_THAT(config.volumes, ElementsAre("/v"));
  EXPECT_EQ(config.user, "app");
  EXPECT_EQ(config.working_dir, "/a/b");
  EXPECT_THAT(config.entrypoint, ElementsAre("e"));
  EXPECT_THAT(config.cmd, ElementsAre("/bin/sh", "-c", "c"));
  EXPECT_EQ(config.stop_signal, "9");
  EXPECT_THAT(config.health_check->test, ElementsAre("NONE"));
  EXPECT_THAT(config.shell, ElementsAre("s", "-x"));
  EXPECT_THAT(config.on_build, ElementsAre("ENV x=y"));
  EXPECT_EQ(image->config.author, "me");
  EXPECT_TRUE(S_ISDIR(status(image, "a/b").st_mode));
  ASSERT_TRUE(image->parent.text() != "");
  EXPECT_NE(images_->by_id(image->parent), nullptr);
}

TEST_F(BuilderTest, EntrypointForgetsTheBasesCommandButNotItsOwn) {
  base("base", "CMD [\"old\"]\n");
  EXPECT_THAT(build("FROM base\nENTRYPOINT [\"e\"]")->config.config.cmd, IsEmpty());
  EXPECT_THAT(build("FROM base\nCMD [\"new\"]\nENTRYPOINT [\"e\"]")->config.config.cmd,
              ElementsAre("new"));
  EXPECT_THAT(build("FROM base\nUSER x")->config.config.cmd, ElementsAre("old"));
}

TEST_F(BuilderTest, RunsCommandsInTheStepsRoot) {
  base("base", "ENV e=1\n");
  request_.build_args = {{"given", "G"}, {"HTTP_PROXY", "http://p"}};
  request_.network_mode = "host";
  request_.memory_bytes = 5;
  const auto image = build(
      "FROM base\nARG given\nARG fixed=F\nARG none\nUSER app\nWORKDIR /w\n"
      "RUN write made/here text; say out\n");
  EXPECT_EQ(file(image, "made/here"), "text");
  EXPECT_THAT(text_, HasSubstr("\nout\n"));
  const auto steps = runner_.take();
  ASSERT_EQ(steps.size(), 1u);
  const Runner::Step& step = steps.front();
  EXPECT_THAT(step.args, ElementsAre("/bin/sh", "-c", "write made/here text; say out"));
  EXPECT_THAT(step.env,
              ElementsAre(StartsWith("PATH="), "e=1", "HTTP_PROXY=http://p", "fixed=F", "given=G"));
  EXPECT_EQ(step.user, "app");
  EXPECT_EQ(step.working_dir, "/w");
  EXPECT_EQ(step.network_mode, "host");
  EXPECT_EQ(step.memory_bytes, 5u);
  EXPECT_EQ(step.lower.size(), 2u);
  EXPECT_THAT(step.id, MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(image->config.history.back().created_by,
            "|2 fixed=F given=G /bin/sh -c write made/here text; say out");
  EXPECT_THAT(text_, Not(HasSubstr("Warning")));
}

TEST_F(BuilderTest, AStepWithoutChangesMakesNoLayer) {
  base("base");
  const auto image = build("FROM base\nRUN say hello\nWORKDIR /etc\n");
  EXPECT_EQ(image->config.diff_ids.size(), 1u);
  EXPECT_TRUE(image->config.history.back().empty_layer);
}

TEST_F(BuilderTest, SaysWhichCommandFailedAndWhere) {
  base("base");
  EXPECT_EQ(
      cause("FROM base\n\nRUN say before; \\\nfail 2\n"),
      "Dockerfile:3: The command '/bin/sh -c say before; fail 2' returned a non-zero code: 2");
  EXPECT_THAT(text_, HasSubstr("\nbefore\n"));
  EXPECT_THAT(text_, Not(HasSubstr("Successfully")));
  EXPECT_THAT(left_in_scratch(), IsEmpty());
}

struct FailCase {
  const char* name = "";
  const char* rest = "";
  const char* cause = "";
};
class Fails : public BuilderTest, public ::testing::WithParamInterface<FailCase> {};

TEST_P(Fails, WithFileAndLine) {
  base("base");
  context("there", "x");
  EXPECT_THAT(cause(std::string("FROM base\n") + GetParam().rest), HasSubstr(GetParam().cause));
  EXPECT_THAT(left_in_scratch(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, Fails,
    ::testing::Values(
        FailCase{"missing", "COPY nope /x",
                 "Dockerfile:2: COPY failed: file not found in build context or excluded by "
                 ".dockerignore: stat nope: file does not exist"},
        FailCase{"no_match", "COPY *.nope /x",
                 "Dockerfile:2: COPY failed: no source files were specified"},
        FailCase{"outside", "COPY ../x /x",
                 "Dockerfile:2: COPY failed: forbidden path outside the build context: ../x ()"},
        FailCase{"many", "COPY there base-file /x",
                 "Dockerfile:2: When using COPY with more than one source file, the destination "
                 "must be a directory and end with a /"},
        FailCase{"url", "COPY http://a/b /x",
                 "Dockerfile:2: COPY failed: source can't be a URL for COPY"},
        FailCase{"fetch", "ADD http://a/missing /x", "Dockerfile:2: ADD failed: cannot fetch"},
        FailCase{"checksum", "ADD --checksum=sha256:00 http://a/b /x",
                 "Dockerfile:2: ADD failed: digest mismatch"},
        FailCase{"git", "ADD https://a/b.git /x", "Dockerfile:2: ADD of a git repository"},
        FailCase{"chown", "COPY --chown=ghost there /x",
                 "Dockerfile:2: unable to convert uid/gid chown string to host mapping: can't find "
                 "uid for user ghost: no such user: ghost"},
        FailCase{"chmod", "COPY --chmod=u+y there /x", "Dockerfile:2: invalid chmod parameter"},
        FailCase{"folder", "COPY there /etc/base/x/",
                 "Dockerfile:2: COPY failed: /etc/base is not a directory"},
        FailCase{"expansion", "ENV a=${b", "Dockerfile:2: failed to process \"${b\""},
        FailCase{"required", "ENV a=${b:?say}", "b: say"},
        FailCase{"port", "EXPOSE x", "Dockerfile:2: invalid containerPort: x"},
        FailCase{"signal", "STOPSIGNAL FOO", "Dockerfile:2: invalid signal: FOO"},
        FailCase{"from_stage", "COPY --from=0 a b", "invalid from flag value 0"},
        FailCase{"label", "LABEL ${none}=x", "LABEL names can not be blank"}),
    [](const auto& row) { return row.param.name; });

TEST_F(BuilderTest, NamesTheDockerfileThatIsNotThere) {
  request_.dockerfile = "other/Dockerfile.x";
  EXPECT_EQ(builder_->build(request_, events_).error().cause,
            "Cannot locate specified Dockerfile: other/Dockerfile.x");
  put(folder_ / "outside", "FROM scratch");
  std::filesystem::create_symlink("../outside", request_.context / "link");
  request_.dockerfile = "link";
  EXPECT_THAT(builder_->build(request_, events_).error().cause, HasSubstr("Cannot locate"));
}

TEST_F(BuilderTest, AnEmptyImageIsAnError) {
  EXPECT_EQ(cause("FROM scratch\n"), "No image was generated. Is your Dockerfile empty?");
}

// --- Cache ---------------------------------------------------------------------------------------

TEST_F(BuilderTest, TakesEveryStepFromTheCacheTheSecondTime) {
  base("base");
  context("a", "A");
  const std::string file = "FROM base\nARG x=1\nCOPY a /a\nRUN write r r\nWORKDIR /w\nCMD c\n";
  const auto first = build(file);
  EXPECT_EQ(count("Using cache"), 0u);
  const auto second = build(file);
  EXPECT_EQ(count(" ---> Using cache\n"), 5u);
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(runner_.take().size(), 1u);
}

TEST_F(BuilderTest, MissesWhatChangedAndAllAfterIt) {
  base("base");
  context("a", "A");
  const std::string file = "FROM base\nENV e=1\nCOPY a /a\nRUN say x\nCMD c\n";
  build(file);
  context("a", "B");
  const auto image = build(file);
  EXPECT_EQ(count("Using cache"), 1u);
  EXPECT_EQ(this->file(image, "a"), "B");
  context("a", "A");
  build(file);
  EXPECT_EQ(count("Using cache"), 4u);
  std::filesystem::permissions(request_.context / "a", std::filesystem::perms(0755));
  build(file);
  EXPECT_EQ(count("Using cache"), 1u);
}

TEST_F(BuilderTest, ModificationTimesDoNotMatter) {
  base("base");
  context("a", "A");
  build("FROM base\nCOPY a /a\n");
  const timespec times[2] = {{77, 0}, {77, 0}};
  ASSERT_EQ(::utimensat(-100, (request_.context / "a").c_str(), times, 0), 0);
  build("FROM base\nCOPY a /a\n");
  EXPECT_EQ(count("Using cache"), 1u);
}

TEST_F(BuilderTest, ArgumentsCountWhereTheyAreVisible) {
  base("base");
  const std::string file = "FROM base\nRUN say 1\nARG v\nRUN say 2\n";
  request_.build_args = {{"v", "1"}};
  build(file);
  request_.build_args = {{"v", "2"}};
  build(file);
  EXPECT_EQ(count("Using cache"), 2u);  // RUN before ARG, and ARG itself
  request_.build_args = {{"v", "2"}, {"http_proxy", "http://other"}};
  build(file);
  EXPECT_EQ(count("Using cache"), 3u);
}

TEST_F(BuilderTest, NoCacheBuildsAgain) {
  base("base");
  build("FROM base\nRUN say 1\n");
  request_.no_cache = true;
  build("FROM base\nRUN say 1\n");
  EXPECT_EQ(count("Using cache"), 0u);
  EXPECT_EQ(runner_.take().size(), 2u);
}

TEST_F(BuilderTest, AnImageOfTheSameCommandWithAnotherConfigurationIsNoCache) {
  const auto image = base("base");
  // As a commit of a container leaves it.
  ImageConfig config = image->config;
  config.config.user = "committed";
  HistoryEntry entry;
  entry.created_by = "/bin/sh -c say 1";
  entry.empty_layer = true;
  config.history.push_back(entry);
  ImageStore::NewImage committed;
  committed.config_json = to_json(config);
  committed.parent = image->id;
  ASSERT_TRUE(images_->add(std::move(committed)));
  EXPECT_EQ(build("FROM base\nRUN say 1\n")->config.config.user, "");
  EXPECT_EQ(count("Using cache"), 0u);
}

TEST_F(BuilderTest, AnotherBaseIsAnotherCache) {
  base("base");
  base("other", "ENV o=1\n");
  build("FROM base\nRUN say 1\n");
  build("FROM other\nRUN say 1\n");
  EXPECT_EQ(count("Using cache"), 0u);
}

TEST_F(BuilderTest, PruneForgetsTheCacheButNoNamedImage) {
  base("base");
  request_.tags = {*parse_tagged("kept")};
  const auto kept = build("FROM base\nENV a=1\nENV b=2\n");
  request_.tags.clear();
  build("FROM base\nENV c=1\nRUN write f f\n");
  const auto pruned = builder_->prune();
  ASSERT_TRUE(pruned);
  EXPECT_EQ(pruned->ids.size(), 2u);
  EXPECT_GE(pruned->bytes, 1u);
  EXPECT_NE(images_->by_id(kept->parent), nullptr);
  build("FROM base\nENV a=1\nENV b=2\n");
  EXPECT_EQ(count("Using cache"), 2u);
  build("FROM base\nENV c=1\nRUN write f f\n");
  EXPECT_EQ(count("Using cache"), 0u);
}

TEST_F(BuilderTest, FixedTimesMakeEqualImages) {
  base("base");
  context("a", "A");
  request_.build_args = {{"SOURCE_DATE_EPOCH", "1000000000"}};
  request_.no_cache = true;
  const std::string file = "FROM base\nCOPY a /new/a\nRUN write f f\nCMD c\n";
  const auto first = build(file);
  clock_.advance(std::chrono::hours(1));
  context("a", "A");
  const auto second = build(file);
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(first->config.created, "2001-09-09T01:46:40Z");
  request_.build_args = {{"SOURCE_DATE_EPOCH", "yesterday"}};
  EXPECT_EQ(cause(file), "invalid SOURCE_DATE_EPOCH: yesterday");
}

TEST_F(BuilderTest, CacheFromFindsTheStepsOfAnImageWithoutParents) {
  base("base");
  context("a", "A");
  const std::string file = "FROM base\nCOPY a /a\nRUN write f f\nCMD c\n";
  const auto image = build(file);
  // The same image as if pulled: no parents.
  ImageStore::NewImage pulled;
  pulled.config_json = image->config_json;
  pulled.tags = {*parse_tagged("pulled")};
  const auto lease = images_->lease();
  for (const auto& layer : image->config.diff_ids) lease->hold_layer(layer);
  ASSERT_TRUE(builder_->prune());
  ASSERT_TRUE(images_->add(std::move(pulled)));
  runner_.take();
  request_.cache_from = {"pulled"};
  build(file);
  EXPECT_EQ(count("Using cache"), 3u);
  EXPECT_THAT(runner_.take(), IsEmpty());
}

// --- Stages --------------------------------------------------------------------------------------

TEST_F(BuilderTest, CopiesBetweenStagesAndSkipsTheUnused) {
  base("base");
  const auto image = build(
      "ARG from=base\nFROM $from AS one\nRUN write out/app app\nFROM base AS unused\nRUN fail 1\n"
      "FROM scratch\nCOPY --from=one /out /bin\nCOPY --from=0 out/app /again\n"
      "COPY --from=base /etc/base /b\n");
  EXPECT_EQ(file(image, "bin/app"), "app");
  EXPECT_EQ(file(image, "again"), "app");
  EXPECT_EQ(file(image, "b"), "base of base");
  EXPECT_EQ(file(image, "etc/base"), "(none)");
  EXPECT_THAT(text_, StartsWith("Step 1/7 : ARG from=base\nStep 2/7 : FROM $from AS one\n"));
  EXPECT_EQ(count("unused"), 0u);
}

TEST_F(BuilderTest, BuildsIndependentStagesAtTheSameTime) {
  base("base");
  // Each waits for the other, which hangs when one comes after the other.
  const auto image = build(
      "FROM base AS a\nRUN meet a; await b; write a a; say in-a\n"
      "FROM base AS b\nRUN meet b; await a; write b b; say in-b\n"
      "FROM scratch\nCOPY --from=a /a /\nCOPY --from=b /b /\n");
  EXPECT_EQ(file(image, "a") + file(image, "b"), "ab");
  EXPECT_LT(text_.find("in-a"), text_.find("Step 3/7 : FROM base AS b"));
  EXPECT_LT(text_.find("Step 3/7"), text_.find("in-b"));
}

TEST_F(BuilderTest, GoesOnFromAnEarlierStage) {
  base("base");
  const auto image =
      build("FROM base AS one\nENV a=1\nRUN write x x\nFROM one\nENV b=2\nRUN write y y\n");
  EXPECT_THAT(image->config.config.env, ElementsAre(StartsWith("PATH="), "a=1", "b=2"));
  EXPECT_EQ(file(image, "x") + file(image, "y"), "xy");
}

TEST_F(BuilderTest, StopsAtTheTarget) {
  base("base");
  request_.target = "one";
  const auto image = build("FROM base AS one\nENV a=1\nFROM base AS two\nENV b=2\n");
  EXPECT_THAT(image->config.config.env, Contains("a=1"));
  request_.target = "three";
  EXPECT_EQ(cause("FROM base AS one\n"), "failed to reach build target three in Dockerfile");
}

TEST_F(BuilderTest, AFailedStageEndsTheOthers) {
  base("base");
  EXPECT_THAT(
      cause("FROM base AS a\nRUN wait\nFROM base AS b\nRUN fail 3\n"
            "FROM scratch\nCOPY --from=a / /\nCOPY --from=b / /\n"),
      HasSubstr("Dockerfile:4: The command '/bin/sh -c fail 3' returned a non-zero code: 3"));
  EXPECT_THAT(left_in_scratch(), IsEmpty());
}

TEST_F(BuilderTest, ArgumentsHaveTheirScopes) {
  base("base");
  request_.build_args = {{"unknown", "x"}, {"also", std::nullopt}, {"g", "given"}};
  const auto image = build(
      "ARG g=default\nARG other=o\nFROM base AS one\nARG g\nENV one=$g other=$other\n"
      "FROM one\nENV two=$g\nARG other\nENV three=$other\nARG TARGETOS\nENV four=$TARGETOS\n"
      "ARG one=arg\nENV five=$one\n");
  EXPECT_THAT(image->config.config.env, ElementsAre(StartsWith("PATH="), "one=given", "other=",
                                                    "two=", "three=", "four=linux", "five=given"));
  EXPECT_THAT(text_,
              HasSubstr("[Warning] One or more build-args [also unknown] were not consumed\n"));
}

TEST_F(BuilderTest, AddsTheRequestsLabelsAtTheEnd) {
  base("base");
  request_.labels = {{"b", "$HOME"}, {"a", "1"}};
  const auto image = build("FROM base\nLABEL a=0\n");
  EXPECT_EQ(image->config.config.labels.at("a"), "1");
  EXPECT_EQ(image->config.config.labels.at("b"), "$HOME");
  EXPECT_THAT(text_, HasSubstr("Step 4/4 : LABEL b=$HOME\n"));
}

TEST_F(BuilderTest, RunsTheTriggersOfItsBase) {
  base("parent", "ONBUILD COPY a /a\nONBUILD RUN write t t\n");
  context("a", "A");
  const auto image = build("FROM parent\nENV x=1\n");
  EXPECT_THAT(text_, HasSubstr("# Executing 2 build triggers\n"));
  EXPECT_EQ(file(image, "a"), "A");
  EXPECT_EQ(file(image, "t"), "t");
  EXPECT_THAT(image->config.config.on_build, IsEmpty());
  EXPECT_THAT(text_, StartsWith("Step 1/2 : FROM parent\n"));
}

TEST_F(BuilderTest, AForeignTriggerThatMayNotStandThereIsRefused) {
  const auto image = base("parent");
  ImageConfig config = image->config;
  config.config.on_build = {"FROM scratch"};
  ImageStore::NewImage hostile;
  hostile.config_json = to_json(config);
  hostile.tags = {*parse_tagged("hostile")};
  ASSERT_TRUE(images_->add(std::move(hostile)));
  EXPECT_THAT(cause("FROM hostile\nENV a=b\n"),
              HasSubstr("Dockerfile:1: ONBUILD:1: FROM isn't allowed as an ONBUILD trigger"));
}

// --- Here-documents, ADD -------------------------------------------------------------------------

TEST_F(BuilderTest, RunsHereDocuments) {
  base("base");
  build("FROM base\nRUN <<EOF\nsay one\nEOF\n");
  EXPECT_THAT(runner_.take().front().args, ElementsAre("/bin/sh", "-c", "say one\n"));
  build("FROM base\nRUN cat <<A > /x && cat <<B\n$a\nA\nb\nB\n");
  EXPECT_THAT(runner_.take().front().args,
              ElementsAre("/bin/sh", "-c", "cat <<A > /x && cat <<B\n$a\nA\nb\nB"));
  const auto image = build("FROM base\nRUN <<SCRIPT\n#!/usr/bin/python3\nprint()\nSCRIPT\n");
  const auto steps = runner_.take();
  EXPECT_THAT(steps.front().args, ElementsAre("/bin/sh", "-c", "/dev/pipes/SCRIPT"));
  ASSERT_EQ(steps.front().binds.size(), 1u);
  EXPECT_EQ(steps.front().binds.front().second, "/dev/pipes/SCRIPT");
  EXPECT_THAT(image->config.history.back().created_by, HasSubstr("print()"));
}

TEST_F(BuilderTest, CopiesHereDocuments) {
  base("base");
  const auto image = build(
      "FROM base\nENV who=world\nCOPY <<hello.txt <<'raw.txt' /d/\nhello \"$who\"\nhello.txt\n"
      "raw $who\nraw.txt\n");
  EXPECT_EQ(file(image, "d/hello.txt"), "hello \"world\"\n");
  EXPECT_EQ(file(image, "d/raw.txt"), "raw $who\n");
}

TEST_F(BuilderTest, AddUnpacksLocalArchivesAndCopiesTheRest) {
  base("base");
  context("in/sub/file", "packed");
  const std::string command = "tar -C " + (request_.context / "in").string() + " -czf " +
                              (request_.context / "a.tgz").string() + " sub";
  ASSERT_EQ(std::system(command.c_str()), 0);
  context("fake.gz", "\x1f\x8b not an archive");
  context("plain", "plain");
  const auto image = build("FROM base\nADD a.tgz /u\nADD fake.gz plain /d/\nCOPY a.tgz /c/\n");
  EXPECT_EQ(file(image, "u/sub/file"), "packed");
  EXPECT_EQ(file(image, "d/plain"), "plain");
  EXPECT_EQ(file(image, "d/fake.gz"), "\x1f\x8b not an archive");
  EXPECT_NE(file(image, "c/a.tgz"), "(none)");
}

TEST_F(BuilderTest, AddFetchesUrls) {
  base("base");
  const auto image =
      build("FROM base\nADD http://host/dir/file.txt?q=1 /d/\nADD http://host/ /n\n");
  EXPECT_EQ(file(image, "d/file.txt"), "body of http://host/dir/file.txt?q=1");
  EXPECT_EQ(file(image, "n"), "body of http://host/");
  EXPECT_EQ(status(image, "d/file.txt").st_mode & 07777, 0600u);
  EXPECT_EQ(status(image, "d/file.txt").st_mtim.tv_sec, 1'500'000'000);
}

TEST_F(BuilderTest, CopiesIntoTheWorkingDirectory) {
  base("base");
  context("a", "A");
  const auto image = build("FROM base\nWORKDIR /w\nCOPY a .\nCOPY a b/\nCOPY a c\n");
  EXPECT_EQ(file(image, "w/a") + file(image, "w/b/a") + file(image, "w/c"), "AAA");
}

TEST_F(BuilderTest, TheWholeContextWithoutWhatDockerignoreHas) {
  base("base");
  context("keep", "k");
  context(".dockerignore", "Dockerfile\n.dockerignore\n");
  const auto image = build("FROM base\nCOPY . /c\n");
  EXPECT_EQ(file(image, "c/keep"), "k");
  EXPECT_EQ(file(image, "c/Dockerfile"), "(none)");
  EXPECT_EQ(file(image, "c/.dockerignore"), "(none)");
}

// --- Life ----------------------------------------------------------------------------------------

TEST_F(BuilderTest, CancellingLeavesNothing) {
  base("base");
  context("Dockerfile", "FROM base\nRUN meet started; wait\nRUN write x x\n");
  const auto before = images_->list().size();
  Result<ImagePtr> result = Error{};
  {
    std::jthread thread([&] { result = builder_->build(request_, events_, stop_.get_token()); });
    while (!runner_.has_met("started")) std::this_thread::yield();
    stop_.request_stop();
  }
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(images_->list().size(), before);
  EXPECT_THAT(left_in_scratch(), IsEmpty());
}

TEST_F(BuilderTest, ANewBuilderRemovesWhatAKilledOneLeft) {
  put(folder_ / "scratch/builds/old/upper-0/file", "x");
  builder_ = std::make_unique<Builder>(parts());
  EXPECT_THAT(left_in_scratch(), IsEmpty());
}

TEST_F(BuilderTest, APruneTakesNothingThatABuildStandsOn) {
  base("base");
  const std::string file_text =
      "FROM base\nRUN write a a\nENV x=1\nRUN meet started; await pruned\nRUN write b b\n";
  context("Dockerfile", file_text);
  Result<ImagePtr> result = Error{};
  {
    std::jthread thread([&] { result = builder_->build(request_, events_, stop_.get_token()); });
    while (!runner_.has_met("started")) std::this_thread::yield();
    const auto pruned = builder_->prune();
    ASSERT_TRUE(pruned) << pruned.error().message();
    EXPECT_THAT(pruned->ids, IsEmpty());
    runner_.meet("pruned");
  }
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(file(*result, "a") + file(*result, "b"), "ab");
  build(file_text);
  EXPECT_EQ(count("Using cache"), 4u);
  // Its steps are a cache that only those take who ask for it.
  const auto none = builder_->prune([](const Image& image) { return image.config.author == "me"; });
  EXPECT_THAT(none->ids, IsEmpty());
  EXPECT_EQ(builder_->prune()->ids.size(), 4u);
  EXPECT_TRUE(images_->find("base"));
}

TEST_F(BuilderTest, NothingIsCollectedFromUnderABuild) {
  base("base");
  // The layer of the first stage is in an image that is removed before the second one needs it.
  const auto image = build("FROM base AS a\nRUN write a a\nFROM scratch\nCOPY --from=a /a /\n");
  images_->collect();
  EXPECT_EQ(file(image, "a"), "a");
}

}  // namespace
}  // namespace cove::image
