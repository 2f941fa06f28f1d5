// A user's kubeconfig file, read, merged into and cleaned up: what is wrong with it is an error.
#include "core/client/kubeconfig.h"

#include "core/client/yaml.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cove::client;
  constexpr std::size_t kMaxPrinted = 1 << 20;
  static const cove::fuzz::Folder folder;
  static const KubeconfigEntry entry{"cove", "https://127.0.0.1:6443", "ca", "certificate",
                                     cove::Secret("key")};
  const std::string bytes(cove::fuzz::text(data, size));
  if (const auto document = YamlDocument::parse(bytes, "input")) {
    (void)document->print(kMaxPrinted);
  }
  const cove::Path file = folder.write("config", bytes);
  if (!kubeconfig_matches(file, entry) || !merge_kubeconfig(file, entry, true)) return 0;
  (void)remove_from_kubeconfig(file, entry.name);
  return 0;
}
