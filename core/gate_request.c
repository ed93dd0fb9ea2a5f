/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate_request.c - a request of the password gate: its states, its deadlines, its end.
 *
 * The diagram of the states is in gate.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/gate_private.h"
#include "core/self.h"
#include "core/store/store_gate.h"

#define LAPSE_CHECK_MAX_MS (24ULL * 3600 * 1000)
#define DELETE_AGAIN_MS (30 * 1000) /* a row that the disk did not let go */

static const char *const state_names[] = { "calling",  "waiting", "ya",      "ta",     "asked",
                                           "accepted", "yb",      "sealing", "opened", "ended" };

#define TO(state) (1u << CF_REQUEST_##state)

/* Where each state may go; the same state again is always allowed. */
static const unsigned transitions[] = {
  [CF_REQUEST_CALLING] = TO (WAITING),
  [CF_REQUEST_WAITING] = TO (YA),
  [CF_REQUEST_YA] = TO (WAITING) | TO (TA),
  [CF_REQUEST_TA] = TO (SEALING),
  [CF_REQUEST_ASKED] = TO (ACCEPTED) | TO (ENDED),
  [CF_REQUEST_ACCEPTED] = TO (YB) | TO (ENDED),
  [CF_REQUEST_YB] = TO (ACCEPTED) | TO (SEALING) | TO (ENDED),
  [CF_REQUEST_SEALING] = TO (OPENED) | TO (ENDED),
  [CF_REQUEST_OPENED] = TO (ENDED),
  [CF_REQUEST_ENDED] = 0,
};

static void deadline_passed (void *arg);

struct cf_request *
cf_request_find (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  struct cf_request *r;

  for (r = core->gate->first; r; r = r->next)
    if (!memcmp (r->id, id, CF_CONVERSATION_ID_LEN))
      return r;
  return NULL;
}

struct cf_request *
cf_request_of (struct cf_core *core, const struct cf_fpr *peer, bool asked, const uint8_t *verifies)
{
  struct cf_request *r;

  for (r = core->gate->first; r; r = r->next)
    if (r->asked == asked && r->state < CF_REQUEST_SEALING && cf_fpr_equal (&r->peer, peer)
        && !cf_request_verifies (r) == !verifies
        && (!verifies || !memcmp (r->conversation, verifies, sizeof r->conversation)))
      return r;
  return NULL;
}

const uint8_t *
cf_request_verifies (const struct cf_request *r)
{
  return r->purpose == &cf_purpose_verify ? r->conversation : NULL;
}

void
cf_request_link (struct cf_core *core, struct cf_request *r)
{
  struct cf_request **tail;

  r->core = core;
  cf_timer_init (&r->deadline, deadline_passed, r);
  for (tail = &core->gate->first; *tail; tail = &(*tail)->next)
    ;
  *tail = r;
}

struct cf_request *
cf_request_new (struct cf_core *core, const uint8_t id[CF_CONVERSATION_ID_LEN], const struct cf_fpr *peer, bool asked,
                const uint8_t *verifies)
{
  struct cf_peer *known = cf_peer_find (core, peer);
  struct cf_request *r;

  r = calloc (1, sizeof *r);
  if (!r)
    return NULL;
  memcpy (r->id, id, sizeof r->id);
  r->purpose = verifies ? &cf_purpose_verify : &cf_purpose_open;
  memcpy (r->conversation, verifies ? verifies : id, sizeof r->conversation);
  r->peer = *peer;
  r->asked = asked;
  r->state = asked ? CF_REQUEST_CALLING : CF_REQUEST_ASKED;
  r->created_utc_ms = core->env->now_utc_ms;
  if (known && known->user_id && !(r->user_id = strdup (known->user_id))) {
    free (r);
    return NULL;
  }
  cf_request_link (core, r);
  cf_request_set_state (r, r->state);
  return r;
}

