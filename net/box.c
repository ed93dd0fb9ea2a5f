/* SPDX-License-Identifier: GPL-3.0-or-later */
/* box.c - sealing and opening datagrams; see box.h. */
#include "net/box.h"

#include <string.h>

#include "net/dgram_proto.h"

#define COUNTER_AT CF_DGRAM_HEAD_LEN

void
cf_box_init (struct cf_box *box, struct cf_cipher *tx, struct cf_cipher *rx, uint64_t epoch_len, uint64_t now_ms)
{
  memset (box, 0, sizeof *box);
  box->epoch_len = epoch_len;
  box->tx = tx;
  box->rx = rx;
  box->tx_since_ms = now_ms;
}

void
cf_box_done (struct cf_box *box)
{
  cf_cipher_free (box->tx);
  cf_cipher_free (box->rx_old);
  cf_cipher_free (box->rx);
  cf_cipher_free (box->rx_next);
  box->tx = box->rx_old = box->rx = box->rx_next = NULL;
}

/* Go on to the next epoch when its first counter has come, or its time. */
static gpg_error_t
keep_key_young (struct cf_box *box, uint64_t now_ms)
{
  gpg_error_t err;
  struct cf_cipher *next;
  uint64_t first = (box->tx_epoch + 1) * box->epoch_len;
  bool is_unused = box->tx_counter == box->tx_epoch * box->epoch_len; /* the other end has not seen this epoch */

  if (box->tx_counter < first && (is_unused || now_ms - box->tx_since_ms < CF_REKEY_MS))
    return 0;
  err = cf_cipher_next (box->tx, &next);
  if (err)
    return err;
  cf_cipher_free (box->tx);
  box->tx = next;
  box->tx_epoch++;
  box->tx_counter = first;
  box->tx_since_ms = now_ms;
  return 0;
}

gpg_error_t
cf_box_seal (struct cf_box *box, uint64_t now_ms, uint32_t index, uint8_t *data, size_t len)
{
  gpg_error_t err = keep_key_young (box, now_ms);
  uint8_t *plain = data + CF_BOX_HEAD_LEN;

  if (err)
    return err;
  cf_dgram_head (data, CF_DATAGRAM_SEALED, index);
  for (int i = 0; i < 8; i++)
    data[COUNTER_AT + i] = (uint8_t) (box->tx_counter >> (56 - 8 * i));
  err = cf_cipher_seal_at (box->tx, box->tx_counter, data, CF_BOX_HEAD_LEN, plain, len, plain + len);
  if (!err)
    box->tx_counter++;
  return err;
}

/* The cipher of EPOCH; NULL: too old, or in a future that nothing has led to. */
static gpg_error_t
find_cipher (struct cf_box *box, uint64_t epoch, struct cf_cipher **r_cipher)
{
  gpg_error_t err = 0;

  *r_cipher = NULL;
  if (epoch == box->rx_epoch)
    *r_cipher = box->rx;
  else if (epoch + 1 == box->rx_epoch)
    *r_cipher = box->rx_old;
  else if (epoch == box->rx_epoch + 1) {
    if (!box->rx_next)
      err = cf_cipher_next (box->rx, &box->rx_next);
    *r_cipher = box->rx_next;
  }
  return err;
}

/* A datagram of the next epoch was authentic. */
static void
step_epoch (struct cf_box *box, uint64_t now_ms)
{
  cf_cipher_free (box->rx_old);
  box->rx_old = box->rx;
  box->rx = box->rx_next;
  box->rx_next = NULL;
  box->rx_epoch++;
  box->rx_old_until_ms = now_ms + CF_PATH_LOST_MS;
}

gpg_error_t
cf_box_open (struct cf_box *box, uint64_t now_ms, const uint8_t *data, size_t len, uint8_t *plain, size_t *r_len,
             bool *r_newest)
{
  gpg_error_t err;
  struct cf_cipher *cipher;
  uint64_t n = 0;

  if (len <= CF_BOX_OVERHEAD)
    return cf_err (GPG_ERR_INV_LENGTH);
  for (int i = 0; i < 8; i++)
    n = n << 8 | data[COUNTER_AT + i];
  if (!cf_replay_is_new (&box->replay, n))
    return cf_err (GPG_ERR_DUP_VALUE);
  if (box->rx_old && now_ms >= box->rx_old_until_ms) {
    cf_cipher_free (box->rx_old);
    box->rx_old = NULL;
  }
  err = find_cipher (box, n / box->epoch_len, &cipher);
  if (!err && !cipher)
    err = cf_err (n / box->epoch_len < box->rx_epoch ? GPG_ERR_DUP_VALUE : GPG_ERR_CHECKSUM);
  if (!err)
    err = cf_cipher_open_at (cipher, n, data, CF_BOX_HEAD_LEN, data + CF_BOX_HEAD_LEN, len - CF_BOX_OVERHEAD,
                             data + len - CF_CIPHER_TAG_LEN, plain);
  if (err)
    return err;
  if (cipher == box->rx_next)
    step_epoch (box, now_ms);
  *r_newest = n >= box->replay.top;
  cf_replay_mark (&box->replay, n);
  *r_len = len - CF_BOX_OVERHEAD;
  return 0;
}
