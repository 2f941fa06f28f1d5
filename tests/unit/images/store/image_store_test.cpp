#include "core/image/image_store.h"

#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

struct Images : Stores {
  std::unique_ptr<ImageStore> images;
  std::vector<std::string> events;

  Images() { reopen(); }
  Result<void> try_reopen() {
    images.reset();
    COVE_TRY(images,
             ImageStore::open({folder / "images", *content, *layers, clock, null_logger()}));
    images->on_event([this](const ImageEvent& event) {
      events.push_back(event.action + " " + event.name.substr(0, 19));
    });
    return {};
  }
  void reopen() { ASSERT_TRUE(try_reopen().has_value()); }

  std::string config(const std::vector<Digest>& diff_ids, const std::string& author = "") {
    ImageConfig made;
    made.author = author;
    made.diff_ids = diff_ids;
    return to_json(made);
  }
  Digest tree(const std::string& text) { return layer(tar({file("f", text)})); }
  ImagePtr add(const std::vector<Digest>& diff_ids, const std::vector<std::string>& tags,
               const Digest& parent = {}, const std::string& author = "") {
    ImageStore::NewImage added;
    added.config_json = config(diff_ids, author);
    for (const std::string& tag : tags) {
      const Reference name = parse_tagged(tag).value();
      (name.digest.empty() ? added.tags : added.digests).push_back(name);
    }
    added.parent = parent;
    auto image = images->add(std::move(added));
    EXPECT_TRUE(image.has_value()) << cause(image);
    return *image;
  }
  std::vector<std::string> names(const ImagePtr& image) {
    std::vector<std::string> list;
    const ImagePtr now = images->by_id(image->id);
    for (const Reference& tag : now->tags) list.push_back(tag.familiar());
    for (const Reference& digest : now->digests) list.push_back(digest.familiar().substr(0, 10));
    return list;
  }
  Result<RemovedImage> remove(const std::string& name, bool force = false, bool prune = true,
                              const std::string& container = "", bool is_running = false) {
    return images->remove(name, force, prune, [=](const Digest&, bool& running) {
      running = is_running;
      return container.empty() ? container : "container " + container + " is using it";
    });
  }
};

TEST(ImageStore, AnImageThatWasNotSettledGoesWithTheProcess) {
  Images images;
  const auto add = [&](const std::string& author) {
    ImageStore::NewImage added;
    added.config_json = images.config({images.tree("1")}, author);
    added.durable = Durable::kOnceSettled;
    return images.images->add(std::move(added)).value()->id;
  };
  const auto restart = [&] {
    images.content = ContentStore::open(images.folder / "content").value();
    images.reopen();
  };
  const Digest lost = add("lost");
  ASSERT_TRUE(images.images->by_id(lost));
  restart();
  EXPECT_FALSE(images.images->by_id(lost));
  EXPECT_FALSE(images.content->has(lost));

  const Digest settled = add("settled");
  ASSERT_TRUE(images.images->settle().has_value());
  restart();
  EXPECT_TRUE(images.images->by_id(settled));
  // A later change of anything takes them along, and so does looking one up.
  const Digest along = add("along");
  ASSERT_TRUE(images.images->tag(settled, parse_tagged("other").value()).has_value());
  restart();
  EXPECT_TRUE(images.images->by_id(along));
  const Digest found = add("found");
  ASSERT_TRUE(images.images->find(found.text()).has_value());
  restart();
  EXPECT_TRUE(images.images->by_id(found));
}

