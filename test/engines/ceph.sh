#!/usr/bin/env bash
#
# ceph.sh - a real S3 server for tests: a one-node Ceph cluster (mon, osd,
# radosgw) built from Debian packages only. No containers, and no network
# beyond Debian's package mirror. Needs root on a Debian machine (or another
# one that packages mmdebstrap); installs the rest itself.
#
#   ceph.sh install    install what is missing, and start nothing
#   ceph.sh up         install what is missing, start afresh, return when S3
#                      answers; does nothing when it already runs
#   ceph.sh down       stop it and throw its objects away
#   ceph.sh status     say what runs; exit 0 when S3 answers, 3 when it does not
#   ceph.sh env        print exports for the shell:  eval "$(ceph.sh env)"
#
#   ceph.sh stop       stop it cleanly and keep the objects
#   ceph.sh kill       the same with SIGKILL, like a power cut
#   ceph.sh start      start it again after stop or kill
#   ceph.sh stop-rgw   take only the S3 front end away ...
#   ceph.sh start-rgw  ... and bring it back
#   ceph.sh admin ...  run radosgw-admin on this cluster
#   ceph.sh clean      down, and remove the whole state directory
#
# Options (or environment variables):
#   --release R    CEPH_DEV_RELEASE   whose packages: bookworm (Ceph 16.2),
#                                     trixie (18.2, the default), sid (20.2)
#   --dir DIR      CEPH_DEV_DIR       state; default ${TMPDIR:-/tmp}/ceph-dev
#   --port N       CEPH_DEV_PORT      S3 over HTTP; default 7480
#   --tls-port N   CEPH_DEV_TLS_PORT  S3 over HTTPS; default 7443, 0 for none
#   --mon-port N   CEPH_DEV_MON_PORT  first of 40 internal ports; default 13300
#   --store S      CEPH_DEV_STORE     memstore (default; up to 8 GiB, in memory)
#                                     or bluestore (16 GiB sparse file, survives
#                                     kill)
#   --mirror URL   CEPH_DEV_MIRROR    Debian mirror; default: the one apt uses
#   --isolate      CEPH_DEV_ISOLATE=1 private root even where apt would do
#   --extra FILE   CEPH_DEV_EXTRA     more lines for [client.rgw] of ceph.conf
#
# Where the packages go: if this machine runs the Debian release asked for, apt
# installs them directly. Otherwise, or with --isolate, mmdebstrap makes a root
# of that release in DIR/root-RELEASE (about 500 MB, made once, fit for a CI
# cache), and the daemons run chrooted into it. Its mounts live in a private
# mount namespace: none is ever visible on, or left behind on, the machine.
#
# All ports listen on 127.0.0.1 only. The settings favour test coverage over
# safety: well-known keys, SSE-C without TLS, a single copy of the data, and a
# stand-in for Vault that makes SSE-S3 work but keeps nobody out.

# shellcheck disable=SC1091,SC2015,SC2016
set -Eeuo pipefail
umask 022
PATH=$PATH:/usr/sbin:/sbin

