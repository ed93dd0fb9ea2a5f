/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console.h - what the console and the chat in it share. */
#ifndef CF_UI_CLI_CONSOLE_H
#define CF_UI_CLI_CONSOLE_H

#include "ui/cli/cli.h"
#include "ui/cli/typed.h"
#include "ui/client/session.h"

#define CF_CONSOLE_SENT_MAX 16
#define CF_CHAT_KEPT 500 /* messages that can be named by their number */

/* A message of ours that this console sent: it is on the screen already. */
struct cf_console_sent {
  char id[64];
  bool waits; /* we said so, and shall say when it no longer does */
};

struct cf_console {
  struct cf_cli *cli;
  struct cf_session *session; /* of events; commands have a connection of their own */
  bool gone;                  /* it was said that the daemon is */
  struct cf_typed typed;
  char *chat, *title;         /* the conversation that lines are sent to, or NULL */
  bool chat_only;             /* leaving the chat ends the program */
  const char *sending;        /* the text that is being sent just now, or NULL */
  struct cf_console_sent sent[CF_CONSOLE_SENT_MAX];
  size_t sent_next;
  json_t *kept;               /* rows of messages of the chat that were shown, oldest first */
  size_t kept_first;          /* number of the first of them; they count from 1 */
  bool unread;                /* something was shown that is not marked read yet */
  bool stopped;               /* the conversation is: a key is bad, or the peer blocked */
  bool running;               /* a command is under way */
  bool quit;
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
/* A text of ours was sent, and became ROW. */
void cf_chat_sent (struct cf_console *c, json_t *row, const char *text);

/* ---- chat_rows.c ---- */

/* Number of the message ROW, which is kept from here on. */
size_t cf_chat_keep (struct cf_console *c, json_t *row);
/* The one of NUMBER, or the last one that is OURS or theirs (NUMBER 0); borrowed; NULL: there is none. */
json_t *cf_chat_kept (const struct cf_console *c, size_t number, bool ours);
void cf_chat_forget (struct cf_console *c);
/* A line for ROW, with its number if NUMBERED. */
void cf_chat_show (struct cf_console *c, json_t *row, bool numbered);
/* What has become of a message that is kept: EVENT is message_changed or message_removed. */
void cf_chat_changed (struct cf_console *c, const json_t *event);

/* ---- chat_commands.c ---- */

/* Is LINE (after its slash) a command of the chat alone?  Then it is carried out. */
bool cf_chat_command (struct cf_console *c, const char *line);
void cf_chat_help (struct cf_console *c);

#endif
