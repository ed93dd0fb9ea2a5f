/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_client.c - what a daemon answers to a client: lines of rows, errors, inquiries, in any order.
 *
 * The input is what the daemon says, in pieces of any length; what the client writes is looked at.  The first byte says
 * how an inquiry is answered, and how long the pieces are.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secmem.h"
#include "tests/fuzz/fuzz.h"
#include "ui/client/client.h"

#define LINE_LEN 1000
#define PIECE_MAX 4096

static struct {
  uint8_t how;
  size_t rows;
  int fd;                  /* the daemon's end */
  char line[LINE_LEN + 1]; /* what the client writes, up to a newline */
  size_t line_len;
  size_t options; /* lines of them */
  bool started, ended;
  struct cf_client_error error;
} w;

FUZZ_UNSEEN_BEGIN

/* ---- the daemon's end ---- */

static void
look_at_line (void)
{
  w.line[w.line_len] = 0;
  FUZZ_CHECK (!strpbrk (w.line, "\r\n"));
  if (!w.started && !strncmp (w.line, "OPTION ", 7)) {
    w.options++;
    return;
  }
  FUZZ_CHECK (w.started ? !strncmp (w.line, "D ", 2) || !strcmp (w.line, "END") || !strcmp (w.line, "CAN")
                        : !strncmp (w.line, "HISTORY", 7));
  w.started = true;
}

/* All that the client has written. */
static void
hear (void)
{
  char buf[PIECE_MAX];
  ssize_t n;

  while ((n = recv (w.fd, buf, sizeof buf, MSG_DONTWAIT)) > 0)
    for (ssize_t i = 0; i < n; i++)
      if (buf[i] == '\n') {
        look_at_line ();
        w.line_len = 0;
      } else {
        FUZZ_CHECK (w.line_len + 1 < LINE_LEN);
        w.line[w.line_len++] = buf[i];
      }
}

/* Say LEN bytes of DATA, and let the client take them. */
static gpg_error_t
say (struct cf_client *client, const void *data, size_t len)
{
  gpg_error_t err = 0;

  if (len && send (w.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t) len)
    return 0; /* never: all that was said is read at once */
  do {
    err = cf_client_step (client, &w.ended, &w.error);
    hear ();
  } while (!err && !w.ended && cf_client_pending (client));
  return err;
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
  size_t len = w.how & 8 ? (size_t) w.how << 3 : w.how & 7; /* lines of them, or less than one */

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

static gpg_error_t
talk (struct cf_client *client, const uint8_t *data, size_t len)
{
  static const struct cf_client_handler handler = { on_row, on_inquire };
  static const char *const words[] = { "--limit=5", "a b%\n", "--x", NULL };
  size_t piece = (size_t) (w.how >> 2 & 1 ? 1 + w.how : PIECE_MAX);
  char *line;
  gpg_error_t err;

  FUZZ_CHECK (!cf_client_line ("HISTORY", words, &line));
  FUZZ_CHECK (!cf_client_start (client, line, &handler, &w));
  free (line);
  hear ();
  err = say (client, "OK hello\n", 9);
  for (size_t i = 0; !err && i < w.options; i++)
    err = say (client, "OK\n", 3);
  FUZZ_CHECK (!err && !w.ended);
  while (!err && !w.ended && len) {
    size_t n = len < piece ? len : piece;

    err = say (client, data, n);
    data += n;
    len -= n;
  }
  shutdown (w.fd, SHUT_WR);
  while (!err && !w.ended)
    err = say (client, NULL, 0);
  return err;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct cf_client *client;
  struct fuzz_in in = { data, len };
  gpg_error_t err;
  int fds[2];

  memset (&w, 0, sizeof w);
  w.how = fuzz_u8 (&in);
  FUZZ_CHECK (!socketpair (AF_UNIX, SOCK_STREAM, 0, fds));
  w.fd = fds[1];
  FUZZ_CHECK (!cf_client_adopt (fds[0], &client));
  err = talk (client, in.p, in.left);
  if (err)
    w.error = cf_client_explain (err);
  FUZZ_CHECK (!err || w.error.err == err);
  FUZZ_CHECK (!w.error.err || (w.error.name && *w.error.name && w.error.message && w.error.hint));
  cf_client_free (client);
  close (w.fd);
  return 0;
}

FUZZ_UNSEEN_END

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
