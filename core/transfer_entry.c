/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer_entry.c - the entries `file` and `file-end`, ours and theirs, written down in the transaction of their message.
 *
 * The message of an offer says the name; what was signed, key and all, is in
 * the row of the transfer and, until it is sealed, beside the message.
 */
#include "core/transfer_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "core/event.h"
#include "core/file/name.h"
#include "core/outbox_private.h"
#include "core/store/store.h"

/* --- what is kept --- */

struct count {
  bool outgoing;
  size_t offers;
};

static bool
count_offer (void *arg, const struct cf_transfer_row *row)
{
  struct count *c = arg;

  c->offers += row->outgoing == c->outgoing && row->state < CF_TRANSFER_DONE;
  return c->offers <= CF_TRANSFER_OFFERS_MAX;
}

static gpg_error_t
count_offers (struct cf_core *core, const uint8_t conversation[CF_CONVERSATION_ID_LEN], bool outgoing, size_t *r_count)
{
  struct count c = { outgoing, 0 };
  gpg_error_t err = cf_store_transfer_list (core->store, conversation, INT64_MAX, INT64_MAX, 4 * CF_TRANSFER_OFFERS_MAX,
                                            count_offer, &c);

  if (!err)
    *r_count = c.offers;
  return err;
}

/* What our user has begun to offer is known better than its entry says. */
static void
fill_in_ours (const struct cf_transfer_row *ours, struct cf_transfer_row *row)
{
  row->path = ours->path;
  row->skipped = ours->skipped;
  row->has_stat = true;
  memcpy (row->stat_hash, ours->stat_hash, sizeof row->stat_hash);
}

gpg_error_t
cf_transfer_offered (struct cf_core *core, const struct cf_message_row *m, char **r_name)
{
  struct cf_transfer_row row = { .outgoing = m->outgoing, .state = CF_TRANSFER_IDLE, .offered_utc_ms = core->env->now_utc_ms };
  char *name = NULL;
  size_t offers = 0;
  json_t *event;
  gpg_error_t err = cf_file_offer_parse (m->text, m->text_len, &row.offer);

  if (!err)
    err = count_offers (core, m->conversation, m->outgoing, &offers);
  if (err)
    goto leave;
  memcpy (row.conversation, m->conversation, sizeof row.conversation);
  memcpy (row.id, m->id, sizeof row.id);
  row.updated_utc_ms = row.offered_utc_ms;
  if (m->outgoing && core->transfers->offering)
    fill_in_ours (core->transfers->offering, &row);
  if (offers >= CF_TRANSFER_OFFERS_MAX) { /* the message stays */
    row.state = CF_TRANSFER_FAILED;
    row.detail = CF_TRANSFER_OTHER;
    row.reason = "Too many files are offered in this conversation";
    row.ended_utc_ms = row.offered_utc_ms;
    if (!m->outgoing)
      cf_refused (core->env, CF_REFUSED_TRANSFER_FULL);
  }
  name = cf_file_name_safe (row.offer.name, row.offer.name_len);
  err = name ? cf_store_transfer_add (core->store, &row, &row.row) : cf_err (GPG_ERR_ENOMEM);
  if (err)
    goto leave;
  event = cf_transfer_json (core, &row, NULL);
  err = event ? cf_event_emit (core, "transfer", true, event) : cf_err (GPG_ERR_ENOMEM);
  if (err)
    goto leave;
  cf_transfers_changed (core);
  *r_name = name;
  name = NULL;
leave:
  cf_wipe (&row.offer, sizeof row.offer);
  free (name);
  return err;
}

struct ending {
  const struct cf_message_row *m;
  uint8_t root[CF_HASH_LEN];
  uint64_t size;
  bool fits;
};

static bool
end_row (void *arg, const struct cf_transfer_row *row)
{
  struct ending *e = arg;

  e->fits = row->outgoing == e->m->outgoing && e->size == cf_file_stream_len (&row->offer);
  return false;
}

gpg_error_t
cf_transfer_ended (struct cf_core *core, const struct cf_message_row *m)
{
  struct ending e = { .m = m };
  struct cf_transfer *t;
  gpg_error_t err;

  err = cf_file_end_parse (m->text, m->text_len, e.root, &e.size);
  if (!err)
    err = cf_store_transfer_get (core->store, m->conversation, m->reply_to, end_row, &e);
  if (!err && e.fits)
    err = cf_transfer_get (core->transfers, m->conversation, m->reply_to, &t);
  if (err || !e.fits) {
    if (!m->outgoing)
      cf_refused (core->env, CF_REFUSED_TRANSFER_END);
    return gpg_err_code (err) == GPG_ERR_NOT_FOUND ? 0 : err;
  }
  /* If the transaction is lost, the same entry comes again: memory may know it already. */
  memcpy (t->row.root, e.root, sizeof e.root);
  t->row.has_root = true;
  cf_file_map_free (t->in.said);
  t->in.said = NULL;
  t->in.leaves_asked = false;
  t->in.differs = false;
  cf_transfers_changed (core);
  return cf_store_transfer_save (core->store, &t->row);
}

/* --- what we say --- */

/* SAID in a transaction of its own, with what it changes. */
static gpg_error_t
say (struct cf_core *core, struct cf_conversation *conv, const struct cf_saying *said, uint8_t r_id[CF_MESSAGE_ID_LEN])
{
  struct cf_outbox *ob;
  gpg_error_t err = cf_outbox_get (core, conv, &ob);

  return err ? err : cf_outbox_add (ob, said, 1, r_id);
}

gpg_error_t
cf_transfer_offer (struct cf_core *core, struct cf_conversation *conv, const struct cf_transfer_job *job,
                   uint8_t r_id[CF_MESSAGE_ID_LEN])
{
  struct cf_transfer_row ours = { .path = job->path, .skipped = job->skipped };
  struct cf_saying said = { .kind = CF_ENTRY_FILE, .lifetime_s = conv->timer_s };
  struct cf_buf b;
  size_t offers = 0;
  gpg_error_t err = count_offers (core, conv->id, true, &offers);

  if (!err && offers >= CF_TRANSFER_OFFERS_MAX)
    err = cf_err (GPG_ERR_TOO_MANY);
  if (err)
    return err;
  memcpy (ours.stat_hash, job->stat_hash, sizeof ours.stat_hash);
  cf_buf_init (&b, CF_TEXT_MAX);
  cf_env_random (core->env, job->offer->key, sizeof job->offer->key);
  err = cf_file_offer_build (job->offer, &b);
  if (!err) {
    said.text = (const char *) cf_buf_data (&b);
    said.len = cf_buf_len (&b);
    core->transfers->offering = &ours;
    err = say (core, conv, &said, r_id);
    core->transfers->offering = NULL;
  }
  cf_buf_done (&b);
  return err;
}

gpg_error_t
cf_transfer_say_root (struct cf_transfer *t, const uint8_t root[CF_HASH_LEN])
{
  struct cf_conversation *conv = cf_transfer_conversation (t);
  struct cf_saying said = { .kind = CF_ENTRY_FILE_END, .reply_to = t->row.id };
  uint8_t id[CF_MESSAGE_ID_LEN];
  struct cf_buf b;
  gpg_error_t err;

  cf_buf_init (&b, 256);
  err = conv ? cf_file_end_build (root, t->stream_len, &b) : cf_err (CF_ERR_CLOSED);
  if (!err) {
    said.text = (const char *) cf_buf_data (&b);
    said.len = cf_buf_len (&b);
    err = say (t->all->core, conv, &said, id);
  }
  cf_buf_done (&b);
  return err;
}
