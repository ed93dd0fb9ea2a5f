/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status.c - how a node does, for who administers it: one object of JSON for each connection. */
#include <config.h>

#include "node/status.h"

#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"

#define SOCKET_NAME "S.confab-node"
#define ANSWER_MAX (64 * 1024)
#define BACKLOG 8

struct cf_status_door {
  const struct cf_status_facts *facts;
  struct event *event;
  char *path;
  int fd;
};

static gpg_error_t
address_of (const char *state, struct sockaddr_un *r_address, char **r_path)
{
  char *path = cf_paths_join (state, SOCKET_NAME);

  if (!path)
    return cf_err (GPG_ERR_ENOMEM);
  memset (r_address, 0, sizeof *r_address);
  r_address->sun_family = AF_UNIX;
  if (strlen (path) >= sizeof r_address->sun_path) {
    free (path);
    return cf_err (GPG_ERR_ENAMETOOLONG);
  }
  strcpy (r_address->sun_path, path);
  *r_path = path;
  return 0;
}

/* ---- told ---- */

static json_t *
services_json (uint8_t services)
{
  json_t *list = json_array ();

  if (services & CF_NODE_RELAY)
    json_array_append_new (list, json_string ("relay"));
  if (services & CF_NODE_LISTING)
    json_array_append_new (list, json_string ("list"));
  if (services & CF_NODE_MAILBOX)
    json_array_append_new (list, json_string ("mailbox"));
  return list;
}

static json_t *
refused_json (const struct cf_env *env)
{
  json_t *refused = json_object ();

  for (int i = 0; i < CF_REFUSED_COUNT; i++)
    if (env->refused[i])
      json_object_set_new (refused, cf_refusal_name ((enum cf_refusal) i), json_integer ((json_int_t) env->refused[i]));
  return refused;
}

static json_t *
names_json (const struct cf_status_facts *facts)
{
  json_t *list = json_array ();
  char name[CF_NODE_NAME_SIZE];

  for (size_t i = 0; i < facts->name_count; i++)
    json_array_append_new (list, json_string (cf_node_name_format (&facts->names[i], name)));
  return list;
}

static json_t *
status_json (const struct cf_status_facts *facts)
{
  struct cf_server_status s;
  char started[CF_TIME_SIZE];

  cf_server_status (facts->server, &s);
  cf_time_format (facts->started_utc_ms, started);
  return json_pack (
      "{s:s, s:o, s:o, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "version", VERSION,
      "nodes", names_json (facts), "offers", services_json (facts->services), "confined", facts->confined, "started_at",
      started, "streams", (json_int_t) s.streams, "datagrams", (json_int_t) s.datagrams, "tunnels", (json_int_t) s.tunnels, "hosts", (json_int_t) s.hosts,
      "registered", (json_int_t) s.registered, "reachable", (json_int_t) s.reachable, "listed", (json_int_t) s.listed,
      "circuits", (json_int_t) s.circuits, "mail", (json_int_t) s.mail, "mail_bytes", (json_int_t) s.mail_bytes, "waiting_bytes", (json_int_t) s.waiting_bytes, "total_tunnels",
      (json_int_t) s.total_tunnels, "total_circuits", (json_int_t) s.total_circuits, "total_bytes",
      (json_int_t) s.total_bytes, "refused", refused_json (facts->env));
}

static void
on_asked (evutil_socket_t listener, short what, void *arg)
{
  struct cf_status_door *door = arg;
  int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  json_t *status;
  char *text = NULL;

  (void) what;
  if (fd < 0)
    return;
  cf_env_system_refresh (door->facts->env);
  status = status_json (door->facts);
  if (status)
    text = json_dumps (status, JSON_COMPACT);
  /* It fits into the socket's buffer: nobody is waited for. */
  if (text && send (fd, text, strlen (text), MSG_NOSIGNAL) < 0)
    cf_log (door->facts->env, CF_LOG_WARN, "cannot say how it does: %s", cf_err_info (cf_err_errno ())->message);
  json_decref (status);
  free (text);
  close (fd);
}

static gpg_error_t
listen_at (struct cf_status_door *door, const struct sockaddr_un *address)
{
  (void) unlink (door->path); /* of one that was killed: the state is locked, so none runs */
  door->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (door->fd < 0 || bind (door->fd, (const struct sockaddr *) address, sizeof *address)
      || chmod (door->path, 0600) || listen (door->fd, BACKLOG))
    return cf_err_errno ();
  return 0;
}

gpg_error_t
cf_status_open (struct event_base *base, const char *state, const struct cf_status_facts *facts,
                struct cf_status_door **r_door)
{
  struct cf_status_door *door = calloc (1, sizeof *door);
  struct sockaddr_un address;
  gpg_error_t err;

  if (!door)
    return cf_err (GPG_ERR_ENOMEM);
  door->facts = facts;
  door->fd = -1;
  err = address_of (state, &address, &door->path);
  if (!err)
    err = listen_at (door, &address);
  if (!err) {
    door->event = event_new (base, door->fd, EV_READ | EV_PERSIST, on_asked, door);
    if (!door->event || event_add (door->event, NULL))
      err = cf_err (GPG_ERR_ENOMEM);
  }
  if (err) {
    cf_status_close (door);
    return err;
  }
  *r_door = door;
  return 0;
}

void
cf_status_close (struct cf_status_door *door)
{
  if (!door)
    return;
  if (door->event)
    event_free (door->event);
  if (door->fd >= 0) {
    close (door->fd);
    (void) unlink (door->path);
  }
  free (door->path);
  free (door);
}

/* ---- asked for ---- */

static gpg_error_t
fetch (const char *state, char *answer, size_t size)
{
  struct sockaddr_un address;
  char *path;
  size_t len = 0;
  ssize_t n = 1;
  int fd;
  gpg_error_t err = address_of (state, &address, &path);

  if (err)
    return err;
  free (path);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return cf_err_errno ();
  if (connect (fd, (const struct sockaddr *) &address, sizeof address))
    err = cf_err_errno ();
  while (!err && n > 0 && len < size - 1) {
    n = read (fd, answer + len, size - 1 - len);
    if (n < 0)
      err = cf_err_errno ();
    else
      len += (size_t) n;
  }
  answer[len] = 0;
  close (fd);
  return err;
}

/* A line for each field; lists have one for each of theirs. */
static void
print_value (const char *name, const json_t *value)
{
  const char *key;
  json_t *part;
  size_t i;

  if (json_is_object (value))
    json_object_foreach ((json_t *) (uintptr_t) value, key, part)
      printf ("%-16s %s %" JSON_INTEGER_FORMAT "\n", name, key, json_integer_value (part));
  else if (json_is_array (value))
    json_array_foreach (value, i, part)
      printf ("%-16s %s\n", name, json_string_value (part));
  else if (json_is_integer (value))
    printf ("%-16s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value (value));
  else
    printf ("%-16s %s\n", name, json_is_string (value) ? json_string_value (value) : json_is_true (value) ? "yes" : "no");
}

gpg_error_t
cf_status_ask (const char *state, bool json)
{
  char *answer = malloc (ANSWER_MAX);
  json_t *status;
  const char *key;
  json_t *value;
  gpg_error_t err = answer ? fetch (state, answer, ANSWER_MAX) : cf_err (GPG_ERR_ENOMEM);

  if (!err && json)
    puts (answer);
  else if (!err) {
    status = json_loads (answer, 0, NULL);
    if (!status)
      err = cf_err (GPG_ERR_BAD_DATA);
    json_object_foreach (status, key, value)
      print_value (key, value);
    json_decref (status);
  }
  free (answer);
  return err;
}
