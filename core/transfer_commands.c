/* SPDX-License-Identifier: GPL-3.0-or-later */
/* transfer_commands.c - SEND-FILE, TRANSFERS, TRANSFER, ACCEPT-FILE, REFUSE-FILE, PAUSE, RESUME and CANCEL. */
#include "core/transfer_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/event.h"
#include "core/history.h"
#include "core/message.h"
#include "core/settings.h"
#include "core/store/store.h"

#define TIMEOUT_MAX_S (7u * 24 * 3600)
#define LIST_SINCE_MS (24LL * 3600 * 1000)
#define LIST_MAX 1000
#define PREFIX_MIN 6
#define CANDIDATES_MAX 5

/* --- which one is meant --- */

struct candidates {
  struct cf_core *core;
  size_t count;
  uint8_t conversation[CF_CONVERSATION_ID_LEN], id[CF_MESSAGE_ID_LEN];
  char list[CANDIDATES_MAX * (2 * CF_MESSAGE_ID_LEN + 2) + 1];
};

static bool
note_candidate (void *arg, const struct cf_transfer_row *row)
{
  struct candidates *c = arg;
  char id[2 * CF_MESSAGE_ID_LEN + 1];

  if (!cf_conversation_find (c->core, row->conversation))
    return true;
  memcpy (c->conversation, row->conversation, sizeof c->conversation);
  memcpy (c->id, row->id, sizeof c->id);
  strcat (c->list, c->count++ ? ", " : "");
  strcat (c->list, cf_hex (row->id, sizeof row->id, id));
  return c->count < CANDIDATES_MAX;
}

/* The transfer that TEXT names.  NULL: the command has failed. */
static struct cf_transfer *
resolve (struct cf_command *cmd, const char *text)
{
  struct candidates c = { .core = cmd->core };
  char prefix[2 * CF_MESSAGE_ID_LEN + 1] = "";
  const size_t len = strlen (text);
  struct cf_transfer *t = NULL;
  gpg_error_t err = 0;

  if (len >= PREFIX_MIN && len < sizeof prefix && strspn (text, "0123456789abcdefABCDEF") == len) {
    for (size_t i = 0; i < len; i++)
      prefix[i] = (char) (text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
    err = cf_store_transfer_find (cmd->core->store, prefix, CANDIDATES_MAX, note_candidate, &c);
  }
  if (!err && c.count == 1)
    err = cf_transfer_get (cmd->core->transfers, c.conversation, c.id, &t);
  if (err)
    cf_command_done (cmd, err);
  else if (c.count > 1)
    cf_command_say (cmd, cf_err (GPG_ERR_AMBIGUOUS_NAME), CF_SAY_FILE_AMBIGUOUS, text, c.list, NULL);
  else if (!c.count)
    cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_FILE_UNKNOWN, text, NULL);
  return t;
}

static gpg_error_t
answer_row (struct cf_command *cmd, const struct cf_transfer *t)
{
  return cf_command_row (cmd, cf_transfer_json (cmd->core, &t->row, t));
}

/* Something cannot be done with T as it is: SAY says what. */
static void
fail_state (struct cf_command *cmd, const struct cf_transfer *t, enum cf_say say)
{
  enum cf_say why = CF_SAY_FILE_WAITS;

  if (t->row.state == CF_TRANSFER_DONE)
    why = CF_SAY_FILE_DONE;
  else if (cf_transfer_has_ended (t))
    why = CF_SAY_FILE_ENDED;
  else if (t->row.state != CF_TRANSFER_IDLE)
    why = CF_SAY_FILE_UNDER_WAY;
  cf_command_say (cmd, cf_err (GPG_ERR_INV_STATE), say,
                  why == CF_SAY_FILE_ENDED && t->row.reason ? t->row.reason : cf_phrase (why)->message, NULL);
}

