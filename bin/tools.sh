# SPDX-License-Identifier: Apache-2.0
# Sourced by the commands here: says what is missing, and installs it where that is allowed.

say() { printf '[%s] %s\n' "${0##*/}" "$*"; }

fail() {
  say "ERROR $*" >&2
  exit 1
}

# need COMMAND PACKAGE ...: pairs of a command and the Debian package that has it
need() {
  local missing=()
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ] || missing+=("$2")
    shift 2
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing ${missing[*]}"
    if ! { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null 2>&1 \
      || { apt-get update -qq >/dev/null 2>&1 \
        && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1; }; }; then
      fail "cannot install ${missing[*]}; run: apt-get update && apt-get install ${missing[*]}"
    fi
  else
    fail "missing: ${missing[*]}; run: sudo apt-get install ${missing[*]}"
  fi
}

need_jdk_and_maven() {
  need javac openjdk-17-jdk-headless mvn maven
  local feature
  feature=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
  [ "${feature:-0}" -ge 17 ] || fail "javac $feature is too old; put a JDK of 17 or newer first on the PATH"
}

# DPDK is optional: where it cannot be had, one line, and its tests skip themselves. WITHOUT_DPDK=1 makes believe that it is not there.
want_dpdk() {
  if [ -n "${WITHOUT_DPDK:-}" ]; then
    export PKG_CONFIG_LIBDIR=/nonexistent XDG_CACHE_HOME=/nonexistent
  elif ! has_dpdk && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing DPDK"
    { apt-get update -qq \
      && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libdpdk-dev dpdk gcc libc6-dev pkg-config ethtool; } >/dev/null 2>&1 || true
  fi
  has_dpdk || say "no DPDK (libdpdk-dev, gcc, pkg-config): its shim is not built, and the tests over it are skipped and say so"
}

has_dpdk() {
  command -v gcc >/dev/null 2>&1 && command -v pkg-config >/dev/null 2>&1 && pkg-config --exists libdpdk 2>/dev/null
}
