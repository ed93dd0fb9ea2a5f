/* SPDX-License-Identifier: GPL-3.0-or-later */
/* app.h - what the files of the terminal client share: one run of it.
 *
 *   tui.c        the loop: terminal, session, signals
 *   input.c      what a key does
 *   screen.c     what is on the screen: gives frame.c its words and draws the window
 *   window.c     windows: the console, and one for each conversation
 *   question.c   what is asked in the input line: passwords, yes or no
 *   call.c       calls of the daemon
 *   news.c       events, states of the session
 *   first_run.c  choosing an identity
 *   command.c    slash commands: the table, words, completion
 *   commands_*.c what they do
 *
 * Below them, without daemon and terminal: cell, wrap, edit, scroll, block, paper, frame.
 */
#ifndef CF_UI_TUI_APP_H
#define CF_UI_TUI_APP_H

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/timeline.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"
#include "ui/tui/block.h"
#include "ui/tui/edit.h"
#include "ui/tui/frame.h"
#include "ui/tui/must.h"
#include "ui/tui/paper.h"
#include "ui/tui/scroll.h"
#include "ui/tui/term.h"

struct cf_tui;
struct cf_tui_call;

/* ---- windows ---- */

struct cf_window {
  struct cf_tui *tui;
  unsigned number;       /* from 1 on; 1 is the console */
  char *conversation;    /* NULL: the console */
  struct cf_edit *edit;  /* what is typed here */
  struct cf_scroll scroll;
  struct cf_timeline *timeline; /* NULL: the console, or never looked at */
  char *draft;           /* as the daemon knows it; "" none */
  char *chosen;          /* a message; NULL: none */
  char *about;           /* what stands in that message; or NULL */
  char *reply_to, *editing; /* what the next line is; NULL: a new message */
  char **numbered;       /* messages as they are numbered just now, from 1 on */
  size_t numbered_count, numbered_room;
  bool reading;          /* READ is under way */
  bool had_unread;       /* when it was shown: the line above them stays until it is left */
  bool noticed;          /* of the console: something came that was not looked at */
};

/* An answer to a command: shown over the window until it is left. */
struct cf_sheet {
  char *title;
  struct cf_paper *paper;
  struct cf_scroll scroll;
  bool top;              /* shown from its beginning: not scrolled yet */
  char **targets;        /* what its numbers mean: "CONVERSATION MESSAGE"; NULL: they mean nothing */
  size_t target_count, target_room;
};

/* What is asked in the input line. */
struct cf_question {
  char *text;
  struct cf_edit *edit;
  bool yes_no;
  /* TEXT is NULL when nobody answered; else borrowed, and wiped afterwards.  ARG is freed by FREE_ARG, then. */
  void (*answered) (struct cf_tui *tui, void *arg, const char *text, size_t len);
  void (*free_arg) (void *arg);
  void *arg;
};

struct cf_tui {
  struct cf_model *model;
  struct cf_model_listener *listener;
  struct cf_term *term;
  struct cf_grid grid;
  struct cf_frame frame;
  struct cf_layout layout;
  struct cf_item *items; /* of the list, made anew with each drawing */
  size_t item_count, item_room;
  struct cf_window **windows; /* by number */
  size_t window_count, window_room;
  struct cf_window *current, *previous;
  struct cf_paper *console;
  struct cf_sheet *sheet;       /* or NULL */
  struct cf_question *question; /* or NULL */
  struct cf_tui_call *calls;    /* all that are under way */
  struct cf_tui_call *person;   /* the one that waits for a person and is ended by Ctrl-C; or NULL */
  struct cf_tui_call *outside;  /* the one for which the terminal was left; or NULL */
  char *notice;
  unsigned notice_look;
  bool list, mouse;
  bool unlocking;               /* the terminal was left for it */
  bool welcomed;                /* it was told who we are */
  bool was_ready, lost;         /* the session was ready once; and is not any more */
  bool quit, suspend;
  int64_t typing_ms;            /* when it was told last that we type; 0: not */
  char *typing;                 /* in which conversation */
};

/* ---- screen.c ---- */

void cf_tui_draw (struct cf_tui *tui);
/* Something just said to the person, until the next key.  FMT is a sentence without a full stop. */
void cf_tui_notice (struct cf_tui *tui, unsigned look, const char *fmt, ...) CF_PRINTF (3, 4);
void cf_tui_notice_error (struct cf_tui *tui, const struct cf_client_error *error);
/* A line of the console, with the time. */
void cf_tui_log (struct cf_tui *tui, unsigned look, const char *text);
/* A new sheet in place of the one there is. */
struct cf_sheet *cf_tui_sheet (struct cf_tui *tui, const char *title);
void cf_tui_sheet_close (struct cf_tui *tui);
void cf_sheet_line (struct cf_sheet *sheet, unsigned look, const char *text);
void cf_sheet_pair (struct cf_sheet *sheet, const char *label, const char *value); /* nothing when VALUE is "" */
void cf_sheet_target (struct cf_sheet *sheet, const char *conversation, const char *message);

/* ---- window.c ---- */

