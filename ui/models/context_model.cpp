#include "ui/models/context_model.h"

#include <QFileInfo>
#include <algorithm>

namespace cove::ui {
namespace {

// ms: programs write in several steps, and the file is away between two of them.
constexpr int kPause = 150;

}  // namespace

ContextModel::ContextModel(ApiSession& api, QObject* parent) : QObject(parent), api_(api) {
  soon_.setSingleShot(true);
  soon_.setInterval(kPause);
  connect(&soon_, &QTimer::timeout, this, &ContextModel::look);
  const auto again = [this] { soon_.start(); };
  connect(&watcher_, &QFileSystemWatcher::fileChanged, this, again);
  connect(&watcher_, &QFileSystemWatcher::directoryChanged, this, again);
}

void ContextModel::begin() {
  look();
}

const ContextEntry* ContextModel::find(const std::string& name) const {
  const auto found = std::ranges::find(contexts_, name, &ContextEntry::name);
  return found == contexts_.end() ? nullptr : &*found;
}

void ContextModel::look() {
  // Before it is read: a change that comes meanwhile is seen.
  watch_files();
  api_.list_contexts(this,
                     [this](const Result<std::vector<ContextEntry>>& answer) { take(answer); });
}

// The files themselves, and their folders: a file that is replaced is another one.
void ContextModel::watch_files() {
  QStringList wanted;
  for (const Path& file : api_.context_files()) {
    const QString name = QString::fromStdString(file.string());
    const QString folder = QString::fromStdString(file.parent_path().string());
    for (const QString& each : {name, folder})
      if (!each.isEmpty() && !watcher_.files().contains(each) &&
          !watcher_.directories().contains(each) && QFileInfo::exists(each))
        wanted.append(each);
  }
  wanted.removeDuplicates();
  if (!wanted.isEmpty()) watcher_.addPaths(wanted);
}

void ContextModel::take(const Result<std::vector<ContextEntry>>& answer) {
  const bool first = !known_;
  known_ = true;
  if (!answer) {
    trouble_ = answer.error();
    Q_EMIT changed();
    return;
  }
  const bool was_in_trouble = trouble_.has_value();
  trouble_.reset();
  const std::vector<ContextEntry> before = std::exchange(contexts_, *answer);
  if (!first && !was_in_trouble && before == contexts_) return;
  Q_EMIT changed();
  if (first) return;
  for (const ContextEntry& now : contexts_) {
    const auto old = std::ranges::find(before, now.name, &ContextEntry::name);
    if (old == before.end() || *old != now) Q_EMIT altered(now.name);
  }
}

}  // namespace cove::ui
