#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAppArmorProfileFields[] = {
    {"type", 1, "string", "required enum=Unconfined|RuntimeDefault|Localhost",
     "Localhost (one on the node), RuntimeDefault or Unconfined."},
    {"localhostProfile", 2, "*string", "omitempty",
     "Name of a profile loaded on the node; set with type Localhost and only then."},
};

constexpr FieldFact kCapabilitiesFields[] = {
    {"add", 1, "[]string", "omitempty list=atomic", "Capabilities to give."},
    {"drop", 2, "[]string", "omitempty list=atomic", "Capabilities to take away; ALL takes all."},
};

constexpr FieldFact kConfigMapEnvSourceFields[] = {
    {"", 1, "LocalObjectReference", "inline", "The ConfigMap's name."},
    {"optional", 2, "*bool", "omitempty",
     "The container starts even when the ConfigMap is missing."},
};

constexpr FieldFact kConfigMapKeySelectorFields[] = {
    {"", 1, "LocalObjectReference", "inline", "The ConfigMap's name."},
    {"key", 2, "string", "required", "The entry's key."},
    {"optional", 3, "*bool", "omitempty",
     "The container starts even when the ConfigMap or the key is missing."},
};

constexpr FieldFact kContainerFields[] = {
    {"name", 1, "string", "required", "Name, a DNS label that no other container of the pod has."},
    {"image", 2, "string", "omitempty",
     "Image to run; workload templates may leave it to be filled in later."},
    {"command", 3, "[]string", "omitempty list=atomic",
     "Program and first arguments instead of the image's entrypoint; not run by a shell. $(NAME) "
     "is replaced by variables."},
    {"args", 4, "[]string", "omitempty list=atomic",
     "Arguments instead of the image's; $(NAME) is replaced by variables of the container, "
     "$$(NAME) stays $(NAME)."},
    {"workingDir", 5, "string", "omitempty",
     "Directory the program starts in; default is the image's."},
    {"ports", 6, "[]ContainerPort",
     "omitempty list=map key=containerPort,protocol patch=merge patchKey=containerPort",
     "Ports the container listens on; a port need not stand here to be reachable."},
    {"envFrom", 19, "[]EnvFromSource", "omitempty list=atomic",
     "ConfigMaps and Secrets all of whose entries become variables; env wins over them, later ones "
     "over earlier ones."},
    {"env", 7, "[]EnvVar", "omitempty list=map key=name patch=merge patchKey=name",
     "Environment variables."},
    {"resources", 8, "ResourceRequirements", "omitempty",
     "What the container needs and may use of cpu, memory and more."},
    {"resizePolicy", 23, "[]ContainerResizePolicy", "omitempty list=atomic",
     "What a change of resources does to the running container."},
    {"restartPolicy", 24, "*string", "omitempty",
     "Restart policy of this container alone, instead of the pod's; Always makes an init container "
     "a sidecar."},
    {"restartPolicyRules", 25, "[]ContainerRestartRule", "omitempty list=atomic",
     "Rules by exit code that are looked at, in order, before the restart policy."},
    {"volumeMounts", 9, "[]VolumeMount",
     "omitempty list=map key=mountPath patch=merge patchKey=mountPath",
     "Volumes of the pod to mount in the container's file system."},
    {"volumeDevices", 21, "[]VolumeDevice",
     "omitempty list=map key=devicePath patch=merge patchKey=devicePath",
     "Block volumes of the pod to give to the container as devices."},
    {"livenessProbe", 10, "*Probe", "omitempty", "Check whose failure restarts the container."},
    {"readinessProbe", 11, "*Probe", "omitempty",
     "Check whose failure takes the pod out of services."},
    {"startupProbe", 22, "*Probe", "omitempty",
     "Check that must succeed before the other probes start; its failure restarts the container."},
    {"lifecycle", 12, "*Lifecycle", "omitempty",
     "Actions after the container's start and before its end."},
    {"terminationMessagePath", 13, "string", "omitempty default=\"/dev/termination-log\"",
     "File in the container whose content becomes the message of its end; at most 4096 bytes of "
     "it."},
    {"terminationMessagePolicy", 20, "string",
     "omitempty enum=File|FallbackToLogsOnError default=\"File\"",
     "File, or FallbackToLogsOnError to take the end of the log when the file is empty and the "
     "container failed."},
    {"imagePullPolicy", 14, "string", "omitempty enum=Always|Never|IfNotPresent",
     "Always, IfNotPresent or Never; default Always for the tag latest or none, else "
     "IfNotPresent."},
    {"securityContext", 15, "*SecurityContext", "omitempty",
     "Privileges and ids of this container; they win over the pod's."},
    {"stdin", 16, "bool", "omitempty",
     "Keeps standard input open; else reads from it end at once."},
    {"stdinOnce", 17, "bool", "omitempty",
     "Closes standard input when the first client that attached has gone."},
    {"tty", 18, "bool", "omitempty", "Gives the container a terminal; needs stdin."},
};

