#include "core/server/access/account_upkeep.h"

#include <fmt/format.h>

#include "core/base/base64.h"
#include "core/base/strings.h"
#include "core/server/access/service_accounts.h"
#include "core/server/bootstrap.h"

namespace cove::server {
namespace {

constexpr std::string_view kNamespaces = "core/namespaces/";
constexpr std::string_view kAccounts = "core/serviceaccounts/";
constexpr std::string_view kNameAnnotation = "kubernetes.io/service-account.name";
constexpr std::string_view kUidAnnotation = "kubernetes.io/service-account.uid";
constexpr std::size_t kBatch = 256;

bool is_token_secret(const json::object& secret) {
  return api::text_at(secret, {"type"}) == kTokenSecretType;
}

class TokenSecrets final : public AdmissionPlugin {
 public:
  explicit TokenSecrets(const ClusterTrust& trust) : trust_(trust) {}
  std::string_view name() const override { return "ServiceAccountTokenSecret"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState& state) override {
    if (request.kind.plural != "secrets" || !request.kind.gvk.group.empty() ||
        request.operation != Operation::kCreate || request.object == nullptr)
      return {};
    api::set_at(*request.object, {"metadata", "namespace"}, api::key(request.namespace_name));
    if (auto filled = fill_token_secret(trust_, state, *request.object); !filled)
      return refuse::internal("the token could not be signed");
    return {};
  }

