// Fields that are the same in every version of the workload kinds.
#pragma once

#include "core/api/types/tables.h"

namespace cove::api {

inline constexpr FieldFact kControllerRevisionFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"data", 2, "raw", "omitempty", "The state, in a form of the controller's own."},
    {"revision", 3, "int64", "required", "Number of the revision, growing."},
};

inline constexpr FieldFact kControllerRevisionListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]ControllerRevision", "required", "The controller revisions."},
};

inline constexpr FieldFact kDaemonSetConditionFields[] = {
    {"type", 1, "string", "required", "The aspect."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 5, "string", "omitempty", "Text for people about the last change."},
};

inline constexpr FieldFact kDaemonSetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "DaemonSetSpec", "omitempty", "What should run."},
    {"status", 3, "DaemonSetStatus", "omitempty", "How far it has come."},
};

inline constexpr FieldFact kDaemonSetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]DaemonSet", "required", "The daemon sets."},
};

inline constexpr FieldFact kDaemonSetStatusFields[] = {
    {"currentNumberScheduled", 1, "int32", "required", "Nodes that run its pod and should."},
    {"numberMisscheduled", 2, "int32", "required", "Nodes that run its pod and should not."},
    {"desiredNumberScheduled", 3, "int32", "required", "Nodes that should run its pod."},
    {"numberReady", 4, "int32", "required",
     "Nodes that should run its pod and have one that is ready."},
    {"observedGeneration", 5, "int64", "omitempty",
     "Generation of the specification this status was made for."},
    {"updatedNumberScheduled", 6, "int32", "omitempty",
     "Nodes that run the pod of the present template."},
    {"numberAvailable", 7, "int32", "omitempty",
     "Nodes that should run its pod and have one that has been ready for minReadySeconds."},
    {"numberUnavailable", 8, "int32", "omitempty",
     "Nodes that should run its pod and have none available."},
    {"collisionCount", 9, "*int32", "omitempty",
     "How often the name of a revision was taken already."},
    {"conditions", 10, "[]DaemonSetCondition",
     "omitempty list=map key=type patch=merge patchKey=type", "Aspects of its state."},
};

inline constexpr FieldFact kDeploymentConditionFields[] = {
    {"type", 1, "string", "required", "The aspect: Available, Progressing or ReplicaFailure."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastUpdateTime", 6, "time", "omitempty", "When the condition was last written."},
    {"lastTransitionTime", 7, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 5, "string", "omitempty", "Text for people about the last change."},
};

inline constexpr FieldFact kDeploymentFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "DeploymentSpec", "omitempty", "How many pods of which kind should run."},
    {"status", 3, "DeploymentStatus", "omitempty", "How far it has come."},
};

inline constexpr FieldFact kDeploymentListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]Deployment", "required", "The deployments."},
};

inline constexpr FieldFact kDeploymentRollbackFields[] = {
    {"name", 1, "string", "required", "Name of the deployment."},
    {"updatedAnnotations", 2, "{}string", "omitempty", "Annotations to set on the deployment."},
    {"rollbackTo", 3, "RollbackConfig", "required", "The revision."},
};

inline constexpr FieldFact kDeploymentStatusFields[] = {
    {"observedGeneration", 1, "int64", "omitempty",
     "Generation of the specification this status was made for."},
    {"replicas", 2, "int32", "omitempty", "Pods there are, of all templates."},
    {"updatedReplicas", 3, "int32", "omitempty", "Pods of the present template."},
    {"readyReplicas", 7, "int32", "omitempty", "Pods that are ready."},
    {"availableReplicas", 4, "int32", "omitempty",
     "Pods that have been ready for minReadySeconds."},
    {"unavailableReplicas", 5, "int32", "omitempty",
     "Pods that are missing for the wanted number to be available."},
    {"terminatingReplicas", 9, "*int32", "omitempty", "Pods that are being ended."},
    {"conditions", 6, "[]DeploymentCondition",
     "omitempty list=map key=type patch=merge patchKey=type", "Aspects of its state."},
    {"collisionCount", 8, "*int32", "omitempty",
     "How often the name of a replica set was taken already."},
};

inline constexpr FieldFact kReplicaSetConditionFields[] = {
    {"type", 1, "string", "required", "The aspect, such as ReplicaFailure."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 5, "string", "omitempty", "Text for people about the last change."},
};

