/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.h - the slash commands. */
#ifndef CF_UI_TUI_COMMAND_H
#define CF_UI_TUI_COMMAND_H

#include "ui/tui/app.h"
#include "ui/tui/args.h"

/* What a word of a command names, for completion. */
enum cf_arg {
  CF_ARG_NONE,
  CF_ARG_PEER,         /* somebody near, or a contact */
  CF_ARG_CONVERSATION,
  CF_ARG_REQUEST,
  CF_ARG_COMMAND,
  CF_ARG_SETTING,
  CF_ARG_PATH,         /* a file or directory of this machine */
  CF_ARG_CHOICE,       /* one of CHOICES */
};

struct cf_command {
  const char *name, *args;
  const char *summary;
  const char *help;       /* more; or NULL */
  enum cf_arg kinds[2];   /* of the first two words */
  const char *choices;    /* separated by spaces; or NULL */
  size_t min, words;      /* at least; at most, before the rest of the line */
  bool rest;              /* the rest means something: a text */
  bool here;              /* about the conversation of the window */
  void (*run) (struct cf_tui *tui, const struct cf_args *args);
};

extern const struct cf_command cf_commands[]; /* ended by a NULL name */
const struct cf_command *cf_command_find (const char *name); /* NULL: none */

/* commands_people.c */
void cf_run_open (struct cf_tui *tui, const struct cf_args *args);
void cf_run_accept (struct cf_tui *tui, const struct cf_args *args);
void cf_run_refuse (struct cf_tui *tui, const struct cf_args *args);
void cf_run_expect (struct cf_tui *tui, const struct cf_args *args);
void cf_run_verify (struct cf_tui *tui, const struct cf_args *args);
void cf_run_certify (struct cf_tui *tui, const struct cf_args *args);
void cf_run_add (struct cf_tui *tui, const struct cf_args *args);
void cf_run_block (struct cf_tui *tui, const struct cf_args *args);
void cf_run_unblock (struct cf_tui *tui, const struct cf_args *args);
void cf_run_peers (struct cf_tui *tui, const struct cf_args *args);
void cf_run_contacts (struct cf_tui *tui, const struct cf_args *args);
void cf_run_requests (struct cf_tui *tui, const struct cf_args *args);
void cf_run_reach (struct cf_tui *tui, const struct cf_args *args); /* /status PEER */

/* commands_message.c */
void cf_run_msg (struct cf_tui *tui, const struct cf_args *args);
void cf_run_reply (struct cf_tui *tui, const struct cf_args *args);
void cf_run_edit (struct cf_tui *tui, const struct cf_args *args);
void cf_run_react (struct cf_tui *tui, const struct cf_args *args);
void cf_run_delete (struct cf_tui *tui, const struct cf_args *args);
void cf_run_details (struct cf_tui *tui, const struct cf_args *args);
void cf_run_search (struct cf_tui *tui, const struct cf_args *args);

/* commands_file.c */
void cf_run_send_file (struct cf_tui *tui, const struct cf_args *args);
void cf_run_accept_file (struct cf_tui *tui, const struct cf_args *args);
void cf_run_refuse_file (struct cf_tui *tui, const struct cf_args *args);
void cf_run_pause (struct cf_tui *tui, const struct cf_args *args);
void cf_run_resume (struct cf_tui *tui, const struct cf_args *args);
void cf_run_cancel (struct cf_tui *tui, const struct cf_args *args);
void cf_run_transfers (struct cf_tui *tui, const struct cf_args *args);
/* Is a file offered in the conversation of the window, that nobody has taken or refused yet? */
bool cf_command_file_waits (struct cf_tui *tui);
/* ADD each path (taken over) that begins as TYPED does; directories end in a slash. */
void cf_command_add_paths (const char *typed, void (*add) (void *arg, char *name), void *arg);

/* commands_conversation.c */
void cf_run_read (struct cf_tui *tui, const struct cf_args *args);
void cf_run_unread (struct cf_tui *tui, const struct cf_args *args);
void cf_run_close (struct cf_tui *tui, const struct cf_args *args);
void cf_run_delete_conversation (struct cf_tui *tui, const struct cf_args *args);
void cf_run_pin (struct cf_tui *tui, const struct cf_args *args);
void cf_run_unpin (struct cf_tui *tui, const struct cf_args *args);
void cf_run_mute (struct cf_tui *tui, const struct cf_args *args);
void cf_run_unmute (struct cf_tui *tui, const struct cf_args *args);
void cf_run_timer (struct cf_tui *tui, const struct cf_args *args);
void cf_run_export (struct cf_tui *tui, const struct cf_args *args);
void cf_run_security (struct cf_tui *tui, const struct cf_args *args);

/* commands_self.c */
void cf_run_help (struct cf_tui *tui, const struct cf_args *args);
void cf_run_address (struct cf_tui *tui, const struct cf_args *args);
void cf_run_visibility (struct cf_tui *tui, const struct cf_args *args);
void cf_run_status (struct cf_tui *tui, const struct cf_args *args);
void cf_run_set (struct cf_tui *tui, const struct cf_args *args);
void cf_run_list (struct cf_tui *tui, const struct cf_args *args);
void cf_run_mouse (struct cf_tui *tui, const struct cf_args *args);
void cf_run_window (struct cf_tui *tui, const struct cf_args *args);
void cf_run_init (struct cf_tui *tui, const struct cf_args *args);
void cf_run_unlock (struct cf_tui *tui, const struct cf_args *args);
void cf_run_revoke_devices (struct cf_tui *tui, const struct cf_args *args);
void cf_run_quit (struct cf_tui *tui, const struct cf_args *args);

/* "[N] TEXT": *TEXT is behind N.  0: there is none. */
unsigned cf_command_number (const char **text);
/* The conversation of the window; told when there is none. */
const char *cf_command_conversation (struct cf_tui *tui);
/* Which window TEXT means: a number, a name, the beginning of an id.  NULL: none, told. */
struct cf_window *cf_command_window (struct cf_tui *tui, const char *text);

#endif
