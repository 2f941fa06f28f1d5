#include "core/server/resources.h"

#include "core/server/watches.h"

namespace cove::server {

Resources::Resources(Storage& storage, Executor& executor, const Clock& clock,
                     std::vector<std::unique_ptr<AdmissionPlugin>> plugins, api::Random random)
    : storage_(storage),
      plugins_(std::move(plugins)),
      random_(std::move(random)),
      watches_(std::make_unique<Watches>(storage, executor, clock)) {}

Resources::~Resources() = default;

void Resources::set_registry(std::shared_ptr<const api::Registry> registry) {
  registry_ = std::move(registry);
}

void Resources::serve(const CallPtr& call) {
  const std::string& verb = call->info.verb;
  if (verb == "get") return call->info.subresource == "scale" ? scale(call) : get(call);
  if (verb == "list") return list(call);
  if (verb == "watch") return watch(call);
  const auto deciding = hold_answers(call);
  write(call);
  // The rest of a collection is decided later.
  if (verb != "deletecollection") *deciding = false;
}

std::shared_ptr<bool> Resources::hold_answers(const CallPtr& call) {
  const auto deciding = std::make_shared<bool>(true);
  call->respond = [this, deciding, give = std::move(call->respond)](Answer answer) {
    if (!*deciding) return give(std::move(answer));
    storage_.store().settle(
        [give, held = std::make_shared<Answer>(std::move(answer))](const Result<void>& settled) {
          give(settled ? std::move(*held) : answer_of(refuse::of_store(settled.error())));
        });
  };
  return deciding;
}

void Resources::write(const CallPtr& call) {
  const std::string& verb = call->info.verb;
  if (call->info.subresource == "scale") return scale(call);
  if (!call->options) return respond(call, call->options.error());
  if (verb == "create") {
    if (!call->body) return respond(call, call->body.error());
    return create(call, std::move(*call->body));
  }
  if (verb == "update") return update(call);
  if (verb == "patch") return patch(call);
  if (verb == "delete") return remove(call);
  if (verb == "deletecollection") return remove_collection(call);
  respond(call, refuse::method_not_allowed());
}

namespace {

std::shared_ptr<const api::Kind> kind_of(const api::Registry* registry, std::string_view group,
                                         std::string_view plural) {
  return registry != nullptr ? registry->resource(group, plural) : nullptr;
}

}  // namespace

Resources::Part Resources::part_of(const Call& call) {
  if (call.subresource == nullptr) return Part::kMain;
  return call.subresource->name == "status" ? Part::kStatus : Part::kOther;
}

api::ObjectPtr Resources::object(std::string_view group, std::string_view plural,
                                 std::string_view namespace_name, std::string_view name) const {
  const auto kind = kind_of(registry_.get(), group, plural);
  return kind ? storage_.newest(storage_key(*kind, namespace_name, name)) : nullptr;
}

std::vector<api::ObjectPtr> Resources::objects(std::string_view group, std::string_view plural,
                                               std::string_view namespace_name) const {
  std::vector<api::ObjectPtr> all;
  const auto kind = kind_of(registry_.get(), group, plural);
  if (!kind) return all;
  std::string prefix = storage_prefix(*kind);
  if (kind->namespaced && !namespace_name.empty()) prefix.append(namespace_name).push_back('/');
  auto listing = storage_.store().list({.prefix = prefix});
  if (!listing) return all;
  for (const store::Item& item : listing->items) {
    if (auto object = storage_.glance(item.value)) all.push_back(std::move(object));
  }
  return all;
}

}  // namespace cove::server
