/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node_mail.c - who may put mail into a drop, and take it out: whoever has its Ed25519 key. */
#include <sodium.h>

#include "net/node.h"

void
cf_node_mail_digest (const struct cf_node_message *message, const uint8_t handshake_hash[64],
                     uint8_t r_digest[CF_HASH_LEN])
{
  struct cf_hash hash;

  cf_hash_init (&hash, NULL, "mail");
  cf_hash_add_u64 (&hash, message->kind);
  cf_hash_add (&hash, handshake_hash, 64);
  cf_hash_add (&hash, message->mail.drop, CF_MAIL_DROP_LEN);
  cf_hash_add_u64 (&hash, message->mail.number);
  cf_hash_add (&hash, message->mail.blob, message->mail.blob_len);
  cf_hash_final (&hash, r_digest);
}

bool
cf_node_mail_verify (const struct cf_node_message *message, const uint8_t handshake_hash[64])
{
  uint8_t digest[CF_HASH_LEN];

  cf_node_mail_digest (message, handshake_hash, digest);
  return !crypto_sign_verify_detached (message->mail.signature, digest, sizeof digest, message->mail.drop);
}
