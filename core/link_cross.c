/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_cross.c - streams that nobody accepts: two dial each other at once, so that the NATs of both let the other in.
 *
 *   DIALLING --both ends have written: crossed--> a stream as if it had been accepted
 *   DIALLING --nobody there, the deadline of a dial, the end of the links--> gone
 *
 * In the tunnel on such a stream the lower device key dials (link_way.c), the
 * higher accepts: this is its end.
 */
#include <stdlib.h>

#include "core/links.h"

#define CROSSES_MAX 64 /* at once, of all */

struct cf_link_cross {
  struct cf_link_cross *next;
  struct cf_links *links;
  struct cf_conn *conn;
  struct cf_addr to;
};

static void
take_out (struct cf_link_cross *c)
{
  struct cf_link_cross **p = &c->links->crosses;

  while (*p != c)
    p = &(*p)->next;
  *p = c->next;
}

static void
crossed (void *arg)
{
  struct cf_link_cross *c = arg;
  struct cf_link_cross mine = *c;

  take_out (c);
  free (c);
  cf_links_accept (mine.links, mine.links->core->net, mine.conn, &mine.to);
}

static void
cross_received (void *arg, const uint8_t *data, size_t len)
{
  (void) arg, (void) data, (void) len; /* never before it is connected */
}

static void
cross_drained (void *arg)
{
  (void) arg;
}

static void
cross_failed (void *arg, gpg_error_t err)
{
  struct cf_link_cross *c = arg;

  (void) err;
  c->links->core->net->ops->close (c->conn);
  take_out (c);
  free (c);
}

static const struct cf_conn_handler cross_handler = { crossed, cross_received, cross_drained, cross_failed };

gpg_error_t
cf_link_cross (struct cf_links *links, const struct cf_addr *to)
{
  struct cf_link_cross *c;
  size_t count = 0;
  gpg_error_t err;

  for (c = links->crosses; c; c = c->next)
    count++;
  if (count >= CROSSES_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  c = calloc (1, sizeof *c);
  if (!c)
    return cf_err (GPG_ERR_ENOMEM);
  c->links = links;
  c->to = *to;
  err = links->core->net->ops->punch (links->core->net, to, &cross_handler, c, &c->conn);
  if (err) {
    free (c);
    return err;
  }
  c->next = links->crosses;
  links->crosses = c;
  return 0;
}

void
cf_link_crosses_free (struct cf_links *links)
{
  while (links->crosses)
    cross_failed (links->crosses, 0);
}