/* May something of T be changed, its conversation being as it is?  False: the command has failed. */
static bool
may_change (struct cf_command *cmd, const struct cf_transfer *t)
{
  const struct cf_conversation *conv = cf_transfer_conversation (t);

  if (conv)
    return cf_message_may_write (cmd, conv);
  cf_command_done (cmd, cf_err (CF_ERR_CLOSED));
  return false;
}

/* --- SEND-FILE --- */

static bool
note_message_state (void *arg, const struct cf_message_row *m)
{
  int *state = arg;

  *state = m->state;
  return false;
}

/* The row of SEND-FILE: the transfer, and how far the message with the offer has come. */
static gpg_error_t
answer_sent (struct cf_command *cmd, const uint8_t *conversation, const uint8_t *id)
{
  int state = CF_MESSAGE_QUEUED;
  struct cf_transfer *t;
  json_t *row;
  gpg_error_t err = cf_transfer_get (cmd->core->transfers, conversation, id, &t);

  if (!err)
    err = cf_store_message_get (cmd->core->store, conversation, id, note_message_state, &state);
  if (err)
    return err;
  row = cf_transfer_json (cmd->core, &t->row, t);
  if (row && json_object_set_new (row, "message_state", json_string (cf_message_state_name (state)))) {
    json_decref (row);
    row = NULL;
  }
  return row ? cf_command_row (cmd, row) : cf_err (GPG_ERR_ENOMEM);
}

static void
wait_unlink (struct cf_transfer_wait *w)
{
  struct cf_transfer_wait **link;

  for (link = &w->all->waits; *link != w; link = &(*link)->next)
    ;
  *link = w->next;
  cf_timer_cancel (w->all->core->env, &w->timeout);
  cf_event_unlisten (w->all->core, w->listener);
  w->cmd->state = NULL;
  w->cmd->cancelled = NULL;
}

static void
wait_end (struct cf_transfer_wait *w)
{
  struct cf_command *cmd = w->cmd;
  gpg_error_t err;

  wait_unlink (w);
  err = answer_sent (cmd, w->conversation, w->id);
  free (w);
  cf_command_done (cmd, err);
}

static void
wait_timeout (void *arg)
{
  wait_end (arg);
}

static void
wait_cancelled (struct cf_command *cmd)
{
  struct cf_transfer_wait *w = cmd->state;

  wait_unlink (w);
  free (w);
}

/* Has the message with the offer left? */
static void
wait_heard (void *arg, json_t *event)
{
  struct cf_transfer_wait *w = arg;
  const char *kind = json_string_value (json_object_get (event, "event"));
  const char *message = json_string_value (json_object_get (event, "message"));
  char id[2 * CF_MESSAGE_ID_LEN + 1];

  if (kind && message && !strcmp (kind, "message_state") && !strcmp (message, cf_hex (w->id, sizeof w->id, id)))
    cf_timer_after (w->all->core->env, &w->timeout, 0); /* an event must not be answered from inside */
}

void
cf_transfer_waits_tell (struct cf_transfers *all, const struct cf_transfer_row *row)
{
  struct cf_transfer_wait *w;

  if (row->state < CF_TRANSFER_DONE)
    return;
  for (w = all->waits; w; w = w->next)
    if (!memcmp (w->id, row->id, sizeof w->id) && !memcmp (w->conversation, row->conversation, sizeof w->conversation))
      cf_timer_after (all->core->env, &w->timeout, 0);
}

void
cf_transfer_waits_free (struct cf_transfers *all)
{
  while (all->waits) {
    struct cf_transfer_wait *w = all->waits;
    struct cf_command *cmd = w->cmd;

    wait_unlink (w);
    free (w);
    cf_command_done (cmd, cf_err (GPG_ERR_NO_SERVICE));
  }
}