constexpr FieldFact kContainerPortFields[] = {
    {"name", 1, "string", "omitempty", "Name that services can refer to; unique in the pod."},
    {"hostPort", 2, "int32", "omitempty",
     "Port of the node that leads here, 1 to 65535; needless for most."},
    {"containerPort", 3, "int32", "required", "The port, 1 to 65535."},
    {"protocol", 4, "string", "omitempty default=\"TCP\" enum=TCP|UDP|SCTP",
     "TCP (default), UDP or SCTP."},
    {"hostIP", 5, "string", "omitempty", "Address of the node to bind hostPort to."},
};

constexpr FieldFact kContainerResizePolicyFields[] = {
    {"resourceName", 1, "string", "required", "cpu or memory."},
    {"restartPolicy", 2, "string", "required", "NotRequired, or RestartContainer to restart it."},
};

constexpr FieldFact kContainerRestartRuleFields[] = {
    {"action", 1, "string", "omitempty required", "Restart is the one there is."},
    {"exitCodes", 2, "*ContainerRestartRuleOnExitCodes", "omitempty",
     "Exit codes for which the rule holds."},
};

constexpr FieldFact kContainerRestartRuleOnExitCodesFields[] = {
    {"operator", 1, "string", "omitempty required", "In or NotIn."},
    {"values", 2, "[]int32", "omitempty list=set", "The exit codes, at most 255."},
};

constexpr FieldFact kContainerStateFields[] = {
    {"waiting", 1, "*ContainerStateWaiting", "omitempty", "It does not run yet."},
    {"running", 2, "*ContainerStateRunning", "omitempty", "It runs."},
    {"terminated", 3, "*ContainerStateTerminated", "omitempty", "It has ended."},
};

constexpr FieldFact kContainerStateRunningFields[] = {
    {"startedAt", 1, "time", "omitempty", "When it was started."},
};

constexpr FieldFact kContainerStateTerminatedFields[] = {
    {"exitCode", 1, "int32", "required", "Exit status of its last process."},
    {"signal", 2, "int32", "omitempty", "Signal that ended it, if one did."},
    {"reason", 3, "string", "omitempty",
     "One word for why it ended, such as Completed, Error or OOMKilled."},
    {"message", 4, "string", "omitempty", "Its termination message."},
    {"startedAt", 5, "time", "omitempty", "When it had been started."},
    {"finishedAt", 6, "time", "omitempty", "When it ended."},
    {"containerID", 7, "string", "omitempty", "Its id, as <runtime>://<id>."},
};

constexpr FieldFact kContainerStateWaitingFields[] = {
    {"reason", 1, "string", "omitempty",
     "One word for why it waits, such as ContainerCreating or ImagePullBackOff."},
    {"message", 2, "string", "omitempty", "Text for people on why it waits."},
};

