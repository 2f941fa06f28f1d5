#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kControllerRevisionFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"data", 2, "raw", "omitempty", ""},
    {"revision", 3, "int64", "required", ""},
};

constexpr FieldFact kControllerRevisionListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ControllerRevision", "required", ""},
};

constexpr FieldFact kDeploymentFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "DeploymentSpec", "omitempty", ""},
    {"status", 3, "DeploymentStatus", "omitempty", ""},
};

constexpr FieldFact kDeploymentConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastUpdateTime", 6, "time", "omitempty", ""},
    {"lastTransitionTime", 7, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
};

constexpr FieldFact kDeploymentListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]Deployment", "required", ""},
};

constexpr FieldFact kDeploymentRollbackFields[] = {
    {"name", 1, "string", "required", ""},
    {"updatedAnnotations", 2, "{}string", "omitempty", ""},
    {"rollbackTo", 3, "RollbackConfig", "required", ""},
};

constexpr FieldFact kDeploymentSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty", ""},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty", ""},
    {"template", 3, "core/v1.PodTemplateSpec", "required", ""},
    {"strategy", 4, "DeploymentStrategy", "omitempty patch=retainKeys", ""},
    {"minReadySeconds", 5, "int32", "omitempty", ""},
    {"revisionHistoryLimit", 6, "*int32", "omitempty", ""},
    {"paused", 7, "bool", "omitempty", ""},
    {"rollbackTo", 8, "*RollbackConfig", "omitempty", ""},
    {"progressDeadlineSeconds", 9, "*int32", "omitempty", ""},
};

constexpr FieldFact kDeploymentStatusFields[] = {
    {"observedGeneration", 1, "int64", "omitempty", ""},
    {"replicas", 2, "int32", "omitempty", ""},
    {"updatedReplicas", 3, "int32", "omitempty", ""},
    {"readyReplicas", 7, "int32", "omitempty", ""},
    {"availableReplicas", 4, "int32", "omitempty", ""},
    {"unavailableReplicas", 5, "int32", "omitempty", ""},
    {"terminatingReplicas", 9, "*int32", "omitempty", ""},
    {"conditions", 6, "[]DeploymentCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
    {"collisionCount", 8, "*int32", "omitempty", ""},
};

constexpr FieldFact kDeploymentStrategyFields[] = {
    {"type", 1, "string", "omitempty", ""},
    {"rollingUpdate", 2, "*RollingUpdateDeployment", "omitempty", ""},
};

constexpr FieldFact kRollbackConfigFields[] = {
    {"revision", 1, "int64", "omitempty", ""},
};

constexpr FieldFact kRollingUpdateDeploymentFields[] = {
    {"maxUnavailable", 1, "*intstr", "omitempty", ""},
    {"maxSurge", 2, "*intstr", "omitempty", ""},
};

constexpr FieldFact kRollingUpdateStatefulSetStrategyFields[] = {
    {"partition", 1, "*int32", "omitempty", ""},
    {"maxUnavailable", 2, "*intstr", "omitempty", ""},
};

constexpr FieldFact kScaleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ScaleSpec", "omitempty", ""},
    {"status", 3, "ScaleStatus", "omitempty", ""},
};

constexpr FieldFact kScaleSpecFields[] = {
    {"replicas", 1, "int32", "omitempty default=0", ""},
};

constexpr FieldFact kScaleStatusFields[] = {
    {"replicas", 1, "int32", "required", ""},
    {"selector", 2, "{}string", "omitempty", ""},
    {"targetSelector", 3, "string", "omitempty", ""},
};

constexpr FieldFact kStatefulSetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "StatefulSetSpec", "omitempty", ""},
    {"status", 3, "StatefulSetStatus", "omitempty", ""},
};

constexpr FieldFact kStatefulSetConditionFields[] = {
    {"type", 1, "string", "required", ""},
    {"status", 2, "string", "required", ""},
    {"lastTransitionTime", 3, "time", "omitempty", ""},
    {"reason", 4, "string", "omitempty", ""},
    {"message", 5, "string", "omitempty", ""},
};

constexpr FieldFact kStatefulSetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]StatefulSet", "required", ""},
};

constexpr FieldFact kStatefulSetOrdinalsFields[] = {
    {"start", 1, "int32", "", ""},
};

