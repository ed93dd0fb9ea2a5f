/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer_frame.c - frames of transfers: built and parsed side by side, checked, given to sender or receiver.
 *
 * A STATE proves that its author knows the offer, and is good in one tunnel
 * only.  UNKNOWN cannot prove that: it is said by who has no offer, and ends
 * nothing that a thief of the device key could not end by silence.
 */
#include "core/transfer_private.h"

#include <string.h>

#include "base/secmem.h"
#include "core/link.h"
#include "core/trust.h"

enum role { ROLE_SENDER = 1, ROLE_RECEIVER = 2 };

struct said {
  uint8_t id[CF_MESSAGE_ID_LEN];
  uint8_t role, state, detail;
  uint8_t tag[CF_HASH_LEN];
};

/* --- saying --- */

static void
state_tag (const struct cf_transfer *t, const struct said *s, const uint8_t handshake[64], uint8_t r_tag[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, t->row.offer.key, "file state");
  cf_hash_add (&h, s->id, sizeof s->id);
  cf_hash_add (&h, &s->role, 1);
  cf_hash_add (&h, &s->state, 1);
  cf_hash_add (&h, &s->detail, 1);
  cf_hash_add (&h, handshake, 64);
  cf_hash_final (&h, r_tag);
}

int
cf_transfer_said_state (const struct cf_transfer *t)
{
  if (cf_transfer_has_ended (t))
    return t->row.state;
  if (t->row.paused_by_us)
    return CF_TRANSFER_PAUSED;
  if (t->row.outgoing)
    return t->row.state == CF_TRANSFER_IDLE ? CF_TRANSFER_IDLE : CF_TRANSFER_ACTIVE;
  return t->row.state == CF_TRANSFER_ACTIVE && !cf_transfer_has_turn (t) ? CF_TRANSFER_IDLE : t->row.state;
}

static gpg_error_t
send_state (struct cf_core *core, const struct cf_conversation *conv, const struct said *s)
{
  struct cf_buf b;
  struct cf_wr wr;
  gpg_error_t err;

  cf_buf_init (&b, 64);
  cf_wr_init (&wr, &b);
  cf_wr_bytes (&wr, s->id, sizeof s->id);
  cf_wr_u8 (&wr, s->role);
  cf_wr_u8 (&wr, s->state);
  cf_wr_u8 (&wr, s->detail);
  cf_wr_bytes (&wr, s->tag, sizeof s->tag);
  err = cf_wr_finish (&wr);
  if (!err)
    err = cf_talk_send (core, &conv->peer, CF_TALK_FILE_STATE, conv->id, cf_buf_data (&b), cf_buf_len (&b));
  cf_buf_done (&b);
  return err;
}

void
cf_transfer_say (struct cf_transfer *t)
{
  struct cf_core *core = t->all->core;
  const struct cf_conversation *conv = cf_transfer_conversation (t);
  const uint8_t *handshake = conv ? cf_link_handshake_hash (core, &conv->peer) : NULL;
  const int state = cf_transfer_said_state (t);
  const int detail = state == CF_TRANSFER_FAILED ? t->row.detail : 0;
  struct said s = { .role = t->row.outgoing ? ROLE_SENDER : ROLE_RECEIVER, .state = (uint8_t) state, .detail = (uint8_t) detail };

  if (!handshake || (state == t->said_state && detail == t->said_detail) || conv->state != CF_CONVERSATION_OPEN
      || cf_trust_stops (core, conv))
    return;
  if (t->row.outgoing && conv->acked_sequence < t->sequence) /* he does not know of it yet */
    return;
  memcpy (s.id, t->row.id, sizeof s.id);
  state_tag (t, &s, handshake, s.tag);
  if (send_state (core, conv, &s))
    return; /* once more with the next tick, or the next tunnel */
  t->said_state = state;
  t->said_detail = detail;
}

