/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post_round.c - what is said at a node: mail is left, then fetched and deleted.
 *
 *   visit --ready--> LEAVE (what waits; what is owed) --nothing more--> FETCH --nothing more--> goodbye
 *   FETCH --MAIL: opened--> the inbox --on disk, or will never hold--> DELETE --> FETCH the next
 *                                    \--not now--> it stays: again later
 *   FETCH --EMPTY--> the next week, then the next conversation
 *   any --refused, broken rule, the tunnel ends--> a back-off
 *
 * One question at a time, so that mail lies at the node in the order in which it was written.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/message.h"
#include "core/post_private.h"
#include "core/self.h"
#include "core/store/store_message.h"

#define BACKOFF_FIRST_MS 30000
#define BACKOFF_LAST_MS (30 * 60 * 1000)
#define REFUSED_LEAST_S 60
#define REFUSED_MOST_S 3600
#define AGAIN_MS 30000   /* what could not be taken is fetched once more ... */
#define TRIES 5          /* ... so often; then with the others */
#define OPENING_MS 60000 /* the inbox may have an envelope so long */
#define PIECES_MAX 80    /* of one drop, a round: a node that keeps its own rules has no more */
/* Weeks whose drops are looked into: a clock may be wrong by one, and mail lives for two. */
#define WEEK_NEXT 1
#define WEEKS_OLD 3   /* the first time */
#define WEEKS_AGAIN 1 /* later: nothing is put into older ones */

#define ACK_LEN (8 + CF_HASH_LEN + 8)

static void place_next (struct cf_post_place *place);

static struct cf_env *
env_of (const struct cf_post_place *place)
{
  return place->post->core->env;
}

/* The visit is over, and perhaps gone already. */
static void
end_visit (struct cf_post_place *place)
{
  cf_post_visit_free (place->visit);
  place->visit = NULL;
  place->asked = 0;
  place->opening = 0;
  place->post->visit_count--;
  cf_timer_cancel (env_of (place), &place->wait);
  cf_post_look (place->post->core);
}

static void
visit_failed (struct cf_post_place *place, gpg_error_t err)
{
  struct cf_env *env = env_of (place);
  char text[CF_ADDR_TEXT_SIZE];

  cf_log (env, CF_LOG_INFO, "no mail at node %s: %s", cf_addr_format (&place->name.addr, text), gpg_strerror (err));
  place->backoff_ms = place->backoff_ms ? 2 * place->backoff_ms : BACKOFF_FIRST_MS;
  if (place->backoff_ms > BACKOFF_LAST_MS || gpg_err_code (err) == GPG_ERR_NOT_SUPPORTED)
    place->backoff_ms = BACKOFF_LAST_MS;
  place->retry_ms = env->now_ms + cf_env_jitter (env, place->backoff_ms);
  end_visit (place);
}

/* It lies, or breaks a rule: left as if it had gone. */
static void
distrust (struct cf_post_place *place)
{
  cf_refused (env_of (place), CF_REFUSED_NODE_UNEXPECTED);
  visit_failed (place, cf_err (CF_ERR_PROTOCOL));
}

/* M, of the drop in which SENDER writes to CONV in WEEK. */
static gpg_error_t
ask (struct cf_post_place *place, const struct cf_conversation *conv, const struct cf_fpr *sender, int64_t week,
     struct cf_node_message *m)
{
  struct cf_post_drop *drop = NULL;
  gpg_error_t err = cf_post_drop_new (conv->secret, sender, week, &drop);

  if (err)
    return err;
  err = cf_post_visit_ask (place->visit, drop, m);
  cf_post_drop_free (drop);
  if (err)
    return err;
  place->asked = m->kind;
  place->week = week;
  memcpy (place->conversation, conv->id, sizeof place->conversation);
  return 0;
}

/* --- leaving --- */

