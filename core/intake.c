/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intake.c - texts of clients to disk, those that come together in one transaction. */
#include "core/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "core/conversation.h"
#include "core/outbox_private.h"
#include "core/store/store.h"

struct text {
  size_t start, len; /* in the addition's data */
};

/* What one command has handed over. */
struct addition {
  struct addition *next; /* in the order in which they came */
  struct addition *before; /* those written before it, to undo backwards */
  struct cf_intake *intake;
  struct cf_command *cmd; /* NULL: its client has gone */
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  bool is_reply;
  uint8_t reply_to[CF_MESSAGE_ID_LEN];
  enum cf_message_state wanted;
  uint64_t timeout_ms;
  char *data;
  size_t len;
  struct text *texts;
  size_t count;
  struct cf_outbox *outbox; /* from here on: once written */
  struct cf_outbox_mark mark;
  struct cf_wait *wait;
  gpg_error_t err;
};

struct cf_intake {
  struct cf_core *core;
  struct addition *first, **end;
  size_t waiting; /* how many they are */
  size_t crowd;   /* how many the transaction before had */
  struct cf_timer timer;
};

static void
addition_free (struct addition *a)
{
  if (!a)
    return;
  if (a->data)
    cf_wipe (a->data, a->len);
  free (a->data);
  free (a->texts);
  cf_wait_free (a->wait);
  free (a);
}

/* --- taking --- */

/* The places of the texts in DATA, LEN bytes: its lines that are not empty. */
static gpg_error_t
find_lines (struct addition *a)
{
  const char *newline;
  size_t pos, len;

  a->texts = calloc (CF_INTAKE_LINES_MAX, sizeof *a->texts);
  if (!a->texts)
    return cf_err_errno ();
  for (pos = 0; pos < a->len; pos += len + 1) {
    newline = memchr (a->data + pos, '\n', a->len - pos);
    len = newline ? (size_t) (newline - a->data) - pos : a->len - pos;
    if (!len)
      continue;
    if (len > CF_TEXT_MAX)
      return cf_err (GPG_ERR_TOO_LARGE);
    if (a->count == CF_INTAKE_LINES_MAX)
      return cf_err (GPG_ERR_TOO_MANY);
    a->texts[a->count++] = (struct text) { pos, len };
  }
  return a->count ? 0 : cf_err (GPG_ERR_NO_DATA);
}

