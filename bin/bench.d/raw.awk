# SPDX-License-Identifier: Apache-2.0
# Lines of JSON that bin/bench raw has printed, as a table.

BEGIN {
  # A cache line there and back, between processors behind one cache.
  NEAR_NS = 200
}

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
  put(row "ns", field(mode == "call" ? "ns_per_call" : mode == "line" ? "ns" : "ns_per_frame"))
  put(row "best", field("best"))
  put(row "empty", field("empty_polls"))
  put(row "bytes", field("bytes_allocated_per_frame"))
  round = field("round")
  place = field("place") + 0
  rounds[round] = 1
  if (mode == "line") {
    if (field("ns") + 0 < NEAR_NS) {
      near[round, place] = 1
    } else {
      far[round, place] = 1
    }
  } else if (mode == "echo" && side !~ /^generator/) {
    window[round, place] = side
    reached[round, place] = field("mpps")
  }
  if (side == "testpmd 5tswap") {
    swap[mode, round, place] = field("mpps")
  } else if (side ~ /^java/) {
    rate[mode, side, round] = field("mpps")
    at[mode, side, round] = place
  }
}

# testpmd's rate around that window of that round: the mean of the windows before and after it, or the only one there is.
function around(mode, round, place, sum, n, i) {
  for (i = place - 1; i <= place + 1; i++) {
    if (swap[mode, round, i] > 0) {
      sum += swap[mode, round, i]
      n++
    }
  }
  return n > 0 ? sum / n : 0
}

END {
  print "| mode | side | Mpps | in its best 0.2 s | ns a frame or call | of testpmd beside it | empty polls | bytes allocated a frame |"
  print "|---|---|---|---|---|---|---|---|"
  for (i = 1; i <= count; i++) {
    split(rows[i], is, "|")
    for (round in rounds) {
      beside = around(is[1], round, at[is[1], is[2], round])
      if (rate[is[1], is[2], round] > 0 && beside > 0) {
        put(rows[i] "ratio", rate[is[1], is[2], round] / beside)
      }
    }
    printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", is[1], is[2], spread(rows[i] "mpps", "%.2f"), spread(rows[i] "best", "%.2f"),
      spread(rows[i] "ns", "%.1f"),
      spread(rows[i] "ratio", "%.2f"), spread(rows[i] "empty", "%.2f"), spread(rows[i] "bytes", "%.4f")
  }
  for (key in window) {
    if ((key in near) && !(key in far)) {
      put("near|" window[key], reached[key])
    } else if ((key in far) && !(key in near)) {
      put("far|" window[key], reached[key])
    }
  }
  print ""
  print "| processors before and after the window | side | windows | Mpps | median, of testpmd's |"
  print "|---|---|---|---|---|"
  state("near")
  state("far")
}

function median(key, values, n) {
  n = sorted(key, values)
  return n == 0 ? 0 : n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}

# Windows before and after which the processors stood so to each other.
function state(which, sides, i, n, values, ours, theirs) {
  n = split("testpmd 5tswap|java 17|java 25", sides, "|")
  theirs = median(which "|" sides[1])
  for (i = 1; i <= n; i++) {
    ours = median(which "|" sides[i])
    if (ours > 0) {
      printf "| %s | %s | %d | %s | %s |\n", which, sides[i], sorted(which "|" sides[i], values), spread(which "|" sides[i], "%.2f"),
        (i > 1 && theirs > 0 ? sprintf("%.2f", ours / theirs) : "-")
    }
  }
}