 private:
  const ClusterTrust& trust_;
};

// "default" and "web" of "core/serviceaccounts/default/web".
std::pair<std::string, std::string> names_of(std::string_view key, std::string_view prefix) {
  key.remove_prefix(prefix.size());
  const std::size_t slash = key.find('/');
  if (slash == key.npos) return {std::string(key), ""};
  return {std::string(key.substr(0, slash)), std::string(key.substr(slash + 1))};
}

}  // namespace

Result<void> fill_token_secret(const ClusterTrust& trust, const ClusterState& state,
                               json::object& secret) {
  if (!is_token_secret(secret)) return {};
  const std::string_view space = api::text_at(secret, {"metadata", "namespace"});
  const std::string_view name = api::text_at(secret, {"metadata", "annotations", kNameAnnotation});
  const api::ObjectPtr account = state.object("", "serviceaccounts", space, name);
  if (name.empty() || !account || account->deleting()) return {};
  const std::string_view uid = api::text_at(secret, {"metadata", "annotations", kUidAnnotation});
  if (!uid.empty() && uid != account->uid()) return {};
  COVE_TRY(const Secret token,
           issue_secret_token(trust.keys, *account, api::text_at(secret, {"metadata", "name"})));
  api::set_at(secret, {"metadata", "annotations", kUidAnnotation}, api::key(account->uid()));
  json::object& data = api::make_object_at(secret, {"data"});
  data["ca.crt"] = base64_encode(trust.ca_certificate_pem);
  data["namespace"] = base64_encode(space);
  data["token"] = base64_encode(token.reveal());
  return {};
}

std::unique_ptr<AdmissionPlugin> token_secrets(const ClusterTrust& trust) {
  return std::make_unique<TokenSecrets>(trust);
}

AccountUpkeep::AccountUpkeep(Parts parts)
    : parts_(parts), self_(std::make_shared<AccountUpkeep*>(this)) {}

AccountUpkeep::~AccountUpkeep() {
  *self_ = nullptr;
}

std::function<void(Result<void>)> AccountUpkeep::report() {
  return [self = self_](Result<void> done) {
    // A namespace that went meanwhile, or somebody who was faster, is no failure.
    if (*self == nullptr || done || done.error().code == ErrorCode::kConflict ||
        done.error().code == ErrorCode::kNotFound)
      return;
    (*self)->parts_.logger.error(done.error().message());
  };
}

void AccountUpkeep::watch(std::unique_ptr<store::Watch>& watch, std::string_view prefix) {
  auto made = parts_.storage.store().watch(
      {.prefix = std::string(prefix), .after = parts_.storage.store().revision()}, [self = self_] {
        if (*self != nullptr) (*self)->drain();
      });
  if (made) {
    watch = std::move(*made);
  } else {
    watch.reset();
    parts_.logger.error(made.error().message());
  }
}

void AccountUpkeep::start(std::function<void(Result<void>)> done) {
  watch(namespaces_, kNamespaces);
  watch(accounts_, kAccounts);
  const auto listing = parts_.storage.store().list({.prefix = std::string(kNamespaces)});
  if (!listing) return done(listing.error());
  for (const store::Item& item : listing->items)
    equip(names_of(*item.key, kNamespaces).first, report());
  done({});
}

void AccountUpkeep::drain() {
  for (auto [watched, prefix] : {std::pair(&namespaces_, kNamespaces), {&accounts_, kAccounts}}) {
    while (*watched) {
      auto events = (*watched)->take(kBatch);
      if (!events) {
        const bool again = events.error().code == ErrorCode::kResourceExhausted;
        watched->reset();
        if (again) return start(report());
        break;
      }
      if (events->empty()) break;
      for (const auto& event : *events) see(*event);
    }
  }
}

void AccountUpkeep::see(const store::Event& event) {
  if (event.key->starts_with(kNamespaces)) {
    if (event.type == store::EventType::kCreated)
      equip(names_of(*event.key, kNamespaces).first, report());
    return;
  }
  const auto [space, name] = names_of(*event.key, kAccounts);
  if (event.type == store::EventType::kCreated) fill_secrets(space, name);
  if (event.type != store::EventType::kDeleted) return;
  remove_secrets(space, name);
  if (name == "default") equip(space, report());
}

void AccountUpkeep::equip(const std::string& namespace_name,
                          std::function<void(Result<void>)> done) {
  const api::ObjectPtr space = parts_.state.object("", "namespaces", "", namespace_name);
  if (!space || space->deleting()) return done({});
  std::vector<json::object> wanted;
  wanted.push_back(
      {{"apiVersion", "v1"},
       {"kind", "ServiceAccount"},
       {"metadata", json::object{{"name", "default"}, {"namespace", namespace_name}}}});
  wanted.push_back(
      {{"apiVersion", "v1"},
       {"kind", "ConfigMap"},
       {"metadata",
        json::object{
            {"name", "kube-root-ca.crt"},
            {"namespace", namespace_name},
            {"annotations",
             json::object{{"kubernetes.io/description",
                           "The certificate of the authority that the API server's own comes "
                           "from."}}}}},
       {"data", json::object{{"ca.crt", parts_.trust.ca_certificate_pem}}}});
  ensure_objects(parts_.storage, parts_.registry, std::move(wanted), parts_.clock.wall(),
                 std::move(done), [](json::object& current, const json::object& want) {
                   if (!want.contains("data")) return false;
                   if (api::same(want.at("data"), current["data"])) return false;
                   current["data"] = want.at("data");
                   return true;
                 });
}

void AccountUpkeep::fill_secrets(const std::string& namespace_name, const std::string& account) {
  for (const auto& secret : parts_.state.objects("", "secrets", namespace_name)) {
    const json::object& document = secret->document();
    if (!is_token_secret(document) ||
        api::text_at(document, {"metadata", "annotations", kNameAnnotation}) != account ||
        !api::text_at(document, {"data", "token"}).empty())
      continue;
    json::object next = document;
    if (!fill_token_secret(parts_.trust, parts_.state, next) || api::same(next, document)) continue;
    parts_.storage.write(fmt::format("core/secrets/{}/{}", namespace_name, secret->name()),
                         std::move(next), revision_of(*secret),
                         [done = report()](Result<api::ObjectPtr> written) {
                           done(written ? Result<void>() : Result<void>(written.error()));
                         });
  }
}

void AccountUpkeep::remove_secrets(const std::string& namespace_name, const std::string& account) {
  for (const auto& secret : parts_.state.objects("", "secrets", namespace_name)) {
    const json::object& document = secret->document();
    if (!is_token_secret(document) ||
        api::text_at(document, {"metadata", "annotations", kNameAnnotation}) != account)
      continue;
    parts_.storage.remove(fmt::format("core/secrets/{}/{}", namespace_name, secret->name()), secret,
                          revision_of(*secret), [done = report()](Result<api::ObjectPtr> written) {
                            done(written ? Result<void>() : Result<void>(written.error()));
                          });
  }
}

}  // namespace cove::server
