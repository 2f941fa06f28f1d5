#include "core/server/watches.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "core/api/protobuf.h"
#include "core/server/shared_object.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

constexpr std::size_t kMaxStreamBytes = 8 << 20;
constexpr std::size_t kFrameBytes = 64;  // around an object in an event
constexpr std::size_t kBatch = 256;
constexpr std::size_t kMemos = 128;
constexpr std::size_t kMemoBytes = 4 << 20;
constexpr std::chrono::seconds kBookmarkInterval{60};

// Who asks in the same process gets the object with the text; for others it would be memory beyond
// their stream's bound.
bool takes_objects(const Call& call) {
  return call.request->protocol == "in-process";
}

}  // namespace

struct Watches::Active {
  CallPtr call;
  ListOptions options;
  std::shared_ptr<http::Stream> stream;
  std::unique_ptr<store::Watch> watch;
  std::size_t form = 0;  // what encoded events are shared by
  bool columns = true;   // the next Table carries its column definitions
  bool draining = false;
  bool ended = false;
  Executor::TimerId timer = 0;
};

Watches::Watches(Storage& storage, Executor& executor, const Clock& clock)
    : storage_(storage),
      executor_(executor),
      clock_(clock),
      self_(std::make_shared<Watches*>(this)) {}

Watches::~Watches() {
  *self_ = nullptr;
  end_all();
}

void Watches::start(const CallPtr& call, ListOptions options) {
  const auto active = std::make_shared<Active>();
  active->call = call;

  active->form = form_of(*call);
  active->options = std::move(options);

  const bool from_now = active->options.version.value_or(0) == 0;
  const bool initial = from_now || active->options.send_initial_events;
  store::Revision after = active->options.version.value_or(0);
  std::vector<store::Item> items;
  if (initial) {
    auto listing = storage_.store().list({.prefix = active->options.prefix});
    if (!listing) return respond(call, refuse::of_store(listing.error()));
    after = listing->revision;
    // An explicit "do not send what is there".
    if (active->options.send_initial_events || !call->request->parameter("sendInitialEvents"))
      items = std::move(listing->items);
  }
  // What is there must fit, whatever it is; what a slow reader may let wait beyond that is bounded.
  std::size_t there = 0;
  for (const store::Item& item : items) there += item.value->size() + kFrameBytes;
  if (call->media.form != Form::kObject || call->media.encoding != Encoding::kJson) there *= 4;
  active->stream = std::make_shared<http::Stream>(kMaxStreamBytes + there);
  const bool whole_key = !active->options.single_key.empty();
  auto watch = storage_.store().watch(
      {.prefix = whole_key ? active->options.single_key : active->options.prefix,
       .whole_key = whole_key,
       .after = after},
      [this, weak = std::weak_ptr<Active>(active)] {
        if (const ActivePtr woken = weak.lock()) drain(woken);
      });

  Answer answer;
  answer.content_type = call->media.to_string(true);
  answer.stream = active->stream;
  answer.stream_lifetime = active->options.timeout;
  add_warnings(*call, answer);
  if (!watch) {
    if (!store::is_compacted(watch.error())) return respond(call, refuse::of_store(watch.error()));
    call->respond(std::move(answer));
    return send_refusal(active,
                        refuse::expired(fmt::format("too old resource version: {} ({})", after,
                                                    storage_.store().stats().oldest)));
  }
  active->watch = std::move(*watch);
  all_.insert(active);
  active->stream->on_abandon(
      [self = self_, &executor = executor_, weak = std::weak_ptr<Active>(active)] {
        executor.post([self, weak] {
          const ActivePtr gone = weak.lock();
          if (*self != nullptr && gone) (*self)->end(gone);
        });
      });
  call->respond(std::move(answer));
  if (!send_initial(active, items)) return end(active);
  if (active->options.send_initial_events && active->options.bookmarks &&
      !send_bookmark(active, true))
    return end(active);
  if (active->options.bookmarks) schedule_bookmark(active);
  drain(active);
}

// The same number for all watches whose events have the same bytes.
std::size_t Watches::form_of(const Call& call) {
  const std::string text =
      fmt::format("{}|{}|{}|{}|{}", call.media.to_string(), static_cast<int>(call.media.form),
                  call.media.version, call.kind->gvk.api_version(), takes_objects(call));
  return forms_.try_emplace(text, forms_.size()).first->second;
}

bool Watches::send_initial(const ActivePtr& active, const std::vector<store::Item>& items) {
  const bool select = !active->options.selects_all();
  for (const store::Item& item : items) {
    if (select) {
      const json::object* const object = storage_.look(item.value);
      if (object == nullptr || !active->options.matches(*object)) continue;
    }
    if (!active->stream->push(encode(*active, Change::kAdded, item.revision, item.value)))
      return false;
  }
  return true;
}

void Watches::drain(const ActivePtr& active) {
  if (active->draining || active->ended || !active->watch) return;
  active->draining = true;
  while (!active->ended) {
    auto events = active->watch->take(kBatch);
    if (!events) {
      if (events.error().code == ErrorCode::kResourceExhausted)
        send_refusal(active, refuse::gone("the watch was too slow and missed changes"));
      end(active);
      break;
    }
    if (events->empty()) break;
    for (const auto& event : *events) {
      if (!send(active, *event)) {
        end(active);
        break;
      }
    }
  }
  active->draining = false;
}

