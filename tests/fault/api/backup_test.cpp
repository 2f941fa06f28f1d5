// Backups of a coved under writes: each is everything that was written up to one revision, and
// nothing after it.
#include <mutex>
#include <regex>

#include "tests/fault/api/fixture.h"

namespace cove::testing {
namespace {

constexpr int kWriters = 4;
constexpr int kObjects = 8;  // of each writer
constexpr int kBackups = 3;

using Contents = std::map<std::string, std::string>;

class BackupTest : public FaultTest {
 protected:
  struct Written {
    std::string name;
    std::string value;
  };

  void write(int writer, const std::atomic<bool>& enough) {
    ApiClient api = client();
    for (int i = 0; !enough; ++i) {
      const std::string name = "b" + std::to_string(writer) + "-" + std::to_string(i % kObjects);
      const std::string value = std::to_string(i);
      const std::string text = config_map(name, "v", value);
      const Reply reply = i < kObjects ? api.ask("POST", kConfigMaps, text)
                                       : api.ask("PUT", kConfigMaps + "/" + name, text);
      ASSERT_THAT(reply.status, ::testing::AnyOf(200, 201)) << reply.body;
      const std::int64_t version = version_of(reply.document());
      const std::lock_guard lock(mutex_);
      log_[version] = {name, value};
      ++count_;
    }
  }

  // What the file says it is of.
  std::int64_t back_up(const Path& file) {
    const std::size_t start = coved_.log().size();
    EXPECT_EQ(
        coved_.run_to_end({"backup", "--data-dir", coved_.data().string(), "--out", file.string()}),
        0)
        << coved_.log();
    const std::string said = coved_.log().substr(start);
    std::smatch match;
    if (!std::regex_search(said, match, std::regex("objects at revision ([0-9]+)"))) {
      ADD_FAILURE() << said;
      return 0;
    }
    return std::stoll(match[1]);
  }

  Contents contents_at(std::int64_t revision) {
    Contents contents;
    for (const auto& [version, written] : log_) {
      if (version <= revision) contents[written.name] = written.value;
    }
    return contents;
  }

  // What a coved that starts on the file serves.
  static Contents contents_of(const Path& file) {
    Contents contents;
    const TempDir directory;
    Coved coved(directory.path());
    EXPECT_EQ(coved.run_to_end({"restore", file.string(), "--data-dir", coved.data().string()}), 0)
        << coved.log();
    if (!coved.start()) {
      ADD_FAILURE() << coved.log();
      return contents;
    }
    const client::TlsIdentity admin = coved.admin();
    ApiClient api(coved.port(), admin);
    const json::value list = api.get(kConfigMaps).document();
    for (const json::value& item : list.at("items").as_array()) {
      if (name_of(item).starts_with("b")) contents[name_of(item)] = entry_of(item, "v");
    }
    coved.signal(SIGTERM);
    EXPECT_EQ(coved.wait(), 0) << coved.log();
    return contents;
  }

  std::mutex mutex_;
  std::map<std::int64_t, Written> log_;
  std::atomic<int> count_ = 0;
};

TEST_F(BackupTest, EachIsOfOneRevision) {
  std::vector<std::pair<Path, std::int64_t>> backups;
  {
    std::atomic<bool> enough = false;
    std::vector<std::jthread> writers;
    for (int i = 0; i < kWriters; ++i)
      writers.emplace_back([this, i, &enough] { write(i, enough); });
    for (int i = 0; i < kBackups && !HasFailure(); ++i) {
      const int floor = count_ + 100;
      while (count_ < floor && !HasFailure())
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const Path file = directory_.path() / ("backup-" + std::to_string(i));
      backups.emplace_back(file, back_up(file));
    }
    enough = true;
  }
  stop();
  for (const auto& [file, revision] : backups) {
    SCOPED_TRACE(file.string());
    EXPECT_EQ(contents_of(file), contents_at(revision));
  }
  EXPECT_LT(backups.front().second, backups.back().second);
  EXPECT_LT(backups.back().second, log_.rbegin()->first) << "nothing was written meanwhile";
}

}  // namespace
}  // namespace cove::testing
