#!/usr/bin/env bash
# Verifies a bundle with OpenSSL 3, jq and coreutils: that this key signed this envelope, and the envelope this archive.
# It does not check expiry, rollback, paths or coverage.
#
#   verify_with_openssl.sh ARCHIVE ENVELOPE KEY.pub.pem
set -euo pipefail
T=$1 E=$2 KEY=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

id=$(openssl pkey -pubin -in "$KEY" -outform DER | sha256sum | cut -d' ' -f1)
jq -er '.payloadType == "application/vnd.in-toto+json"' "$E" > /dev/null
jq -r .payload "$E" | base64 -d > "$work/p"
jq -er --arg id "$id" '.signatures[] | select(.keyid == $id) | .sig' "$E" | base64 -d > "$work/s"
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(stat -c %s "$work/p")"; cat "$work/p"; } > "$work/pae"
openssl pkeyutl -verify -pubin -inkey "$KEY" -rawin -in "$work/pae" -sigfile "$work/s"
echo "$(jq -r '.subject[0].digest.sha256' "$work/p")  $T" | sha256sum -c -
