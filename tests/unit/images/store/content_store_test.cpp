#include "core/image/content_store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "tests/unit/images/store/support.h"

namespace cove::image {
namespace {

using namespace test;
using testing::HasSubstr;

struct Content {
  cove::test::TemporaryFolder folder;
  std::unique_ptr<ContentStore> store = ContentStore::open(folder / "c").value();
  void reopen() { store = ContentStore::open(folder / "c").value(); }
  Path blob(const Digest& digest) const {
    return folder / "c" / "blobs" / "sha256" / std::string(digest.hex());
  }
  std::size_t ingests() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "c" / "ingest")) {
      (void)entry;
      ++count;
    }
    return count;
  }
};

TEST(ContentStore, KeepsBlobsByDigest) {
  Content content;
  const Digest digest = content.store->put("hello").value();
  EXPECT_EQ(digest, Digest::of("hello"));
  EXPECT_EQ(content.store->put("hello").value(), digest);
  EXPECT_TRUE(content.store->has(digest));
  EXPECT_EQ(content.store->size(digest).value(), 5U);
  EXPECT_EQ(content.store->read(digest, 100).value(), "hello");
  EXPECT_EQ(content.store->read(digest, 3).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(content.store->list(), std::vector{digest});
  content.reopen();
  EXPECT_TRUE(content.store->has(digest));
  EXPECT_TRUE(content.store->remove(digest).has_value());
  EXPECT_TRUE(content.store->remove(digest).has_value());
  EXPECT_EQ(content.store->open_blob(digest).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(content.store->read(Digest(), 1).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(content.store->has(Digest()));
}

TEST(ContentStore, WhatWasNotSettledIsThereUntilTheEnd) {
  Content content;
  const Digest kept = content.store->put("kept", Durable::kOnceSettled).value();
  EXPECT_FALSE(std::filesystem::exists(content.blob(kept)));
  EXPECT_EQ(content.store->read(kept, 100).value(), "kept");
  EXPECT_EQ(content.store->size(kept).value(), 4U);
  EXPECT_EQ(content.store->put("kept").value(), kept);
  EXPECT_EQ(content.store->writer(kept, 4).value()->offset(), 4U);
  ASSERT_TRUE(content.store->settle().has_value());
  const Digest lost = content.store->put("lost", Durable::kOnceSettled).value();
  EXPECT_THAT(content.store->list(), testing::UnorderedElementsAre(kept, lost));
  content.reopen();
  EXPECT_EQ(content.store->list(), std::vector{kept});
  EXPECT_FALSE(content.store->has(lost));

  const Digest removed = content.store->put("removed", Durable::kOnceSettled).value();
  EXPECT_TRUE(content.store->remove(removed).has_value());
  EXPECT_FALSE(content.store->has(removed));
  EXPECT_TRUE(content.store->settle().has_value());
}

TEST(ContentStore, ABlobThatTheDiskChangedIsNotBelieved) {
  Content content;
  const Digest digest = content.store->put("hello").value();
  ::chmod(content.blob(digest).c_str(), 0600);
  std::ofstream(content.blob(digest)) << "jello";
  EXPECT_EQ(content.store->read(digest, 100).error().code, ErrorCode::kCorrupt);
}

TEST(ContentStore, AFetchGoesOnWhereItWasCut) {
  Content content;
  const std::string bytes(100'000, 'x');
  const Digest digest = Digest::of(bytes);
  {
    const auto writer = content.store->writer(digest, bytes.size()).value();
    EXPECT_EQ(writer->offset(), 0U);
    ASSERT_TRUE(writer->write(bytes.substr(0, 60'000)).has_value());
    EXPECT_FALSE(content.store->has(digest));
  }
  content.reopen();
  const auto writer = content.store->writer(digest, bytes.size()).value();
  EXPECT_EQ(writer->offset(), 60'000U);
  ASSERT_TRUE(writer->write(bytes.substr(60'000)).has_value());
  EXPECT_EQ(writer->commit().value(), digest);
  EXPECT_EQ(content.store->read(digest, 1 << 20).value(), bytes);
  EXPECT_EQ(content.ingests(), 0U);
}

TEST(ContentStore, ADeadWritersBytesAreThereForTheNext) {
  Content content;
  const std::string bytes(100'000, 'y');
  const Digest digest = Digest::of(bytes);
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = ContentStore::open(content.folder / "c");
    auto writer = (*store)->writer(digest, bytes.size());
    (void)(*writer)->write(bytes.substr(0, 30'000));
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  content.reopen();
  EXPECT_FALSE(content.store->has(digest));
  EXPECT_TRUE(content.store->list().empty());
  EXPECT_EQ(content.store->writer(digest, bytes.size()).value()->offset(), 30'000U);
}

TEST(ContentStore, WrongBytesAreThrownAway) {
  Content content;
  const Digest digest = Digest::of("right");
  {
    const auto writer = content.store->writer(digest).value();
    ASSERT_TRUE(writer->write("wrong").has_value());
    const auto committed = writer->commit();
    ASSERT_TRUE(committed.has_error());
    EXPECT_EQ(committed.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(committed.error().message(), HasSubstr(digest.text()));
    EXPECT_THAT(committed.error().message(), HasSubstr(Digest::of("wrong").text()));
    EXPECT_EQ(writer->offset(), 0U);
    ASSERT_TRUE(writer->write("right").has_value());
    EXPECT_EQ(writer->commit().value(), digest);
  }
  EXPECT_TRUE(content.store->has(digest));
}

TEST(ContentStore, MoreThanExpectedIsRefusedWhileItComes) {
  Content content;
  const auto writer = content.store->writer(Digest::of("12345"), 5).value();
  EXPECT_EQ(writer->write("123456").error().code, ErrorCode::kCorrupt);
  ASSERT_TRUE(writer->write("123").has_value());
  ASSERT_TRUE(writer->truncate().has_value());
  EXPECT_EQ(writer->offset(), 0U);
  ASSERT_TRUE(writer->write("12345").has_value());
  EXPECT_TRUE(writer->commit().has_value());
}

TEST(ContentStore, AnIngestThatIsTooLongStartsAgain) {
  Content content;
  const Digest digest = Digest::of("12345");
  write(content.folder / "c" / "ingest" / std::string(digest.hex()), "far too long");
  EXPECT_EQ(content.store->writer(digest, 5).value()->offset(), 0U);
}

TEST(ContentStore, AWriterOfWhatIsThereHasEverything) {
  Content content;
  const Digest digest = content.store->put("hello").value();
  const auto writer = content.store->writer(digest, 5).value();
  EXPECT_EQ(writer->offset(), 5U);
  EXPECT_TRUE(writer->write("x").has_error());
  EXPECT_EQ(writer->commit().value(), digest);
}

TEST(ContentStore, WithoutDigestNothingIsKeptButWhatIsCommitted) {
  Content content;
  {
    const auto writer = content.store->writer({}).value();
    ASSERT_TRUE(writer->write("dropped").has_value());
    EXPECT_EQ(content.ingests(), 1U);
  }
  EXPECT_EQ(content.ingests(), 0U);
  {
    const auto writer = content.store->writer({}).value();
    ASSERT_TRUE(writer->write("kept").has_value());
    EXPECT_EQ(writer->commit().value(), Digest::of("kept"));
  }
  write(content.folder / "c" / "ingest" / "new-1234", "of a crash");
  content.reopen();
  EXPECT_EQ(content.ingests(), 0U);
}

TEST(ContentStore, WritersOfOneDigestTakeTurns) {
  Content content;
  const Digest digest = Digest::of("hello");
  auto first = content.store->writer(digest).value();
  std::atomic<bool> second_has_it = false;
  std::thread other([&] {
    const auto second = content.store->writer(digest).value();
    second_has_it = true;
    EXPECT_EQ(second->offset(), 5U);
  });
  ASSERT_TRUE(first->write("hello").has_value());
  EXPECT_FALSE(second_has_it);
  ASSERT_TRUE(first->commit().has_value());
  first.reset();
  other.join();
  EXPECT_TRUE(second_has_it);
}

TEST(ContentStore, ForgettingSparesWhatIsBeingWritten) {
  Content content;
  write(content.folder / "c" / "ingest" / std::string(64, 'a'), "old");
  const auto writer = content.store->writer(Digest::of("hello")).value();
  ASSERT_TRUE(writer->write("hello").has_value());
  content.store->forget_ingests();
  EXPECT_EQ(content.ingests(), 1U);
  EXPECT_TRUE(writer->commit().has_value());
}

}  // namespace
}  // namespace cove::image
