#include "core/api/types/tables.h"

namespace cove::api {
namespace {

constexpr FieldFact kAllocatedDeviceStatusFields[] = {
    {"driver", 1, "string", "required", ""},
    {"pool", 2, "string", "required", ""},
    {"device", 3, "string", "required", ""},
    {"shareID", 7, "*string", "omitempty", ""},
    {"conditions", 4, "[]meta/v1.Condition", "list=map key=type", ""},
    {"data", 5, "*raw", "omitempty", ""},
    {"networkData", 6, "*NetworkDeviceData", "omitempty", ""},
};

constexpr FieldFact kAllocationResultFields[] = {
    {"devices", 1, "DeviceAllocationResult", "omitempty", ""},
    {"nodeSelector", 3, "*core/v1.NodeSelector", "omitempty", ""},
    {"allocationTimestamp", 5, "*time", "omitempty", ""},
};

constexpr FieldFact kCELDeviceSelectorFields[] = {
    {"expression", 1, "string", "required", ""},
};

constexpr FieldFact kCapacityRequestPolicyFields[] = {
    {"default", 1, "*quantity", "", ""},
    {"validValues", 3, "[]quantity", "omitempty list=atomic", ""},
    {"validRange", 4, "*CapacityRequestPolicyRange", "omitempty", ""},
};

constexpr FieldFact kCapacityRequestPolicyRangeFields[] = {
    {"min", 1, "*quantity", "omitempty required", ""},
    {"max", 2, "*quantity", "omitempty", ""},
    {"step", 3, "*quantity", "omitempty", ""},
};

constexpr FieldFact kCapacityRequirementsFields[] = {
    {"requests", 1, "{}quantity", "omitempty", ""},
};

constexpr FieldFact kCounterFields[] = {
    {"value", 1, "quantity", "required", ""},
};

constexpr FieldFact kCounterSetFields[] = {
    {"name", 1, "string", "required", ""},
    {"counters", 2, "{}Counter", "omitempty required", ""},
};

constexpr FieldFact kDeviceFields[] = {
    {"name", 1, "string", "required", ""},
    {"attributes", 2, "{}DeviceAttribute", "omitempty", ""},
    {"capacity", 3, "{}DeviceCapacity", "omitempty", ""},
    {"consumesCounters", 4, "[]DeviceCounterConsumption", "omitempty list=atomic", ""},
    {"nodeName", 5, "*string", "omitempty", ""},
    {"nodeSelector", 6, "*core/v1.NodeSelector", "omitempty", ""},
    {"allNodes", 7, "*bool", "omitempty", ""},
    {"taints", 8, "[]DeviceTaint", "omitempty list=atomic", ""},
    {"bindsToNode", 9, "*bool", "omitempty", ""},
    {"bindingConditions", 10, "[]string", "omitempty list=atomic", ""},
    {"bindingFailureConditions", 11, "[]string", "omitempty list=atomic", ""},
    {"allowMultipleAllocations", 12, "*bool", "omitempty", ""},
    {"nodeAllocatableResourceMappings", 13, "{}NodeAllocatableResourceMapping", "omitempty", ""},
};

constexpr FieldFact kDeviceAllocationConfigurationFields[] = {
    {"source", 1, "string", "required enum=FromClass|FromClaim", ""},
    {"requests", 2, "[]string", "omitempty list=atomic", ""},
    {"", 3, "DeviceConfiguration", "inline", ""},
};

constexpr FieldFact kDeviceAllocationResultFields[] = {
    {"results", 1, "[]DeviceRequestAllocationResult", "omitempty list=atomic", ""},
    {"config", 2, "[]DeviceAllocationConfiguration", "omitempty list=atomic", ""},
};

constexpr FieldFact kDeviceAttributeFields[] = {
    {"int", 2, "*int64", "omitempty", ""},
    {"bool", 3, "*bool", "omitempty", ""},
    {"string", 4, "*string", "omitempty", ""},
    {"version", 5, "*string", "omitempty", ""},
    {"ints", 6, "[]int64", "omitempty list=atomic", ""},
    {"bools", 7, "[]bool", "omitempty list=atomic", ""},
    {"strings", 8, "[]string", "omitempty list=atomic", ""},
    {"versions", 9, "[]string", "omitempty list=atomic", ""},
};

constexpr FieldFact kDeviceCapacityFields[] = {
    {"value", 1, "quantity", "required", ""},
    {"requestPolicy", 2, "*CapacityRequestPolicy", "omitempty", ""},
};

constexpr FieldFact kDeviceClaimFields[] = {
    {"requests", 1, "[]DeviceRequest", "list=atomic", ""},
    {"constraints", 2, "[]DeviceConstraint", "omitempty list=atomic", ""},
    {"config", 3, "[]DeviceClaimConfiguration", "omitempty list=atomic", ""},
};

constexpr FieldFact kDeviceClaimConfigurationFields[] = {
    {"requests", 1, "[]string", "omitempty list=atomic", ""},
    {"", 2, "DeviceConfiguration", "inline", ""},
};

constexpr FieldFact kDeviceClassFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "DeviceClassSpec", "required", ""},
};

