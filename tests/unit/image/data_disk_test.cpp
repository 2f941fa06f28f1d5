#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/image/image_folder.h"
#include "vm/image/image.h"

namespace cove::vm {
namespace {

using test::ImageFolder;
using test::slurp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kGiB = 1ULL << 30;

void put(std::string& bytes, std::size_t offset, std::size_t width, std::uint64_t value) {
  for (std::size_t i = 0; i < width; ++i)
    bytes[offset + width - 1 - i] = static_cast<char>(value >> (8 * i));
}

// The smallest file that reads as an empty version 3 disk.
std::string disk_bytes(std::uint64_t virtual_size) {
  std::string bytes(1024, '\0');
  put(bytes, 0, 4, 0x514649fb);
  put(bytes, 4, 4, 3);
  put(bytes, 20, 4, 16);
  put(bytes, 24, 8, virtual_size);
  put(bytes, 36, 4, 40);
  put(bytes, 40, 8, 512);
  put(bytes, 100, 4, 104);
  return bytes;
}

// Answers for qemu-img.
class FakeSpawner final : public Spawner {
 public:
  using Answer = std::function<Result<Completed>(const Command&)>;
  explicit FakeSpawner(Answer answer) : answer_(std::move(answer)) {}
  Result<Completed> run(const Command& command, std::chrono::milliseconds,
                        std::stop_token) override {
    commands.push_back(command.argv);
    return answer_(command);
  }
  std::vector<std::vector<std::string>> commands;

 private:
  Answer answer_;
};

// A qemu-img that creates and complains of nothing.
FakeSpawner::Answer obedient() {
  return [](const Command& command) -> Result<Completed> {
    if (command.argv[1] == "create") {
      std::ofstream(command.argv[command.argv.size() - 2], std::ios::binary)
          << disk_bytes(std::stoull(command.argv.back()));
    }
    return Completed{};
  };
}

FakeSpawner::Answer complaining(const std::string& words) {
  return [words](const Command& command) -> Result<Completed> {
    if (command.argv[1] == "create") {
      std::ofstream(command.argv[command.argv.size() - 2], std::ios::binary) << "half a header";
    }
    return Completed{1, "", "qemu-img: " + words + "\n"};
  };
}

class DataDiskTest : public ::testing::Test {
 protected:
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  Error ensure_error(Spawner& spawner, std::uint64_t size_gib = 20) {
    auto result = ensure_data_disk(disk_, size_gib, spawner, {});
    if (result) {
      ADD_FAILURE() << "it succeeded";
      return {};
    }
    return result.error();
  }

