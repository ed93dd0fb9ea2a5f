/* SPDX-License-Identifier: GPL-3.0-or-later */
/* receipt.c - who waits for a message's state, and how they are told. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/history.h"
#include "core/inbox.h"
#include "core/outbox.h"

gpg_error_t
cf_wait_new (size_t count, struct cf_wait **r_wait)
{
  struct cf_wait *w = calloc (1, sizeof *w + count * sizeof *w->items);

  if (!w)
    return cf_err_errno ();
  w->count = count;
  *r_wait = w; /* CF_MESSAGE_QUEUED is 0 */
  return 0;
}

void
cf_wait_free (struct cf_wait *w)
{
  if (!w)
    return;
  for (size_t i = 0; i < w->count; i++)
    json_decref (w->items[i].row);
  for (size_t i = 0; i < sizeof w->states / sizeof *w->states; i++)
    json_decref (w->states[i]);
  free (w);
}

gpg_error_t
cf_wait_rows (struct cf_wait *w)
{
  char id[2 * CF_MESSAGE_ID_LEN + 1];

  for (int i = 0; i <= CF_MESSAGE_FAILED; i++)
    if (!(w->states[i] = json_string (cf_message_state_name (i))))
      return cf_err (GPG_ERR_ENOMEM);
  for (size_t i = 0; i < w->count; i++) {
    w->items[i].row = json_pack ("{s:s, s:O}", "message", cf_hex (w->items[i].id, sizeof w->items[i].id, id), "state",
                                 w->states[CF_MESSAGE_QUEUED]);
    if (!w->items[i].row)
      return cf_err (GPG_ERR_ENOMEM);
  }
  return 0;
}

static void
wait_unlink (struct cf_wait *w)
{
  struct cf_wait **link;

  for (link = &w->outbox->waits; *link != w; link = &(*link)->next)
    ;
  *link = w->next;
  cf_timer_cancel (w->outbox->core->env, &w->timeout);
  w->cmd->state = NULL;
  w->cmd->cancelled = NULL;
}

/* Take W out of its outbox and answer its client.  The messages are on disk: that there is no memory to say so is no
   error of theirs.  (Another value under a key that is there needs none.) */
static void
wait_end (struct cf_wait *w, gpg_error_t err)
{
  struct cf_command *cmd = w->cmd;
  gpg_error_t row_err = 0;

  wait_unlink (w);
  for (size_t i = 0; !row_err && i < w->count; i++) {
    json_t *row = w->items[i].row;

    w->items[i].row = NULL;
    if (!json_object_set (row, "state", w->states[w->items[i].state]))
      row_err = cf_command_row (cmd, row);
    else
      json_decref (row);
  }
  cf_wait_free (w);
  cf_command_done (cmd, err);
}

/* The states so far are the answer; that they are not the wanted ones is for the client to see. */
static void
wait_timeout (void *arg)
{
  wait_end (arg, 0);
}

/* The client has gone: the messages stay. */
static void
wait_cancelled (struct cf_command *cmd)
{
  struct cf_wait *w = cmd->state;

  wait_unlink (w);
  cf_wait_free (w);
}

void
cf_wait_start (struct cf_wait *w, struct cf_command *cmd, enum cf_message_state wanted, uint64_t timeout_ms)
{
  w->cmd = cmd;
  w->wanted = wanted;
  w->missing = w->count;
  cf_timer_init (&w->timeout, wait_timeout, w);
  w->next = w->outbox->waits;
  w->outbox->waits = w;
  cmd->state = w;
  cmd->cancelled = wait_cancelled;
  if (wanted == CF_MESSAGE_QUEUED)
    wait_end (w, 0);
  else if (timeout_ms)
    cf_timer_after (w->outbox->core->env, &w->timeout, timeout_ms);
}

/* FIRST ... LAST have come to STATE.  True: nothing is missing any more. */
static bool
wait_raise (struct cf_wait *w, uint64_t first, uint64_t last, enum cf_message_state state)
{
  uint64_t end = w->first + w->count; /* behind the last one */
  uint64_t n;

  if (last < w->first || first >= end)
    return false;
  for (n = first > w->first ? first : w->first; n < end && n <= last; n++) {
    enum cf_message_state *have = &w->items[n - w->first].state;

    if (*have < w->wanted && state >= w->wanted)
      w->missing--;
    if (*have < state)
      *have = state;
  }
  return w->missing == 0;
}

static gpg_error_t
wait_error (const struct cf_wait *w)
{
  size_t i;

  for (i = 0; i < w->count; i++)
    if (w->items[i].state == CF_MESSAGE_FAILED)
      return cf_err (CF_ERR_CLOSED);
  return 0;
}

/* Answering a client may bring its next command at once, so the list is searched anew after each. */
void
cf_outbox_tell (struct cf_outbox *ob, uint64_t first, uint64_t last, enum cf_message_state state)
{
  struct cf_wait *w;

  for (w = ob->waits; w;) {
    if (!wait_raise (w, first, last, state)) {
      w = w->next;
      continue;
    }
    wait_end (w, wait_error (w));
    w = ob->waits;
  }
}

void
cf_wait_end_all (struct cf_outbox *ob, gpg_error_t err)
{
  while (ob->waits)
    wait_end (ob->waits, err);
}
