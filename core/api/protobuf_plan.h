// The protobuf messages of schemas: fields in ascending order of their numbers, and the messages
// that inlined types stand in. Private to this room.
#pragma once

#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/api/schema.h"

namespace cove::api::wire {

struct Message;

struct Slot {
  int number = 0;
  const Field* field = nullptr;  // null: a message whose fields stand in the same JSON object
  Message* message = nullptr;    // of that message, or of the field's (elements') objects
};

struct Message {
  std::vector<Slot> slots;  // ascending numbers

  const Slot* find(int number) const;
};

// Not thread-safe; what it has returned may be read by any thread and lives as long as it does.
class Plans {
 public:
  // The plan of an object or of a union of JSON types (kAny with fields), with all it refers to.
  Message& of(const Schema& schema);

 private:
  void insert(Message& message, std::span<const int> path, const Field& field);
  Message* element(const Schema& schema);

  std::deque<Message> messages_;
  std::unordered_map<const Schema*, Message*> by_schema_;
};

}  // namespace cove::api::wire
