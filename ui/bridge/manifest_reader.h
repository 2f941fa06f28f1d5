// ManifestReader: files, folders and texts with API objects, read and parsed off the GUI thread.
#pragma once

#include <QObject>
#include <QStringList>
#include <QThreadPool>
#include <functional>
#include <vector>

#include "core/api/manifest.h"

namespace cove::ui {

// An object and where it was written.
struct ManifestObject {
  QString source;  // "web.yaml"; empty: typed or pasted
  api::ManifestPart part;
};

// What cannot be read: nothing of that source is in the batch.
struct ManifestProblem {
  QString source;
  int line = 0;  // from 1; 0: of the whole
  QString text;
};

struct ManifestBatch {
  std::vector<ManifestObject> objects;
  std::vector<ManifestProblem> problems;
};

// GUI thread; destruction waits for a read under way. A new read takes the place of the former,
// whose answer is not told any more.
class ManifestReader : public QObject {
  Q_OBJECT
 public:
  // Of a folder: every *.yaml, *.yml and *.json below it, in order of their paths, without hidden
  // ones. Beyond these bounds the rest is a problem.
  static constexpr int kMaxFiles = 500;
  static constexpr int kMaxDepth = 8;
  static constexpr qint64 kMaxFileBytes = 4 << 20;
  static constexpr qint64 kMaxBytes = 16 << 20;

  explicit ManifestReader(QObject* parent = nullptr);
  ~ManifestReader() override;

  void read_paths(const QStringList& paths);
  void read_text(const QString& text);

 Q_SIGNALS:
  void read(const cove::ui::ManifestBatch& batch);

 private:
  void start(std::function<ManifestBatch()> work);
  QThreadPool pool_;
  quint64 generation_ = 0;
};

}  // namespace cove::ui
