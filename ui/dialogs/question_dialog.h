// QuestionDialog: one question with a picture, an explanation and two or three answers.
#pragma once

#include <QDialog>
#include <QHBoxLayout>
#include <QPointer>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/theme/theme.h"

namespace cove::ui {

// Window-modal: show it with open(). Escape is the first answer, which is always the harmless one.
class QuestionDialog : public QDialog {
  Q_OBJECT
 public:
  QuestionDialog(const Theme& theme, const QString& icon, Tone tone, const QString& title,
                 const QString& text, QWidget* parent);
  // Between the text and the answers.
  QVBoxLayout* content() { return content_; }
  QPushButton* add_answer(const char* look, const QString& text, const QString& object_name,
                          std::function<void()> chosen);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  QVBoxLayout* content_;
  QHBoxLayout* answers_;
  QPointer<QWidget> scrim_;  // darkens the window behind
};

}  // namespace cove::ui
