#include <fmt/format.h>

#include <array>
#include <optional>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/quantity.h"

namespace cove::api::pods {
namespace {

constexpr std::int64_t kMaxMode = 0777;
constexpr std::string_view kModeProblem =
    "must be a number between 0 and 0777 (octal), both inclusive";

using Check = void (*)(ErrorList&, const FieldPath&, const json::object&);

void check_mode(ErrorList& errors, const FieldPath& path, const json::object& object,
                std::string_view field) {
  const std::optional<std::int64_t> mode = integer_at(object, {field});
  if (mode && (*mode < 0 || *mode > kMaxMode)) {
    errors.invalid(path / field, *mode, std::string(kModeProblem));
  }
}

void check_local_path(ErrorList& errors, const FieldPath& path, std::string_view value) {
  validate_descending_path(errors, path, value);
  if (value.starts_with("..") && !value.starts_with("../")) {
    errors.invalid(path, json::string(value), "must not start with '..'");
  }
}

void require(ErrorList& errors, const FieldPath& path, const json::object& object,
             rules::Values fields) {
  for (const std::string_view field : fields) {
    if (!rules::has(object, {field}) ||
        (member(object, field)->is_string() && text_at(object, {field}).empty())) {
      errors.required(path / field);
    }
  }
}

void check_items(ErrorList& errors, const FieldPath& path, const json::object& source) {
  rules::each(array_at(source, {"items"}), [&](const json::object& item, std::size_t i) {
    const FieldPath at = (path / "items").index(i);
    require(errors, at, item, {"key", "path"});
    check_local_path(errors, at / "path", text_at(item, {"path"}));
    check_mode(errors, at, item, "mode");
  });
}

void check_host_path(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::string_view target = text_at(source, {"path"});
  if (target.empty()) {
    errors.required(path / "path");
    return;
  }
  validate_no_backsteps(errors, path / "path", target);
  rules::enumeration(errors, path / "type", text_at(source, {"type"}),
                     {"", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket",
                      "CharDevice", "BlockDevice"});
}

void check_empty_dir(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const auto limit = Quantity::parse(text_at(source, {"sizeLimit"}));
  if (limit && limit->sign() < 0) {
    errors.forbidden(path / "sizeLimit", "SizeLimit field must be a valid resource quantity");
  }
}

void check_git_repo(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"repository"});
  check_local_path(errors, path / "directory", text_at(source, {"directory"}));
}

void check_partition(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::int64_t partition = integer_at(source, {"partition"}).value_or(0);
  if (partition < 0 || partition > 255) {
    errors.invalid(path / "partition", partition, range_problem(0, 255));
  }
}

void check_gce(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"pdName"});
  check_partition(errors, path, source);
}

void check_aws(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"volumeID"});
  check_partition(errors, path, source);
}

void check_secret(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"secretName"});
  check_mode(errors, path, source, "defaultMode");
  check_items(errors, path, source);
}

void check_config_map(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"name"});
  check_mode(errors, path, source, "defaultMode");
  check_items(errors, path, source);
}

void check_downward_files(ErrorList& errors, const FieldPath& path, const json::object& source) {
  static const std::vector<std::string> fields = {"metadata.name", "metadata.namespace",
                                                  "metadata.labels", "metadata.annotations",
                                                  "metadata.uid"};
  rules::each(array_at(source, {"items"}), [&](const json::object& file, std::size_t) {
    require(errors, path, file, {"path"});
    check_local_path(errors, path / "path", text_at(file, {"path"}));
    const json::object* const field = object_at(file, {"fieldRef"});
    const json::object* const resource = object_at(file, {"resourceFieldRef"});
    if (field != nullptr) {
      validate_field_ref(errors, path / "fieldRef", *field, fields);
      if (resource != nullptr) {
        errors.invalid(path, "resource",
                       "fieldRef and resourceFieldRef can not be specified simultaneously");
      }
    } else if (resource != nullptr) {
      validate_resource_field_ref(errors, path / "resourceFieldRef", *resource, true);
    } else {
      errors.required(path, "one of fieldRef and resourceFieldRef is required");
    }
    check_mode(errors, path, file, "mode");
  });
}

void check_downward(ErrorList& errors, const FieldPath& path, const json::object& source) {
  check_mode(errors, path, source, "defaultMode");
  check_downward_files(errors, path, source);
}

void check_nfs(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"server", "path"});
  const std::string_view exported = text_at(source, {"path"});
  if (!exported.starts_with('/')) {
    errors.invalid(path / "path", json::string(exported), "must be an absolute path");
  }
}

