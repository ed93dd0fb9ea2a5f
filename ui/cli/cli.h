/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli.h - what the files of the command line share: one program run, its table of commands, its calls.
 *
 *   main.c      global options, then the command, or the console
 *   table.c     the commands and what their help says; columns.c what their lists show; verb.c runs most of them
 *   words.c     words, options, durations, the nearest name
 *   call.c      one call of the daemon, Ctrl-C and time limits
 *   waiting.c   what is said while a call takes its time
 *   output.c    rows, tables, colour, errors
 *
 * Nothing here knows keys, history or the network: it asks the daemon.
 * Out of memory ends the program (cf_cli_must), which only a user interface may do.
 */
#ifndef CF_UI_CLI_CLI_H
#define CF_UI_CLI_CLI_H

#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ui/client/client.h"
#include "ui/client/i18n.h"
#include "ui/client/row.h"

struct cf_cli_command;
struct cf_cli_args;

/* What the call under way waits for (waiting.c). */
struct cf_cli_waiting {
  char *what;        /* a sentence, or NULL: there is nothing to say */
  const char *stays; /* a sentence, of what goes on when it is no longer waited for; NULL: nothing does */
  bool said;
  unsigned terminal; /* local modes of the terminal when the waiting began */
};

/* One run of the program. */
struct cf_cli {
  const char *home;         /* as given, or NULL */
  bool json;
  int timeout_ms;           /* < 0: none was given */
  bool tty_in, tty_out;
  bool color_out, color_err;
  int width;                /* columns of the terminal; 0: not a terminal, nothing is shortened */
  struct cf_client *client; /* made by the first call; NULL after one that failed half-way */
  json_t *names;            /* conversation id -> title, for people; or NULL */
  struct cf_cli_waiting waiting;
  int told;                 /* exit code of an error that a callback has already told, or 0 */
  bool interactive;         /* inside the console: Ctrl-C ends a command, not the program */
  /* Something else to look after while a call waits; FD < 0: nothing. */
  int side_fd;
  void (*side) (void *arg);
  void *side_arg;
  char *chat;               /* the console is asked to switch to this conversation; or NULL */
};

/* ---- words.c ---- */

#define CF_CLI_OPTIONS_MAX 8

struct cf_cli_option {
  const char *name;   /* without "--" */
  const char *value;  /* what it takes, as usage shows it; NULL: nothing */
  char kind;          /* 't' text, 'n' number, 'd' duration (the daemon is given seconds: "600s"), 0 with no value */
  bool local;         /* not handed to the daemon */
  const char *help;
};

/* Words of one command, taken apart; pointers into those given, but for VALUE of durations. */
struct cf_cli_args {
  size_t argc;
  const char **argv;
  size_t option_count;
  struct { const struct cf_cli_option *def; char *value; } options[CF_CLI_OPTIONS_MAX];
  bool help;
  char *chosen; /* the argument that was left out; or NULL */
};

/* "90", "90s", "10m", "2h", "3d": seconds, from 1 to ten years.  Errors: INV_TIME. */
gpg_error_t cf_cli_duration (const char *text, uint64_t *r_seconds) CF_MUST_CHECK;
/* The NAMES (until NULL) entry most like WORD, or NULL when none is near. */
const char *cf_cli_nearest (const char *word, const char *const *names);
/* Words of a typed LINE as a shell would see them: spaces, '...', "...", \x.  *R_WORDS is one block to free, ended
   by NULL.  Errors: SYNTAX (a quote that does not end). */
gpg_error_t cf_cli_split (const char *line, char ***r_words, size_t *r_count) CF_MUST_CHECK;
/* COUNT words joined by single spaces; caller frees. */
char *cf_cli_join (const char *const *words, size_t count);
/* Take WORDS (after the command's name) apart; global options among them are set in CLI.  Tells what is wrong.
   0, or an exit code.  cf_cli_args_done in any case. */
int cf_cli_args_parse (struct cf_cli *cli, const struct cf_cli_command *command, char **words, size_t count,
                       struct cf_cli_args *args);
void cf_cli_args_done (struct cf_cli_args *args);
const char *cf_cli_option_value (const struct cf_cli_args *args, const char *name); /* NULL: not given; "" no value */
/* Is WORDS[*POS] a global option (--json, --home, --timeout, --help, --version)?  Set it and move *POS to its last
   word.  0 not one, 1 taken, -1 told as wrong.  VERSION and HELP are left to the caller through *R_WHICH. */
