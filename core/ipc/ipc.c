/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ipc.c - the listening socket and who may come in. */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/paths.h"
#include "core/ipc/connection.h"

/* Somebody listens on ADDR already? */
static bool
is_alive (const struct sockaddr_un *addr)
{
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool alive = fd >= 0 && connect (fd, (const struct sockaddr *) addr, sizeof *addr) == 0;

  if (fd >= 0)
    close (fd);
  return alive;
}

static gpg_error_t
make_private_parent (const char *path)
{
  char *dir = strdup (path), *slash;
  gpg_error_t err;

  if (!dir)
    return cf_err_errno ();
  slash = strrchr (dir, '/');
  if (slash && slash != dir)
    *slash = 0;
  err = cf_paths_private_dir (dir);
  free (dir);
  return err;
}

static gpg_error_t
listen_on (const char *path, int *r_fd)
{
  struct sockaddr_un addr = { .sun_family = AF_UNIX };
  gpg_error_t err;
  int fd;

  if (strlen (path) >= sizeof addr.sun_path)
    return cf_err (GPG_ERR_ENAMETOOLONG);
  strcpy (addr.sun_path, path);
  err = make_private_parent (path);
  if (err)
    return err;
  if (is_alive (&addr))
    return cf_err (GPG_ERR_EADDRINUSE);
  unlink (path); /* left over by a daemon that was killed */
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return cf_err_errno ();
  if (bind (fd, (struct sockaddr *) &addr, sizeof addr) || chmod (path, 0600) || listen (fd, 64)) {
    err = cf_err_errno ();
    close (fd);
    return err;
  }
  *r_fd = fd;
  return 0;
}

static bool
is_same_user (int fd)
{
  struct ucred cred;
  socklen_t len = sizeof cred;

  return getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && cred.uid == geteuid ();
}

static void
on_client (evutil_socket_t listen_fd, short what, void *arg)
{
  struct cf_ipc *ipc = arg;
  gpg_error_t err;
  int fd;

  (void) what;
  cf_env_system_refresh (ipc->core->env);
  fd = accept4 (listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0)
    return;
  if (!is_same_user (fd) || ipc->count >= CF_IPC_CLIENTS_MAX) {
    cf_refused (ipc->core->env,
                ipc->count < CF_IPC_CLIENTS_MAX ? CF_REFUSED_CLIENT_USER : CF_REFUSED_CLIENT_FULL);
    cf_log (ipc->core->env, CF_LOG_WARN, "local interface: a client was turned away");
    close (fd);
    return;
  }
  err = cf_connection_new (ipc, fd);
  if (err)
    cf_log (ipc->core->env, CF_LOG_WARN, "local interface: %s", gpg_strerror (err));
}

gpg_error_t
cf_ipc_new (struct cf_core *core, struct event_base *base, const char *socket_path, int inherited_fd,
            struct cf_ipc **r_ipc)
{
  struct cf_ipc *ipc = calloc (1, sizeof *ipc);
  gpg_error_t err = 0;

  if (!ipc)
    return cf_err_errno ();
  ipc->core = core;
  ipc->base = base;
  ipc->listen_fd = inherited_fd;
  if (inherited_fd < 0) {
    err = listen_on (socket_path, &ipc->listen_fd);
    if (err)
      goto leave;
    ipc->socket_path = strdup (socket_path);
  }
  evutil_make_socket_nonblocking (ipc->listen_fd);
  ipc->listening = event_new (base, ipc->listen_fd, EV_READ | EV_PERSIST, on_client, ipc);
  if (!ipc->listening || event_add (ipc->listening, NULL))
    err = cf_err (GPG_ERR_ENOMEM);

leave:
  if (err)
    cf_ipc_free (ipc);
  else
    *r_ipc = ipc;
  return err;
}

void
cf_ipc_free (struct cf_ipc *ipc)
{
  if (!ipc)
    return;
  while (ipc->connections)
    cf_connection_free (ipc->connections);
  if (ipc->listening)
    event_free (ipc->listening);
  if (ipc->listen_fd >= 0)
    close (ipc->listen_fd);
  if (ipc->socket_path)
    unlink (ipc->socket_path);
  free (ipc->socket_path);
  free (ipc);
}
