// `cove-desktop`: the window, with the real world behind it.
#include <signal.h>

#include <QApplication>
#include <QCommandLineParser>
#include <QTimer>
#include <cstdio>

#include "app/desktop/world.h"
#include "core/base/fs.h"
#include "core/client/kubeconfig_read.h"
#include "ui/bridge/single_instance.h"
#include "ui/theme/theme.h"
#include "ui/views/desktop.h"
#include "vm/provision/paths.h"

namespace cove::desktop {
namespace {

struct Arguments {
  QString profile;
  bool minimized = false;
};

Arguments parse(const QCoreApplication& application) {
  QCommandLineParser parser;
  parser.setApplicationDescription(
      QStringLiteral("Cove: Kubernetes clusters in small virtual machines, in a window."));
  parser.addHelpOption();
  parser.addVersionOption();
  const QCommandLineOption profile({QStringLiteral("p"), QStringLiteral("profile")},
                                   QStringLiteral("Shows this cluster."), QStringLiteral("NAME"));
  const QCommandLineOption minimized(
      QStringLiteral("minimized"),
      QStringLiteral("Starts in the tray, or minimized where there is none."));
  parser.addOption(profile);
  parser.addOption(minimized);
  parser.process(application);
  return {parser.value(profile), parser.isSet(minimized)};
}

int fail(const Error& error) {
  std::fprintf(stderr, "cove-desktop: %s\n", error.message().c_str());
  return 1;
}

int run(QApplication& application) {
  const Arguments arguments = parse(application);
  const provision::Environment environment = provision::process_environment();
  const auto paths = provision::default_paths(environment);
  if (paths.has_error()) return fail(paths.error());
  if (!arguments.profile.isEmpty()) {
    const auto name = provision::check_profile_name(arguments.profile.toStdString());
    if (name.has_error()) return fail(name.error());
  }
  provision::export_session(*paths);
  for (const auto& [folder, mode] : {std::pair{paths->runtime, 0700}, {paths->config, 0755}}) {
    const auto made = make_directories(folder, static_cast<mode_t>(mode));
    if (made.has_error()) return fail(made.error());
  }

  ui::SingleInstance instance(paths->runtime);
  const auto first = instance.become_first(arguments.profile);
  if (first.has_error()) return fail(first.error());
  if (!*first) return 0;

  ui::init_resources();
  World world(*paths, client::kubeconfig_files(environment("KUBECONFIG"),
                                               environment("HOME").value_or("/")));
  ui::Desktop desktop(world.make_service(), world.clock(),
                      {.settings = paths->config / "desktop.ini",
                       .profile = arguments.profile,
                       .autostart = world.make_autostart(),
                       .proxy = provision::proxy_of(environment),
                       .api = world.make_api_source()});
  QObject::connect(&instance, &ui::SingleInstance::raise_requested, &desktop,
                   &ui::Desktop::raise_window);
  QObject::connect(&desktop, &ui::Desktop::finished, &application, &QApplication::quit,
                   Qt::QueuedConnection);
  desktop.show(arguments.minimized);
  // After the first window is painted.
  QTimer::singleShot(0, &desktop, &ui::Desktop::begin);
  return QApplication::exec();
}

}  // namespace
}  // namespace cove::desktop

int main(int argc, char** argv) {
  // A peer that went away is an error of a write, not the end of the program.
  ::signal(SIGPIPE, SIG_IGN);
  cove::desktop::keep_event_loops_apart();
  // GTK's own dialogs need GLib's loop in this thread.
  QApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("cove-desktop"));
  QApplication::setApplicationDisplayName(QStringLiteral("Cove"));
  QApplication::setApplicationVersion(QStringLiteral(COVE_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("cove-desktop"));
  return cove::desktop::run(application);
}
