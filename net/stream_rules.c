/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_rules.c - which of QUIC's packets may come in: those that a stream over datagrams is made of, no others.
 *
 * ngtcp2 reads a packet after this has: packets with a short header, in the first phase of the key, whose frames are
 * PADDING, PING, ACK, STREAM on the peer's three streams, and word about windows.  Nothing resets, stops, closes,
 * opens, migrates or shakes hands.  And what a window bounds in bytes is bounded in gaps as well, which cost more than
 * a byte, and of which ngtcp2 bears a thousand: what would make one too many is taken for lost, and comes again.
 * Spec: doc/protocol.md, "Streams over datagrams".
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/stream_priv.h"

enum {
  FRAME_PADDING = 0x00,
  FRAME_PING = 0x01,
  FRAME_ACK = 0x02,
  FRAME_STREAM = 0x08, /* to 0x0f */
  FRAME_MAX_DATA = 0x10,
  FRAME_MAX_STREAM_DATA = 0x11,
  FRAME_DATA_BLOCKED = 0x14,
  FRAME_STREAM_DATA_BLOCKED = 0x15,
};
#define STREAM_FIN 0x01
#define STREAM_LEN 0x02
#define STREAM_OFF 0x04

/* A variable-length integer. */
static uint64_t
read_varint (struct cf_rd *rd)
{
  uint8_t first = cf_rd_u8 (rd);
  uint64_t v = first & 0x3f;

  for (int more = (1 << (first >> 6)) - 1; more > 0; more--)
    v = v << 8 | cf_rd_u8 (rd);
  return v;
}

static void
read_ack (struct cf_rd *rd)
{
  uint64_t ranges;

  (void) read_varint (rd); /* largest */
  (void) read_varint (rd); /* delay */
  ranges = read_varint (rd);
  (void) read_varint (rd); /* the first range */
  for (; ranges && !rd->err; ranges--) {
    (void) read_varint (rd); /* gap */
    (void) read_varint (rd); /* range */
  }
}

/* Make room for a gap at I. */
static gpg_error_t
insert_gap (struct cf_stream_gaps *g, size_t i, uint64_t begin, uint64_t end)
{
  if (!g->gaps)
    g->gaps = malloc (CF_STREAM_GAPS_MAX * sizeof *g->gaps);
  if (!g->gaps || g->count == CF_STREAM_GAPS_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  memmove (g->gaps + i + 1, g->gaps + i, (g->count - i) * sizeof *g->gaps);
  g->gaps[i].begin = begin;
  g->gaps[i].end = end;
  g->count++;
  return 0;
}

/* The first gap that ends after OFFSET. */
static size_t
find_gap (const struct cf_stream_gaps *g, uint64_t offset)
{
  size_t low = 0, high = g->count;

  while (low < high) {
    size_t middle = (low + high) / 2;

    if (g->gaps[middle].end > offset)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void
remove_gaps (struct cf_stream_gaps *g, size_t from, size_t upto)
{
  if (from < upto)
    memmove (g->gaps + from, g->gaps + upto, (g->count - upto) * sizeof *g->gaps);
  g->count -= upto - from;
}

/* The bytes from BEGIN to END have come. */
static gpg_error_t
note_piece (struct cf_stream_gaps *g, uint64_t begin, uint64_t end)
{
  size_t first = find_gap (g, begin), i = first;
  gpg_error_t err;

  if (begin > g->highest) {
    err = insert_gap (g, g->count, g->highest, begin);
    if (!err)
      g->highest = end;
    return err;
  }
  if (i < g->count && g->gaps[i].begin < begin) {
    if (g->gaps[i].end > end) { /* it becomes two */
      err = insert_gap (g, i + 1, end, g->gaps[i].end);
      if (!err)
        g->gaps[i].end = begin;
      return err;
    }
    g->gaps[i].end = begin;
    first = ++i;
  }
  while (i < g->count && g->gaps[i].end <= end)
    i++;
  remove_gaps (g, first, i);
  if (first < g->count && g->gaps[first].begin < end)
    g->gaps[first].begin = end;
  if (end > g->highest)
    g->highest = end;
  return 0;
}

void
cf_stream_gaps_delivered (struct cf_stream_gaps *g, uint64_t offset)
{
  if (g->count) /* else it was noted */
    remove_gaps (g, 0, find_gap (g, offset));
}

void
cf_stream_gaps_done (struct cf_stream_gaps *g)
{
  free (g->gaps);
  g->gaps = NULL;
  g->count = 0;
}

static gpg_error_t
read_stream (struct cf_rd *rd, uint8_t type, struct cf_stream_gaps gaps[CF_CHANNEL_COUNT], int64_t peer_id)
{
  uint64_t id = read_varint (rd), channel = (id - (uint64_t) peer_id) / 4;
  uint64_t offset = type & STREAM_OFF ? read_varint (rd) : 0;
  uint64_t len = type & STREAM_LEN ? read_varint (rd) : rd->left;

  if (rd->err)
    return rd->err;
  if (type & STREAM_FIN || id < (uint64_t) peer_id || (id - (uint64_t) peer_id) % 4 || channel >= CF_CHANNEL_COUNT
      || len > rd->left)
    return cf_err (CF_ERR_PROTOCOL);
  rd->p += len;
  rd->left -= len;
  return note_piece (&gaps[channel], offset, offset + len);
}

static gpg_error_t
read_frame (struct cf_rd *rd, struct cf_stream_gaps gaps[CF_CHANNEL_COUNT], int64_t peer_id)
{
  uint8_t type = cf_rd_u8 (rd);

  if (type >= FRAME_STREAM && type < FRAME_STREAM + 8)
    return read_stream (rd, type, gaps, peer_id);
  switch (type) {
  case FRAME_PADDING:
  case FRAME_PING: break;
  case FRAME_ACK: read_ack (rd); break;
  case FRAME_MAX_DATA:
  case FRAME_DATA_BLOCKED: (void) read_varint (rd); break;
  case FRAME_MAX_STREAM_DATA:
  case FRAME_STREAM_DATA_BLOCKED:
    (void) read_varint (rd);
    (void) read_varint (rd);
    break;
  default: return cf_err (CF_ERR_PROTOCOL);
  }
  return rd->err;
}

gpg_error_t
cf_stream_rules_check (struct cf_stream_gaps gaps[CF_CHANNEL_COUNT], int64_t peer_id, const uint8_t *data, size_t len)
{
  struct cf_rd rd;
  gpg_error_t err = 0;
  size_t number_len;

  /* 0 1 S R R K P P: no spin, nothing reserved, the first key. */
  if (!len || (data[0] & 0xfc) != 0x40)
    return cf_err (CF_ERR_PROTOCOL);
  number_len = 1 + (data[0] & 3u);
  if (len < 1 + number_len + 1 + CF_STREAM_TAG_LEN)
    return cf_err (CF_ERR_PROTOCOL);
  cf_rd_init (&rd, data + 1 + number_len, len - 1 - number_len - CF_STREAM_TAG_LEN);
  while (!err && rd.left)
    err = read_frame (&rd, gaps, peer_id);
  return gpg_err_code (err) == GPG_ERR_LIMIT_REACHED ? err : err ? cf_err (CF_ERR_PROTOCOL) : 0;
}
