// Bodies in Kubernetes' protobuf form: what is wrong with them is an error, and a document that was
// read can be written and read again, to the same bytes. The first byte chooses the type.
#include <array>

#include "core/api/protobuf.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cove::api;
  static const BuiltinSchemas schemas;
  static const ProtobufCodec codec(schemas);
  static constexpr std::array<std::string_view, 8> kTypes{
      "core/v1.Pod",        "core/v1.Service",
      "core/v1.SecretList", "meta/v1.Status",
      "apps/v1.Deployment", "apiextensions/v1.CustomResourceDefinition",
      "core/v1.Event",      "metrics/v1beta1.NodeMetrics"};
  const std::string_view bytes = cove::fuzz::text(data, size);
  (void)open_protobuf_envelope(bytes);
  (void)read_protobuf_watch_frame(bytes);
  if (bytes.empty()) return 0;
  const auto chosen = static_cast<unsigned char>(bytes.front()) % kTypes.size();
  const Schema& schema = schemas.type(kTypes[chosen]);
  const std::string_view message = bytes.substr(1);
  (void)codec.decode(schema, message);
  const auto document = codec.decode_message(schema, message);
  if (!document) return 0;
  const auto written = codec.encode_message(schema, *document);
  cove::fuzz::require(written.has_value(), "what was read can be written");
  const auto again = codec.decode_message(schema, *written, {.bytes = std::size_t{1} << 30});
  cove::fuzz::require(again.has_value(), "what was written can be read");
  const auto rewritten = codec.encode_message(schema, *again);
  cove::fuzz::require(rewritten.has_value() && *rewritten == *written,
                      "a document has one protobuf form");
  return 0;
}