constexpr FieldFact kContainerStatusFields[] = {
    {"name", 1, "string", "required", "Name of the container in the specification."},
    {"state", 2, "ContainerState", "omitempty", "What it does now."},
    {"lastState", 3, "ContainerState", "omitempty",
     "How its previous run ended; empty before the first restart."},
    {"ready", 4, "bool", "required", "Whether it runs and its readiness probe succeeds."},
    {"restartCount", 5, "int32", "required", "How often it has been restarted."},
    {"image", 6, "string", "required", "Image it runs, as the runtime resolved it."},
    {"imageID", 7, "string", "required", "Exact image, usually with its digest."},
    {"containerID", 8, "string", "omitempty", "Its id, as <runtime>://<id>."},
    {"started", 9, "*bool", "omitempty",
     "Whether the startup probe has succeeded and postStart has ended."},
    {"allocatedResources", 10, "{}quantity", "omitempty", "What the node has set aside for it."},
    {"resources", 11, "*ResourceRequirements", "omitempty",
     "Requests and limits that are in force."},
    {"volumeMounts", 12, "[]VolumeMountStatus",
     "omitempty list=map key=mountPath patch=merge patchKey=mountPath",
     "Its mounts as they were made."},
    {"user", 13, "*ContainerUser", "omitempty", "User and groups of its first process."},
    {"allocatedResourcesStatus", 14, "[]ResourceStatus",
     "omitempty list=map key=name patch=merge patchKey=name",
     "Health of the devices allocated to it."},
    {"stopSignal", 15, "*string",
     "omitempty "
     "enum=SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|"
     "SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|"
     "SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ|"
     "SIGRTMIN|SIGRTMIN+1|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|"
     "SIGRTMIN+8|SIGRTMIN+9|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+"
     "15|SIGRTMAX-14|SIGRTMAX-13|SIGRTMAX-12|SIGRTMAX-11|SIGRTMAX-10|SIGRTMAX-9|SIGRTMAX-8|"
     "SIGRTMAX-7|SIGRTMAX-6|SIGRTMAX-5|SIGRTMAX-4|SIGRTMAX-3|SIGRTMAX-2|SIGRTMAX-1|SIGRTMAX",
     "Signal that asks it to end."},
};

constexpr FieldFact kContainerUserFields[] = {
    {"linux", 1, "*LinuxContainerUser", "omitempty", "On Linux: ids."},
};

constexpr FieldFact kEnvFromSourceFields[] = {
    {"prefix", 1, "string", "omitempty", "Text put before each name."},
    {"configMapRef", 2, "*ConfigMapEnvSource", "omitempty", "A ConfigMap."},
    {"secretRef", 3, "*SecretEnvSource", "omitempty", "A Secret."},
};

constexpr FieldFact kEnvVarFields[] = {
    {"name", 1, "string", "required", "Its name: any printable ASCII characters but \"=\"."},
    {"value", 2, "string", "omitempty",
     "Its value; $(NAME) is replaced by variables defined before it, $$(NAME) stays $(NAME)."},
    {"valueFrom", 3, "*EnvVarSource", "omitempty",
     "Where the value comes from instead; not together with value."},
};

constexpr FieldFact kEnvVarSourceFields[] = {
    {"fieldRef", 1, "*ObjectFieldSelector", "omitempty",
     "A field of the pod: metadata, nodeName, serviceAccountName, hostIP, podIP and the like."},
    {"resourceFieldRef", 2, "*ResourceFieldSelector", "omitempty",
     "A limit or request of the container."},
    {"configMapKeyRef", 3, "*ConfigMapKeySelector", "omitempty",
     "An entry of a ConfigMap in the pod's namespace."},
    {"secretKeyRef", 4, "*SecretKeySelector", "omitempty",
     "An entry of a Secret in the pod's namespace."},
    {"fileKeyRef", 5, "*FileKeySelector", "omitempty",
     "An entry of a file of variables in a volume of the pod."},
};

constexpr FieldFact kEphemeralContainerFields[] = {
    {"", 1, "EphemeralContainerCommon", "inline", "The fields it shares with other containers."},
    {"targetContainerName", 2, "string", "omitempty",
     "Container of the pod whose processes it can see."},
};

