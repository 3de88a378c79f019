#!/bin/sh
# The page: complete, self-contained, small, and drawn as the address says; no text runs into another at 1280 and
# 800 pixels; harmless whatever the run files hold; honest without gnuplot and without rulings.
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}" "${top_builddir:=$PWD}" "${VENTURI:=$top_builddir/venturi}"
here=$(mktemp -d "${TMPDIR:-/tmp}/venturi-page.XXXXXX") || exit 99
trap 'rm -rf "$here"' EXIT
failed=0

check() { # WHAT COMMAND...
	what=$1
	shift
	if "$@"; then echo "ok: $what"; else echo "FAILED: $what"; failed=1; fi
}
exits() { # STATUS COMMAND...
	wanted=$1
	shift
	"$@" >"$here/out" 2>&1
	got=$?
	[ "$got" -eq "$wanted" ] || { echo "exit status $got, wanted $wanted: $*"; cat "$here/out"; return 1; }
}
says() { grep -qF -e "$2" "$1"; }
lacks() { ! grep -qF -e "$2" "$1"; }

"$top_builddir/tests/make_runs" "$here/runs" 6 200 10 || exit 1
exits 0 "$VENTURI" report "$here/runs" -o "$here/page.html" || exit 1
page=$here/page.html

# ---- what it says -------------------------------------------------------------
bytes=$(wc -c <"$page")
echo "the page of 6 layers, 200 snapshots, 20 runs, 5 estimators: $bytes bytes"
check 'under 2 MB' [ "$bytes" -lt 2000000 ]
check 'what was asked' says "$page" 'Do made-up layers rise and then fall?'
for word in supported refuted inconclusive; do check "outcome $word" says "$page" "</b>$word</span>"; done
check 'symbols beside the words' says "$page" '<b aria-hidden="true">✓</b>supported'
check 'value with unit and interval' says "$page" '5.81 bit</td><td class="n">[4.93, 6.69] bit</td>'
check 'how many runs' says "$page" '20 runs in 2 arms'
check 'how many seeds, live, dead' says "$page" \
	'<tr><th scope="row">relu</th><td class="n">10</td><td class="n">9</td><td class="n">1</td><td>task-00012 (seed 2)</td>'
check 'what is flagged, and how many' grep -q 'out_of_range [1-9][0-9]*, dead 1200' "$page"
check 'what the numbers cannot mean' says "$page" 'The entropy of a partition, not mutual information.'
check 'the curve of one arm, none of the other' says "$page" '"optimum":[{"x":[0.0,0.5,0.95,12.0],"y":[0.0,0.48,0.9,0.99]},null]'
check 'a map of frequencies over steps' says "$page" '<h2>Which frequencies are learned, and when</h2>'
check 'the spectrum of the embedding' says "$page" 'The embedding&#39;s spectrum</h2>'
check 'who leads whom, in how many seeds' grep -q '>9/9<' "$page"
check 'a note for readers without JavaScript' says "$page" '<noscript>'

# ---- nothing from outside -------------------------------------------------------
links=$(grep -oE "(href|src|action|poster|srcset|cite|formaction)=[\"'][^\"']*" "$page" | grep -vE "=[\"']#" | sort -u)
check "no outside address: $links" [ -z "$links" ]
check 'nothing is fetched' sh -c '! grep -qE "fetch\(|XMLHttpRequest|WebSocket|EventSource|import\(|@import|url\([^#)]" "$1"' - "$page"

# ---- refusals --------------------------------------------------------------------
check 'an existing page is not replaced' exits 2 "$VENTURI" report "$here/runs" -o "$page"
check 'unless forced' exits 0 "$VENTURI" report "$here/runs" -o "$page" --force
check 'an unknown format' exits 2 "$VENTURI" report "$here/runs" -o "$here/x" --format gif
check 'no such folder' exits 4 "$VENTURI" report "$here/nowhere" -o "$here/y.html"
check 'a page that cannot be written' exits 7 "$VENTURI" report "$here/runs" -o "$here/no/such/folder/z.html"

# ---- several experiments, one of them hostile, not judged -------------------------
mkdir -p "$here/both"
(cd "$here" && "$top_builddir/tests/make_runs" both/a 3 12 2 && "$top_builddir/tests/make_runs" both/b 4 12 3 hostile)
rm "$here/both/a/rulings.json"
(cd "$here" && exits 0 "$VENTURI" report both -o both.html) || failed=1
check 'two sections' [ "$(grep -c '<section class="experiment"' "$here/both.html")" -eq 2 ]
check 'not judged' says "$here/both.html" 'These runs were not judged'
check 'no script from a run file' lacks "$here/both.html" '<script>alert'
check 'no image from a run file' lacks "$here/both.html" '<img'
check 'no command from a run file' [ -z "$(find "$here" -name HARM)" ]

