/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tui.c - the terminal client: its loop over terminal, session and signals. */

#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ui/tui/app.h"
#include "ui/tui/tui.h"

#define FOREIGN_POLL_MS 200 /* while somebody else has the terminal */

/* ---- signals ---- */

static volatile sig_atomic_t resized, ended, stopped, continued, interrupted;

static void
on_signal (int number)
{
  switch (number) {
  case SIGWINCH: resized = 1; break;
  case SIGTSTP: stopped = 1; break;
  case SIGCONT: continued = 1; break;
  case SIGINT: interrupted = 1; break;
  default: ended = 1; break;
  }
}

static const int signals[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP };
#define SIGNALS (sizeof signals / sizeof *signals)

/* They come only while the loop waits.  Before curses, which would install its own. */
static void
catch_signals (struct sigaction *before, sigset_t *mask_before)
{
  struct sigaction action;
  sigset_t mask;

  memset (&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigemptyset (&mask);
  for (size_t i = 0; i < SIGNALS; i++) {
    sigaddset (&mask, signals[i]);
    sigaction (signals[i], &action, &before[i]);
  }
  sigprocmask (SIG_BLOCK, &mask, mask_before);
}

static void
release_signals (const struct sigaction *before, const sigset_t *mask_before)
{
  for (size_t i = 0; i < SIGNALS; i++)
    sigaction (signals[i], &before[i], NULL);
  sigprocmask (SIG_SETMASK, mask_before, NULL);
}

/* Stop as the shell expects it, and come back. */
static void
suspend (struct cf_tui *tui)
{
  cf_term_leave (tui->term);
  raise (SIGSTOP);
  cf_term_enter (tui->term);
  tui->suspend = false;
  continued = 0;
}

static void
handle_signals (struct cf_tui *tui)
{
  if (ended)
    tui->quit = true;
  if (interrupted)
    cf_tui_interrupt (tui);
  if (stopped)
    suspend (tui);
  else if (continued)
    cf_term_regain (tui->term);
  if (resized)
    cf_term_resize (tui->term);
  resized = stopped = continued = interrupted = 0;
}

/* ---- the loop ---- */

static int64_t
now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All keys that are there.  How long until one more may be, without anything being typed; < 0: not. */
static int
take_keys (struct cf_tui *tui)
{
  struct cf_key_event event;
  int wait_ms = -1;

  while (!tui->quit && cf_term_is_ours (tui->term)
         && cf_term_key (tui->term, !cf_tui_escape_means (tui), now_ms (), &event, &wait_ms))
    cf_tui_key (tui, &event);
  if (cf_term_hung_up (tui->term))
    tui->quit = true;
  return wait_ms;
}

static void
turn (struct cf_tui *tui, const sigset_t *open, int *wait_ms, bool *foreign)
{
  struct pollfd fds[2] = { { cf_session_fd (cf_model_session (tui->model)), POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
  struct timespec timeout;
  int wait = *wait_ms;
  bool ours = cf_term_is_ours (tui->term);

  if (ours && *foreign)
    cf_term_regain (tui->term);
  *foreign = !ours && !tui->outside && !tui->unlocking;
  if (ours) {
    cf_tui_draw (tui);
    cf_window_look (tui->current);
  } else if (*foreign)
    wait = FOREIGN_POLL_MS;
  timeout = (struct timespec) { wait / 1000, wait % 1000 * 1000000L };
  ppoll (fds, ours ? 2 : 1, wait < 0 ? NULL : &timeout, open);
  handle_signals (tui);
  if (fds[0].revents)
    cf_session_dispatch (cf_model_session (tui->model));
  if (ours && fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))
    tui->quit = true;
  *wait_ms = take_keys (tui);
  if (tui->suspend)
    suspend (tui);
}

/* What leaves before the program does: drafts. */
static void
farewell (struct cf_tui *tui)
{
  struct pollfd fd = { cf_session_fd (cf_model_session (tui->model)), POLLIN, 0 };
  int64_t deadline_ms = now_ms () + 500;

  cf_tui_typing (tui, false);
  for (size_t i = 1; i < tui->window_count; i++)
    if (tui->windows[i])
      cf_window_save_draft (tui->windows[i]);
  if (cf_session_state (cf_model_session (tui->model)) != CF_SESSION_READY)
    return;
  while (tui->calls && tui->calls != tui->person && now_ms () < deadline_ms)
    if (poll (&fd, 1, (int) (deadline_ms - now_ms ())) > 0)
      cf_session_dispatch (cf_model_session (tui->model));
}

static void
done (struct cf_tui *tui)
{
  cf_tui_answer (tui, false);
  cf_tui_calls_end (tui);
  cf_tui_sheet_close (tui);
  for (size_t i = 0; i < tui->window_count; i++)
    cf_window_free (tui->windows[i]);
  free (tui->windows);
  cf_model_free (tui->model);
  cf_term_stop (tui->term);
  for (size_t i = 0; i < tui->item_count; i++) {
    free (tui->items[i].text);
    free (tui->items[i].id);
  }
  free (tui->items);
  cf_grid_done (&tui->grid);
  cf_paper_free (tui->console);
  free (tui->notice);
  free (tui->typing);
}

gpg_error_t
cf_tui_run (const char *home, int *r_code)
{
  const struct cf_session_config config = { home, true };
  struct sigaction before[SIGNALS];
  struct cf_tui tui = { .list = true };
  bool foreign = false;
  sigset_t open;
  gpg_error_t err;
  int wait_ms = -1;

  catch_signals (before, &open);
  err = cf_term_start (&tui.term);
  if (!err)
    err = cf_model_new (&config, &tui.model);
  if (err)
    goto leave;
  cf_words_set_face (CF_FACE_TERMINAL);
  tui.console = cf_paper_new ();
  cf_grid_init (&tui.grid, 1, 1);
  tui.current = cf_window_add (&tui, NULL);
  err = cf_tui_follow (&tui);
  if (err)
    goto leave;
  while (!tui.quit)
    turn (&tui, &open, &wait_ms, &foreign);
  farewell (&tui);
  *r_code = 0;
leave:
  cf_words_set_face (CF_FACE_SHELL);
  done (&tui);
  release_signals (before, &open);
  return err;
}
