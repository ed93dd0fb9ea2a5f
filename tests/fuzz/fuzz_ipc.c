/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_ipc.c - the local interface: two clients who write what they like, when they like, and go when they like.
 *
 * The server is the real one on a pair of sockets; its verbs are this file's, so that rows, inquiries and commands
 * that take their time are all at hand.  What comes out is well-formed Assuan, and a command ends once.
 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/commands.h"
#include "core/ipc/connection.h"
#include "tests/fuzz/fuzz.h"

#define CLIENTS 2
#define STEPS_MAX 64
#define LINE_LEN 1000 /* Assuan's, without its end */

static struct {
  struct cf_env env;
  uint64_t seed;
  struct cf_core core;
  struct cf_ipc ipc;
  struct {
    int fd; /* -1: gone */
    char line[2 * LINE_LEN];
    size_t len;
  } clients[CLIENTS];
  struct cf_command *waiting;
  size_t begun, ended;
} w;

/* ---- the verbs ---- */

static void
end (struct cf_command *cmd, gpg_error_t err)
{
  w.ended++;
  cf_command_done (cmd, err);
}

/* Its words back. */
static void
run_echo (struct cf_command *cmd)
{
  gpg_error_t err = 0;

  w.begun++;
  for (size_t i = 0; !err && i < cmd->argc; i++)
    err = cf_command_row (cmd, json_pack ("{s:s}", "word", cmd->argv[i]));
  for (size_t i = 0; !err && i < cmd->option_count; i++)
    err = cf_command_row (cmd, json_pack ("{s:s, s:s}", "name", cmd->options[i].name, "value", cmd->options[i].value));
  end (cmd, err);
}

static void
got (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len)
{
  FUZZ_CHECK (err ? !data : len <= 64);
  cmd->cancelled = NULL;
  if (!err)
    err = cf_command_row (cmd, json_pack ("{s:I}", "length", (json_int_t) len));
  end (cmd, err);
}

static void
on_cancelled (struct cf_command *cmd)
{
  if (w.waiting == cmd)
    w.waiting = NULL;
  w.ended++;
}

static void
run_ask (struct cf_command *cmd)
{
  gpg_error_t err;

  w.begun++;
  cmd->cancelled = on_cancelled;
  err = cf_command_inquire (cmd, "TEXT", 64, cmd->argc > 0, got);
  if (err)
    end (cmd, err);
}

static void
run_wait (struct cf_command *cmd)
{
  w.begun++;
  if (w.waiting) {
    w.ended++;
    cf_command_say_hint (cmd, cf_err (GPG_ERR_EAGAIN), cmd->argc ? cmd->argv[0] : NULL, CF_SAY_STORE_LOCKED,
                         cmd->argc > 1 ? cmd->argv[1] : "", NULL);
    return;
  }
  cmd->cancelled = on_cancelled;
  w.waiting = cmd;
}

static const struct cf_command_def verbs[] = {
  { "ECHO", "ECHO [WORD...]", "Rows.", "a b limit wait", 0, CF_COMMAND_ARGS_MAX, false, run_echo, 0 },
  { "ASK", "ASK [SECRET]", "An inquiry.", "", 0, 1, false, run_ask, 0 },
  { "WAIT", "WAIT", "A while.", "", 0, 2, false, run_wait, 0 },
  { "READY", "READY", "Never, here.", "", 0, 0, true, run_echo, 0 },
  { .verb = NULL },
};
const struct cf_command_def *const cf_command_tables[] = { verbs, NULL };

void
cf_gpg_set_prompt (struct cf_gpg *gpg, const char *display, const char *ttyname, const char *ttytype, const char *lc_ctype)
{
  (void) gpg;
  FUZZ_CHECK (!display || strlen (display) < LINE_LEN);
  (void) ttyname;
  (void) ttytype;
  (void) lc_ctype;
}

/* Nothing sleeps on the loop: a daemon whose hooks led here again would. */
void
__assuan_usleep (assuan_context_t ctx, unsigned int usec)
{
  (void) ctx;
  (void) usec;
  FUZZ_CHECK (!ctx); /* never NULL */
}

/* ---- the clients ---- */

FUZZ_UNSEEN_BEGIN

static void
check_line (const char *line)
{
  static const char *const starts[] = { "OK", "ERR ", "D ", "S ", "INQUIRE ", "#" };
  size_t i = 0;

  while (i < sizeof starts / sizeof *starts && strncmp (line, starts[i], strlen (starts[i])))
    i++;
  FUZZ_CHECK (i < sizeof starts / sizeof *starts);
  if (!strncmp (line, "S ERROR ", 8)) { /* whole, whatever is in the words it repeats */
    json_t *o = json_loads (line + 8, 0, NULL);

    FUZZ_CHECK (o);
    json_decref (o);
  }
}

