// What Ingresses say never becomes more of nginx' configuration than a value: the first byte
// separates hosts and paths that follow each other.
#include <set>

#include "core/base/strings.h"
#include "core/proxy/ingress_nginx.h"
#include "tests/fuzz/fuzz.h"

namespace {

using cove::fuzz::require;
using namespace cove::proxy;
namespace json = boost::json;

struct Statement {
  std::vector<std::string> words;
  char end = 0;  // ';', '{' or '}'
};

// As nginx reads: ngx_conf_read_token().
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Statement> next() {
    Statement statement;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        ++at_;
      } else if (c == ';' || c == '{' || c == '}') {
        ++at_;
        statement.end = c;
        return statement;
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        statement.words.push_back(word());
      }
    }
    require(statement.words.empty(), "every statement has an end");
    return std::nullopt;
  }

 private:
  std::string word() {
    const char quote = text_[at_] == '"' || text_[at_] == '\'' ? text_[at_] : '\0';
    if (quote != '\0') ++at_;
    std::string result;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        const char escaped = text_[at_ + 1];
        if (escaped != '"' && escaped != '\'' && escaped != '\\') result += c;
        result += escaped;
        ++at_;
      } else if (quote != '\0' ? c == quote : std::string_view(" \n\t\r;{").find(c) != ~0ULL) {
        if (quote != '\0') ++at_;
        return result;
      } else {
        result += c;
      }
    }
    require(quote == '\0', "every quote is closed");
    return result;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

json::object make_ingress(const std::vector<std::string>& texts) {
  json::array rules;
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
    rules.push_back(json::object{
        {"host", texts[i]},
        {"http",
         {{"paths",
           json::array{json::object{
               {"path", texts[i + 1]},
               {"pathType", i % 4 == 0 ? "Exact" : "Prefix"},
               {"backend", {{"service", {{"name", "s"}, {"port", {{"number", 1}}}}}}}}}}}}});
  }
  return {{"metadata", {{"name", "i"}, {"namespace", "n"}}},
          {"spec", {{"rules", std::move(rules)}}}};
}

void check(const std::string& configuration, const Routing& routing) {
  static const std::set<std::string> kInServer{"listen", "server_name", "ssl_reject_handshake",
                                               "location", "return"};
  Reader reader(configuration);
  std::vector<std::string> open;
  std::size_t servers = 0;
  while (const auto statement = reader.next()) {
    if (statement->end == '}') {
      require(statement->words.empty() && !open.empty(), "what is closed was open");
      open.pop_back();
      continue;
    }
    require(!statement->words.empty(), "a statement has a name");
    const std::string& name = statement->words.front();
    if (open.size() >= 2 && open[1] == "server")
      require(kInServer.contains(name), "a server has only what it is to have");
    if (name == "location") {
      require(statement->words.size() <= 3 && statement->words.back().starts_with("/"),
              "a location is a path");
    }
    if (statement->end == '{') {
      if (name == "server") ++servers;
      open.push_back(name);
    }
  }
  require(open.empty(), "everything is closed");
  require(servers == routing.hosts.size(), "there is a server a host");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto texts = cove::split(cove::fuzz::text(data + 1, size - 1), static_cast<char>(data[0]));
  std::vector<IngressProblem> problems;
  const auto nothing = [](std::string_view, std::string_view) { return cove::api::ObjectPtr(); };
  const Routing routing = make_routing(
      {cove::api::Object::make(make_ingress(texts))},
      {nothing,
       [](std::string_view, std::string_view) { return std::vector<cove::api::ObjectPtr>(); },
       nothing},
      problems);
  check(make_nginx_files(routing, {.directory = "/d", .keys = "/k"}).configuration, routing);
  for (const auto& [host, routes] : routing.hosts) {
    for (const auto& [path, name] : routes.exact)
      require(*routes.find(path) == name, "an exact path is found");
  }
  return 0;
}
