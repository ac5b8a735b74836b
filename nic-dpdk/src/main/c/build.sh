#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Maven runs this: the shim's source, and the shim for this machine's DPDK where it can be built, into the directory given.
set -eu
source=$(dirname "$0")/mtcp4j_dpdk.c
out=$1
mkdir -p "$out"
cmp -s "$source" "$out/mtcp4j_dpdk.c" || cp "$source" "$out/mtcp4j_dpdk.c"

skip() {
  rm -f "$out/index" "$out"/*.so
  echo "DPDK shim not built: $*; 'doctor --build-dpdk' builds it later"
  exit 0
}
command -v gcc >/dev/null 2>&1 || skip "there is no gcc"
command -v pkg-config >/dev/null 2>&1 || skip "there is no pkg-config"
pkg-config --exists libdpdk || skip "libdpdk-dev is not installed"
# As Java calls the architecture.
case $(uname -m) in
  x86_64) arch=amd64 ;;
  *) arch=$(uname -m) ;;
esac
name=dpdk-$(pkg-config --modversion libdpdk)-$arch.so
[ -f "$out/$name" ] && [ -f "$out/index" ] && [ ! "$source" -nt "$out/$name" ] && [ ! "$0" -nt "$out/$name" ] && exit 0
rm -f "$out/index" "$out"/*.so
id=$(sha256sum "$source" | cut -c1-8)
# shellcheck disable=SC2046
if gcc -O3 -Wall -Wextra -Werror -shared -fPIC "-DSHIM_ID=0x$id" "$source" -o "$out/$name" \
  $(pkg-config --cflags libdpdk) -Wl,--as-needed $(pkg-config --libs libdpdk); then
  echo "$name" >"$out/index"
else
  skip "gcc cannot build it, see above"
fi
