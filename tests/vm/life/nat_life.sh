#!/bin/bash
# nat_life.sh <cove>: a cluster's whole life on the NAT network, by an ordinary account. Run by libvirt_system.sh.
set -eu

cove=$1
home=$COVE_TEST_FOLDER/home
mkdir -p "$home/run"
chmod 0700 "$home" "$home/run"
# Who built the programs can reach them.
account=$(stat -c %u "$cove")
((account != 0)) || account=65534
chown -R $account:$account "$home"
# The way to the account's own folder, and no further.
chmod 0711 /tmp "$COVE_TEST_FOLDER"

as_account() {
  env -i PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run" KUBECONFIG="$home/kubeconfig" LANG=C.UTF-8 \
    setpriv --reuid=$account --regid=$account --clear-groups "$@"
}

fail() {
  echo "nat_life: $1" >&2
  as_account "$cove" logs >&2 || true
  as_account "$cove" delete >&2 || true
  exit 1
}

# expect <regular expression> <command…>
expect() {
  local wanted=$1 said
  shift
  said=$("$@" 2>&1) || fail "'$*' ended with $?: $said"
  [[ $said =~ $wanted ]] || fail "'$*' does not say '$wanted': $said"
}

expect 'is running at https://192\.168\.[0-9]+\.[0-9]+:6443' as_account "$cove" start --network nat
server=$(sed -n 's/^ *server: *"\{0,1\}\(https:[^"]*\).*/\1/p' "$home/kubeconfig")
address=${server#https://}
expect "${address%:*}/" as_account "$cove" ssh -- ip addr
exec 3<>"/dev/tcp/${address%:*}/${address##*:}" || fail "nobody listens at $server"
exec 3>&-
expect 'host: Running' as_account "$cove" status
expect 'coved is ready' as_account "$cove" logs
expect 'stopped' as_account "$cove" stop
expect "is running at $server" as_account "$cove" start
expect 'paused' as_account "$cove" pause
expect "is running at $server" as_account "$cove" start
[[ $(stat -c %u "$home"/.local/share/cove/clusters/cove/data.qcow2) == "$account" ]] || fail "the disk has another owner"
expect 'is gone' as_account "$cove" delete
[[ -z $(find "$home/.local/share/cove/clusters" -mindepth 1) ]] || fail "files are left"
! ip -o address | grep -q 192.168. || fail "the network is left"
