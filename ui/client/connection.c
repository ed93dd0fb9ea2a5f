/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connection.c - one connection to the daemon: lines out, lines in, nothing waits.
 *
 *   OK Confab 1.0                       the greeting
 *   OPTION display=:0                   where pinentry may appear; sent at once, with the first call
 *   OK
 *   SEND --wait=queued -- 3f2a91        a call
 *   INQUIRE TEXT
 *   D hello                             the answer, made line by line as the socket takes it
 *   END
 *   D {"message": ...}%0A               rows
 *   S ERROR {"error": ...}              before ERR
 *   ERR 201326619 Not found <Confab>
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/secmem.h"
#include "base/text.h"
#include "ui/client/client.h"
#include "ui/client/i18n.h"

#define ROW_MAX (16u * 1024 * 1024)
#define ASSUAN_LINE 1000 /* of Assuan, with its newline */
#define IN_SIZE (8 * ASSUAN_LINE)
#define OUT_MAX (8 * ASSUAN_LINE)

/* An answer to an inquiry, on its way out. */
struct answer {
  char *data; /* NULL: there is none */
  size_t len, pos;
  char *line; /* the line that is being written; secret memory of ASSUAN_LINE bytes */
  size_t line_len, line_pos;
  bool ended; /* that line is END */
};

struct cf_client {
  int fd;
  size_t greetings; /* answers to come to what was said before the first call */
  char in[IN_SIZE];
  size_t in_pos, in_len;
  struct cf_buf out;
  struct answer answer;
  struct cf_buf row;  /* bytes of a row that has not ended */
  size_t row_scanned; /* of these, how many are no newline */
  const struct cf_client_handler *handler;
  void *arg;
  json_t *error; /* of the last "S ERROR" */
};

/* ---- writing ---- */

static gpg_error_t
write_some (int fd, const void *data, size_t len, size_t *r_written)
{
  ssize_t n = send (fd, data, len, MSG_NOSIGNAL);

  *r_written = 0;
  if (n < 0 && errno != EAGAIN && errno != EINTR)
    return cf_err_errno ();
  if (n > 0)
    *r_written = (size_t) n;
  return 0;
}

static void
answer_done (struct answer *a)
{
  if (a->data)
    cf_wipe (a->data, a->len);
  free (a->data);
  cf_secmem_free (a->line);
  memset (a, 0, sizeof *a);
}

/* The next line of the answer. */
static void
answer_line (struct answer *a)
{
  char digits[3];
  size_t n = 0;

  a->line_pos = 0;
  a->ended = a->pos == a->len;
  if (a->ended) {
    memcpy (a->line, "END\n", a->line_len = 4);
    return;
  }
  for (memcpy (a->line, "D ", n = 2); a->pos < a->len && n + 4 < ASSUAN_LINE; a->pos++) {
    char c = a->data[a->pos];

    if (c == '%' || c == '\r' || c == '\n') {
      a->line[n++] = '%';
      memcpy (a->line + n, cf_hex_upper (&c, 1, digits), 2);
      n += 2;
    } else
      a->line[n++] = c;
  }
  a->line[n++] = '\n';
  a->line_len = n;
}

/* Write what waits, as far as the socket takes it. */
static gpg_error_t
push (struct cf_client *client)
{
  struct answer *a = &client->answer;
  gpg_error_t err = 0;
  size_t n;

  while (!err && cf_buf_len (&client->out)) {
    err = write_some (client->fd, cf_buf_data (&client->out), cf_buf_len (&client->out), &n);
    if (err || !n)
      return err;
    cf_buf_consume (&client->out, n);
  }
  while (!err && a->data) {
    if (a->line_pos == a->line_len)
      answer_line (a);
    err = write_some (client->fd, a->line + a->line_pos, a->line_len - a->line_pos, &n);
    if (err || !n)
      return err;
    a->line_pos += n;
    if (a->ended && a->line_pos == a->line_len)
      answer_done (a);
  }
  return err;
}

