# SPDX-License-Identifier: Apache-2.0
# Sourced by the benchmarks here: builds what is missing; bench NAME ROUNDS WINDOW_MS runs a plan of org.mtcp4j.examples.bench.Plan.
# shellcheck source=bin/tools.sh
. bin/tools.sh
export PATH="$PATH:/usr/sbin:/sbin"

jar=agent/target/mtcp4j-agent.jar
[ "$(id -u)" = 0 ] || fail "benchmarks make network namespaces; run this as root"
need ip iproute2 unshare util-linux taskset util-linux ethtool ethtool sysctl procps
if [ ! -f "$jar" ] || [ ! -d examples/target/lib ]; then
  say "building" >&2
  mvn -q -B -ntp -pl agent,examples -am package -DskipTests >&2
fi

# program CLASS ARGUMENTS: one of org.mtcp4j.examples.bench, in network and mount namespaces of its own
program() {
  local class=$1
  shift
  mkdir -p /run/netns
  # shellcheck disable=SC2086
  unshare -n -m java -Xmx256m -Djava.awt.headless=true ${BENCH_FLAGS:-} -cp "examples/target/classes:examples/target/lib/*" \
    "org.mtcp4j.examples.bench.$class" "$@"
}

bench() {
  program Bench "$jar" "$@"
}