constexpr FieldFact kEphemeralContainerCommonFields[] = {
    {"name", 1, "string", "required", "Name, a DNS label that no other container of the pod has."},
    {"image", 2, "string", "omitempty",
     "Image to run; workload templates may leave it to be filled in later."},
    {"command", 3, "[]string", "omitempty list=atomic",
     "Program and first arguments instead of the image's entrypoint; not run by a shell. $(NAME) "
     "is replaced by variables."},
    {"args", 4, "[]string", "omitempty list=atomic",
     "Arguments instead of the image's; $(NAME) is replaced by variables of the container, "
     "$$(NAME) stays $(NAME)."},
    {"workingDir", 5, "string", "omitempty",
     "Directory the program starts in; default is the image's."},
    {"ports", 6, "[]ContainerPort",
     "omitempty list=map key=containerPort,protocol patch=merge patchKey=containerPort",
     "Not allowed for ephemeral containers."},
    {"envFrom", 19, "[]EnvFromSource", "omitempty list=atomic",
     "ConfigMaps and Secrets all of whose entries become variables; env wins over them, later ones "
     "over earlier ones."},
    {"env", 7, "[]EnvVar", "omitempty list=map key=name patch=merge patchKey=name",
     "Environment variables."},
    {"resources", 8, "ResourceRequirements", "omitempty", "Not allowed for ephemeral containers."},
    {"resizePolicy", 23, "[]ContainerResizePolicy", "omitempty list=atomic",
     "Not allowed for ephemeral containers."},
    {"restartPolicy", 24, "*string", "omitempty", "Not allowed for ephemeral containers."},
    {"restartPolicyRules", 25, "[]ContainerRestartRule", "omitempty list=atomic",
     "Not allowed for ephemeral containers."},
    {"volumeMounts", 9, "[]VolumeMount",
     "omitempty list=map key=mountPath patch=merge patchKey=mountPath",
     "Volumes of the pod to mount in the container's file system."},
    {"volumeDevices", 21, "[]VolumeDevice",
     "omitempty list=map key=devicePath patch=merge patchKey=devicePath",
     "Block volumes of the pod to give to the container as devices."},
    {"livenessProbe", 10, "*Probe", "omitempty", "Not allowed for ephemeral containers."},
    {"readinessProbe", 11, "*Probe", "omitempty", "Not allowed for ephemeral containers."},
    {"startupProbe", 22, "*Probe", "omitempty", "Not allowed for ephemeral containers."},
    {"lifecycle", 12, "*Lifecycle", "omitempty", "Not allowed for ephemeral containers."},
    {"terminationMessagePath", 13, "string", "omitempty default=\"/dev/termination-log\"",
     "File in the container whose content becomes the message of its end; at most 4096 bytes of "
     "it."},
    {"terminationMessagePolicy", 20, "string",
     "omitempty enum=File|FallbackToLogsOnError default=\"File\"",
     "File, or FallbackToLogsOnError to take the end of the log when the file is empty and the "
     "container failed."},
    {"imagePullPolicy", 14, "string", "omitempty enum=Always|Never|IfNotPresent",
     "Always, IfNotPresent or Never; default Always for the tag latest or none, else "
     "IfNotPresent."},
    {"securityContext", 15, "*SecurityContext", "omitempty",
     "Privileges and ids of this container; they win over the pod's."},
    {"stdin", 16, "bool", "omitempty",
     "Keeps standard input open; else reads from it end at once."},
    {"stdinOnce", 17, "bool", "omitempty",
     "Closes standard input when the first client that attached has gone."},
    {"tty", 18, "bool", "omitempty", "Gives the container a terminal; needs stdin."},
};

constexpr FieldFact kExecActionFields[] = {
    {"command", 1, "[]string", "omitempty list=atomic",
     "Program and arguments, not run by a shell; exit status 0 is success."},
};

constexpr FieldFact kFileKeySelectorFields[] = {
    {"volumeName", 1, "string", "required", "Name of the volume in the pod."},
    {"path", 2, "string", "required",
     "Path of the file in the volume; relative and without \"..\"."},
    {"key", 3, "string", "required", "Name of the variable in the file."},
    {"optional", 4, "*bool", "omitempty default=false",
     "The container starts even when the file or the key is missing. Default false."},
};

