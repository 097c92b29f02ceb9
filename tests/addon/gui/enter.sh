#!/bin/sh
# Run a command inside the folder that prepare.sh made, with this checkout and its engine in view.
#
#   sudo sh enter.sh TARGET-FOLDER COMMAND [ARGUMENT...]
#
# The checkout appears at the path that it has outside, and so does the Python that its .venv was
# made from (read-only), so that Blender inside can start the engine as anybody's Blender would.
# All mounts belong to this command's own mount namespace and end with it.
set -eu

target=${1:?"usage: enter.sh TARGET-FOLDER COMMAND [ARGUMENT...]"}
shift
repo=$(cd "$(dirname "$0")/../../.." && pwd -P)
venv=$(cd "$repo/.venv" && pwd -P) # a link, where several checkouts share one
base=$("$repo/.venv/bin/python" -c 'import sys; print(sys.base_prefix)')
case $base in
    /usr) echo "enter.sh: the .venv was made with the system's Python, which the folder cannot" \
        "see; make it with one that lives elsewhere (pyenv, uv)" >&2; exit 1 ;;
esac

exec unshare --mount sh -eu -c '
    target=$1 repo=$2 base=$3 venv=$4; shift 4
    mount --bind /proc "$target/proc"
    mount --bind /dev "$target/dev"
    mkdir -p "$target$repo" "$target$base" "$target$venv"
    mount --bind "$repo" "$target$repo"
    mount --bind "$venv" "$target$venv"
    mount --bind "$base" "$target$base"
    mount -o remount,bind,ro "$target$base"
    exec chroot "$target" /usr/bin/env -C "$repo" "$@"
' enter "$target" "$repo" "$base" "$venv" "$@"
