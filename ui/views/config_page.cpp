// ConfigMaps and Secrets.
#include <QCoreApplication>

#include "ui/models/document_text.h"
#include "ui/models/references.h"
#include "ui/views/data_view.h"
#include "ui/views/kinds_page.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

namespace json = api::json;

int key_count(const api::Object& object) {
  int count = 0;
  for (const std::string_view member : {"data", "binaryData"}) {
    if (const auto* data = api::object_at(object.document(), {member}))
      count += static_cast<int>(data->size());
  }
  return count;
}

class ConfigPage final : public ObjectPage {
  Q_DECLARE_TR_FUNCTIONS(ConfigPage)
 public:
  ConfigPage(const PageContext& context, DataView::Of of, QWidget* parent)
      : ConfigPage(context, of, context.api.follow({.resource = {"", "v1", "pods"}}), parent) {}

 private:
  ConfigPage(const PageContext& context, DataView::Of of,
             const std::shared_ptr<LiveCollection>& pods, QWidget* parent)
      : ObjectPage(context, kind(of, pods), parent) {
    data_ = new DataView(context.theme, of, this);
    tabs()->insertTab(0, data_, QString());
    tabs()->setCurrentIndex(0);
    depend_on(pods);
    const client::Resource resource{"", "v1",
                                    of == DataView::Of::kSecret ? "secrets" : "configmaps"};
    connect(data_, &DataView::change_wanted, this,
            [this, resource](const json::value& patch) { change(resource, patch); });
    connect(this, &ObjectPage::chosen_changed, this, [this] { data_->show_object(chosen()); });
    connect(this, &ObjectPage::retranslated, this,
            [this] { tabs()->setTabText(tabs()->indexOf(data_), tr("Data")); });
    tabs()->setTabText(0, tr("Data"));
  }

  void change(const client::Resource& resource, const json::value& patch) {
    if (!chosen()) return;
    const std::string name(chosen()->name());
    const std::string space(chosen()->namespace_name());
    const std::string uid(chosen()->uid());
    api().call(
        [=](client::Transport& transport, ApiSession::ObjectDone done) {
          return client::ResourceClient(transport, resource, space)
              .patch(name, client::PatchType::kMerge, patch, {.field_manager = "cove-desktop"},
                     std::move(done));
        },
        this,
        [this, uid](const client::ApiResult<api::ObjectPtr>& result) {
          if (!chosen() || chosen()->uid() != uid) return;
          data_->finish(result.has_error() ? std::optional(result.error()) : std::nullopt);
        });
  }

  static ObjectPageKind kind(DataView::Of of, const std::shared_ptr<LiveCollection>& pods);
  static std::vector<Fact> facts(const api::Object& object, DataView::Of of,
                                 const LiveCollection& pods, WallTime now);

  DataView* data_;
};

std::vector<Fact> ConfigPage::facts(const api::Object& object, DataView::Of of,
                                    const LiveCollection& pods, WallTime now) {
  const auto& document = object.document();
  const QString users =
      used_by(pods, of == DataView::Of::kSecret ? Referent::kSecret : Referent::kConfigMap,
              object.namespace_name(), object.name());
  std::vector<Fact> facts = {
      {tr("Type"), text(api::text_at(document, {"type"}))},
      {tr("Keys"), QString::number(key_count(object))},
      {tr("Used by"), !users.isEmpty() ? users
                      : pods.synced()  ? tr("no pod")
                                       : QString()},
      {tr("Immutable"), api::flag_at(document, {"immutable"}) ? tr("yes") : QString()},
      {tr("Namespace"), text(object.namespace_name())},
  };
  if (const auto created = created_at(object))
    facts.push_back({tr("Age"), age_text(*created, now)});
  return facts;
}

ObjectPageKind ConfigPage::kind(DataView::Of of, const std::shared_ptr<LiveCollection>& pods) {
  const bool secret = of == DataView::Of::kSecret;
  ObjectPageKind kind;
  kind.id = secret ? QStringLiteral("secrets") : QStringLiteral("configmaps");
  kind.resource = {"", "v1", secret ? "secrets" : "configmaps"};
  kind.events = false;
  if (secret) {
    kind.title = [] { return tr("Secrets"); };
    kind.explanation = [] {
      return tr(
          "A Secret holds passwords, tokens and keys that pods are given as files or variables. "
          "“kubectl create secret” makes one.");
    };
  } else {
    kind.title = [] { return tr("ConfigMaps"); };
    kind.explanation = [] {
      return tr(
          "A ConfigMap holds settings that pods are given as files or variables. “kubectl create "
          "configmap” makes one.");
    };
  }
  kind.facts = [of, pods](const api::Object& object, WallTime now) {
    return facts(object, of, *pods, now);
  };
  kind.columns = {
      name_column(),
      {[] { return tr("Keys"); },
       [](const api::Object& object, WallTime) {
         const int count = key_count(object);
         return Cell{QString::number(count), QVariant(count)};
       },
       64, true},
      age_column(),
      namespace_column(),
      {[] { return tr("Immutable"); },
       [](const api::Object& object, WallTime) {
         return Cell{api::flag_at(object.document(), {"immutable"}) ? tr("yes") : QString()};
       },
       96},
  };
  if (secret) {
    kind.columns.insert(kind.columns.begin() + 1,
                        {[] { return tr("Type"); },
                         [](const api::Object& object, WallTime) {
                           return Cell{text(api::text_at(object.document(), {"type"}))};
                         },
                         180});
  }
  return kind;
}

struct ConfigKinds {
  Q_DECLARE_TR_FUNCTIONS(ConfigPage)
};

}  // namespace

QWidget* make_config_page(const PageContext& context, QWidget* parent) {
  return new KindsPage(context, QStringLiteral("config"),
                       {{"configmaps", [] { return ConfigKinds::tr("ConfigMaps"); },
                         [](const PageContext& of, QWidget* under) -> ObjectPage* {
                           return new ConfigPage(of, DataView::Of::kConfigMap, under);
                         }},
                        {"secrets", [] { return ConfigKinds::tr("Secrets"); },
                         [](const PageContext& of, QWidget* under) -> ObjectPage* {
                           return new ConfigPage(of, DataView::Of::kSecret, under);
                         }}},
                       parent);
}

}  // namespace cove::ui
