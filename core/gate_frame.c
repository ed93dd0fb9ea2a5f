/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate_frame.c - bodies of the gate's frames, and the bytes that a run hashes and signs.
 *
 * Pure: nothing here has state.  Byte layouts: doc/protocol.md, "Password gate".
 */
#include <string.h>

#include "base/secmem.h"
#include "core/gate_private.h"

gpg_error_t
cf_open_encode (const struct cf_open_body *body, struct cf_buf *out)
{
  struct cf_wr wr;

  if (body->note_len > CF_NOTE_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, body->purpose);
  cf_wr_bytes (&wr, body->nonce, sizeof body->nonce);
  if (body->purpose == CF_PURPOSE_VERIFY)
    cf_wr_bytes (&wr, body->conversation, sizeof body->conversation);
  cf_wr_blob16 (&wr, body->note, body->note_len);
  return cf_wr_finish (&wr);
}

gpg_error_t
cf_open_decode (const void *data, size_t len, struct cf_open_body *r_body)
{
  struct cf_open_body body = { 0 };
  struct cf_rd rd;
  gpg_error_t err;

  cf_rd_init (&rd, data, len);
  body.purpose = cf_rd_u8 (&rd);
  cf_rd_bytes (&rd, body.nonce, sizeof body.nonce);
  if (body.purpose == CF_PURPOSE_VERIFY)
    cf_rd_bytes (&rd, body.conversation, sizeof body.conversation);
  cf_rd_blob16 (&rd, &body.note, &body.note_len, CF_NOTE_MAX);
  err = cf_rd_finish (&rd);
  if (!err && body.purpose != CF_PURPOSE_OPEN && body.purpose != CF_PURPOSE_VERIFY)
    err = cf_err (GPG_ERR_INV_VALUE);
  if (!err)
    *r_body = body;
  return err;
}

gpg_error_t
cf_gate_check_len (enum cf_talk type, size_t len)
{
  size_t min = 0, max = 0;

  switch (type) {
  case CF_TALK_ACCEPT:
    min = max = CF_NONCE_LEN;
    break;
  case CF_TALK_YA:
  case CF_TALK_YB:
    min = max = CF_CPACE_SHARE_LEN;
    break;
  case CF_TALK_TA:
  case CF_TALK_TB:
    min = max = CF_CPACE_TAG_LEN;
    break;
  case CF_TALK_KEY:
    min = 1;
    max = CF_GPG_BLOCK_MAX;
    break;
  case CF_TALK_STATEMENT:
    min = 1;
    max = CF_GPG_SIGNATURE_MAX;
    break;
  case CF_TALK_DONE:
    min = max = CF_HASH_LEN;
    break;
  default: /* RECEIVED, REFUSED, WRONG, OPENED */
    break;
  }
  if (len < min)
    return cf_err (GPG_ERR_TOO_SHORT);
  return len > max ? cf_err (GPG_ERR_TOO_LARGE) : 0;
}

void
cf_gate_sid (const uint8_t handshake_hash[64], uint8_t purpose, const uint8_t id[CF_CONVERSATION_ID_LEN],
             const uint8_t asker_nonce[CF_NONCE_LEN], const uint8_t answerer_nonce[CF_NONCE_LEN],
             uint8_t r_sid[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, NULL, "sid");
  cf_hash_add (&h, handshake_hash, 64);
  cf_hash_add (&h, &purpose, 1);
  cf_hash_add (&h, id, CF_CONVERSATION_ID_LEN);
  cf_hash_add (&h, asker_nonce, CF_NONCE_LEN);
  cf_hash_add (&h, answerer_nonce, CF_NONCE_LEN);
  cf_hash_final (&h, r_sid);
}

gpg_error_t
cf_gate_ci (uint8_t purpose, const struct cf_parties *parties, struct cf_buf *out)
{
  struct cf_wr wr;

  cf_wr_init (&wr, out);
  cf_wr_u8 (&wr, purpose);
  cf_wr_fpr (&wr, &parties->asker);
  cf_wr_bytes (&wr, parties->asker_device, CF_DEVICE_KEY_LEN);
  cf_wr_fpr (&wr, &parties->answerer);
  cf_wr_bytes (&wr, parties->answerer_device, CF_DEVICE_KEY_LEN);
  return cf_wr_finish (&wr);
}

