/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_buf.c - the buffer against a model; the cursors against every cut. */
#include "unit.h"

#include <stdlib.h>

#include "base/buf.h"

#define MODEL_MAX 5000

/* The sanitizer would end the program where malloc should return NULL. */
const char *__asan_default_options (void);
const char *
__asan_default_options (void)
{
  return "allocator_may_return_null=1";
}

/* ------------------------------------------------------------ buffer --- */

struct model {
  uint8_t bytes[MODEL_MAX];
  size_t len;
};

static void
model_step (struct cf_buf *b, struct model *m, uint64_t *seed)
{
  uint8_t data[1500], *space;
  size_t len = seeded_next (seed) % sizeof data;
  gpg_error_t err;

  seeded_fill (seed, data, len);
  switch (seeded_next (seed) % 8) {
  case 0:
    if (seeded_next (seed) % 20 == 0) {
      cf_buf_clear (b);
      m->len = 0;
      return;
    }
    /* fall through */
  case 1:
  case 2:
  case 3:
    len = len < m->len ? len : m->len;
    cf_buf_consume (b, len);
    memmove (m->bytes, m->bytes + len, m->len - len);
    m->len -= len;
    return;
  case 4: /* reserve, but use only a part */
    err = cf_buf_reserve (b, len, &space);
    if (!err) {
      memcpy (space, data, len);
      len /= 2;
      cf_buf_commit (b, len);
    }
    break;
  default:
    err = cf_buf_add (b, data, len);
  }
  if (err) {
    assert_err (err, GPG_ERR_TOO_LARGE);
    assert_true (m->len + len > MODEL_MAX);
    return;
  }
  memcpy (m->bytes + m->len, data, len);
  m->len += len;
}

static void
test_model (void **state)
{
  static struct model m;
  uint64_t seed = 42;
  struct cf_buf b;

  (void) state;
  cf_buf_init (&b, MODEL_MAX);
  for (int i = 0; i < 20000; i++) {
    model_step (&b, &m, &seed);
    assert_int_equal (cf_buf_len (&b), m.len);
    assert_true (m.len == 0 || !memcmp (cf_buf_data (&b), m.bytes, m.len));
    assert_true (b.cap <= MODEL_MAX / 2 * 3);
  }
  cf_buf_done (&b);
  assert_null (b.mem);
}

static void
test_small_steps_move_little (void **state)
{
  static const uint8_t full[65536];
  size_t moves = 0;
  struct cf_buf b;

  (void) state;
  cf_buf_init (&b, sizeof full);
  assert_ok (cf_buf_add (&b, full, sizeof full));
  assert_int_equal (b.cap, sizeof full); /* no more than that while it only grows */
  for (int i = 0; i < 200000; i++) {
    size_t start;

    cf_buf_consume (&b, 1);
    start = b.start;
    assert_ok (cf_buf_add (&b, "x", 1));
    moves += b.start < start;
  }
  assert_in_range (moves, 1, 200000 / (sizeof full / 2) + 1);
  cf_buf_done (&b);
  cf_buf_init (&b, 1 << 24); /* a large maximum alone takes no memory */
  for (int i = 0; i < 1000; i++) {
    assert_ok (cf_buf_add (&b, full, 100));
    cf_buf_consume (&b, 99);
  }
  assert_true (b.cap <= 8192);
  cf_buf_done (&b);
}

static void
test_maximum (void **state)
{
  struct cf_buf b;
  uint8_t *space;

  (void) state;
  cf_buf_init (&b, 10);
  assert_ok (cf_buf_add (&b, "0123456789", 10));
  assert_err (cf_buf_add (&b, "x", 1), GPG_ERR_TOO_LARGE);
  assert_err (cf_buf_add (&b, "x", SIZE_MAX), GPG_ERR_TOO_LARGE); /* the sum would wrap */
  assert_err (cf_buf_reserve (&b, 1, &space), GPG_ERR_TOO_LARGE);
  assert_int_equal (cf_buf_len (&b), 10);
  cf_buf_consume (&b, 4);
  assert_ok (cf_buf_add (&b, "abcd", 4)); /* the maximum is of what is held */
  assert_memory_equal (cf_buf_data (&b), "456789abcd", 10);
  cf_buf_done (&b);
  cf_buf_init (&b, 0);
  assert_ok (cf_buf_add (&b, NULL, 0));
  assert_ok (cf_buf_reserve (&b, 0, &space));
  assert_non_null (space);
  assert_non_null (cf_buf_data (&b));
  assert_err (cf_buf_add (&b, "x", 1), GPG_ERR_TOO_LARGE);
  cf_buf_done (&b);
}

