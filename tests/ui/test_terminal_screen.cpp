// The terminal's screen: what it shows of what a container writes, and what keys say.
#include <QApplication>
#include <QClipboard>
#include <QTest>

#include "ui/widgets/terminal_screen.h"

namespace cove::ui::test {

namespace {

using Kind = TerminalColor::Kind;

QString row(const TerminalScreen& screen, int number) {
  return screen.text(QPoint(0, number), QPoint(screen.columns(), number));
}

}  // namespace

class TerminalScreenTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void colours_and_attributes_are_what_was_asked_for() {
    TerminalScreen screen(5, 40);
    screen.put("\x1b[31mr\x1b[1;38;5;200mp\x1b[0;48;2;1;2;3mt\x1b[0;3;4;7;9mx\x1b[0mn");
    const auto cells = screen.line(0);
    QVERIFY((cells[0].ink == TerminalColor{Kind::kIndexed, 1, 0, 0}));
    QVERIFY((cells[1].ink == TerminalColor{Kind::kIndexed, 200, 0, 0}));
    QCOMPARE(int(cells[1].attributes), int(TerminalCell::kBold));
    QVERIFY((cells[2].paper == TerminalColor{Kind::kRgb, 1, 2, 3}));
    QCOMPARE(int(cells[3].attributes), TerminalCell::kItalic | TerminalCell::kUnderline |
                                           TerminalCell::kReverse | TerminalCell::kStrike);
    QVERIFY(cells[4].ink == TerminalColor());
  }

  void letters_of_two_columns_and_cut_ones_are_whole() {
    TerminalScreen screen(5, 20);
    const QByteArray text = QStringLiteral("a容器e\u0301!").toUtf8();
    for (const char byte : text) screen.put(QByteArrayView(&byte, 1));
    QCOMPARE(row(screen, 0), QStringLiteral("a容器e\u0301!"));
    QCOMPARE(int(screen.line(0)[1].width), 2);
    QCOMPARE(int(screen.line(0)[2].width), 0);
    screen.put("\xff\xfe");
    QVERIFY(row(screen, 0).contains(QChar(0xfffd)));
  }

  void lines_that_leave_are_kept_up_to_a_bound() {
    TerminalScreen screen(4, 20);
    QByteArray many;
    for (int i = 0; i < 12'000; ++i) many += QByteArray::number(i) + "\r\n";
    screen.put(many);
    QCOMPARE(screen.history(), TerminalScreen::kHistory);
    QCOMPARE(screen.dropped(), 12'001 - 4 - TerminalScreen::kHistory);
    QCOMPARE(row(screen, 0), QString::number(screen.dropped()));
    QCOMPARE(screen.text(QPoint(0, screen.lines() - 3), QPoint(2, screen.lines() - 2)),
             QStringLiteral("11998\n119"));
  }

  void letters_are_repeated_and_nothing_else_is() {
    TerminalScreen screen(5, 20);
    screen.put("\x1b[5b\x1b]0;x\x1b[5b\x1b(B\x1b[5bab\x1b[3b");
    QCOMPARE(row(screen, 0), QStringLiteral("abbbb"));
  }

  void programs_of_the_whole_screen_leave_no_trace() {
    TerminalScreen screen(4, 20);
    screen.put("before\r\n\x1b[?1049h\x1b[2J\x1b[Hinside");
    QVERIFY(screen.alternate());
    QCOMPARE(row(screen, 0), QStringLiteral("inside"));
    screen.put("\x1b[?1049l");
    QVERIFY(!screen.alternate());
    QCOMPARE(row(screen, 0), QStringLiteral("before"));
  }

  // A hostile container: nothing of it leaves its screen, and nothing grows.
  void hostile_sequences_have_no_effect_and_no_end() {
    QGuiApplication::clipboard()->setText(QStringLiteral("mine"));
    TerminalScreen screen(24, 80);
    screen.put("\x1b]0;owned\x07\x1b]2;owned\x1b\\\x1b]52;c;b3duZWQ=\x07\x1b[20t\x1b[21t");
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("mine"));
    QVERIFY(!screen.take_output().contains("owned"));
    screen.put("\x1b]0;" + QByteArray(1 << 20, 'x'));
    screen.put("\x1bP" + QByteArray(1 << 20, 'y'));
    screen.put(
        "\x1b\\\x1b[2147483647b\x1b[2147483647S\x1b[2147483647L\x1b[2147483647@"
        "\x1b[2147483647;2147483647H\x1b[-5;99999999999999999999r\x1b[8;30000;30000t");
    QCOMPARE(screen.rows(), 24);
    QCOMPARE(screen.columns(), 80);
    for (int i = 0; i < 100'000; ++i) screen.put("\x1b[c\x1b[6n");
    QVERIFY(screen.take_output().size() <= TerminalScreen::kMaxOutput);
    quint32 seed = 7;
    QByteArray noise;
    for (int i = 0; i < 500'000; ++i) {
      seed = seed * 1664525u + 1013904223u;
      noise += (seed >> 28) < 3 ? '\x1b' : (seed >> 28) < 6 ? '[' : static_cast<char>(seed >> 20);
    }
    screen.put(noise);
    screen.resize(1, 2);
    screen.resize(10'000, 10'000);
    QCOMPARE(screen.rows(), TerminalScreen::kMaxRows);
    screen.put(noise);
  }

  void keys_say_what_terminals_say() {
    TerminalScreen screen(24, 80);
    using Key = TerminalScreen::Key;
    const auto pressed = [&](auto press) {
      press();
      return screen.take_output();
    };
    QCOMPARE(pressed([&] { screen.press(Key::kUp); }), QByteArray("\x1b[A"));
    screen.put("\x1b[?1h");
    QCOMPARE(pressed([&] { screen.press(Key::kUp); }), QByteArray("\x1bOA"));
    QCOMPARE(pressed([&] { screen.press(Key::kRight, TerminalScreen::kControl); }),
             QByteArray("\x1b[1;5C"));
    QCOMPARE(pressed([&] { screen.press(Key::kEnter, TerminalScreen::kShift); }), QByteArray("\r"));
    QCOMPARE(pressed([&] { screen.press(Key::kTab, TerminalScreen::kShift); }),
             QByteArray("\x1b[Z"));
    QCOMPARE(pressed([&] { screen.press(Key::kBackspace); }), QByteArray("\x7f"));
    QCOMPARE(pressed([&] { screen.press_function(5); }), QByteArray("\x1b[15~"));
    QCOMPARE(pressed([&] { screen.press_control('C'); }), QByteArray("\x03"));
    QCOMPARE(pressed([&] { screen.press_control('I'); }), QByteArray("\t"));
    QCOMPARE(pressed([&] { screen.type(QStringLiteral("é"), TerminalScreen::kAlt); }),
             QByteArray("\x1b\xc3\xa9"));
    QCOMPARE(pressed([&] { screen.paste(QStringLiteral("a\nb\x1b[201~c\x03")); }),
             QByteArray("a\rb[201~c"));
    screen.put("\x1b[?2004h");
    QVERIFY(screen.brackets_pastes());
    QCOMPARE(pressed([&] { screen.paste(QStringLiteral("a\r\nb")); }),
             QByteArray("\x1b[200~a\rb\x1b[201~"));
  }
};

}  // namespace cove::ui::test

QTEST_MAIN(cove::ui::test::TerminalScreenTest)
#include "test_terminal_screen.moc"