/* CMD is answered when the transfer has come as far as it wants, or its time is over. */
static gpg_error_t
wait_start (struct cf_command *cmd, const struct cf_conversation *conv, const uint8_t *id, bool for_end,
            uint64_t timeout_ms)
{
  struct cf_transfers *all = cmd->core->transfers;
  struct cf_transfer_wait *w = calloc (1, sizeof *w);
  gpg_error_t err = w ? 0 : cf_err_errno ();

  if (!err && !for_end)
    err = cf_event_listen (cmd->core, UINT64_MAX, wait_heard, w, &w->listener);
  if (err) {
    free (w);
    return err;
  }
  w->all = all;
  w->cmd = cmd;
  memcpy (w->conversation, conv->id, sizeof w->conversation);
  memcpy (w->id, id, sizeof w->id);
  cf_timer_init (&w->timeout, wait_timeout, w);
  w->next = all->waits;
  all->waits = w;
  cmd->state = w;
  cmd->cancelled = wait_cancelled;
  if (timeout_ms)
    cf_timer_after (all->core->env, &w->timeout, timeout_ms);
  return 0;
}

/* Until what is SEND-FILE to wait?  False: the command has failed. */
static bool
send_wait (struct cf_command *cmd, const char **r_wait, unsigned long *r_timeout_s)
{
  const char *wait = cf_command_option (cmd, "wait");

  *r_wait = wait ? wait : "queued";
  if (!cf_text_has_word ("queued sent done", *r_wait)) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_CHOICE, "--wait", "queued, sent, done", NULL);
    return false;
  }
  return cf_command_number (cmd, "timeout", 0, TIMEOUT_MAX_S, r_timeout_s);
}

static void
source_problem (struct cf_command *cmd, gpg_error_t err, const char *bytes)
{
  char *shown = cf_text_display (bytes, strlen (bytes), false);
  const char *path = shown ? shown : "it";

  switch (gpg_err_code (err)) {
  case GPG_ERR_ENOENT:
  case GPG_ERR_ENOTDIR: cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_FILE_MISSING, path, NULL); break;
  case GPG_ERR_EACCES:
  case GPG_ERR_EPERM: cf_command_say (cmd, err, CF_SAY_FILE_PERMISSION, path, NULL); break;
  case GPG_ERR_INV_VALUE: cf_command_say (cmd, err, CF_SAY_FILE_KIND, path, NULL); break;
  case GPG_ERR_TOO_LARGE: cf_command_say (cmd, err, CF_SAY_FILE_LARGE, path, NULL); break;
  case GPG_ERR_AMBIGUOUS_NAME: cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_FILE_NAMES, path, NULL); break;
  default: cf_command_say (cmd, err, CF_SAY_FILE_UNREADABLE, path, cf_err_info (err)->message, NULL);
  }
  free (shown);
}

static void
run_look (struct cf_transfer_job *job)
{
  struct cf_file_source *source = NULL;

  job->err = cf_file_source_open (job->path, &source);
  if (!job->err)
    cf_file_source_describe (source, job->offer, &job->skipped, job->stat_hash);
  cf_file_source_free (source);
}

/* CMD waits for a look at PATH, which DONE has the result of.  Errors: ENOMEM, EAGAIN. */
static gpg_error_t
start_look (struct cf_command *cmd, const char *path,
            void (*done) (struct cf_transfer *none, struct cf_transfer_job *job))
{
  struct cf_transfers *all = cmd->core->transfers;
  struct cf_transfer_job *job;
  gpg_error_t err = cf_transfer_job_new (all, NULL, run_look, done, &job);

  if (err)
    return err;
  job->path = strdup (path);
  job->offer = calloc (1, sizeof *job->offer);
  if (!job->path || !job->offer) {
    cf_transfer_job_free (job);
    return cf_err (GPG_ERR_ENOMEM);
  }
  cf_transfer_job_command (job, cmd);
  err = cf_transfer_job_start (all, job);
  if (err)
    cmd->cancelled = NULL;
  return err;
}

/* The command that waited for JOB, if there is anything to be offered.  NULL: it has gone, or failed. */
static struct cf_command *
take_look (struct cf_transfer_job *job)
{
  struct cf_command *cmd = job->cmd;

  job->cmd = NULL;
  if (!cmd)
    return NULL; /* its client has gone before anything was offered */
  cmd->cancelled = NULL;
  if (!job->err)
    return cmd;
  source_problem (cmd, job->err, job->path);
  return NULL;
}

