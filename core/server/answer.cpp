#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/api/protobuf.h"
#include "core/api/table.h"
#include "core/server/call.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

// RFC 7234's warn-text is a quoted string of at most this many bytes here.
constexpr std::size_t kMaxWarning = 256;
constexpr std::size_t kMaxWarnings = 20;

std::string quoted(std::string_view text) {
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
    answer.headers.emplace_back("Warning", "299 - " + quoted(warning));
  }
}

Answer answer_of(const Refusal& refusal, Encoding encoding) {
  const json::object status =
      make_status(refusal.code, refusal.reason, refusal.message, refusal.details);
  Answer answer;
  answer.status = refusal.code;
  answer.content_type = MediaType{Form::kObject, {}, encoding}.to_string();
  answer.body = shared(encode_document(status, encoding, nullptr));
  if (refusal.retry_after_seconds > 0)
    answer.headers.emplace_back("Retry-After", std::to_string(refusal.retry_after_seconds));
  return answer;
}

std::string encode_document(const json::object& document, Encoding encoding,
                            const api::Schema* schema) {
  switch (encoding) {
    case Encoding::kProtobuf: return api::encode_protobuf(document, schema);
    case Encoding::kYaml: return api::to_yaml(document);
    case Encoding::kJson: break;
  }
  return json::serialize(document);
}

void respond(const CallPtr& call, const Refusal& refusal) {
  Answer answer = answer_of(refusal, call->media.encoding);
  add_warnings(*call, answer);
  call->respond(std::move(answer));
}

std::shared_ptr<const std::string> encode_object(const api::Kind& kind, const api::Kind& stored,
                                                 const api::ObjectPtr& object,
                                                 const MediaType& media, std::string_view include,
                                                 WallTime now, bool with_columns) {
  const bool same_form = &kind == &stored;
  if (same_form && media.form == Form::kObject && media.encoding == Encoding::kJson)
    return object->bytes();
  json::object document =
      same_form ? object->document() : from_stored(kind, stored, object->document());
  if (media.form == Form::kTable) {
    api::TableOptions options;
    options.version = media.version;
    options.include = include;
    options.with_columns = with_columns;
    options.now = now;
    return shared(
        encode_document(api::make_table(kind, {&document}, {}, options), media.encoding, nullptr));
  }
  if (media.form == Form::kPartialMetadata)
    return shared(
        encode_document(api::make_partial(document, media.version), media.encoding, nullptr));
  return shared(encode_document(document, media.encoding, kind.schema));
}

void respond(const CallPtr& call, int status, const api::ObjectPtr& object) {
  Answer answer;
  answer.status = status;
  answer.content_type = call->media.to_string();
  answer.body = encode_object(*call->kind, *call->stored, object, call->media,
                              call->request->parameter("includeObject").value_or(""), call->now);
  answer.compressible = true;
  add_warnings(*call, answer);
  call->respond(std::move(answer));
}

void respond_document(const CallPtr& call, int status, const json::object& document) {
  Answer answer;
  answer.status = status;
  answer.content_type = MediaType{Form::kObject, {}, call->media.encoding}.to_string();
  answer.body = shared(encode_document(document, call->media.encoding, nullptr));
  add_warnings(*call, answer);
  call->respond(std::move(answer));
}

}  // namespace cove::server
