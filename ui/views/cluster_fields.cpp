#include "ui/views/cluster_fields.h"

#include <QEvent>
#include <QGridLayout>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/text.h"

namespace cove::ui {
namespace {

constexpr int kMemoryUnit = 256;  // MiB
constexpr int kMinMemory = 1024 / kMemoryUnit;
constexpr int kMinDisk = 5;  // GiB
constexpr int kMaxDisk = 200;
constexpr qsizetype kMaxMirrors = 16;

int memory_position(std::uint64_t mib) {
  return static_cast<int>(mib / kMemoryUnit);
}

QString text_of(const std::string& text) {
  return QString::fromStdString(text);
}

}  // namespace

ResourceFields::ResourceFields(const Theme& theme, const QString& prefix, QWidget* parent)
    : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(12);
  cpus_ = new ResourceSlider(
      theme, QStringLiteral("cpu"), [](int value) { return QString::number(value); }, this);
  memory_ = new ResourceSlider(
      theme, QStringLiteral("memory"),
      [](int value) { return mebibytes(static_cast<std::uint64_t>(value) * kMemoryUnit); }, this);
  disk_ = new ResourceSlider(
      theme, QStringLiteral("disk"),
      [](int value) {
        return tr("up to %1").arg(mebibytes(static_cast<std::uint64_t>(value) * 1024));
      },
      this);
  cpus_->slider()->setObjectName(prefix + QStringLiteral("cpus"));
  memory_->slider()->setObjectName(prefix + QStringLiteral("memory"));
  disk_->slider()->setObjectName(prefix + QStringLiteral("disk"));
  for (ResourceSlider* slider : {cpus_, memory_, disk_}) {
    slider->setEnabled(false);
    column->addWidget(slider);
    connect(slider, &ResourceSlider::changed, this, &ResourceFields::changed);
  }
  retranslate();
}

void ResourceFields::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

void ResourceFields::retranslate() {
  cpus_->set_title(tr("CPUs"));
  memory_->set_title(tr("Memory"));
  disk_->set_title(tr("Disk"));
  if (!host_) return;
  cpus_->set_reason(tr("This computer has %1.").arg(host_->cpus));
  memory_->set_reason(tr("Only %1 is available now; close programs or take less.")
                          .arg(mebibytes(host_->memory_available_mib + given_mib_)));
  disk_->set_reason(tr("Only %1 is free now; the cluster's disk takes room as it fills.")
                        .arg(mebibytes(host_->disk_free_gib * 1024)));
}

void ResourceFields::set_host(const std::optional<provision::HostFacts>& facts,
                              std::uint64_t given_mib) {
  const bool first = !host_ && facts;
  host_ = facts;
  given_mib_ = given_mib;
  const provision::Resources kept = first ? set_ : values();
  set_ranges();
  if (first) set_values(kept);
  for (ResourceSlider* slider : {cpus_, memory_, disk_})
    slider->setEnabled(slider->isEnabled() || facts.has_value());
  retranslate();
}

