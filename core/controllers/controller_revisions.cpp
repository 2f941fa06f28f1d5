#include "core/controllers/controller_revisions.h"

#include <algorithm>

#include "core/controllers/workload_template.h"

namespace cove::controllers {
namespace {

const client::Resource kControllerRevisions{"apps", "v1", "controllerrevisions"};
constexpr std::size_t kLongestName = 234;  // of the object 223, a dash and ten characters

std::int64_t number_of(const api::Object& revision) {
  return api::integer_at(revision.document(), {"revision"}).value_or(0);
}

// As a strategic merge patch that returns the object to it, which is what clients apply.
json::object data_of(const api::Object& object) {
  const json::object* const found = api::object_at(object.document(), {"spec", "template"});
  json::object pod_template = found == nullptr ? json::object() : *found;
  pod_template["$patch"] = "replace";
  json::object data;
  api::set_at(data, {"spec", "template"}, std::move(pod_template));
  return data;
}

bool has_data(const api::Object& revision, const std::string& canonical) {
  const json::object* const data = api::object_at(revision.document(), {"data"});
  return data != nullptr && canonical_text(*data) == canonical;
}

}  // namespace

json::object template_of_revision(const api::Object& revision) {
  const json::object* const found =
      api::object_at(revision.document(), {"data", "spec", "template"});
  json::object pod_template = found == nullptr ? json::object() : *found;
  pod_template.erase("$patch");
  return pod_template;
}

RevisionedLoop::RevisionedLoop(const Environment& environment, Options options,
                               std::string hash_label)
    : WorkloadLoop(environment, options),
      hash_label_(std::move(hash_label)),
      revisions_(environment.informers.informer({kControllerRevisions})),
      refs_(transport_, options.kind, kControllerRevisions) {
  watch_owned(revisions_);
}

void RevisionedLoop::revise(const std::string& key, const Object& object, Revised done) {
  refs_.claim(object, selector_of(*object), owned_or_orphaned(*revisions_, *object),
              guarded([this, key, object,
                       done = std::move(done)](client::ApiResult<std::vector<Object>> claimed) {
                if (!claimed) return done(claimed.error());
                std::ranges::stable_sort(*claimed, [](const Object& a, const Object& b) {
                  if (number_of(*a) != number_of(*b)) return number_of(*a) < number_of(*b);
                  return is_older(*a, *b);
                });
                settle(key, object, *std::move(claimed), done);
              }));
}

void RevisionedLoop::settle(const std::string& key, const Object& object, std::vector<Object> all,
                            const Revised& done) {
  json::object data = data_of(*object);
  const std::string canonical = canonical_text(data);
  const std::int64_t collisions =
      api::integer_at(object->document(), {"status", "collisionCount"}).value_or(0);
  const auto same = std::find_if(all.rbegin(), all.rend(), [&](const Object& revision) {
    return has_data(*revision, canonical);
  });
  if (same == all.rend())
    return create_revision(key, object, std::move(all), std::move(data), collisions, done);
  if (same == all.rbegin()) return done(Revisions{all, all.back(), collisions});
  // A former template is the present one again.
  json::object next = (*same)->document();
  next["revision"] = number_of(*all.back()) + 1;
  all.erase(std::next(same).base());
  update(kControllerRevisions, next,
         [this, key, all = std::move(all), collisions,
          done](const client::ApiResult<Object>& written) mutable {
           if (!written) return done(written.error());
           pending_.wrote(key, *revisions_, **written);
           all.push_back(*written);
           done(Revisions{all, *written, collisions});
         });
}

void RevisionedLoop::create_revision(const std::string& key, const Object& object,
                                     std::vector<Object> all, json::object data,
                                     std::int64_t collisions, const Revised& done) {
  const std::string canonical = canonical_text(data);
  const std::string hash = short_hash(canonical, collisions);
  const std::string name = hashed_name(object->name(), hash, kLongestName);
  const json::object* const labels =
      api::object_at(object->document(), {"spec", "template", "metadata", "labels"});
  json::object own_labels = labels == nullptr ? json::object() : *labels;
  own_labels[hash_label_] = hash;
  json::object metadata{{"name", name},
                        {"namespace", api::key(object->namespace_name())},
                        {"labels", std::move(own_labels)},
                        {"ownerReferences", json::array{controller_reference(*object)}}};
  if (const auto* const annotations =
          api::object_at(object->document(), {"metadata", "annotations"}))
    metadata["annotations"] = *annotations;
  json::object revision{{"apiVersion", "apps/v1"},
                        {"kind", "ControllerRevision"},
                        {"metadata", std::move(metadata)},
                        {"data", data},
                        {"revision", all.empty() ? 1 : number_of(*all.back()) + 1}};
  create(kControllerRevisions, revision,
         [this, key, object, all = std::move(all), data = std::move(data), canonical, collisions,
          name, done](const client::ApiResult<Object>& written) mutable {
           if (written) {
             pending_.wrote(key, *revisions_, **written);
             all.push_back(*written);
             return done(Revisions{all, *written, collisions});
           }
           const Object other =
               revisions_->objects().get(std::string(object->namespace_name()) + "/" + name);
           // One that is not in the copy yet may be our own: that shows next time.
           if (!written.error().is_already_exists() || !other || is_controlled_by(*other, *object))
             return done(written.error());
           create_revision(key, object, std::move(all), std::move(data), collisions + 1, done);
         });
}

void RevisionedLoop::truncate(const Object& object, const Revisions& revisions,
                              const std::set<std::string, std::less<>>& live, Written done) {
  const int limit = integer_or(object->document(), {"spec", "revisionHistoryLimit"}, 10);
  std::vector<Object> former;
  for (const Object& revision : revisions.all) {
    if (revision != revisions.update && !live.contains(revision->name()))
      former.push_back(revision);
  }
  const int excess = static_cast<int>(former.size()) - limit;
  if (excess <= 0) return done(object);
  struct Progress {
    int waiting;
    std::optional<client::ApiError> error;
  };
  const auto progress = std::make_shared<Progress>(Progress{excess, std::nullopt});
  for (int i = 0; i < excess; ++i) {
    remove(kControllerRevisions, *former[static_cast<std::size_t>(i)],
           [progress, object, done](const client::ApiResult<Object>& removed) {
             if (!removed && !progress->error) progress->error = removed.error();
             if (--progress->waiting > 0) return;
             if (progress->error) return done(*progress->error);
             done(object);
           });
  }
}

}  // namespace cove::controllers
