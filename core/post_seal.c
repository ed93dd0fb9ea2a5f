/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post_seal.c - mail as bytes, and the keys of a week; see post.h.
 *
 *   nonce:24  sealed { frame*  zeros }    frame = length:4 type:1 body
 *
 * A frame is one of talk.h without the conversation's id.  The zeros, of which
 * the first four end the frames, fill a class of sizes, so that a node cannot
 * tell an acknowledgement from a short message.
 */
#include <sodium.h>
#include <string.h>

#include "base/secmem.h"
#include "core/post_private.h"

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES
#define CLASS_MIN 2048u
#define DOUBLING_MAX 65536u

/* H is begun with the secret and a label: what a drop is for, and when. */
static void
finish (struct cf_hash *h, const struct cf_fpr *sender, int64_t week, uint8_t r_key[CF_HASH_LEN])
{
  cf_hash_add_fpr (h, sender);
  cf_hash_add_u64 (h, (uint64_t) week);
  cf_hash_final (h, r_key);
}

gpg_error_t
cf_post_drop_new (const uint8_t secret[CF_HASH_LEN], const struct cf_fpr *sender, int64_t week,
                  struct cf_post_drop **r_drop)
{
  struct cf_post_drop *drop;
  uint8_t seed[CF_HASH_LEN];
  struct cf_hash h;
  gpg_error_t err = cf_secmem_new (&drop, sizeof *drop);

  if (err)
    return err;
  cf_hash_init (&h, secret, "drop");
  finish (&h, sender, week, seed);
  crypto_sign_seed_keypair (drop->public, drop->secret, seed);
  cf_hash_init (&h, secret, "mail seal");
  finish (&h, sender, week, drop->seal);
  cf_wipe (seed, sizeof seed);
  *r_drop = drop;
  return 0;
}

void
cf_post_drop_free (struct cf_post_drop *drop)
{
  cf_secmem_free (drop);
}

size_t
cf_post_padded_len (size_t len)
{
  size_t top = CLASS_MIN;

  while (top < len && top < DOUBLING_MAX)
    top *= 2;
  return top >= len ? top : (len + DOUBLING_MAX - 1) / DOUBLING_MAX * DOUBLING_MAX;
}

gpg_error_t
cf_post_seal (struct cf_env *env, const struct cf_post_drop *drop, struct cf_buf *frames, struct cf_buf *out)
{
  size_t len = cf_buf_len (frames), room = cf_post_padded_len (len + 4), total = NONCE_LEN + room + TAG_LEN;
  uint8_t *space, *to;
  gpg_error_t err;

  if (total > CF_MAIL_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  err = cf_buf_reserve (frames, room - len, &space);
  if (err)
    return err;
  memset (space, 0, room - len);
  cf_buf_commit (frames, room - len);
  err = cf_buf_reserve (out, total, &to);
  if (err)
    return err;
  cf_env_random (env, to, NONCE_LEN);
  crypto_aead_xchacha20poly1305_ietf_encrypt (to + NONCE_LEN, NULL, cf_buf_data (frames), room, drop->public,
                                              sizeof drop->public, NULL, to, drop->seal);
  cf_buf_commit (out, total);
  return 0;
}

gpg_error_t
cf_post_open (const struct cf_post_drop *drop, const void *mail, size_t len, struct cf_buf *frames)
{
  const uint8_t *from = mail;
  uint8_t *to;
  size_t inside = len - NONCE_LEN - TAG_LEN;
  gpg_error_t err;

  if (len < NONCE_LEN + TAG_LEN + CLASS_MIN)
    return cf_err (GPG_ERR_TOO_SHORT);
  if (len > CF_MAIL_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  err = cf_buf_reserve (frames, inside, &to);
  if (err)
    return err;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt (to, NULL, NULL, from + NONCE_LEN, len - NONCE_LEN, drop->public,
                                                  sizeof drop->public, from, drop->seal))
    return cf_err (GPG_ERR_CHECKSUM);
  cf_buf_commit (frames, inside);
  return 0;
}

gpg_error_t
cf_post_frame_add (struct cf_buf *frames, enum cf_talk type, const void *body, size_t len)
{
  struct cf_wr wr;

  cf_wr_init (&wr, frames);
  cf_wr_u32 (&wr, (uint32_t) len + 1);
  cf_wr_u8 (&wr, (uint8_t) type);
  cf_wr_bytes (&wr, body, len);
  return cf_wr_finish (&wr);
}

bool
cf_post_frame_next (struct cf_rd *rd, enum cf_talk *r_type, const uint8_t **r_body, size_t *r_len)
{
  const uint8_t *frame;
  size_t len;

  cf_rd_blob32 (rd, &frame, &len, CF_MAIL_MAX);
  if (rd->err || !len)
    return false;
  *r_type = (enum cf_talk) frame[0];
  *r_body = frame + 1;
  *r_len = len - 1;
  return true;
}

void
cf_post_sign (const struct cf_post_drop *drop, const uint8_t handshake_hash[64], struct cf_node_message *m)
{
  uint8_t digest[CF_HASH_LEN];

  memcpy (m->mail.drop, drop->public, sizeof m->mail.drop);
  cf_node_mail_digest (m, handshake_hash, digest);
  crypto_sign_detached (m->mail.signature, NULL, digest, sizeof digest, drop->secret);
}
