#include "core/engine/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/engine/fields.h"
#include "tests/unit/engine/exchange/served_api.h"

namespace cove::engine {
namespace {

using namespace std::chrono_literals;
using test::Reply;
using test::ServedApi;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Real stores, and images that are imported.
class ImagesApi : public ::testing::Test {
 protected:
  ImagesApi() {
    content_ = *image::ContentStore::open(folder_.path() / "content");
    layers_ = *image::LayerStore::open(
        {.directory = folder_.path() / "layers", .worker = worker(), .logger = null_logger()});
    images_ = *image::ImageStore::open({.directory = folder_.path() / "images",
                                        .content = *content_,
                                        .layers = *layers_,
                                        .clock = clock_,
                                        .logger = null_logger()});
    registries_ =
        std::make_unique<image::Registries>(image::Registries::Parts{.settings = {},
                                                                     .images = *images_,
                                                                     .content = *content_,
                                                                     .layers = *layers_,
                                                                     .clock = clock_,
                                                                     .logger = null_logger()});
    web_ = *http::Client::create({});
    std::filesystem::create_directories(folder_.path() / "tmp");
    publish_image_events(*images_, events_);
    parts_ = std::make_shared<const ImageParts>(
        ImageParts{.images = *images_,
                   .content = *content_,
                   .layers = *layers_,
                   .registries = *registries_,
                   .web = *web_,
                   .scratch = folder_.path() / "tmp",
                   .worker = worker(),
                   .clock = clock_,
                   .logger = null_logger(),
                   .in_use =
                       [this](const image::Digest& id, bool&) {
                         return id == used_ ? "container 0123 is using its referenced image" : "";
                       },
                   .users =
                       [this] {
                         return std::map<image::Digest, std::size_t>{{used_, 2}};
                       }});
    std::vector<Route> routes = image_routes(parts_);
    for (Route& each : image_transfer_routes(parts_)) routes.push_back(std::move(each));
    api_ = std::make_unique<ServedApi>(std::move(routes));
  }

  static Path worker() {
    const char* const build = std::getenv("COVE_BINARY_DIR");
    return Path(build != nullptr ? build : ".") / "tests/unpack_worker";
  }

  // A tar with one file.
  std::string archive(const std::string& text) {
    const Path root = folder_.path() / "tree";
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root);
    std::ofstream(root / "file") << text;
    std::string tar;
    const auto written = image::write_archive(root, "/", "", false, [&](std::string_view bytes) {
      tar += bytes;
      return Result<void>();
    });
    EXPECT_TRUE(written.has_value()) << written.error().message();
    return tar;
  }

  // The id of an image with the name.
  std::string import(const std::string& text, const std::string& query) {
    auto request = ServedApi::request("POST", "/images/create?fromSrc=-&" + query);
    request.body = archive(text);
    const Reply reply = api_->send(std::move(request));
    EXPECT_EQ(reply.status, 200) << reply.body;
    const auto line = boost::json::parse(reply.body);
    clock_.advance(1min);
    return std::string(line.at("status").as_string());
  }

  std::vector<std::string> names(const std::string& query = {}) {
    const Reply reply = api_->get("/images/json" + query);
    EXPECT_EQ(reply.status, 200) << reply.body;
    std::vector<std::string> all;
    const boost::json::value list = reply.json();
    for (const boost::json::value& each : list.as_array()) {
      std::string tags;
      for (const boost::json::value& tag : each.at("RepoTags").as_array())
        tags += (tags.empty() ? "" : " ") + std::string(tag.as_string());
      all.push_back(tags);
    }
    return all;
  }

