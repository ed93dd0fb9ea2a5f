/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate_commands.c - what the user asks of the password gate: OPEN, VERIFY, REQUESTS, ACCEPT, EXPECT, REFUSE.
 *
 * A command that waits is a cf_gate_call: for the peer's key and for the
 * password, then for its request to be open or over.  A client that goes
 * takes its call with it, not the request.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/gate_private.h"
#include "core/self.h"
#include "core/store/store_gate.h"
#include "core/trust.h"
#include "core/worker.h"

#define PASSWORD_MAX 1024
#define PREFIX_MIN 6
#define HEX_ID_LEN (2 * CF_CONVERSATION_ID_LEN)
#define EXPECT_DEFAULT_MS (24LL * 3600 * 1000)
#define EXPECT_MAX_MS (30LL * 24 * 3600 * 1000)

enum call_kind { CALL_OPEN, CALL_VERIFY, CALL_ACCEPT, CALL_EXPECT, CALL_WATCH };

struct cf_gate_call {
  struct cf_gate_call *next;
  struct cf_core *core;
  struct cf_command *cmd;
  enum call_kind kind;
  struct cf_fpr peer;
  uint8_t id[CF_CONVERSATION_ID_LEN]; /* ACCEPT: of the request; VERIFY: of the conversation */
  char *note;                         /* OPEN */
  int64_t until_utc_ms;               /* EXPECT */
  struct cf_request *request;         /* waits for it */
  bool stranger;                      /* the guess is one of a stranger */
  struct cf_gpg_job *job;             /* looks the peer's key up */
  gpg_error_t key_error;              /* ACCEPT: what that found */
  bool typed;                         /* ACCEPT: there is a password */
  uint8_t *prs;                       /* ACCEPT: it is stretched; secret memory */
  struct stretching *stretching;
  struct cf_event_listener *listener; /* WATCH */
};

/* A password on its way to PRS, which takes a tenth of a second: beside the loop. */
struct stretching {
  struct cf_work work; /* first */
  struct cf_gate_call *call;
  char *password; /* secret memory */
  uint8_t *prs;   /* the same; CF_CPACE_PRS_LEN */
  struct cf_fpr own, peer;
  gpg_error_t err;
};

/* --- calls --- */

static void
call_free (struct cf_gate_call *call)
{
  struct cf_gate_call **link;

  for (link = &call->core->gate->calls; *link != call; link = &(*link)->next)
    ;
  *link = call->next;
  cf_gpg_cancel (call->core->gpg, call->job);
  if (call->stretching)
    call->core->worker->cancel (call->core->worker, &call->stretching->work);
  if (call->listener)
    cf_event_unlisten (call->core, call->listener);
  cf_secmem_free (call->prs);
  free (call->note);
  free (call);
}

static void
call_cancelled (struct cf_command *cmd)
{
  call_free (cmd->state);
}

static struct cf_gate_call *
call_new (struct cf_command *cmd, enum call_kind kind)
{
  struct cf_gate_call *call = calloc (1, sizeof *call);

  if (!call) {
    cf_command_done (cmd, cf_err_errno ());
    return NULL;
  }
  call->core = cmd->core;
  call->cmd = cmd;
  call->kind = kind;
  call->next = cmd->core->gate->calls;
  cmd->core->gate->calls = call;
  cmd->state = call;
  cmd->cancelled = call_cancelled;
  return call;
}

/* What a failed guess, or one that may not be made, says of those to come; NULL: nothing. */
static json_t *
tries_of (const struct cf_gate_call *call, gpg_error_t err)
{
  bool guess = gpg_err_code (err) == CF_ERR_WRONG_PASSWORD || gpg_err_code (err) == CF_ERR_RATE;
  json_t *row = guess ? json_object () : NULL;

  if (row && cf_gate_add_tries (call->core, &call->peer, call->stranger, row)) {
    json_decref (row);
    row = NULL;
  }
  return row;
}

