/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.h - one command of one client, whatever carried it.
 *
 * The Assuan server makes it from a line, the simulator from a call.  A handler
 * is called once; it may finish at once or later.  Every command ends by exactly
 * one of done, fail; after that the structure must not be touched.
 */
#ifndef CF_CORE_COMMAND_H
#define CF_CORE_COMMAND_H

#include <jansson.h>

#include "base/phrase.h"
#include "core/core.h"

struct cf_command;

/* What carries a command; made by ipc and by tests. */
struct cf_command_ops {
  gpg_error_t (*row) (struct cf_command *cmd, json_t *row); /* ROW is stolen */
  void (*finish) (struct cf_command *cmd, gpg_error_t err, const char *message, const char *hint);
  /* Ask the client for KEYWORD ("TEXT", "PASSWORD"); GOT hears it later, with DATA borrowed. */
  gpg_error_t (*inquire) (struct cf_command *cmd, const char *keyword, size_t max, bool secret,
                          void (*got) (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len));
};

#define CF_COMMAND_ARGS_MAX 16

struct cf_command {
  struct cf_core *core;
  const struct cf_command_ops *ops;
  size_t argc;                            /* plain arguments, unescaped, NUL-terminated */
  char *argv[CF_COMMAND_ARGS_MAX];
  size_t option_count;                    /* "--name" or "--name=value"; value "" when there is none */
  struct { char *name, *value; } options[CF_COMMAND_ARGS_MAX];
  json_t *more;                           /* set just before it fails: more fields of the error; then freed */
  void *state;                            /* the handler's own */
  void (*cancelled) (struct cf_command *cmd); /* set by a handler that waits: the client has gone; release STATE,
                                                 call nothing */
};

typedef void (*cf_command_fn) (struct cf_command *cmd);

struct cf_command_def {
  const char *verb;      /* "SEND" */
  const char *usage;     /* "SEND [--reply-to=ID] [--wait=STATE] CONV" */
  const char *help;      /* what it does, the inquiries it makes, the fields of its rows */
  const char *options;   /* the options it takes, space separated: "reply-to wait"; others are refused */
  size_t min_args, max_args;
  bool needs_ready;      /* answered by NO_IDENTITY or LOCKED before the core is READY */
  cf_command_fn run;
  size_t path_arg;       /* 0, or which argument (1 ...) is a path: any bytes, where all else is UTF-8 */
};

/* Every verb, by name; the tables of the modules together. */
const struct cf_command_def *cf_command_find (const char *verb);
const struct cf_command_def *cf_command_next (size_t *pos); /* NULL at the end; for HELP */
/* Check options, arguments and state, then run, or fail. */
void cf_command_dispatch (struct cf_command *cmd, const struct cf_command_def *def);

/* For handlers. */
/* Of a verb that does without, when it is given what it cannot do without: READY?  False: CMD has failed, saying why. */
bool cf_command_is_ready (struct cf_command *cmd) CF_MUST_CHECK;
const char *cf_command_option (const struct cf_command *cmd, const char *name); /* NULL: not given */
/* Option NAME as a length of time: "90s", "10m", "2h", "7d"; a number alone is seconds.  *R_MS stays as it is when the
   option was not given.  False: it is none, or longer than MAX_MS (a number of days), and the command has failed. */
bool cf_command_duration (struct cf_command *cmd, const char *name, int64_t max_ms, int64_t *r_ms) CF_MUST_CHECK;
/* The same of any TEXT. */
bool cf_command_duration_text (struct cf_command *cmd, const char *text, int64_t max_ms, int64_t *r_ms) CF_MUST_CHECK;
/* Option NAME as a number of 1 ... MAX; PRESET when it is not given.  False: the command has failed. */
bool cf_command_number (struct cf_command *cmd, const char *name, unsigned long preset, unsigned long max,
                        unsigned long *r_value) CF_MUST_CHECK;
gpg_error_t cf_command_row (struct cf_command *cmd, json_t *row) CF_MUST_CHECK;
void cf_command_done (struct cf_command *cmd, gpg_error_t err); /* message and hint from cf_err_info */
/* With a sentence of its own; its arguments are strings, ended by NULL.  CF_SAY_NOTHING: as cf_command_done. */
void cf_command_say (struct cf_command *cmd, gpg_error_t err, enum cf_say say, ...) __attribute__ ((sentinel));
/* The same with another HINT, which is a sentence of ours as well; NULL: that of SAY. */
void cf_command_say_hint (struct cf_command *cmd, gpg_error_t err, const char *hint, enum cf_say say, ...)
    __attribute__ ((sentinel));
gpg_error_t cf_command_inquire (struct cf_command *cmd, const char *keyword, size_t max, bool secret,
                                void (*got) (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len)) CF_MUST_CHECK;

/* The modules' tables, each ended by a NULL verb. */
extern const struct cf_command_def cf_self_commands[];         /* INIT STATUS IDENTITIES ADDRESS CONFIG STOP EVENTS VISIBILITY */
extern const struct cf_command_def cf_peer_commands[];         /* PEERS CONTACTS ADD REMOVE */
extern const struct cf_command_def cf_certify_commands[];      /* CERTIFY */
extern const struct cf_command_def cf_gate_commands[];         /* OPEN VERIFY REQUESTS ACCEPT EXPECT REFUSE */
extern const struct cf_command_def cf_conversation_commands[]; /* CONVERSATIONS CLOSE DELETE */
extern const struct cf_command_def cf_mark_commands[];         /* DRAFT PIN UNPIN MUTE UNMUTE UNREAD */
extern const struct cf_command_def cf_message_commands[];      /* SEND READ TYPING EXPORT */
extern const struct cf_command_def cf_change_commands[];       /* EDIT DELETE-MESSAGE REACT TIMER */
extern const struct cf_command_def cf_history_commands[];      /* HISTORY SEARCH MESSAGE */
extern const struct cf_command_def cf_transfer_commands[];     /* SEND-FILE TRANSFERS TRANSFER ACCEPT-FILE ... */

#endif
