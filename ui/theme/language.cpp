#include "ui/theme/language.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>

namespace cove::ui {
namespace {

QString system_language() {
  const QLocale system = QLocale::system();
  return system.language() == QLocale::Chinese && system.script() != QLocale::TraditionalHanScript
             ? QStringLiteral("zh_CN")
             : QStringLiteral("en");
}

}  // namespace

const std::vector<LanguageEntry>& languages() {
  static const std::vector<LanguageEntry> entries = {
      {QStringLiteral("en"), QStringLiteral("English")},
      {QStringLiteral("zh_CN"), QStringLiteral("简体中文")},
  };
  return entries;
}

Language::~Language() {
  if (cove_) QCoreApplication::removeTranslator(cove_.get());
  if (qt_) QCoreApplication::removeTranslator(qt_.get());
}

void Language::use(const QString& wanted) {
  const QString code = wanted.isEmpty() ? system_language() : wanted;
  QLocale::setDefault(QLocale(code));
  if (code == code_) return;
  if (cove_) QCoreApplication::removeTranslator(cove_.get());
  if (qt_) QCoreApplication::removeTranslator(qt_.get());
  cove_.reset();
  qt_.reset();
  code_ = QStringLiteral("en");
  if (code == code_) return;

  auto own = std::make_unique<QTranslator>();
  if (!own->load(QStringLiteral(":/cove/translations/cove_%1.qm").arg(code))) return;
  // The texts of Qt's own widgets, when the system has them.
  auto qt = std::make_unique<QTranslator>();
  if (qt->load(QStringLiteral("qtbase_") + code,
               QLibraryInfo::path(QLibraryInfo::TranslationsPath))) {
    qt_ = std::move(qt);
    QCoreApplication::installTranslator(qt_.get());
  }
  cove_ = std::move(own);
  code_ = code;
  QCoreApplication::installTranslator(cove_.get());
}

}  // namespace cove::ui
