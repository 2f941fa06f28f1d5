// Requests to the API that wait for their answer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/client/client.h"

namespace cove::node {

// Thread-safe; the transport's executor must not be the caller's. An answer that takes longer than
// `patience` is kTimeout.
class ApiReader {
 public:
  explicit ApiReader(client::Transport& transport,
                     std::chrono::milliseconds patience = std::chrono::seconds(10))
      : transport_(transport), patience_(patience) {}

  // `plural` of the core group's v1; `namespace_name` empty for what has none.
  client::ApiResult<api::ObjectPtr> get(const char* plural, const std::string& namespace_name,
                                        const std::string& name) const {
    return wait<api::ObjectPtr>(
        [&](auto done) { return core(plural, namespace_name).get(name, std::move(done)); });
  }
  client::ApiResult<api::ObjectPtr> get(const client::Resource& resource,
                                        const std::string& namespace_name,
                                        const std::string& name) const {
    return wait<api::ObjectPtr>([&](auto done) {
      return client::ResourceClient(transport_, resource, namespace_name)
          .get(name, std::move(done));
    });
  }
  client::ApiResult<std::shared_ptr<const client::ObjectList>> list(
      const char* plural, const std::string& namespace_name) const {
    return wait<std::shared_ptr<const client::ObjectList>>(
        [&](auto done) { return core(plural, namespace_name).list({}, std::move(done)); });
  }
  // Makes `object` as the subresource of what is called `name`: "token" of a service account.
  client::ApiResult<api::ObjectPtr> create(const char* plural, const std::string& namespace_name,
                                           const std::string& name, const std::string& subresource,
                                           const boost::json::object& object) const {
    return wait<api::ObjectPtr>([&](auto done) {
      return core(plural, namespace_name)
          .create(object, {.subresource = subresource}, std::move(done), name);
    });
  }

 private:
  client::ResourceClient core(const char* plural, const std::string& namespace_name) const {
    return {transport_, {.group = "", .version = "v1", .plural = plural}, namespace_name};
  }

  template <class T, class Start>
  client::ApiResult<T> wait(const Start& start) const {
    struct Answer {
      std::mutex mutex;
      std::condition_variable came;
      std::optional<client::ApiResult<T>> result;
    };
    const auto answer = std::make_shared<Answer>();
    std::function<void(client::ApiResult<T>)> done = [answer](client::ApiResult<T> result) {
      const std::lock_guard lock(answer->mutex);
      answer->result = std::move(result);
      answer->came.notify_all();
    };
    const client::Operation operation = start(std::move(done));
    std::unique_lock lock(answer->mutex);
    if (!answer->came.wait_for(lock, patience_, [&] { return answer->result.has_value(); }))
      return client::no_answer(ErrorCode::kTimeout, "the API has not answered in time");
    return std::move(*answer->result);
  }

  client::Transport& transport_;
  std::chrono::milliseconds patience_;
};

}  // namespace cove::node
