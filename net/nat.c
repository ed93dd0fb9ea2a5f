/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nat.c - see nat.h. */
#include "net/nat.h"

static bool
is_among (const struct cf_addr *addr, const struct cf_addr *all, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (cf_addr_equal (&all[i], addr))
      return true;
  return false;
}

enum cf_nat
cf_nat_judge (const struct cf_addr *seen, size_t seen_count, const struct cf_addr *own, size_t own_count)
{
  bool same = true;

  for (size_t i = 0; i < seen_count; i++)
    if (is_among (&seen[i], own, own_count))
      return CF_NAT_NONE;
  /* Of several ways out, each has its own NAT: those views are compared that show one host. */
  for (size_t i = 1; i < seen_count; i++)
    same = same && (!cf_addr_same_host (&seen[i], &seen[0]) || seen[i].port == seen[0].port);
  if (!same)
    return CF_NAT_EACH;
  for (size_t i = 1; i < seen_count; i++)
    if (cf_addr_equal (&seen[i], &seen[0]))
      return CF_NAT_SAME;
  return CF_NAT_UNKNOWN;
}