static gpg_error_t
leave_frames (struct cf_post_place *place, struct cf_conversation *conv, uint64_t number, struct cf_buf *frames)
{
  const struct cf_fpr *own = &place->post->core->self->fpr;
  struct cf_env *env = env_of (place);
  int64_t week = env->now_utc_ms / CF_POST_WEEK_MS;
  struct cf_node_message m = { .kind = CF_NODE_DEPOSIT };
  struct cf_post_drop *drop = NULL;
  struct cf_buf mail;
  gpg_error_t err;

  cf_buf_init (&mail, CF_MAIL_MAX);
  err = cf_post_drop_new (conv->secret, own, week, &drop);
  if (!err)
    err = cf_post_seal (env, drop, frames, &mail);
  cf_post_drop_free (drop);
  if (!err) {
    m.mail.blob = cf_buf_data (&mail);
    m.mail.blob_len = cf_buf_len (&mail);
    err = ask (place, conv, own, week, &m);
  }
  cf_buf_done (&mail);
  if (!err)
    place->number = number;
  return err;
}

struct envelope {
  struct cf_buf *frames;
  gpg_error_t err;
};

static bool
add_envelope (void *arg, const struct cf_envelope_row *e)
{
  struct envelope *to = arg;
  struct cf_buf body;
  struct cf_wr wr;

  cf_buf_init (&body, CF_GPG_ENVELOPE_MAX + 64);
  cf_wr_init (&wr, &body);
  cf_wr_u64 (&wr, e->number);
  cf_wr_bytes (&wr, e->sealed, e->sealed_len);
  to->err = e->sealed_len ? cf_wr_finish (&wr) : cf_err (GPG_ERR_NO_DATA);
  if (!to->err)
    to->err = cf_post_frame_add (to->frames, CF_TALK_ENVELOPE, cf_buf_data (&body), cf_buf_len (&body));
  cf_buf_done (&body);
  return false;
}

static gpg_error_t
leave_flight (struct cf_post_place *place, struct cf_conversation *conv, const struct cf_flight *f)
{
  struct envelope to = { NULL, 0 };
  struct cf_buf frames;
  gpg_error_t err;

  cf_buf_init (&frames, CF_MAIL_MAX);
  to.frames = &frames;
  err = cf_store_envelope_get (place->post->core->store, conv->id, true, f->last, add_envelope, &to);
  if (!err)
    err = to.err;
  if (!err)
    err = leave_frames (place, conv, f->last, &frames);
  cf_buf_done (&frames);
  return err;
}

/* *R_SAID: there was something. */
static gpg_error_t
leave_owed (struct cf_post_place *place, struct cf_conversation *conv, bool *r_said)
{
  struct cf_buf frames;
  gpg_error_t err;

  cf_buf_init (&frames, CF_MAIL_MAX);
  err = cf_post_owed_frames (place->post->core, conv, &frames, place->owed, &place->owed_count);
  if (!err && !cf_buf_len (&frames))
    cf_post_paid (place->post, conv, place->owed, place->owed_count);
  else if (!err) {
    err = leave_frames (place, conv, 0, &frames);
    *r_said = !err;
  }
  cf_buf_done (&frames);
  return err;
}

/* The first thing that is to be left here. */
static gpg_error_t
leave_next (struct cf_post_place *place, bool *r_said)
{
  struct cf_conversation *conv;
  const struct cf_flight *f;
  gpg_error_t err = 0;

  while (!err && !*r_said && cf_post_next (place, &conv, &f))
    if (f) {
      err = leave_flight (place, conv, f);
      *r_said = !err;
    } else
      err = leave_owed (place, conv, r_said);
  return err;
}

static void
was_left (struct cf_post_place *place, struct cf_conversation *conv, int64_t until_utc_ms)
{
  const struct cf_flight *f = conv->outbox ? conv->outbox->flights : NULL;

  place->post->left++;
  if (!place->number) {
    cf_post_paid (place->post, conv, place->owed, place->owed_count);
    return;
  }
  while (f && f->last != place->number)
    f = f->next;
  if (f)
    cf_post_is_held (place, conv, f, until_utc_ms);
}

