/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_order.c - packets that have overtaken others wait for them a little, where the path is one that overtakes.
 *
 * ngtcp2 takes a packet for lost when later ones were acknowledged, and BBR lets as much be under way as
 * the path carries in twice its shortest round trip. Where each datagram takes a time of its own (radio,
 * two ways at once), nearly all are taken for lost, and the shortest round trip is that of the lucky ones:
 * what may be under way is too little for the others, the rate that is measured falls, and so on down to a
 * few packets. What comes is read in order anyway, so a packet that overtook may as well wait until those
 * before it are there, for as long as such have been late: then the path is one that is only longer.
 *
 * What a packet is sent in again has another number, so one that comes late was late, not lost.
 */
#include <stdlib.h>
#include <string.h>

#include "net/stream_priv.h"

#define HELD_BYTES_MAX (1 << 20) /* more is read at once */
#define LEAST_US 2000            /* nobody waits for less: a timer is not that exact */
#define LONGEST_US 400000
#define FORGET 64                /* for each packet that never came, what is waited gets shorter by this part */

struct cf_stream_held {
  struct cf_stream_held *next;
  uint64_t came_us;
  size_t len;
  uint32_t number;
  uint8_t data[];
};

static bool
is_before (uint32_t a, uint32_t b)
{
  return (int32_t) (a - b) < 0;
}

/* The packets from O->next to NUMBER - 1 are not waited for, or no longer; they were missed at SINCE_US. */
static void
pass (struct cf_stream_order *o, uint32_t number, uint64_t since_us)
{
  if (number != o->next)
    o->passed[o->passed_next++ % CF_STREAM_PASSED_MAX] = (struct cf_stream_passed){ o->next, number, since_us };
  o->next = number + 1;
}

/* NUMBER comes after what overtook it was read: the next ones are waited for as long as it would have taken. */
static void
learn (struct cf_stream_order *o, uint32_t number, uint64_t now_us)
{
  for (size_t i = 0; i < CF_STREAM_PASSED_MAX; i++) {
    const struct cf_stream_passed *p = &o->passed[i];
    uint64_t late_us = now_us - p->since_us;

    if (is_before (number, p->begin) || !is_before (number, p->end) || late_us < LEAST_US)
      continue;
    if (late_us > LONGEST_US)
      late_us = LONGEST_US;
    if (late_us > o->wait_us)
      o->wait_us = late_us;
  }
}

static void
hold (struct cf_stream_order *o, uint32_t number, const uint8_t *data, size_t len, uint64_t now_us)
{
  struct cf_stream_held **at = &o->held, *h;

  while (*at && is_before ((*at)->number, number))
    at = &(*at)->next;
  if (*at && (*at)->number == number)
    return; /* again */
  h = malloc (sizeof *h + len);
  if (!h)
    return; /* lost */
  h->next = *at;
  h->came_us = now_us;
  h->len = len;
  h->number = number;
  memcpy (h->data, data, len);
  *at = h;
  o->held_bytes += len;
}

bool
cf_stream_order_input (struct cf_stream_order *o, uint32_t number, const uint8_t *data, size_t len, uint64_t now_us)
{
  if (is_before (number, o->next)) {
    learn (o, number, now_us);
    return true;
  }
  if (number != o->next && o->wait_us && o->held_bytes + len <= HELD_BYTES_MAX) {
    hold (o, number, data, len, now_us);
    return false;
  }
  pass (o, number, now_us);
  return true;
}

uint64_t
cf_stream_order_due_us (const struct cf_stream_order *o)
{
  uint64_t first_us = UINT64_MAX;

  if (o->held && !is_before (o->next, o->held->number))
    return 0;
  for (const struct cf_stream_held *h = o->held; h; h = h->next)
    if (h->came_us < first_us)
      first_us = h->came_us;
  return o->held ? first_us + o->wait_us : UINT64_MAX;
}

struct cf_stream_held *
cf_stream_order_take (struct cf_stream_order *o, uint64_t now_us, const uint8_t **r_data, size_t *r_len)
{
  struct cf_stream_held *h = o->held;

  if (cf_stream_order_due_us (o) > now_us)
    return NULL;
  if (is_before (o->next, h->number)) { /* what is missing is lost, or later than it ever was */
    o->wait_us -= o->wait_us / FORGET;
    if (o->wait_us < LEAST_US)
      o->wait_us = 0;
  }
  if (!is_before (h->number, o->next))
    pass (o, h->number, h->came_us);
  o->held = h->next;
  o->held_bytes -= h->len;
  *r_data = h->data;
  *r_len = h->len;
  return h;
}

void
cf_stream_order_done (struct cf_stream_order *o)
{
  while (o->held) {
    struct cf_stream_held *h = o->held;

    o->held = h->next;
    free (h);
  }
}