void
cf_request_free (struct cf_request *r)
{
  if (!r)
    return;
  cf_run_forget (r);
  free (r->user_id);
  free (r->note);
  cf_secmem_free (r->prs);
  cf_secmem_free (r->passphrase);
  free (r->own_block.data);
  free (r->peer_block.data);
  free (r->own_signature.data);
  free (r->peer_signature.data);
  free (r);
}

gpg_error_t
cf_request_save (struct cf_request *r)
{
  return cf_store_request_save (r->core->store, r);
}

/* Whose tunnel the state needs. */
static void
update_want (struct cf_request *r)
{
  bool want = r->asked ? r->state <= CF_REQUEST_TA : r->state == CF_REQUEST_ACCEPTED || r->state == CF_REQUEST_YB;
  gpg_error_t err;

  want = want || r->state == CF_REQUEST_SEALING || r->state == CF_REQUEST_OPENED;
  if (want == r->wanted)
    return;
  err = cf_link_want (r->core, &r->peer, want);
  if (err)
    cf_log (r->core->env, CF_LOG_WARN, "gate: the link was not told: %s", gpg_strerror (err));
  else
    r->wanted = want;
}

static void
arm_deadline (struct cf_request *r)
{
  struct cf_env *env = r->core->env;

  switch (r->state) {
  case CF_REQUEST_CALLING:
    cf_timer_after (env, &r->deadline, CF_GATE_CALL_MS);
    break;
  case CF_REQUEST_ACCEPTED:
    cf_timer_after (env, &r->deadline, r->fresh ? CF_GATE_RUN_MS : CF_GATE_CALL_MS);
    break;
  case CF_REQUEST_ASKED:
    if (r->fresh)
      cf_timer_cancel (env, &r->deadline); /* it waits for our user */
    else
      cf_timer_after (env, &r->deadline, CF_GATE_CALL_MS);
    break;
  case CF_REQUEST_YA:
  case CF_REQUEST_TA:
  case CF_REQUEST_YB:
  case CF_REQUEST_SEALING:
    cf_timer_after (env, &r->deadline, CF_GATE_RUN_MS);
    break;
  default:
    cf_timer_cancel (env, &r->deadline);
    break;
  }
}

void
cf_request_set_state (struct cf_request *r, enum cf_request_state state)
{
  char hex[2 * CF_CONVERSATION_ID_LEN + 1];

  if (state != r->state) {
    if (!(transitions[r->state] & (1u << state)))
      cf_log (r->core->env, CF_LOG_ERROR, "gate: no way from %s to %s", state_names[r->state], state_names[state]);
    cf_log (r->core->env, CF_LOG_DEBUG, "gate: %.8s %s -> %s", cf_hex (r->id, sizeof r->id, hex),
            state_names[r->state], state_names[state]);
  }
  r->state = state;
  update_want (r);
  arm_deadline (r);
}

bool
cf_request_is_stranger (const struct cf_request *r)
{
  struct cf_peer *peer = cf_peer_find (r->core, &r->peer);

  /* Whom our user asks he has chosen himself. */
  return !r->asked && !(peer && peer->contact);
}

gpg_error_t
cf_gate_add_tries (struct cf_core *core, const struct cf_fpr *peer, bool stranger, json_t *row)
{
  json_t *tries = NULL, *until = NULL;
  struct cf_guess_left left;
  char text[CF_TIME_SIZE];
  gpg_error_t err;

  err = cf_guess_left (core->store, core->env->now_utc_ms, peer, stranger, &left);
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "gate: guesses cannot be read: %s", gpg_strerror (err));
  else {
    tries = json_integer (left.tries);
    if (left.silent_until_utc_ms)
      until = json_string (cf_time_format (left.silent_until_utc_ms, text));
  }
  if (json_object_set_new (row, "tries_left", tries ? tries : json_null ()) /* steals also when it fails */
      | json_object_set_new (row, "silent_until", until ? until : json_null ()))
    return cf_err (GPG_ERR_ENOMEM);
  return 0;
}

