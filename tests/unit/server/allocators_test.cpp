#include "core/server/allocators.h"

#include <set>

#include "tests/unit/server/fixture.h"

namespace cove::server {
namespace {

TEST(Ipv4RangeTest, ReadsNetworks) {
  const auto range = Ipv4Range::parse("10.96.0.0/12");
  ASSERT_TRUE(range);
  EXPECT_EQ(format_ipv4(range->first()), "10.96.0.1");
  EXPECT_EQ(format_ipv4(range->last()), "10.111.255.254");
  EXPECT_EQ(range->text(), "10.96.0.0/12");
  EXPECT_TRUE(range->contains(*parse_ipv4("10.100.1.2")));
  EXPECT_FALSE(range->contains(*parse_ipv4("10.112.0.0")));
  EXPECT_FALSE(range->contains(*parse_ipv4("10.96.0.0")));
  for (const char* const bad : {"", "10.96.0.0", "10.96.0.1/12", "10.96.0.0/8", "10.96.0.0/31",
                                "10.96.0.0/12x", "10.96.0/12", "fd00::/12", "10.96.0.0/ 12"})
    EXPECT_FALSE(Ipv4Range::parse(bad)) << bad;
}

// A plugin that gives addresses of a tiny network, over a real store.
class AllocatorTest : public ::testing::Test {
 protected:
  AllocatorTest() {
    store_ = *store::Store::open({.path = folder_.path() / "store.db",
                                  .post = [this](auto task) { executor_.post(std::move(task)); },
                                  .clock = clock_});
    storage_ = std::make_unique<Storage>(*store_);
    plugin_ = make();
  }
  ~AllocatorTest() override {
    plugin_.reset();
    storage_.reset();
    store_.reset();
  }

  std::unique_ptr<AdmissionPlugin> make() {
    return service_allocator(*storage_, {*Ipv4Range::parse("10.0.0.0/29"), 30000, 30002},
                             [this](std::uint32_t bound) { return draw_++ % bound; });
  }
  // What admission makes of it, and (unless refused) writes; "" or why not.
  std::string put(const std::string& name, const std::string& spec, bool commit = true) {
    json::object next = json::parse(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":")" +
                                    name + R"(","namespace":"a"},"spec":)" + spec + "}")
                            .as_object();
    const std::string key = "core/services/a/" + name;
    const api::ObjectPtr old = storage_->newest(key);
    std::vector<std::string> warnings;
    std::vector<SideWrite> also;
    const User user{.name = "u"};
    AdmissionRequest request{.operation = old ? Operation::kUpdate : Operation::kCreate,
                             .kind = *registry_->resource("", "v1", "services"),
                             .subresource = "",
                             .namespace_name = "a",
                             .name = name,
                             .user = user,
                             .object = &next,
                             .old = old ? &old->document() : nullptr,
                             .dry_run = false,
                             .now = WallTime(),
                             .warnings = warnings,
                             .also = also};
    struct NoState final : ClusterState {
      api::ObjectPtr object(std::string_view, std::string_view, std::string_view,
                            std::string_view) const override {
        return nullptr;
      }
      std::vector<api::ObjectPtr> objects(std::string_view, std::string_view,
                                          std::string_view) const override {
        return {};
      }
    } state;
    if (auto admitted = plugin_->mutate(request, state); !admitted) return admitted.error().message;
    last_ = next;
    storage_->write(key, std::move(next), std::nullopt, [this](const auto&) { ++written_; });
    ++submitted_;
    if (commit) settle();
    return "";
  }
  void settle() {
    executor_.run_until([this] { return written_ == submitted_; });
  }
  void remove(const std::string& name) {
    const std::string key = "core/services/a/" + name;
    const api::ObjectPtr object = storage_->newest(key);
    ++submitted_;
    storage_->remove(key, object, revision_of(*object), [this](const auto&) { ++written_; });
    settle();
  }
  std::string address() const { return std::string(api::text_at(last_, {"spec", "clusterIP"})); }
  std::int64_t port() const {
    return api::integer_at(last_.at("spec").at("ports").at(0).as_object(), {"nodePort"})
        .value_or(0);
  }

  test::TemporaryFolder folder_;
  FakeClock clock_;
  TestExecutor executor_;
  api::BuiltinSchemas schemas_;
  std::shared_ptr<const api::Registry> registry_ = api::Registry::builtin(schemas_);
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<AdmissionPlugin> plugin_;
  std::uint32_t draw_ = 0;
  int submitted_ = 0;
  int written_ = 0;
  json::object last_;
};

const char* const kPlain = R"({"type":"ClusterIP","ports":[{"port":80,"protocol":"TCP"}]})";
const char* const kNode = R"({"type":"NodePort","ports":[{"port":80,"protocol":"TCP"}]})";

