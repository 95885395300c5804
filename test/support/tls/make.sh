#!/bin/sh
# Remakes the keys of this folder; they are valid for 100 years.
set -eu
cd "$(dirname "$0")"
new() { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$2" "$3" "$4"; }
new ca 'Holdfast test CA' -out ca.csr
openssl x509 -req -in ca.csr -signkey ca.key -days 36500 -out ca.crt -extfile /dev/stdin <<EOF
basicConstraints=critical,CA:TRUE
EOF
new server localhost -out server.csr
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -days 36500 -out server.crt -extfile /dev/stdin <<EOF
subjectAltName=DNS:localhost,IP:127.0.0.1
EOF
new client 'a client' -out client.csr
openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -days 36500 -out client.crt -extfile /dev/null
new stranger 'a stranger' -out stranger.csr
openssl x509 -req -in stranger.csr -signkey stranger.key -days 36500 -out stranger.crt -extfile /dev/null
rm -f ./*.csr ./*.srl ca.key
