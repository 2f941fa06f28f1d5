// A registry of the distribution-spec in the test's own process, over plain HTTP/1.1 on loopback:
// it does what a test tells it, also what no registry should.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/image/digest.h"
#include "core/image/manifest.h"
#include "tests/support/scripted_server.h"

namespace cove::image::test {

struct FakeRequest {
  std::string method;
  std::string target;  // as it was sent
  std::string path;    // without the query
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
  std::string line() const { return method + " " + target; }
};

struct FakeAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::optional<std::size_t> cut_after = std::nullopt;  // so much of the body, then the end
  bool stall = false;                                   // at the cut, in place of the end
  bool no_length = false;                               // the body ends with the connection
};

class FakeRegistry {
 public:
  // Asked before the registry itself; nothing: it answers as it does.
  using Hook = std::function<std::optional<FakeAnswer>(const FakeRequest&)>;
  enum class Login { kNone, kBasic, kToken };

  FakeRegistry() : server_({[this](auto& peer) { serve(peer); }}) {}

  std::uint16_t port() const { return server_.port(); }
  std::string domain() const { return fmt::format("127.0.0.1:{}", port()); }
  std::string url() const { return "http://" + domain(); }

  void hook(Hook hook) {
    std::lock_guard lock(mutex_);
    hook_ = std::move(hook);
  }
  void require(Login login) { login_ = login; }
  Digest add_blob(const std::string& repository, const std::string& bytes) {
    std::lock_guard lock(mutex_);
    const Digest digest = Digest::of(bytes);
    blobs_[repository][digest.text()] = bytes;
    return digest;
  }
  Digest add_manifest(const std::string& repository, const std::string& tag,
                      const std::string& type, const std::string& bytes) {
    std::lock_guard lock(mutex_);
    const Digest digest = Digest::of(bytes);
    manifests_[repository][digest.text()] = {type, bytes};
    if (!tag.empty()) manifests_[repository][tag] = {type, bytes};
    return digest;
  }
  std::string blob(const std::string& repository, const std::string& digest) {
    std::lock_guard lock(mutex_);
    const auto& all = blobs_[repository];
    const auto found = all.find(digest);
    return found == all.end() ? "" : found->second;
  }
  std::pair<std::string, std::string> manifest(const std::string& repository,
                                               const std::string& reference) {
    std::lock_guard lock(mutex_);
    return manifests_[repository][reference];
  }
  std::vector<FakeRequest> requests() {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t count(const std::string& method, const std::string& part) {
    std::size_t n = 0;
    for (const FakeRequest& request : requests())
      n += request.method == method && request.target.find(part) != std::string::npos ? 1 : 0;
    return n;
  }
  // What it says to a request, however that came.
  FakeAnswer answer(const FakeRequest& request) {
    Hook hook;
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(request);
      hook = hook_;
    }
    if (hook) {
      if (auto said = hook(request)) return *said;
    }
    if (request.path == "/token") return token(request);
    if (!request.path.starts_with("/v2/")) return {404};
    if (auto refusal = challenge(request)) return *refusal;
    std::lock_guard lock(mutex_);
    return registry(request);
  }
  // Does what a request says, without an answer that anybody gets.
  void accept(const FakeRequest& request) {
    std::lock_guard lock(mutex_);
    registry(request);
  }
  void forget_uploads() {
    std::lock_guard lock(mutex_);
    uploads_.clear();
  }
  // Where it says that its token server is; its own URL otherwise.
  void set_realm(std::string realm) { realm_ = std::move(realm); }
  // Bytes of blobs that went out.
  std::uint64_t blob_bytes() const { return blob_bytes_; }
  int tokens() const { return tokens_; }
  void revoke_tokens() { revoked_ = tokens_.load(); }

  static constexpr const char* kUser = "gopher";
  static constexpr const char* kPassword = "p4ss";
  static constexpr const char* kBasic = "Basic Z29waGVyOnA0c3M=";

 private:
  void serve(cove::test::ScriptedPeer& peer) {
    while (true) {
      char first = 0;
      // TLS begins with 0x16: this registry does not speak it.
      if (::recv(peer.fd(), &first, 1, MSG_PEEK) != 1 || first == 0x16) return;
      auto request = read(peer);
      if (!request) return;
      if (!send(peer, *request, answer(*request))) return;
    }
  }

