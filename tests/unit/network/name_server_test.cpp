// The server needs a namespace for its clients, which tests/integration/network has; here is what
// needs none.
#include "core/network/name_server.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace cove::network {
namespace {

class Nobody final : public NameSource {
 public:
  std::optional<Answer> answer(const std::string&, const dns::Question&) override {
    return std::nullopt;
  }
  std::vector<std::string> servers(const std::string&) override { return {}; }
};

TEST(NameServer, StartsAndEndsWithoutClients) {
  Nobody nobody;
  const auto server = NameServer::start(nobody, {});
  ASSERT_TRUE(server);
  (*server)->remove_client("unknown");
  EXPECT_FALSE((*server)->has_client("unknown"));
}

TEST(NameServer, AFileIsNoNamespace) {
  const test::TemporaryFolder folder;
  Nobody nobody;
  const auto server = NameServer::start(nobody, {});
  ASSERT_TRUE(server);
  EXPECT_EQ((*server)->add_client("a", folder / "absent").error().code, ErrorCode::kNotFound);
  EXPECT_EQ((*server)->add_client("a", folder.path()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE((*server)->has_client("a"));
}

}  // namespace
}  // namespace cove::network
