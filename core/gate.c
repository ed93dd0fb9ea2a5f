/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate.c - the password gate: the frames and paths that move requests on.
 *
 *   asker     CALLING --RECEIVED--> WAITING --ACCEPT, cf_run_begin--> YA --Yb, cf_run_yb--> TA --Tb, cf_run_tb--+
 *                                      ^---------- path lost ----------+     | path lost: Ta again               |
 *                                                                                                                v
 *   answerer  ASKED --cf_request_accept--> ACCEPTED --Ya, cf_run_ya--> YB --Ta, cf_run_ta------------------> SEALING
 *                                              ^-- OPEN again ----------+                                        |
 *                                                                                             opening.c          v
 *             any before OPENED --cf_request_end--> ENDED (answerer said so) or gone                          OPENED
 *                                                                                        OPENED came: gone <-----+
 *
 * KEY goes beside the run, from the moment both users have agreed to talk:
 * opening.c.  A verification (verifying.c) goes the same way without keys.  On a new tunnel the asker begins again with OPEN before the tags (a new run),
 * and repeats from Ta on; the answerer repeats from Tb on.
 * Spec: doc/protocol.md, "Password gate".
 */
#include "core/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/gate_private.h"
#include "core/link.h"
#include "core/self.h"
#include "core/store/store_gate.h"

/* --- OPEN --- */

/* Does PEER send more new OPENs than a person would?  Counted before anything is stored. */
static bool
is_flooding (struct cf_gate *gate, const struct cf_fpr *peer)
{
  size_t i, oldest = 0, count = sizeof gate->floods / sizeof gate->floods[0];
  uint64_t now_ms = gate->core->env->now_ms;

  for (i = 0; i < count; i++) {
    if (cf_fpr_equal (&gate->floods[i].peer, peer))
      break;
    if (gate->floods[i].since_ms < gate->floods[oldest].since_ms)
      oldest = i;
  }
  if (i == count) {
    i = oldest;
    gate->floods[i].peer = *peer;
    gate->floods[i].opens = 0;
  }
  if (gate->floods[i].opens == 0 || now_ms - gate->floods[i].since_ms >= CF_GATE_FLOOD_MS) {
    gate->floods[i].since_ms = now_ms;
    gate->floods[i].opens = 0;
  }
  return ++gate->floods[i].opens > CF_GATE_FLOOD_OPENS;
}

/* Is there room for one more request, of a stranger or a contact?  What has ended, and is only kept to say so again,
   makes room, the oldest first. */
static bool
is_full (struct cf_gate *gate, bool stranger)
{
  struct cf_request *r, *ended = NULL;
  size_t all = 0, strangers = 0;

  for (r = gate->first; r; r = r->next) {
    bool is_stranger = cf_request_is_stranger (r);

    all++;
    strangers += is_stranger;
    if (!ended && r->state == CF_REQUEST_ENDED && is_stranger == stranger)
      ended = r;
  }
  if (all < CF_GATE_REQUESTS_MAX && (!stranger || strangers < CF_GATE_STRANGERS_MAX))
    return false;
  if (ended)
    cf_request_drop (ended);
  return !ended;
}

/* The key of somebody whose password we have beforehand. */
static void
key_checked (void *arg, gpg_error_t err)
{
  struct cf_request *r = arg;

  r->check_job = NULL;
  if (!err) {
    cf_request_accept (r);
    return;
  }
  cf_log (r->core->env, CF_LOG_INFO, "gate: an expected request does not open: %s", gpg_strerror (err));
  cf_secmem_free (r->prs);
  r->prs = NULL;
  cf_gate_calls_end (r, err, CF_SAY_NOTHING);
}

/* Our own request to PEER crossed R, which stands: password, key and waiting commands go over. */
static void
take_over (struct cf_request *r, struct cf_request *own)
{
  cf_secmem_free (r->prs);
  r->prs = own->prs;
  own->prs = NULL;
  if (own->own_block.data && !own->key_job && !own->shown) { /* no key is shown in two requests */
    r->own_block = own->own_block;
    r->own_key = own->own_key;
    r->passphrase = own->passphrase;
    memset (&own->own_block, 0, sizeof own->own_block);
    memset (&own->own_key, 0, sizeof own->own_key);
    own->passphrase = NULL;
  }
  cf_gate_calls_move (own, r);
  cf_request_drop (own);
}

