#include <QCoreApplication>

#include "core/api/quantity.h"
#include "core/api/readers.h"
#include "ui/models/document_text.h"
#include "ui/models/text.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

namespace json = api::json;

struct Nodes {
  Q_DECLARE_TR_FUNCTIONS(NodesPage)
};

QString at(const api::Object& node, api::Steps path) {
  return text(api::text_at(node.document(), path));
}

// A number of bytes as people read it; other quantities as they stand there.
QString amount_at(const api::Object& node, api::Steps path) {
  const auto given = api::text_at(node.document(), path);
  const auto quantity = api::Quantity::parse(given);
  constexpr std::int64_t kMebibyte = 1 << 20;
  if (!quantity || quantity->value() < kMebibyte) return text(given);
  return mebibytes(static_cast<std::uint64_t>(quantity->value() / kMebibyte));
}

Cell state_cell(const api::Object& node) {
  const auto* ready = api::condition_of(node.document(), "Ready");
  const auto status = ready != nullptr ? api::text_at(*ready, {"status"}) : std::string_view();
  if (status != "True") {
    return {Nodes::tr("Not ready"),
            {},
            ObjectState::kBad,
            ready != nullptr ? text(api::text_at(*ready, {"message"})) : QString()};
  }
  for (const std::string_view pressure : {"MemoryPressure", "DiskPressure", "PIDPressure"}) {
    const auto* found = api::condition_of(node.document(), pressure);
    if (found != nullptr && api::text_at(*found, {"status"}) == "True")
      return {text(pressure), {}, ObjectState::kBad, text(api::text_at(*found, {"message"}))};
  }
  if (api::flag_at(node.document(), {"spec", "unschedulable"}))
    return {Nodes::tr("Takes no new pods"), {}, ObjectState::kOff};
  return {Nodes::tr("Ready"), {}, ObjectState::kGood};
}

QString address_of(const api::Object& node) {
  const auto* all = api::array_at(node.document(), {"status", "addresses"});
  if (all == nullptr) return {};
  for (const json::value& each : *all) {
    const auto* address = each.if_object();
    if (address != nullptr && api::text_at(*address, {"type"}) == "InternalIP")
      return text(api::text_at(*address, {"address"}));
  }
  return {};
}

QString taints_of(const api::Object& node) {
  QStringList taints;
  if (const auto* all = api::array_at(node.document(), {"spec", "taints"})) {
    for (const json::value& each : *all) {
      const auto* taint = each.if_object();
      if (taint == nullptr) continue;
      taints.append(text(api::text_at(*taint, {"key"})) + QLatin1Char(':') +
                    text(api::text_at(*taint, {"effect"})));
    }
  }
  return taints.join(QLatin1Char('\n'));
}

std::vector<Fact> facts(const api::Object& node, WallTime now) {
  const Cell state = state_cell(node);
  const auto amount = [&](std::string_view name) {
    const QString all = amount_at(node, {"status", "capacity", name});
    const QString free = amount_at(node, {"status", "allocatable", name});
    return free.isEmpty() || free == all ? all : Nodes::tr("%1, for pods %2").arg(all, free);
  };
  std::vector<Fact> facts = {
      {Nodes::tr("Status"), state.text, glyph_of(state.state)},
      {Nodes::tr("Why"), state.tip},
      {Nodes::tr("CPUs"), amount("cpu")},
      {Nodes::tr("Memory"), amount("memory")},
      {Nodes::tr("Disk"), amount("ephemeral-storage")},
      {Nodes::tr("Pods at most"), at(node, {"status", "capacity", "pods"})},
      {Nodes::tr("Address"), address_of(node), std::nullopt, true},
      {Nodes::tr("Kubernetes"), at(node, {"status", "nodeInfo", "kubeletVersion"})},
      {Nodes::tr("System"), at(node, {"status", "nodeInfo", "osImage"})},
      {Nodes::tr("Kernel"), at(node, {"status", "nodeInfo", "kernelVersion"})},
      {Nodes::tr("Runtime"), at(node, {"status", "nodeInfo", "containerRuntimeVersion"})},
      {Nodes::tr("Taints"), taints_of(node)},
  };
  if (const auto created = created_at(node))
    facts.push_back({Nodes::tr("Age"), age_text(*created, now)});
  return facts;
}

ObjectColumn column(std::function<QString()> title, std::vector<std::string> path, int width) {
  return {std::move(title),
          [path = std::move(path)](const api::Object& node, WallTime) {
            const json::value* value = api::member(node.document(), path.front());
            for (std::size_t i = 1; i < path.size() && value != nullptr; ++i)
              value = api::member(*value, path[i]);
            const auto* found = value != nullptr ? value->if_string() : nullptr;
            return Cell{found != nullptr ? text(api::view(*found)) : QString()};
          },
          width};
}

ObjectPageKind kind() {
  ObjectPageKind kind;
  kind.id = QStringLiteral("nodes");
  kind.resource = {"", "v1", "nodes"};
  kind.namespaced = false;
  kind.events_by_name = true;
  kind.title = [] { return Nodes::tr("Nodes"); };
  kind.explanation = [] { return Nodes::tr("A node is a machine that pods run on."); };
  kind.facts = &facts;
  kind.columns = {
      name_column(),
      {[] { return Nodes::tr("Status"); },
       [](const api::Object& node, WallTime) { return state_cell(node); }, 130},
      column([] { return Nodes::tr("Kubernetes"); }, {"status", "nodeInfo", "kubeletVersion"}, 100),
      column([] { return Nodes::tr("CPUs"); }, {"status", "capacity", "cpu"}, 64),
      {[] { return Nodes::tr("Memory"); },
       [](const api::Object& node, WallTime) {
         return Cell{amount_at(node, {"status", "capacity", "memory"})};
       },
       110},
      {[] { return Nodes::tr("Address"); },
       [](const api::Object& node, WallTime) { return Cell{address_of(node)}; }, 120},
      age_column(),
  };
  return kind;
}

}  // namespace

QWidget* make_nodes_page(const PageContext& context, QWidget* parent) {
  return new ObjectPage(context, kind(), parent);
}

}  // namespace cove::ui
