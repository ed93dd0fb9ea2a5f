/* SPDX-License-Identifier: GPL-3.0-or-later */
/* request.c - an Assuan line becomes a command; its rows and its end become lines.
 *
 *   SEND --wait=delivered 3f2a91     see line.h
 *   D {"message": ...}%0A            rows
 *   S ERROR {"error":"NOT_FOUND","message":"...","hint":"..."}    and what cf_command.more has
 *   ERR 201326619 Not found <Confab>
 */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/ipc/connection.h"
#include "core/ipc/line.h"
#include "core/json.h"

#define ERROR_TEXT_MAX 400   /* bytes of a message or hint */
#define ERROR_STATUS_MAX 990 /* a line has 1,000 with "S ERROR " */

struct cf_request {
  struct cf_command cmd; /* first */
  struct cf_connection *conn;
  void (*got) (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len);
  bool secret;
};

static void
request_free (struct cf_request *request)
{
  cf_line_done (&request->cmd);
  free (request);
}

void
cf_request_abandon (struct cf_request *request)
{
  request->conn->request = NULL;
  if (request->cmd.cancelled)
    request->cmd.cancelled (&request->cmd);
  request_free (request);
}

/* ---- from the command to the client ---- */

static gpg_error_t
request_row (struct cf_command *cmd, json_t *row)
{
  struct cf_request *request = (struct cf_request *) cmd;
  assuan_context_t ctx = request->conn->assuan;
  char *text = cf_json_dump (row, JSON_COMPACT);
  gpg_error_t err;

  json_decref (row);
  if (!text)
    return cf_err (GPG_ERR_ENOMEM);
  err = assuan_send_data (ctx, text, strlen (text));
  if (!err)
    err = assuan_send_data (ctx, "\n", 1);
  if (!err)
    err = assuan_send_data (ctx, NULL, 0); /* now: streams are followed live */
  free (text);
  return err;
}

/* A copy of at most MAX bytes that ends with a whole character. */
static json_t *
bounded_text (const char *text, size_t max)
{
  return json_stringn (text, cf_text_cut (text, strlen (text), max));
}

/* NULL: ENOMEM. */
static char *
error_text (gpg_error_t err, const char *message, const char *hint, json_t *more, size_t max)
{
  json_t *o = json_object ();
  char *text;

  json_object_set_new (o, "error", json_string (cf_err_info (err)->name));
  json_object_set_new (o, "message", bounded_text (message, max));
  json_object_set_new (o, "hint", bounded_text (hint, max));
  if (more)
    json_object_update_missing (o, more);
  text = cf_json_dump (o, JSON_COMPACT);
  json_decref (o);
  return text;
}

/* libassuan would cut a line that is too long, and what is left would be no object: words become shorter until it fits,
   as escapes may double them. */
static void
write_error (struct cf_connection *conn, gpg_error_t err, const char *message, const char *hint, json_t *more)
{
  size_t max = ERROR_TEXT_MAX;
  char *text = error_text (err, message, hint, more, max);

  while (text && strlen (text) > ERROR_STATUS_MAX && max) {
    free (text);
    max /= 2;
    text = error_text (err, message, hint, max ? more : NULL, max);
  }
  if (text && assuan_write_status (conn->assuan, "ERROR", text))
    conn->broken = true;
  free (text);
}

static void
request_finish (struct cf_command *cmd, gpg_error_t err, const char *message, const char *hint)
{
  struct cf_request *request = (struct cf_request *) cmd;
  struct cf_connection *conn = request->conn;

  if (err)
    write_error (conn, err, message, hint, cmd->more);
  conn->request = NULL;
  request_free (request);
  assuan_process_done (conn->assuan, err);
  cf_connection_resume (conn);
}

static gpg_error_t
on_inquired (void *arg, gpg_error_t err, unsigned char *data, size_t len)
{
  struct cf_connection *conn = arg;
  struct cf_request *request = conn->request;
  bool secret;

  conn->inquiring = conn->secret = false;
  if (request) {
    secret = request->secret;
    if (gpg_err_code (err) == GPG_ERR_ASS_CANCELED)
      err = cf_err (GPG_ERR_CANCELED);
    request->got (&request->cmd, err, err ? NULL : (const char *) data, err ? 0 : len);
    if (data && secret)
      cf_wipe (data, len);
  }
  free (data);
  return 0;
}

