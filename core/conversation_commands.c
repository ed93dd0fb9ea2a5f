/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_commands.c - CONVERSATIONS, CLOSE and DELETE.
 *
 *   CLOSE   send_close --sealed--> set_closed --> row
 *   DELETE  send_close --sealed--> set_closed --> delete_keys --> forget --> row
 *
 * A delete destroys the own secret key as soon as the CLOSE has been sealed
 * with it; message.c keeps the sealed CLOSE until the peer has it.  The row is
 * marked from then on until it is gone, so that a crash on the way does not
 * bring the conversation back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/conversation.h"
#include "core/event.h"
#include "core/gate.h"
#include "core/link.h"
#include "core/message.h"
#include "core/store/store_conversation.h"
#include "core/store/store_event.h"
#include "core/store/store_message.h"

#define FINISH_AGAIN_MS (60 * 1000)

struct cf_conversation_closing {
  struct cf_conversation_closing *next;
  struct cf_core *core;
  struct cf_command *cmd; /* NULL: the client has gone */
  uint8_t id[CF_CONVERSATION_ID_LEN];
  bool destroy;           /* DELETE */
  struct cf_fpr keys[2];  /* to be destroyed: own, peer's */
  size_t key;             /* the one that is being destroyed */
  struct cf_gpg_job *job;
};

static void
closing_unlink (struct cf_conversation_closing *c)
{
  struct cf_conversation_closing **link;

  for (link = &c->core->conversations->closing; *link != c; link = &(*link)->next)
    ;
  *link = c->next;
  free (c);
}

/* A delete that has begun is finished, whatever became of the command. */
static void
finish_later (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  struct cf_conversation *conv = cf_conversation_find (core, id);

  if (conv && conv->deleted)
    cf_timer_after (core->env, &core->conversations->finish, FINISH_AGAIN_MS);
}

static void
closing_end (struct cf_conversation_closing *c, gpg_error_t err, json_t *row)
{
  struct cf_command *cmd = c->cmd;

  if (err)
    finish_later (c->core, c->id);
  closing_unlink (c);
  if (cmd && !err && row)
    err = cf_command_row (cmd, row);
  else
    json_decref (row);
  if (cmd) {
    cmd->cancelled = NULL;
    cf_command_done (cmd, err);
  }
}

static void
closing_cancelled (struct cf_command *cmd)
{
  struct cf_conversation_closing *c = cmd->state;

  c->cmd = NULL; /* what was begun goes on */
}

void
cf_conversation_closing_free (struct cf_conversations *all)
{
  while (all->closing) {
    struct cf_conversation_closing *c = all->closing;

    all->closing = c->next;
    cf_gpg_cancel (all->core->gpg, c->job);
    free (c);
  }
}

static json_t *
deleted_row (const char *conversation)
{
  return json_pack ("{s:s, s:s, s:b}", "conversation", conversation, "state", "closed", "deleted", 1);
}

/* Everything of it leaves the store together, the events that told of it, too.  One new event stays for clients that
   come back later. */
static gpg_error_t
forget_rows (struct cf_conversation_closing *c, const char *hex)
{
  struct cf_core *core = c->core;
  gpg_error_t err;

  err = cf_store_begin (core->store);
  if (err)
    return err;
  err = cf_store_message_forget (core->store, c->id);
  if (!err)
    err = cf_store_conversation_delete (core->store, c->id);
  if (!err)
    err = cf_store_event_forget (core->store, hex);
  if (!err)
    err = cf_event_emit (core, "conversation", true, deleted_row (hex));
  cf_store_end (core->store, &err);
  return err;
}

/* The last step of a delete.  Memory follows the disk, so that one that failed can be tried again. */
static void
forget (struct cf_conversation_closing *c)
{
  struct cf_conversation *conv = cf_conversation_find (c->core, c->id);
  char hex[2 * CF_CONVERSATION_ID_LEN + 1];
  gpg_error_t err;

  cf_hex (c->id, sizeof c->id, hex);
  if (conv) {
    cf_gate_forget (c->core, c->id);
    err = forget_rows (c, hex);
    if (err) {
      closing_end (c, err, NULL);
      return;
    }
    cf_message_conversation_forgotten (c->core, conv);
    cf_conversation_drop (c->core, conv);
  }
  closing_end (c, 0, deleted_row (hex));
}

static void delete_keys (struct cf_conversation_closing *c);

static void
key_deleted (void *arg, gpg_error_t err)
{
  struct cf_conversation_closing *c = arg;

  c->job = NULL;
  if (err) {
    closing_end (c, err, NULL); /* the mark stays */
    return;
  }
  c->key++;
  delete_keys (c);
}

static void
delete_keys (struct cf_conversation_closing *c)
{
  gpg_error_t err;

  while (c->key < 2 && cf_fpr_is_none (&c->keys[c->key]))
    c->key++;
  if (c->key == 2) {
    forget (c);
    return;
  }
  err = cf_gpg_conversation_key_delete (c->core->gpg, &c->keys[c->key], key_deleted, c, &c->job);
  if (err)
    closing_end (c, err, NULL);
}

/* Mark CONV as deleted, on disk, and go on to its keys. */
static void
begin_delete (struct cf_conversation_closing *c, struct cf_conversation *conv)
{
  gpg_error_t err;
  uint8_t *passphrase = conv->passphrase;

  c->keys[0] = conv->own_key;
  c->keys[1] = conv->peer_key;
  conv->deleted = true;
  conv->passphrase = NULL;
  err = cf_conversation_save (c->core, conv);
  if (err) {
    conv->deleted = false;
    conv->passphrase = passphrase;
    closing_end (c, err, NULL);
    return;
  }
  cf_secmem_free (passphrase);
  delete_keys (c);
}

