// PersistentVolumeClaims, PersistentVolumes and StorageClasses.
#include <QCoreApplication>

#include "ui/models/document_text.h"
#include "ui/models/references.h"
#include "ui/views/kinds_page.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

namespace json = api::json;

struct Storage {
  Q_DECLARE_TR_FUNCTIONS(StoragePage)
};

constexpr std::string_view kDefaultClass = "storageclass.kubernetes.io/is-default-class";

QString at(const api::Object& object, api::Steps path) {
  return text(api::text_at(object.document(), path));
}

// "RWO, ROX", as kubectl abbreviates them.
QString modes_of(const api::Object& object) {
  QStringList modes;
  if (const auto* all = api::array_at(object.document(), {"spec", "accessModes"})) {
    for (const json::value& each : *all) {
      const auto* mode = each.if_string();
      if (mode == nullptr) continue;
      const auto name = api::view(*mode);
      modes.append(name == "ReadWriteOnce"      ? QStringLiteral("RWO")
                   : name == "ReadOnlyMany"     ? QStringLiteral("ROX")
                   : name == "ReadWriteMany"    ? QStringLiteral("RWX")
                   : name == "ReadWriteOncePod" ? QStringLiteral("RWOP")
                                                : text(name));
    }
  }
  return modes.join(QStringLiteral(", "));
}

ObjectState phase_state(std::string_view phase) {
  if (phase == "Bound" || phase == "Available") return ObjectState::kGood;
  if (phase == "Pending") return ObjectState::kBusy;
  return phase == "Released" ? ObjectState::kOff : ObjectState::kBad;
}

QString phase_text(std::string_view phase) {
  if (phase == "Bound") return Storage::tr("Bound");
  if (phase == "Available") return Storage::tr("Available");
  if (phase == "Pending") return Storage::tr("Pending");
  if (phase == "Released") return Storage::tr("Released");
  if (phase == "Lost") return Storage::tr("Lost");
  if (phase == "Failed") return Storage::tr("Failed");
  return text(phase);
}

Cell phase_cell(const api::Object& object) {
  const auto phase = api::text_at(object.document(), {"status", "phase"});
  return {phase_text(phase), {}, phase.empty() ? ObjectState::kNone : phase_state(phase)};
}

ObjectColumn column(std::function<QString()> title, std::function<QString(const api::Object&)> of,
                    int width) {
  return {std::move(title),
          [of = std::move(of)](const api::Object& object, WallTime) { return Cell{of(object)}; },
          width};
}

void add_age(std::vector<Fact>& facts, const api::Object& object, WallTime now) {
  if (const auto created = created_at(object))
    facts.push_back({Storage::tr("Age"), age_text(*created, now)});
}

// What the pending claim waits for, by what is known of classes and pods.
QString why_pending(const api::Object& claim, const LiveCollection& classes, const QString& users) {
  if (api::text_at(claim.document(), {"status", "phase"}) != "Pending" || !classes.synced())
    return {};
  const auto* wanted = api::value_at(claim.document(), {"spec", "storageClassName"});
  const auto name = api::text_at(claim.document(), {"spec", "storageClassName"});
  if (wanted == nullptr) {
    return Storage::tr(
        "It names no StorageClass and there is no default one, so no volume is made for it. Mark a "
        "StorageClass as the default or make a matching PersistentVolume.");
  }
  if (name.empty()) {
    return Storage::tr(
        "It asks for a volume without a class. It waits for a PersistentVolume of its size and "
        "access modes that is free.");
  }
  const auto named = classes.find(std::string(name));
  if (!named) {
    return Storage::tr(
               "There is no StorageClass %1. Make it, or delete the claim and make it again with "
               "a class that is there.")
        .arg(text(name));
  }
  if (api::text_at(named->document(), {"volumeBindingMode"}) == "WaitForFirstConsumer" &&
      users.isEmpty()) {
    return Storage::tr(
        "Its class makes volumes when they are needed: it waits for the first pod that uses it.");
  }
  return Storage::tr(
             "The provisioner %1 has not made its volume yet; the events tell how far it is.")
      .arg(at(*named, {"provisioner"}));
}

class ClaimsPage final : public ObjectPage {
 public:
  ClaimsPage(const PageContext& context, QWidget* parent)
      : ClaimsPage(context, context.api.follow({.resource = {"", "v1", "pods"}}),
                   context.api.follow({.resource = {"storage.k8s.io", "v1", "storageclasses"}}),
                   parent) {}

