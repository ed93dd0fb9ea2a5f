/* SPDX-License-Identifier: GPL-3.0-or-later */
/* change_commands.c - EDIT, DELETE-MESSAGE, REACT and TIMER. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/change.h"
#include "core/history.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/store/store.h"

/* --- what is named --- */

/* The message TEXT of CONV.  False: the command has failed. */
static bool
find_message (struct cf_command *cmd, const struct cf_conversation *conv, const char *text, struct cf_message_row *r_row)
{
  gpg_error_t err = cf_message_find (cmd->core, conv, text, r_row);

  if (!err && !r_row->hidden)
    return true;
  cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_MESSAGE_UNKNOWN, text, NULL);
  return false;
}

/* The same, that an entry of ours, of kind BY, may change still. */
static bool
find_changeable (struct cf_command *cmd, const struct cf_conversation *conv, const char *text, enum cf_entry_kind by,
                 struct cf_message_row *r_row)
{
  gpg_error_t err;

  if (!find_message (cmd, conv, text, r_row))
    return false;
  err = cf_change_check (r_row, by, true);
  if (gpg_err_code (err) == GPG_ERR_FORBIDDEN)
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_MESSAGE_OF_OTHER, NULL);
  else if (gpg_err_code (err) == GPG_ERR_OBJ_TERM_STATE)
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_MESSAGE_DELETED, NULL);
  else if (err)
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND),
                    by == CF_ENTRY_EDIT && r_row->kind == CF_ENTRY_FILE ? CF_SAY_EDIT_FILE : CF_SAY_MESSAGE_OF_NOBODY, NULL);
  return !err;
}

struct answer {
  struct cf_core *core;
  const struct cf_conversation *conv;
  json_t *row;
  gpg_error_t err;
};

static bool
answer_row (void *arg, const struct cf_message_row *m)
{
  struct answer *a = arg;

  a->err = cf_message_json (a->core, a->conv, m, &a->row);
  return false;
}

/* A row: message ID as it is now. */
static gpg_error_t
answer_message (struct cf_command *cmd, const struct cf_conversation *conv, const uint8_t id[CF_MESSAGE_ID_LEN])
{
  struct answer a = { .core = cmd->core, .conv = conv };
  gpg_error_t err = cf_store_message_get (cmd->core->store, conv->id, id, answer_row, &a);

  if (!err)
    err = a.err;
  return err ? err : cf_command_row (cmd, a.row);
}

/* Write COUNT entries that change something.  Errors: those of cf_outbox_add. */
static gpg_error_t
write_entries (struct cf_core *core, struct cf_conversation *conv, const struct cf_saying *said, size_t count)
{
  uint8_t id[CF_MESSAGE_ID_LEN];
  struct cf_outbox *ob;
  gpg_error_t err = cf_outbox_get (core, conv, &ob);

  return err ? err : cf_outbox_add (ob, said, count, id);
}

/* One entry about the message TARGET, which is the answer. */
static void
say_about (struct cf_command *cmd, struct cf_conversation *conv, enum cf_entry_kind kind,
           const struct cf_message_row *target, const char *text, size_t len)
{
  const struct cf_saying said = { .kind = kind, .text = text, .len = len, .reply_to = target->id };
  gpg_error_t err = write_entries (cmd->core, conv, &said, 1);

  if (!err)
    err = answer_message (cmd, conv, target->id);
  cf_command_done (cmd, err);
}

/* --- EDIT --- */

static void
edit_text (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len)
{
  struct cf_conversation *conv;
  struct cf_message_row m;

  if (err) {
    cf_command_done (cmd, err);
    return;
  }
  /* Asked for the text, the world may have changed. */
  conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  if (!conv || !cf_message_may_write (cmd, conv) || !find_changeable (cmd, conv, cmd->argv[1], CF_ENTRY_EDIT, &m))
    return;
  if (!len)
    cf_command_say (cmd, cf_err (GPG_ERR_NO_DATA), CF_SAY_EDIT_EMPTY, NULL);
  else if (!cf_text_is_utf8 (data, len))
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_TEXT_NOT_UTF8, NULL);
  else
    say_about (cmd, conv, CF_ENTRY_EDIT, &m, data, len);
}