static void
hear (int i)
{
  ssize_t n;
  char *newline;

  while (w.clients[i].fd >= 0
         && (n = recv (w.clients[i].fd, w.clients[i].line + w.clients[i].len, sizeof w.clients[i].line - 1 - w.clients[i].len,
                       MSG_DONTWAIT)) > 0) {
    w.clients[i].len += (size_t) n;
    w.clients[i].line[w.clients[i].len] = 0;
    while ((newline = memchr (w.clients[i].line, '\n', w.clients[i].len))) {
      size_t used = (size_t) (newline - w.clients[i].line) + 1;

      FUZZ_CHECK (used <= LINE_LEN + 1);
      *newline = 0;
      check_line (w.clients[i].line);
      w.clients[i].len -= used;
      memmove (w.clients[i].line, newline + 1, w.clients[i].len);
    }
    FUZZ_CHECK (w.clients[i].len <= LINE_LEN);
  }
}

static void
run_loop (void)
{
  for (int i = 0; i < 3; i++)
    event_base_loop (w.ipc.base, EVLOOP_NONBLOCK);
  for (int i = 0; i < CLIENTS; i++)
    hear (i);
}

static void
come (int i)
{
  int fds[2];

  if (w.clients[i].fd >= 0)
    return;
  FUZZ_CHECK (!socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
  FUZZ_CHECK (!cf_connection_new (&w.ipc, fds[1]));
  w.clients[i].fd = fds[0];
  w.clients[i].len = 0;
}

static void
go (int i)
{
  if (w.clients[i].fd >= 0)
    close (w.clients[i].fd);
  w.clients[i].fd = -1;
}

static void
write_bytes (int i, const uint8_t *data, size_t len)
{
  if (w.clients[i].fd >= 0 && len)
    (void) !send (w.clients[i].fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
write_long (int i, uint8_t what, size_t len)
{
  uint8_t *data = malloc (len + 1);

  FUZZ_CHECK (data);
  memset (data, what, len);
  write_bytes (i, data, len);
  free (data);
}

static void
step (struct fuzz_in *in)
{
  static const char *const lines[] = { "ECHO", "ASK", "ASK secret", "WAIT", "END", "CAN", "OPTION ttyname=/dev/pts/1", "HELP",
                                       "GETINFO version", "RESET", "NOP", "BYE" };
  uint8_t op = fuzz_u8 (in), what;
  int i = op >> 7;
  const uint8_t *data;
  size_t len;

  switch (op % 9) {
  case 0:
  case 1:
    data = fuzz_bytes (in, fuzz_u8 (in), &len);
    write_bytes (i, data, len);
    if (op & 64)
      write_bytes (i, (const uint8_t *) "\n", 1);
    break;
  case 2:
  case 3:
    what = fuzz_u8 (in) % (sizeof lines / sizeof *lines);
    write_bytes (i, (const uint8_t *) lines[what], strlen (lines[what]));
    write_bytes (i, (const uint8_t *) "\n", op & 64 ? 0 : 1);
    break;
  case 4:
    what = fuzz_u8 (in);
    write_long (i, what, 4u * fuzz_u8 (in));
    break;
  case 5:
    if (w.waiting) {
      struct cf_command *cmd = w.waiting;

      w.waiting = NULL;
      end (cmd, op & 64 ? cf_err (CF_ERR_LOCKED) : 0);
    }
    break;
  case 6: go (i); break;
  case 7: come (i); break;
  default: break;
  }
  if (!(op & 32))
    run_loop ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  static struct event_base *base;
  struct fuzz_in in = { data, len };

  memset (&w, 0, sizeof w);
  signal (SIGPIPE, SIG_IGN); /* as confabd does */
  fuzz_env_init (&w.env, &w.seed);
  w.core.env = &w.env;
  w.ipc.core = &w.core;
  w.ipc.listen_fd = -1;
  if (!base)
    base = event_base_new (); /* nothing stays in it: it serves every run */
  FUZZ_CHECK (base);
  w.ipc.base = base;
  for (int i = 0; i < CLIENTS; i++)
    w.clients[i].fd = -1;
  come (0);
  for (int n = 0; in.left && n < STEPS_MAX; n++)
    step (&in);
  run_loop ();
  for (int i = 0; i < CLIENTS; i++)
    go (i);
  run_loop ();
  FUZZ_CHECK (!w.ipc.connections && !w.ipc.count); /* who has gone is forgotten */
  FUZZ_CHECK (w.begun == w.ended && !w.waiting);
  FUZZ_CHECK (!event_base_get_num_events (base, EVENT_BASE_COUNT_ADDED));
  return 0;
}

FUZZ_UNSEEN_END

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char echo[] = "\0\x19" "ECHO --limit=5 a%20b\nNOP\n" "\2\7\2\10";
  static const char asks[] = "\2\1\0\7D a%0Ab\n\2\4\2\2\0\4D x\n\2\4\2\2\2\5\2\2\0\5D %4\n\2\4";
  static const char waits[] = "\2\3\7\x82\3\5\x82\0\6\x82\3\x86";
  static const char breaks[] = "\4%\xff\2\4\7\4D\xff\4 \xff\7\2\6";
  static const char odd[] = "\0\x0e" "ECHO %00 %ff\n" "\0\x08" "READY\r\n" "\0\x06" "ECHO\r" "\2\13";

  emit ("echo", echo, sizeof echo - 1);
  emit ("asks", asks, sizeof asks - 1);
  emit ("waits", waits, sizeof waits - 1);
  emit ("breaks", breaks, sizeof breaks - 1);
  emit ("odd", odd, sizeof odd - 1);
}