json_t *
cf_request_json (const struct cf_request *r, const char *state)
{
  struct cf_peer *peer = cf_peer_find (r->core, &r->peer);
  char id[2 * CF_CONVERSATION_ID_LEN + 1], conv[sizeof id], fpr[CF_FPR_HEX_SIZE], since[CF_TIME_SIZE];
  char *warning = peer ? cf_peer_warning (r->core, peer) : NULL;
  json_t *row;

  cf_hex (r->conversation, sizeof r->conversation, conv);
  row = json_pack ("{s:s, s:s, s:s?, s:s, s:s?, s:s?, s:s, s:s, s:s, s:s?, s:b, s:s, s:s?}", "request",
                   cf_hex (r->id, sizeof r->id, id), "purpose", r->purpose->name, "conversation",
                   cf_request_verifies (r) ? conv : NULL, "fingerprint", cf_fpr_hex (&r->peer, fpr), "user_id",
                   peer ? peer->user_id : r->user_id, "name", peer ? peer->name : NULL, "validity",
                   cf_key_validity_name (peer ? peer->validity : CF_VALIDITY_UNKNOWN), "key_state",
                   cf_key_state_name (peer ? cf_peer_key_state (r->core, peer) : CF_KEY_OK), "since",
                   cf_time_format (r->created_utc_ms, since), "note", r->note, "contact", peer && peer->contact,
                   "state", state, "warning", warning);
  free (warning);
  if (row && cf_gate_add_tries (r->core, &r->peer, cf_request_is_stranger (r), row)) {
    json_decref (row);
    row = NULL;
  }
  return row;
}

/* --- frames out --- */

gpg_error_t
cf_request_send (struct cf_request *r, enum cf_talk type, const void *body, size_t len)
{
  return cf_talk_send (r->core, &r->peer, type, r->id, body, len);
}

void
cf_request_say (struct cf_request *r, enum cf_talk type, const void *body, size_t len)
{
  gpg_error_t err = cf_gate_say (r->core, &r->peer, type, r->id, body, len);

  if (err)
    cf_log (r->core->env, CF_LOG_DEBUG, "gate: frame %d waits for the next tunnel: %s", (int) type,
            gpg_strerror (err));
}

void
cf_request_call (struct cf_request *r)
{
  struct cf_open_body body = { .purpose = r->purpose->number };
  struct cf_buf buf;
  gpg_error_t err;

  if (!cf_link_is_up (r->core, &r->peer))
    return;
  cf_env_random (r->core->env, r->own_nonce, sizeof r->own_nonce);
  memcpy (body.nonce, r->own_nonce, sizeof body.nonce);
  memcpy (body.conversation, r->conversation, sizeof body.conversation);
  body.note = (const uint8_t *) r->note;
  body.note_len = r->note ? strlen (r->note) : 0;
  cf_buf_init (&buf, 256);
  err = cf_open_encode (&body, &buf);
  if (!err)
    cf_request_say (r, CF_TALK_OPEN, cf_buf_data (&buf), cf_buf_len (&buf));
  cf_buf_done (&buf);
  /* While the peer thinks about it there is time to make the key. */
  r->purpose->prepare (r);
}

void
cf_request_say_accept (struct cf_request *r)
{
  if (!r->fresh)
    return;
  cf_env_random (r->core->env, r->own_nonce, sizeof r->own_nonce);
  cf_request_say (r, CF_TALK_ACCEPT, r->own_nonce, sizeof r->own_nonce);
}

void
cf_request_accept (struct cf_request *r)
{
  gpg_error_t err;

  err = cf_gate_check_guesses (r->core, &r->peer, cf_request_is_stranger (r));
  if (!err) {
    cf_request_set_state (r, CF_REQUEST_ACCEPTED);
    err = cf_request_save (r);
  }
  if (err) {
    /* It stays a request; the user may accept it when the time has come. */
    r->agreed = false;
    r->state = CF_REQUEST_ASKED;
    cf_request_set_state (r, CF_REQUEST_ASKED);
    cf_secmem_free (r->prs);
    r->prs = NULL;
    cf_gate_calls_end (r, err, gpg_err_code (err) == CF_ERR_RATE ? CF_SAY_GUESSES : CF_SAY_NOTHING);
    return;
  }
  cf_request_say_accept (r);
  r->purpose->agree (r);
}

