/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer_row.c - transfers as people and programs see them: rows of TRANSFERS, events, attachments of messages. */
#include "core/transfer_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/file/name.h"
#include "core/json.h"
#include "core/said.h"
#include "core/store/store.h"

/* --- words --- */

enum cf_say
cf_transfer_failed_why (const struct cf_transfer *t, int detail, bool here)
{
  switch (detail) {
  case CF_TRANSFER_CHANGED: return CF_SAY_ENDED_CHANGED;
  case CF_TRANSFER_VANISHED: return CF_SAY_ENDED_VANISHED;
  case CF_TRANSFER_UNREADABLE: return CF_SAY_ENDED_UNREADABLE;
  case CF_TRANSFER_WRONG: return CF_SAY_ENDED_WRONG;
  case CF_TRANSFER_NO_SPACE: return here ? CF_SAY_ENDED_SPACE : CF_SAY_ENDED_SPACE_THERE;
  default:
    if (here)
      return t->row.outgoing ? CF_SAY_ENDED_NOT_SENT : CF_SAY_ENDED_NOT_RECEIVED;
    return t->row.outgoing ? CF_SAY_ENDED_NOT_RECEIVED_THERE : CF_SAY_ENDED_NOT_SENT_THERE;
  }
}

static const char *
state_name (const struct cf_transfer_row *row)
{
  switch (row->state) {
  case CF_TRANSFER_IDLE: return row->paused_by_us || row->paused_by_peer ? "paused" : "offered";
  case CF_TRANSFER_ACTIVE: return row->paused_by_us || row->paused_by_peer ? "paused" : "active";
  case CF_TRANSFER_COMPLETE: return row->paused_by_us || row->paused_by_peer ? "paused" : "verifying";
  case CF_TRANSFER_DONE: return "done";
  case CF_TRANSFER_FAILED: return "failed";
  default: return "cancelled";
  }
}

/* The disk here had no room for it, or something else against it. */
static bool
was_stopped_here (const struct cf_transfer_row *row)
{
  return row->reason && row->dir && !row->outgoing && (row->state == CF_TRANSFER_IDLE || row->paused_by_us);
}

bool
cf_transfer_can_retry (struct cf_core *core, const struct cf_transfer_row *row)
{
  const struct cf_conversation *conv = cf_conversation_find (core, row->conversation);

  if (!conv || conv->state != CF_CONVERSATION_OPEN || conv->deleted)
    return false;
  if (row->state == CF_TRANSFER_FAILED)
    return row->outgoing && row->path;
  return row->state < CF_TRANSFER_DONE && was_stopped_here (row);
}

/* What can be done about it; NULL: nothing, or nobody needs to be told. */
static const char *
hint (const struct cf_transfer_row *row)
{
  if (row->state < CF_TRANSFER_DONE)
    return was_stopped_here (row) ? "Make room, or mend it, then resume it" : NULL;
  if (row->state != CF_TRANSFER_FAILED)
    return NULL;
  switch (row->detail) {
  case CF_TRANSFER_CHANGED:
  case CF_TRANSFER_VANISHED:
  case CF_TRANSFER_UNREADABLE: return row->outgoing ? "Offer it again" : "Ask for it again";
  case CF_TRANSFER_WRONG: return row->outgoing ? NULL : "Ask whom it comes from what has happened";
  default: return "Offer it again later";
  }
}

static const char *
paused_by (const struct cf_transfer_row *row)
{
  if (row->paused_by_us)
    return row->paused_by_peer ? "both" : "us";
  return row->paused_by_peer ? "peer" : NULL;
}

/* --- values --- */

/* Of the contents: the manifest is ours alone. */
static uint64_t
done_bytes (const struct cf_transfer_row *row)
{
  return row->done > row->offer.manifest_len ? row->done - row->offer.manifest_len : 0;
}

static json_t *
json_safe_name (const struct cf_transfer_row *row)
{
  char *name = cf_file_name_safe (row->offer.name, row->offer.name_len);
  json_t *value = name ? json_string (name) : NULL;

  free (name);
  return value;
}

/* A path is the user's own; one that is no UTF-8 is shown as far as that goes. */
static json_t *
json_path (const struct cf_transfer_row *row)
{
  char *shown;
  json_t *value;

  if (!row->path || (!row->outgoing && row->state != CF_TRANSFER_DONE))
    return json_null ();
  if (cf_text_is_utf8 (row->path, strlen (row->path)))
    return json_string (row->path);
  shown = cf_text_display (row->path, strlen (row->path), false);
  value = shown ? json_string (shown) : NULL;
  free (shown);
  return value;
}

static json_t *
json_eta (const struct cf_transfer_row *row, const struct cf_transfer *t)
{
  if (!t || !t->rate || row->done >= t->stream_len)
    return json_null ();
  return json_integer ((json_int_t) ((t->stream_len - row->done + t->rate - 1) / t->rate));
}