TEST(ImageStore, FindsByNameIdAndPrefix) {
  Images images;
  const Digest tree = images.tree("1");
  const ImagePtr image = images.add({tree}, {"nginx", "user/app:1"});
  EXPECT_EQ(image->size, 1U);
  for (const std::string& name :
       {std::string("nginx"), std::string("nginx:latest"), std::string("docker.io/library/nginx"),
        std::string("user/app:1"), image->id.text(), std::string(image->id.hex()),
        std::string(image->id.short_hex()),
        "sha256:" + std::string(image->id.hex().substr(0, 5))}) {
    const auto found = images.images->find(name);
    ASSERT_TRUE(found.has_value()) << name;
    EXPECT_EQ((*found)->id, image->id);
  }
  EXPECT_EQ(cause(images.images->find("nginx:2")), "No such image: nginx:2");
  EXPECT_EQ(cause(images.images->find("user/app")), "No such image: user/app:latest");
  EXPECT_EQ(images.images->find("none").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(images.images->find("").has_error());
  EXPECT_TRUE(images.images->find("NOT a name").has_error());
}

TEST(ImageStore, AnAmbiguousPrefixFindsNothing) {
  Images images;
  std::map<char, int> starts;
  char shared = 0;
  for (int i = 0; shared == 0; ++i) {
    const ImagePtr image = images.add({}, {}, {}, std::to_string(i));
    if (++starts[image->id.hex()[0]] == 2) shared = image->id.hex()[0];
  }
  EXPECT_TRUE(images.images->find(std::string(1, shared)).has_error());
}

TEST(ImageStore, LastsAndSaysNoToACorruptFile) {
  Images images;
  const ImagePtr child = images.add({images.tree("1")}, {"a:1", "a@" + Digest::of("m").text()});
  images.add({images.tree("2")}, {}, child->id);
  images.reopen();
  EXPECT_EQ(images.images->list().size(), 2U);
  const ImagePtr again = images.images->by_id(child->id);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->config_json, child->config_json);
  EXPECT_EQ(again->size, 1U);
  EXPECT_EQ(again->tagged_at, child->tagged_at);
  EXPECT_THAT(images.names(again), ElementsAre("a:1", "a@sha256:6"));
  EXPECT_EQ(images.images->children(child->id).size(), 1U);
  const std::string good = read(images.folder / "images" / "images.json");
  for (const std::string& bad : {std::string("{"), good.substr(0, good.size() / 2),
                                 std::string("{\"version\":2,\"images\":[]}"), std::string("[]"),
                                 std::string("{\"version\":1,\"images\":[{\"id\":\"x\"}]}")}) {
    std::ofstream(images.folder / "images" / "images.json") << bad;
    const auto opened = images.try_reopen();
    ASSERT_TRUE(opened.has_error()) << bad;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(opened.error().message(), HasSubstr("images.json"));
  }
}

TEST(ImageStore, AnImageWithoutItsConfigurationIsLeftOut) {
  Images images;
  const ImagePtr lost = images.add({images.tree("1")}, {"lost"});
  images.add({images.tree("2")}, {"kept"});
  ASSERT_TRUE(images.content->remove(lost->id).has_value());
  images.reopen();
  EXPECT_EQ(images.images->list().size(), 1U);
  EXPECT_TRUE(images.images->find("kept").has_value());
}

TEST(ImageStore, ANameMovesToItsNewImage) {
  Images images;
  const ImagePtr old = images.add({images.tree("1")}, {"app:1", "app:old"});
  const ImagePtr fresh = images.add({images.tree("2")}, {"app:1"});
  EXPECT_THAT(images.names(old), ElementsAre("app:old"));
  EXPECT_THAT(images.names(fresh), ElementsAre("app:1"));
  ASSERT_TRUE(images.images->tag(fresh->id, parse_reference("app:old").value()).has_value());
  EXPECT_TRUE(images.names(old).empty());
  EXPECT_THAT(images.names(fresh), ElementsAre("app:1", "app:old"));
  EXPECT_EQ(images.images->tag(Digest::of("?"), parse_tagged("x").value()).error().code,
            ErrorCode::kNotFound);
  EXPECT_TRUE(images.images->tag(fresh->id, parse_tagged("x@" + Digest::of("y").text()).value())
                  .has_error());
  EXPECT_THAT(images.events, ElementsAre("tag app:old"));
}

TEST(ImageStore, AnImageWithoutItsLayersIsNotTaken) {
  Images images;
  ImageStore::NewImage added;
  added.config_json = images.config({Digest::of("not there")});
  EXPECT_EQ(images.images->add(added).error().code, ErrorCode::kNotFound);
  added.config_json = "{";
  EXPECT_EQ(images.images->add(added).error().code, ErrorCode::kInvalidArgument);
}

// --- Removing, in Docker's words ---

