/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_client.c - what a daemon answers to a client: lines of rows, errors, inquiries, in any order.
 *
 * libassuan's lines are played by this file: what the library under test reads is the input, what it writes is looked
 * at.  The first byte says how an inquiry is answered.
 */
#include <config.h>

#include <assuan.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "tests/fuzz/fuzz.h"
#include "ui/client/client.h"

#define LINE_LEN 1000

static struct {
  struct fuzz_in in;
  uint8_t how;
  char line[LINE_LEN + 1];
  size_t rows;
  bool started;
} w;

/* ---- the socket and its lines ---- */

gpg_error_t
assuan_socket_connect (assuan_context_t ctx, const char *name, pid_t pid, unsigned int flags)
{
  (void) ctx;
  (void) pid;
  (void) flags;
  FUZZ_CHECK (*name);
  return 0;
}

int
assuan_get_active_fds (assuan_context_t ctx, int what, assuan_fd_t *fds, int count)
{
  (void) ctx;
  (void) what;
  FUZZ_CHECK (count > 0);
  fds[0] = 0;
  return 1;
}

gpg_error_t
assuan_transact (assuan_context_t ctx, const char *command, gpg_error_t (*data) (void *, const void *, size_t),
                 void *data_arg, gpg_error_t (*inquire) (void *, const char *), void *inquire_arg,
                 gpg_error_t (*status) (void *, const char *), void *status_arg)
{
  (void) ctx;
  (void) data;
  (void) data_arg;
  (void) inquire;
  (void) inquire_arg;
  (void) status;
  (void) status_arg;
  FUZZ_CHECK (!strncmp (command, "OPTION ", 7));
  return 0;
}

gpg_error_t
assuan_write_line (assuan_context_t ctx, const char *line)
{
  (void) ctx;
  FUZZ_CHECK (strlen (line) < LINE_LEN && !strpbrk (line, "\r\n"));
  FUZZ_CHECK (w.started ? !strncmp (line, "D ", 2) || !strcmp (line, "END") || !strcmp (line, "CAN")
                        : !strncmp (line, "HISTORY", 7));
  w.started = true;
  return 0;
}

gpg_error_t
assuan_read_line (assuan_context_t ctx, char **r_line, size_t *r_len)
{
  const uint8_t *end;
  size_t len;

  (void) ctx;
  if (!w.in.left)
    return gpg_error (GPG_ERR_EOF);
  end = memchr (w.in.p, '\n', w.in.left);
  len = end ? (size_t) (end - w.in.p) : w.in.left;
  if (len > LINE_LEN)
    len = LINE_LEN;
  memcpy (w.line, w.in.p, len);
  w.line[len] = 0;
  w.in.p += len;
  w.in.left -= len;
  if (w.in.left && *w.in.p == '\n') {
    w.in.p++;
    w.in.left--;
  }
  *r_line = w.line;
  *r_len = len;
  return 0;
}

int
assuan_pending_line (assuan_context_t ctx)
{
  (void) ctx;
  return 1;
}

/* ---- the client's own ---- */

static gpg_error_t
on_row (void *arg, json_t *row)
{
  FUZZ_CHECK (arg == &w && row && !json_is_null (row) + json_is_null (row));
  w.rows++;
  return w.how & 1 && w.rows == 3 ? cf_err (GPG_ERR_CANCELED) : 0;
}

static gpg_error_t
on_inquire (void *arg, const char *keyword, char **r_data, size_t *r_len)
{
  size_t len = (size_t) w.how << 3;

  FUZZ_CHECK (arg == &w && keyword);
  if (w.how & 2)
    return cf_err (GPG_ERR_CANCELED);
  *r_data = malloc (len + 1);
  FUZZ_CHECK (*r_data);
  for (size_t i = 0; i < len; i++)
    (*r_data)[i] = (char) (i % 3 ? "%\n\r"[i % 3] : 'a' + (int) (i % 26));
  *r_len = len;
  return 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  static const struct cf_client_handler handler = { on_row, on_inquire };
  static const char *const words[] = { "--limit=5", "a b%\n", "--x", NULL };
  struct cf_client_config config = { "/nonexistent/home", false };
  struct cf_client_error error = { 0 };
  struct cf_client *client;
  gpg_error_t err;

  memset (&w, 0, sizeof w);
  w.in = (struct fuzz_in){ data, len };
  w.how = fuzz_u8 (&w.in);
  FUZZ_CHECK (!cf_client_connect (&config, &client));
  err = cf_client_call (client, "HISTORY", words, &handler, &w, -1, &error);
  FUZZ_CHECK (!err || error.err == err);
  FUZZ_CHECK (!err || (error.name && *error.name && error.message && error.hint));
  cf_client_free (client);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char rows[] = "\4" "D {\"text\":\"a\"}%0A{\"text\":\nD \"b%25\"}%0A\nS PROGRESS 1\n# comment\nOK";
  static const char error[] = "\4" "S ERROR {\"error\":\"NOT_FOUND\",\"message\":\"m\",\"hint\":\"h\"}\nERR 201326619 x";
  static const char bare[] = "\4" "ERR 67108881";
  static const char asks[] = "\4" "INQUIRE PASSWORD\nD 1%0A\nOK done";
  static const char cancels[] = "\2" "INQUIRE TEXT\nERR 83886179";
  static const char broken[] = "\1" "D {%0A\nD %zz\nS ERROR 7\nD %0";
  static const char odd[] = "\1" "S ERROR {\"error\":7,\"message\":[],\"hint\":null}\nD 1%0A2%0Anull%0A\nERR x";

  emit ("rows", rows, sizeof rows - 1);
  emit ("error", error, sizeof error - 1);
  emit ("bare", bare, sizeof bare - 1);
  emit ("asks", asks, sizeof asks - 1);
  emit ("cancels", cancels, sizeof cancels - 1);
  emit ("broken", broken, sizeof broken - 1);
  emit ("odd", odd, sizeof odd - 1);
}