/* Offer what JOB has looked at in CONV.  False: CMD has failed. */
static bool
offer_look (struct cf_command *cmd, struct cf_conversation *conv, const struct cf_transfer_job *job,
            uint8_t r_id[CF_MESSAGE_ID_LEN])
{
  gpg_error_t err = cf_transfer_offer (cmd->core, conv, job, r_id);

  if (gpg_err_code (err) == GPG_ERR_TOO_MANY)
    cf_command_say (cmd, err, CF_SAY_FILE_MANY, NULL);
  else if (err)
    cf_command_done (cmd, err);
  return !err;
}

static void
looked (struct cf_transfer *none, struct cf_transfer_job *job)
{
  struct cf_command *cmd = take_look (job);
  struct cf_conversation *conv;
  uint8_t id[CF_MESSAGE_ID_LEN];
  unsigned long timeout_s;
  const char *wait;
  gpg_error_t err = 0;

  (void) none;
  /* Meanwhile the world may have changed. */
  conv = cmd ? cf_conversation_resolve (cmd, cmd->argv[0]) : NULL;
  if (!conv || !cf_message_may_write (cmd, conv) || !send_wait (cmd, &wait, &timeout_s)
      || !offer_look (cmd, conv, job, id))
    return;
  if (strcmp (wait, "queued") != 0) {
    err = wait_start (cmd, conv, id, !strcmp (wait, "done"), timeout_s * 1000ull);
    if (!err)
      return;
  }
  if (!err)
    err = answer_sent (cmd, conv->id, id);
  cf_command_done (cmd, err);
}

static void
cmd_send_file (struct cf_command *cmd)
{
  struct cf_conversation *conv = cf_conversation_resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  unsigned long timeout_s;
  const char *wait;
  gpg_error_t err;

  if (!conv || !cf_message_may_write (cmd, conv) || !send_wait (cmd, &wait, &timeout_s))
    return;
  if (cmd->argv[1][0] != '/') {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_FILE_PATH, NULL);
    return;
  }
  err = start_look (cmd, cmd->argv[1], looked);
  if (err)
    cf_command_done (cmd, err);
}

/* --- TRANSFERS, TRANSFER --- */

struct listing {
  struct cf_command *cmd;
  json_t *rows;
  gpg_error_t err;
};

static bool
list_row (void *arg, const struct cf_transfer_row *row)
{
  struct listing *l = arg;
  struct cf_core *core = l->cmd->core;
  const struct cf_transfer *t = cf_transfer_find (core->transfers, row->conversation, row->id);
  json_t *value = cf_transfer_json (core, t ? &t->row : row, t);

  l->err = value ? cf_command_row (l->cmd, value) : cf_err (GPG_ERR_ENOMEM);
  return !l->err;
}

static void
cmd_transfers (struct cf_command *cmd)
{
  const char *name = cf_command_option (cmd, "conversation");
  int64_t since = cf_command_option (cmd, "all") ? INT64_MIN : cmd->core->env->now_utc_ms - LIST_SINCE_MS;
  const struct cf_conversation *conv = NULL;
  struct listing l = { .cmd = cmd };
  gpg_error_t err;

  if (name && !(conv = cf_conversation_resolve (cmd, name)))
    return;
  err = cf_store_transfer_list (cmd->core->store, conv ? conv->id : NULL, INT64_MAX, since, LIST_MAX, list_row, &l);
  cf_command_done (cmd, err ? err : l.err);
}

static void
cmd_transfer (struct cf_command *cmd)
{
  struct cf_transfer *t = resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */

  if (t)
    cf_command_done (cmd, answer_row (cmd, t));
}

/* --- ACCEPT-FILE, REFUSE-FILE --- */