/* The command's end: ROW is stolen; of an error, SAY is said, unless it is CF_SAY_NOTHING. */
static void
call_end (struct cf_gate_call *call, gpg_error_t err, enum cf_say say, json_t *row)
{
  struct cf_command *cmd = call->cmd;

  cmd->more = tries_of (call, err);
  call_free (call);
  cmd->state = NULL;
  cmd->cancelled = NULL;
  if (!err && row)
    err = cf_command_row (cmd, row);
  else
    json_decref (row);
  cf_command_say (cmd, err, err ? say : CF_SAY_NOTHING, NULL);
}

void
cf_gate_calls_end (struct cf_request *r, gpg_error_t err, enum cf_say say)
{
  char id[HEX_ID_LEN + 1], fpr[CF_FPR_HEX_SIZE];
  struct cf_gate_call *call, *next;

  cf_hex (r->conversation, sizeof r->conversation, id);
  cf_fpr_hex (&r->peer, fpr);
  for (call = r->core->gate->calls; call; call = next) {
    next = call->next;
    if (call->request != r)
      continue;
    call->stranger = cf_request_is_stranger (r);
    call_end (call, err, say,
              err ? NULL
                  : json_pack ("{s:s, s:s, s:s}", "conversation", id, "peer", fpr, "state", r->purpose->ended));
  }
}

void
cf_gate_calls_move (struct cf_request *from, struct cf_request *to)
{
  struct cf_gate_call *call;

  for (call = from->core->gate->calls; call; call = call->next)
    if (call->request == from)
      call->request = to;
}

void
cf_gate_calls_free (struct cf_gate *gate)
{
  while (gate->calls) {
    struct cf_gate_call *call = gate->calls;

    /* The command outlives us, without what its handler knew of it. */
    call->cmd->state = NULL;
    call->cmd->cancelled = NULL;
    call_free (call);
  }
}

/* --- the password --- */

static void
stretching_free (struct cf_work *work)
{
  struct stretching *s = (struct stretching *) work;

  cf_secmem_free (s->password);
  cf_secmem_free (s->prs);
  free (s);
}

static void
stretching_run (struct cf_work *work)
{
  struct stretching *s = (struct stretching *) work;

  s->err = cf_cpace_prs (s->password, &s->own, &s->peer, s->prs);
}

static void stretching_done (struct cf_work *work);
static void accept_go_on (struct cf_gate_call *call);

/* got_prs comes when it is done. */
static gpg_error_t
stretch (struct cf_gate_call *call, const char *typed, size_t len)
{
  struct cf_worker *worker = call->core->worker;
  struct stretching *s = calloc (1, sizeof *s);
  gpg_error_t err;

  if (!s)
    return cf_err_errno ();
  s->work.run = stretching_run;
  s->work.done = stretching_done;
  s->work.free = stretching_free;
  s->call = call;
  s->own = call->core->self->fpr;
  s->peer = call->peer;
  err = cf_text_password (typed, len, &s->password);
  if (!err)
    err = cf_secmem_new (&s->prs, CF_CPACE_PRS_LEN);
  if (!err)
    err = worker->start (worker, &s->work);
  if (err)
    stretching_free (&s->work);
  else
    call->stretching = s;
  return err;
}

static void
set_prs (struct cf_request *r, uint8_t *prs)
{
  cf_secmem_free (r->prs);
  r->prs = prs;
}

/* The user answers R: PRS is stolen. */
static void
answer (struct cf_gate_call *call, struct cf_request *r, uint8_t *prs)
{
  call->request = r;
  if (r->state != CF_REQUEST_ASKED) { /* answered already: wait with the others, and not without end */
    cf_secmem_free (prs);
    cf_request_set_state (r, r->state);
    return;
  }
  set_prs (r, prs);
  cf_gpg_cancel (call->core->gpg, r->check_job);
  r->check_job = NULL;
  cf_request_accept (r);
}

