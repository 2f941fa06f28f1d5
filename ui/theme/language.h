// Language: English (in the sources) and the translations compiled in, switched while the program
// runs.
#pragma once

#include <QObject>
#include <QString>
#include <QTranslator>
#include <memory>
#include <vector>

namespace cove::ui {

struct LanguageEntry {
  QString code;  // "en", "zh_CN"
  QString name;  // in itself: "简体中文"
};
// All languages Cove speaks; a new one is one line there and one .ts file.
const std::vector<LanguageEntry>& languages();

// GUI thread. Every widget gets QEvent::LanguageChange on a switch.
class Language : public QObject {
  Q_OBJECT
 public:
  explicit Language(QObject* parent = nullptr) : QObject(parent) {}
  ~Language() override;

  // A code of languages(); empty follows the system's locale. Unknown codes mean English.
  void use(const QString& code);
  // What is in force.
  const QString& code() const { return code_; }

 private:
  QString code_ = QStringLiteral("en");
  std::unique_ptr<QTranslator> cove_;
  std::unique_ptr<QTranslator> qt_;
};

}  // namespace cove::ui
