/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node_name.c - a node as people write it down; see node.h. */
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/text.h"
#include "net/node.h"

#define SCHEME "confab-node:"
#define KEY_DIGITS (2 * CF_DEVICE_KEY_LEN)
#define CHECK_LEN 4

/* Over the key alone: the address may be written in several ways, and a wrong one finds nobody with that key. */
static const char *
check_digits (const uint8_t device_key[CF_DEVICE_KEY_LEN], char out[2 * CHECK_LEN + 1])
{
  struct cf_hash hash;
  uint8_t sum[CF_HASH_LEN];

  cf_hash_init (&hash, NULL, "node");
  cf_hash_add (&hash, device_key, CF_DEVICE_KEY_LEN);
  cf_hash_final (&hash, sum);
  return cf_hex_upper (sum, CHECK_LEN, out);
}

const char *
cf_node_name_format (const struct cf_node_name *name, char out[CF_NODE_NAME_SIZE])
{
  char *p = stpcpy (out, SCHEME);

  cf_hex_upper (name->device_key, CF_DEVICE_KEY_LEN, p);
  p += KEY_DIGITS;
  *p++ = ':';
  check_digits (name->device_key, p);
  p += 2 * CHECK_LEN;
  *p++ = '@';
  cf_addr_format (&name->addr, p);
  return out;
}

gpg_error_t
cf_node_name_parse (const char *text, struct cf_node_name *r_name)
{
  struct cf_node_name name;
  char key[KEY_DIGITS + 1], check[2 * CHECK_LEN + 1];
  const char *p = text + strlen (SCHEME);

  if (strncasecmp (text, SCHEME, strlen (SCHEME)) || strnlen (p, KEY_DIGITS + 2 * CHECK_LEN + 2) < KEY_DIGITS + 2 * CHECK_LEN + 2
      || p[KEY_DIGITS] != ':' || p[KEY_DIGITS + 1 + 2 * CHECK_LEN] != '@')
    return cf_err (GPG_ERR_INV_URI);
  memcpy (key, p, KEY_DIGITS);
  key[KEY_DIGITS] = 0;
  if (cf_unhex (key, name.device_key, CF_DEVICE_KEY_LEN)
      || cf_addr_parse (p + KEY_DIGITS + 1 + 2 * CHECK_LEN + 1, &name.addr) || !name.addr.port)
    return cf_err (GPG_ERR_INV_URI);
  if (strncasecmp (check_digits (name.device_key, check), p + KEY_DIGITS + 1, 2 * CHECK_LEN))
    return cf_err (GPG_ERR_CHECKSUM);
  *r_name = name;
  return 0;
}

bool
cf_node_name_equal (const struct cf_node_name *a, const struct cf_node_name *b)
{
  return !memcmp (a->device_key, b->device_key, CF_DEVICE_KEY_LEN) && cf_addr_equal (&a->addr, &b->addr);
}

bool
cf_node_names_next (const char **text, struct cf_node_name *r_name, bool *r_wrong)
{
  char one[CF_NODE_NAME_SIZE];
  size_t len;

  *r_wrong = false;
  *text += strspn (*text, " ");
  len = strcspn (*text, " ");
  if (!len)
    return false;
  *r_wrong = len >= sizeof one;
  if (*r_wrong)
    return false;
  memcpy (one, *text, len);
  one[len] = 0;
  *text += len;
  *r_wrong = cf_node_name_parse (one, r_name) != 0;
  return !*r_wrong;
}