  ImageFolder folder_;
  Path disk_ = folder_ / "data.qcow2";
};

TEST_F(DataDiskTest, CreatesUnderAnotherNameAndRenames) {
  FakeSpawner spawner(obedient());
  auto result = ensure_data_disk(disk_, 20, spawner, {});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(files(), ElementsAre("data.qcow2"));
  ASSERT_EQ(spawner.commands.size(), 1u);
  EXPECT_THAT(spawner.commands[0], ElementsAre("qemu-img", "create", "-q", "-f", "qcow2", "-o",
                                               "compat=1.1,preallocation=off,lazy_refcounts=on",
                                               disk_.string() + ".new", "21474836480"));
  struct stat info {};
  ASSERT_EQ(::stat(disk_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(DataDiskTest, AFormattedDiskOfThatSizeIsCopied) {
  const std::string formatted = disk_bytes(20 * kGiB) + "and a file system";
  folder_.write("formatted", formatted);
  FakeSpawner spawner(obedient());
  auto result = ensure_data_disk(disk_, 20, spawner, {}, folder_ / "formatted");
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_TRUE(spawner.commands.empty());
  EXPECT_EQ(*read_file(disk_, 1 << 20), formatted);
  EXPECT_THAT(files(), testing::UnorderedElementsAre("data.qcow2", "formatted"));
  struct stat info {};
  ASSERT_EQ(::stat(disk_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(DataDiskTest, AFormattedDiskThatDoesNotFitIsNotUsed) {
  folder_.write("smaller", disk_bytes(10 * kGiB));
  folder_.write("damaged", "half a header");
  for (const char* name : {"smaller", "damaged", "absent"}) {
    FakeSpawner spawner(obedient());
    const Path disk = folder_ / (std::string(name) + ".disk");
    auto result = ensure_data_disk(disk, 20, spawner, {}, folder_ / name);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(spawner.commands.size(), 1u) << name;
  }
}

TEST_F(DataDiskTest, NobodyElseMayOpenItWhileItIsMade) {
  mode_t mode = 0;
  FakeSpawner spawner([&](const Command& command) -> Result<Completed> {
    struct stat info {};
    ::stat(command.argv[command.argv.size() - 2].c_str(), &info);
    mode = info.st_mode & 07777;
    return obedient()(command);
  });
  ASSERT_TRUE(ensure_data_disk(disk_, 20, spawner, {}));
  EXPECT_EQ(mode, 0600u);
}

TEST_F(DataDiskTest, SecondCallDoesNothing) {
  folder_.write("data.qcow2", disk_bytes(20 * kGiB));
  FakeSpawner spawner(obedient());
  ASSERT_TRUE(ensure_data_disk(disk_, 20, spawner, {}));
  EXPECT_TRUE(spawner.commands.empty());
}

TEST_F(DataDiskTest, GrowsASmallerDisk) {
  folder_.write("data.qcow2", disk_bytes(10 * kGiB));
  FakeSpawner spawner(obedient());
  ASSERT_TRUE(ensure_data_disk(disk_, 20, spawner, {}));
  ASSERT_EQ(spawner.commands.size(), 1u);
  EXPECT_THAT(spawner.commands[0], ElementsAre("qemu-img", "resize", "-q", "-f", "qcow2",
                                               disk_.string(), "21474836480"));
}

TEST_F(DataDiskTest, NeverShrinks) {
  folder_.write("data.qcow2", disk_bytes(40 * kGiB));
  FakeSpawner spawner(obedient());
  const Error error = ensure_error(spawner);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.message(),
            "cannot make the data disk smaller " + disk_.string() +
                ": it has 40 GiB and disks cannot shrink. Ask for 40 GiB or more, or delete the "
                "cluster and start it again.");
  EXPECT_TRUE(spawner.commands.empty());
}

TEST_F(DataDiskTest, ImpossibleSizes) {
  FakeSpawner spawner(obedient());
  EXPECT_EQ(ensure_error(spawner, 0).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ensure_error(spawner, ~0ULL).code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(spawner.commands.empty());
}

TEST_F(DataDiskTest, WhatAKilledProgramLeftIsReplaced) {
  folder_.write("data.qcow2.new", "half");
  FakeSpawner spawner(obedient());
  ASSERT_TRUE(ensure_data_disk(disk_, 20, spawner, {}));
  EXPECT_THAT(files(), ElementsAre("data.qcow2"));
}

TEST_F(DataDiskTest, FailuresLeaveNothingBehind) {
  const std::vector<std::pair<std::string, ErrorCode>> cases{
      {"/x: Could not write: No space left on device", ErrorCode::kResourceExhausted},
      {"/x: Disk quota exceeded", ErrorCode::kResourceExhausted},
      {"/x: Failed to get \"write\" lock", ErrorCode::kConflict},
      {"/x: Permission denied", ErrorCode::kPermissionDenied},
      {"/x: something new", ErrorCode::kUnavailable},
  };
  for (const auto& [words, code] : cases) {
    FakeSpawner spawner(complaining(words));
    EXPECT_EQ(ensure_error(spawner).code, code) << words;
    EXPECT_TRUE(files().empty()) << words;
  }
}

TEST_F(DataDiskTest, UnknownComplaintsAreQuotedWithoutControlCharacters) {
  FakeSpawner spawner(complaining("first line\nqemu-img: bad\x1b[2J thing"));
  EXPECT_EQ(ensure_error(spawner).cause, "qemu-img: bad\\x1b[2J thing");
}

TEST_F(DataDiskTest, MissingQemuImgSaysWhatToInstall) {
  FakeSpawner spawner([](const Command&) -> Result<Completed> {
    return Error{ErrorCode::kNotFound, "start", "qemu-img", "No such file or directory", ""};
  });
  const Error error = ensure_error(spawner);
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_THAT(error.remedy, HasSubstr("qemu-utils"));
  EXPECT_TRUE(files().empty());
}

TEST_F(DataDiskTest, CancelledLeavesNothingBehind) {
  FakeSpawner spawner([](const Command&) -> Result<Completed> {
    return Error{ErrorCode::kCancelled, "run", "qemu-img", "it was cancelled", ""};
  });
  EXPECT_EQ(ensure_error(spawner).code, ErrorCode::kCancelled);
  EXPECT_TRUE(files().empty());
}

TEST_F(DataDiskTest, FolderThatDoesNotExist) {
  disk_ = folder_ / "missing/data.qcow2";
  FakeSpawner spawner(obedient());
  EXPECT_EQ(ensure_error(spawner).code, ErrorCode::kNotFound);
}

// Every way in which a file is not a disk of ours.
struct Foreign {
  const char* name;
  std::function<void(std::string&)> change;
  const char* cause;
};

class ForeignDisk : public ::testing::TestWithParam<Foreign> {};

TEST_P(ForeignDisk, IsRefusedAndUntouched) {
  ImageFolder folder;
  std::string bytes = disk_bytes(10 * kGiB);
  GetParam().change(bytes);
  const Path file = folder.write("data.qcow2", bytes);
  FakeSpawner spawner(obedient());
  auto result = ensure_data_disk(file, 20, spawner, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(result.error().cause, HasSubstr(GetParam().cause));
  EXPECT_TRUE(spawner.commands.empty());
  EXPECT_EQ(slurp(file), bytes);
}

INSTANTIATE_TEST_SUITE_P(
    All, ForeignDisk,
    ::testing::Values(
        Foreign{"Empty", [](std::string& b) { b.clear(); }, "empty"},
        Foreign{"Raw", [](std::string& b) { put(b, 0, 4, 0); }, "not a qcow2"},
        Foreign{"Short", [](std::string& b) { b.resize(50); }, "not a qcow2"},
        Foreign{"Cut", [](std::string& b) { b.resize(600); }, "cut off"},
        Foreign{"TableOutside", [](std::string& b) { put(b, 40, 8, ~0ULL - 7); }, "cut off"},
        Foreign{"HugeTable", [](std::string& b) { put(b, 36, 4, 0xffffffff); }, "cut off"},
        Foreign{"Version2", [](std::string& b) { put(b, 4, 4, 2); }, "version 2"},
        Foreign{"Backing", [](std::string& b) { put(b, 8, 8, 4096); }, "backing file"},
        Foreign{"Encrypted", [](std::string& b) { put(b, 32, 4, 2); }, "encrypted"},
        Foreign{"MarkedCorrupt", [](std::string& b) { put(b, 72, 8, 2); }, "marked it as corrupt"},
        Foreign{"ExternalData", [](std::string& b) { put(b, 72, 8, 4); }, "another file"},
        Foreign{"UnknownFeature", [](std::string& b) { put(b, 72, 8, 1ULL << 40); }, "features"},
        Foreign{"Clusters", [](std::string& b) { put(b, 20, 4, 63); }, "cluster size"},
        Foreign{"NoSize", [](std::string& b) { put(b, 24, 8, 0); }, "impossible size"},
        Foreign{"HugeSize", [](std::string& b) { put(b, 24, 8, ~0ULL << 9); }, "impossible size"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(DataDiskTest, WhatIsNoFileIsRefused) {
  FakeSpawner spawner(obedient());
  ASSERT_EQ(::mkfifo(disk_.c_str(), 0600), 0);
  EXPECT_EQ(ensure_error(spawner).cause, "it is not a regular file");
  std::filesystem::remove(disk_);
  std::filesystem::create_directory(disk_);
  EXPECT_EQ(ensure_error(spawner).cause, "it is not a regular file");
}

TEST_F(DataDiskTest, DirtyReferenceCountsAreNoReasonToRefuse) {
  std::string bytes = disk_bytes(20 * kGiB);
  put(bytes, 72, 8, 1);
  folder_.write("data.qcow2", bytes);
  FakeSpawner spawner(obedient());
  EXPECT_TRUE(ensure_data_disk(disk_, 20, spawner, {}));
}

// With the real qemu-img.
class RealDataDiskTest : public DataDiskTest {
 protected:
  void SetUp() override {
    if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed";
  }
  std::string info() {
    auto completed =
        spawner_->run({{"qemu-img", "info", "--output=json", disk_.string()}, {}, {}, {}},
                      std::chrono::seconds(30));
    return completed ? completed->standard_output : completed.error().message();
  }
  std::unique_ptr<Spawner> spawner_ = make_spawner();
};

TEST_F(RealDataDiskTest, CreatesGrowsAndKeeps) {
  auto created = ensure_data_disk(disk_, 1, *spawner_, {});
  ASSERT_TRUE(created) << created.error().message();
  EXPECT_THAT(files(), ElementsAre("data.qcow2"));
  EXPECT_THAT(info(), HasSubstr("\"virtual-size\": 1073741824"));
  EXPECT_LT(std::filesystem::file_size(disk_), 1u << 20);
  struct stat status {};
  ASSERT_EQ(::stat(disk_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);

  auto grown = ensure_data_disk(disk_, 64, *spawner_, {});
  ASSERT_TRUE(grown) << grown.error().message();
  EXPECT_THAT(info(), HasSubstr("\"virtual-size\": 68719476736"));

  const std::string before = slurp(disk_);
  ASSERT_TRUE(ensure_data_disk(disk_, 64, *spawner_, {}));
  EXPECT_EQ(ensure_error(*spawner_, 63).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(slurp(disk_), before);
}

TEST_F(RealDataDiskTest, OtherKindsOfDisksAreRefused) {
  const std::vector<std::vector<std::string>> others{
      {"qemu-img", "create", "-q", "-f", "raw", disk_.string(), "1G"},
      {"qemu-img", "create", "-q", "-f", "vmdk", disk_.string(), "1G"},
      {"qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=0.10", disk_.string(), "1G"},
      {"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "/dev/zero", disk_.string(),
       "1G"},
  };
  for (const auto& argv : others) {
    auto made = spawner_->run({argv, {}, {}, {}}, std::chrono::seconds(30));
    ASSERT_TRUE(made && made->exit_code == 0) << argv[4];
    EXPECT_EQ(ensure_error(*spawner_, 2).code, ErrorCode::kCorrupt) << argv[4];
    std::filesystem::remove(disk_);
  }
}

// 0: the full disk was reported and left clean; 1: it was not; 2: no file system of our own may be
// mounted here.
int try_on_a_full_disk(const Path& folder) {
  const uid_t uid = ::getuid();
  const gid_t gid = ::getgid();
  if (::unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) != 0) return 2;
  // An account without a mapping owns no file in its new namespace.
  if (uid != 0) {
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << uid << ' ' << uid << " 1";
    std::ofstream("/proc/self/gid_map") << gid << ' ' << gid << " 1";
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 2;
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k,mode=777") != 0) return 2;
  auto spawner = make_spawner();
  auto result = ensure_data_disk(folder / "data.qcow2", 20, *spawner, {});
  if (result || result.error().code != ErrorCode::kResourceExhausted) return 1;
  return std::filesystem::is_empty(folder) ? 0 : 1;
}

TEST_F(RealDataDiskTest, FullDiskLeavesNoHalfFile) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(try_on_a_full_disk(folder_.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2)
    GTEST_SKIP() << "this account may not mount a small file system of its own";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace cove::vm
