# SPDX-License-Identifier: Apache-2.0
# What bin/bench real has measured: a line of JSON a row, or with page=1 a page, the rows that lose first.

BEGIN { FS = "," }

function sort(list, n, i, j, swap) {
  for (i = 2; i <= n; i++) {
    for (j = i; j > 1 && list[j - 1] + 0 > list[j] + 0; j--) {
      swap = list[j]
      list[j] = list[j - 1]
      list[j - 1] = swap
    }
  }
}

# The middle of a column of a row; its ends go into least and most.
function median(key, column, list, n) {
  n = split(values[key, column], list, " ")
  if (n == 0) {
    return ""
  }
  sort(list, n)
  least = list[1]
  most = list[n]
  return (list[int((n + 1) / 2)] + list[int(n / 2) + 1]) / 2
}

function ratio(a, b) {
  return a == "" || b == "" || b + 0 == 0 ? "" : sprintf("%.2f", a / b)
}

NR > 1 {
  row = $1 "," $2 "," $3 "," $4
  key = row "," $5
  if (!(key in seen)) {
    seen[key] = 1
    keys[++count] = key
    row_of[key] = row
    path_of[key] = $5
  }
  for (i = 6; i <= 13; i++) {
    if ($i != "") {
      values[key, i] = values[key, i] " " $i
    }
  }
}

END {
  for (k = 1; k <= count; k++) {
    key = keys[k]
    base = row_of[key] ",kernel"
    rate[key] = median(key, 6)
    from[key] = least
    to[key] = most
    times[key] = ratio(rate[key], median(base, 6))
    order[k] = key
  }
  # By ratio, the kernel's rows out.
  for (i = 2; i <= count; i++) {
    for (j = i; j > 1 && times[order[j - 1]] + 0 > times[order[j]] + 0; j--) {
      swap = order[j]
      order[j] = order[j - 1]
      order[j - 1] = swap
    }
  }
  if (page) {
    print "# real: released servers with the flag alone, clients on the kernel"
    print ""
    print "Made by `bin/bench real`: JVM defaults, default keys, `wrk` with one thread; kernel (veth), TAP, `nic=xdp:` on the kernel's veth and DPDK's AF_XDP driver in turn in each round,"
    print "every second from the start on measured by a `wrk` of its own. Ratios are to the kernel's median of the same run; the first 10 s are the mean of ten"
    print "seconds; \"to 90 %\" is the second from which on none is below 90 % of the final rate; processor time is that of the server's process, and of the whole"
    print "machine without `wrk`, a request. Rows that lose stand on top."
    print ""
    print "| server, how, connections, processors | path | ratio | median /s | spread | p50 | p99 | CPU, process | CPU, all | first 10 s | to 90 %, kernel | errors |"
    print "|---|---|---|---|---|---|---|---|---|---|---|---|"
  }
  for (k = 1; k <= count; k++) {
    key = order[k]
    base = row_of[key] ",kernel"
    if (page && path_of[key] == "kernel") {
      continue
    }
    p50 = ratio(median(key, 7), median(base, 7))
    p99 = ratio(median(key, 8), median(base, 8))
    own = ratio(median(key, 10), median(base, 10))
    all = ratio(median(key, 11), median(base, 11))
    first = ratio(median(key, 12), median(base, 12))
    warm = median(key, 13)
    kernel_warm = median(base, 13)
    errors = median(key, 9)
    if (page) {
      name = row_of[key]
      gsub(",", ", ", name)
      printf "| %s | %s | %s | %.0f | %.0f to %.0f | %s | %s | %s | %s | %s | %s | %s |\n", name, path_of[key], times[key], rate[key], from[key], to[key], p50, p99, own, all, first, warm == "" ? "" : warm " s, " kernel_warm " s", errors
    } else {
      printf "{\"bench\":\"real\",\"row\":\"%s\",\"path\":\"%s\",\"ratio\":%s,\"median\":%.1f,\"min\":%.1f,\"max\":%.1f,\"p50\":\"%s\",\"p99\":\"%s\",\"cpuProcess\":\"%s\",\"cpuAll\":\"%s\",\"first10\":\"%s\",\"to90\":\"%s\"}\n", row_of[key], path_of[key], times[key] == "" ? "null" : times[key], rate[key], from[key], to[key], p50, p99, own, all, first, warm
    }
  }
}
