#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kBoundObjectReferenceFields[] = {
    {"kind", 1, "string", "omitempty", ""},
    {"apiVersion", 2, "string", "omitempty", ""},
    {"name", 3, "string", "omitempty", ""},
    {"uid", 4, "string", "omitempty", ""},
};

constexpr FieldFact kSelfSubjectReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"status", 2, "SelfSubjectReviewStatus", "omitempty", ""},
};

constexpr FieldFact kSelfSubjectReviewStatusFields[] = {
    {"userInfo", 1, "UserInfo", "omitempty", ""},
};

constexpr FieldFact kTokenRequestFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "TokenRequestSpec", "", ""},
    {"status", 3, "TokenRequestStatus", "omitempty", ""},
};

constexpr FieldFact kTokenRequestSpecFields[] = {
    {"audiences", 1, "[]string", "list=atomic", ""},
    {"expirationSeconds", 4, "*int64", "", ""},
    {"boundObjectRef", 3, "*BoundObjectReference", "", ""},
};

constexpr FieldFact kTokenRequestStatusFields[] = {
    {"token", 1, "string", "", ""},
    {"expirationTimestamp", 2, "time", "", ""},
};

constexpr FieldFact kTokenReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "TokenReviewSpec", "required", ""},
    {"status", 3, "TokenReviewStatus", "omitempty", ""},
};

constexpr FieldFact kTokenReviewSpecFields[] = {
    {"token", 1, "string", "omitempty required", ""},
    {"audiences", 2, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kTokenReviewStatusFields[] = {
    {"authenticated", 1, "bool", "omitempty", ""},
    {"user", 2, "UserInfo", "omitempty", ""},
    {"audiences", 4, "[]string", "omitempty list=atomic", ""},
    {"error", 3, "string", "omitempty", ""},
};

constexpr FieldFact kUserInfoFields[] = {
    {"username", 1, "string", "omitempty", ""},
    {"uid", 2, "string", "omitempty", ""},
    {"groups", 3, "[]string", "omitempty list=atomic", ""},
    {"extra", 4, "{}ExtraValue", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"BoundObjectReference", "", "", kBoundObjectReferenceFields},
    {"ExtraValue", "items=[]string", "", {}},
    {"SelfSubjectReview", "kind", "", kSelfSubjectReviewFields},
    {"SelfSubjectReviewStatus", "", "", kSelfSubjectReviewStatusFields},
    {"TokenRequest", "kind", "", kTokenRequestFields},
    {"TokenRequestSpec", "", "", kTokenRequestSpecFields},
    {"TokenRequestStatus", "", "", kTokenRequestStatusFields},
    {"TokenReview", "kind", "", kTokenReviewFields},
    {"TokenReviewSpec", "", "", kTokenReviewSpecFields},
    {"TokenReviewStatus", "", "", kTokenReviewStatusFields},
    {"UserInfo", "", "", kUserInfoFields},
};

}  // namespace

std::span<const TypeFact> authentication_v1_types() {
  return kTypes;
}

}  // namespace cove::api
