#include "core/server/access/role_tables.h"

namespace cove::server {
namespace {

constexpr RoleFact kClusterRoles[] = {
    {.name = "cluster-admin", .rules = "* | * | *\n* | *"},
    {.name = "admin", .aggregates = "admin"},
    {.name = "edit", .aggregated_to = "admin", .aggregates = "edit"},
    {.name = "view", .aggregated_to = "edit", .aggregates = "view"},
    {.name = "system:aggregate-to-admin",
     .rules = R"(create | authorization.k8s.io | localsubjectaccessreviews
READ,WRITE | rbac.authorization.k8s.io | roles,rolebindings)",
     .aggregated_to = "admin"},
    {.name = "system:aggregate-to-edit",
     .rules =
         R"(READ | core | pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
impersonate | core | serviceaccounts
WRITE | core | pods,pods/attach,pods/exec,pods/portforward,pods/proxy
create | core | pods/eviction
WRITE | core | configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
create | core | serviceaccounts/token
WRITE | apps | daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale
WRITE | autoscaling | horizontalpodautoscalers
WRITE | batch | cronjobs,jobs
WRITE | extensions | daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale
WRITE | policy | poddisruptionbudgets
WRITE | networking.k8s.io | ingresses,networkpolicies
READ,WRITE | coordination.k8s.io | leases
WRITE | resource.k8s.io | resourceclaims,resourceclaimtemplates)",
     .aggregated_to = "edit"},
    {.name = "system:aggregate-to-view",
     .rules =
         R"(READ | core | configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
READ | core | bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
READ | core | namespaces
READ | discovery.k8s.io | endpointslices
READ | apps | controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
READ | autoscaling | horizontalpodautoscalers,horizontalpodautoscalers/status
READ | batch | cronjobs,cronjobs/status,jobs,jobs/status
READ | extensions | daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale
READ | policy | poddisruptionbudgets,poddisruptionbudgets/status
READ | networking.k8s.io | ingresses,ingresses/status,networkpolicies
READ | resource.k8s.io | resourceclaims,resourceclaims/status,resourceclaimtemplates)",
     .aggregated_to = "view"},
    {.name = "system:discovery",
     .rules =
         "get | /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,"
         "/version/"},
    {.name = "system:public-info-viewer",
     .rules = "get | /healthz,/livez,/readyz,/version,/version/"},
    {.name = "system:basic-user",
     .rules = R"(create | authorization.k8s.io | selfsubjectaccessreviews,selfsubjectrulesreviews
create | authentication.k8s.io | selfsubjectreviews)"},
    {.name = "system:monitoring",
     .rules = "get | /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*"},
    {.name = "system:auth-delegator", .rules = R"(create | authentication.k8s.io | tokenreviews
create | authorization.k8s.io | subjectaccessreviews)"},
    {.name = "system:kube-aggregator", .rules = "READ | core | services,endpoints"},
    {.name = "system:kubelet-api-admin", .rules = R"(READ | core | nodes
proxy | core | nodes
* | core | nodes/configz,nodes/healthz,nodes/log,nodes/metrics,nodes/pods,nodes/proxy,nodes/stats)"},
    {.name = "system:node-bootstrapper",
     .rules = "create,get,list,watch | certificates.k8s.io | certificatesigningrequests"},
    {.name = "system:node-problem-detector", .rules = R"(get | core | nodes
patch | core | nodes/status
create,patch,update | core,events.k8s.io | events)"},
    {.name = "system:node-proxier", .rules = R"(list,watch | core | endpoints,services
get,list,watch | core | nodes
create,patch,update | core,events.k8s.io | events
list,watch | discovery.k8s.io | endpointslices
list,watch | networking.k8s.io | servicecidrs)"},
    {.name = "system:persistent-volume-provisioner",
     .rules = R"(create,delete,get,list,watch | core | persistentvolumes
get,list,update,watch | core | persistentvolumeclaims
get,list,watch | storage.k8s.io | storageclasses
watch | core | events
create,patch,update | core,events.k8s.io | events)"},
    {.name = "system:volume-scheduler",
     .rules = R"(get,list,patch,update,watch | core | persistentvolumes
get,list,watch | storage.k8s.io | storageclasses
get,list,patch,update,watch | core | persistentvolumeclaims)"},
    {.name = "system:service-account-issuer-discovery",
     .rules = "get | /.well-known/openid-configuration,/.well-known/openid-configuration/,"
              "/openid/v1/jwks,/openid/v1/jwks/"},
    {.name = "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
     .rules = "create | certificates.k8s.io | certificatesigningrequests/nodeclient"},
    {.name = "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
     .rules = "create | certificates.k8s.io | certificatesigningrequests/selfnodeclient"},
    {.name = "system:certificates.k8s.io:legacy-unknown-approver",
     .rules = "approve | certificates.k8s.io | signers | kubernetes.io/legacy-unknown"},
    {.name = "system:certificates.k8s.io:kubelet-serving-approver",
     .rules = "approve | certificates.k8s.io | signers | kubernetes.io/kubelet-serving"},
    {.name = "system:certificates.k8s.io:kube-apiserver-client-approver",
     .rules = "approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client"},
    {.name = "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver",
     .rules =
         "approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client-kubelet"},
    {.name = "system:node",
     .rules =
         R"(create | authentication.k8s.io | tokenreviews
create | authorization.k8s.io | localsubjectaccessreviews,subjectaccessreviews
list,watch | core | services
create,get,list,watch | core | nodes
patch,update | core | nodes,nodes/status
create,patch,update | core,events.k8s.io | events
get,list,watch | core | pods
create,delete | core | pods
patch,update | core | pods/status
create | core | pods/eviction
get,list,watch | core | configmaps,secrets
get | core | persistentvolumeclaims,persistentvolumes
get | core | endpoints
create,get,list,watch | certificates.k8s.io | certificatesigningrequests
create,delete,get,patch,update | coordination.k8s.io | leases
get | storage.k8s.io | volumeattachments
get,patch,update | core | persistentvolumeclaims/status
create | core | serviceaccounts/token
get,list,watch | core | serviceaccounts
get,list,watch | storage.k8s.io | csidrivers
create,delete,get,patch,update | storage.k8s.io | csinodes
get,list,watch | node.k8s.io | runtimeclasses
get | resource.k8s.io | resourceclaims
create,deletecollection,get,list,watch,patch,update,delete | resource.k8s.io | resourceslices)"},
    {.name = "system:kube-scheduler",
     .rules =
         R"(create,patch,update | core,events.k8s.io | events
create | coordination.k8s.io | leases
get,list,patch,update,watch | coordination.k8s.io | leases | kube-scheduler
create | coordination.k8s.io | leasecandidates
create,delete,deletecollection,get,list,patch,update,watch | coordination.k8s.io | leasecandidates
get,list,watch | core | nodes
delete,get,list,watch | core | pods
create | core | bindings,pods/binding
patch,update | core | pods/status
get,list,watch | core | replicationcontrollers,services
get,list,watch | apps,extensions | replicasets
get,list,watch | apps | statefulsets
get,list,watch | policy | poddisruptionbudgets
get,list,watch | core | persistentvolumeclaims,persistentvolumes
create | authentication.k8s.io | tokenreviews
create | authorization.k8s.io | subjectaccessreviews
get,list,watch | storage.k8s.io | csinodes,csidrivers,csistoragecapacities,volumeattachments
get,list,watch | core | namespaces
get,list,patch,update,watch | resource.k8s.io | resourceclaims
get,list,patch,update,watch | resource.k8s.io | resourceclaims/status
get,list,watch | resource.k8s.io | deviceclasses,resourceslices)"},
    {.name = "system:kube-dns", .rules = "list,watch | core | endpoints,services"},
    {.name = "system:kube-controller-manager",
     .rules =
         R"(create,patch,update | core,events.k8s.io | events
create | coordination.k8s.io | leases
get,list,patch,update,watch | coordination.k8s.io | leases | kube-controller-manager
create | core | secrets,serviceaccounts
delete | core | secrets
get | core | configmaps,namespaces,secrets,serviceaccounts
update | core | secrets,serviceaccounts
create | authentication.k8s.io | tokenreviews
create | authorization.k8s.io | subjectaccessreviews
list,watch | * | *
create | core | serviceaccounts/token)"},
};

