/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_nomem.c - each allocation of base/ fails once, in turn: ENOMEM comes
   back, nothing is lost of what was there, and nothing leaks.

   The linker turns the allocations of our objects (not those inside the
   libraries) into the __wrap_ functions below. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/paths.h"
#include "base/secmem.h"
#include "base/text.h"

static long allowed = -1; /* allocations until one fails; negative: none does */

static bool
may_have (void)
{
  return allowed < 0 || allowed-- > 0;
}

void *__real_malloc (size_t len);
void *__wrap_malloc (size_t len);
void *__real_calloc (size_t n, size_t len);
void *__wrap_calloc (size_t n, size_t len);
char *__real_strdup (const char *s);
char *__wrap_strdup (const char *s);
char *__real_strndup (const char *s, size_t n);
char *__wrap_strndup (const char *s, size_t n);
void *__real_sodium_malloc (size_t len);
void *__wrap_sodium_malloc (size_t len);
char *__wrap_cf_sprintf (const char *fmt, ...) CF_PRINTF (1, 2);

void *
__wrap_malloc (size_t len)
{
  return may_have () ? __real_malloc (len) : NULL;
}

void *
__wrap_calloc (size_t n, size_t len)
{
  return may_have () ? __real_calloc (n, len) : NULL;
}

char *
__wrap_strdup (const char *s)
{
  return may_have () ? __real_strdup (s) : NULL;
}

char *
__wrap_strndup (const char *s, size_t n)
{
  return may_have () ? __real_strndup (s, n) : NULL;
}

void *
__wrap_sodium_malloc (size_t len)
{
  return may_have () ? __real_sodium_malloc (len) : NULL;
}

char *
__wrap_cf_sprintf (const char *fmt, ...)
{
  char *text = NULL;
  va_list ap;

  if (!may_have ())
    return NULL;
  va_start (ap, fmt);
  if (vasprintf (&text, fmt, ap) < 0)
    text = NULL;
  va_end (ap);
  return text;
}

/* Run CALL with its first, then its second, ... allocation failing, until it
   succeeds.  Returns how many there were. */
static long
sweep (gpg_error_t (*call) (void))
{
  for (long n = 0; n < 1000; n++) {
    gpg_error_t err;

    allowed = n;
    err = call ();
    allowed = -1;
    if (!err)
      return n;
    assert_err (err, GPG_ERR_ENOMEM);
  }
  fail ();
  return 0;
}

/* ------------------------------------------------------------- cases --- */

static gpg_error_t
call_home (void)
{
  char *home = NULL;
  gpg_error_t err = cf_paths_home ("missing/a/../b", &home);

  assert_true (!err == !!home);
  free (home);
  return err;
}

static gpg_error_t
call_default_home (void)
{
  char *home = NULL;
  gpg_error_t err = cf_paths_home (NULL, &home);

  free (home);
  return err;
}

static gpg_error_t
call_socket (void)
{
  char *socket = NULL;
  gpg_error_t err = cf_paths_socket ("/nonexistent/home", &socket);

  assert_true (!err == !!socket);
  free (socket);
  return err;
}

static gpg_error_t
call_private_dir (void)
{
  return cf_paths_private_dir ("d");
}

static gpg_error_t
call_file (void)
{
  char *data = NULL;
  size_t len;
  gpg_error_t err = cf_file_write ("f", "data", 4);

  if (!err)
    err = cf_file_read ("f", 10, &data, &len);
  free (data);
  return err;
}

static gpg_error_t
call_password (void)
{
  char *text = NULL;
  gpg_error_t err = cf_text_password (" a ", 3, &text);

  cf_secmem_free (text);
  return err;
}

static gpg_error_t
call_display (void)
{
  char *shown = cf_text_display ("a", 1, false);

  free (shown);
  return shown ? 0 : cf_err (GPG_ERR_ENOMEM);
}

static gpg_error_t
call_buf (void)
{
  struct cf_buf b;
  gpg_error_t err;

  cf_buf_init (&b, 1000);
  err = cf_buf_add (&b, "abc", 3);
  if (!err) {
    err = cf_buf_reserve (&b, 900, &(uint8_t *){ NULL });
    assert_int_equal (cf_buf_len (&b), 3);
    assert_memory_equal (cf_buf_data (&b), "abc", 3);
  }
  cf_buf_done (&b);
  return err;
}

static void
test_sweep (void **state)
{
  char dir[] = "/tmp/cf-nomem-XXXXXX";

  (void) state;
  assert_non_null (mkdtemp (dir));
  assert_int_equal (chdir (dir), 0);
  setenv ("HOME", dir, 1);
  setenv ("XDG_RUNTIME_DIR", "/nonexistent", 1);
  unsetenv ("CONFAB_HOME");
  unsetenv ("XDG_DATA_HOME");
  assert_true (sweep (call_home) >= 3);
  assert_true (sweep (call_default_home) >= 2);
  assert_true (sweep (call_socket) >= 3);
  assert_true (sweep (call_private_dir) >= 1);
  assert_true (sweep (call_file) >= 3);
  assert_true (sweep (call_password) >= 2);
  assert_true (sweep (call_display) >= 1);
  assert_true (sweep (call_buf) >= 2);
  assert_int_equal (remove ("f") | remove ("d"), 0);
  assert_int_equal (rmdir (dir), 0); /* nothing temporary was left */
}

static gpg_error_t
call_map_new (void)
{
  uint64_t seed = 1;
  struct cf_env env = seeded_env (&seed);
  struct cf_map *map = NULL;
  gpg_error_t err = cf_map_new (&env, 4, 10, &map);

  cf_map_free (map);
  return err;
}

static struct cf_map *map;
static uint32_t next_key;

static gpg_error_t
call_map_put (void)
{
  gpg_error_t err = cf_map_put (map, &next_key, &next_key);

  assert_int_equal (cf_map_count (map), next_key + !err);
  return err;
}

static void
test_map_keeps_what_it_has (void **state)
{
  uint64_t seed = 1;
  struct cf_env env = seeded_env (&seed);
  long failures = 0;

  (void) state;
  assert_int_equal (sweep (call_map_new), 1);
  assert_ok (cf_map_new (&env, sizeof next_key, 200, &map));
  for (next_key = 0; next_key < 200; next_key++) {
    failures += sweep (call_map_put);
    for (uint32_t key = 0; key <= next_key; key++)
      assert_non_null (cf_map_get (map, &key));
  }
  assert_true (failures >= 8); /* keys and values, each time that it grew */
  cf_map_free (map);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_sweep),
    cmocka_unit_test (test_map_keeps_what_it_has),
  };
  return cmocka_run_group_tests_name ("base/nomem", tests, NULL, NULL);
}