  static std::optional<FakeRequest> read(cove::test::ScriptedPeer& peer) {
    const std::string text = peer.read_header();
    if (text.empty()) return std::nullopt;
    FakeRequest request;
    const auto first_space = text.find(' ');
    request.method = text.substr(0, first_space);
    request.target =
        text.substr(first_space + 1, text.find(' ', first_space + 1) - first_space - 1);
    const auto question = request.target.find('?');
    request.path = request.target.substr(0, question);
    if (question != std::string::npos) read_query(request.target.substr(question + 1), request);
    for (std::size_t at = text.find("\r\n") + 2; at + 2 < text.size();) {
      const auto end = text.find("\r\n", at);
      const auto colon = text.find(':', at);
      std::string name = text.substr(at, colon - at);
      std::ranges::transform(name, name.begin(), ::tolower);
      request.headers[name] = text.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    if (const std::string length = request.header("content-length"); !length.empty())
      request.body = peer.read_exactly(std::stoul(length));
    return request;
  }

  static std::string decode(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size()) {
        out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        out += text[i];
      }
    }
    return out;
  }

  static void read_query(const std::string& text, FakeRequest& request) {
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('&', at), text.size());
      const auto equals = std::min(text.find('=', at), end);
      std::string& value = request.query[decode(text.substr(at, equals - at))];
      if (!value.empty()) value += ' ';
      value += decode(text.substr(std::min(equals + 1, end), end - std::min(equals + 1, end)));
      at = end + 1;
    }
  }

  FakeAnswer token(const FakeRequest& request) {
    const std::string authorization = request.header("authorization");
    if (request.method == "POST" &&
        request.body.find("refresh_token=identity-1") == std::string::npos)
      return {401, {}, R"({"details":"incorrect username or password"})"};
    if (!authorization.empty() && authorization != kBasic)
      return {401, {}, R"({"details":"incorrect username or password"})"};
    const bool offline = request.query.contains("offline_token");
    return {200,
            {{"Content-Type", "application/json"}},
            fmt::format(R"({{"token":"token-{}","expires_in":300{}}})", ++tokens_,
                        offline ? R"(,"refresh_token":"identity-1")" : "")};
  }

  std::optional<FakeAnswer> challenge(const FakeRequest& request) {
    const std::string authorization = request.header("authorization");
    static const std::string kBody =
        R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]})";
    if (login_ == Login::kBasic && authorization != kBasic)
      return FakeAnswer{401, {{"WWW-Authenticate", R"(Basic realm="test")"}}, kBody};
    if (login_ == Login::kToken && !is_valid(authorization)) {
      return FakeAnswer{401,
                        {{"WWW-Authenticate",
                          fmt::format(R"(Bearer realm="{}",service="fake",scope="extra:x:pull")",
                                      realm_.empty() ? url() + "/token" : realm_)}},
                        kBody};
    }
    return std::nullopt;
  }

  bool is_valid(const std::string& authorization) const {
    const std::string prefix = "Bearer token-";
    if (!authorization.starts_with(prefix)) return false;
    const int number = std::stoi(authorization.substr(prefix.size()));
    return number > revoked_ && number <= tokens_;
  }

  FakeAnswer registry(const FakeRequest& request) {
    const std::string rest = request.path.substr(4);
    if (rest.empty()) return {200, {}, "{}"};
    for (const char* kind : {"/manifests/", "/blobs/uploads/", "/blobs/"}) {
      const auto at = rest.rfind(kind);
      if (at == std::string::npos) continue;
      const std::string repository = rest.substr(0, at);
      const std::string what = rest.substr(at + std::string(kind).size());
      if (std::string(kind) == "/manifests/") return serve_manifest(request, repository, what);
      if (std::string(kind) == "/blobs/") return serve_blob(request, repository, what);
      return serve_upload(request, repository, what);
    }
    return {404};
  }

  FakeAnswer serve_manifest(const FakeRequest& request, const std::string& repository,
                            const std::string& reference) {
    if (request.method == "PUT") {
      const Digest digest = Digest::of(request.body);
      manifests_[repository][reference] = {request.header("content-type"), request.body};
      manifests_[repository][digest.text()] = manifests_[repository][reference];
      return {201, {{"Docker-Content-Digest", digest.text()}}};
    }
    const auto& all = manifests_[repository];
    const auto found = all.find(reference);
    if (found == all.end()) {
      return {404, {}, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})"};
    }
    return {200,
            {{"Content-Type", found->second.first},
             {"Docker-Content-Digest", Digest::of(found->second.second).text()}},
            found->second.second};
  }

  FakeAnswer serve_blob(const FakeRequest& request, const std::string& repository,
                        const std::string& digest) {
    const auto& all = blobs_[repository];
    const auto found = all.find(digest);
    if (found == all.end())
      return {404, {}, R"({"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]})"};
    const std::string& bytes = found->second;
    const std::string range = request.header("range");
    if (range.empty()) return {200, {}, bytes};
    const std::size_t from = std::stoul(range.substr(6));
    if (from >= bytes.size()) return {416};
    return {
        206,
        {{"Content-Range", fmt::format("bytes {}-{}/{}", from, bytes.size() - 1, bytes.size())}},
        bytes.substr(from)};
  }

  FakeAnswer serve_upload(const FakeRequest& request, const std::string& repository,
                          const std::string& id) {
    const auto place = [&](const std::string& which) {
      return std::pair<std::string, std::string>(
          "Location", fmt::format("/v2/{}/blobs/uploads/{}?state=s", repository, which));
    };
    if (request.method == "POST") {
      if (request.query.contains("mount")) {
        const auto& from = blobs_[request.query.at("from")];
        if (const auto found = from.find(request.query.at("mount")); found != from.end()) {
          blobs_[repository][found->first] = found->second;
          return {201};
        }
      }
      const std::string made = fmt::format("u{}", ++uploads_made_);
      uploads_[made] = "";
      return {202, {place(made), {"Range", "0-0"}}};
    }
    const auto found = uploads_.find(id);
    if (found == uploads_.end())
      return {404, {}, R"({"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"unknown"}]})"};
    std::string& bytes = found->second;
    const auto range = [&] {
      return std::pair<std::string, std::string>(
          "Range", fmt::format("0-{}", bytes.empty() ? 0 : bytes.size() - 1));
    };
    if (request.method == "GET") return {204, {place(id), range()}};
    if (request.method == "PATCH") {
      const std::string first = request.header("content-range");
      if (!first.empty() && std::stoul(first) != bytes.size()) return {416, {place(id), range()}};
      bytes += request.body;
      return {202, {place(id), range()}};
    }
    bytes += request.body;
    const std::string digest = request.query.at("digest");
    if (Digest::of(bytes).text() != digest)
      return {400, {}, R"({"errors":[{"code":"DIGEST_INVALID","message":"digest invalid"}]})"};
    blobs_[repository][digest] = bytes;
    uploads_.erase(id);
    return {201, {{"Docker-Content-Digest", digest}}};
  }

  bool send(cove::test::ScriptedPeer& peer, const FakeRequest& request, const FakeAnswer& answer) {
    std::string text = fmt::format("HTTP/1.1 {} Said\r\n", answer.status);
    for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\r\n", name, value);
    const bool has = std::ranges::any_of(
        answer.headers, [](const auto& field) { return field.first == "Content-Length"; });
    if (!answer.no_length && !has && answer.status != 204)
      text += fmt::format("Content-Length: {}\r\n", answer.body.size());
    text += "\r\n";
    if (!peer.send(text)) return false;
    if (request.method == "HEAD") return true;
    const std::string body = answer.body.substr(0, answer.cut_after.value_or(std::string::npos));
    if (request.path.find("/blobs/sha256:") != std::string::npos) blob_bytes_ += body.size();
    if (!peer.send(body)) return false;
    if (answer.stall) peer.read_to_end();
    return !answer.cut_after && !answer.no_length;
  }

  std::mutex mutex_;
  Hook hook_;
  std::string realm_;
  std::atomic<Login> login_ = Login::kNone;
  std::map<std::string, std::map<std::string, std::string>> blobs_;
  std::map<std::string, std::map<std::string, std::pair<std::string, std::string>>> manifests_;
  std::map<std::string, std::string> uploads_;
  int uploads_made_ = 0;
  std::vector<FakeRequest> requests_;
  std::atomic<std::uint64_t> blob_bytes_ = 0;
  std::atomic<int> tokens_ = 0;
  std::atomic<int> revoked_ = 0;
  cove::test::ScriptedServer server_;  // last: its threads use the rest
};

}  // namespace cove::image::test
