#!/bin/bash
# Proof of the Dockerfile where no container engine runs. As root on Debian, with mmdebstrap:
#   deploy/prove.sh [ROOT] [NAME=VALUE of a build argument]...
# Every instruction is executed in a fresh Debian root with the Python that the base image has too; then the app is
# started there as the image starts it (its user, its command, a root that cannot be written, /tmp in memory, a store
# that can be) without any network but its own loopback, its health check is asked, the page fetched, a network measured.
# What differs from an engine: the base is Debian 12 with its own Python 3.11 instead of python:3.11-slim, and there are
# no layers. ROOT: a new folder, or one with a Debian root that nothing was done in. PIP_* of the caller are handed on,
# and the folders in BIND (for wheels on this machine) are seen inside under the same name.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
root=${1:-$(mktemp -d /var/tmp/layerscope-root.XXXXXX)}
declare -A arguments
for pair in "${@:2}"; do arguments[${pair%%=*}]=${pair#*=}; done

if [ ! -e "$root/usr/bin/python3" ]; then
    mmdebstrap --variant=minbase --include=python3,python3-pip,ca-certificates bookworm "$root"
fi
# As in the image of Python: `python` by that name, and pip may install for everybody.
ln -sf /usr/bin/python3 "$root/usr/local/bin/python"
rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$root/etc/"; fi

environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
handed=()
while IFS= read -r pair; do handed+=("$pair"); done < <(env | grep '^PIP_' || true)
folder=/ user=root

inside() {   # inside rw|ro COMMAND...: in namespaces of its own, so that nothing mounted or started outlives it
    local mode=$1 apart=(--mount --pid --fork --kill-child)
    if [ "$mode" = ro ]; then apart+=(--net); fi
    shift
    unshare "${apart[@]}" bash -euc '
        root=$1 mode=$2 user=$3 folder=$4; shift 4
        mount --bind "$root" "$root"
        for path in ${BIND:-}; do mkdir -p "$root$path"; mount --bind -o ro "$path" "$root$path"; done
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/tmp"
        if [ "$mode" = ro ]; then
            store=$(mktemp -d); chown --reference="$root/store" "$store"
            mount --bind "$store" "$root/store"
            mount -o remount,bind,ro "$root"
            ip link set lo up
        fi
        id=$(chroot "$root" id -u "$user")
        home=$(chroot "$root" sh -c "echo ~$user")
        exec chroot --userspec="$id:$id" "$root" env -i HOME="$home" "$@"
    ' bash "$root" "$mode" "$user" "$folder" "$@"
}

words() { python3 -c 'import json, sys; print("\n".join(json.loads(sys.argv[1])))' "$1"; }

while IFS= read -r line; do
    instruction=${line%% *} rest=${line#* }
    echo "==> $line"
    case $instruction in
        FROM | VOLUME | EXPOSE) ;;
        ENV) read -ra pairs <<<"$rest"; environment+=("${pairs[@]}") ;;
        ARG) name=${rest%%=*}; value=${arguments[$name]-${rest#*=}}
             if [ -n "$value" ]; then handed+=("$name=$value"); fi ;;
        WORKDIR) folder=$rest; mkdir -p "$root$folder" ;;
        COPY) read -ra files <<<"$rest"; target=${files[-1]}; unset 'files[-1]'
              for file in "${files[@]}"; do
                  destination=$root$folder/$target
                  if [[ $target == */ ]]; then mkdir -p "$destination"; fi
                  if [ -d "$here/$file" ]; then mkdir -p "$destination"; cp -r "$here/$file/." "$destination"
                  else cp "$here/$file" "$destination"; fi
              done ;;
        RUN) inside rw "${environment[@]}" "${handed[@]}" sh -c "cd $folder && $rest" ;;
        USER) user=$rest ;;
        HEALTHCHECK) mapfile -t health < <(words "${rest#*CMD }") ;;
        CMD) mapfile -t start < <(words "$rest") ;;
        *) echo "The instruction $instruction is not known here."; exit 1 ;;
    esac
done < <(sed -e '/^ *#/d' "$here/Dockerfile" | sed -e ':a;/\\$/{N;s/ *\\\n */ /;ba}' -e '/^ *$/d')

echo "==> started as $user, read-only root, no network but its own loopback: ${start[*]}"
check='import urllib.request
page = urllib.request.urlopen("http://127.0.0.1:8501/", timeout=10).read().decode()
assert "<title>" in page and "static/js/" in page, page[:500]
metrics = urllib.request.urlopen("http://127.0.0.1:8501/metrics", timeout=30).read().decode()
assert "layerscope_workers" in metrics, metrics[:500]
print(f"The page has {len(page)} characters of HTML, the metrics {len(metrics.splitlines())} lines.")'
profile='python -m idcore profile --network mlp --regime untrained --data digits --n 100'
inside ro "${environment[@]}" bash -euc '
    cd "$1"; check=$2 profile=$3 health=$4; shift 4
    if touch /probe /app/probe 2>/dev/null; then echo "The root can be written."; exit 1; fi
    "$@" & app=$!
    for _ in $(seq 90); do
        if eval "$health" 2>/dev/null; then break; fi
        kill -0 $app
        sleep 1
    done
    eval "$health" && echo "==> healthy"
    python -c "$check"
    $profile
    python -W ignore -c "import umap; print(\"UMAP is there.\")"
    kill $app
' bash "$folder" "$check" "$profile" "$(printf '%q ' "${health[@]}")" "${start[@]}"
echo "The Dockerfile holds."