void
cf_transfer_say_unknown (struct cf_core *core, const struct cf_conversation *conv, const uint8_t id[CF_MESSAGE_ID_LEN],
                         bool outgoing)
{
  struct said s = { .role = outgoing ? ROLE_SENDER : ROLE_RECEIVER, .state = CF_TRANSFER_UNKNOWN };
  gpg_error_t err;

  memcpy (s.id, id, sizeof s.id);
  err = send_state (core, conv, &s);
  if (err)
    cf_log (core->env, CF_LOG_DEBUG, "transfer: not said: %s", gpg_strerror (err));
}

gpg_error_t
cf_transfer_ask (struct cf_transfer *t, enum cf_talk type, uint64_t first, uint32_t count)
{
  struct cf_buf b;
  struct cf_wr wr;
  gpg_error_t err;

  cf_buf_init (&b, 32);
  cf_wr_init (&wr, &b);
  cf_wr_bytes (&wr, t->row.id, sizeof t->row.id);
  cf_wr_u64 (&wr, first);
  cf_wr_u32 (&wr, count);
  err = cf_wr_finish (&wr);
  if (!err)
    err = cf_talk_send (t->all->core, &t->peer, type, t->row.conversation, cf_buf_data (&b), cf_buf_len (&b));
  cf_buf_done (&b);
  return err;
}

/* --- what the other side is at --- */

/* He has ended.  False: not so. */
static bool
peer_ended (struct cf_transfer *t, const struct said *s)
{
  if ((s->state == CF_TRANSFER_DONE || s->state == CF_TRANSFER_REFUSED) && !t->row.outgoing
      && !(cf_transfer_has_ended (t)))
    return false;
  t->row.peer_ended = true;
  if (cf_transfer_has_ended (t)) {
    cf_transfer_save_quietly (t); /* says ours, unless it was said */
    cf_transfers_changed (t->all->core);
    return true;
  }
  switch (s->state) {
  case CF_TRANSFER_DONE:
    t->row.done = t->stream_len;
    cf_transfer_set_state (t, CF_TRANSFER_DONE, 0, CF_SAY_NOTHING);
    break;
  case CF_TRANSFER_REFUSED: cf_transfer_set_state (t, CF_TRANSFER_REFUSED, 0, CF_SAY_ENDED_REFUSED_THERE); break;
  case CF_TRANSFER_CANCELLED: cf_transfer_set_state (t, CF_TRANSFER_CANCELLED, 0, CF_SAY_ENDED_CANCELLED_THERE); break;
  case CF_TRANSFER_UNKNOWN:
    cf_transfer_set_state (t, CF_TRANSFER_FAILED, CF_TRANSFER_OTHER, CF_SAY_ENDED_FORGOTTEN);
    break;
  default: cf_transfer_set_state (t, CF_TRANSFER_FAILED, s->detail, cf_transfer_failed_why (t, s->detail, false));
  }
  return true;
}

static void
set_peer_paused (struct cf_transfer *t, bool paused)
{
  if (t->row.paused_by_peer == paused)
    return;
  t->row.paused_by_peer = paused;
  t->rate = 0;
  if (!t->row.outgoing) { /* what he had not sent yet he has forgotten */
    t->in.asked.count = 0;
    t->in.cursor = 0;
  } else
    t->out.wanted.count = 0;
  cf_transfer_save (t);
  cf_transfer_tend (t);
}

/* The receiver of ours.  False: he cannot be there. */
static bool
receiver_is (struct cf_transfer *t, const struct said *s)
{
  if (s->state != CF_TRANSFER_IDLE && t->row.state == CF_TRANSFER_IDLE) /* he has accepted */
    cf_transfer_set_state (t, CF_TRANSFER_ACTIVE, 0, CF_SAY_NOTHING);
  set_peer_paused (t, s->state == CF_TRANSFER_PAUSED);
  if (s->state == CF_TRANSFER_ACTIVE && t->row.state == CF_TRANSFER_COMPLETE) { /* something differed */
    t->out.root_asked = false;
    cf_transfer_set_state (t, CF_TRANSFER_ACTIVE, 0, CF_SAY_NOTHING);
  }
  if (s->state == CF_TRANSFER_COMPLETE)
    cf_transfer_finish_sending (t);
  cf_transfer_tick (t->all);
  return true;
}

