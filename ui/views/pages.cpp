#include "ui/views/pages.h"

#include <QCoreApplication>

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
       overview_badge},
      {"deployments", "layers", [] { return Pages::tr("Deployments"); }, make_deployments_page,
       no_badge},
      {"pods", "cube", [] { return Pages::tr("Pods"); }, make_pods_page, no_badge},
      {"services", "network", [] { return Pages::tr("Services"); }, make_services_page, no_badge},
      {"images", "package", [] { return Pages::tr("Images"); }, make_images_page, no_badge},
      {"containers", "container", [] { return Pages::tr("Containers"); }, make_containers_page,
       no_badge},
      {"events", "bell", [] { return Pages::tr("Events"); }, make_events_page, no_badge},
      {"apply", "apply", [] { return Pages::tr("Apply"); }, make_apply_page, no_badge},
      {"diagnostics", "shield", [] { return Pages::tr("Diagnostics"); }, make_diagnostics_page,
       no_badge},
      {"console", "console", [] { return Pages::tr("Console log"); }, make_console_page, no_badge},
      {"activity", "activity", [] { return Pages::tr("Activity"); }, make_activity_page,
       activity_badge},
  };
  return entries;
}

}  // namespace cove::ui
