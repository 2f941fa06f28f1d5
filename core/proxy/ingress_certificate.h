// Whether a certificate and its key can be used, found out before nginx refuses a whole
// configuration because of one of them.
#pragma once

#include "core/base/result.h"
#include "core/proxy/ingress_routing.h"

namespace cove::proxy {

// kInvalidArgument: no PEM, a key of another certificate or protected by a password, or too weak.
Result<void> check_certificate(const CertificatePair& pair);

}  // namespace cove::proxy
