#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Which folder may include which: base < gpg, net < core; base < ui/client < ui.
# Reads every #include "..." and #include <...>; a wrong one fails.
set -u
. "$(dirname "$0")/report.sh"
cd "${CF_SRCDIR:-$(dirname "$0")/../..}" || exit 1

# allowed FOLDER PATTERN: sources under FOLDER may include project headers matching PATTERN only.
allowed () {
  local folder=$1 pattern=$2 bad
  bad=$(find "$folder" -name '*.[ch]' -print0 | xargs -0 -r grep -HnoE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[^"]+"' |
    sed 's/#[[:space:]]*include[[:space:]]*//' | grep -vE ":\"($pattern)[^\"]*\"\$")
  report "$folder includes only $pattern" "$bad"
}
# only HEADER FOLDERS...: a library's header is included in these places only.
only () {
  local header=$1 where=$2 bad
  bad=$(grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]+<$header>" base gpg net node portmap core ui | grep -vE "^($where)")
  report "<$header> only in $where" "$bad"
}
echo 1..23
allowed base 'base/'
allowed gpg 'base/|gpg/'
allowed net 'base/|net/'
allowed node 'base/|net/|node/'
allowed portmap 'base/|net/addr\.h|net/portmap\.h|portmap/'
allowed core 'base/|gpg/|net/|core/'
allowed core/file 'base/|core/file/|net/proto\.h|net/cipher\.h'
allowed ui/client 'base/|ui/client/'
allowed ui/cli 'base/|ui/client/|ui/cli/|ui/tui/tui\.h'
allowed ui/tui 'base/|ui/client/|ui/tui/'
allowed ui/gtk 'base/|ui/client/|ui/gtk/'
allowed ui/thumbnail 'ui/thumbnail/'
only 'seccomp\.h' 'ui/thumbnail/|node/confine|portmap/confine'
only 'miniupnpc/[a-z]*\.h' 'portmap/ask_upnp'
only 'natpmp\.h' 'portmap/ask_natpmp'
only 'gpgme\.h' 'gpg/'
only 'sqlite3\.h|sqlcipher/sqlite3\.h' 'core/store/'
only 'assuan\.h' 'core/ipc/|ui/client/|gpg/'
only 'event2/[a-z_]*\.h' 'net/io_event|gpg/|core/daemon/|core/ipc/|node/(main|status)'
only 'gtk/gtk\.h|handy\.h' 'ui/gtk/'
only 'sys/socket\.h' 'net/io_event|core/ipc/|core/daemon/|ui/|base/paths|node/(status|confine)|portmap/(main|confine|gateway|socket)'
only 'n?curses(w/curses)?\.h' 'ui/tui/term\.c'
only 'time\.h' 'base/env_system|base/text|core/ipc/|core/daemon/|core/store/|gpg/|ui/|net/io_event'
exit $status
