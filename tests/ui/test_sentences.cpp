// What the libraries say of failures, in the language of the program.
#include <QApplication>
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include "core/base/result.h"
#include "ui/models/sentences.h"
#include "ui/models/text.h"
#include "ui/theme/language.h"
#include "ui/theme/theme.h"

namespace cove::ui::test {

// Where the provisioner's sentences come from.
const QStringList kRooms{
    QStringLiteral("vm/provision"), QStringLiteral("vm/forward"), QStringLiteral("vm/image"),
    QStringLiteral("vm/libvirt"),   QStringLiteral("vm/backend"), QStringLiteral("core/pki"),
};
const QStringList kFiles{
    QStringLiteral("core/base/fs.cpp"),
    QStringLiteral("core/base/process.cpp"),
    QStringLiteral("core/base/result.cpp"),
    QStringLiteral("core/client/https.cpp"),
    QStringLiteral("core/client/kubeconfig.cpp"),
    QStringLiteral("vm/channel/control.cpp"),
    QStringLiteral("vm/channel/control_server.cpp"),
    QStringLiteral("vm/channel/line.cpp"),
    QStringLiteral("vm/channel/message.cpp"),
    QStringLiteral("vm/channel/ports.cpp"),
};
// The check of this computer's health is translated by its codes (DiagnosisModel).
const QString kDiagnosis = QStringLiteral("vm/provision/diagnosis.cpp");

// What looks like a sentence and is none that a window shows.
const QStringList kNotTold{
    // Titles of steps, which are translated by their names; commands; words of others to look for;
    // words of the log.
    QStringLiteral("Shut the node down"),
    QStringLiteral("Turn the virtual machine off"),
    QStringLiteral("Save the memory and end the virtual machine"),
    QStringLiteral("Remove the virtual machine"),
    QStringLiteral("Remove the kubeconfig entry"),
    QStringLiteral("Remove the disk and all files"),
    QStringLiteral("cove {}"),
    QStringLiteral("cove {} -p {}"),
    QStringLiteral("opening published ports"),
    QStringLiteral("Cove cluster '{}'"),
    QStringLiteral("Check this computer"),
    QStringLiteral("Prepare the data disk"),
    QStringLiteral("Define the virtual machine"),
    QStringLiteral("Create keys and certificates"),
    QStringLiteral("Boot the virtual machine"),
    QStringLiteral("Configure the node"),
    QStringLiteral("Write the settings down"),
    QStringLiteral("Open ports on this computer"),
    QStringLiteral("Wait for the Kubernetes API"),
    QStringLiteral("Wait for the node to be Ready"),
    QStringLiteral("Write the kubeconfig entry"),
    QStringLiteral("--resolve {}:{}:{} "),
    QStringLiteral("connected to libvirt again"),
    QStringLiteral("Cannot allocate memory"),
    QStringLiteral("cannot set up guest memory"),
    QStringLiteral("Cannot find suitable emulator"),
    QStringLiteral("Cannot find QEMU binary"),
    QStringLiteral("no emulator for domain"),
    QStringLiteral("No emulator found"),
    QStringLiteral("no connection driver available"),
    QStringLiteral("user runtime directory"),
    QStringLiteral("Could not access KVM kernel module"),
    QStringLiteral("failed to initialize kvm"),
    QStringLiteral("could not open kernel file"),
    QStringLiteral("could not load kernel"),
    QStringLiteral("could not load initrd"),
    QStringLiteral("Failed to get \"write\" lock"),
    QStringLiteral("Failed to get shared \"write\" lock"),
    QStringLiteral("authentication unavailable"),
    QStringLiteral("authentication failed"),
    QStringLiteral("Failed to connect socket"),
    QStringLiteral("Failed to connect to"),
    QStringLiteral("libvirtd in"),
    QStringLiteral("unable to find a daemon"),
    QStringLiteral("Cannot find 'libvirtd'"),
    QStringLiteral("failed to find libvirtd"),
    QStringLiteral("Unable to locate"),
    QStringLiteral("Cannot access storage file"),
    QStringLiteral("model name"),
    QStringLiteral("the result of the KVM probe is not remembered"),
    QStringLiteral("Kernel panic - not syncing: VFS"),
    QStringLiteral("No bootable device"),
    QStringLiteral("probed hardware virtualization"),
    QStringLiteral("libvirt {}, QEMU {}"),
    QStringLiteral("Active channel stream exists"),
    QStringLiteral("hostfwd_add {} {}:{}:{}-:{}"),
    QStringLiteral("hostfwd_remove {} {}:{}:{}"),
    QStringLiteral("Could not set up"),
    QStringLiteral("could not set up"),
    QStringLiteral("not found"),
    QStringLiteral("cannot {}: {}"),
    QStringLiteral("cannot {} {}: {}"),
    QStringLiteral("unchecked failure at {}:{}: {}"),
    // Put together from parts: the sentences that come of it are in the list.
    QStringLiteral("'{}' was {} at '{}'"),
    QStringLiteral("{} CPUs, {} MiB of memory, {}"),
    QStringLiteral("'{}{}' is not {}"),
    QStringLiteral("port {} {}; using {}"),
    QStringLiteral("common name"),
};

// Sentences that are put together from parts, or the system's own.
const QStringList kAssembled{
    QStringLiteral("'%1' was interrupted at '%2'"),
    QStringLiteral("'%1' was cancelled at '%2'"),
    QStringLiteral("%1 CPUs, %2 MiB of memory, KVM"),
    QStringLiteral("%1 CPUs, %2 MiB of memory, software emulation"),
    QStringLiteral("'%1' is not true or false"),
    QStringLiteral("'%1' is not a whole number in range"),
    QStringLiteral("'%1' is not an object"),
    QStringLiteral("'%1' is not a list of strings"),
    QStringLiteral("'%1' is not one of the known words"),
    QStringLiteral("port %1 is used by another service of this cluster; using %2"),
    QStringLiteral("port %1 belongs to another cluster of yours; using %2"),
    QStringLiteral("port %1 may be opened by the administrator only; using %2"),
    QStringLiteral("it is used by another service of this cluster"),
    QStringLiteral("it belongs to another cluster of yours"),
    QStringLiteral("it may be opened by the administrator only"),
    QStringLiteral("it is taken by %1"),
    QStringLiteral("No such file or directory"),
    QStringLiteral("Read-only file system"),
    QStringLiteral("Connection refused"),
    QStringLiteral("Input/output error"),
    QStringLiteral("Operation not permitted"),
    QStringLiteral("Device or resource busy"),
};

// The literals of a source, neighbours joined, without comments.
QStringList literals(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return {};
  QString text = QString::fromUtf8(file.readAll());
  text.remove(QRegularExpression(QStringLiteral("//[^\n]*")));
  text.remove(QRegularExpression(QStringLiteral("#include[^\n]*")));
  text.remove(QRegularExpression(QStringLiteral("\"\\s*\n\\s*\"")));
  static const QRegularExpression kLiteral(QStringLiteral("\"((?:[^\"\\\\\n]|\\\\.)*)\""));
  QStringList all;
  auto each = kLiteral.globalMatch(text);
  while (each.hasNext())
    all.append(each.next().captured(1).replace(QStringLiteral("\\\""), QStringLiteral("\"")));
  return all;
}

bool is_prose(const QString& literal) {
  static const QRegularExpression kWords(
      QStringLiteral("[a-z] [a-z{]|[a-z}] [a-z]|^[A-Z][a-z]+ .*\\.$"));
  return kWords.match(literal).hasMatch();
}

// Places of either kind as one mark.
QString plain(QString text) {
  text.replace(QRegularExpression(QStringLiteral("\\{[^}]*\\}|%[1-9]")), QStringLiteral("\x01"));
  return text.trimmed();
}

// The sources that speak, below the source folder.
QStringList speaking_files(const QStringList& endings) {
  QStringList files;
  for (const QString& room : kRooms) {
    const QDir folder(qEnvironmentVariable("COVE_SOURCE_DIR") + QLatin1Char('/') + room);
    for (const QString& name : folder.entryList(endings, QDir::Files))
      files.append(room + QLatin1Char('/') + name);
  }
  return files + kFiles;
}

// What stands between the places, without the marks around them.
QStringList words_of(const QString& plain_text) {
  static const QRegularExpression kEdges(QStringLiteral("^[ '\"():;,.]+|[ '\"():;,.]+$"));
  QStringList words = plain_text.split(QLatin1Char('\x01'));
  for (QString& each : words) each.remove(kEdges);
  words.removeAll(QString());
  return words;
}

class SentencesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void cleanup() { language_.use(QStringLiteral("en")); }

