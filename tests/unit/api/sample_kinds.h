// A registry for tests of documents about kinds: what is built in, a few more that the tests name,
// and a custom kind.
#pragma once

#include <gtest/gtest.h>

#include "core/api/registry.h"

namespace cove::api::testing {

class SampleKinds {
 public:
  SampleKinds() {
    make_widget();
    std::vector<Kind> kinds{pod(),
                            namespace_kind(),
                            deployment("apps", "v1", "apps/v1"),
                            deployment("extensions", "v1beta1", "extensions/v1beta1"),
                            autoscaler("v1"),
                            autoscaler("v2"),
                            widget()};
    const auto builtin = Registry::builtin(schemas);
    std::vector<std::shared_ptr<const Kind>> missing;
    for (Kind& kind : kinds) {
      if (builtin->kind(kind.gvk) == nullptr)
        missing.push_back(std::make_shared<const Kind>(std::move(kind)));
    }
    auto made = builtin->with_custom(std::move(missing));
    EXPECT_TRUE(made.has_value());
    if (made.has_value()) registry = *made;
  }

  BuiltinSchemas schemas;
  std::shared_ptr<const Registry> registry;

 private:
  Kind pod() const {
    return {
        .gvk = {"", "v1", "Pod"},
        .plural = "pods",
        .singular = "pod",
        .short_names = {"po"},
        .categories = {"all"},
        .schema = &schemas.type("core/v1.Pod"),
        .subresources = {{"status", std::nullopt, {"get", "patch", "update"}},
                         {"log", std::nullopt, {"get"}},
                         {"exec", GroupVersionKind{"", "v1", "PodExecOptions"}, {"get", "create"}},
                         {"eviction", GroupVersionKind{"policy", "v1", "Eviction"}, {"create"}}}};
  }

  Kind namespace_kind() const {
    return {.gvk = {"", "v1", "Namespace"},
            .plural = "namespaces",
            .singular = "namespace",
            .short_names = {"ns"},
            .namespaced = false,
            .schema = &schemas.type("core/v1.Namespace"),
            .verbs = {"create", "delete", "get", "list", "patch", "update", "watch"}};
  }

  Kind deployment(std::string group, std::string version, std::string_view package) const {
    Kind kind{
        .gvk = {group, version, "Deployment"},
        .plural = "deployments",
        .singular = "deployment",
        .short_names = {"deploy"},
        .categories = {"all"},
        .schema = &schemas.type(std::string(package) + ".Deployment"),
        .subresources = {
            {"status", std::nullopt, {"get", "patch", "update"}},
            {"scale", GroupVersionKind{"autoscaling", "v1", "Scale"}, {"get", "patch", "update"}}}};
    if (group == "extensions") kind.conversion = Conversion{"apps", "v1", "deployments", {}, {}};
    return kind;
  }

  Kind autoscaler(std::string version) const {
    return {.gvk = {"autoscaling", version, "HorizontalPodAutoscaler"},
            .plural = "horizontalpodautoscalers",
            .singular = "horizontalpodautoscaler",
            .short_names = {"hpa"},
            .schema = &schemas.type("autoscaling/" + version + ".HorizontalPodAutoscaler")};
  }

  Kind widget() const {
    return {.gvk = {"shop.example.com", "v1", "Widget"},
            .plural = "widgets",
            .singular = "widget",
            .schema = &widget_schema_,
            .custom = true};
  }

  void make_widget() {
    text_.type = Type::kString;
    port_.type = Type::kIntOrString;
    free_.type = Type::kObject;
    free_.preserve_unknown = true;
    size_.type = Type::kInt64;
    size_.nullable = true;
    spec_.type = Type::kObject;
    spec_.doc = "What is wanted.";
    add(spec_, "colour", text_, "The widget's colour.");
    spec_.fields.back().required = true;
    spec_.fields.back().default_value = "red";
    spec_.fields.back().enumeration = {"red", "blue"};
    add(spec_, "free", free_, "");
    add(spec_, "port", port_, "");
    add(spec_, "size", size_, "");
    widget_schema_.type = Type::kObject;
    widget_schema_.is_kind = true;
    widget_schema_.doc = "A thing to sell.";
    add(widget_schema_, "metadata", schemas.type("meta/v1.ObjectMeta"), "");
    add(widget_schema_, "spec", spec_, "");
    for (Schema* each : {&spec_, &widget_schema_}) each->index();
  }

  static void add(Schema& schema, std::string name, const Schema& type, std::string doc) {
    Field field;
    field.name = std::move(name);
    field.schema = &type;
    field.doc = std::move(doc);
    schema.fields.push_back(std::move(field));
  }

  Schema text_;
  Schema port_;
  Schema free_;
  Schema size_;
  Schema spec_;
  Schema widget_schema_;
};

}  // namespace cove::api::testing
