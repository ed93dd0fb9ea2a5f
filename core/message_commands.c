/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_commands.c - SEND, READ and TYPING; EXPORT is export.c's, HISTORY and its kind history_commands.c's. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/event.h"
#include "core/export.h"
#include "core/history.h"
#include "core/intake.h"
#include "core/link.h"
#include "core/message.h"
#include "core/peer.h"
#include "core/settings.h"
#include "core/store/store.h"
#include "core/trust.h"
#include "core/vanish.h"

#define TIMEOUT_MAX_S (7u * 24 * 3600)

/* --- SEND --- */

/* Is what --reply-to names there? */
static bool
send_find (struct cf_command *cmd, struct cf_conversation *conv, struct cf_message_row *m)
{
  const char *reply = cf_command_option (cmd, "reply-to");

  return !reply || (!cf_message_find (cmd->core, conv, reply, m) && !m->hidden);
}

static bool
wanted_state (const char *name, enum cf_message_state *r_state)
{
  int state;

  *r_state = CF_MESSAGE_SENT;
  if (!name)
    return true;
  for (state = CF_MESSAGE_QUEUED; state <= CF_MESSAGE_READ; state++)
    if (strcmp (name, cf_message_state_name (state)) == 0) {
      *r_state = (enum cf_message_state) state;
      return true;
    }
  return false;
}

bool
cf_message_may_write (struct cf_command *cmd, const struct cf_conversation *conv)
{
  gpg_error_t err;

  if (conv->state == CF_CONVERSATION_REQUESTED) {
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_INITIALIZED), CF_SAY_CONVERSATION_NOT_OPEN, NULL);
    return false;
  }
  if (conv->state == CF_CONVERSATION_CLOSED || conv->deleted) {
    cf_command_done (cmd, cf_err (CF_ERR_CLOSED));
    return false;
  }
  err = cf_trust_check (cmd->core, conv);
  if (err)
    cf_trust_fail (cmd, conv, err);
  return !err;
}

/* What is wrong with the text itself; CF_SAY_NOTHING: nothing that can be seen without taking it apart. */
static enum cf_say
text_problem (gpg_error_t err, bool lines)
{
  switch (gpg_err_code (err)) {
  case GPG_ERR_NO_DATA: return CF_SAY_SEND_EMPTY;
  case GPG_ERR_INV_VALUE: return CF_SAY_TEXT_NOT_UTF8;
  case GPG_ERR_TOO_LARGE: return lines ? CF_SAY_SEND_LINE_LONG : CF_SAY_SEND_LONG;
  case GPG_ERR_TOO_MANY: return CF_SAY_SEND_MANY;
  default: return CF_SAY_NOTHING;
  }
}

static void
send_text (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len)
{
  struct cf_conversation *conv;
  struct cf_message_row reply;
  struct cf_handover h = { .data = data, .len = len, .lines = cf_command_option (cmd, "lines") != NULL };
  unsigned long timeout_s;

  if (err) {
    cf_command_done (cmd, err);
    return;
  }
  /* Asked for the text, the world may have changed. */
  conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  if (!conv || !cf_message_may_write (cmd, conv) || !cf_command_number (cmd, "timeout", 0, TIMEOUT_MAX_S, &timeout_s))
    return;
  if (!send_find (cmd, conv, &reply) || !wanted_state (cf_command_option (cmd, "wait"), &h.wanted)) {
    cf_command_done (cmd, cf_err (GPG_ERR_NOT_FOUND));
    return;
  }
  h.conversation = conv->id;
  h.reply_to = cf_command_option (cmd, "reply-to") ? reply.id : NULL;
  h.timeout_ms = timeout_s * 1000ull;
  err = cf_text_is_utf8 (data, len) ? cf_message_hand_over (cmd->core, cmd, &h) : cf_err (GPG_ERR_INV_VALUE);
  if (err)
    cf_command_say (cmd, err, text_problem (err, h.lines), NULL);
}

static void
cmd_send (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  struct cf_message_row reply;
  enum cf_message_state wanted;
  unsigned long timeout_s;
  gpg_error_t err;

  if (!conv || !cf_message_may_write (cmd, conv) || !cf_command_number (cmd, "timeout", 0, TIMEOUT_MAX_S, &timeout_s))
    return;
  if (!wanted_state (cf_command_option (cmd, "wait"), &wanted)) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_CHOICE, "--wait", "queued, sent, held, delivered, read", NULL);
    return;
  }
  if (cf_command_option (cmd, "lines") && cf_command_option (cmd, "reply-to")) {
    cf_command_say (cmd, cf_err (GPG_ERR_CONFLICT), CF_SAY_OPTIONS_TWO, "lines", "reply-to", NULL);
    return;
  }
  if (!send_find (cmd, conv, &reply)) {
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_MESSAGE_UNKNOWN, cf_command_option (cmd, "reply-to"), NULL);
    return;
  }
  err = cf_command_inquire (cmd, "TEXT", cf_command_option (cmd, "lines") ? CF_INTAKE_BYTES_MAX : CF_TEXT_MAX, false,
                            send_text);
  if (err)
    cf_command_done (cmd, err);
}

