# SPDX-License-Identifier: Apache-2.0
# Lines of JSON that bin/bench raw has printed, as a table.

function field(name, text) {
  if (!match($0, "\"" name "\": (\"[^\"]*\"|[0-9.]+)")) {
    return ""
  }
  text = substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 4)
  gsub("\"", "", text)
  return text
}

# Values are kept as text with a blank between them.
function put(key, value) {
  if (value != "") {
    all[key] = all[key] " " value
  }
}

function sorted(key, into, n, i, j, swap) {
  n = split(all[key], into, " ")
  for (i = 2; i <= n; i++) {
    for (j = i; j > 1 && into[j - 1] + 0 > into[j] + 0; j--) {
      swap = into[j]
      into[j] = into[j - 1]
      into[j - 1] = swap
    }
  }
  return n
}

# What stands for a key: the middle, and the ends in brackets.
function spread(key, format, values, n, middle) {
  n = sorted(key, values)
  if (n == 0) {
    return "-"
  }
  middle = n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
  return sprintf(format " (" format " to " format ")", middle, values[1], values[n])
}

{
  mode = field("mode")
  side = field("side")
  row = mode "|" side
  if (!(row in seen)) {
    seen[row] = 1
    rows[++count] = row
  }
  put(row "mpps", field("mpps"))
  put(row "ns", field(mode == "call" ? "ns_per_call" : "ns_per_frame"))
  put(row "empty", field("empty_polls"))
  put(row "bytes", field("bytes_allocated_per_frame"))
  rate[mode, side, field("round")] = field("mpps")
  rounds[field("round")] = 1
}

END {
  print "| mode | side | Mpps | ns a frame or call | of testpmd in the same round | empty polls | bytes allocated a frame |"
  print "|---|---|---|---|---|---|---|"
  for (i = 1; i <= count; i++) {
    split(rows[i], is, "|")
    for (round in rounds) {
      if (is[2] ~ /^java/ && rate[is[1], "testpmd 5tswap", round] > 0) {
        put(rows[i] "ratio", rate[is[1], is[2], round] / rate[is[1], "testpmd 5tswap", round])
      }
    }
    printf "| %s | %s | %s | %s | %s | %s | %s |\n", is[1], is[2], spread(rows[i] "mpps", "%.2f"), spread(rows[i] "ns", "%.1f"),
      spread(rows[i] "ratio", "%.2f"), spread(rows[i] "empty", "%.2f"), spread(rows[i] "bytes", "%.4f")
  }
}
