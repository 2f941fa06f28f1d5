// MetadataTransport: the API seen as metadata alone (meta/v1 PartialObjectMetadata), for those who
// look at objects of every kind.
#pragma once

#include "core/client/transport.h"

namespace cove::controllers {

// What is read, watched and patched comes without anything but apiVersion, kind and metadata.
// Thread-safe, as the transport beneath, which must outlive it.
class MetadataTransport final : public client::Transport {
 public:
  explicit MetadataTransport(client::Transport& beneath) : beneath_(beneath) {}

  [[nodiscard]] client::Operation send(client::ApiRequest request, Callback done) override {
    if (request.method != "DELETE") request.accept = kAccept;
    return beneath_.send(std::move(request), std::move(done));
  }
  [[nodiscard]] client::Operation watch(client::ApiRequest request,
                                        client::WatchCallbacks callbacks) override {
    request.accept = kAccept;
    return beneath_.watch(std::move(request), std::move(callbacks));
  }
  [[nodiscard]] client::Operation stream(client::ApiRequest request,
                                         client::StreamCallbacks callbacks) override {
    return beneath_.stream(std::move(request), std::move(callbacks));
  }
  Executor& executor() override { return beneath_.executor(); }

 private:
  // Lists are asked for first, since an object's form is acceptable to a list's answer nowhere.
  static constexpr std::string_view kAccept =
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,"
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

  client::Transport& beneath_;
};

}  // namespace cove::controllers