inline constexpr FieldFact kReplicaSetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "ReplicaSetSpec", "omitempty", "How many pods of which kind should run."},
    {"status", 3, "ReplicaSetStatus", "omitempty", "How many there are."},
};

inline constexpr FieldFact kReplicaSetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]ReplicaSet", "required", "The replica sets."},
};

inline constexpr FieldFact kReplicaSetStatusFields[] = {
    {"replicas", 1, "int32", "required", "Pods there are."},
    {"fullyLabeledReplicas", 2, "int32", "omitempty", "Pods that have all labels of the template."},
    {"readyReplicas", 4, "int32", "omitempty", "Pods that are ready."},
    {"availableReplicas", 5, "int32", "omitempty",
     "Pods that have been ready for minReadySeconds."},
    {"terminatingReplicas", 7, "*int32", "omitempty", "Pods that are being ended."},
    {"observedGeneration", 3, "int64", "omitempty",
     "Generation of the specification this status was made for."},
    {"conditions", 6, "[]ReplicaSetCondition",
     "omitempty list=map key=type patch=merge patchKey=type", "Aspects of its state."},
};

inline constexpr FieldFact kRollbackConfigFields[] = {
    {"revision", 1, "int64", "omitempty",
     "Number of the revision; 0 is the one before the present."},
};

inline constexpr FieldFact kRollingUpdateDaemonSetFields[] = {
    {"maxUnavailable", 1, "*intstr", "omitempty",
     "Nodes that may be without an available pod, as number or percentage. Default 1."},
    {"maxSurge", 2, "*intstr", "omitempty",
     "Nodes that may run old and new pod at once, as number or percentage. Default 0."},
};

inline constexpr FieldFact kRollingUpdateDeploymentFields[] = {
    {"maxUnavailable", 1, "*intstr", "omitempty",
     "Pods that may be missing, as number or percentage of replicas rounded down. Default 25%."},
    {"maxSurge", 2, "*intstr", "omitempty",
     "Pods there may be above replicas, as number or percentage rounded up. Default 25%."},
};

inline constexpr FieldFact kRollingUpdateStatefulSetStrategyFields[] = {
    {"partition", 1, "*int32", "omitempty",
     "Pods with a smaller ordinal than this keep the old template. Default 0."},
    {"maxUnavailable", 2, "*intstr", "omitempty",
     "Pods that may be missing, as number or percentage of replicas rounded up. Default 1."},
};

inline constexpr FieldFact kScaleFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "ScaleSpec", "omitempty", "The wanted number."},
    {"status", 3, "ScaleStatus", "omitempty", "The present number."},
};

inline constexpr FieldFact kScaleSpecFields[] = {
    {"replicas", 1, "int32", "omitempty default=0", "How many replicas there should be."},
};

inline constexpr FieldFact kStatefulSetConditionFields[] = {
    {"type", 1, "string", "required", "The aspect."},
    {"status", 2, "string", "required", "True, False or Unknown."},
    {"lastTransitionTime", 3, "time", "omitempty", "When the status last changed."},
    {"reason", 4, "string", "omitempty", "One word in CamelCase for the last change."},
    {"message", 5, "string", "omitempty", "Text for people about the last change."},
};

inline constexpr FieldFact kStatefulSetFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and the other data every object has."},
    {"spec", 2, "StatefulSetSpec", "omitempty", "How many pods of which kind should run."},
    {"status", 3, "StatefulSetStatus", "omitempty", "How far it has come."},
};

inline constexpr FieldFact kStatefulSetListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Resource version and paging of the list."},
    {"items", 2, "[]StatefulSet", "required", "The stateful sets."},
};

inline constexpr FieldFact kStatefulSetOrdinalsFields[] = {
    {"start", 1, "int32", "", "Number of the first pod. Default 0."},
};

inline constexpr FieldFact kStatefulSetPersistentVolumeClaimRetentionPolicyFields[] = {
    {"whenDeleted", 1, "string", "omitempty default=\"Retain\"",
     "When the set is deleted: Retain (default) or Delete."},
    {"whenScaled", 2, "string", "omitempty default=\"Retain\"",
     "When there are fewer replicas: Retain (default) or Delete."},
};

}  // namespace cove::api
