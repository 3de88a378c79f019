#!/bin/sh
# Prints what help2man includes in the manual page: one section for each command, from its own --help.
# manual.sh PROGRAM; called by docs/Makefile.am.  SPDX-License-Identifier: GPL-3.0-or-later
set -eu
program=$1

# verbatim: text that man must leave as it is.
verbatim() {
	sed -e 's/\\/\\e/g' -e "s/^\([.']\)/\\\\\&\1/" -e 's/-/\\-/g'
}

commands=$("$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *.*/\1/p')
[ -n "$commands" ] || { echo "manual.sh: $program --help lists no command" >&2; exit 1; }
for command in $commands; do
	printf '[VENTURI %s]\n.nf\n' "$(printf '%s' "$command" | tr '[:lower:]' '[:upper:]')"
	"$program" "$command" --help | sed '/^Exit status:/,$d' | verbatim
	printf '.fi\n\n'
done
cat <<'TEXT'
[FILES]
.TP
DIR/task-NNNNN/run.h5
the run of one task: HDF5 that is also netCDF-4
.TP
DIR/rulings.json
the rulings over all tasks of DIR

[ENVIRONMENT]
.TP
OMP_NUM_THREADS, SLURM_CPUS_PER_TASK
how many threads to use without \-\-threads; no result depends on it
.TP
NO_COLOR
set: no colour and no bar that redraws itself
TEXT