static gpg_error_t
request_inquire (struct cf_command *cmd, const char *keyword, size_t max, bool secret,
                 void (*got) (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len))
{
  struct cf_request *request = (struct cf_request *) cmd;
  struct cf_connection *conn = request->conn;
  gpg_error_t err;

  request->got = got;
  request->secret = secret;
  if (secret)
    assuan_begin_confidential (conn->assuan);
  err = assuan_inquire_ext (conn->assuan, keyword, max, on_inquired, conn);
  if (!err) {
    conn->inquiring = true;
    conn->secret = secret;
    cf_connection_resume (conn);
  }
  return err;
}

static const struct cf_command_ops request_ops = { request_row, request_finish, request_inquire };

/* ---- from the client to the command ---- */

static gpg_error_t
on_command (assuan_context_t ctx, char *line)
{
  struct cf_connection *conn = assuan_get_pointer (ctx);
  const struct cf_command_def *def = cf_command_find (assuan_get_command_name (ctx));
  struct cf_request *request = calloc (1, sizeof *request);
  gpg_error_t err;

  if (!request || !def) {
    free (request);
    return assuan_process_done (ctx, cf_err (def ? GPG_ERR_ENOMEM : GPG_ERR_ASS_UNKNOWN_CMD));
  }
  request->conn = conn;
  request->cmd.core = conn->ipc->core;
  request->cmd.ops = &request_ops;
  conn->request = request;
  cf_gpg_set_prompt (conn->ipc->core->gpg, conn->display, conn->ttyname, conn->ttytype, conn->lc_ctype);
  err = cf_line_parse (&request->cmd, line);
  if (!err
      && (!cf_line_is_text (&request->cmd, def->path_arg)
          || (cf_line_has_empty (&request->cmd) && (strcmp (def->verb, "CONFIG") || !*request->cmd.argv[0]))))
    err = cf_err (GPG_ERR_INV_VALUE);
  if (err)
    cf_command_say (&request->cmd, err, CF_SAY_LINE_MALFORMED, NULL);
  else
    cf_command_dispatch (&request->cmd, def);
  return 0;
}

static gpg_error_t
on_getinfo (assuan_context_t ctx, char *line)
{
  struct cf_connection *conn = assuan_get_pointer (ctx);
  char pid[24];
  const char *text = NULL;

  if (!strcmp (line, "version"))
    text = PACKAGE_VERSION;
  else if (!strcmp (line, "pid")) {
    snprintf (pid, sizeof pid, "%ld", (long) getpid ());
    text = pid;
  } else if (!strcmp (line, "socket_name"))
    text = conn->ipc->socket_path ? conn->ipc->socket_path : "";
  if (!text)
    return assuan_process_done (ctx, cf_err (GPG_ERR_ASS_PARAMETER));
  return assuan_process_done (ctx, assuan_send_data (ctx, text, strlen (text)));
}

static gpg_error_t
on_option (assuan_context_t ctx, const char *name, const char *value)
{
  struct cf_connection *conn = assuan_get_pointer (ctx);
  char **slot = !strcmp (name, "display")    ? &conn->display
                : !strcmp (name, "ttyname")  ? &conn->ttyname
                : !strcmp (name, "ttytype")  ? &conn->ttytype
                : !strcmp (name, "lc-ctype") ? &conn->lc_ctype
                                             : NULL;
  char *copy;

  if (!slot)
    return cf_err (GPG_ERR_UNKNOWN_OPTION);
  copy = strdup (value);
  if (!copy)
    return cf_err_errno ();
  free (*slot);
  *slot = copy;
  return 0;
}

gpg_error_t
cf_request_register (struct cf_connection *conn)
{
  const struct cf_command_def *def;
  gpg_error_t err = 0;
  size_t pos = 0;

  while (!err && (def = cf_command_next (&pos)))
    err = assuan_register_command (conn->assuan, def->verb, on_command, def->help);
  if (!err)
    err = assuan_register_command (conn->assuan, "GETINFO", on_getinfo,
                                   "GETINFO version|pid|socket_name\n\nOf this daemon.");
  if (!err)
    err = assuan_register_option_handler (conn->assuan, on_option);
  return err;
}
