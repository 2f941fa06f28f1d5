// Random operations against a plain model: every revision's whole state in a std::map.
#include <random>

#include "tests/unit/store/fixture.h"

namespace cove::store::test {
namespace {

struct ModelValue {
  Revision revision;
  std::string value;
  bool operator==(const ModelValue&) const = default;
};
using State = std::map<std::string, ModelValue>;

class ModelTest : public StoreTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  struct Watcher {
    std::unique_ptr<Watch> watch;
    WatchRequest request;
    Revision seen;
    State state;  // of what matches, made from events alone
  };

  void SetUp() override {
    limits.history_revisions = 60;
    limits.compaction_slice = 7;
    limits.vacuum_slice = 2;
    limits.checkpoint_pages = 8;
    limits.group_writes = 5;
    open();
  }

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  }
  std::string random_key() {
    static const std::vector<std::string> folders = {"/a/", "/a/b/", "/b/", "/"};
    return folders[below(folders.size())] + std::to_string(below(6));
  }
  Write random_write() {
    const std::string key = random_key();
    Bytes value = below(4) == 0
                      ? nullptr
                      : bytes(std::string(below(3000), 'x') + std::to_string(below(1'000'000)));
    std::optional<Revision> expected;
    const auto there = decided.find(key);
    switch (below(4)) {
      case 0: break;
      case 1: expected = 0; break;
      case 2: expected = there == decided.end() ? 5 : there->second.revision; break;
      default: expected = static_cast<Revision>(below(static_cast<std::size_t>(last) + 2));
    }
    return {key, value, expected};
  }

  // The model's answer to a write; changes `decided` when it is accepted.
  std::string decide(const Write& write) {
    const auto there = decided.find(write.key);
    const Revision live = there == decided.end() ? 0 : there->second.revision;
    if (write.expected == 0 && live != 0) return "already-exists";
    if (live == 0 && (!write.value || write.expected.value_or(0) != 0)) return "not-found";
    if (write.expected && *write.expected != live) return "conflict";
    ++last;
    if (write.value) {
      decided[write.key] = {last, *write.value};
    } else {
      decided.erase(write.key);
    }
    states[last] = decided;
    return "ok " + std::to_string(last) + " was " + std::to_string(live);
  }

  void write_some() {
    std::vector<std::string> expected;
    std::vector<std::string> answers;
    for (std::size_t n = below(12); n > 0; --n) {
      Write one = random_write();
      ASSERT_EQ(store->next_revision(), last + 1);
      expected.push_back(decide(one));
      ASSERT_TRUE(store->submit(std::move(one), [&](Result<Written> result) {
        answers.push_back(result ? "ok " + std::to_string(result->revision) + " was " +
                                       std::to_string(result->previous_revision)
                                 : std::string(to_string(result.error().code)));
      }));
      for (const auto& [key, value] : decided) {
        ASSERT_TRUE(store->newest(key));
        ASSERT_EQ(store->newest(key)->revision, value.revision);
      }
    }
    loop.run_until([&] { return answers.size() == expected.size(); });
    ASSERT_EQ(answers, expected);
    ASSERT_EQ(store->revision(), last);
  }

  State listed_state(const std::string& prefix, Revision at, std::size_t page) {
    State state;
    ListRequest request{.prefix = prefix, .limit = page, .at = at};
    while (true) {
      auto listing = store->list(request);
      if (!listing) {
        ADD_FAILURE() << listing.error().message();
        return state;
      }
      for (const Item& item : listing->items) state[*item.key] = {item.revision, *item.value};
      if (!listing->more) return state;
      request.after = *listing->items.back().key;
      request.at = listing->revision;
    }
  }

  static bool matches(const WatchRequest& request, const std::string& key) {
    return request.whole_key ? key == request.prefix : key.starts_with(request.prefix);
  }
  State model_state(const WatchRequest& request, Revision at) {
    State state;
    for (const auto& [key, value] : states[at]) {
      if (matches(request, key)) state.emplace(key, value);
    }
    return state;
  }

