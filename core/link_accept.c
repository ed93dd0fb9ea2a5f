/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_accept.c - how much those may ask who come to us.
 *
 * When there are too many whom we do not know yet, the one waiting longest goes:
 * an honest peer says who he is within a moment of coming, so a crowd that only
 * sits there keeps nobody out.
 */
#include <string.h>

#include "core/links.h"

#define WAITING_MAX 256      /* accepted and not known yet */
#define WAITING_PER_HOST 16
#define UNWANTED_UP_MAX 256  /* tunnels of strangers that nobody here wants */
#define QUESTION_WINDOW_MS 10000
#define QUESTIONS_PER_WINDOW 20

bool
cf_links_admit (struct cf_links *links, const struct cf_addr *from)
{
  struct cf_way *oldest = NULL, *oldest_same = NULL; /* the newest is first in the list */
  size_t all = 0, same = 0;

  for (struct cf_way *w = links->strangers; w; w = cf_way_next (w)) {
    bool is_same = cf_addr_same_source (cf_way_addr (w), from);

    all++;
    same += is_same;
    if (cf_way_is_checking (w))
      continue; /* he has said who he is, and that is being looked at */
    oldest = w;
    if (is_same)
      oldest_same = w;
  }
  if (same >= WAITING_PER_HOST)
    oldest = oldest_same;
  else if (all < WAITING_MAX)
    return true;
  cf_refused (links->core->env, CF_REFUSED_STREAM_CROWDED);
  if (!oldest)
    return false;
  cf_way_drop (oldest, 0, NULL);
  return true;
}

bool
cf_links_allow_unwanted (const struct cf_links *links)
{
  size_t pos = 0, count = 0;
  const void *key;
  void *value;

  while (cf_map_next (links->by_fpr, &pos, &key, &value)) {
    const struct cf_link *link = value;

    count += link->up && !link->wants;
  }
  return count < UNWANTED_UP_MAX;
}

bool
cf_links_allow_question (struct cf_links *links, const struct cf_addr *from)
{
  uint64_t now = links->core->env->now_ms;
  struct cf_link_host *host = &links->hosts[0];

  for (size_t i = 0; i < CF_LINK_HOSTS_MAX; i++) {
    struct cf_link_host *h = &links->hosts[i];

    if (h->asked && cf_addr_same_source (&h->addr, from)) {
      host = h;
      break;
    }
    if (h->since_ms < host->since_ms)
      host = h; /* the oldest makes room */
  }
  if (!host->asked || !cf_addr_same_source (&host->addr, from) || now - host->since_ms >= QUESTION_WINDOW_MS) {
    host->addr = *from;
    host->since_ms = now;
    host->asked = 0;
  }
  if (host->asked >= QUESTIONS_PER_WINDOW)
    return false;
  host->asked++;
  return true;
}

bool
cf_links_is_ours (struct cf_core *core, const struct cf_link *link, const struct cf_fpr *identity)
{
  const struct cf_peer *peer = cf_peer_find (core, identity);

  return (peer && peer->contact) || (link && link->wants);
}
