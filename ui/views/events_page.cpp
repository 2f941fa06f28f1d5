#include <QCoreApplication>

#include "core/api/time.h"
#include "ui/models/document_text.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

struct EventsPage {
  Q_DECLARE_TR_FUNCTIONS(EventsPage)
};

// When it was seen last, from whichever of an event's times there is.
std::optional<WallTime> seen_at(const api::Object& event) {
  const auto& document = event.document();
  for (const std::string_view found :
       {api::text_at(document, {"series", "lastObservedTime"}),
        api::text_at(document, {"lastTimestamp"}), api::text_at(document, {"eventTime"})}) {
    if (const auto time = api::parse_time(found)) return *time;
  }
  return created_at(event);
}

std::int64_t times_seen(const api::Object& event) {
  const auto& document = event.document();
  const auto series = api::integer_at(document, {"series", "count"});
  return series ? *series : api::integer_at(document, {"count"}).value_or(1);
}

QString about(const api::Object& event) {
  return text(api::text_at(event.document(), {"involvedObject", "kind"})) + QLatin1Char('/') +
         text(api::text_at(event.document(), {"involvedObject", "name"}));
}

Cell seen_cell(const api::Object& event, WallTime now) {
  const auto seen = seen_at(event);
  if (!seen) return {};
  return {age_text(*seen, now), QVariant(qint64(seen->time_since_epoch().count()))};
}

Cell reason_cell(const api::Object& event, WallTime) {
  const bool warns = api::text_at(event.document(), {"type"}) == "Warning";
  return {text(api::text_at(event.document(), {"reason"})),
          {},
          warns ? ObjectState::kBad : ObjectState::kOff,
          warns ? EventsPage::tr("Warning") : EventsPage::tr("Normal")};
}

std::vector<Fact> facts(const api::Object& event, WallTime now) {
  const auto& document = event.document();
  const bool warns = api::text_at(document, {"type"}) == "Warning";
  const auto seen = seen_at(event);
  return {
      {EventsPage::tr("Type"), warns ? EventsPage::tr("Warning") : EventsPage::tr("Normal"),
       warns ? Glyph::kBroken : Glyph::kOff},
      {EventsPage::tr("Reason"), text(api::text_at(document, {"reason"}))},
      {EventsPage::tr("Message"), text(api::text_at(document, {"message"}))},
      {EventsPage::tr("About"), about(event)},
      {EventsPage::tr("Namespace"), text(event.namespace_name())},
      {EventsPage::tr("Seen"),
       seen ? EventsPage::tr("%1 ago").arg(age_text(*seen, now)) : QString()},
      {EventsPage::tr("Times"), QString::number(times_seen(event))},
      {EventsPage::tr("From"), text(api::text_at(document, {"source", "component"}))},
  };
}

}  // namespace

std::vector<ObjectColumn> event_columns(bool with_object) {
  std::vector<ObjectColumn> columns = {
      {[] { return EventsPage::tr("Seen"); }, seen_cell, 76, false, true},
      {[] { return EventsPage::tr("Reason"); }, reason_cell, 160}};
  if (with_object) {
    columns.push_back({[] { return EventsPage::tr("About"); },
                       [](const api::Object& event, WallTime) { return Cell{about(event)}; }, 260});
  }
  columns.push_back({[] { return EventsPage::tr("Message"); },
                     [](const api::Object& event, WallTime) {
                       const QString message = text(api::text_at(event.document(), {"message"}));
                       return Cell{message, {}, ObjectState::kNone, message};
                     },
                     300});
  return columns;
}

QWidget* make_events_page(const PageContext& context, QWidget* parent) {
  return new ObjectPage(
      context,
      {.id = QStringLiteral("events"),
       .resource = {"", "v1", "events"},
       .events = false,
       .sort_column = 0,
       .sort_order = Qt::DescendingOrder,
       .columns = event_columns(true),
       .title = [] { return EventsPage::tr("Events"); },
       .explanation =
           [] {
             return EventsPage::tr(
                 "Events tell what the cluster did and why: pods scheduled, images "
                 "pulled, probes failed. They are kept for an hour.");
           },
       .facts = facts},
      parent);
}

}  // namespace cove::ui
