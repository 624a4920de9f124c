#!/usr/bin/env bash
# Installs, upgrades, removes and purges the packages dev.deb and release.deb in a Debian that this may change: the folder
# LOWER as it is, and a layer in memory that takes what changes. Run it in a mount namespace of its own.
set -euo pipefail
lower=$1 room=$2 root=$2/root

# A layer above a layer needs a file system of its own, so it is in memory.
mkdir -p "$room/memory" "$root"
{
	mount -t tmpfs tmpfs "$room/memory" && mkdir "$room/memory/upper" "$room/memory/work" &&
		mount -t overlay overlay -o "lowerdir=$lower,upperdir=$room/memory/upper,workdir=$room/memory/work" "$root"
} || { echo "no layer: $lower"; exit 1; }
mkdir -p "$root/run" "$root/tmp"
mount -t tmpfs tmpfs "$root/run" # no systemd is running there
mount -t tmpfs tmpfs "$root/tmp"
cp "$room"/*.deb "$root/tmp"

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$root" "$@"; }
is() { # what it should be, and a command that says it
	local want=$1 got
	shift
	got=$(inside "$@" 2>&1) || true
	[[ $got == "$want" ]] || { echo "$*: $got, want $want"; exit 1; }
}

# Nothing has to last, and the manual pages of the whole machine need no new index.
dpkg='dpkg --force-unsafe-io --no-triggers'
inside $dpkg --install /tmp/dev.deb
is '0.1.0~dev+33112c590d5f' dpkg-query --show --showformat '${Version}' rolecall
is '' dpkg --verify rolecall
is '640 root:rolecall' stat --format '%a %U:%G' /etc/rolecall.env
is '700 rolecall:rolecall' stat --format '%a %U:%G' /var/lib/rolecall
is '700 rolecall:rolecall' stat --format '%a %U:%G' /var/backups/rolecall
is '/usr/sbin/nologin' sh -c 'getent passwd rolecall | cut -d: -f7'
is 'ExecStart=/usr/bin/rolecall serve' grep ^ExecStart= /usr/lib/systemd/system/rolecall.service
is 'ROLECALL_MUST_EXIST=true' grep MUST_EXIST= /etc/rolecall.env
is "$(inside id -u rolecall)" sh -c 'runuser -u rolecall -- rolecall version | cut -d" " -f1'

# What an operator wrote, and data, outlive an upgrade and a removal.
inside sh -c 'echo ROLECALL_LOG_FORMAT=json >>/etc/rolecall.env; chmod 600 /etc/rolecall.env'
inside sh -c 'echo data >/var/lib/rolecall/rolecall.db; echo copy >/var/backups/rolecall/rolecall-2026-11-30.db'
inside $dpkg --force-confold --install /tmp/release.deb
is '0.1.0' dpkg-query --show --showformat '${Version}' rolecall
is 'ROLECALL_LOG_FORMAT=json' tail -n 1 /etc/rolecall.env
is '600 root:rolecall' stat --format '%a %U:%G' /etc/rolecall.env
inside $dpkg --remove rolecall
is 'ROLECALL_LOG_FORMAT=json' tail -n 1 /etc/rolecall.env
is 'data' cat /var/lib/rolecall/rolecall.db
is 'gone' sh -c '[ -e /usr/bin/rolecall ] || echo gone'
inside $dpkg --install /tmp/release.deb
is 'data' cat /var/lib/rolecall/rolecall.db

# A purge leaves the backups, and the user that they belong to.
inside $dpkg --purge rolecall
is '/var/backups/rolecall' sh -c 'ls -d /etc/rolecall.env /var/lib/rolecall /var/backups/rolecall 2>/dev/null'
is 'copy' cat /var/backups/rolecall/rolecall-2026-11-30.db
echo 'all is well'
