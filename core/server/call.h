// Call: one request about a resource on its way from a connection to its answer. Made on a
// connection's thread; from then on the state thread's.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/kind.h"
#include "core/api/object.h"
#include "core/api/protobuf.h"
#include "core/api/registry.h"
#include "core/api/table.h"
#include "core/server/media.h"
#include "core/server/refusal.h"
#include "core/server/request.h"
#include "core/server/storage.h"

namespace cove::server {

// kubernetes.io "API concepts", field validation.
enum class FieldValidation { kIgnore, kWarn, kStrict };

struct WriteOptions {
  bool dry_run = false;
  bool force = false;  // of server-side apply
  std::string field_manager;
  FieldValidation field_validation = FieldValidation::kWarn;
};

struct DeleteOptions {
  bool dry_run = false;
  std::optional<std::int64_t> grace_seconds;
  std::optional<std::string> propagation;  // Background, Foreground, Orphan
  std::optional<std::string> uid;          // preconditions
  std::optional<std::string> resource_version;
};

struct Call {
  std::shared_ptr<const Request> request;
  RequestInfo info;
  User user;
  std::shared_ptr<const api::Registry> registry;
  std::shared_ptr<const api::Kind> kind;    // as the client named it
  std::shared_ptr<const api::Kind> stored;  // in whose form its objects are stored
  const api::Subresource* subresource = nullptr;
  MediaType media;  // of the answer
  WallTime now;
  Handler::Respond respond;
  const api::ProtobufCodec* protobuf = nullptr;
  const api::BuiltinSchemas* schemas = nullptr;
  std::vector<std::string> warnings = {};
  std::vector<SideWrite> also = {};  // what admission writes with the object
  // Of updates and patches: whether its user may also make the object, should it not be there.
  std::function<Outcome<void>()> may_create = {};
  // What came with it, decoded away from the state thread; used once the request is authorized.
  Outcome<json::object> body = json::object();
  Outcome<WriteOptions> options = WriteOptions();

  // Whether objects are stored as the client sees them: the bytes can go out as they are. Custom
  // resources may have been stored by another version, or before their definition changed.
  bool in_stored_form() const { return kind == stored && !kind->custom; }
};
using CallPtr = std::shared_ptr<Call>;

// The options of creates, updates and patches, from the query.
Outcome<WriteOptions> read_write_options(const Request& request, bool apply);
// The options of deletes, from the body (any encoding, may be absent) and the query.
Outcome<DeleteOptions> read_delete_options(const Call& call);
// Those inside of an Eviction, and the query's.
Outcome<DeleteOptions> read_eviction_options(const Call& call);

// A document of `schema` (a kind's, or of a subresource's body) from a request's body: parsed,
// checked to be of `gvk` and decoded, of a custom kind when `custom` is not null. Unknown and
// duplicate fields as `options.field_validation` says; warnings are added.
Outcome<json::object> decode_body(const Call& call, const api::GroupVersionKind& gvk,
                                  const api::Schema& schema, const api::Kind* custom,
                                  FieldValidation validation, std::vector<std::string>& warnings);
// The same for a document that was made by a patch.
Outcome<json::object> decode_document(json::object document,
                                      const std::vector<std::string>& duplicates,
                                      const api::GroupVersionKind& gvk, const api::Schema& schema,
                                      const api::Kind* custom, FieldValidation validation,
                                      std::vector<std::string>& warnings);
// The body as any JSON value (a patch): JSON, or YAML where `yaml`.
Outcome<json::value> parse_body(const Request& request, bool yaml,
                                std::vector<std::string>* duplicates = nullptr);

// Both ways between the form a client asked for and the one that is stored. In canonical form.
// Custom resources are handled in the form the client asked for: from_stored() prunes and sets
// defaults as their definition now says, and in_storage_version() names the version they are
// stored as.
// As decoding leaves it; a document that cannot be decoded stays as it is.
json::object canonical(const api::Kind& kind, json::object document);
json::object to_stored(const api::Kind& kind, const api::Kind& stored, json::object document);
json::object from_stored(const api::Kind& kind, const api::Kind& stored, json::object document);
json::object in_storage_version(const api::Kind& kind, json::object document);

// --- Answers ---

Answer answer_of(const Refusal& refusal);
// Responds with a refusal and the call's warnings.
void respond(const CallPtr& call, const Refusal& refusal);
// One object in the form the client asked for. `object` is in the stored form.
void respond(const CallPtr& call, int status, const api::ObjectPtr& object);
// The object's stored bytes as they are, when sends_stored_bytes().
void respond(const CallPtr& call, std::shared_ptr<const std::string> bytes);
// Whether the call's client takes objects as they are stored: JSON, whole, in the stored version.
bool sends_stored_bytes(const Call& call);
// A document as it is (a Scale, a Status, a review), no Table. `schema` as in encode_document.
void respond_document(const CallPtr& call, int status, const json::object& document,
                      const api::Schema* schema = nullptr);
void add_warnings(const Call& call, Answer& answer);

// The bytes of one object as the call's client sees it (no watch framing). `columns`: a Table
// carries its column definitions.
std::shared_ptr<const std::string> encode_object(const Call& call, const api::ObjectPtr& object,
                                                 WallTime now, bool columns = true);
// How its client wants a Table; `call` outlives the options.
api::TableOptions table_options(const Call& call);
// A document of a built-in schema, or of one that has no protobuf form (null): then JSON is sent to
// whoever asked for protobuf.
std::string encode_document(const Call& call, const json::object& document,
                            const api::Schema* schema);

}  // namespace cove::server