void
cf_gate_secret (const uint8_t isk[CF_CPACE_ISK_LEN], const uint8_t sid[CF_HASH_LEN], uint8_t r_c[CF_HASH_LEN])
{
  struct cf_hash h;

  /* K takes 32 bytes; the other half of ISK is an input, so that all of it counts. */
  cf_hash_init (&h, isk, "conversation");
  cf_hash_add (&h, isk + CF_HASH_LEN, CF_CPACE_ISK_LEN - CF_HASH_LEN);
  cf_hash_add (&h, sid, CF_HASH_LEN);
  cf_hash_final (&h, r_c);
}

void
cf_gate_pair_secret (const uint8_t c[CF_HASH_LEN], uint8_t r_pair[CF_HASH_LEN])
{
  struct cf_hash h;

  cf_hash_init (&h, c, "pair");
  cf_hash_final (&h, r_pair);
}

gpg_error_t
cf_gate_statement_bytes (const uint8_t sid[CF_HASH_LEN], const struct cf_fpr *asker, const struct cf_fpr *answerer,
                         const struct cf_fpr *asker_key, const struct cf_fpr *answerer_key, struct cf_buf *out)
{
  static const char domain[] = "confab conversation v1";
  struct cf_wr wr;

  cf_wr_init (&wr, out);
  /* No text that a person signs begins with a zero byte. */
  cf_wr_u8 (&wr, 0);
  cf_wr_bytes (&wr, domain, sizeof domain - 1);
  cf_wr_bytes (&wr, sid, CF_HASH_LEN);
  cf_wr_fpr (&wr, asker);
  cf_wr_fpr (&wr, answerer);
  cf_wr_fpr (&wr, asker_key);
  cf_wr_fpr (&wr, answerer_key);
  return cf_wr_finish (&wr);
}

gpg_error_t
cf_gate_done (const struct cf_done_input *in, bool asker, uint8_t r_done[CF_HASH_LEN])
{
  uint8_t role = asker ? 'A' : 'B';
  struct cf_buf names;
  struct cf_wr wr;
  struct cf_hash h;
  gpg_error_t err;

  cf_buf_init (&names, 2 * (1 + CF_FPR_MAX));
  cf_wr_init (&wr, &names);
  cf_wr_fpr (&wr, &in->asker);
  cf_wr_fpr (&wr, &in->answerer);
  err = cf_wr_finish (&wr);
  if (!err) {
    cf_hash_init (&h, in->c, "done");
    cf_hash_add (&h, &role, 1);
    cf_hash_add (&h, in->sid, CF_HASH_LEN);
    cf_hash_add (&h, cf_buf_data (&names), cf_buf_len (&names));
    cf_hash_add (&h, in->asker_key.data, in->asker_key.len);
    cf_hash_add (&h, in->answerer_key.data, in->answerer_key.len);
    cf_hash_add (&h, in->asker_statement.data, in->asker_statement.len);
    cf_hash_add (&h, in->answerer_statement.data, in->answerer_statement.len);
    cf_hash_final (&h, r_done);
  }
  cf_buf_done (&names);
  return err;
}

gpg_error_t
cf_gate_verified (const struct cf_verified_input *in, bool asker, uint8_t r_done[CF_HASH_LEN])
{
  uint8_t role = asker ? 'A' : 'B';
  struct cf_buf names;
  struct cf_wr wr;
  struct cf_hash h;
  gpg_error_t err;

  cf_buf_init (&names, 4 * (1 + CF_FPR_MAX));
  cf_wr_init (&wr, &names);
  cf_wr_fpr (&wr, &in->asker);
  cf_wr_fpr (&wr, &in->answerer);
  cf_wr_fpr (&wr, &in->asker_key);
  cf_wr_fpr (&wr, &in->answerer_key);
  err = cf_wr_finish (&wr);
  if (!err) {
    cf_hash_init (&h, in->c, "verified");
    cf_hash_add (&h, &role, 1);
    cf_hash_add (&h, in->sid, CF_HASH_LEN);
    cf_hash_add (&h, cf_buf_data (&names), cf_buf_len (&names));
    cf_hash_add (&h, in->conversation, CF_CONVERSATION_ID_LEN);
    cf_hash_add (&h, in->secret, CF_HASH_LEN);
    cf_hash_final (&h, r_done);
  }
  cf_buf_done (&names);
  return err;
}
