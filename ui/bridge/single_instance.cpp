#include "ui/bridge/single_instance.h"

#include <QDeadlineTimer>
#include <QLocalSocket>
#include <QThread>

namespace cove::ui {
namespace {

constexpr int kPatienceMs = 2000;
constexpr qint64 kMaxMessage = 256;
const QByteArray kRaise = QByteArrayLiteral("raise ");

bool ask_to_raise(const Path& socket, const QString& profile) {
  QDeadlineTimer deadline(kPatienceMs);
  while (!deadline.hasExpired()) {
    QLocalSocket client;
    client.connectToServer(QString::fromStdString(socket.string()));
    if (client.waitForConnected(static_cast<int>(deadline.remainingTime()))) {
      client.write(kRaise + profile.toUtf8() + '\n');
      return client.waitForBytesWritten(kPatienceMs);
    }
    // The first holds its lock but does not listen yet.
    QThread::msleep(20);
  }
  return false;
}

}  // namespace

SingleInstance::SingleInstance(const Path& folder, QObject* parent)
    : QObject(parent), lock_file_(folder / "desktop.lock"), socket_(folder / "desktop.sock") {
  server_.setSocketOptions(QLocalServer::UserAccessOption);
  connect(&server_, &QLocalServer::newConnection, this, &SingleInstance::receive);
}

Result<bool> SingleInstance::become_first(const QString& profile) {
  auto lock = FileLock::try_acquire(lock_file_, "showing the desktop window");
  if (lock.has_error()) {
    if (lock.error().code != ErrorCode::kConflict) return lock.error();
    if (ask_to_raise(socket_, profile)) return false;
    return Error{ErrorCode::kTimeout,
                 "raise the window of the Cove that runs already",
                 {},
                 "it does not answer",
                 "End it with its process id and start Cove again."};
  }
  lock_.emplace(std::move(*lock));
  const QString name = QString::fromStdString(socket_.string());
  QLocalServer::removeServer(name);
  if (!server_.listen(name)) {
    return Error{ErrorCode::kUnavailable,
                 "listen on",
                 socket_.string(),
                 server_.errorString().toStdString(),
                 {}};
  }
  return true;
}

void SingleInstance::receive() {
  while (QLocalSocket* client = server_.nextPendingConnection()) {
    connect(client, &QLocalSocket::disconnected, client, &QObject::deleteLater);
    const auto read = [this, client] {
      if (!client->canReadLine()) {
        if (client->bytesAvailable() > kMaxMessage) client->abort();
        return;
      }
      const QByteArray line = client->readLine(kMaxMessage).trimmed();
      client->disconnectFromServer();
      if (line.startsWith(kRaise.trimmed())) {
        Q_EMIT raise_requested(QString::fromUtf8(line.mid(kRaise.size())));
      }
    };
    connect(client, &QLocalSocket::readyRead, this, read);
    if (client->bytesAvailable() > 0) read();
  }
}

}  // namespace cove::ui