/* OPEN, VERIFY: PRS is stolen. */
static void
ask_with (struct cf_gate_call *call, uint8_t *prs)
{
  struct cf_core *core = call->core;
  const uint8_t *verifies = call->kind == CALL_VERIFY ? call->id : NULL;
  struct cf_request *r = cf_request_of (core, &call->peer, false, verifies);
  uint8_t id[CF_CONVERSATION_ID_LEN];

  if (verifies && !cf_conversation_open (core, verifies)) { /* closed while the password was typed */
    cf_secmem_free (prs);
    call_end (call, cf_err (CF_ERR_CLOSED), CF_SAY_NOTHING, NULL);
    return;
  }
  if (r) { /* the peer has asked us: asking is answering */
    answer (call, r, prs);
    return;
  }
  r = cf_request_of (core, &call->peer, true, verifies);
  if (r) { /* ours stands already: go on waiting, with what was typed last unless a run has begun */
    call->request = r;
    cf_request_set_state (r, r->state); /* its deadline may have passed before we came */
    if (r->state <= CF_REQUEST_WAITING) {
      gpg_error_t err;

      set_prs (r, prs);
      err = r->state == CF_REQUEST_WAITING ? cf_request_save (r) : 0;
      if (err)
        call_end (call, err, CF_SAY_NOTHING, NULL);
    } else
      cf_secmem_free (prs);
    return;
  }
  cf_env_random (core->env, id, sizeof id);
  r = cf_request_new (core, id, &call->peer, true, verifies);
  if (!r) {
    cf_secmem_free (prs);
    call_end (call, cf_err (GPG_ERR_ENOMEM), CF_SAY_NOTHING, NULL);
    return;
  }
  r->prs = prs;
  r->note = call->note;
  call->note = NULL;
  call->request = r;
  cf_request_call (r);
}

static void
expect_with (struct cf_gate_call *call, uint8_t *prs)
{
  struct cf_core *core = call->core;
  struct cf_request *r = cf_request_of (core, &call->peer, false, NULL);
  char fpr[CF_FPR_HEX_SIZE], until[CF_TIME_SIZE];
  json_t *row;
  gpg_error_t err;

  err = cf_store_expectation_put (core->store, &call->peer, call->until_utc_ms, prs);
  row = err ? NULL
            : json_pack ("{s:s, s:s}", "peer", cf_fpr_hex (&call->peer, fpr), "until",
                         cf_time_format (call->until_utc_ms, until));
  if (!err && r && r->state == CF_REQUEST_ASKED) { /* what was expected has come before */
    set_prs (r, prs);
    prs = NULL;
    cf_request_accept (r);
  }
  cf_secmem_free (prs);
  call_end (call, err, CF_SAY_NOTHING, row);
}

/* PRS is stolen. */
static void
got_prs (struct cf_gate_call *call, uint8_t *prs)
{
  struct cf_request *r;

  switch (call->kind) {
  case CALL_OPEN:
  case CALL_VERIFY:
    ask_with (call, prs);
    break;
  case CALL_EXPECT:
    expect_with (call, prs);
    break;
  default: /* ACCEPT: it may have gone while the user typed */
    r = cf_request_find (call->core, call->id);
    if (r && r->state < CF_REQUEST_OPENED)
      answer (call, r, prs);
    else {
      cf_secmem_free (prs);
      call_end (call, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_REQUEST_GONE, NULL);
    }
    break;
  }
}

static void
stretching_done (struct cf_work *work)
{
  struct stretching *s = (struct stretching *) work;
  struct cf_gate_call *call = s->call;
  uint8_t *prs = s->prs;

  call->stretching = NULL;
  if (s->err) {
    call_end (call, s->err, CF_SAY_NOTHING, NULL);
    return;
  }
  s->prs = NULL;
  if (call->kind == CALL_ACCEPT) {
    call->prs = prs;
    accept_go_on (call);
  } else
    got_prs (call, prs);
}

/* ACCEPT: the key, the password and PRS come in this order or another. */
static void
accept_go_on (struct cf_gate_call *call)
{
  struct cf_request *r = cf_request_find (call->core, call->id);
  uint8_t *prs = call->prs;

  if (!call->typed || call->job)
    return;
  if (call->key_error) {
    call_end (call, call->key_error, CF_SAY_NOTHING, NULL);
    return;
  }
  if (prs) {
    call->prs = NULL;
    got_prs (call, prs);
  } else if (r && r->state == CF_REQUEST_ASKED)
    r->purpose->agree (r);
}

