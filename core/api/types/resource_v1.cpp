#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAllocatedDeviceStatusFields[] = {
    {"driver", 1, "string", "required", "The driver."},
    {"pool", 2, "string", "required", "The device's pool."},
    {"device", 3, "string", "required", "The device."},
    {"shareID", 7, "*string", "omitempty", "Which share of the device is meant."},
    {"conditions", 4, "[]meta/v1.Condition", "list=map key=type",
     "What has been observed, one entry per type of condition."},
    {"data", 5, "*raw", "omitempty", "Data of the driver, in its own form."},
    {"networkData", 6, "*NetworkDeviceData", "omitempty", "Network data of the device."},
};

constexpr FieldFact kAllocationResultFields[] = {
    {"devices", 1, "DeviceAllocationResult", "omitempty", "The devices."},
    {"nodeSelector", 3, "*core/v1.NodeSelector", "omitempty",
     "Nodes where the devices can be used. Absent: everywhere."},
    {"allocationTimestamp", 5, "*time", "omitempty", "When they were allocated."},
};

constexpr FieldFact kCELDeviceSelectorFields[] = {
    {"expression", 1, "string", "required",
     "Expression over \"device\" that is true for devices to take."},
};

constexpr FieldFact kCapacityRequestPolicyFields[] = {
    {"default", 1, "*quantity", "", "Amount for requests that name none."},
    {"validValues", 3, "[]quantity", "omitempty list=atomic",
     "Amounts that can be taken, in rising order."},
    {"validRange", 4, "*CapacityRequestPolicyRange", "omitempty",
     "Range of amounts that can be taken."},
};

constexpr FieldFact kCapacityRequestPolicyRangeFields[] = {
    {"min", 1, "*quantity", "omitempty required", "Smallest amount."},
    {"max", 2, "*quantity", "omitempty", "Largest amount."},
    {"step", 3, "*quantity", "omitempty", "Amounts are min plus a multiple of this."},
};

constexpr FieldFact kCapacityRequirementsFields[] = {
    {"requests", 1, "{}quantity", "omitempty", "Amount of each capacity, by name."},
};

constexpr FieldFact kCounterFields[] = {
    {"value", 1, "quantity", "required", "How much there is."},
};

constexpr FieldFact kCounterSetFields[] = {
    {"name", 1, "string", "required", "Name of the set."},
    {"counters", 2, "{}Counter", "omitempty required", "The amounts by name."},
};

constexpr FieldFact kDeviceFields[] = {
    {"name", 1, "string", "required", "Name, unique in its pool."},
    {"attributes", 2, "{}DeviceAttribute", "omitempty", "Properties that selectors ask for."},
    {"capacity", 3, "{}DeviceCapacity", "omitempty", "Amounts that selectors ask for."},
    {"consumesCounters", 4, "[]DeviceCounterConsumption", "omitempty list=atomic",
     "What it takes from shared amounts."},
    {"nodeName", 5, "*string", "omitempty",
     "Node that the device is on, when the slice leaves it to its devices."},
    {"nodeSelector", 6, "*core/v1.NodeSelector", "omitempty",
     "Nodes that can use the device, when the slice leaves it to its devices."},
    {"allNodes", 7, "*bool", "omitempty",
     "Whether every node can use the device, when the slice leaves it to its devices."},
    {"taints", 8, "[]DeviceTaint", "omitempty list=atomic",
     "Marks that keep claims without a matching toleration away."},
    {"bindsToNode", 9, "*bool", "omitempty",
     "Whether using the device limits a claim to the chosen node."},
    {"bindingConditions", 10, "[]string", "omitempty list=atomic",
     "Conditions that must be true before a pod is bound."},
    {"bindingFailureConditions", 11, "[]string", "omitempty list=atomic",
     "Conditions that mean failure when true."},
    {"allowMultipleAllocations", 12, "*bool", "omitempty",
     "Whether several claims can have the device at once."},
    {"nodeAllocatableResourceMappings", 13, "{}NodeAllocatableResourceMapping", "omitempty",
     "Resources of the node that the device's use counts for."},
};

constexpr FieldFact kDeviceAllocationConfigurationFields[] = {
    {"source", 1, "string", "required enum=FromClass|FromClaim", "FromClass or FromClaim."},
    {"requests", 2, "[]string", "omitempty list=atomic",
     "Requests that the settings are for. Empty: all."},
    {"", 3, "DeviceConfiguration", "inline", "The settings."},
};

