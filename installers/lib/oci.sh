# shellcheck shell=bash disable=SC2154
# Folders that are OCI image layouts (OCI image-spec 1.0), out of plain folders: the same files give the same digests.
#
# Who sources it has a scratch folder $work. Everything in a layer belongs to root.

declare -A layer_of=()

# add_blob <layout> <file>: the file among the blobs. Sets blob to its digest and size to its bytes.
add_blob() {
  blob=$(sha256sum <"$2" | cut -d' ' -f1)
  size=$(stat -c %s "$2")
  mkdir -p "$1/blobs/sha256"
  chmod 0644 "$2"
  ln -f "$2" "$1/blobs/sha256/$blob"
}

# make_layer <folder> <age>: once for a folder. Sets layer to the compressed tar's file, and diff to the plain tar's digest.
make_layer() {
  if [[ -z ${layer_of[$1]:-} ]]; then
    layer=$(mktemp "$work/layer.XXXXXX.tar")
    tar --create --directory "$1" --sort=name --mtime="@$2" --owner=0 --group=0 --numeric-owner --format=gnu --file "$layer" .
    diff=$(sha256sum <"$layer" | cut -d' ' -f1)
    gzip "-${layer_compression:-9}nf" "$layer"
    layer_of[$1]="$layer.gz $diff"
  fi
  read -r layer diff <<<"${layer_of[$1]}"
}

# write_image <layout> <names> <settings> [<folder> <age> <what made it>]…
#   names      "docker.io/library/busybox:latest docker.io/library/busybox:1.35"
#   settings   the JSON members of the configuration's "config"
#   folder     one for each layer, lowest first; its files are as old as <age>, seconds since 1970; what made it stands in the
#              history and has no quotes in it. The image is as old as its youngest layer.
write_image() {
  local layout=$1 names=$2 settings=$3 time created=0 name layers='' history='' diffs='' separator='' blob size layer diff
  shift 3
  rm -rf "$layout"
  mkdir -p "$layout"
  while (($# >= 3)); do
    make_layer "$1" "$2"
    add_blob "$layout" "$layer"
    time=$(date -u -d "@$2" +%Y-%m-%dT%H:%M:%SZ)
    layers+="$separator{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:$blob\",\"size\":$size}"
    history+="$separator{\"created\":\"$time\",\"created_by\":\"$3\"}"
    diffs+="$separator\"sha256:$diff\""
    separator=,
    if (($2 > created)); then created=$2; fi
    shift 3
  done
  time=$(date -u -d "@$created" +%Y-%m-%dT%H:%M:%SZ)
  printf '{"created":"%s","architecture":"amd64","os":"linux","config":{%s},"rootfs":{"type":"layers","diff_ids":[%s]},"history":[%s]}' \
    "$time" "$settings" "$diffs" "$history" >"$work/configuration"
  add_blob "$layout" "$work/configuration"
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[%s]}' \
    "$blob" "$size" "$layers" >"$work/manifest"
  add_blob "$layout" "$work/manifest"
  rm "$work/configuration" "$work/manifest"
  separator=''
  {
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":['
    for name in $names; do
      # The first is containerd's and Docker's name of an image, the second what is behind the colon of oci:FOLDER:TAG.
      printf '%s{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"io.containerd.image.name":"%s","org.opencontainers.image.ref.name":"%s"},"platform":{"architecture":"amd64","os":"linux"}}' \
        "$separator" "$blob" "$size" "$name" "${name##*:}"
      separator=,
    done
    printf ']}'
  } >"$layout/index.json"
  printf '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
}