PROG=${0##*/}
exec 7>&2 # messages go here even while a step's output goes to its log
say() { printf '%s: %s\n' "$PROG" "$*" >&7; }
die() {
  say "error: $*"
  exit 1
}
usage() { sed -n '3,/^$/s/^#\( \|$\)//p' "$0"; }

# ---------------------------------------------------------------- settings

DIR=${CEPH_DEV_DIR:-${TMPDIR:-/tmp}/ceph-dev}
RELEASE=${CEPH_DEV_RELEASE:-}
PORT=${CEPH_DEV_PORT:-}
TLS_PORT=${CEPH_DEV_TLS_PORT:-}
MON_PORT=${CEPH_DEV_MON_PORT:-}
STORE=${CEPH_DEV_STORE:-}
ISOLATE=${CEPH_DEV_ISOLATE:-}
MIRROR=${CEPH_DEV_MIRROR:-}
EXTRA=${CEPH_DEV_EXTRA:-}

REGION='us-east-1'
# Virtual-host style addressing works for BUCKET.localhost and BUCKET.s3.test.
# (The second one is for TLS: Node.js refuses a certificate for *.localhost.)
DOMAIN=s3.test
# The main user, and a second one without rights of its own, for policy tests.
USER_ID=conformance ACCESS_KEY=conformance SECRET_KEY=conformance
OTHER_USER_ID=other OTHER_ACCESS_KEY=other OTHER_SECRET_KEY=othersecret
# A role with full access that both users may assume.
ROLE=tester
# SSE-KMS key ids, with their keys (32 bytes in base64).
KMS_KEY_1=testkey-1=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
KMS_KEY_2=testkey-2=QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=
# Storage classes besides STANDARD (in name only: all use the same pool).
STORAGE_CLASSES=(REDUCED_REDUNDANCY STANDARD_IA)

PACKAGES=(ceph-mon ceph-osd ceph-common radosgw openssl python3)
COMMANDS=(ceph-mon ceph-osd ceph ceph-authtool monmaptool radosgw radosgw-admin openssl python3)

VERB=
ADMIN_ARGS=()
while [ $# -gt 0 ]; do
  case $1 in
    --release | --dir | --port | --tls-port | --mon-port | --store | --mirror | --extra)
      [ $# -ge 2 ] || die "$1 needs a value"
      case $1 in
        --release) RELEASE=$2 ;;
        --dir) DIR=$2 ;;
        --port) PORT=$2 ;;
        --tls-port) TLS_PORT=$2 ;;
        --mon-port) MON_PORT=$2 ;;
        --store) STORE=$2 ;;
        --mirror) MIRROR=$2 ;;
        --extra) EXTRA=$2 ;;
      esac
      shift 2
      ;;
    --isolate)
      ISOLATE=1
      shift
      ;;
    -h | --help | help)
      usage
      exit 0
      ;;
    -*) die "unknown option $1 (see $PROG --help)" ;;
    *)
      [ -z "$VERB" ] || die "one verb at a time, not '$VERB' and '$1'"
      VERB=$1
      shift
      if [ "$VERB" = admin ]; then
        ADMIN_ARGS=("$@")
        break
      fi
      ;;
  esac
done

# The settings that are remembered with the cluster, so that the other verbs
# need no option but --dir. (ASKED is what "up" was asked for explicitly.)
settings() {
  local v
  for v in RELEASE PORT TLS_PORT MON_PORT STORE ISOLATE; do
    [ -z "${!v}" ] || printf '%s=%q\n' "$v" "${!v}"
  done
}
ASKED=$(settings)
: "${RELEASE:=trixie}" "${PORT:=7480}" "${TLS_PORT:=7443}" "${MON_PORT:=13300}" "${STORE:=memstore}" "${ISOLATE:=0}"

case $RELEASE in bookworm | trixie | sid) ;; *) die "--release: bookworm, trixie or sid, not '$RELEASE'" ;; esac
case $STORE in memstore | bluestore) ;; *) die "--store: memstore or bluestore, not '$STORE'" ;; esac
for n in "$PORT" "$TLS_PORT" "$MON_PORT"; do
  [[ $n =~ ^[0-9]{1,5}$ ]] && [ "$n" -le 65535 ] || die "not a port number: '$n'"