static void
cmd_edit (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  struct cf_message_row m;
  gpg_error_t err;

  if (!conv || !cf_message_may_write (cmd, conv) || !find_changeable (cmd, conv, cmd->argv[1], CF_ENTRY_EDIT, &m))
    return;
  err = cf_command_inquire (cmd, "TEXT", CF_TEXT_MAX, false, edit_text);
  if (err)
    cf_command_done (cmd, err);
}

/* --- DELETE-MESSAGE --- */

/* Take them back: one entry each, all or none. */
static gpg_error_t
take_back (struct cf_command *cmd, struct cf_conversation *conv, const struct cf_message_row *rows, size_t count)
{
  struct cf_saying said[CF_COMMAND_ARGS_MAX];
  gpg_error_t err;

  for (size_t i = 0; i < count; i++)
    said[i] = (struct cf_saying) { .kind = CF_ENTRY_DELETE, .text = "", .reply_to = rows[i].id };
  err = write_entries (cmd->core, conv, said, count);
  for (size_t i = 0; !err && i < count; i++)
    err = answer_message (cmd, conv, rows[i].id);
  return err;
}

/* Remove them from this side: all or none; the other side is told nothing. */
static gpg_error_t
remove_here (struct cf_command *cmd, struct cf_conversation *conv, const struct cf_message_row *rows, size_t count)
{
  struct cf_core *core = cmd->core;
  char id[2 * CF_MESSAGE_ID_LEN + 1], conversation[2 * CF_CONVERSATION_ID_LEN + 1];
  gpg_error_t err = cf_store_begin (core->store);

  if (err)
    return err;
  for (size_t i = 0; !err && i < count; i++)
    err = cf_change_remove (core, &rows[i]);
  if (!err)
    err = cf_conversation_changed (core, conv); /* it may have been the last one */
  cf_store_end (core->store, &err);
  cf_hex (conv->id, sizeof conv->id, conversation);
  for (size_t i = 0; !err && i < count; i++)
    err = cf_command_row (cmd, json_pack ("{s:s, s:s, s:b}", "message", cf_hex (rows[i].id, sizeof rows[i].id, id),
                                          "conversation", conversation, "removed", 1));
  return err;
}

/* Was the message ROWS[COUNT] named before? */
static bool
is_named (const struct cf_message_row *rows, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (rows[i].row == rows[count].row)
      return true;
  return false;
}

static void
cmd_delete_message (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  struct cf_message_row rows[CF_COMMAND_ARGS_MAX];
  size_t count = 0;
  bool here;

  if (!conv)
    return;
  here = cf_command_option (cmd, "here") != NULL;
  if (!here && !cf_message_may_write (cmd, conv))
    return;
  for (size_t i = 1; i < cmd->argc; i++) {
    if (!(here ? find_message (cmd, conv, cmd->argv[i], &rows[count])
               : find_changeable (cmd, conv, cmd->argv[i], CF_ENTRY_DELETE, &rows[count])))
      return;
    if (!is_named (rows, count))
      count++;
  }
  cf_command_done (cmd, here ? remove_here (cmd, conv, rows, count) : take_back (cmd, conv, rows, count));
}

/* --- REACT --- */

struct mine {
  const char *emoji;
  bool same, there;
};

static gpg_error_t
compare_reaction (void *arg, bool outgoing, const char *emoji)
{
  struct mine *m = arg;

  if (outgoing) {
    m->there = true;
    m->same = !strcmp (emoji, m->emoji);
  }
  return 0;
}

