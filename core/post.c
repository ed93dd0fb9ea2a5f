/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post.c - what waits for peers who are out of reach, and where it lies; see post.h.
 *
 * Everything is looked at together, soon after something has changed and when
 * the next thing is due: whose peer is away for long enough, what may be sealed
 * for him, which nodes are to be visited.  What is said there is post_round.c's.
 */
#include "core/post_private.h"

#include <stdlib.h>
#include <string.h>

#include "core/link.h"
#include "core/nodes.h"
#include "core/peer.h"
#include "core/settings.h"
#include "core/store/store.h"
#include "core/store/store_message.h"
#include "core/store/store_post.h"
#include "core/trust.h"

#define LOOK_MS 100 /* so soon after a change */

static struct cf_post_box *
box_of (struct cf_conversation *conv)
{
  if (!conv->post)
    conv->post = calloc (1, sizeof *conv->post);
  return conv->post;
}

bool
cf_post_is_on (struct cf_core *core)
{
  size_t connected;

  return core->post && cf_nodes_count (core, &connected) && cf_setting_is (core, "mailbox", "on");
}

bool
cf_post_is_live (struct cf_core *core, const struct cf_conversation *conv)
{
  if (!conv->secret || !conv->passphrase || conv->deleted || cf_trust_stops (core, conv))
    return false;
  return conv->state == CF_CONVERSATION_OPEN
         || (conv->state == CF_CONVERSATION_CLOSED && conv->outbox && conv->outbox->flights);
}

/* --- where --- */

/* Mail for PEER is left where he is a guest, as he has said; else where we are: perhaps he is, too. */
static size_t
candidates (struct cf_core *core, const struct cf_fpr *peer, struct cf_node_name names[CF_NODES_MAX])
{
  const struct cf_peer *p = cf_peer_find (core, peer);
  size_t count = 0;

  for (size_t d = 0; p && p->contact && d < p->device_count; d++)
    for (size_t i = 0; i < p->devices[d].node_count && count < CF_NODES_MAX; i++)
      names[count++] = p->devices[d].nodes[i];
  return count ? count : cf_nodes_mailboxes (core, names, CF_NODES_MAX);
}

static struct cf_post_place *
find_place (struct cf_post *post, const struct cf_node_name *name)
{
  struct cf_post_place *place = post->places;

  while (place && !cf_node_name_equal (&place->name, name))
    place = place->next;
  return place;
}

/* The one that has rested longest goes, if nobody is there. */
static void
drop_place (struct cf_post *post)
{
  struct cf_post_place **oldest = NULL, *place;

  for (struct cf_post_place **p = &post->places; *p; p = &(*p)->next)
    if (!(*p)->visit && !(*p)->own && (!oldest || (*p)->retry_ms < (*oldest)->retry_ms))
      oldest = p;
  if (!oldest)
    return;
  place = *oldest;
  *oldest = place->next;
  post->place_count--;
  cf_post_place_free (place);
}

static struct cf_post_place *
get_place (struct cf_post *post, const struct cf_node_name *name)
{
  struct cf_post_place *place = find_place (post, name);

  if (place)
    return place;
  if (post->place_count >= CF_POST_PLACES_MAX)
    drop_place (post);
  place = post->place_count < CF_POST_PLACES_MAX ? cf_post_place_new (post, name) : NULL;
  if (!place)
    return NULL;
  place->next = post->places;
  post->places = place;
  post->place_count++;
  return place;
}

/* That the envelope NUMBER lies at NODE, or, if that is NULL, at the first of its places; NULL: it does not. */
static const struct cf_post_held *
find_held (const struct cf_conversation *conv, uint64_t number, const uint8_t *node, int64_t now_utc_ms)
{
  const struct cf_post_held *h = conv->post ? conv->post->held : NULL;

  while (h && (h->number != number || h->until_utc_ms <= now_utc_ms
               || (node && memcmp (h->node, node, sizeof h->node))))
    h = h->next;
  return h;
}

