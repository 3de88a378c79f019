#!/bin/sh
# A room includes only the rooms left of it, and third-party headers have one door each.
# Reads the includes of every source; a quoted include is followed, so that a ban holds through headers too.
# SPDX-License-Identifier: GPL-3.0-or-later
set -eu
cd "${top_srcdir:-$(dirname "$0")/..}"

# shellcheck disable=SC2046 # one word per file
awk '
BEGIN {
	n = split("base num config input store dataset snapshot model train probe estimate theory measure verdict report run cli",
	          order, " ")
	for (i = 1; i <= n; i++) rank[order[i]] = i
	# Public headers that are not named after their room.
	owner["known"] = "dataset"
	owner["sampler"] = owner["state"] = owner["rng"] = owner["mat"] = owner["value"] = owner["kind"] = "base"
	owner["validate"] = "run"
	owner["onset"] = "verdict"
	owner["fft"] = owner["multitaper"] = owner["product"] = owner["pairs"] = owner["linear"] = owner["neighbours"] = owner["words"] = owner["logistic"] = "num"
	ban("estimate", "input store dataset snapshot model train probe")
	ban("theory", "input store dataset snapshot model train probe estimate")
	ban("measure", "model train probe")
	ban("verdict", "dataset snapshot model train probe")
	ban("report", "dataset snapshot model train probe")
	door("fftw3", "num"); door("cblas", "num"); door("openblas", "num"); door("lapacke", "num")
	door("hdf5", "input store"); door("H5", "input store"); door("yaml", "config")
	door("gsl/", "num estimate theory measure verdict"); door("Random123/", "base"); door("nettle/", "base")
	door("omp.h", "base"); door("zlib", "input store")
}
function ban(room, rooms,   part, k, i) { k = split(rooms, part, " "); for (i = 1; i <= k; i++) banned[room, part[i]] = 1 }
function door(header, rooms) { doors[header] = rooms }
function room_of(file,   part) {
	split(file, part, "/")
	if (part[1] == "src") return part[2]
	if (file == "include/venturi.h") return "run"
	sub(/^include\/venturi\//, "", file); sub(/\.h$/, "", file)
	return (file in owner) ? owner[file] : file
}
function resolve(file, name,   folder) {
	folder = file; sub(/[^\/]*$/, "", folder)
	while (sub(/^\.\.\//, "", name)) sub(/[^\/]*\/$/, "", folder)
	if ((folder name) in known) return folder name
	if (("include/" name) in known) return "include/" name
	if (("src/" name) in known) return "src/" name
	return ""
}
function wrong(text) { print text; bad = 1 }
FNR == 1 { known[FILENAME] = 1; files[++n_files] = FILENAME }
/^[ \t]*#[ \t]*include/ {
	line[++n_lines] = $0; where[n_lines] = FILENAME; number[n_lines] = FNR
}
/^[ \t]*#[ \t]*pragma[ \t]+omp/ && !/omp[ \t]+(simd|declare[ \t]+simd)/ && room_of(FILENAME) != "base" {
	wrong(FILENAME ":" FNR ": threads come from vt_blocks_run (base) alone: " $0)
}
function third_party(file, at, name,   header, rooms, room) {
	room = room_of(file)
	if (file ~ /^include\// && name ~ /^(fftw|cblas|hdf5|H5|yaml|gsl|Random123|nettle|omp|zlib|jansson)/)
		wrong(file ":" at ": a public header may not include <" name ">")
	for (header in doors) {
		rooms = " " doors[header] " "
		if (index(name, header) == 1 && index(rooms, " " room " ") == 0)
			wrong(file ":" at ": room \"" room "\" may not include <" name ">: its door is" rooms)
	}
}
function follow(file, from, path,   i) {
	if ((from, file) in seen) return
	seen[from, file] = 1
	if ((room_of(from), room_of(file)) in banned)
		wrong(from ": room \"" room_of(from) "\" may not see \"" room_of(file) "\", and does through " path)
	for (i = 1; i <= n_edges[file]; i++) follow(edge[file, i], from, path " > " edge[file, i])
}
END {
	for (i = 1; i <= n_lines; i++) {
		file = where[i]; name = line[i]; quoted = name ~ /"/
		sub(/^[^"<]*["<]/, "", name); sub(/[">].*$/, "", name)
		third_party(file, number[i], name)
		target = quoted ? resolve(file, name) : ""
		if (quoted && target == "" && name !~ /^(config\.h|kinds\.inc|commands\.inc|page\.inc|slurm\.inc)$/)
			wrong(file ":" number[i] ": there is no \"" name "\"")
		if (target == "") continue
		edge[file, ++n_edges[file]] = target
		from = room_of(file); to = room_of(target)
		if (!(to in rank)) wrong(file ":" number[i] ": \"" name "\" belongs to no room")
		else if (rank[to] > rank[from])
			wrong(file ":" number[i] ": room \"" from "\" may not include \"" to "\"")
	}
	for (i = 1; i <= n_files; i++) {
		if (!(room_of(files[i]) in rank)) wrong(files[i] ": belongs to no room")
		follow(files[i], files[i], files[i])
	}
	if (!n_files) wrong("no source was found")
	printf "%d files, %d includes\n", n_files, n_lines
	exit bad
}' $(find include src -name '*.[ch]' | sort)
