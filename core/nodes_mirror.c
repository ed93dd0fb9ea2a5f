/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes_mirror.c - as what our port for datagrams is seen: nodes are asked, again and again, since NATs forget.
 *
 *   READY --begin--> asked --no answer: ASK_AGAIN_MS, TRIES times--> asked
 *   asked --answer, or nobody answers: CF_MIRROR_ASK_MS--> asked
 *
 * The question itself keeps the way through our NAT open to that port.
 */
#include "core/links.h"
#include "core/nodes_private.h"

#define ASK_AGAIN_MS 1000
#define TRIES 3

static void
ask (void *arg)
{
  struct cf_node *node = arg;
  struct cf_core *core = node->nodes->core;
  gpg_error_t err;

  if (node->unanswered >= TRIES)
    node->seen_datagrams.family = 0; /* nobody hears us, or we nobody */
  cf_mirror_ask (core->env, node->name.device_key, node->question);
  err = core->net->ops->send_datagram (core->net, &node->name.addr, node->question, sizeof node->question);
  if (err) /* as if it were lost */
    cf_log (core->env, CF_LOG_DEBUG, "a node is not asked where we come from: %s", gpg_strerror (err));
  node->unanswered++;
  cf_timer_after (core->env, &node->mirror, node->unanswered < TRIES ? ASK_AGAIN_MS : CF_MIRROR_ASK_MS);
}

void
cf_node_mirror_init (struct cf_node *node)
{
  cf_timer_init (&node->mirror, ask, node);
}

void
cf_node_mirror_begin (struct cf_node *node)
{
  node->unanswered = 0;
  ask (node);
}

void
cf_node_mirror_end (struct cf_node *node)
{
  cf_timer_cancel (node->nodes->core->env, &node->mirror);
  node->seen_datagrams.family = 0;
}

void
cf_nodes_mirrored (struct cf_core *core, const uint8_t *answer, size_t len)
{
  struct cf_addr seen;

  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n; n = n->next) {
    bool is_news;

    if (!n->unanswered || !n->mirror.armed || cf_mirror_read (answer, len, n->question, n->name.device_key, &seen))
      continue;
    is_news = !cf_addr_equal (&seen, &n->seen_datagrams);
    n->unanswered = 0;
    n->seen_datagrams = seen;
    cf_timer_after (core->env, &n->mirror, CF_MIRROR_ASK_MS);
    if (is_news)
      cf_links_say_paths (core->links);
    return;
  }
  cf_refused (core->env, CF_REFUSED_DATAGRAM_INDEX);
}

size_t
cf_nodes_seen_datagrams (struct cf_core *core, struct cf_addr *r_addrs, size_t max)
{
  size_t count = 0;

  for (struct cf_node *n = core->nodes ? core->nodes->first : NULL; n && count < max; n = n->next)
    if (n->seen_datagrams.family)
      r_addrs[count++] = n->seen_datagrams;
  return count;
}