/* Fit to be shown as it is, and no words: nothing that would be taken out, no blanks. */
static bool
is_mark (const char *text)
{
  size_t len = strlen (text);
  char *shown = cf_text_display (text, len, false);
  bool fits = shown && len <= CF_REACTION_MAX && cf_text_is_utf8 (text, len) && !strcmp (shown, text)
              && !strchr (text, ' ');

  free (shown);
  return fits;
}

static void
cmd_react (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  struct mine mine = { "", false, false };
  struct cf_message_row m;
  gpg_error_t err;

  if (!conv || !cf_message_may_write (cmd, conv) || !find_changeable (cmd, conv, cmd->argv[1], CF_ENTRY_REACTION, &m))
    return;
  if (cmd->argc > 2)
    mine.emoji = cmd->argv[2];
  if (!is_mark (mine.emoji)) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_EMOJI, NULL);
    return;
  }
  err = cf_store_reactions (cmd->core->store, m.row, compare_reaction, &mine);
  if (err)
    cf_command_done (cmd, err);
  else if (mine.there ? mine.same : !*mine.emoji) /* so it is already */
    cf_command_done (cmd, answer_message (cmd, conv, m.id));
  else
    say_about (cmd, conv, CF_ENTRY_REACTION, &m, mine.emoji, strlen (mine.emoji));
}

/* --- TIMER --- */

static void
cmd_timer (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  struct cf_saying said = { .kind = CF_ENTRY_TIMER, .text = "" };
  int64_t ms = 0;
  gpg_error_t err = 0;

  if (!conv)
    return;
  if (cmd->argc > 1) {
    if (!cf_message_may_write (cmd, conv)
        || (strcmp (cmd->argv[1], "off")
            && !cf_command_duration_text (cmd, cmd->argv[1], CF_LIFETIME_MAX_S * 1000LL, &ms)))
      return;
    said.lifetime_s = (uint32_t) (ms / 1000);
    if (said.lifetime_s != conv->timer_s)
      err = write_entries (cmd->core, conv, &said, 1);
  }
  if (!err)
    err = cf_command_row (cmd, cf_conversation_json (cmd->core, conv));
  cf_command_done (cmd, err);
}

const struct cf_command_def cf_change_commands[] = {
  { .verb = "EDIT",
    .usage = "EDIT CONV ID",
    .help = "Give an own message another text, which is given to INQUIRE TEXT (UTF-8, up to 256 KiB), on both sides.\n"
            "Fields: " CF_MESSAGE_FIELDS,
    .options = "",
    .min_args = 2,
    .max_args = 2,
    .needs_ready = true,
    .run = cmd_edit },
  { .verb = "DELETE-MESSAGE",
    .usage = "DELETE-MESSAGE [--here] CONV ID...",
    .help = "Take own messages back, all or none: both sides lose their text.  With --here, any messages, from this side\n"
            "only.\nFields: " CF_MESSAGE_FIELDS ";\n"
            "with --here: message, conversation, removed",
    .options = "here",
    .min_args = 2,
    .max_args = CF_COMMAND_ARGS_MAX,
    .needs_ready = true,
    .run = cmd_delete_message },
  { .verb = "REACT",
    .usage = "REACT CONV ID [EMOJI]",
    .help = "What we think of a message, one emoji (at most 32 bytes); without: nothing any more.\n"
            "Fields: " CF_MESSAGE_FIELDS,
    .options = "",
    .min_args = 2,
    .max_args = 3,
    .needs_ready = true,
    .run = cmd_react },
  { .verb = "TIMER",
    .usage = "TIMER CONV [DURATION|off]",
    .help = "Messages of both sides that are written from now on disappear so long (90s, 10m, 2h, 7d; at most 365d)\n"
            "after they were read, own ones after they were delivered.\nFields: " CF_CONVERSATION_FIELDS,
    .options = "",
    .min_args = 1,
    .max_args = 2,
    .needs_ready = true,
    .run = cmd_timer },
  { .verb = NULL },
};
