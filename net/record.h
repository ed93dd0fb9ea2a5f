/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record.h - one direction of a tunnel: sealed records and when keys change.
 *
 *     +--------+---------+-------+------------+---------+
 *     | length | channel | flags |  fragment  |   tag   |
 *     |   2    |    1    |   1   | 0 .. 16382 |   16    |
 *     +--------+---------+-------+------------+---------+
 *       clear   `-------- encrypted --------'
 *
 * LENGTH counts everything behind it and is the AEAD's additional data.  A
 * record with CF_RECORD_REKEY is the last one under its key; the sender sets it
 * by count and by time, the receiver refuses to go on without it at the count.
 */
#ifndef CF_NET_RECORD_H
#define CF_NET_RECORD_H

#include "base/env.h"
#include "net/cipher.h"
#include "net/proto.h"

#define CF_RECORD_LENGTH_LEN 2
#define CF_RECORD_HEAD_LEN 2 /* channel and flags; part of CF_RECORD_PLAIN_MAX */
#define CF_RECORD_FRAGMENT_MAX (CF_RECORD_PLAIN_MAX - CF_RECORD_HEAD_LEN)
#define CF_RECORD_BODY_MIN (CF_RECORD_HEAD_LEN + CF_CIPHER_TAG_LEN)
#define CF_RECORD_BODY_MAX (CF_RECORD_PLAIN_MAX + CF_CIPHER_TAG_LEN)
#define CF_RECORD_MAX (CF_RECORD_LENGTH_LEN + CF_RECORD_BODY_MAX)

#define CF_RECORD_MORE 0x01  /* the message goes on in this channel's next record */
#define CF_RECORD_REKEY 0x02 /* the next record is under the next key */

struct cf_record_stream {
  struct cf_cipher *cipher; /* owned */
  uint32_t under_key;       /* records since the last change */
  uint32_t rekey_records;
  uint64_t key_since_ms;
};

/* A record that was opened; FRAGMENT points into where. */
struct cf_record {
  uint8_t channel, flags;
  const uint8_t *fragment;
  size_t fragment_len;
};

/* REKEY_RECORDS is CF_REKEY_RECORDS, at both ends alike; CIPHER is taken. */
void cf_record_stream_init (struct cf_record_stream *stream, struct cf_cipher *cipher, uint32_t rekey_records,
                            uint64_t now_ms);
void cf_record_stream_done (struct cf_record_stream *stream);

/* Seal LEN bytes (<= CF_RECORD_FRAGMENT_MAX) into OUT (CF_RECORD_MAX); FLAGS is CF_RECORD_MORE or 0.
   Errors: TOO_LARGE, those of the cipher. */
gpg_error_t cf_record_seal (struct cf_record_stream *stream, uint64_t now_ms, uint8_t channel, uint8_t flags,
                            const void *fragment, size_t len, uint8_t out[CF_RECORD_MAX],
                            size_t *r_len) CF_MUST_CHECK;

/* The length of the body that the first two bytes announce; 0 when no record can have it. */
size_t cf_record_body_len (const uint8_t length[CF_RECORD_LENGTH_LEN]);

/* Open the whole record at DATA into PLAIN: LEN bytes, or the same place as DATA.  Errors: CHECKSUM, LIMIT_REACHED (the
   key was due to change). */
gpg_error_t cf_record_open (struct cf_record_stream *stream, const uint8_t *data, size_t len, uint8_t *plain,
                            struct cf_record *r_record) CF_MUST_CHECK;

/* Count why something that an authentic peer said, in a record or a datagram, is not taken; other errors are troubles
   of our own. */
void cf_record_refused (struct cf_env *env, gpg_error_t err);

#endif