/* As cf_request_verifies. */
static const uint8_t *
verified_by (const struct cf_open_body *body)
{
  return body->purpose == CF_PURPOSE_VERIFY ? body->conversation : NULL;
}

static void
missed_again (void *arg)
{
  struct cf_gate *gate = arg;

  while (gate->missed.count)
    cf_link_drop (gate->core, &gate->missed.peers[--gate->missed.count], 0, NULL);
}

void
cf_gate_missed (struct cf_core *core, const struct cf_fpr *peer)
{
  struct cf_gate *gate = core->gate;

  for (size_t i = 0; i < gate->missed.count; i++)
    if (cf_fpr_equal (&gate->missed.peers[i], peer))
      return;
  if (!gate->missed.count)
    cf_timer_after (core->env, &gate->missed.timer, CF_GATE_MISSED_MS);
  if (gate->missed.count < CF_GATE_MISSED_MAX)
    gate->missed.peers[gate->missed.count++] = *peer;
}

gpg_error_t
cf_gate_say (struct cf_core *core, const struct cf_fpr *peer, enum cf_talk type,
             const uint8_t id[CF_CONVERSATION_ID_LEN], const void *body, size_t len)
{
  gpg_error_t err = cf_talk_send (core, peer, type, id, body, len);

  if (err && cf_link_is_up (core, peer)) /* for want of memory; and this tunnel would not end by itself */
    cf_gate_missed (core, peer);
  return err;
}

/* A request that is new to us, by somebody who may ask. */
static void
store_request (struct cf_core *core, struct cf_peer *peer, const uint8_t *id, const struct cf_open_body *body)
{
  const uint8_t *verifies = verified_by (body);
  struct cf_request *old = cf_request_of (core, &peer->fpr, false, verifies), *r;
  struct cf_request *own = cf_request_of (core, &peer->fpr, true, verifies);
  gpg_error_t err;

  if (old && old->state != CF_REQUEST_ENDED) /* he asks anew: the other one is no longer meant */
    cf_request_end (old, cf_err (CF_ERR_REFUSED), 0, "withdrawn");
  r = cf_request_new (core, id, &peer->fpr, false, verifies);
  if (!r) {
    cf_gate_missed (core, &peer->fpr);
    return;
  }
  r->note = body->note_len ? cf_text_display (body->note, body->note_len, false) : NULL;
  memcpy (r->peer_nonce, body->nonce, sizeof r->peer_nonce);
  r->fresh = true;
  if (own)
    take_over (r, own);
  else if (!verifies && cf_store_expectation_get (core->store, &peer->fpr, core->env->now_utc_ms, &r->prs))
    cf_log (core->env, CF_LOG_ERROR, "gate: expectations cannot be read");
  err = cf_store_begin (core->store);
  if (!err) {
    err = cf_request_save (r);
    if (!err)
      err = cf_event_emit (core, "request", true, cf_request_json (r, "waiting"));
    cf_store_end (core->store, &err);
  }
  if (!err && r->prs)
    err = cf_peer_check_key (core, &r->peer, key_checked, r, &r->check_job);
  if (err) {
    cf_log (core->env, CF_LOG_ERROR, "gate: a request was not kept: %s", gpg_strerror (err));
    cf_gate_calls_end (r, err, CF_SAY_NOTHING);
    cf_request_drop (r);
    cf_gate_missed (core, &peer->fpr);
  }
  cf_gate_lapse_arm (core->gate);
}

/* The asker repeats his OPEN on a new tunnel. */
static void
open_again (struct cf_request *r, const struct cf_open_body *body)
{
  memcpy (r->peer_nonce, body->nonce, sizeof r->peer_nonce);
  r->fresh = true;
  switch (r->state) {
  case CF_REQUEST_YB:
  case CF_REQUEST_ACCEPTED:
    cf_run_forget (r);
    cf_request_set_state (r, CF_REQUEST_ACCEPTED);
    cf_request_say_accept (r);
    r->purpose->step (r);
    break;
  case CF_REQUEST_ENDED:
    cf_request_say (r, gpg_err_code (r->end_error) == CF_ERR_WRONG_PASSWORD ? CF_TALK_WRONG : CF_TALK_REFUSED, NULL, 0);
    break;
  default:
    break;
  }
}

