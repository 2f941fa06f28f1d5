// Every transcript in tests/golden/docker with every version of docker, each with an engine of its
// own that has pulled and made nothing yet.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <tuple>

#include "tests/integration/docker/transcript.h"
#include "tests/support/golden.h"

namespace cove::testing {
namespace {

std::vector<std::string> transcripts() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_path("tests/golden/docker"))) {
    names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

// A hostname as a container prints it may be digits alone, and nobody has printed the rest of it.
TEST(MaskerTest, AnIdOfDigitsAloneIsOneIfTheEngineSaysSo) {
  std::vector<std::string> asked;
  Masker masked({}, [&](const std::string& id) {
    asked.push_back(id);
    return id == "123456789012";
  });
  EXPECT_EQ(masked("123456789012 210987654321 00000000000a 123456789012\n"),
            "<1> 210987654321 <2> <1>\n");
  EXPECT_EQ(asked, (std::vector<std::string>{"123456789012", "210987654321"}));
}

class TranscriptTest : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(TranscriptTest, PrintsWhatDockerPrints) {
  const auto& [name, version] = GetParam();
  EngineHost host;
  ASSERT_TRUE(host.start()) << host.trouble();
  play(name, version, host);
  if (HasFailure()) std::cout << host.log() << std::flush;
}

INSTANTIATE_TEST_SUITE_P(All, TranscriptTest,
                         ::testing::Combine(::testing::ValuesIn(transcripts()),
                                            ::testing::ValuesIn(docker_versions())),
                         [](const auto& each) {
                           std::string name =
                               std::get<0>(each.param) +
                               (std::get<1>(each.param) == "docker" ? "_28" : "_20_10");
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace cove::testing