int cf_cli_global (struct cf_cli *cli, char **words, size_t count, size_t *pos, char *r_which);

/* ---- table.c ---- */

typedef char *(*cf_cli_cell) (const struct cf_cli *cli, const json_t *row);

struct cf_cli_column {
  const char *title;
  cf_cli_cell cell;   /* text of ROW in this column; caller frees */
  size_t least;       /* where there is little room it is shortened to no less than this; 0: never */
  bool spare;         /* and left out, if that is not enough */
};

struct cf_cli_command {
  const char *name;
  const char *verb;            /* of the daemon; NULL when RUN does it all */
  const char *args;            /* "CONV [TEXT...|-]" */
  size_t min_args, max_args;
  const struct cf_cli_option *options; /* ended by a NULL name; or NULL */
  const char *summary;         /* one line, for the list */
  const char *help;            /* more; or NULL */
  const char *about;           /* what its arguments are, in words that several commands share; or NULL */
  const char *fields;          /* of its JSON rows */
  const struct cf_cli_column *columns; /* of a list, ended by a NULL title; or NULL */
  void (*show) (struct cf_cli *cli, json_t *row); /* of one row, when there are no columns */
  const char *empty;           /* what a person is told of an empty list */
  int (*run) (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
  bool password;               /* answers INQUIRE PASSWORD */
  bool streams;                /* rows until it is ended, always; "--watch" makes others so */
};

extern const struct cf_cli_command cf_cli_commands[]; /* ended by a NULL name */
const struct cf_cli_command *cf_cli_command_find (const char *name);
/* Run the command that WORDS spell, telling every error.  The exit code. */
int cf_cli_run (struct cf_cli *cli, char **words, size_t count);
/* The usual way: the verb with the given options and arguments; its rows are shown. */
int cf_cli_run_verb (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
/* The same, having learnt the titles of conversations for people. */
int cf_cli_run_named (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
void cf_cli_usage (const struct cf_cli *cli, const struct cf_cli_command *command); /* NULL: of the program */

/* ---- call.c ---- */

/* The connection; made and the daemon started if need be.  0, or an exit code, told. */
int cf_cli_connect (struct cf_cli *cli);
/* One call to its end, TIMEOUT_MS < 0 for ever; meanwhile cli->side is looked after.  A locked daemon is asked to
   unlock first.  Nothing is told.  After a failure of the connection itself it is closed and made anew by the next
   call.  Errors: TIMEOUT, CANCELED (Ctrl-C), the daemon's. */
gpg_error_t cf_cli_call (struct cf_cli *cli, const char *verb, const char *const *words,
                         const struct cf_client_handler *handler, void *arg, int timeout_ms,
                         struct cf_client_error *r_error) CF_MUST_CHECK;
/* All rows of a call as an array (caller decrefs).  0, or an exit code, told. */
int cf_cli_rows (struct cf_cli *cli, const char *verb, const char *const *words, json_t **r_rows);
/* Learn the titles of conversations; what fails is not told, names are then ids. */
void cf_cli_learn_names (struct cf_cli *cli);
/* Ctrl-C from here on sets a flag instead of ending the program. */
void cf_cli_catch_interrupt (void);
bool cf_cli_interrupted (bool clear);
/* poll, which Ctrl-C (and what else sets the flag) ends also when it came just before: -1, with EINTR. */
int cf_cli_poll (struct pollfd *fds, nfds_t count, int timeout_ms);
int64_t cf_cli_now_ms (void);

/* ---- waiting.c ---- */

#define CF_CLI_PATIENCE_MS 1000 /* what takes longer says what it waits for */

/* From here on a call that is silent for so long says the sentence WHAT, once; STAYS (borrowed; NULL: nothing does) is said
   when Ctrl-C ends it after that. */
void cf_cli_wait_for (struct cf_cli *cli, const char *stays, const char *what);
void cf_cli_wait_for_daemon (struct cf_cli *cli);
/* WHO, as typed by the person, is to type the password of a request. */
void cf_cli_wait_for_password (struct cf_cli *cli, const char *who);
/* A message that was handed over is to be WANTED: sent, delivered, read. */
void cf_cli_wait_for_state (struct cf_cli *cli, const char *wanted);
/* Files that were offered or taken are to be there. */
void cf_cli_wait_for_files (struct cf_cli *cli);
void cf_cli_wait_shown (struct cf_cli *cli); /* it can be seen otherwise */
void cf_cli_wait_over (struct cf_cli *cli); /* nothing is said any more */
/* For call.c: when it is to be said; < 0: never. */
int64_t cf_cli_wait_begin (struct cf_cli *cli);
void cf_cli_wait_say (struct cf_cli *cli);
/* Ctrl-C has ended a call.  Does not return if it is to end the program. */
void cf_cli_wait_interrupted (const struct cf_cli *cli);

/* ---- output.c ---- */

enum cf_cli_style { CF_CLI_PLAIN, CF_CLI_BOLD, CF_CLI_DIM, CF_CLI_GOOD, CF_CLI_WARN, CF_CLI_BAD };

void cf_cli_output_init (struct cf_cli *cli);
/* Everything printed reaches its reader now; a reader that has gone ends the program. */
void cf_cli_flush (void);
void cf_cli_json (json_t *row); /* one line */
void cf_cli_say (const struct cf_cli *cli, enum cf_cli_style style, const char *fmt, ...) CF_PRINTF (3, 4);
/* Tell an error: "confab: message. hint", or an object.  HINT NULL: the one of ERR; FMT NULL: its message too.
   Returns the exit code of ERR. */
int cf_cli_fail (const struct cf_cli *cli, gpg_error_t err, const char *hint, const char *fmt, ...) CF_PRINTF (4, 5);
int cf_cli_fail_named (const struct cf_cli *cli, const char *name, int code, const char *message, const char *hint);
/* What the daemon said of a failure, or what cf_cli_call made of it. */
int cf_cli_fail_call (const struct cf_cli *cli, const struct cf_client_error *error);
/* A diagnostic that is no error, on stderr, for people only. */
void cf_cli_note (const struct cf_cli *cli, const char *fmt, ...) CF_PRINTF (2, 3);
/* ROWS aligned below titles. */
void cf_cli_table (const struct cf_cli *cli, const struct cf_cli_column *columns, const json_t *rows);
/* "  label  value", labels in one width. */
void cf_cli_pair (const struct cf_cli *cli, const char *label, const char *value);

void *cf_cli_must (void *mem); /* MEM, or the end of the program */
char *cf_cli_sprintf (const char *fmt, ...) CF_PRINTF (1, 2);
size_t cf_cli_text_width (const char *text);                  /* in columns */
char *cf_cli_shorten (const char *text, size_t width);        /* a copy of at most WIDTH columns */

/* ---- row.c: parts of a row, as a person reads them; callers free ---- */

char *cf_row_shown (const json_t *row, const char *key);      /* one line, fit to show */
char *cf_row_lines (const json_t *row, const char *key);      /* several lines, fit to show */
char *cf_row_who (const json_t *row);                         /* user ID, name or fingerprint */
char *cf_row_time (const json_t *row, const char *key);       /* local: "14:05" today, else with the date */
const char *cf_row_word (const char *word);                    /* a state of a row, for people; not to be freed */
char *cf_row_fingerprint (const char *hex);                   /* in groups of four */
char *cf_row_conversation (const struct cf_cli *cli, const json_t *row); /* title, or the start of its id */

/* ---- show.c ---- */

void cf_show_identity (struct cf_cli *cli, json_t *row);
void cf_show_status (struct cf_cli *cli, json_t *row);
void cf_show_expected (struct cf_cli *cli, json_t *row);
void cf_show_opened (struct cf_cli *cli, json_t *row);
void cf_show_sent (struct cf_cli *cli, json_t *row);
void cf_show_message (struct cf_cli *cli, json_t *row);
void cf_show_message_details (struct cf_cli *cli, json_t *row);
void cf_show_marks (struct cf_cli *cli, json_t *row); /* of a conversation */
void cf_show_event (struct cf_cli *cli, json_t *row);
void cf_show_setting (struct cf_cli *cli, json_t *row);
void cf_show_visibility (struct cf_cli *cli, json_t *row);
void cf_show_block_line (struct cf_cli *cli, json_t *row);
void cf_show_contact_line (struct cf_cli *cli, json_t *row);
void cf_show_places (struct cf_cli *cli, json_t *row);
/* What ROW has to warn of, loudly: a conversation that is stopped, somebody with another's name. */
void cf_show_alarm (struct cf_cli *cli, const json_t *row);
void cf_show_peer_line (struct cf_cli *cli, json_t *row);
void cf_show_request_line (struct cf_cli *cli, json_t *row);
void cf_show_conversation_line (struct cf_cli *cli, json_t *row);
void cf_show_certified (struct cf_cli *cli, json_t *row);
void cf_show_salvaged (struct cf_cli *cli, json_t *row);
void cf_show_done (struct cf_cli *cli, json_t *row);
void cf_show_export (struct cf_cli *cli, json_t *row); /* an mbox as it is; else JSON */

/* ---- files.c ---- */

void cf_show_transfer (struct cf_cli *cli, json_t *row);
/* ---- only.c ---- */

/* The only transfer of CONVERSATION (NULL: of all) that COMMAND (one of those that take T) can be given; its id, caller
   frees; NULL: there is not exactly one, told. */
char *cf_cli_only_transfer (struct cf_cli *cli, const char *command, const char *conversation);
/* Can what COMMAND is about be left out here? */
bool cf_cli_chooses (const struct cf_cli *cli, const struct cf_cli_command *command);
/* Put the only thing that it can be about into ARGS, which have none.  0, or an exit code, told. */
int cf_cli_choose (struct cf_cli *cli, const struct cf_cli_command *command, struct cf_cli_args *args);

/* ---- password.c ---- */

/* The password of a conversation: from --password-fd, or typed unseen.  Bytes to be wiped and freed.
   0, or an exit code, told. */
int cf_cli_password (struct cf_cli *cli, const struct cf_cli_args *args, char **r_password, size_t *r_len);
/* Is there any way to have one?  0, or an exit code, told. */
int cf_cli_password_possible (const struct cf_cli *cli, const struct cf_cli_args *args);
/* A line typed on the terminal in answer to QUESTION; without its newline, caller frees; NULL at end of file. */
char *cf_cli_ask (const char *question);
/* Does ANSWER (NULL: none) begin with y, or with the letter for yes in the reader's language? */
bool cf_cli_is_yes (const char *answer);

/* ---- the commands that are more than a verb ---- */

int cf_cli_run_init (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_start (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_stop (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_send (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_text (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_add (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_address (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
/* End the daemon, and wait until it has let the home go.  *R_RAN: there was one.  0, or an exit code, told. */
int cf_cli_stop_daemon (struct cf_cli *cli, bool *r_ran);
int cf_cli_run_salvage (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_revoke (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_send_file (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_transfers (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_transfer (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_demo (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_chat (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
int cf_cli_run_help (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);
/* TEXT as a message of CONV; the row it gave (caller decrefs).  0, or an exit code, told. */
int cf_cli_send_text (struct cf_cli *cli, const char *const *words, const char *text, size_t len, int timeout_ms,
                      json_t **r_row);
/* Call VERB, which asks for TEXT; *R_ROW is its last row (caller decrefs).  0, or an exit code, told. */
int cf_cli_give_text (struct cf_cli *cli, const char *verb, const char *const *words, const char *text, size_t len,
                      int timeout_ms, json_t **r_row);
/* Each line of the standard input as a message of CONV, until its end.  0, or an exit code, told. */
int cf_cli_send_lines (struct cf_cli *cli, const char *conv, const char *wanted, int timeout_ms);
/* How far a message has come, from 0 (queued); -1: failed, or no state.  And back. */
int cf_cli_state_rank (const char *state);
const char *cf_cli_state_name (int rank);
/* Is STATE not as far as WANTED?  Tell it: the exit code. */
int cf_cli_send_outcome (const struct cf_cli *cli, const char *state, const char *wanted);
/* The limit of a call that gives the daemon TIMEOUT_MS: the daemon's own comes first. */
int cf_cli_send_limit (int timeout_ms);

/* The conversation that TEXT means: its row, caller decrefs.  0, or an exit code, told. */
int cf_cli_find_conversation (struct cf_cli *cli, const char *text, json_t **r_row);

int cf_cli_run_console (struct cf_cli *cli, const struct cf_cli_command *command, const struct cf_cli_args *args);

/* The line-mode face of Confab; CHAT NULL: the console, else a conversation.  The exit code. */
int cf_cli_console (struct cf_cli *cli, const char *chat);

#endif
