#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/api/protobuf.h"
#include "core/api/table.h"
#include "core/server/call.h"
#include "core/server/shared_object.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

// RFC 7234's warn-text is a quoted string of at most this many bytes here.
constexpr std::size_t kMaxWarning = 256;
constexpr std::size_t kMaxWarnings = 20;

std::string quote_warning(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kMaxWarning)) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
  }
  return out + "\"";
}

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

void add_warnings(const Call& call, Answer& answer) {
  std::size_t count = 0;
  for (const std::string& warning : call.warnings) {
    if (++count > kMaxWarnings) return;
    answer.headers.emplace_back("Warning", "299 - " + quote_warning(warning));
  }
}

Answer answer_of(const Refusal& refusal) {
  Answer answer =
      json_answer(make_status(refusal.code, refusal.reason, refusal.message, refusal.details));
  answer.status = refusal.code;
  if (refusal.retry_after_seconds > 0)
    answer.headers.emplace_back("Retry-After", std::to_string(refusal.retry_after_seconds));
  return answer;
}

std::string encode_document(const Call& call, const json::object& document,
                            const api::Schema* schema) {
  if (call.media.encoding == Encoding::kProtobuf && schema != nullptr) {
    auto bytes = call.protobuf->encode(*schema, document);
    if (bytes) return std::move(*bytes);
  }
  return json::serialize(document);  // which is YAML as well (YAML 1.2 section 1.2)
}

api::TableOptions table_options(const Call& call) {
  api::TableOptions options;
  options.version = call.media.version;
  options.include = api::parse_include_object(call.request->parameter("includeObject").value_or(""))
                        .value_or(api::IncludeObject::kMetadata);
  return options;
}

void respond(const CallPtr& call, const Refusal& refusal) {
  Answer answer = answer_of(refusal);
  add_warnings(*call, answer);
  call->respond(std::move(answer));
}

std::shared_ptr<const std::string> encode_object(const Call& call, const api::ObjectPtr& object,
                                                 WallTime now, bool columns) {
  const MediaType& media = call.media;
  const bool same_form = call.in_stored_form();
  if (same_form && media.form == Form::kObject && media.encoding == Encoding::kJson)
    return object->bytes();
  const json::object document =
      same_form ? object->document() : from_stored(*call.kind, *call.stored, object->document());
  if (media.form == Form::kTable) {
    api::TableOptions options = table_options(call);
    options.headers = columns;
    json::object metadata{{"resourceVersion", api::key(object->resource_version())}};
    api::TableText table(*call.kind, std::move(metadata), options, now);
    table.add(document);
    return shared(table.take());
  }
  if (media.form == Form::kPartialMetadata || media.form == Form::kPartialMetadataList)
    return shared(encode_document(call, api::make_partial(document, media.version), nullptr));
  return shared(encode_document(call, document, call.kind->schema));
}

bool sends_stored_bytes(const Call& call) {
  return call.in_stored_form() && call.media.form == Form::kObject &&
         call.media.encoding == Encoding::kJson;
}

void respond(const CallPtr& call, std::shared_ptr<const std::string> bytes) {
  Answer answer;
  answer.content_type = call->media.to_string();
  answer.body = std::move(bytes);
  answer.compressible = true;
  add_warnings(*call, answer);
  call->respond(std::move(answer));
}

void respond(const CallPtr& call, int status, const api::ObjectPtr& object) {
  Answer answer;
  answer.status = status;
  answer.content_type = call->media.to_string();
  answer.body =
      sends_stored_bytes(*call) ? with_object(object) : encode_object(*call, object, call->now);
  answer.compressible = true;
  add_warnings(*call, answer);
  call->respond(std::move(answer));
}

void respond_document(const CallPtr& call, int status, const json::object& document,
                      const api::Schema* schema) {
  Answer answer;
  answer.status = status;
  MediaType media{Form::kObject, {}, call->media.encoding};
  if (media.encoding == Encoding::kProtobuf && schema == nullptr) media.encoding = Encoding::kJson;
  answer.content_type = media.to_string();
  answer.body = shared(encode_document(*call, document, schema));
  add_warnings(*call, answer);
  call->respond(std::move(answer));
}

}  // namespace cove::server