/* Is a new request of PEER not to be shown?  *R_WHY says why; to him it looks like somebody who is not at home. */
static bool
is_ignored (struct cf_gate *gate, const struct cf_peer *peer, const struct cf_open_body *body, bool silenced,
            enum cf_refusal *r_why)
{
  struct cf_core *core = gate->core;
  const struct cf_request *own = cf_request_of (core, &peer->fpr, true, verified_by (body));

  if (peer->blocked)
    *r_why = CF_REFUSED_GATE_BLOCKED;
  else if (is_flooding (gate, &peer->fpr))
    *r_why = CF_REFUSED_GATE_FLOOD;
  else if (is_full (gate, !peer->contact))
    *r_why = CF_REFUSED_GATE_FULL;
  else if (silenced)
    *r_why = CF_REFUSED_GATE_SILENCED;
  /* Crossing: the lower identity's request stands, and an asker with a guess out does not change sides. */
  else if (own && (own->state == CF_REQUEST_TA || cf_fpr_compare (&core->self->fpr, &peer->fpr) < 0))
    *r_why = CF_REFUSED_GATE_CROSSING;
  else
    return false;
  return true;
}

/* Is ID, of an OPEN that is none of the requests here, one of the past?  If its end is all that we know of it, the asker
   is told: he may have gone down before he had written that it is over, and would wait for days. */
static bool
is_past (struct cf_core *core, const struct cf_peer *peer, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  bool used = false;
  gpg_error_t err;

  if (cf_request_find (core, id))
    return false;
  err = cf_conversation_id_used (core, id, &used);
  if (err)
    cf_gate_missed (core, &peer->fpr);
  else if (used)
    (void) !cf_gate_say (core, &peer->fpr, CF_TALK_REFUSED, id, NULL, 0);
  return err || used;
}

/* Does BODY, an OPEN of PEER, fit what we know of its id and of the conversation that it names? */
static bool
open_fits (struct cf_core *core, const struct cf_peer *peer, const struct cf_talk_frame *frame,
           const struct cf_open_body *body)
{
  const struct cf_request *r = cf_request_find (core, frame->id);
  const struct cf_conversation *conv;

  if (r)
    return !r->asked && cf_fpr_equal (&r->peer, &peer->fpr) && r->purpose->number == body->purpose
           && (body->purpose == CF_PURPOSE_OPEN || !memcmp (r->conversation, body->conversation, sizeof r->conversation));
  if (body->purpose == CF_PURPOSE_OPEN)
    return true;
  conv = cf_conversation_find (core, body->conversation);
  return conv && conv->state != CF_CONVERSATION_REQUESTED && cf_fpr_equal (&conv->peer, &peer->fpr);
}

static void
on_open (struct cf_core *core, struct cf_peer *peer, const struct cf_talk_frame *frame)
{
  struct cf_gate *gate = core->gate;
  struct cf_request *r = cf_request_find (core, frame->id);
  struct cf_open_body body;
  gpg_error_t err;
  enum cf_refusal why;

  if (cf_open_decode (frame->body, frame->body_len, &body)) {
    gate->counts.malformed++;
    cf_refused (core->env, CF_REFUSED_GATE_MALFORMED);
    return;
  }
  if (!open_fits (core, peer, frame, &body) || is_past (core, peer, frame->id)) {
    gate->counts.unexpected++;
    cf_refused (core->env, CF_REFUSED_GATE_ID);
    return;
  }
  /* Before blocks, locks, limits and the user are asked, so that the answer's time tells nothing of them. */
  if (cf_gate_say (core, &peer->fpr, CF_TALK_RECEIVED, frame->id, NULL, 0))
    return;
  if (r) {
    open_again (r, &body);
    return;
  }
  err = cf_gate_check_guesses (core, &peer->fpr, !peer->contact);
  if (err && gpg_err_code (err) != CF_ERR_RATE) {
    cf_gate_missed (core, &peer->fpr);
    return;
  }
  if (is_ignored (gate, peer, &body, err != 0, &why)) {
    gate->counts.ignored++;
    cf_refused (core->env, why);
  } else if (body.purpose == CF_PURPOSE_VERIFY && !cf_conversation_open (core, body.conversation)) {
    /* We have closed it, and he does not know yet. */
    if (cf_talk_send (core, &peer->fpr, CF_TALK_REFUSED, frame->id, NULL, 0))
      cf_log (core->env, CF_LOG_DEBUG, "gate: REFUSED could not leave");
  } else
    store_request (core, peer, frame->id, &body);
}

