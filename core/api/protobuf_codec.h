// The two halves of the codec. Private to this room.
#pragma once

#include "core/api/protobuf.h"
#include "core/api/protobuf_plan.h"
#include "core/api/protobuf_wire.h"

namespace cove::api::wire {

// Writes `document` as `message` in front of what `writer` has.
Result<void> encode_object(const Message& message, const json::object& document,
                           ReverseWriter& writer);

// Adds what `bytes` hold to `document`.
Result<void> decode_object(const Message& message, std::string_view bytes,
                           const ProtobufLimits& limits, json::object& document);

inline Error protobuf_error(std::string action, std::string subject, std::string cause) {
  return {ErrorCode::kInvalidArgument, std::move(action), std::move(subject), std::move(cause), {}};
}

}  // namespace cove::api::wire
