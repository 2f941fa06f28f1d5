#include "core/api/protobuf_plan.h"

#include <algorithm>

namespace cove::api::wire {

const Slot* Message::find(int number) const {
  const auto position = std::ranges::lower_bound(slots, number, {}, &Slot::number);
  return position == slots.end() || position->number != number ? nullptr : &*position;
}

Message& Plans::of(const Schema& schema) {
  if (const auto found = by_schema_.find(&schema); found != by_schema_.end()) return *found->second;
  Message& message = messages_.emplace_back();
  by_schema_.emplace(&schema, &message);  // before its fields: types refer to themselves
  for (const Field& field : schema.fields) {
    if (field.number != 0) insert(message, field.inline_numbers, field);
  }
  return message;
}

void Plans::insert(Message& message, std::span<const int> path, const Field& field) {
  const int number = path.empty() ? field.number : path.front();
  auto position = std::ranges::lower_bound(message.slots, number, {}, &Slot::number);
  if (path.empty()) {
    const auto offset = position - message.slots.begin();
    const Slot slot{number, &field, element(*field.schema)};
    message.slots.insert(message.slots.begin() + offset, slot);
    return;
  }
  if (position == message.slots.end() || position->number != number) {
    position = message.slots.insert(position, Slot{number, nullptr, &messages_.emplace_back()});
  }
  insert(*position->message, path.subspan(1), field);
}

Message* Plans::element(const Schema& schema) {
  const Schema* inner = &schema;
  while (inner->type == Type::kList || inner->type == Type::kMap) inner = inner->items;
  const bool has_message =
      inner->type == Type::kObject || (inner->type == Type::kAny && !inner->fields.empty());
  return has_message ? &of(*inner) : nullptr;
}

}  // namespace cove::api::wire
