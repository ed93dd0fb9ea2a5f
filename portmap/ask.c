/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask.c - what the three ways of asking share. */
#include "portmap/ask.h"

#include <poll.h>

bool
cf_ask_is_over (const struct cf_ask *ask)
{
  struct pollfd confabd = { .fd = ask->confabd, .events = POLLRDHUP };

  return ask->seconds && poll (&confabd, 1, 0) > 0 && (confabd.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

bool
cf_ask_wait (const struct cf_ask *ask, int fd, uint64_t ms)
{
  struct pollfd both[] = {
    { .fd = fd, .events = POLLIN },
    { .fd = ask->seconds ? ask->confabd : -1, .events = POLLRDHUP }, /* when it has gone, that is why something is ended */
  };

  return poll (both, 2, (int) ms) > 0 && both[0].revents;
}

bool
cf_ask_is_outside (const struct cf_ask *ask, const struct cf_addr *outside)
{
  return cf_addr_is_public (outside) && !cf_addr_same_host (outside, &ask->own);
}
