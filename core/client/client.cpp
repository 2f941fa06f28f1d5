#include "core/client/client.h"

#include "core/client/wire.h"

namespace cove::client {
namespace {

namespace json = boost::json;

constexpr int kMaxAttempts = 5;

void add(Pairs& query, std::string_view name, std::string_view value) {
  if (!value.empty()) query.emplace_back(name, value);
}

void add_selectors(Pairs& query, const std::string& labels, const std::string& fields) {
  add(query, "labelSelector", labels);
  add(query, "fieldSelector", fields);
}

void add_list(Pairs& query, const ListOptions& options) {
  add_selectors(query, options.label_selector, options.field_selector);
  if (options.limit > 0) add(query, "limit", std::to_string(options.limit));
  add(query, "continue", options.continue_token);
  add(query, "resourceVersion", options.resource_version);
  add(query, "resourceVersionMatch", options.resource_version_match);
}

void add_write(Pairs& query, const WriteOptions& options) {
  add(query, "fieldManager", options.field_manager);
  add(query, "fieldValidation", options.field_validation);
  if (options.dry_run) add(query, "dryRun", "All");
}

std::shared_ptr<const std::string> text_of(const json::value& value) {
  return std::make_shared<const std::string>(api::to_text(value));
}

// As a value it would be copied first.
std::shared_ptr<const std::string> text_of(const json::object& object) {
  std::string text = "{";
  for (const auto& [name, value] : object) {
    if (text.size() > 1) text += ',';
    text += api::to_text(json::value(name)) + ':' + api::to_text(value);
  }
  return std::make_shared<const std::string>(text + '}');
}

std::string_view content_type_of(PatchType type) {
  switch (type) {
    case PatchType::kJson: return "application/json-patch+json";
    case PatchType::kMerge: return "application/merge-patch+json";
    case PatchType::kStrategicMerge: return "application/strategic-merge-patch+json";
    case PatchType::kApply: return "application/apply-patch+yaml";
  }
  return "";
}

json::value delete_body(const DeleteOptions& options) {
  json::object body{{"kind", "DeleteOptions"}, {"apiVersion", "v1"}};
  if (!options.propagation.empty()) body["propagationPolicy"] = options.propagation;
  if (options.grace_seconds) body["gracePeriodSeconds"] = *options.grace_seconds;
  if (options.dry_run) body["dryRun"] = json::array{"All"};
  json::object preconditions;
  if (!options.uid.empty()) preconditions["uid"] = options.uid;
  if (!options.resource_version.empty())
    preconditions["resourceVersion"] = options.resource_version;
  if (!preconditions.empty()) body["preconditions"] = std::move(preconditions);
  return body;
}

ApiError unexpected(std::string_view what) {
  return no_answer(ErrorCode::kUnavailable, "the server's answer is no " + std::string(what));
}

// update_with_retry() from one request to the next. Everything but cancel() runs on the executor.
class Retry final : public Operation::Impl, public std::enable_shared_from_this<Retry> {
 public:
  Retry(ResourceClient client, std::string_view name, ResourceClient::Change change,
        WriteOptions options, ResourceClient::ObjectDone done)
      : client_(std::move(client)),
        name_(name),
        change_(std::move(change)),
        options_(std::move(options)),
        done_(std::move(done)) {}

  // On the executor, so that no answer overtakes the operation that it answers.
  void read() {
    step(client_.get(name_, [self = shared_from_this()](auto result) { self->write(result); }));
  }
  void cancel() override {
    Operation running;
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    running = std::move(running_);
  }

 private:
  void step(Operation next) {
    Operation old;
    const std::lock_guard lock(mutex_);
    old = std::move(running_);
    old.release();
    if (!cancelled_) running_ = std::move(next);
  }
  void write(const ApiResult<api::ObjectPtr>& read_result) {
    if (!read_result) return done_(read_result);
    json::object object = (*read_result)->document();
    if (!change_(object)) return done_(read_result);
    step(client_.update(object, options_, [self = shared_from_this()](auto result) {
      const bool again = !result && result.error().is_conflict();
      if (again && ++self->attempts_ < kMaxAttempts) return self->read();
      self->done_(std::move(result));
    }));
  }

