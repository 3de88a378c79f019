#!/bin/sh
# What somebody without root does on a cluster: builds from a copy of the sources into a prefix in the home folder, runs
# an experiment elsewhere with nothing but that in PATH, finds the batch script.  Then DESTDIR, and a program that is
# compiled against what was installed, through pkg-config.  As root, it does all of it as nobody.  Part of
# `make check-long`.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
for program in pkg-config cc make; do
	command -v $program > /dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
if [ -f "$top_srcdir/config.status" ]; then
	echo "skipped: the source folder is configured itself, so it cannot be built elsewhere"
	exit 77
fi
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
	mkdir "$scratch/source" "$scratch/tmp" "$scratch/home"
	(cd "$top_srcdir" && tar cf - --exclude=./.git --exclude=./results --exclude=./autom4te.cache --exclude=./build \
		--exclude='./build-s*' .) | (cd "$scratch/source" && tar xf -)
	chown -R 65534:65534 "$scratch"
	chmod -R a-w "$scratch/source" # nothing is to be written there
	code=0
	setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all env top_srcdir="$scratch/source" \
		HOME="$scratch/home" TMPDIR="$scratch/tmp" sh "$scratch/source/tests/install.sh" || code=$?
	exit $code
fi
echo "as user $(id -u)"
prefix=$scratch/home/.local
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
	"$prefix/lib/pkgconfig/venturi.pc" "$prefix/share/venturi/experiments/information-plane.yaml" \
	"$prefix/share/venturi/slurm.sh" "$prefix/share/doc/venturi/cluster.md"

# Used from another folder, with the prefix and a `uname` in PATH and nothing else; the batch script as Slurm would
# start it, but for srun.
mkdir "$scratch/elsewhere" "$scratch/tools"
ln -s "$(command -v uname)" "$scratch/tools/uname"
there() { (cd "$scratch/elsewhere" && env -i HOME="$scratch/home" PATH="$prefix/bin:$scratch/tools" "$@"); }
plane=$prefix/share/venturi/experiments/information-plane.yaml
there venturi list experiments --names > names
grep -qxF "$plane" names || { echo "the experiments that are installed are not listed"; exit 1; }
quietly there venturi run "$plane" --preset smoke train.epochs=20 --task 0 -o results
quietly there SLURM_ARRAY_JOB_ID=1 SLURM_ARRAY_TASK_ID=1 SLURM_CPUS_PER_TASK=1 /bin/sh "$prefix/share/venturi/slurm.sh" \
	"$plane" --preset smoke train.epochs=20 -o results
expect "$scratch/elsewhere/results/task-00000/run.h5" "$scratch/elsewhere/results/task-00001/run.h5"
quietly there venturi collect results -o all.h5
there venturi submit "$plane" --preset smoke --time=10 --mem=1G --threads=1 --dry-run > script
grep -qxF "VENTURI=$prefix/bin/venturi" script || { echo "submit names another program than this one:"; cat script; exit 1; }

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
echo "installed, used, compiled against, staged and uninstalled"