void
cf_transfer_answer (struct cf_command *cmd, struct cf_transfer *t, gpg_error_t err, const char *dir)
{
  cmd->cancelled = NULL;
  switch (gpg_err_code (err)) {
  case GPG_ERR_NO_ERROR: cf_command_done (cmd, answer_row (cmd, t)); break;
  case GPG_ERR_ENOSPC:
  case GPG_ERR_EDQUOT: cf_command_say (cmd, err, CF_SAY_FILE_NO_SPACE, dir, NULL); break;
  case GPG_ERR_EACCES:
  case GPG_ERR_EPERM:
  case GPG_ERR_EROFS:
  case GPG_ERR_ENOTDIR:
  case GPG_ERR_ENOENT:
    cf_command_say (cmd, err, CF_SAY_FILE_NO_PLACE, dir, cf_err_info (err)->message, NULL);
    break;
  default: cf_command_done (cmd, err);
  }
}

static void
cmd_accept_file (struct cf_command *cmd)
{
  const char *to = cf_command_option (cmd, "to");
  struct cf_transfer *t = resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */
  char *dir;
  gpg_error_t err;

  if (!t || !may_change (cmd, t))
    return;
  if (t->row.outgoing) {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_STATE), CF_SAY_FILE_OWN, NULL);
    return;
  }
  if (to && *to != '/') {
    cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_FILE_DIRECTORY_PATH, NULL);
    return;
  }
  if (t->row.state != CF_TRANSFER_IDLE) {
    fail_state (cmd, t, CF_SAY_FILE_NOT_ACCEPTED);
    return;
  }
  dir = to ? strdup (to) : cf_transfer_download_dir (cmd->core);
  err = dir ? cf_transfer_accept (t, dir, cmd) : cf_err (GPG_ERR_ENOENT);
  free (dir);
  if (err)
    cf_command_done (cmd, err);
}

static void
cmd_refuse_file (struct cf_command *cmd)
{
  struct cf_transfer *t = resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */

  if (!t)
    return;
  if (t->row.outgoing || t->row.state != CF_TRANSFER_IDLE) {
    fail_state (cmd, t, CF_SAY_FILE_NOT_REFUSED);
    return;
  }
  cf_transfer_set_state (t, CF_TRANSFER_REFUSED, 0, CF_SAY_ENDED_REFUSED_HERE);
  cf_command_done (cmd, answer_row (cmd, t));
}

/* --- PAUSE, RESUME, CANCEL --- */

static void
cmd_pause (struct cf_command *cmd)
{
  struct cf_transfer *t = resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */

  if (!t)
    return;
  if (cf_transfer_has_ended (t) || t->row.state == CF_TRANSFER_IDLE) {
    fail_state (cmd, t, CF_SAY_FILE_NOT_PAUSED);
    return;
  }
  if (!t->row.paused_by_us)
    cf_transfer_pause (t, NULL);
  cf_command_done (cmd, answer_row (cmd, t));
}

/* The same file is offered once more: another transfer, since both sides have ended this one. */
static void
looked_again (struct cf_transfer *none, struct cf_transfer_job *job)
{
  struct cf_command *cmd = take_look (job);
  struct cf_transfer *t = cmd ? resolve (cmd, cmd->argv[0]) : NULL; /* meanwhile the world may have changed */
  struct cf_conversation *conv;
  uint8_t id[CF_MESSAGE_ID_LEN];

  (void) none;
  if (!t || !may_change (cmd, t))
    return;
  conv = cf_transfer_conversation (t);
  if (offer_look (cmd, conv, job, id))
    cf_command_done (cmd, answer_sent (cmd, conv->id, id));
}

/* RESUME of what is not paused. */
static void
retry (struct cf_command *cmd, struct cf_transfer *t)
{
  gpg_error_t err;

  if (!may_change (cmd, t))
    return;
  err = t->row.outgoing ? start_look (cmd, t->row.path, looked_again) : cf_transfer_accept (t, t->row.dir, cmd);
  if (err)
    cf_command_done (cmd, err);
}

