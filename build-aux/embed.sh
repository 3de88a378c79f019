#!/bin/sh
# Prints files as C arrays: embed.sh FILE...
# src/report/page.css becomes `static const char vt_page_css[]`, null-terminated.
set -eu
echo '/* Made by build-aux/embed.sh. */'
for file in "$@"; do
	name=$(basename "$file" | sed 's/[^A-Za-z0-9]/_/g')
	echo
	echo "static const unsigned char vt_$name[] = {"
	od -An -v -tx1 "$file" | sed 's/[[:space:]]*\([0-9a-fA-F][0-9a-fA-F]\)/0x\1,/g'
	echo '0 };'
done
