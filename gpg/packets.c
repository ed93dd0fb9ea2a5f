/* SPDX-License-Identifier: GPL-3.0-or-later */
/* packets.c - the outline of OpenPGP data (RFC 4880, section 4). */
#include "gpg/packets.h"

#include <gcrypt.h>
#include <sodium.h>
#include <string.h>

enum tag {
  TAG_PKESK = 1,
  TAG_SIGNATURE = 2,
  TAG_SKESK = 3,
  TAG_SECRET_KEY = 5,
  TAG_PUBLIC_KEY = 6,
  TAG_SECRET_SUBKEY = 7,
  TAG_USER_ID = 13,
  TAG_PUBLIC_SUBKEY = 14,
  TAG_USER_ATTRIBUTE = 17,
  TAG_SEIPD = 18,
  TAG_AEAD = 20,
};

struct packet {
  unsigned tag;
  const uint8_t *body; /* the first part of it when PARTIAL */
  size_t len;
  bool partial;
};

static const uint8_t *
take (struct cf_rd *rd, size_t len)
{
  const uint8_t *p = rd->p;

  if (rd->err)
    return NULL;
  if (len > rd->left) {
    cf_rd_fail (rd, cf_err (GPG_ERR_TOO_SHORT));
    return NULL;
  }
  rd->p += len;
  rd->left -= len;
  return p;
}

/* New-format length; *R_PARTIAL: more parts follow. */
static size_t
new_length (struct cf_rd *rd, bool *r_partial)
{
  unsigned first = cf_rd_u8 (rd);

  *r_partial = false;
  if (first < 192)
    return first;
  if (first < 224)
    return ((first - 192) << 8) + cf_rd_u8 (rd) + 192;
  if (first == 255)
    return cf_rd_u32 (rd);
  *r_partial = true;
  return (size_t) 1 << (first & 31);
}

static size_t
old_length (struct cf_rd *rd, unsigned type)
{
  switch (type) {
  case 0:
    return cf_rd_u8 (rd);
  case 1:
    return cf_rd_u16 (rd);
  case 2:
    return cf_rd_u32 (rd);
  default: /* "up to the end": nobody needs it */
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_PACKET));
    return 0;
  }
}

/* The next packet; of a partial one all parts are passed over.  Look at RD's
   error before *R_PACKET. */
static void
next_packet (struct cf_rd *rd, struct packet *r_packet)
{
  unsigned header = cf_rd_u8 (rd);
  bool more;

  memset (r_packet, 0, sizeof *r_packet);
  if (!(header & 0x80))
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_PACKET));
  if (header & 0x40) {
    r_packet->tag = header & 0x3f;
    r_packet->len = new_length (rd, &r_packet->partial);
  } else {
    r_packet->tag = (header >> 2) & 0x0f;
    r_packet->len = old_length (rd, header & 3);
  }
  r_packet->body = take (rd, r_packet->len);
  more = r_packet->partial;
  while (more && !rd->err)
    (void) take (rd, new_length (rd, &more));
}

static uint64_t
key_id_of (const uint8_t *p)
{
  uint64_t id = 0;
  int i;

  for (i = 0; i < 8; i++)
    id = id << 8 | p[i];
  return id;
}

/* One packet before the data. */
static gpg_error_t
add_recipient (struct cf_packets_message *m, const struct packet *packet)
{
  if (packet->partial || m->key_count + m->symmetric_count >= CF_GPG_RECIPIENTS_MAX)
    return cf_err (packet->partial ? GPG_ERR_INV_PACKET : GPG_ERR_TOO_MANY);
  if (packet->tag == TAG_SKESK) {
    m->symmetric_count++;
    return 0;
  }
  if (packet->tag != TAG_PKESK || packet->len < 10 || packet->body[0] != 3)
    return cf_err (GPG_ERR_INV_PACKET);
  m->key_ids[m->key_count++] = key_id_of (packet->body + 1);
  return 0;
}

