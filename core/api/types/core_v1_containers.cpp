#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAppArmorProfileFields[] = {
    {"type", 1, "string", "required enum=Unconfined|RuntimeDefault|Localhost", ""},
    {"localhostProfile", 2, "*string", "omitempty", ""},
};

constexpr FieldFact kCapabilitiesFields[] = {
    {"add", 1, "[]string", "omitempty list=atomic", ""},
    {"drop", 2, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kConfigMapEnvSourceFields[] = {
    {"", 1, "LocalObjectReference", "inline", ""},
    {"optional", 2, "*bool", "omitempty", ""},
};

constexpr FieldFact kConfigMapKeySelectorFields[] = {
    {"", 1, "LocalObjectReference", "inline", ""},
    {"key", 2, "string", "required", ""},
    {"optional", 3, "*bool", "omitempty", ""},
};

constexpr FieldFact kContainerFields[] = {
    {"name", 1, "string", "required", ""},
    {"image", 2, "string", "omitempty", ""},
    {"command", 3, "[]string", "omitempty list=atomic", ""},
    {"args", 4, "[]string", "omitempty list=atomic", ""},
    {"workingDir", 5, "string", "omitempty", ""},
    {"ports", 6, "[]ContainerPort",
     "omitempty list=map key=containerPort,protocol patch=merge patchKey=containerPort", ""},
    {"envFrom", 19, "[]EnvFromSource", "omitempty list=atomic", ""},
    {"env", 7, "[]EnvVar", "omitempty list=map key=name patch=merge patchKey=name", ""},
    {"resources", 8, "ResourceRequirements", "omitempty", ""},
    {"resizePolicy", 23, "[]ContainerResizePolicy", "omitempty list=atomic", ""},
    {"restartPolicy", 24, "*string", "omitempty", ""},
    {"restartPolicyRules", 25, "[]ContainerRestartRule", "omitempty list=atomic", ""},
    {"volumeMounts", 9, "[]VolumeMount",
     "omitempty list=map key=mountPath patch=merge patchKey=mountPath", ""},
    {"volumeDevices", 21, "[]VolumeDevice",
     "omitempty list=map key=devicePath patch=merge patchKey=devicePath", ""},
    {"livenessProbe", 10, "*Probe", "omitempty", ""},
    {"readinessProbe", 11, "*Probe", "omitempty", ""},
    {"startupProbe", 22, "*Probe", "omitempty", ""},
    {"lifecycle", 12, "*Lifecycle", "omitempty", ""},
    {"terminationMessagePath", 13, "string", "omitempty", ""},
    {"terminationMessagePolicy", 20, "string", "omitempty enum=File|FallbackToLogsOnError", ""},
    {"imagePullPolicy", 14, "string", "omitempty enum=Always|Never|IfNotPresent", ""},
    {"securityContext", 15, "*SecurityContext", "omitempty", ""},
    {"stdin", 16, "bool", "omitempty", ""},
    {"stdinOnce", 17, "bool", "omitempty", ""},
    {"tty", 18, "bool", "omitempty", ""},
};

constexpr FieldFact kContainerPortFields[] = {
    {"name", 1, "string", "omitempty", ""},
    {"hostPort", 2, "int32", "omitempty", ""},
    {"containerPort", 3, "int32", "required", ""},
    {"protocol", 4, "string", "omitempty default=\"TCP\" enum=TCP|UDP|SCTP", ""},
    {"hostIP", 5, "string", "omitempty", ""},
};

constexpr FieldFact kContainerResizePolicyFields[] = {
    {"resourceName", 1, "string", "required", ""},
    {"restartPolicy", 2, "string", "required", ""},
};

constexpr FieldFact kContainerRestartRuleFields[] = {
    {"action", 1, "string", "omitempty required", ""},
    {"exitCodes", 2, "*ContainerRestartRuleOnExitCodes", "omitempty", ""},
};

constexpr FieldFact kContainerRestartRuleOnExitCodesFields[] = {
    {"operator", 1, "string", "omitempty required", ""},
    {"values", 2, "[]int32", "omitempty list=set", ""},
};

constexpr FieldFact kContainerStateFields[] = {
    {"waiting", 1, "*ContainerStateWaiting", "omitempty", ""},
    {"running", 2, "*ContainerStateRunning", "omitempty", ""},
    {"terminated", 3, "*ContainerStateTerminated", "omitempty", ""},
};

constexpr FieldFact kContainerStateRunningFields[] = {
    {"startedAt", 1, "time", "omitempty", ""},
};

constexpr FieldFact kContainerStateTerminatedFields[] = {
    {"exitCode", 1, "int32", "required", ""},      {"signal", 2, "int32", "omitempty", ""},
    {"reason", 3, "string", "omitempty", ""},      {"message", 4, "string", "omitempty", ""},
    {"startedAt", 5, "time", "omitempty", ""},     {"finishedAt", 6, "time", "omitempty", ""},
    {"containerID", 7, "string", "omitempty", ""},
};

constexpr FieldFact kContainerStateWaitingFields[] = {
    {"reason", 1, "string", "omitempty", ""},
    {"message", 2, "string", "omitempty", ""},
};

constexpr FieldFact kContainerStatusFields[] = {
    {"name", 1, "string", "required", ""},
    {"state", 2, "ContainerState", "omitempty", ""},
    {"lastState", 3, "ContainerState", "omitempty", ""},
    {"ready", 4, "bool", "required", ""},
    {"restartCount", 5, "int32", "required", ""},
    {"image", 6, "string", "required", ""},
    {"imageID", 7, "string", "required", ""},
    {"containerID", 8, "string", "omitempty", ""},
    {"started", 9, "*bool", "omitempty", ""},
    {"allocatedResources", 10, "{}quantity", "omitempty", ""},
    {"resources", 11, "*ResourceRequirements", "omitempty", ""},
    {"volumeMounts", 12, "[]VolumeMountStatus",
     "omitempty list=map key=mountPath patch=merge patchKey=mountPath", ""},
    {"user", 13, "*ContainerUser", "omitempty", ""},
    {"allocatedResourcesStatus", 14, "[]ResourceStatus",
     "omitempty list=map key=name patch=merge patchKey=name", ""},
    {"stopSignal", 15, "*string",
     "omitempty "
     "enum=SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|"
     "SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|"
     "SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ|"
     "SIGRTMIN|SIGRTMIN+1|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|"
     "SIGRTMIN+8|SIGRTMIN+9|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+"
     "15|SIGRTMAX-14|SIGRTMAX-13|SIGRTMAX-12|SIGRTMAX-11|SIGRTMAX-10|SIGRTMAX-9|SIGRTMAX-8|"
     "SIGRTMAX-7|SIGRTMAX-6|SIGRTMAX-5|SIGRTMAX-4|SIGRTMAX-3|SIGRTMAX-2|SIGRTMAX-1|SIGRTMAX",
     ""},
};

constexpr FieldFact kContainerUserFields[] = {
    {"linux", 1, "*LinuxContainerUser", "omitempty", ""},
};

constexpr FieldFact kEnvFromSourceFields[] = {
    {"prefix", 1, "string", "omitempty", ""},
    {"configMapRef", 2, "*ConfigMapEnvSource", "omitempty", ""},
    {"secretRef", 3, "*SecretEnvSource", "omitempty", ""},
};

constexpr FieldFact kEnvVarFields[] = {
    {"name", 1, "string", "required", ""},
    {"value", 2, "string", "omitempty", ""},
    {"valueFrom", 3, "*EnvVarSource", "omitempty", ""},
};

constexpr FieldFact kEnvVarSourceFields[] = {
    {"fieldRef", 1, "*ObjectFieldSelector", "omitempty", ""},
    {"resourceFieldRef", 2, "*ResourceFieldSelector", "omitempty", ""},
    {"configMapKeyRef", 3, "*ConfigMapKeySelector", "omitempty", ""},
    {"secretKeyRef", 4, "*SecretKeySelector", "omitempty", ""},
    {"fileKeyRef", 5, "*FileKeySelector", "omitempty", ""},
};

constexpr FieldFact kEphemeralContainerFields[] = {
    {"", 1, "EphemeralContainerCommon", "inline", ""},
    {"targetContainerName", 2, "string", "omitempty", ""},
};

constexpr FieldFact kEphemeralContainerCommonFields[] = {
    {"name", 1, "string", "required", ""},
    {"image", 2, "string", "omitempty", ""},
    {"command", 3, "[]string", "omitempty list=atomic", ""},
    {"args", 4, "[]string", "omitempty list=atomic", ""},
    {"workingDir", 5, "string", "omitempty", ""},
    {"ports", 6, "[]ContainerPort",
     "omitempty list=map key=containerPort,protocol patch=merge patchKey=containerPort", ""},
    {"envFrom", 19, "[]EnvFromSource", "omitempty list=atomic", ""},
    {"env", 7, "[]EnvVar", "omitempty list=map key=name patch=merge patchKey=name", ""},
    {"resources", 8, "ResourceRequirements", "omitempty", ""},
    {"resizePolicy", 23, "[]ContainerResizePolicy", "omitempty list=atomic", ""},
    {"restartPolicy", 24, "*string", "omitempty", ""},
    {"restartPolicyRules", 25, "[]ContainerRestartRule", "omitempty list=atomic", ""},
    {"volumeMounts", 9, "[]VolumeMount",
     "omitempty list=map key=mountPath patch=merge patchKey=mountPath", ""},
    {"volumeDevices", 21, "[]VolumeDevice",
     "omitempty list=map key=devicePath patch=merge patchKey=devicePath", ""},
    {"livenessProbe", 10, "*Probe", "omitempty", ""},
    {"readinessProbe", 11, "*Probe", "omitempty", ""},
    {"startupProbe", 22, "*Probe", "omitempty", ""},
    {"lifecycle", 12, "*Lifecycle", "omitempty", ""},
    {"terminationMessagePath", 13, "string", "omitempty", ""},
    {"terminationMessagePolicy", 20, "string", "omitempty enum=File|FallbackToLogsOnError", ""},
    {"imagePullPolicy", 14, "string", "omitempty enum=Always|Never|IfNotPresent", ""},
    {"securityContext", 15, "*SecurityContext", "omitempty", ""},
    {"stdin", 16, "bool", "omitempty", ""},
    {"stdinOnce", 17, "bool", "omitempty", ""},
    {"tty", 18, "bool", "omitempty", ""},
};

constexpr FieldFact kExecActionFields[] = {
    {"command", 1, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kFileKeySelectorFields[] = {
    {"volumeName", 1, "string", "required", ""},
    {"path", 2, "string", "required", ""},
    {"key", 3, "string", "required", ""},
    {"optional", 4, "*bool", "omitempty default=false", ""},
};

constexpr FieldFact kGRPCActionFields[] = {
    {"port", 1, "int32", "required", ""},
    {"service", 2, "*string", "default=\"\"", ""},
};

constexpr FieldFact kHTTPGetActionFields[] = {
    {"path", 1, "string", "omitempty", ""},
    {"port", 2, "intstr", "required", ""},
    {"host", 3, "string", "omitempty", ""},
    {"scheme", 4, "string", "omitempty enum=HTTP|HTTPS", ""},
    {"httpHeaders", 5, "[]HTTPHeader", "omitempty list=atomic", ""},
};

constexpr FieldFact kHTTPHeaderFields[] = {
    {"name", 1, "string", "required", ""},
    {"value", 2, "string", "required", ""},
};

constexpr FieldFact kImageVolumeStatusFields[] = {
    {"imageRef", 1, "string", "omitempty required", ""},
};

constexpr FieldFact kLifecycleFields[] = {
    {"postStart", 1, "*LifecycleHandler", "omitempty", ""},
    {"preStop", 2, "*LifecycleHandler", "omitempty", ""},
    {"stopSignal", 3, "*string",
     "omitempty "
     "enum=SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|"
     "SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|"
     "SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ|"
     "SIGRTMIN|SIGRTMIN+1|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|"
     "SIGRTMIN+8|SIGRTMIN+9|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+"
     "15|SIGRTMAX-14|SIGRTMAX-13|SIGRTMAX-12|SIGRTMAX-11|SIGRTMAX-10|SIGRTMAX-9|SIGRTMAX-8|"
     "SIGRTMAX-7|SIGRTMAX-6|SIGRTMAX-5|SIGRTMAX-4|SIGRTMAX-3|SIGRTMAX-2|SIGRTMAX-1|SIGRTMAX",
     ""},
};

constexpr FieldFact kLifecycleHandlerFields[] = {
    {"exec", 1, "*ExecAction", "omitempty", ""},
    {"httpGet", 2, "*HTTPGetAction", "omitempty", ""},
    {"tcpSocket", 3, "*TCPSocketAction", "omitempty", ""},
    {"sleep", 4, "*SleepAction", "omitempty", ""},
};

constexpr FieldFact kLinuxContainerUserFields[] = {
    {"uid", 1, "int64", "required", ""},
    {"gid", 2, "int64", "required", ""},
    {"supplementalGroups", 3, "[]int64", "omitempty list=atomic", ""},
};

constexpr FieldFact kProbeFields[] = {
    {"", 1, "ProbeHandler", "inline", ""},
    {"initialDelaySeconds", 2, "int32", "omitempty", ""},
    {"timeoutSeconds", 3, "int32", "omitempty", ""},
    {"periodSeconds", 4, "int32", "omitempty", ""},
    {"successThreshold", 5, "int32", "omitempty", ""},
    {"failureThreshold", 6, "int32", "omitempty", ""},
    {"terminationGracePeriodSeconds", 7, "*int64", "omitempty", ""},
};

constexpr FieldFact kProbeHandlerFields[] = {
    {"exec", 1, "*ExecAction", "omitempty", ""},
    {"httpGet", 2, "*HTTPGetAction", "omitempty", ""},
    {"tcpSocket", 3, "*TCPSocketAction", "omitempty", ""},
    {"grpc", 4, "*GRPCAction", "omitempty", ""},
};

constexpr FieldFact kResourceClaimFields[] = {
    {"name", 1, "string", "required", ""},
    {"request", 2, "string", "omitempty", ""},
};

constexpr FieldFact kResourceHealthFields[] = {
    {"resourceID", 1, "string", "required", ""},
    {"health", 2, "string", "omitempty", ""},
    {"message", 6, "*string", "omitempty", ""},
};

constexpr FieldFact kResourceRequirementsFields[] = {
    {"limits", 1, "{}quantity", "omitempty", ""},
    {"requests", 2, "{}quantity", "omitempty", ""},
    {"claims", 3, "[]ResourceClaim", "omitempty list=map key=name", ""},
};

constexpr FieldFact kResourceStatusFields[] = {
    {"name", 1, "string", "required", ""},
    {"resources", 2, "[]ResourceHealth", "omitempty list=map key=resourceID", ""},
};

constexpr FieldFact kSELinuxOptionsFields[] = {
    {"user", 1, "string", "omitempty", ""},
    {"role", 2, "string", "omitempty", ""},
    {"type", 3, "string", "omitempty", ""},
    {"level", 4, "string", "omitempty", ""},
};

constexpr FieldFact kSeccompProfileFields[] = {
    {"type", 1, "string", "required enum=Unconfined|RuntimeDefault|Localhost", ""},
    {"localhostProfile", 2, "*string", "omitempty", ""},
};

constexpr FieldFact kSecretEnvSourceFields[] = {
    {"", 1, "LocalObjectReference", "inline", ""},
    {"optional", 2, "*bool", "omitempty", ""},
};

constexpr FieldFact kSecretKeySelectorFields[] = {
    {"", 1, "LocalObjectReference", "inline", ""},
    {"key", 2, "string", "required", ""},
    {"optional", 3, "*bool", "omitempty", ""},
};

constexpr FieldFact kSecurityContextFields[] = {
    {"capabilities", 1, "*Capabilities", "omitempty", ""},
    {"privileged", 2, "*bool", "omitempty", ""},
    {"seLinuxOptions", 3, "*SELinuxOptions", "omitempty", ""},
    {"windowsOptions", 10, "*WindowsSecurityContextOptions", "omitempty", ""},
    {"runAsUser", 4, "*int64", "omitempty", ""},
    {"runAsGroup", 8, "*int64", "omitempty", ""},
    {"runAsNonRoot", 5, "*bool", "omitempty", ""},
    {"readOnlyRootFilesystem", 6, "*bool", "omitempty", ""},
    {"allowPrivilegeEscalation", 7, "*bool", "omitempty", ""},
    {"procMount", 9, "*string", "omitempty enum=Default|Unmasked", ""},
    {"seccompProfile", 11, "*SeccompProfile", "omitempty", ""},
    {"appArmorProfile", 12, "*AppArmorProfile", "omitempty", ""},
};

constexpr FieldFact kSleepActionFields[] = {
    {"seconds", 1, "int64", "required", ""},
};

constexpr FieldFact kTCPSocketActionFields[] = {
    {"port", 1, "intstr", "required", ""},
    {"host", 2, "string", "omitempty", ""},
};

constexpr FieldFact kVolumeDeviceFields[] = {
    {"name", 1, "string", "required", ""},
    {"devicePath", 2, "string", "required", ""},
};

constexpr FieldFact kVolumeMountFields[] = {
    {"name", 1, "string", "required", ""},
    {"readOnly", 2, "bool", "omitempty", ""},
    {"recursiveReadOnly", 7, "*string", "omitempty", ""},
    {"mountPath", 3, "string", "required", ""},
    {"subPath", 4, "string", "omitempty", ""},
    {"mountPropagation", 5, "*string", "omitempty enum=None|HostToContainer|Bidirectional", ""},
    {"subPathExpr", 6, "string", "omitempty", ""},
};

constexpr FieldFact kVolumeMountStatusFields[] = {
    {"name", 1, "string", "required", ""},
    {"mountPath", 2, "string", "required", ""},
    {"readOnly", 3, "bool", "omitempty", ""},
    {"recursiveReadOnly", 4, "*string", "omitempty", ""},
    {"volumeStatus", 5, "*VolumeStatus", "omitempty", ""},
};

constexpr FieldFact kVolumeStatusFields[] = {
    {"image", 1, "*ImageVolumeStatus", "omitempty", ""},
};

constexpr FieldFact kWindowsSecurityContextOptionsFields[] = {
    {"gmsaCredentialSpecName", 1, "*string", "omitempty", ""},
    {"gmsaCredentialSpec", 2, "*string", "omitempty", ""},
    {"runAsUserName", 3, "*string", "omitempty", ""},
    {"hostProcess", 4, "*bool", "omitempty", ""},
};

constexpr TypeFact kTypes[] = {
    {"AppArmorProfile", "", "", kAppArmorProfileFields},
    {"Capabilities", "", "", kCapabilitiesFields},
    {"ConfigMapEnvSource", "", "", kConfigMapEnvSourceFields},
    {"ConfigMapKeySelector", "atomic", "", kConfigMapKeySelectorFields},
    {"Container", "", "", kContainerFields},
    {"ContainerPort", "", "", kContainerPortFields},
    {"ContainerResizePolicy", "", "", kContainerResizePolicyFields},
    {"ContainerRestartRule", "", "", kContainerRestartRuleFields},
    {"ContainerRestartRuleOnExitCodes", "", "", kContainerRestartRuleOnExitCodesFields},
    {"ContainerState", "", "", kContainerStateFields},
    {"ContainerStateRunning", "", "", kContainerStateRunningFields},
    {"ContainerStateTerminated", "", "", kContainerStateTerminatedFields},
    {"ContainerStateWaiting", "", "", kContainerStateWaitingFields},
    {"ContainerStatus", "", "", kContainerStatusFields},
    {"ContainerUser", "", "", kContainerUserFields},
    {"EnvFromSource", "", "", kEnvFromSourceFields},
    {"EnvVar", "", "", kEnvVarFields},
    {"EnvVarSource", "", "", kEnvVarSourceFields},
    {"EphemeralContainer", "", "", kEphemeralContainerFields},
    {"EphemeralContainerCommon", "", "", kEphemeralContainerCommonFields},
    {"ExecAction", "", "", kExecActionFields},
    {"FileKeySelector", "atomic", "", kFileKeySelectorFields},
    {"GRPCAction", "", "", kGRPCActionFields},
    {"HTTPGetAction", "", "", kHTTPGetActionFields},
    {"HTTPHeader", "", "", kHTTPHeaderFields},
    {"ImageVolumeStatus", "", "", kImageVolumeStatusFields},
    {"Lifecycle", "", "", kLifecycleFields},
    {"LifecycleHandler", "", "", kLifecycleHandlerFields},
    {"LinuxContainerUser", "", "", kLinuxContainerUserFields},
    {"Probe", "", "", kProbeFields},
    {"ProbeHandler", "", "", kProbeHandlerFields},
    {"ResourceClaim", "", "", kResourceClaimFields},
    {"ResourceHealth", "", "", kResourceHealthFields},
    {"ResourceRequirements", "", "", kResourceRequirementsFields},
    {"ResourceStatus", "", "", kResourceStatusFields},
    {"SELinuxOptions", "", "", kSELinuxOptionsFields},
    {"SeccompProfile", "", "", kSeccompProfileFields},
    {"SecretEnvSource", "", "", kSecretEnvSourceFields},
    {"SecretKeySelector", "atomic", "", kSecretKeySelectorFields},
    {"SecurityContext", "", "", kSecurityContextFields},
    {"SleepAction", "", "", kSleepActionFields},
    {"TCPSocketAction", "", "", kTCPSocketActionFields},
    {"VolumeDevice", "", "", kVolumeDeviceFields},
    {"VolumeMount", "", "", kVolumeMountFields},
    {"VolumeMountStatus", "", "", kVolumeMountStatusFields},
    {"VolumeStatus", "", "", kVolumeStatusFields},
    {"WindowsSecurityContextOptions", "", "", kWindowsSecurityContextOptionsFields},
};

}  // namespace

std::span<const TypeFact> core_v1_containers_types() {
  return kTypes;
}

}  // namespace cove::api
