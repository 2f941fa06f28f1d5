// Kubernetes' protobuf form of documents (application/vnd.kubernetes.protobuf): the messages of
// k8s.io/api's generated.proto files, directly between JSON documents and bytes by the numbers in
// the type tables. Built-in kinds only; custom resources have no protobuf form.
//
// What is written is what Kubernetes' own encoder writes, byte for byte: fields by ascending
// number, zero values of fields that are no pointers included, maps by key. What is read is
// hostile.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/api/document.h"
#include "core/api/schema.h"
#include "core/base/result.h"

namespace cove::api {

inline constexpr std::string_view kProtobufMediaType = "application/vnd.kubernetes.protobuf";
// What every body in that type begins with.
inline constexpr std::string_view kProtobufMagic{"k8s\0", 4};

struct ProtobufLimits {
  std::size_t bytes = 16 << 20;
  std::size_t depth = 100;         // nested messages
  std::size_t values = 1'000'000;  // elements of lists and maps in the whole message
};

// runtime.Unknown: what stands around every object. The texts point into what was opened.
struct ProtobufEnvelope {
  std::string_view api_version;
  std::string_view kind;
  std::string_view raw;  // the object's message
  std::string_view content_encoding;
  std::string_view content_type;
};

// kInvalidArgument when the bytes do not begin with the magic or are no such message.
Result<ProtobufEnvelope> open_protobuf_envelope(std::string_view bytes);

// One event of a watch stream (application/vnd.kubernetes.protobuf;stream=watch): four bytes of
// length, big-endian, then a meta/v1.WatchEvent. `object` is a whole envelope.
std::string protobuf_watch_frame(std::string_view type, std::string_view object);

struct ProtobufWatchFrame {
  std::size_t size = 0;     // of the frame: what to drop from the stream's buffer
  std::string_view type;    // "ADDED"
  std::string_view object;  // an envelope
};
// The first frame in `stream`; none when it is not complete yet. kInvalidArgument when it is no
// watch event or longer than `limit`.
Result<std::optional<ProtobufWatchFrame>> read_protobuf_watch_frame(std::string_view stream,
                                                                    std::size_t limit = 16 << 20);

class ProtobufCodec {
 public:
  // `schemas` must outlive the codec, and so must all schemas it is called with.
  explicit ProtobufCodec(const BuiltinSchemas& schemas);
  ~ProtobufCodec();
  ProtobufCodec(const ProtobufCodec&) = delete;
  ProtobufCodec& operator=(const ProtobufCodec&) = delete;

  // Whether the type has a protobuf form: custom resources and meta/v1.Table have none.
  static bool supports(const Schema& schema);

  // The whole body: magic and envelope with the document's apiVersion and kind, and its message.
  // The document is canonical (see decode.h). kUnsupported for types without a protobuf form,
  // kInvalidArgument with the field when a value is not what the schema says.
  Result<std::string> encode(const Schema& schema, const json::object& document) const;
  // A whole list of `item`s, which are not copied.
  Result<std::string> encode_list(const Schema& item, std::string_view api_version,
                                  std::string_view kind, const json::object& metadata,
                                  std::span<const json::object* const> items) const;
  // A message alone, without the envelope.
  Result<std::string> encode_message(const Schema& schema, const json::object& document) const;

  // The document in a whole body, apiVersion and kind first; the caller has looked into the
  // envelope to choose the schema. Members are in the order of the bytes, and zero values that the
  // sender left out are absent: decode() of decode.h makes it canonical. kInvalidArgument.
  Result<json::object> decode(const Schema& schema, std::string_view bytes,
                              const ProtobufLimits& limits = {}) const;
  Result<json::object> decode_message(const Schema& schema, std::string_view message,
                                      const ProtobufLimits& limits = {}) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::api
