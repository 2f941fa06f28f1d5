#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/api/protobuf.h"
#include "core/api/table.h"
#include "core/server/listing.h"
#include "core/server/resources.h"
#include "core/server/watches.h"

namespace cove::server {
namespace {

constexpr std::size_t kPage = 500;  // objects looked at between two decisions of a filtered list

struct Page {
  store::Revision revision = 0;
  std::vector<store::Item> items;
  bool more = false;
  std::size_t remaining = 0;
  bool count_remaining = false;
};

Refusal of_list_error(const Error& error, const ListOptions& options) {
  if (!store::is_compacted(error)) return refuse::of_store(error);
  if (!options.continue_key.empty()) {
    return refuse::expired(
        "The provided continue parameter is too old to display a consistent list result. You must "
        "start a new list without the continue parameter.");
  }
  return refuse::expired("The resourceVersion for the provided list is too old.");
}

Outcome<Page> read_all(Storage& storage, const ListOptions& options) {
  auto listing = storage.store().list({.prefix = options.prefix,
                                       .after = options.continue_key,
                                       .limit = options.limit,
                                       .at = options.at,
                                       .count_remaining = options.limit > 0 && !options.left});
  if (!listing) return of_list_error(listing.error(), options);
  // All pages are of one revision, so what was left then is left now, but for this page.
  const std::size_t size = listing->items.size();
  const std::size_t remaining = !options.left          ? listing->remaining
                                : *options.left > size ? *options.left - size
                                                       : 0;
  return Page{listing->revision, std::move(listing->items), listing->more, remaining,
              remaining > 0};
}

// Goes on until the page is full of objects that match.
Outcome<Page> read_matching(Storage& storage, const ListOptions& options) {
  Page page;
  store::ListRequest request{.prefix = options.prefix,
                             .after = options.continue_key,
                             .limit = options.limit > 0 ? std::max(options.limit, kPage) : 0,
                             .at = options.at};
  while (true) {
    auto listing = storage.store().list(request);
    if (!listing) return of_list_error(listing.error(), options);
    page.revision = listing->revision;
    request.at = listing->revision;
    for (std::size_t i = 0; i < listing->items.size(); ++i) {
      store::Item& item = listing->items[i];
      request.after = *item.key;
      const json::object* const object = storage.look(item.value);
      if (object == nullptr || !options.matches(*object)) continue;
      if (options.limit > 0 && page.items.size() == options.limit) {
        page.more = true;
        return page;
      }
      page.items.push_back(std::move(item));
    }
    if (!listing->more) return page;
  }
}

Outcome<Page> read_single(Storage& storage, const ListOptions& options) {
  Page page;
  page.revision = storage.store().revision();
  auto item = storage.store().get(options.single_key);
  if (!item || !item->key->starts_with(options.prefix)) return page;
  const api::ObjectPtr object = storage.glance(item->value);
  if (object && options.matches(object->document())) page.items.push_back(std::move(*item));
  return page;
}

Outcome<Page> read_page(Storage& storage, const ListOptions& options) {
  if (!options.single_key.empty() && options.at == 0) return read_single(storage, options);
  return options.selects_all() ? read_all(storage, options) : read_matching(storage, options);
}

json::object list_metadata(const ListOptions& options, const Page& page) {
  json::object metadata{{"resourceVersion", std::to_string(page.revision)}};
  if (page.more && !page.items.empty()) {
    const std::string_view key = *page.items.back().key;
    metadata["continue"] =
        encode_continue(page.revision, key.substr(std::min(options.prefix.size(), key.size())),
                        page.count_remaining ? page.remaining : 0);
    if (page.count_remaining)
      metadata["remainingItemCount"] = static_cast<std::int64_t>(page.remaining);
  }
  return metadata;
}

// In the form the client named.
std::vector<api::ObjectPtr> objects_of(Storage& storage, const Call& call, const Page& page) {
  std::vector<api::ObjectPtr> all;
  all.reserve(page.items.size());
  for (const store::Item& item : page.items) {
    api::ObjectPtr object = storage.glance(item.value);
    if (!object) continue;
    if (!call.in_stored_form()) {
      object = std::make_shared<const api::Object>(
          from_stored(*call.kind, *call.stored, object->document()), nullptr);
    }
    all.push_back(std::move(object));
  }
  return all;
}

std::string table_of(Storage& storage, const Call& call, json::object metadata, const Page& page) {
  api::TableText table(*call.kind, std::move(metadata), table_options(call), call.now);
  for (const store::Item& item : page.items) {
    if (const json::object* const object = storage.look(item.value)) table.add(*object);
  }
  return table.take();
}

// All there is of a kind, in the form it is stored in.
bool lists_stored_bytes(const Call& call, const ListOptions& options) {
  return options.selects_all() && options.single_key.empty() && options.limit == 0 &&
         options.continue_key.empty() && sends_stored_bytes(call);
}

Outcome<Answer> join_all(Storage& storage, const Call& call, const ListOptions& options) {
  auto joined = storage.store().join(options.prefix, options.at);
  if (!joined) return of_list_error(joined.error(), options);
  Answer answer;
  answer.joined = join_list(*call.kind, {{"resourceVersion", std::to_string(joined->revision)}},
                            std::move(joined->values));
  return answer;
}

Outcome<Answer> encode_list(Storage& storage, const Call& call, const ListOptions& options) {
  if (lists_stored_bytes(call, options)) return join_all(storage, call, options);
  auto read = read_page(storage, options);
  if (!read) return read.error();
  Page& page = *read;
  Answer answer;
  json::object metadata = list_metadata(options, page);
  if (sends_stored_bytes(call)) {
    std::vector<store::Bytes> items;
    items.reserve(page.items.size());
    for (store::Item& item : page.items) items.push_back(std::move(item.value));
    answer.joined = join_list(*call.kind, metadata, std::move(items));
    return answer;
  }
  answer.body = std::make_shared<const std::string>(
      call.media.form == Form::kTable && call.in_stored_form()
          ? table_of(storage, call, std::move(metadata), page)
          : encode_objects(call, std::move(metadata), objects_of(storage, call, page)));
  return answer;
}

}  // namespace

std::string encode_objects(const Call& call, json::object metadata,
                           const std::vector<api::ObjectPtr>& objects) {
  const api::Kind& kind = *call.kind;
  if (call.media.form == Form::kTable) {
    api::TableText table(kind, std::move(metadata), table_options(call), call.now);
    for (const auto& object : objects) table.add(object->document());
    return table.take();
  }
  if (call.media.form == Form::kPartialMetadataList) {
    return encode_document(
        call, api::make_partial_list(objects, std::move(metadata), call.media.version), nullptr);
  }
  if (call.media.encoding == Encoding::kProtobuf) {
    std::vector<const json::object*> items;
    items.reserve(objects.size());
    for (const auto& object : objects) items.push_back(&object->document());
    auto bytes = call.protobuf->encode_list(*kind.schema, kind.gvk.api_version(), kind.list_kind(),
                                            metadata, items);
    if (bytes) return std::move(*bytes);
  }
  json::array items;
  items.reserve(objects.size());
  for (const auto& object : objects) items.emplace_back(object->document());
  return encode_document(call,
                         json::object{{"kind", kind.list_kind()},
                                      {"apiVersion", kind.gvk.api_version()},
                                      {"metadata", std::move(metadata)},
                                      {"items", std::move(items)}},
                         nullptr);
}

void Resources::get(const CallPtr& call) {
  const auto item =
      storage_.store().get(storage_key(*call->kind, call->info.namespace_name, call->info.name));
  if (!item) return respond(call, refuse::not_found(*call->kind, call->info.name));
  if (sends_stored_bytes(*call)) return respond(call, item->value);
  const api::ObjectPtr object = storage_.glance(item->value);
  if (!object) return respond(call, refuse::internal("a stored object cannot be read"));
  respond(call, 200, object);
}

void Resources::list(const CallPtr& call) {
  const auto options = read_list_options(*call, storage_.store().revision());
  if (!options) return respond(call, options.error());
  auto answer = encode_list(storage_, *call, *options);
  if (!answer) return respond(call, answer.error());
  answer->content_type = call->media.to_string();
  answer->compressible = true;
  add_warnings(*call, *answer);
  call->respond(std::move(*answer));
}

Outcome<std::vector<store::Bytes>> Resources::collection(const CallPtr& call) {
  const auto options = read_list_options(*call, storage_.store().revision());
  if (!options) return options.error();
  const auto page = read_page(storage_, *options);
  if (!page) return page.error();
  std::vector<store::Bytes> all;
  all.reserve(page->items.size());
  for (const store::Item& item : page->items) all.push_back(item.value);
  return all;
}

void Resources::watch(const CallPtr& call) {
  auto options = read_list_options(*call, storage_.store().revision());
  if (!options) return respond(call, options.error());
  watches_->start(call, std::move(*options));
}

void Resources::end_watches() {
  watches_->end_all();
}

}  // namespace cove::server
