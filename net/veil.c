/* SPDX-License-Identifier: GPL-3.0-or-later */
/* veil.c - veiled beacons as bytes, their tags, and what they seal.
 *
 * A tag is SipHash-2-4 rather than K: a receiver computes one for each contact
 * and epoch of every question on the link, and a flood of questions must stay
 * cheap.  Its 64 bits are no more than a hint; what is believed is sealed by an
 * AEAD whose key is used once.
 */
#include "net/veil.h"

#include <sodium.h>
#include <string.h>

#include "base/secmem.h"

_Static_assert (CF_VEIL_TAG_LEN == crypto_shorthash_BYTES && CF_VEIL_TAG_KEY_LEN == crypto_shorthash_KEYBYTES,
                "tags are SipHash-2-4");
_Static_assert (CF_VEIL_SEALED_LEN == 2 + CF_DEVICE_KEY_LEN + crypto_aead_chacha20poly1305_ietf_ABYTES, "sealed part");

#define CLEAR_LEN (6 + 2 * CF_VEIL_NONCE_LEN + CF_VEIL_TAG_LEN) /* of an answer, before the sealed part */
#define PLACE_LEN (2 + CF_DEVICE_KEY_LEN)

gpg_error_t
cf_veil_encode (const struct cf_veil *veil, struct cf_buf *out)
{
  struct cf_wr wr;

  cf_wr_init (&wr, out);
  cf_wr_bytes (&wr, CF_BEACON_MAGIC, 4);
  cf_wr_u8 (&wr, CF_PROTO_VERSION);
  cf_wr_u8 (&wr, (uint8_t) veil->kind);
  cf_wr_bytes (&wr, veil->n, sizeof veil->n);
  if (veil->kind == CF_VEIL_QUESTION) {
    cf_wr_bytes (&wr, veil->tags, sizeof veil->tags);
  } else {
    cf_wr_bytes (&wr, veil->asked, sizeof veil->asked);
    cf_wr_bytes (&wr, veil->tags[0], CF_VEIL_TAG_LEN);
    cf_wr_bytes (&wr, veil->sealed, sizeof veil->sealed);
  }
  return cf_wr_finish (&wr);
}

gpg_error_t
cf_veil_decode (const void *data, size_t len, struct cf_veil *r_veil)
{
  struct cf_veil veil = { 0 };
  uint8_t magic[4], kind;
  struct cf_rd rd;
  gpg_error_t err;

  cf_rd_init (&rd, data, len);
  cf_rd_bytes (&rd, magic, sizeof magic);
  if (rd.err || memcmp (magic, CF_BEACON_MAGIC, sizeof magic))
    return cf_err (GPG_ERR_BAD_DATA);
  if (cf_rd_u8 (&rd) != CF_PROTO_VERSION)
    return cf_err (GPG_ERR_UNKNOWN_VERSION);
  kind = cf_rd_u8 (&rd);
  if (kind < CF_VEIL_QUESTION || kind > CF_VEIL_RETURN)
    return cf_err (GPG_ERR_BAD_DATA);
  if (len != (kind == CF_VEIL_QUESTION ? CF_VEIL_QUESTION_LEN : CF_VEIL_ANSWER_LEN))
    return cf_err (GPG_ERR_INV_LENGTH);
  veil.kind = (enum cf_veil_kind) kind;
  cf_rd_bytes (&rd, veil.n, sizeof veil.n);
  if (veil.kind == CF_VEIL_QUESTION) {
    cf_rd_bytes (&rd, veil.tags, sizeof veil.tags);
  } else {
    cf_rd_bytes (&rd, veil.asked, sizeof veil.asked);
    cf_rd_bytes (&rd, veil.tags[0], CF_VEIL_TAG_LEN);
    cf_rd_bytes (&rd, veil.sealed, sizeof veil.sealed);
  }
  err = cf_rd_finish (&rd);
  if (!err)
    *r_veil = veil;
  return err;
}

/* --- tags --- */

uint64_t
cf_veil_epoch (int64_t utc_ms)
{
  return utc_ms < 0 ? 0 : (uint64_t) utc_ms / CF_VEIL_EPOCH_MS;
}

void
cf_veil_tag_key (const uint8_t secret[CF_HASH_LEN], const struct cf_fpr *sender, uint64_t epoch,
                 uint8_t r_key[CF_VEIL_TAG_KEY_LEN])
{
  uint8_t whole[CF_HASH_LEN];
  struct cf_hash h;

  cf_hash_init (&h, secret, "beacon");
  cf_hash_add_fpr (&h, sender);
  cf_hash_add_u64 (&h, epoch);
  cf_hash_final (&h, whole);
  memcpy (r_key, whole, CF_VEIL_TAG_KEY_LEN);
  cf_wipe (whole, sizeof whole);
}

