/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo.h - "confab demo": a throw-away person on this machine, and what that person says.
 *
 *   demo.c         the command: makes the world, lets Echo talk, ends both
 *   demo_world.c   home, key and a guard that removes them however the program ends
 *   echo.c         Echo: accepts, echoes, shows what a conversation can do
 */
#ifndef CF_UI_CLI_DEMO_H
#define CF_UI_CLI_DEMO_H

#include <sys/types.h>

#include "ui/cli/cli.h"

#define CF_DEMO_USER_ID "Echo (demo) <echo@demo.invalid>"
#define CF_DEMO_NAME "Echo (demo)"

/* ---- demo_world.c ---- */

struct cf_demo_world {
  char *dir;     /* private; all that there is lies in it */
  char *home;    /* Confab's, in DIR */
  int guard_fd;  /* the guard cleans up when the other end of this pipe is closed, be it by the end of the process */
  pid_t guard;
};

/* A directory, a GnuPG home with one key and a Confab home that stays on loopback and asks "who's there" where the
   daemon of CLI's home does; the guard watches.  From here on the environment is that of the new person.
   0, or an exit code, told. */
int cf_demo_world_begin (struct cf_cli *cli, struct cf_demo_world *world);
/* The daemon ends, agents end, files go.  Waits for it.  What was never begun is fine. */
void cf_demo_world_end (struct cf_demo_world *world);

/* ---- echo.c ---- */

/* Be Echo until INTERRUPTED, the end of standard input (a pipe, a terminal), or DEADLINE_MS (< 0: none).  CLI talks to
   the daemon of the demo.  The exit code. */
int cf_echo_run (struct cf_cli *cli, int64_t deadline_ms);

#endif
