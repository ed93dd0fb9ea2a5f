/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dgram_proto.h - the first eight bytes of a datagram of a tunnel: "CfD", its kind, an index.
 *
 * The index is the receiver's, but in a first message, where it is the sender's
 * and stands behind version and suite.
 */
#ifndef CF_NET_DGRAM_PROTO_H
#define CF_NET_DGRAM_PROTO_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "net/proto.h"

enum cf_dgram_kind {
  CF_DATAGRAM_FIRST = 1,
  CF_DATAGRAM_SECOND = 2,
  CF_DATAGRAM_THIRD = 3,
  CF_DATAGRAM_COOKIE = 4,
  CF_DATAGRAM_SEALED = 5,
  CF_DATAGRAM_MIRROR_ASK = 6,
  CF_DATAGRAM_MIRROR_SAY = 7
};

#define CF_DGRAM_HEAD_LEN 8
#define CF_DGRAM_FIRST_CLEAR 10 /* magic, kind, version, suite, index */

/* The kind of the datagram at DATA; 0: it is none of a tunnel's. */
static inline unsigned
cf_dgram_kind (const uint8_t *data, size_t len)
{
  if (len < CF_DGRAM_HEAD_LEN || memcmp (data, CF_DATAGRAM_MAGIC, CF_DATAGRAM_MAGIC_LEN))
    return 0;
  return data[CF_DATAGRAM_MAGIC_LEN];
}

static inline uint32_t
cf_dgram_index_at (const uint8_t *p)
{
  return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

static inline void
cf_dgram_put_index (uint8_t *p, uint32_t index)
{
  for (int i = 0; i < 4; i++)
    p[i] = (uint8_t) (index >> (24 - 8 * i));
}

static inline uint32_t
cf_dgram_index (const uint8_t *data)
{
  return cf_dgram_index_at (data + 4);
}

static inline uint32_t
cf_dgram_first_index (const uint8_t *first)
{
  return cf_dgram_index_at (first + 6);
}

static inline void
cf_dgram_head (uint8_t *out, enum cf_dgram_kind kind, uint32_t index)
{
  memcpy (out, CF_DATAGRAM_MAGIC, CF_DATAGRAM_MAGIC_LEN);
  out[CF_DATAGRAM_MAGIC_LEN] = (uint8_t) kind;
  cf_dgram_put_index (out + 4, index);
}

#endif
