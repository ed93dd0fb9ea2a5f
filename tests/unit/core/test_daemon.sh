#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# test_daemon.sh - confabd as a process: options, the lock, its errors, start and stop.  Speaks TAP.
set -u
confabd=$CF_BUILDDIR/confabd
dir=$(mktemp -d /tmp/cfd-XXXXXX)
n=0

# End what we started, by number.
pids=
cleanup () {
  for p in $pids; do kill "$p" 2>/dev/null; done
  for h in "$dir"/gpg "$dir"/h*/gnupg; do
    [ -d "$h" ] && gpgconf --homedir "$h" --kill all 2>/dev/null
  done
  rm -rf "$dir"
}
trap cleanup EXIT

ok () { # STATUS NAME
  n=$((n + 1))
  if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# refused EXIT WORDS NAME COMMAND...: exits so, with one line on stderr that has these words.
refused () {
  local want=$1 words=$2 name=$3 rc
  shift 3
  timeout 20 "$@" >"$dir/out" 2>"$dir/err"
  rc=$?
  [ $rc -eq "$want" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q -- "$words" "$dir/err"
  local s=$?
  [ $s -eq 0 ] || sed "s/^/# $rc: /" "$dir/err"
  ok $s "$name"
}

# The answer of the daemon at socket $1 to the command $2.
ask () {
  printf '%s\n' "$2" | timeout 20 gpg-connect-agent -S "$1" 2>/dev/null
}

# Wait for FILE (a socket) to go, at most 10 s.
gone () {
  local i
  for ((i = 0; i < 200; i++)); do
    [ -e "$1" ] || return 0
    sleep 0.05
  done
  return 1
}

export GNUPGHOME=$dir/gpg
mkdir -m 700 "$GNUPGHOME"
unset CONFAB_HOME

"$confabd" --version | grep -q '^confabd (Confab) '; ok $? "--version"
"$confabd" --help | grep -q -- --listen; ok $? "--help"
refused 1 "--nonsense" "unknown option" "$confabd" --nonsense
refused 1 "--home" "option without its value" "$confabd" --home
refused 1 "nowhere" "bad address to listen on" "$confabd" --listen nowhere
refused 1 "surplus" "surplus argument" "$confabd" surplus

mkdir -m 755 "$dir/hopen"
refused 2 "$dir/hopen" "home open to others" "$confabd" --home "$dir/hopen"
printf 'log-level chatty\n' >"$dir/conf"
refused 1 "line 1" "bad configuration file" "$confabd" --home "$dir/h0" --config "$dir/conf"
refused 1 "$dir/none" "missing configuration file" "$confabd" --home "$dir/h0" --config "$dir/none"
refused 7 "GnuPG" "no gpg" env PATH=/nonexistent "$confabd" --home "$dir/h0"

printf '# quiet\nlisten 127.0.0.1:0\n\nlog-level debug\n' >"$dir/conf"
timeout 20 "$confabd" --home "$dir/h1" --config "$dir/conf"; ok $? "starts in the background"
socket=$(sed -n 's/.*, socket //p' "$dir/h1/confabd.log" | head -n 1)
[ -S "$socket" ]; ok $? "is ready when the starter has come back"
pids=$(ask "$socket" "GETINFO pid" | sed -n 's/^D \([0-9]*\).*/\1/p')
[ -n "$pids" ]; ok $? "says who it is"
[ "$(stat -c %a "$dir/h1/confabd.log" "$socket" "$dir/h1/lock" | sort -u)" = 600 ]; ok $? "files are the user's alone"
refused 1 "process $pids" "a second one on the same home" "$confabd" --home "$dir/h1"
ask "$socket" STATUS | grep -q '"state":"empty"'; ok $? "a fresh home is empty"
ask "$socket" ADDRESS | grep -q '"error":"NO_IDENTITY"'; ok $? "nothing to be had without an identity"
ask "$socket" IDENTITIES | grep -q '^OK'; ok $? "an empty keyring lists nothing"
ask "$socket" INIT | grep -q '"error":"AMBIGUOUS_NAME"'; ok $? "init never generates by itself"
ask "$socket" "INIT --identity=0123456789ABCDEF0123456789ABCDEF01234567" | grep -q '"error":"NO_IDENTITY"'
ok $? "init refuses a key that is not there"

port=$(ask "$socket" STATUS | sed -n 's/.*"listen":\["127.0.0.1:\([0-9]*\)".*/\1/p')
refused 3 "127.0.0.1:$port" "port in use" "$confabd" --home "$dir/h2" --listen "127.0.0.1:$port"

gpg -q --batch --passphrase '' --quick-gen-key 'Ada Lovelace <ada@example.org>' ed25519 sign 2>/dev/null
fpr=$(gpg --list-secret-keys --with-colons 2>/dev/null | awk -F: '/^fpr/ { print $10; exit }')
gpg -q --batch --passphrase '' --quick-add-key "$fpr" cv25519 encr 2>/dev/null
address=$(ask "$socket" "INIT --identity=$fpr" | sed -n 's/.*"address":"\([^"]*\)".*/\1/p')
case $address in "confab:$fpr:"*) true ;; *) false ;; esac; ok $? "init with the user's key"
ask "$socket" "INIT --identity=$fpr" | grep -q '"error":"EXISTS"'; ok $? "init only once"
[ ! -e "$dir/h1/store/unfinished" ]; ok $? "nothing is left unfinished"
ask "$socket" "CONFIG name Countess" | grep -q '"value":"Countess"'; ok $? "a setting"
ask "$socket" STOP | grep -q '^OK'; ok $? "stop is answered"
gone "$socket"; ok $? "and done"

