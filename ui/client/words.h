/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words.h - what people read, the same in every client.
 *
 * Sentences are translated; rows are the daemon's, any field of which may be
 * missing.  What a peer wrote (names, notes, texts) comes out fit to be shown,
 * without control characters, and on one line unless said otherwise; it is
 * text, never markup.  Strings returned as char * are the caller's to free;
 * like all of a user interface, these functions abort when there is no memory.
 */
#ifndef CF_UI_CLIENT_WORDS_H
#define CF_UI_CLIENT_WORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ui/client/client.h"

/* ---- whose words ---- */

/* Where sentences are read: what can be done is said with commands of a shell (until this is called), with slash
   commands, or with buttons and menus. */
enum cf_words_face { CF_FACE_SHELL, CF_FACE_TERMINAL, CF_FACE_WINDOW };
void cf_words_set_face (enum cf_words_face face);

/* ---- commands ---- */

/* Word NUMBER (0 is the first) of USAGE, what a command takes: 1 of "PEER [NOTE]" is "[NOTE]". */
char *cf_words_argument (const char *usage, size_t number);

/* ---- people ---- */

/* Who ROW (of a peer, contact, request, conversation, message author ...) is about: the name, else the name part of the
   user ID, else the user ID, else the start of the fingerprint. */
char *cf_words_name (const json_t *row);
/* The whole user ID, else the name, else the fingerprint in groups. */
char *cf_words_user_id (const json_t *row);
/* "ABCD EF01 2345 ..."; text that is no fingerprint comes out as it is. */
char *cf_words_fingerprint (const char *hex);
/* The last 16 digits in groups of four: for lists, never for comparing. */
char *cf_words_fingerprint_short (const char *hex);
/* One or two capital letters for NAME; "?" when it has none. */
char *cf_words_initials (const char *name);
/* A colour for a fingerprint: index of 0 ... CF_WORDS_COLORS - 1, the same in every client; cf_words_rgb gives it as
   0xRRGGBB, dark enough for white letters on it (4.5 : 1). */
#define CF_WORDS_COLORS 12
unsigned cf_words_color (const char *fingerprint);
uint32_t cf_words_rgb (unsigned color);

/* ---- trust ---- */

/* Of a conversation: "Verified by password · direct, LAN", "Not verified · offline". */
char *cf_words_security (const json_t *conversation);
/* "Verified by password, 3 May 2024", "Not verified". */
char *cf_words_verified (const json_t *row);
/* Of a validity of GnuPG ("full", "marginal", "unknown", "never" ...), in words. */
const char *cf_words_validity (const char *validity);
/* Of a key_state other than "ok": "expired", "revoked" ...; "" for "ok". */
const char *cf_words_key_state (const char *key_state);
/* "direct, LAN", "direct, internet", "through a relay", "online", "offline". */
const char *cf_words_route (const json_t *row);
/* Is it our own key that stops a conversation, not the other side's? */
bool cf_words_own_key_is_bad (const json_t *conversation);
/* What happened to a conversation or peer, and what can be done: false when nothing is wrong.  *R_WHAT and *R_REMEDY
   (which may be "") are set only then. */
bool cf_words_trouble (const json_t *row, char **r_what, char **r_remedy);

/* What the daemon says of a conversation that stands still, with what can be done; "": nothing. */
char *cf_words_stopped (const json_t *conversation);
/* Of somebody who only looks like a contact: "This is not the Ana whom you know ..."; "" when ROW does not warn. */
char *cf_words_warning (const json_t *row);

/* ---- messages ---- */

/* Beside the ticks: "Waiting", "Sent", "Delivered", "Read", "Not sent"; "" for one that came in. */
const char *cf_words_state (const json_t *message);
/* The text that stands for MESSAGE, several lines: its text, or what is said of one that was taken back. */
char *cf_words_text (const json_t *message);
/* Of a notice: what it is about, in two or three words: "Blocked", "A key cannot be used". */
const char *cf_words_notice (const json_t *message);
/* The last line of a conversation for a list, on one line: "You: see you", "Draft: ..."; "" when there is none. */
char *cf_words_preview (const json_t *conversation);
/* "Ana is typing" */
char *cf_words_typing (const json_t *conversation);
/* May B stand under A without a name and time of its own?  The same author, within 3 minutes, the same day here, the
   same security state, no notice. */
