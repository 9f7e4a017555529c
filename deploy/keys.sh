#!/bin/bash
# deploy/keys.sh FOLDER: a key for one cluster, in a folder that nobody else can enter (docs/cluster.md). Scheduler,
# workers and app each show it and ask for it; without it none of them can be spoken to.
set -euo pipefail
umask 077
mkdir -p "${1:?the folder}"
chmod 700 "$1"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj /CN=layerscope \
    -keyout "$1/key.pem" -out "$1/cert.pem" 2>/dev/null
