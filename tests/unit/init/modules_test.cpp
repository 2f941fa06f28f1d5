#include "app/init/modules.h"

#include <gtest/gtest.h>

namespace cove::init {
namespace {

using Waves = std::vector<std::vector<std::string>>;

ModuleIndex index_of(std::string_view text) {
  auto index = ModuleIndex::parse(text);
  EXPECT_TRUE(index.has_value());
  return std::move(*index);
}

constexpr std::string_view kIndex =
    "virtio\t\t\n"
    "virtio_pci\tvirtio virtio_ring\t\n"
    "virtio_ring\tvirtio\t\n"
    "nft_masq\tnf_nat nf_tables\tnft-expr-masq nft-expr-*-masq\n"
    "nf_nat\t\t\n"
    "nf-tables\t\t\n"
    "other\t\t\n";

TEST(Modules, EveryModuleComesAfterWhatItNeeds) {
  const auto index = index_of(kIndex);
  EXPECT_EQ(index.waves({"virtio_pci"}), (Waves{{"virtio"}, {"virtio_ring"}, {"virtio_pci"}}));
  EXPECT_EQ(index.waves({"nft_masq", "other"}),
            (Waves{{"nf_nat", "nf_tables", "other"}, {"nft_masq"}}));
  EXPECT_EQ(index.waves({"unheard_of"}), Waves{});
}

TEST(Modules, NamesAndAliasesResolve) {
  const auto index = index_of(kIndex);
  EXPECT_EQ(index.resolve("virtio-pci"), std::vector<std::string>{"virtio_pci"});
  EXPECT_EQ(index.resolve("nft-expr-masq"), std::vector<std::string>{"nft_masq"});
  EXPECT_EQ(index.resolve("nft-expr-2-masq"), std::vector<std::string>{"nft_masq"});
  EXPECT_TRUE(index.resolve("nft-expr-2-nat").empty());
}

TEST(Modules, ListThatCannotBeOrderedIsRefused) {
  EXPECT_TRUE(ModuleIndex::parse("a\tb\t\nb\ta\t\n").has_error());
  EXPECT_TRUE(ModuleIndex::parse("a\tabsent\t\n").has_error());
  EXPECT_TRUE(ModuleIndex::parse("a b c\n").has_error());
  EXPECT_TRUE(ModuleIndex::parse("../a\t\t\n").has_error());
  EXPECT_TRUE(ModuleIndex::parse("").has_value());
}

TEST(Modules, OpenedAreThoseThatAreNotLoaded) {
  const auto names = [](const std::vector<OpenedModule>& modules) {
    std::vector<std::string> out;
    for (const OpenedModule& module : modules) out.push_back(module.name);
    return out;
  };
  const auto index = index_of(kIndex);
  const std::vector<std::string> wanted{"virtio_pci", "nft_masq"};
  EXPECT_EQ(names(open_modules("/nowhere", index, wanted, {})),
            (std::vector<std::string>{"nf_nat", "nf_tables", "virtio", "nft_masq", "virtio_ring",
                                      "virtio_pci"}));
  EXPECT_EQ(names(open_modules("/nowhere", index, wanted, {"virtio_ring", "nf_tables"})),
            (std::vector<std::string>{"nf_nat", "nft_masq", "virtio_pci"}));
}

TEST(Modules, EveryModuleIsLoadedThoughOneFails) {
  const auto index = index_of("a\t\t\nb\t\t\n");
  const auto loaded = load_modules("/no/such/folder", index, {"a", "b"}, 4);
  ASSERT_TRUE(loaded.has_error());
  EXPECT_EQ(loaded.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cove::init
