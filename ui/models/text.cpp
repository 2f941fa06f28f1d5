#include "ui/models/text.h"

#include <QCoreApplication>
#include <map>

#include "ui/models/sentences.h"

namespace cove::ui {
namespace {

struct Text {
  Q_DECLARE_TR_FUNCTIONS(Text)
};

const char* english_step(const std::string& id) {
  static const std::map<std::string, const char*> titles = {
      {"check-host", QT_TRANSLATE_NOOP("Steps", "Check this computer")},
      {"create-keys", QT_TRANSLATE_NOOP("Steps", "Create keys and certificates")},
      {"create-disk", QT_TRANSLATE_NOOP("Steps", "Create the disk")},
      {"define-machine", QT_TRANSLATE_NOOP("Steps", "Define the virtual machine")},
      {"boot", QT_TRANSLATE_NOOP("Steps", "Boot the virtual machine")},
      {"configure-node", QT_TRANSLATE_NOOP("Steps", "Configure the node")},
      {"open-ports", QT_TRANSLATE_NOOP("Steps", "Open the ports")},
      {"wait-api", QT_TRANSLATE_NOOP("Steps", "Wait for the Kubernetes API")},
      {"wait-node", QT_TRANSLATE_NOOP("Steps", "Wait for the node to be ready")},
      {"write-kubeconfig", QT_TRANSLATE_NOOP("Steps", "Write the kubeconfig entry")},
      {"save-settings", QT_TRANSLATE_NOOP("Steps", "Write the settings down")},
      {"shutdown", QT_TRANSLATE_NOOP("Steps", "Shut the node down cleanly")},
      {"power-off", QT_TRANSLATE_NOOP("Steps", "Power the virtual machine off")},
      {"save-memory", QT_TRANSLATE_NOOP("Steps", "Save the memory to disk")},
      {"remove-machine", QT_TRANSLATE_NOOP("Steps", "Remove the virtual machine")},
      {"remove-files", QT_TRANSLATE_NOOP("Steps", "Remove disks and certificates")},
      {"remove-kubeconfig", QT_TRANSLATE_NOOP("Steps", "Remove the kubeconfig entry")},
      {"close-ports", QT_TRANSLATE_NOOP("Steps", "Close the ports")},
      {"build-image", QT_TRANSLATE_NOOP("Steps", "Build the image")},
      {"pull-image", QT_TRANSLATE_NOOP("Steps", "Pull the image")},
      {"push-image", QT_TRANSLATE_NOOP("Steps", "Push the image")},
      {"load-images", QT_TRANSLATE_NOOP("Steps", "Load the archive")},
      {"save-images", QT_TRANSLATE_NOOP("Steps", "Save the images")},
      {"prune-images", QT_TRANSLATE_NOOP("Steps", "Remove unused images")},
      {"set-image", QT_TRANSLATE_NOOP("Steps", "Set the image")},
      {"wait-rollout", QT_TRANSLATE_NOOP("Steps", "Wait for the rollout")},
      {"undo-rollout", QT_TRANSLATE_NOOP("Steps", "Undo the rollout")},
      {"demo-build", QT_TRANSLATE_NOOP("Steps", "Build an image of a page")},
      {"demo-deploy", QT_TRANSLATE_NOOP("Steps", "Run ten pods of it")},
      {"demo-expose", QT_TRANSLATE_NOOP("Steps", "Give them one address")},
      {"demo-wait", QT_TRANSLATE_NOOP("Steps", "Wait until all ten answer")},
      {"demo-open", QT_TRANSLATE_NOOP("Steps", "Open the page")},
      {"demo-build-next", QT_TRANSLATE_NOOP("Steps", "Build the next version")},
      {"demo-set-image", QT_TRANSLATE_NOOP("Steps", "Roll it out")},
      {"demo-wait-next", QT_TRANSLATE_NOOP("Steps", "Wait until all ten are new")},
      {"demo-remove-pods", QT_TRANSLATE_NOOP("Steps", "Remove the pods")},
      {"demo-remove-address", QT_TRANSLATE_NOOP("Steps", "Remove the address")},
      {"demo-remove-images", QT_TRANSLATE_NOOP("Steps", "Remove the images")},
  };
  const auto found = titles.find(id);
  return found == titles.end() ? nullptr : found->second;
}

QString name(const OperationRequest& request) {
  return QString::fromStdString(request.profile);
}

}  // namespace

QString text_of(provision::Phase phase) {
  using provision::Phase;
  switch (phase) {
    case Phase::kNotCreated: return Text::tr("Not created");
    case Phase::kCreating: return Text::tr("Creating");
    case Phase::kStarting: return Text::tr("Starting");
    case Phase::kRunning: return Text::tr("Running");
    case Phase::kStopping: return Text::tr("Stopping");
    case Phase::kStopped: return Text::tr("Stopped");
    case Phase::kPausing: return Text::tr("Pausing");
    case Phase::kPaused: return Text::tr("Paused");
    case Phase::kDeleting: return Text::tr("Deleting");
    case Phase::kBroken: return Text::tr("Broken");
  }
  return {};
}

QString meaning_of(provision::Phase phase) {
  using provision::Phase;
  switch (phase) {
    case Phase::kNotCreated: return Text::tr("There is no such cluster yet.");
    case Phase::kCreating: return Text::tr("The cluster is being made.");
    case Phase::kStarting: return Text::tr("The cluster is on its way up.");
    case Phase::kRunning: return Text::tr("The cluster answers and can be used.");
    case Phase::kStopping: return Text::tr("The cluster is shutting down cleanly.");
    case Phase::kStopped:
      return Text::tr("The cluster is off. Everything in it is kept on its disk.");
    case Phase::kPausing: return Text::tr("The cluster's memory is being saved.");
    case Phase::kPaused:
      return Text::tr("The cluster sleeps with its memory saved and continues in about a second.");
    case Phase::kDeleting: return Text::tr("The cluster is being removed.");
    case Phase::kBroken:
      return Text::tr("The cluster is not as you wished, and nothing is at work on it.");
  }
  return {};
}

QString title_of(const provision::Step& step) {
  if (const char* english = english_step(step.id)) {
    return QCoreApplication::translate("Steps", english);
  }
  return QString::fromStdString(step.title);
}

QString title_of(const OperationRequest& request) {
  switch (request.kind) {
    case OperationKind::kStart:
      return request.create ? Text::tr("Create %1").arg(name(request))
                            : Text::tr("Start %1").arg(name(request));
    case OperationKind::kStop: return Text::tr("Stop %1").arg(name(request));
    case OperationKind::kPause: return Text::tr("Pause %1").arg(name(request));
    case OperationKind::kDelete: return Text::tr("Delete %1").arg(name(request));
    case OperationKind::kConfigure: return Text::tr("Settings of %1").arg(name(request));
    case OperationKind::kRestart: return Text::tr("Restart %1").arg(name(request));
    case OperationKind::kTask: return request.task->title();
  }
  return {};
}

QString doing(const OperationRequest& request) {
  switch (request.kind) {
    case OperationKind::kStart:
      return request.create ? Text::tr("Creating %1…").arg(name(request))
                            : Text::tr("Starting %1…").arg(name(request));
    case OperationKind::kStop: return Text::tr("Stopping %1…").arg(name(request));
    case OperationKind::kPause: return Text::tr("Pausing %1…").arg(name(request));
    case OperationKind::kDelete: return Text::tr("Deleting %1…").arg(name(request));
    case OperationKind::kConfigure:
      return Text::tr("Changing the settings of %1…").arg(name(request));
    case OperationKind::kRestart: return Text::tr("Restarting %1…").arg(name(request));
    case OperationKind::kTask: return request.task->doing();
  }
  return {};
}

QString done(const OperationRequest& request) {
  switch (request.kind) {
    case OperationKind::kStart: return Text::tr("%1 is running").arg(name(request));
    case OperationKind::kStop: return Text::tr("%1 is stopped").arg(name(request));
    case OperationKind::kPause: return Text::tr("%1 is paused").arg(name(request));
    case OperationKind::kDelete: return Text::tr("%1 was deleted").arg(name(request));
    case OperationKind::kConfigure: return Text::tr("%1 has new settings").arg(name(request));
    case OperationKind::kRestart: return Text::tr("%1 is running").arg(name(request));
    case OperationKind::kTask: return request.task->done();
  }
  return {};
}

QString failed(const OperationRequest& request) {
  switch (request.kind) {
    case OperationKind::kStart:
      return request.create ? Text::tr("%1 could not be created").arg(name(request))
                            : Text::tr("%1 could not be started").arg(name(request));
    case OperationKind::kStop: return Text::tr("%1 could not be stopped").arg(name(request));
    case OperationKind::kPause: return Text::tr("%1 could not be paused").arg(name(request));
    case OperationKind::kDelete: return Text::tr("%1 could not be deleted").arg(name(request));
    case OperationKind::kConfigure:
      return Text::tr("The settings of %1 could not be changed").arg(name(request));
    case OperationKind::kRestart: return Text::tr("%1 could not be restarted").arg(name(request));
    case OperationKind::kTask: return request.task->failed();
  }
  return {};
}

QString text_of(vm::NetworkMode mode) {
  return mode == vm::NetworkMode::kUser ? Text::tr("User mode") : Text::tr("NAT network");
}

QString duration(std::chrono::milliseconds time) {
  const auto ms = std::max<std::int64_t>(0, time.count());
  if (ms < 10'000) {
    return Text::tr("%1 s").arg(QString::number(static_cast<double>(ms) / 1000.0, 'f', 1));
  }
  const auto seconds = ms / 1000;
  if (seconds < 60) return Text::tr("%1 s").arg(seconds);
  if (seconds < 3600) return Text::tr("%1 min %2 s").arg(seconds / 60).arg(seconds % 60);
  if (seconds < 86'400) {
    return Text::tr("%1 h %2 min").arg(seconds / 3600).arg(seconds / 60 % 60);
  }
  return Text::tr("%1 d %2 h").arg(seconds / 86'400).arg(seconds / 3600 % 24);
}

QString mebibytes(std::uint64_t value) {
  if (value < 1024) return QStringLiteral("%1 MiB").arg(value);
  const double gib = static_cast<double>(value) / 1024.0;
  return QStringLiteral("%1 GiB").arg(QString::number(gib, 'g', 3));
}

QString sentence_of(const Error& error) {
  return told_failure(error);
}

QString remedy_of(const Error& error) {
  return told(error.remedy);
}

bool in_transition(provision::Phase phase) {
  using provision::Phase;
  return phase == Phase::kCreating || phase == Phase::kStarting || phase == Phase::kStopping ||
         phase == Phase::kPausing || phase == Phase::kDeleting;
}

}  // namespace cove::ui
