/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_accept.c - how much those may ask who come to us. */
#include <string.h>

#include "core/links.h"

#define WAITING_MAX 256      /* accepted and not known yet */
#define WAITING_PER_HOST 16
#define QUESTION_WINDOW_MS 10000
#define QUESTIONS_PER_WINDOW 20

bool
cf_links_admit (struct cf_links *links, const struct cf_addr *from)
{
  size_t all = 0, same = 0;

  for (struct cf_way *w = links->strangers; w; w = cf_way_next (w)) {
    all++;
    same += cf_addr_same_host (cf_way_addr (w), from);
  }
  return all < WAITING_MAX && same < WAITING_PER_HOST;
}

bool
cf_links_allow_question (struct cf_links *links, const struct cf_addr *from)
{
  uint64_t now = links->core->env->now_ms;
  struct cf_link_host *host = &links->hosts[0];

  for (size_t i = 0; i < CF_LINK_HOSTS_MAX; i++) {
    struct cf_link_host *h = &links->hosts[i];

    if (h->asked && cf_addr_same_host (&h->addr, from)) {
      host = h;
      break;
    }
    if (h->since_ms < host->since_ms)
      host = h; /* the oldest makes room */
  }
  if (!host->asked || !cf_addr_same_host (&host->addr, from) || now - host->since_ms >= QUESTION_WINDOW_MS) {
    host->addr = *from;
    host->since_ms = now;
    host->asked = 0;
  }
  if (host->asked >= QUESTIONS_PER_WINDOW)
    return false;
  host->asked++;
  return true;
}
