// What PersistentVolumes and their claims say about each other (kubernetes.io "Persistent
// Volumes"). Pure functions of documents.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/api/object.h"

namespace cove::controllers {

inline constexpr std::string_view kBindCompleted = "pv.kubernetes.io/bind-completed";
inline constexpr std::string_view kBoundByController = "pv.kubernetes.io/bound-by-controller";
inline constexpr std::string_view kProvisionedBy = "pv.kubernetes.io/provisioned-by";
inline constexpr std::string_view kSelectedNode = "volume.kubernetes.io/selected-node";
inline constexpr std::string_view kProvisioner = "volume.kubernetes.io/storage-provisioner";
inline constexpr std::string_view kOldProvisioner = "volume.beta.kubernetes.io/storage-provisioner";

std::string_view annotation_of(const api::Object& object, std::string_view name);
// Of a claim or a volume; empty: none.
std::string_view storage_class_of(const api::Object& object);

// Whether the volume is bound to this claim or kept for it.
bool is_for_claim(const api::Object& volume, const api::Object& claim);
// Why a claim cannot have the volume that it asks for by name; empty: it can.
std::string_view mismatch(const api::Object& volume, const api::Object& claim);

// The volume that fits the claim best: one that is kept for it, else the smallest of those with the
// fewest access modes. `node` (may be null) is where it must be usable. With `delayed` only one
// that is kept for it. Null when none fits.
api::ObjectPtr find_volume(const api::Object& claim, const std::vector<api::ObjectPtr>& volumes,
                           const api::Object* node, bool delayed);
// Whether the volume's node affinity allows that node.
bool is_usable_on(const api::Object& volume, const api::Object& node);

// The keys ("namespace/name") of the claims that a pod uses: those it names, and those of its
// ephemeral volumes.
std::vector<std::string> claims_of(const api::Object& pod);
// The index by claims_of() that informers of pods have here.
inline constexpr std::string_view kByClaim = "persistentvolumeclaims";

}  // namespace cove::controllers
