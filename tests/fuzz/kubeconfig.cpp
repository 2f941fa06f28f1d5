// A user's kubeconfig file: what is read survives being written, and a merge can be undone.
#include "core/client/kubeconfig.h"

#include "core/client/yaml.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cove::client;
  using cove::fuzz::require;
  constexpr std::size_t kMaxPrinted = 1 << 20;
  static const cove::fuzz::Folder folder;
  static const KubeconfigEntry entry{"cove", "https://127.0.0.1:6443", "ca", "certificate",
                                     cove::Secret("key")};
  const std::string bytes(cove::fuzz::text(data, size));
  if (const auto document = YamlDocument::parse(bytes, "input")) {
    if (const auto printed = document->print(kMaxPrinted)) {
      const auto again = YamlDocument::parse(*printed, "output");
      require(again.has_value(), "what is printed can be read");
      require(same_value(*document->root(), *again->root()), "printing keeps values and types");
    }
  }
  const cove::Path file = folder.write("config", bytes);
  if (!kubeconfig_matches(file, entry) || !merge_kubeconfig(file, entry, true)) return 0;
  const auto merged = kubeconfig_matches(file, entry);
  require(merged && *merged, "a merge puts the entry in");
  require(remove_from_kubeconfig(file, entry.name).has_value(), "a merge can be undone");
  const auto removed = kubeconfig_matches(file, entry);
  require(removed && !*removed, "a removal takes the entry out");
  return 0;
}
