#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kConversionRequestFields[] = {
    {"uid", 1, "string", "required", "Identity of the request."},
    {"desiredAPIVersion", 2, "string", "required", "Group and version to convert to."},
    {"objects", 3, "[]raw", "required list=atomic", "The objects."},
};

constexpr FieldFact kConversionResponseFields[] = {
    {"uid", 1, "string", "required", "Identity of the request."},
    {"convertedObjects", 2, "[]raw", "required list=atomic",
     "The objects in the wanted version, in the same order."},
    {"result", 3, "meta/v1.Status", "required", "Whether it worked."},
};

constexpr FieldFact kConversionReviewFields[] = {
    {"request", 1, "*ConversionRequest", "omitempty", "The request."},
    {"response", 2, "*ConversionResponse", "omitempty", "The answer."},
};

constexpr FieldFact kCustomResourceColumnDefinitionFields[] = {
    {"name", 1, "string", "required", "Heading of the column."},
    {"type", 2, "string", "required", "integer, number, string, boolean or date."},
    {"format", 3, "string", "omitempty", "Form of the values, such as int32 or date-time."},
    {"description", 4, "string", "omitempty", "What the column shows."},
    {"priority", 5, "int32", "omitempty", "0 is always shown, larger numbers in wide output only."},
    {"jsonPath", 6, "string", "required", "Path of the value in the object, such as .spec.size."},
};

constexpr FieldFact kCustomResourceConversionFields[] = {
    {"strategy", 1, "string", "required",
     "None, which changes apiVersion alone, or Webhook. Default: None."},
    {"webhook", 2, "*WebhookConversion", "omitempty",
     "The program that converts; for strategy Webhook."},
};

constexpr FieldFact kCustomResourceDefinitionFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "CustomResourceDefinitionSpec", "required",
     "What is wanted of the CustomResourceDefinition."},
    {"status", 3, "CustomResourceDefinitionStatus", "omitempty",
     "What the system last saw of the CustomResourceDefinition. Clients do not write it through "
     "the main resource."},
};

constexpr FieldFact kCustomResourceDefinitionConditionFields[] = {
    {"type", 1, "string", "required", "What the condition is about, in CamelCase."},
    {"status", 2, "string", "required", "Whether it holds: True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty",
     "One CamelCase word that programs can read for the last change."},
    {"message", 5, "string", "omitempty", "A sentence for people about the last change."},
    {"observedGeneration", 6, "int64", "omitempty",
     "The metadata.generation that the condition speaks of."},
};

constexpr FieldFact kCustomResourceDefinitionListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]CustomResourceDefinition", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kCustomResourceDefinitionNamesFields[] = {
    {"plural", 1, "string", "required", "Plural name in lower case, as in URLs."},
    {"singular", 2, "string", "omitempty",
     "Singular name in lower case. Default: the lower-case kind."},
    {"shortNames", 3, "[]string", "omitempty list=atomic", "Short names that clients accept."},
    {"kind", 4, "string", "required", "Kind of the objects, in CamelCase."},
    {"listKind", 5, "string", "omitempty", "Kind of lists. Default: the kind followed by List."},
    {"categories", 6, "[]string", "omitempty list=atomic",
     "Groups of resources that it belongs to, such as all."},
};

constexpr FieldFact kCustomResourceDefinitionSpecFields[] = {
    {"group", 1, "string", "required", "API group. The definition's name must be PLURAL.GROUP."},
    {"names", 3, "CustomResourceDefinitionNames", "required",
     "Names of the kind and its resource."},
    {"scope", 4, "string", "required", "Namespaced or Cluster. Cannot be changed."},
    {"versions", 7, "[]CustomResourceDefinitionVersion", "required list=atomic",
     "The versions; exactly one is stored."},
    {"conversion", 9, "*CustomResourceConversion", "omitempty default={\"strategy\":\"None\"}",
     "How objects are converted between versions."},
    {"preserveUnknownFields", 10, "bool", "omitempty",
     "Must be false; whether fields that the schema does not know are kept."},
};

constexpr FieldFact kCustomResourceDefinitionStatusFields[] = {
    {"conditions", 1, "[]CustomResourceDefinitionCondition", "list=map key=type",
     "What has been observed, one entry per type of condition."},
    {"acceptedNames", 2, "CustomResourceDefinitionNames", "", "The names that are in use."},
    {"storedVersions", 3, "[]string", "list=atomic", "Versions that objects may be stored in."},
    {"observedGeneration", 4, "int64", "omitempty",
     "The metadata.generation that this status was made from."},
};