static gpg_error_t
add_line (struct cf_client *client, const char *line)
{
  gpg_error_t err = cf_buf_add (&client->out, line, strlen (line));

  return err ? err : cf_buf_add (&client->out, "\n", 1);
}

/* ---- connecting ---- */

/* Where pinentry may appear.  Not sent by itself, but with the first call. */
static gpg_error_t
add_options (struct cf_client *client)
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

  for (size_t i = 0; !err && i < sizeof options / sizeof *options; i++) {
    const char *value = options[i].value;
    char *line;

    if (!value || !*value || strlen (value) > ASSUAN_LINE / 2 || strpbrk (value, "\r\n"))
      continue;
    line = cf_sprintf ("OPTION %s=%s", options[i].name, value);
    err = line ? add_line (client, line) : cf_err (GPG_ERR_ENOMEM);
    client->greetings++;
    free (line);
  }
  return err;
}

gpg_error_t
cf_client_adopt (int fd, struct cf_client **r_client)
{
  struct cf_client *client = calloc (1, sizeof *client);
  gpg_error_t err;

  if (!client) {
    err = cf_err_errno ();
    close (fd);
    return err;
  }
  client->fd = fd;
  client->greetings = 1;
  cf_buf_init (&client->out, OUT_MAX);
  cf_buf_init (&client->row, ROW_MAX);
  err = fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK) ? cf_err_errno () : add_options (client);
  if (err)
    cf_client_free (client);
  else
    *r_client = client;
  return err;
}

gpg_error_t
cf_client_open (const char *socket_path, bool wait, struct cf_client **r_client)
{
  struct sockaddr_un addr = { .sun_family = AF_UNIX };
  gpg_error_t err;
  int fd;

  if (strlen (socket_path) >= sizeof addr.sun_path)
    return cf_err (GPG_ERR_ENAMETOOLONG);
  strcpy (addr.sun_path, socket_path);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);
  if (fd < 0)
    return cf_err_errno ();
  if (connect (fd, (const struct sockaddr *) &addr, sizeof addr)) {
    err = errno == EAGAIN ? cf_err (GPG_ERR_EAGAIN) : cf_err (GPG_ERR_ECONNREFUSED);
    close (fd);
    return err;
  }
  return cf_client_adopt (fd, r_client);
}

void
cf_client_free (struct cf_client *client)
{
  if (!client)
    return;
  close (client->fd);
  answer_done (&client->answer);
  cf_buf_done (&client->out);
  cf_buf_done (&client->row);
  json_decref (client->error);
  free (client);
}

/* ---- a call ---- */

/* Append WORD with what Assuan and the daemon's grammar give a meaning escaped. */
static void
add_word (struct cf_wr *wr, const char *word)
{
  char digits[3];

  cf_wr_u8 (wr, ' ');
  if (!*word)
    cf_wr_u8 (wr, '%'); /* else it would be no word at all */
  for (const unsigned char *p = (const unsigned char *) word; *p; p++)
    if (*p <= ' ' || *p == '%' || *p == 0x7f) {
      cf_wr_u8 (wr, '%');
      cf_wr_bytes (wr, cf_hex_upper (p, 1, digits), 2);
    } else
      cf_wr_u8 (wr, *p);
}

gpg_error_t
cf_client_line (const char *verb, const char *const *words, char **r_line)
{
  struct cf_buf line;
  struct cf_wr wr;
  bool options = true;
  gpg_error_t err;

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
  if (!err) {
    *r_line = strdup ((const char *) cf_buf_data (&line));
    err = *r_line ? 0 : cf_err (GPG_ERR_ENOMEM);
  }
  cf_buf_done (&line);
  return err;
}

