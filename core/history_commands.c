/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history_commands.c - what was said, to be seen: HISTORY, SEARCH and MESSAGE; EXPORT is export.c's. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/history.h"
#include "core/json.h"
#include "core/link.h"
#include "core/message.h"
#include "core/store/search.h"
#include "core/store/store.h"

#define HISTORY_DEFAULT 50
#define HISTORY_MAX 1000

struct listing {
  struct cf_command *cmd;
  const struct cf_conversation *conv; /* NULL: whatever conversation a row is of */
  size_t count;
  gpg_error_t err;
};

static bool
list_row (void *arg, const struct cf_message_row *m)
{
  struct listing *l = arg;
  struct cf_core *core = l->cmd->core;
  const struct cf_conversation *conv = l->conv ? l->conv : cf_conversation_find (core, m->conversation);
  json_t *row;

  if (!conv || conv->deleted)
    return true;
  l->count++;
  l->err = cf_message_json (core, conv, m, &row);
  if (!l->err)
    l->err = cf_command_row (l->cmd, row);
  return !l->err;
}

/* WORDS as the search index wants them; caller frees.  NULL: the command has failed. */
static char *
match_words (struct cf_command *cmd, const char *words)
{
  char *match = cf_search_match (words);

  if (!match)
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_SEARCH_WORDS, NULL);
  return match;
}

/* --- HISTORY --- */

struct place {
  const char *option; /* before, after, around; NULL: the end */
  int64_t row;
};

/* Where to begin.  False: the command has failed. */
static bool
find_place (struct cf_command *cmd, const struct cf_conversation *conv, struct place *r_place)
{
  static const char *const names[] = { "before", "after", "around" };
  struct cf_message_row m;

  *r_place = (struct place) { NULL, INT64_MAX };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *id = cf_command_option (cmd, names[i]);

    if (!id)
      continue;
    if (r_place->option) {
      cf_command_say (cmd, cf_err (GPG_ERR_CONFLICT), CF_SAY_OPTIONS_TWO, r_place->option, names[i], NULL);
      return false;
    }
    if (cf_message_find (cmd->core, conv, id, &m)) {
      cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_MESSAGE_UNKNOWN, id, NULL);
      return false;
    }
    *r_place = (struct place) { names[i], m.row };
  }
  return true;
}

/* LIMIT rows with the one of PLACE in the middle; towards an end, fewer. */
static gpg_error_t
list_around (struct listing *l, const struct place *place, size_t limit)
{
  struct cf_store *store = l->cmd->core->store;
  gpg_error_t err;

  err = cf_store_message_history (store, l->conv->id, place->row + 1, NULL, limit / 2 + 1, list_row, l);
  if (!err && !l->err && limit > limit / 2 + 1)
    err = cf_store_message_after (store, l->conv->id, place->row, limit - limit / 2 - 1, list_row, l);
  return err;
}

static void
cmd_history (struct cf_command *cmd)
{
  const char *search = cf_command_option (cmd, "search");
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  struct listing l = { cmd, conv, 0, 0 };
  struct cf_store *store;
  struct place place;
  unsigned long limit;
  char *match = NULL;
  gpg_error_t err;

  if (!conv || !cf_command_number (cmd, "limit", HISTORY_DEFAULT, HISTORY_MAX, &limit) || !find_place (cmd, conv, &place))
    return;
  if (search && place.option && strcmp (place.option, "before")) {
    cf_command_say (cmd, cf_err (GPG_ERR_CONFLICT), CF_SAY_OPTIONS_TWO, "search", place.option, NULL);
    return;
  }
  if (search && !(match = match_words (cmd, search)))
    return;
  store = cmd->core->store;
  if (place.option && !strcmp (place.option, "around"))
    err = list_around (&l, &place, limit);
  else if (place.option && !strcmp (place.option, "after"))
    err = cf_store_message_after (store, conv->id, place.row, limit, list_row, &l);
  else
    err = cf_store_message_history (store, conv->id, place.row, match, limit, list_row, &l);
  free (match);
  cf_command_done (cmd, err ? err : l.err);
}

/* --- SEARCH --- */

static bool
note_row (void *arg, const struct cf_message_row *m)
{
  int64_t *row = arg;

  *row = m->row;
  return false;
}

/* The row of the message TEXT, of whatever conversation.  Errors: NOT_FOUND, INV_VALUE. */
static gpg_error_t
find_anywhere (struct cf_core *core, const char *text, int64_t *r_row)
{
  const struct cf_conversation *conv;
  uint8_t id[CF_MESSAGE_ID_LEN];
  gpg_error_t err = cf_unhex (text, id, sizeof id);

  if (err)
    return err;
  err = cf_err (GPG_ERR_NOT_FOUND);
  for (conv = core->conversations->first; conv && gpg_err_code (err) == GPG_ERR_NOT_FOUND; conv = conv->next)
    err = cf_store_message_get (core->store, conv->id, id, note_row, r_row);
  return err;
}