static gpg_error_t
find_text (struct addition *a)
{
  if (a->len > CF_TEXT_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  a->texts = malloc (sizeof *a->texts);
  if (!a->texts)
    return cf_err_errno ();
  a->texts[0] = (struct text) { 0, a->len };
  a->count = 1;
  return a->len ? 0 : cf_err (GPG_ERR_NO_DATA);
}

/* The client has gone; what it said stays said. */
static void
addition_cancelled (struct cf_command *cmd)
{
  struct addition *a = cmd->state;

  a->cmd = NULL;
  cmd->state = NULL;
}

/* When to write: at once, but a little later while fewer wait than were written together before.  Those who write
   one message after the other come back in a moment, and a sync of the disk for all of them costs as much as for one. */
static void
gather (struct cf_intake *intake)
{
  struct cf_env *env = intake->core->env;

  if (intake->waiting >= intake->crowd)
    cf_timer_after (env, &intake->timer, 0);
  else if (!intake->timer.armed)
    cf_timer_after (env, &intake->timer, CF_INTAKE_GATHER_MS);
}

gpg_error_t
cf_intake_add (struct cf_intake *intake, struct cf_command *cmd, const struct cf_handover *h)
{
  gpg_error_t err;
  struct addition *a = calloc (1, sizeof *a);

  if (a)
    a->data = malloc (h->len + 1);
  if (!a || !a->data) {
    err = cf_err_errno ();
    goto leave;
  }
  a->len = h->len;
  memcpy (a->data, h->data, h->len);
  err = h->lines ? find_lines (a) : find_text (a);
  if (err)
    goto leave;
  memcpy (a->conversation, h->conversation, sizeof a->conversation);
  a->is_reply = h->reply_to != NULL;
  if (h->reply_to)
    memcpy (a->reply_to, h->reply_to, sizeof a->reply_to);
  a->wanted = h->wanted;
  a->timeout_ms = h->timeout_ms;
  err = cf_wait_new (a->count, &a->wait);
  if (err)
    goto leave;
  a->intake = intake;
  a->cmd = cmd;
  cmd->state = a;
  cmd->cancelled = addition_cancelled;
  *intake->end = a;
  intake->end = &a->next;
  intake->waiting++;
  gather (intake);
  a = NULL;
leave:
  addition_free (a);
  return err;
}

/* --- the transaction --- */

/* The rows of A.  What is wrong with A alone becomes A->err, and the others go on. */
static gpg_error_t
write_addition (struct addition *a)
{
  gpg_error_t err = 0;
  struct cf_core *core = a->intake->core;
  struct cf_conversation *conv = cf_conversation_find (core, a->conversation);
  struct cf_outbox *ob;
  size_t i;

  if (!conv) { /* deleted since it was asked for */
    a->err = cf_err (CF_ERR_CLOSED);
    return 0;
  }
  a->err = cf_outbox_get (core, conv, &ob);
  if (!a->err)
    a->err = cf_outbox_may_add (ob, a->count);
  if (a->err)
    return 0;
  a->outbox = ob;
  a->wait->outbox = ob;
  a->wait->first = conv->sent_sequence + 1;
  cf_outbox_mark (ob, &a->mark);
  for (i = 0; !err && i < a->count; i++) {
    const struct cf_saying said = { CF_ENTRY_TEXT, a->data + a->texts[i].start, a->texts[i].len,
                                    a->is_reply ? a->reply_to : NULL, conv->timer_s };

    err = cf_outbox_append (ob, &said, a->wait->items[i].id);
    if (!err && conv->sent_sequence - ob->sealed_sequence >= CF_OUTBOX_CROWD)
      cf_outbox_seal_next (ob); /* gpg begins now; what follows waits for the next envelope */
  }
  if (!err)
    err = cf_wait_rows (a->wait);
  return err ? err : cf_conversation_save (core, conv);
}

/* All of LIST, or nothing. */
static gpg_error_t
write_all (struct cf_intake *intake, struct addition *list)
{
  gpg_error_t err;
  struct addition *a, *last = NULL;

  err = cf_store_begin (intake->core->store);
  if (err)
    return err;
  for (a = list; !err && a; a = a->next) {
    a->before = last;
    last = a;
    err = write_addition (a);
  }
  for (a = list; !err && a; a = a->next)
    if (a->outbox)
      cf_outbox_seal_next (a->outbox); /* gpg works while the disk syncs */
  cf_store_end (intake->core->store, &err);
  for (a = last; err && a; a = a->before)
    if (a->outbox)
      cf_outbox_revert (a->outbox, &a->mark);
  return err;
}

/* Tell the client of A, which is on disk unless ERR. */
static void
answer (struct addition *a, gpg_error_t err)
{
  struct cf_command *cmd = a->cmd;
  struct cf_wait *wait = a->wait;

  if (cmd) {
    cmd->state = NULL;
    cmd->cancelled = NULL;
  }
  if (!err && cmd) {
    a->wait = NULL;
    cf_wait_start (wait, cmd, a->wanted, a->timeout_ms);
  } else if (cmd)
    cf_command_done (cmd, err);
}

/* Cut off the first of what waits: no more than one command alone may bring.  The rest has the next turn. */
static struct addition *
take_turn (struct cf_intake *intake)
{
  struct addition *list = intake->first, **link = &intake->first;
  size_t texts = 0, bytes = 0;

  intake->crowd = 0;
  for (; *link; link = &(*link)->next) {
    texts += (*link)->count;
    bytes += (*link)->len;
    if (*link != list && (texts > CF_INTAKE_LINES_MAX || bytes > CF_INTAKE_BYTES_MAX))
      break;
    intake->crowd++;
  }
  intake->waiting -= intake->crowd;
  intake->first = *link;
  *link = NULL;
  if (intake->first)
    cf_timer_after (intake->core->env, &intake->timer, 0);
  else
    intake->end = &intake->first;
  return list;
}

static void
commit (void *arg)
{
  struct cf_intake *intake = arg;
  struct addition *list = take_turn (intake), *a;
  gpg_error_t err;

  err = write_all (intake, list);
  for (a = list; a; a = a->next)
    if (!err && a->outbox)
      cf_outbox_added (a->outbox);
  while ((a = list)) {
    list = a->next;
    answer (a, err ? err : a->err);
    addition_free (a);
  }
}

/* --- life --- */

gpg_error_t
cf_intake_new (struct cf_core *core, struct cf_intake **r_intake)
{
  struct cf_intake *intake = calloc (1, sizeof *intake);

  if (!intake)
    return cf_err_errno ();
  intake->core = core;
  intake->end = &intake->first;
  cf_timer_init (&intake->timer, commit, intake);
  *r_intake = intake;
  return 0;
}

void
cf_intake_free (struct cf_intake *intake)
{
  struct addition *a;

  if (!intake)
    return;
  cf_timer_cancel (intake->core->env, &intake->timer);
  while ((a = intake->first)) {
    intake->first = a->next;
    answer (a, cf_err (GPG_ERR_NO_SERVICE));
    addition_free (a);
  }
  free (intake);
}
