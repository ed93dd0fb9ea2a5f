/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paths.c - PATHS as bytes; see paths.h.
 *
 *   PATHS   kind flags:1 nat:1 seen count:1 (sort:1 address)* count:1 (device key:32 address)*
 *
 * address = family:1 bytes:4|16 port:2; seen = address, or one byte of 0.
 */
#include "net/paths.h"

#include <string.h>

bool
cf_path_is_sound (const struct cf_addr *addr)
{
  static const uint8_t zero[16];
  const uint8_t *b = addr->bytes;

  if (!addr->port || cf_addr_is_loopback (addr) || cf_addr_is_link_local6 (addr) || !memcmp (b, zero, sizeof zero))
    return false;
  if (addr->family == 4) /* 0/8, 169.254/16, and all from multicast on */
    return b[0] && b[0] < 224 && !(b[0] == 169 && b[1] == 254);
  return addr->family == 6 && b[0] != 0xff;
}

static bool
may_be_encoded (const struct cf_paths *p)
{
  if (p->flags > CF_PATHS_PASS_ON || p->nat >= CF_NAT_SORTS || p->addr_count > CF_PATHS_ADDRS_MAX || p->node_count > CF_PATHS_NODES_MAX
      || (p->seen.family && !cf_addr_may_be_written (&p->seen)))
    return false;
  for (size_t i = 0; i < p->addr_count; i++)
    if (p->addrs[i].sort >= CF_PATH_SORTS || !cf_addr_may_be_written (&p->addrs[i].addr))
      return false;
  for (size_t i = 0; i < p->node_count; i++)
    if (!cf_addr_may_be_written (&p->nodes[i].addr))
      return false;
  return true;
}

gpg_error_t
cf_paths_encode (const struct cf_paths *p, struct cf_buf *out)
{
  struct cf_wr wr;

  if (!may_be_encoded (p))
    return cf_err (GPG_ERR_INV_VALUE);
  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, CF_CONTROL_PATHS);
  cf_wr_u8 (&wr, p->flags);
  cf_wr_u8 (&wr, (uint8_t) p->nat);
  if (p->seen.family)
    cf_wr_addr (&wr, &p->seen);
  else
    cf_wr_u8 (&wr, 0);
  cf_wr_u8 (&wr, (uint8_t) p->addr_count);
  for (size_t i = 0; i < p->addr_count; i++) {
    cf_wr_u8 (&wr, (uint8_t) p->addrs[i].sort);
    cf_wr_addr (&wr, &p->addrs[i].addr);
  }
  cf_wr_u8 (&wr, (uint8_t) p->node_count);
  for (size_t i = 0; i < p->node_count; i++) {
    cf_wr_bytes (&wr, p->nodes[i].device_key, CF_DEVICE_KEY_LEN);
    cf_wr_addr (&wr, &p->nodes[i].addr);
  }
  return cf_wr_finish (&wr);
}

/* A number below LIMIT. */
static uint8_t
read_below (struct cf_rd *rd, uint8_t limit)
{
  uint8_t v = cf_rd_u8 (rd);

  if (v < limit)
    return v;
  cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
  return 0;
}

gpg_error_t
cf_paths_decode (const void *data, size_t len, struct cf_paths *r_paths)
{
  struct cf_paths p;
  struct cf_rd rd;
  gpg_error_t err;

  memset (&p, 0, sizeof p);
  cf_rd_init (&rd, data, len);
  if (cf_rd_u8 (&rd) != CF_CONTROL_PATHS)
    cf_rd_fail (&rd, cf_err (CF_ERR_PROTOCOL));
  p.flags = read_below (&rd, CF_PATHS_PASS_ON + 1);
  p.nat = (enum cf_nat) read_below (&rd, CF_NAT_SORTS);
  if (rd.left && !*rd.p)
    cf_rd_u8 (&rd); /* none */
  else
    cf_rd_addr (&rd, &p.seen);
  p.addr_count = read_below (&rd, CF_PATHS_ADDRS_MAX + 1);
  for (size_t i = 0; i < p.addr_count && !rd.err; i++) {
    p.addrs[i].sort = (enum cf_path_sort) read_below (&rd, CF_PATH_SORTS);
    cf_rd_addr (&rd, &p.addrs[i].addr);
  }
  p.node_count = read_below (&rd, CF_PATHS_NODES_MAX + 1);
  for (size_t i = 0; i < p.node_count && !rd.err; i++) {
    cf_rd_bytes (&rd, p.nodes[i].device_key, CF_DEVICE_KEY_LEN);
    cf_rd_addr (&rd, &p.nodes[i].addr);
  }
  err = cf_rd_finish (&rd);
  if (!err)
    *r_paths = p;
  return err;
}