static bool
sender_is (struct cf_transfer *t, const struct said *s)
{
  if (s->state == CF_TRANSFER_COMPLETE)
    return false;
  set_peer_paused (t, s->state == CF_TRANSFER_PAUSED);
  cf_transfers_run (t->all, &t->peer);
  cf_transfer_tick (t->all);
  return true;
}

/* Does he change his mind more often than people do? */
static bool
is_flood (struct cf_transfer *t)
{
  const uint64_t now = t->all->core->env->now_ms;

  if (!t->changes || now - t->changes_ms > CF_TRANSFER_STATES_MS) {
    t->changes_ms = now;
    t->changes = 0;
  }
  return ++t->changes > CF_TRANSFER_STATES_MAX;
}

/* Was T, which has ended on both sides, spoken of a moment ago?  It may be that he has not heard of it, so it is said
   once more; but T is not kept in memory, and two that answered every time would never stop. */
static bool
is_repeated (struct cf_transfer *t)
{
  struct cf_transfers *all = t->all;
  const uint64_t now = all->core->env->now_ms;
  size_t i, place = CF_TRANSFER_REPEATED_MAX;

  for (i = 0; i < CF_TRANSFER_REPEATED_MAX; i++)
    if (all->repeated[i].until_ms <= now)
      place = i;
    else if (!memcmp (all->repeated[i].id, t->row.id, CF_MESSAGE_ID_LEN))
      return true;
  if (place == CF_TRANSFER_REPEATED_MAX)
    return true;
  all->repeated[place].until_ms = now + CF_TRANSFER_STATES_MS;
  memcpy (all->repeated[place].id, t->row.id, CF_MESSAGE_ID_LEN);
  return false;
}

/* What is wrong with S about T; CF_REFUSED_COUNT: nothing, and it has been done. */
static enum cf_refusal
take_state (struct cf_transfer *t, const struct said *s)
{
  const uint8_t *handshake = cf_link_handshake_hash (t->all->core, &t->peer);
  uint8_t tag[CF_HASH_LEN];
  bool fits;

  if (t->row.outgoing != (s->role == ROLE_RECEIVER))
    return CF_REFUSED_TRANSFER_UNEXPECTED;
  if (is_flood (t))
    return CF_REFUSED_TRANSFER_FLOOD;
  if (s->state != CF_TRANSFER_UNKNOWN) {
    if (!handshake)
      return CF_REFUSED_TRANSFER_UNEXPECTED;
    state_tag (t, s, handshake, tag);
    if (!cf_ct_equal (tag, s->tag, sizeof tag))
      return CF_REFUSED_TRANSFER_TAG;
  }
  if (cf_transfer_has_ended (t) && t->row.peer_ended) {
    if (is_repeated (t))
      return CF_REFUSED_TRANSFER_FLOOD;
    cf_transfer_say (t);
    return CF_REFUSED_COUNT;
  }
  if (s->state >= CF_TRANSFER_DONE)
    fits = peer_ended (t, s);
  else if (cf_transfer_has_ended (t)) {
    cf_transfer_say (t);
    fits = true;
  } else
    fits = t->row.outgoing ? receiver_is (t, s) : sender_is (t, s);
  return fits ? CF_REFUSED_COUNT : CF_REFUSED_TRANSFER_UNEXPECTED;
}

/* --- frames of talk --- */

