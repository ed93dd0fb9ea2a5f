/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mark_commands.c - what our user marks a conversation with: DRAFT, PIN, MUTE, UNREAD.
 *
 * Nothing of it leaves this machine; it is here so that all clients agree.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/conversation.h"
#include "core/event.h"
#include "core/store/store.h"
#include "core/store/store_conversation.h"

#define MUTE_MAX_MS (366LL * 24 * 3600 * 1000)
#define UNMUTE_LOOK_MS (3600 * 1000) /* the clock may have been set */

/* --- marks --- */

struct marks {
  bool pinned, marked_unread;
  int64_t muted_until_utc_ms;
};

static struct marks
marks_of (const struct cf_conversation *conv)
{
  return (struct marks) { conv->pinned, conv->marked_unread, conv->muted_until_utc_ms };
}

static void
set_marks (struct cf_conversation *conv, const struct marks *m)
{
  conv->pinned = m->pinned;
  conv->marked_unread = m->marked_unread;
  conv->muted_until_utc_ms = m->muted_until_utc_ms;
}

/* Give CONV the marks M, on disk; memory follows. */
static gpg_error_t
keep_marks (struct cf_core *core, struct cf_conversation *conv, const struct marks *m)
{
  const struct marks before = marks_of (conv);
  gpg_error_t err;

  if (before.pinned == m->pinned && before.marked_unread == m->marked_unread
      && before.muted_until_utc_ms == m->muted_until_utc_ms)
    return 0;
  err = cf_store_begin (core->store);
  if (err)
    return err;
  set_marks (conv, m);
  err = cf_conversation_changed (core, conv);
  cf_store_end (core->store, &err);
  if (err)
    set_marks (conv, &before);
  return err;
}

static void
answer (struct cf_command *cmd, struct cf_conversation *conv, const struct marks *m)
{
  gpg_error_t err = keep_marks (cmd->core, conv, m);

  if (!err)
    err = cf_command_row (cmd, cf_conversation_json (cmd->core, conv));
  cf_command_done (cmd, err);
}

static void
pin (struct cf_command *cmd, bool pinned)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  struct marks m;

  if (!conv)
    return;
  m = marks_of (conv);
  m.pinned = pinned;
  answer (cmd, conv, &m);
}

static void
cmd_pin (struct cf_command *cmd)
{
  pin (cmd, true);
}

static void
cmd_unpin (struct cf_command *cmd)
{
  pin (cmd, false);
}

static void
cmd_unread (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  struct marks m;

  if (!conv)
    return;
  m = marks_of (conv);
  m.marked_unread = true;
  answer (cmd, conv, &m);
}

/* --- silence --- */

static void
cmd_mute (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  struct cf_core *core;
  int64_t for_ms = 0;
  struct marks m;

  if (!conv || !cf_command_duration (cmd, "for", MUTE_MAX_MS, &for_ms))
    return;
  core = cmd->core;
  m = marks_of (conv);
  m.muted_until_utc_ms = for_ms ? core->env->now_utc_ms + for_ms : CF_MUTED_FOR_EVER;
  answer (cmd, conv, &m);
  cf_conversation_unmute_later (core);
}

static void
cmd_unmute (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  struct marks m;

  if (!conv)
    return;
  m = marks_of (conv);
  m.muted_until_utc_ms = 0;
  answer (cmd, conv, &m);
}

void
cf_conversation_unmute_later (struct cf_core *core)
{
  const struct cf_conversation *conv;
  int64_t now = core->env->now_utc_ms, left, least = INT64_MAX;

  for (conv = core->conversations->first; conv; conv = conv->next) {
    if (!conv->muted_until_utc_ms || conv->muted_until_utc_ms == CF_MUTED_FOR_EVER)
      continue;
    left = conv->muted_until_utc_ms > now ? conv->muted_until_utc_ms - now : 1;
    least = left < least ? left : least;
  }
  if (least < INT64_MAX)
    cf_timer_after (core->env, &core->conversations->unmute,
                    least < UNMUTE_LOOK_MS ? (uint64_t) least : UNMUTE_LOOK_MS);
}

void
cf_conversation_unmute (void *arg)
{
  struct cf_core *core = arg;
  struct cf_conversation *conv;

  for (conv = core->conversations->first; conv; conv = conv->next) {
    struct marks m = marks_of (conv);

    if (!m.muted_until_utc_ms || cf_conversation_is_muted (core, conv))
      continue;
    m.muted_until_utc_ms = 0;
    if (keep_marks (core, conv, &m)) { /* it is no longer muted all the same */
      cf_log (core->env, CF_LOG_WARN, "conversation: that it is no longer muted was not kept");
      cf_timer_after (core->env, &core->conversations->unmute, UNMUTE_LOOK_MS);
      return;
    }
  }
  cf_conversation_unmute_later (core);
}

/* --- drafts --- */

static void
draft_text (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len)
{
  struct cf_core *core = cmd->core;
  struct cf_conversation *conv;
  char id[2 * CF_CONVERSATION_ID_LEN + 1];
  json_t *row = NULL;

  if (err) {
    cf_command_done (cmd, err);
    return;
  }
  conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* asked for the text, the world may have changed */
  if (!conv)
    return;
  if (!cf_text_is_utf8 (data, len)) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_TEXT_NOT_UTF8, NULL);
    return;
  }
  row = json_pack ("{s:s, s:o}", "conversation", cf_hex (conv->id, sizeof conv->id, id), "draft",
                   len ? json_stringn (data, len) : json_null ());
  err = row ? cf_store_draft_save (core->store, conv->id, json_string_value (json_object_get (row, "draft")))
            : cf_err (GPG_ERR_ENOMEM);
  if (!err)
    err = cf_event_emit (core, "draft", false, json_incref (row));
  if (!err)
    err = cf_command_row (cmd, json_incref (row));
  json_decref (row);
  cf_command_done (cmd, err);
}

static void
cmd_draft (struct cf_command *cmd)
{
  gpg_error_t err;

  if (!cf_conversation_resolve (cmd, cmd->argv[0]))
    return;
  err = cf_command_inquire (cmd, "TEXT", CF_TEXT_MAX, false, draft_text);
  if (err)
    cf_command_done (cmd, err);
}

#define MARK(VERB, HELP, RUN)                                                                                          \
  { .verb = VERB, .usage = VERB " CONV", .help = HELP "\nFields: " CF_CONVERSATION_FIELDS, .options = "",              \
    .min_args = 1, .max_args = 1, .needs_ready = true, .run = RUN }

const struct cf_command_def cf_mark_commands[] = {
  { .verb = "DRAFT",
    .usage = "DRAFT CONV",
    .help = "Keep the text that is given to INQUIRE TEXT (UTF-8, up to 256 KiB) as what was typed and not sent; an empty\n"
            "one: nothing was.  Fields: conversation, draft",
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_draft },
  MARK ("PIN", "Keep a conversation at the top of the list.", cmd_pin),
  MARK ("UNPIN", "Let it go from there.", cmd_unpin),
  { .verb = "MUTE",
    .usage = "MUTE [--for=DURATION] CONV",
    .help = "Do not notify of its messages, for a while or until UNMUTE.\nFields: " CF_CONVERSATION_FIELDS,
    .options = "for",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_mute },
  MARK ("UNMUTE", "Notify of its messages again.", cmd_unmute),
  MARK ("UNREAD", "Mark a conversation as unread, until READ; the peer is told nothing.", cmd_unread),
  { .verb = NULL },
};