gpg_error_t
cf_client_start (struct cf_client *client, const char *line, const struct cf_client_handler *handler, void *arg)
{
  gpg_error_t err;

  client->handler = handler;
  client->arg = arg;
  json_decref (client->error);
  client->error = NULL;
  cf_buf_clear (&client->row);
  client->row_scanned = 0;
  err = add_line (client, line);
  return err ? err : push (client);
}

/* ---- reading ---- */

static gpg_error_t
take_row (struct cf_client *client, const char *text, size_t len)
{
  json_t *row = json_loadb (text, len, JSON_DECODE_ANY, NULL);
  gpg_error_t err = 0;

  if (!row)
    return cf_err (GPG_ERR_INV_RESPONSE);
  if (client->handler && client->handler->row)
    err = client->handler->row (client->arg, row);
  json_decref (row);
  return err;
}

/* All rows that have ended in client->row. */
static gpg_error_t
take_rows (struct cf_client *client)
{
  gpg_error_t err = 0;

  while (!err) {
    const uint8_t *data = cf_buf_data (&client->row);
    size_t len = cf_buf_len (&client->row);
    const uint8_t *end =
        len > client->row_scanned ? memchr (data + client->row_scanned, '\n', len - client->row_scanned) : NULL;

    if (!end) {
      client->row_scanned = len;
      break;
    }
    err = take_row (client, (const char *) data, (size_t) (end - data));
    cf_buf_consume (&client->row, (size_t) (end - data) + 1);
    client->row_scanned = 0;
  }
  return err;
}

/* The text of a D line: percent escapes undone. */
static gpg_error_t
take_data (struct cf_client *client, const char *line, size_t len)
{
  uint8_t plain[IN_SIZE];
  gpg_error_t err = 0;
  size_t n = 0;

  for (size_t i = 0; !err && i < len; i++, n++) {
    char digits[3] = "";

    plain[n] = (uint8_t) line[i];
    if (plain[n] == '%' && len - i > 2) {
      memcpy (digits, line + i + 1, 2);
      err = cf_unhex (digits, &plain[n], 1);
      i += 2;
    }
  }
  if (!err)
    err = cf_buf_add (&client->row, plain, n);
  return err ? err : take_rows (client);
}

static gpg_error_t
answer_inquiry (struct cf_client *client, const char *keyword)
{
  struct answer *a = &client->answer;
  gpg_error_t err = cf_err (GPG_ERR_NO_DATA);

  if (a->data) /* it asks again before it has the answer to the last one */
    return cf_err (GPG_ERR_INV_RESPONSE);
  if (client->handler && client->handler->inquire)
    err = client->handler->inquire (client->arg, keyword, &a->data, &a->len);
  if (err) {
    err = add_line (client, "CAN");
    return err ? err : push (client);
  }
  err = cf_secmem_new (&a->line, ASSUAN_LINE);
  if (!err)
    err = push (client);
  return err;
}

/* What the daemon said, but for what it left out. */
static const char *
said (const struct cf_client *client, const char *key, const char *otherwise)
{
  const char *text = json_string_value (json_object_get (client->error, key));

  return text && (*text || !strcmp (key, "hint")) ? text : otherwise; /* a hint may be empty */
}

static struct cf_client_error
error_of (struct cf_client *client, gpg_error_t err)
{
  const struct cf_err_info *info = cf_err_info (err);

  return (struct cf_client_error){ err, said (client, "error", info->name), said (client, "message", info->message),
                                   said (client, "hint", info->hint), client->error };
}

/* An OK or ERR: of what was said before the first call, or the end of one. */
static gpg_error_t
take_end (struct cf_client *client, gpg_error_t err, bool *r_ended, struct cf_client_error *r_error)
{
  if (client->greetings) {
    client->greetings--;
    return 0;
  }
  if (err)
    *r_error = error_of (client, err);
  else
    memset (r_error, 0, sizeof *r_error);
  *r_ended = true;
  return 0;
}

