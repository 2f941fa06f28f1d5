#include "core/api/protobuf.h"

#include <algorithm>
#include <mutex>

#include "core/api/protobuf_codec.h"
#include "core/api/protobuf_scalars.h"

namespace cove::api {

using wire::protobuf_error;
using wire::Reader;
using wire::ReverseWriter;
using wire::WireType;

namespace {

constexpr std::string_view kDecode = "decode the protobuf body";

// Calls `take(number, value)` for each field with a length; false when the bytes are no message.
template <class Take>
bool for_each_bytes_field(std::string_view bytes, Take take) {
  Reader reader(bytes);
  while (!reader.empty()) {
    int number = 0;
    WireType type = WireType::kVarint;
    if (!reader.tag(number, type)) return false;
    if (type != WireType::kBytes) {
      if (!reader.skip(type)) return false;
      continue;
    }
    const auto value = reader.bytes();
    if (!value || !take(number, *value)) return false;
  }
  return true;
}

// Heads what `writer` has as the raw object of an envelope. `tail` is the writer's size before the
// object, when the fields behind it had been written.
void seal(std::string_view api_version, std::string_view kind, std::size_t tail,
          ReverseWriter& writer) {
  writer.message_field(2, tail);
  const std::size_t before = writer.size();
  writer.bytes_field(2, kind);
  writer.bytes_field(1, api_version);
  writer.message_field(1, before);
  writer.bytes(kProtobufMagic);
}

// contentEncoding and contentType, which Kubernetes writes though they are empty.
void begin_envelope(ReverseWriter& writer) {
  writer.bytes_field(4, {});
  writer.bytes_field(3, {});
}

Error unsupported(const Schema& schema) {
  return {ErrorCode::kUnsupported, "encode as protobuf", schema.definition,
          "the type has no protobuf form", "Ask for JSON."};
}

}  // namespace

Result<ProtobufEnvelope> open_protobuf_envelope(std::string_view bytes) {
  const auto bad = [](std::string cause) {
    return protobuf_error(std::string(kDecode), {}, std::move(cause));
  };
  if (!bytes.starts_with(kProtobufMagic)) {
    return bad("provided data does not appear to be a protobuf message, expected prefix k8s\\x00");
  }
  if (bytes.size() == kProtobufMagic.size()) return bad("empty body");
  ProtobufEnvelope envelope;
  const bool read = for_each_bytes_field(
      bytes.substr(kProtobufMagic.size()), [&](int number, std::string_view value) {
        if (number == 2) envelope.raw = value;
        if (number == 3) envelope.content_encoding = value;
        if (number == 4) envelope.content_type = value;
        if (number != 1) return true;
        return for_each_bytes_field(value, [&](int part, std::string_view text) {
          if (part == 1) envelope.api_version = text;
          if (part == 2) envelope.kind = text;
          return true;
        });
      });
  if (!read) return bad("the envelope is no protobuf message");
  if (!wire::is_utf8(envelope.api_version) || !wire::is_utf8(envelope.kind))
    return bad("apiVersion and kind are not UTF-8");
  return envelope;
}

std::string protobuf_watch_frame(std::string_view type, std::string_view object) {
  ReverseWriter writer(object.size() + type.size() + 32);
  writer.bytes_field(1, object);
  writer.message_field(2, 0);
  writer.bytes_field(1, type);
  const std::size_t size = writer.size();
  for (const unsigned shift : {0U, 8U, 16U, 24U}) {
    const char byte = static_cast<char>(size >> shift & 0xffU);
    writer.bytes({&byte, 1});
  }
  return writer.finish();
}

Result<std::optional<ProtobufWatchFrame>> read_protobuf_watch_frame(std::string_view stream,
                                                                    std::size_t limit) {
  const auto bad = [](std::string cause) {
    return protobuf_error("read the watch stream", {}, std::move(cause));
  };
  constexpr std::size_t kHead = 4;
  if (stream.size() < kHead) return std::optional<ProtobufWatchFrame>();
  std::size_t size = 0;
  for (const char each : stream.substr(0, kHead))
    size = size << 8 | static_cast<unsigned char>(each);
  if (size > limit) return bad("an event is too large");
  if (stream.size() < kHead + size) return std::optional<ProtobufWatchFrame>();
  ProtobufWatchFrame frame;
  frame.size = kHead + size;
  const bool read =
      for_each_bytes_field(stream.substr(kHead, size), [&](int number, std::string_view value) {
        if (number == 1) frame.type = value;
        if (number != 2) return true;
        return for_each_bytes_field(value, [&](int part, std::string_view raw) {
          if (part == 1) frame.object = raw;
          return true;
        });
      });
  if (!read) return bad("an event is no protobuf message");
  return std::optional(frame);
}

class ProtobufCodec::Implementation {
 public:
  explicit Implementation(const BuiltinSchemas& schemas)
      : list_meta_(schemas.type("meta/v1.ListMeta")) {}