constexpr FieldFact kDeviceClassConfigurationFields[] = {
    {"", 1, "DeviceConfiguration", "inline", ""},
};

constexpr FieldFact kDeviceClassListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]DeviceClass", "required", ""},
};

constexpr FieldFact kDeviceClassSpecFields[] = {
    {"selectors", 1, "[]DeviceSelector", "omitempty list=atomic", ""},
    {"config", 2, "[]DeviceClassConfiguration", "omitempty list=atomic", ""},
    {"extendedResourceName", 4, "*string", "omitempty", ""},
};

constexpr FieldFact kDeviceConfigurationFields[] = {
    {"opaque", 1, "*OpaqueDeviceConfiguration", "omitempty", ""},
};

constexpr FieldFact kDeviceConstraintFields[] = {
    {"requests", 1, "[]string", "omitempty list=atomic", ""},
    {"matchAttribute", 2, "*string", "omitempty", ""},
    {"distinctAttribute", 3, "*string", "omitempty", ""},
};

constexpr FieldFact kDeviceCounterConsumptionFields[] = {
    {"counterSet", 1, "string", "required", ""},
    {"counters", 2, "{}Counter", "omitempty required", ""},
};

constexpr FieldFact kDeviceRequestFields[] = {
    {"name", 1, "string", "required", ""},
    {"exactly", 2, "*ExactDeviceRequest", "omitempty", ""},
    {"firstAvailable", 3, "[]DeviceSubRequest", "omitempty list=atomic", ""},
};

constexpr FieldFact kDeviceRequestAllocationResultFields[] = {
    {"request", 1, "string", "required", ""},
    {"driver", 2, "string", "required", ""},
    {"pool", 3, "string", "required", ""},
    {"device", 4, "string", "required", ""},
    {"adminAccess", 5, "*bool", "omitempty", ""},
    {"tolerations", 6, "[]DeviceToleration", "omitempty list=atomic", ""},
    {"bindingConditions", 7, "[]string", "omitempty list=atomic", ""},
    {"bindingFailureConditions", 8, "[]string", "omitempty list=atomic", ""},
    {"shareID", 9, "*string", "omitempty", ""},
    {"consumedCapacity", 10, "{}quantity", "omitempty", ""},
};

constexpr FieldFact kDeviceSelectorFields[] = {
    {"cel", 1, "*CELDeviceSelector", "omitempty", ""},
};

constexpr FieldFact kDeviceSubRequestFields[] = {
    {"name", 1, "string", "required", ""},
    {"deviceClassName", 2, "string", "required", ""},
    {"selectors", 3, "[]DeviceSelector", "omitempty list=atomic", ""},
    {"allocationMode", 4, "string", "omitempty", ""},
    {"count", 5, "int64", "omitempty", ""},
    {"tolerations", 6, "[]DeviceToleration", "omitempty list=atomic", ""},
    {"capacity", 7, "*CapacityRequirements", "omitempty", ""},
};

constexpr FieldFact kDeviceTaintFields[] = {
    {"key", 1, "string", "required", ""},
    {"value", 2, "string", "omitempty", ""},
    {"effect", 3, "string", "required enum=None|NoSchedule|NoExecute", ""},
    {"timeAdded", 4, "*time", "omitempty", ""},
};

