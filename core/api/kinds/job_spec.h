// What jobs and the job templates of cron jobs share. Private to this folder.
#pragma once

#include "core/api/kind.h"

namespace cove::api::jobs {

// `generated`: the selector is (or will be) made by the server and does not have to be there.
void validate_spec(ErrorList& errors, const FieldPath& path, const json::object& spec,
                   bool generated);

}  // namespace cove::api::jobs
