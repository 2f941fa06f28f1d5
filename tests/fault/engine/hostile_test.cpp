// Images from a registry that mean harm: refused with the reason, soon, and nothing of them stays.
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>

#include "core/image/digest.h"
#include "core/image/tar_writer.h"
#include "tests/fault/engine/fixture.h"

namespace cove::testing {
namespace {

constexpr std::uint64_t kTenMillion = 10'000'000;

std::string packed(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Files without the archive's end: archives are made of these again and again.
std::string entries(std::size_t count, const std::function<std::string(std::size_t)>& name,
                    const std::string& data = "") {
  constexpr std::size_t kEndBytes = 1024;
  std::string bytes;
  image::TarWriter writer([&](std::string_view piece) -> Result<void> {
    bytes += piece;
    return {};
  });
  for (std::size_t i = 0; i < count; ++i) {
    image::TarEntry entry;
    entry.name = name(i);
    writer.file(entry, data).value();
  }
  writer.finish().value();
  bytes.resize(bytes.size() - kEndBytes);
  return bytes;
}

class HostileImageTest : public EngineFaultTest {
 protected:
  std::string url() const { return registry_.url() + "/v2/bomb"; }

  std::string upload(const Path& file, const std::string& digest) {
    const std::string location = test::output_of(
        {"sh", "-c",
         "curl -sS -o /dev/null -D - -X POST '" + url() +
             "/blobs/uploads/' | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p' | tr -d '\\n'"});
    return test::output_of({"curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT",
                            "-H", "Content-Type: application/octet-stream", "--data-binary",
                            "@" + file.string(), location + "&digest=" + digest});
  }
  std::string upload(const std::string& bytes) {
    EXPECT_TRUE(write_file_atomic(folder_.path() / "blob", bytes, 0600));
    return upload(folder_.path() / "blob", image::Digest::of(bytes).text());
  }

  // An image of one layer, `piece` packed as often as said.
  void publish(const std::string& piece, std::uint64_t times) {
    const std::string member = packed(piece);
    const Path layer = folder_.path() / "layer";
    image::Sha256 hash;
    std::ofstream file(layer, std::ios::binary);
    for (std::uint64_t i = 0; i < times; ++i) {
      file << member;
      hash.put(member);
    }
    file.close();
    const std::string digest = hash.finish().text();
    ASSERT_EQ(upload(layer, digest), "201");
    const std::string config =
        R"({"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[")" +
        image::Digest::of("nobody knows").text() + R"("]}})";
    ASSERT_EQ(upload(config), "201");
    const std::string manifest = json::serialize(json::object{
        {"schemaVersion", 2},
        {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
        {"config", json::object{{"mediaType", "application/vnd.oci.image.config.v1+json"},
                                {"digest", image::Digest::of(config).text()},
                                {"size", config.size()}}},
        {"layers",
         json::array{json::object{{"mediaType", "application/vnd.oci.image.layer.v1.tar+gzip"},
                                  {"digest", digest},
                                  {"size", std::filesystem::file_size(layer)}}}}});
    ASSERT_TRUE(write_file_atomic(folder_.path() / "manifest", manifest, 0600));
    ASSERT_EQ(test::output_of({"curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT",
                               "-H", "Content-Type: application/vnd.oci.image.manifest.v1+json",
                               "--data-binary", "@" + (folder_.path() / "manifest").string(),
                               url() + "/manifests/1"}),
              "201");
    std::filesystem::remove(layer);
  }

  std::set<std::string> layers() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(coved_->data() / "engine/layers"))
      names.insert(entry.path().filename().string());
    return names;
  }

  // The reason, and that nothing is left of the image.
  std::string refusal() {
    const std::string name = registry_.domain() + "/bomb:1";
    const auto before = layers();
    const auto pulled = api_->post("/images/create?fromImage=" + name);
    EXPECT_EQ(api_->get("/images/" + name + "/json").status, 404);
    EXPECT_EQ(layers(), before);
    EXPECT_TRUE(test::eventually(
        [&] { return std::filesystem::is_empty(coved_->data() / "engine/layers/tmp"); },
        std::chrono::seconds(300)));
    return pulled.text;
  }
};

TEST_F(HostileImageTest, AThousandTimesItsSizeIsRefused) {
  const auto name = [](std::size_t) { return "zeros"; };
  publish(entries(1, name, std::string(1 << 20, '\0')), 200);
  EXPECT_THAT(refusal(), ::testing::HasSubstr("more than 500 times its size"));
}

// Five gigabytes of headers in twenty megabytes, and never too much for their size. Two million of
// them are unpacked before there are too many: COVE_BOMBS=1.
TEST_F(HostileImageTest, TenMillionEntriesAreRefused) {
  if (std::getenv("COVE_BOMBS") == nullptr) GTEST_SKIP() << "takes minutes: set COVE_BOMBS=1";
  constexpr std::size_t kAtOnce = 1 << 14;
  publish(entries(kAtOnce, [](std::size_t) { return "again"; }), kTenMillion / kAtOnce + 1);
  EXPECT_THAT(refusal(), ::testing::HasSubstr("there are more than 2000000 entries"));
}

}  // namespace
}  // namespace cove::testing