static size_t
copies (const struct cf_conversation *conv, uint64_t number, int64_t now_utc_ms)
{
  size_t count = 0;

  for (const struct cf_post_held *h = conv->post ? conv->post->held : NULL; h; h = h->next)
    count += h->number == number && h->until_utc_ms > now_utc_ms;
  return count;
}

/* Nothing is left there before. */
static uint64_t
leave_ms (const struct cf_post_place *place)
{
  return place->leave_ms > place->retry_ms ? place->leave_ms : place->retry_ms;
}

static bool
is_due (struct cf_core *core, const struct cf_conversation *conv, bool owed)
{
  const struct cf_post_box *box = conv->post;

  if (!box || cf_link_is_up (core, &conv->peer))
    return false;
  return owed ? box->owed_count && core->env->now_ms >= box->owed_ms + CF_POST_OWED_MS
              : box->away_ms && core->env->now_ms >= box->away_ms + CF_POST_AWAY_MS;
}

/* Does the flight F of CONV, or what is owed there (F NULL), belong to PLACE now? */
static bool
is_for (const struct cf_post_place *place, const struct cf_conversation *conv, const struct cf_flight *f)
{
  struct cf_core *core = place->post->core;
  struct cf_node_name names[CF_NODES_MAX];
  size_t count, missing;

  if (!is_due (core, conv, !f))
    return false;
  missing = f ? CF_POST_COPIES - copies (conv, f->last, core->env->now_utc_ms) : 1;
  if (!missing || missing > CF_POST_COPIES)
    return false;
  count = candidates (core, &conv->peer, names);
  for (size_t i = 0; i < count && missing; i++) {
    const struct cf_post_place *other = find_place (place->post, &names[i]);
    bool may = !other || (leave_ms (other) <= core->env->now_ms
                          && (!f || !find_held (conv, f->last, other->name.device_key, core->env->now_utc_ms)));

    if (other == place)
      return may;
    missing -= may; /* one before this will do */
  }
  return false;
}

bool
cf_post_next (const struct cf_post_place *place, struct cf_conversation **r_conv, const struct cf_flight **r_flight)
{
  struct cf_core *core = place->post->core;

  for (struct cf_conversation *conv = core->conversations->first; conv; conv = conv->next) {
    const struct cf_flight *f;

    if (!cf_post_is_live (core, conv) || !conv->outbox)
      continue;
    f = conv->outbox->flights;
    while (f && !is_for (place, conv, f))
      f = f->next;
    if (f || is_for (place, conv, NULL)) {
      *r_conv = conv;
      *r_flight = f;
      return true;
    }
  }
  return false;
}

/* --- what is known of it --- */

static gpg_error_t
add_held (struct cf_conversation *conv, uint64_t number, const uint8_t node[CF_DEVICE_KEY_LEN], int64_t until_utc_ms)
{
  struct cf_post_box *box = box_of (conv);
  struct cf_post_held *h = box ? calloc (1, sizeof *h) : NULL;

  if (!h)
    return cf_err (GPG_ERR_ENOMEM);
  h->number = number;
  memcpy (h->node, node, sizeof h->node);
  h->until_utc_ms = until_utc_ms;
  h->next = box->held;
  box->held = h;
  return 0;
}

void
cf_post_is_held (struct cf_post_place *place, struct cf_conversation *conv, const struct cf_flight *f,
                 int64_t until_utc_ms)
{
  struct cf_core *core = place->post->core;
  struct cf_held_row row = { .number = f->last, .until_utc_ms = core->env->now_utc_ms + CF_MAIL_LIFE_S * 1000LL };
  gpg_error_t err;

  if (until_utc_ms < row.until_utc_ms)
    row.until_utc_ms = until_utc_ms;
  memcpy (row.conversation, conv->id, sizeof row.conversation);
  memcpy (row.node, place->name.device_key, sizeof row.node);
  if (row.until_utc_ms <= core->env->now_utc_ms || add_held (conv, row.number, row.node, row.until_utc_ms)) {
    place->leave_ms = core->env->now_ms + CF_POST_FETCH_MS; /* lest it be left again and again */
    return;
  }
  err = cf_store_begin (core->store);
  if (err)
    return;
  err = cf_store_held_add (core->store, &row);
  if (!err)
    err = cf_outbox_raise (conv->outbox, f->first, f->last, CF_MESSAGE_HELD);
  cf_store_end (core->store, &err);
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "post: where mail lies was not kept: %s", gpg_strerror (err));
  else
    cf_outbox_tell (conv->outbox, f->first, f->last, CF_MESSAGE_HELD);
}