/* --- the other frames --- */

/* The asker's list shows what he has asked for. */
static gpg_error_t
keep_conversation (struct cf_request *r)
{
  struct cf_conversation *conv;
  gpg_error_t err;

  err = cf_conversation_new (r->core, r->id, &r->peer, true, &conv);
  if (!err && r->note && !(conv->note = strdup (r->note)))
    err = cf_err_errno ();
  return err ? err : cf_conversation_set_state (r->core, conv, CF_CONVERSATION_REQUESTED);
}

/* The peer has our request: from now on it stands. */
static void
on_received (struct cf_request *r)
{
  struct cf_core *core = r->core;
  gpg_error_t err;

  if (r->state != CF_REQUEST_CALLING)
    return; /* a repeated OPEN */
  cf_request_set_state (r, CF_REQUEST_WAITING);
  err = cf_store_begin (core->store);
  if (!err) {
    err = cf_request_save (r);
    if (!err && !cf_request_verifies (r))
      err = keep_conversation (r);
    cf_store_end (core->store, &err);
  }
  if (err)
    cf_request_end (r, err, CF_TALK_REFUSED, "failed");
  else
    cf_gate_lapse_arm (core->gate);
}

/* Refused by the answerer, or withdrawn by the asker. */
static void
on_refused (struct cf_request *r)
{
  struct cf_conversation *conv;
  gpg_error_t err;

  if (r->state == CF_REQUEST_ENDED)
    return;
  if (r->state != CF_REQUEST_OPENED) {
    cf_request_end (r, cf_err (CF_ERR_REFUSED), 0, r->asked ? "refused" : "withdrawn");
    return;
  }
  /* Open here only: the other side could not finish.  Neither is open in the end.  (Of a verification nothing is to
     be taken back: its DONE has proved what it was for.) */
  conv = cf_request_verifies (r) ? NULL : cf_conversation_find (r->core, r->id);
  if (conv && conv->state == CF_CONVERSATION_OPEN) {
    free (conv->trouble);
    conv->trouble = strdup (cf_phrase (CF_SAY_CONVERSATION_UNFINISHED)->message);
    conv->closed_by_peer = true;
    err = cf_conversation_set_state (r->core, conv, CF_CONVERSATION_CLOSED);
    if (err) {
      cf_log (r->core->env, CF_LOG_ERROR, "gate: %s", gpg_strerror (err));
      return;
    }
  }
  cf_request_drop (r);
}

/* Has CONV ended because the other side said that it could not finish (on_refused)?  Not even its CLOSE has come. */
static bool
was_undone (const struct cf_conversation *conv)
{
  return conv->state == CF_CONVERSATION_CLOSED && conv->closed_by_peer && !conv->received_sequence;
}

/* No such request here (any more): who still counts on one is told. */
static void
on_unknown (struct cf_core *core, struct cf_peer *peer, const struct cf_talk_frame *frame)
{
  struct cf_conversation *conv = cf_conversation_find (core, frame->id);
  enum cf_talk answer = CF_TALK_REFUSED;

  core->gate->counts.unexpected++;
  cf_refused (core->env, CF_REFUSED_GATE_UNEXPECTED);
  switch (frame->type) {
  case CF_TALK_DONE:
    if (conv && cf_fpr_equal (&conv->peer, &peer->fpr) && conv->state != CF_CONVERSATION_REQUESTED
        && !was_undone (conv))
      answer = CF_TALK_OPENED; /* open long since; ours was lost */
    break;
  case CF_TALK_TB:
  case CF_TALK_KEY:
  case CF_TALK_STATEMENT: /* DONE follows, or the answer to it settles this one too */
    if (conv)
      return;
    break;
  case CF_TALK_ACCEPT:
  case CF_TALK_TA:
    break;
  default:
    return;
  }
  if (cf_talk_send (core, &peer->fpr, answer, frame->id, NULL, 0))
    cf_log (core->env, CF_LOG_DEBUG, "gate: no answer to a frame for an id that is unknown");
}