void check_iscsi(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"targetPortal"});
  const std::string_view iqn = text_at(source, {"iqn"});
  if (iqn.empty()) {
    errors.required(path / "iqn");
  } else if (!iqn.starts_with("iqn") && !iqn.starts_with("eui") && !iqn.starts_with("naa")) {
    errors.invalid(path / "iqn", json::string(iqn),
                   "must be valid format starting with iqn, eui, or naa");
  }
  const std::int64_t lun = integer_at(source, {"lun"}).value_or(0);
  if (lun < 0 || lun > 255) errors.invalid(path / "lun", lun, range_problem(0, 255));
  const bool chap = flag_at(source, {"chapAuthDiscovery"}) || flag_at(source, {"chapAuthSession"});
  if (chap && object_at(source, {"secretRef"}) == nullptr) errors.required(path / "secretRef");
}

void check_glusterfs(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"endpoints", "path"});
}

void check_claim(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"claimName"});
}

void check_rbd(ErrorList& errors, const FieldPath& path, const json::object& source) {
  if (rules::size_at(source, {"monitors"}) == 0) errors.required(path / "monitors");
  require(errors, path, source, {"image"});
}

void check_volume_id(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"volumeID"});
}

void check_cinder(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"volumeID"});
  if (const json::object* const secret = object_at(source, {"secretRef"})) {
    require(errors, path / "secretRef", *secret, {"name"});
  }
}

void check_cephfs(ErrorList& errors, const FieldPath& path, const json::object& source) {
  if (rules::size_at(source, {"monitors"}) == 0) errors.required(path / "monitors");
}

void check_flocker(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::string_view name = text_at(source, {"datasetName"});
  const std::string_view uuid = text_at(source, {"datasetUUID"});
  if (name.empty() && uuid.empty()) {
    errors.required(path, "one of datasetName and datasetUUID is required");
  }
  if (!name.empty() && !uuid.empty()) {
    errors.invalid(path, "resource",
                   "datasetName and datasetUUID can not be specified simultaneously");
  }
  if (name.find('/') != std::string_view::npos) {
    errors.invalid(path / "datasetName", json::string(name), "must not contain '/'");
  }
}

void check_fc(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::size_t names = rules::size_at(source, {"targetWWNs"});
  const std::size_t ids = rules::size_at(source, {"wwids"});
  if (names == 0 && ids == 0) {
    errors.required(path / "targetWWNs", "must specify either targetWWNs or wwids, but not both");
  }
  if (names != 0 && ids != 0) {
    errors.invalid(path / "targetWWNs", *value_at(source, {"targetWWNs"}),
                   "targetWWNs and wwids can not be specified simultaneously");
  }
  if (names == 0) return;
  const std::optional<std::int64_t> lun = integer_at(source, {"lun"});
  if (!lun) {
    errors.required(path / "lun", "lun is required if targetWWNs is specified");
  } else if (*lun < 0 || *lun > 255) {
    errors.invalid(path / "lun", *lun, range_problem(0, 255));
  }
}

void check_flex(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"driver"});
}

void check_azure_file(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"secretName", "shareName"});
}

void check_azure_disk(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"diskName", "diskURI"});
  rules::enumeration(errors, path / "cachingMode", text_at(source, {"cachingMode"}),
                     {"None", "ReadOnly", "ReadWrite"});
  rules::enumeration(errors, path / "kind", text_at(source, {"kind"}),
                     {"Dedicated", "Managed", "Shared"});
}

void check_vsphere(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"volumePath"});
}

void check_quobyte(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::string_view registry = text_at(source, {"registry"});
  if (registry.empty()) {
    errors.required(path / "registry",
                    "must be a host:port pair or multiple pairs separated by commas");
  }
  if (text_at(source, {"tenant"}).size() > 65) {
    errors.required(path / "tenant", "must be a UUID and may not exceed a length of 64 characters");
  }
  require(errors, path, source, {"volume"});
}

void check_photon(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"pdID"});
}

void check_scale_io(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"gateway", "system", "volumeName"});
}

void check_storage_os(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::string_view name = text_at(source, {"volumeName"});
  if (name.empty()) {
    errors.required(path / "volumeName");
  } else {
    add_problems(errors, path / "volumeName", name, check_dns1123_label(name));
  }
}

void check_csi(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::string_view driver = text_at(source, {"driver"});
  if (driver.empty()) {
    errors.required(path / "driver");
  } else {
    if (driver.size() > 63) errors.too_long(path / "driver", 63);
    add_problems(errors, path / "driver", driver, check_dns1123_subdomain(rules::lower(driver)));
  }
  if (const json::object* const secret = object_at(source, {"nodePublishSecretRef"})) {
    require(errors, path / "nodePublishSecretRef", *secret, {"name"});
  }
}

