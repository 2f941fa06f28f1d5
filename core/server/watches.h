// Watches: every open watch, from the store's events to its client's stream (kubernetes.io "API
// concepts", efficient detection of changes). On the state thread. Private to this room.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/server/listing.h"
#include "core/server/storage.h"

namespace cove::server {

class Watches {
 public:
  Watches(Storage& storage, Executor& executor, const Clock& clock);
  ~Watches();

  // Answers the call with a stream, or refuses it.
  void start(const CallPtr& call, ListOptions options);
  // Ends every stream as if it were whole.
  void end_all();

 private:
  struct Active;
  using ActivePtr = std::shared_ptr<Active>;

  enum class Change { kAdded, kModified, kDeleted };

  // One event as one kind of client sees it, made once for all of them.
  struct Memo {
    store::Revision revision;
    std::size_t form;
    Change change;
    http::Stream::Piece piece;
  };

  void drain(const ActivePtr& active);
  // False once nobody reads any more.
  bool send(const ActivePtr& active, const store::Event& event);
  bool send_initial(const ActivePtr& active, const std::vector<store::Item>& items);
  http::Stream::Piece encode(Active& active, Change change, store::Revision revision,
                             const store::Bytes& value);
  std::size_t form_of(const Call& call);
  std::string frame(const Active& active, std::string_view type,
                    std::string_view object_bytes) const;
  bool send_bookmark(const ActivePtr& active, bool initial_end);
  void send_refusal(const ActivePtr& active, const Refusal& refusal);
  void schedule_bookmark(const ActivePtr& active);
  void end(const ActivePtr& active);

  Storage& storage_;
  Executor& executor_;
  const Clock& clock_;
  std::unordered_set<ActivePtr> all_;
  std::deque<Memo> memos_;  // the newest first
  std::size_t memo_bytes_ = 0;
  std::unordered_map<std::string, std::size_t> forms_;
  std::shared_ptr<Watches*> self_;  // what callbacks that outlive it look at
};

}  // namespace cove::server