/* --- ends --- */

/* The asker's conversation that came to nothing. */
static void
forget_conversation (struct cf_request *r)
{
  struct cf_conversation *conv = cf_conversation_find (r->core, r->id);
  gpg_error_t err;

  if (!conv || conv->state != CF_CONVERSATION_REQUESTED)
    return;
  err = cf_conversation_set_state (r->core, conv, CF_CONVERSATION_CLOSED);
  if (!err)
    err = cf_conversation_forget (r->core, conv);
  if (err)
    cf_log (r->core->env, CF_LOG_ERROR, "gate: a request stays in the list: %s", gpg_strerror (err));
}

static void
key_gone (void *arg, gpg_error_t err)
{
  (void) arg;
  (void) err; /* a key that nobody uses is harmless: its passphrase is gone */
}

static void
destroy_key (struct cf_request *r, struct cf_fpr *key)
{
  gpg_error_t err = 0;

  if (!cf_fpr_is_none (key))
    err = cf_gpg_conversation_key_delete (r->core->gpg, key, key_gone, NULL, NULL);
  if (err)
    cf_log (r->core->env, CF_LOG_WARN, "gate: an unused key stays: %s", gpg_strerror (err));
  memset (key, 0, sizeof *key);
}

/* From the moment it opens, both keys are the conversation's, also in a row that was written before. */
static void
destroy_keys (struct cf_request *r)
{
  const struct cf_conversation *conv = cf_conversation_find (r->core, r->id);

  if (conv && conv->state != CF_CONVERSATION_REQUESTED)
    return;
  /* Its import is under way, and may have come as far as the keyring. */
  if (r->import_job && !cf_opening_key_is_taken (r, &r->peer_claim))
    destroy_key (r, &r->peer_claim);
  destroy_key (r, &r->own_key);
  destroy_key (r, &r->peer_key);
}

static void
unlink_request (struct cf_request *r)
{
  struct cf_request **link;

  cf_opening_cancel (r);
  cf_timer_cancel (r->core->env, &r->deadline);
  for (link = &r->core->gate->first; *link != r; link = &(*link)->next)
    ;
  *link = r->next;
  if (r->wanted && cf_link_want (r->core, &r->peer, false))
    cf_log (r->core->env, CF_LOG_WARN, "gate: the link was not told");
}

/* One that has come anew under its id meanwhile has the row for itself. */
void
cf_gate_delete_again (void *arg)
{
  struct cf_gate *gate = arg;
  size_t kept = 0;

  for (size_t i = 0; i < gate->undeleted.count; i++) {
    uint8_t *id = gate->undeleted.ids[i];

    if (!cf_request_find (gate->core, id) && cf_store_request_delete (gate->core->store, id))
      memmove (gate->undeleted.ids[kept++], id, CF_CONVERSATION_ID_LEN);
  }
  gate->undeleted.count = kept;
  if (kept)
    cf_timer_after (gate->core->env, &gate->undeleted.timer, DELETE_AGAIN_MS);
}

static void
delete_later (struct cf_gate *gate, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  if (gate->undeleted.count == CF_GATE_UNDELETED_MAX)
    return; /* it comes back with the next start, and lapses */
  memcpy (gate->undeleted.ids[gate->undeleted.count++], id, CF_CONVERSATION_ID_LEN);
  cf_timer_after (gate->core->env, &gate->undeleted.timer, DELETE_AGAIN_MS);
}

void
cf_request_drop (struct cf_request *r)
{
  gpg_error_t err;

  err = cf_store_request_delete (r->core->store, r->id);
  if (err) {
    cf_log (r->core->env, CF_LOG_ERROR, "gate: a request stays in the store for now: %s", gpg_strerror (err));
    delete_later (r->core->gate, r->id);
  }
  destroy_keys (r);
  unlink_request (r);
  forget_conversation (r);
  cf_request_free (r);
}