/* --- fetching --- */

static void
next_drop (struct cf_post_cursor *c)
{
  c->after = 0;
  c->pieces = 0;
  c->week++;
}

/* How many weeks before this one are looked into. */
static int
weeks_before (const struct cf_post_place *place)
{
  return place->rounds ? WEEKS_AGAIN : WEEKS_OLD;
}

/* The conversation at the cursor, which goes on to the next one if that one is done, or gone; NULL: there is none. */
static struct cf_conversation *
cursor_conversation (struct cf_post_place *place)
{
  struct cf_core *core = place->post->core;
  struct cf_post_cursor *c = &place->cursor;
  struct cf_conversation *next = NULL, *conv = c->begun ? cf_conversation_find (core, c->conversation) : NULL;

  if (conv && cf_post_is_live (core, conv) && c->week <= WEEK_NEXT + weeks_before (place))
    return conv;
  for (conv = core->conversations->first; conv; conv = conv->next)
    if (cf_post_is_live (core, conv) && (!c->begun || memcmp (conv->id, c->conversation, sizeof conv->id) > 0)
        && (!next || memcmp (conv->id, next->id, sizeof conv->id) < 0))
      next = conv;
  if (next) {
    *c = (struct cf_post_cursor){ .begun = true };
    memcpy (c->conversation, next->id, sizeof c->conversation);
  }
  return next;
}

/* Every drop of every conversation was looked into. */
static void
round_over (struct cf_post_place *place)
{
  struct cf_env *env = env_of (place);

  place->fetching = false;
  place->rounds++;
  place->tries = place->again ? place->tries + 1 : 0;
  place->fetch_ms = env->now_ms + cf_env_jitter (env, place->again && place->tries <= TRIES ? AGAIN_MS : CF_POST_FETCH_MS);
  place->again = false;
  memset (&place->cursor, 0, sizeof place->cursor);
}

/* Ask for the next piece of mail; *R_SAID: there may be one. */
static gpg_error_t
fetch_next (struct cf_post_place *place, bool *r_said)
{
  struct cf_core *core = place->post->core;
  struct cf_post_cursor *c = &place->cursor;
  struct cf_conversation *conv;
  gpg_error_t err = 0;

  if (!place->own || !place->fetching)
    return 0;
  if (c->pieces >= PIECES_MAX)
    next_drop (c);
  conv = cursor_conversation (place);
  if (conv) {
    struct cf_node_message m = { .kind = CF_NODE_FETCH, .mail = { .number = c->after } };
    int64_t first = core->env->now_utc_ms / CF_POST_WEEK_MS - weeks_before (place);

    err = ask (place, conv, &conv->peer, first + c->week, &m);
    *r_said = !err;
  } else
    round_over (place);
  return err;
}

static gpg_error_t
delete_mail (struct cf_post_place *place, const struct cf_conversation *conv)
{
  struct cf_node_message m = { .kind = CF_NODE_DELETE, .mail = { .number = place->cursor.after } };

  return ask (place, conv, &conv->peer, place->week, &m);
}

void
cf_post_place_settled (struct cf_post_place *place, enum cf_post_fate fate)
{
  struct cf_conversation *conv = cf_conversation_find (place->post->core, place->conversation);
  gpg_error_t err = 0;

  place->opening = 0;
  cf_timer_cancel (env_of (place), &place->wait);
  if (!place->visit)
    return;
  if (fate == CF_POST_LATER || !conv || !conv->secret) {
    place->again = true;
    place_next (place);
    return;
  }
  err = delete_mail (place, conv);
  if (err)
    visit_failed (place, err);
}

static void
opening_slow (void *arg)
{
  cf_post_place_settled (arg, CF_POST_LATER);
}