  // A new sentence is put into ui/models/sentence_list.cpp and translated, or, when no window shows
  // it, named above.
  void every_sentence_is_known() {
    const QString source = qEnvironmentVariable("COVE_SOURCE_DIR");
    QStringList files = speaking_files({QStringLiteral("*.cpp")});
    files.removeAll(kDiagnosis);
    QStringList known;
    for (const QString& sentence : known_sentences()) known.append(plain(sentence));
    QStringList unknown;
    QStringList used;
    for (const QString& file : files) {
      const QStringList all = literals(source + QLatin1Char('/') + file);
      for (const QString& literal : all) {
        if (!is_prose(literal)) continue;
        if (kNotTold.contains(literal)) {
          used.append(literal);
          continue;
        }
        const QString wanted = plain(literal);
        const bool there = std::any_of(known.begin(), known.end(), [&](const QString& sentence) {
          return sentence.contains(wanted);
        });
        if (!there) unknown.append(file + QStringLiteral(": ") + literal);
      }
    }
    QVERIFY(files.size() > 30);
    QVERIFY2(unknown.isEmpty(), qPrintable(QLatin1Char('\n') + unknown.join(QLatin1Char('\n'))));
    for (const QString& literal : kNotTold)
      QVERIFY2(used.contains(literal), qPrintable(QStringLiteral("gone: ") + literal));
  }