  cove::test::TemporaryFolder folder_;
  FakeClock clock_;
  Events events_{clock_};
  std::unique_ptr<image::ContentStore> content_;
  std::unique_ptr<image::LayerStore> layers_;
  std::unique_ptr<image::ImageStore> images_;
  std::unique_ptr<image::Registries> registries_;
  std::unique_ptr<http::Client> web_;
  image::Digest used_;
  ImagePartsPtr parts_;
  std::unique_ptr<ServedApi> api_;
};

TEST_F(ImagesApi, ImportListInspectHistory) {
  const std::string id = import(
      "one", "repo=me/app&tag=1&message=hello&changes=CMD+%5B%22run%22%5D&changes=LABEL+a%3Db");
  EXPECT_THAT(names(), ElementsAre("me/app:1"));
  const boost::json::value listed = api_->get("/images/json").json().at(0);
  EXPECT_EQ(listed.at("Id").as_string(), id);
  EXPECT_EQ(listed.at("Labels").at("a").as_string(), "b");
  EXPECT_EQ(listed.at("Size").to_number<int>(), 3);
  EXPECT_EQ(listed.at("Containers").to_number<int>(), -1);
  EXPECT_FALSE(listed.as_object().contains("VirtualSize"));
  EXPECT_TRUE(api_->get("/v1.40/images/json").json().at(0).as_object().contains("VirtualSize"));

  const boost::json::value one = api_->get("/images/me/app:1/json").json();
  EXPECT_EQ(one.at("Id").as_string(), id);
  EXPECT_EQ(one.at("Comment").as_string(), "hello");
  EXPECT_EQ(one.at("Config").at("Cmd").at(0).as_string(), "run");
  EXPECT_EQ(one.at("RootFS").at("Layers").as_array().size(), 1u);
  EXPECT_EQ(one.at("GraphDriver").at("Name").as_string(), "overlay2");
  EXPECT_FALSE(one.as_object().contains("ContainerConfig"));
  EXPECT_TRUE(
      api_->get("/v1.38/images/me/app:1/json").json().as_object().contains("ContainerConfig"));
  EXPECT_EQ(api_->get("/images/" + id.substr(7, 12) + "/json").json(), one);

  const boost::json::value history = api_->get("/images/me/app:1/history").json();
  ASSERT_EQ(history.as_array().size(), 1u);
  EXPECT_EQ(history.at(0).at("Id").as_string(), id);
  EXPECT_EQ(history.at(0).at("Size").to_number<int>(), 3);
  EXPECT_EQ(history.at(0).at("Comment").as_string(), "hello");
}

TEST_F(ImagesApi, UnknownImagesAreSaidAsDockerSaysThem) {
  for (const char* target : {"/images/nosuch/json", "/images/nosuch/history"})
    EXPECT_EQ(api_->get(target).message(), "No such image: nosuch:latest") << target;
  EXPECT_EQ(api_->get("/images/a/b:2/json").status, 404);
  EXPECT_EQ(api_->get("/images/a/b:2/json").message(), "No such image: a/b:2");
  EXPECT_EQ(api_->post("/images/nosuch/tag?repo=x").status, 404);
  EXPECT_EQ(api_->remove("/images/nosuch").message(), "No such image: nosuch:latest");
  EXPECT_EQ(api_->get("/images/nosuch:1/get").status, 404);
  EXPECT_EQ(api_->get("/images/get").status, 400);
}

TEST_F(ImagesApi, TagAndRemove) {
  const std::string id = import("one", "repo=app");
  EXPECT_EQ(api_->post("/images/app/tag?repo=me/copy&tag=2").status, 201);
  EXPECT_EQ(api_->post("/images/app/tag?repo=UPPER").status, 400);
  EXPECT_THAT(names(), ElementsAre("app:latest me/copy:2"));
  const Reply conflict = api_->remove("/images/" + id.substr(7, 12));
  EXPECT_EQ(conflict.status, 409);
  EXPECT_THAT(conflict.message(), HasSubstr("image is referenced in multiple repositories"));
  EXPECT_EQ(api_->remove("/images/me/copy:2").body, "[{\"Untagged\":\"me/copy:2\"}]\n");
  const boost::json::value removed = api_->remove("/images/app").json();
  EXPECT_EQ(removed.at(0).at("Untagged").as_string(), "app:latest");
  EXPECT_EQ(removed.at(1).at("Deleted").as_string(), id);
  EXPECT_TRUE(names().empty());
}

TEST_F(ImagesApi, WhatAContainerHasStays) {
  const std::string id = import("one", "repo=app");
  used_ = *image::Digest::parse(id);
  const Reply refused = api_->remove("/images/app");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.message(), HasSubstr("container 0123 is using its referenced image"));
  EXPECT_EQ(api_->post("/images/prune?filters=%7B%22dangling%22%3A%5B%22false%22%5D%7D")
                .json()
                .at("ImagesDeleted"),
            boost::json::value(nullptr));
  EXPECT_EQ(image_usage(*parts_, 48).images.at(0).at("Containers").to_number<int>(), 2);
}

TEST_F(ImagesApi, FiltersOfTheList) {
  import("one", "repo=first&changes=LABEL+tier%3Dfront");
  import("two", "repo=me/second");
  import("three", "");
  EXPECT_THAT(names(), ElementsAre("", "me/second:latest", "first:latest"));
  EXPECT_THAT(names("?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D"), ElementsAre(""));
  EXPECT_THAT(names("?filters=%7B%22reference%22%3A%5B%22me%2F*%22%5D%7D"),
              ElementsAre("me/second:latest"));
  EXPECT_THAT(names("?filter=first"), ElementsAre("first:latest"));
  EXPECT_THAT(names("?filters=%7B%22label%22%3A%5B%22tier%3Dfront%22%5D%7D"),
              ElementsAre("first:latest"));
  EXPECT_THAT(names("?filters=%7B%22before%22%3A%5B%22me%2Fsecond%22%5D%7D"),
              ElementsAre("first:latest"));
  EXPECT_THAT(names("?filters=%7B%22since%22%3A%5B%22me%2Fsecond%22%5D%7D"), ElementsAre(""));
  EXPECT_EQ(api_->get("/images/json?filters=%7B%22nosuch%22%3A%5B%22x%22%5D%7D").message(),
            "invalid filter 'nosuch'");
  EXPECT_THAT(api_->get("/v1.42/images/json").body, HasSubstr("<none>:<none>"));
}

