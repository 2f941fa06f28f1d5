#include <gmock/gmock.h>

#include "core/base/base64.h"
#include "tests/integration/engine/containers/fixture.h"

namespace cove::engine::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNoNetwork = R"({"HostConfig": {"NetworkMode": "none"}})";

// A tar of one file.
std::string tar_of(const std::string& name, const std::string& text) {
  const cove::test::TemporaryFolder folder;
  EXPECT_TRUE(write_file_atomic(folder / name, text, 0644).has_value());
  const std::string command = fmt::format("tar -C {} -c {}", folder.path().string(), name);
  FILE* tar = ::popen(command.c_str(), "re");
  std::string bytes(1 << 20, '\0');
  bytes.resize(::fread(bytes.data(), 1, bytes.size(), tar));
  ::pclose(tar);
  return bytes;
}

TEST_F(EngineTest, CopiesBothWaysIntoVolumesToo) {
  const std::string id =
      run("sleep 1000", R"({"HostConfig": {"NetworkMode": "none", "Binds": ["vol1:/vol"]}})");
  for (const char* folder : {"/home", "/vol"}) {
    auto request =
        ServedApi::request("PUT", fmt::format("/containers/{}/archive?path={}", id, folder),
                           tar_of("note", "written"));
    EXPECT_EQ(api_->send(std::move(request)).status, 200);
    EXPECT_EQ(exec(id, fmt::format("cat {}/note", folder)).first, "written");
  }
  EXPECT_EQ(*read_file(containers_->volumes().data("vol1") / "note", 100), "written");
  const Reply got = api_->get("/containers/" + id + "/archive?path=/vol/note");
  EXPECT_EQ(got.status, 200);
  EXPECT_THAT(got.body, HasSubstr("written"));
  const auto stat = base64_decode(got.header("x-docker-container-path-stat"));
  ASSERT_TRUE(stat);
  EXPECT_THAT(*stat, HasSubstr(R"("name":"note")"));
  EXPECT_EQ(api_->get("/containers/" + id + "/archive?path=/none").message(),
            "Could not find the file /none in container " + id);
  auto into_file = ServedApi::request("PUT", "/containers/" + id + "/archive?path=/etc/passwd",
                                      tar_of("note", "x"));
  EXPECT_NE(api_->send(std::move(into_file)).status, 200);
}

TEST_F(EngineTest, NewVolumesTakeWhatTheImageHas) {
  const std::string id = run("cat /data/seed; echo more > /data/own", R"({"HostConfig":
      {"NetworkMode": "none", "Binds": ["grow:/data"]}})");
  EXPECT_EQ(wait(id), 0);
  EXPECT_EQ(logs(id).first, "grown");
  EXPECT_TRUE(std::filesystem::exists(containers_->volumes().data("grow") / "own"));
  const Reply refused = api_->remove("/volumes/grow");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.message(), "remove grow: volume is in use - [" + id + "]");
}

TEST_F(EngineTest, DiffCommitAndExport) {
  const std::string id = run("echo new > /home/file; rm /data/seed", kNoNetwork);
  EXPECT_EQ(wait(id), 0);
  const auto changes = api_->get("/containers/" + id + "/changes").json();
  std::map<std::string, std::int64_t> kinds;
  for (const auto& change : changes.as_array()) {
    kinds[text_of(change.as_object(), "Path")] = integer_of(change.as_object(), "Kind");
  }
  EXPECT_EQ(kinds, (std::map<std::string, std::int64_t>{
                       {"/data", 0}, {"/data/seed", 2}, {"/home", 0}, {"/home/file", 1}}));
  const Reply committed =
      api_->post("/commit?container=" + id +
                 "&repo=made&tag=v1&changes=CMD+%5B%22cat%22%2C%22%2Fhome%2Ffile%22%5D");
  EXPECT_EQ(committed.status, 201) << committed.body;
  const Reply made = api_->post("/containers/create",
                                R"({"Image": "made:v1", "HostConfig": {"NetworkMode": "none"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string second = text_of(made.json().as_object(), "Id");
  start(second);
  EXPECT_EQ(wait(second), 0);
  EXPECT_EQ(logs(second).first, "new\n");
  EXPECT_THAT(api_->get("/containers/" + id + "/export").body, HasSubstr("home/file"));
}

TEST_F(EngineTest, BindsAndTmpfs) {
  const Path shared = host_->folder() / "shared";
  std::filesystem::create_directories(shared);
  ASSERT_TRUE(write_file_atomic(shared / "in", "host", 0644).has_value());
  const std::string id =
      run("cat /in/in; touch /in/no 2>/dev/null || echo ro; touch /run/x && echo rw",
          fmt::format(R"({{"HostConfig": {{"NetworkMode": "none", "Binds": ["{}:/in:ro"],
                      "Tmpfs": {{"/run": "size=1m"}}}}}})",
                      shared.string()));
  EXPECT_EQ(wait(id), 0);
  EXPECT_EQ(logs(id).first, "hostro\nrw\n");
}

}  // namespace
}  // namespace cove::engine::test
