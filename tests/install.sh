#!/bin/sh
# Installs into a folder of its own (a home prefix, then DESTDIR), and compiles a program against what was installed,
# through pkg-config.  Part of `make check-long`.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
for program in pkg-config cc make; do
	command -v $program > /dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/home
mkdir "$scratch/build"
cd "$scratch/build"

quietly() { "$@" > "$scratch/log" 2>&1 || { tail -n 50 "$scratch/log"; echo "failed: $*"; exit 1; }; }
expect() {
	for file in "$@"; do
		[ -e "$file" ] || { echo "not installed: ${file#"$scratch"}"; exit 1; }
	done
}

if [ -f "$top_srcdir/config.status" ]; then
	echo "skipped: the source folder is configured itself, so it cannot be built elsewhere"
	exit 77
fi
quietly "$top_srcdir/configure" -q --prefix="$prefix"
quietly make -j 2
quietly make install
expect "$prefix/bin/venturi" "$prefix/include/venturi.h" "$prefix/include/venturi/base.h" "$prefix/lib/libventuri.so" \
	"$prefix/lib/pkgconfig/venturi.pc" "$prefix/share/venturi/experiments/information-plane.yaml"

cat > program.c <<'C'
#include <stdio.h>
#include <venturi.h>
int main(void)
{
	char digest[65];
	struct vt_ctx *ctx = vt_ctx_create();
	if (!ctx || vt_registry.n < 20) return 1;
	vt_sha256("abc", 3, digest);
	puts(digest);
	vt_ctx_free(ctx);
	return 0;
}
C
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # one word per flag
quietly cc -Wall -Werror -std=c11 program.c -o program $(pkg-config --cflags --libs venturi)
digest=$(LD_LIBRARY_PATH=$prefix/lib ./program)
# SHA-256 of "abc": FIPS 180-2, appendix B.1
[ "$digest" = ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad ] || { echo "got $digest"; exit 1; }

# Packagers install below a folder that is not the prefix; nothing may remember it.
quietly make install DESTDIR="$scratch/stage"
expect "$scratch/stage$prefix/bin/venturi" "$scratch/stage$prefix/lib/pkgconfig/venturi.pc"
if grep -rIl "$scratch/stage" "$scratch/stage"; then
	echo "these files remember DESTDIR"
	exit 1
fi
quietly make uninstall
left=$(find "$prefix" -type f)
[ -z "$left" ] || { echo "left behind by uninstall: $left"; exit 1; }
echo "installed, compiled against, staged and uninstalled"