constexpr RoleFact kControllerRoles[] = {
    {.name = "attachdetach-controller",
     .rules = R"(list,watch | core | persistentvolumeclaims,persistentvolumes
get,list,watch | core | nodes
patch,update | core | nodes/status
list,watch | core | pods
create,patch,update | core,events.k8s.io | events
get,list,watch | storage.k8s.io | csidrivers,csinodes
create,delete,get,list,patch,watch | storage.k8s.io | volumeattachments)"},
    {.name = "certificate-controller",
     .rules = R"(delete,get,list,watch | certificates.k8s.io | certificatesigningrequests
update | certificates.k8s.io | certificatesigningrequests/approval,certificatesigningrequests/status
approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client-kubelet
sign | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
create | authorization.k8s.io | subjectaccessreviews
create,patch,update | core,events.k8s.io | events)"},
    {.name = "clusterrole-aggregation-controller",
     .rules = "escalate,get,list,patch,update,watch | rbac.authorization.k8s.io | clusterroles"},
    {.name = "cronjob-controller", .rules = R"(get,list,update,watch | batch | cronjobs
create,delete,get,list,patch,update,watch | batch | jobs
update | batch | cronjobs/status
update | batch | cronjobs/finalizers
delete,list | core | pods
create,patch,update | core,events.k8s.io | events)"},
    {.name = "daemon-set-controller", .rules = R"(get,list,watch | apps,extensions | daemonsets
update | apps,extensions | daemonsets/status
update | apps,extensions | daemonsets/finalizers
list,watch | core | nodes
create,delete,list,patch,watch | core | pods
create | core | pods/binding
create,delete,get,list,patch,update,watch | apps | controllerrevisions
create,patch,update | core,events.k8s.io | events)"},
    {.name = "deployment-controller",
     .rules = R"(get,list,update,watch | apps,extensions | deployments
update | apps,extensions | deployments/status
update | apps,extensions | deployments/finalizers
create,delete,get,list,patch,update,watch | apps,extensions | replicasets
get,list,update,watch | core | pods
create,patch,update | core,events.k8s.io | events)"},
    {.name = "device-taint-eviction-controller", .rules = R"(delete,get,list,watch | core | pods
patch,update | core | pods/status
get,list,watch | resource.k8s.io | resourceclaims,resourceslices
create,patch,update | core,events.k8s.io | events)"},
    {.name = "disruption-controller", .rules = R"(get,list,watch | apps,extensions | deployments
get,list,watch | apps,extensions | replicasets
get,list,watch | core | replicationcontrollers
get,list,watch | policy | poddisruptionbudgets
get,list,watch | apps | statefulsets
update | policy | poddisruptionbudgets/status
get,list,watch | core | pods
patch,update | core | pods/status
get | * | */scale
create,patch,update | core,events.k8s.io | events)"},
    {.name = "endpoint-controller", .rules = R"(get,list,watch | core | pods,services
create,delete,get,list,update | core | endpoints
create | core | endpoints/restricted
create,patch,update | core,events.k8s.io | events)"},
    {.name = "endpointslice-controller", .rules = R"(get,list,watch | core | nodes,pods,services
update | core | services/finalizers
create,delete,get,list,update | discovery.k8s.io | endpointslices
create | discovery.k8s.io | endpointslices/restricted
create,patch,update | core,events.k8s.io | events)"},
    {.name = "endpointslicemirroring-controller",
     .rules = R"(get,list,watch | core | endpoints,services
update | core | services/finalizers
update | core | endpoints/finalizers
create,delete,get,list,update | discovery.k8s.io | endpointslices
create | discovery.k8s.io | endpointslices/restricted
create,patch,update | core,events.k8s.io | events)"},
    {.name = "ephemeral-volume-controller", .rules = R"(update | core | pods/finalizers
get,list,watch | core | pods
create,get,list,watch | core | persistentvolumeclaims
create,patch,update | core,events.k8s.io | events)"},
    {.name = "expand-controller", .rules = R"(get,list,patch,update,watch | core | persistentvolumes
patch,update | core | persistentvolumeclaims/status
get,list,watch | core | persistentvolumeclaims
get,list,watch | storage.k8s.io | storageclasses
create,patch,update | core,events.k8s.io | events)"},
    {.name = "generic-garbage-collector", .rules = R"(delete,get,list,patch,update,watch | * | *
create,patch,update | core,events.k8s.io | events)"},
    {.name = "horizontal-pod-autoscaler",
     .rules = R"(get,list,watch | autoscaling | horizontalpodautoscalers
update | autoscaling | horizontalpodautoscalers/status
get,update | * | */scale
list | core | pods
list | metrics.k8s.io | pods
get,list | custom.metrics.k8s.io,external.metrics.k8s.io | *
create,patch,update | core,events.k8s.io | events)"},
    {.name = "job-controller", .rules = R"(get,list,patch,update,watch | batch | jobs
update | batch | jobs/status
update | batch | jobs/finalizers
create,delete,list,patch,watch | core | pods
create,patch,update | core,events.k8s.io | events)"},
    {.name = "legacy-service-account-token-cleaner",
     .rules = R"(get | core | configmaps | kube-apiserver-legacy-service-account-token-tracking
delete,patch | core | secrets)"},
    // Cove's own: makes the volumes of the default storage class.
    {.name = "local-path-provisioner",
     .rules =
         R"(create,delete,get,list,update,watch | core | persistentvolumes
get,list,watch | core | persistentvolumeclaims,pods,nodes
update | core | persistentvolumeclaims/status
create,get,list,watch | storage.k8s.io | storageclasses
create | core | configmaps
get | core | configmaps | local-path-provisioner
create,patch,update | core,events.k8s.io | events)"},
    {.name = "namespace-controller", .rules = R"(delete,get,list,watch | core | namespaces
update | core | namespaces/finalize,namespaces/status
delete,deletecollection,get,list | * | *)"},
    {.name = "node-controller", .rules = R"(delete,get,list,patch,update | core | nodes
patch,update | core | nodes/status
get,list | core | pods
delete,list | core | pods
patch,update | core | pods/status
create,patch,update | core,events.k8s.io | events)"},
    {.name = "persistent-volume-binder",
     .rules =
         R"(create,delete,get,list,update,watch | core | persistentvolumes
update | core | persistentvolumes/status
get,list,update,watch | core | persistentvolumeclaims
update | core | persistentvolumeclaims/status
create,delete,get,list,watch | core | pods
get,list,watch | storage.k8s.io | storageclasses
create,delete,get,update | core | endpoints,services
get,list | core | secrets
get,list,watch | core | nodes
create,patch,update | core,events.k8s.io | events)"},
    {.name = "pod-garbage-collector", .rules = R"(delete,list,watch | core | pods
get,list | core | nodes
patch,update | core | pods/status)"},
    {.name = "pv-protection-controller",
     .rules = R"(get,list,update,watch | core | persistentvolumes
create,patch,update | core,events.k8s.io | events)"},
    {.name = "pvc-protection-controller",
     .rules = R"(get,list,update,watch | core | persistentvolumeclaims
get,list,watch | core | pods
create,patch,update | core,events.k8s.io | events)"},
    {.name = "replicaset-controller",
     .rules = R"(get,list,update,watch | apps,extensions | replicasets
update | apps,extensions | replicasets/status
update | apps,extensions | replicasets/finalizers
create,delete,list,patch,watch | core | pods
create,patch,update | core,events.k8s.io | events)"},
    {.name = "replication-controller",
     .rules = R"(get,list,update,watch | core | replicationcontrollers
update | core | replicationcontrollers/status
update | core | replicationcontrollers/finalizers
create,delete,list,patch,watch | core | pods
create,patch,update | core,events.k8s.io | events)"},
    {.name = "resource-claim-controller", .rules = R"(get,list,watch | core | pods
update | core | pods/finalizers
create,delete,get,list,watch | resource.k8s.io | resourceclaims
get,list,watch | resource.k8s.io | resourceclaimtemplates
update,patch | resource.k8s.io | resourceclaims,resourceclaims/status
patch,update | core | pods/status
create,patch,update | core,events.k8s.io | events)"},
    {.name = "resourcequota-controller", .rules = R"(list,watch | * | *
update | core | resourcequotas/status
create,patch,update | core,events.k8s.io | events)"},
    {.name = "root-ca-cert-publisher", .rules = R"(create,update | core | configmaps
create,patch,update | core,events.k8s.io | events)"},
    {.name = "route-controller", .rules = R"(list,watch | core | nodes
patch | core | nodes/status
create,patch,update | core,events.k8s.io | events)"},
    {.name = "selinux-warning-controller",
     .rules = R"(get,list,watch | core | pods,persistentvolumeclaims,persistentvolumes
get,list,watch | storage.k8s.io | csidrivers
create,patch,update | core,events.k8s.io | events)"},
    {.name = "service-account-controller", .rules = R"(create | core | serviceaccounts
create,patch,update | core,events.k8s.io | events)"},
    {.name = "service-cidrs-controller",
     .rules = R"(get,list,patch,update,watch | networking.k8s.io | servicecidrs
patch,update | networking.k8s.io | servicecidrs/finalizers
patch,update | networking.k8s.io | servicecidrs/status
get,list,watch | networking.k8s.io | ipaddresses
create,patch,update | core,events.k8s.io | events)"},
    {.name = "service-controller", .rules = R"(get,list,watch | core | services
patch,update | core | services/status
list,watch | core | nodes
create,patch,update | core,events.k8s.io | events)"},
    {.name = "statefulset-controller", .rules = R"(list,watch | core | pods
get,list,watch | apps | statefulsets
update | apps | statefulsets/status
update | apps | statefulsets/finalizers
create,delete,get,patch,update | core | pods
create,delete,get,list,patch,update,watch | apps | controllerrevisions
create,get | core | persistentvolumeclaims
delete,update | core | persistentvolumeclaims
create,patch,update | core,events.k8s.io | events)"},
    {.name = "ttl-after-finished-controller", .rules = R"(delete,get,list,watch | batch | jobs
create,patch,update | core,events.k8s.io | events)"},
    {.name = "ttl-controller", .rules = R"(list,patch,update,watch | core | nodes
create,patch,update | core,events.k8s.io | events)"},
    {.name = "validatingadmissionpolicy-status-controller",
     .rules =
         R"(get,list,watch | admissionregistration.k8s.io | validatingadmissionpolicies
get,patch,update | admissionregistration.k8s.io | validatingadmissionpolicies/status
create,patch,update | core,events.k8s.io | events)"},
};