/* One frame, one state, one step; a pair that is not here is dropped and counted. */
static bool
run_frame (struct cf_request *r, const struct cf_talk_frame *frame)
{
  switch (frame->type) {
  case CF_TALK_ACCEPT:
    if (r->state != CF_REQUEST_WAITING)
      return false;
    memcpy (r->peer_nonce, frame->body, sizeof r->peer_nonce);
    r->heard = true;
    cf_run_begin (r);
    return true;
  case CF_TALK_YA:
    if (r->state != CF_REQUEST_ACCEPTED || !r->fresh)
      return false;
    cf_run_ya (r, frame->body);
    return true;
  case CF_TALK_YB:
    if (r->state != CF_REQUEST_YA)
      return false;
    cf_run_yb (r, frame->body);
    return true;
  case CF_TALK_TA:
    if (r->state == CF_REQUEST_ENDED)
      open_again (r, &(struct cf_open_body) { 0 });
    else if (r->state == CF_REQUEST_YB)
      cf_run_ta (r, frame->body);
    else
      return !r->asked && r->state > CF_REQUEST_YB; /* a repetition */
    return true;
  case CF_TALK_TB:
    if (r->state == CF_REQUEST_TA)
      cf_run_tb (r, frame->body);
    return true; /* else a repetition */
  case CF_TALK_WRONG:
    if (r->asked ? r->state > CF_REQUEST_TA : r->state != CF_REQUEST_SEALING)
      return false;
    cf_request_end (r, cf_err (CF_ERR_WRONG_PASSWORD), 0, "wrong");
    return true;
  case CF_TALK_KEY:
  case CF_TALK_STATEMENT:
  case CF_TALK_DONE:
    return r->purpose->frame (r, frame);
  default:
    return false;
  }
}

void
cf_gate_frame (struct cf_core *core, struct cf_peer *peer, const struct cf_talk_frame *frame)
{
  struct cf_gate *gate = core->gate;
  struct cf_request *r;

  if (frame->type == CF_TALK_OPEN) {
    on_open (core, peer, frame);
    return;
  }
  if (cf_gate_check_len (frame->type, frame->body_len)) {
    gate->counts.malformed++;
    cf_refused (core->env, CF_REFUSED_GATE_MALFORMED);
    return;
  }
  r = cf_request_find (core, frame->id);
  if (!r) {
    on_unknown (core, peer, frame);
    return;
  }
  if (!cf_fpr_equal (&r->peer, &peer->fpr)) {
    gate->counts.unexpected++;
    cf_refused (core->env, CF_REFUSED_GATE_ID);
    return;
  }
  if (frame->type == CF_TALK_RECEIVED && r->asked)
    on_received (r);
  else if (frame->type == CF_TALK_REFUSED)
    on_refused (r);
  else if (frame->type == CF_TALK_OPENED && r->state == CF_REQUEST_OPENED)
    cf_request_drop (r);
  else if (!run_frame (r, frame)) {
    gate->counts.unexpected++;
    cf_refused (core->env, CF_REFUSED_GATE_UNEXPECTED);
  }
}

void
cf_gate_up (struct cf_core *core, struct cf_peer *peer)
{
  struct cf_request *r, *next;

  for (r = core->gate->first; r; r = next) {
    next = r->next;
    if (!cf_fpr_equal (&r->peer, &peer->fpr))
      continue;
    switch (r->state) {
    case CF_REQUEST_YA:
      cf_run_forget (r);
      cf_request_set_state (r, CF_REQUEST_WAITING);
      cf_request_call (r);
      break;
    case CF_REQUEST_CALLING:
    case CF_REQUEST_WAITING:
      cf_request_call (r);
      break;
    case CF_REQUEST_TA:
      cf_request_say (r, CF_TALK_TA, r->own_tag, CF_CPACE_TAG_LEN);
      break;
    case CF_REQUEST_SEALING:
    case CF_REQUEST_OPENED:
      r->purpose->repeat (r);
      break;
    case CF_REQUEST_ASKED:
    case CF_REQUEST_ACCEPTED:
      cf_request_set_state (r, r->state); /* the asker says OPEN again, before the deadline */
      break;
    default: /* the asker comes to the answerer */
      break;
    }
  }
}