TEST(ImageStoreRemove, TheLastNameTakesImageLayersAndBlobsWithIt) {
  Images images;
  const Digest below = images.tree("1");
  const Digest above = images.tree("2");
  const ImagePtr image = images.add({below, above}, {"app", "app:2"});
  auto removed = images.remove("app");
  ASSERT_TRUE(removed.has_value()) << cause(removed);
  EXPECT_THAT(removed->untagged, ElementsAre("app:latest"));
  EXPECT_TRUE(removed->deleted.empty());
  removed = images.remove("app:2");
  ASSERT_TRUE(removed.has_value());
  EXPECT_THAT(removed->untagged, ElementsAre("app:2"));
  const auto chain = chain_ids({below, above});
  EXPECT_EQ(chain[1], Digest::of(below.text() + " " + above.text()));
  EXPECT_THAT(removed->deleted, ElementsAre(image->id, chain[1], chain[0]));
  EXPECT_TRUE(images.layers->list().empty());
  EXPECT_TRUE(images.content->list().empty());
  EXPECT_THAT(images.events, ElementsAre("untag app:latest", "untag app:2",
                                         "delete " + image->id.text().substr(0, 19)));
  EXPECT_EQ(cause(images.remove("app")), "No such image: app:latest");
}

TEST(ImageStoreRemove, SharedLayersStay) {
  Images images;
  const Digest below = images.tree("1");
  const Digest above = images.tree("2");
  images.add({below}, {"base"});
  const ImagePtr top = images.add({below, above}, {"top"});
  const auto removed = images.remove("top");
  ASSERT_TRUE(removed.has_value());
  EXPECT_THAT(removed->deleted, ElementsAre(top->id, chain_ids({below, above})[1]));
  EXPECT_THAT(images.layers->list(), ElementsAre(below));
}

TEST(ImageStoreRemove, DigestsGoWithTheLastTag) {
  Images images;
  images.add({images.tree("1")}, {"app", "app@" + Digest::of("m").text()});
  const auto removed = images.remove("app");
  ASSERT_TRUE(removed.has_value());
  EXPECT_THAT(removed->untagged, ElementsAre("app:latest", "app@" + Digest::of("m").text()));
  EXPECT_EQ(removed->deleted.size(), 2U);
}

TEST(ImageStoreRemove, ByIdNeedsForceForSeveralRepositories) {
  Images images;
  const ImagePtr image = images.add({images.tree("1")}, {"a", "b"});
  const std::string id(image->id.short_hex());
  EXPECT_EQ(cause(images.remove(id)),
            "conflict: unable to delete " + id +
                " (must be forced) - image is referenced in multiple repositories");
  const auto removed = images.remove(id, true);
  ASSERT_TRUE(removed.has_value()) << cause(removed);
  EXPECT_THAT(removed->untagged, ElementsAre("a:latest", "b:latest"));
}

TEST(ImageStoreRemove, ByIdTakesTheOnlyName) {
  Images images;
  const ImagePtr image = images.add({images.tree("1")}, {"a"});
  const auto removed = images.remove(image->id.text());
  ASSERT_TRUE(removed.has_value()) << cause(removed);
  EXPECT_THAT(removed->untagged, ElementsAre("a:latest"));
  EXPECT_EQ(removed->deleted.front(), image->id);
}

TEST(ImageStoreRemove, ContainersStandInTheWay) {
  Images images;
  const ImagePtr image = images.add({images.tree("1")}, {"a"});
  const std::string id(image->id.short_hex());
  const std::string container(64, 'c');
  EXPECT_EQ(cause(images.remove("a", false, true, container)),
            "conflict: unable to remove repository reference \"a\" (must force) - container "
            "cccccccccccc is using its referenced image " +
                id);
  EXPECT_EQ(cause(images.remove(id, false, true, container)),
            "conflict: unable to delete " + id +
                " (must be forced) - image is being used by stopped container cccccccccccc");
  EXPECT_EQ(cause(images.remove(id, true, true, container, true)),
            "conflict: unable to delete " + id +
                " (cannot be forced) - image is being used by running container cccccccccccc");
  EXPECT_EQ(images.remove(id, true, true, container, true).error().code, ErrorCode::kConflict);
  // Forced by name, a running container's image loses its name and stays.
  EXPECT_EQ(cause(images.remove("a", true, true, container, true)), "(no error)");
  EXPECT_TRUE(images.images->by_id(image->id));
  EXPECT_TRUE(images.names(image).empty());
  // A stopped one's goes when forced.
  EXPECT_TRUE(images.remove(id, true, true, container).has_value());
  EXPECT_FALSE(images.images->by_id(image->id));
}

