// Fields that say what a cluster is to be: where one is made, and in the preferences of one that is
// there. Object names begin with `prefix`, since both may be in one window.
#pragma once

#include <QLineEdit>
#include <QPlainTextEdit>
#include <optional>

#include "ui/widgets/resource_slider.h"
#include "vm/provision/provisioner.h"

namespace cove::ui {

// CPUs, memory and disk, with the red zone above what this computer can give.
class ResourceFields : public QWidget {
  Q_OBJECT
 public:
  ResourceFields(const Theme& theme, const QString& prefix, QWidget* parent);
  // What this computer has; nothing while that is not known, or for ever. `given_mib` of memory are
  // the cluster's already.
  void set_host(const std::optional<provision::HostFacts>& facts, std::uint64_t given_mib = 0);
  void set_values(const provision::Resources& values);
  // As it was set where the slider was not moved from it.
  provision::Resources values() const;
  // A disk that is there grows only.
  void set_smallest_disk(std::uint64_t gib);
  // More than this computer could ever give, which no start accepts. Memory and disk that are only
  // short now are red as well, but a start may take them: a machine takes both as it needs them.
  bool refused() const;
  bool ready() const { return host_.has_value(); }

 Q_SIGNALS:
  void changed();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void retranslate();
  void set_ranges();

  std::optional<provision::HostFacts> host_;
  std::uint64_t given_mib_ = 0;
  std::uint64_t smallest_disk_ = 0;
  provision::Resources set_;
  ResourceSlider* cpus_;
  ResourceSlider* memory_;
  ResourceSlider* disk_;
};

// Addresses of registries, one a line.
class MirrorFields : public QWidget {
  Q_OBJECT
 public:
  MirrorFields(const QString& prefix, QWidget* parent);
  void set_values(const std::vector<std::string>& mirrors);
  std::vector<std::string> values() const;
  // One sentence about what is wrong; empty: nothing.
  QString problem() const;

 Q_SIGNALS:
  void changed();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void retranslate();
  QPlainTextEdit* text_;
  QLabel* note_;
};

// Proxies of pulls and builds. A password that was kept is not shown: the address stands there
// without it, and is the kept one as long as it is not touched.
class ProxyFields : public QWidget {
  Q_OBJECT
 public:
  ProxyFields(const QString& prefix, QWidget* parent);
  void set_values(const provision::Proxy& proxy);
  provision::Proxy values() const;
  QString problem() const;

 Q_SIGNALS:
  void changed();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void retranslate();
  provision::Proxy set_;
  QLabel* captions_[3];
  QLineEdit* http_;
  QLineEdit* https_;
  QLineEdit* no_proxy_;
};

}  // namespace cove::ui