/* What the user's event stream shows of the end. */
static gpg_error_t
report_end (struct cf_request *r, gpg_error_t why, const char *state)
{
  const struct cf_err_info *info = cf_err_info (why);
  char id[2 * CF_CONVERSATION_ID_LEN + 1], conv[sizeof id], fpr[CF_FPR_HEX_SIZE];
  gpg_error_t err = 0;
  json_t *row;

  if (!r->asked)
    err = cf_event_emit (r->core, "request_state", true, cf_request_json (r, state));
  if (err || gpg_err_code (why) == CF_ERR_REFUSED || gpg_err_code (why) == GPG_ERR_CANCELED
      || r->state == CF_REQUEST_CALLING)
    return err;
  row = json_pack ("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s}", "error", info->name, "message", info->message, "hint",
                   info->hint, "request", cf_hex (r->id, sizeof r->id, id), "purpose", r->purpose->name, "conversation",
                   cf_request_verifies (r) ? cf_hex (r->conversation, sizeof r->conversation, conv) : NULL,
                   "fingerprint", cf_fpr_hex (&r->peer, fpr));
  err = row ? cf_gate_add_tries (r->core, &r->peer, cf_request_is_stranger (r), row) : cf_err (GPG_ERR_ENOMEM);
  if (err) {
    json_decref (row);
    return err;
  }
  return cf_event_emit (r->core, "error", true, row);
}

static void
block_clear (struct cf_block *block)
{
  free (block->data);
  block->data = NULL;
  block->len = 0;
}

/* The answerer keeps the end, to say so to an asker who was not there to hear it. */
static gpg_error_t
keep_end (struct cf_request *r, gpg_error_t why)
{
  destroy_keys (r);
  cf_opening_cancel (r);
  cf_run_forget (r);
  cf_secmem_free (r->prs);
  cf_secmem_free (r->passphrase);
  r->prs = r->passphrase = NULL;
  block_clear (&r->own_block);
  block_clear (&r->peer_block);
  block_clear (&r->own_signature);
  block_clear (&r->peer_signature);
  r->end_error = why;
  cf_request_set_state (r, CF_REQUEST_ENDED);
  return cf_request_save (r);
}

void
cf_request_end (struct cf_request *r, gpg_error_t why, enum cf_talk say, const char *state)
{
  struct cf_core *core = r->core;
  bool keep = !r->asked && (say == CF_TALK_REFUSED || say == CF_TALK_WRONG);
  gpg_error_t err;

  if (say)
    cf_request_say (r, say, NULL, 0);
  if (gpg_err_code (why) == CF_ERR_WRONG_PASSWORD)
    core->gate->counts.wrong++;
  cf_gate_calls_end (r, why, CF_SAY_NOTHING);
  err = cf_store_begin (core->store);
  if (!err) {
    err = report_end (r, why, state);
    /* Not of one that merely came and went: whoever asks without end would fill the disk. */
    if (!err && !r->asked && (say || r->state != CF_REQUEST_ASKED))
      err = cf_conversation_id_use (core, r->id);
    if (!err && keep)
      err = keep_end (r, why);
    cf_store_end (core->store, &err);
  }
  if (err)
    cf_log (core->env, CF_LOG_ERROR, "gate: the end of a request was not kept: %s", gpg_strerror (err));
  if (!keep)
    cf_request_drop (r);
  else
    forget_conversation (r);
}

/* The asker is there, and does not repeat his OPEN: he no longer knows it. */
static bool
is_forgotten (const struct cf_request *r)
{
  return (r->state == CF_REQUEST_ASKED || r->state == CF_REQUEST_ACCEPTED) && !r->fresh
         && cf_link_is_up (r->core, &r->peer);
}

