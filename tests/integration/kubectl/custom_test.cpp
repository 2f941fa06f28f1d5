// CustomResourceDefinitions from their creation to their end.

#include <boost/json/parse.hpp>

#include "tests/integration/kubectl/suite.h"

namespace cove::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Each version of kubectl has a group of its own, so that neither sees the other's.
class CustomTest : public KubectlSuite {
 protected:
  std::string group() const { return newest() ? "sea.example.com" : "old.sea.example.com"; }
  std::string with_group(std::string text) const {
    for (std::size_t at = 0; (at = text.find("GROUP", at)) != std::string::npos;)
      text.replace(at, 5, group());
    return text;
  }
  void create(const std::string& text) {
    file("made.yaml", with_group(text));
    ok("create -f @made.yaml");
  }
  std::string definition() const { return "boats." + group(); }
  void establish(const std::string& text) {
    create(text);
    ok("wait --for=condition=Established --timeout=10s crd/" + definition());
  }
  void TearDown() override {
    KubectlSuite::TearDown();
    run("delete crd --ignore-not-found " + definition() + " ships." + group());
  }
};

constexpr const char* kBoats = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat, shortNames: [bt], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.crew, statusReplicasPath: .status.crew, labelSelectorPath: .status.selector}
    selectableFields:
    - {jsonPath: .spec.home}
    additionalPrinterColumns:
    - {name: Crew, type: integer, jsonPath: .spec.crew}
    - {name: Home, type: string, jsonPath: .spec.home, priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        description: Something that floats.
        required: [spec]
        properties:
          spec:
            type: object
            required: [home]
            properties:
              crew: {type: integer, minimum: 1, maximum: 50, default: 2, description: How many sail it.}
              home: {type: string, maxLength: 20, pattern: '^[A-Z]'}
              sails:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string}
                    area: {type: number}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status:
            type: object
            properties:
              crew: {type: integer}
              selector: {type: string}
  - name: v1beta1
    served: true
    storage: false
    deprecated: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
)";

constexpr const char* kAda = R"(
apiVersion: GROUP/v1
kind: Boat
metadata: {name: ada}
spec:
  home: Kiel
  free: {any: [1, two]}
)";

TEST_P(CustomTest, LivesAndEnds) {
  establish(kBoats);
  EXPECT_EQ(ok("get crd " + definition() +
               " -o jsonpath='{.status.acceptedNames.plural} {.status.acceptedNames.listKind} "
               "{.status.storedVersions[*]} "
               "{.status.conditions[?(@.type==\"NamesAccepted\")].reason}'"),
            "boats BoatList v1 NoConflicts");
  create(kAda);
  EXPECT_THAT(masked(ok("get bt")), ::testing::MatchesRegex("NAME   CREW   AGE\nada   2   .*\n"));
  EXPECT_THAT(ok("get boats -o wide"), HasSubstr("Kiel"));
  EXPECT_THAT(ok("get all"), HasSubstr("boat." + group() + "/ada"));
  EXPECT_THAT(ok("api-resources --api-group=" + group()),
              AllOf(HasSubstr("boats"), HasSubstr("bt")));
  EXPECT_THAT(ok("describe boat ada"), AllOf(HasSubstr("Kiel"), HasSubstr("Crew:")));
  EXPECT_EQ(ok("get boat ada -o jsonpath={.spec.free.any[1]}"), "two");
  EXPECT_EQ(ok("get boats --field-selector spec.home=Kiel -o name"), "boat." + group() + "/ada\n");
  EXPECT_EQ(ok("get boats --field-selector spec.home=Bonn -o name"), "");

  ok("delete crd " + definition());
  EXPECT_THAT(refused("get boat." + group() + " ada"),
              ::testing::AnyOf(HasSubstr("the server doesn't have a resource type"),
                               HasSubstr("could not find the requested resource")));
  // What is made anew has nothing of before.
  establish(kBoats);
  EXPECT_EQ(ok("get boats -o name"), "");
}

TEST_P(CustomTest, ChecksWhatItIsGiven) {
  establish(kBoats);
  create(kAda);
  struct Bad {
    const char* patch;
    const char* says;
  };
  for (const Bad& bad : std::vector<Bad>{
           {R"({"spec":{"crew":0}})", "spec.crew in body should be greater than or equal to 1"},
           {R"({"spec":{"crew":51}})", "spec.crew in body should be less than or equal to 50"},
           {R"({"spec":{"crew":"two"}})", "spec.crew in body must be of type integer: \"string\""},
           {R"({"spec":{"home":"kiel"}})", "spec.home in body should match '^[A-Z]'"},
           {R"({"spec":{"home":null}})", "spec.home: Required value"},
           {R"({"spec":{"sails":[{"name":"a"},{"name":"a"}]}})",
            "spec.sails[1]: Duplicate value: {\"name\":\"a\"}"},
       }) {
    EXPECT_THAT(refused(std::string("patch boat ada --type=merge -p '") + bad.patch + "'"),
                HasSubstr(bad.says))
        << bad.patch;
  }
  file("unknown.yaml", with_group("apiVersion: GROUP/v1\nkind: Boat\nmetadata: {name: eve}\n"
                                  "spec: {home: Kiel, wings: 2}\n"));
  EXPECT_THAT(refused("create -f @unknown.yaml"), HasSubstr("wings"));
  ok("create --validate=false -f @unknown.yaml");
  EXPECT_EQ(ok("get boat eve -o jsonpath={.spec.wings}"), "");
}

