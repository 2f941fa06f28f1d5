// What every transport promises to those above it: over TLS to a coved, and inside of one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/node/control_plane.h"
#include "app/node/in_process_transport.h"
#include "core/client/event_recorder.h"
#include "core/client/https_transport.h"
#include "core/client/work_queue.h"
#include "core/pki/pki.h"
#include "tests/integration/client/waiting.h"
#include "tests/integration/coved/harness.h"

namespace cove::testing {
namespace {

using namespace std::chrono_literals;
using namespace client;
namespace json = boost::json;

// A server and a transport to it.
class World {
 public:
  virtual ~World() = default;
  virtual Transport& transport() = 0;
};

class HttpsWorld final : public World {
 public:
  explicit HttpsWorld(Executor& executor) : coved_(directory_.path()) {
    if (!coved_.start()) throw std::runtime_error("coved does not start: " + coved_.log());
    const TlsIdentity admin = coved_.admin();
    ClientConfig config{.host = "127.0.0.1", .port = coved_.port()};
    config.ca_certificate_pem = admin.ca_certificate_pem;
    config.certificate_pem = admin.certificate_pem;
    config.key_pem = admin.key_pem;
    source_ = make_credential_source(config, *spawner_, clock_);
    transport_ = std::move(*HttpsTransport::create(executor, config, source_));
  }
  Transport& transport() override { return *transport_; }

 private:
  TempDir directory_;
  Coved coved_;
  SystemClock clock_;
  std::unique_ptr<Spawner> spawner_ = make_spawner();
  std::shared_ptr<CredentialSource> source_;
  std::unique_ptr<HttpsTransport> transport_;
};

class InProcessWorld final : public World {
 public:
  explicit InProcessWorld(Executor& executor) {
    server::NodeFacts node;
    node.name = "node";
    node.internal_ip = "127.0.0.1";
    node.host_name = "node";
    const pki::KeyPair authority = *pki::create_authority("ca", 24h, clock_);
    plane_ = std::move(
        *node::ControlPlane::start({.store_path = directory_.path() / "store",
                                    .pki_dir = directory_.path(),
                                    .ca_certificate_pem = authority.certificate_pem,
                                    .service_range = *server::Ipv4Range::parse("10.96.0.0/16"),
                                    .node = node,
                                    .clock = clock_,
                                    .logger = null_logger()}));
    transport_ = std::make_unique<node::InProcessTransport>(
        plane_->handler(), executor, node::ClientUser{"kubernetes-admin", {"system:masters"}});
  }
  Transport& transport() override { return *transport_; }

 private:
  TempDir directory_;
  SystemClock clock_;
  std::unique_ptr<node::ControlPlane> plane_;
  std::unique_ptr<node::InProcessTransport> transport_;
};

class Contract : public ::testing::TestWithParam<std::string> {
 protected:
  Contract() {
    loop_.start();
    if (GetParam() == "https") {
      world_ = std::make_unique<HttpsWorld>(loop_);
    } else {
      world_ = std::make_unique<InProcessWorld>(loop_);
    }
  }
  ~Contract() override {
    // What is on the loop refers to the transport.
    std::promise<void> drained;
    loop_.post([&] { drained.set_value(); });
    drained.get_future().wait();
    world_.reset();
    loop_.stop();
  }

  Transport& transport() { return world_->transport(); }
  ResourceClient maps(const std::string& in = "default") {
    return {transport(), {"", "v1", "configmaps"}, in};
  }
  static json::object map_of(const std::string& name, const std::string& value = "1") {
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata", {{"name", name}, {"labels", {{"test", "yes"}}}}},
            {"data", {{"value", value}}}};
  }
  ApiResult<api::ObjectPtr> create(const json::object& object) {
    return await<api::ObjectPtr>(
        [&](auto done) { return maps().create(object, {.field_manager = "test"}, done); });
  }
  ApiResult<api::ObjectPtr> get(const std::string& name) {
    return await<api::ObjectPtr>([&](auto done) { return maps().get(name, done); });
  }

