// TerminalPane: one shell in one container: the terminal, how it stands, and the way back.
#pragma once

#include "ui/bridge/pod_channel.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/status_glyph.h"
#include "ui/widgets/terminal_view.h"

namespace cove::ui {

struct ContainerRef {
  std::string namespace_name;
  std::string pod;
  std::string uid;  // of the pod
  std::string container;
  bool operator==(const ContainerRef&) const = default;
};

// Why no terminal can be opened in a container now; empty when one can be tried.
QString terminal_obstacle(const api::Object& pod, const std::string& container);

// GUI thread. Connects at once; lives where it is put, and its shell with it.
class TerminalPane : public QWidget {
  Q_OBJECT
 public:
  TerminalPane(const PageContext& context, ContainerRef target, QWidget* parent);

  const ContainerRef& target() const { return target_; }
  QString title() const;
  bool connected() const { return state_ == State::kOpen; }
  // It stands in the dock from now on.
  void set_kept();

 Q_SIGNALS:
  void keep_wanted();

 protected:
  void changeEvent(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;

 private:
  enum class State { kConnecting, kOpen, kEnded };

  void connect_shell();
  void receive(int channel, const QByteArray& bytes);
  void closed();
  void send(int channel, const QByteArray& bytes);
  QString why_ended() const;
  void refresh();
  void retranslate();

  const PageContext context_;
  const ContainerRef target_;
  const std::string cluster_;  // the kubeconfig context
  std::unique_ptr<PodChannel> channel_;
  State state_ = State::kConnecting;
  QByteArray status_;  // of the error channel, bounded
  std::optional<client::ApiError> error_;
  bool lost_input_ = false;
  int paste_lines_ = 0;
  bool paste_too_long_ = false;

  StatusGlyph* glyph_;
  QLabel* text_;
  QPushButton* again_;
  QPushButton* keep_;
  Banner* paste_;
  TerminalView* view_;
};

}  // namespace cove::ui