  // A sentence that no source says any more goes out of the list.
  void every_known_sentence_is_still_said() {
    const QString source = qEnvironmentVariable("COVE_SOURCE_DIR");
    QSet<QString> said;
    for (const QString& file : speaking_files({QStringLiteral("*.cpp"), QStringLiteral("*.h")})) {
      for (const QString& literal : literals(source + QLatin1Char('/') + file))
        for (const QString& words : words_of(plain(literal))) said.insert(words);
    }
    const QStringList known = known_sentences();
    for (const QString& sentence : known) {
      const QStringList words = words_of(plain(sentence));
      const bool there = std::all_of(words.begin(), words.end(),
                                     [&](const QString& each) { return said.contains(each); });
      QVERIFY2(there || kAssembled.contains(sentence), qPrintable(sentence));
    }
    for (const QString& sentence : kAssembled)
      QVERIFY2(known.contains(sentence), qPrintable(sentence));
  }

  void every_known_sentence_is_said_in_chinese() {
    language_.use(QStringLiteral("zh_CN"));
    for (const QString& sentence : known_sentences()) {
      static const QRegularExpression kHan(QStringLiteral("[\\x{4e00}-\\x{9fff}]"));
      const QString text = QCoreApplication::translate("Sentences", sentence.toUtf8().constData());
      QVERIFY2(kHan.match(text).hasMatch() || text != sentence, qPrintable(sentence));
      for (int i = 1; i < 6; ++i) {
        const QString place = QLatin1Char('%') + QString::number(i);
        QCOMPARE(text.count(place), sentence.count(place));
      }
    }
  }

  void english_stays_as_it_is() {
    for (const QString& sentence : known_sentences()) {
      QString filled = sentence;
      for (int i = 1; i < 6; ++i)
        filled.replace(QLatin1Char('%') + QString::number(i), QStringLiteral("value"));
      QCOMPARE(told(filled), filled);
    }
    const Error error{ErrorCode::kConflict, "open port", "6443 for kubernetes-api",
                      "it is taken by nginx (process 12)", "Free that port and try again."};
    QCOMPARE(sentence_of(error), QStringLiteral("Cannot open port 6443 for kubernetes-api: it is "
                                                "taken by nginx (process 12)."));
    QCOMPARE(told(error.message()), QString::fromStdString(error.message()));
  }