  EventLoop loop_;
  SystemClock clock_;
  std::unique_ptr<World> world_;
};

TEST_P(Contract, AnObjectsLife) {
  const auto made = create(map_of("a"));
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_FALSE((*made)->uid().empty());
  EXPECT_TRUE(create(map_of("a")).error().is_already_exists());

  json::object changed = (*made)->document();
  api::set_at(changed, {"data", "value"}, "2");
  const auto updated =
      await<api::ObjectPtr>([&](auto done) { return maps().update(changed, {}, done); });
  ASSERT_TRUE(updated.has_value()) << updated.error().message;
  // The same once more is of an old version.
  api::set_at(changed, {"data", "value"}, "3");
  const auto stale =
      await<api::ObjectPtr>([&](auto done) { return maps().update(changed, {}, done); });
  EXPECT_TRUE(stale.error().is_conflict());
  const auto retried = await<api::ObjectPtr>([&](auto done) {
    return maps().update_with_retry(
        "a",
        [](json::object& object) {
          api::set_at(object, {"data", "value"}, "4");
          return true;
        },
        {}, done);
  });
  ASSERT_TRUE(retried.has_value()) << retried.error().message;
  EXPECT_EQ(api::text_at((*get("a"))->document(), {"data", "value"}), "4");

  ASSERT_TRUE(await<void>([&](auto done) { return maps().remove("a", {}, done); }).has_value());
  EXPECT_TRUE(get("a").error().is_not_found());
  EXPECT_TRUE(
      await<void>([&](auto done) { return maps().remove("a", {}, done); }).error().is_not_found());
}

TEST_P(Contract, PatchesOfEveryKind) {
  ASSERT_TRUE(create(map_of("a")).has_value());
  struct Case {
    PatchType type;
    json::value patch;
    std::string value;
  };
  for (const Case& each :
       {Case{PatchType::kJson,
             json::array{{{"op", "replace"}, {"path", "/data/value"}, {"value", "json"}}}, "json"},
        Case{PatchType::kMerge, {{"data", {{"value", "merge"}}}}, "merge"},
        Case{PatchType::kStrategicMerge, {{"data", {{"value", "smart"}}}}, "smart"},
        Case{PatchType::kApply, map_of("a", "applied"), "applied"}}) {
    const auto patched = await<api::ObjectPtr>([&](auto done) {
      return maps().patch("a", each.type, each.patch,
                          {.field_manager = "test", .force = each.type == PatchType::kApply}, done);
    });
    ASSERT_TRUE(patched.has_value()) << patched.error().message;
    EXPECT_EQ(api::text_at((*patched)->document(), {"data", "value"}), each.value);
  }
}

TEST_P(Contract, WhatIsRefusedSaysWhy) {
  json::object wrong = map_of("Not A Name");
  const auto refused = create(wrong);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, 422);
  EXPECT_EQ(refused.error().reason, "Invalid");
  EXPECT_TRUE(refused.error().has_cause("FieldValueInvalid"));
  const ResourceClient none(transport(), {"none.example.org", "v1", "things"});
  const auto list =
      await<std::shared_ptr<const ObjectList>>([&](auto done) { return none.list({}, done); });
  EXPECT_TRUE(list.error().is_not_found());
}

TEST_P(Contract, ListsSelectAndComeInPages) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(create(map_of(name)).has_value());
  std::string token;
  std::vector<std::string> names;
  for (int pages = 0; pages < 5; ++pages) {
    const auto page = await<std::shared_ptr<const ObjectList>>([&](auto done) {
      return maps().list({.label_selector = "test=yes", .limit = 2, .continue_token = token}, done);
    });
    ASSERT_TRUE(page.has_value()) << page.error().message;
    for (const auto& item : (*page)->items) names.emplace_back(item->name());
    token = (*page)->continue_token;
    if (token.empty()) break;
  }
  EXPECT_THAT(names, ::testing::ElementsAre("a", "b", "c"));
  const auto removed = await<void>([&](auto done) {
    return maps().remove_collection({}, {.label_selector = "test=yes"}, done);
  });
  ASSERT_TRUE(removed.has_value()) << removed.error().message;
  const auto left = await<std::shared_ptr<const ObjectList>>(
      [&](auto done) { return maps().list({.label_selector = "test=yes"}, done); });
  EXPECT_TRUE((*left)->items.empty());
}

