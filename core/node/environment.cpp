#include "core/node/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/api/names.h"
#include "core/node/environment_fields.h"
#include "core/node/environment_files.h"

namespace cove::node {

namespace json = boost::json;

namespace {

StartFailure config_error(std::string message) {
  return {"CreateContainerConfigError", std::move(message)};
}

// What follows a "$" in `text`: the name of a variable, or plain text; and how long it is.
struct Reference {
  std::string_view text;
  bool variable = false;
  std::size_t length = 1;
};
Reference read_reference(std::string_view rest) {
  if (rest[0] == '$') return {rest.substr(0, 1), false, 1};
  if (rest[0] != '(') return {{}, false, 0};
  const std::size_t end = rest.find(')');
  if (end == std::string_view::npos) return {{}, false, 0};
  return {rest.substr(1, end - 1), true, end + 1};
}

std::string upper(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

void add_service(Variables& out, const json::object& service) {
  const json::array* const ports = api::array_at(service, {"spec", "ports"});
  const std::string_view ip = api::text_at(service, {"spec", "clusterIP"});
  if (ip.empty() || ip == "None" || api::text_at(service, {"spec", "type"}) == "ExternalName" ||
      ports == nullptr || ports->empty())
    return;
  const std::string name = upper(api::text_at(service, {"metadata", "name"}));
  out.set(name + "_SERVICE_HOST", std::string(ip));
  std::vector<const json::object*> all;
  for (const json::value& item : *ports) {
    if (const json::object* const port = item.if_object()) all.push_back(port);
  }
  const auto number = [](const json::object& port) {
    return api::integer_at(port, {"port"}).value_or(0);
  };
  if (!all.empty()) out.set(name + "_SERVICE_PORT", std::to_string(number(*all.front())));
  for (const json::object* const port : all) {
    const std::string_view port_name = api::text_at(*port, {"name"});
    if (!port_name.empty())
      out.set(fmt::format("{}_SERVICE_PORT_{}", name, upper(port_name)),
              std::to_string(number(*port)));
  }
  const std::string host =
      ip.find(':') == std::string_view::npos ? std::string(ip) : fmt::format("[{}]", ip);
  bool first = true;
  for (const json::object* const port : all) {
    std::string_view protocol = api::text_at(*port, {"protocol"});
    if (protocol.empty()) protocol = "TCP";
    const std::string url = fmt::format("{}://{}:{}", lower(protocol), host, number(*port));
    if (std::exchange(first, false)) out.set(name + "_PORT", url);
    const std::string prefix = fmt::format("{}_PORT_{}_{}", name, number(*port), upper(protocol));
    out.set(prefix, url);
    out.set(prefix + "_PROTO", lower(protocol));
    out.set(prefix + "_PORT", std::to_string(number(*port)));
    out.set(prefix + "_ADDR", std::string(ip));
  }
}

class Builder {
 public:
  Builder(const ContainerInputs& inputs, EnvironmentSource& environment,
          const NodeSettings& settings)
      : inputs_(inputs),
        environment_(environment),
        settings_(settings),
        namespace_(inputs.pod->namespace_name()) {
    const json::value* const links =
        api::value_at(inputs.pod->document(), {"spec", "enableServiceLinks"});
    const bool wanted = links == nullptr || !links->is_bool() || links->get_bool();
    services_ = service_variables(environment.services(namespace_), namespace_, wanted);
  }

  StartResult<Variables> build() {
    const auto each = [&](const char* list, auto&& take) -> StartResult<void> {
      const json::array* const all = api::array_at(inputs_.container, {list});
      if (all == nullptr) return {};
      for (const json::value& item : *all) {
        if (!item.is_object()) continue;
        if (StartResult<void> taken = take(item.get_object()); !taken) return taken.error();
      }
      return {};
    };
    if (auto done = each("envFrom", [&](const json::object& from) { return take_all(from); });
        !done)
      return done.error();
    if (auto done = each("env", [&](const json::object& entry) { return take_one(entry); }); !done)
      return done.error();
    for (const auto& [name, value] : services_.all()) out_.set_default(name, value);
    return std::move(out_);
  }

 private:
  using Keys = std::map<std::string, std::string>;

  // The keys of a ConfigMap or Secret; nothing when it need not be there and is not.
  StartResult<std::optional<Keys>> keys(bool secret, const std::string& name, bool optional) {
    auto found =
        secret ? environment_.secret(namespace_, name) : environment_.config_map(namespace_, name);
    if (found) return std::optional<Keys>(std::move(*found));
    if (found.error().code != ErrorCode::kNotFound) return config_error(found.error().cause);
    if (optional) return std::optional<Keys>();
    return config_error(
        fmt::format("{} {} not found", secret ? "secret" : "configmap", api::quote(name)));
  }

  StartResult<void> take_all(const json::object& from) {
    const std::string_view prefix = api::text_at(from, {"prefix"});
    for (const bool secret : {false, true}) {
      const json::object* const reference =
          api::object_at(from, {secret ? "secretRef" : "configMapRef"});
      if (reference == nullptr) continue;
      auto all = keys(secret, std::string(api::text_at(*reference, {"name"})),
                      api::flag_at(*reference, {"optional"}));
      if (!all) return all.error();
      if (!*all) continue;
      for (const auto& [key, value] : **all) {
        const std::string name = fmt::format("{}{}", prefix, key);
        if (api::check_env_var_name(name).empty()) out_.set(name, value);
      }
    }
    return {};
  }

  StartResult<void> take_one(const json::object& entry) {
    const std::string_view name = api::text_at(entry, {"name"});
    const std::string_view value = api::text_at(entry, {"value"});
    const json::object* const from = api::object_at(entry, {"valueFrom"});
    if (!value.empty() || from == nullptr) {
      out_.set(name, expand(value, [&](std::string_view wanted) { return lookup(wanted); }));
      return {};
    }
    auto resolved = value_from(*from);
    if (!resolved) return resolved.error();
    if (*resolved) out_.set(name, std::move(**resolved));
    return {};
  }

  StartResult<std::optional<std::string>> value_from(const json::object& from) {
    if (const json::object* const field = api::object_at(from, {"fieldRef"})) {
      return checked(field_value(*inputs_.pod, api::text_at(*field, {"fieldPath"}),
                                 {inputs_.sandbox.address, inputs_.sandbox.host_address}));
    }
    if (const json::object* const resource = api::object_at(from, {"resourceFieldRef"})) {
      return checked(
          resource_value(*inputs_.pod, &inputs_.container, *resource, settings_.allocatable));
    }
    for (const bool secret : {false, true}) {
      const json::object* const reference =
          api::object_at(from, {secret ? "secretKeyRef" : "configMapKeyRef"});
      if (reference != nullptr) return key_of(secret, *reference);
    }
    if (const json::object* const file = api::object_at(from, {"fileKeyRef"})) {
      auto value = variable_of_file(*file, inputs_.volumes);
      if (!value) return config_error(value.error().cause);
      return std::move(*value);
    }
    return config_error("the variable's source is not supported");
  }

  StartResult<std::optional<std::string>> key_of(bool secret, const json::object& reference) {
    const std::string name(api::text_at(reference, {"name"}));
    const std::string key(api::text_at(reference, {"key"}));
    const bool optional = api::flag_at(reference, {"optional"});
    auto all = keys(secret, name, optional);
    if (!all) return all.error();
    if (!*all) return std::optional<std::string>();
    const auto found = (*all)->find(key);
    if (found != (*all)->end()) return std::optional(found->second);
    if (optional) return std::optional<std::string>();
    return config_error(fmt::format("couldn't find key {} in {} {}/{}", key,
                                    secret ? "Secret" : "ConfigMap", namespace_, name));
  }

  static StartResult<std::optional<std::string>> checked(Result<std::string> value) {
    if (!value) return config_error(value.error().cause);
    return std::optional(std::move(*value));
  }

  const std::string* lookup(std::string_view name) const {
    const std::string* const own = out_.find(name);
    return own != nullptr ? own : services_.find(name);
  }

  const ContainerInputs& inputs_;
  EnvironmentSource& environment_;
  const NodeSettings& settings_;
  const std::string namespace_;
  Variables services_;
  Variables out_;
};

}  // namespace

void Variables::set(std::string_view name, std::string value) {
  const auto [place, added] = places_.try_emplace(std::string(name), all_.size());
  if (added) {
    all_.emplace_back(name, std::move(value));
  } else {
    all_[place->second].second = std::move(value);
  }
}

void Variables::set_default(std::string_view name, std::string value) {
  if (find(name) == nullptr) set(name, std::move(value));
}

const std::string* Variables::find(std::string_view name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? nullptr : &all_[place->second].second;
}

std::string expand(std::string_view text, const FindVariable& value) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$' || at + 1 == text.size()) {
      out += text[at++];
      continue;
    }
    const Reference found = read_reference(text.substr(at + 1));
    if (found.variable) {
      const std::string* const known = value(found.text);
      out += known != nullptr ? *known : fmt::format("$({})", found.text);
    } else if (found.length == 0) {
      out += '$';
    } else {
      out += found.text;
    }
    at += 1 + found.length;
  }
  return out;
}

