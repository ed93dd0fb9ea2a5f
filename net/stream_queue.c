/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_queue.c - bytes of a stream until they are acknowledged.
 *
 *    first                      next        last
 *      |  acked ... sent, flying  |  waiting  |
 *
 * Pieces in a list: what was written stays where it is, and is given back once all of its piece is acknowledged.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"
#include "net/stream_priv.h"

#define PIECE_LEAST 2048 /* bytes of a piece ... */
#define PIECE_MOST 65536 /* ... that more is added to */

struct cf_stream_piece {
  struct cf_stream_piece *next;
  size_t len, cap;
  uint8_t data[];
};

static void
drop_first (struct cf_stream_queue *q)
{
  struct cf_stream_piece *p = q->first;

  q->first = p->next;
  if (!q->first)
    q->last = NULL;
  cf_wipe (p->data, p->len);
  free (p);
}

void
cf_stream_queue_done (struct cf_stream_queue *q)
{
  while (q->first)
    drop_first (q);
  q->next = NULL;
}

/* A piece with room for LEN bytes and, where that is little, for more. */
static struct cf_stream_piece *
piece_new (size_t len)
{
  struct cf_stream_piece *p;
  size_t cap = PIECE_LEAST;

  while (cap < len)
    cap = cap < PIECE_MOST ? 2 * cap : len;
  p = malloc (sizeof *p + cap);
  if (p) {
    p->next = NULL;
    p->len = 0;
    p->cap = cap;
  }
  return p;
}

gpg_error_t
cf_stream_queue_add (struct cf_stream_queue *q, const uint8_t *data, size_t len)
{
  struct cf_stream_piece *last = q->last, *p = NULL;
  size_t room = last ? last->cap - last->len : 0;

  if (room > len)
    room = len;
  if (room < len && !(p = piece_new (len - room)))
    return cf_err (GPG_ERR_ENOMEM);
  if (room) {
    memcpy (last->data + last->len, data, room);
    if (!q->next) {
      q->next = last;
      q->next_at = last->len;
    }
    last->len += room;
  }
  if (p) {
    memcpy (p->data, data + room, len - room);
    p->len = len - room;
    if (last)
      last->next = p;
    else
      q->first = p;
    q->last = p;
    if (!q->next) {
      q->next = p;
      q->next_at = 0;
    }
  }
  q->written += len;
  return 0;
}

size_t
cf_stream_queue_peek (const struct cf_stream_queue *q, size_t limit, ngtcp2_vec *r_vec, size_t max)
{
  struct cf_stream_piece *p = q->next;
  size_t at = q->next_at, n = 0;

  for (; p && n < max && limit; p = p->next, at = 0) {
    size_t len = p->len - at < limit ? p->len - at : limit;

    r_vec[n].base = p->data + at;
    r_vec[n++].len = len;
    limit -= len;
  }
  return n;
}

void
cf_stream_queue_sent (struct cf_stream_queue *q, size_t len)
{
  q->sent += len;
  while (len) {
    size_t left = q->next->len - q->next_at;

    if (len < left) {
      q->next_at += len;
      return;
    }
    len -= left;
    q->next = q->next->next;
    q->next_at = 0;
  }
}

void
cf_stream_queue_acked (struct cf_stream_queue *q, uint64_t upto)
{
  q->acked = upto;
  while (q->first && q->first != q->next && upto - q->base >= q->first->len) {
    q->base += q->first->len;
    drop_first (q);
  }
}