/* --- READ --- */

/* Their messages up to UPTO are read, on disk: the mark alone says it, however many they are (history.c). */
static gpg_error_t
mark_read (struct cf_core *core, struct cf_conversation *conv, uint64_t upto)
{
  const uint64_t before = conv->read_sequence;
  const bool marked = conv->marked_unread;
  gpg_error_t err;

  err = cf_store_begin (core->store);
  if (err)
    return err;
  if (upto > before)
    conv->read_sequence = upto;
  conv->marked_unread = false;
  err = cf_vanish_begin (core, conv, false, before + 1, conv->read_sequence);
  if (!err)
    err = cf_conversation_changed (core, conv); /* the unread count, for other clients */
  cf_store_end (core->store, &err);
  if (err) {
    conv->read_sequence = before;
    conv->marked_unread = marked;
  }
  return err;
}

static void
cmd_read (struct cf_command *cmd)
{
  struct cf_core *core = cmd->core;
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  char id[2 * CF_CONVERSATION_ID_LEN + 1];
  struct cf_message_row m;
  uint64_t upto;
  gpg_error_t err = 0;
  bool more;

  if (!conv)
    return;
  upto = conv->received_sequence;
  if (cmd->argc > 1) {
    if (cf_message_find (core, conv, cmd->argv[1], &m) || m.outgoing || !m.sequence) {
      cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_MESSAGE_NOT_INCOMING, NULL);
      return;
    }
    upto = m.sequence;
  }
  more = upto > conv->read_sequence;
  if (more || conv->marked_unread)
    err = mark_read (core, conv, upto);
  if (!err && more)
    cf_message_send_read (core, conv);
  if (!err)
    err = cf_command_row (cmd, json_pack ("{s:s, s:I}", "conversation", cf_hex (conv->id, sizeof conv->id, id),
                                          "unread", (json_int_t) cf_message_unread (core, conv)));
  cf_command_done (cmd, err);
}

/* --- TYPING --- */

static void
cmd_typing (struct cf_command *cmd)
{
  const char *what = cmd->argc > 1 ? cmd->argv[1] : "on";
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  uint8_t on = strcmp (what, "on") == 0;
  gpg_error_t err = 0;

  if (!conv || !cf_message_may_write (cmd, conv))
    return;
  if (!on && strcmp (what, "off") != 0) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_CHOICE, "TYPING", "on, off", NULL);
    return;
  }
  if (cf_setting_is (cmd->core, "typing", "on"))
    err = cf_talk_send (cmd->core, &conv->peer, CF_TALK_TYPING, conv->id, &on, 1);
  if (err) /* who is away does not see it, and that is no error */
    cf_log (cmd->core->env, CF_LOG_DEBUG, "message: typing not sent: %s", gpg_strerror (err));
  cf_command_done (cmd, 0);
}

const struct cf_command_def cf_message_commands[] = {
  { .verb = "SEND",
    .usage = "SEND [--lines] [--reply-to=ID] [--wait=queued|sent|held|delivered|read] [--timeout=SECONDS] CONV",
    .help = "Send the text that is given to INQUIRE TEXT (UTF-8, up to 256 KiB).  It is on disk before anything\n"
            "is answered.  Answers once the wanted state (default sent) is reached or, with the state so far,\n"
            "when the time is over.\n"
            "With --lines, each line that is not empty is a message (up to 4,096 of them in 1 MiB): all of them\n"
            "are kept, in order, or none; a row each, when all have come so far.  Not with --reply-to.\n"
            "Fields: message, state (queued, sent, held, delivered, read, failed)",
    .options = "lines reply-to wait timeout",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_send },
  { .verb = "READ",
    .usage = "READ CONV [MESSAGE]",
    .help = "Mark what came in as read, up to MESSAGE or all, and tell the peer, unless the setting \"receipts\" is off; what\n"
            "UNREAD has marked is so no longer.\nFields: conversation, unread",
    .options = "",
    .min_args = 1,
    .max_args = 2,
    .needs_ready = true,
    .run = cmd_read },
  { .verb = "TYPING",
    .usage = "TYPING CONV [on|off]",
    .help = "Tell the peer that something is being typed; it lapses there after 6 seconds unless repeated.  With the\n"
            "setting \"typing\" off nothing is told.",
    .options = "",
    .min_args = 1,
    .max_args = 2,
    .needs_ready = true,
    .run = cmd_typing },
  { .verb = "EXPORT",
    .usage = "EXPORT [--format=mbox|json|envelopes] [--secret] CONV",
    .help = "All of a conversation, oldest first.  json: rows as of HISTORY.  mbox: one PGP/MIME mail a row, field\n"
            "mail, as gpg sees it.  envelopes: fields direction, first, last (of the messages that no envelope\n"
            "before has), created_at, envelope (base64; null: no longer kept, since a message in it was deleted or\n"
            "has disappeared; a mail says so, too).\n"
            "With --secret instead one row of what plain gpg needs to read them: own_key, peer_key, homedir,\n"
            "passphrase.",
    .options = "format secret",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cf_export_run },
  { .verb = NULL },
};