/* Could this be an acknowledgement, or an envelope that the inbox takes? */
static bool
is_sound (enum cf_talk type, const uint8_t *body, size_t len)
{
  struct cf_rd rd;
  uint64_t number;

  cf_rd_init (&rd, body, len);
  number = cf_rd_u64 (&rd);
  if (!number || number > CF_SEQUENCE_MAX)
    return false;
  return type == CF_TALK_ACK ? len == ACK_LEN : len > 8 && len <= 8 + CF_GPG_ENVELOPE_MAX;
}

/* What is inside: at most one envelope, which comes last, and acknowledgements.  Errors: BAD_DATA, it is not of that form;
   others: it cannot be taken now. */
static gpg_error_t
take_frames (struct cf_post_place *place, struct cf_conversation *conv, const struct cf_buf *frames,
             const uint8_t **r_envelope, size_t *r_len)
{
  struct cf_rd rd;
  enum cf_talk type;
  const uint8_t *body;
  size_t len, count = 0;
  gpg_error_t err;

  *r_envelope = NULL;
  cf_rd_init (&rd, cf_buf_data (frames), cf_buf_len (frames));
  while (cf_post_frame_next (&rd, &type, &body, &len)) {
    if (*r_envelope || (type != CF_TALK_ACK && type != CF_TALK_ENVELOPE) || !is_sound (type, body, len)
        || count++ == CF_POST_OWED_MAX + (type == CF_TALK_ENVELOPE))
      return cf_err (GPG_ERR_BAD_DATA);
    if (type == CF_TALK_ENVELOPE) {
      *r_envelope = body;
      *r_len = len;
    } else {
      err = cf_message_posted (place->post->core, conv, type, body, len);
      if (err)
        return err;
    }
  }
  return rd.err ? cf_err (GPG_ERR_BAD_DATA) : 0;
}

/* To the inbox, which says later what became of it; or says so at once. */
static void
take_envelope (struct cf_post_place *place, struct cf_conversation *conv, const uint8_t *body, size_t len)
{
  struct cf_rd rd;

  cf_rd_init (&rd, body, len);
  place->opening = cf_rd_u64 (&rd);
  cf_timer_after (env_of (place), &place->wait, OPENING_MS);
  if (cf_message_posted (place->post->core, conv, CF_TALK_ENVELOPE, body, len))
    cf_post_place_settled (place, CF_POST_LATER);
}

/* What becomes of mail without an envelope, in which ERR was found. */
static enum cf_post_fate
fate_of (struct cf_post_place *place, gpg_error_t err)
{
  switch (gpg_err_code (err)) {
  case GPG_ERR_NO_ERROR:
    return CF_POST_TAKEN;
  case GPG_ERR_BAD_DATA:
  case GPG_ERR_CHECKSUM:
  case GPG_ERR_TOO_SHORT:
  case GPG_ERR_TOO_LARGE:
    cf_refused (env_of (place), CF_REFUSED_MAIL_SEALED);
    return CF_POST_REFUSED;
  default: /* ours, not its */
    return CF_POST_LATER;
  }
}

static void
take_mail (struct cf_post_place *place, struct cf_conversation *conv, const struct cf_node_message *m)
{
  struct cf_post_drop *drop = NULL;
  const uint8_t *envelope = NULL;
  struct cf_buf frames;
  size_t len = 0;
  gpg_error_t err;

  place->cursor.after = m->mail.number;
  place->cursor.pieces++;
  place->asked = 0;
  place->post->fetched++;
  cf_buf_init (&frames, CF_MAIL_MAX);
  err = cf_post_drop_new (conv->secret, &conv->peer, place->week, &drop);
  if (!err)
    err = cf_post_open (drop, m->mail.blob, m->mail.blob_len, &frames);
  cf_post_drop_free (drop);
  if (!err)
    err = take_frames (place, conv, &frames, &envelope, &len);
  if (!err && envelope)
    take_envelope (place, conv, envelope, len);
  else
    cf_post_place_settled (place, fate_of (place, err));
  cf_buf_done (&frames);
}

