// What the kinds' explanations share. Private to explanation*.cpp.
#pragma once

#include <QCoreApplication>
#include <string_view>

#include "core/api/each.h"
#include "core/api/readers.h"
#include "core/api/selector.h"
#include "ui/models/document_text.h"
#include "ui/models/explanation.h"

namespace cove::ui::why {

namespace json = api::json;

struct Explanations {
  Q_DECLARE_TR_FUNCTIONS(Explanations)
};

client::Selection in_namespace(client::Resource resource, const api::Object& object);
client::Selection events_of(const api::Object& object);

std::vector<api::ObjectPtr> of_kind(const Surroundings& around, std::string_view kind);
// The newest event about the object with that reason, whose message begins so; null: there is none.
api::ObjectPtr last_event(const Surroundings& around, const api::Object& object,
                          std::string_view reason, std::string_view begins = {});
QString message_of(const api::ObjectPtr& event);
QString key_of(const api::Object& object);
// "app=web, tier=front"
QString labels_text(const json::object* labels);
ExplanationAction show(const QString& place, const api::Object& object);
// The names most like `wanted`, best first, at most 3: for what may be a slip of the finger.
QStringList alike(const QString& wanted, const QStringList& names);
// Sentences without the empty ones, one a line.
QString lines(std::initializer_list<QString> sentences);

std::optional<Explanation> pod(const api::Object& pod, const Surroundings& around, WallTime now);
ExplanationNeeds pod_needs(const api::Object& pod, WallTime now);
// Of a workload: what its worst pod says. Nothing when all of them are well.
std::optional<Explanation> worst_pod(const std::vector<api::ObjectPtr>& pods,
                                     const Surroundings& around, WallTime now, QString* name);
std::vector<api::ObjectPtr> pods_of(const api::Object& workload, const Surroundings& around);
std::optional<Explanation> service(const api::Object& service, const Surroundings& around);
std::optional<Explanation> workload(const api::Object& workload, const Surroundings& around,
                                    WallTime now);
std::optional<Explanation> job(const api::Object& job, const Surroundings& around, WallTime now);
std::optional<Explanation> claim(const api::Object& claim, const Surroundings& around);
std::optional<Explanation> node(const api::Object& node);
std::optional<Explanation> ingress(const api::Object& ingress, const Surroundings& around);
std::optional<Explanation> name_space(const api::Object& name_space);

}  // namespace cove::ui::why
