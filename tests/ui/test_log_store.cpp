// The store of a log's lines, what a line says, and the document over both.
#include <QTemporaryDir>
#include <QTest>

#include "ui/models/log_document.h"

namespace cove::ui::test {

constexpr std::int64_t kSecond = 1'000'000'000;

class LogStoreTest : public QObject {
  Q_OBJECT

  static std::vector<std::string> texts(const LogStore& store) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < store.size(); ++i) all.emplace_back(store.text(i));
    return all;
  }
  static std::string shown(const char* line) { return shown_text(line).text.toStdString(); }

  QTemporaryDir home_;
  Path folder() const { return Path(home_.path().toStdString()); }

 private Q_SLOTS:
  void lines_stand_in_the_order_of_time() {
    LogStore store(folder());
    store.append(
        {{.time = 10, .source = 0, .text = "a10"}, {.time = 30, .source = 0, .text = "a30"}});
    const auto change = store.append({{.time = 20, .source = 1, .text = "b20"},
                                      {.time = 30, .source = 1, .text = "b30"},
                                      {.time = 40, .source = 1, .text = "b40"}});
    QCOMPARE(change.first, std::size_t{1});
    QCOMPARE(texts(store), (std::vector<std::string>{"a10", "b20", "a30", "b30", "b40"}));
    QCOMPARE(store.row_of({30, 0}), std::size_t{2});
    QCOMPARE(store.row_of({99, 0}), std::size_t{5});
  }

  void a_clock_that_goes_back_turns_no_source_around() {
    LogStore store(folder());
    store.append({{.time = 50, .text = "first"}});
    store.append({{.time = 20, .text = "second"}});
    QCOMPARE(texts(store), (std::vector<std::string>{"first", "second"}));
  }

  void what_the_memory_does_not_hold_is_on_the_disk() {
    LogStore store(folder(), {.memory_bytes = 1 << 20});
    std::vector<std::string> lines;
    for (int i = 0; i < 60'000; ++i)
      lines.push_back("line " + std::to_string(i) + std::string(100, '.'));
    for (int i = 0; i < 60'000; ++i)
      store.append({{.time = i, .text = lines[static_cast<std::size_t>(i)]}});
    QVERIFY(store.memory_bytes() <= 1 << 20);
    QVERIFY(store.disk_bytes() > 5 << 20);
    QVERIFY(store.disk_trouble().empty());
    for (const std::size_t i : {0ul, 59'999ul, 1ul, 30'000ul, 12'345ul, 1ul})
      QCOMPARE(std::string(store.text(i)), lines[i]);
    // No name to be found by.
    QVERIFY(QDir(home_.path()).entryList(QDir::Files | QDir::Hidden).isEmpty());
  }

  void the_oldest_go_at_the_bound_and_their_room_is_used_again() {
    LogStore store(folder(), {.lines = 10'000, .memory_bytes = 1 << 20, .disk_bytes = 3 << 20});
    const std::string filler(400, 'x');
    for (int i = 0; i < 40'000; ++i) {
      const std::string line = std::to_string(i) + filler;
      store.append({{.time = i, .text = line}});
      QVERIFY(store.size() <= 10'000);
      QVERIFY(store.disk_bytes() <= 3 << 20);
    }
    QCOMPARE(store.dropped() + store.size(), std::uint64_t{40'000});
    QVERIFY(store.text(store.size() - 1).starts_with("39999x"));
    QVERIFY(store.text(0).starts_with(std::to_string(store.dropped()) + "x"));
  }

  void without_a_disk_the_memorys_bound_is_all() {
    LogStore store("/nonexistent/folder", {.memory_bytes = 1 << 20});
    const std::string line(1000, 'x');
    for (int i = 0; i < 20'000; ++i) store.append({{.time = i, .text = line}});
    QVERIFY(!store.disk_trouble().empty());
    QVERIFY(store.memory_bytes() <= 1 << 20);
    QVERIFY(store.size() > 500);
    QCOMPARE(store.dropped() + store.size(), std::uint64_t{20'000});
    QCOMPARE(std::string(store.text(0)), line);
  }

  void a_line_without_an_end_is_several() {
    LogStore store(folder(), {.line_bytes = 1000});
    std::string line;
    for (int i = 0; i < 1000; ++i) line += "\xe6\xb0\xb4";  // 水: never cut in two
    store.append({{.time = 1, .text = line}});
    std::string whole;
    for (std::size_t i = 0; i < store.size(); ++i) {
      QVERIFY(store.text(i).size() <= 1000);
      QVERIFY(!QString::fromUtf8(store.text(i).data(), static_cast<int>(store.text(i).size()))
                   .contains(QChar(QChar::ReplacementCharacter)));
      whole += store.text(i);
    }
    QCOMPARE(whole, line);
  }

  void severities_are_recognised() {
    const std::pair<const char*, Severity> kCases[] = {
        {"E0101 12:00:00.000001       1 main.go:1] no", Severity::kError},
        {"W0101 12:00:00.000001       1 main.go:1] hm", Severity::kWarning},
        {"I1231 23:59:59.999999       1 main.go:1] ok", Severity::kInfo},
        {"Error0 nothing", Severity::kNone},
        {R"({"time":"x","level":"error","msg":"INFO"})", Severity::kError},
        {R"({"severity": "WARNING", "message": "x"})", Severity::kWarning},
        {R"({"level":30,"msg":"pino"})", Severity::kInfo},
        {R"({"msg":"ERROR in the text only"})", Severity::kNone},
        {"2026/01/02 03:04:05 [error] 7#7: *1 open() failed", Severity::kError},
        {"2026-01-02 03:04:05,123 ERROR root failed", Severity::kError},
        {"time=x level=warning msg=y", Severity::kWarning},
        {"DEBUG starting", Severity::kDebug},
        {"\x1b[31mERROR\x1b[0m red", Severity::kError},
        {"FATAL: role does not exist", Severity::kError},
        {"error: no such file", Severity::kError},
        {"there was no error at all", Severity::kNone},
        {"the information desk", Severity::kNone},
        {"", Severity::kNone},
    };
    for (const auto& [line, severity] : kCases) QVERIFY2(severity_of(line) == severity, line);
  }

  void stamps_are_cut_off() {
    const auto line = cut_stamp("2026-01-02T03:04:05.000000007Z hello  world");
    QVERIFY(line);
    QCOMPARE(std::string(line->text), std::string("hello  world"));
    QCOMPARE(line->time % kSecond, std::int64_t{7});
    QCOMPARE(since_time(line->time), std::string("2026-01-02T03:04:05Z"));
    QVERIFY(cut_stamp("2026-01-02T03:04:05Z")->text.empty());
    QVERIFY(!cut_stamp("hello world"));
    QVERIFY(!cut_stamp(""));
    QVERIFY(!cut_stamp("9999-99-99T99:99:99.000000000Z x"));
  }

  void escapes_are_colours_or_nothing() {
    const ShownText red = shown_text("a\x1b[1;31mred\x1b[0mb\x1b[38;5;200mc\x1b[48;2;1;2;3md");
    QCOMPARE(red.text, QStringLiteral("aredbcd"));
    QCOMPARE(red.spans.size(), std::size_t{1});
    QCOMPARE(red.spans[0].from, 1);
    QCOMPARE(red.spans[0].length, 3);
    QCOMPARE(red.spans[0].color, 1);
    QVERIFY(red.spans[0].bold);
    QCOMPARE(shown("\x1b]0;title\x07now\x1b[2Kthen\x1b[?25l"), std::string("nowthen"));
    for (const char* cut : {"x\x1b", "x\x1b[", "x\x1b[31", "x\x1b]0;title"})
      QCOMPARE(shown(cut), std::string("x"));
    QCOMPARE(shown("a\rb\x01\xff"), std::string("a\uFFFDb\uFFFD\uFFFD"));
    QCOMPARE(shown("a\u202eb"), std::string("a\uFFFDb"));
  }

  void json_is_spread_out_in_its_order() {
    QCOMPARE(
        pretty_json(R"({"z":1,"a":{"b":[true,null]},"e":{}})"),
        QStringLiteral("{\n  \"z\": 1,\n  \"a\": {\n    \"b\": [\n      true,\n      null\n    "
                       "]\n  },\n  \"e\": {}\n}"));
    QVERIFY(pretty_json("{not json}").isEmpty());
    QVERIFY(pretty_json("plain").isEmpty());
    QVERIFY(pretty_json(std::string(500, '[')).isEmpty());
  }

  void filters_and_hits_stay_true_while_lines_come_and_go() {
    LogDocument document(folder(), {.lines = 100});
    document.add_source(QStringLiteral("a"));
    document.add_source(QStringLiteral("b"));
    document.set_least(Severity::kWarning);
    document.search(QStringLiteral("NEEDLE"), false);
    for (int i = 0; i < 150; ++i) {
      const std::string line = (i % 10 == 0 ? "needle " : "straw ") + std::to_string(i);
      document.append({{.time = i,
                        .source = static_cast<std::uint16_t>(i % 2),
                        .severity = i % 5 == 0 ? Severity::kError : Severity::kInfo,
                        .text = line}});
    }
    QTRY_VERIFY(!document.searching());
    QCOMPARE(document.lines(), std::size_t{100});
    QCOMPARE(document.dropped(), std::uint64_t{50});
    QCOMPARE(document.rows(), 20);
    QCOMPARE(document.plain(0, false, true), std::string("a needle 50"));
    QCOMPARE(document.hits(), 10);
    QCOMPARE(document.next_hit(-1, false), 0);
    QCOMPARE(document.next_hit(0, false), 2);
    QCOMPARE(document.next_hit(0, true), 18);
    // An older line of another source finds its place, and is searched.
    document.append(
        {{.time = 60, .source = 2, .severity = Severity::kError, .text = "late needle"}});
    QTRY_VERIFY(!document.searching());
    QCOMPARE(document.hits(), 10);  // one came, and the oldest, which was one, went
    QCOMPARE(document.rows(), 20);
    document.set_shown_sources(std::vector<bool>{true});
    QCOMPARE(document.hits(), 9);
    document.set_shown_sources(std::nullopt);
    document.set_least(Severity::kNone);
    QCOMPARE(document.rows(), 100);
    document.clear();
    QCOMPARE(document.rows(), 0);
    QCOMPARE(document.hits(), 0);
  }

  void patterns_are_bounded() {
    LogDocument document(folder());
    document.add_source(QStringLiteral("a"));
    // Tries 2^n ways without a bound.
    const std::string evil = std::string(5'000, 'a') + "!";
    document.append({{.time = 1, .text = evil}, {.time = 2, .text = "aab"}});
    document.search(QStringLiteral("^(a+)+b$"), true);
    QTRY_VERIFY(!document.searching());
    QCOMPARE(document.hits(), 1);
    document.search(QStringLiteral("a(b"), true);
    QVERIFY(!document.matcher().error().isEmpty());
    QVERIFY(!document.matcher().active());
    document.search(QStringLiteral("A{2}B"), true);
    QTRY_COMPARE(document.hits(), 1);
  }
};

}  // namespace cove::ui::test

QTEST_GUILESS_MAIN(cove::ui::test::LogStoreTest)
#include "test_log_store.moc"
