#include "core/server/shared_object.h"

namespace cove::server {
namespace {

// Who lets go of the bytes knows what they say.
struct Carrier {
  CarriedObject carried;
  std::shared_ptr<const std::string> bytes;

  void operator()(const std::string*) {
    carried.object.reset();
    bytes.reset();
  }
};

std::shared_ptr<const std::string> carry(std::shared_ptr<const std::string> bytes,
                                         std::string_view type, api::ObjectPtr object) {
  const std::string* const text = bytes.get();
  return {text, Carrier{{type, std::move(object)}, std::move(bytes)}};
}

}  // namespace

std::shared_ptr<const std::string> with_object(const api::ObjectPtr& object) {
  return carry(object->bytes(), {}, object);
}

std::shared_ptr<const std::string> with_event(std::string text, std::string_view type,
                                              api::ObjectPtr object) {
  return carry(std::make_shared<const std::string>(std::move(text)), type, std::move(object));
}

CarriedObject carried_by(const std::shared_ptr<const std::string>& bytes) {
  const Carrier* const carrier = std::get_deleter<Carrier>(bytes);
  return carrier == nullptr ? CarriedObject{} : carrier->carried;
}

}  // namespace cove::server