constexpr FieldFact kGRPCActionFields[] = {
    {"port", 1, "int32", "required", "Port of the service, 1 to 65535."},
    {"service", 2, "*string", "default=\"\"",
     "Name sent in the health request; empty asks for the server as a whole."},
};

constexpr FieldFact kHTTPGetActionFields[] = {
    {"path", 1, "string", "omitempty default=\"/\"", "Path of the request. Default /."},
    {"port", 2, "intstr", "required", "Port number, or name of a container port."},
    {"host", 3, "string", "omitempty", "Host to connect to; default is the pod's address."},
    {"scheme", 4, "string", "omitempty enum=HTTP|HTTPS default=\"HTTP\"",
     "HTTP (default) or HTTPS; certificates are not verified."},
    {"httpHeaders", 5, "[]HTTPHeader", "omitempty list=atomic",
     "Headers of the request; a name may stand there more than once."},
};

constexpr FieldFact kHTTPHeaderFields[] = {
    {"name", 1, "string", "required", "Its name."},
    {"value", 2, "string", "required", "Its value."},
};

constexpr FieldFact kImageVolumeStatusFields[] = {
    {"imageRef", 1, "string", "omitempty required", "Digest of the image, at most 256 characters."},
};

constexpr FieldFact kLifecycleFields[] = {
    {"postStart", 1, "*LifecycleHandler", "omitempty",
     "Runs right after the container's start; when it fails the container is restarted."},
    {"preStop", 2, "*LifecycleHandler", "omitempty",
     "Runs before the container is asked to end, within the grace period."},
    {"stopSignal", 3, "*string",
     "omitempty "
     "enum=SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|"
     "SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|"
     "SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ|"
     "SIGRTMIN|SIGRTMIN+1|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|"
     "SIGRTMIN+8|SIGRTMIN+9|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+"
     "15|SIGRTMAX-14|SIGRTMAX-13|SIGRTMAX-12|SIGRTMAX-11|SIGRTMAX-10|SIGRTMAX-9|SIGRTMAX-8|"
     "SIGRTMAX-7|SIGRTMAX-6|SIGRTMAX-5|SIGRTMAX-4|SIGRTMAX-3|SIGRTMAX-2|SIGRTMAX-1|SIGRTMAX",
     "Signal that asks the container to end; needs spec.os.name."},
};

constexpr FieldFact kLifecycleHandlerFields[] = {
    {"exec", 1, "*ExecAction", "omitempty", "Run a command in the container."},
    {"httpGet", 2, "*HTTPGetAction", "omitempty", "Send an HTTP request."},
    {"tcpSocket", 3, "*TCPSocketAction", "omitempty",
     "Kept for old clients; fails when it is run."},
    {"sleep", 4, "*SleepAction", "omitempty", "Wait."},
};

constexpr FieldFact kLinuxContainerUserFields[] = {
    {"uid", 1, "int64", "required", "User id."},
    {"gid", 2, "int64", "required", "Primary group id."},
    {"supplementalGroups", 3, "[]int64", "omitempty list=atomic", "Further group ids."},
};

constexpr FieldFact kProbeFields[] = {
    {"", 1, "ProbeHandler", "inline", "The check itself."},
    {"initialDelaySeconds", 2, "int32", "omitempty",
     "Seconds after the container's start before the first check. Default 0."},
    {"timeoutSeconds", 3, "int32", "omitempty default=1",
     "Seconds after which a check counts as failed; at least 1. Default 1."},
    {"periodSeconds", 4, "int32", "omitempty default=10",
     "Seconds between checks; at least 1. Default 10."},
    {"successThreshold", 5, "int32", "omitempty default=1",
     "Successes in a row that count as success after a failure; 1 for liveness and startup. "
     "Default 1."},
    {"failureThreshold", 6, "int32", "omitempty default=3",
     "Failures in a row that count as failure. Default 3."},
    {"terminationGracePeriodSeconds", 7, "*int64", "omitempty",
     "Seconds the container gets to end when this probe fails; default is the pod's. Not for "
     "readiness."},
};

