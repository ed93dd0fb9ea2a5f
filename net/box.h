/* SPDX-License-Identifier: GPL-3.0-or-later */
/* box.h - the sealed datagrams of a tunnel, both directions: counters, epochs, replays.
 *
 *     +-----------+-------+---------+------+---------+-----+
 *     | "CfD" 0x05| index | counter | kind | payload | tag |
 *     |     4     |   4   |    8    |  1   |   ...   | 16  |
 *     +-----------+-------+---------+------+---------+-----+
 *       clear: the additional data   `-- encrypted --'
 *
 * The counter is the nonce, and counter / epoch length is the epoch: each has
 * its key, the next one by Noise's REKEY.  A sender goes on to the next epoch
 * when this one is full, or skips what is left of it after CF_REKEY_MS.
 * Spec: doc/protocol.md, "Sealed datagrams".
 */
#ifndef CF_NET_BOX_H
#define CF_NET_BOX_H

#include "net/cipher.h"
#include "net/replay.h"

#define CF_BOX_HEAD_LEN 16
#define CF_BOX_OVERHEAD (CF_BOX_HEAD_LEN + CF_CIPHER_TAG_LEN)

struct cf_box {
  uint64_t epoch_len;
  /* what we send */
  struct cf_cipher *tx;
  uint64_t tx_epoch, tx_counter; /* of TX; the next one */
  uint64_t tx_since_ms;
  /* what comes in */
  struct cf_cipher *rx_old;  /* of the epoch before, for a while: datagrams that were overtaken; or NULL */
  struct cf_cipher *rx;
  struct cf_cipher *rx_next; /* of the next epoch, once somebody has claimed that it began; or NULL */
  uint64_t rx_epoch;
  uint64_t rx_old_until_ms;
  struct cf_replay replay;
};

/* TX and RX are taken.  EPOCH_LEN is CF_DATAGRAM_EPOCH, at both ends alike. */
void cf_box_init (struct cf_box *box, struct cf_cipher *tx, struct cf_cipher *rx, uint64_t epoch_len, uint64_t now_ms);
void cf_box_done (struct cf_box *box); /* all zeros is fine, too */

/* Seal in place: DATA has room for CF_BOX_OVERHEAD more than the LEN bytes (kind and payload) at
   DATA + CF_BOX_HEAD_LEN; INDEX is the receiver's.  Errors: LIMIT_REACHED, those of the cipher. */
gpg_error_t cf_box_seal (struct cf_box *box, uint64_t now_ms, uint32_t index, uint8_t *data, size_t len) CF_MUST_CHECK;

/* Open the datagram of LEN bytes at DATA, whose first 8 bytes were looked at, into PLAIN: *R_LEN bytes, CF_BOX_OVERHEAD
   less than LEN; it may be DATA + CF_BOX_HEAD_LEN.  *R_NEWEST: no later one has come.  Of BOX nothing changes on error.
   Errors: INV_LENGTH, DUP_VALUE (was here, or is too old), CHECKSUM (forged), those of the cipher. */
gpg_error_t cf_box_open (struct cf_box *box, uint64_t now_ms, const uint8_t *data, size_t len, uint8_t *plain,
                         size_t *r_len, bool *r_newest) CF_MUST_CHECK;

#endif