void ResourceFields::set_ranges() {
  if (!host_) return;
  const int cpus = static_cast<int>(std::max(1U, host_->cpus));
  // The red zone shows where the end is; one step past it is enough to feel it.
  cpus_->set_range(1, cpus + std::max(1, cpus / 4), cpus);
  const int memory = memory_position(host_->memory_mib);
  const int available = memory_position(host_->memory_available_mib + given_mib_);
  memory_->set_range(kMinMemory, std::max(memory, kMinMemory + 1), std::min(available, memory));
  const int free = static_cast<int>(std::min<std::uint64_t>(host_->disk_free_gib, 100'000));
  // What a disk has already need not be free.
  const int have = static_cast<int>(std::min<std::uint64_t>(smallest_disk_, 100'000));
  const int least = std::max(kMinDisk, have);
  // The size that is proposed can be shown wherever a cluster can be made.
  constexpr int kProposed = static_cast<int>(provision::Resources{}.disk_gib);
  disk_->set_range(least, std::max(least + 5, std::clamp(free + free / 4, kProposed, kMaxDisk)),
                   std::max(free, have));
}

void ResourceFields::set_smallest_disk(std::uint64_t gib) {
  smallest_disk_ = gib;
  set_ranges();
}

void ResourceFields::set_values(const provision::Resources& values) {
  set_ = values;
  const int cpus = static_cast<int>(values.cpus);
  const bool bounded = host_ && smallest_disk_ == 0;
  if (bounded) set_.cpus = std::min(values.cpus, std::max(1U, host_->cpus));
  cpus_->set_value(bounded ? static_cast<int>(set_.cpus) : cpus);
  memory_->set_value(memory_position(values.memory_mib));
  disk_->set_value(static_cast<int>(values.disk_gib));
}

provision::Resources ResourceFields::values() const {
  provision::Resources out;
  // Sizes that a slider does not reach stay while it was not moved.
  const auto moved = [](const ResourceSlider* each, int from) {
    const auto* slider = each->slider();
    return each->value() != std::clamp(from, slider->minimum(), slider->maximum());
  };
  out.cpus =
      moved(cpus_, static_cast<int>(set_.cpus)) ? static_cast<unsigned>(cpus_->value()) : set_.cpus;
  out.memory_mib = moved(memory_, memory_position(set_.memory_mib))
                       ? static_cast<std::uint64_t>(memory_->value()) * kMemoryUnit
                       : set_.memory_mib;
  out.disk_gib = moved(disk_, static_cast<int>(set_.disk_gib))
                     ? static_cast<std::uint64_t>(disk_->value())
                     : set_.disk_gib;
  return out;
}

bool ResourceFields::refused() const {
  return host_ && (cpus_->in_red() || values().memory_mib > host_->memory_mib);
}

MirrorFields::MirrorFields(const QString& prefix, QWidget* parent)
    : QWidget(parent), text_(new QPlainTextEdit(this)), note_(make_label("small", this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  text_->setObjectName(prefix + QStringLiteral("mirrors"));
  text_->setTabChangesFocus(true);
  text_->setFixedHeight(64);
  text_->setPlaceholderText(QStringLiteral("https://mirror.example.com"));
  set_look(text_, "field");
  note_->setWordWrap(true);
  setFocusProxy(text_);
  column->addWidget(text_);
  column->addWidget(note_);
  connect(text_, &QPlainTextEdit::textChanged, this, &MirrorFields::changed);
  retranslate();
}

void MirrorFields::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

void MirrorFields::retranslate() {
  text_->setAccessibleName(tr("Registry mirrors"));
  note_->setText(tr("One address a line; asked before the image's own registry."));
}

void MirrorFields::set_values(const std::vector<std::string>& mirrors) {
  QStringList lines;
  for (const std::string& mirror : mirrors) lines.append(text_of(mirror));
  text_->setPlainText(lines.join(QLatin1Char('\n')));
}

std::vector<std::string> MirrorFields::values() const {
  std::vector<std::string> mirrors;
  for (const QString& line : text_->toPlainText().split(QLatin1Char('\n'))) {
    if (!line.trimmed().isEmpty()) mirrors.push_back(line.trimmed().toStdString());
  }
  return mirrors;
}

QString MirrorFields::problem() const {
  const std::vector<std::string> mirrors = values();
  for (const std::string& mirror : mirrors) {
    const QUrl url(text_of(mirror), QUrl::StrictMode);
    const bool web =
        url.scheme() == QLatin1String("https") || url.scheme() == QLatin1String("http");
    if (!url.isValid() || !web || url.host().isEmpty())
      return tr("“%1” is not an http or https address.").arg(text_of(mirror));
  }
  if (static_cast<qsizetype>(mirrors.size()) > kMaxMirrors)
    return tr("At most %1 mirrors are possible.").arg(kMaxMirrors);
  return {};
}

ProxyFields::ProxyFields(const QString& prefix, QWidget* parent)
    : QWidget(parent),
      http_(new QLineEdit(this)),
      https_(new QLineEdit(this)),
      no_proxy_(new QLineEdit(this)) {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(4);
  const char* const names[] = {"http_proxy", "https_proxy", "no_proxy"};
  QLineEdit* const fields[] = {http_, https_, no_proxy_};
  for (int row = 0; row < 3; ++row) {
    captions_[row] = make_label("secondary", this);
    captions_[row]->setBuddy(fields[row]);
    fields[row]->setObjectName(prefix + QLatin1String(names[row]));
    fields[row]->setMaxLength(row < 2 ? 2048 : 8192);
    grid->addWidget(captions_[row], row, 0);
    grid->addWidget(fields[row], row, 1);
    connect(fields[row], &QLineEdit::textChanged, this, &ProxyFields::changed);
  }
  for (QLineEdit* field : {http_, https_})
    field->setPlaceholderText(QStringLiteral("http://proxy.example.com:3128"));
  no_proxy_->setPlaceholderText(QStringLiteral("example.com,10.0.0.0/8"));
  retranslate();
}

void ProxyFields::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

void ProxyFields::retranslate() {
  captions_[0]->setText(tr("For http"));
  captions_[1]->setText(tr("For https"));
  captions_[2]->setText(tr("Except"));
  http_->setAccessibleName(tr("Proxy for http addresses"));
  https_->setAccessibleName(tr("Proxy for https addresses"));
  no_proxy_->setAccessibleName(tr("Addresses without a proxy"));
  http_->setToolTip(tr("An address such as http://user:password@proxy.example.com:3128"));
  https_->setToolTip(http_->toolTip());
  no_proxy_->setToolTip(
      tr("Names, domains and networks by commas; those of the cluster itself never need a proxy"));
}

void ProxyFields::set_values(const provision::Proxy& proxy) {
  set_ = proxy;
  http_->setText(text_of(provision::shown_proxy(proxy.http)));
  https_->setText(text_of(provision::shown_proxy(proxy.https)));
  no_proxy_->setText(text_of(proxy.no_proxy));
}

provision::Proxy ProxyFields::values() const {
  const auto value = [](const QLineEdit* field, const std::string& kept) {
    const std::string text = field->text().trimmed().toStdString();
    return text == provision::shown_proxy(kept) ? kept : text;
  };
  return {value(http_, set_.http), value(https_, set_.https),
          no_proxy_->text().remove(QLatin1Char(' ')).toStdString()};
}

QString ProxyFields::problem() const {
  const provision::Proxy proxy = values();
  for (const std::string* address : {&proxy.http, &proxy.https}) {
    if (address->find("…@") != std::string::npos)
      return tr("Write the whole address anew, with its user and password.");
  }
  const auto checked = provision::check_proxy(proxy);
  return checked ? QString() : sentence_of(checked.error());
}

}  // namespace cove::ui
