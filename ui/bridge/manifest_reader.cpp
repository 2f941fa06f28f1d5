#include "ui/bridge/manifest_reader.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QPointer>
#include <QRegularExpression>

namespace cove::ui {
namespace {

class Gatherer {
 public:
  ManifestBatch take() { return std::move(batch_); }

  void add_path(const QString& path) {
    const QFileInfo info(path);
    if (info.isDir()) {
      base_ = QDir(info.absoluteFilePath());
      const std::size_t before = batch_.objects.size() + batch_.problems.size();
      add_folder(base_, 0);
      if (batch_.objects.size() + batch_.problems.size() == before)
        problem(info.fileName(), 0, ManifestReader::tr("There is no YAML or JSON file in it."));
    } else {
      base_ = info.absoluteDir();
      add_file(info);
    }
  }

  void add_text(const QString& source, const std::string& text) {
    auto parts = api::parse_manifest(text);
    if (!parts) {
      static const QRegularExpression place(QStringLiteral("^line (\\d+)(, column \\d+)?: "));
      QString cause = QString::fromStdString(parts.error().cause);
      const auto found = place.match(cause);
      if (found.hasMatch()) cause.remove(0, found.capturedLength());
      return problem(source, found.captured(1).toInt(), cause);
    }
    for (api::ManifestPart& part : *parts) batch_.objects.push_back({source, std::move(part)});
  }

 private:
  void problem(const QString& source, int line, const QString& text) {
    if (batch_.problems.size() < 200) batch_.problems.push_back({source, line, text});
  }

  void add_folder(const QDir& folder, int depth) {
    if (depth > ManifestReader::kMaxDepth)
      return problem(base_.relativeFilePath(folder.path()), 0,
                     ManifestReader::tr("It lies too deep and was left out."));
    const auto entries = folder.entryInfoList(QDir::Files | QDir::Dirs | QDir::NoDotAndDotDot,
                                              QDir::Name | QDir::DirsLast);
    for (const QFileInfo& entry : entries) {
      if (full_) return;
      if (entry.isDir()) {
        if (!entry.isSymLink()) add_folder(QDir(entry.filePath()), depth + 1);
        continue;
      }
      const QString ending = entry.suffix().toLower();
      if (ending == QLatin1String("yaml") || ending == QLatin1String("yml") ||
          ending == QLatin1String("json")) {
        add_file(entry);
      }
    }
  }

  void add_file(const QFileInfo& info) {
    const QString name = base_.relativeFilePath(info.absoluteFilePath());
    if (++files_ > ManifestReader::kMaxFiles || bytes_ > ManifestReader::kMaxBytes) {
      if (!full_) problem(name, 0, ManifestReader::tr("It is too much: the rest was left out."));
      full_ = true;
      return;
    }
    QFile file(info.absoluteFilePath());
    // A pipe or device would never end.
    if (!info.isFile() || !file.open(QIODevice::ReadOnly))
      return problem(name, 0,
                     info.isFile() ? file.errorString() : ManifestReader::tr("It is no file."));
    const QByteArray bytes = file.read(ManifestReader::kMaxFileBytes + 1);
    if (bytes.size() > ManifestReader::kMaxFileBytes)
      return problem(name, 0, ManifestReader::tr("The file is too large."));
    bytes_ += bytes.size();
    add_text(name, bytes.toStdString());
  }

  ManifestBatch batch_;
  QDir base_;
  int files_ = 0;
  qint64 bytes_ = 0;
  bool full_ = false;
};

}  // namespace

ManifestReader::ManifestReader(QObject* parent) : QObject(parent) {
  pool_.setMaxThreadCount(1);
}

ManifestReader::~ManifestReader() {
  pool_.clear();
  pool_.waitForDone();
}

void ManifestReader::start(std::function<ManifestBatch()> work) {
  const quint64 mine = ++generation_;
  pool_.start([this, mine, work = std::move(work)] {
    auto batch = std::make_shared<ManifestBatch>(work());
    QMetaObject::invokeMethod(
        this,
        [this, mine, batch] {
          if (mine == generation_) Q_EMIT read(*batch);
        },
        Qt::QueuedConnection);
  });
}

void ManifestReader::read_paths(const QStringList& paths) {
  start([paths] {
    Gatherer gatherer;
    for (const QString& path : paths) gatherer.add_path(path);
    return gatherer.take();
  });
}

void ManifestReader::read_text(const QString& text) {
  start([text = text.toStdString()] {
    Gatherer gatherer;
    gatherer.add_text({}, text);
    return gatherer.take();
  });
}

}  // namespace cove::ui
