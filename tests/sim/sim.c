/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim.c - the world's clock and dice, nodes, commands and events. */

#include <config.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secmem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/self.h"
#include "tests/sim/sim.h"

#define SIM_EPOCH_UTC_MS 1790000000000LL /* a day in 2026 */
#define SIM_START_MS 1000000u

/* splitmix64: small, seeded, the same everywhere. */
static uint64_t
next_random (struct sim *sim)
{
  uint64_t z = (sim->rng += 0x9e3779b97f4a7c15u);

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t
sim_random (struct sim *sim, uint64_t below)
{
  return next_random (sim) % below;
}

static void
fill_random (void *arg, void *buf, size_t len)
{
  struct sim *sim = arg;
  uint8_t *p = buf;
  uint64_t v = 0;

  for (size_t i = 0; i < len; i++) {
    if (i % 8 == 0)
      v = next_random (sim);
    p[i] = (uint8_t) (v >> (8 * (i % 8)));
  }
}

static void
node_log (void *arg, enum cf_log_level level, const char *line)
{
  struct sim_node *node = arg;

  (void) level;
  if (getenv ("SIM_LOG"))
    fprintf (stderr, "# %8llu %s: %s\n", (unsigned long long) (node->sim->env.now_ms - SIM_START_MS),
             node->name, line);
}

static void
set_now (struct sim *sim, uint64_t now_ms)
{
  sim->env.now_ms = now_ms;
  sim->env.now_utc_ms = SIM_EPOCH_UTC_MS + (int64_t) (now_ms - SIM_START_MS);
  for (size_t i = 0; i < sim->node_count; i++) {
    sim->nodes[i]->env.now_ms = now_ms;
    sim->nodes[i]->env.now_utc_ms = sim->env.now_utc_ms + sim->nodes[i]->skew_ms;
  }
}

struct sim *
sim_new (uint64_t seed)
{
  struct sim *sim = calloc (1, sizeof *sim);
  const char *shift = getenv ("CF_SIM_SHIFT");

  assert (sim);
  if (cf_secmem_setup ())
    abort ();
  sim->rng = seed;
  sim->latency_ms = 1;
  if (shift) {
    sim->rng += strtoull (shift, NULL, 10) << 20;
    sim->jitter_ms = (uint32_t) (strtoull (shift, NULL, 10) % 5);
    sim->gpg_sign_ms = sim->gpg_make_ms = strtoull (shift, NULL, 10) % 40;
  }
  sim->env.random = fill_random;
  sim->env.random_arg = sim;
  scratch_make (&sim->scratch, true);
  sim->dir = sim->scratch.dir;
  set_now (sim, SIM_START_MS);
  return sim;
}

void
sim_free (struct sim *sim)
{
  for (size_t i = 0; i < sim->node_count; i++)
    if (sim->nodes[i]->core)
      sim_node_crash (sim->nodes[i], true);
  sim_run (sim, 20000); /* packets under way arrive nowhere and are freed */
  for (size_t i = 0; i < sim->node_count; i++) {
    struct sim_node *node = sim->nodes[i];

    sim_net_free (node->net);
    sim_keys_free (node->keys);
    json_decref (node->events);
    free (node->home);
    free (node);
  }
  scratch_remove (&sim->scratch);
  free (sim);
}

static uint64_t
next_deadline (struct sim *sim)
{
  uint64_t next = cf_timers_next (&sim->env);

  for (size_t i = 0; i < sim->node_count; i++) {
    uint64_t t = cf_timers_next (&sim->nodes[i]->env);

    if (t < next)
      next = t;
  }
  return next;
}

bool
sim_run_until (struct sim *sim, uint64_t ms, bool (*done) (void *arg), void *arg)
{
  uint64_t end = sim->env.now_ms + ms;

  for (;;) {
    uint64_t next;

    if (done && done (arg))
      return true;
    next = next_deadline (sim);
    if (next > end)
      break;
    set_now (sim, next > sim->env.now_ms ? next : sim->env.now_ms);
    cf_timers_run (&sim->env);
    for (size_t i = 0; i < sim->node_count; i++)
      cf_timers_run (&sim->nodes[i]->env);
    if (sim->turn)
      sim->turn (sim->turn_arg);
  }
  set_now (sim, end);
  return false;
}

void
sim_run (struct sim *sim, uint64_t ms)
{
  sim_run_until (sim, ms, NULL, NULL);
}

void
sim_cut (struct sim *sim, struct sim_node *a, struct sim_node *b, bool cut)
{
  sim->cut[a->index][b->index] = sim->cut[b->index][a->index] = cut;
  if (!cut)
    sim_net_mended (sim);
}

/* ---- nodes ---- */

struct sim_node *
sim_node_new (struct sim *sim, const char *name)
{
  struct sim_node *node = calloc (1, sizeof *node);

  assert (node && sim->node_count < SIM_NODES_MAX);
  node->sim = sim;
  node->index = sim->node_count;
  snprintf (node->name, sizeof node->name, "%s", name);
  node->env.random = fill_random;
  node->env.random_arg = sim;
  node->env.log = node_log;
  node->env.log_arg = node;
  node->env.log_level = getenv ("SIM_LOG") ? CF_LOG_DEBUG : CF_LOG_ERROR;
  node->home = cf_sprintf ("%s/%s", sim->dir, name);
  assert (node->home && mkdir (node->home, 0700) == 0);
  node->events = json_array ();
  node->net = sim_net_new (node);
  node->keys = sim_keys_new (node, &node->fpr);
  sim->nodes[sim->node_count++] = node;
  set_now (sim, sim->env.now_ms);
  return node;
}

static void
on_event (void *arg, json_t *event)
{
  struct sim_node *node = arg;

  json_array_append (node->events, event);
}

static void
on_started (void *arg, gpg_error_t err)
{
  struct sim_node *node = arg;

  node->started = true;
  node->started_err = err;
}

static bool
has_started (void *arg)
{
  return ((struct sim_node *) arg)->started;
}

gpg_error_t
sim_node_start (struct sim_node *node)
{
  struct cf_core_config config = { 0 };
  gpg_error_t err;

  assert (!node->core);
  node->started = false;
  node->gpg = sim_gpg_new (node);
  node->worker = sim_worker_new (node);
  node->disk = sim_worker_new (node);
  config.env = &node->env;
  config.gpg = node->gpg;
  config.net = node->net;
  config.worker = node->worker;
  config.disk = node->disk;
  config.portmap_helper = node->portmap_helper;
  config.home = node->home;
  err = cf_core_new (&config, &node->core);
  if (err)
    return err;
  /* Old events are already in node->events; hear only what is new. */
  err = cf_event_listen (node->core, UINT64_MAX, on_event, node, &node->listener);
  if (err)
    return err;
  if (node->core->state == CF_CORE_EMPTY)
    err = cf_self_init (node->core, &node->fpr, NULL, on_started, node);
  else
    cf_core_unlock (node->core, on_started, node);
  if (err)
    return err;
  if (!sim_run_until (node->sim, 60000, has_started, node))
    return cf_err (GPG_ERR_TIMEOUT);
  return node->started_err;
}

void
sim_node_crash (struct sim_node *node, bool silent)
{
  /* Bytes queued by destructors must not leave: a killed process says nothing. */
  sim_net_reset (node->net, silent);
  cf_core_free (node->core);
  cf_gpg_free (node->gpg);
  sim_worker_free (node->worker);
  sim_worker_free (node->disk);
  node->generation++;
  node->core = NULL;
  node->gpg = NULL;
  node->worker = NULL;
  node->disk = NULL;
  node->listener = NULL;
  sim_net_reset (node->net, true);
}

json_t *
sim_event (struct sim_node *node, size_t from, const char *kind, const char *field, const char *value)
{
  for (size_t i = from; i < json_array_size (node->events); i++) {
    json_t *e = json_array_get (node->events, i);
    const char *k = json_string_value (json_object_get (e, "event"));
    const char *v = field ? json_string_value (json_object_get (e, field)) : NULL;

    if (k && !strcmp (k, kind) && (!field || (v && !strcmp (v, value))))
      return e;
  }
  return NULL;
}

/* ---- commands ---- */

static gpg_error_t
call_row (struct cf_command *cmd, json_t *row)
{
  struct sim_command *call = (struct sim_command *) cmd;

  return json_array_append_new (call->rows, row) ? cf_err (GPG_ERR_ENOMEM) : 0;
}

static void
call_finish (struct cf_command *cmd, gpg_error_t err, const char *message, const char *hint)
{
  struct sim_command *call = (struct sim_command *) cmd;

  assert (!call->finished); /* a command ends once */
  call->finished = true;
  call->err = err;
  call->message = message ? strdup (message) : NULL;
  call->hint = hint ? strdup (hint) : NULL;
}

static void
call_answer (void *arg)
{
  struct sim_command *call = arg;

  if (call->answer)
    call->got (&call->cmd, 0, call->answer, strlen (call->answer));
  else
    call->got (&call->cmd, cf_err (GPG_ERR_CANCELED), NULL, 0);
}

static gpg_error_t
call_inquire (struct cf_command *cmd, const char *keyword, size_t max, bool secret,
              void (*got) (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len))
{
  struct sim_command *call = (struct sim_command *) cmd;

  (void) keyword;
  (void) secret;
  if (call->answer && strlen (call->answer) > max)
    return cf_err (GPG_ERR_TOO_LARGE);
  call->got = got;
  cf_timer_after (&call->node->env, &call->timer, 0);
  return 0;
}

static const struct cf_command_ops call_ops = { call_row, call_finish, call_inquire };

static void
add_word (struct cf_command *cmd, const char *word)
{
  const char *eq = strchr (word, '=');

  if (strncmp (word, "--", 2)) {
    assert (cmd->argc < CF_COMMAND_ARGS_MAX);
    cmd->argv[cmd->argc++] = strdup (word);
    return;
  }
  assert (cmd->option_count < CF_COMMAND_ARGS_MAX);
  cmd->options[cmd->option_count].name =
      eq ? strndup (word + 2, (size_t) (eq - word) - 2) : strdup (word + 2);
  cmd->options[cmd->option_count++].value = strdup (eq ? eq + 1 : "");
}

static struct sim_command *
call_words (struct sim_node *node, const char *verb, const char *answer, va_list words)
{
  struct sim_command *call = calloc (1, sizeof *call);
  const struct cf_command_def *def = cf_command_find (verb);
  const char *word;

  assert (call && def && node->core);
  call->verb = def->verb;
  call->node = node;
  call->generation = node->generation;
  call->cmd.core = node->core;
  call->cmd.ops = &call_ops;
  call->answer = answer ? strdup (answer) : NULL;
  call->rows = json_array ();
  cf_timer_init (&call->timer, call_answer, call);
  while ((word = va_arg (words, const char *)))
    add_word (&call->cmd, word);
  cf_command_dispatch (&call->cmd, def);
  return call;
}

struct sim_command *
sim_call (struct sim_node *node, const char *verb, const char *answer, ...)
{
  struct sim_command *call;
  va_list words;

  va_start (words, answer);
  call = call_words (node, verb, answer, words);
  va_end (words);
  return call;
}

static bool
call_done (void *arg)
{
  return ((struct sim_command *) arg)->finished;
}

bool
sim_wait (struct sim_command *call, uint64_t ms)
{
  return sim_run_until (call->node->sim, ms, call_done, call);
}

gpg_error_t
sim_do (struct sim_node *node, const char *verb, const char *answer, ...)
{
  struct sim_command *call;
  gpg_error_t err;
  va_list words;

  va_start (words, answer);
  call = call_words (node, verb, answer, words);
  va_end (words);
  err = sim_wait (call, 60000) ? call->err : cf_err (GPG_ERR_TIMEOUT);
  sim_command_free (call);
  return err;
}

const char *
sim_text (struct sim_command *call, size_t row, const char *field)
{
  return json_string_value (json_object_get (json_array_get (call->rows, row), field));
}

void
sim_command_free (struct sim_command *call)
{
  if (!call)
    return;
  cf_timer_cancel (&call->node->env, &call->timer);
  /* A node that crashed took its commands along. */
  if (!call->finished && call->cmd.cancelled && call->generation == call->node->generation)
    call->cmd.cancelled (&call->cmd);
  for (size_t i = 0; i < call->cmd.argc; i++)
    free (call->cmd.argv[i]);
  for (size_t i = 0; i < call->cmd.option_count; i++) {
    free (call->cmd.options[i].name);
    free (call->cmd.options[i].value);
  }
  json_decref (call->rows);
  free (call->answer);
  free (call->message);
  free (call->hint);
  free (call);
}

/* ---- short cuts ---- */

struct pair {
  struct sim_node *a, *b;
};

static bool
does_see (void *arg)
{
  struct pair *p = arg;
  struct cf_peer *peer = p->a->core ? cf_peer_find (p->a->core, &p->b->fpr) : NULL;

  return peer && peer->present;
}

bool
sim_sees (struct sim_node *a, struct sim_node *b)
{
  struct pair p = { a, b };

  return sim_run_until (a->sim, 10000, does_see, &p);
}

gpg_error_t
sim_open (struct sim_node *a, struct sim_node *b, char *r_id)
{
  char fpr_a[CF_FPR_HEX_SIZE], fpr_b[CF_FPR_HEX_SIZE];
  struct sim_command *open = NULL;
  gpg_error_t err;

  if (!sim_sees (a, b) || !sim_sees (b, a))
    return cf_err (CF_ERR_NOT_REACHABLE);
  err = sim_do (b, "EXPECT", "a shared secret", cf_fpr_hex (&a->fpr, fpr_a), NULL);
  if (err)
    return err;
  open = sim_call (a, "OPEN", "a shared secret", cf_fpr_hex (&b->fpr, fpr_b), NULL);
  err = sim_wait (open, 60000) ? open->err : cf_err (GPG_ERR_TIMEOUT);
  if (!err)
    snprintf (r_id, 2 * CF_CONVERSATION_ID_LEN + 1, "%s", sim_text (open, 0, "conversation"));
  sim_command_free (open);
  sim_run (a->sim, 100); /* the other side's DONE */
  return err;
}

/* ---- a say over messages; linked by -Wl,--wrap=cf_link_send and --wrap=cf_link_send_bulk ---- */

typedef gpg_error_t (*send_fn) (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len);

gpg_error_t __real_cf_link_send (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len);
gpg_error_t __wrap_cf_link_send (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len);
gpg_error_t __real_cf_link_send_bulk (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len);
gpg_error_t __wrap_cf_link_send_bulk (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len);

static gpg_error_t
obey (int verdict, send_fn send, struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len)
{
  struct sim_node *node = sim_net_node (core->net);
  struct sim *sim = node->sim;

  switch (verdict) {
  case SIM_FRAME_DROP:
    return 0;
  case SIM_FRAME_CUT:
    for (size_t i = 0; i < sim->node_count; i++)
      if (cf_fpr_equal (&sim->nodes[i]->fpr, peer))
        sim_cut (sim, node, sim->nodes[i], true);
    return 0;
  case SIM_FRAME_TWICE: {
    gpg_error_t err = send (core, peer, data, len);

    if (err)
      return err;
  }
    __attribute__ ((fallthrough));
  default:
    return send (core, peer, data, len);
  }
}

gpg_error_t
__wrap_cf_link_send (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len)
{
  struct sim_node *node = sim_net_node (core->net);
  struct sim *sim = node->sim;
  int verdict = sim->frame ? sim->frame (sim, node, peer, data, len) : SIM_FRAME_PASS;

  return obey (verdict, __real_cf_link_send, core, peer, data, len);
}

gpg_error_t
__wrap_cf_link_send_bulk (struct cf_core *core, const struct cf_fpr *peer, const void *data, size_t len)
{
  struct sim_node *node = sim_net_node (core->net);
  struct sim *sim = node->sim;
  uint8_t *copy;
  gpg_error_t err;

  if (!sim->bulk)
    return __real_cf_link_send_bulk (core, peer, data, len);
  copy = malloc (len);
  if (!copy)
    abort ();
  memcpy (copy, data, len);
  err = obey (sim->bulk (sim, node, peer, copy, len), __real_cf_link_send_bulk, core, peer, copy, len);
  free (copy);
  return err;
}
