#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# demo.sh - Confab shown to somebody without a terminal to hand: two throw-away people on this machine.
#
# Each has a GnuPG home, a Confab home and a daemon of its own, which listens on
# loopback only and asks "who's there" on a port of its own, so that nobody else
# takes part.  confab and confabd are those in PATH; what is printed after "$" is
# what is run.  Everything is removed at the end, also after a failure.
set -eu

dir=$(mktemp -d "${TMPDIR:-/tmp}/confab-demo.XXXXXX")
port=$((20000 + $$ % 20000))
watch_pid=

cleanup () {
  status=$?
  trap - EXIT INT TERM
  [ "$status" = 0 ] || echo "The demonstration failed (exit code $status)." >&2
  [ -z "$watch_pid" ] || kill "$watch_pid" 2>/dev/null || :
  for who in alice bob; do
    as "$who" confab stop >/dev/null 2>&1 || :
    for home in "$dir/$who/gnupg" "$dir/$who/confab/gnupg"; do
      [ ! -d "$home" ] || gpgconf --homedir "$home" --kill all >/dev/null 2>&1 || :
    done
  done
  if [ "$status" != 0 ]; then
    for who in alice bob; do
      [ ! -s "$dir/$who/confab/confabd.log" ] || { echo "The end of $who's log:"; tail -n 5 "$dir/$who/confab/confabd.log"; } >&2
    done
  fi
  rm -rf "$dir"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

die () { printf '%s.\n' "$*" >&2; exit 1; }
say () { printf '\n%s\n' "$*"; }

# as WHO COMMAND...: in that person's world
as () {
  who_=$1
  shift
  env -u DISPLAY -u WAYLAND_DISPLAY -u GPG_TTY HOME="$dir/$who_" GNUPGHOME="$dir/$who_/gnupg" \
    CONFAB_HOME="$dir/$who_/confab" XDG_RUNTIME_DIR="$dir/$who_/run" "$@"
}

# show WHO COMMAND...: and say what was typed; a failure ends the demonstration unless it is caught
show () {
  who_=$1
  shift
  typed=
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9._/:@=-]*) typed="$typed \"$word\"" ;;
      *) typed="$typed $word" ;;
    esac
  done
  printf '%5s $%s\n' "$who_" "$typed"
  as "$who_" "$@" || {
    code_=$?
    echo "(exit code $code_)"
    return "$code_"
  }
}

# field NAME: the value of a text field in a JSON line on standard input
field () { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' | head -n 1; }

# sees WHO FINGERPRINT: the first line about FINGERPRINT ends the wait
sees () {
  mkfifo "$dir/seen"
  as "$1" confab --json --timeout 20 peers --watch >"$dir/seen" 2>/dev/null &
  watch_pid=$!
  seen=
  while read -r line; do
    case $line in *"$2"*) seen=yes; break ;; esac
  done <"$dir/seen"
  kill "$watch_pid" 2>/dev/null || :
  wait "$watch_pid" 2>/dev/null || :
  watch_pid=
  rm "$dir/seen"
  [ "$seen" = yes ] || die "$1 did not see the other within 20 seconds"
}

command -v confab >/dev/null || die "confab is not in PATH"
command -v confabd >/dev/null || die "confabd is not in PATH"
command -v gpg >/dev/null || die "gpg is not in PATH"

say "Alice and Bob have OpenPGP keys, as people with GnuPG have. These two are made for this demonstration."
for who in alice bob; do
  mkdir -p "$dir/$who"
  mkdir -m 700 "$dir/$who/gnupg" "$dir/$who/confab" "$dir/$who/run"
  case $who in alice) name="Alice <alice@demo.invalid>" ;; *) name="Bob <bob@demo.invalid>" ;; esac
  printf '%5s $ gpg --quick-gen-key "%s" ed25519\n' "$who" "$name"
  as "$who" gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key "$name" ed25519 sign never 2>/dev/null ||
    die "gpg could not make a key"
  fpr=$(as "$who" gpg --batch --with-colons --list-keys 2>/dev/null | sed -n 's/^fpr:*\([0-9A-F]*\):*$/\1/p' | head -n 1)
  as "$who" gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-add-key "$fpr" cv25519 encr never ||
    die "gpg could not add a key to encrypt to"
  eval "${who}_fpr=\$fpr"
done

say "Each starts Confab with that key. (A daemon starts by itself; here it is told to stay on loopback.)"
for who in alice bob; do
  eval "fpr=\$${who}_fpr"
  as "$who" confabd --home "$dir/$who/confab" --listen 127.0.0.1:0 --discovery-port "$port" || die "confabd did not start for $who"
  show "$who" confab init --identity "$fpr"
done

say "They find each other: nobody runs a server, and nobody has an account."
sees alice "$bob_fpr"
sees bob "$alice_fpr"
show alice confab peers

say "They have agreed on a password over lunch. Bob tells Confab to expect Alice with it, and Alice asks."
say "(On a terminal it is typed unseen; here descriptor 3 holds it.)"
echo tiramisu >"$dir/password"
show bob confab expect alice@demo.invalid --for 10m --password-fd 3 3<"$dir/password"
show alice confab --timeout 30 open bob@demo.invalid --note "It is me" --password-fd 3 3<"$dir/password"
conv=$(as bob confab --json conversations | field conversation | cut -c 1-8)
[ -n "$conv" ] || die "no conversation came of \"confab open\""
show bob confab conversations

say "They talk. Each message is signed with the sender's conversation key and encrypted to the other's."
show alice confab --timeout 20 send "$conv" "Hello Bob, this is encrypted end to end." --wait delivered
show bob confab --timeout 20 send "$conv" "Hello Alice! Nobody in between." --wait delivered

say "Bob reads, and Alice sees that he did."
show bob confab history "$conv"
show bob confab read "$conv"
show alice confab --timeout 20 send "$conv" "See you at lunch." --wait delivered
show alice confab history "$conv"

say "A wrong password opens nothing, and tells nobody anything but that it was wrong."
echo lasagne >"$dir/password"
show bob confab expect alice@demo.invalid --for 10m --password-fd 3 3<"$dir/password"
echo tiramisu >"$dir/password"
code=0
(show alice confab --timeout 30 open bob@demo.invalid --password-fd 3 3<"$dir/password") 2>&1 || code=$?
[ "$code" = 4 ] || die "a wrong password ended with exit code $code, not 4"

say "When they are done, the conversation's secret key and history are destroyed."
show alice confab delete "$conv"

say "That was it. Two daemons and all their files are removed now. Try it yourself: run confab on a terminal."
