/* SPDX-License-Identifier: GPL-3.0-or-later */
/* receipt.c - who waits for a message's state, and how they are told. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/history.h"
#include "core/inbox.h"
#include "core/outbox.h"

/* Take W out of its outbox and answer its client. */
static void
wait_end (struct cf_wait *w, gpg_error_t err)
{
  struct cf_wait **link;
  struct cf_command *cmd = w->cmd;
  char id[2 * CF_MESSAGE_ID_LEN + 1];
  gpg_error_t row_err;

  for (link = &w->outbox->waits; *link != w; link = &(*link)->next)
    ;
  *link = w->next;
  cf_timer_cancel (w->outbox->core->env, &w->timeout);
  cmd->state = NULL;
  cmd->cancelled = NULL;
  row_err = cf_command_row (cmd, json_pack ("{s:s, s:s}", "message", cf_hex (w->id, sizeof w->id, id), "state",
                                            cf_message_state_name (w->state)));
  free (w);
  cf_command_done (cmd, err ? err : row_err);
}

/* The state so far is the answer; that it is not the wanted one is for the client to see. */
static void
wait_timeout (void *arg)
{
  wait_end (arg, 0);
}

/* The client has gone: the message stays. */
static void
wait_cancelled (struct cf_command *cmd)
{
  struct cf_wait *w = cmd->state;
  struct cf_wait **link;

  for (link = &w->outbox->waits; *link != w; link = &(*link)->next)
    ;
  *link = w->next;
  cf_timer_cancel (w->outbox->core->env, &w->timeout);
  cmd->state = NULL;
  free (w);
}

gpg_error_t
cf_wait_begin (struct cf_outbox *ob, struct cf_command *cmd, uint64_t sequence, const uint8_t id[CF_MESSAGE_ID_LEN],
               enum cf_message_state wanted, uint64_t timeout_ms)
{
  struct cf_wait *w = calloc (1, sizeof *w);

  if (!w)
    return cf_err_errno ();
  w->outbox = ob;
  w->cmd = cmd;
  w->sequence = sequence;
  memcpy (w->id, id, sizeof w->id);
  w->state = CF_MESSAGE_QUEUED;
  w->wanted = wanted;
  cf_timer_init (&w->timeout, wait_timeout, w);
  w->next = ob->waits;
  ob->waits = w;
  cmd->state = w;
  cmd->cancelled = wait_cancelled;
  if (wanted == CF_MESSAGE_QUEUED)
    wait_end (w, 0);
  else if (timeout_ms)
    cf_timer_after (ob->core->env, &w->timeout, timeout_ms);
  return 0;
}

/* Answering a client may bring its next command at once, so the list is searched anew after each. */
void
cf_outbox_tell (struct cf_outbox *ob, uint64_t first, uint64_t last, enum cf_message_state state)
{
  struct cf_wait *w;

  for (w = ob->waits; w;) {
    if (w->sequence < first || w->sequence > last || w->state >= state) {
      w = w->next;
      continue;
    }
    w->state = state;
    if (state < w->wanted) {
      w = w->next;
      continue;
    }
    wait_end (w, state == CF_MESSAGE_FAILED ? cf_err (CF_ERR_CLOSED) : 0);
    w = ob->waits;
  }
}

void
cf_wait_end_all (struct cf_outbox *ob, gpg_error_t err)
{
  while (ob->waits)
    wait_end (ob->waits, err);
}
