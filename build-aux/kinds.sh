#!/bin/sh
# Prints the registry of kinds: kinds.sh ROOM FILE... [-- ROOM FILE...]...
# src/dataset/sphere12.c in room `dataset` is the constant
# `const struct vt_dataset_kind vt_dataset_sphere12`, named "sphere12".
set -eu
room=
declarations=
entries=
for word in "$@"; do
	case $word in
	--) room= ;;
	*)
		if [ -z "$room" ]; then room=$word; continue; fi
		name=$(basename "$word" .c | tr - _)
		declarations="${declarations}extern const struct vt_${room}_kind vt_${room}_${name};
"
		entries="${entries}	{ \"$room\", &vt_${room}_${name}.kind },
"
		;;
	esac
done
printf '/* Made by build-aux/kinds.sh from the lists in src/Makefile.am. */\n%s\nstatic const struct vt_registered entry[] = {\n%s};\n' \
	"$declarations" "$entries"
