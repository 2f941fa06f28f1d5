# shellcheck shell=bash disable=SC2154
# Folders that are OCI image layouts (OCI image-spec 1.0), out of plain folders: the same files give the same digests.
#
# Who sources it has a scratch folder $work. Everything in a layer belongs to root and is as old as the image.

# add_blob <layout> <file>: moves the file among the blobs. Sets blob to its digest and size to its bytes.
add_blob() {
  blob=$(sha256sum <"$2" | cut -d' ' -f1)
  size=$(stat -c %s "$2")
  mkdir -p "$1/blobs/sha256"
  chmod 0644 "$2"
  mv "$2" "$1/blobs/sha256/$blob"
}

# write_image <layout> <created> <names> <settings> [<folder> <what made it>]…
#   created    seconds since 1970
#   names      "docker.io/library/busybox:latest docker.io/library/busybox:1.35"
#   settings   the JSON members of the configuration's "config"
#   folder     one for each layer, lowest first; what made it stands in the history and has no quotes in it
write_image() {
  local layout=$1 created=$2 names=$3 settings=$4 time name layers='' history='' diffs='' separator='' blob size diff
  shift 4
  time=$(date -u -d "@$created" +%Y-%m-%dT%H:%M:%SZ)
  rm -rf "$layout"
  mkdir -p "$layout"
  while (($# >= 2)); do
    tar --create --directory "$1" --sort=name --mtime="@$created" --owner=0 --group=0 --numeric-owner --format=gnu \
      --file "$work/layer.tar" .
    diff=$(sha256sum <"$work/layer.tar" | cut -d' ' -f1)
    gzip -9nf "$work/layer.tar"
    add_blob "$layout" "$work/layer.tar.gz"
    layers+="$separator{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:$blob\",\"size\":$size}"
    history+="$separator{\"created\":\"$time\",\"created_by\":\"$2\"}"
    diffs+="$separator\"sha256:$diff\""
    separator=,
    shift 2
  done
  printf '{"created":"%s","architecture":"amd64","os":"linux","config":{%s},"rootfs":{"type":"layers","diff_ids":[%s]},"history":[%s]}' \
    "$time" "$settings" "$diffs" "$history" >"$work/blob"
  add_blob "$layout" "$work/blob"
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[%s]}' \
    "$blob" "$size" "$layers" >"$work/blob"
  add_blob "$layout" "$work/blob"
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