  void check_joined(const std::string& prefix, Revision at) {
    std::string expected;
    for (const auto& [key, value] : model_state({.prefix = prefix}, at == 0 ? last : at))
      expected += (expected.empty() ? "" : ",") + value.value;
    for (int round = 0; round < 3; ++round) {
      const auto joined = store->join(prefix, at);
      ASSERT_TRUE(joined) << joined.error().message();
      ASSERT_EQ(joined->revision, at == 0 ? last : at);
      std::string text;
      for (const Bytes& value : joined->values) text += (text.empty() ? "" : ",") + *value;
      ASSERT_EQ(text, expected);
    }
  }

  void check_lists() {
    const Revision oldest = store->stats().oldest;
    const Revision at =
        oldest + static_cast<Revision>(below(static_cast<std::size_t>(last - oldest) + 1));
    const WatchRequest request{.prefix = below(2) == 0 ? "/a/" : ""};
    ASSERT_EQ(listed_state(request.prefix, at == 0 ? last : at, below(4)),
              model_state(request, at == 0 ? last : at));
    check_joined(request.prefix, at);
    if (oldest > 1) {
      ASSERT_TRUE(is_compacted(store->list({.at = oldest - 1}).error()));
    }
    for (const auto& [key, value] : decided) ASSERT_EQ(*store->get(key)->value, value.value);
    ASSERT_EQ(store->stats().objects, decided.size());
  }

  void start_watch() {
    const Revision oldest = store->stats().oldest;
    Watcher watcher;
    watcher.seen =
        oldest + static_cast<Revision>(below(static_cast<std::size_t>(last - oldest) + 1));
    watcher.request = {below(3) == 0 ? "" : random_key(), below(2) == 0, watcher.seen};
    watcher.state = model_state(watcher.request, watcher.seen);
    auto made = store->watch(watcher.request, {});
    ASSERT_TRUE(made) << made.error().message();
    watcher.watch = std::move(*made);
    watchers.push_back(std::move(watcher));
  }

  void read_watch(Watcher& watcher, std::size_t max) {
    auto events = watcher.watch->take(max);
    ASSERT_TRUE(events) << events.error().message();
    for (const auto& event : *events) {
      ASSERT_GT(event->revision, watcher.seen);
      ASSERT_TRUE(matches(watcher.request, *event->key));
      watcher.seen = event->revision;
      const auto there = watcher.state.find(*event->key);
      ASSERT_EQ(event->previous != nullptr, there != watcher.state.end());
      if (event->previous) {
        ASSERT_EQ(*event->previous, there->second.value);
        ASSERT_EQ(event->previous_revision, there->second.revision);
      }
      if (event->value) {
        watcher.state[*event->key] = {event->revision, *event->value};
      } else {
        watcher.state.erase(*event->key);
      }
      ASSERT_EQ(watcher.state, model_state(watcher.request, event->revision));
    }
    if (events->size() < max) {
      ASSERT_EQ(watcher.state, model_state(watcher.request, last));
    }
  }

  void step() {
    switch (below(10)) {
      case 0: start_watch(); break;
      case 1:
        if (!watchers.empty()) {
          watchers.erase(watchers.begin() + static_cast<std::ptrdiff_t>(below(watchers.size())));
        }
        break;
      case 2:
        store->compact(static_cast<Revision>(below(static_cast<std::size_t>(last) + 1)));
        break;
      case 3:
        if (below(4) == 0) {
          watchers.clear();
          reopen();
          ASSERT_EQ(store->revision(), last);
        }
        break;
      case 4:
        for (Watcher& watcher : watchers) read_watch(watcher, 1 + below(30));
        break;
      case 5: check_lists(); break;
      default: write_some();
    }
  }

  std::mt19937 random{GetParam()};
  State decided;
  std::map<Revision, State> states{{0, {}}};
  Revision last = 0;
  std::vector<Watcher> watchers;
};

TEST_P(ModelTest, StoreAndModelAgree) {
  for (int i = 0; i < 400; ++i) {
    step();
    if (HasFatalFailure()) FAIL() << "in step " << i << " of seed " << GetParam();
  }
  for (Watcher& watcher : watchers) read_watch(watcher, 100'000);
  reopen();
  check_lists();
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, ::testing::Range(1U, 13U));

}  // namespace
}  // namespace cove::store::test
