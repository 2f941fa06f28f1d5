#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kBoundObjectReferenceFields[] = {
    {"kind", 1, "string", "omitempty", "Pod, Secret or Node."},
    {"apiVersion", 2, "string", "omitempty", "Version of the object."},
    {"name", 3, "string", "omitempty", "Name of the object."},
    {"uid", 4, "string", "omitempty", "UID of the object."},
};

constexpr FieldFact kSelfSubjectReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"status", 2, "SelfSubjectReviewStatus", "omitempty",
     "What the system last saw of the SelfSubjectReview. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kSelfSubjectReviewStatusFields[] = {
    {"userInfo", 1, "UserInfo", "omitempty", "Attributes of the user."},
};

constexpr FieldFact kTokenRequestFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "TokenRequestSpec", "", "What is wanted of the TokenRequest."},
    {"status", 3, "TokenRequestStatus", "omitempty",
     "What the system last saw of the TokenRequest. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kTokenRequestSpecFields[] = {
    {"audiences", 1, "[]string", "list=atomic",
     "For whom the token is meant. Default: the API server."},
    {"expirationSeconds", 4, "*int64", "default=3600",
     "How long the token should last, in seconds, at least 600. Default: 3600."},
    {"boundObjectRef", 3, "*BoundObjectReference", "", "Object that the token ends with."},
};

constexpr FieldFact kTokenRequestStatusFields[] = {
    {"token", 1, "string", "", "The token, a signed JWT."},
    {"expirationTimestamp", 2, "time", "", "When the token ends."},
};

constexpr FieldFact kTokenReviewFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "TokenReviewSpec", "required", "What is wanted of the TokenReview."},
    {"status", 3, "TokenReviewStatus", "omitempty",
     "What the system last saw of the TokenReview. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kTokenReviewSpecFields[] = {
    {"token", 1, "string", "omitempty required", "The token."},
    {"audiences", 2, "[]string", "omitempty list=atomic",
     "For whom the token should be meant. Default: the API server."},
};

constexpr FieldFact kTokenReviewStatusFields[] = {
    {"authenticated", 1, "bool", "omitempty", "Whether the token is valid."},
    {"user", 2, "UserInfo", "omitempty", "Whose token it is."},
    {"audiences", 4, "[]string", "omitempty list=atomic",
     "Audiences asked for that the token is meant for."},
    {"error", 3, "string", "omitempty", "Why the token could not be checked."},
};

constexpr FieldFact kUserInfoFields[] = {
    {"username", 1, "string", "omitempty", "Name, unique among all users."},
    {"uid", 2, "string", "omitempty",
     "Identity in time; differs for another user of the same name."},
    {"groups", 3, "[]string", "omitempty list=atomic", "Groups the user is in."},
    {"extra", 4, "{}ExtraValue", "omitempty", "Further attributes from the authenticator."},
};

constexpr TypeFact kTypes[] = {
    {"BoundObjectReference", "", "The object that a token ends with.", kBoundObjectReferenceFields},
    {"ExtraValue", "items=[]string", "Values of one attribute.", {}},
    {"SelfSubjectReview", "kind", "Tells who the client is.", kSelfSubjectReviewFields},
    {"SelfSubjectReviewStatus", "", "Who the client is.", kSelfSubjectReviewStatusFields},
    {"TokenRequest", "kind", "Asks for a token of a service account.", kTokenRequestFields},
    {"TokenRequestSpec", "", "What token is asked for.", kTokenRequestSpecFields},
    {"TokenRequestStatus", "", "The token.", kTokenRequestStatusFields},
    {"TokenReview", "kind", "Asks whether a token is valid, and whose it is.", kTokenReviewFields},
    {"TokenReviewSpec", "", "The token to check.", kTokenReviewSpecFields},
    {"TokenReviewStatus", "", "What the check has found.", kTokenReviewStatusFields},
    {"UserInfo", "", "A user.", kUserInfoFields},
};

}  // namespace

std::span<const TypeFact> authentication_v1_types() {
  return kTypes;
}

}  // namespace cove::api
