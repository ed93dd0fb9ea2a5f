/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pcp.c - requests and answers of the Port Control Protocol.
 *
 *   request  version:1=2 opcode:1       reserved:2           lifetime:4  client:16            then of MAP:
 *   answer   version:1=2 opcode|0x80:1  reserved:1 result:1  lifetime:4  epoch:4 reserved:12
 *   MAP      nonce:12 protocol:1 reserved:3 internal port:2 external port:2 external address:16
 *
 * Addresses have 16 bytes; IPv4 is ::ffff:a.b.c.d.
 */
#include "portmap/pcp.h"

#include <string.h>

#include "base/secmem.h"

#define VERSION_2 2
#define ANSWER 0x80

static const uint8_t mapped4[12] = { [10] = 0xff, [11] = 0xff };

static void
put16 (uint8_t *p, uint16_t v)
{
  p[0] = (uint8_t) (v >> 8);
  p[1] = (uint8_t) v;
}

static void
put_host (uint8_t p[16], const struct cf_addr *addr)
{
  if (addr->family == 4) {
    memcpy (p, mapped4, sizeof mapped4);
    memcpy (p + sizeof mapped4, addr->bytes, 4);
  } else
    memcpy (p, addr->bytes, 16);
}

void
cf_pcp_map_encode (const struct cf_pcp_map *map, uint8_t out[CF_PCP_MAP_LEN])
{
  struct cf_addr any = { .family = map->internal.family };

  memset (out, 0, CF_PCP_MAP_LEN);
  out[0] = VERSION_2;
  out[1] = CF_PCP_MAP;
  put16 (out + 4, (uint16_t) (map->seconds >> 16));
  put16 (out + 6, (uint16_t) map->seconds);
  put_host (out + 8, &map->internal);
  memcpy (out + 24, map->nonce, CF_PCP_NONCE_LEN);
  out[36] = (uint8_t) map->protocol;
  put16 (out + 40, map->internal.port);
  put16 (out + 42, map->suggested.port);
  put_host (out + 44, map->suggested.family ? &map->suggested : &any);
}

static void
read_host (struct cf_rd *rd, struct cf_addr *r_addr)
{
  uint8_t bytes[16];

  cf_rd_bytes (rd, bytes, sizeof bytes);
  if (memcmp (bytes, mapped4, sizeof mapped4)) {
    r_addr->family = 6;
    memcpy (r_addr->bytes, bytes, sizeof bytes);
  } else {
    r_addr->family = 4;
    memcpy (r_addr->bytes, bytes + sizeof mapped4, 4);
  }
}

/* What is of no use to us, which RFC 6887 has us ignore. */
static void
skip (struct cf_rd *rd, size_t len)
{
  uint8_t ignored[16];

  cf_rd_bytes (rd, ignored, len);
}

gpg_error_t
cf_pcp_decode (const void *data, size_t len, struct cf_pcp_answer *r_answer)
{
  struct cf_pcp_answer a = { .opcode = CF_PCP_ANNOUNCE };
  const uint8_t *options;
  size_t options_len;
  struct cf_rd rd;
  uint8_t opcode;

  if (len > CF_PCP_MAX || len % 4)
    return cf_err (GPG_ERR_INV_LENGTH);
  cf_rd_init (&rd, data, len);
  if (cf_rd_u8 (&rd) != VERSION_2)
    cf_rd_fail (&rd, cf_err (GPG_ERR_NOT_SUPPORTED));
  opcode = cf_rd_u8 (&rd);
  if (opcode != (ANSWER | CF_PCP_ANNOUNCE) && opcode != (ANSWER | CF_PCP_MAP))
    cf_rd_fail (&rd, cf_err (CF_ERR_PROTOCOL));
  skip (&rd, 1);
  a.result = cf_rd_u8 (&rd);
  a.seconds = cf_rd_u32 (&rd);
  a.epoch = cf_rd_u32 (&rd);
  skip (&rd, 12);
  if (opcode == (ANSWER | CF_PCP_MAP)) {
    a.opcode = CF_PCP_MAP;
    cf_rd_bytes (&rd, a.nonce, sizeof a.nonce);
    a.protocol = cf_rd_u8 (&rd);
    skip (&rd, 3);
    a.internal_port = cf_rd_u16 (&rd);
    a.external.port = cf_rd_u16 (&rd);
    read_host (&rd, &a.external);
  }
  cf_rd_rest (&rd, &options, &options_len);
  if (rd.err)
    return rd.err;
  *r_answer = a;
  return 0;
}

bool
cf_pcp_answers (const struct cf_pcp_answer *answer, const struct cf_pcp_map *map)
{
  return answer->opcode == CF_PCP_MAP && answer->protocol == map->protocol && answer->internal_port == map->internal.port
         && cf_ct_equal (answer->nonce, map->nonce, CF_PCP_NONCE_LEN);
}

bool
cf_pcp_has_forgotten (uint32_t epoch_before, uint64_t before_ms, uint32_t epoch_now, uint64_t now_ms)
{
  uint64_t ours = (now_ms - before_ms) / 1000, theirs = (uint64_t) epoch_now - epoch_before;

  if (epoch_now < epoch_before) /* a second may be lost by rounding */
    return epoch_before - epoch_now > 1;
  /* Its clock may be a sixteenth faster or slower than ours. */
  return ours + 2 < theirs - theirs / 16 || theirs + 2 < ours - ours / 16;
}