# Another environment: the GnuPG home was remembered.
timeout 20 env -u GNUPGHOME "$confabd" --home "$dir/h1" --listen 127.0.0.1:0; ok $? "starts again, waiting for the old one to end"
pids=$(ask "$socket" "GETINFO pid" | sed -n 's/^D \([0-9]*\).*/\1/p')
[ "$(ask "$socket" UNLOCK | sed -n 's/.*"address":"\([^"]*\)".*/\1/p')" = "$address" ]; ok $? "the same address"
ask "$socket" STATUS | grep -q '"name":"Countess"'; ok $? "the setting stayed"
kill -9 $pids
timeout 20 "$confabd" --home "$dir/h1" --listen 127.0.0.1:0; ok $? "starts after kill -9"
pids=$(ask "$socket" "GETINFO pid" | sed -n 's/^D \([0-9]*\).*/\1/p')
ask "$socket" UNLOCK | grep -q "$address"; ok $? "and unlocks"
kill -TERM $pids
gone "$socket"; ok $? "ends at SIGTERM"

# Socket activation: descriptor 3 is a listening socket, the environment says for whom.
/usr/bin/python3 - "$confabd" "$dir/h1" "$dir/act" <<'PY' 2>"$dir/err" &
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[3] + "~")
s.listen(5)
os.rename(sys.argv[3] + "~", sys.argv[3])  # there once it can be connected to
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
env = dict(os.environ, LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execve(sys.argv[1], ["confabd", "--foreground", "--home", sys.argv[2], "--listen", "127.0.0.1:0"], env)
PY
pids=$!
for ((i = 0; i < 200; i++)); do [ -S "$dir/act" ] && break; sleep 0.05; done
ask "$dir/act" UNLOCK | grep -q "$address"; ok $? "takes a socket from the service manager"
ask "$dir/act" STOP | grep -q '^OK'
for ((i = 0; i < 200; i++)); do [ "$(jobs -rp)" ] || break; sleep 0.05; done
[ -z "$(jobs -rp)" ] && wait $pids; ok $? "ends with 0"
kill -9 $pids 2>/dev/null
pids=

# A store of somebody else's: the sealed key is good, the statement is not.
printf 'x' >>"$dir/h1/store/statement"
timeout 20 "$confabd" --home "$dir/h1" --listen 127.0.0.1:0
pids=$(ask "$socket" "GETINFO pid" | sed -n 's/^D \([0-9]*\).*/\1/p')
answer=$(ask "$socket" UNLOCK)
echo "$answer" | grep -q '^OK'; [ $? -ne 0 ]; ok $? "a store without its statement stays shut"
ask "$socket" STATUS | grep -q '"state":"locked"'; ok $? "and the daemon says so"
kill -TERM $pids
gone "$socket"
pids=
grep -q "Countess" -r "$dir/h1/store"; [ $? -ne 0 ]; ok $? "no plain text in the store"
echo "1..$n"