static void
test_no_memory (void **state)
{
  struct cf_buf b;
  uint8_t *space = NULL;

  (void) state;
  cf_buf_init (&b, SIZE_MAX);
  assert_ok (cf_buf_add (&b, "kept", 4));
  assert_err (cf_buf_reserve (&b, SIZE_MAX / 2 + 9, &space), GPG_ERR_ENOMEM);
  assert_null (space);
  assert_int_equal (cf_buf_len (&b), 4);
  assert_memory_equal (cf_buf_data (&b), "kept", 4);
  cf_buf_done (&b);
}

static void
test_clear_wipes (void **state)
{
  static const uint8_t zero[6];
  struct cf_buf b;

  (void) state;
  cf_buf_init (&b, 100);
  assert_ok (cf_buf_add (&b, "secret", 6));
  cf_buf_clear (&b);
  assert_int_equal (cf_buf_len (&b), 0);
  assert_memory_equal (b.mem, zero, sizeof zero);
  cf_buf_done (&b);
}

/* ----------------------------------------------------------- cursors --- */

static void
write_sample (struct cf_buf *b)
{
  struct cf_wr wr;

  cf_buf_init (b, 1000);
  cf_wr_init (&wr, b);
  cf_wr_u8 (&wr, 0x12);
  cf_wr_u16 (&wr, 0x3456);
  cf_wr_u32 (&wr, 0x789abcde);
  cf_wr_u64 (&wr, UINT64_C (0x0102030405060708));
  cf_wr_blob16 (&wr, "sixteen", 7);
  cf_wr_blob32 (&wr, "thirty-two", 10);
  cf_wr_blob16 (&wr, NULL, 0);
  cf_wr_bytes (&wr, "end", 3);
  assert_ok (cf_wr_finish (&wr));
}

static const char sample[] =
    "\x12\x34\x56\x78\x9a\xbc\xde\1\2\3\4\5\6\7\x8\0\7sixteen\0\0\0\x0athirty-two\0\0end";

struct read {
  uint8_t u8;
  uint16_t u16;
  uint32_t u32;
  uint64_t u64;
  const uint8_t *b16, *b32, *empty;
  size_t b16_len, b32_len, empty_len;
  char end[3];
};

static gpg_error_t
read_sample (const uint8_t *data, size_t len, struct read *r)
{
  struct cf_rd rd;

  cf_rd_init (&rd, data, len);
  r->u8 = cf_rd_u8 (&rd);
  r->u16 = cf_rd_u16 (&rd);
  r->u32 = cf_rd_u32 (&rd);
  r->u64 = cf_rd_u64 (&rd);
  cf_rd_blob16 (&rd, &r->b16, &r->b16_len, 100);
  cf_rd_blob32 (&rd, &r->b32, &r->b32_len, 100);
  cf_rd_blob16 (&rd, &r->empty, &r->empty_len, 100);
  memset (r->end, 'x', sizeof r->end);
  cf_rd_bytes (&rd, r->end, sizeof r->end);
  return cf_rd_finish (&rd);
}

static void
test_wire_form (void **state)
{
  struct cf_buf b;

  (void) state;
  write_sample (&b);
  assert_int_equal (cf_buf_len (&b), sizeof sample - 1);
  assert_memory_equal (cf_buf_data (&b), sample, sizeof sample - 1);
  cf_buf_done (&b);
}

static void
test_round_trip (void **state)
{
  const uint8_t *data = (const uint8_t *) sample;
  struct read r;

  (void) state;
  assert_ok (read_sample (data, sizeof sample - 1, &r));
  assert_int_equal (r.u8, 0x12);
  assert_int_equal (r.u16, 0x3456);
  assert_int_equal (r.u32, 0x789abcde);
  assert_true (r.u64 == UINT64_C (0x0102030405060708));
  assert_int_equal (r.b16_len, 7);
  assert_ptr_equal (r.b16, data + 17);
  assert_int_equal (r.b32_len, 10);
  assert_memory_equal (r.b32, "thirty-two", 10);
  assert_non_null (r.empty);
  assert_int_equal (r.empty_len, 0);
  assert_memory_equal (r.end, "end", 3);
}

static void
test_every_cut (void **state)
{
  (void) state;
  for (size_t len = 0; len < sizeof sample - 1; len++) {
    /* On the heap and exact, so that one byte too many is seen. */
    uint8_t *cut = malloc (len ? len : 1);
    struct read r;

    assert_non_null (cut);
    memcpy (cut, sample, len);
    assert_err (read_sample (cut, len, &r), GPG_ERR_TOO_SHORT);
    assert_memory_equal (r.end, "\0\0\0", 3); /* zeroed, not left as it was */
    if (len < 24) {
      assert_null (r.b16);
      assert_int_equal (r.b16_len, 0);
    }
    if (len < 15)
      assert_true (r.u64 == 0);
    free (cut);
  }
}

