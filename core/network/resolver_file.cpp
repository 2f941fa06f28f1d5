#include "core/network/resolver_file.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/network/address.h"

namespace cove::network {
namespace {

constexpr std::size_t kMaxEach = 16;

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  constexpr std::string_view kBlank = " \t\r";
  while (true) {
    const auto begin = line.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return words;
    const auto end = std::min(line.find_first_of(kBlank, begin), line.size());
    words.emplace_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

}  // namespace

ResolverSettings parse_resolver_file(std::string_view text) {
  ResolverSettings settings;
  for (const std::string& line : split(text, '\n')) {
    std::vector<std::string> words = words_of(line);
    if (words.size() < 2) continue;
    const std::string keyword = words.front();
    words.erase(words.begin());
    if (words.size() > kMaxEach) words.resize(kMaxEach);
    if (keyword == "nameserver") {
      if (Address::parse(words.front()) && settings.servers.size() < kMaxEach)
        settings.servers.push_back(words.front());
    } else if (keyword == "search" || keyword == "domain") {
      settings.search = words;
    } else if (keyword == "options") {
      settings.options.insert(settings.options.end(), words.begin(), words.end());
      if (settings.options.size() > kMaxEach) settings.options.resize(kMaxEach);
    }
  }
  return settings;
}

std::string format_resolver_file(const ResolverSettings& settings) {
  std::string text;
  for (const auto& server : settings.servers) text += "nameserver " + server + "\n";
  const auto line = [&](const char* keyword, const std::vector<std::string>& words) {
    if (words.empty()) return;
    text += keyword;
    for (const auto& word : words) text += " " + word;
    text += "\n";
  };
  line("search", settings.search);
  line("options", settings.options);
  return text;
}

std::vector<std::string> servers_for_container(const std::vector<std::string>& servers) {
  std::vector<std::string> usable;
  for (const auto& server : servers) {
    const auto address = Address::parse(server);
    if (address && !address->is_loopback()) usable.push_back(server);
  }
  if (usable.empty()) usable = {"8.8.8.8", "8.8.4.4"};
  return usable;
}

void add_default_dots(std::vector<std::string>& options) {
  if (std::none_of(options.begin(), options.end(),
                   [](const std::string& option) { return option.starts_with("ndots:"); }))
    options.push_back("ndots:0");
}

}  // namespace cove::network