void check_ephemeral(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const json::object* const claim = object_at(source, {"volumeClaimTemplate"});
  const FieldPath at = path / "volumeClaimTemplate";
  if (claim == nullptr) {
    errors.required(at);
    return;
  }
  rules::labels(errors, at / "metadata" / "labels", object_at(*claim, {"metadata", "labels"}));
  if (const json::object* const metadata = object_at(*claim, {"metadata"})) {
    for (const auto& [name, value] : *metadata) {
      if (name != "labels" && name != "annotations") {
        errors.forbidden(at / "metadata" / name,
                         "cannot be set for a volume claim template of a pod");
      }
    }
  }
  if (rules::size_at(*claim, {"spec", "accessModes"}) == 0) {
    errors.required(at / "spec" / "accessModes", "at least 1 access mode is required");
  }
  if (!rules::has(*claim, {"spec", "resources", "requests", "storage"})) {
    errors.required((at / "spec" / "resources").key("storage"));
  }
}

void check_image(ErrorList& errors, const FieldPath& path, const json::object& source) {
  require(errors, path, source, {"reference"});
  rules::enumeration(errors, path / "pullPolicy", text_at(source, {"pullPolicy"}),
                     {"Always", "IfNotPresent", "Never"});
}

// ---- Projected volumes

void check_token(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::int64_t seconds = integer_at(source, {"expirationSeconds"}).value_or(3600);
  if (seconds < 600) {
    errors.invalid(path / "expirationSeconds", seconds,
                   "may not specify a duration less than 10 minutes");
  } else if (seconds > (std::int64_t{1} << 32)) {
    errors.invalid(path / "expirationSeconds", seconds,
                   "may not specify a duration larger than 2^32 seconds");
  }
  const std::string_view file = text_at(source, {"path"});
  if (file.empty()) {
    errors.required(path / "path");
  } else {
    check_local_path(errors, path / "path", file);
  }
}

void check_trust_bundle(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const bool named = rules::has(source, {"name"});
  const bool signer = rules::has(source, {"signerName"});
  if (named && signer) {
    errors.invalid(path, json::value(source), "only one of name and signerName may be used");
  } else if (!named && !signer) {
    errors.required(path, "either name or signerName must be specified");
  }
  if (const json::object* const selector = object_at(source, {"labelSelector"})) {
    if (named) {
      errors.invalid(path / "labelSelector", *selector,
                     "labelSelector must be unset if name is specified");
    }
    rules::label_selector(errors, path / "labelSelector", selector);
  }
  const std::string_view file = text_at(source, {"path"});
  if (file.empty()) {
    errors.required(path / "path");
  } else {
    check_local_path(errors, path / "path", file);
  }
}

void check_certificate(ErrorList& errors, const FieldPath& path, const json::object& source) {
  if (text_at(source, {"signerName"}).empty()) errors.required(path / "signerName");
  rules::enumeration(errors, path / "keyType", text_at(source, {"keyType"}),
                     {"RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"});
  const std::int64_t seconds = integer_at(source, {"maxExpirationSeconds"}).value_or(86400);
  if (seconds < 3600) {
    errors.invalid(path / "maxExpirationSeconds", seconds, "must be greater than or equal to 3600");
  }
  std::size_t files = 0;
  for (const std::string_view field : {"credentialBundlePath", "keyPath", "certificateChainPath"}) {
    const std::string_view file = text_at(source, {field});
    if (file.empty()) continue;
    ++files;
    check_local_path(errors, path / field, file);
  }
  if (files == 0) {
    errors.required(path,
                    "specify at least one of credentialBundlePath, keyPath, certificateChainPath");
  }
}

// The files a source puts into the volume.
std::vector<std::string_view> files_of(const json::object& source) {
  std::vector<std::string_view> files;
  rules::each(array_at(source, {"items"}), [&](const json::object& item, std::size_t) {
    files.push_back(text_at(item, {"path"}));
  });
  for (const std::string_view field :
       {"path", "credentialBundlePath", "keyPath", "certificateChainPath"}) {
    if (const std::string_view file = text_at(source, {field}); !file.empty()) {
      files.push_back(file);
    }
  }
  return files;
}

