#include "ui/views/pages.h"

#include <QCoreApplication>
#include <QLocale>

namespace cove::ui {
namespace {

struct Pages {
  Q_DECLARE_TR_FUNCTIONS(Pages)
};

Badge no_badge(const PageContext&) {
  return {};
}

Badge overview_badge(const PageContext& context) {
  const auto* status = context.current.status();
  if (status && status->phase == provision::Phase::kBroken) {
    return {QStringLiteral("!"), Tone::kBad};
  }
  return {};
}

// What fails, else what waits, else how many are alive.
Badge count_badge(const LiveCount& count) {
  const QLocale locale;
  if (count.bad > 0) return {locale.toString(count.bad), Tone::kBad};
  if (count.waiting > 0) return {locale.toString(count.waiting), Tone::kBusy};
  if (count.alive > 0) return {locale.toString(count.alive), Tone::kNeutral};
  return {};
}

Badge deployments_badge(const PageContext& context) {
  return count_badge(context.counts.deployments());
}

Badge pods_badge(const PageContext& context) {
  return count_badge(context.counts.pods());
}

Badge services_badge(const PageContext& context) {
  return count_badge(context.counts.services());
}

Badge ingresses_badge(const PageContext& context) {
  return count_badge(context.counts.ingresses());
}

Badge storage_badge(const PageContext& context) {
  return count_badge(context.counts.claims());
}

Badge jobs_badge(const PageContext& context) {
  return count_badge(context.counts.jobs());
}

Badge activity_badge(const PageContext& context) {
  const int running = context.activity.running();
  if (running > 0) return {QString::number(running), Tone::kBusy};
  const bool failed =
      context.activity.rowCount() > 0 && context.activity.at(0).state == OperationState::kFailed;
  if (failed) return {QStringLiteral("!"), Tone::kBad};
  return {};
}

}  // namespace

const std::vector<PageEntry>& pages() {
  static const std::vector<PageEntry> entries = {
      {"overview", "overview", [] { return Pages::tr("Overview"); }, make_overview_page,
       overview_badge, true},
      {"deployments", "layers", [] { return Pages::tr("Deployments"); }, make_deployments_page,
       deployments_badge},
      {"workloads", "stack", [] { return Pages::tr("Workloads"); }, make_workloads_page, no_badge},
      {"pods", "cube", [] { return Pages::tr("Pods"); }, make_pods_page, pods_badge},
      {"services", "network", [] { return Pages::tr("Services"); }, make_services_page,
       services_badge},
      {"ingresses", "ingress", [] { return Pages::tr("Ingresses"); }, make_ingresses_page,
       ingresses_badge},
      {"images", "package", [] { return Pages::tr("Images"); }, make_images_page, no_badge, true},
      {"containers", "container", [] { return Pages::tr("Containers"); }, make_containers_page,
       no_badge, true},
      {"config", "config", [] { return Pages::tr("Config"); }, make_config_page, no_badge},
      {"storage", "disk", [] { return Pages::tr("Storage"); }, make_storage_page, storage_badge},
      {"jobs", "clock", [] { return Pages::tr("Jobs"); }, make_jobs_page, jobs_badge},
      {"events", "bell", [] { return Pages::tr("Events"); }, make_events_page, no_badge},
      {"custom", "custom", [] { return Pages::tr("Custom resources"); }, make_custom_page,
       no_badge},
      {"nodes", "server", [] { return Pages::tr("Nodes"); }, make_nodes_page, no_badge},
      {"apply", "apply", [] { return Pages::tr("Apply"); }, make_apply_page, no_badge},
      {"diagnostics", "shield", [] { return Pages::tr("Diagnostics"); }, make_diagnostics_page,
       no_badge, true},
      {"console", "console", [] { return Pages::tr("Console log"); }, make_console_page, no_badge,
       true},
      {"activity", "activity", [] { return Pages::tr("Activity"); }, make_activity_page,
       activity_badge},
      {"demo", "tour", [] { return Pages::tr("Demo"); }, make_demo_page, no_badge, true},
  };
  return entries;
}

}  // namespace cove::ui
