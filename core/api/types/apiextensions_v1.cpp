#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kConversionRequestFields[] = {
    {"uid", 1, "string", "required", ""},
    {"desiredAPIVersion", 2, "string", "required", ""},
    {"objects", 3, "[]raw", "required list=atomic", ""},
};

constexpr FieldFact kConversionResponseFields[] = {
    {"uid", 1, "string", "required", ""},
    {"convertedObjects", 2, "[]raw", "required list=atomic", ""},
    {"result", 3, "meta/v1.Status", "required", ""},
};

constexpr FieldFact kConversionReviewFields[] = {
    {"request", 1, "*ConversionRequest", "omitempty", ""},
    {"response", 2, "*ConversionResponse", "omitempty", ""},
};

constexpr FieldFact kCustomResourceColumnDefinitionFields[] = {
    {"name", 1, "string", "required", ""},     {"type", 2, "string", "required", ""},
    {"format", 3, "string", "omitempty", ""},  {"description", 4, "string", "omitempty", ""},
    {"priority", 5, "int32", "omitempty", ""}, {"jsonPath", 6, "string", "required", ""},
};

constexpr FieldFact kCustomResourceConversionFields[] = {
    {"strategy", 1, "string", "required", ""},
    {"webhook", 2, "*WebhookConversion", "omitempty", ""},
};

constexpr FieldFact kCustomResourceDefinitionFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "CustomResourceDefinitionSpec", "required", ""},
    {"status", 3, "CustomResourceDefinitionStatus", "omitempty", ""},
};

constexpr FieldFact kCustomResourceDefinitionConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastTransitionTime", 3, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
    {"observedGeneration", 6, "int64", "omitempty", ""},
};

constexpr FieldFact kCustomResourceDefinitionListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]CustomResourceDefinition", "required", ""},
};