constexpr FieldFact kCustomResourceDefinitionVersionFields[] = {
    {"name", 1, "string", "required", "Name of the version, such as v1 or v1beta1."},
    {"served", 2, "bool", "required", "Whether the version can be used."},
    {"storage", 3, "bool", "required", "Whether objects are stored in this version."},
    {"deprecated", 7, "bool", "omitempty", "Whether clients are warned about this version."},
    {"deprecationWarning", 8, "*string", "omitempty",
     "Text of the warning. Default: a text with the version's name."},
    {"schema", 4, "*CustomResourceValidation", "omitempty", "What objects look like."},
    {"subresources", 5, "*CustomResourceSubresources", "omitempty",
     "Subresources that objects have."},
    {"additionalPrinterColumns", 6, "[]CustomResourceColumnDefinition", "omitempty list=atomic",
     "Columns that kubectl get shows. Default: the age."},
    {"selectableFields", 9, "[]SelectableField", "omitempty list=atomic",
     "Fields that field selectors may use, at most 8."},
};

constexpr FieldFact kCustomResourceSubresourceScaleFields[] = {
    {"specReplicasPath", 1, "string", "required",
     "Path of the wanted number of pods, such as .spec.replicas."},
    {"statusReplicasPath", 2, "string", "required",
     "Path of the number of pods there are, such as .status.replicas."},
    {"labelSelectorPath", 3, "*string", "omitempty",
     "Path of the label selector as text, such as .status.labelSelector."},
};

constexpr FieldFact kCustomResourceSubresourcesFields[] = {
    {"status", 1, "*CustomResourceSubresourceStatus", "omitempty",
     "When set, .status is written through /status only."},
    {"scale", 2, "*CustomResourceSubresourceScale", "omitempty",
     "When set, /scale reads and changes the number of pods."},
};

constexpr FieldFact kCustomResourceValidationFields[] = {
    {"openAPIV3Schema", 1, "*JSONSchemaProps", "omitempty", "The schema."},
};

constexpr FieldFact kExternalDocumentationFields[] = {
    {"description", 1, "string", "omitempty", "What is to be found there."},
    {"url", 2, "string", "omitempty", "URL of the documentation."},
};

