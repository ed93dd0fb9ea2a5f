/* SPDX-License-Identifier: GPL-3.0-or-later */
/* helper.c - a helper's process: found, started, heard line by line, ended.
 *
 *   RUNS --it closes its socket: is killed if it still lives--> handler: ended
 *   RUNS --stop: it reads the end--> STOPPING --it closes its socket, STOPPING_MS--> gone
 *
 * One that was stopped and one that was started since may live side by side for a moment.
 */
#include "core/daemon/helper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/paths.h"

#define STOPPING_MS 5000 /* while we run */
#define FREE_MS 300      /* all of them, when we end */

struct process {
  struct process *next;
  struct helper *helper;
  const struct cf_helper_handler *handler; /* NULL: it was stopped */
  void *arg;
  pid_t pid;
  int fd;
  struct event *event;
  struct cf_timer late;
  char line[CF_HELPER_LINE_MAX];
  size_t len;
};

struct helper {
  struct cf_helper face; /* first */
  struct cf_env *env;
  struct event_base *base;
  const char *program;
  struct process *all;
};

/* --- the end of one --- */

static void
process_free (struct process *p)
{
  struct process **at = &p->helper->all;

  while (*at != p)
    at = &(*at)->next;
  *at = p->next;
  cf_timer_cancel (p->helper->env, &p->late);
  if (p->event)
    event_free (p->event);
  if (p->fd >= 0)
    close (p->fd);
  if (p->pid > 0) {
    kill (p->pid, SIGKILL); /* whoever closes its socket has nothing more to say */
    while (waitpid (p->pid, NULL, 0) < 0 && errno == EINTR)
      ;
  }
  free (p);
}

static void
process_late (void *arg)
{
  process_free (arg);
}

static void
process_ended (struct process *p, gpg_error_t err)
{
  const struct cf_helper_handler *handler = p->handler;
  void *arg = p->arg;

  process_free (p);
  if (handler)
    handler->ended (arg, err);
}

/* --- what it says --- */

/* Every whole line of what has come; false: it says what no helper says. */
static bool
hear_lines (struct process *p)
{
  char *end, *start = p->line;

  p->line[p->len] = 0;
  while (p->handler && (end = memchr (start, '\n', p->len - (size_t) (start - p->line)))) {
    *end = 0;
    if (strlen (start) != (size_t) (end - start)) /* with a NUL in it */
      return false;
    p->handler->line (p->arg, start);
    start = end + 1;
  }
  if (!p->handler)
    return true;
  p->len -= (size_t) (start - p->line);
  memmove (p->line, start, p->len);
  return p->len < sizeof p->line - 1;
}

static void
on_readable (evutil_socket_t fd, short what, void *arg)
{
  struct process *p = arg;
  ssize_t n;

  (void) what;
  cf_env_system_refresh (p->helper->env);
  n = recv (fd, p->line + p->len, sizeof p->line - 1 - p->len, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0) {
    process_ended (p, cf_err (GPG_ERR_EPIPE));
    return;
  }
  if (!p->handler) /* what it said too late */
    return;
  p->len += (size_t) n;
  if (!hear_lines (p))
    process_ended (p, cf_err (CF_ERR_PROTOCOL));
}

/* --- the face --- */