/* --- answers --- */

static void
was_refused (struct cf_post_place *place, const struct cf_node_message *m)
{
  struct cf_env *env = env_of (place);
  uint32_t seconds = m->refused.seconds < REFUSED_LEAST_S ? REFUSED_LEAST_S : m->refused.seconds;

  if (m->refused.what != place->asked) {
    distrust (place);
    return;
  }
  if (seconds > REFUSED_MOST_S)
    seconds = REFUSED_MOST_S;
  cf_log (env, CF_LOG_INFO, "a node refuses mail: %s", gpg_strerror (cf_err ((gpg_err_code_t) m->refused.code)));
  if (place->asked == CF_NODE_DEPOSIT) { /* it may still have some for us */
    place->leave_ms = env->now_ms + cf_env_jitter (env, (uint64_t) seconds * 1000);
    place_next (place);
  } else if (place->asked == CF_NODE_DELETE)
    place_next (place);
  else {
    place->retry_ms = env->now_ms + cf_env_jitter (env, (uint64_t) seconds * 1000);
    end_visit (place);
  }
}

static bool
is_answer (enum cf_node_kind asked, enum cf_node_kind kind)
{
  switch (asked) {
  case CF_NODE_DEPOSIT: return kind == CF_NODE_HELD;
  case CF_NODE_FETCH: return kind == CF_NODE_MAIL || kind == CF_NODE_EMPTY;
  case CF_NODE_DELETE: return kind == CF_NODE_DELETED;
  default: return false;
  }
}

static void
place_answer (void *arg, const struct cf_node_message *m)
{
  struct cf_post_place *place = arg;
  struct cf_conversation *conv = cf_conversation_find (place->post->core, place->conversation);

  if (m->kind == CF_NODE_REFUSED) {
    was_refused (place, m);
    return;
  }
  if (!is_answer (place->asked, m->kind) || (m->kind == CF_NODE_MAIL && m->mail.number <= place->cursor.after)) {
    distrust (place);
    return;
  }
  place->backoff_ms = 0;
  if (m->kind == CF_NODE_EMPTY)
    next_drop (&place->cursor);
  else if (m->kind == CF_NODE_HELD && conv)
    was_left (place, conv, (int64_t) m->mail.until_utc_ms);
  if (m->kind == CF_NODE_MAIL && conv && conv->secret)
    take_mail (place, conv, m);
  else
    place_next (place);
}

static void
place_next (struct cf_post_place *place)
{
  bool said = false;
  gpg_error_t err;

  if (!cf_post_is_on (place->post->core)) {
    end_visit (place);
    return;
  }
  err = leave_next (place, &said);
  if (!err && !said)
    err = fetch_next (place, &said);
  if (err)
    visit_failed (place, err);
  else if (!said)
    end_visit (place);
}

static void
place_ready (void *arg)
{
  place_next (arg);
}

static void
place_ended (void *arg, gpg_error_t err)
{
  struct cf_post_place *place = arg;

  place->visit = NULL;
  visit_failed (place, err);
}

static const struct cf_post_visit_handler handler = { place_ready, place_answer, place_ended };

void
cf_post_place_visit (struct cf_post_place *place)
{
  gpg_error_t err;

  place->post->visit_count++;
  err = cf_post_visit_new (place->post->core, &place->name, &handler, place, &place->visit);
  if (err)
    visit_failed (place, err);
}

struct cf_post_place *
cf_post_place_new (struct cf_post *post, const struct cf_node_name *name)
{
  struct cf_post_place *place = calloc (1, sizeof *place);

  if (!place)
    return NULL;
  place->post = post;
  place->name = *name;
  cf_timer_init (&place->wait, opening_slow, place);
  return place;
}

void
cf_post_place_free (struct cf_post_place *place)
{
  cf_post_visit_free (place->visit);
  cf_timer_cancel (env_of (place), &place->wait);
  free (place);
}