constexpr FieldFact kDeviceAllocationResultFields[] = {
    {"results", 1, "[]DeviceRequestAllocationResult", "omitempty list=atomic", "The devices."},
    {"config", 2, "[]DeviceAllocationConfiguration", "omitempty list=atomic",
     "Settings for the drivers."},
};

constexpr FieldFact kDeviceAttributeFields[] = {
    {"int", 2, "*int64", "omitempty", "A whole number."},
    {"bool", 3, "*bool", "omitempty", "True or false."},
    {"string", 4, "*string", "omitempty", "A text, at most 64 characters."},
    {"version", 5, "*string", "omitempty", "A semantic version, at most 64 characters."},
    {"ints", 6, "[]int64", "omitempty list=atomic", "Whole numbers."},
    {"bools", 7, "[]bool", "omitempty list=atomic", "True or false, several times."},
    {"strings", 8, "[]string", "omitempty list=atomic", "Texts."},
    {"versions", 9, "[]string", "omitempty list=atomic", "Semantic versions."},
};

constexpr FieldFact kDeviceCapacityFields[] = {
    {"value", 1, "quantity", "required", "How much there is."},
    {"requestPolicy", 2, "*CapacityRequestPolicy", "omitempty",
     "How a part of it can be asked for."},
};

constexpr FieldFact kDeviceClaimFields[] = {
    {"requests", 1, "[]DeviceRequest", "list=atomic", "The requests, at most 32."},
    {"constraints", 2, "[]DeviceConstraint", "omitempty list=atomic",
     "Conditions for several devices together."},
    {"config", 3, "[]DeviceClaimConfiguration", "omitempty list=atomic",
     "Settings for the drivers."},
};

constexpr FieldFact kDeviceClaimConfigurationFields[] = {
    {"requests", 1, "[]string", "omitempty list=atomic",
     "Requests that the settings are for. Empty: all."},
    {"", 2, "DeviceConfiguration", "inline", "The settings."},
};

constexpr FieldFact kDeviceClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "DeviceClassSpec", "required", "What is wanted of the DeviceClass."},
};

constexpr FieldFact kDeviceClassConfigurationFields[] = {
    {"", 1, "DeviceConfiguration", "inline", "The settings."},
};

constexpr FieldFact kDeviceClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]DeviceClass", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kDeviceClassSpecFields[] = {
    {"selectors", 1, "[]DeviceSelector", "omitempty list=atomic",
     "Conditions that the devices meet."},
    {"config", 2, "[]DeviceClassConfiguration", "omitempty list=atomic",
     "Settings for the drivers."},
    {"extendedResourceName", 4, "*string", "omitempty",
     "Extended resource by which pods can ask for devices of the class."},
};

constexpr FieldFact kDeviceConfigurationFields[] = {
    {"opaque", 1, "*OpaqueDeviceConfiguration", "omitempty", "Settings in the driver's own form."},
};

constexpr FieldFact kDeviceConstraintFields[] = {
    {"requests", 1, "[]string", "omitempty list=atomic", "Requests that it is for. Empty: all."},
    {"matchAttribute", 2, "*string", "omitempty",
     "Attribute that has the same value in all the devices."},
    {"distinctAttribute", 3, "*string", "omitempty",
     "Attribute that has a different value in each of the devices."},
};

constexpr FieldFact kDeviceCounterConsumptionFields[] = {
    {"counterSet", 1, "string", "required", "Name of the set."},
    {"counters", 2, "{}Counter", "omitempty required", "How much it takes, by name."},
};

constexpr FieldFact kDeviceRequestFields[] = {
    {"name", 1, "string", "required", "Name of the request, a DNS label."},
    {"exactly", 2, "*ExactDeviceRequest", "omitempty", "What is asked for."},
    {"firstAvailable", 3, "[]DeviceSubRequest", "omitempty list=atomic",
     "Choices, best first; the first that can be had is taken."},
};