done
case $DIR in /*) ;; *) DIR=$PWD/$DIR ;; esac
[[ ! $DIR =~ [[:space:]] ]] || die "the state directory's path must not contain blanks: '$DIR'"

C=$DIR/cluster # this cluster: configuration, data, logs, pid files
CONF=$C/ceph.conf
[ "$VERB" = up ] || [ ! -r "$C/settings" ] || . "$C/settings"
ROOT=$DIR/root-$RELEASE

# ------------------------------------------------------------ small helpers

# step LABEL COMMAND... : run the command, its output into the log, and print
# how long it took
step() {
  local label=$1 us=${EPOCHREALTIME/[.,]/}
  STEP=$label
  shift
  "$@" >>"$LOG" 2>&1
  us=$((${EPOCHREALTIME/[.,]/} - us))
  printf '%s: %-36s %4d.%d s\n' "$PROG" "$label" $((us / 1000000)) $((us / 100000 % 10)) >&7
}

# The end of each log written to since this command began.
show_logs() {
  local f
  for f in "$C"/log/{vault,mon.a,osd.0,client.admin,client.rgw}.log "$LOG"; do
    [ -s "$f" ] && [ "$f" -nt "$DIR/started" ] || continue
    say "---- end of $f"
    tail -n 12 "$f" >&7
  done
}

on_error() {
  local rc=$?
  [ "$BASH_SUBSHELL" = 0 ] || exit "$rc"
  trap - ERR
  show_logs
  say "error: ${STEP:-$VERB} failed: line $1, '$2', exit status $rc"
  exit "$rc"
}

# Everything that changes something: as root, one at a time, with a log.
begin() {
  [ "$(id -u)" = 0 ] || die "'$VERB' needs root"
  [[ $VERB =~ ^(install|up|down|clean)$ ]] || [ -e "$C/settings" ] || die "there is no cluster in $DIR (run: $PROG up)"
  mkdir -p "$DIR"
  exec 8>"$DIR/lock"
  flock -w 900 8 || die "another $PROG is at work in $DIR"
  LOG=$DIR/$PROG.log
  touch "$DIR/started"
  : >"$LOG"
  trap 'on_error "$LINENO" "$BASH_COMMAND"' ERR
}

host_release() { (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}") 2>/dev/null || true; }

use_root() { [ "$ISOLATE" = 1 ] || [ "$(host_release)" != "$RELEASE" ]; }

# run COMMAND... : in the private root if there is one, else directly. The
# daemons must not inherit descriptors 7 (messages) and 8 (the lock).
run() {
  if ! use_root; then
    "$@" 7>&- 8>&-
    return
  fi
  unshare --mount --propagation private /bin/sh -ec '
    root=$1 cluster=$2
    shift 2
    mount --rbind /proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mkdir -p "$root$cluster"
    mount --bind "$cluster" "$root$cluster"
    exec chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 \
      PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' sh "$ROOT" "$C" "$@" 7>&- 8>&-
}

ceph_() { run ceph -c "$CONF" --connect-timeout 30 "$@"; }
admin() { run radosgw-admin -c "$CONF" "$@"; }

# alive NAME : does the process in this pid file run, and is it ours?
alive() {
  local pid
  pid=$(cat "$C/run/$1.pid" 2>/dev/null) && [ -n "$pid" ] &&
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$C/"
}

# stop_daemon NAME [SIGNAL]
stop_daemon() {
  local pid i
  if alive "$1"; then
    pid=$(cat "$C/run/$1.pid")
    kill -s "${2:-TERM}" "$pid" 2>/dev/null || true
    for ((i = 0; i < 300; i++)); do
      alive "$1" || break
      [ $i != 200 ] || kill -s KILL "$pid" 2>/dev/null || true
      sleep 0.1
    done
    ! alive "$1" || die "could not stop $1 (pid $pid)"
  fi
  rm -f "$C/run/$1.pid"
}

stop_daemons() {
  local d
  for d in client.rgw osd.0 mon.a vault; do stop_daemon "$d" "${1:-TERM}"; done
}

# Does the S3 port answer an anonymous request?
http_ok() {
  local line=
  { exec 9<>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null || return 1
  printf 'GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&9 2>/dev/null || true
  IFS= read -r -t 10 line <&9 || true
  exec 9>&-
  [[ $line == HTTP/1.*' 200 '* ]]
}

running() { alive vault && alive mon.a && alive osd.0 && alive client.rgw && http_ok; }

port_free() { ! { exec 9<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null; }

check_ports() {
  local p
  for p in "$PORT" "$TLS_PORT" "$MON_PORT" "$((MON_PORT + 1))"; do
    [ "$p" = 0 ] || port_free "$p" ||
      die "port $p on 127.0.0.1 is taken (choose others with --port, --tls-port, --mon-port)"
  done
}

# --------------------------------------------------------------- installing

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o Acquire::Retries=3 update
  apt-get -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@"
}

install_packages() {
  if use_root; then
    install_root
  elif ! type -P "${COMMANDS[@]}" >/dev/null; then
    apt_install "${PACKAGES[@]}"
  fi
}

install_root() {
  [ ! -e "$ROOT/.complete" ] || return 0
  unshare --mount true ||
    die "no right to make a mount namespace (unprivileged container?); try --release $(host_release)"
  local include sources=() options=() proxy=
  # The keyring too: an old one may not know the release asked for yet.
  command -v mmdebstrap >/dev/null || apt_install mmdebstrap debian-archive-keyring
  # The mirror and the proxy that apt uses here; without a mirror of Debian's
  # own (on Ubuntu, say), mmdebstrap falls back on its default.
  [ -n "$MIRROR" ] || MIRROR=$(
    apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
      sed -n 's|^Debian \(https\{0,1\}://.*\)$|\1|p' | head -n 1
  )
  [ -z "$MIRROR" ] ||
    sources=("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $RELEASE main")
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  [ -z "$proxy" ] || options=(--aptopt="Acquire::http::Proxy \"$proxy\"")
  include=$(IFS=, && echo "${PACKAGES[*]}")
  rm -rf --one-file-system "$ROOT"
  # (Sid's index is valid for a week only; a mirror may lag behind.)
  mmdebstrap --mode=root --variant=apt --include="$include" \
    --aptopt='Acquire::Retries "3"' --aptopt='Acquire::Check-Valid-Until "false"' "${options[@]}" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$RELEASE" "$ROOT" "${sources[@]}"
  touch "$ROOT/.complete"
}

# ------------------------------------------------------------ configuration

write_config() {
  local frontends="beast endpoint=127.0.0.1:$PORT"
  [ "$TLS_PORT" = 0 ] || frontends+=" ssl_endpoint=127.0.0.1:$TLS_PORT \
ssl_certificate=$C/tls/server.pem ssl_private_key=$C/tls/server.key"
  cat >"$CONF" <<EOF
[global]
fsid = $1
mon host = v2:127.0.0.1:$MON_PORT
keyring = $C/keyring
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
ms bind port min = $((MON_PORT + 10))
ms bind port max = $((MON_PORT + 39))
auth allow insecure global id reclaim = false
# one OSD, one copy, few placement groups
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
admin socket = $C/run/\$name.asok
log file = $C/log/\$name.log
pid file = $C/run/\$name.pid
run dir = $C/run
crash dir = $C/crash
[mon]
mon data = $C/mon
# act on changes at once; the default of a second makes the start 10 s longer
paxos propose interval = 0.05
paxos min wait = 0.02
[osd]
osd data = $C/osd
osd objectstore = $STORE
osd memory target = 1073741824
memstore device bytes = 8589934592
bluestore block size = 17179869184
# memstore writes itself to disk on a clean stop, but not on a fast one
osd fast shutdown = false
[client.rgw]
rgw frontends = $frontends
rgw dns name = localhost
rgw thread pool size = 64
rgw init timeout = 60
# STS. The order matters: with sts first, each failed login would be answered
# AccessDenied instead of SignatureDoesNotMatch or InvalidAccessKeyId.
rgw s3 auth use sts = true
rgw s3 auth order = local, sts
rgw sts key = abcdefghijklmnop
# SSE-C and SSE-KMS over plain HTTP
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = $KMS_KEY_1 $KMS_KEY_2
# SSE-S3 and bucket default encryption insist on a Vault (see write_vault)
rgw crypt sse s3 backend = vault
rgw crypt sse s3 vault addr = http://127.0.0.1:$((MON_PORT + 1))
rgw crypt sse s3 vault auth = token
rgw crypt sse s3 vault token file = $C/vault.token
rgw crypt sse s3 vault secret engine = transit
rgw crypt sse s3 vault prefix = /v1/transit
EOF
  [ -z "$EXTRA" ] || cat "$EXTRA" >>"$CONF"
}

# A private CA, and a certificate signed by it.
make_certificates() {
  local t=$C/tls ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  mkdir -p "$t"
  cat >"$t/server.ext" <<EOF
basicConstraints = CA:FALSE
keyUsage = digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost, DNS:*.localhost, DNS:$DOMAIN, DNS:*.$DOMAIN
EOF
  run openssl req -x509 "${ec[@]}" -days 3650 -subj "/CN=private CA for tests" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$t/ca.key" -out "$t/ca.pem"
  run openssl req "${ec[@]}" -subj "/CN=localhost" -keyout "$t/server.key" -out "$t/server.csr"
  run openssl x509 -req -in "$t/server.csr" -CA "$t/ca.pem" -CAkey "$t/ca.key" -CAcreateserial \
    -days 3650 -extfile "$t/server.ext" -out "$t/server.pem"
}

# A stand-in for Vault's transit engine, as much of it as radosgw calls: data
# keys are random, and wrapped by a key stream from a secret kept on disk.
write_vault() {
  (umask 077 && echo token >"$C/vault.token" && head -c 32 /dev/urandom >"$C/vault.secret")
  cat >"$C/vault.py" <<'EOF'
import base64, hashlib, hmac, http.server, json, os, sys

state, port = sys.argv[1], int(sys.argv[2])
with open(state + '/vault.secret', 'rb') as f:
    SECRET = f.read()


def mask(nonce, name, context, data):
    info = json.dumps([name, context]).encode()
    stream = hmac.new(SECRET, nonce + info, hashlib.sha512).digest()
    return bytes(a ^ b for a, b in zip(data, stream))


def transit(path, body):
    context = body.get('context', '')
    if path[:2] == ['datakey', 'plaintext']:
        key, nonce = os.urandom(32), os.urandom(16)
        wrapped = base64.b64encode(nonce + mask(nonce, path[2], context, key)).decode()
        return {'plaintext': base64.b64encode(key).decode(), 'ciphertext': 'vault:v1:' + wrapped}
    if path[0] == 'decrypt':
        raw = base64.b64decode(body['ciphertext'].split(':', 2)[2])
        key = mask(raw[:16], path[1], context, raw[16:])
        return {'plaintext': base64.b64encode(key).decode()}
    if path[0] == 'keys':
        return None  # made on the fly, nothing to create or delete
    raise ValueError('unsupported: ' + '/'.join(path))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        try:
            data = transit(self.path.split('/')[3:], json.loads(body or b'{}'))
            status, answer = (200, {'data': data}) if data else (204, None)
        except Exception as e:
            status, answer = 400, {'errors': [repr(e)]}
        out = json.dumps(answer).encode() if answer else b''
        self.send_response(status)
        if answer:
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_PUT = do_DELETE = do_POST


server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
if os.fork():
    os._exit(0)
os.setsid()
os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
os.dup2(os.open(state + '/log/vault.log', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), 1)
os.dup2(1, 2)
with open(state + '/run/vault.pid', 'w') as f:
    f.write(str(os.getpid()))
server.serve_forever()
EOF
}

# --------------------------------------------------------------- the daemons

start_mon() {
  run python3 "$C/vault.py" "$C" "$((MON_PORT + 1))"
  run ceph-mon -c "$CONF" -i a
}

start_osd() { run ceph-osd -c "$CONF" -i 0; }

start_rgw() {
  local i
  run radosgw -c "$CONF" -n client.rgw
  for ((i = 0; i < 600; i++)); do
    ! http_ok || return 0
    # the pid file appears a moment after the start
    alive client.rgw || [ $i -lt 100 ] || break
    sleep 0.1
  done
  show_logs
  alive client.rgw || die "radosgw died while starting (its log is above)"
  die "radosgw does not answer on port $PORT after 60 s (its log is above)"
}

create_mon() {
  local fsid k=$C/keyring
  fsid=$(cat /proc/sys/kernel/random/uuid)
  write_config "$fsid"
  write_vault
  run ceph-authtool --create-keyring "$k" --gen-key -n mon. --cap mon 'allow *'
  run ceph-authtool "$k" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  run ceph-authtool "$k" --gen-key -n client.rgw --cap mon 'allow *' --cap osd 'allow *'
  run ceph-authtool "$k" --gen-key -n osd.0 --cap mon 'allow *' --cap osd 'allow *'
  run monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$MON_PORT]" "$C/monmap"
  run ceph-mon -c "$CONF" --mkfs -i a --monmap "$C/monmap" --keyring "$k"
  start_mon
}

create_osd() {
  local uuid id
  uuid=$(cat /proc/sys/kernel/random/uuid)
  id=$(ceph_ osd new "$uuid")
  [ "$id" = 0 ] || die "expected the first OSD to be number 0, not '$id'"
  ceph_ auth import -i "$C/keyring"
  run ceph-osd -c "$CONF" -i 0 --mkfs --osd-uuid "$uuid"
  start_osd
}

create_users() {
  admin user create --uid="$USER_ID" --display-name="$USER_ID" --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY" \
    --caps='users=*;buckets=*;metadata=*;usage=*;roles=*;user-policy=*;oidc-provider=*'
  admin user create --uid="$OTHER_USER_ID" --display-name="$OTHER_USER_ID" --access-key="$OTHER_ACCESS_KEY" \
    --secret-key="$OTHER_SECRET_KEY"
  admin role create --role-name="$ROLE" --path=/ --assume-role-policy-doc='{"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": ["sts:AssumeRole"],
    "Principal": {"AWS": ["arn:aws:iam:::user/'"$USER_ID"'", "arn:aws:iam:::user/'"$OTHER_USER_ID"'"]}}]}'
  admin role-policy put --role-name="$ROLE" --policy-name=all --policy-doc='{"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": ["s3:*"], "Resource": "arn:aws:s3:::*"}]}'
}

# The region's name, host names and storage classes belong to the zone group,
# which the first radosgw-admin call (in create_users) has made.
create_zone() {
  local class f=$C/zonegroup.json
  admin zonegroup get >"$f"
  sed -i -e "s/\"api_name\": \"default\"/\"api_name\": \"$REGION\"/" \
    -e "s/\"hostnames\": \[\]/\"hostnames\": [\"localhost\", \"$DOMAIN\"]/" "$f"
  admin zonegroup set --infile="$f"
  for class in "${STORAGE_CLASSES[@]}"; do
    admin zonegroup placement add --rgw-zonegroup=default --placement-id=default-placement --storage-class="$class"
    admin zone placement add --rgw-zone=default --placement-id=default-placement --storage-class="$class" \
      --data-pool=default.rgw.buckets.data
  done
}

# --------------------------------------------------------------------- verbs

up() {
  local version line started=$SECONDS
  if [ -r "$C/settings" ] && (. "$C/settings" && running); then
    while IFS= read -r line; do
      [ -z "$line" ] || grep -qxF -- "$line" "$C/settings" ||
        die "already running, but not with $line: $(tr '\n' ' ' <"$C/settings")(run '$PROG down' first)"
    done <<<"$ASKED"
    . "$C/settings"
    say "already running: http://127.0.0.1:$PORT"
    return 0
  fi
  [ -z "$EXTRA" ] || [ -r "$EXTRA" ] || die "cannot read $EXTRA"
  stop_daemons KILL
  check_ports
  # When something fails below, leave the logs but no processes.
  trap '[ "$BASH_SUBSHELL" != 0 ] || stop_daemons KILL' EXIT
  step "packages ($RELEASE)" install_packages
  rm -rf --one-file-system "$C"
  mkdir -p "$C"/{mon,osd,run,log,crash}
  settings >"$C/settings"
  step "certificates" make_certificates
  step "monitor" create_mon
  step "object store ($STORE)" create_osd
  step "users and role" create_users
  step "region and storage classes" create_zone
  step "S3 gateway" start_rgw
  version=$(run radosgw --version)
  # "ceph version 18.2.7 (...) reef (stable)"
  sed 's/^ceph version \([0-9.]*\).*/\1/' <<<"$version" >"$C/version"
  trap - EXIT
  say "ready after $((SECONDS - started)) s: http://127.0.0.1:$PORT (${version%% (*})"
}