constexpr FieldFact kDeviceTolerationFields[] = {
    {"key", 1, "string", "omitempty", ""},
    {"operator", 2, "string", "omitempty default=\"Equal\" enum=Exists|Equal", ""},
    {"value", 3, "string", "omitempty", ""},
    {"effect", 4, "string", "omitempty enum=None|NoSchedule|NoExecute", ""},
    {"tolerationSeconds", 5, "*int64", "omitempty", ""},
};

constexpr FieldFact kExactDeviceRequestFields[] = {
    {"deviceClassName", 1, "string", "required", ""},
    {"selectors", 2, "[]DeviceSelector", "omitempty list=atomic", ""},
    {"allocationMode", 3, "string", "omitempty", ""},
    {"count", 4, "int64", "omitempty", ""},
    {"adminAccess", 5, "*bool", "omitempty", ""},
    {"tolerations", 6, "[]DeviceToleration", "omitempty list=atomic", ""},
    {"capacity", 7, "*CapacityRequirements", "omitempty", ""},
};

constexpr FieldFact kNetworkDeviceDataFields[] = {
    {"interfaceName", 1, "string", "omitempty", ""},
    {"ips", 2, "[]string", "omitempty list=atomic", ""},
    {"hardwareAddress", 3, "string", "omitempty", ""},
};

constexpr FieldFact kNodeAllocatableResourceMappingFields[] = {
    {"capacityKey", 1, "*string", "omitempty", ""},
    {"allocationMultiplier", 2, "*quantity", "omitempty", ""},
};

constexpr FieldFact kOpaqueDeviceConfigurationFields[] = {
    {"driver", 1, "string", "required", ""},
    {"parameters", 2, "raw", "required", ""},
};

constexpr FieldFact kResourceClaimFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ResourceClaimSpec", "required", ""},
    {"status", 3, "ResourceClaimStatus", "omitempty", ""},
};

constexpr FieldFact kResourceClaimConsumerReferenceFields[] = {
    {"apiGroup", 1, "string", "omitempty", ""},
    {"resource", 3, "string", "required", ""},
    {"name", 4, "string", "required", ""},
    {"uid", 5, "string", "required", ""},
};

constexpr FieldFact kResourceClaimListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ResourceClaim", "required", ""},
};

constexpr FieldFact kResourceClaimSpecFields[] = {
    {"devices", 1, "DeviceClaim", "", ""},
};

constexpr FieldFact kResourceClaimStatusFields[] = {
    {"allocation", 1, "*AllocationResult", "omitempty", ""},
    {"reservedFor", 2, "[]ResourceClaimConsumerReference",
     "omitempty list=map key=uid patch=merge patchKey=uid", ""},
    {"devices", 4, "[]AllocatedDeviceStatus", "omitempty list=map key=driver,device,pool,shareID",
     ""},
};

constexpr FieldFact kResourceClaimTemplateFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ResourceClaimTemplateSpec", "required", ""},
};

constexpr FieldFact kResourceClaimTemplateListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ResourceClaimTemplate", "required", ""},
};

constexpr FieldFact kResourceClaimTemplateSpecFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ResourceClaimSpec", "required", ""},
};

constexpr FieldFact kResourcePoolFields[] = {
    {"name", 1, "string", "required", ""},
    {"generation", 2, "int64", "required", ""},
    {"resourceSliceCount", 3, "int64", "required", ""},
};

constexpr FieldFact kResourceSliceFields[] = {
    {"metadata", 1, "meta/v1.ObjectMeta", "omitempty", ""},
    {"spec", 2, "ResourceSliceSpec", "required", ""},
};

constexpr FieldFact kResourceSliceListFields[] = {
    {"metadata", 1, "meta/v1.ListMeta", "omitempty", ""},
    {"items", 2, "[]ResourceSlice", "required", ""},
};

