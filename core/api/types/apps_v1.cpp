#include "core/api/types/workload_fields.h"

namespace cove::api {
namespace {

constexpr FieldFact kDaemonSetSpecFields[] = {
    {"selector", 1, "*meta/v1.LabelSelector", "required",
     "Labels of the pods that belong to it; must match the template's and cannot change."},
    {"template", 2, "core/v1.PodTemplateSpec", "required",
     "What the pods look like; their restart policy must be Always."},
    {"updateStrategy", 3, "DaemonSetUpdateStrategy", "omitempty",
     "How pods are replaced when the template changes."},
    {"minReadySeconds", 4, "int32", "omitempty",
     "Seconds a new pod must be ready before it counts as available. Default 0."},
    {"revisionHistoryLimit", 6, "*int32", "omitempty default=10",
     "How many former templates are kept to return to. Default 10."},
};

constexpr FieldFact kDaemonSetUpdateStrategyFields[] = {
    {"type", 1, "string", "omitempty enum=RollingUpdate|OnDelete",
     "RollingUpdate (default), or OnDelete to replace only pods that somebody deletes."},
    {"rollingUpdate", 2, "*RollingUpdateDaemonSet", "omitempty", "Bounds of a rolling update."},
};

constexpr FieldFact kDeploymentSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty default=1", "How many pods should run. Default 1."},
    {"selector", 2, "*meta/v1.LabelSelector", "required",
     "Labels of the pods that belong to it; must match the template's and cannot change."},
    {"template", 3, "core/v1.PodTemplateSpec", "required",
     "What the pods look like; their restart policy must be Always."},
    {"strategy", 4, "DeploymentStrategy", "omitempty patch=retainKeys",
     "How pods are replaced when the template changes."},
    {"minReadySeconds", 5, "int32", "omitempty",
     "Seconds a new pod must be ready before it counts as available. Default 0."},
    {"revisionHistoryLimit", 6, "*int32", "omitempty default=10",
     "How many former replica sets are kept to return to. Default 10."},
    {"paused", 7, "bool", "omitempty",
     "Changes of the template are not rolled out while this is set."},
    {"progressDeadlineSeconds", 9, "*int32", "omitempty default=600",
     "Seconds without progress after which a rollout counts as failed. Default 600."},
};

constexpr FieldFact kDeploymentStrategyFields[] = {
    {"type", 1, "string", "omitempty enum=Recreate|RollingUpdate",
     "RollingUpdate (default), or Recreate to end all old pods first."},
    {"rollingUpdate", 2, "*RollingUpdateDeployment", "omitempty", "Bounds of a rolling update."},
};

constexpr FieldFact kReplicaSetSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty default=1", "How many pods should run. Default 1."},
    {"minReadySeconds", 4, "int32", "omitempty",
     "Seconds a new pod must be ready before it counts as available. Default 0."},
    {"selector", 2, "*meta/v1.LabelSelector", "required",
     "Labels of the pods that belong to it; must match the template's and cannot change."},
    {"template", 3, "core/v1.PodTemplateSpec", "omitempty", "What new pods look like."},
};

constexpr FieldFact kStatefulSetSpecFields[] = {
    {"replicas", 1, "*int32", "omitempty default=1", "How many pods should run. Default 1."},
    {"selector", 2, "*meta/v1.LabelSelector", "required",
     "Labels of the pods that belong to it; must match the template's and cannot change."},
    {"template", 3, "core/v1.PodTemplateSpec", "required",
     "What the pods look like; each is named <set>-<ordinal>."},
    {"volumeClaimTemplates", 4, "[]core/v1.PersistentVolumeClaim", "omitempty list=atomic",
     "Claims that each pod gets for itself; they win over volumes of the same name."},
    {"serviceName", 5, "string", "",
     "Headless service that gives the pods their DNS names; cannot change."},
    {"podManagementPolicy", 6, "string",
     "omitempty enum=OrderedReady|Parallel default=\"OrderedReady\"",
     "OrderedReady (default) starts and ends pods one by one, Parallel all at once."},
    {"updateStrategy", 7, "StatefulSetUpdateStrategy", "omitempty",
     "How pods are replaced when the template changes."},
    {"revisionHistoryLimit", 8, "*int32", "omitempty default=10",
     "How many former templates are kept to return to. Default 10."},
    {"minReadySeconds", 9, "int32", "omitempty",
     "Seconds a new pod must be ready before it counts as available. Default 0."},
    {"persistentVolumeClaimRetentionPolicy", 10, "*StatefulSetPersistentVolumeClaimRetentionPolicy",
     "omitempty default={\"whenDeleted\":\"Retain\",\"whenScaled\":\"Retain\"}",
     "What becomes of the pods' claims. Default is to keep them."},
    {"ordinals", 11, "*StatefulSetOrdinals", "omitempty",
     "Numbering of the pods. Default is from 0."},
};