void check_projection(ErrorList& errors, const FieldPath& path, std::string_view name,
                      const json::object& source) {
  if (name == "secret" || name == "configMap") {
    require(errors, path, source, {"name"});
    check_items(errors, path, source);
  } else if (name == "downwardAPI") {
    check_downward_files(errors, path, source);
  } else if (name == "serviceAccountToken") {
    check_token(errors, path, source);
  } else if (name == "clusterTrustBundle") {
    check_trust_bundle(errors, path, source);
  } else if (name == "podCertificate") {
    check_certificate(errors, path, source);
  }
}

void check_projected(ErrorList& errors, const FieldPath& path, const json::object& volume) {
  check_mode(errors, path, volume, "defaultMode");
  std::set<std::string, std::less<>> taken;
  rules::each(array_at(volume, {"sources"}), [&](const json::object& projection, std::size_t i) {
    const FieldPath at = (path / "sources").index(i);
    std::size_t sources = 0;
    for (const auto& [name, value] : projection) {
      if (!value.is_object()) continue;
      const json::object& source = value.get_object();
      if (++sources > 1) {
        errors.forbidden(at / name, "may not specify more than 1 volume type");
        continue;
      }
      check_projection(errors, at / name, name, source);
      for (const std::string_view file : files_of(source)) {
        if (file.empty() || taken.emplace(file).second) continue;
        errors.invalid(path, json::string(file), "conflicting duplicate paths");
      }
    }
    if (sources == 0) errors.required(at, "must specify a volume type");
  });
}

// ---- All of them

struct Source {
  std::string_view name;
  Check check;
};

constexpr std::array<Source, 30> kSources = {{
    {"emptyDir", check_empty_dir},
    {"hostPath", check_host_path},
    {"gitRepo", check_git_repo},
    {"gcePersistentDisk", check_gce},
    {"awsElasticBlockStore", check_aws},
    {"secret", check_secret},
    {"nfs", check_nfs},
    {"iscsi", check_iscsi},
    {"glusterfs", check_glusterfs},
    {"flocker", check_flocker},
    {"persistentVolumeClaim", check_claim},
    {"rbd", check_rbd},
    {"cinder", check_cinder},
    {"cephfs", check_cephfs},
    {"quobyte", check_quobyte},
    {"downwardAPI", check_downward},
    {"fc", check_fc},
    {"flexVolume", check_flex},
    {"configMap", check_config_map},
    {"azureFile", check_azure_file},
    {"vsphereVolume", check_vsphere},
    {"photonPersistentDisk", check_photon},
    {"portworxVolume", check_volume_id},
    {"azureDisk", check_azure_disk},
    {"storageos", check_storage_os},
    {"projected", check_projected},
    {"scaleIO", check_scale_io},
    {"csi", check_csi},
    {"ephemeral", check_ephemeral},
    {"image", check_image},
}};

void check_source(ErrorList& errors, const FieldPath& path, const json::object& volume) {
  std::size_t sources = 0;
  for (const Source& source : kSources) {
    const json::object* const given = object_at(volume, {source.name});
    if (given == nullptr) continue;
    if (++sources > 1) {
      errors.forbidden(path / source.name, "may not specify more than 1 volume type");
    } else {
      source.check(errors, path / source.name, *given);
    }
  }
  if (sources == 0) errors.required(path, "must specify a volume type");
}

}  // namespace

void validate_no_backsteps(ErrorList& errors, const FieldPath& path, std::string_view value) {
  for (std::size_t start = 0; start <= value.size();) {
    const std::size_t end = std::min(value.find('/', start), value.size());
    if (value.substr(start, end - start) == "..") {
      errors.invalid(path, json::string(value), "must not contain '..'");
      return;
    }
    start = end + 1;
  }
}

void validate_descending_path(ErrorList& errors, const FieldPath& path, std::string_view value) {
  if (value.starts_with('/')) {
    errors.invalid(path, json::string(value), "must be a relative path");
  }
  validate_no_backsteps(errors, path, value);
}

Volumes validate_volumes(ErrorList& errors, const FieldPath& path, const json::array* volumes) {
  Volumes known;  // those without problems: a mount of another is a problem of its own
  rules::each(volumes, [&](const json::object& volume, std::size_t i) {
    const FieldPath at = path.index(i);
    ErrorList found;
    check_source(found, at, volume);
    const std::string_view name = text_at(volume, {"name"});
    if (name.empty()) {
      found.required(at / "name");
    } else {
      add_problems(found, at / "name", name, check_dns1123_label(name));
    }
    if (known.contains(name)) found.duplicate(at / "name", json::string(name));
    if (found.empty()) known.try_emplace(std::string(name), &volume);
    errors.append(std::move(found));
  });
  return known;
}

}  // namespace cove::api::pods
