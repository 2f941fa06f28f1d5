// What the runner of steps is told before their time.
#include <gmock/gmock.h>

#include "tests/unit/images/build/builder_fixture.h"

namespace cove::image {
namespace {

using ::testing::ElementsAre;

TEST_F(BuilderTest, TheNextStepIsBegunWithWhileOneRuns) {
  base("base");
  request_.network_mode = "default";
  runner_.told();
  const std::string file = "FROM base\nRUN write a 1\nENV B=1\nRUN write b 2\n";
  build(file);
  EXPECT_THAT(runner_.told(), ElementsAre("prepare default 0", "run 0", "prepare default 1",
                                          "end 0", "run 1", "end 1"));
  build(file);
  EXPECT_THAT(runner_.told(), ElementsAre());  // all of it is found
}

TEST_F(BuilderTest, AStepThatIsNotReachedIsForgotten) {
  base("base");
  request_.network_mode = "default";
  runner_.told();
  EXPECT_FALSE(try_build("FROM base\nRUN fail 3\nRUN write b 2\n"));
  EXPECT_THAT(runner_.told(),
              ElementsAre("prepare default 0", "run 0", "prepare default 1", "end 0", "forget 1"));
}

TEST_F(BuilderTest, AStepInAnotherNetworkIsNotWhatWasBegunWith) {
  base("base");
  request_.network_mode = "default";
  runner_.told();
  build("FROM base\nRUN write a 1\nRUN --network=none write b 2\nRUN write c 3\n");
  EXPECT_THAT(runner_.told(), ElementsAre("prepare none 0", "run 1", "end 1", "run 0",
                                          "prepare default 2", "end 0", "run 2", "end 2"));
}

}  // namespace
}  // namespace cove::image
