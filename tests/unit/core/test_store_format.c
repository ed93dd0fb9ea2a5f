/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_store_format.c - the file of a store, read without SQLCipher.
 *
 * The versions of SQLCipher have different defaults, so the store names every parameter itself.  What it wrote is
 * opened here by the format alone: any version that follows it reads this file, and one of its defaults that got in
 * (another hash, another page) would make this fail, whichever version the tests run with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/store/store.h"

/* page 1 = salt (16), sealed, IV (16), HMAC-SHA1 (20), unused (12); all others begin with what is sealed */
enum { PAGE = 4096, SALT = 16, IV = 16, TAG = 20, RESERVED = 48, KEY = 32 };
enum { ROUNDS = 2, SALT_MASK = 0x3a }; /* of the key of the HMAC, which is derived from the store's */

struct fixture {
  struct cf_env env;
  char dir[64], path[96];
  uint8_t key[CF_STORE_KEY_LEN], tag_key[KEY];
  uint8_t *file;
  size_t pages;
};

static void
read_file (struct fixture *f)
{
  struct stat st;
  FILE *in = fopen (f->path, "rb");

  assert_non_null (in);
  assert_int_equal (fstat (fileno (in), &st), 0);
  assert_true (st.st_size >= 2 * PAGE);
  assert_int_equal (st.st_size % PAGE, 0);
  f->pages = (size_t) st.st_size / PAGE;
  f->file = malloc ((size_t) st.st_size);
  assert_non_null (f->file);
  assert_int_equal (fread (f->file, PAGE, f->pages, in), f->pages);
  fclose (in);
}

/* A store that was closed: all of it is in the file. */
static int
setup (void **state)
{
  struct fixture *f = calloc (1, sizeof *f);
  struct cf_store *store;
  uint8_t salt[SALT];

  assert_non_null (f);
  assert_non_null (gcry_check_version (NULL));
  cf_env_system_init (&f->env, CF_LOG_ERROR);
  strcpy (f->dir, "/tmp/cf-store-XXXXXX");
  assert_non_null (mkdtemp (f->dir));
  snprintf (f->path, sizeof f->path, "%s/db", f->dir);
  for (size_t i = 0; i < sizeof f->key; i++)
    f->key[i] = (uint8_t) (7 * i);
  assert_int_equal (cf_store_open (&f->env, f->path, f->key, &store), 0);
  cf_store_close (store);
  read_file (f);
  for (size_t i = 0; i < SALT; i++)
    salt[i] = f->file[i] ^ SALT_MASK;
  assert_int_equal (gcry_kdf_derive (f->key, sizeof f->key, GCRY_KDF_PBKDF2, GCRY_MD_SHA1, salt, SALT, ROUNDS, KEY,
                                     f->tag_key), 0);
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  struct fixture *f = *state;

  unlink (f->path);
  rmdir (f->dir);
  free (f->file);
  free (f);
  return 0;
}

/* Where page NUMBER, from 1, begins in the file, and how much of it is not sealed. */
static uint8_t *
page_at (struct fixture *f, size_t number, size_t *r_clear)
{
  *r_clear = number == 1 ? SALT : 0;
  return f->file + (number - 1) * PAGE;
}

/* --- tests --- */

static void
test_every_page_is_authenticated (void **state)
{
  struct fixture *f = *state;

  for (size_t number = 1; number <= f->pages; number++) {
    const uint8_t le[4] = { (uint8_t) number, (uint8_t) (number >> 8), (uint8_t) (number >> 16), (uint8_t) (number >> 24) };
    size_t clear;
    uint8_t *page = page_at (f, number, &clear);
    gcry_md_hd_t md;

    assert_int_equal (gcry_md_open (&md, GCRY_MD_SHA1, GCRY_MD_FLAG_HMAC), 0);
    assert_int_equal (gcry_md_setkey (md, f->tag_key, KEY), 0);
    gcry_md_write (md, page + clear, PAGE - RESERVED + IV - clear);
    gcry_md_write (md, le, sizeof le);
    assert_memory_equal (gcry_md_read (md, GCRY_MD_SHA1), page + PAGE - RESERVED + IV, TAG);
    gcry_md_close (md);
  }
}

static void
test_the_first_page_opens (void **state)
{
  struct fixture *f = *state;
  size_t clear;
  uint8_t *page = page_at (f, 1, &clear);
  gcry_cipher_hd_t cipher;

  assert_int_equal (gcry_cipher_open (&cipher, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_CBC, 0), 0);
  assert_int_equal (gcry_cipher_setkey (cipher, f->key, sizeof f->key), 0);
  assert_int_equal (gcry_cipher_setiv (cipher, page + PAGE - RESERVED, IV), 0);
  assert_int_equal (gcry_cipher_decrypt (cipher, page + clear, PAGE - RESERVED - clear, NULL, 0), 0);
  gcry_cipher_close (cipher);
  /* SQLite's own header behind its magic, whose place the salt has */
  assert_int_equal (page[16] << 8 | page[17], PAGE);
  assert_int_equal (page[18], 2); /* written and ... */
  assert_int_equal (page[19], 2); /* ... read with a log */
  assert_int_equal (page[20], RESERVED);
  assert_int_equal ((size_t) page[28] << 24 | (size_t) page[29] << 16 | (size_t) page[30] << 8 | page[31], f->pages);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_every_page_is_authenticated, setup, teardown),
    cmocka_unit_test_setup_teardown (test_the_first_page_opens, setup, teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