constexpr FieldFact kProbeHandlerFields[] = {
    {"exec", 1, "*ExecAction", "omitempty", "Run a command in the container."},
    {"httpGet", 2, "*HTTPGetAction", "omitempty", "Send an HTTP request."},
    {"tcpSocket", 3, "*TCPSocketAction", "omitempty", "Open a TCP connection."},
    {"grpc", 4, "*GRPCAction", "omitempty", "Call the gRPC health service."},
};

constexpr FieldFact kResourceClaimFields[] = {
    {"name", 1, "string", "required", "Name of an entry in the pod's resourceClaims."},
    {"request", 2, "string", "omitempty", "Request of the claim to use; absent means all of them."},
};

constexpr FieldFact kResourceHealthFields[] = {
    {"resourceID", 1, "string", "required", "The device's id."},
    {"health", 2, "string", "omitempty", "Healthy, Unhealthy or Unknown."},
    {"message", 6, "*string", "omitempty", "Text for people about the health."},
};

constexpr FieldFact kResourceRequirementsFields[] = {
    {"limits", 1, "{}quantity", "omitempty", "Most that may be used, by resource name."},
    {"requests", 2, "{}quantity", "omitempty",
     "Least that must be there, by resource name; default is the limit."},
    {"claims", 3, "[]ResourceClaim", "omitempty list=map key=name",
     "Entries of the pod's resourceClaims that are used."},
};

constexpr FieldFact kResourceStatusFields[] = {
    {"name", 1, "string", "required", "Name of the resource, or claim:<claim>/<request>."},
    {"resources", 2, "[]ResourceHealth", "omitempty list=map key=resourceID",
     "Health of each device."},
};

constexpr FieldFact kSELinuxOptionsFields[] = {
    {"user", 1, "string", "omitempty", "The user part."},
    {"role", 2, "string", "omitempty", "The role part."},
    {"type", 3, "string", "omitempty", "The type part."},
    {"level", 4, "string", "omitempty", "The level part."},
};

constexpr FieldFact kSeccompProfileFields[] = {
    {"type", 1, "string", "required enum=Unconfined|RuntimeDefault|Localhost",
     "Localhost (a file on the node), RuntimeDefault or Unconfined."},
    {"localhostProfile", 2, "*string", "omitempty",
     "File below the node agent's seccomp directory; set with type Localhost and only then."},
};

constexpr FieldFact kSecretEnvSourceFields[] = {
    {"", 1, "LocalObjectReference", "inline", "The Secret's name."},
    {"optional", 2, "*bool", "omitempty", "The container starts even when the Secret is missing."},
};

constexpr FieldFact kSecretKeySelectorFields[] = {
    {"", 1, "LocalObjectReference", "inline", "The Secret's name."},
    {"key", 2, "string", "required", "The entry's key."},
    {"optional", 3, "*bool", "omitempty",
     "The container starts even when the Secret or the key is missing."},
};

constexpr FieldFact kSecurityContextFields[] = {
    {"capabilities", 1, "*Capabilities", "omitempty",
     "Linux capabilities to give or take beside the runtime's default ones."},
    {"privileged", 2, "*bool", "omitempty",
     "Runs with all privileges, as root on the node. Default false."},
    {"seLinuxOptions", 3, "*SELinuxOptions", "omitempty", "SELinux label of the container."},
    {"windowsOptions", 10, "*WindowsSecurityContextOptions", "omitempty",
     "Settings for a Windows container."},
    {"runAsUser", 4, "*int64", "omitempty", "User id of its processes; absent takes the image's."},
    {"runAsGroup", 8, "*int64", "omitempty",
     "Primary group id of its processes; absent takes the runtime's default."},
    {"runAsNonRoot", 5, "*bool", "omitempty", "Refuses to start as root."},
    {"readOnlyRootFilesystem", 6, "*bool", "omitempty",
     "The container cannot write to its root file system. Default false."},
    {"allowPrivilegeEscalation", 7, "*bool", "omitempty",
     "Whether a process may gain more privileges than its parent; true when privileged or with "
     "CAP_SYS_ADMIN."},
    {"procMount", 9, "*string", "omitempty enum=Default|Unmasked",
     "Default hides parts of /proc, Unmasked does not; the latter needs hostUsers false."},
    {"seccompProfile", 11, "*SeccompProfile", "omitempty", "Filter of system calls."},
    {"appArmorProfile", 12, "*AppArmorProfile", "omitempty", "AppArmor profile."},
};