/* With THEIRS as its standard input and output, and nothing of our environment. */
static gpg_error_t
spawn (const char *program, int theirs, pid_t *r_pid)
{
  posix_spawn_file_actions_t actions;
  char *path = cf_paths_program (program), *name = strdup (program);
  char *argv[] = { name, NULL }, *environment[] = { NULL };
  int rc = !path ? ENOENT : name ? posix_spawn_file_actions_init (&actions) : ENOMEM;

  if (!rc) {
    rc = posix_spawn_file_actions_adddup2 (&actions, theirs, STDIN_FILENO);
    if (!rc)
      rc = posix_spawn_file_actions_adddup2 (&actions, theirs, STDOUT_FILENO);
    if (!rc)
      rc = posix_spawn (r_pid, path, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy (&actions);
  }
  free (name);
  free (path);
  return rc ? cf_err (gpg_err_code_from_errno (rc)) : 0;
}

static struct process *
running (struct helper *h)
{
  for (struct process *p = h->all; p; p = p->next)
    if (p->handler)
      return p;
  return NULL;
}

static gpg_error_t
op_start (struct cf_helper *helper, const struct cf_helper_handler *handler, void *arg)
{
  struct helper *h = (struct helper *) helper;
  struct process *p = calloc (1, sizeof *p);
  gpg_error_t err = 0;
  int fds[2];

  if (!p)
    return cf_err (GPG_ERR_ENOMEM);
  p->helper = h;
  p->fd = -1;
  p->next = h->all;
  h->all = p;
  cf_timer_init (&p->late, process_late, p);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
    err = cf_err_errno ();
  else {
    p->fd = fds[0];
    err = spawn (h->program, fds[1], &p->pid);
    close (fds[1]);
  }
  if (!err) {
    p->event = event_new (h->base, p->fd, EV_READ | EV_PERSIST, on_readable, p);
    err = p->event && !event_add (p->event, NULL) ? 0 : cf_err (GPG_ERR_ENOMEM);
  }
  if (err) {
    process_free (p);
    return err;
  }
  p->handler = handler;
  p->arg = arg;
  return 0;
}

static gpg_error_t
op_say (struct cf_helper *helper, const char *line)
{
  struct process *p = running ((struct helper *) helper);
  size_t len = strlen (line);

  /* A wish now and then: what does not fit into the system's buffer at once is not read. */
  return p && send (p->fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t) len ? 0 : cf_err (GPG_ERR_EPIPE);
}

static void
op_stop (struct cf_helper *helper)
{
  struct helper *h = (struct helper *) helper;
  struct process *p = running (h);

  if (!p)
    return;
  p->handler = NULL;
  p->len = 0;
  shutdown (p->fd, SHUT_WR);
  cf_timer_after (h->env, &p->late, STOPPING_MS);
}

gpg_error_t
cf_process_helper_new (struct cf_env *env, struct event_base *base, const char *program, struct cf_helper **r_helper)
{
  struct helper *h = calloc (1, sizeof *h);

  if (!h)
    return cf_err (GPG_ERR_ENOMEM);
  h->face = (struct cf_helper){ op_start, op_say, op_stop };
  h->env = env;
  h->base = base;
  h->program = program;
  *r_helper = &h->face;
  return 0;
}

/* Until P has closed its socket, or END_MS. */
static void
wait_for (struct process *p, uint64_t end_ms)
{
  struct cf_env *env = p->helper->env;
  struct pollfd fd = { .fd = p->fd, .events = POLLIN };
  char ignored[CF_HELPER_LINE_MAX];

  cf_env_system_refresh (env);
  while (env->now_ms < end_ms && poll (&fd, 1, (int) (end_ms - env->now_ms)) > 0
         && recv (p->fd, ignored, sizeof ignored, MSG_DONTWAIT) > 0)
    cf_env_system_refresh (env);
}

void
cf_process_helper_free (struct cf_helper *helper)
{
  struct helper *h = (struct helper *) helper;
  uint64_t end_ms;

  if (!h)
    return;
  op_stop (helper);
  cf_env_system_refresh (h->env);
  end_ms = h->env->now_ms + FREE_MS;
  while (h->all) {
    struct process *p = h->all;

    wait_for (p, end_ms);
    if (!waitpid (p->pid, NULL, WNOHANG))
      cf_log (h->env, CF_LOG_DEBUG, "%s goes on by itself for a moment", h->program);
    p->pid = 0; /* a router that answers late is still told: it ends by itself, soon */
    process_free (p);
  }
  free (h);
}
