/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client.c - a call over libassuan, one line at a time. */

#include <config.h>

#include <assuan.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/paths.h"
#include "base/secmem.h"
#include "base/text.h"
#include "ui/client/client.h"
#include "ui/client/spawn.h"

#define ROW_MAX (16u * 1024 * 1024)
#define ASSUAN_LINE 1000 /* of Assuan, with its newline */

struct cf_client {
  assuan_context_t assuan;
  int fd;
  struct cf_buf row; /* bytes of a row that has not ended */
  const struct cf_client_handler *handler;
  void *arg;
  json_t *error; /* of the last "S ERROR" */
};

/* ---- connecting ---- */

static gpg_error_t
connect_socket (struct cf_client *client, const char *home)
{
  char *socket = NULL;
  assuan_fd_t fds[2];
  gpg_error_t err = cf_paths_socket (home, &socket);

  if (!err)
    err = assuan_new (&client->assuan);
  if (!err)
    err = assuan_socket_connect (client->assuan, socket, ASSUAN_INVALID_PID, 0);
  if (!err && assuan_get_active_fds (client->assuan, 0, fds, 2) < 1)
    err = cf_err (GPG_ERR_INTERNAL);
  if (!err)
    client->fd = (int) fds[0];
  else if (client->assuan) {
    assuan_release (client->assuan);
    client->assuan = NULL;
    err = cf_err (GPG_ERR_ECONNREFUSED);
  }
  free (socket);
  return err;
}

struct attempt {
  struct cf_client *client;
  const char *home;
};

static bool
try_socket (void *arg)
{
  struct attempt *a = arg;

  return !connect_socket (a->client, a->home);
}

/* Where pinentry may appear. */
static gpg_error_t
send_options (struct cf_client *client)
{
  const char *tty = ttyname (STDIN_FILENO);
  const struct {
    const char *name, *value;
  } options[] = {
    { "display", getenv ("DISPLAY") },
    { "ttyname", getenv ("GPG_TTY") ? getenv ("GPG_TTY") : tty },
    { "ttytype", getenv ("TERM") },
    { "lc-ctype", getenv ("LC_ALL") ? getenv ("LC_ALL") : getenv ("LANG") },
  };
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < sizeof options / sizeof *options; i++)
    if (options[i].value && *options[i].value && !strpbrk (options[i].value, "\r\n")) {
      char *line = cf_sprintf ("OPTION %s=%s", options[i].name, options[i].value);

      err = line ? assuan_transact (client->assuan, line, NULL, NULL, NULL, NULL, NULL, NULL)
                 : cf_err (GPG_ERR_ENOMEM);
      free (line);
    }
  return err;
}

gpg_error_t
cf_client_connect (const struct cf_client_config *config, struct cf_client **r_client)
{
  struct cf_client *client = calloc (1, sizeof *client);
  char *home = NULL;
  gpg_error_t err;

  if (!client)
    return cf_err_errno ();
  client->fd = -1;
  cf_buf_init (&client->row, ROW_MAX);
  err = cf_paths_home (config->home, &home);
  if (err)
    goto leave;
  err = connect_socket (client, home);
  if (err && config->start_daemon) {
    struct attempt attempt = { client, home };

    err = cf_client_spawn (home, try_socket, &attempt);
    if (!err && client->fd < 0)
      err = connect_socket (client, home);
  }
  if (!err)
    err = send_options (client);

leave:
  free (home);
  if (err)
    cf_client_free (client);
  else
    *r_client = client;
  return err;
}

bool
cf_client_daemon_runs (const char *home)
{
  struct cf_client_config config = { home, false };
  struct cf_client *client;

  if (cf_client_connect (&config, &client))
    return false;
  cf_client_free (client);
  return true;
}

void
cf_client_free (struct cf_client *client)
{
  if (!client)
    return;
  if (client->assuan)
    assuan_release (client->assuan);
  cf_buf_done (&client->row);
  json_decref (client->error);
  free (client);
}

/* ---- a call ---- */

