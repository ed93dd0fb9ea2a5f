#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the command line says when something is wrong, and the exit codes that scripts rely on: all that needs no peer.
# Prints TAP.
set -u
SRC=${CF_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${CF_BUILDDIR:-$PWD}
dir=$(mktemp -d /tmp/cf-cli.XXXXXX) || exit 99
mkdir -m 700 "$dir/g" "$dir/run"
export HOME=$dir GNUPGHOME=$dir/g CONFAB_HOME=$dir/h XDG_RUNTIME_DIR=$dir/run PATH=$BUILD:$PATH LC_ALL=C.UTF-8
unset DISPLAY WAYLAND_DISPLAY GPG_TTY
# A port that is shared with nobody, on loopback: the tests must not meet other people's daemons.
mkdir -m 700 "$dir/h"
printf 'listen 127.0.0.1:0\ndiscovery-port %d\n' $((20000 + $$ % 20000)) >"$dir/h/confabd.conf"
finish () {
  confab stop >/dev/null 2>&1
  gpgconf --homedir "$dir/g" --kill all
  [ ! -d "$dir/h/gnupg" ] || gpgconf --homedir "$dir/h/gnupg" --kill all
  rm -rf "$dir"
}
trap finish EXIT

count=0 failed=0
ok () { count=$((count + 1)); echo "ok $count - $1"; }
not_ok () { count=$((count + 1)); failed=1; echo "not ok $count - $1"; sed 's/^/# /' "$dir/out" "$dir/err"; }
is () { # WHAT COMMAND...: a check
  local what=$1
  shift
  if "$@"; then ok "$what"; else not_ok "$what"; fi
}
# try CODE PATTERN WORDS...: confab WORDS ends with CODE, and its one line on stderr matches PATTERN
try () {
  local want=$1 pattern=$2 code lines
  shift 2
  confab "$@" >"$dir/out" 2>"$dir/err" </dev/null
  code=$?
  lines=$(wc -l <"$dir/err")
  if [ "$code" = "$want" ] && [ "$lines" = 1 ] && grep -qE -- "$pattern" "$dir/err" && [ ! -s "$dir/out" ]; then
    ok "confab $*: $want"
  else
    echo "# exit code $code, $lines lines on stderr; wanted $want and $pattern"
    not_ok "confab $*"
  fi
}
object () { # NAME: stderr is one error object of that name, with a message
  python3 -c 'import json, sys
o = json.load(open(sys.argv[1]))
sys.exit(not (o["error"] == sys.argv[2] and o["message"] and set(o) == {"error", "message", "hint"}))' "$dir/err" "$1"
}

# Usage: nothing of this starts a daemon.
try 1 '^confab: No command was given\. ' 
try 1 'There is no command "sned"\. Did you mean "confab send"\?$' sned
try 1 'There is no command "xyz"\. "confab help" lists' xyz
try 1 'confab has no option "--jsn"' --jsn peers
try 1 'has no option --passwrd-fd\. Did you mean --password-fd\?$' open bob --passwrd-fd 3
try 1 'lacks a word: PEER.* Usage: confab open PEER' open
try 1 'lacks a word: ID' edit abc
try 1 '"c" is one word too many' history a c
try 1 '--note was given twice' open a --note x --note y
try 1 '--watch takes no value' peers --watch=1
try 1 '--limit needs a value' history a --limit
try 1 '"x" is not a number for --limit' history a --limit x
try 1 '"5y" is not a duration\. Write it as 90s' expect a --for 5y
try 1 '"0" is not a number of seconds' --timeout 0 peers
try 1 '--home was given without a value' --home
try 1 'There is no terminal to ask for the password\. .*--password-fd N' open bob
try 1 'There is nothing to send' send bob ''
try 1 '"late" is not a state of a message' send bob hi --wait late
try 1 'There is no command "nothing"' help nothing
is "no daemon was started for that" [ ! -e "$dir/h/confabd.log" ]

confab --json sned >"$dir/out" 2>"$dir/err"
is "--json: an error object" object UNKNOWN_COMMAND
confab sned --json >"$dir/out" 2>"$dir/err"
is "--json behind the command counts as well" object UNKNOWN_COMMAND
confab "$(printf '\033[2Jx')" >"$dir/out" 2>"$dir/err"
is "control characters are not echoed" bash -c "! grep -q $'\\033' '$dir/err'"

# help and version
for command in $(confab help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
  confab "$command" --help >"$dir/out" 2>"$dir/err"
  is "$command --help: usage, fields" bash -c "grep -q '^Usage: confab $command' '$dir/out' && grep -q 'fields are:' '$dir/out'"
  is "$command is in the man page" grep -q "^.It Ic $command\\b" "$SRC/doc/man/confab.1"
done
is "the options of the table are in the man page" bash -c '
  for c in $(confab help | sed -n "/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p"); do
    confab "$c" --help | sed -n "/^Options:/,/^$/s/^  --\([a-z-]*\).*/\1/p"
  done | sort -u | while read -r o; do grep -q "^.It Fl -$o" "$0" || { echo "# $o"; exit 1; }; done' "$SRC/doc/man/confab.1"
confab --version >"$dir/out" 2>"$dir/err"
is "--version" grep -q '^confab [0-9]' "$dir/out"
if command -v mandoc >/dev/null; then
  mandoc -Tlint -Wwarning "$SRC/doc/man/confab.1" "$SRC/doc/man/confabd.1" >"$dir/out" 2>&1
  is "the man pages are well formed" [ ! -s "$dir/out" ]
fi

# without a daemon, and without an identity
confab --json stop >"$dir/out" 2>"$dir/err"
is "stop: fine when none runs" bash -c "[ $? = 0 ] && grep -qx '{\"running\":false,\"stopped\":false}' '$dir/out'"
is "stop starts none" [ ! -e "$dir/h/confabd.log" ]
confab --json start >"$dir/out" 2>"$dir/err"
is "start: tells that it has started" grep -q '"running":true,"started":true,"state":"empty"' "$dir/out"
confab --json start >"$dir/out" 2>"$dir/err"
is "start: once is enough" grep -q '"started":false' "$dir/out"
for command in peers contacts conversations requests address "history x" "send x y" "close x"; do
  try 1 'no identity.*confab init' $command
done
try 1 'There is no secret key in your keyring\. Make one with' init
try 1 'existing identity and a new one' init --identity 12 --generate x
try 1 'is not a fingerprint' init --identity 12
confab --json peers >"$dir/out" 2>"$dir/err"
is "--json: the daemon's errors too" object NO_IDENTITY

# with one
gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key 'Ann <ann@x.invalid>' future-default default never 2>/dev/null
try 1 'Which key is to be your identity was not said\. Use your only one with: confab init --identity [0-9A-F]{40}\.$' init
fpr=$(confab --json identities | sed 's/.*"fingerprint":"\([0-9A-F]*\)".*/\1/')
confab --json init --identity "$fpr" >"$dir/out" 2>"$dir/err" </dev/null
is "init: fingerprint, user_id, address" grep -q "^{\"fingerprint\":\"$fpr\",\"user_id\":\"Ann <ann@x.invalid>\",\"address\":\"confab:" "$dir/out"
try 1 'This home has an identity already' init
try 1 'This home has an identity already' init --identity "$fpr"
try 1 'Nobody|is known' open nobody@x.invalid --password-fd 0
for command in history read unread typing pin unpin mute unmute close delete export chat; do
  try 1 '"nothing"' $command nothing
done
try 1 '"nothing"' send --wait queued nothing text
try 1 '"nothing"' draft nothing text
try 1 '"nothing"' edit nothing 00112233445566778899aabbccddeeff text
try 1 '"nothing"' delete-message nothing 00112233445566778899aabbccddeeff
try 1 '"nothing"' react nothing 00112233445566778899aabbccddeeff x
try 1 '"nothing"' timer nothing 1h
try 1 '"nothing"' message nothing 00112233445566778899aabbccddeeff
try 1 '"nobody"' remove nobody
try 1 '"nobody"' expect nobody --password-fd 0
try 1 'is no request|"nobody"' refuse nobody
try 1 'cannot be read: There is no such file' add ./nothing
try 1 'own identity' add "$fpr"
# one digit of an address is another
address=$(confab --json address | sed 's/.*"address":"\(confab:[0-9A-F:]*\)".*/\1/')
mistyped=${address%????}$(printf %s "${address: -4}" | tr 0-9A-F 1-9A-F0)
for command in add 'status' 'remove'; do
  try 1 'mistake in this address: a character is wrong\. Copy it once more\.$' $command "$mistyped"
done
try 1 'not an address of Confab, or it is not complete' add "${address%????}"
mkdir -m 700 "$dir/other"
gpg --homedir "$dir/other" --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key 'Bob <bob@x.invalid>' \
  future-default default never 2>/dev/null
gpg --homedir "$dir/other" --batch --quiet --export --armor >"$dir/bob.asc"
gpgconf --homedir "$dir/other" --kill all
confab add "$dir/bob.asc" >"$dir/out" 2>"$dir/err"
is "add FILE: a contact" grep -q '^Bob <bob@x.invalid> is a contact now  [0-9A-F]*$' "$dir/out"
echo nonsense | confab add - >"$dir/out" 2>"$dir/err"
is "add -: what is neither a key nor a contact file" bash -c "[ $? = 1 ] && grep -q 'neither an OpenPGP key nor a contact file' '$dir/err'"
try 1 'cannot be read from descriptor 77' expect bob@x.invalid --password-fd 77
try 1 'The password is empty' expect bob@x.invalid --password-fd 0
head -c 2000 /dev/zero | tr '\0' x >"$dir/long"
confab expect bob@x.invalid --password-fd 3 3<"$dir/long" >"$dir/out" 2>"$dir/err"
is "a password that is too long" bash -c "[ $? = 1 ] && grep -q 'password is too long' '$dir/err'"
printf 'good\nrest' >"$dir/good"
confab --json expect bob@x.invalid --for 10m --password-fd 3 3<"$dir/good" >"$dir/out" 2>"$dir/err"
is "a good one, up to the newline" bash -c "[ $? = 0 ] && grep -q '\"until\":' '$dir/out'"
confab peers >"$dir/out" 2>"$dir/err"
is "an empty list says what to do next" grep -q '^Nobody is near\. .*confab address' "$dir/out"
confab --json peers >"$dir/out" 2>"$dir/err"
is "but not to a program" [ ! -s "$dir/out" ]
confab --json --timeout 1 events --since 0 >"$dir/out" 2>"$dir/err"
is "a stream ends without an error when its time is over" [ $? = 0 ]
confab --timeout 1 peers --watch >"$dir/out" 2>"$dir/err"
is "so does a list that goes on" [ $? = 0 ]
confab config name 'Ann B' >"$dir/out" 2>"$dir/err"
confab --json config name >"$dir/out" 2>"$dir/err"
is "a setting is kept" grep -q '"value":"Ann B"' "$dir/out"
confab --json config name '' >"$dir/out" 2>"$dir/err"
is "a setting can be emptied" bash -c "[ $? = 0 ] && grep -q '\"value\":\"\"' '$dir/out'"
confab --json delete '' --yes >"$dir/out" 2>"$dir/err"
is "but nothing is no conversation" [ $? = 1 ]
confab help >/dev/full 2>"$dir/err"
is "what cannot be written is an error" [ $? = 2 ]
confab help 2>"$dir/err" | true
is "a reader that has gone is none" [ ! -s "$dir/err" ]
confab --json stop >"$dir/out" 2>"$dir/err"
is "stop: it is gone" bash -c "grep -q '\"stopped\":true' '$dir/out' && confab --json stop | grep -q '\"stopped\":false'"
echo "1..$count"
exit $failed
