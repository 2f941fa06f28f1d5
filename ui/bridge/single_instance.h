// SingleInstance: one window of a login; a second start asks the first to come forward.
#pragma once

#include <QLocalServer>
#include <QObject>
#include <QString>
#include <memory>
#include <optional>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::ui {

class SingleInstance : public QObject {
  Q_OBJECT
 public:
  // `folder` (0700) holds a lock and a socket. The lock decides who is first, so two starts at once
  // cannot both be, and a killed program leaves nothing that hinders the next.
  explicit SingleInstance(const Path& folder, QObject* parent = nullptr);

  // True: this is the first, and it listens. False: another one was there and has been asked to
  // raise its window and to show `profile` (empty: whatever it shows). Takes at most two seconds,
  // when the other does not answer.
  Result<bool> become_first(const QString& profile);

 Q_SIGNALS:
  void raise_requested(const QString& profile);

 private:
  void receive();

  Path lock_file_;
  Path socket_;
  std::optional<FileLock> lock_;
  QLocalServer server_;
};

}  // namespace cove::ui