TEST(ImageStoreRemove, ChildrenStandInTheWayAndParentsGoWithThem) {
  Images images;
  const Digest one = images.tree("1");
  const Digest two = images.tree("2");
  const Digest three = images.tree("3");
  const ImagePtr base = images.add({one}, {"base"});
  const ImagePtr middle = images.add({one, two}, {}, base->id);
  const ImagePtr top = images.add({one, two, three}, {"top"}, middle->id);
  EXPECT_EQ(cause(images.remove(std::string(middle->id.hex()), true)),
            "conflict: unable to delete " + std::string(middle->id.short_hex()) +
                " (cannot be forced) - image has dependent child images");
  const auto removed = images.remove("top");
  ASSERT_TRUE(removed.has_value());
  const auto chain = chain_ids({one, two, three});
  EXPECT_THAT(removed->deleted, ElementsAre(top->id, chain[2], middle->id, chain[1]));
  EXPECT_TRUE(images.images->by_id(base->id));
}

TEST(ImageStoreRemove, WithoutPruneParentsStay) {
  Images images;
  const ImagePtr base = images.add({images.tree("1")}, {});
  images.add({images.tree("1"), images.tree("2")}, {"top"}, base->id);
  ASSERT_TRUE(images.remove("top", false, false).has_value());
  EXPECT_TRUE(images.images->by_id(base->id));
}

// --- What is held ---

TEST(ImageStore, CollectsWhatNobodyHolds) {
  Images images;
  const Digest used = images.tree("used");
  images.add({used}, {"a"});
  const Digest loose = images.tree("loose");
  const Digest blob = images.content->put("loose blob").value();
  auto lease = images.images->lease();
  lease->hold_layer(loose);
  lease->hold_blob(blob);
  EXPECT_EQ(images.images->collect(), 0U);
  EXPECT_TRUE(images.layers->has(loose));
  // What has just come may be a lease's that has not said its name yet.
  const Digest young = images.tree("young");
  EXPECT_EQ(images.images->collect(), 0U);
  EXPECT_TRUE(images.layers->has(young));
  lease.reset();
  EXPECT_GE(images.images->collect(), 5U + 5U + 10U);
  EXPECT_FALSE(images.layers->has(loose));
  EXPECT_FALSE(images.layers->has(young));
  EXPECT_FALSE(images.content->has(blob));
  EXPECT_TRUE(images.layers->has(used));
  EXPECT_TRUE(images.images->find("a").has_value());
  images.reopen();
  EXPECT_TRUE(images.images->find("a").has_value());
}

TEST(ImageStore, ALeaseKeepsTheLayersOfARemovedImage) {
  Images images;
  const Digest tree = images.tree("1");
  images.add({tree}, {"a"});
  auto lease = images.images->lease();
  lease->hold_layer(tree);
  ASSERT_TRUE(images.remove("a").has_value());
  EXPECT_TRUE(images.layers->has(tree));
}

TEST(ImageStore, CollectingFreesTheDiskAndBrokenFetches) {
  Images images;
  images.tree("loose");
  {
    // A pull that was broken off.
    auto writer = images.content->writer(Digest::of("all of it"), 9).value();
    ASSERT_TRUE(writer->write("all").has_value());
  }
  const auto left = [&](const char* folder) {
    return !std::filesystem::is_empty(images.folder / folder);
  };
  EXPECT_TRUE(left("content/ingest"));
  const std::size_t blob = tar({file("f", "loose")}).size();
  EXPECT_EQ(images.images->collect(), 5U + blob + 3U);
  EXPECT_FALSE(left("content/ingest"));
  EXPECT_FALSE(left("layers/tmp"));
  EXPECT_TRUE(images.layers->list().empty());
  EXPECT_EQ(images.images->collect(), 0U);
}