constexpr FieldFact kSleepActionFields[] = {
    {"seconds", 1, "int64", "required", "How long."},
};

constexpr FieldFact kTCPSocketActionFields[] = {
    {"port", 1, "intstr", "required", "Port number, or name of a container port."},
    {"host", 2, "string", "omitempty", "Host to connect to; default is the pod's address."},
};

constexpr FieldFact kVolumeDeviceFields[] = {
    {"name", 1, "string", "required", "Name of a volume of the pod that is a claim in block mode."},
    {"devicePath", 2, "string", "required", "Path of the device in the container."},
};

constexpr FieldFact kVolumeMountFields[] = {
    {"name", 1, "string", "required", "Name of the volume in the pod."},
    {"readOnly", 2, "bool", "omitempty", "Mounted read-only. Default false."},
    {"recursiveReadOnly", 7, "*string", "omitempty",
     "Whether mounts below are read-only too: Disabled (default), IfPossible or Enabled; needs "
     "readOnly."},
    {"mountPath", 3, "string", "required", "Path in the container; must not contain \":\"."},
    {"subPath", 4, "string", "omitempty", "Path in the volume to mount instead of its root."},
    {"mountPropagation", 5, "*string", "omitempty enum=None|HostToContainer|Bidirectional",
     "How mounts pass between node and container: None (default), HostToContainer or "
     "Bidirectional."},
    {"subPathExpr", 6, "string", "omitempty",
     "Like subPath, with $(NAME) replaced by the container's variables; not together with "
     "subPath."},
};

constexpr FieldFact kVolumeMountStatusFields[] = {
    {"name", 1, "string", "required", "Name of the volume."},
    {"mountPath", 2, "string", "required", "Path in the container."},
    {"readOnly", 3, "bool", "omitempty", "Whether it is read-only."},
    {"recursiveReadOnly", 4, "*string", "omitempty",
     "Whether mounts below are read-only too: Disabled or Enabled."},
    {"volumeStatus", 5, "*VolumeStatus", "omitempty", "More about the volume."},
};

constexpr FieldFact kVolumeStatusFields[] = {
    {"image", 1, "*ImageVolumeStatus", "omitempty", "Set for image volumes."},
};

constexpr FieldFact kWindowsSecurityContextOptionsFields[] = {
    {"gmsaCredentialSpecName", 1, "*string", "omitempty",
     "Name of the GMSA credential specification to use."},
    {"gmsaCredentialSpec", 2, "*string", "omitempty",
     "The GMSA credential specification itself, as text."},
    {"runAsUserName", 3, "*string", "omitempty",
     "User name of the entry process; default is the image's."},
    {"hostProcess", 4, "*bool", "omitempty",
     "Runs as a host process; the same for all containers of a pod, and needs hostNetwork."},
};