TEST_P(CustomTest, HasSubresources) {
  establish(kBoats);
  create(kAda);
  ok("scale boat ada --replicas=7");
  EXPECT_EQ(ok("get boat ada -o jsonpath='{.spec.crew} {.metadata.generation}'"), "7 2");
  // Status is written by its own way only, and does not count as a generation.
  ok("patch boat ada --type=merge -p '{\"status\":{\"crew\":7}}'");
  EXPECT_EQ(ok("get boat ada -o jsonpath={.status.crew}"), "");
  if (newest()) {
    ok("patch boat ada --subresource=status --type=merge -p "
       "'{\"spec\":{\"crew\":9},\"status\":{\"crew\":7}}'");
    EXPECT_EQ(ok("get boat ada -o jsonpath='{.spec.crew} {.status.crew} {.metadata.generation}'"),
              "7 7 2");
    EXPECT_EQ(ok("get boat ada --subresource=scale -o jsonpath='{.kind} {.spec.replicas} "
                 "{.status.replicas}'"),
              "Scale 7 7");
  }
}

TEST_P(CustomTest, ServesSeveralVersionsOfOneObject) {
  establish(kBoats);
  create(kAda);
  const Completed beta =
      run("get boats.v1beta1." + group() + " ada -o jsonpath='{.apiVersion} {.spec.crew}'");
  EXPECT_EQ(beta.standard_output, group() + "/v1beta1 2");
  EXPECT_THAT(beta.standard_error, HasSubstr("v1beta1 Boat is deprecated"));
  ok("patch boats.v1beta1." + group() + " ada --type=merge -p '{\"spec\":{\"crew\":3}}'");
  EXPECT_EQ(ok("get boat ada -o jsonpath='{.apiVersion} {.spec.crew}'"), group() + "/v1 3");
  EXPECT_EQ(ok("get boats.v1beta1." + group() + " -o jsonpath={.items[*].apiVersion}"),
            group() + "/v1beta1");
  // The other version becomes the stored one; what was stored before is served in it.
  ok("patch crd " + definition() +
     " --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/versions/0/storage\",\"value\":false},"
     "{\"op\":\"replace\",\"path\":\"/spec/versions/1/storage\",\"value\":true}]'");
  EXPECT_EQ(ok("get crd " + definition() + " -o jsonpath={.status.storedVersions}"),
            "[\"v1\",\"v1beta1\"]");
  EXPECT_EQ(ok("get boat ada -o jsonpath='{.apiVersion} {.spec.crew}'"), group() + "/v1 3");
  ok("label boat ada size=small");
  EXPECT_EQ(ok("get boat ada -o jsonpath='{.apiVersion} {.metadata.labels.size}'"),
            group() + "/v1 small");
  EXPECT_THAT(refused("patch crd " + definition() +
                      " --type=json -p '[{\"op\":\"remove\",\"path\":\"/spec/versions/0\"}]'"),
              HasSubstr("status.storedVersions[0]: Invalid value: \"v1\": missing from "
                        "spec.versions"));
}

TEST_P(CustomTest, FollowsItsDefinition) {
  establish(kBoats);
  create(kAda);
  ok("patch crd " + definition() +
     " --type=json -p '[{\"op\":\"add\",\"path\":\"/spec/versions/0/schema/openAPIV3Schema/"
     "properties/spec/properties/flag\",\"value\":{\"type\":\"string\",\"default\":\"red\"}}]'");
  // Defaults hold for what was stored before as well.
  EXPECT_EQ(ok("get boat ada -o jsonpath={.spec.flag}"), "red");
  EXPECT_EQ(ok("get boats -o jsonpath={.items[*].spec.flag}"), "red");
  EXPECT_THAT(refused("patch crd " + definition() +
                      " --type=json -p '[{\"op\":\"add\",\"path\":\"/spec/versions/0/schema/"
                      "openAPIV3Schema/properties/spec/properties/bad\",\"value\":"
                      "{\"type\":\"integer\",\"default\":\"x\"}}]'"),
              HasSubstr("is invalid"));
}