gpg_error_t
cf_packets_message (const void *data, size_t len, struct cf_packets_message *r_message)
{
  struct cf_packets_message m = { .key_count = 0 };
  struct packet packet;
  struct cf_rd rd;
  gpg_error_t err;

  cf_rd_init (&rd, data, len);
  for (;;) {
    next_packet (&rd, &packet);
    if (rd.err)
      return rd.err;
    if (packet.tag == TAG_SEIPD || packet.tag == TAG_AEAD)
      break;
    err = add_recipient (&m, &packet);
    if (err)
      return err;
  }
  err = cf_rd_finish (&rd);
  if (!err && !packet.len)
    err = cf_err (GPG_ERR_INV_PACKET);
  if (!err)
    *r_message = m;
  return err;
}

gpg_error_t
cf_packets_block (const void *data, size_t len)
{
  struct packet packet;
  struct cf_rd rd;
  bool first = true;

  cf_rd_init (&rd, data, len);
  do {
    next_packet (&rd, &packet);
    if (rd.err || packet.partial)
      return cf_err (GPG_ERR_BAD_PUBKEY);
    switch (packet.tag) {
    case TAG_PUBLIC_KEY:
      if (!first)
        return cf_err (GPG_ERR_BAD_PUBKEY);
      break;
    case TAG_SIGNATURE:
    case TAG_USER_ID:
    case TAG_PUBLIC_SUBKEY:
    case TAG_USER_ATTRIBUTE:
      if (first)
        return cf_err (GPG_ERR_BAD_PUBKEY);
      break;
    default: /* TAG_SECRET_KEY, TAG_SECRET_SUBKEY and whatever else */
      return cf_err (GPG_ERR_BAD_PUBKEY);
    }
    first = false;
  } while (rd.left);
  return 0;
}

gpg_error_t
cf_gpg_block_fpr (const void *block, size_t len, struct cf_fpr *r_fpr)
{
  struct cf_fpr fpr = { .version = 4, .len = 20 };
  struct packet packet;
  gcry_buffer_t iov[2] = { { 0 } };
  uint8_t head[3];
  struct cf_rd rd;
  gpg_error_t err;

  cf_rd_init (&rd, block, len);
  next_packet (&rd, &packet);
  if (rd.err || packet.partial || packet.tag != TAG_PUBLIC_KEY || packet.len < 6 || packet.len > 0xffff
      || packet.body[0] != 4)
    return cf_err (GPG_ERR_BAD_PUBKEY);
  /* RFC 4880, 12.2: SHA-1 of an old-format header with two bytes of length, and the body. */
  head[0] = 0x99;
  head[1] = (uint8_t) (packet.len >> 8);
  head[2] = (uint8_t) packet.len;
  iov[0].data = head;
  iov[0].len = sizeof head;
  iov[1].data = (void *) (uintptr_t) packet.body; /* only read */
  iov[1].len = packet.len;
  err = gcry_md_hash_buffers (GCRY_MD_SHA1, 0, fpr.bytes, iov, 2);
  if (!err)
    *r_fpr = fpr;
  return err;
}

/* Where the base-64 lines begin: after the first empty line. */
static const uint8_t *
armor_body (const uint8_t *data, size_t len)
{
  size_t i;

  for (i = 0; i + 1 < len; i++)
    if (data[i] == '\n') {
      if (data[i + 1] == '\n')
        return data + i + 2;
      if (i + 2 < len && data[i + 1] == '\r' && data[i + 2] == '\n')
        return data + i + 3;
    }
  return NULL;
}

gpg_error_t
cf_packets_dearmor (uint8_t *data, size_t *len)
{
  static const char begin[] = "-----BEGIN PGP ";
  const uint8_t *body, *p, *end = data + *len;
  size_t n;

  if (!*len || data[0] & 0x80)
    return 0;
  body = *len > sizeof begin - 1 && !memcmp (data, begin, sizeof begin - 1) ? armor_body (data, *len) : NULL;
  if (!body)
    return cf_err (GPG_ERR_INV_DATA);
  /* The sum of armor ("=abcd" on its own line) or the tail line ends it. */
  for (p = body; p < end; p++)
    if ((*p == '=' || *p == '-') && (p == body || p[-1] == '\n'))
      break;
  /* The decoder's output never overtakes its input. */
  if (sodium_base642bin (data, *len, (const char *) body, (size_t) (p - body), "\r\n", &n, NULL,
                         sodium_base64_VARIANT_ORIGINAL))
    return cf_err (GPG_ERR_INV_DATA);
  *len = n;
  return 0;
}
