#include "core/controllers/namespace_content.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/api/pods.h"
#include "core/controllers/fan_out.h"
#include "core/controllers/metadata_transport.h"

namespace cove::controllers {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kFinalizerEstimate{15};

struct Condition {
  std::string_view type, reason, message;
};
// How each one reads while nothing is wrong.
constexpr std::array kFine{
    Condition{"NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered",
              "All resources successfully discovered"},
    Condition{"NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
              "All legacy kube types successfully parsed"},
    Condition{"NamespaceDeletionContentFailure", "ContentDeleted",
              "All content successfully deleted, may be waiting on finalization"},
    Condition{"NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"},
    Condition{"NamespaceFinalizersRemaining", "ContentHasNoFinalizers",
              "All content-preserving finalizers finished"}};

template <class Text>
std::string counted(const std::map<std::string, std::size_t>& numbers, const Text& text) {
  std::vector<std::string> parts;
  for (const auto& [name, number] : numbers) parts.push_back(text(name, number));
  std::ranges::sort(parts);
  return fmt::format("{}", fmt::join(parts, ", "));
}

// Reason and message of what is wrong, by the condition's type.
std::map<std::string_view, std::pair<std::string, std::string>> problems_of(
    const NamespaceRemains& remains) {
  std::map<std::string_view, std::pair<std::string, std::string>> problems;
  if (!remains.discovery_failures.empty()) {
    problems["NamespaceDeletionDiscoveryFailure"] = {
        "DiscoveryFailed",
        fmt::format("Discovery failed for some groups, {} failing: unable to retrieve the complete "
                    "list of server APIs: {}",
                    remains.discovery_failures.size(),
                    fmt::join(remains.discovery_failures, ", "))};
  }
  if (!remains.errors.empty()) {
    std::vector<std::string> errors = remains.errors;
    std::ranges::sort(errors);
    problems["NamespaceDeletionContentFailure"] = {
        "ContentDeletionFailed",
        fmt::format("Failed to delete all resource types, {} remaining: {}", errors.size(),
                    fmt::join(errors, ", "))};
  }
  if (!remains.objects.empty()) {
    problems["NamespaceContentRemaining"] = {
        "SomeResourcesRemain",
        "Some resources are remaining: " +
            counted(remains.objects, [](const std::string& name, std::size_t number) {
              return fmt::format("{} has {} resource instances", name, number);
            })};
  }
  if (!remains.finalizers.empty()) {
    problems["NamespaceFinalizersRemaining"] = {
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: " +
            counted(remains.finalizers, [](const std::string& name, std::size_t number) {
              return fmt::format("{} in {} resource instances", name, number);
            })};
  }
  return problems;
}

json::object& condition_of(json::array& conditions, std::string_view type, WallTime now) {
  for (json::value& each : conditions) {
    if (each.is_object() && api::text_at(each.get_object(), {"type"}) == type)
      return each.get_object();
  }
  return conditions
      .emplace_back(json::object{{"type", api::key(type)}, {"lastTransitionTime", rfc3339(now)}})
      .get_object();
}

// One pass, from answer to answer.
class Pass : public std::enable_shared_from_this<Pass> {
 public:
  Pass(client::Transport& transport, std::string name_space, WallTime deleted_at, WallTime now,
       std::function<void(NamespaceRemains)> done)
      : transport_(transport),
        metadata_(transport),
        name_space_(std::move(name_space)),
        deleted_at_(deleted_at),
        now_(now),
        done_(std::move(done)) {}

  void begin() {
    discover(transport_, [self = shared_from_this()](auto found) {
      if (!found) {
        self->remains_.discovery_failures.push_back(found.error().message);
        return self->done_(self->remains_);
      }
      self->remains_.discovery_failures = (*found)->failures();
      self->list_resources(**found);
      self->estimate_pods();
    });
  }

 private:
  void list_resources(const DiscoveredResources& found) {
    for (const DiscoveredResource& each : found.preferred()) {
      if (!each.namespaced || !each.can("delete")) continue;
      const bool pods = each.resource.group.empty() && each.resource.plural == "pods";
      resources_.insert(pods ? resources_.begin() : resources_.end(), each);
    }
  }

  client::ResourceClient client(const client::Resource& resource) {
    return {transport_, resource, name_space_};
  }

  // The longest grace of a pod that has not ended, from when the namespace was deleted.
  void estimate_pods() {
    client(client::Resource{"", "v1", "pods"})
        .list({},
              [self = shared_from_this()](auto pods) {
                if (!pods) {
                  self->remains_.errors.push_back(pods.error().message);
                  return self->done_(self->remains_);
                }
                std::int64_t grace = 0;
                for (const api::ObjectPtr& pod : (*pods)->items) {
                  const json::object& document = pod->document();
                  if (api::has_ended(document)) continue;
                  const auto own =
                      api::integer_at(document, {"spec", "terminationGracePeriodSeconds"});
                  grace = std::max(grace, own.value_or(0));
                }
                const auto allowed = std::chrono::seconds(grace);
                if (self->now_ - self->deleted_at_ < allowed) self->pod_estimate_ = allowed;
                self->next();
              })
        .release();
  }

