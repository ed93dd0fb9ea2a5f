/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exchange.c - PEERS? and PEERS as bytes; see exchange.h.
 *
 *   PEERS?  kind
 *   PEERS   kind count:1 address*
 *
 * address = family:1 bytes:4|16 port:2.
 */
#include "net/exchange.h"

#include <string.h>

gpg_error_t
cf_exchange_encode_ask (struct cf_buf *out)
{
  struct cf_wr wr;

  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, CF_CONTROL_PEERS_ASK);
  return cf_wr_finish (&wr);
}

gpg_error_t
cf_exchange_encode (const struct cf_addr *addrs, size_t count, struct cf_buf *out)
{
  struct cf_wr wr;

  if (count > CF_EXCHANGE_MAX)
    return cf_err (GPG_ERR_INV_VALUE);
  for (size_t i = 0; i < count; i++)
    if (!cf_addr_may_be_written (&addrs[i]))
      return cf_err (GPG_ERR_INV_VALUE);
  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, CF_CONTROL_PEERS);
  cf_wr_u8 (&wr, (uint8_t) count);
  for (size_t i = 0; i < count; i++)
    cf_wr_addr (&wr, &addrs[i]);
  return cf_wr_finish (&wr);
}

gpg_error_t
cf_exchange_decode (const void *data, size_t len, uint8_t *r_kind, struct cf_addr r_addrs[CF_EXCHANGE_MAX],
                    size_t *r_count)
{
  struct cf_addr addrs[CF_EXCHANGE_MAX];
  size_t count = 0;
  struct cf_rd rd;
  uint8_t kind;
  gpg_error_t err;

  memset (addrs, 0, sizeof addrs);
  cf_rd_init (&rd, data, len);
  kind = cf_rd_u8 (&rd);
  if (kind == CF_CONTROL_PEERS)
    count = cf_rd_u8 (&rd);
  else if (kind != CF_CONTROL_PEERS_ASK)
    cf_rd_fail (&rd, cf_err (CF_ERR_PROTOCOL));
  if (count > CF_EXCHANGE_MAX)
    cf_rd_fail (&rd, cf_err (GPG_ERR_INV_VALUE));
  for (size_t i = 0; i < count && !rd.err; i++)
    cf_rd_addr (&rd, &addrs[i]);
  err = cf_rd_finish (&rd);
  if (err)
    return err;
  memcpy (r_addrs, addrs, sizeof addrs);
  *r_kind = kind;
  *r_count = count;
  return 0;
}
