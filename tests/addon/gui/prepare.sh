#!/bin/sh
# Make a folder with Debian sid, Blender 5.2, a virtual screen and a mouse that scripts can move.
#
#   sudo sh prepare.sh TARGET-FOLDER [MIRROR]
#
# Needs root, debootstrap, about 2 GB, and a minute or two. Run it again to finish or to update.
# APT_OPTIONS is handed to apt-get as it is, for people behind a proxy or with an old snapshot.
set -eu

target=${1:?"usage: prepare.sh TARGET-FOLDER [MIRROR]"}
mirror=${2:-}
APT_OPTIONS=${APT_OPTIONS:-}
export APT_OPTIONS DEBIAN_FRONTEND=noninteractive LC_ALL=C

[ "$(id -u)" = 0 ] || { echo "prepare.sh needs root: debootstrap and chroot do" >&2; exit 1; }
if [ ! -x "$target/usr/bin/apt-get" ]; then
    # shellcheck disable=SC2086  # an absent mirror must vanish: debootstrap has its own default
    debootstrap --variant=minbase sid "$target" $mirror
fi

# The mounts live in this command's own mount namespace: nothing is left to unmount afterwards.
unshare --mount sh -eu -c '
    target=$1
    mount --bind /proc "$target/proc"
    mount --bind /dev "$target/dev"
    cp /etc/resolv.conf "$target/etc/resolv.conf"
    chroot "$target" apt-get $APT_OPTIONS update
    chroot "$target" apt-get $APT_OPTIONS install -y --no-install-recommends \
        blender xvfb xdotool x11-utils xauth imagemagick libgl1-mesa-dri libegl1 libgomp1 \
        python3-numpy python3-requests
' prepare "$target"

# Debian leaves out three modules that `blender --command extension` imports.
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
python3 -m pip download --quiet --no-deps --dest "$wheels" cattrs attrs typing_extensions
for wheel in "$wheels"/*.whl; do
    python3 -m zipfile -e "$wheel" "$target/usr/lib/python3/dist-packages/"
done

chroot "$target" blender --version | head -n 1
