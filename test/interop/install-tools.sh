#!/usr/bin/env bash
# Other people's programs for the tests, from Debian's packages:
#
#   install-tools.sh        as root on a Debian machine
#
# s3cmd and awscli are installed by apt. MinIO's mc is packaged from trixie on; its program needs
# nothing but the C library, so it is taken out of its package into .tools beside this script.
# The package comes from the mirror that apt uses here, checked against Debian's keys. What is
# there already is left alone, and what cannot be had is left out: its tests skip.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
tools=$PWD/.tools
release=trixie

apt() { timeout 120 apt-get -qq -o Acquire::Retries=2 -o Dpkg::Use-Pty=0 "$@"; }

install_by_apt() {
  export DEBIAN_FRONTEND=noninteractive
  apt update && apt install -y --no-install-recommends s3cmd awscli
}

# The mirror of Debian's own packages.
mirror() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    sed -n 's|^Debian \(https\{0,1\}://.*\)$|\1|p' | head -n 1
}

# A package index of that release alone, which the machine's own apt never sees.
extract_mc() {
  local work=$1 apart
  local keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
  echo "deb [signed-by=$keys] $(mirror) $release main" >"$work/sources.list"
  apart=(-o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache"
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o APT::Sandbox::User=root)
  apt "${apart[@]}" update &&
    (cd "$work" && apt "${apart[@]}" download minio-client) &&
    dpkg-deb -x "$work"/minio-client_*.deb "$work/root" &&
    "$work/root/usr/bin/minio-client" --version >/dev/null &&
    mkdir -p "$tools/usr/bin" &&
    mv "$work/root/usr/bin/minio-client" "$tools/usr/bin/"
}

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
  echo 'Other clients are installed as root on Debian alone.'
  exit 1
fi
missing=0
if ! [[ -x /usr/bin/s3cmd && -x /usr/bin/aws ]]; then install_by_apt || missing=1; fi
if ! [[ -x $tools/usr/bin/minio-client || -x /usr/bin/minio-client ]]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  extract_mc "$work" || missing=1
fi
exit $missing