# ---- without gnuplot, and its figures one by one ------------------------------------
check 'a page without gnuplot' exits 0 env PATH=/nowhere "$VENTURI" report "$here/both/a" -o "$here/plain.html"
check 'says so' says "$here/plain.html" 'gnuplot was not found'
check 'and shows numbers' says "$here/plain.html" '<caption>tanh: I(X;T) [bit]</caption>'
check 'numbers of a map' says "$here/plain.html" '<caption>tanh: amplitude ratio [1]</caption>'
check 'numbers of who leads whom' says "$here/plain.html" '<th scope="row">spectrum amplitude_ratio 5</th>'
check 'no figures without gnuplot' exits 4 env PATH=/nowhere "$VENTURI" report "$here/both/a" -o "$here/none" --format svg
if command -v gnuplot >/dev/null; then
	for format in svg png pdf; do
		check "figures as $format" exits 0 "$VENTURI" report "$here/both/b" -o "$here/figures" --format $format --keep --force
		for name in training leads spectrum-1 embedding; do
			check "$name.$format" [ -s "$here/figures/$name.$format" ]
		done
	done
	check 'the plane as a figure' [ -s "$here/figures/plane-estimator-1.pdf" ]
	check 'the optimal curve is in it' grep -q "title 'IB curve'" "$here/figures/plane-estimator-1.gp"
	check 'scripts are kept' [ -s "$here/figures/training.gp" ]
	check 'no text from a run file in a script' sh -c '! grep -qE "HARM|alert|onerror|<i>" "$1"/*.gp' - "$here/figures"
	check 'no command from a figure' [ -z "$(find "$here" -name HARM)" ]
fi

# ---- as a browser draws it -------------------------------------------------------------
browser=
for name in chromium chromium-browser google-chrome; do
	[ -n "$browser" ] || browser=$(command -v $name) || browser=
done
if [ -z "$browser" ]; then
	[ $failed -eq 0 ] || exit 1
	echo 'SKIP: no chromium: how the page is drawn was not looked at (apt-get install chromium)'
	exit 77
fi
look() { # OPTION... ADDRESS
	timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
		--user-data-dir="$here/profile" --virtual-time-budget=4000 "$@" 2>"$here/browser.log"
}
value() { grep -o "data-$2=\"[^\"]*\"" "$1" | head -n 1 | sed 's/^[^"]*"//; s/"$//'; }

for frame in 20 100 199; do
	look --window-size=1280,1200 --screenshot="$here/$frame.png" "file://$page#$frame" >/dev/null
	check "a picture of frame $frame" [ -s "$here/$frame.png" ]
done
check 'frames 20 and 100 differ' sh -c '! cmp -s "$1/20.png" "$1/100.png"' - "$here"
check 'frames 100 and 199 differ' sh -c '! cmp -s "$1/100.png" "$1/199.png"' - "$here"

cat "$page" "$top_srcdir/tests/page_overlap.html" >"$here/measured.html"
cat "$here/both.html" "$top_srcdir/tests/page_overlap.html" >"$here/measured-both.html"
measure() { # WIDTH PAGE SHOW FRAME
	look --window-size="$1,1000" --dump-dom "file://$here/$2.html?show=$3#frame=$4" >"$here/dom.html"
	at="$2, $3, frame $4, $1 pixels"
	check "$at: the page decodes what the program encodes" \
		[ "$(value "$here/dom.html" decoded)" = '12,11.999,NaN,0.5,-0.001' ]
	check "$at: drawn as the address says" [ "$(value "$here/dom.html" arrived)" = "$4" ]
	check "$at: $(value "$here/dom.html" texts) texts, overlaps: $(value "$here/dom.html" which)" \
		[ "$(value "$here/dom.html" overlaps)" = 0 ]
	check "$at: cut off: $(value "$here/dom.html" cut-which)" [ "$(value "$here/dom.html" cut)" = 0 ]
	check "$at: not wider than the window" [ "$(value "$here/dom.html" wider)" = 0 ]
	check "$at: keys and button" [ "$(value "$here/dom.html" operated)" = yes ]
	check "$at: a planted overlap is found" [ "$(value "$here/dom.html" planted)" -ge 1 ]
}
measure 1280 measured mean 0
measure 800 measured mean 199
measure 800 measured all 120
measure 1280 measured-both mean 11
exit $failed