/* Append WORD with what Assuan and our grammar give a meaning escaped. */
static void
add_word (struct cf_wr *wr, const char *word)
{
  char digits[3];

  cf_wr_u8 (wr, ' ');
  for (const unsigned char *p = (const unsigned char *) word; *p; p++)
    if (*p <= ' ' || *p == '%' || *p == 0x7f) {
      cf_wr_u8 (wr, '%');
      cf_wr_bytes (wr, cf_hex_upper (p, 1, digits), 2);
    } else
      cf_wr_u8 (wr, *p);
}

gpg_error_t
cf_client_start (struct cf_client *client, const char *verb, const char *const *words,
                 const struct cf_client_handler *handler, void *arg)
{
  gpg_error_t err;
  struct cf_buf line;
  struct cf_wr wr;
  bool options = true;

  cf_buf_init (&line, ASSUAN_LINE);
  cf_wr_init (&wr, &line);
  cf_wr_bytes (&wr, verb, strlen (verb));
  for (; words && *words; words++) {
    if (options && strncmp (*words, "--", 2)) {
      options = false;
      cf_wr_bytes (&wr, " --", 3); /* what follows is never an option */
    }
    add_word (&wr, *words);
  }
  cf_wr_u8 (&wr, 0);
  err = cf_wr_finish (&wr);
  client->handler = handler;
  client->arg = arg;
  json_decref (client->error);
  client->error = NULL;
  cf_buf_clear (&client->row);
  if (!err)
    err = assuan_write_line (client->assuan, (const char *) cf_buf_data (&line));
  cf_buf_done (&line);
  return err;
}

/* All rows that have ended in client->row. */
static gpg_error_t
take_rows (struct cf_client *client)
{
  gpg_error_t err = 0;

  while (!err) {
    const uint8_t *data = cf_buf_data (&client->row);
    const uint8_t *end = cf_buf_len (&client->row) ? memchr (data, '\n', cf_buf_len (&client->row)) : NULL;
    json_t *row;

    if (!end)
      break;
    row = json_loadb ((const char *) data, (size_t) (end - data), JSON_DECODE_ANY, NULL);
    cf_buf_consume (&client->row, (size_t) (end - data) + 1);
    if (!row)
      return cf_err (GPG_ERR_INV_RESPONSE);
    if (client->handler && client->handler->row)
      err = client->handler->row (client->arg, row);
    json_decref (row);
  }
  return err;
}

/* The text of a D line: percent escapes undone. */
static gpg_error_t
take_data (struct cf_client *client, const char *line, size_t len)
{
  gpg_error_t err = 0;

  for (size_t i = 0; !err && i < len; i++) {
    uint8_t byte = (uint8_t) line[i];
    char digits[3] = "";

    if (byte == '%' && len - i > 2) {
      memcpy (digits, line + i + 1, 2);
      err = cf_unhex (digits, &byte, 1);
      i += 2;
    }
    if (!err)
      err = cf_buf_add (&client->row, &byte, 1);
  }
  return err ? err : take_rows (client);
}

/* The answer to an inquiry, in lines that we make ourselves: libassuan would leave a password in its buffer. */
static gpg_error_t
send_data (struct cf_client *client, const char *data, size_t len)
{
  gpg_error_t err;
  char *line = NULL, digits[3];
  size_t n = 0;

  err = cf_secmem_new (&line, ASSUAN_LINE);
  while (!err && len) {
    for (memcpy (line, "D ", n = 2); len && n + 4 < ASSUAN_LINE; data++, len--)
      if (*data == '%' || *data == '\r' || *data == '\n') {
        line[n++] = '%';
        memcpy (line + n, cf_hex_upper (data, 1, digits), 2);
        n += 2;
      } else
        line[n++] = *data;
    line[n] = 0;
    err = assuan_write_line (client->assuan, line);
  }
  cf_secmem_free (line);
  return err;
}

static gpg_error_t
answer_inquiry (struct cf_client *client, const char *keyword)
{
  char *data = NULL;
  size_t len = 0;
  gpg_error_t err = cf_err (GPG_ERR_NO_DATA);

  if (client->handler && client->handler->inquire)
    err = client->handler->inquire (client->arg, keyword, &data, &len);
  if (err)
    return assuan_write_line (client->assuan, "CAN");
  err = send_data (client, data, len);
  cf_wipe (data, len);
  free (data);
  if (!err)
    err = assuan_write_line (client->assuan, "END");
  return err;
}