/* Family, 16 bytes and port.  Not the scope: each host numbers its interfaces by itself. */
static void
put_source (uint8_t out[19], const struct cf_addr *source)
{
  out[0] = source->family;
  memcpy (out + 1, source->bytes, 16);
  out[17] = (uint8_t) (source->port >> 8);
  out[18] = (uint8_t) source->port;
}

void
cf_veil_input (const struct cf_veil *veil, const struct cf_addr *source, struct cf_veil_input *r_input)
{
  uint8_t *p = r_input->bytes;

  *p++ = (uint8_t) veil->kind;
  memcpy (p, veil->n, CF_VEIL_NONCE_LEN);
  memcpy (p + CF_VEIL_NONCE_LEN, veil->asked, CF_VEIL_NONCE_LEN);
  put_source (p + 2 * CF_VEIL_NONCE_LEN, source);
}

void
cf_veil_tag (const uint8_t key[CF_VEIL_TAG_KEY_LEN], const struct cf_veil_input *input,
             uint8_t r_tag[CF_VEIL_TAG_LEN])
{
  crypto_shorthash (r_tag, input->bytes, sizeof input->bytes, key);
}

/* --- what is sealed --- */

/* KIND and both n are hashed and, with the tag, are the additional data: nothing of an answer can be used in another. */
static void
seal_key (const uint8_t secret[CF_HASH_LEN], const struct cf_fpr *sender, const struct cf_addr *source,
          const struct cf_veil *veil, uint8_t r_key[CF_HASH_LEN])
{
  struct cf_veil_input input;
  struct cf_hash h;

  cf_veil_input (veil, source, &input);
  cf_hash_init (&h, secret, "beacon seal");
  cf_hash_add_fpr (&h, sender);
  cf_hash_add (&h, input.bytes, sizeof input.bytes);
  cf_hash_final (&h, r_key);
}

static void
clear_part (const struct cf_veil *veil, uint8_t out[CLEAR_LEN])
{
  memcpy (out, CF_BEACON_MAGIC, 4);
  out[4] = CF_PROTO_VERSION;
  out[5] = (uint8_t) veil->kind;
  memcpy (out + 6, veil->n, CF_VEIL_NONCE_LEN);
  memcpy (out + 6 + CF_VEIL_NONCE_LEN, veil->asked, CF_VEIL_NONCE_LEN);
  memcpy (out + 6 + 2 * CF_VEIL_NONCE_LEN, veil->tags[0], CF_VEIL_TAG_LEN);
}

/* The key is used for one message (n is drawn for it), so the nonce may be zero. */
static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

void
cf_veil_seal (const uint8_t secret[CF_HASH_LEN], const struct cf_fpr *sender, const struct cf_addr *source,
              const struct cf_veil_place *place, struct cf_veil *veil)
{
  uint8_t key[CF_HASH_LEN], plain[PLACE_LEN], clear[CLEAR_LEN];

  seal_key (secret, sender, source, veil, key);
  clear_part (veil, clear);
  plain[0] = (uint8_t) (place->tcp_port >> 8);
  plain[1] = (uint8_t) place->tcp_port;
  memcpy (plain + 2, place->device_key, CF_DEVICE_KEY_LEN);
  crypto_aead_chacha20poly1305_ietf_encrypt (veil->sealed, NULL, plain, sizeof plain, clear, sizeof clear, NULL,
                                             zero_nonce, key);
  cf_wipe (key, sizeof key);
}

gpg_error_t
cf_veil_open (const uint8_t secret[CF_HASH_LEN], const struct cf_fpr *sender, const struct cf_addr *source,
              const struct cf_veil *veil, struct cf_veil_place *r_place)
{
  uint8_t key[CF_HASH_LEN], plain[PLACE_LEN], clear[CLEAR_LEN];
  uint16_t port;
  int bad;

  seal_key (secret, sender, source, veil, key);
  clear_part (veil, clear);
  bad = crypto_aead_chacha20poly1305_ietf_decrypt (plain, NULL, NULL, veil->sealed, sizeof veil->sealed, clear,
                                                   sizeof clear, zero_nonce, key);
  cf_wipe (key, sizeof key);
  if (bad)
    return cf_err (GPG_ERR_CHECKSUM);
  port = (uint16_t) (plain[0] << 8 | plain[1]);
  if (!port || sodium_is_zero (plain + 2, CF_DEVICE_KEY_LEN))
    return cf_err (GPG_ERR_BAD_DATA);
  r_place->tcp_port = port;
  memcpy (r_place->device_key, plain + 2, CF_DEVICE_KEY_LEN);
  return 0;
}
