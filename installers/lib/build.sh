# shellcheck shell=bash
# Compiling and assembling, all of it incremental.

# As many jobs as there are processors, and no more than the memory feeds: a large source takes up to 2 GiB to compile.
jobs() {
  local count memory limit
  count=$(nproc)
  memory=$(($(awk '/^MemTotal:/ {print $2}' /proc/meminfo) / 1024))
  for limit in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    if [[ -r $limit ]] && read -r limit <"$limit" && [[ $limit =~ ^[0-9]{1,15}$ ]] && ((limit >> 20 < memory)); then
      memory=$((limit >> 20))
    fi
  done
  ((count * 2048 > memory)) && count=$((memory / 2048))
  echo $((count > 0 ? count : 1))
}

# compile <preset> <target…>: configures when it must, which ninja cannot see for presets and moved clones.
compile() {
  local preset=$1 folder=$root/build/$1
  shift
  if [[ -f $folder/CMakeCache.txt ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    say "The clone was moved: build/$preset starts afresh."
    as_worker rm -rf "$folder"
  fi
  if [[ ! -f $folder/.configured || ! -f $folder/build.ninja || $root/CMakePresets.json -nt $folder/.configured ]]; then
    phase "Configure ($preset)" quietly as_worker cmake --preset "$preset" || return
    as_worker touch "$folder/.configured"
  fi
  local -a quiet=(--quiet)
  if [[ -t 1 ]]; then quiet=(); fi
  phase "Build ($preset: $*)" as_worker ninja "${quiet[@]}" -C "$folder" -j "$(jobs)" "$@"
}

# Runs it and shows what it said only when it fails.
quietly() {
  local output
  output=$("$@" 2>&1) || {
    local code=$?
    printf '%s\n' "$output" >&2
    return "$code"
  }
}

assemble_images() {
  local -a make=(as_worker installers/images/build --out build/release/share/cove/images)
  local -a assemble=(as_worker installers/image/build --coved build/release/bin/coved --init build/release/bin/cove-init
    --pause build/release/bin/cove-pause --reaper build/release/bin/cove-reaper
    --images build/release/share/cove/images --out build/release/share/cove/system)
  if phase "Make the container images" "${make[@]}" && phase "Assemble the system image" "${assemble[@]}"; then return 0; fi
  # Their packages come by apt's lists, which may be missing, or older than what the mirror still has.
  say "Trying once more with fresh package lists, which need root to be renewed."
  can_be_root || fail "sudo is not available here. Have root run: apt-get update"
  phase "Renew the package lists" quietly renew_lists
  phase "Make the container images" "${make[@]}" && phase "Assemble the system image" "${assemble[@]}"
}
