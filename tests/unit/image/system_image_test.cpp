#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/unit/image/image_folder.h"
#include "vm/image/image.h"

namespace cove::vm {
namespace {

using test::ImageFolder;
using ::testing::HasSubstr;
namespace json = boost::json;

class SystemImageTest : public ::testing::Test {
 protected:
  SystemImageTest() {
    folder_.write("vmlinux", "abc");
    folder_.write("initrd.img", "");
    folder_.write("system.erofs", "message digest");
    manifest_ = json::parse(R"({
      "format": 1, "version": "0.1.0",
      "command_line": "console=ttyS0 quiet", "command_line_software": "mitigations=off",
      "files": {
        "vmlinux": {"size": 3, "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        "initrd.img": {"size": 0, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        "system.erofs": {"size": 14, "sha256": "f7846f55cf23e14eebeab5b4e1550cad5b509e3348fbc4efa3a1413d393cb650"}
      },
      "packages": {"crun": "1.8.1"}})")
                    .as_object();
    // printf 'initrd.img e3b0…\nsystem.erofs f784…\nvmlinux ba78…\n' | sha256sum
    manifest_["digest"] = "sha256:94a20d9e1c35f34d0563c2f43ff99b577f6f3196bccfdee7fe6ba6ca7b37f018";
    save();
  }

  void save() { folder_.write("manifest.json", json::serialize(manifest_)); }

  Error open_error() {
    auto image = open_system_image(folder_.path());
    if (image) {
      ADD_FAILURE() << "the image was accepted";
      return {};
    }
    return image.error();
  }

  ImageFolder folder_;
  json::object manifest_;
};

TEST_F(SystemImageTest, OpensAnImage) {
  auto image = open_system_image(folder_.path());
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->kernel, folder_ / "vmlinux");
  EXPECT_EQ(image->initrd, folder_ / "initrd.img");
  EXPECT_EQ(image->root, folder_ / "system.erofs");
  EXPECT_EQ(image->version, "0.1.0");
  EXPECT_THAT(image->digest, ::testing::StartsWith("sha256:"));
  EXPECT_EQ(image->command_line, "console=ttyS0 quiet");
  EXPECT_EQ(image->command_line_software, "mitigations=off");
  auto verified = verify_system_image(*image);
  EXPECT_TRUE(verified) << verified.error().message();
}

TEST_F(SystemImageTest, WithoutManifestThereIsNoImage) {
  std::filesystem::remove(folder_ / "manifest.json");
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_EQ(error.subject, folder_.path().string());
  EXPECT_FALSE(error.remedy.empty());
}

TEST_F(SystemImageTest, NewerFormatIsUnsupported) {
  manifest_["format"] = 2;
  save();
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_EQ(error.remedy, "Update Cove.");
}

TEST_F(SystemImageTest, MissingFileIsNamed) {
  std::filesystem::remove(folder_ / "initrd.img");
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_EQ(error.subject, (folder_ / "initrd.img").string());
  EXPECT_EQ(error.cause, "the file is missing");
}

TEST_F(SystemImageTest, OtherSizeIsNamed) {
  folder_.write("vmlinux", "abcd");
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_EQ(error.cause, "it has 4 bytes and the manifest says 3");
}

TEST_F(SystemImageTest, VerifyFindsBytesOfTheSameSize) {
  auto image = open_system_image(folder_.path());
  ASSERT_TRUE(image);
  folder_.write("system.erofs", "message digesT");
  ASSERT_TRUE(open_system_image(folder_.path()));
  auto verified = verify_system_image(*image);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(verified.error().subject, (folder_ / "system.erofs").string());
}

TEST_F(SystemImageTest, VerifySaysWhenTheImageWasReplaced) {
  auto image = open_system_image(folder_.path());
  ASSERT_TRUE(image);
  image->digest = "sha256:other";
  auto verified = verify_system_image(*image);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::kConflict);
}

