#include "app/init/disk.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>

#include "app/init/system.h"

namespace cove::init {
namespace {

using namespace std::chrono_literals;

std::string zeros(std::size_t size) {
  return std::string(size, '\0');
}

std::string with(std::size_t offset, std::string_view bytes) {
  std::string head = zeros(kHead);
  head.replace(offset, bytes.size(), bytes);
  return head;
}

std::string super(std::string_view label, char state, char incompatible) {
  std::string head = with(1024 + 0x38, "\x53\xef");
  head[1024 + 0x3A] = state;
  head[1024 + 0x60] = incompatible;
  head[1024 + 0x18] = 2;      // 4 KiB blocks
  head[1024 + 0x04 + 2] = 1;  // 65,536 of them
  head.replace(1024 + 0x78, label.size(), label);
  return head;
}

TEST(DiskContent, OnlyZerosAtBothEndsAreBlank) {
  EXPECT_EQ(classify(zeros(kHead), zeros(kTail)).kind, DiskContent::Kind::kBlank);
  std::string tail = zeros(kTail);
  tail.back() = 1;  // a backup partition table, a RAID superblock
  EXPECT_EQ(classify(zeros(kHead), tail).kind, DiskContent::Kind::kForeign);
  EXPECT_EQ(classify(with(kHead - 1, "x"), zeros(kTail)).kind, DiskContent::Kind::kForeign);
  EXPECT_EQ(classify("", "").kind, DiskContent::Kind::kForeign);
}

TEST(DiskContent, OurFileSystemIsKnownByItsLabel) {
  const auto clean = classify(super("cove-data", 1, 0), zeros(kTail));
  EXPECT_EQ(clean.kind, DiskContent::Kind::kCove);
  EXPECT_TRUE(clean.clean);
  EXPECT_EQ(clean.file_system_bytes, 65536ULL * 4096);
  EXPECT_FALSE(classify(super("cove-data", 0, 0), zeros(kTail)).clean);
  EXPECT_FALSE(classify(super("cove-data", 3, 0), zeros(kTail)).clean);
  EXPECT_FALSE(classify(super("cove-data", 1, 4), zeros(kTail)).clean);
  const auto other = classify(super("holiday", 1, 0), zeros(kTail));
  EXPECT_EQ(other.kind, DiskContent::Kind::kForeign);
  EXPECT_NE(other.description.find("'holiday'"), std::string::npos);
  EXPECT_EQ(classify(super("cove-data2", 1, 0), zeros(kTail)).kind, DiskContent::Kind::kForeign);
  std::string damaged = super("cove-data", 1, 0);
  damaged[1024 + 0x18] = 77;
  EXPECT_EQ(classify(damaged, zeros(kTail)).kind, DiskContent::Kind::kForeign);
}

TEST(DiskContent, ForeignDisksAreNamed) {
  const auto describe = [](std::size_t offset, std::string_view magic) {
    const auto content = classify(with(offset, magic), zeros(kTail));
    EXPECT_EQ(content.kind, DiskContent::Kind::kForeign);
    return content.description;
  };
  EXPECT_EQ(describe(0, "XFSB"), "an XFS file system");
  EXPECT_EQ(describe(0x10040, "_BHRfS_M"), "a Btrfs file system");
  EXPECT_EQ(describe(512, "EFI PART"), "a partition table (GPT)");
  EXPECT_EQ(describe(510, "\x55\xaa"), "a partition table or a FAT file system");
  EXPECT_EQ(describe(0, "LUKS\xba\xbe"), "an encrypted (LUKS) volume");
  EXPECT_EQ(describe(100, "anything"), "unknown data");
}

TEST(DiskContent, CutFormattingIsTakenUpAgain) {
  std::string tail = zeros(kTail);
  tail.replace(0, kFormattingMark.size(), kFormattingMark);
  EXPECT_EQ(classify(with(4096, "half a file system"), tail).kind, DiskContent::Kind::kUnfinished);
}

// A disk that is a file, and programs that only look as if.
class MakeReady : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/cove-disk-XXXXXX";
    const int fd = ::mkstemp(name);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::ftruncate(fd, 128 << 20), 0);
    ::close(fd);
    device_ = name;
  }
  void TearDown() override { std::filesystem::remove(device_); }
  void write(std::size_t offset, std::string_view bytes) {
    std::fstream file(device_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::string read(std::size_t offset, std::size_t size) {
    std::ifstream file(device_, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    std::string bytes(size, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(size));
    return bytes;
  }
  Result<DiskContent> make(const std::function<int(const std::vector<std::string>&)>& program) {
    return make_ready(
        device_,
        [&](const std::vector<std::string>& argv, std::chrono::milliseconds) -> Result<Completed> {
          ran_.push_back(argv.front());
          Completed done;
          done.exit_code = program(argv);
          done.standard_output = "words of the program\n";
          return done;
        },
        [](const std::string&) {});
  }
  int format(const std::vector<std::string>&) {
    EXPECT_TRUE(read((128 << 20) - kTail, kTail).starts_with(kFormattingMark));
    write(0, super("cove-data", 1, 0).substr(0, 4096));
    return 0;
  }

  Path device_;
  std::vector<std::string> ran_;
};

TEST_F(MakeReady, BlankDiskIsFormattedUnderAMarkThatGoesAway) {
  const auto content = make([this](const auto& argv) { return format(argv); });
  ASSERT_TRUE(content.has_value()) << content.error().message();
  EXPECT_EQ(ran_, std::vector<std::string>{"/usr/sbin/mkfs.ext4"});
  EXPECT_EQ(read((128 << 20) - kTail, kTail), zeros(kTail));
}

TEST_F(MakeReady, FormattingThatWasCutStartsOver) {
  EXPECT_TRUE(make([this](const auto&) {
                write(4096, "half");
                return 1;
              }).has_error());
  EXPECT_TRUE(make([this](const auto& argv) { return format(argv); }).has_value());
}

TEST_F(MakeReady, ForeignDiskIsNotWrittenTo) {
  write(0, "XFSB and more");
  const std::string before = read(0, 128 << 20);
  const auto content = make([](const auto&) { return 0; });
  ASSERT_TRUE(content.has_error());
  EXPECT_EQ(content.error().cause,
            "the data disk holds an XFS file system, not a Cove file system; it is left untouched");
  EXPECT_TRUE(ran_.empty());
  EXPECT_TRUE(read(0, 128 << 20) == before);
}

TEST_F(MakeReady, CleanDiskIsUsedAsItIsAndAnotherIsChecked) {
  write(0, super("cove-data", 1, 0).substr(0, 4096));
  EXPECT_TRUE(make([](const auto&) { return 0; }).has_value());
  EXPECT_TRUE(ran_.empty());
  write(0, super("cove-data", 1, 4).substr(0, 4096));
  EXPECT_TRUE(make([](const auto&) { return 1; }).has_value());  // 1: errors corrected
  EXPECT_EQ(ran_, std::vector<std::string>{"/usr/sbin/e2fsck"});
  const auto beyond_repair = make([](const auto&) { return 4; });
  ASSERT_TRUE(beyond_repair.has_error());
  EXPECT_NE(beyond_repair.error().cause.find("words of the program"), std::string::npos);
}

TEST_F(MakeReady, TinyDiskIsRefused) {
  std::filesystem::resize_file(device_, 1 << 20);
  EXPECT_EQ(make([](const auto&) { return 0; }).error().code, ErrorCode::kInvalidArgument);
}

TEST(Memory, UsedIsWhatCannotBeHadAtOnce) {
  const Memory memory =
      parse_memory("MemTotal:        1000 kB\nMemFree: 1 kB\nMemAvailable:     900 kB\n");
  EXPECT_EQ(memory.total_bytes, 1000U * 1024);
  EXPECT_EQ(memory.used_bytes, 100U * 1024);
  EXPECT_EQ(parse_memory("garbage").used_bytes, 0U);
}

}  // namespace
}  // namespace cove::init