constexpr std::string_view kEverybody = "group:system:authenticated,group:system:unauthenticated";

constexpr BindingFact kClusterBindings[] = {
    {"cluster-admin", "cluster-admin", "group:system:masters"},
    {"system:monitoring", "system:monitoring", "group:system:monitoring"},
    {"system:discovery", "system:discovery", "group:system:authenticated"},
    {"system:basic-user", "system:basic-user", "group:system:authenticated"},
    {"system:public-info-viewer", "system:public-info-viewer", kEverybody},
    {"system:node-proxier", "system:node-proxier", "user:system:kube-proxy"},
    {"system:kube-controller-manager", "system:kube-controller-manager",
     "user:system:kube-controller-manager"},
    {"system:kube-dns", "system:kube-dns", "account:kube-system/kube-dns"},
    {"system:kube-scheduler", "system:kube-scheduler", "user:system:kube-scheduler"},
    {"system:volume-scheduler", "system:volume-scheduler", "user:system:kube-scheduler"},
    {"system:service-account-issuer-discovery", "system:service-account-issuer-discovery",
     "group:system:serviceaccounts"},
};

constexpr NamespacedRoleFact kNamespacedRoles[] = {
    {"kube-system", "extension-apiserver-authentication-reader", "",
     "get,list,watch | core | configmaps | extension-apiserver-authentication"},
    {"kube-system", "system:controller:bootstrap-signer", "account:kube-system/bootstrap-signer",
     "get,list,watch | core | secrets"},
    {"kube-system", "system:controller:cloud-provider", "account:kube-system/cloud-provider",
     "create,get,list,patch,update,watch | core | configmaps"},
    {"kube-system", "system:controller:token-cleaner", "account:kube-system/token-cleaner",
     "delete,get,list,watch | core | secrets\ncreate,patch,update | core,events.k8s.io | events"},
    {"kube-system", "system::leader-locking-kube-controller-manager",
     "user:system:kube-controller-manager,account:kube-system/kube-controller-manager",
     "watch | core | configmaps\n"
     "get,update | core | configmaps | kube-controller-manager"},
    {"kube-system", "system::leader-locking-kube-scheduler",
     "user:system:kube-scheduler,account:kube-system/kube-scheduler",
     "watch | core | configmaps\nget,update | core | configmaps | kube-scheduler"},
    {"kube-public", "system:controller:bootstrap-signer", "account:kube-system/bootstrap-signer",
     "get,list,watch | core | configmaps\n"
     "update | core | configmaps | cluster-info\n"
     "create,patch,update | core,events.k8s.io | events"},
};

constexpr NamespacedBindingFact kNamespacedBindings[] = {
    {"kube-system", "system::extension-apiserver-authentication-reader",
     "extension-apiserver-authentication-reader",
     "user:system:kube-controller-manager,user:system:kube-scheduler"},
};

}  // namespace

std::span<const RoleFact> cluster_roles() {
  return kClusterRoles;
}
std::span<const RoleFact> controller_roles() {
  return kControllerRoles;
}
std::span<const BindingFact> cluster_bindings() {
  return kClusterBindings;
}
std::span<const NamespacedRoleFact> namespaced_roles() {
  return kNamespacedRoles;
}
std::span<const NamespacedBindingFact> namespaced_bindings() {
  return kNamespacedBindings;
}

}  // namespace cove::server
