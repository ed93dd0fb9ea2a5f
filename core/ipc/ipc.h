/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ipc.h - the local interface: an Assuan server on a Unix socket.
 *
 * Only processes of the same user get in (0600 in a 0700 directory, and the
 * kernel's word for who they are).  Every verb of command.h can be called;
 * results are JSON objects, one a line, in D lines; "S ERROR {...}" says what
 * a person should read before an ERR.  Nothing here blocks: a client that does
 * not read is dropped when too much waits for it.
 */
#ifndef CF_CORE_IPC_IPC_H
#define CF_CORE_IPC_IPC_H

#include "core/core.h"

struct event_base;
struct cf_ipc;

/* Listen on SOCKET_PATH, or on INHERITED_FD (socket activation; -1: none).
   Errors: EADDRINUSE (somebody answers there), EPERM (the directory is not private), others. */
gpg_error_t cf_ipc_new (struct cf_core *core, struct event_base *base, const char *socket_path, int inherited_fd,
                        struct cf_ipc **r_ipc) CF_MUST_CHECK;
/* Ends all connections; removes the socket that it made. */
void cf_ipc_free (struct cf_ipc *ipc);

#endif
