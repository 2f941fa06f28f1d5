#include "core/image/digest.h"
#include "core/image/reference.h"
#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

const std::string kHex(64, 'a');

TEST(Digest, HashesPieceByPiece) {
  EXPECT_EQ(Digest::of("").text(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 hash;
  hash.put("a");
  hash.put("");
  hash.put("bc");
  const Digest digest = hash.finish();
  EXPECT_EQ(digest, Digest::of("abc"));
  EXPECT_EQ(digest.short_hex(), "ba7816bf8f01");
  EXPECT_TRUE(Digest().empty());
  EXPECT_EQ(Digest().hex(), "");
}

TEST(Digest, TakesOneFormOnly) {
  EXPECT_EQ(Digest::parse("sha256:" + kHex)->hex(), kHex);
  for (const std::string& bad : std::initializer_list<std::string>{
           std::string(), std::string("sha256:"), "sha256:" + kHex + "a",
           "sha256:" + kHex.substr(1), "sha256:" + std::string(64, 'A'), "sha512:" + kHex + kHex,
           kHex, "sha256:../../../../../../../../../../../../../../../../../../../etc/passw",
           "SHA256:" + kHex}) {
    const auto digest = Digest::parse(bad);
    ASSERT_TRUE(digest.has_error()) << bad;
    EXPECT_EQ(digest.error().code, ErrorCode::kInvalidArgument);
  }
}

struct Name {
  const char* text;
  const char* canonical;
  const char* familiar;
};

TEST(Reference, IsNormalizedAsDockerDoes) {
  for (const Name& name : {
           Name{"nginx", "docker.io/library/nginx", "nginx"},
           Name{"nginx:1.25", "docker.io/library/nginx:1.25", "nginx:1.25"},
           Name{"library/nginx", "docker.io/library/nginx", "nginx"},
           Name{"docker.io/nginx", "docker.io/library/nginx", "nginx"},
           Name{"index.docker.io/nginx", "docker.io/library/nginx", "nginx"},
           Name{"index.docker.io/library/nginx:a", "docker.io/library/nginx:a", "nginx:a"},
           Name{"user/app", "docker.io/user/app", "user/app"},
           Name{"docker.io/user/app:V1.0-b_c", "docker.io/user/app:V1.0-b_c", "user/app:V1.0-b_c"},
           Name{"library/a/b", "docker.io/library/a/b", "library/a/b"},
           Name{"localhost/app", "localhost/app", "localhost/app"},
           Name{"localhost:5000/app:x", "localhost:5000/app:x", "localhost:5000/app:x"},
           Name{"127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c"},
           Name{"[2001:db8::1]:5000/app", "[2001:db8::1]:5000/app", "[2001:db8::1]:5000/app"},
           Name{"[::1]/app", "[::1]/app", "[::1]/app"},
           Name{"Host/app", "Host/app", "Host/app"},
           Name{"example.com/a_b/c__d/e--f/g.h:1", "example.com/a_b/c__d/e--f/g.h:1",
                "example.com/a_b/c__d/e--f/g.h:1"},
           Name{"a.b", "docker.io/library/a.b", "a.b"},
           Name{"app:_tag", "docker.io/library/app:_tag", "app:_tag"},
       }) {
    const auto reference = parse_reference(name.text);
    ASSERT_TRUE(reference.has_value()) << name.text << ": " << reference.error().cause;
    EXPECT_EQ(reference->canonical(), name.canonical) << name.text;
    EXPECT_EQ(reference->familiar(), name.familiar) << name.text;
    EXPECT_EQ(parse_reference(reference->canonical())->canonical(), name.canonical);
    EXPECT_EQ(parse_reference(reference->familiar())->canonical(), name.canonical);
  }
}

TEST(Reference, KeepsTheHostWhereTheShortNameMeansAnother) {
  for (const std::string& text :
       std::vector<std::string>{"docker.io/localhost/web:1", "docker.io/registry.example/web",
                                "docker.io/library/" + kHex}) {
    const auto reference = parse_reference(text);
    ASSERT_TRUE(reference.has_value()) << text;
    EXPECT_EQ(reference->familiar(), text);
    const auto again = parse_reference(reference->familiar());
    ASSERT_TRUE(again.has_value()) << text;
    EXPECT_EQ(*again, *reference) << text;
  }
}

TEST(Reference, HasTagAndDigest) {
  const std::string text = "nginx:1.25@sha256:" + kHex;
  const auto reference = parse_reference(text);
  ASSERT_TRUE(reference.has_value());
  EXPECT_EQ(reference->tag, "1.25");
  EXPECT_EQ(reference->digest.hex(), kHex);
  EXPECT_EQ(reference->familiar(), text);
  EXPECT_EQ(parse_tagged("nginx")->tag, "latest");
  EXPECT_EQ(parse_tagged("nginx@sha256:" + kHex)->tag, "");
}

TEST(Reference, RefusesWithDockersWords) {
  const std::string invalid = "invalid reference format";
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", invalid},
      {":tag", invalid},
      {"a:", invalid},
      {"a:b:c", invalid},
      {"a:-b", invalid},
      {"a:" + std::string(129, 'x'), invalid},
      {"a//b", invalid},
      {"a/", invalid},
      {"/a", invalid},
      {"a..b", invalid},
      {"a___b", invalid},
      {"-a", invalid},
      {"a-", invalid},
      {"a._b", invalid},
      {"a b", invalid},
      {"a\n", invalid},
      {"../a", invalid},
      {"https://example.com/a", invalid},
      {"example.com:port/a", invalid},
      {"-host.com/a", invalid},
      {"[::1/a", invalid},
      {"a@", invalid},
      {"a@sha256", invalid},
      {"a@sha256:abc", "invalid checksum digest length"},
      {"a@md5:" + kHex, "unsupported digest algorithm"},
      {"Nginx", "invalid reference format: repository name (library/Nginx) must be lowercase"},
      {"user/App:1", "invalid reference format: repository name (user/App) must be lowercase"},
      {kHex, "invalid repository name (" + kHex + "), cannot specify 64-byte hexadecimal strings"},
      {std::string(256, 'a'), "repository name must not be more than 255 characters"},
      {std::string(100'000, 'a'), invalid},
  };
  for (const auto& [text, cause] : table) {
    const auto reference = parse_reference(text);
    ASSERT_TRUE(reference.has_error()) << text;
    EXPECT_EQ(reference.error().cause, cause) << text;
    EXPECT_EQ(reference.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace cove::image