static void
cmd_resume (struct cf_command *cmd)
{
  struct cf_transfer *t = resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */

  if (!t)
    return;
  if (!t->row.paused_by_us) {
    if (cf_transfer_can_retry (cmd->core, &t->row))
      retry (cmd, t);
    else if (t->row.paused_by_peer)
      cf_command_say (cmd, cf_err (GPG_ERR_INV_STATE), CF_SAY_FILE_PAUSED_THERE, NULL);
    else
      fail_state (cmd, t, CF_SAY_FILE_NOT_RESUMED);
    return;
  }
  if (!may_change (cmd, t))
    return;
  cf_transfer_resume (t);
  cf_command_done (cmd, answer_row (cmd, t));
}

static void
cmd_cancel (struct cf_command *cmd)
{
  struct cf_transfer *t = resolve (cmd, cmd->argv[0]); /* NULL: CMD is gone */

  if (!t)
    return;
  if (cf_transfer_has_ended (t)) {
    fail_state (cmd, t, CF_SAY_FILE_NOT_CANCELLED);
    return;
  }
  if (!t->row.outgoing && t->row.state == CF_TRANSFER_IDLE)
    cf_transfer_set_state (t, CF_TRANSFER_REFUSED, 0, CF_SAY_ENDED_REFUSED_HERE);
  else
    cf_transfer_set_state (t, CF_TRANSFER_CANCELLED, 0, CF_SAY_ENDED_CANCELLED_HERE);
  cf_command_done (cmd, answer_row (cmd, t));
}

const struct cf_command_def cf_transfer_commands[] = {
  { .verb = "SEND-FILE",
    .usage = "SEND-FILE [--wait=queued|sent|done] [--timeout=SECONDS] CONV PATH",
    .help = "Offer a file, or a directory with all that is in it; PATH is absolute.  Answers once the offer is on disk, or\n"
            "has left, or the transfer has ended; or, with the state so far, when the time is over.\n"
            "Fields: " CF_TRANSFER_FIELDS ",\nmessage_state (of the offer: queued, sent, held, delivered, read, failed)",
    .options = "wait timeout",
    .min_args = 2,
    .max_args = 2,
    .needs_ready = true,
    .run = cmd_send_file,
    .path_arg = 2 },
  { .verb = "TRANSFERS",
    .usage = "TRANSFERS [--conversation=CONV] [--all]",
    .help = "Files on their way, and those whose way has ended in the last day; with --all, all.  Newest first.\n"
            "Fields: " CF_TRANSFER_FIELDS,
    .options = "conversation all",
    .needs_ready = true,
    .run = cmd_transfers },
  { .verb = "TRANSFER",
    .usage = "TRANSFER T",
    .help = "One of them, by its id or the first 6 digits or more.\nFields: " CF_TRANSFER_FIELDS,
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_transfer },
  { .verb = "ACCEPT-FILE",
    .usage = "ACCEPT-FILE [--to=DIR] T",
    .help = "Fetch what is offered, into DIR (absolute) or the setting \"download-dir\".\nFields: " CF_TRANSFER_FIELDS,
    .options = "to",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_accept_file },
  { .verb = "REFUSE-FILE",
    .usage = "REFUSE-FILE T",
    .help = "Decline what is offered.\nFields: " CF_TRANSFER_FIELDS,
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_refuse_file },
  { .verb = "PAUSE",
    .usage = "PAUSE T",
    .help = "Let it stand still, until it is resumed here; over restarts, too.\nFields: " CF_TRANSFER_FIELDS,
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_pause },
  { .verb = "RESUME",
    .usage = "RESUME T",
    .help = "Go on with what was paused here; try again what could not be put anywhere.  Of a file of ours that has\n"
            "failed: offer it again, and answer with that transfer.\nFields: " CF_TRANSFER_FIELDS,
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_resume },
  { .verb = "CANCEL",
    .usage = "CANCEL T",
    .help = "End it, on both sides; what has come of it is removed.\nFields: " CF_TRANSFER_FIELDS,
    .options = "",
    .min_args = 1,
    .max_args = 1,
    .needs_ready = true,
    .run = cmd_cancel },
  { .verb = NULL },
};
