#include "core/base/base64.h"
#include "core/node/api_reader.h"
#include "core/node/container_config.h"

namespace cove::node {

namespace json = boost::json;

namespace {

class ApiSource final : public EnvironmentSource {
 public:
  explicit ApiSource(client::Transport& transport) : reader_(transport) {}

  Result<std::map<std::string, std::string>> config_map(const std::string& namespace_name,
                                                        const std::string& name) override {
    return read("configmaps", namespace_name, name);
  }

  Result<std::map<std::string, std::string>> secret(const std::string& namespace_name,
                                                    const std::string& name) override {
    COVE_TRY(auto data, read("secrets", namespace_name, name));
    for (auto& [key, value] : data) value = base64_decode_lenient(value).value_or(std::string());
    return data;
  }

  std::vector<api::ObjectPtr> services(const std::string& namespace_name) override {
    std::vector<api::ObjectPtr> out;
    if (const auto list = reader_.list("services", namespace_name)) out = (*list)->items;
    if (namespace_name != "default") {
      if (const auto own = reader_.get("services", "default", "kubernetes")) out.push_back(*own);
    }
    return out;
  }

 private:
  Result<std::map<std::string, std::string>> read(const char* plural,
                                                  const std::string& namespace_name,
                                                  const std::string& name) const {
    const auto object = reader_.get(plural, namespace_name, name);
    if (!object) return object.error().to_error("read", name);
    std::map<std::string, std::string> out;
    if (const json::object* const data = api::object_at((*object)->document(), {"data"})) {
      for (const auto& [key, value] : *data) {
        if (const auto* const text = value.if_string()) out[std::string(key)] = api::view(*text);
      }
    }
    return out;
  }

  const ApiReader reader_;
};

}  // namespace

std::unique_ptr<EnvironmentSource> make_environment_source(client::Transport& transport) {
  return std::make_unique<ApiSource>(transport);
}

}  // namespace cove::node