constexpr TypeFact kTypes[] = {
    {"AppArmorProfile", "", "An AppArmor profile for processes.", kAppArmorProfileFields},
    {"Capabilities", "", "Linux capabilities to give or take.", kCapabilitiesFields},
    {"ConfigMapEnvSource", "", "A ConfigMap all of whose entries become environment variables.",
     kConfigMapEnvSourceFields},
    {"ConfigMapKeySelector", "atomic", "One entry of a ConfigMap.", kConfigMapKeySelectorFields},
    {"Container", "", "One container of a pod.", kContainerFields},
    {"ContainerPort", "", "One port a container listens on.", kContainerPortFields},
    {"ContainerResizePolicy", "",
     "What happens to a running container when one of its resources is changed.",
     kContainerResizePolicyFields},
    {"ContainerRestartRule", "", "Decides on a restart when a container has ended.",
     kContainerRestartRuleFields},
    {"ContainerRestartRuleOnExitCodes", "", "A set of exit codes.",
     kContainerRestartRuleOnExitCodesFields},
    {"ContainerState", "", "Whether a container waits, runs or has ended; one of the three is set.",
     kContainerStateFields},
    {"ContainerStateRunning", "", "A running container.", kContainerStateRunningFields},
    {"ContainerStateTerminated", "", "A container that has ended.",
     kContainerStateTerminatedFields},
    {"ContainerStateWaiting", "", "A container that does not run yet.",
     kContainerStateWaitingFields},
    {"ContainerStatus", "", "What is known about one container of a pod.", kContainerStatusFields},
    {"ContainerUser", "", "User and groups a container runs as.", kContainerUserFields},
    {"EnvFromSource", "", "A source all of whose entries become environment variables.",
     kEnvFromSourceFields},
    {"EnvVar", "", "One environment variable.", kEnvVarFields},
    {"EnvVarSource", "", "Where a variable's value comes from; exactly one is set.",
     kEnvVarSourceFields},
    {"EphemeralContainer", "",
     "A container added to a running pod for debugging; it is never restarted.",
     kEphemeralContainerFields},
    {"EphemeralContainerCommon", "",
     "The fields an ephemeral container shares with other containers.",
     kEphemeralContainerCommonFields},
    {"ExecAction", "", "A command run in the container.", kExecActionFields},
    {"FileKeySelector", "atomic", "One variable of a file of variables in a volume.",
     kFileKeySelectorFields},
    {"GRPCAction", "", "A call of the gRPC health service.", kGRPCActionFields},
    {"HTTPGetAction", "", "An HTTP GET; a status from 200 to 399 is success.",
     kHTTPGetActionFields},
    {"HTTPHeader", "", "One header of a request.", kHTTPHeaderFields},
    {"ImageVolumeStatus", "", "The image behind a volume.", kImageVolumeStatusFields},
    {"Lifecycle", "", "Actions at a container's start and end.", kLifecycleFields},
    {"LifecycleHandler", "", "One action; exactly one is set.", kLifecycleHandlerFields},
    {"LinuxContainerUser", "", "Ids of a container's first process.", kLinuxContainerUserFields},
    {"Probe", "", "A check that is repeated.", kProbeFields},
    {"ProbeHandler", "", "How a probe checks; exactly one is set.", kProbeHandlerFields},
    {"ResourceClaim", "", "Lets a container use one of the pod's resource claims.",
     kResourceClaimFields},
    {"ResourceHealth", "", "Health of one device.", kResourceHealthFields},
    {"ResourceRequirements", "",
     "What is needed and what may be used of cpu, memory and other resources.",
     kResourceRequirementsFields},
    {"ResourceStatus", "", "Health of the devices of one resource.", kResourceStatusFields},
    {"SELinuxOptions", "", "Parts of an SELinux label.", kSELinuxOptionsFields},
    {"SeccompProfile", "", "A filter of system calls.", kSeccompProfileFields},
    {"SecretEnvSource", "", "A Secret all of whose entries become environment variables.",
     kSecretEnvSourceFields},
    {"SecretKeySelector", "atomic", "One entry of a Secret.", kSecretKeySelectorFields},
    {"SecurityContext", "", "Privileges and ids of a container; they win over the pod's.",
     kSecurityContextFields},
    {"SleepAction", "", "A wait.", kSleepActionFields},
    {"TCPSocketAction", "", "A TCP connection; that it opens is success.", kTCPSocketActionFields},
    {"VolumeDevice", "", "A block volume given to a container.", kVolumeDeviceFields},
    {"VolumeMount", "", "A volume mounted in a container.", kVolumeMountFields},
    {"VolumeMountStatus", "", "A mount as it was made.", kVolumeMountStatusFields},
    {"VolumeStatus", "", "What is known about a mounted volume.", kVolumeStatusFields},
    {"WindowsSecurityContextOptions", "", "Settings for Windows containers.",
     kWindowsSecurityContextOptionsFields},
};

}  // namespace

std::span<const TypeFact> core_v1_containers_types() {
  return kTypes;
}

}  // namespace cove::api
