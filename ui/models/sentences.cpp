#include "ui/models/sentences.h"

#include <QCoreApplication>
#include <algorithm>
#include <optional>
#include <vector>

#include "ui/models/sentence_list.h"

namespace cove::ui {
namespace {

struct Sentences {
  Q_DECLARE_TR_FUNCTIONS(Sentences)
};

// A cause may hold a cause; deeper than this nobody says anything.
constexpr int kDepth = 4;

// "the port %1 of %2": the words between the places, which stand in the order of their numbers.
struct Pattern {
  explicit Pattern(const char* text) : english(text) {
    const QString whole = QString::fromUtf8(text);
    qsizetype from = 0;
    for (int number = 1;; ++number) {
      const QString place = QLatin1Char('%') + QString::number(number);
      const qsizetype at = whole.indexOf(place, from);
      if (at < 0) break;
      pieces.append(whole.mid(from, at - from));
      from = at + place.size();
    }
    pieces.append(whole.mid(from));
    for (const QString& piece : pieces) weight += piece.size();
  }

  // What stands in the places, none of it empty.
  std::optional<QStringList> match(const QString& text) const {
    if (pieces.size() == 1) {
      return text == pieces.front() ? std::optional(QStringList()) : std::nullopt;
    }
    if (!text.startsWith(pieces.front()) || !text.endsWith(pieces.back())) return std::nullopt;
    const qsizetype end = text.size() - pieces.back().size();
    qsizetype from = pieces.front().size();
    QStringList found;
    for (qsizetype i = 1; i + 1 < pieces.size(); ++i) {
      const qsizetype at = text.indexOf(pieces[i], from + 1);
      if (at < 0 || at + pieces[i].size() > end) return std::nullopt;
      found.append(text.mid(from, at - from));
      from = at + pieces[i].size();
    }
    if (from >= end) return std::nullopt;
    found.append(text.mid(from, end - from));
    return found;
  }

  const char* english;
  QStringList pieces;
  qsizetype weight = 0;
};

using Patterns = std::vector<Pattern>;

// The most telling first.
Patterns patterns(std::initializer_list<std::span<const char* const>> lists) {
  Patterns all;
  for (const auto& list : lists)
    for (const char* const text : list) all.emplace_back(text);
  std::stable_sort(all.begin(), all.end(),
                   [](const Pattern& a, const Pattern& b) { return a.weight > b.weight; });
  return all;
}

// One pass, so that what is filled in is never taken for a place.
QString fill(const QString& text, const QStringList& values) {
  QString out;
  for (qsizetype i = 0; i < text.size(); ++i) {
    const int number =
        text[i] == QLatin1Char('%') && i + 1 < text.size() ? text[i + 1].digitValue() : -1;
    if (number < 1 || number > values.size()) {
      out += text[i];
      continue;
    }
    out += values[number - 1];
    ++i;
  }
  return out;
}

// What a part of a sentence is: subjects stand in actions alone.
enum class Role { kText, kSubject };

QString part(const QString& english, int depth, Role role = Role::kText);

// `role`: of what stands in the places.
std::optional<QString> translated(const Patterns& list, const QString& english, int depth,
                                  Role role) {
  for (const Pattern& pattern : list) {
    auto values = pattern.match(english);
    if (!values) continue;
    for (QString& value : *values) value = part(value, depth + 1, role);
    return fill(QCoreApplication::translate("Sentences", pattern.english), *values);
  }
  return std::nullopt;
}

QString without_full_stop(QString text) {
  if (text.endsWith(QLatin1Char('.'))) text.chop(1);
  return text;
}

QString failure(const QString& action, const QString& cause) {
  return Sentences::tr("Cannot %1: %2.")
      .replace(QLatin1String("%1"), action)
      .replace(QLatin1String("%2"), without_full_stop(cause));
}

std::optional<QString> action_of(const QString& phrase, int depth) {
  static const Patterns actions = patterns({known_actions()});
  return translated(actions, phrase, depth, Role::kSubject);
}

// "cannot open port 6443 for the API: it is taken. Free that port." as Error::message() writes it.
std::optional<QString> message(const QString& english, int depth) {
  const QString mark = QStringLiteral("cannot ");
  if (!english.startsWith(mark, Qt::CaseInsensitive)) return std::nullopt;
  const qsizetype colon = english.indexOf(QLatin1String(": "));
  if (colon < 0) return std::nullopt;
  const auto action = action_of(english.mid(mark.size(), colon - mark.size()), depth);
  if (!action) return std::nullopt;
  const QString rest = english.mid(colon + 2);
  const qsizetype stop = rest.indexOf(QLatin1String(". "));
  QString text = failure(*action, part(without_full_stop(rest.left(stop)), depth));
  if (english.startsWith(QLatin1Char('c'))) text[0] = text[0].toLower();
  if (stop < 0) return text;
  return Sentences::tr("%1 %2").arg(text, part(rest.mid(stop + 2), depth));
}

QString part(const QString& english, int depth, Role role) {
  if (depth > kDepth) return english;
  static const Patterns texts = patterns({known_texts()});
  static const Patterns subjects = patterns({known_texts(), known_subjects()});
  if (auto whole = message(english, depth + 1)) return *whole;
  return translated(role == Role::kSubject ? subjects : texts, english, depth, role)
      .value_or(english);
}

}  // namespace

QString told(const QString& english) {
  return part(english, 0);
}

QString told(const std::string& english) {
  return told(QString::fromStdString(english));
}

QString told_failure(const Error& error) {
  QString phrase = QString::fromStdString(error.action);
  if (!error.subject.empty()) phrase += QLatin1Char(' ') + QString::fromStdString(error.subject);
  if (const auto action = action_of(phrase, 0)) return failure(*action, told(error.cause));
  Error without = error;
  without.remedy.clear();
  QString text = QString::fromStdString(without.message());
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

QStringList known_sentences() {
  QStringList all;
  for (const auto list : {known_actions(), known_subjects(), known_texts()})
    for (const char* const each : list) all.append(QString::fromUtf8(each));
  return all;
}

}  // namespace cove::ui
