// Charts, and what they are fed with.
#include <QApplication>
#include <QTest>
#include <boost/json/parse.hpp>
#include <cmath>

#include "ui/models/usage.h"
#include "ui/widgets/chart.h"

namespace cove::ui::test {

namespace {

namespace json = boost::json;

WallTime at(int seconds) {
  return WallTime{std::chrono::seconds(1'700'000'000 + seconds)};
}

}  // namespace

class ChartTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void samples_are_read_as_they_are_written() {
    const json::value pod = json::parse(R"({"timestamp":"2026-01-02T03:04:05Z","containers":[
        {"name":"a","usage":{"cpu":"250m","memory":"64Mi"}},
        {"name":"b","usage":{"cpu":"1500000n","memory":"1024"}},5,{"name":"c"}]})");
    const auto sum = usage_of(pod.get_object());
    QVERIFY(sum);
    QCOMPARE(sum->cores, 0.2515);
    QCOMPARE(sum->bytes, 64.0 * 1024 * 1024 + 1024);
    QCOMPARE(usage_of(pod.get_object(), "a")->cores, 0.25);
    QVERIFY(!usage_of(json::parse(R"({"timestamp":"yesterday","usage":{}})").get_object()));
    QVERIFY(!usage_of(json::parse(R"({"timestamp":"2026-01-02T03:04:05Z"})").get_object()));
    const json::value spec = json::parse(R"({"spec":{"containers":[
        {"resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"}}},
        {"resources":{"limits":{"cpu":"500m"},"requests":{"cpu":0.5}}}]}})");
    const PodBounds bounds = bounds_of(spec.get_object());
    QCOMPARE(bounds.cores_limit.value(), 1.5);
    QVERIFY(!bounds.bytes_limit);
  }

  void amounts_have_units_of_the_locale() {
    const QLocale english(QLocale::English);
    const QLocale german(QLocale::German);
    QCOMPARE(cores_text(0, english), QStringLiteral("0"));
    QCOMPARE(cores_text(0.25, english), QStringLiteral("250 m"));
    QCOMPARE(cores_text(1.5, german), QStringLiteral("1,50"));
    QCOMPARE(bytes_text(64.0 * 1024 * 1024, english), QStringLiteral("64 MiB"));
    QCOMPARE(bytes_text(1.5 * 1024 * 1024 * 1024, german), QStringLiteral("1,5 GiB"));
  }

  void a_chart_keeps_what_it_shows_and_says_what_is_pointed_at() {
    Theme theme;
    Chart chart(theme, Chart::Steps::kDecimal, nullptr);
    chart.resize(400, 160);
    chart.set_format([](double value) { return QString::number(value); });
    chart.set_title(QStringLiteral("CPU"));
    chart.set_empty(QStringLiteral("nothing yet"));
    chart.show();
    QVERIFY(QTest::qWaitForWindowExposed(&chart));
    QCOMPARE(chart.reading(), QStringLiteral("nothing yet"));
    for (int i = 0; i < 2000; ++i) chart.add(at(i * 15), i);
    QCOMPARE(chart.points(), Chart::kMaxPoints);
    chart.add(at(5), 7);  // older than the newest
    chart.add(at(40'000), std::nan(""));
    QCOMPARE(chart.points(), Chart::kMaxPoints);
    QCOMPARE(chart.reading(), QStringLiteral("1999"));
    chart.setFocus();
    QTest::keyClick(&chart, Qt::Key_Left);
    QVERIFY(chart.reading().endsWith(QStringLiteral("1998")));
    QTest::keyClick(&chart, Qt::Key_Escape);
    QTest::mouseMove(&chart, QPoint(200, 80));
    QTRY_VERIFY(chart.reading() != QStringLiteral("1999"));
    chart.set_limits({{QStringLiteral("Limit"), 2500, Tone::kBad}});
    chart.set_stale(QStringLiteral("old"));
    QVERIFY(chart.accessibleDescription().contains(QStringLiteral("Limit: 2500")));
    QVERIFY(chart.accessibleDescription().contains(QStringLiteral("old")));
    QVERIFY(!chart.grab().isNull());
    for (const double value : {0.0, 1e-12, 1e300, 5e18}) {
      chart.clear();
      chart.add(at(1), value);
      QVERIFY(!chart.grab().isNull());
    }
  }
};

}  // namespace cove::ui::test

QTEST_MAIN(cove::ui::test::ChartTest)
#include "test_chart.moc"
