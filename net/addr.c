/* SPDX-License-Identifier: GPL-3.0-or-later */
/* addr.c - an IP address and port as a value; no I/O.
 *
 * Only numbers are read: names of hosts and of interfaces need the system and
 * do not belong here.  IPv4 in IPv6 clothes (::ffff:a.b.c.d) becomes IPv4, so
 * that one host has one value.
 */
#include "net/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* The longest host part: "ffff:...:255.255.255.255". */
#define HOST_TEXT_MAX 46

/* A decimal number without sign or leading zeros, at most MAX. */
static bool
parse_number (const char *text, size_t len, uint32_t max, uint32_t *r_number)
{
  uint64_t v = 0;

  if (!len || len > 10 || (len > 1 && text[0] == '0'))
    return false;
  for (size_t i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9')
      return false;
    v = v * 10 + (uint64_t) (text[i] - '0');
  }
  if (v > max)
    return false;
  *r_number = (uint32_t) v;
  return true;
}

static bool
is_link_local6 (const uint8_t bytes[16])
{
  return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

static bool
is_mapped4 (const uint8_t bytes[16])
{
  static const uint8_t prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

  return !memcmp (bytes, prefix, sizeof prefix);
}

/* The inside of the brackets: an address, perhaps with "%scope". */
static bool
parse_host6 (const char *text, size_t len, struct cf_addr *addr)
{
  char host[HOST_TEXT_MAX];
  const char *percent = memchr (text, '%', len);
  size_t host_len = percent ? (size_t) (percent - text) : len;

  if (host_len >= sizeof host)
    return false;
  memcpy (host, text, host_len);
  host[host_len] = 0;
  if (inet_pton (AF_INET6, host, addr->bytes) != 1)
    return false;
  addr->family = 6;
  if (percent
      && (!is_link_local6 (addr->bytes)
          || !parse_number (percent + 1, len - host_len - 1, UINT32_MAX, &addr->scope)))
    return false;
  if (is_mapped4 (addr->bytes)) {
    addr->family = 4;
    memmove (addr->bytes, addr->bytes + 12, 4);
    memset (addr->bytes + 4, 0, 12);
  }
  return true;
}

static bool
parse_host4 (const char *text, size_t len, struct cf_addr *addr)
{
  char host[HOST_TEXT_MAX];

  if (len >= sizeof host)
    return false;
  memcpy (host, text, len);
  host[len] = 0;
  addr->family = 4;
  return inet_pton (AF_INET, host, addr->bytes) == 1;
}

gpg_error_t
cf_addr_parse (const char *text, struct cf_addr *r_addr)
{
  struct cf_addr addr = { 0 };
  const char *colon = strrchr (text, ':');
  uint32_t port;

  if (!colon || colon == text || !parse_number (colon + 1, strlen (colon + 1), UINT16_MAX, &port))
    return cf_err (GPG_ERR_INV_VALUE);
  addr.port = (uint16_t) port;
  if (text[0] == '[') {
    if (colon[-1] != ']' || colon - text < 2
        || !parse_host6 (text + 1, (size_t) (colon - text) - 2, &addr))
      return cf_err (GPG_ERR_INV_VALUE);
  } else if (!parse_host4 (text, (size_t) (colon - text), &addr))
    return cf_err (GPG_ERR_INV_VALUE);
  *r_addr = addr;
  return 0;
}

const char *
cf_addr_format (const struct cf_addr *addr, char out[CF_ADDR_TEXT_SIZE])
{
  char host[HOST_TEXT_MAX];

  if (addr->family == 4 && inet_ntop (AF_INET, addr->bytes, host, sizeof host))
    snprintf (out, CF_ADDR_TEXT_SIZE, "%s:%u", host, addr->port);
  else if (addr->family == 6 && inet_ntop (AF_INET6, addr->bytes, host, sizeof host)) {
    if (addr->scope)
      snprintf (out, CF_ADDR_TEXT_SIZE, "[%s%%%lu]:%u", host, (unsigned long) addr->scope, addr->port);
    else
      snprintf (out, CF_ADDR_TEXT_SIZE, "[%s]:%u", host, addr->port);
  } else if (addr->family == CF_ADDR_NODE)
    snprintf (out, CF_ADDR_TEXT_SIZE, "node %02X%02X%02X%02X", addr->bytes[0], addr->bytes[1], addr->bytes[2], addr->bytes[3]);
  else
    snprintf (out, CF_ADDR_TEXT_SIZE, "none");
  return out;
}

gpg_error_t
cf_addr_parse_listen (const char *text, struct cf_addr *r_addr)
{
  static const char any[] = "0.0.0.0"; /* lends its host to a bare port */
  char every[sizeof any + sizeof ":65535"];
  gpg_error_t err;

  if (text[0] != ':')
    return cf_addr_parse (text, r_addr);
  if (strlen (text) > sizeof ":65535" - 1)
    return cf_err (GPG_ERR_INV_VALUE);
  strcat (strcpy (every, any), text);
  err = cf_addr_parse (every, r_addr);
  if (!err)
    r_addr->family = 0;
  return err;
}

const char *
cf_addr_format_listen (const struct cf_addr *addr, char out[CF_ADDR_TEXT_SIZE])
{
  if (addr->family)
    return cf_addr_format (addr, out);
  snprintf (out, CF_ADDR_TEXT_SIZE, "port %u", addr->port);
  return out;
}

bool
cf_addr_same_host (const struct cf_addr *a, const struct cf_addr *b)
{
  return a->family == b->family && a->scope == b->scope && !memcmp (a->bytes, b->bytes, sizeof a->bytes);
}

bool
cf_addr_equal (const struct cf_addr *a, const struct cf_addr *b)
{
  return a->port == b->port && cf_addr_same_host (a, b);
}

struct cf_addr
cf_addr_source (const struct cf_addr *a)
{
  struct cf_addr source = *a;

  source.port = 0;
  if (a->family == 6 && !is_link_local6 (a->bytes))
    memset (source.bytes + 8, 0, 8);
  return source;
}

bool
cf_addr_same_source (const struct cf_addr *a, const struct cf_addr *b)
{
  struct cf_addr one = cf_addr_source (a), other = cf_addr_source (b);

  return cf_addr_equal (&one, &other);
}

bool
cf_addr_is_loopback (const struct cf_addr *a)
{
  static const uint8_t one[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

  if (a->family == 4)
    return a->bytes[0] == 127;
  return a->family == 6 && !memcmp (a->bytes, one, sizeof one);
}

bool
cf_addr_is_link_local6 (const struct cf_addr *a)
{
  return a->family == 6 && is_link_local6 (a->bytes);
}

bool
cf_addr_is_public (const struct cf_addr *a)
{
  static const struct {
    uint8_t bytes[4], prefix_len;
  } not4[] = { /* the registry of special-purpose addresses */
    { { 0, 0, 0, 0 }, 8 },      { { 10, 0, 0, 0 }, 8 },     { { 100, 64, 0, 0 }, 10 },   { { 127, 0, 0, 0 }, 8 },
    { { 169, 254, 0, 0 }, 16 }, { { 172, 16, 0, 0 }, 12 },  { { 192, 0, 0, 0 }, 24 },    { { 192, 0, 2, 0 }, 24 },
    { { 192, 168, 0, 0 }, 16 }, { { 198, 18, 0, 0 }, 15 },  { { 198, 51, 100, 0 }, 24 }, { { 203, 0, 113, 0 }, 24 },
    { { 224, 0, 0, 0 }, 3 },
  };

  if (a->family == 6) /* what is assigned at all, less that for documentation and for tunnels of old */
    return (a->bytes[0] & 0xe0) == 0x20 && memcmp (a->bytes, "\x20\x01\x0d\xb8", 4) && memcmp (a->bytes, "\x20\x02", 2)
           && memcmp (a->bytes, "\x20\x01\0\0", 4);
  if (a->family != 4)
    return false;
  for (size_t i = 0; i < sizeof not4 / sizeof *not4; i++) {
    size_t whole = not4[i].prefix_len / 8;
    uint8_t mask = (uint8_t) (0xff00 >> not4[i].prefix_len % 8);

    if (!memcmp (a->bytes, not4[i].bytes, whole) && (whole == 4 || !((a->bytes[whole] ^ not4[i].bytes[whole]) & mask)))
      return false;
  }
  return true;
}

struct cf_addr
cf_addr_behind (const uint8_t node_key[32])
{
  struct cf_addr addr = { .family = CF_ADDR_NODE };

  memcpy (addr.bytes, node_key, sizeof addr.bytes);
  return addr;
}

bool
cf_addr_may_be_written (const struct cf_addr *addr)
{
  return (addr->family == 4 || addr->family == 6) && addr->port;
}

void
cf_wr_addr (struct cf_wr *wr, const struct cf_addr *addr)
{
  cf_wr_u8 (wr, addr->family);
  cf_wr_bytes (wr, addr->bytes, addr->family == 4 ? 4 : 16);
  cf_wr_u16 (wr, addr->port);
}

void
cf_rd_addr (struct cf_rd *rd, struct cf_addr *r_addr)
{
  memset (r_addr, 0, sizeof *r_addr);
  r_addr->family = cf_rd_u8 (rd);
  if (r_addr->family != 4 && r_addr->family != 6) {
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
    return;
  }
  cf_rd_bytes (rd, r_addr->bytes, r_addr->family == 4 ? 4 : 16);
  r_addr->port = cf_rd_u16 (rd);
  if (!r_addr->port || (r_addr->family == 6 && is_mapped4 (r_addr->bytes)))
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_VALUE));
}