static void
got_password (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len)
{
  struct cf_gate_call *call = cmd->state;

  if (!err)
    err = stretch (call, data, len);
  if (gpg_err_code (err) == GPG_ERR_INV_VALUE)
    call_end (call, err, CF_SAY_PASSWORD, NULL);
  else if (err)
    call_end (call, err, CF_SAY_NOTHING, NULL);
  else if (call->kind == CALL_ACCEPT) {
    call->typed = true;
    accept_go_on (call);
  }
}

static void
ask_password (struct cf_gate_call *call)
{
  gpg_error_t err = cf_command_inquire (call->cmd, "PASSWORD", PASSWORD_MAX, true, got_password);

  if (err)
    call_end (call, err, CF_SAY_NOTHING, NULL);
}

static void
key_checked (void *arg, gpg_error_t err)
{
  struct cf_gate_call *call = arg;
  struct cf_request *r = call->kind == CALL_ACCEPT ? cf_request_find (call->core, call->id) : NULL;

  call->job = NULL;
  if (call->kind == CALL_ACCEPT) {
    call->key_error = err;
    /* Who accepts will need a key: it is made while the password is typed and stretched. */
    if (!err && r && r->state == CF_REQUEST_ASKED)
      r->purpose->prepare (r);
    accept_go_on (call);
  } else if (err)
    call_end (call, err, CF_SAY_NOTHING, NULL);
  else
    ask_password (call);
}

/* The peer's key first, so that nobody types a password for a key that may not be used.  Who accepts is waited for by
   somebody, and types while it is looked up: the password goes nowhere unless the key is found good. */
static void
check_key (struct cf_gate_call *call, bool stranger)
{
  const struct cf_peer *peer = cf_peer_find (call->core, &call->peer);
  enum cf_key_state own = cf_self_key_state (call->core->self);
  gpg_error_t err;

  if (peer && peer->blocked) {
    call_end (call, cf_err (GPG_ERR_FORBIDDEN), CF_SAY_PERSON_BLOCKED, NULL);
    return;
  }
  if (own != CF_KEY_OK) {
    call_end (call, cf_key_state_error (own), cf_trust_own_key_say (own), NULL);
    return;
  }
  call->stranger = stranger;
  err = cf_gate_check_guesses (call->core, &call->peer, stranger);
  if (!err)
    err = cf_peer_check_key (call->core, &call->peer, key_checked, call, &call->job);
  if (err)
    call_end (call, err, gpg_err_code (err) == CF_ERR_RATE ? CF_SAY_GUESSES : CF_SAY_NOTHING, NULL);
  else if (call->kind == CALL_ACCEPT)
    ask_password (call);
}

/* --- OPEN, EXPECT --- */

static void
cmd_open (struct cf_command *cmd)
{
  const char *note = cf_command_option (cmd, "note");
  struct cf_peer *peer = cf_peer_resolve (cmd, cmd->argv[0]);
  struct cf_gate_call *call;
  char *clean = NULL, limit[8];

  if (!peer)
    return;
  if (cf_fpr_equal (&peer->fpr, &cmd->core->self->fpr)) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_PERSON_SELF, NULL);
    return;
  }
  if (note) {
    clean = cf_text_display (note, strlen (note), false);
    if (!clean || strlen (clean) > CF_NOTE_MAX) {
      free (clean);
      snprintf (limit, sizeof limit, "%d", CF_NOTE_MAX);
      cf_command_say (cmd, cf_err (GPG_ERR_TOO_LARGE), CF_SAY_NOTE_LONG, limit, NULL);
      return;
    }
  }
  call = call_new (cmd, CALL_OPEN);
  if (!call) {
    free (clean);
    return;
  }
  call->peer = peer->fpr;
  call->note = clean;
  check_key (call, false);
}