  void next() {
    // Pods may need what else is here until they have ended.
    const bool pods_remain = at_ == 1 && remains_.objects.contains("pods.");
    if (at_ == resources_.size() || pods_remain) return done_(remains_);
    const DiscoveredResource& resource = resources_[at_];
    if (resource.can("deletecollection")) return delete_collection(resource);
    delete_each(resource);
  }

  void delete_collection(const DiscoveredResource& resource) {
    client::ApiRequest request{.method = "DELETE", .path = client(resource.resource).path()};
    request.body = std::make_shared<const std::string>(
        R"({"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"})");
    transport_
        .send(std::move(request),
              [self = shared_from_this()](auto answer) {
                if (!answer && !is_unsupported(answer.error())) return self->failed(answer.error());
                // The answer is what was there.
                if (answer && answer->list && answer->list->items.empty()) return self->advance();
                self->count();
              })
        .release();
  }

  // A resource whose collection cannot be deleted at once.
  void delete_each(const DiscoveredResource& resource) {
    client(resource.resource)
        .list({},
              [self = shared_from_this(), resource](auto found) {
                if (!found && is_unsupported(found.error())) return self->advance();
                if (!found) return self->failed(found.error());
                const auto objects = (*found)->items;
                fan_out(
                    objects.size(),
                    [self, resource, objects](std::size_t i, FanOutDone removed) {
                      client::DeleteOptions options;
                      options.propagation = "Background";
                      self->client(resource.resource)
                          .remove(objects[i]->name(), options,
                                  [self, removed](client::ApiResult<void> result) {
                                    if (!result && !result.error().is_not_found())
                                      self->remains_.errors.push_back(result.error().message);
                                    removed({});
                                  })
                          .release();
                    },
                    [self](client::ApiResult<void>) { self->count(); });
              })
        .release();
  }

  // What is there still.
  void count() {
    const DiscoveredResource& resource = resources_[at_];
    const client::ResourceClient metadata(metadata_, resource.resource, name_space_);
    metadata
        .list({},
              [self = shared_from_this()](auto found) {
                if (!found && is_unsupported(found.error())) return self->advance();
                if (!found) return self->failed(found.error());
                self->counted_items((*found)->items);
              })
        .release();
  }

  void counted_items(const std::vector<api::ObjectPtr>& items) {
    if (items.empty()) return advance();
    const client::Resource& resource = resources_[at_].resource;
    const bool pods = at_ == 0 && resource.plural == "pods";
    remains_.objects[resource.plural + "." + resource.group] = items.size();
    bool finalizers = false;
    for (const api::ObjectPtr& item : items) {
      const json::array* const all = api::array_at(item->document(), {"metadata", "finalizers"});
      if (all == nullptr) continue;
      for (const json::value& each : *all) {
        if (!each.is_string()) continue;
        finalizers = true;
        ++remains_.finalizers[std::string(api::view(each.get_string()))];
      }
    }
    std::chrono::seconds estimate{0};
    if (pods) estimate = pod_estimate_;
    if (estimate.count() == 0 && finalizers) estimate = kFinalizerEstimate;
    if (estimate.count() == 0) {
      remains_.errors.push_back(
          fmt::format("unexpected items still remain in namespace: {} for gvr: {}/{}, Resource={}",
                      name_space_, resource.group, resource.version, resource.plural));
    }
    remains_.estimate = std::max(remains_.estimate, estimate);
    advance();
  }

  static bool is_unsupported(const client::ApiError& error) {
    return error.code == 405 || error.is_not_found();
  }
  void failed(const client::ApiError& error) {
    remains_.errors.push_back(error.message);
    advance();
  }
  void advance() {
    ++at_;
    next();
  }

  client::Transport& transport_;
  MetadataTransport metadata_;
  const std::string name_space_;
  const WallTime deleted_at_, now_;
  const std::function<void(NamespaceRemains)> done_;
  std::vector<DiscoveredResource> resources_;  // pods first
  std::size_t at_ = 0;
  std::chrono::seconds pod_estimate_{0};
  NamespaceRemains remains_;
};

}  // namespace

bool set_deletion_conditions(json::object& name_space, const NamespaceRemains& remains,
                             WallTime now) {
  const auto problems = problems_of(remains);
  json::array conditions = api::make_array_at(name_space, {"status", "conditions"});
  for (const Condition& fine : kFine) {
    const auto problem = problems.find(fine.type);
    const bool failed = problem != problems.end();
    json::object& condition = condition_of(conditions, fine.type, now);
    const std::string_view status = failed ? "True" : "False";
    if (api::text_at(condition, {"status"}) != status)
      condition["lastTransitionTime"] = rfc3339(now);
    condition["status"] = api::key(status);
    condition["reason"] = api::key(failed ? problem->second.first : fine.reason);
    condition["message"] = api::key(failed ? problem->second.second : fine.message);
  }
  if (api::same(conditions, api::make_array_at(name_space, {"status", "conditions"}))) return false;
  api::set_at(name_space, {"status", "conditions"}, std::move(conditions));
  return true;
}

void delete_content(client::Transport& transport, std::string name_space, WallTime deleted_at,
                    WallTime now, std::function<void(NamespaceRemains)> done) {
  std::make_shared<Pass>(transport, std::move(name_space), deleted_at, now, std::move(done))
      ->begin();
}

}  // namespace cove::controllers