TEST_P(Contract, InformersFollow) {
  for (const bool watch_list : {true, false}) {
    ASSERT_TRUE(create(map_of("before")).has_value());
    Mirror mirror;
    const auto informer =
        Informer::create(transport(), {{"", "v1", "configmaps"}, "default", "test=yes"},
                         system_random, null_logger(), {.watch_list = watch_list, .page = 2});
    const Registration registration = informer->add_handler(mirror.handler());
    informer->start();
    ASSERT_TRUE(mirror.wait([](const auto& state) { return state.size() == 1; }));
    const auto made = create(map_of("after"));
    ASSERT_TRUE(mirror.wait([](const auto& state) { return state.size() == 2; }));
    EXPECT_EQ(mirror.state()["default/after"], (*made)->resource_version());
    EXPECT_TRUE(informer->has_synced());
    EXPECT_EQ(informer->objects().by_index(kByNamespace, "default").size(), 2u);
    json::object changed = (*made)->document();
    api::set_at(changed, {"data", "value"}, "2");
    const auto updated =
        await<api::ObjectPtr>([&](auto done) { return maps().update(changed, {}, done); });
    ASSERT_TRUE(mirror.wait([&](const auto& state) {
      return state.at("default/after") == (*updated)->resource_version();
    }));
    for (const char* name : {"before", "after"})
      ASSERT_TRUE(await<void>([&](auto done) { return maps().remove(name, {}, done); }));
    EXPECT_TRUE(mirror.wait([](const auto& state) { return state.empty(); }));
    EXPECT_FALSE(informer->problem());
  }
}

TEST_P(Contract, AWatchIsCancelledForGood) {
  std::promise<void> opened;
  std::atomic<int> events = 0;
  WatchCallbacks callbacks;
  callbacks.opened = [&] { opened.set_value(); };
  callbacks.events = [&](const auto&) { ++events; };
  callbacks.closed = [](const auto&) { ADD_FAILURE() << "closed after cancel"; };
  Operation watch = maps().watch({}, std::move(callbacks));
  ASSERT_EQ(opened.get_future().wait_for(20s), std::future_status::ready);
  std::promise<int> seen;
  loop_.post([&] {
    watch.cancel();
    seen.set_value(events);
  });
  const int before = seen.get_future().get();
  ASSERT_TRUE(create(map_of("a")).has_value());
  EXPECT_EQ(events, before);
}

// A controller that keeps a copy of each map, which is most of what controllers do.
TEST_P(Contract, AControllerReconciles) {
  const auto informer = Informer::create(
      transport(), {{"", "v1", "configmaps"}, "default", "test=yes"}, system_random, null_logger());
  EventRecorder events(transport(), clock_, system_random, null_logger(), {"copier"});
  const ResourceClient client = maps();
  std::set<std::string> fail_once{"default/b"};
  Controller controller(
      loop_, clock_, system_random, null_logger(), {.name = "copier", .workers = 2},
      [&](const std::string& key, const Controller::Done& done) {
        if (fail_once.erase(key) > 0)
          return done(no_answer(ErrorCode::kUnavailable, "the first time fails"));
        const api::ObjectPtr original = informer->objects().get(key);
        if (!original) return done(Reconciled());
        json::object copy = map_of("copy-of-" + std::string(original->name()));
        api::erase_at(copy, {"metadata", "labels"});
        client
            .create(copy, {},
                    [&events, original, done](const ApiResult<api::ObjectPtr>& made) {
                      if (!made && !made.error().is_already_exists()) return done(made.error());
                      events.event(*original, "Normal", "Copied", "A copy was made.");
                      done(Reconciled());
                    })
            .release();
      });
  Handler handler;
  handler.added = [&](const api::ObjectPtr& object, bool) {
    controller.queue().add(key_of(*object));
  };
  const Registration registration = informer->add_handler(std::move(handler));
  controller.start();
  informer->start();
  Mirror copies;
  const auto everything = Informer::create(transport(), {{"", "v1", "configmaps"}, "default"},
                                           system_random, null_logger());
  const Registration second = everything->add_handler(copies.handler());
  everything->start();
  Mirror told;
  const auto recorded = Informer::create(transport(), {{"", "v1", "events"}, "default"},
                                         system_random, null_logger());
  const Registration third = recorded->add_handler(told.handler());
  recorded->start();
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(create(map_of(name)).has_value());
  EXPECT_TRUE(copies.wait([](const auto& state) {
    return state.contains("default/copy-of-a") && state.contains("default/copy-of-b") &&
           state.contains("default/copy-of-c");
  }));
  EXPECT_TRUE(told.wait([](const auto& state) { return state.size() == 3; }));
  std::promise<void> stopped;
  controller.stop([&] { stopped.set_value(); });
  EXPECT_EQ(stopped.get_future().wait_for(20s), std::future_status::ready);
}

INSTANTIATE_TEST_SUITE_P(Transports, Contract, ::testing::Values("https", "in_process"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace cove::testing
