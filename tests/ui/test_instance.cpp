// One window of a login.
#include <sys/stat.h>

#include <QFile>
#include <QLocalSocket>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <thread>

#include "ui/bridge/single_instance.h"

namespace cove::ui::test {

class InstanceTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() { home_ = std::make_unique<QTemporaryDir>(); }

  void the_second_raises_the_first() {
    SingleInstance first(folder());
    const auto began = first.become_first({});
    QVERIFY(began.has_value() && *began);
    QSignalSpy raised(&first, &SingleInstance::raise_requested);
    std::optional<bool> second;
    // Another process, as far as locks and sockets go: its wait must not hold up the first's event
    // loop.
    std::thread other([&] {
      SingleInstance instance(folder());
      const auto result = instance.become_first(QStringLiteral("work"));
      second = result.has_value() && !*result;
    });
    QTRY_COMPARE(raised.count(), 1);
    other.join();
    QVERIFY(second.value_or(false));
    QCOMPARE(raised.at(0).at(0).toString(), QStringLiteral("work"));
  }

  void a_killed_first_leaves_nothing_in_the_way() {
    QFile stale(QString::fromStdString((folder() / "desktop.sock").string()));
    QVERIFY(stale.open(QIODevice::WriteOnly));
    stale.close();
    SingleInstance first(folder());
    const auto began = first.become_first({});
    QVERIFY(began.has_value() && *began);
  }

  void is_free_again_after_the_end() {
    {
      SingleInstance first(folder());
      QVERIFY(*first.become_first({}));
    }
    SingleInstance next(folder());
    QVERIFY(*next.become_first({}));
  }

  void survives_nonsense() {
    SingleInstance first(folder());
    QVERIFY(*first.become_first({}));
    QSignalSpy raised(&first, &SingleInstance::raise_requested);
    QLocalSocket client;
    client.connectToServer(QString::fromStdString((folder() / "desktop.sock").string()));
    QTRY_COMPARE(client.state(), QLocalSocket::ConnectedState);
    client.write(QByteArray(100'000, 'x'));
    QTRY_COMPARE(client.state(), QLocalSocket::UnconnectedState);
    QCOMPARE(raised.count(), 0);
  }

  void is_for_this_user_only() {
    SingleInstance first(folder());
    QVERIFY(*first.become_first({}));
    struct stat socket {};
    QCOMPARE(::stat((folder() / "desktop.sock").c_str(), &socket), 0);
    QCOMPARE(socket.st_mode & 077U, 0U);
  }

 private:
  Path folder() const { return home_->path().toStdString(); }
  std::unique_ptr<QTemporaryDir> home_;
};

}  // namespace cove::ui::test

QTEST_GUILESS_MAIN(cove::ui::test::InstanceTest)
#include "test_instance.moc"