constexpr FieldFact kResourceSliceSpecFields[] = {
    {"driver", 1, "string", "required", ""},
    {"pool", 2, "ResourcePool", "required", ""},
    {"nodeName", 3, "*string", "omitempty", ""},
    {"nodeSelector", 4, "*core/v1.NodeSelector", "omitempty", ""},
    {"allNodes", 5, "*bool", "omitempty", ""},
    {"devices", 6, "[]Device", "omitempty list=atomic", ""},
    {"perDeviceNodeSelection", 7, "*bool", "omitempty", ""},
    {"sharedCounters", 8, "[]CounterSet", "omitempty list=atomic", ""},
};

constexpr TypeFact kTypes[] = {
    {"AllocatedDeviceStatus", "", "", kAllocatedDeviceStatusFields},
    {"AllocationResult", "", "", kAllocationResultFields},
    {"CELDeviceSelector", "", "", kCELDeviceSelectorFields},
    {"CapacityRequestPolicy", "", "", kCapacityRequestPolicyFields},
    {"CapacityRequestPolicyRange", "", "", kCapacityRequestPolicyRangeFields},
    {"CapacityRequirements", "", "", kCapacityRequirementsFields},
    {"Counter", "", "", kCounterFields},
    {"CounterSet", "", "", kCounterSetFields},
    {"Device", "", "", kDeviceFields},
    {"DeviceAllocationConfiguration", "", "", kDeviceAllocationConfigurationFields},
    {"DeviceAllocationResult", "", "", kDeviceAllocationResultFields},
    {"DeviceAttribute", "", "", kDeviceAttributeFields},
    {"DeviceCapacity", "", "", kDeviceCapacityFields},
    {"DeviceClaim", "", "", kDeviceClaimFields},
    {"DeviceClaimConfiguration", "", "", kDeviceClaimConfigurationFields},
    {"DeviceClass", "kind", "", kDeviceClassFields},
    {"DeviceClassConfiguration", "", "", kDeviceClassConfigurationFields},
    {"DeviceClassList", "kind", "", kDeviceClassListFields},
    {"DeviceClassSpec", "", "", kDeviceClassSpecFields},
    {"DeviceConfiguration", "", "", kDeviceConfigurationFields},
    {"DeviceConstraint", "", "", kDeviceConstraintFields},
    {"DeviceCounterConsumption", "", "", kDeviceCounterConsumptionFields},
    {"DeviceRequest", "", "", kDeviceRequestFields},
    {"DeviceRequestAllocationResult", "", "", kDeviceRequestAllocationResultFields},
    {"DeviceSelector", "", "", kDeviceSelectorFields},
    {"DeviceSubRequest", "", "", kDeviceSubRequestFields},
    {"DeviceTaint", "", "", kDeviceTaintFields},
    {"DeviceToleration", "", "", kDeviceTolerationFields},
    {"ExactDeviceRequest", "", "", kExactDeviceRequestFields},
    {"NetworkDeviceData", "", "", kNetworkDeviceDataFields},
    {"NodeAllocatableResourceMapping", "", "", kNodeAllocatableResourceMappingFields},
    {"OpaqueDeviceConfiguration", "", "", kOpaqueDeviceConfigurationFields},
    {"ResourceClaim", "kind", "", kResourceClaimFields},
    {"ResourceClaimConsumerReference", "", "", kResourceClaimConsumerReferenceFields},
    {"ResourceClaimList", "kind", "", kResourceClaimListFields},
    {"ResourceClaimSpec", "", "", kResourceClaimSpecFields},
    {"ResourceClaimStatus", "", "", kResourceClaimStatusFields},
    {"ResourceClaimTemplate", "kind", "", kResourceClaimTemplateFields},
    {"ResourceClaimTemplateList", "kind", "", kResourceClaimTemplateListFields},
    {"ResourceClaimTemplateSpec", "", "", kResourceClaimTemplateSpecFields},
    {"ResourcePool", "", "", kResourcePoolFields},
    {"ResourceSlice", "kind", "", kResourceSliceFields},
    {"ResourceSliceList", "kind", "", kResourceSliceListFields},
    {"ResourceSliceSpec", "", "", kResourceSliceSpecFields},
};

}  // namespace

std::span<const TypeFact> resource_v1_types() {
  return kTypes;
}

}  // namespace cove::api