static void
fill_error (struct cf_client *client, gpg_error_t err, struct cf_client_error *r_error)
{
  const struct cf_err_info *info = cf_err_info (err);
  const char *name = json_string_value (json_object_get (client->error, "error"));
  const char *message = json_string_value (json_object_get (client->error, "message"));
  const char *hint = json_string_value (json_object_get (client->error, "hint"));

  r_error->err = err;
  r_error->name = name ? name : info->name;
  r_error->message = message ? message : info->message;
  r_error->hint = hint ? hint : info->hint;
}

gpg_error_t
cf_client_step (struct cf_client *client, bool *r_ended, struct cf_client_error *r_error)
{
  gpg_error_t err;
  char *line;
  size_t len;

  *r_ended = false;
  err = assuan_read_line (client->assuan, &line, &len);
  if (err)
    return err;
  if (!strncmp (line, "D ", 2))
    return take_data (client, line + 2, len - 2);
  if (!strncmp (line, "S ERROR ", 8)) {
    json_decref (client->error);
    client->error = json_loads (line + 8, 0, NULL);
    return 0;
  }
  if (!strncmp (line, "INQUIRE ", 8))
    return answer_inquiry (client, line + 8);
  if (!strcmp (line, "OK") || !strncmp (line, "OK ", 3)) {
    memset (r_error, 0, sizeof *r_error);
    *r_ended = true;
  } else if (!strncmp (line, "ERR ", 4)) {
    fill_error (client, (gpg_error_t) strtoul (line + 4, NULL, 10), r_error);
    *r_ended = true;
  }
  return 0; /* comments and status lines that we do not know */
}

int
cf_client_fd (const struct cf_client *client)
{
  return client->fd;
}

bool
cf_client_pending (const struct cf_client *client)
{
  return assuan_pending_line (client->assuan);
}

static int64_t
now_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static gpg_error_t
wait_readable (struct cf_client *client, int64_t deadline_ms)
{
  struct pollfd p = { client->fd, POLLIN, 0 };

  while (!cf_client_pending (client)) {
    int64_t left = deadline_ms < 0 ? -1 : deadline_ms - now_ms ();
    int n;

    if (deadline_ms >= 0 && left <= 0)
      return cf_err (GPG_ERR_TIMEOUT);
    n = poll (&p, 1, left > 60000 ? 60000 : (int) left);
    if (n > 0)
      break;
    if (n < 0 && errno != EINTR)
      return cf_err_errno ();
  }
  return 0;
}

static gpg_error_t
call_once (struct cf_client *client, const char *verb, const char *const *words,
           const struct cf_client_handler *handler, void *arg, int64_t deadline_ms,
           struct cf_client_error *r_error)
{
  gpg_error_t err = cf_client_start (client, verb, words, handler, arg);
  bool ended = false;

  while (!err && !ended) {
    err = wait_readable (client, deadline_ms);
    if (!err)
      err = cf_client_step (client, &ended, r_error);
  }
  if (err) {
    json_decref (client->error);
    client->error = NULL;
    fill_error (client, err, r_error);
  }
  return err ? err : r_error->err;
}

gpg_error_t
cf_client_call (struct cf_client *client, const char *verb, const char *const *words,
                const struct cf_client_handler *handler, void *arg, int timeout_ms,
                struct cf_client_error *r_error)
{
  int64_t deadline_ms = timeout_ms < 0 ? -1 : now_ms () + timeout_ms;
  gpg_error_t err = call_once (client, verb, words, handler, arg, deadline_ms, r_error);

  /* A daemon that has just started is still opening its store, or pinentry was cancelled then. */
  if (gpg_err_code (err) == CF_ERR_LOCKED && strcmp (verb, "UNLOCK")) {
    err = call_once (client, "UNLOCK", NULL, NULL, NULL, deadline_ms, r_error);
    if (!err)
      err = call_once (client, verb, words, handler, arg, deadline_ms, r_error);
  }
  return err;
}
