/* SPDX-License-Identifier: GPL-3.0-or-later */
/* buf.h - bounded bytes: a growable buffer, a reading and a writing cursor.
 *
 * All integers on the wire are big-endian.  Both cursors latch their first
 * error: parse everything, then ask finish once and use nothing before it
 * said 0.
 */
#ifndef CF_BASE_BUF_H
#define CF_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A growable byte buffer with a maximum, consumed from the front.  A full one
   that is consumed in small steps takes up to 1.5 times the maximum of memory. */
struct cf_buf {
  uint8_t *mem;
  size_t start, end; /* valid bytes are mem[start .. end) */
  size_t cap, max;
};

void cf_buf_init (struct cf_buf *b, size_t max);
void cf_buf_done (struct cf_buf *b); /* wipes what it held */
size_t cf_buf_len (const struct cf_buf *b);
const uint8_t *cf_buf_data (const struct cf_buf *b);
/* Append LEN bytes.  Errors: TOO_LARGE (beyond max; nothing is added), ENOMEM. */
gpg_error_t cf_buf_add (struct cf_buf *b, const void *data, size_t len) CF_MUST_CHECK;
/* Room for LEN more bytes at *R_SPACE; cf_buf_commit says how many were used. */
gpg_error_t cf_buf_reserve (struct cf_buf *b, size_t len, uint8_t **r_space) CF_MUST_CHECK;
void cf_buf_commit (struct cf_buf *b, size_t len);
void cf_buf_consume (struct cf_buf *b, size_t len); /* drop LEN bytes at the front */
void cf_buf_clear (struct cf_buf *b);

/* The reading cursor over borrowed bytes. */
struct cf_rd {
  const uint8_t *p;
  size_t left;
  gpg_error_t err;
};

void cf_rd_init (struct cf_rd *rd, const void *data, size_t len);
uint8_t cf_rd_u8 (struct cf_rd *rd);
uint16_t cf_rd_u16 (struct cf_rd *rd);
uint32_t cf_rd_u32 (struct cf_rd *rd);
uint64_t cf_rd_u64 (struct cf_rd *rd);
void cf_rd_bytes (struct cf_rd *rd, void *out, size_t len); /* zeroes OUT on error */
/* A blob with a 16 or 32 bit length before it: *R_DATA points into the input
   (NULL on error).  Errors: TOO_SHORT, TOO_LARGE (more than MAX). */
void cf_rd_blob16 (struct cf_rd *rd, const uint8_t **r_data, size_t *r_len, size_t max);
void cf_rd_blob32 (struct cf_rd *rd, const uint8_t **r_data, size_t *r_len, size_t max);
/* Everything that is left. */
void cf_rd_rest (struct cf_rd *rd, const uint8_t **r_data, size_t *r_len);
/* Latch ERR unless one is latched already (a value out of range). */
void cf_rd_fail (struct cf_rd *rd, gpg_error_t err);
/* The latched error; trailing bytes are one (INV_LENGTH). */
gpg_error_t cf_rd_finish (struct cf_rd *rd) CF_MUST_CHECK;

/* The writing cursor appends to a cf_buf. */
struct cf_wr {
  struct cf_buf *b;
  gpg_error_t err;
};

void cf_wr_init (struct cf_wr *wr, struct cf_buf *b);
void cf_wr_u8 (struct cf_wr *wr, uint8_t v);
void cf_wr_u16 (struct cf_wr *wr, uint16_t v);
void cf_wr_u32 (struct cf_wr *wr, uint32_t v);
void cf_wr_u64 (struct cf_wr *wr, uint64_t v);
void cf_wr_bytes (struct cf_wr *wr, const void *data, size_t len);
void cf_wr_blob16 (struct cf_wr *wr, const void *data, size_t len);
void cf_wr_blob32 (struct cf_wr *wr, const void *data, size_t len);
gpg_error_t cf_wr_finish (struct cf_wr *wr) CF_MUST_CHECK;

#endif