  const wire::Message& plan(const Schema& schema) {
    const std::lock_guard lock(mutex_);
    return plans_.of(schema);
  }
  const wire::Message& list_meta() { return plan(list_meta_); }

 private:
  const Schema& list_meta_;
  std::mutex mutex_;
  wire::Plans plans_;
};

ProtobufCodec::ProtobufCodec(const BuiltinSchemas& schemas)
    : implementation_(std::make_unique<Implementation>(schemas)) {}
ProtobufCodec::~ProtobufCodec() = default;

bool ProtobufCodec::supports(const Schema& schema) {
  return schema.type == Type::kObject &&
         std::ranges::any_of(schema.fields, [](const Field& field) { return field.number != 0; });
}

Result<std::string> ProtobufCodec::encode(const Schema& schema,
                                          const json::object& document) const {
  if (!supports(schema)) return unsupported(schema);
  ReverseWriter writer;
  begin_envelope(writer);
  const std::size_t before = writer.size();
  COVE_CHECK(wire::encode_object(implementation_->plan(schema), document, writer));
  const auto text = [&](std::string_view name) {
    const json::value* const value = document.if_contains(key(name));
    return value != nullptr && value->is_string() ? view(value->get_string()) : std::string_view();
  };
  seal(text("apiVersion"), text("kind"), before, writer);
  return writer.finish();
}

Result<std::string> ProtobufCodec::encode_list(const Schema& item, std::string_view api_version,
                                               std::string_view kind, const json::object& metadata,
                                               std::span<const json::object* const> items) const {
  if (!supports(item)) return unsupported(item);
  const wire::Message& plan = implementation_->plan(item);
  ReverseWriter writer(std::size_t{64} << 10);
  begin_envelope(writer);
  const std::size_t tail = writer.size();
  for (std::size_t i = items.size(); i-- > 0;) {
    const std::size_t before = writer.size();
    COVE_CHECK(wire::encode_object(plan, *items[i], writer));
    writer.message_field(2, before);
  }
  const std::size_t before = writer.size();
  COVE_CHECK(wire::encode_object(implementation_->list_meta(), metadata, writer));
  writer.message_field(1, before);
  seal(api_version, kind, tail, writer);
  return writer.finish();
}

Result<std::string> ProtobufCodec::encode_message(const Schema& schema,
                                                  const json::object& document) const {
  if (!supports(schema)) return unsupported(schema);
  ReverseWriter writer;
  COVE_CHECK(wire::encode_object(implementation_->plan(schema), document, writer));
  return writer.finish();
}

Result<json::object> ProtobufCodec::decode(const Schema& schema, std::string_view bytes,
                                           const ProtobufLimits& limits) const {
  COVE_TRY(const ProtobufEnvelope envelope, open_protobuf_envelope(bytes));
  COVE_TRY(json::object message, decode_message(schema, envelope.raw, limits));
  json::object document;
  document.reserve(message.size() + 2);
  if (!envelope.api_version.empty()) document.emplace("apiVersion", key(envelope.api_version));
  if (!envelope.kind.empty()) document.emplace("kind", key(envelope.kind));
  for (auto& member : message) document.emplace(member.key(), std::move(member.value()));
  return document;
}

Result<json::object> ProtobufCodec::decode_message(const Schema& schema, std::string_view message,
                                                   const ProtobufLimits& limits) const {
  if (!supports(schema)) return unsupported(schema);
  if (message.size() > limits.bytes)
    return protobuf_error(std::string(kDecode), {}, "the body is too large");
  json::object document;
  COVE_CHECK(wire::decode_object(implementation_->plan(schema), message, limits, document));
  return document;
}

}  // namespace cove::api