Result<std::string> expand_strictly(std::string_view text, const FindVariable& value) {
  std::string missing;
  static const std::string kNothing;
  std::string out = expand(text, [&](std::string_view name) {
    const std::string* const known = value(name);
    if (known == nullptr && missing.empty()) missing = std::string(name);
    return known == nullptr ? &kNothing : known;
  });
  if (missing.empty()) return out;
  return Error{ErrorCode::kInvalidArgument,
               "expand",
               std::string(text),
               fmt::format("missing value for {}", api::quote(missing)),
               {}};
}

Variables service_variables(const std::vector<api::ObjectPtr>& services,
                            std::string_view namespace_name, bool links) {
  std::map<std::string_view, const api::Object*> chosen;
  for (const api::ObjectPtr& service : services) {
    if (service->namespace_name() == "default" && service->name() == "kubernetes")
      chosen.emplace(service->name(), service.get());
  }
  for (const api::ObjectPtr& service : services) {
    if (links && service->namespace_name() == namespace_name)
      chosen[service->name()] = service.get();
  }
  Variables out;
  for (const auto& [name, service] : chosen) add_service(out, service->document());
  return out;
}

StartResult<Variables> container_variables(const ContainerInputs& inputs,
                                           EnvironmentSource& environment,
                                           const NodeSettings& settings) {
  return Builder(inputs, environment, settings).build();
}

}  // namespace cove::node
