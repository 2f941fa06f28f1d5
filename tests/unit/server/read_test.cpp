// Gets, lists, watches and what the API says of itself.

#include "core/server/listing.h"
#include "core/server/storage.h"
#include "tests/unit/server/fixture.h"

namespace cove::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReadTest : public ServerTest {
 protected:
  json::value make(const std::string& name, const std::string& label = "", int value = 1) {
    return expect(201, ask("POST", kConfigMaps,
                           config_map(name, std::to_string(value),
                                      label.empty() ? "" : R"(,"labels":{"l":")" + label + "\"}")));
  }
  json::value change(const std::string& name, const std::string& merge) {
    return expect(200, patch(kConfigMaps + "/" + name, "merge-patch+json", merge));
  }
  std::vector<std::string> names(const json::value& list) {
    std::vector<std::string> all;
    for (const json::value& item : list.at("items").as_array())
      all.emplace_back(item.at("metadata").at("name").as_string());
    return all;
  }
  std::vector<std::string> seen(const Reply& watch) {
    std::vector<std::string> all;
    for (const json::value& event : events(watch)) all.push_back(described(event));
    return all;
  }
};

TEST_F(ReadTest, ListsAreInOrderAndOfOneNamespaceOrAll) {
  make("b");
  make("a");
  expect(201, ask("POST", "/api/v1/namespaces/kube-public/configmaps", config_map("z")));
  const json::value list = read(kConfigMaps);
  EXPECT_EQ(list.at("kind").as_string(), "ConfigMapList");
  EXPECT_EQ(list.at("apiVersion").as_string(), "v1");
  EXPECT_EQ(version_of(list), std::to_string(store_->revision()));
  EXPECT_THAT(names(list), ElementsAre("a", "b"));
  EXPECT_THAT(names(read("/api/v1/configmaps")), ElementsAre("a", "b", "z"));
}

TEST_F(ReadTest, AListThatIsAskedForAgainIsOfNow) {
  make("b");
  make("a");
  for (int i = 0; i < 3; ++i) EXPECT_THAT(names(read(kConfigMaps)), ElementsAre("a", "b"));
  change("a", R"({"data":{"key":"changed"}})");
  expect(200, ask("DELETE", kConfigMaps + "/b", ""));
  make("c");
  for (int i = 0; i < 3; ++i) {
    const json::value list = read(kConfigMaps);
    EXPECT_EQ(version_of(list), std::to_string(store_->revision()));
    ASSERT_THAT(names(list), ElementsAre("a", "c"));
    EXPECT_EQ(list.at("items").at(0).at("data").at("key").as_string(), "changed");
  }
}

TEST_F(ReadTest, SelectsByLabelsAndFields) {
  make("a", "x");
  make("b", "y");
  make("c");
  EXPECT_THAT(names(read(kConfigMaps + "?labelSelector=l%3Dx")), ElementsAre("a"));
  EXPECT_THAT(names(read(kConfigMaps + "?labelSelector=l+in+(x,y)")), ElementsAre("a", "b"));
  EXPECT_THAT(names(read(kConfigMaps + "?labelSelector=!l")), ElementsAre("c"));
  EXPECT_THAT(names(read(kConfigMaps + "?fieldSelector=metadata.name%3Db")), ElementsAre("b"));
  EXPECT_THAT(names(read(kConfigMaps + "?fieldSelector=metadata.name!%3Db")),
              ElementsAre("a", "c"));
  expect_refused(get(kConfigMaps + "?labelSelector=a%3D%3D%3Db"), 400, "BadRequest");
  expect_refused(get(kConfigMaps + "?fieldSelector=data.k%3D1"), 400, "BadRequest",
                 "is not a known field selector");
}

TEST_F(ReadTest, PagesAreOfOneMoment) {
  for (const char* const name : {"a", "b", "c", "d", "e"}) make(name);
  const json::value first = read(kConfigMaps + "?limit=2");
  EXPECT_THAT(names(first), ElementsAre("a", "b"));
  EXPECT_EQ(first.at("metadata").at("remainingItemCount").as_int64(), 3);
  const std::string token(first.at("metadata").at("continue").as_string());
  expect(200, ask("DELETE", kConfigMaps + "/c"));
  make("cc");
  const json::value second = read(kConfigMaps + "?limit=2&continue=" + token);
  EXPECT_THAT(names(second), ElementsAre("c", "d"));
  EXPECT_EQ(version_of(second), version_of(first));
  EXPECT_EQ(second.at("metadata").at("remainingItemCount").as_int64(), 1) << "as it was";
  const json::value third = read(kConfigMaps + "?limit=2&continue=" +
                                 std::string(second.at("metadata").at("continue").as_string()));
  EXPECT_THAT(names(third), ElementsAre("e"));
  EXPECT_FALSE(third.at("metadata").as_object().contains("continue"));
  store_->compact(store_->revision());
  expect_refused(get(kConfigMaps + "?limit=2&continue=" + token), 410, "Expired",
                 "The provided continue parameter is too old");
  expect_refused(get(kConfigMaps + "?continue=nonsense"), 400, "BadRequest");
}