constexpr FieldFact kStatefulSetStatusFields[] = {
    {"observedGeneration", 1, "int64", "omitempty",
     "Generation of the specification this status was made for."},
    {"replicas", 2, "int32", "required", "Pods there are."},
    {"readyReplicas", 3, "int32", "omitempty", "Pods that are ready."},
    {"currentReplicas", 4, "int32", "omitempty", "Pods of the revision currentRevision."},
    {"updatedReplicas", 5, "int32", "omitempty", "Pods of the revision updateRevision."},
    {"currentRevision", 6, "string", "omitempty", "Revision of the pods that are not updated yet."},
    {"updateRevision", 7, "string", "omitempty", "Revision that pods are being updated to."},
    {"collisionCount", 9, "*int32", "omitempty",
     "How often the name of a revision was taken already."},
    {"conditions", 10, "[]StatefulSetCondition",
     "omitempty list=map key=type patch=merge patchKey=type", "Aspects of its state."},
    {"availableReplicas", 11, "int32", "", "Pods that have been ready for minReadySeconds."},
};

constexpr FieldFact kStatefulSetUpdateStrategyFields[] = {
    {"type", 1, "string", "omitempty enum=RollingUpdate|OnDelete",
     "RollingUpdate (default), or OnDelete to replace only pods that somebody deletes."},
    {"rollingUpdate", 2, "*RollingUpdateStatefulSetStrategy", "omitempty",
     "Bounds of a rolling update."},
};

constexpr TypeFact kTypes[] = {
    {"ControllerRevision", "kind",
     "One state of a workload that its controller can return to; never changed once made.",
     kControllerRevisionFields},
    {"ControllerRevisionList", "kind", "Controller revisions.", kControllerRevisionListFields},
    {"DaemonSet", "kind", "Runs one pod on every node, or on every node of some kind.",
     kDaemonSetFields},
    {"DaemonSetCondition", "", "One aspect of a daemon set's state.", kDaemonSetConditionFields},
    {"DaemonSetList", "kind", "Daemon sets.", kDaemonSetListFields},
    {"DaemonSetSpec", "", "What a daemon set runs, and how it is updated.", kDaemonSetSpecFields},
    {"DaemonSetStatus", "", "How far a daemon set has come.", kDaemonSetStatusFields},
    {"DaemonSetUpdateStrategy", "", "How a daemon set's pods are replaced.",
     kDaemonSetUpdateStrategyFields},
    {"Deployment", "kind",
     "Keeps a number of equal pods running and replaces them step by step when their template "
     "changes.",
     kDeploymentFields},
    {"DeploymentCondition", "", "One aspect of a deployment's state.", kDeploymentConditionFields},
    {"DeploymentList", "kind", "Deployments.", kDeploymentListFields},
    {"DeploymentSpec", "",
     "How many pods of which kind a deployment runs, and how they are replaced.",
     kDeploymentSpecFields},
    {"DeploymentStatus", "", "How far a deployment has come.", kDeploymentStatusFields},
    {"DeploymentStrategy", "", "How a deployment's pods are replaced.", kDeploymentStrategyFields},
    {"ReplicaSet", "kind",
     "Keeps a number of equal pods running; deployments make and manage them.", kReplicaSetFields},
    {"ReplicaSetCondition", "", "One aspect of a replica set's state.", kReplicaSetConditionFields},
    {"ReplicaSetList", "kind", "Replica sets.", kReplicaSetListFields},
    {"ReplicaSetSpec", "", "How many pods of which kind should run.", kReplicaSetSpecFields},
    {"ReplicaSetStatus", "", "How many pods a replica set has.", kReplicaSetStatusFields},
    {"RollingUpdateDaemonSet", "", "Bounds of a daemon set's rolling update; not both may be 0.",
     kRollingUpdateDaemonSetFields},
    {"RollingUpdateDeployment", "", "Bounds of a deployment's rolling update; not both may be 0.",
     kRollingUpdateDeploymentFields},
    {"RollingUpdateStatefulSetStrategy", "", "Bounds of a stateful set's rolling update.",
     kRollingUpdateStatefulSetStrategyFields},
    {"StatefulSet", "kind", "Runs pods with a fixed identity each: name, host name and storage.",
     kStatefulSetFields},
    {"StatefulSetCondition", "", "One aspect of a stateful set's state.",
     kStatefulSetConditionFields},
    {"StatefulSetList", "kind", "Stateful sets.", kStatefulSetListFields},
    {"StatefulSetOrdinals", "", "Numbering of a stateful set's pods.", kStatefulSetOrdinalsFields},
    {"StatefulSetPersistentVolumeClaimRetentionPolicy", "",
     "What becomes of the claims made from volumeClaimTemplates.",
     kStatefulSetPersistentVolumeClaimRetentionPolicyFields},
    {"StatefulSetSpec", "", "How many pods of which kind a stateful set runs.",
     kStatefulSetSpecFields},
    {"StatefulSetStatus", "", "How far a stateful set has come.", kStatefulSetStatusFields},
    {"StatefulSetUpdateStrategy", "", "How a stateful set's pods are replaced.",
     kStatefulSetUpdateStrategyFields},
};

}  // namespace

std::span<const TypeFact> apps_v1_types() {
  return kTypes;
}

}  // namespace cove::api
