// The disk of the engine's data is full: what needs it is refused with a sentence, nothing
// half-made is to be seen, and once there is room everything works again.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "tests/fault/engine/fixture.h"

namespace cove::testing {
namespace {

using ::testing::HasSubstr;

class EngineFullDiskTest : public EngineFaultTest {
 protected:
  EngineFullDiskTest() { disk_ = "mode=0711,size=80m"; }

  Path ballast() const { return folder_.path() / "ballast"; }
  // Leaves so many bytes of the disk, as far as what is there already allows.
  void leave(std::uint64_t bytes) {
    std::filesystem::remove(ballast());
    const std::uint64_t free = disk_space(folder_.path())->available_bytes;
    const Fd file(::open(ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_GT(free, bytes);
    ASSERT_EQ(::posix_fallocate(file.get(), 0, static_cast<off_t>(free - bytes)), 0);
  }
  void free_it() { std::filesystem::remove(ballast()); }

  static std::string noise(std::size_t size) {
    std::mt19937_64 random(size);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }
  std::string context(const std::string& dockerfile, const std::string& file) {
    test::TemporaryFolder folder;
    std::ofstream(folder / "Dockerfile") << dockerfile;
    std::ofstream(folder / "file") << file;
    return test::output_of({"tar", "-C", folder.path().string(), "-c", "."});
  }
  // Names of all that the stores hold.
  std::set<std::string> images() {
    std::set<std::string> names;
    const auto listed = api_->get("/images/json?all=1");
    for (const json::value& each : listed.body.as_array())
      names.insert(text_of(each, {"RepoTags"}));
    return names;
  }
  std::set<std::string> containers() {
    std::set<std::string> ids;
    const auto listed = api_->get("/containers/json?all=1");
    for (const json::value& each : listed.body.as_array()) ids.insert(text_of(each, {"Id"}));
    return ids;
  }
  // Of layers that are being made.
  std::size_t drafts() {
    std::error_code error;
    const auto all =
        std::filesystem::directory_iterator(coved_->data() / "engine/layers/tmp", error);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  static void expect_full(const EngineApi::Reply& reply, const char* what) {
    EXPECT_NE(reply.status, 0) << what;
    EXPECT_THAT(reply.text, HasSubstr("No space left on device")) << what;
  }
  bool runs(const std::string& image) {
    json::object body = command("true");
    body["Image"] = image;
    const std::string id = create("probe", body);
    const bool ran = !id.empty() && api_->post("/containers/" + id + "/start").status == 204 &&
                     text_of(api_->post("/containers/" + id + "/wait").body, {"StatusCode"}) == "0";
    if (!id.empty()) {
      EXPECT_EQ(api_->remove("/containers/" + id).status, 204);
    }
    return ran;
  }
};

TEST_F(EngineFullDiskTest, RefusesWithASentenceAndGoesOnWhenThereIsRoom) {
  const std::string pulled = registry_.domain() + "/large:1";
  const std::string large = noise(12 << 20);
  const auto built =
      api_->send("/build?t=" + pulled, context("FROM busybox\nCOPY file /file\n", large));
  ASSERT_THAT(built.text, HasSubstr("Successfully built"));
  ASSERT_EQ(api_->post("/images/" + registry_.domain() + "/large/push?tag=1").status, 200);
  ASSERT_EQ(api_->remove("/images/" + pulled + "?force=1").status, 200);
  ASSERT_EQ(api_->post("/build/prune?all=1").status, 200);
  const std::string runner = create("runner", command("sleep 1000"));
  ASSERT_EQ(api_->post("/containers/" + runner + "/start").status, 204);
  const auto images_before = images();
  const auto containers_before = containers();

  leave(6 << 20);
  expect_full(api_->post("/images/create?fromImage=" + pulled), "pull");
  expect_full(api_->send("/build?t=copied", context("FROM busybox\nCOPY file /file\n", large)),
              "a context");
  EXPECT_THAT(api_->send("/build?t=made",
                         context("FROM busybox\nRUN dd if=/dev/zero of=/big bs=1M count=30\n", ""))
                  .text,
              HasSubstr("No space left on device"));
  EXPECT_EQ(images(), images_before);
  EXPECT_EQ(containers(), containers_before);
  EXPECT_EQ(drafts(), 0U);

  leave(0);
  const auto refused = api_->post("/containers/create?name=none", command("true"));
  EXPECT_EQ(refused.status, 500);
  expect_full(refused, "create");
  EXPECT_EQ(containers(), containers_before);
  // What runs is looked at and ended all the same.
  EXPECT_EQ(text_of(api_->get("/containers/" + runner + "/json").body, {"State", "Running"}),
            "true");
  EXPECT_EQ(api_->post("/containers/" + runner + "/kill").status, 204);
  EXPECT_EQ(api_->post("/containers/" + runner + "/wait").status, 200);

  free_it();
  EXPECT_TRUE(runs("busybox"));
  EXPECT_THAT(api_->post("/images/create?fromImage=" + pulled).text,
              HasSubstr("Downloaded newer image"));
  EXPECT_TRUE(runs(pulled));
  EXPECT_THAT(api_->send("/build?t=made", context("FROM busybox\nRUN echo 1 >/one\n", "")).text,
              HasSubstr("Successfully built"));
  EXPECT_TRUE(runs("made"));
  EXPECT_EQ(api_->remove("/containers/" + runner + "?force=1").status, 204);
  // And nothing of it keeps the next one from starting.
  coved_->signal(SIGKILL);
  (void)coved_->wait();
  start();
  EXPECT_TRUE(runs("made"));
}

}  // namespace
}  // namespace cove::testing