TEST(ImageStore, WhatSomebodyUsesMakesNothingYoung) {
  Images images;
  const Digest used = images.tree("used");
  const auto user = images.images->lease(ImageStore::Purpose::kUse);
  user->hold_layer(used);
  user->hold_blob(used);
  const Digest loose = images.tree("loose");
  EXPECT_EQ(images.images->collect(), 5U + tar({file("f", "loose")}).size());
  EXPECT_FALSE(images.layers->has(loose));
  EXPECT_TRUE(images.layers->has(used));
}

TEST(ImageStore, ALayerIsThereAsLongAsSomebodyUsesIt) {
  Images images;
  const Digest shared = images.tree("shared");
  const Digest own = images.tree("own");
  images.add({shared}, {"base"});
  images.add({shared, own}, {"top"});
  auto one = images.images->lease(ImageStore::Purpose::kUse);
  auto two = images.images->lease(ImageStore::Purpose::kUse);
  for (const auto& user : {one.get(), two.get()}) {
    user->hold_layer(shared);
    user->hold_layer(own);
  }
  ASSERT_TRUE(images.remove("top", true).has_value());
  one.reset();
  images.images->collect();
  EXPECT_TRUE(images.layers->has(own));
  // A lease may end because the process does: nothing goes with it.
  two.reset();
  EXPECT_TRUE(images.layers->has(own));
  images.images->collect();
  EXPECT_FALSE(images.layers->has(own));
  EXPECT_TRUE(images.layers->has(shared));
}

TEST(ImageStore, AHeldImageIsNotRemovedByForceEither) {
  Images images;
  const ImagePtr image = images.add({images.tree("1")}, {"a"});
  auto lease = images.images->lease(ImageStore::Purpose::kUse);
  EXPECT_EQ(images.images->holders(image->id), 0U);
  lease->hold_image(image->id);
  EXPECT_EQ(images.images->holders(image->id), 1U);
  const std::string id(image->id.short_hex());
  EXPECT_EQ(cause(images.remove(id, true)), "conflict: unable to delete " + id +
                                                " (cannot be forced) - image is being used by a "
                                                "pod or a build");
  EXPECT_EQ(cause(images.remove("a")),
            "conflict: unable to remove repository reference \"a\" (must force) - a pod or a build "
            "is using its referenced image " +
                id);
  // Its name may be taken; what it is made of stays.
  EXPECT_THAT(images.remove("a", true)->untagged, ElementsAre("a:latest"));
  EXPECT_TRUE(images.images->by_id(image->id));
  lease.reset();
  EXPECT_TRUE(images.remove(id).has_value());
  EXPECT_FALSE(images.images->by_id(image->id));
}

TEST(ImageStoreRemove, SaysTheBytesThatAreFree) {
  Images images;
  const Digest shared = images.tree("shared");
  const Digest held = images.tree("held");
  const Digest own = images.tree("own");
  images.add({shared}, {"other"});
  images.add({shared, held, own}, {"a"});
  const auto lease = images.images->lease();
  lease->hold_layer(held);
  EXPECT_EQ(images.remove("a")->bytes, 3U);
}

TEST(ImageStore, UnpacksAManifestFromTheBlobs) {
  Images images;
  const std::string plain = tar({file("f", "x")});
  const std::string packed = gzip(plain);
  Manifest manifest;
  manifest.layers = {{media::kOciLayerGzip, images.content->put(packed).value(), packed.size()}};
  ImageConfig config;
  config.diff_ids = {Digest::of(plain)};
  ASSERT_TRUE(images.images->unpack(manifest, config).has_value());
  EXPECT_TRUE(images.layers->has(Digest::of(plain)));
  config.diff_ids = {Digest::of("another")};
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(images.images->unpack(manifest, config, stop.get_token()).error().code,
            ErrorCode::kCancelled);
  EXPECT_EQ(images.images->unpack(manifest, config).error().code, ErrorCode::kCorrupt);
  config.diff_ids.clear();
  EXPECT_EQ(images.images->unpack(manifest, config).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace cove::image