static gpg_error_t
take_line (struct cf_client *client, const char *line, size_t len, bool *r_ended, struct cf_client_error *r_error)
{
  gpg_error_t err;

  if (!strncmp (line, "D ", 2))
    return take_data (client, line + 2, len - 2);
  if (!strncmp (line, "S ERROR ", 8)) {
    json_decref (client->error);
    client->error = json_loads (line + 8, 0, NULL);
    return 0;
  }
  if (!strncmp (line, "INQUIRE ", 8))
    return answer_inquiry (client, line + 8);
  if (!strcmp (line, "OK") || !strncmp (line, "OK ", 3))
    return take_end (client, 0, r_ended, r_error);
  if (!strncmp (line, "ERR ", 4)) {
    err = (gpg_error_t) strtoul (line + 4, NULL, 10);
    return take_end (client, gpg_err_code (err) ? err : cf_err (GPG_ERR_INV_RESPONSE), r_ended, r_error);
  }
  return 0; /* comments and status lines that we do not know */
}

/* Read what is there.  Errors: EOF, INV_RESPONSE (a line without end), the system's. */
static gpg_error_t
pull (struct cf_client *client)
{
  ssize_t n;

  memmove (client->in, client->in + client->in_pos, client->in_len - client->in_pos);
  client->in_len -= client->in_pos;
  client->in_pos = 0;
  if (client->in_len == sizeof client->in)
    return cf_err (GPG_ERR_INV_RESPONSE);
  n = recv (client->fd, client->in + client->in_len, sizeof client->in - client->in_len, 0);
  if (n < 0)
    return errno == EAGAIN || errno == EINTR ? 0 : cf_err_errno ();
  client->in_len += (size_t) n;
  return n ? 0 : cf_err (GPG_ERR_EOF);
}

static char *
end_of_line (const struct cf_client *client)
{
  return memchr (client->in + client->in_pos, '\n', client->in_len - client->in_pos);
}

gpg_error_t
cf_client_step (struct cf_client *client, bool *r_ended, struct cf_client_error *r_error)
{
  char *line, *end = end_of_line (client);
  gpg_error_t err = push (client);

  *r_ended = false;
  if (!end) {
    gpg_error_t read_err = pull (client); /* what it said last counts more than that we cannot write */

    err = read_err ? read_err : err;
    end = end_of_line (client);
  } else
    err = 0;
  if (err || !end)
    return err;
  line = client->in + client->in_pos;
  client->in_pos = (size_t) (end - client->in) + 1;
  if (end > line && end[-1] == '\r')
    end--;
  *end = 0;
  return take_line (client, line, (size_t) (end - line), r_ended, r_error);
}

int
cf_client_fd (const struct cf_client *client)
{
  return client->fd;
}

short
cf_client_events (const struct cf_client *client)
{
  return cf_buf_len (&client->out) || client->answer.data ? POLLIN | POLLOUT : POLLIN;
}

bool
cf_client_pending (const struct cf_client *client)
{
  return end_of_line (client) != NULL;
}

/* ---- errors ---- */

struct cf_client_error
cf_client_explain (gpg_error_t err)
{
  const struct cf_err_info *info = cf_err_info (err);
  struct cf_client_error error = { err, info->name, info->message, info->hint, NULL };

  switch (gpg_err_code (err)) {
  case GPG_ERR_TOO_LARGE:
    error.message = N_("The words of the command are too long for one call");
    break;
  case GPG_ERR_EOF:
  case GPG_ERR_EPIPE:
  case GPG_ERR_ECONNRESET:
    error.message = N_("Confab's daemon has ended");
    error.hint = N_("The next command starts it again; its log in the home says why it ended");
    break;
  case GPG_ERR_INV_RESPONSE:
    error.message = N_("Confab's daemon gave an answer that makes no sense");
    error.hint = N_("Bring Confab up to date, then \"confab stop\" and \"confab start\"");
    break;
  default: break;
  }
  return error;
}
