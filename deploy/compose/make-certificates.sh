#!/bin/sh
# Certificates for a trial: a CA of its own, and one certificate for the services and the balancer. Callers need ca.crt.
# Names of the balancer, as callers know it, may be given: ./make-certificates.sh stock.example
set -eu
umask 022
mkdir -p "$(dirname "$0")/certificates"
cd "$(dirname "$0")/certificates"
if [ -e ca.crt ]; then echo "There are certificates in $PWD already." >&2; exit 1; fi

names='DNS:localhost,DNS:holdfast-1,DNS:holdfast-2,DNS:balancer,IP:127.0.0.1'
for name in "$@"; do names="$names,DNS:$name"; done

key() { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$2" -out "$1.csr"; }
key ca 'Holdfast trial CA'
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' |
  openssl x509 -req -in ca.csr -signkey ca.key -days 825 -out ca.crt -extfile /dev/stdin
key server holdfast
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$names" |
  openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 825 -out server.crt -extfile /dev/stdin
cat server.crt server.key > balancer.pem
# Read by the accounts of three images, which have other numbers than yours.
chmod 644 server.key balancer.pem
rm -f ./*.csr ./*.srl
