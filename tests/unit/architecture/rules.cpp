#include "tests/unit/architecture/checker.h"

namespace cove::architecture {
namespace {

// Rooms that have no tenant yet stand here too: the direction is decided before the first line is
// written.
std::vector<Room> rooms() {
  return {
      {"core/base", {}},
      {"core/api", {"core/base"}},
      {"core/store", {"core/base"}},
      {"core/pki", {"core/base"}},
      {"core/client", {"core/base", "core/pki", "core/api"}},
      {"core/http", {"core/base"}},
      {"core/server", {"core/base", "core/http", "core/pki", "core/api", "core/store"}},
      {"core/controllers", {"core/base", "core/api", "core/client"}},
      {"core/scheduler", {"core/base", "core/api", "core/client"}},
      {"core/os", {"core/base"}},
      {"core/image", {"core/base", "core/http", "core/os"}},
      {"core/network", {"core/base", "core/os"}},
      {"core/runtime", {"core/base", "core/os", "core/network", "core/image"}},
      {"core/node",
       {"core/base", "core/api", "core/client", "core/http", "core/image", "core/network",
        "core/os", "core/runtime"}},
      {"core/proxy", {"core/base", "core/api", "core/client", "core/network"}},
      {"core/engine",
       {"core/base", "core/http", "core/image", "core/os", "core/network", "core/runtime"}},
      {"core/docker", {"core/base", "core/http", "core/image"}},
      {"core/demo", {"core/base", "core/api"}},
      {"vm/backend", {"core/base"}},
      {"vm/fake", {"core/base", "vm/backend"}},
      {"vm/libvirt", {"core/base", "vm/backend"}},
      {"vm/channel", {"core/base"}},
      {"vm/image", {"core/base"}},
      {"vm/forward", {"core/base", "vm/backend"}},
      {"vm/provision",
       {"core/base", "core/pki", "core/api", "core/client", "vm/backend", "vm/channel", "vm/image",
        "vm/forward"}},
      {"ui/theme", {"core/base"}},
      {"ui/bridge",
       {"core/base", "core/api", "core/client", "core/demo", "core/docker", "vm/provision",
        "vm/backend", "vm/forward"}},
      {"ui/models",
       {"core/base", "core/api", "core/client", "core/docker", "vm/provision", "vm/backend",
        "ui/bridge", "ui/theme"}},
      {"ui/widgets",
       {"core/base", "core/api", "core/client", "core/docker", "vm/provision", "vm/backend",
        "ui/theme", "ui/bridge", "ui/models"}},
      {"ui/dialogs",
       {"core/base", "core/api", "core/client", "core/docker", "vm/provision", "vm/backend",
        "ui/theme", "ui/widgets", "ui/bridge", "ui/models"}},
      {"ui/views",
       {"core/base", "core/api", "core/client", "core/demo", "core/docker", "vm/provision",
        "vm/backend", "ui/theme", "ui/widgets", "ui/bridge", "ui/models", "ui/dialogs"}},
      {"app/init", {"core/base", "core/os", "core/network", "vm/channel"}},
      {"app/reaper", {}},
      {"app/node", {"core/*", "vm/channel"}},
      {"app/pause", {}},
      {"app/cli", {"core/*", "vm/*"}},
      {"app/desktop", {"core/*", "vm/*", "ui/*"}},
  };
}

std::vector<Outside> outside() {
  const std::string gpl = "it is GPL and Cove is Apache-2.0: run it as a process or do without";
  return {
      {"nftables", "nftables/", {}, false, gpl},
      {"libnftables", "", {}, false, gpl},
      {"qscintilla", "Qsci/", {}, false, gpl},
      {"Qt6::Charts", "QtCharts", {}, false, gpl},
      {"Qt6::DataVisualization", "QtDataVisualization", {}, false, gpl},
      {"readline", "readline/", {}, false, gpl},
      {"Qt6::", "Q", {"ui/*", "app/desktop"}, false, "Qt appears only in ui and app/desktop"},
      {"",
       "boost/beast",
       {"core/http", "core/client"},
       true,
       "Boost.Beast stays behind the .cpp files of http and client"},
      {"PkgConfig::NGHTTP2",
       "nghttp2/",
       {"core/http", "core/client"},
       true,
       "nghttp2 stays behind the .cpp files of http and client"},
      {"PkgConfig::VTERM",
       "vterm.h",
       {"ui/widgets"},
       true,
       "libvterm stays behind the terminal's .cpp file"},
      {"PkgConfig::LIBVIRT",
       "libvirt/",
       {"vm/libvirt"},
       false,
       "only the libvirt backend knows libvirt"},
  };
}

}  // namespace

const Rules& house_rules() {
  static const Rules rules{rooms(), outside()};
  return rules;
}

}  // namespace cove::architecture