static void
cmd_search (struct cf_command *cmd)
{
  const char *before = cf_command_option (cmd, "before");
  struct listing l = { cmd, NULL, 0, 0 };
  int64_t row = INT64_MAX;
  unsigned long limit;
  char *words = NULL, *match = NULL;
  gpg_error_t err = 0;

  if (!cf_command_number (cmd, "limit", HISTORY_DEFAULT, HISTORY_MAX, &limit))
    return;
  if (before && find_anywhere (cmd->core, before, &row)) {
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_MESSAGE_UNKNOWN_ANYWHERE, before, NULL);
    return;
  }
  for (size_t i = 0; !err && i < cmd->argc; i++) {
    char *more = cf_sprintf ("%s%s%s", words ? words : "", words ? " " : "", cmd->argv[i]);

    free (words);
    words = more;
    err = words ? 0 : cf_err (GPG_ERR_ENOMEM);
  }
  if (err || !(match = match_words (cmd, words))) {
    free (words);
    if (err)
      cf_command_done (cmd, err);
    return;
  }
  err = cf_store_message_search (cmd->core->store, row, match, limit, list_row, &l);
  free (match);
  free (words);
  cf_command_done (cmd, err ? err : l.err);
}

/* --- MESSAGE --- */

struct detail {
  struct cf_core *core;
  const struct cf_conversation *conv;
  json_t *row;
  gpg_error_t err;
};

/* The kept envelope that the message came in; null when there is none, or it is no longer kept. */
static json_t *
json_envelope (const struct detail *d, const struct cf_message_row *m)
{
  uint64_t number;
  size_t len;
  gpg_error_t err;

  if (!m->sequence)
    return json_null ();
  err = cf_store_envelope_find (d->core->store, d->conv->id, m->outgoing, m->sequence, &number, &len);
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND || (!err && !len))
    return json_null ();
  return err ? NULL : json_pack ("{s:I, s:I}", "number", (json_int_t) number, "bytes", (json_int_t) len);
}

static bool
detail_row (void *arg, const struct cf_message_row *m)
{
  struct detail *d = arg;
  const struct cf_conversation *conv = d->conv;
  json_t *row = NULL, *more;

  if (m->hidden)
    return false;
  d->err = cf_message_json (d->core, conv, m, &row);
  if (d->err)
    return false;
  more = json_pack ("{s:o, s:o, s:o, s:o, s:o, s:o, s:s?}", "own_key", cf_json_fpr (&conv->own_key), "peer_key",
                    cf_json_fpr (&conv->peer_key), "signed_by",
                    !m->sequence ? json_null () : cf_json_fpr (m->outgoing ? &conv->own_key : &conv->peer_key),
                    "delivered_at", cf_json_time (m->outgoing ? m->delivered_utc_ms : m->received_utc_ms), "read_at",
                    cf_json_time (m->read_utc_ms), "envelope", json_envelope (d, m), "route",
                    cf_link_route (d->core, &conv->peer));
  if (!more || json_object_update (row, more)) {
    json_decref (row);
    row = NULL;
  }
  json_decref (more);
  d->row = row;
  d->err = row ? 0 : cf_err (GPG_ERR_ENOMEM);
  return false;
}

static void
cmd_message (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  struct detail d = { NULL, conv, NULL, cf_err (GPG_ERR_NOT_FOUND) };
  uint8_t id[CF_MESSAGE_ID_LEN];
  gpg_error_t err;

  if (!conv)
    return;
  d.core = cmd->core;
  err = cf_unhex (cmd->argv[1], id, sizeof id);
  if (!err)
    err = cf_store_message_get (cmd->core->store, conv->id, id, detail_row, &d);
  else
    err = cf_err (GPG_ERR_NOT_FOUND);
  if (!err)
    err = d.err;
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND) {
    cf_command_say (cmd, err, CF_SAY_MESSAGE_UNKNOWN, cmd->argv[1], NULL);
    return;
  }
  if (!err)
    err = cf_command_row (cmd, d.row);
  cf_command_done (cmd, err);
}

const struct cf_command_def cf_history_commands[] = {
  { .verb = "HISTORY",
    .usage = "HISTORY [--limit=N] [--before=ID | --after=ID | --around=ID] [--search=WORDS] CONV",
    .help = "The last N (default 50, at most 1000) messages, or those before, after or around ID, or that contain all\n"
            "WORDS; oldest first.\nFields: " CF_MESSAGE_FIELDS,
    .options = "limit before after around search",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_history },
  { .verb = "SEARCH",
    .usage = "SEARCH [--limit=N] [--before=ID] WORDS",
    .help = "The last N (default 50, at most 1000) messages of all conversations that contain all WORDS, before ID;\n"
            "newest first.\nFields: " CF_MESSAGE_FIELDS,
    .options = "limit before",
    .min_args = 1,
    .max_args = CF_COMMAND_ARGS_MAX,
    .needs_ready = true,
    .run = cmd_search },
  { .verb = "MESSAGE",
    .usage = "MESSAGE CONV ID",
    .help = "All that is known of one message.\nFields: " CF_MESSAGE_FIELDS ",\n"
            "own_key, peer_key (of the conversation), signed_by, delivered_at, read_at (null: not, or not known),\n"
            "envelope (null: not kept; number, bytes), route (to the peer, now)",
    .options = "",
    .min_args = 2,
    .max_args = 2,
    .needs_ready = true,
    .run = cmd_message },
  { .verb = NULL },
};