down() {
  stop_daemons KILL
  rm -rf --one-file-system "$C"
}

start() {
  ! running || return 0
  [ "$STORE" = bluestore ] || [ ! -e "$C/killed" ] || die "memstore lost its objects in the kill; run: $PROG up"
  stop_daemons
  check_ports
  step "monitor" start_mon
  step "object store ($STORE)" start_osd
  step "S3 gateway" start_rgw
}

status() {
  local d rc=0
  [ -r "$C/settings" ] || {
    echo "no cluster in $DIR"
    return 3
  }
  tr '\n' ' ' <"$C/settings"
  echo
  for d in vault mon.a osd.0 client.rgw; do
    if alive "$d"; then echo "$d: running, pid $(cat "$C/run/$d.pid")"; else echo "$d: not running"; fi
  done
  if http_ok; then
    echo "S3: answers on http://127.0.0.1:$PORT"
  else
    echo "S3: no answer on http://127.0.0.1:$PORT"
    rc=3
  fi
  echo "logs: $C/log"
  return $rc
}

env_() {
  [ -r "$C/settings" ] || die "there is no cluster in $DIR (run: $PROG up)"
  cat <<EOF
export CEPH_VERSION=$(cat "$C/version")
export CEPH_ENDPOINT=http://127.0.0.1:$PORT
export CEPH_REGION=$REGION
export CEPH_ACCESS_KEY=$ACCESS_KEY
export CEPH_SECRET_KEY=$SECRET_KEY
export CEPH_USER_ARN=arn:aws:iam:::user/$USER_ID
export CEPH_OTHER_ACCESS_KEY=$OTHER_ACCESS_KEY
export CEPH_OTHER_SECRET_KEY=$OTHER_SECRET_KEY
export CEPH_OTHER_USER_ARN=arn:aws:iam:::user/$OTHER_USER_ID
export CEPH_ROLE_ARN=arn:aws:iam:::role/$ROLE
export CEPH_KMS_KEY_ID=${KMS_KEY_1%%=*}
export CEPH_DOMAIN=$DOMAIN
EOF
  [ "$TLS_PORT" = 0 ] || cat <<EOF
export CEPH_TLS_ENDPOINT=https://127.0.0.1:$TLS_PORT
export CEPH_TLS_CA_FILE=$C/tls/ca.pem
EOF
}

case $VERB in
  install | up | stop | kill | start | stop-rgw | start-rgw) begin ;;
  down | clean) [ ! -e "$C" ] || begin ;;
esac
case $VERB in
  install) step "packages ($RELEASE)" install_packages ;;
  up) up ;;
  down) [ ! -e "$C" ] || down ;;
  clean)
    [ ! -e "$C" ] || down
    rm -rf --one-file-system "$DIR"
    ;;
  status) status ;;
  env) env_ ;;
  stop) stop_daemons ;;
  kill)
    touch "$C/killed"
    stop_daemons KILL
    ;;
  start) start ;;
  stop-rgw) stop_daemon client.rgw ;;
  start-rgw) alive client.rgw || step "S3 gateway" start_rgw ;;
  admin)
    [ -r "$C/settings" ] || die "there is no cluster in $DIR (run: $PROG up)"
    admin "${ADMIN_ARGS[@]}"
    ;;
  '')
    usage >&2
    exit 2
    ;;
  *) die "unknown verb '$VERB' (see $PROG --help)" ;;
esac