TEST_F(SystemImageTest, DigestMustFitTheFiles) {
  manifest_["files"].as_object()["vmlinux"].as_object()["sha256"] = std::string(64, '0');
  save();
  EXPECT_EQ(open_error().cause, "\"digest\" is not that of the files it lists");
}

// Each hostile manifest, and what the error must say.
struct Hostile {
  const char* name;
  std::string text;
  const char* cause;
};

class HostileManifest : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileManifest, IsCorruptAndSaysWhere) {
  ImageFolder folder;
  const Path file = folder.write("manifest.json", GetParam().text);
  auto image = open_system_image(folder.path());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(image.error().subject, file.string());
  EXPECT_THAT(image.error().cause, HasSubstr(GetParam().cause));
}

std::string manifest_with_file(const std::string& name, const std::string& value) {
  return R"({"format":1,"version":"1","digest":"x","command_line":"","command_line_software":"","files":{")" +
         name + "\":" + value + "}}";
}

INSTANTIATE_TEST_SUITE_P(
    All, HostileManifest,
    ::testing::Values(
        Hostile{"Empty", "", "it is not JSON"}, Hostile{"Cut", R"({"format":1,)", "it is not JSON"},
        Hostile{"Binary", std::string("\0\xff\xfe{}", 5), "it is not JSON"},
        Hostile{"Deep", std::string(10000, '['), "it is not JSON"},
        Hostile{"Long", std::string((1 << 20) + 1, ' '), "longer than"},
        Hostile{"Array", "[]", "it is not a JSON object"}, Hostile{"NoFormat", "{}", "\"format\""},
        Hostile{"NegativeFormat", R"({"format":-1})", "\"format\""},
        Hostile{"TextFormat", R"({"format":"1"})", "\"format\""},
        Hostile{"NoVersion", R"({"format":1})", "\"version\" is missing"},
        Hostile{"NumberVersion", R"({"format":1,"version":1})", "\"version\" is not a string"},
        Hostile{"ControlInVersion", R"({"format":1,"version":"1\u001b[2J"})",
                "\"version\" has characters"},
        Hostile{"NoCommandLine", R"({"format":1,"version":"1","digest":"x"})",
                "\"command_line\" is missing"},
        Hostile{"LongCommandLine",
                R"({"format":1,"version":"1","digest":"x","command_line":")" +
                    std::string(1025, 'a') + "\"}",
                "\"command_line\" is longer than 1024"},
        Hostile{
            "FilesList",
            R"({"format":1,"version":"1","digest":"x","command_line":"","command_line_software":"","files":[]})",
            "\"files\" is not an object"},
        Hostile{"PathOut", manifest_with_file("../../etc/passwd", R"({"size":1,"sha256":""})"),
                "not a plain file name"},
        Hostile{"HiddenName", manifest_with_file(".x", R"({"size":1,"sha256":""})"),
                "not a plain file name"},
        Hostile{"FileNumber", manifest_with_file("vmlinux", "3"),
                "\"vmlinux\": it is not an object"},
        Hostile{"NegativeSize", manifest_with_file("vmlinux", R"({"size":-3,"sha256":""})"),
                "\"size\""},
        Hostile{"HugeSize",
                manifest_with_file("vmlinux", R"({"size":18446744073709551615,"sha256":""})"),
                "\"size\""},
        Hostile{"FractionSize", manifest_with_file("vmlinux", R"({"size":1.5,"sha256":""})"),
                "\"size\""},
        Hostile{"ShortSha", manifest_with_file("vmlinux", R"({"size":3,"sha256":"abc"})"),
                "\"sha256\""},
        Hostile{
            "NoKernel",
            manifest_with_file("other", R"({"size":3,"sha256":")" + std::string(64, 'a') + "\"}"),
            "does not list vmlinux"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(DefaultSystemImage, IsBesideTheProgram) {
  const Path program = std::filesystem::read_symlink("/proc/self/exe");
  EXPECT_EQ(default_system_image_directory(),
            program.parent_path().parent_path() / "share/cove/system");
}

}  // namespace
}  // namespace cove::vm
