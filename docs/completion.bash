# Completion of venturi's command line for bash.  Installed as `venturi` in bash's completion folder; asks the
# program itself, so that it cannot differ from it.  SPDX-License-Identifier: GPL-3.0-or-later

# The presets of the experiment files on the command line.
_venturi_presets() {
	local word
	echo full
	for word in "${COMP_WORDS[@]}"; do
		[[ $word == *.yaml && -r $word ]] || continue
		awk '/^presets:/ { inside = 1; next } /^[^ #]/ { inside = 0 }
		     inside && match($0, /^  [A-Za-z0-9_-]+:/) { print substr($0, 3, RLENGTH - 3) }' "$word"
	done
}

_venturi() {
	local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words=$("$program" --help 2> /dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *.*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$words --help --version" -- "$current")
		return
	fi
	case $previous in
	--preset)
		mapfile -t COMPREPLY < <(compgen -W "$(_venturi_presets)" -- "$current")
		return
		;;
	-o | --output | --output=*)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	if [[ $current == -* ]]; then
		words=$("$program" "${COMP_WORDS[1]}" --help 2> /dev/null | sed -n 's/^  .*\(--[a-z-]*\)=\{0,1\}.*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
		return
	fi
	case ${COMP_WORDS[1]} in
	describe)
		words=$("$program" list --names 2> /dev/null)
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
		;;
	verdict | report | collect)
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -f -X '!*.@(yaml|h5)' -- "$current"; compgen -d -- "$current")
		;;
	esac
}
complete -o filenames -F _venturi venturi