void
cf_gate_down (struct cf_core *core, struct cf_peer *peer)
{
  struct cf_request *r;

  for (r = core->gate->first; r; r = r->next)
    if (cf_fpr_equal (&r->peer, &peer->fpr)) {
      r->fresh = r->heard = false;
      r->sent = 0;
      if (r->state == CF_REQUEST_YA) {
        cf_run_forget (r);
        cf_request_set_state (r, CF_REQUEST_WAITING);
      }
    }
}

gpg_error_t
cf_gate_withdraw (struct cf_core *core, struct cf_conversation *conv)
{
  struct cf_request *r = cf_request_find (core, conv->id);

  if (!r)
    return cf_conversation_forget (core, conv);
  cf_request_end (r, cf_err (GPG_ERR_CANCELED), CF_TALK_REFUSED, "withdrawn");
  return 0;
}

void
cf_gate_forget (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  struct cf_request *r = cf_request_find (core, id);

  if (r && r->state == CF_REQUEST_OPENED)
    cf_request_drop (r);
}

void
cf_gate_blocked (struct cf_core *core, const struct cf_fpr *peer)
{
  struct cf_request *r, *next;
  gpg_error_t err;

  for (r = core->gate ? core->gate->first : NULL; r; r = next) {
    next = r->next;
    if (cf_fpr_equal (&r->peer, peer) && r->state < CF_REQUEST_SEALING)
      cf_request_end (r, cf_err (GPG_ERR_FORBIDDEN), 0, "refused");
  }
  err = cf_store_expectation_delete (core->store, peer);
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "gate: an expectation was not forgotten: %s", gpg_strerror (err));
}

size_t
cf_gate_waiting (struct cf_core *core)
{
  struct cf_request *r;
  size_t n = 0;

  for (r = core->gate ? core->gate->first : NULL; r; r = r->next)
    n += r->state == CF_REQUEST_ASKED;
  return n;
}

void
cf_gate_counts (struct cf_core *core, struct cf_gate_counts *r_counts)
{
  *r_counts = core->gate->counts;
}

/* --- beginning and end --- */

static gpg_error_t
load_request (void *arg, struct cf_request *row)
{
  row->shown = row->own_block.data != NULL; /* who knows */
  cf_request_link (arg, row);
  cf_request_set_state (row, row->state);
  return 0;
}

/* Requested when the daemon died before its request was on disk: nobody will open it. */
static void
forget_orphans (struct cf_core *core)
{
  struct cf_conversation *conv, *next;

  for (conv = core->conversations->first; conv; conv = next) {
    next = conv->next;
    if (conv->state == CF_CONVERSATION_REQUESTED && !cf_request_find (core, conv->id)
        && cf_conversation_forget (core, conv))
      cf_log (core->env, CF_LOG_ERROR, "gate: an orphan stays");
  }
}

gpg_error_t
cf_gate_new (struct cf_core *core, struct cf_gate **r_gate)
{
  struct cf_gate *gate;
  gpg_error_t err;

  gate = calloc (1, sizeof *gate);
  if (!gate)
    return cf_err_errno ();
  gate->core = core;
  cf_timer_init (&gate->lapse, cf_gate_lapse, gate);
  cf_timer_init (&gate->missed.timer, missed_again, gate);
  cf_timer_init (&gate->undeleted.timer, cf_gate_delete_again, gate);
  core->gate = gate;
  err = cf_store_request_all (core->store, load_request, core);
  if (err) {
    cf_gate_free (gate);
    core->gate = NULL;
    return err;
  }
  forget_orphans (core);
  cf_gate_lapse_arm (gate);
  *r_gate = gate;
  return 0;
}

void
cf_gate_free (struct cf_gate *gate)
{
  if (!gate)
    return;
  cf_gate_calls_free (gate);
  cf_timer_cancel (gate->core->env, &gate->lapse);
  cf_timer_cancel (gate->core->env, &gate->missed.timer);
  cf_timer_cancel (gate->core->env, &gate->undeleted.timer);
  while (gate->first) {
    struct cf_request *r = gate->first;

    gate->first = r->next;
    cf_opening_cancel (r);
    cf_timer_cancel (gate->core->env, &r->deadline);
    cf_request_free (r);
  }
  free (gate);
}
