// Palette, icons, style sheet and translations.
#include <QApplication>
#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include "ui/models/text.h"
#include "ui/theme/language.h"
#include "ui/theme/theme.h"

namespace cove::ui::test {

struct Translation {
  QString context;
  QString source;
  QString text;
  bool finished = true;
  bool operator<(const Translation& other) const {
    return std::tie(context, source) < std::tie(other.context, other.source);
  }
};

std::vector<Translation> read_ts(const QString& path) {
  QFile file(path);
  std::vector<Translation> all;
  if (!file.open(QIODevice::ReadOnly)) return all;
  QXmlStreamReader xml(&file);
  QString context;
  while (!xml.atEnd()) {
    if (xml.readNext() != QXmlStreamReader::StartElement) continue;
    if (xml.name() == QLatin1String("name")) context = xml.readElementText();
    if (xml.name() == QLatin1String("source")) {
      all.push_back({context, xml.readElementText(), {}, true});
    } else if (xml.name() == QLatin1String("translation") && !all.empty()) {
      all.back().finished = xml.attributes().value(QLatin1String("type")).isEmpty();
      all.back().text = xml.readElementText();
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

class ThemeTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void every_text_has_enough_contrast() {
    for (const Palette* palette : {&light_palette(), &dark_palette()}) {
      for (const ContrastPair& pair : contrast_pairs(*palette)) {
        const double ratio = contrast_ratio(pair.text, pair.background);
        QVERIFY2(
            ratio >= 4.5,
            qPrintable(QStringLiteral("%1 %2: %3 on %4 is %5")
                           .arg(palette->dark ? QStringLiteral("dark") : QStringLiteral("light"),
                                pair.name, pair.text.name(), pair.background.name())
                           .arg(ratio)));
      }
    }
    QCOMPARE(contrast_ratio(Qt::black, Qt::white), 21.0);
  }

  void the_style_sheet_knows_all_its_names() {
    QVERIFY(!make_stylesheet(14).contains(QLatin1Char('@')));
    // Qt weighs a rule's place in the sheet as well: from this many on, it outweighs selectors.
    QVERIFY(make_stylesheet(14).count(QLatin1Char('{')) <= 256);
  }

  void icons_draw_in_the_color_of_the_scheme() {
    Theme theme;
    const QDir folder(QStringLiteral(":/cove/icons"));
    QVERIFY(folder.entryList().size() > 20);
    for (const QString& file : folder.entryList()) {
      const QString name = QFileInfo(file).baseName();
      const QImage image = theme.pixmap(name, Qt::red, 24, 2.0).toImage();
      QCOMPARE(image.size(), QSize(48, 48));
      bool drawn = false;
      for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) drawn = drawn || qAlpha(image.pixel(x, y)) > 200;
      }
      QVERIFY2(drawn, qPrintable(name));
    }
    const QIcon icon = theme.icon(QStringLiteral("stop"));
    const QImage light = icon.pixmap(24).toImage();
    theme.set_choice(SchemeChoice::kDark);
    QVERIFY(icon.pixmap(24).toImage() != light);
  }

  void follows_the_system_only_when_told_to() {
    Theme theme;
    theme.set_system_dark(true);
    QVERIFY(theme.dark());
    theme.set_choice(SchemeChoice::kLight);
    QVERIFY(!theme.dark());
    theme.set_choice(SchemeChoice::kDark);
    theme.set_system_dark(false);
    QVERIFY(theme.dark());
    theme.set_choice(SchemeChoice::kSystem);
    QVERIFY(!theme.dark());
  }

  void every_text_is_translated() {
    const QString source = qEnvironmentVariable("COVE_SOURCE_DIR");
    QVERIFY(!source.isEmpty());
    for (const LanguageEntry& language : languages()) {
      if (language.code == QLatin1String("en")) continue;
      const QString ts =
          source + QStringLiteral("/resources/translations/cove_%1.ts").arg(language.code);
      QTemporaryDir home;
      const QString copy = home.filePath(QStringLiteral("copy.ts"));
      QVERIFY(QFile::copy(ts, copy));
      QProcess lupdate;
      lupdate.setWorkingDirectory(source);
      lupdate.start(
          QStringLiteral(COVE_LUPDATE),
          {QStringLiteral("-silent"), QStringLiteral("-I"), source, QStringLiteral("-no-obsolete"),
           QStringLiteral("-locations"), QStringLiteral("none"), QStringLiteral("ui"),
           QStringLiteral("app/desktop"), QStringLiteral("-ts"), copy});
      QVERIFY(lupdate.waitForFinished(60'000));
      QCOMPARE(lupdate.exitCode(), 0);
      const auto ours = read_ts(ts);
      const auto wanted = read_ts(copy);
      QVERIFY(wanted.size() > 100);
      for (const Translation& text : wanted) {
        QVERIFY2(text.finished && !text.text.isEmpty(),
                 qPrintable(language.code + QStringLiteral(": ") + text.context +
                            QStringLiteral(": ") + text.source));
        check_placeholders(text);
      }
      QCOMPARE(ours.size(), wanted.size());  // nothing left over from texts that are gone
    }
  }

  void a_translation_is_found_under_its_context() {
    Language language;
    language.use(QStringLiteral("zh_CN"));
    QCOMPARE(language.code(), QStringLiteral("zh_CN"));
    const auto all = read_ts(qEnvironmentVariable("COVE_SOURCE_DIR") +
                             QStringLiteral("/resources/translations/cove_zh_CN.ts"));
    for (const Translation& text : all) {
      QCOMPARE(QCoreApplication::translate(text.context.toUtf8().constData(),
                                           text.source.toUtf8().constData()),
               text.text);
    }
    provision::Step step;
    step.id = "boot";
    step.title = "Boot the virtual machine";
    QCOMPARE(title_of(step), QStringLiteral("启动虚拟机"));
    language.use(QStringLiteral("en"));
    QCOMPARE(title_of(step), QStringLiteral("Boot the virtual machine"));
    language.use(QStringLiteral("xx"));
    QCOMPARE(language.code(), QStringLiteral("en"));
  }

 private:
  static void check_placeholders(const Translation& text) {
    for (int i = 1; i < 4; ++i) {
      const QString mark = QStringLiteral("%%1").arg(i);
      QVERIFY2(text.source.contains(mark) == text.text.contains(mark), qPrintable(text.source));
    }
  }
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::ThemeTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_theme.moc"
