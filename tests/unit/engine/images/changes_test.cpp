#include "core/engine/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cove::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Changes, ApplyInOrder) {
  image::RunConfig config;
  config.env = {"PATH=/bin", "KEEP=1"};
  const auto applied = apply_changes(
      config,
      {"ENV PATH=/opt:$PATH NEW='a b'", "CMD [\"web\", \"-p\"]", "ENTRYPOINT run it",
       "EXPOSE 80 53/udp", "LABEL who=me what=\"two words\"", "USER app:www", "WORKDIR /srv",
       "WORKDIR sub", "VOLUME /data", "STOPSIGNAL SIGINT", "ONBUILD RUN true"});
  ASSERT_TRUE(applied.has_value()) << applied.error().message;
  EXPECT_THAT(config.env, ElementsAre("KEEP=1", "PATH=/opt:/bin", "NEW=a b"));
  EXPECT_THAT(config.cmd, ElementsAre("web", "-p"));
  EXPECT_THAT(config.entrypoint, ElementsAre("/bin/sh", "-c", "run it"));
  EXPECT_THAT(config.exposed_ports, ElementsAre("53/udp", "80/tcp"));
  EXPECT_EQ(config.labels.at("what"), "two words");
  EXPECT_EQ(config.user, "app:www");
  EXPECT_EQ(config.working_dir, "/srv/sub");
  EXPECT_THAT(config.volumes, ElementsAre("/data"));
  EXPECT_EQ(config.stop_signal, "SIGINT");
  EXPECT_THAT(config.on_build, ElementsAre("RUN true"));
}

TEST(Changes, RefuseWhatDoesNotChangeAConfiguration) {
  for (const char* change : {"RUN rm -rf /", "COPY a b", "FROM x", "NONSENSE", "ENV",
                             "EXPOSE 99999999", "ADD a b", "ARG x"}) {
    image::RunConfig config;
    const auto applied = apply_changes(config, {change});
    ASSERT_FALSE(applied.has_value()) << change;
    EXPECT_EQ(applied.error().status, 400) << change;
  }
}

}  // namespace
}  // namespace cove::engine
