/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_story.c - shared steps of stories about tunnels between nodes. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/link_story.h"

struct heard heards[SIM_NODES_MAX];

static void
on_up (void *arg, struct cf_peer *peer)
{
  struct heard *h = arg;

  (void) peer;
  h->ups++;
}

static void
on_down (void *arg, struct cf_peer *peer, gpg_error_t err)
{
  struct heard *h = arg;

  (void) peer;
  (void) err;
  h->downs++;
}

static void
on_message (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len)
{
  struct heard *h = arg;

  (void) peer;
  h->messages++;
  assert_true (len < sizeof h->last);
  memcpy (h->last, data, len);
  h->last[len] = 0;
}

static void
on_bulk (void *arg, struct cf_peer *peer, const uint8_t *data, size_t len)
{
  struct heard *h = arg;

  (void) peer;
  (void) data;
  h->bulk += len;
}

static void
on_room (void *arg, struct cf_peer *peer)
{
  struct heard *h = arg;

  (void) peer;
  h->rooms++;
}

const struct cf_link_handler heard_handler
    = { .up = on_up, .down = on_down, .message = on_message, .bulk = on_bulk, .room = on_room };

struct sim_node *
node (struct sim *sim, const char *name)
{
  struct sim_node *n = sim_node_new (sim, name);

  assert_non_null (n);
  assert_int_equal (sim_node_start (n), 0);
  memset (&heards[n->index], 0, sizeof heards[n->index]);
  cf_links_set_handler (n->core->links, &heard_handler, &heards[n->index]);
  return n;
}

void
want (struct sim_node *a, struct sim_node *b)
{
  assert_int_equal (cf_link_want (a->core, &b->fpr, true), 0);
}

bool
both_up (void *arg)
{
  struct pair *p = arg;

  return cf_link_is_up (p->a->core, &p->b->fpr) && cf_link_is_up (p->b->core, &p->a->fpr);
}

bool
none_up (void *arg)
{
  struct pair *p = arg;

  return !cf_link_is_up (p->a->core, &p->b->fpr) && !cf_link_is_up (p->b->core, &p->a->fpr);
}
