#!/bin/sh
# Installs or updates Muster as a systemd service: deploy/install.sh [EXECUTABLE [CONFIG-FILE]], as root.
# Run it again to update: it replaces the executable and the unit and keeps configuration and data. DESTDIR=/some/root
# puts the files there and touches neither users nor systemd.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
executable=${1:-$here/../dist/muster}
config=${2:-$here/config/single.hcl}
root=${DESTDIR:-}

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

[ -x "$executable" ] || fail "no executable at $executable; build it with: npm run build"
[ -r "$config" ] || fail "can't read $config"
# A wrong architecture or a system without glibc shows here and not in a service that fails.
BUN_OPTIONS='' "$executable" version >/dev/null || fail "$executable does not run on this machine"

if [ -z "$root" ]; then
  [ "$(id -u)" -eq 0 ] || fail "needs root"
  if ! getent passwd muster >/dev/null; then
    useradd --system --user-group --home-dir /var/lib/muster --no-create-home --shell /usr/sbin/nologin muster
  fi
fi

# The new file appears under its name at once, because a running executable can't be written to.
mkdir -p "$root/usr/local/bin" "$root/etc/muster.d" "$root/etc/systemd/system"
install -m 0755 "$executable" "$root/usr/local/bin/muster.new"
mv "$root/usr/local/bin/muster.new" "$root/usr/local/bin/muster"
install -m 0644 "$here/muster.service" "$root/etc/systemd/system/muster.service"

if [ -z "$(find "$root/etc/muster.d" -type f)" ]; then
  install -m 0640 "$config" "$root/etc/muster.d/$(basename "$config")"
fi

if [ -z "$root" ]; then
  chown -R root:muster /etc/muster.d
  chmod 0750 /etc/muster.d
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable muster
    systemctl restart muster
  else
    echo "systemd does not run here; start it with: muster agent -config-dir=/etc/muster.d"
  fi
fi
echo "installed $("$root/usr/local/bin/muster" version | head -n 1) in ${root:-/}"
