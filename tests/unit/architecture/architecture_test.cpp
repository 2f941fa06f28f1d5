// The house against its rules, and the checker against made-up houses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/base/fs.h"
#include "core/base/strings.h"
#include "tests/unit/architecture/checker.h"

namespace cove::architecture {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kMaxLines = 800;
constexpr std::size_t kMaxBytes = 4 << 20;

Path folder(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? Path(value) : Path("unset") / variable;
}

struct Source {
  std::string file;  // from the root
  std::string text;
};

std::vector<Source> sources(const std::vector<std::string>& floors,
                            const std::vector<std::string>& extensions) {
  const Path root = folder("COVE_SOURCE_DIR");
  std::vector<Source> out;
  for (const std::string& floor : floors) {
    if (!std::filesystem::exists(root / floor)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / floor)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() || std::ranges::find(extensions, extension) == extensions.end())
        continue;
      auto text = read_file(entry.path(), kMaxBytes);
      EXPECT_TRUE(text) << entry.path();
      if (text) out.push_back({entry.path().lexically_relative(root).string(), std::move(*text)});
    }
  }
  return out;
}

TEST(House, LinksInTheAllowedDirections) {
  const auto graph = read_file(folder("COVE_BINARY_DIR") / "link-graph.txt", kMaxBytes);
  ASSERT_TRUE(graph) << graph.error().message();
  ASSERT_THAT(*graph, HasSubstr("core_base: "))
      << "the graph is not what cmake/CoveTargets.cmake writes";
  EXPECT_THAT(check_links(house_rules(), *graph), IsEmpty());
}

TEST(House, IncludesInTheAllowedDirections) {
  const auto files = sources({"app", "core", "vm", "ui"}, {".h", ".cpp"});
  ASSERT_GT(files.size(), 10U) << "COVE_SOURCE_DIR does not name the repository";
  for (const Source& source : files) {
    EXPECT_THAT(check_includes(house_rules(), source.file, source.text), IsEmpty());
  }
}

TEST(House, HasNoFilePastItsLength) {
  for (const Source& source : sources({"app", "core", "vm", "ui", "tests", "installers", "cmake"},
                                      {".h", ".cpp", ".cmake", ".txt", ".sh", ".py", ""})) {
    const auto lines = static_cast<std::size_t>(std::ranges::count(source.text, '\n'));
    EXPECT_LE(lines, kMaxLines) << source.file << " wants to be split";
  }
}

TEST(House, EveryRoomIsNamedOnce) {
  std::set<std::string> names;
  for (const Room& room : house_rules().rooms) {
    EXPECT_TRUE(names.insert(room.name).second) << room.name;
  }
  // What a room may use exists, and nobody uses app.
  for (const Room& room : house_rules().rooms) {
    for (const std::string& used : room.uses) {
      EXPECT_TRUE(used.ends_with("/*") || names.contains(used)) << room.name << " uses " << used;
      EXPECT_FALSE(used.starts_with("app/")) << room.name;
    }
  }
}

TEST(House, HasNoCircle) {
  // Rooms are listed after those they use, except that wildcards stand for whole floors below.
  std::set<std::string> seen;
  for (const Room& room : house_rules().rooms) {
    for (const std::string& used : room.uses) {
      EXPECT_TRUE(used.ends_with("/*") || seen.contains(used))
          << room.name << " uses " << used << ", which comes later";
    }
    seen.insert(room.name);
  }
}

// Made-up houses.

struct LinkCase {
  const char* graph;
  const char* violation;  // part of the one expected; nullptr: none
};
class Links : public ::testing::TestWithParam<LinkCase> {};