/* CALLING: not there.  Forgotten by who asked: over.  Others: no progress, so who waits is told; the request stands. */
static void
deadline_passed (void *arg)
{
  struct cf_request *r = arg;

  if (is_forgotten (r)) {
    cf_gate_calls_end (r, cf_err (CF_ERR_REFUSED), CF_SAY_REQUEST_FORGOTTEN);
    cf_request_end (r, cf_err (CF_ERR_REFUSED), 0, "withdrawn");
    return;
  }
  switch (r->state) {
  case CF_REQUEST_ASKED:
    break;
  case CF_REQUEST_CALLING:
    if (cf_request_verifies (r) && cf_link_is_up (r->core, &r->peer))
      cf_gate_calls_end (r, cf_err (CF_ERR_NOT_REACHABLE), CF_SAY_REQUEST_SILENCE);
    cf_request_end (r, cf_err (CF_ERR_NOT_REACHABLE), CF_TALK_REFUSED, "failed");
    break;
  case CF_REQUEST_ACCEPTED:
    cf_gate_calls_end (r, cf_err (r->fresh ? GPG_ERR_TIMEOUT : CF_ERR_NOT_REACHABLE),
                       r->fresh                  ? CF_SAY_NOTHING
                       : cf_request_verifies (r) ? CF_SAY_ASKER_AWAY_VERIFY
                                                 : CF_SAY_ASKER_AWAY);
    break;
  case CF_REQUEST_YA:
    cf_run_forget (r);
    cf_request_set_state (r, CF_REQUEST_WAITING);
    cf_gate_calls_end (r, cf_err (GPG_ERR_TIMEOUT), CF_SAY_NOTHING);
    break;
  default:
    cf_gate_calls_end (r, cf_err (GPG_ERR_TIMEOUT), CF_SAY_NOTHING);
    break;
  }
}

/* Once the tags were right, DONE is still good for what it proves. */
static bool
lost_its_conversation (const struct cf_request *r)
{
  return cf_request_verifies (r) && r->state < CF_REQUEST_SEALING && !cf_conversation_open (r->core, r->conversation);
}

static int64_t
life_left (const struct cf_request *r)
{
  bool sealed = r->state == CF_REQUEST_SEALING || r->state == CF_REQUEST_OPENED;
  int64_t life = sealed ? CF_GATE_SEALING_LIFE_MS : CF_REQUEST_LIFE_MS;
  int64_t gone = r->core->env->now_utc_ms - r->created_utc_ms;

  if (lost_its_conversation (r))
    return 0;
  return gone < 0 ? life : life - gone;
}

void
cf_gate_lapse (void *arg)
{
  struct cf_gate *gate = arg;
  struct cf_request *r, *next;

  for (r = gate->first; r; r = next) {
    next = r->next;
    if (life_left (r) > 0)
      continue;
    if (r->state == CF_REQUEST_ENDED || r->state == CF_REQUEST_OPENED)
      cf_request_drop (r);
    else
      cf_request_end (r, cf_err (lost_its_conversation (r) ? CF_ERR_CLOSED : GPG_ERR_TIMEOUT), 0, "lapsed");
  }
  cf_gate_lapse_arm (gate);
}

void
cf_gate_lapse_arm (struct cf_gate *gate)
{
  uint64_t next_ms = LAPSE_CHECK_MAX_MS;
  struct cf_request *r;

  for (r = gate->first; r; r = r->next) {
    int64_t left = life_left (r);

    if (left < 1000)
      left = 1000;
    if ((uint64_t) left < next_ms)
      next_ms = (uint64_t) left;
  }
  cf_timer_after (gate->core->env, &gate->lapse, next_ms);
}

void
cf_gate_conversation_closed (struct cf_core *core)
{
  if (core->gate) /* not now: whoever closes it is in the middle of something */
    cf_timer_after (core->env, &core->gate->lapse, 0);
}

gpg_error_t
cf_gate_check_guesses (struct cf_core *core, const struct cf_fpr *peer, bool stranger)
{
  int64_t wait_ms;

  return cf_guess_check (core->store, core->env->now_utc_ms, peer, stranger, &wait_ms);
}
