// metav1.Status: how the API says no (kubernetes.io "API conventions", response status kind).
#pragma once

#include <boost/json/object.hpp>

#include "core/server/refusal.h"
#include "core/server/request.h"

namespace cove::server {

boost::json::object make_status(int code, std::string_view reason, std::string_view message,
                                boost::json::object details = {});
Answer status_answer(int code, std::string_view reason, std::string_view message,
                     boost::json::object details = {});

// What an authenticated user is told that may not do this.
Refusal forbidden_request(const User& user, const RequestInfo& request, std::string_view path);

Answer json_answer(const boost::json::value& value, std::string content_type = "application/json");
Answer text_answer(int status, std::string text);

}  // namespace cove::server
