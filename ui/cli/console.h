/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.h - what the console and the chat in it share. */
#ifndef CF_UI_CLI_CONSOLE_H
#define CF_UI_CLI_CONSOLE_H

#include "ui/cli/cli.h"

#define CF_CONSOLE_SENT_MAX 16
#define CF_CONSOLE_LINE_MAX (16 * 1024) /* a terminal gives 4,096 bytes a line; a pipe may give more */

/* A message of ours that this console sent: it is on the screen already. */
struct cf_console_sent {
  char id[64];
  bool waits; /* we said so, and shall say when it no longer does */
};

struct cf_console {
  struct cf_cli *cli;
  struct cf_client *events;   /* a connection that streams them; NULL when the daemon has gone */
  int64_t cursor;             /* of the last event seen; < 0: none */
  char *chat, *title;         /* the conversation that lines are sent to, or NULL */
  bool chat_only;             /* leaving the chat ends the program */
  const char *sending;        /* the text that is being sent just now, or NULL */
  struct cf_console_sent sent[CF_CONSOLE_SENT_MAX];
  size_t sent_next;
  bool unread;                /* something was shown that is not marked read yet */
  bool stopped;               /* the conversation is: a key is bad, or the peer blocked */
  bool prompted;              /* the cursor stands behind a prompt */
  bool running;               /* a command is under way */
  bool quit;
  char input[CF_CONSOLE_LINE_MAX];
  size_t input_len;
  bool input_ended;
};

/* ---- chat.c ---- */

/* Switch to the conversation that TEXT means, showing what was said last.  0, or an exit code, told. */
int cf_chat_enter (struct cf_console *c, const char *text);
void cf_chat_leave (struct cf_console *c);
/* A line typed in the chat that is no command. */
void cf_chat_say (struct cf_console *c, const char *text);
/* An event came.  True: the chat has dealt with it. */
bool cf_chat_event (struct cf_console *c, json_t *event);
/* Mark as read what was shown. */
void cf_chat_mark_read (struct cf_console *c);

#endif
