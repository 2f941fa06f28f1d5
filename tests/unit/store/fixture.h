// A store in a folder of its own, with a clock that stands still.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "tests/unit/store/loop.h"

namespace cove::store::test {

class StoreTest : public ::testing::Test {
 protected:
  explicit StoreTest(const Path& parent = std::filesystem::temp_directory_path())
      : folder(parent) {}

  Options options() {
    Options options{.path = path(), .post = loop.poster(), .clock = clock};
    options.limits = limits;
    options.hooks = hooks;
    return options;
  }
  Path path() const { return folder.path() / "store"; }
  void open() {
    auto opened = Store::open(options());
    ASSERT_TRUE(opened) << opened.error().message();
    store = std::move(*opened);
  }
  void reopen() {
    store.reset();
    open();
  }
  Result<Written> answer(Write what) { return write(*store, loop, std::move(what)); }
  // The revision of a write that must work.
  Revision must(Write what) {
    auto result = answer(std::move(what));
    if (!result) {
      ADD_FAILURE() << result.error().message();
      return 0;
    }
    return result->revision;
  }
  ErrorCode code(Write what) {
    auto result = answer(std::move(what));
    if (!result) return result.error().code;
    ADD_FAILURE() << "the write worked";
    return ErrorCode::kInternal;
  }
  std::string value(std::string_view key) {
    const auto item = store->get(key);
    return item ? *item->value : "(absent)";
  }
  // "key=value@revision" of a listing.
  std::vector<std::string> listed(const ListRequest& request) {
    auto listing = store->list(request);
    if (!listing) return {"error: " + listing.error().cause};
    std::vector<std::string> lines;
    for (const Item& item : listing->items) {
      lines.push_back(*item.key + "=" + *item.value + "@" + std::to_string(item.revision));
    }
    return lines;
  }

  cove::test::TemporaryFolder folder;
  FakeClock clock;
  Limits limits;
  IoHooks* hooks = nullptr;
  Loop loop;
  std::unique_ptr<Store> store;
};

// "created key=value@revision was previous@previous_revision".
inline std::string describe(const Event& event) {
  std::string text = event.type == EventType::kCreated   ? "created "
                     : event.type == EventType::kUpdated ? "updated "
                                                         : "deleted ";
  text += *event.key;
  if (event.value) text += "=" + *event.value;
  text += "@" + std::to_string(event.revision);
  if (event.previous) {
    text += " was " + *event.previous + "@" + std::to_string(event.previous_revision);
  }
  return text;
}

inline std::vector<std::string> take(Watch& watch, std::size_t max = 100'000) {
  auto events = watch.take(max);
  if (!events) return {"ended: " + events.error().cause};
  std::vector<std::string> lines;
  for (const auto& event : *events) lines.push_back(describe(*event));
  return lines;
}

}  // namespace cove::store::test