TEST_F(ImagesApi, PruneTakesDanglingImagesAndTellsTheSpace) {
  const std::string dangling = import("dangling", "");
  import("kept", "repo=kept");
  const boost::json::value pruned = api_->post("/images/prune").json();
  EXPECT_EQ(pruned.at("ImagesDeleted").at(0).at("Deleted").as_string(), dangling);
  EXPECT_EQ(pruned.at("SpaceReclaimed").to_number<int>(), 8);
  EXPECT_THAT(names(), ElementsAre("kept:latest"));
}

TEST_F(ImagesApi, PruneFreesWhatNoImageHasAndLeavesWhatIsUsed) {
  const std::string used = import("used", "");
  const auto layers = parts_->layers.list();
  ASSERT_EQ(layers.size(), 1U);
  auto user = parts_->images.lease(image::ImageStore::Purpose::kUse);
  user->hold_image(*image::Digest::parse(used));
  // Of an image that went while a pull had its layer.
  auto work = std::optional(parts_->images.lease());
  const std::string gone = import("gone", "repo=gone");
  for (const auto& layer : parts_->layers.list()) (*work)->hold_layer(layer);
  ASSERT_EQ(api_->remove("/images/gone").status, 200);
  work.reset();
  EXPECT_EQ(image_usage(*parts_, 48).layers_bytes, 8U);
  EXPECT_EQ(image_usage(*parts_, 48).images.at(0).at("Containers").to_number<int>(), 1);
  const boost::json::value pruned =
      api_->post("/images/prune?filters=%7B%22dangling%22%3A%5B%22false%22%5D%7D").json();
  EXPECT_EQ(pruned.at("ImagesDeleted"), boost::json::value(nullptr));
  EXPECT_EQ(pruned.at("SpaceReclaimed").to_number<int>(), 4);
  EXPECT_EQ(parts_->layers.list(), layers);
  EXPECT_EQ(image_usage(*parts_, 48).layers_bytes, 4U);
  user.reset();
  const boost::json::value rest = api_->post("/images/prune").json();
  EXPECT_EQ(rest.at("ImagesDeleted").at(0).at("Deleted").as_string(), used);
  EXPECT_EQ(rest.at("SpaceReclaimed").to_number<int>(), 4);
  EXPECT_TRUE(parts_->layers.list().empty());
}

TEST_F(ImagesApi, SaveAndLoad) {
  const std::string id = import("saved", "repo=app&tag=3");
  const Reply saved = api_->get("/images/app:3/get");
  ASSERT_EQ(saved.status, 200);
  EXPECT_EQ(saved.header("content-type"), "application/x-tar");
  ASSERT_EQ(api_->remove("/images/app:3").status, 200);
  auto load = ServedApi::request("POST", "/images/load");
  load.body = saved.body;
  EXPECT_EQ(api_->send(load).body, "{\"stream\":\"Loaded image: app:3\\n\"}\r\n");
  EXPECT_EQ(api_->get("/images/app:3/json").json().at("Id").as_string(), id);
  auto nonsense = ServedApi::request("POST", "/images/load");
  nonsense.body = "no tar";
  EXPECT_GE(api_->send(nonsense).status, 400);
}

TEST_F(ImagesApi, ChangesBecomeEvents) {
  const auto listener = events_.listen();
  const std::string id = import("one", "repo=app");
  api_->post("/images/app/tag?repo=other");
  api_->remove("/images/other");
  std::vector<std::string> seen;
  while (seen.size() < 3) {
    const auto event = listener->next({}, clock_.wall());
    if (!event) break;
    EXPECT_EQ(event->type, "image");
    EXPECT_EQ(event->actor, id);
    seen.push_back(event->action + " " + event->attributes.at("name"));
  }
  EXPECT_THAT(seen, ::testing::IsSupersetOf(
                        {std::string("tag other:latest"), std::string("untag other:latest")}));
}

TEST_F(ImagesApi, WrongTransfersAreRefusedBeforeTheyBegin) {
  EXPECT_EQ(api_->post("/images/create").status, 400);
  EXPECT_EQ(api_->post("/images/create?fromImage=UPPER").status, 400);
  EXPECT_EQ(api_->post("/images/create?fromImage=x&platform=a/b/c/d").status, 400);
  EXPECT_EQ(api_->post("/images/create?fromSrc=-&changes=RUN+x").status, 400);
  EXPECT_EQ(api_->post("/images/create?fromSrc=-&repo=Not+A+Name").status, 400);
  const Reply push = api_->post("/images/nosuch/push?tag=1");
  EXPECT_EQ(push.status, 200);
  EXPECT_THAT(push.body, HasSubstr("The push refers to repository [docker.io/library/nosuch]"));
  EXPECT_THAT(push.body,
              HasSubstr("\"error\":\"An image does not exist locally with the tag: nosuch\""));
}

}  // namespace
}  // namespace cove::engine