static void
close_sealed (void *arg, gpg_error_t err)
{
  struct cf_conversation_closing *c = arg;
  struct cf_conversation *conv = cf_conversation_find (c->core, c->id);

  if (!conv) {
    closing_end (c, err ? err : cf_err (GPG_ERR_NOT_FOUND), NULL);
    return;
  }
  if (err && !c->destroy) {
    closing_end (c, err, NULL);
    return;
  }
  /* A delete goes on without its CLOSE: a key that can no longer sign must not keep the history alive. */
  if (err)
    cf_log (c->core->env, CF_LOG_WARN, "conversation: deleted without telling the peer: %s", gpg_strerror (err));
  conv->deleted = c->destroy; /* in the same row as the state: a crash from here on finishes the delete */
  err = conv->state == CF_CONVERSATION_CLOSED ? 0 : cf_conversation_set_state (c->core, conv, CF_CONVERSATION_CLOSED);
  if (err) {
    conv->deleted = false;
    closing_end (c, err, NULL);
  }
  else if (c->destroy)
    begin_delete (c, conv);
  else
    closing_end (c, 0, cf_conversation_json (c->core, conv));
}

static gpg_error_t
closing_new (struct cf_core *core, struct cf_command *cmd, const struct cf_conversation *conv, bool destroy,
             struct cf_conversation_closing **r_closing)
{
  struct cf_conversation_closing *c = NULL;

  c = calloc (1, sizeof *c);
  if (!c)
    return cf_err_errno ();
  c->core = core;
  c->cmd = cmd;
  c->destroy = destroy;
  memcpy (c->id, conv->id, sizeof c->id);
  c->next = core->conversations->closing;
  core->conversations->closing = c;
  if (cmd) {
    cmd->state = c;
    cmd->cancelled = closing_cancelled;
  }
  *r_closing = c;
  return 0;
}

static bool
is_closing (struct cf_core *core, const struct cf_conversation *conv)
{
  struct cf_conversation_closing *c = NULL;

  for (c = core->conversations->closing; c; c = c->next)
    if (!memcmp (c->id, conv->id, sizeof c->id))
      return true;
  return false;
}

void
cf_conversation_closing_resume (struct cf_core *core)
{
  struct cf_conversation *conv, *next;
  struct cf_conversation_closing *c = NULL;

  for (conv = core->conversations->first; conv; conv = next) {
    next = conv->next;
    if (conv->deleted && !is_closing (core, conv) && !closing_new (core, NULL, conv, true, &c))
      begin_delete (c, conv);
  }
}

void
cf_conversation_closing_finish (void *core)
{
  cf_conversation_closing_resume (core);
}

static void
withdraw (struct cf_command *cmd, struct cf_conversation *conv)
{
  char hex[2 * CF_CONVERSATION_ID_LEN + 1];
  gpg_error_t err;

  cf_hex (conv->id, sizeof conv->id, hex);
  err = cf_gate_withdraw (cmd->core, conv);
  if (!err)
    err = cf_command_row (cmd, json_pack ("{s:s, s:s}", "conversation", hex, "state", "closed"));
  cf_command_done (cmd, err);
}

static void
close_or_delete (struct cf_command *cmd, bool destroy)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  struct cf_conversation_closing *c = NULL;
  gpg_error_t err;

  if (!conv)
    return;
  if (conv->state == CF_CONVERSATION_REQUESTED) {
    withdraw (cmd, conv);
    return;
  }
  if (is_closing (cmd->core, conv)) {
    cf_command_say (cmd, cf_err (GPG_ERR_CONFLICT), CF_SAY_CONVERSATION_CLOSING, NULL);
    return;
  }
  if (conv->state == CF_CONVERSATION_CLOSED && !destroy) {
    err = cf_command_row (cmd, cf_conversation_json (cmd->core, conv));
    cf_command_done (cmd, err);
    return;
  }
  err = closing_new (cmd->core, cmd, conv, destroy, &c);
  if (err) {
    cf_command_done (cmd, err);
    return;
  }
  if (conv->state == CF_CONVERSATION_CLOSED) {
    begin_delete (c, conv);
    return;
  }
  err = cf_message_send_close (cmd->core, conv, close_sealed, c);
  if (err)
    close_sealed (c, err);
}

static void
cmd_close (struct cf_command *cmd)
{
  close_or_delete (cmd, false);
}

static void
cmd_delete (struct cf_command *cmd)
{
  close_or_delete (cmd, true);
}

static void
cmd_conversations (struct cf_command *cmd)
{
  struct cf_conversation *conv;
  gpg_error_t err = 0;

  for (conv = cmd->core->conversations->first; conv && !err; conv = conv->next) {
    json_t *row;

    if (conv->deleted)
      continue;
    row = cf_conversation_json (cmd->core, conv);
    err = row ? cf_command_row (cmd, row) : cf_err (GPG_ERR_ENOMEM);
  }
  cf_command_done (cmd, err);
}

const struct cf_command_def cf_conversation_commands[] = {
  { .verb = "CONVERSATIONS",
    .usage = "CONVERSATIONS",
    .help = "All conversations, oldest first.  Fields: " CF_CONVERSATION_FIELDS,
    .options = "",
    .needs_ready = true,
    .run = cmd_conversations },
  { .verb = "CLOSE",
    .usage = "CLOSE CONV",
    .help = "Close a conversation and tell the peer; withdraw one that is only requested.\nFields: " CF_CONVERSATION_FIELDS,
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_close },
  { .verb = "DELETE",
    .usage = "DELETE CONV",
    .help = "Close a conversation if it is open, then destroy its secret key and its history.\n"
            "Fields: conversation, state, deleted",
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_delete },
  { .verb = NULL },
};
