/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connection.h - one client: its Assuan context, its buffers, its one command under way. */
#ifndef CF_CORE_IPC_CONNECTION_H
#define CF_CORE_IPC_CONNECTION_H

#include <assuan.h>
#include <event2/buffer.h>
#include <event2/event.h>

#include "core/command.h"
#include "core/ipc/ipc.h"

#define CF_IPC_CLIENTS_MAX 128
#define CF_IPC_QUEUE_MAX (64u * 1024 * 1024) /* what may wait for a slow client */

struct cf_request;

struct cf_connection {
  struct cf_connection *next;
  struct cf_ipc *ipc;
  assuan_context_t assuan;
  int fd;
  struct event *readable, *writable;
  struct event *closed;       /* in the place of readable while an early command waits in the socket */
  struct evbuffer *out;
  struct cf_request *request; /* under way, or NULL */
  bool broken;                /* to be freed at the end of the turn */
  bool busy;                  /* inside libassuan: do not free now */
  bool inquiring;             /* the next lines answer an inquiry */
  bool secret;                /* ... and they are a password */
  unsigned after_percent;     /* bytes since the last '%' of the line that is being read; 2: complete */
  char *line;                 /* what has come of a line that is not whole; secret memory, ASSUAN_LINELENGTH bytes */
  size_t line_len;
  char *given;                /* where libassuan got a line of a password, */
  size_t given_len;           /* ... to be wiped when it is done with it */
  char *display, *ttyname, *ttytype, *lc_ctype; /* for pinentry */
};

struct cf_ipc {
  struct cf_core *core;
  struct event_base *base;
  struct event *listening;
  int listen_fd;
  char *socket_path; /* to remove at the end; NULL when inherited */
  struct cf_connection *connections;
  size_t count;
};

gpg_error_t cf_connection_new (struct cf_ipc *ipc, int fd) CF_MUST_CHECK; /* owns FD, also on error */
void cf_connection_free (struct cf_connection *conn);
/* Go on reading (a command has ended). */
void cf_connection_resume (struct cf_connection *conn);

/* request.c: the verbs. */
gpg_error_t cf_request_register (struct cf_connection *conn) CF_MUST_CHECK;
/* The client has gone while its command was under way. */
void cf_request_abandon (struct cf_request *request);

#endif