bool Watches::send(const ActivePtr& active, const store::Event& event) {
  const ListOptions& options = active->options;
  const bool select = !options.selects_all();
  const auto matches = [&](const store::Bytes& bytes) {
    if (!bytes) return false;
    if (!select) return true;
    const api::ObjectPtr object = storage_.parse(bytes);
    return object && options.matches(object->document());
  };
  const bool was = matches(event.previous);
  const bool is = matches(event.value);
  if (!was && !is) return true;
  const Change change = !is ? Change::kDeleted : was ? Change::kModified : Change::kAdded;
  return active->stream->push(
      encode(*active, change, event.revision, is ? event.value : event.previous));
}

http::Stream::Piece Watches::encode(Active& active, Change change, store::Revision revision,
                                    const store::Bytes& value) {
  constexpr std::array<std::string_view, 3> kTypes{"ADDED", "MODIFIED", "DELETED"};
  const std::string_view type = kTypes[static_cast<std::size_t>(change)];
  const bool shareable = active.call->media.form != Form::kTable;
  if (shareable) {
    for (const Memo& memo : memos_) {
      if (memo.revision == revision && memo.form == active.form && memo.change == change)
        return memo.piece;
    }
  }
  // What is gone is shown as it last was, at the version of its going.
  const bool gone = change == Change::kDeleted;
  const bool as_stored = sends_stored_bytes(*active.call);
  api::ObjectPtr object = gone        ? storage_.removed(value, revision)
                          : as_stored ? storage_.known(value)
                                      : storage_.parse(value);
  http::Stream::Piece piece;
  if (as_stored && (object || !gone)) {
    std::string text = frame(active, type, gone ? *object->bytes() : *value);
    piece = object && takes_objects(*active.call)
                ? with_event(std::move(text), type, std::move(object))
                : std::make_shared<const std::string>(std::move(text));
  } else {
    if (!object) return std::make_shared<const std::string>();
    piece = std::make_shared<const std::string>(
        frame(active, type, *encode_object(*active.call, object, clock_.wall(), active.columns)));
    active.columns = false;
  }
  if (shareable) {
    memos_.push_front({revision, active.form, change, piece});
    memo_bytes_ += piece->size();
    while (memos_.size() > kMemos || (memo_bytes_ > kMemoBytes && memos_.size() > 1)) {
      memo_bytes_ -= memos_.back().piece->size();
      memos_.pop_back();
    }
  }
  return piece;
}

std::string Watches::frame(const Active& active, std::string_view type,
                           std::string_view object_bytes) const {
  if (active.call->media.encoding == Encoding::kProtobuf)
    return api::protobuf_watch_frame(type, object_bytes);
  std::string line;
  line.reserve(object_bytes.size() + 40);
  line.append(R"({"type":")").append(type).append(R"(","object":)");
  line.append(object_bytes).append("}\n");
  return line;
}

bool Watches::send_bookmark(const ActivePtr& active, bool initial_end) {
  const api::GroupVersionKind& gvk = active->call->kind->gvk;
  json::object metadata{{"resourceVersion", std::to_string(storage_.store().revision())}};
  if (initial_end) metadata["annotations"] = json::object{{"k8s.io/initial-events-end", "true"}};
  json::object object{{"kind", gvk.kind}, {"apiVersion", gvk.api_version()}};
  if (active->call->media.form == Form::kPartialMetadata ||
      active->call->media.form == Form::kPartialMetadataList) {
    object["kind"] = "PartialObjectMetadata";
    object["apiVersion"] = "meta.k8s.io/" + active->call->media.version;
  }
  object["metadata"] = std::move(metadata);
  return active->stream->push(frame(
      *active, "BOOKMARK", encode_document(*active->call, object, active->call->kind->schema)));
}

void Watches::schedule_bookmark(const ActivePtr& active) {
  active->timer =
      executor_.after(kBookmarkInterval, [self = self_, weak = std::weak_ptr<Active>(active)] {
        const ActivePtr due = weak.lock();
        if (*self == nullptr || !due || due->ended) return;
        Watches& watches = **self;
        if (!watches.send_bookmark(due, false)) return watches.end(due);
        watches.schedule_bookmark(due);
      });
}

void Watches::send_refusal(const ActivePtr& active, const Refusal& refusal) {
  const json::object status =
      make_status(refusal.code, refusal.reason, refusal.message, refusal.details);
  active->stream->push(frame(
      *active, "ERROR",
      encode_document(*active->call, status, &active->call->schemas->type("meta/v1.Status"))));
  active->stream->close();
}

void Watches::end(const ActivePtr& active) {
  if (active->ended) return;
  active->ended = true;
  if (active->timer != 0) executor_.cancel(active->timer);
  active->stream->close();
  active->watch.reset();
  all_.erase(active);
}

void Watches::end_all() {
  const auto all = all_;
  for (const ActivePtr& active : all) end(active);
}

}  // namespace cove::server