TEST_F(AllocatorTest, EveryServiceHasAnAddressOfItsOwnUntilThereAreNone) {
  std::set<std::string> seen;
  for (const char* const name : {"a", "b", "c", "d", "e"}) {
    // Not committed yet, and taken all the same.
    ASSERT_EQ(put(name, kPlain, false), "");
    EXPECT_TRUE(seen.insert(address()).second) << address();
    EXPECT_NE(address(), "10.0.0.1");
  }
  EXPECT_THAT(put("f", kPlain), ::testing::HasSubstr("range is full"));
  settle();
  remove("c");
  EXPECT_EQ(put("f", kPlain), "");
  plugin_ = make();  // as after a restart
  EXPECT_THAT(put("g", kPlain), ::testing::HasSubstr("range is full"));
}

TEST_F(AllocatorTest, AsksForWhatIsFree) {
  EXPECT_EQ(put("a", R"({"clusterIP":"10.0.0.3","ports":[]})"), "");
  EXPECT_EQ(last_.at("spec").at("clusterIPs").at(0), "10.0.0.3");
  EXPECT_EQ(last_.at("spec").at("ipFamilies").at(0), "IPv4");
  EXPECT_EQ(put("b", R"({"clusterIP":"10.0.0.3"})"),
            "Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.0.0.3\"]: failed to "
            "allocate IP 10.0.0.3: provided IP is already allocated");
  EXPECT_THAT(
      put("b", R"({"clusterIP":"10.0.1.3"})"),
      ::testing::HasSubstr("the provided IP (10.0.1.3) is not in the valid range. The range "
                           "of valid IPs is 10.0.0.0/29"));
  EXPECT_THAT(put("b", R"({"ipFamilies":["IPv6"]})"),
              ::testing::HasSubstr("not configured on this cluster"));
  EXPECT_EQ(put("b", R"({"clusterIP":"None"})"), "");
  EXPECT_EQ(put("a", R"({"clusterIP":"10.0.0.3","ports":[]})"), "");  // its own
}

TEST_F(AllocatorTest, GivesAndTakesNodePorts) {
  EXPECT_EQ(put("a", kNode), "");
  const std::int64_t first = port();
  EXPECT_GE(first, 30000);
  const std::string asked =
      R"({"type":"NodePort","ports":[{"port":80,"protocol":"TCP","nodePort":)";
  EXPECT_THAT(put("b", asked + std::to_string(first) + "}]}"),
              ::testing::HasSubstr("provided port is already allocated"));
  EXPECT_THAT(put("b", asked + "80}]}"),
              ::testing::HasSubstr("The range of valid ports is 30000-30002"));
  // What an update leaves out stays; another type gives it back.
  EXPECT_EQ(put("a", kNode), "");
  EXPECT_EQ(port(), first);
  EXPECT_EQ(put("a", kPlain), "");
  EXPECT_EQ(port(), 0);
  EXPECT_EQ(put("b", asked + std::to_string(first) + "}]}"), "");
  remove("b");
  EXPECT_EQ(put("c", asked + std::to_string(first) + "}]}"), "");
}

TEST_F(AllocatorTest, OnePortForTcpAndUdp) {
  EXPECT_EQ(put("dns", R"({"type":"NodePort","ports":[{"name":"t","port":53,"protocol":"TCP"},
      {"name":"u","port":53,"protocol":"UDP"}]})"),
            "");
  EXPECT_EQ(last_.at("spec").at("ports").at(0).at("nodePort"),
            last_.at("spec").at("ports").at(1).at("nodePort"));
}

TEST_F(AllocatorTest, HealthChecksOfLocalBalancersHaveAPort) {
  const std::string local =
      R"({"type":"LoadBalancer","externalTrafficPolicy":"Local","ports":[{"port":1,"protocol":"TCP"}]})";
  EXPECT_EQ(put("lb", local), "");
  EXPECT_GE(api::integer_at(last_, {"spec", "healthCheckNodePort"}).value_or(0), 30000);
  EXPECT_EQ(put("lb", kPlain), "");
  EXPECT_FALSE(api::integer_at(last_, {"spec", "healthCheckNodePort"}));
}

TEST_F(AllocatorTest, ExternalNamesHaveNoAddress) {
  EXPECT_EQ(put("a", kPlain), "");
  const std::string had = address();
  EXPECT_EQ(put("a", R"({"type":"ExternalName","externalName":"x.example","clusterIP":")" + had +
                         R"(","clusterIPs":[")" + had + R"("]})"),
            "");
  EXPECT_EQ(address(), "");
  EXPECT_EQ(put("b", R"({"clusterIP":")" + had + "\"}"), "");
}

}  // namespace
}  // namespace cove::server