 private:
  ClaimsPage(const PageContext& context, const std::shared_ptr<LiveCollection>& pods,
             const std::shared_ptr<LiveCollection>& classes, QWidget* parent)
      : ObjectPage(context, kind(pods, classes), parent) {
    depend_on(pods);
    depend_on(classes);
  }
  static ObjectPageKind kind(const std::shared_ptr<LiveCollection>& pods,
                             const std::shared_ptr<LiveCollection>& classes);
};

ObjectPageKind ClaimsPage::kind(const std::shared_ptr<LiveCollection>& pods,
                                const std::shared_ptr<LiveCollection>& classes) {
  ObjectPageKind kind;
  kind.id = QStringLiteral("claims");
  kind.resource = {"", "v1", "persistentvolumeclaims"};
  kind.title = [] { return Storage::tr("PersistentVolumeClaims"); };
  kind.explanation = [] {
    return Storage::tr(
        "A PersistentVolumeClaim asks for storage that outlives pods. A pod names it as a volume; "
        "a StorageClass makes it.");
  };
  kind.facts = [pods, classes](const api::Object& claim, WallTime now) {
    const QString users = used_by(*pods, Referent::kClaim, claim.namespace_name(), claim.name());
    const Cell phase = phase_cell(claim);
    std::vector<Fact> facts = {
        {Storage::tr("Status"), phase.text, glyph_of(phase.state)},
        {Storage::tr("Why"), why_pending(claim, *classes, users)},
        {Storage::tr("Volume"), at(claim, {"spec", "volumeName"})},
        {Storage::tr("Asked for"), at(claim, {"spec", "resources", "requests", "storage"})},
        {Storage::tr("Capacity"), at(claim, {"status", "capacity", "storage"})},
        {Storage::tr("Access modes"), modes_of(claim)},
        {Storage::tr("StorageClass"), at(claim, {"spec", "storageClassName"})},
        {Storage::tr("Used by"), !users.isEmpty() ? users
                                 : pods->synced() ? Storage::tr("no pod")
                                                  : QString()},
        {Storage::tr("Namespace"), text(claim.namespace_name())},
    };
    add_age(facts, claim, now);
    return facts;
  };
  kind.columns = {
      name_column(),
      {[] { return Storage::tr("Status"); },
       [](const api::Object& claim, WallTime) { return phase_cell(claim); }, 108},
      column([] { return Storage::tr("Capacity"); },
             [](const api::Object& claim) {
               const QString given = at(claim, {"status", "capacity", "storage"});
               return given.isEmpty() ? at(claim, {"spec", "resources", "requests", "storage"})
                                      : given;
             },
             88),
      column([] { return Storage::tr("Access"); }, &modes_of, 76),
      column([] { return Storage::tr("StorageClass"); },
             [](const api::Object& claim) {
               return at(claim, {"spec", "storageClassName"});
             },
             110),
      age_column(),
      namespace_column(),
      column([] { return Storage::tr("Volume"); },
             [](const api::Object& claim) {
               return at(claim, {"spec", "volumeName"});
             },
             200),
  };
  return kind;
}

QString claim_of(const api::Object& volume) {
  const QString name = at(volume, {"spec", "claimRef", "name"});
  return name.isEmpty() ? QString()
                        : at(volume, {"spec", "claimRef", "namespace"}) + QLatin1Char('/') + name;
}

// Where the bytes are, for the sources that a local cluster has.
QString source_of(const api::Object& volume) {
  for (const std::string_view source : {"hostPath", "local"}) {
    const auto path = api::text_at(volume.document(), {"spec", source, "path"});
    if (!path.empty()) return text(path);
  }
  const auto driver = api::text_at(volume.document(), {"spec", "csi", "driver"});
  return text(driver);
}