static void
test_trailing (void **state)
{
  struct cf_rd rd;

  (void) state;
  cf_rd_init (&rd, "ab", 2);
  assert_int_equal (cf_rd_u8 (&rd), 'a');
  assert_err (cf_rd_finish (&rd), GPG_ERR_INV_LENGTH);
  assert_err (cf_rd_finish (&rd), GPG_ERR_INV_LENGTH);
  cf_rd_init (&rd, NULL, 0);
  assert_ok (cf_rd_finish (&rd));
}

static void
test_latch (void **state)
{
  const uint8_t *data;
  size_t len;
  struct cf_rd rd;

  (void) state;
  cf_rd_init (&rd, "\0\5hello!", 8);
  cf_rd_blob16 (&rd, &data, &len, 4);
  assert_null (data);
  assert_int_equal (len, 0);
  assert_int_equal (cf_rd_u8 (&rd), 0); /* nothing is read after an error */
  cf_rd_fail (&rd, cf_err (GPG_ERR_CONFLICT));
  cf_rd_rest (&rd, &data, &len);
  assert_null (data);
  assert_int_equal (len, 0);
  assert_err (cf_rd_finish (&rd), GPG_ERR_TOO_LARGE); /* the first one stays */
  cf_rd_init (&rd, "ab", 2);
  cf_rd_fail (&rd, cf_err (GPG_ERR_CONFLICT));
  assert_err (cf_rd_finish (&rd), GPG_ERR_CONFLICT);
}

static void
test_lying_lengths (void **state)
{
  static const uint8_t lies[] = { 0xff, 0xff, 0xff, 0xff, 'x' };
  const uint8_t *data;
  size_t len;
  struct cf_rd rd;

  (void) state;
  cf_rd_init (&rd, lies, sizeof lies);
  cf_rd_blob32 (&rd, &data, &len, SIZE_MAX);
  assert_null (data);
  assert_err (cf_rd_finish (&rd), GPG_ERR_TOO_SHORT);
  cf_rd_init (&rd, lies, sizeof lies);
  cf_rd_blob32 (&rd, &data, &len, 1000);
  assert_err (cf_rd_finish (&rd), GPG_ERR_TOO_LARGE);
  cf_rd_init (&rd, lies, sizeof lies);
  cf_rd_blob16 (&rd, &data, &len, 65535);
  assert_err (cf_rd_finish (&rd), GPG_ERR_TOO_SHORT);
  cf_rd_init (&rd, "\0\4four", 6);
  cf_rd_blob16 (&rd, &data, &len, 4); /* exactly the maximum */
  assert_ok (cf_rd_finish (&rd));
  assert_memory_equal (data, "four", 4);
}

static void
test_rest (void **state)
{
  const uint8_t *data;
  size_t len;
  struct cf_rd rd;

  (void) state;
  cf_rd_init (&rd, "abc", 3);
  cf_rd_u8 (&rd);
  cf_rd_rest (&rd, &data, &len);
  assert_int_equal (len, 2);
  assert_memory_equal (data, "bc", 2);
  cf_rd_rest (&rd, &data, &len); /* nothing is left, and that is no error */
  assert_int_equal (len, 0);
  assert_ok (cf_rd_finish (&rd));
}

static void
test_writer_limits (void **state)
{
  static const uint8_t big[65536];
  struct cf_buf b;
  struct cf_wr wr;

  (void) state;
  cf_buf_init (&b, 1 << 20);
  cf_wr_init (&wr, &b);
  cf_wr_blob16 (&wr, big, 65535);
  assert_ok (cf_wr_finish (&wr));
  assert_int_equal (cf_buf_len (&b), 65537);
  cf_wr_blob16 (&wr, big, 65536); /* its length has no 16 bits */
  cf_wr_u8 (&wr, 1);
  assert_err (cf_wr_finish (&wr), GPG_ERR_TOO_LARGE);
  assert_int_equal (cf_buf_len (&b), 65537); /* nothing more is written */
  cf_buf_done (&b);
  cf_buf_init (&b, 3);
  cf_wr_init (&wr, &b);
  cf_wr_u16 (&wr, 1);
  cf_wr_u16 (&wr, 2);
  assert_err (cf_wr_finish (&wr), GPG_ERR_TOO_LARGE);
  cf_buf_done (&b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_small_steps_move_little),
    cmocka_unit_test (test_model),
    cmocka_unit_test (test_maximum),
    cmocka_unit_test (test_no_memory),
    cmocka_unit_test (test_clear_wipes),
    cmocka_unit_test (test_wire_form),
    cmocka_unit_test (test_round_trip),
    cmocka_unit_test (test_every_cut),
    cmocka_unit_test (test_trailing),
    cmocka_unit_test (test_latch),
    cmocka_unit_test (test_lying_lengths),
    cmocka_unit_test (test_rest),
    cmocka_unit_test (test_writer_limits),
  };
  return cmocka_run_group_tests_name ("base/buf", tests, NULL, NULL);
}