constexpr FieldFact kStatefulSetPersistentVolumeClaimRetentionPolicyFields[] = {
    {"whenDeleted", 1, "string", "omitempty", ""},
    {"whenScaled", 2, "string", "omitempty", ""},
};

constexpr FieldFact kStatefulSetSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty", ""},
    {"selector", 2, "*meta/v1.LabelSelector", "omitempty", ""},
    {"template", 3, "core/v1.PodTemplateSpec", "required", ""},
    {"volumeClaimTemplates", 4, "[]core/v1.PersistentVolumeClaim", "omitempty list=atomic", ""},
    {"serviceName", 5, "string", "", ""},
    {"podManagementPolicy", 6, "string", "omitempty", ""},
    {"updateStrategy", 7, "StatefulSetUpdateStrategy", "omitempty", ""},
    {"revisionHistoryLimit", 8, "*int32", "omitempty", ""},
    {"minReadySeconds", 9, "int32", "omitempty", ""},
    {"persistentVolumeClaimRetentionPolicy", 10, "*StatefulSetPersistentVolumeClaimRetentionPolicy",
     "omitempty", ""},
    {"ordinals", 11, "*StatefulSetOrdinals", "omitempty", ""},
};

constexpr FieldFact kStatefulSetStatusFields[] = {
    {"observedGeneration", 1, "*int64", "omitempty", ""},
    {"replicas", 2, "int32", "required", ""},
    {"readyReplicas", 3, "int32", "omitempty", ""},
    {"currentReplicas", 4, "int32", "omitempty", ""},
    {"updatedReplicas", 5, "int32", "omitempty", ""},
    {"currentRevision", 6, "string", "omitempty", ""},
    {"updateRevision", 7, "string", "omitempty", ""},
    {"collisionCount", 9, "*int32", "omitempty", ""},
    {"conditions", 10, "[]StatefulSetCondition",
     "omitempty list=map key=type patch=merge patchKey=type", ""},
    {"availableReplicas", 11, "int32", "", ""},
};

constexpr FieldFact kStatefulSetUpdateStrategyFields[] = {
    {"type", 1, "string", "omitempty", ""},
    {"rollingUpdate", 2, "*RollingUpdateStatefulSetStrategy", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"ControllerRevision", "kind", "", kControllerRevisionFields},
    {"ControllerRevisionList", "kind", "", kControllerRevisionListFields},
    {"Deployment", "kind", "", kDeploymentFields},
    {"DeploymentCondition", "", "", kDeploymentConditionFields},
    {"DeploymentList", "kind", "", kDeploymentListFields},
    {"DeploymentRollback", "kind", "", kDeploymentRollbackFields},
    {"DeploymentSpec", "", "", kDeploymentSpecFields},
    {"DeploymentStatus", "", "", kDeploymentStatusFields},
    {"DeploymentStrategy", "", "", kDeploymentStrategyFields},
    {"RollbackConfig", "", "", kRollbackConfigFields},
    {"RollingUpdateDeployment", "", "", kRollingUpdateDeploymentFields},
    {"RollingUpdateStatefulSetStrategy", "", "", kRollingUpdateStatefulSetStrategyFields},
    {"Scale", "kind", "", kScaleFields},
    {"ScaleSpec", "", "", kScaleSpecFields},
    {"ScaleStatus", "", "", kScaleStatusFields},
    {"StatefulSet", "kind", "", kStatefulSetFields},
    {"StatefulSetCondition", "", "", kStatefulSetConditionFields},
    {"StatefulSetList", "kind", "", kStatefulSetListFields},
    {"StatefulSetOrdinals", "", "", kStatefulSetOrdinalsFields},
    {"StatefulSetPersistentVolumeClaimRetentionPolicy", "", "",
     kStatefulSetPersistentVolumeClaimRetentionPolicyFields},
    {"StatefulSetSpec", "", "", kStatefulSetSpecFields},
    {"StatefulSetStatus", "", "", kStatefulSetStatusFields},
    {"StatefulSetUpdateStrategy", "", "", kStatefulSetUpdateStrategyFields},
};

}  // namespace

std::span<const TypeFact> apps_v1beta1_types() {
  return kTypes;
}

}  // namespace cove::api
