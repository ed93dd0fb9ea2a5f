/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lines.c - "send --lines": standard input, a message a line.
 *
 * Whatever whole lines have come are handed over together; while the daemon
 * works on them, the next ones gather in the pipe.  So a file goes in a few
 * large handfuls, and what a program says now and then goes at once.
 */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/cli/cli.h"

#define HANDFUL_BYTES (1024u * 1024) /* what the daemon takes at once ... */
#define HANDFUL_LINES 4096

struct feed {
  char *data; /* HANDFUL_BYTES */
  size_t len;
  bool end;
};

/* More of the standard input: waits for the first byte only.  Errors: CANCELED (Ctrl-C), the system's. */
static gpg_error_t
feed_read (struct feed *feed)
{
  struct pollfd ready = { STDIN_FILENO, POLLIN, 0 };
  ssize_t n;

  do {
    n = read (STDIN_FILENO, feed->data + feed->len, HANDFUL_BYTES - feed->len);
    if (n < 0 && errno != EINTR)
      return cf_err_errno ();
    if (n < 0 && cf_cli_interrupted (false))
      return cf_err (GPG_ERR_CANCELED);
    if (n == 0)
      feed->end = true;
    if (n > 0)
      feed->len += (size_t) n;
  } while (!feed->end && feed->len < HANDFUL_BYTES && (n < 0 || poll (&ready, 1, 0) > 0));
  return 0;
}

/* How many bytes of FEED are whole lines that can go together; *R_LINES of them are not empty. */
static size_t
feed_lines (const struct feed *feed, size_t *r_lines)
{
  size_t pos = 0, len, lines = 0;
  const char *newline;

  while (pos < feed->len && lines < HANDFUL_LINES) {
    newline = memchr (feed->data + pos, '\n', feed->len - pos);
    if (!newline && !feed->end)
      break;
    len = newline ? (size_t) (newline - feed->data) - pos : feed->len - pos;
    lines += len > 0;
    pos += len + (newline != NULL);
  }
  *r_lines = lines;
  return pos;
}

struct handing {
  struct cf_cli *cli;
  const char *data;
  size_t len, count;
  const char *worst; /* state of all that have gone so far; NULL: nothing has */
};

static gpg_error_t
on_inquire (void *arg, const char *keyword, char **r_data, size_t *r_len)
{
  struct handing *h = arg;

  if (strcmp (keyword, "TEXT"))
    return cf_err (GPG_ERR_NO_DATA);
  *r_data = cf_cli_must (malloc (h->len + 1));
  memcpy (*r_data, h->data, h->len);
  *r_len = h->len;
  return 0;
}

static gpg_error_t
on_row (void *arg, json_t *row)
{
  struct handing *h = arg;
  const char *state = cf_row_text (row, "state");

  if (h->cli->json)
    cf_cli_json (row);
  if (!h->worst || cf_cli_state_rank (state) < cf_cli_state_rank (h->worst))
    h->worst = cf_cli_state_name (cf_cli_state_rank (state));
  h->count++;
  return 0;
}

/* Hand over what H holds.  0, or an exit code, told. */
static int
hand_over (struct handing *h, const char *conv, const char *wanted, int timeout_ms)
{
  static const struct cf_client_handler handler = { on_row, on_inquire };
  char *wait = cf_cli_sprintf ("--wait=%s", wanted);
  char *timeout = cf_cli_sprintf ("--timeout=%d", (timeout_ms + 999) / 1000);
  const char *words[] = { "--lines", wait, timeout, conv, NULL };
  struct cf_client_error error;
  int code = cf_cli_connect (h->cli);

  cf_cli_wait_for_state (h->cli, wanted);
  if (!code && cf_cli_call (h->cli, "SEND", words, &handler, h, cf_cli_send_limit (timeout_ms), &error)) {
    if (h->count)
      cf_cli_note (h->cli, _ ("%zu messages before these are on their way."), h->count);
    code = cf_cli_fail_call (h->cli, &error);
  }
  cf_cli_wait_over (h->cli);
  free (wait);
  free (timeout);
  return code;
}

int
cf_cli_send_lines (struct cf_cli *cli, const char *conv, const char *wanted, int timeout_ms)
{
  struct feed feed = { cf_cli_must (malloc (HANDFUL_BYTES)), 0, false };
  struct handing h = { cli, feed.data, 0, 0, NULL };
  gpg_error_t err = 0;
  size_t lines;
  int code = 0;

  while (!code && !(feed.end && !feed.len)) {
    if (!feed.end)
      err = feed_read (&feed);
    if (err) {
      code = cf_cli_fail (cli, err, NULL, NULL);
      break;
    }
    do {
      h.len = feed_lines (&feed, &lines);
      /* Who is away now need not be waited for once more with each handful. */
      if (lines)
        code = hand_over (&h, conv,
                          h.worst && cf_cli_state_rank (h.worst) < cf_cli_state_rank (wanted) ? "queued" : wanted,
                          timeout_ms);
      feed.len -= h.len;
      memmove (feed.data, feed.data + h.len, feed.len);
    } while (!code && h.len);
    if (!code && feed.len == HANDFUL_BYTES)
      code = cf_cli_fail (cli, cf_err (GPG_ERR_TOO_LARGE), NULL, _ ("A line is longer than 256 KiB"));
  }
  free (feed.data);
  if (!code && !h.count)
    code = cf_cli_fail (cli, cf_err (GPG_ERR_NO_DATA), NULL, _ ("There is nothing to send"));
  if (!code)
    code = cf_cli_send_outcome (cli, h.worst, wanted);
  if (!code && !cli->json)
    cf_cli_say (cli, CF_CLI_DIM, _ ("%zu messages: %s"), h.count, h.worst);
  return code;
}