  void an_error_is_said_in_chinese() {
    language_.use(QStringLiteral("zh_CN"));
    const Error missing{ErrorCode::kUnavailable, "start the virtual machine", "cove",
                        "QEMU is not installed", "Install the package qemu-system-x86."};
    QCOMPARE(sentence_of(missing), QStringLiteral("无法启动虚拟机 cove：没有安装 QEMU。"));
    QCOMPARE(remedy_of(missing), QStringLiteral("请安装软件包 qemu-system-x86。"));
    const Error taken{ErrorCode::kConflict, "open port", "6443 for kubernetes-api",
                      "it is taken by nginx (process 12)", "Free that port and try again."};
    QCOMPARE(
        sentence_of(taken),
        QStringLiteral("无法打开端口 6443（用于 kubernetes-api）：它已被占用：nginx（进程 12）。"));
    const Error shell{ErrorCode::kUnavailable, "open a shell in", "cluster 'team'",
                      "its virtual machine is not running", "Run 'cove start'."};
    QCOMPARE(sentence_of(shell),
             QStringLiteral("无法在集群“team”中打开 shell：它的虚拟机没有运行。"));
  }

  // What the state file and the notes hold are whole messages.
  void a_message_is_said_in_chinese() {
    language_.use(QStringLiteral("zh_CN"));
    const Error full{ErrorCode::kResourceExhausted, "create the data disk", "/srv/disk.qcow2",
                     "the disk of this computer is full", "Free some space in /srv and try again."};
    QCOMPARE(told(full.message()),
             QStringLiteral("无法创建数据磁盘 /srv/disk.qcow2：这台计算机的磁盘已满。请在 /srv "
                            "中释放一些空间后重试。"));
    QCOMPARE(told(QStringLiteral("ports of containers will not answer on this computer: cannot "
                                 "open published ports for cluster 'cove': it was told to stop.")),
             QStringLiteral("容器的端口在这台计算机上不会响应：无法为集群“cove”打开已发布的端口："
                            "它被要求停止。"));
    QCOMPARE(told(QStringLiteral("'start' was interrupted at 'Boot'")),
             QStringLiteral("“start”在“Boot”处中断"));
  }

  void what_is_not_known_stays_english() {
    language_.use(QStringLiteral("zh_CN"));
    const QString odd = QStringLiteral("internal error: process exited while connecting");
    QCOMPARE(told(odd), odd);
    // What looks like a subject is one in an action alone.
    for (const char* const text : {"no handler for this machine type", "a disk of 5 GiB", "2 CPUs",
                                   "unable to allocate memory for the guest"}) {
      QCOMPARE(told(QString::fromUtf8(text)), QString::fromUtf8(text));
      QCOMPARE(told(QStringLiteral("its virtual machine ended: ") + QString::fromUtf8(text)),
               QStringLiteral("它的虚拟机已结束：") + QString::fromUtf8(text));
    }
    const Error error{ErrorCode::kUnavailable, "frobnicate", "cove", "QEMU is not installed", ""};
    QCOMPARE(sentence_of(error), QStringLiteral("Cannot frobnicate cove: QEMU is not installed."));
    // libvirt's own words stand in our sentence.
    const Error theirs{ErrorCode::kInternal, "start the virtual machine", "cove", odd.toStdString(),
                       ""};
    QCOMPARE(sentence_of(theirs), QStringLiteral("无法启动虚拟机 cove：%1。").arg(odd));
    QCOMPARE(told(QString()), QString());
  }

  void values_are_never_taken_for_places() {
    language_.use(QStringLiteral("zh_CN"));
    QCOMPARE(told(QStringLiteral("it has %2 bytes and the manifest says %1")),
             QStringLiteral("它有 %2 字节，而清单中是 %1"));
    QString nested = QStringLiteral("end");
    for (int i = 0; i < 10'000; ++i) nested.prepend(QStringLiteral("the node is not Ready: "));
    QVERIFY(told(nested).endsWith(QStringLiteral("end")));
  }

 private:
  Language language_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::SentencesTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_sentences.moc"
