// metav1.Status: how the API says no (kubernetes.io "API conventions", response status kind).
#pragma once

#include <boost/json/object.hpp>

#include "core/server/request.h"

namespace cove::server {

boost::json::object make_status(int code, std::string_view reason, std::string_view message,
                                boost::json::object details = {});
Answer status_answer(int code, std::string_view reason, std::string_view message,
                     boost::json::object details = {});

Answer unauthorized();
Answer forbidden(const User& user, const RequestInfo& info, const std::string& path);
// The object does not exist.
Answer not_found(const RequestInfo& info);
// The path or the resource does not exist.
Answer no_such_resource();
Answer method_not_allowed();
Answer not_acceptable(std::string_view accepted);
Answer bad_request(std::string_view message);

Answer json_answer(const boost::json::value& value, std::string content_type = "application/json");
Answer text_answer(int status, std::string text);

}  // namespace cove::server