TEST_P(CustomTest, AppliesFieldByField) {
  establish(kBoats);
  file("one.yaml", with_group("apiVersion: GROUP/v1\nkind: Boat\nmetadata: {name: ada}\n"
                              "spec: {home: Kiel, sails: [{name: jib, area: 4.5}]}\n"));
  file("two.yaml", with_group("apiVersion: GROUP/v1\nkind: Boat\nmetadata: {name: ada}\n"
                              "spec: {sails: [{name: main, area: 9}]}\n"));
  ok("apply --server-side --field-manager=one -f @one.yaml");
  ok("apply --server-side --field-manager=two -f @two.yaml --validate=false");
  EXPECT_EQ(ok("get boat ada -o jsonpath='{.spec.sails[*].name}'"), "jib main");
  file("three.yaml", with_group("apiVersion: GROUP/v1\nkind: Boat\nmetadata: {name: ada}\n"
                                "spec: {home: Bonn}\n"));
  EXPECT_THAT(refused("apply --server-side --field-manager=three -f @three.yaml"),
              AllOf(HasSubstr("conflict with \"one\""), HasSubstr(".spec.home")));
  ok("apply --server-side --field-manager=three --force-conflicts -f @three.yaml");
  EXPECT_EQ(ok("get boat ada -o jsonpath={.spec.home}"), "Bonn");
  // Client-side as well.
  file("four.yaml", with_group(kAda));
  ok("apply -f @four.yaml");
  EXPECT_THAT(ok("apply -f @four.yaml"), HasSubstr("unchanged"));
  ok("replace -f @four.yaml");
  ok("annotate boat ada a=b");
  ok("delete -f @four.yaml");
}

TEST_P(CustomTest, ExplainsItself) {
  establish(kBoats);
  EXPECT_THAT(ok("explain boats"), HasSubstr("Something that floats."));
  EXPECT_THAT(ok("explain boats.spec.crew"),
              AllOf(HasSubstr("How many sail it."), HasSubstr("integer")));
}

TEST_P(CustomTest, EndsOnlyAfterItsObjects) {
  establish(kBoats);
  create(std::string(kAda));
  ok("patch boat ada --type=merge -p '{\"metadata\":{\"finalizers\":[\"example.com/hold\"]}}'");
  ok("delete crd --wait=false " + definition());
  EXPECT_EQ(ok("get crd " + definition() +
               " -o jsonpath='{.metadata.finalizers[*]} "
               "{.status.conditions[?(@.type==\"Terminating\")].status}'"),
            "customresourcecleanup.apiextensions.k8s.io True");
  file("other.yaml", with_group("apiVersion: GROUP/v1\nkind: Boat\nmetadata: {name: eve}\n"
                                "spec: {home: Kiel}\n"));
  EXPECT_THAT(refused("create -f @other.yaml"),
              HasSubstr("create not allowed while custom resource definition is terminating"));
  ok("patch boat ada --type=merge -p '{\"metadata\":{\"finalizers\":null}}'");
  // 1.20 takes what is gone already for a mistake.
  run("wait --for=delete --timeout=10s crd/" + definition());
  EXPECT_THAT(refused("get crd " + definition()), HasSubstr("NotFound"));
}

TEST_P(CustomTest, NamesAreTakenOnce) {
  establish(kBoats);
  create(R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ships.GROUP}
spec:
  group: GROUP
  scope: Cluster
  names: {plural: ships, kind: Boat, shortNames: [bt]}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
)");
  const std::string ships = "ships." + group();
  ok("wait --for=condition=NamesAccepted=false --timeout=10s crd/" + ships);
  EXPECT_EQ(ok("get crd " + ships +
               " -o jsonpath='{.status.conditions[?(@.type==\"NamesAccepted\")].message} "
               "{.status.conditions[?(@.type==\"Established\")].status}'"),
            "\"BoatList\" is already in use False");
  // They are free once their owner has gone.
  ok("delete crd " + definition());
  ok("wait --for=condition=Established --timeout=10s crd/" + ships);
  ok("delete crd " + ships);
}

TEST_P(CustomTest, RefusesDefinitionsThatAreWrong) {
  file("bad.yaml", with_group(R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: cars.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {plural: boats, kind: Boat}
  versions:
  - name: v1
    served: true
    storage: false
    schema:
      openAPIV3Schema: {type: object, properties: {spec: {properties: {a: {type: string}}}}}
)"));
  const std::string message = refused("create -f @bad.yaml");
  EXPECT_THAT(message,
              AllOf(HasSubstr("metadata.name: Invalid value: \"cars." + group() +
                              "\": must be spec.names.plural+\".\"+spec.group"),
                    HasSubstr("must have exactly one version marked as storage version"),
                    HasSubstr("spec.versions[0].schema.openAPIV3Schema.properties[spec].type: "
                              "Required value: must not be empty for specified object fields")));
}

INSTANTIATE_TEST_SUITE_P(Versions, CustomTest, ::testing::ValuesIn(kubectl_versions()),
                         version_name);

}  // namespace
}  // namespace cove::testing