static gpg_error_t
state_frame (struct cf_core *core, const struct cf_conversation *conv, struct cf_rd *rd, enum cf_refusal *r_why)
{
  struct cf_transfer *t;
  struct said s;
  gpg_error_t err;

  cf_rd_bytes (rd, s.id, sizeof s.id);
  s.role = cf_rd_u8 (rd);
  s.state = cf_rd_u8 (rd);
  s.detail = cf_rd_u8 (rd);
  cf_rd_bytes (rd, s.tag, sizeof s.tag);
  if (s.role < ROLE_SENDER || s.role > ROLE_RECEIVER || s.state < CF_TRANSFER_IDLE || s.state > CF_TRANSFER_UNKNOWN
      || s.detail > CF_TRANSFER_OTHER || (s.detail && s.state != CF_TRANSFER_FAILED))
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
  err = cf_rd_finish (rd);
  if (!err)
    err = cf_transfer_get (core->transfers, conv->id, s.id, &t);
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND) {
    if (s.state != CF_TRANSFER_UNKNOWN)
      cf_transfer_say_unknown (core, conv, s.id, s.role == ROLE_RECEIVER);
    *r_why = CF_REFUSED_TRANSFER_UNKNOWN;
    return 0;
  }
  if (!err)
    *r_why = take_state (t, &s);
  return err;
}

/* FILE GET and FILE LEAVES. */
static gpg_error_t
ask_frame (struct cf_core *core, const struct cf_conversation *conv, enum cf_talk type, struct cf_rd *rd,
           enum cf_refusal *r_why)
{
  struct cf_transfer *t;
  uint8_t id[CF_MESSAGE_ID_LEN];
  uint64_t first;
  uint32_t count;
  gpg_error_t err;

  cf_rd_bytes (rd, id, sizeof id);
  first = cf_rd_u64 (rd);
  count = cf_rd_u32 (rd);
  err = cf_rd_finish (rd);
  if (!err)
    err = cf_transfer_get (core->transfers, conv->id, id, &t);
  if (gpg_err_code (err) == GPG_ERR_NOT_FOUND) {
    cf_transfer_say_unknown (core, conv, id, true);
    *r_why = CF_REFUSED_TRANSFER_UNKNOWN;
    return 0;
  }
  if (err)
    return err;
  *r_why = CF_REFUSED_COUNT;
  if (cf_transfer_has_ended (t)) {
    cf_transfer_say (t); /* they have crossed */
    return 0;
  }
  if (!t->row.outgoing || t->row.state == CF_TRANSFER_IDLE)
    *r_why = CF_REFUSED_TRANSFER_UNEXPECTED;
  else if (!count || count > (type == CF_TALK_FILE_GET ? CF_TRANSFER_WINDOW : CF_TRANSFER_LEAVES_MAX)
           || first >= t->blocks || count > t->blocks - first)
    *r_why = CF_REFUSED_TRANSFER_CREDIT;
  else if (type == CF_TALK_FILE_GET)
    cf_transfer_wanted (t, first, count);
  else
    cf_transfer_leaves_wanted (t, first, count);
  return 0;
}

void
cf_transfer_frame (struct cf_core *core, struct cf_conversation *conv, const struct cf_talk_frame *frame)
{
  enum cf_refusal why = CF_REFUSED_COUNT;
  struct cf_rd rd;
  gpg_error_t err;

  if (!core->transfers)
    return;
  cf_rd_init (&rd, frame->body, frame->body_len);
  if (frame->type == CF_TALK_FILE_STATE)
    err = state_frame (core, conv, &rd, &why);
  else
    err = ask_frame (core, conv, frame->type, &rd, &why);
  if (err) {
    why = CF_REFUSED_TRANSFER_MALFORMED;
    cf_log (core->env, CF_LOG_INFO, "transfer: a frame was dropped: %s", gpg_strerror (err));
  }
  if (why != CF_REFUSED_COUNT)
    cf_refused (core->env, why);
}

/* --- messages of bulk --- */