constexpr FieldFact kCustomResourceDefinitionNamesFields[] = {
    {"plural", 1, "string", "required", ""},
    {"singular", 2, "string", "omitempty", ""},
    {"shortNames", 3, "[]string", "omitempty list=atomic", ""},
    {"kind", 4, "string", "required", ""},
    {"listKind", 5, "string", "omitempty", ""},
    {"categories", 6, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kCustomResourceDefinitionSpecFields[] = {
    {"group", 1, "string", "required", ""},
    {"names", 3, "CustomResourceDefinitionNames", "required", ""},
    {"scope", 4, "string", "required", ""},
    {"versions", 7, "[]CustomResourceDefinitionVersion", "required list=atomic", ""},
    {"conversion", 9, "*CustomResourceConversion", "omitempty", ""},
    {"preserveUnknownFields", 10, "bool", "omitempty", ""},
};

constexpr FieldFact kCustomResourceDefinitionStatusFields[] = {
    {"conditions", 1, "[]CustomResourceDefinitionCondition", "list=map key=type", ""},
    {"acceptedNames", 2, "CustomResourceDefinitionNames", "", ""},
    {"storedVersions", 3, "[]string", "list=atomic", ""},
    {"observedGeneration", 4, "int64", "omitempty", ""},
};

constexpr FieldFact kCustomResourceDefinitionVersionFields[] = {
    {"name", 1, "string", "required", ""},
    {"served", 2, "bool", "required", ""},
    {"storage", 3, "bool", "required", ""},
    {"deprecated", 7, "bool", "omitempty", ""},
    {"deprecationWarning", 8, "*string", "omitempty", ""},
    {"schema", 4, "*CustomResourceValidation", "omitempty", ""},
    {"subresources", 5, "*CustomResourceSubresources", "omitempty", ""},
    {"additionalPrinterColumns", 6, "[]CustomResourceColumnDefinition", "omitempty list=atomic",
     ""},
    {"selectableFields", 9, "[]SelectableField", "omitempty list=atomic", ""},
};

constexpr FieldFact kCustomResourceSubresourceScaleFields[] = {
    {"specReplicasPath", 1, "string", "required", ""},
    {"statusReplicasPath", 2, "string", "required", ""},
    {"labelSelectorPath", 3, "*string", "omitempty", ""},
};

constexpr FieldFact kCustomResourceSubresourcesFields[] = {
    {"status", 1, "*CustomResourceSubresourceStatus", "omitempty", ""},
    {"scale", 2, "*CustomResourceSubresourceScale", "omitempty", ""},
};

constexpr FieldFact kCustomResourceValidationFields[] = {
    {"openAPIV3Schema", 1, "*JSONSchemaProps", "omitempty", ""},
};

constexpr FieldFact kExternalDocumentationFields[] = {
    {"description", 1, "string", "omitempty", ""},
    {"url", 2, "string", "omitempty", ""},
};

constexpr FieldFact kJSONSchemaPropsFields[] = {
    {"id", 1, "string", "omitempty", ""},
    {"$schema", 2, "string", "omitempty", ""},
    {"$ref", 3, "*string", "omitempty", ""},
    {"description", 4, "string", "omitempty", ""},
    {"type", 5, "string", "omitempty", ""},
    {"format", 6, "string", "omitempty", ""},
    {"title", 7, "string", "omitempty", ""},
    {"default", 8, "*json", "omitempty", ""},
    {"maximum", 9, "*float64", "omitempty", ""},
    {"exclusiveMaximum", 10, "bool", "omitempty", ""},
    {"minimum", 11, "*float64", "omitempty", ""},
    {"exclusiveMinimum", 12, "bool", "omitempty", ""},
    {"maxLength", 13, "*int64", "omitempty", ""},
    {"minLength", 14, "*int64", "omitempty", ""},
    {"pattern", 15, "string", "omitempty", ""},
    {"maxItems", 16, "*int64", "omitempty", ""},
    {"minItems", 17, "*int64", "omitempty", ""},
    {"uniqueItems", 18, "bool", "omitempty", ""},
    {"multipleOf", 19, "*float64", "omitempty", ""},
    {"enum", 20, "[]json", "omitempty list=atomic", ""},
    {"maxProperties", 21, "*int64", "omitempty", ""},
    {"minProperties", 22, "*int64", "omitempty", ""},
    {"required", 23, "[]string", "omitempty list=atomic", ""},
    {"items", 24, "*JSONSchemaPropsOrArray", "omitempty", ""},
    {"allOf", 25, "[]JSONSchemaProps", "omitempty list=atomic", ""},
    {"oneOf", 26, "[]JSONSchemaProps", "omitempty list=atomic", ""},
    {"anyOf", 27, "[]JSONSchemaProps", "omitempty list=atomic", ""},
    {"not", 28, "*JSONSchemaProps", "omitempty", ""},
    {"properties", 29, "{}JSONSchemaProps", "omitempty", ""},
    {"additionalProperties", 30, "*JSONSchemaPropsOrBool", "omitempty", ""},
    {"patternProperties", 31, "{}JSONSchemaProps", "omitempty", ""},
    {"dependencies", 32, "{}JSONSchemaPropsOrStringArray", "omitempty", ""},
    {"additionalItems", 33, "*JSONSchemaPropsOrBool", "omitempty", ""},
    {"definitions", 34, "{}JSONSchemaProps", "omitempty", ""},
    {"externalDocs", 35, "*ExternalDocumentation", "omitempty", ""},
    {"example", 36, "*json", "omitempty", ""},
    {"nullable", 37, "bool", "omitempty", ""},
    {"x-kubernetes-preserve-unknown-fields", 38, "*bool", "omitempty", ""},
    {"x-kubernetes-embedded-resource", 39, "bool", "omitempty", ""},
    {"x-kubernetes-int-or-string", 40, "bool", "omitempty", ""},
    {"x-kubernetes-list-map-keys", 41, "[]string", "omitempty list=atomic", ""},
    {"x-kubernetes-list-type", 42, "*string", "omitempty", ""},
    {"x-kubernetes-map-type", 43, "*string", "omitempty", ""},
    {"x-kubernetes-validations", 44, "[]ValidationRule",
     "omitempty list=map key=rule patch=merge patchKey=rule", ""},
};

constexpr FieldFact kJSONSchemaPropsOrArrayFields[] = {
    {"schema", 1, "*JSONSchemaProps", "omitempty", ""},
    {"jSONSchemas", 2, "[]JSONSchemaProps", "omitempty", ""},
};

constexpr FieldFact kJSONSchemaPropsOrBoolFields[] = {
    {"allows", 1, "bool", "omitempty", ""},
    {"schema", 2, "*JSONSchemaProps", "omitempty", ""},
};

constexpr FieldFact kJSONSchemaPropsOrStringArrayFields[] = {
    {"schema", 1, "*JSONSchemaProps", "omitempty", ""},
    {"property", 2, "[]string", "omitempty", ""},
};

constexpr FieldFact kSelectableFieldFields[] = {
    {"jsonPath", 1, "string", "required", ""},
};

constexpr FieldFact kServiceReferenceFields[] = {
    {"namespace", 1, "string", "required", ""},
    {"name", 2, "string", "required", ""},
    {"path", 3, "*string", "omitempty", ""},
    {"port", 4, "*int32", "omitempty", ""},
};

constexpr FieldFact kValidationRuleFields[] = {
    {"rule", 1, "string", "required", ""},
    {"message", 2, "string", "omitempty", ""},
    {"messageExpression", 3, "string", "omitempty", ""},
    {"reason", 4, "*string",
     "omitempty enum=FieldValueRequired|FieldValueDuplicate|FieldValueInvalid|FieldValueForbidden",
     ""},
    {"fieldPath", 5, "string", "omitempty", ""},
    {"optionalOldSelf", 6, "*bool", "omitempty", ""},
};

constexpr FieldFact kWebhookClientConfigFields[] = {
    {"url", 3, "*string", "omitempty", ""},
    {"service", 1, "*ServiceReference", "omitempty", ""},
    {"caBundle", 2, "bytes", "omitempty", ""},
};

constexpr FieldFact kWebhookConversionFields[] = {
    {"clientConfig", 2, "*WebhookClientConfig", "omitempty", ""},
    {"conversionReviewVersions", 3, "[]string", "required list=atomic", ""},
};

constexpr TypeFact kTypes[] = {
    {"ConversionRequest", "", "", kConversionRequestFields},
    {"ConversionResponse", "", "", kConversionResponseFields},
    {"ConversionReview", "kind", "", kConversionReviewFields},
    {"CustomResourceColumnDefinition", "", "", kCustomResourceColumnDefinitionFields},
    {"CustomResourceConversion", "", "", kCustomResourceConversionFields},
    {"CustomResourceDefinition", "kind", "", kCustomResourceDefinitionFields},
    {"CustomResourceDefinitionCondition", "", "", kCustomResourceDefinitionConditionFields},
    {"CustomResourceDefinitionList", "kind", "", kCustomResourceDefinitionListFields},
    {"CustomResourceDefinitionNames", "", "", kCustomResourceDefinitionNamesFields},
    {"CustomResourceDefinitionSpec", "", "", kCustomResourceDefinitionSpecFields},
    {"CustomResourceDefinitionStatus", "", "", kCustomResourceDefinitionStatusFields},
    {"CustomResourceDefinitionVersion", "", "", kCustomResourceDefinitionVersionFields},
    {"CustomResourceSubresourceScale", "", "", kCustomResourceSubresourceScaleFields},
    {"CustomResourceSubresourceStatus", "", "", {}},
    {"CustomResourceSubresources", "", "", kCustomResourceSubresourcesFields},
    {"CustomResourceValidation", "", "", kCustomResourceValidationFields},
    {"ExternalDocumentation", "", "", kExternalDocumentationFields},
    {"JSONSchemaProps", "", "", kJSONSchemaPropsFields},
    {"JSONSchemaPropsOrArray", "any", "", kJSONSchemaPropsOrArrayFields},
    {"JSONSchemaPropsOrBool", "any", "", kJSONSchemaPropsOrBoolFields},
    {"JSONSchemaPropsOrStringArray", "any", "", kJSONSchemaPropsOrStringArrayFields},
    {"SelectableField", "", "", kSelectableFieldFields},
    {"ServiceReference", "", "", kServiceReferenceFields},
    {"ValidationRule", "", "", kValidationRuleFields},
    {"WebhookClientConfig", "", "", kWebhookClientConfigFields},
    {"WebhookConversion", "", "", kWebhookConversionFields},
};

}  // namespace

std::span<const TypeFact> apiextensions_v1_types() {
  return kTypes;
}

}  // namespace cove::api