constexpr FieldFact kDeviceRequestAllocationResultFields[] = {
    {"request", 1, "string", "required", "The request, as NAME or NAME/CHOICE."},
    {"driver", 2, "string", "required", "The driver."},
    {"pool", 3, "string", "required", "The device's pool."},
    {"device", 4, "string", "required", "The device."},
    {"adminAccess", 5, "*bool", "omitempty",
     "Whether it is for administration, beside others' use."},
    {"tolerations", 6, "[]DeviceToleration", "omitempty list=atomic",
     "Tolerations of the request at that time."},
    {"bindingConditions", 7, "[]string", "omitempty list=atomic",
     "Conditions that must be true before a pod is bound."},
    {"bindingFailureConditions", 8, "[]string", "omitempty list=atomic",
     "Conditions that mean failure when true."},
    {"shareID", 9, "*string", "omitempty", "Which share of the device it is."},
    {"consumedCapacity", 10, "{}quantity", "omitempty",
     "How much of the device's capacity it takes."},
};

constexpr FieldFact kDeviceSelectorFields[] = {
    {"cel", 1, "*CELDeviceSelector", "omitempty", "A CEL expression."},
};

constexpr FieldFact kDeviceSubRequestFields[] = {
    {"name", 1, "string", "required", "Name of the choice, a DNS label."},
    {"deviceClassName", 2, "string", "required", "Class of the devices."},
    {"selectors", 3, "[]DeviceSelector", "omitempty list=atomic",
     "Further conditions; all must be met."},
    {"allocationMode", 4, "string", "omitempty default=\"ExactCount\"",
     "ExactCount or All. Default: ExactCount."},
    {"count", 5, "int64", "omitempty", "How many devices. Default: 1."},
    {"tolerations", 6, "[]DeviceToleration", "omitempty list=atomic", "Taints that are accepted."},
    {"capacity", 7, "*CapacityRequirements", "omitempty",
     "Amounts that are needed of each device."},
};

constexpr FieldFact kDeviceTaintFields[] = {
    {"key", 1, "string", "required", "Name of the taint."},
    {"value", 2, "string", "omitempty", "Value of the taint."},
    {"effect", 3, "string", "required enum=None|NoSchedule|NoExecute",
     "NoSchedule, NoExecute or None."},
    {"timeAdded", 4, "*time", "omitempty", "When it was added."},
};

constexpr FieldFact kDeviceTolerationFields[] = {
    {"key", 1, "string", "omitempty", "Name of the taint. Empty with operator Exists: all."},
    {"operator", 2, "string", "omitempty default=\"Equal\" enum=Exists|Equal",
     "Exists or Equal. Default: Equal."},
    {"value", 3, "string", "omitempty", "Value of the taint, for Equal."},
    {"effect", 4, "string", "omitempty enum=None|NoSchedule|NoExecute",
     "NoSchedule or NoExecute. Empty: all."},
    {"tolerationSeconds", 5, "*int64", "omitempty",
     "How long a taint with effect NoExecute is accepted, in seconds. Absent: for ever."},
};

constexpr FieldFact kExactDeviceRequestFields[] = {
    {"deviceClassName", 1, "string", "required", "Class of the devices."},
    {"selectors", 2, "[]DeviceSelector", "omitempty list=atomic",
     "Further conditions; all must be met."},
    {"allocationMode", 3, "string", "omitempty default=\"ExactCount\"",
     "ExactCount or All. Default: ExactCount."},
    {"count", 4, "int64", "omitempty", "How many devices. Default: 1."},
    {"adminAccess", 5, "*bool", "omitempty",
     "Whether it is for administration, beside others' use."},
    {"tolerations", 6, "[]DeviceToleration", "omitempty list=atomic", "Taints that are accepted."},
    {"capacity", 7, "*CapacityRequirements", "omitempty",
     "Amounts that are needed of each device."},
};

constexpr FieldFact kNetworkDeviceDataFields[] = {
    {"interfaceName", 1, "string", "omitempty", "Name of the network interface."},
    {"ips", 2, "[]string", "omitempty list=atomic", "Its addresses, as CIDRs."},
    {"hardwareAddress", 3, "string", "omitempty", "Its hardware address."},
};

constexpr FieldFact kNodeAllocatableResourceMappingFields[] = {
    {"capacityKey", 1, "*string", "omitempty",
     "Capacity of the device that counts. Absent: the number of devices."},
    {"allocationMultiplier", 2, "*quantity", "omitempty",
     "Factor from the device's amount to the node's."},
};