struct cf_window *cf_window_add (struct cf_tui *tui, const char *conversation);
struct cf_window *cf_window_of (struct cf_tui *tui, const char *conversation); /* NULL: none */
struct cf_window *cf_window_numbered (struct cf_tui *tui, unsigned number);    /* NULL: none */
void cf_window_remove (struct cf_tui *tui, struct cf_window *window);
void cf_window_free (struct cf_window *window);
/* Make the windows those of the model's conversations. */
void cf_windows_sync (struct cf_tui *tui);
void cf_window_show (struct cf_tui *tui, struct cf_window *window);
void cf_window_step (struct cf_tui *tui, int by);   /* the next or the previous, around the end */
void cf_window_next_unread (struct cf_tui *tui);
const json_t *cf_window_row (const struct cf_window *window); /* of its conversation; NULL */
unsigned cf_window_unread (const struct cf_window *window);
char *cf_window_title (const struct cf_window *window);       /* caller frees */
void cf_window_scroll (struct cf_window *window, long rows);
void cf_window_bottom (struct cf_window *window);
void cf_window_jump (struct cf_window *window, const char *message); /* go to MESSAGE and choose it */
void cf_window_draw (struct cf_window *window);
/* Keep what is typed as the draft, if it has changed. */
void cf_window_save_draft (struct cf_window *window);
/* Ask for the timeline, tell the daemon what was read. */
void cf_window_look (struct cf_window *window);
/* Choose the message above (or below); false: there is none. */
bool cf_window_choose (struct cf_window *window, int by);
void cf_window_choose_none (struct cf_window *window);
/* What is typed next is a message of its own again; none is chosen. */
void cf_window_about_none (struct cf_window *window);
bool cf_message_is_said (const json_t *message); /* a person wrote it, and it was not taken back */
/* The row that NUMBER (of those on the screen) means; 0: the one that is chosen, else the newest one (OWN: of ours; else:
   of the other side).  NULL: there is none, told. */
const json_t *cf_window_message (struct cf_window *window, unsigned number, bool own);

/* ---- question.c ---- */

/* Ask; one question at a time: a former one ends unanswered. */
struct cf_question *cf_tui_ask (struct cf_tui *tui, const char *text, bool secret,
                                void (*answered) (struct cf_tui *, void *, const char *, size_t),
                                void (*free_arg) (void *), void *arg);
/* A key that says yes is enough. */
void cf_tui_ask_yes_no (struct cf_tui *tui, const char *text,
                        void (*answered) (struct cf_tui *, void *, const char *, size_t), void (*free_arg) (void *),
                        void *arg);
void cf_tui_answer (struct cf_tui *tui, bool given); /* end the question; GIVEN: with what is typed */

/* ---- call.c ---- */

struct cf_tui_call {
  struct cf_tui_call *next;
  struct cf_tui *tui;
  struct cf_call *call;
  json_t *rows;        /* all that came */
  char *conversation, *text; /* what DONE needs; or NULL */
  unsigned number;
  bool outside, person;
  void (*done) (struct cf_tui_call *call, const struct cf_client_error *error);
};

/* VERB with WORDS (until NULL).  DONE hears of its end, success or not; without one, errors are told.  Out of room:
   told at once, and CALL freed.  CALL is from cf_tui_call_new, and freed after DONE. */
struct cf_tui_call *cf_tui_call_new (struct cf_tui *tui,
                                     void (*done) (struct cf_tui_call *, const struct cf_client_error *));
void cf_tui_call_start (struct cf_tui_call *call, const char *verb, const char *const *words,
                        const struct cf_answer *answers);
/* For verbs of which only failure is worth telling. */
void cf_tui_do (struct cf_tui *tui, const char *verb, const char *word, const char *more);
/* Give up the call that waits for a person, or that the terminal was left for. */
bool cf_tui_interrupt (struct cf_tui *tui);
void cf_tui_calls_end (struct cf_tui *tui); /* all of them, without a word */
/* The terminal is for pinentry now, unless it has a display of its own; and back. */
void cf_tui_leave_terminal (struct cf_tui *tui, const char *why);
void cf_tui_enter_terminal (struct cf_tui *tui);

/* ---- news.c ---- */

gpg_error_t cf_tui_follow (struct cf_tui *tui) CF_MUST_CHECK;

/* ---- first_run.c ---- */

void cf_tui_first_run (struct cf_tui *tui);

/* ---- command.c ---- */

/* Run LINE, which begins with one slash. */
void cf_tui_command (struct cf_tui *tui, const char *line);
/* Tab: complete what stands before the cursor. */
void cf_tui_complete (struct cf_tui *tui);

/* ---- commands_message.c ---- */

/* TEXT is sent in WINDOW, or changes or answers the message that was chosen for it. */
void cf_tui_say (struct cf_window *window, const char *text);
void cf_tui_begin_reply (struct cf_window *window, const json_t *message);
void cf_tui_begin_edit (struct cf_window *window, const json_t *message);
void cf_tui_ask_delete (struct cf_window *window, const json_t *message);
void cf_tui_details (struct cf_window *window, const json_t *message);
void cf_tui_jump (struct cf_tui *tui, const char *target); /* "CONVERSATION MESSAGE" */

/* ---- commands_people.c ---- */

void cf_tui_open (struct cf_tui *tui, const char *peer);       /* a fingerprint */
void cf_tui_accept (struct cf_tui *tui, const char *request);  /* an id */

/* ---- input.c ---- */

void cf_tui_key (struct cf_tui *tui, const struct cf_key_event *event);
/* Would a lone Escape mean something now? */
bool cf_tui_escape_means (const struct cf_tui *tui);
struct cf_edit *cf_tui_edit (struct cf_tui *tui); /* what is typed into now */
/* What the daemon tells the other side of our typing. */
void cf_tui_typing (struct cf_tui *tui, bool typing);

#endif