static void
cmd_verify (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]);
  struct cf_gate_call *call;

  if (!conv)
    return;
  if (conv->state == CF_CONVERSATION_REQUESTED) {
    cf_command_say (cmd, cf_err (GPG_ERR_CONFLICT), CF_SAY_VERIFY_EARLY, NULL);
    return;
  }
  if (!cf_conversation_open (cmd->core, conv->id)) {
    cf_command_done (cmd, cf_err (CF_ERR_CLOSED));
    return;
  }
  call = call_new (cmd, CALL_VERIFY);
  if (!call)
    return;
  call->peer = conv->peer;
  memcpy (call->id, conv->id, sizeof call->id);
  check_key (call, false);
}

static void
cmd_expect (struct cf_command *cmd)
{
  struct cf_peer *peer = cf_peer_resolve (cmd, cmd->argv[0]);
  int64_t ms = EXPECT_DEFAULT_MS;
  struct cf_gate_call *call;

  if (!peer || !cf_command_duration (cmd, "for", EXPECT_MAX_MS, &ms))
    return;
  call = call_new (cmd, CALL_EXPECT);
  if (!call)
    return;
  call->peer = peer->fpr;
  call->until_utc_ms = cmd->core->env->now_utc_ms + ms;
  ask_password (call);
}

/* --- ACCEPT, REFUSE --- */

static bool
is_waiting (const struct cf_request *r)
{
  return !r->asked && r->state < CF_REQUEST_OPENED;
}

static bool
id_begins (const struct cf_request *r, const char *text)
{
  char hex[HEX_ID_LEN + 1];
  size_t len = strlen (text);

  cf_hex (r->id, sizeof r->id, hex);
  return len >= PREFIX_MIN && len <= HEX_ID_LEN && !strncasecmp (hex, text, len);
}

/* The request that TEXT names, by id, prefix of one, or who asks; NULL: the command has failed. */
static struct cf_request *
resolve_request (struct cf_command *cmd, const char *text)
{
  struct cf_request *r, *found = NULL;
  struct cf_peer *peer;
  size_t count = 0;

  for (r = cmd->core->gate->first; r; r = r->next)
    if (is_waiting (r) && id_begins (r, text)) {
      found = r;
      count++;
    }
  if (count == 0 && cmd->core->gate->first) {
    peer = cf_peer_resolve (cmd, text);
    if (!peer)
      return NULL;
    for (r = cmd->core->gate->first; r; r = r->next)
      if (is_waiting (r) && cf_fpr_equal (&r->peer, &peer->fpr)) {
        found = r;
        count++;
      }
  }
  if (count == 1)
    return found;
  cf_command_say (cmd, cf_err (count ? GPG_ERR_AMBIGUOUS_NAME : GPG_ERR_NOT_FOUND),
                  count ? CF_SAY_REQUEST_AMBIGUOUS : CF_SAY_REQUEST_UNKNOWN, text, NULL);
  return NULL;
}

static void
cmd_accept (struct cf_command *cmd)
{
  struct cf_request *r = resolve_request (cmd, cmd->argv[0]);
  struct cf_gate_call *call;

  if (!r)
    return;
  call = call_new (cmd, CALL_ACCEPT);
  if (!call)
    return;
  call->peer = r->peer;
  memcpy (call->id, r->id, sizeof call->id);
  check_key (call, cf_request_is_stranger (r));
}