constexpr FieldFact kOpaqueDeviceConfigurationFields[] = {
    {"driver", 1, "string", "required", "The driver."},
    {"parameters", 2, "raw", "required", "The settings, at most 10 KiB."},
};

constexpr FieldFact kResourceClaimFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "ResourceClaimSpec", "required", "What is wanted of the ResourceClaim."},
    {"status", 3, "ResourceClaimStatus", "omitempty",
     "What the system last saw of the ResourceClaim. Clients do not write it through the main "
     "resource."},
};

constexpr FieldFact kResourceClaimConsumerReferenceFields[] = {
    {"apiGroup", 1, "string", "omitempty", "API group of the object; empty for core."},
    {"resource", 3, "string", "required", "Resource of the object, such as pods."},
    {"name", 4, "string", "required", "Name of the object."},
    {"uid", 5, "string", "required", "UID of the object."},
};

constexpr FieldFact kResourceClaimListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ResourceClaim", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kResourceClaimSpecFields[] = {
    {"devices", 1, "DeviceClaim", "", "The devices."},
};

constexpr FieldFact kResourceClaimStatusFields[] = {
    {"allocation", 1, "*AllocationResult", "omitempty", "The devices, once allocated."},
    {"reservedFor", 2, "[]ResourceClaimConsumerReference",
     "omitempty list=map key=uid patch=merge patchKey=uid", "Who may use them, at most 256."},
    {"devices", 4, "[]AllocatedDeviceStatus", "omitempty list=map key=driver,device,pool,shareID",
     "What the drivers say about the devices."},
};

constexpr FieldFact kResourceClaimTemplateFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "ResourceClaimTemplateSpec", "required",
     "What is wanted of the ResourceClaimTemplate."},
};

constexpr FieldFact kResourceClaimTemplateListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ResourceClaimTemplate", "required",
     "The objects, in the order of their names."},
};

constexpr FieldFact kResourceClaimTemplateSpecFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", "Labels and annotations of the claims."},
    {"spec", 2, "ResourceClaimSpec", "required", "What the claims ask for."},
};

constexpr FieldFact kResourcePoolFields[] = {
    {"name", 1, "string", "required", "Name of the pool."},
    {"generation", 2, "int64", "required",
     "Number that grows with every change of the pool; only slices of the largest count."},
    {"resourceSliceCount", 3, "int64", "required",
     "How many slices the pool has in this generation."},
};

constexpr FieldFact kResourceSliceFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty",
     "Name, namespace, labels and all else that every object has."},
    {"spec", 2, "ResourceSliceSpec", "required", "What is wanted of the ResourceSlice."},
};

constexpr FieldFact kResourceSliceListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", "Revision and paging of the list."},
    {"items", 2, "[]ResourceSlice", "required", "The objects, in the order of their names."},
};

constexpr FieldFact kResourceSliceSpecFields[] = {
    {"driver", 1, "string", "required", "The driver. Cannot be changed."},
    {"pool", 2, "ResourcePool", "required", "The pool."},
    {"nodeName", 3, "*string", "omitempty", "Node that the devices are on. Cannot be changed."},
    {"nodeSelector", 4, "*core/v1.NodeSelector", "omitempty", "Nodes that can use the devices."},
    {"allNodes", 5, "*bool", "omitempty", "Whether every node can use the devices."},
    {"devices", 6, "[]Device", "omitempty list=atomic", "The devices, at most 128."},
    {"perDeviceNodeSelection", 7, "*bool", "omitempty",
     "Whether each device says itself which nodes can use it."},
    {"sharedCounters", 8, "[]CounterSet", "omitempty list=atomic",
     "Amounts that the devices share."},
};