ObjectPageKind volumes_kind() {
  ObjectPageKind kind;
  kind.id = QStringLiteral("volumes");
  kind.resource = {"", "v1", "persistentvolumes"};
  kind.namespaced = false;
  kind.title = [] { return Storage::tr("PersistentVolumes"); };
  kind.explanation = [] {
    return Storage::tr(
        "A PersistentVolume is a piece of storage in the cluster. It is made for a claim, or by "
        "you for claims to come.");
  };
  kind.facts = [](const api::Object& volume, WallTime now) {
    const Cell phase = phase_cell(volume);
    std::vector<Fact> facts = {
        {Storage::tr("Status"), phase.text, glyph_of(phase.state)},
        {Storage::tr("Why"), at(volume, {"status", "message"})},
        {Storage::tr("Claim"), claim_of(volume)},
        {Storage::tr("Capacity"), at(volume, {"spec", "capacity", "storage"})},
        {Storage::tr("Access modes"), modes_of(volume)},
        {Storage::tr("When released"), at(volume, {"spec", "persistentVolumeReclaimPolicy"})},
        {Storage::tr("StorageClass"), at(volume, {"spec", "storageClassName"})},
        {Storage::tr("Source"), source_of(volume), std::nullopt, true},
    };
    add_age(facts, volume, now);
    return facts;
  };
  kind.columns = {
      name_column(),
      {[] { return Storage::tr("Status"); },
       [](const api::Object& volume, WallTime) { return phase_cell(volume); }, 108},
      column([] { return Storage::tr("Capacity"); },
             [](const api::Object& volume) {
               return at(volume, {"spec", "capacity", "storage"});
             },
             88),
      column([] { return Storage::tr("Claim"); }, &claim_of, 180),
      column([] { return Storage::tr("When released"); },
             [](const api::Object& volume) {
               return at(volume, {"spec", "persistentVolumeReclaimPolicy"});
             },
             110),
      age_column(),
      column([] { return Storage::tr("StorageClass"); },
             [](const api::Object& volume) {
               return at(volume, {"spec", "storageClassName"});
             },
             110),
  };
  return kind;
}

bool is_default(const api::Object& storage_class) {
  return api::text_at(storage_class.document(), {"metadata", "annotations", kDefaultClass}) ==
         "true";
}

ObjectPageKind classes_kind() {
  ObjectPageKind kind;
  kind.id = QStringLiteral("classes");
  kind.resource = {"storage.k8s.io", "v1", "storageclasses"};
  kind.namespaced = false;
  kind.events = false;
  kind.title = [] { return Storage::tr("StorageClasses"); };
  kind.explanation = [] {
    return Storage::tr(
        "A StorageClass says who makes the volumes of claims that name it, and how.");
  };
  kind.facts = [](const api::Object& storage_class, WallTime now) {
    std::vector<Fact> facts = {
        {Storage::tr("Default"), is_default(storage_class) ? Storage::tr("yes") : QString()},
        {Storage::tr("Provisioner"), at(storage_class, {"provisioner"}), std::nullopt, true},
        {Storage::tr("Binds"), at(storage_class, {"volumeBindingMode"})},
        {Storage::tr("When released"), at(storage_class, {"reclaimPolicy"})},
        {Storage::tr("Can grow"), api::flag_at(storage_class.document(), {"allowVolumeExpansion"})
                                      ? Storage::tr("yes")
                                      : Storage::tr("no")},
    };
    add_age(facts, storage_class, now);
    return facts;
  };
  kind.columns = {
      name_column(),
      {[] { return Storage::tr("Default"); },
       [](const api::Object& storage_class, WallTime) {
         return is_default(storage_class) ? Cell{Storage::tr("yes"), {}, ObjectState::kGood}
                                          : Cell{};
       },
       88},
      column([] { return Storage::tr("Provisioner"); },
             [](const api::Object& each) { return at(each, {"provisioner"}); }, 170),
      column([] { return Storage::tr("Binds"); },
             [](const api::Object& each) { return at(each, {"volumeBindingMode"}); }, 170),
      column([] { return Storage::tr("When released"); },
             [](const api::Object& each) { return at(each, {"reclaimPolicy"}); }, 110),
      age_column(),
  };
  return kind;
}

}  // namespace

QWidget* make_storage_page(const PageContext& context, QWidget* parent) {
  return new KindsPage(context, QStringLiteral("storage"),
                       {{"persistentvolumeclaims", [] { return Storage::tr("Claims"); },
                         [](const PageContext& of, QWidget* under) -> ObjectPage* {
                           return new ClaimsPage(of, under);
                         }},
                        {"persistentvolumes", [] { return Storage::tr("Volumes"); },
                         [](const PageContext& of, QWidget* under) -> ObjectPage* {
                           return new ObjectPage(of, volumes_kind(), under);
                         }},
                        {"storageclasses", [] { return Storage::tr("Classes"); },
                         [](const PageContext& of, QWidget* under) -> ObjectPage* {
                           return new ObjectPage(of, classes_kind(), under);
                         }}},
                       parent);
}

}  // namespace cove::ui
