# shellcheck shell=bash
# What installers/dev says: phases with their time, and failures with their remedy.

say() { printf '%s\n' "$*"; }

# fail <sentence>…: one message and the end.
fail() {
  printf 'installers/dev: %s\n' "$*" >&2
  exit 1
}

# phase <title> <command…>: runs it and says how long it took, whatever its end.
phase() {
  local title=$1 start=${EPOCHREALTIME/[.,]/} code=0 took
  shift
  "$@" || code=$?
  took=$(((${EPOCHREALTIME/[.,]/} - start) / 100000))
  if ((code == 0)); then
    printf '[%4d.%d s] %s\n' $((took / 10)) $((took % 10)) "$title"
  else
    printf '[%4d.%d s] %s: FAILED\n' $((took / 10)) $((took % 10)) "$title" >&2
  fi
  return "$code"
}