constexpr TypeFact kTypes[] = {
    {"AllocatedDeviceStatus", "", "What a driver says about an allocated device.",
     kAllocatedDeviceStatusFields},
    {"AllocationResult", "", "Devices that a claim has got.", kAllocationResultFields},
    {"CELDeviceSelector", "", "A CEL expression that chooses devices.", kCELDeviceSelectorFields},
    {"CapacityRequestPolicy", "", "How requests for a part of a capacity are rounded and checked.",
     kCapacityRequestPolicyFields},
    {"CapacityRequestPolicyRange", "", "Range of amounts.", kCapacityRequestPolicyRangeFields},
    {"CapacityRequirements", "", "Amounts of a device's capacity.", kCapacityRequirementsFields},
    {"Counter", "", "An amount that devices share.", kCounterFields},
    {"CounterSet", "", "Amounts that devices of one pool share.", kCounterSetFields},
    {"Device", "", "One device of a pool.", kDeviceFields},
    {"DeviceAllocationConfiguration", "", "Settings of an allocation.",
     kDeviceAllocationConfigurationFields},
    {"DeviceAllocationResult", "", "Devices that were allocated.", kDeviceAllocationResultFields},
    {"DeviceAttribute", "", "A property of a device; one member is set.", kDeviceAttributeFields},
    {"DeviceCapacity", "", "An amount that a device has.", kDeviceCapacityFields},
    {"DeviceClaim", "", "Devices that are asked for.", kDeviceClaimFields},
    {"DeviceClaimConfiguration", "", "Settings of a claim.", kDeviceClaimConfigurationFields},
    {"DeviceClass", "kind", "A kind of device that claims can ask for.", kDeviceClassFields},
    {"DeviceClassConfiguration", "", "Settings of a device class.",
     kDeviceClassConfigurationFields},
    {"DeviceClassList", "kind", "A list of DeviceClass objects.", kDeviceClassListFields},
    {"DeviceClassSpec", "", "Devices of a class.", kDeviceClassSpecFields},
    {"DeviceConfiguration", "", "Settings for a driver; one member is set.",
     kDeviceConfigurationFields},
    {"DeviceConstraint", "", "A condition for several devices together.", kDeviceConstraintFields},
    {"DeviceCounterConsumption", "", "What a device takes from shared amounts.",
     kDeviceCounterConsumptionFields},
    {"DeviceRequest", "", "A request for devices; one of exactly and firstAvailable is set.",
     kDeviceRequestFields},
    {"DeviceRequestAllocationResult", "", "A device that was allocated for a request.",
     kDeviceRequestAllocationResultFields},
    {"DeviceSelector", "", "A condition for devices; one member is set.", kDeviceSelectorFields},
    {"DeviceSubRequest", "", "One choice of a request.", kDeviceSubRequestFields},
    {"DeviceTaint", "", "A mark on a device that keeps claims away.", kDeviceTaintFields},
    {"DeviceToleration", "", "Accepts taints of devices.", kDeviceTolerationFields},
    {"ExactDeviceRequest", "", "Devices of one class.", kExactDeviceRequestFields},
    {"NetworkDeviceData", "", "Network data of a device.", kNetworkDeviceDataFields},
    {"NodeAllocatableResourceMapping", "", "How a device's use counts for a resource of the node.",
     kNodeAllocatableResourceMappingFields},
    {"OpaqueDeviceConfiguration", "", "Settings in a driver's own form.",
     kOpaqueDeviceConfigurationFields},
    {"ResourceClaim", "kind", "Asks for devices.", kResourceClaimFields},
    {"ResourceClaimConsumerReference", "", "Somebody who uses a claim.",
     kResourceClaimConsumerReferenceFields},
    {"ResourceClaimList", "kind", "A list of ResourceClaim objects.", kResourceClaimListFields},
    {"ResourceClaimSpec", "", "What a claim asks for. Cannot be changed.",
     kResourceClaimSpecFields},
    {"ResourceClaimStatus", "", "What a claim has got.", kResourceClaimStatusFields},
    {"ResourceClaimTemplate", "kind", "Makes a ResourceClaim for each pod that names it.",
     kResourceClaimTemplateFields},
    {"ResourceClaimTemplateList", "kind", "A list of ResourceClaimTemplate objects.",
     kResourceClaimTemplateListFields},
    {"ResourceClaimTemplateSpec", "", "The claims that are made. Cannot be changed.",
     kResourceClaimTemplateSpecFields},
    {"ResourcePool", "", "A group of devices that one driver manages.", kResourcePoolFields},
    {"ResourceSlice", "kind", "Some of the devices of a pool.", kResourceSliceFields},
    {"ResourceSliceList", "kind", "A list of ResourceSlice objects.", kResourceSliceListFields},
    {"ResourceSliceSpec", "", "Devices that a driver offers.", kResourceSliceSpecFields},
};

}  // namespace

std::span<const TypeFact> resource_v1_types() {
  return kTypes;
}

}  // namespace cove::api
