// Delivery: what waits to be told to one handler of an informer. Private to this room.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/client/informer.h"

namespace cove::client {

// The informer puts, the handler's executor takes. Thread-safe.
class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  Delivery(Handler handler, HandlerOptions options, Executor& executor)
      : handler_(std::move(handler)), options_(options), executor_(executor) {}

  void added(const std::string& key, const api::ObjectPtr& object, bool initial);
  void updated(const std::string& key, const api::ObjectPtr& old, const api::ObjectPtr& now);
  void deleted(const std::string& key, const api::ObjectPtr& last, bool final_state_unknown);
  // Everything of the first state has been put.
  void initial_end();

  void close() { closed_ = true; }
  bool closed() const { return closed_; }
  bool has_synced() const { return synced_; }
  const HandlerOptions& options() const { return options_; }

 private:
  enum class Type { kAdded, kUpdated, kDeleted, kInitialEnd };
  struct Entry {
    Type type = Type::kAdded;
    std::string key;
    api::ObjectPtr old;
    api::ObjectPtr object;
    bool flag = false;  // initial, or final_state_unknown
  };

  void put(Entry entry);
  bool merge(Entry& entry);
  void run();
  void tell(const Entry& entry);

  const Handler handler_;
  const HandlerOptions options_;
  Executor& executor_;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> synced_ = false;
  std::mutex mutex_;
  std::list<Entry> waiting_;
  // The last one that waits, by key.
  std::unordered_map<std::string, std::list<Entry>::iterator> last_;
  bool scheduled_ = false;
};

}  // namespace cove::client