  const ResourceClient client_;
  const std::string name_;
  const ResourceClient::Change change_;
  const WriteOptions options_;
  const ResourceClient::ObjectDone done_;
  int attempts_ = 0;
  std::mutex mutex_;
  bool cancelled_ = false;
  Operation running_;
};

}  // namespace

std::string ResourceClient::path(std::string_view name, std::string_view subresource) const {
  std::string text = resource_.group.empty() ? "/api/" : "/apis/" + encode_segment(resource_.group);
  if (!resource_.group.empty()) text += '/';
  text += encode_segment(resource_.version);
  if (!namespace_.empty()) text += "/namespaces/" + encode_segment(namespace_);
  text += '/' + encode_segment(resource_.plural);
  if (!name.empty()) text += '/' + encode_segment(name);
  if (!subresource.empty()) text += '/' + encode_segment(subresource);
  return text;
}

Operation ResourceClient::send_for_object(ApiRequest request, ObjectDone done) const {
  return transport_->send(std::move(request), [done = std::move(done)](auto result) {
    if (!result) return done(result.error());
    if (!result->object) return done(unexpected("object"));
    done(std::move(result->object));
  });
}

Operation ResourceClient::send_for_nothing(ApiRequest request, Done done) const {
  return transport_->send(std::move(request), [done = std::move(done)](auto result) {
    if (!result) return done(result.error());
    done({});
  });
}

Operation ResourceClient::get(std::string_view name, ObjectDone done,
                              std::string_view subresource) const {
  return send_for_object({.path = path(name, subresource)}, std::move(done));
}

Operation ResourceClient::list(const ListOptions& options, ListDone done) const {
  ApiRequest request{.path = path()};
  add_list(request.query, options);
  return transport_->send(std::move(request), [done = std::move(done)](auto result) {
    if (!result) return done(result.error());
    if (!result->list) return done(unexpected("list"));
    done(std::move(result->list));
  });
}

Operation ResourceClient::watch(const WatchOptions& options, WatchCallbacks callbacks) const {
  ApiRequest request{.path = path(), .query = {{"watch", "true"}}};
  add_selectors(request.query, options.label_selector, options.field_selector);
  add(request.query, "resourceVersion", options.resource_version);
  if (options.bookmarks) add(request.query, "allowWatchBookmarks", "true");
  if (options.send_initial_events) {
    add(request.query, "sendInitialEvents", "true");
    add(request.query, "resourceVersionMatch", "NotOlderThan");
  }
  if (options.timeout.count() > 0)
    add(request.query, "timeoutSeconds", std::to_string(options.timeout.count()));
  return transport_->watch(std::move(request), std::move(callbacks));
}

Operation ResourceClient::create(const json::object& object, const WriteOptions& options,
                                 ObjectDone done, std::string_view name) const {
  ApiRequest request{.method = "POST", .path = path(name, options.subresource)};
  add_write(request.query, options);
  request.body = text_of(object);
  return send_for_object(std::move(request), std::move(done));
}

Operation ResourceClient::update(const json::object& object, const WriteOptions& options,
                                 ObjectDone done) const {
  const std::string_view name = api::text_at(object, {"metadata", "name"});
  ApiRequest request{.method = "PUT", .path = path(name, options.subresource)};
  add_write(request.query, options);
  request.body = text_of(object);
  return send_for_object(std::move(request), std::move(done));
}

Operation ResourceClient::update_status(const json::object& object, WriteOptions options,
                                        ObjectDone done) const {
  options.subresource = "status";
  return update(object, options, std::move(done));
}

Operation ResourceClient::patch(std::string_view name, PatchType type, const json::value& patch,
                                const PatchOptions& options, ObjectDone done) const {
  ApiRequest request{.method = "PATCH", .path = path(name, options.subresource)};
  request.content_type = content_type_of(type);
  add(request.query, "fieldManager", options.field_manager);
  if (options.force) add(request.query, "force", "true");
  if (options.dry_run) add(request.query, "dryRun", "All");
  request.body = text_of(patch);
  return send_for_object(std::move(request), std::move(done));
}

Operation ResourceClient::remove(std::string_view name, const DeleteOptions& options,
                                 Done done) const {
  ApiRequest request{.method = "DELETE", .path = path(name)};
  request.body = text_of(delete_body(options));
  return send_for_nothing(std::move(request), std::move(done));
}

Operation ResourceClient::remove_collection(const DeleteOptions& options, const ListOptions& which,
                                            Done done) const {
  ApiRequest request{.method = "DELETE", .path = path()};
  add_list(request.query, which);
  request.body = text_of(delete_body(options));
  return send_for_nothing(std::move(request), std::move(done));
}

Operation ResourceClient::update_with_retry(std::string_view name, Change change,
                                            const WriteOptions& options, ObjectDone done) const {
  const auto retry =
      std::make_shared<Retry>(*this, name, std::move(change), options, std::move(done));
  transport_->executor().post([retry] { retry->read(); });
  return Operation(retry);
}

}  // namespace cove::client
