#include "core/http/handler.h"

namespace cove::http {

bool Handler::streams_body(const Request&) const {
  return false;
}

Answer Handler::refuse(int status, std::string_view message) const {
  Answer answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = std::make_shared<const std::string>(std::string(message) + "\n");
  return answer;
}

}  // namespace cove::http