TEST_P(Links, AreChecked) {
  const auto violations = check_links(house_rules(), GetParam().graph);
  if (GetParam().violation == nullptr) {
    EXPECT_THAT(violations, IsEmpty());
  } else {
    EXPECT_THAT(violations, ElementsAre(HasSubstr(GetParam().violation)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Links,
    ::testing::Values(
        LinkCase{"core_base: Boost::boost fmt::fmt Threads::Threads spdlog::spdlog\n", nullptr},
        LinkCase{"core_base:\n", nullptr}, LinkCase{"", nullptr},
        LinkCase{"tests_support: ui_views app_cli\n", nullptr},
        LinkCase{"vm_provision: core_base core_pki core_client vm_backend vm_channel vm_image "
                 "vm_forward\n",
                 nullptr},
        LinkCase{"app_desktop: core_server vm_libvirt ui_views Qt6::Widgets\n", nullptr},
        LinkCase{"core_base: core_client\n", "core/base must not use core/client"},
        LinkCase{"vm_provision: core_base vm_libvirt\n", "vm/provision must not use vm/libvirt"},
        LinkCase{"core_controllers: core_server\n", "core/controllers must not use core/server"},
        LinkCase{"core_scheduler: core_client core_store\n",
                 "core/scheduler must not use core/store"},
        LinkCase{"ui_views: app_desktop\n", "ui/views must not use app/desktop"},
        LinkCase{"ui_theme: ui_widgets\n", "ui/theme must not use ui/widgets"},
        LinkCase{"app_cli: ui_models\n", "app/cli must not use ui/models"},
        LinkCase{"app_cli: Qt6::Core\n", "Qt appears only in ui"},
        LinkCase{"core_api: Qt6::Core\n", "Qt appears only in ui"},
        LinkCase{"ui_views: Qt6::Charts\n", "it is GPL"},
        LinkCase{"core_network: nftables\n", "it is GPL"},
        LinkCase{"ui_widgets: qscintilla2_qt6\n", "it is GPL"},
        LinkCase{"vm_image: PkgConfig::LIBVIRT\n", "only the libvirt backend"},
        LinkCase{"vm_libvirt: PkgConfig::LIBVIRT\n", nullptr},
        LinkCase{"app_init: app_init_core\napp_init_core: core_base vm_channel\n", nullptr},
        LinkCase{"app_init_core: core_server\n", "app/init must not use core/server"},
        LinkCase{"core_shiny: core_base\n", "has no line in tests/unit/architecture/rules.cpp"}));

struct IncludeCase {
  const char* file;
  const char* text;
  const char* violation;
};
class Includes : public ::testing::TestWithParam<IncludeCase> {};

TEST_P(Includes, AreChecked) {
  const auto violations = check_includes(house_rules(), GetParam().file, GetParam().text);
  if (GetParam().violation == nullptr) {
    EXPECT_THAT(violations, IsEmpty());
  } else {
    EXPECT_THAT(violations, ElementsAre(HasSubstr(GetParam().violation)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Includes,
    ::testing::Values(
        IncludeCase{"core/base/fs.cpp",
                    "#include \"core/base/fs.h\"\n#include <string>\n#include <sys/quota.h>\n",
                    nullptr},
        IncludeCase{"vm/fake/fake.h", "#include \"vm/backend/backend.h\"", nullptr},
        IncludeCase{"vm/provision/p.cpp", "#include \"vm/libvirt/libvirt.h\"",
                    "vm/provision must not use vm/libvirt"},
        IncludeCase{"vm/provision/p.cpp", "  #  include   \"vm/libvirt/libvirt.h\"  // why",
                    "must not use"},
        IncludeCase{"vm/provision/p.cpp", "#include <vm/libvirt/libvirt.h>", "must not use"},
        IncludeCase{"core/base/a.h", "#include \"core/api/object.h\"",
                    "core/base must not use core/api"},
        IncludeCase{"ui/models/m.cpp", "#include <QAbstractItemModel>\n#include <QtCore/QString>",
                    nullptr},
        IncludeCase{"app/desktop/main.cpp", "#include <QApplication>\n#include \"ui/views/v.h\"",
                    nullptr},
        IncludeCase{"app/cli/main.cpp", "#include <QString>", "Qt appears only in ui"},
        IncludeCase{"core/client/c.h", "#include <QtCore/QString>", "Qt appears only in ui"},
        IncludeCase{"ui/views/v.cpp", "#include <QtCharts/QChart>", "it is GPL"},
        IncludeCase{"ui/widgets/e.cpp", "#include <Qsci/qsciscintilla.h>", "it is GPL"},
        IncludeCase{"core/network/n.cpp", "#include <nftables/libnftables.h>", "it is GPL"},
        IncludeCase{"core/client/http.cpp", "#include <boost/beast/http.hpp>", nullptr},
        IncludeCase{"core/client/http.h", "#include <boost/beast/http.hpp>",
                    "Boost.Beast stays behind"},
        IncludeCase{"core/image/registry.cpp", "#include <boost/beast.hpp>",
                    "Boost.Beast stays behind"},
        IncludeCase{"vm/image/i.cpp", "#include <libvirt/libvirt.h>", "only the libvirt backend"},
        IncludeCase{"core/base/a.cpp", "#include \"../api/object.h\"", "rooted at the repository"},
        IncludeCase{"core/base/a.cpp", "#include \"tests/unit/base/temporary.h\"",
                    "does not use its tests"},
        IncludeCase{"core/shiny/a.cpp", "#include \"core/base/fs.h\"", "has no line"},
        IncludeCase{"tests/ui/a.cpp", "#include \"app/desktop/window.h\"", nullptr}));

TEST(Checker, ReportsEveryViolation) {
  EXPECT_THAT(
      check_links(house_rules(),
                  "core_base: core_api Qt6::Core\nvm_image: core_base\ncore_api: core_store\n"),
      ElementsAre(HasSubstr("core_base links core_api"), HasSubstr("core_base links Qt6::Core"),
                  HasSubstr("core_api links core_store")));
}

}  // namespace
}  // namespace cove::architecture