bool cf_words_same_group (const json_t *a, const json_t *b);
bool cf_words_same_day (const json_t *a, const json_t *b); /* false when A is NULL: a day separator belongs above B */

/* When MESSAGE happened here: one that came in, when it came, since its author's clock may be wrong; 0: not known. */
int64_t cf_words_message_ms (const json_t *message);

/* ---- times, sizes ---- */

/* Midnights of here from one time to another; < 0 when TO is the earlier. */
int64_t cf_words_days_between (int64_t from_utc_ms, int64_t to_utc_ms);
char *cf_words_date (int64_t utc_ms); /* "3 May 2024" */

/* Short, for rows and lists: "14:05" today, "Tue 14:05" within a week, "3 May", "3 May 2024". */
char *cf_words_time (int64_t utc_ms, int64_t now_utc_ms);
/* The same of a time to come, which has an hour in the next week, too: "Tue 14:05". */
char *cf_words_until (int64_t utc_ms, int64_t now_utc_ms);
/* As a person says it: "just now", "5 minutes ago", "yesterday, 14:05", else the date. */
char *cf_words_ago (int64_t utc_ms, int64_t now_utc_ms);
/* Whole, for a tooltip: weekday, date, time. */
char *cf_words_time_full (int64_t utc_ms);
/* For a separator: "Today", "Yesterday", "Tuesday", "3 May 2024". */
char *cf_words_day (int64_t utc_ms, int64_t now_utc_ms);
/* When a text that cf_words_ago makes now will read otherwise: ms from now. */
int64_t cf_words_ago_changes_ms (int64_t utc_ms, int64_t now_utc_ms);
/* "30 seconds", "1 hour", "7 days": the largest unit that fits. */
char *cf_words_duration (int64_t seconds);
/* How long is left, as people say it: in whole minutes, hours or days, rounded up. */
char *cf_words_left (int64_t seconds);
char *cf_words_size (int64_t bytes); /* "1.2 MB" */

/* ---- events, errors ---- */

/* A sentence for EVENT, as a console or a notification says it; NULL: nothing worth telling. */
char *cf_words_event (const json_t *event);
/* The daemon's sentences in the reader's language, made of their codes and arguments (base/phrases.def) or found by
   their English (base/err.c).  One that is not known comes out as it is. */
char *cf_words_message (const struct cf_client_error *error);
char *cf_words_hint (const struct cf_client_error *error);
/* The hint, and of a wrong password how many tries are left: "Agree on it again. 2 tries are left". */
char *cf_words_remedy (const struct cf_client_error *error);
/* "message. remedy" on one line. */
char *cf_words_error (const struct cf_client_error *error);
/* Of a request, or of what became of one: "2 tries are left", "The next try is possible at 14:05"; "" when ROW does not
   say. */
char *cf_words_tries (const json_t *row);

/* What ROW says under CODE_KEY and ARGS_KEY; a code that is missing or not known: OTHERWISE, in English. */
char *cf_words_said (const json_t *row, const char *code_key, const char *args_key, const char *otherwise);

/* ---- settings, steps of STATUS, files ---- */

char *cf_words_meaning (const json_t *setting);   /* what it is for, and which values it takes */

char *cf_words_step (const json_t *step);         /* "Local network" */
char *cf_words_step_detail (const json_t *step);  /* how it stands */
char *cf_words_step_remedy (const json_t *step);  /* what can be done; "": nothing */
char *cf_words_step_whole (const json_t *step);   /* both: "how it stands. what can be done" */
/* Of a way to a person: "in use", "not tried" ... */
const char *cf_words_step_state (const json_t *step);
char *cf_words_step_tried (const json_t *step, int64_t now_utc_ms); /* "Tried at 12:03"; "": it was not */
char *cf_words_reach (const json_t *row, int64_t now_utc_ms); /* how a person is reached or why not, and what follows */
char *cf_words_reach_rest (const json_t *row, int64_t now_utc_ms); /* what follows: what can be done, and the next try */
char *cf_words_reason (const json_t *transfer);   /* why it stands still or has ended; "": not said */

/* How hard a conversation's password is to guess, for a hint below its entry; TEXT is not kept. */
enum cf_words_strength { CF_STRENGTH_NONE, CF_STRENGTH_WEAK, CF_STRENGTH_FAIR, CF_STRENGTH_GOOD };
enum cf_words_strength cf_words_strength (const char *text);
const char *cf_words_strength_hint (enum cf_words_strength strength);

#endif
