// What is asked about users and permissions and never stored: TokenRequest, TokenReview,
// SelfSubjectReview and the SubjectAccessReview family (kubernetes.io API reference,
// authentication.k8s.io/v1 and authorization.k8s.io/v1).
#pragma once

#include "core/server/access/tokens.h"
#include "core/server/admission.h"
#include "core/server/api_server.h"

namespace cove::server {

// Before the first request; all must outlive the server. Also serves the public key that tokens
// can be checked with, and where it is (OpenID Connect Discovery 1.0).
void add_access_handlers(ApiServer& server, const TokenKeys& keys, const ClusterState& state);

}  // namespace cove::server
