#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion in bash, zsh and fish offers every command and option of the program; others' names do no harm.  Prints TAP.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${CF_BUILDDIR:-$PWD}
dir=$(mktemp -d /tmp/cf-co.XXXXXX) || exit 99
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/bin" "$dir/home"
export HOME=$dir CONFAB_HOME=$dir/home PATH=$dir/bin:$PATH LC_ALL=C.UTF-8
# The program for what it says of itself; for what a daemon would say, a conversation and a peer with names to be afraid of.
cat >"$dir/bin/confab" <<END
#!/bin/sh
case "\$*" in
  *--json*conversations) echo '{"conversation":"00112233","title":"bob","x":1}'; echo '{"conversation":"44556677","title":"\$(touch $dir/harm)"}' ;;
  *--json*transfers) echo '{"transfer":"00aa11bb","name":"x"}' ;;
  *--json*peers) echo '{"fingerprint":"ABCD","user_id":"Bob <bob@x.invalid>"}'; echo '{"fingerprint":"EF01","user_id":"\`touch $dir/harm\` <;touch>"}' ;;
  *--json*) ;;
  *) exec "$BUILD/confab" "\$@" ;;
esac
END
printf '#!/bin/sh\nexit 0\n' >"$dir/bin/pgrep" # a daemon runs
chmod +x "$dir/bin/confab" "$dir/bin/pgrep"

# What each shell offers after the words given, of which the last is being typed.
in_bash () {
  bash --norc -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _confab; printf "%s\n" "${COMPREPLY[@]}"' \
    "$SRC/ui/cli/completion/confab" confab "$@"
}
in_fish () { fish --no-config -c 'source $argv[1]; complete -C "$argv[2]"' "$SRC/ui/cli/completion/confab.fish" "confab $*" | cut -f1; }
# zsh completes for a person only: compadd and _describe are stood in for.
in_zsh () {
  zsh -f -c '
    compadd () { [[ $1 == -a ]] && print -rl -- ${(P)2} || { [[ $1 == -- ]] && shift; print -rl -- "$@" } }
    _describe () { print -rl -- ${${(P)4}%%:*} }
    _files () { print file }
    file=$1; shift
    words=("$@") CURRENT=$# PREFIX=$words[-1]
    . $file' zsh "$SRC/ui/cli/completion/_confab" confab "$@"
}

commands=$(confab help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
echo 1..21
n=0
status=0
# check SHELL WHAT WANTED WORDS...: every line of WANTED is offered.
check () {
  local shell=$1 what=$2 wanted=$3 missing
  shift 3
  n=$((n + 1))
  if ! command -v "$shell" >/dev/null; then
    echo "ok $n - $shell: $what # SKIP there is no $shell"
    return
  fi
  missing=$(comm -23 <(sort -u <<<"$wanted") <("in_$shell" "$@" 2>"$dir/err" | sort -u))
  if [ -n "$missing" ] || [ -e "$dir/harm" ]; then
    sed 's/^/# /' "$dir/err"
    echo "# missing: $missing"
    echo "not ok $n - $shell: $what"
    status=1
  else
    echo "ok $n - $shell: $what"
  fi
}
for shell in bash zsh fish; do
  check "$shell" "every command" "$commands" ""
  options=
  for command in $commands; do
    options+=$(confab "$command" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | sed "s/^/$command /")$'\n'
  done
  offered=$(for command in $commands; do command -v "$shell" >/dev/null && "in_$shell" "$command" -- | sed "s/^/$command /"; done)
  n=$((n + 1))
  missing=$(comm -23 <(sort -u <<<"$options" | grep .) <(sort -u <<<"$offered"))
  if ! command -v "$shell" >/dev/null; then
    echo "ok $n - $shell: every option of each # SKIP there is no $shell"
  elif [ -n "$missing" ]; then
    sed 's/^/# missing: /' <<<"$missing"
    echo "not ok $n - $shell: every option of each"
    status=1
  else
    echo "ok $n - $shell: every option of each"
  fi
  check "$shell" "words that are to be chosen from" $'everyone\ncontacts\nnobody' visibility ""
  check "$shell" "conversations by id and by name" $'00112233\n44556677\nbob' send ""
  check "$shell" "transfers by id" 00aa11bb accept-file ""
  check "$shell" "whom to send a file" bob send-file ""
  check "$shell" "people, and no harm by their names" $'ABCD\nEF01\nbob@x.invalid' open ""
done
exit $status