size_t
cf_transfer_head (const struct cf_transfer *t, const struct cf_transfer_run *run, int type, uint64_t index,
                  uint32_t count, uint8_t *block)
{
  const size_t len = CF_TRANSFER_HEAD_LEN + (type == CF_FILE_FRAME_ZEROS ? 4 : 0);
  uint8_t *p = block - len;

  *p++ = (uint8_t) type;
  memcpy (p, t->row.conversation, CF_CONVERSATION_ID_LEN);
  p += CF_CONVERSATION_ID_LEN;
  memcpy (p, t->row.id, CF_MESSAGE_ID_LEN);
  p += CF_MESSAGE_ID_LEN;
  memcpy (p, run->id, CF_FILE_RUN_LEN);
  p += CF_FILE_RUN_LEN;
  *p++ = (uint8_t) run->suite;
  *p++ = 0; /* flags */
  for (int shift = 56; shift >= 0; shift -= 8)
    *p++ = (uint8_t) (index >> shift);
  for (int shift = 24; type == CF_FILE_FRAME_ZEROS && shift >= 0; shift -= 8)
    *p++ = (uint8_t) (count >> shift);
  return len;
}

static gpg_error_t
parse_bulk (const uint8_t *data, size_t len, uint8_t r_conversation[CF_CONVERSATION_ID_LEN],
            uint8_t r_id[CF_MESSAGE_ID_LEN], uint8_t run[CF_FILE_RUN_LEN], struct cf_transfer_bulk *b)
{
  struct cf_rd rd;

  cf_rd_init (&rd, data, len);
  b->type = cf_rd_u8 (&rd);
  cf_rd_bytes (&rd, r_conversation, CF_CONVERSATION_ID_LEN);
  cf_rd_bytes (&rd, r_id, CF_MESSAGE_ID_LEN);
  cf_rd_bytes (&rd, run, CF_FILE_RUN_LEN);
  b->run = run;
  b->suite = cf_rd_u8 (&rd);
  b->flags = cf_rd_u8 (&rd);
  b->index = cf_rd_u64 (&rd);
  b->count = b->type == CF_FILE_FRAME_ZEROS ? cf_rd_u32 (&rd) : 0;
  cf_rd_rest (&rd, &b->sealed, &b->len);
  if (b->type < CF_FILE_FRAME_BLOCK || b->type > CF_FILE_FRAME_LEAVES || b->flags || b->len < CF_FILE_TAG_LEN
      || b->len > CF_FILE_BLOCK + CF_FILE_TAG_LEN)
    cf_rd_fail (&rd, cf_err (GPG_ERR_INV_VALUE));
  return cf_rd_finish (&rd);
}

/* What is wrong with the frame of PEER, before anything is opened; CF_REFUSED_COUNT: nothing. */
static enum cf_refusal
take_bulk (struct cf_core *core, const struct cf_peer *peer, const uint8_t *data, size_t len)
{
  uint8_t conversation[CF_CONVERSATION_ID_LEN], id[CF_MESSAGE_ID_LEN], run[CF_FILE_RUN_LEN];
  const struct cf_conversation *conv;
  struct cf_transfer_bulk b;
  struct cf_transfer *t;

  if (parse_bulk (data, len, conversation, id, run, &b))
    return CF_REFUSED_TRANSFER_MALFORMED;
  conv = cf_conversation_find (core, conversation);
  if (!conv || !cf_fpr_equal (&conv->peer, &peer->fpr))
    return CF_REFUSED_MESSAGE_CONVERSATION;
  if (cf_trust_stops (core, conv))
    return CF_REFUSED_MESSAGE_STOPPED;
  t = cf_transfer_find (core->transfers, conversation, id);
  if (!t || t->row.outgoing)
    return CF_REFUSED_TRANSFER_UNKNOWN;
  t->heard_ms = core->env->now_ms;
  if (b.type == CF_FILE_FRAME_LEAVES)
    cf_transfer_got_leaves (t, &b);
  else
    cf_transfer_got_block (t, &b);
  return CF_REFUSED_COUNT;
}

void
cf_transfer_bulk (struct cf_core *core, struct cf_peer *peer, const uint8_t *data, size_t len)
{
  enum cf_refusal why = core->transfers ? take_bulk (core, peer, data, len) : CF_REFUSED_COUNT;

  if (why != CF_REFUSED_COUNT)
    cf_refused (core->env, why);
}
