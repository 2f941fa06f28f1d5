#!/bin/bash
# Runs a test program beside a system libvirtd of its own: private mounts, network and processes, a /dev without kvm,
# nothing shared with the host's libvirt, nothing left afterwards. Needs root; exits with 77 (skipped) when it cannot run.
set -eu

skip() {
  echo "skipped: $1"
  exit 77
}

if [ "${1:-}" != --inside ]; then
  [ "$(id -u)" = 0 ] || skip "a system libvirtd needs root"
  for program in unshare libvirtd qemu-system-x86_64 dnsmasq iptables ip; do
    PATH=$PATH:/usr/sbin:/sbin command -v $program > /dev/null || skip "$program is not installed"
  done
  exec unshare --mount --net --pid --fork --kill-child --mount-proc "$0" --inside "$@"
fi
shift

export PATH=$PATH:/usr/sbin:/sbin
mount --make-rprivate /
mkdir -p /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt
for folder in /tmp /run /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
  mount -t tmpfs -o mode=755 tmpfs $folder
done
mkdir /run/lock
devices=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$devices"
mkdir "$devices/pts" "$devices/shm" "$devices/net"
for device in null zero full random urandom tty net/tun; do
  [ -e /dev/$device ] || skip "/dev/$device is missing"
  cp -a /dev/$device "$devices/$device"
done
ln -s pts/ptmx "$devices/ptmx"
ln -s /proc/self/fd "$devices/fd"
mount --move "$devices" /dev
mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
[ ! -e /dev/kvm ] || skip "/dev/kvm is still visible"

ip link set lo up
cat > /etc/libvirt/qemu.conf << 'END'
namespaces = []
security_driver = "none"
stdio_handler = "file"
user = "libvirt-qemu"
group = "libvirt-qemu"
END
# libvirtd does not start without the account that its package makes.
for file in passwd group; do
  cp /etc/$file /run/$file
  case $file in
    passwd) entry="libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin" ;;
    group) entry="libvirt-qemu:x:64055:" ;;
  esac
  grep -q "^libvirt-qemu:" /run/$file || echo "$entry" >> /run/$file
  mount --bind /run/$file /etc/$file
done
cat > /etc/libvirt/libvirtd.conf << 'END'
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0777"
END
export COVE_TEST_FOLDER=/tmp/machine
mkdir -m 1777 $COVE_TEST_FOLDER

libvirtd --config /etc/libvirt/libvirtd.conf 2> /var/log/libvirt/libvirtd.log &
daemon=$!
for _ in $(seq 300); do
  if [ -S /run/libvirt/libvirt-sock ]; then break; fi
  kill -0 $daemon 2> /dev/null || break
  sleep 0.1
done

status=0
"$@" || status=$?
if [ $status != 0 ]; then tail -n 50 /var/log/libvirt/libvirtd.log; fi
kill $daemon 2> /dev/null || true
wait $daemon || true
exit $status