constexpr FieldFact kJSONSchemaPropsFields[] = {
    {"id", 1, "string", "omitempty", "Not allowed."},
    {"$schema", 2, "string", "omitempty", "Not allowed."},
    {"$ref", 3, "*string", "omitempty", "Not allowed."},
    {"description", 4, "string", "omitempty", "What the value means."},
    {"type", 5, "string", "omitempty", "object, array, string, integer, number or boolean."},
    {"format", 6, "string", "omitempty",
     "Form of a text or number, such as date-time, int32 or byte."},
    {"title", 7, "string", "omitempty", "Short name of the value."},
    {"default", 8, "*json", "omitempty", "Value that is set when there is none."},
    {"maximum", 9, "*float64", "omitempty", "Largest number allowed."},
    {"exclusiveMaximum", 10, "bool", "omitempty", "Whether maximum itself is not allowed."},
    {"minimum", 11, "*float64", "omitempty", "Smallest number allowed."},
    {"exclusiveMinimum", 12, "bool", "omitempty", "Whether minimum itself is not allowed."},
    {"maxLength", 13, "*int64", "omitempty", "Most characters of a text."},
    {"minLength", 14, "*int64", "omitempty", "Fewest characters of a text."},
    {"pattern", 15, "string", "omitempty", "Regular expression that a text must match somewhere."},
    {"maxItems", 16, "*int64", "omitempty", "Most elements of a list."},
    {"minItems", 17, "*int64", "omitempty", "Fewest elements of a list."},
    {"uniqueItems", 18, "bool", "omitempty", "Must not be true; use x-kubernetes-list-type."},
    {"multipleOf", 19, "*float64", "omitempty", "Number that the value is a multiple of."},
    {"enum", 20, "[]json", "omitempty list=atomic", "The values that are allowed."},
    {"maxProperties", 21, "*int64", "omitempty", "Most members of an object."},
    {"minProperties", 22, "*int64", "omitempty", "Fewest members of an object."},
    {"required", 23, "[]string", "omitempty list=atomic", "Members that must be there."},
    {"items", 24, "*JSONSchemaPropsOrArray", "omitempty", "Schema of a list's elements."},
    {"allOf", 25, "[]JSONSchemaProps", "omitempty list=atomic", "Schemas that must all match."},
    {"oneOf", 26, "[]JSONSchemaProps", "omitempty list=atomic",
     "Schemas of which exactly one must match."},
    {"anyOf", 27, "[]JSONSchemaProps", "omitempty list=atomic",
     "Schemas of which at least one must match."},
    {"not", 28, "*JSONSchemaProps", "omitempty", "A schema that must not match."},
    {"properties", 29, "{}JSONSchemaProps", "omitempty", "Schemas of the members by name."},
    {"additionalProperties", 30, "*JSONSchemaPropsOrBool", "omitempty",
     "Schema of members of any name. Not together with properties."},
    {"patternProperties", 31, "{}JSONSchemaProps", "omitempty", "Not allowed."},
    {"dependencies", 32, "{}JSONSchemaPropsOrStringArray", "omitempty", "Not allowed."},
    {"additionalItems", 33, "*JSONSchemaPropsOrBool", "omitempty", "Not allowed."},
    {"definitions", 34, "{}JSONSchemaProps", "omitempty", "Not allowed."},
    {"externalDocs", 35, "*ExternalDocumentation", "omitempty", "A link to further documentation."},
    {"example", 36, "*json", "omitempty", "An example."},
    {"nullable", 37, "bool", "omitempty", "Whether null is allowed."},
    {"x-kubernetes-preserve-unknown-fields", 38, "*bool", "omitempty",
     "Whether members that the schema does not name are kept."},
    {"x-kubernetes-embedded-resource", 39, "bool", "omitempty",
     "Whether the value is an object with apiVersion, kind and metadata."},
    {"x-kubernetes-int-or-string", 40, "bool", "omitempty",
     "Whether the value is a whole number or a text."},
    {"x-kubernetes-list-map-keys", 41, "[]string", "omitempty list=atomic",
     "Members that tell the elements of a list of type map apart."},
    {"x-kubernetes-list-type", 42, "*string", "omitempty", "atomic, set or map. Default: atomic."},
    {"x-kubernetes-map-type", 43, "*string", "omitempty", "granular or atomic. Default: granular."},
    {"x-kubernetes-validations", 44, "[]ValidationRule",
     "omitempty list=map key=rule patch=merge patchKey=rule",
     "CEL rules that the value must obey."},
};

constexpr FieldFact kJSONSchemaPropsOrArrayFields[] = {
    {"schema", 1, "*JSONSchemaProps", "omitempty", "The schema."},
    {"jSONSchemas", 2, "[]JSONSchemaProps", "omitempty", "The schemas."},
};

constexpr FieldFact kJSONSchemaPropsOrBoolFields[] = {
    {"allows", 1, "bool", "omitempty", "Whether anything is allowed."},
    {"schema", 2, "*JSONSchemaProps", "omitempty", "The schema."},
};

constexpr FieldFact kJSONSchemaPropsOrStringArrayFields[] = {
    {"schema", 1, "*JSONSchemaProps", "omitempty", "The schema."},
    {"property", 2, "[]string", "omitempty", "The names."},
};

constexpr FieldFact kSelectableFieldFields[] = {
    {"jsonPath", 1, "string", "required", "Path of the field, such as .spec.color."},
};

constexpr FieldFact kServiceReferenceFields[] = {
    {"namespace", 1, "string", "required", "Namespace of the service."},
    {"name", 2, "string", "required", "Name of the service."},
    {"path", 3, "*string", "omitempty", "Path of the URL."},
    {"port", 4, "*int32", "omitempty default=443", "Port of the service. Default: 443."},
};

constexpr FieldFact kValidationRuleFields[] = {
    {"rule", 1, "string", "required",
     "Expression that must be true; self is the value, oldSelf the one before."},
    {"message", 2, "string", "omitempty", "What to tell when it does not hold."},
    {"messageExpression", 3, "string", "omitempty",
     "Expression for the message; comes before message."},
    {"reason", 4, "*string",
     "omitempty enum=FieldValueRequired|FieldValueDuplicate|FieldValueInvalid|FieldValueForbidden",
     "FieldValueInvalid, FieldValueForbidden, FieldValueRequired or FieldValueDuplicate. Default: "
     "FieldValueInvalid."},
    {"fieldPath", 5, "string", "omitempty", "Path of the field to blame, relative to the value."},
    {"optionalOldSelf", 6, "*bool", "omitempty",
     "Whether a rule with oldSelf also runs when there is no value before."},
};