TEST_F(ReadTest, ATokenThatMiscountsHarmsNobody) {
  for (const char* const name : {"a", "b", "c", "d"}) make(name);
  const auto page_after_a = [&](std::size_t left) {
    return read(kConfigMaps +
                "?limit=2&continue=" + encode_continue(store_->revision(), "a", left));
  };
  EXPECT_EQ(page_after_a(0).at("metadata").at("remainingItemCount").as_int64(), 1) << "counted";
  EXPECT_EQ(page_after_a(3).at("metadata").at("remainingItemCount").as_int64(), 1);
  for (const std::size_t wrong : {1, 2}) {
    const json::value page = page_after_a(wrong);
    EXPECT_THAT(names(page), ElementsAre("b", "c"));
    EXPECT_FALSE(page.at("metadata").as_object().contains("remainingItemCount"));
    const json::value rest = read(kConfigMaps + "?limit=2&continue=" +
                                  std::string(page.at("metadata").at("continue").as_string()));
    EXPECT_THAT(names(rest), ElementsAre("d"));
  }
}

TEST_F(ReadTest, LooksAtLargeObjectsTakeNoMoreMemoryEachTime) {
  const auto large = std::make_shared<const std::string>(
      json::serialize(json::object{{"data", {{"page", std::string(100'000, 'x')}}}}));
  Storage storage(*store_, 0);
  for (int i = 0; i < 64; ++i) {
    const json::object* const shown = storage.look(large);
    ASSERT_NE(shown, nullptr);
    ASSERT_EQ(api::text_at(*shown, {"data", "page"}).size(), 100'000U);
  }
}

TEST_F(ReadTest, FilteredPagesAreFullAndSayNoCount) {
  for (int i = 0; i < 30; ++i)
    make(std::string("n") + static_cast<char>('a' + i / 10) + static_cast<char>('0' + i % 10),
         i % 10 == 0 ? "x" : "y");
  const json::value page = read(kConfigMaps + "?limit=2&labelSelector=l%3Dx");
  EXPECT_THAT(names(page), ElementsAre("na0", "nb0"));
  EXPECT_FALSE(page.at("metadata").as_object().contains("remainingItemCount"));
  const json::value rest = read(kConfigMaps + "?limit=2&labelSelector=l%3Dx&continue=" +
                                std::string(page.at("metadata").at("continue").as_string()));
  EXPECT_THAT(names(rest), ElementsAre("nc0"));
}

TEST_F(ReadTest, ListsAtAVersion) {
  const std::string before = version_of(make("a"));
  make("b");
  const auto at = [&](const std::string& version, const std::string& match) {
    return kConfigMaps + "?resourceVersion=" + version + "&resourceVersionMatch=" + match;
  };
  EXPECT_THAT(names(read(at(before, "Exact"))), ElementsAre("a"));
  EXPECT_THAT(names(read(at(before, "NotOlderThan"))), ElementsAre("a", "b"));
  EXPECT_THAT(names(read(kConfigMaps + "?resourceVersion=0")), ElementsAre("a", "b"));
  expect_refused(get(at("0", "Exact")), 422, "Invalid");
  expect_refused(get(at("1", "Perhaps")), 422, "Invalid");
  expect_refused(get(kConfigMaps + "?resourceVersion=x"), 422, "Invalid");
  expect_refused(get(at("999999", "NotOlderThan")), 504, "Timeout", "Too large resource version");
  store_->compact(store_->revision());
  expect_refused(get(at(before, "Exact")), 410, "Expired");
}

TEST_F(ReadTest, TablesAndMetadataAlone) {
  make("a");
  const json::value table =
      read(kConfigMaps, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
  EXPECT_EQ(table.at("kind").as_string(), "Table");
  EXPECT_EQ(table.at("columnDefinitions").at(0).at("name").as_string(), "Name");
  EXPECT_EQ(table.at("rows").at(0).at("cells").at(0).as_string(), "a");
  EXPECT_EQ(table.at("rows").at(0).at("object").at("kind").as_string(), "PartialObjectMetadata");
  const json::value partial =
      read(kConfigMaps, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
  EXPECT_EQ(partial.at("kind").as_string(), "PartialObjectMetadataList");
  EXPECT_FALSE(partial.at("items").at(0).as_object().contains("data"));
  expect_refused(get(kConfigMaps, "text/html"), 406, "NotAcceptable");
}

TEST_F(ReadTest, AWatchWithoutAVersionBeginsWithWhatIsThere) {
  make("a");
  const Reply watch = get(kConfigMaps + "?watch=true");
  EXPECT_EQ(watch.content_type, "application/json;stream=watch");
  make("b");
  change("a", R"({"data":{"k":"2"}})");
  expect(200, ask("DELETE", kConfigMaps + "/b"));
  EXPECT_THAT(seen(watch), ElementsAre("ADDED a", "ADDED b", "MODIFIED a", "DELETED b"));
}

TEST_F(ReadTest, AWatchFromAVersionSeesWhatCameSince) {
  const std::string since = version_of(make("a"));
  make("b");
  const Reply watch = get(kConfigMaps + "?watch=true&resourceVersion=" + since);
  make("c");
  EXPECT_THAT(seen(watch), ElementsAre("ADDED b", "ADDED c"));
}

TEST_F(ReadTest, ADeletionCarriesItsOwnVersion) {
  make("a");
  const Reply watch =
      get(kConfigMaps + "?watch=true&resourceVersion=" + std::to_string(store_->revision()));
  expect(200, ask("DELETE", kConfigMaps + "/a"));
  const auto all = events(watch);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(version_of(all[0].at("object")), std::to_string(store_->revision()));
  EXPECT_EQ(all[0].at("object").at("data").at("k").as_string(), "1");
}

TEST_F(ReadTest, SelectorsSeeObjectsComeAndGo) {
  const Reply watch = get(kConfigMaps + "?watch=true&labelSelector=l%3Dx");
  make("a", "y");
  change("a", R"({"metadata":{"labels":{"l":"x"}}})");
  change("a", R"({"data":{"k":"2"}})");
  change("a", R"({"metadata":{"labels":{"l":"y"}}})");
  change("a", R"({"data":{"k":"3"}})");
  expect(200, ask("DELETE", kConfigMaps + "/a"));
  const auto all = events(watch);
  std::vector<std::string> texts;
  for (const auto& event : all) texts.push_back(described(event));
  EXPECT_THAT(texts, ElementsAre("ADDED a", "MODIFIED a", "DELETED a"));
  EXPECT_EQ(all[2].at("object").at("data").at("k").as_string(), "2");
  EXPECT_EQ(all[2].at("object").at("metadata").at("labels").at("l").as_string(), "x");
}

TEST_F(ReadTest, AStreamedListEndsWithABookmark) {
  make("a");
  const Reply watch = get(kConfigMaps +
                          "?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&"
                          "resourceVersionMatch=NotOlderThan");
  const auto all = events(watch);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(described(all[0]), "ADDED a");
  EXPECT_EQ(described(all[1]), "BOOKMARK");
  EXPECT_EQ(all[1]
                .at("object")
                .at("metadata")
                .at("annotations")
                .at("k8s.io/initial-events-end")
                .as_string(),
            "true");
  EXPECT_EQ(version_of(all[1].at("object")), std::to_string(store_->revision()));
  executor_.advance(std::chrono::minutes(1));
  executor_.advance(std::chrono::minutes(1));
  EXPECT_THAT(seen(watch), ElementsAre("BOOKMARK", "BOOKMARK"));
  expect_refused(get(kConfigMaps + "?watch=true&sendInitialEvents=true"), 422, "Invalid");
}

TEST_F(ReadTest, AVersionThatIsGoneIsSaidInTheStream) {
  const std::string old = version_of(make("a"));
  make("b");
  store_->compact(store_->revision());
  const Reply watch = get(kConfigMaps + "?watch=true&resourceVersion=" + old);
  EXPECT_EQ(watch.status, 200);
  const auto all = events(watch);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].at("type").as_string(), "ERROR");
  EXPECT_EQ(all[0].at("object").at("code").as_int64(), 410);
}

TEST_F(ReadTest, AWatchOfOneObjectSeesNoOther) {
  make("a");
  make("ab");
  const Reply watch = get(kConfigMaps + "?watch=true&fieldSelector=metadata.name%3Da");
  change("ab", R"({"data":{"k":"2"}})");
  change("a", R"({"data":{"k":"2"}})");
  EXPECT_THAT(seen(watch), ElementsAre("ADDED a", "MODIFIED a"));
}

TEST_F(ReadTest, WatchersOfOneFormShareTheBytes) {
  std::vector<Reply> watches;
  const std::string since = "?watch=true&resourceVersion=" + std::to_string(store_->revision());
  for (int i = 0; i < 3; ++i) watches.push_back(get(kConfigMaps + since));
  make("a");
  std::set<const std::string*> pieces;
  for (const Reply& watch : watches) {
    bool ran = false;
    executor_.post([&] { ran = true; });
    executor_.run_until([&] { return ran; });
    for (const auto& piece : watch.stream->take().pieces) pieces.insert(piece.get());
  }
  EXPECT_EQ(pieces.size(), 1u);
}

TEST_F(ReadTest, EndingTheWatchesClosesTheirStreams) {
  const Reply watch = get(kConfigMaps + "?watch=true");
  resources_->end_watches();
  EXPECT_TRUE(watch.stream->take().finished);
}

TEST_F(ReadTest, SaysNoAsUpstreamDoes) {
  expect_refused(get("/api/v1/nonsense"), 404, "NotFound",
                 "the server could not find the requested resource");
  expect_refused(get("/apis/nothing.io/v1/things"), 404, "NotFound");
  expect_refused(get(kConfigMaps + "/a"), 404, "NotFound", "configmaps \"a\" not found");
  expect_refused(get(kConfigMaps + "/a/nonsense"), 404, "NotFound");
  expect_refused(ask("PUT", kConfigMaps, "{}"), 405, "MethodNotAllowed");
  expect_refused(get("/api/v1/namespaces/default/nodes"), 404, "NotFound");
  certificate_ = std::make_shared<const http::PeerCertificate>(
      http::PeerCertificate{"alice", {"dev"}, {}, "00"});
  expect_refused(
      get("/api/v1/nodes/alpha"), 403, "Forbidden",
      "nodes \"alpha\" is forbidden: User \"alice\" cannot get resource \"nodes\" in API "
      "group \"\" at the cluster scope");
  certificate_ = nullptr;
  expect_refused(get("/api/v1/nodes"), 403, "Forbidden");
}

TEST_F(ReadTest, Discovers) {
  EXPECT_EQ(read("/api").at("versions").at(0).as_string(), "v1");
  EXPECT_EQ(read("/apis").at("kind").as_string(), "APIGroupList");
  EXPECT_EQ(read("/api/v1/").at("kind").as_string(), "APIResourceList");
  const std::string accept =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
  const Reply reply = get("/api", accept);
  EXPECT_THAT(reply.content_type, HasSubstr("as=APIGroupDiscoveryList"));
  EXPECT_EQ(reply.document().at("apiVersion").as_string(), "apidiscovery.k8s.io/v2");
  const Reply again =
      ask("GET", "/api", "", {{"accept", accept}, {"if-none-match", reply.header("ETag")}});
  EXPECT_EQ(again.status, 304);
  EXPECT_THAT(again.body, IsEmpty());
  EXPECT_THAT(std::string(read("/version").at("gitVersion").as_string()),
              ::testing::StartsWith("v1.36.0+cove."));
}

TEST_F(ReadTest, DescribesItselfInOpenApi) {
  const json::value v2 = read("/openapi/v2");
  EXPECT_TRUE(v2.at("definitions").as_object().contains("io.k8s.api.core.v1.ConfigMap"));
  const json::value index = read("/openapi/v3");
  const std::string url(index.at("paths").at("api/v1").at("serverRelativeURL").as_string());
  EXPECT_THAT(url, HasSubstr("/openapi/v3/api/v1?hash="));
  const json::value core = read(url);
  EXPECT_TRUE(
      core.at("components").at("schemas").as_object().contains("io.k8s.api.core.v1.ConfigMap"));
  expect_refused(get("/openapi/v3/apis/nothing/v1"), 404, "NotFound");
}

TEST_F(ReadTest, HealthNamesItsChecks) {
  EXPECT_EQ(get("/readyz").body, "ok");
  EXPECT_EQ(get("/readyz?verbose").body, "[+]ping ok\n[+]disk ok\nreadyz check passed\n");
  EXPECT_EQ(get("/livez?verbose").body, "[+]ping ok\nlivez check passed\n");
  EXPECT_EQ(get("/readyz/disk").body, "ok");
  EXPECT_EQ(get("/readyz/nothing").status, 404);
  EXPECT_EQ(get("/livez/disk").status, 404);
  healthy_ = false;
  EXPECT_EQ(get("/readyz").status, 500);
  EXPECT_EQ(get("/readyz").body,
            "[+]ping ok\n[-]disk failed: reason withheld\nreadyz check failed\n");
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(get("/readyz?verbose&exclude=disk").body,
            "[+]ping ok\n[+]disk excluded: ok\nreadyz check passed\n");
}

}  // namespace
}  // namespace cove::server
