// Gates in front of the engine: one that waits until it is open, one that looks at certificates.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/http/handler.h"

namespace cove::node {

// Thread-safe. Until open() or fail() requests wait, at most 64; more are answered 503.
class EngineGate final : public http::Handler {
 public:
  // `engine` must live until close() has returned.
  void open(http::Handler& engine);
  // From now on every request is answered 503 with this sentence.
  void fail(std::string why);

  void handle(std::shared_ptr<const http::Request> request, Respond respond) override;
  bool streams_body(const http::Request& head) const override;
  http::Answer refuse(int status, std::string_view message) const override;

 private:
  struct Waiting {
    std::shared_ptr<const http::Request> request;
    Respond respond;
  };

  mutable std::mutex mutex_;
  http::Handler* engine_ = nullptr;
  std::string failure_;
  std::vector<Waiting> waiting_;
};

// Lets through who proved an administrator's certificate (organization "system:masters"); anybody
// else, pods and nodes with certificates of their own too, is answered 403.
class CertificateGate final : public http::Handler {
 public:
  explicit CertificateGate(http::Handler& behind) : behind_(behind) {}
  void handle(std::shared_ptr<const http::Request> request, Respond respond) override;
  bool streams_body(const http::Request& head) const override;
  http::Answer refuse(int status, std::string_view message) const override;

 private:
  http::Handler& behind_;
};

}  // namespace cove::node