gpg_error_t
cf_post_arrived (struct cf_core *core, const struct cf_conversation *conv, uint64_t number)
{
  bool was = false;

  for (struct cf_post_held **p = conv->post ? &conv->post->held : NULL; p && *p;) {
    struct cf_post_held *h = *p;

    if (h->number != number) {
      p = &h->next;
      continue;
    }
    *p = h->next;
    free (h);
    was = true;
  }
  return was ? cf_store_held_drop (core->store, conv->id, number) : 0;
}

void
cf_post_forget (struct cf_core *core, struct cf_conversation *conv)
{
  struct cf_post_held *h;

  for (struct cf_post_place *place = core->post ? core->post->places : NULL; place; place = place->next)
    if (place->opening && !memcmp (place->conversation, conv->id, sizeof conv->id)) /* the inbox will not say any more */
      cf_timer_after (core->env, &place->wait, 0);
  if (!conv->post)
    return;
  while ((h = conv->post->held)) {
    conv->post->held = h->next;
    free (h);
  }
  free (conv->post);
  conv->post = NULL;
}

/* --- what is owed --- */

static gpg_error_t
add_owed (struct cf_conversation *conv, uint64_t number, uint64_t now_ms)
{
  struct cf_post_box *box = box_of (conv);

  if (!box)
    return cf_err (GPG_ERR_ENOMEM);
  for (size_t i = 0; i < box->owed_count; i++)
    if (box->owed[i] == number)
      return 0;
  if (box->owed_count == CF_POST_OWED_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  if (!box->owed_count)
    box->owed_ms = now_ms;
  box->owed[box->owed_count++] = number;
  return 0;
}

void
cf_post_owe (struct cf_core *core, struct cf_conversation *conv, uint64_t number)
{
  struct cf_post_box *box = conv->post;
  gpg_error_t err;

  if (!core->post)
    return;
  if (box && box->owed_count == CF_POST_OWED_MAX)
    cf_post_paid (core->post, conv, (const uint64_t[]){ box->owed[0] }, 1);
  err = cf_store_owed_add (core->store, conv->id, number);
  if (!err)
    err = add_owed (conv, number, core->env->now_ms);
  if (err) /* the envelope comes once more, and is acknowledged then */
    cf_log (core->env, CF_LOG_WARN, "post: an acknowledgement is not left: %s", gpg_strerror (err));
  cf_post_look (core);
}

static void
remove_owed (struct cf_post_box *box, uint64_t number)
{
  for (size_t i = 0; box && i < box->owed_count; i++)
    if (box->owed[i] == number) {
      memmove (box->owed + i, box->owed + i + 1, (--box->owed_count - i) * sizeof *box->owed);
      return;
    }
}

void
cf_post_paid (struct cf_post *post, struct cf_conversation *conv, const uint64_t *numbers, size_t count)
{
  struct cf_store *store = post->core->store;
  gpg_error_t err = cf_store_begin (store);
  bool begun = !err;

  for (size_t i = 0; i < count; i++) {
    remove_owed (conv->post, numbers[i]);
    if (!err)
      err = cf_store_owed_drop (store, conv->id, numbers[i]);
  }
  if (begun)
    cf_store_end (store, &err);
  if (err) /* it is left once more after a restart, which does no harm */
    cf_log (post->core->env, CF_LOG_WARN, "post: %s", gpg_strerror (err));
}

struct owed {
  struct cf_conversation *conv;
  struct cf_buf *frames;
  gpg_error_t err;
};

static bool
add_ack (void *arg, const struct cf_envelope_row *e)
{
  struct owed *owed = arg;
  uint64_t taken = owed->conv->received_sequence;
  uint8_t tag[CF_HASH_LEN];
  struct cf_buf body;
  struct cf_wr wr;

  cf_envelope_ack_tag (e->ack, e->number, taken, tag);
  cf_buf_init (&body, 64);
  cf_wr_init (&wr, &body);
  cf_wr_u64 (&wr, e->number);
  cf_wr_bytes (&wr, tag, sizeof tag);
  cf_wr_u64 (&wr, taken);
  owed->err = cf_wr_finish (&wr);
  if (!owed->err)
    owed->err = cf_post_frame_add (owed->frames, CF_TALK_ACK, cf_buf_data (&body), cf_buf_len (&body));
  cf_buf_done (&body);
  return false;
}

gpg_error_t
cf_post_owed_frames (struct cf_core *core, struct cf_conversation *conv, struct cf_buf *frames,
                     uint64_t r_numbers[CF_POST_OWED_MAX], size_t *r_count)
{
  struct owed owed = { conv, frames, 0 };
  const struct cf_post_box *box = conv->post;
  gpg_error_t err = 0;

  for (size_t i = 0; box && i < box->owed_count && !err; i++) {
    err = cf_store_envelope_get (core->store, conv->id, false, box->owed[i], add_ack, &owed);
    if (gpg_err_code (err) == GPG_ERR_NOT_FOUND)
      err = 0; /* its history is gone: nothing can be proved any more */
    if (!err)
      err = owed.err;
  }
  if (err)
    return err;
  *r_count = box ? box->owed_count : 0;
  for (size_t i = 0; i < *r_count; i++)
    r_numbers[i] = box->owed[i];
  return 0;
}

/* --- looking --- */

static void
due_at (struct cf_post *post, uint64_t ms)
{
  if (ms > post->core->env->now_ms && ms < post->next_ms)
    post->next_ms = ms;
}

/* How long entries gather: the more waits already, the longer. */
static uint64_t
gather_ms (const struct cf_outbox *ob)
{
  return (uint64_t) CF_POST_GATHER_MS << 2 * (ob->flight_count / CF_POST_GATHER_STEP);
}

bool
cf_post_may_seal (const struct cf_conversation *conv)
{
  return conv->post && conv->outbox && conv->outbox->sealed_sequence < conv->post->seal_upto
         && conv->outbox->flight_count < CF_POST_WINDOW;
}

/* What the user has written since the last envelope, while the peer is away. */
static void
look_at_waiting (struct cf_post *post, struct cf_conversation *conv, uint64_t away_until_ms)
{
  struct cf_outbox *ob = conv->outbox;
  uint64_t now = post->core->env->now_ms, due;

  if (ob->sealed_sequence >= conv->sent_sequence || conv->closed_by_peer || ob->sealing) {
    conv->post->waiting_ms = 0;
    return;
  }
  if (!conv->post->waiting_ms)
    conv->post->waiting_ms = now;
  due = conv->post->waiting_ms + gather_ms (ob);
  if (due < away_until_ms)
    due = away_until_ms;
  if (now < due)
    due_at (post, due);
  else if (ob->flight_count < CF_POST_WINDOW) {
    conv->post->seal_upto = conv->sent_sequence;
    cf_outbox_run (ob);
  }
}

/* Those who may take what CONV has to leave become places. */
static void
need_places (struct cf_post *post, struct cf_conversation *conv)
{
  struct cf_node_name names[CF_NODES_MAX];
  size_t count = candidates (post->core, &conv->peer, names);

  for (size_t i = 0; i < count; i++) {
    const struct cf_post_place *place = get_place (post, &names[i]);

    if (place)
      due_at (post, leave_ms (place));
  }
}

static void
look_at (struct cf_post *post, struct cf_conversation *conv)
{
  struct cf_core *core = post->core;
  struct cf_post_box *box;

  if (!cf_post_is_live (core, conv) || !conv->outbox)
    return;
  box = conv->post;
  if (cf_link_is_up (core, &conv->peer)) {
    if (box) {
      box->away_ms = box->waiting_ms = box->seal_upto = 0;
      if (box->owed_count) { /* he repeats what he has no acknowledgement of */
        const struct cf_post_box paid = *box;

        cf_post_paid (post, conv, paid.owed, paid.owed_count);
      }
    }
    return;
  }
  box = box_of (conv);
  if (!box)
    return;
  if (!box->away_ms)
    box->away_ms = core->env->now_ms;
  look_at_waiting (post, conv, box->away_ms + CF_POST_AWAY_MS);
  if (!conv->outbox->flights && !box->owed_count)
    return;
  if (conv->outbox->flights)
    due_at (post, box->away_ms + CF_POST_AWAY_MS);
  if (box->owed_count)
    due_at (post, box->owed_ms + CF_POST_OWED_MS);
  need_places (post, conv);
}

/* Is there anything to be done at PLACE? */
static bool
is_wanted (struct cf_post_place *place)
{
  struct cf_conversation *conv;
  const struct cf_flight *f;

  if (place->own && (place->fetching || place->post->core->env->now_ms >= place->fetch_ms)) {
    place->fetching = true;
    return true;
  }
  return cf_post_next (place, &conv, &f);
}

static void
look_at_own (struct cf_post *post)
{
  struct cf_node_name names[CF_NODES_MAX];
  size_t count = cf_nodes_mailboxes (post->core, names, CF_NODES_MAX);

  for (struct cf_post_place *place = post->places; place; place = place->next)
    place->own = false;
  for (size_t i = 0; i < count; i++) {
    struct cf_post_place *place = get_place (post, &names[i]);

    if (place) {
      place->own = true;
      due_at (post, place->fetch_ms);
    }
  }
}

static void
look (void *arg)
{
  struct cf_post *post = arg;
  struct cf_env *env = post->core->env;

  if (!cf_post_is_on (post->core))
    return;
  post->next_ms = UINT64_MAX;
  look_at_own (post);
  for (struct cf_conversation *conv = post->core->conversations->first; conv; conv = conv->next)
    look_at (post, conv);
  for (struct cf_post_place *place = post->places; place; place = place->next) {
    if (place->visit || post->visit_count >= CF_POST_VISITS_MAX) /* its end is looked at */
      continue;
    if (place->retry_ms > env->now_ms)
      due_at (post, place->retry_ms);
    else if (is_wanted (place))
      cf_post_place_visit (place);
  }
  if (post->next_ms != UINT64_MAX)
    cf_timer_arm (env, &post->look, post->next_ms > env->now_ms + LOOK_MS ? post->next_ms : env->now_ms + LOOK_MS);
}

void
cf_post_look (struct cf_core *core)
{
  uint64_t soon = core->env->now_ms + LOOK_MS;

  if (core->post && (!core->post->look.armed || core->post->look.due_ms > soon))
    cf_timer_arm (core->env, &core->post->look, soon);
}

void
cf_post_node_ready (struct cf_core *core, const struct cf_node_name *name)
{
  struct cf_post_place *place = core->post ? find_place (core->post, name) : NULL;

  if (place) {
    place->fetch_ms = 0;
    place->retry_ms = place->backoff_ms = 0;
  }
  cf_post_look (core);
}

void
cf_post_settled (struct cf_core *core, struct cf_conversation *conv, uint64_t number, enum cf_post_fate fate)
{
  for (struct cf_post_place *place = core->post ? core->post->places : NULL; place; place = place->next)
    if (number && place->opening == number && !memcmp (place->conversation, conv->id, sizeof conv->id)) {
      cf_post_place_settled (place, fate);
      return;
    }
}

/* --- life --- */

static gpg_error_t
load_held (void *arg, const struct cf_held_row *row)
{
  struct cf_conversation *conv = cf_conversation_find (arg, row->conversation);

  return conv ? add_held (conv, row->number, row->node, row->until_utc_ms) : 0;
}

static gpg_error_t
load_owed (void *arg, const uint8_t conversation[CF_CONVERSATION_ID_LEN], uint64_t number)
{
  struct cf_core *core = arg;
  struct cf_conversation *conv = cf_conversation_find (core, conversation);

  if (!conv || (conv->post && conv->post->owed_count == CF_POST_OWED_MAX))
    return 0;
  return add_owed (conv, number, core->env->now_ms);
}

gpg_error_t
cf_post_new (struct cf_core *core, struct cf_post **r_post)
{
  struct cf_post *post = calloc (1, sizeof *post);
  gpg_error_t err;

  if (!post)
    return cf_err (GPG_ERR_ENOMEM);
  post->core = core;
  cf_timer_init (&post->look, look, post);
  err = cf_store_held_all (core->store, core->env->now_utc_ms, load_held, core);
  if (!err)
    err = cf_store_owed_all (core->store, load_owed, core);
  if (err) {
    cf_post_free (post);
    return err;
  }
  cf_timer_after (core->env, &post->look, LOOK_MS);
  *r_post = post;
  return 0;
}

void
cf_post_free (struct cf_post *post)
{
  struct cf_post_place *place;

  if (!post)
    return;
  while ((place = post->places)) {
    post->places = place->next;
    cf_post_place_free (place);
  }
  cf_timer_cancel (post->core->env, &post->look);
  for (struct cf_conversation *conv = post->core->conversations->first; conv; conv = conv->next)
    cf_post_forget (post->core, conv);
  free (post);
}

void
cf_post_counts (struct cf_core *core, struct cf_post_counts *r_counts)
{
  struct cf_node_name names[CF_NODES_MAX];

  memset (r_counts, 0, sizeof *r_counts);
  if (!core->post)
    return;
  r_counts->left = core->post->left;
  r_counts->fetched = core->post->fetched;
  r_counts->places = cf_nodes_mailboxes (core, names, CF_NODES_MAX);
  for (const struct cf_conversation *conv = core->conversations->first; conv; conv = conv->next) {
    r_counts->owed += conv->post ? conv->post->owed_count : 0;
    for (const struct cf_flight *f = conv->outbox ? conv->outbox->flights : NULL; f; f = f->next)
      if (find_held (conv, f->last, NULL, core->env->now_utc_ms))
        r_counts->held += f->last - f->first + 1;
  }
}

static bool
see_created (void *arg, const struct cf_envelope_row *e)
{
  *(int64_t *) arg = e->created_utc_ms;
  return false;
}

/* Of the messages of CONV: where, and since when, the oldest lies, if nothing older is known. */
static void
add_waiting (struct cf_core *core, const struct cf_conversation *conv, struct cf_post_waiting *w)
{
  const struct cf_post_held *h;
  int64_t since;

  for (const struct cf_flight *f = conv->outbox ? conv->outbox->flights : NULL; f; f = f->next) {
    h = find_held (conv, f->last, NULL, core->env->now_utc_ms);
    if (!h)
      continue;
    since = core->env->now_utc_ms;
    if (cf_store_envelope_get (core->store, conv->id, true, f->last, see_created, &since))
      cf_log (core->env, CF_LOG_WARN, "post: it is not known since when an envelope waits");
    if (!w->messages || since < w->since_utc_ms) {
      w->since_utc_ms = since;
      memcpy (w->node, h->node, sizeof w->node);
    }
    w->messages += f->last - f->first + 1;
  }
}

void
cf_post_waiting (struct cf_core *core, const struct cf_fpr *peer, struct cf_post_waiting *r_waiting)
{
  const struct cf_post_place *place;

  memset (r_waiting, 0, sizeof *r_waiting);
  if (!core->post)
    return;
  for (const struct cf_conversation *conv = core->conversations->first; conv; conv = conv->next)
    if (cf_fpr_equal (&conv->peer, peer))
      add_waiting (core, conv, r_waiting);
  for (place = core->post->places; r_waiting->messages && place; place = place->next)
    if (!memcmp (place->name.device_key, r_waiting->node, sizeof r_waiting->node))
      r_waiting->addr = place->name.addr;
}
