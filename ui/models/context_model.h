// ContextModel: the contexts of the kubeconfig files, as they are now.
#pragma once

#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>

#include "ui/bridge/api_session.h"

namespace cove::ui {

// GUI thread; files are read on the session's. Follows the files, also when they are replaced or
// made only later.
class ContextModel : public QObject {
  Q_OBJECT
 public:
  explicit ContextModel(ApiSession& api, QObject* parent = nullptr);

  // Reads for the first time, and follows from then on.
  void begin();
  bool known() const { return known_; }
  // By name. What was last known, when a file cannot be read any more.
  const std::vector<ContextEntry>& contexts() const { return contexts_; }
  const ContextEntry* find(const std::string& name) const;
  // Why they cannot be read; nothing when they can.
  const std::optional<Error>& trouble() const { return trouble_; }

 Q_SIGNALS:
  void changed();
  // What this context leads to, or as whom, is not what it was.
  void altered(const std::string& name);

 private:
  void look();
  void take(const Result<std::vector<ContextEntry>>& answer);
  void watch_files();

  ApiSession& api_;
  QFileSystemWatcher watcher_;
  QTimer soon_;
  bool known_ = false;
  std::vector<ContextEntry> contexts_;
  std::optional<Error> trouble_;
};

}  // namespace cove::ui