constexpr FieldFact kWebhookClientConfigFields[] = {
    {"url", 3, "*string", "omitempty", "URL of the program, https only."},
    {"service", 1, "*ServiceReference", "omitempty",
     "Service of the program, when it runs in the cluster."},
    {"caBundle", 2, "bytes", "omitempty",
     "Certificates in PEM, in base64, that the program's certificate must come from. Default: the "
     "system's."},
};

constexpr FieldFact kWebhookConversionFields[] = {
    {"clientConfig", 2, "*WebhookClientConfig", "omitempty", "How to reach the program."},
    {"conversionReviewVersions", 3, "[]string", "required list=atomic",
     "Versions of ConversionReview that the program understands, best first."},
};

constexpr TypeFact kTypes[] = {
    {"ConversionRequest", "", "Asks a webhook to convert objects.", kConversionRequestFields},
    {"ConversionResponse", "", "The converted objects.", kConversionResponseFields},
    {"ConversionReview", "kind", "A request to a conversion webhook, or its answer.",
     kConversionReviewFields},
    {"CustomResourceColumnDefinition", "", "A column that kubectl get shows.",
     kCustomResourceColumnDefinitionFields},
    {"CustomResourceConversion", "", "How objects are converted between versions.",
     kCustomResourceConversionFields},
    {"CustomResourceDefinition", "kind", "Adds a kind of object to the API.",
     kCustomResourceDefinitionFields},
    {"CustomResourceDefinitionCondition", "",
     "One aspect of a definition's state, such as Established.",
     kCustomResourceDefinitionConditionFields},
    {"CustomResourceDefinitionList", "kind", "A list of CustomResourceDefinition objects.",
     kCustomResourceDefinitionListFields},
    {"CustomResourceDefinitionNames", "", "Names of the new kind and its resource.",
     kCustomResourceDefinitionNamesFields},
    {"CustomResourceDefinitionSpec", "", "What the new kind looks like.",
     kCustomResourceDefinitionSpecFields},
    {"CustomResourceDefinitionStatus", "", "State of a definition.",
     kCustomResourceDefinitionStatusFields},
    {"CustomResourceDefinitionVersion", "", "One version of the new kind.",
     kCustomResourceDefinitionVersionFields},
    {"CustomResourceSubresourceScale", "", "Where the scale subresource finds its values.",
     kCustomResourceSubresourceScaleFields},
    {"CustomResourceSubresourceStatus",
     "",
     "Switches the status subresource on by being there; it has no fields.",
     {}},
    {"CustomResourceSubresources", "", "Subresources of the new kind.",
     kCustomResourceSubresourcesFields},
    {"CustomResourceValidation", "", "What objects look like.", kCustomResourceValidationFields},
    {"ExternalDocumentation", "", "A link to further documentation.", kExternalDocumentationFields},
    {"JSONSchemaProps", "", "A JSON schema as OpenAPI 3 has it, with extensions.",
     kJSONSchemaPropsFields},
    {"JSONSchemaPropsOrArray", "any", "A schema, or a list of schemas.",
     kJSONSchemaPropsOrArrayFields},
    {"JSONSchemaPropsOrBool", "any", "A schema, or whether anything is allowed.",
     kJSONSchemaPropsOrBoolFields},
    {"JSONSchemaPropsOrStringArray", "any", "A schema, or a list of names.",
     kJSONSchemaPropsOrStringArrayFields},
    {"SelectableField", "", "A field that field selectors may use.", kSelectableFieldFields},
    {"ServiceReference", "", "Names a service.", kServiceReferenceFields},
    {"ValidationRule", "", "A CEL rule.", kValidationRuleFields},
    {"WebhookClientConfig", "", "How to reach a program; one of url and service is set.",
     kWebhookClientConfigFields},
    {"WebhookConversion", "", "The program that converts objects.", kWebhookConversionFields},
};

}  // namespace

std::span<const TypeFact> apiextensions_v1_types() {
  return kTypes;
}

}  // namespace cove::api
