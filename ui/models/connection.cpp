#include "ui/models/connection.h"

#include <QCoreApplication>

#include "ui/models/text.h"

namespace cove::ui {
namespace {

struct Connections {
  Q_DECLARE_TR_FUNCTIONS(Connection)
};

bool says(const client::ApiError& error, std::string_view word) {
  return error.message.find(word) != std::string::npos;
}

QString joined(const QString& why, const QString& advice) {
  return advice.isEmpty() ? why : why + QLatin1Char('\n') + advice;
}

}  // namespace

Problem problem_of(const client::ApiError& error) {
  if (error.is_forbidden()) {
    return {Connections::tr("You may not see this"),
            Connections::tr("Ask who administers the cluster for a role that may.")};
  }
  if (error.is_unauthorized()) {
    return {Connections::tr("The cluster does not accept your credentials"),
            Connections::tr("They may have expired. Write the context's entry in the kubeconfig "
                            "anew.")};
  }
  if (error.code == 404) {
    return {Connections::tr("The cluster does not serve this kind"),
            Connections::tr("It may be of another version, or what brings the kind is not "
                            "installed.")};
  }
  if (says(error, "certificate has expired") || says(error, "certificate expired")) {
    return {Connections::tr("A certificate has expired"),
            Connections::tr("One of Cove's own clusters gets new ones at its next start; for "
                            "others, have the certificate renewed. Check this computer's clock, "
                            "too.")};
  }
  if (says(error, "certificate")) {
    return {Connections::tr("The cluster cannot be trusted"),
            Connections::tr("Its certificate is not what the kubeconfig says. Somebody may be in "
                            "between, or the cluster was made anew: write its entry again.")};
  }
  if (error.code >= 400) {
    return {Connections::tr("The cluster answers with an error"), {}};
  }
  if (error.failure == ErrorCode::kCorrupt || error.failure == ErrorCode::kInvalidArgument ||
      error.code > 0) {
    return {Connections::tr("The answer makes no sense"),
            Connections::tr("Something else than a Kubernetes API seems to answer there.")};
  }
  if (error.failure == ErrorCode::kTimeout) {
    return {Connections::tr("The cluster does not answer"),
            Connections::tr("It may be busy, or the way to it swallows what is sent.")};
  }
  return {Connections::tr("The cluster cannot be reached"), {}};
}

Connection connection_of(const ApiSession& session,
                         const std::vector<std::shared_ptr<LiveCollection>>& collections) {
  if (session.context().empty()) return {};
  if (const auto& trouble = session.trouble()) {
    return {ObjectState::kBad, Connections::tr("There is no way to the cluster"),
            joined(sentence_of(*trouble), remedy_of(*trouble))};
  }
  const client::ApiError* forbidden = nullptr;
  const client::ApiError* worse = nullptr;
  std::size_t refused = 0;
  bool synced = false;
  for (const auto& each : collections) {
    if (const auto& problem = each->problem()) {
      if (problem->is_forbidden()) {
        forbidden = &*problem;
        ++refused;
      } else {
        worse = &*problem;
      }
    } else if (each->synced()) {
      synced = true;
    }
  }
  if (worse != nullptr) {
    const Problem problem = problem_of(*worse);
    return {worse->is_unanswered() ? ObjectState::kBusy : ObjectState::kBad, problem.title,
            joined(QString::fromStdString(worse->message), problem.advice)};
  }
  if (refused == collections.size() && forbidden != nullptr) {
    return {ObjectState::kBad, Connections::tr("Connected, but you may see nothing of it"),
            joined(QString::fromStdString(forbidden->message), problem_of(*forbidden).advice)};
  }
  if (refused > 0) {
    return {ObjectState::kGood, Connections::tr("Connected"),
            Connections::tr("Some of it you may not see; the pages say so.")};
  }
  if (synced) return {ObjectState::kGood, Connections::tr("Connected"), {}};
  return {ObjectState::kBusy, Connections::tr("Connecting…"), {}};
}

}  // namespace cove::ui