/* What a message says of its file. */
static json_t *
json_brief (const struct cf_transfer_row *row)
{
  char id[2 * CF_MESSAGE_ID_LEN + 1], conversation[2 * CF_CONVERSATION_ID_LEN + 1];

  return json_pack ("{s:s, s:s, s:s, s:o, s:s, s:I, s:I, s:s, s:s, s:I, s:o}", "transfer",
                    cf_hex (row->id, sizeof row->id, id), "conversation",
                    cf_hex (row->conversation, sizeof row->conversation, conversation), "direction",
                    row->outgoing ? "out" : "in", "name", json_safe_name (row), "kind",
                    cf_file_offer_is_directory (&row->offer) ? "directory" : "file", "size",
                    (json_int_t) row->offer.size, "files", (json_int_t) row->offer.files, "media_type",
                    row->offer.media_type, "state", state_name (row), "done", (json_int_t) done_bytes (row), "path",
                    json_path (row));
}

json_t *
cf_transfer_json (struct cf_core *core, const struct cf_transfer_row *row, const struct cf_transfer *t)
{
  const struct cf_conversation *conv = cf_conversation_find (core, row->conversation);
  char id[2 * CF_MESSAGE_ID_LEN + 1];
  json_t *value = json_brief (row), *more;

  more = json_pack ("{s:s, s:o, s:I, s:o, s:s?, s:s?, s:s?, s:o, s:o, s:o, s:I, s:b}", "message",
                    cf_hex (row->id, sizeof row->id, id), "peer", conv ? cf_json_fpr (&conv->peer) : json_null (), "rate",
                    (json_int_t) (t ? t->rate : 0), "eta", json_eta (row, t), "paused_by", paused_by (row), "reason",
                    row->reason, "hint", hint (row), "modified", cf_json_time (row->offer.modified_utc_ms), "offered_at",
                    cf_json_time (row->offered_utc_ms), "ended_at", cf_json_time (row->ended_utc_ms), "skipped",
                    (json_int_t) row->skipped, "can_retry", cf_transfer_can_retry (core, row));
  if (!value || !more || json_object_update (value, more)) {
    json_decref (value);
    value = NULL;
  }
  json_decref (more);
  if (value)
    cf_said_set_kept (row->reason, value, "reason_code", "reason_args");
  return value;
}

/* --- for others --- */

struct look {
  struct cf_core *core;
  json_t *value;
};

/* What is in memory is newer, as long as it moves. */
static const struct cf_transfer_row *
newest (const struct look *l, const struct cf_transfer_row *row)
{
  const struct cf_transfer *t = l->core->transfers ? cf_transfer_find (l->core->transfers, row->conversation, row->id) : NULL;

  return t ? &t->row : row;
}

static bool
brief_row (void *arg, const struct cf_transfer_row *row)
{
  struct look *l = arg;

  l->value = json_brief (newest (l, row));
  return false;
}

gpg_error_t
cf_transfer_attachment (struct cf_core *core, const struct cf_message_row *m, json_t **r_value)
{
  struct look l = { .core = core };
  gpg_error_t err = m->kind != CF_ENTRY_FILE || m->gone
                      ? cf_err (GPG_ERR_NOT_FOUND)
                      : cf_store_transfer_get (core->store, m->conversation, m->id, brief_row, &l);

  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND) {
    err = 0;
    l.value = json_null ();
  }
  *r_value = l.value;
  return err || l.value ? err : cf_err (GPG_ERR_ENOMEM);
}

static bool
whole_row (void *arg, const struct cf_transfer_row *row)
{
  struct look *l = arg;

  l->value = cf_transfer_json (l->core, newest (l, row), NULL);
  return false;
}

gpg_error_t
cf_transfer_recall (struct cf_core *core, json_t *event, bool *r_gone)
{
  const char *conversation = json_string_value (json_object_get (event, "conversation"));
  const char *transfer = json_string_value (json_object_get (event, "transfer"));
  uint8_t conversation_id[CF_CONVERSATION_ID_LEN], id[CF_MESSAGE_ID_LEN];
  struct look l = { .core = core };
  gpg_error_t err;

  if (!conversation || !transfer || cf_unhex (conversation, conversation_id, sizeof conversation_id)
      || cf_unhex (transfer, id, sizeof id))
    return 0;
  err = cf_store_transfer_get (core->store, conversation_id, id, whole_row, &l);
  *r_gone = gpg_err_code (err) == GPG_ERR_NOT_FOUND;
  if (*r_gone)
    return 0;
  if (!err && (!l.value || json_object_update_missing (event, l.value)))
    err = cf_err (GPG_ERR_ENOMEM);
  json_decref (l.value);
  return err;
}
