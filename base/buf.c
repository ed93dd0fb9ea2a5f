/* SPDX-License-Identifier: GPL-3.0-or-later */
/* buf.c - bounded bytes: a growable buffer, a reading and a writing cursor. */
#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/secmem.h"

#define FIRST_CAP 64

/* ------------------------------------------------------------ buffer --- */

void
cf_buf_init (struct cf_buf *b, size_t max)
{
  *b = (struct cf_buf){ .max = max };
}

void
cf_buf_done (struct cf_buf *b)
{
  cf_wipe (b->mem, b->cap);
  free (b->mem);
  *b = (struct cf_buf){ .max = b->max };
}

size_t
cf_buf_len (const struct cf_buf *b)
{
  return b->end - b->start;
}

const uint8_t *
cf_buf_data (const struct cf_buf *b)
{
  static const uint8_t nothing;

  return b->mem ? b->mem + b->start : &nothing;
}

static void
move_to_front (struct cf_buf *b)
{
  memmove (b->mem, b->mem + b->start, cf_buf_len (b));
  b->end -= b->start;
  b->start = 0;
}

static size_t
add_or_max (size_t a, size_t b)
{
  return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* A new block of at least NEED bytes.  One that is consumed from gets half as
   much again, beyond the maximum if it must: else each small step on a full
   buffer would move all of it.  Not realloc, which would leave a copy of what
   may be a secret. */
static gpg_error_t
grow (struct cf_buf *b, size_t need)
{
  size_t cap = b->cap ? b->cap : FIRST_CAP, len = cf_buf_len (b);
  size_t want = add_or_max (need, b->start ? len / 2 : 0);
  size_t limit = add_or_max (b->max, b->start ? b->max / 2 : 0);
  uint8_t *mem;

  while (cap < want)
    cap = add_or_max (cap, cap);
  if (cap > limit)
    cap = limit;
  mem = malloc (cap);
  if (!mem)
    return cf_err (GPG_ERR_ENOMEM);
  if (len)
    memcpy (mem, b->mem + b->start, len);
  cf_wipe (b->mem, b->cap);
  free (b->mem);
  b->mem = mem;
  b->cap = cap;
  b->start = 0;
  b->end = len;
  return 0;
}

gpg_error_t
cf_buf_reserve (struct cf_buf *b, size_t len, uint8_t **r_space)
{
  static uint8_t nothing;
  size_t held = cf_buf_len (b);
  gpg_error_t err;

  if (len > b->max || held > b->max - len)
    return cf_err (GPG_ERR_TOO_LARGE);
  if (b->cap - b->end < len) {
    /* Moving is worth it once half as much was consumed as is held; before
       that it would cost a full copy for every small step. */
    if (b->start >= held / 2 && b->cap - held >= len)
      move_to_front (b);
    else {
      err = grow (b, held + len);
      if (err)
        return err;
    }
  }
  *r_space = b->mem ? b->mem + b->end : &nothing;
  return 0;
}

void
cf_buf_commit (struct cf_buf *b, size_t len)
{
  assert (len <= b->cap - b->end);
  b->end += len;
}

gpg_error_t
cf_buf_add (struct cf_buf *b, const void *data, size_t len)
{
  uint8_t *space;
  gpg_error_t err = cf_buf_reserve (b, len, &space);

  if (err)
    return err;
  if (len)
    memcpy (space, data, len);
  cf_buf_commit (b, len);
  return 0;
}

void
cf_buf_consume (struct cf_buf *b, size_t len)
{
  assert (len <= cf_buf_len (b));
  b->start += len;
  if (b->start == b->end)
    b->start = b->end = 0;
}

void
cf_buf_clear (struct cf_buf *b)
{
  cf_wipe (b->mem, b->cap);
  b->start = b->end = 0;
}

/* ------------------------------------------------------------ reader --- */

void
cf_rd_init (struct cf_rd *rd, const void *data, size_t len)
{
  *rd = (struct cf_rd){ .p = data, .left = len };
}

void
cf_rd_fail (struct cf_rd *rd, gpg_error_t err)
{
  if (!rd->err)
    rd->err = err;
  rd->left = 0; /* so that nothing can be read after an error */
}

/* The next LEN bytes, or NULL with the error latched. */
static const uint8_t *
take (struct cf_rd *rd, size_t len)
{
  const uint8_t *p = rd->p;

  if (rd->err || rd->left < len) {
    cf_rd_fail (rd, cf_err (GPG_ERR_TOO_SHORT));
    return NULL;
  }
  if (len)
    rd->p += len;
  rd->left -= len;
  return p;
}

/* An integer of LEN bytes, 0 on error. */
static uint64_t
take_int (struct cf_rd *rd, size_t len)
{
  const uint8_t *p = take (rd, len);
  uint64_t v = 0;

  for (size_t i = 0; p && i < len; i++)
    v = v << 8 | p[i];
  return v;
}

uint8_t
cf_rd_u8 (struct cf_rd *rd)
{
  return (uint8_t) take_int (rd, 1);
}

uint16_t
cf_rd_u16 (struct cf_rd *rd)
{
  return (uint16_t) take_int (rd, 2);
}

uint32_t
cf_rd_u32 (struct cf_rd *rd)
{
  return (uint32_t) take_int (rd, 4);
}

uint64_t
cf_rd_u64 (struct cf_rd *rd)
{
  return take_int (rd, 8);
}

void
cf_rd_bytes (struct cf_rd *rd, void *out, size_t len)
{
  const uint8_t *p = take (rd, len);

  if (!len)
    return;
  if (p)
    memcpy (out, p, len);
  else
    memset (out, 0, len);
}

static void
take_blob (struct cf_rd *rd, size_t len, const uint8_t **r_data, size_t *r_len, size_t max)
{
  if (!rd->err && len > max)
    cf_rd_fail (rd, cf_err (GPG_ERR_TOO_LARGE));
  *r_data = take (rd, len);
  *r_len = *r_data ? len : 0;
}

void
cf_rd_blob16 (struct cf_rd *rd, const uint8_t **r_data, size_t *r_len, size_t max)
{
  take_blob (rd, cf_rd_u16 (rd), r_data, r_len, max);
}

void
cf_rd_blob32 (struct cf_rd *rd, const uint8_t **r_data, size_t *r_len, size_t max)
{
  take_blob (rd, cf_rd_u32 (rd), r_data, r_len, max);
}

void
cf_rd_rest (struct cf_rd *rd, const uint8_t **r_data, size_t *r_len)
{
  take_blob (rd, rd->left, r_data, r_len, rd->left);
}

gpg_error_t
cf_rd_finish (struct cf_rd *rd)
{
  if (!rd->err && rd->left)
    cf_rd_fail (rd, cf_err (GPG_ERR_INV_LENGTH));
  return rd->err;
}

/* ------------------------------------------------------------ writer --- */

void
cf_wr_init (struct cf_wr *wr, struct cf_buf *b)
{
  *wr = (struct cf_wr){ .b = b };
}

void
cf_wr_bytes (struct cf_wr *wr, const void *data, size_t len)
{
  if (!wr->err)
    wr->err = cf_buf_add (wr->b, data, len);
}

static void
put_int (struct cf_wr *wr, uint64_t v, size_t len)
{
  uint8_t bytes[8];

  for (size_t i = len; i-- > 0; v >>= 8)
    bytes[i] = (uint8_t) v;
  cf_wr_bytes (wr, bytes, len);
}

void
cf_wr_u8 (struct cf_wr *wr, uint8_t v)
{
  put_int (wr, v, 1);
}

void
cf_wr_u16 (struct cf_wr *wr, uint16_t v)
{
  put_int (wr, v, 2);
}

void
cf_wr_u32 (struct cf_wr *wr, uint32_t v)
{
  put_int (wr, v, 4);
}

void
cf_wr_u64 (struct cf_wr *wr, uint64_t v)
{
  put_int (wr, v, 8);
}

static void
put_blob (struct cf_wr *wr, const void *data, size_t len, size_t len_len, uint64_t max)
{
  if (!wr->err && len > max)
    wr->err = cf_err (GPG_ERR_TOO_LARGE);
  put_int (wr, len, len_len);
  cf_wr_bytes (wr, data, len);
}

void
cf_wr_blob16 (struct cf_wr *wr, const void *data, size_t len)
{
  put_blob (wr, data, len, 2, UINT16_MAX);
}

void
cf_wr_blob32 (struct cf_wr *wr, const void *data, size_t len)
{
  put_blob (wr, data, len, 4, UINT32_MAX);
}

gpg_error_t
cf_wr_finish (struct cf_wr *wr)
{
  return wr->err;
}