static void
cmd_refuse (struct cf_command *cmd)
{
  bool block = cf_command_option (cmd, "block") != NULL;
  struct cf_request *r = resolve_request (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  char id[HEX_ID_LEN + 1];
  struct cf_fpr fpr;
  gpg_error_t err = 0;

  if (!r)
    return;
  cf_hex (r->id, sizeof r->id, id);
  fpr = r->peer;
  cf_request_end (r, cf_err (CF_ERR_REFUSED), CF_TALK_REFUSED, "refused");
  if (block) {
    struct cf_peer *peer = cf_peer_find (cmd->core, &fpr);

    err = peer ? cf_peer_set_blocked (cmd->core, peer, true) : cf_err (GPG_ERR_NOT_FOUND);
  }
  if (!err)
    err = cf_command_row (cmd, json_pack ("{s:s, s:s, s:b}", "request", id, "state", "refused", "blocked", block));
  cf_command_done (cmd, err);
}

/* --- REQUESTS --- */

static void
watch_heard (void *arg, json_t *event)
{
  struct cf_gate_call *call = arg;
  const char *kind = json_string_value (json_object_get (event, "event"));
  gpg_error_t err;

  if (!kind || (strcmp (kind, "request") && strcmp (kind, "request_state")))
    return;
  err = cf_command_row (call->cmd, json_incref (event));
  if (err)
    cf_log (call->core->env, CF_LOG_DEBUG, "gate: a watcher does not read: %s", gpg_strerror (err));
}

static void
cmd_requests (struct cf_command *cmd)
{
  struct cf_core *core = cmd->core;
  struct cf_gate_call *call;
  struct cf_request *r;
  gpg_error_t err = 0;

  for (r = core->gate->first; r && !err; r = r->next)
    if (!r->asked && r->state <= CF_REQUEST_YB) {
      json_t *row = cf_request_json (r, r->state == CF_REQUEST_ASKED ? "waiting" : "accepted");

      err = row ? cf_command_row (cmd, row) : cf_err (GPG_ERR_ENOMEM);
    }
  if (err || !cf_command_option (cmd, "watch")) {
    cf_command_done (cmd, err);
    return;
  }
  call = call_new (cmd, CALL_WATCH);
  if (!call)
    return;
  err = cf_event_listen (core, UINT64_MAX, watch_heard, call, &call->listener);
  if (err)
    call_end (call, err, CF_SAY_NOTHING, NULL);
}

/* --- the table --- */

const struct cf_command_def cf_gate_commands[] = {
  { .verb = "OPEN",
    .usage = "OPEN [--note=TEXT] PEER",
    .help = "Ask PEER for a conversation, or answer his request.  INQUIRE PASSWORD asks for the password\n"
            "that both have agreed on.  Ends when the conversation is open, refused or the passwords differ.\n"
            "A client that goes leaves the request standing for 7 days.\n"
            "Fields: conversation, peer, state; of an error WRONG_PASSWORD or TOO_MANY_TRIES also tries_left,\n"
            "silent_until (see REQUESTS)",
    .options = "note",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_open },
  { .verb = "VERIFY",
    .usage = "VERIFY CONV",
    .help = "Verify the other side of an open conversation once more: both type the same password, which\n"
            "INQUIRE PASSWORD asks for.  Answers his request to do so if there is one.  Ends when he is verified,\n"
            "has refused, or the passwords differ.  A client that goes leaves the request standing for 7 days.\n"
            "Fields: conversation, peer, state (verified)",
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_verify },
  { .verb = "REQUESTS",
    .usage = "REQUESTS [--watch]",
    .help = "Requests that wait for an answer; with --watch also those to come and what becomes of them.\n"
            "Fields: request, purpose (open, verify), conversation (that is to be verified, or null), fingerprint,\n"
            "user_id, name, validity, key_state, since, note, contact, warning, state (waiting, accepted; of a\n"
            "request_state event: opened, verified, refused, withdrawn, wrong, failed, lapsed), tries_left (how\n"
            "many more passwords may be wrong before a silence), silent_until (when the next may be tried, or null)",
    .options = "watch",
    .needs_ready = true,
    .run = cmd_requests },
  { .verb = "ACCEPT",
    .usage = "ACCEPT REQUEST",
    .help = "Answer a request.  INQUIRE PASSWORD asks for the password.  Ends when it is open (or\n"
            "verified), or has failed.\n"
            "Fields: conversation, peer, state (open, verified)",
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_accept },
  { .verb = "EXPECT",
    .usage = "EXPECT [--for=DURATION] PEER",
    .help = "Agree on the password beforehand: PEER's next request with it opens by itself.  INQUIRE PASSWORD\n"
            "asks for it.  DURATION is a number and s, m, h or d; a day when it is not given.\n"
            "Fields: peer, until",
    .options = "for",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_expect },
  { .verb = "REFUSE",
    .usage = "REFUSE [--block] REQUEST",
    .help = "Refuse a request; with --block also ignore all to come of who asked.\nFields: request, state, blocked",
    .options = "block",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_refuse },
  { .verb = NULL },
};
