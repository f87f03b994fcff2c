#!/bin/sh
# Makes certificates.ts anew: throwaway keys for tests, no secrets; nobody may trust what they sign.
set -eu
out=$(cd "$(dirname "$0")" && pwd)/certificates.ts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

ec() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"; }
names='subjectAltName=DNS:localhost,DNS:server.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1,IP:10.9.0.1,IP:10.9.0.2'

# name, subject, start, end, extensions
leaf() {
  openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
  printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n%s\n' "$5" >"$1.ext"
  openssl ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in "$1.csr" -out "$1.pem" \
    -startdate "$3" -enddate "$4" -extfile "$1.ext" 2>/dev/null
  openssl x509 -in "$1.pem" -out "$1.crt"
}

mkdir issued
: >issued/index.txt
echo 01 >issued/serial
cat >ca.cnf <<CONFIG
[ca]
default_ca = issued
[issued]
database = issued/index.txt
serial = issued/serial
new_certs_dir = issued
default_md = sha256
policy = policy
unique_subject = no
[policy]
organizationName = optional
commonName = supplied
CONFIG
now=20250101000000Z
never=21250101000000Z

ec ca
openssl req -new -key ca.key -subj '/O=Vitrine/CN=Test CA' -out ca.csr
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n' >ca.ext
openssl ca -batch -notext -selfsign -config ca.cnf -keyfile ca.key -in ca.csr -out ca.pem \
  -startdate "$now" -enddate "$never" -extfile ca.ext 2>/dev/null
openssl x509 -in ca.pem -out ca.crt
ec server && leaf server '/O=Vitrine/CN=localhost' "$now" "$never" "$names"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>/dev/null
leaf rsa '/O=Vitrine/CN=localhost' "$now" "$never" "$names"
ec wrong && leaf wrong '/O=Vitrine/CN=wrong.test' "$now" "$never" 'subjectAltName=DNS:wrong.test'
ec client && leaf client '/O=Vitrine/CN=client one' "$now" "$never" 'subjectAltName=DNS:client.test'
ec expired && leaf expired '/O=Vitrine/CN=localhost' 20200101000000Z 20200201000000Z "$names"
ec self
openssl req -new -key self.key -subj '/O=Vitrine/CN=localhost' -out self.csr
printf '%s\n' "$names" >self.ext
openssl ca -batch -notext -selfsign -config ca.cnf -keyfile self.key -in self.csr -out self.pem \
  -startdate "$now" -enddate "$never" -extfile self.ext 2>/dev/null
openssl x509 -in self.pem -out self.crt

{
  echo '/** Made by generate.sh: throwaway keys for tests. `server`, `rsa` and `self` name localhost, server.test, *.wild.test and the lab. */'
  for name in ca server rsa wrong client expired self; do
    printf 'export const %s = {\n  cert: `%s`,\n  key: `%s`,\n};\n' "$name" "$(cat "$name.crt")" "$(cat "$name.key")"
  done
} >"$out"
