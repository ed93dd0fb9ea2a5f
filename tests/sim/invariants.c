/* SPDX-License-Identifier: GPL-3.0-or-later */
/* invariants.c - see invariants.h.  Only memory is looked at, so that it can be done after every turn; what the disks
   hold is the story's to compare. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/gate_private.h"
#include "core/links.h"
#include "core/outbox.h"
#include "tests/sim/invariants.h"

#define RECORDS_MAX 256

/* A conversation at one node, as it was seen last. */
struct record {
  struct sim_node *node;
  uint8_t id[CF_CONVERSATION_ID_LEN];
  struct cf_fpr peer, own_key, peer_key;
  bool opened, closed;
  uint64_t sent, received, acked;
};

struct invariants {
  struct sim *sim;
  void (*tell) (void *arg);
  void *arg;
  struct record records[RECORDS_MAX];
  size_t record_count;
  uint64_t looks;
};

#define HOLDS(v, node, what)                                                                                          \
  do {                                                                                                                \
    if (!(what)) {                                                                                                    \
      (v)->tell ((v)->arg);                                                                                           \
      fail_msg ("%s at %llu ms: not so: %s", (node)->name, (unsigned long long) (v)->sim->env.now_ms, #what);         \
    }                                                                                                                 \
  } while (0)

static struct record *
record_of (struct invariants *v, struct sim_node *node, const uint8_t id[CF_CONVERSATION_ID_LEN])
{
  struct record *r;

  for (size_t i = 0; i < v->record_count; i++)
    if (v->records[i].node == node && !memcmp (v->records[i].id, id, sizeof v->records[i].id))
      return &v->records[i];
  HOLDS (v, node, v->record_count < RECORDS_MAX);
  r = &v->records[v->record_count++];
  memset (r, 0, sizeof *r);
  r->node = node;
  memcpy (r->id, id, sizeof r->id);
  return r;
}

/* Not while it is down, or its store is not open yet. */
static bool
is_up (const struct sim_node *node)
{
  return node->core && node->core->messages;
}

/* --- a conversation --- */

static void
look_at_keys (struct invariants *v, struct record *was, const struct cf_conversation *now)
{
  if (!was->opened) {
    was->peer = now->peer;
    was->own_key = now->own_key;
    was->peer_key = now->peer_key;
    was->opened = true;
  }
  HOLDS (v, was->node, cf_fpr_equal (&was->peer, &now->peer));
  HOLDS (v, was->node, cf_fpr_equal (&was->own_key, &now->own_key));
  HOLDS (v, was->node, cf_fpr_equal (&was->peer_key, &now->peer_key));
  HOLDS (v, was->node, !cf_fpr_is_none (&now->own_key) && !cf_fpr_equal (&now->own_key, &now->peer_key));
}

static void
look_at_sequences (struct invariants *v, struct record *was, const struct cf_conversation *now)
{
  HOLDS (v, was->node, now->sent_sequence >= was->sent);
  HOLDS (v, was->node, now->received_sequence >= was->received);
  HOLDS (v, was->node, now->acked_sequence >= was->acked);
  HOLDS (v, was->node, now->acked_sequence <= now->sent_sequence);
  HOLDS (v, was->node, now->peer_read_sequence <= now->acked_sequence);
  HOLDS (v, was->node, now->read_sequence <= now->received_sequence);
  was->sent = now->sent_sequence;
  was->received = now->received_sequence;
  was->acked = now->acked_sequence;
}

/* The same conversation at both ends.  A side that is down is known by what it was when last seen: sequences are on
   its disk before anybody hears of them. */
static void
look_at_both (struct invariants *v, struct record *a, const struct record *b)
{
  HOLDS (v, a->node, a->received <= b->sent);
  HOLDS (v, a->node, b->acked <= a->received);
  HOLDS (v, a->node, cf_fpr_equal (&a->peer, &b->node->fpr));
  HOLDS (v, a->node, cf_fpr_equal (&a->own_key, &b->peer_key) && cf_fpr_equal (&a->peer_key, &b->own_key));
}

static void
look_at_hashes (struct invariants *v, struct sim_node *node, const struct cf_conversation *mine)
{
  struct sim_node *other = NULL;
  const struct cf_conversation *theirs;

  for (size_t i = 0; i < v->sim->node_count; i++)
    if (cf_fpr_equal (&v->sim->nodes[i]->fpr, &mine->peer))
      other = v->sim->nodes[i];
  theirs = other && is_up (other) ? cf_conversation_find (other->core, mine->id) : NULL;
  if (theirs && theirs->sent_sequence && theirs->sent_sequence == mine->received_sequence)
    HOLDS (v, node, !memcmp (theirs->sent_hash, mine->received_hash, sizeof mine->received_hash));
}

static void
look_at_outbox (struct invariants *v, struct sim_node *node, const struct cf_conversation *conv)
{
  const struct cf_outbox *ob = conv->outbox;
  bool up = cf_link_is_up (node->core, &conv->peer);
  bool unsealed;

  if (!ob)
    return;
  unsealed = ob->sealed_sequence < conv->sent_sequence && !conv->closed_by_peer;
  HOLDS (v, node, ob->sealed_sequence <= conv->sent_sequence);
  HOLDS (v, node, !(ob->flights || unsealed) || ob->wanting);
  HOLDS (v, node, !(up && ob->flights) || ob->timer.armed);
  HOLDS (v, node, !(up && unsealed) || ob->sealing || ob->timer.armed);
}

static void
look_at_conversation (struct invariants *v, struct sim_node *node, const struct cf_conversation *conv)
{
  struct record *was;

  if (conv->state == CF_CONVERSATION_REQUESTED)
    return;
  was = record_of (v, node, conv->id);
  HOLDS (v, node, !(was->closed && conv->state != CF_CONVERSATION_CLOSED));
  was->closed = conv->state == CF_CONVERSATION_CLOSED;
  look_at_keys (v, was, conv);
  look_at_sequences (v, was, conv);
  look_at_hashes (v, node, conv);
  look_at_outbox (v, node, conv);
}

/* --- what waits --- */

static void
look_at_request (struct invariants *v, struct sim_node *node, const struct cf_request *r)
{
  HOLDS (v, node, node->core->gate->lapse.armed);
  HOLDS (v, node, !(r->state == CF_REQUEST_CALLING || r->state == CF_REQUEST_YA) || r->deadline.armed);
}

/* Could the peer be dialled now? */
static bool
is_known (const struct sim_node *node, const struct cf_fpr *fpr)
{
  struct cf_peer *peer = cf_peer_find (node->core, fpr);

  if (!peer || peer->blocked || peer->key_state != CF_KEY_OK)
    return false;
  for (size_t i = 0; i < peer->device_count; i++)
    if (peer->devices[i].tied && peer->devices[i].addr_count
        && node->env.now_utc_ms < peer->devices[i].not_after_utc_ms)
      return true;
  return false;
}

static void
look_at_link (struct invariants *v, struct sim_node *node, const struct cf_fpr *fpr)
{
  const struct cf_link *link = cf_links_find (node->core->links, fpr);

  if (!link || link->up)
    return;
  HOLDS (v, node, !link->dialling || link->stagger.armed || link->ways);
  HOLDS (v, node, !link->wants || link->dialling || link->retry.armed || !is_known (node, fpr));
}

static void
look (void *arg)
{
  struct invariants *v = arg;

  v->looks++;
  for (size_t n = 0; n < v->sim->node_count; n++) {
    struct sim_node *node = v->sim->nodes[n];

    if (!is_up (node))
      continue;
    for (struct cf_conversation *c = node->core->conversations->first; c; c = c->next)
      look_at_conversation (v, node, c);
    for (struct cf_request *r = node->core->gate->first; r; r = r->next)
      look_at_request (v, node, r);
    for (size_t m = 0; m < v->sim->node_count; m++)
      if (m != n)
        look_at_link (v, node, &v->sim->nodes[m]->fpr);
  }
  for (size_t i = 0; i < v->record_count; i++)
    for (size_t j = 0; j < v->record_count; j++)
      if (i != j && !memcmp (v->records[i].id, v->records[j].id, sizeof v->records[i].id))
        look_at_both (v, &v->records[i], &v->records[j]);
}

struct invariants *
invariants_new (struct sim *sim, void (*tell) (void *arg), void *arg)
{
  struct invariants *v = calloc (1, sizeof *v);

  assert_non_null (v);
  v->sim = sim;
  v->tell = tell;
  v->arg = arg;
  sim->turn = look;
  sim->turn_arg = v;
  return v;
}

uint64_t
invariants_looks (const struct invariants *v)
{
  return v->looks;
}

void
invariants_free (struct invariants *v)
{
  v->sim->turn = NULL;
  free (v);
}
