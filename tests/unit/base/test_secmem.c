/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_secmem.c - secrets: aligned, zeroed, guarded, locked, wiped, compared. */
#include "unit.h"

#include <gcrypt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secmem.h"

#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1 /* its runtime turns mlock off, and needs ptrace */
#else
#define SANITIZED 0
#endif

static int
set_up (void **state)
{
  (void) state;
  return cf_secmem_setup () != 0;
}

static void
test_setup (void **state)
{
  struct rlimit core;

  (void) state;
  assert_ok (cf_secmem_setup ()); /* a second time is harmless */
  assert_int_equal (getrlimit (RLIMIT_CORE, &core), 0);
  assert_int_equal (core.rlim_cur, 0);
  assert_int_equal (core.rlim_max, 0);
  assert_int_equal (prctl (PR_GET_DUMPABLE, 0, 0, 0, 0), SANITIZED);
  assert_true (gcry_control (GCRYCTL_INITIALIZATION_FINISHED_P));
}

static void
test_new_is_aligned_and_zero (void **state)
{
  (void) state;
  for (size_t len = 0; len < 100; len++) {
    uint8_t *mem = NULL;

    assert_ok (cf_secmem_new (&mem, len));
    assert_non_null (mem);
    assert_int_equal ((uintptr_t) mem % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < len; i++)
      assert_int_equal (mem[i], 0);
    cf_secmem_free (mem);
  }
  cf_secmem_free (NULL);
}

static void
test_new_refuses (void **state)
{
  char kept, *mem = &kept;

  (void) state;
  assert_err (cf_secmem_new (&mem, SIZE_MAX), GPG_ERR_ENOMEM);
  assert_err (cf_secmem_new (&mem, SIZE_MAX / 2), GPG_ERR_ENOMEM);
  assert_ptr_equal (mem, &kept);
}

/* Whether a child that runs TOUCH on 16 bytes of secret memory survives. */
static bool
survives (void (*touch) (volatile uint8_t *mem))
{
  pid_t pid = fork ();
  int status;

  assert_true (pid >= 0);
  if (pid == 0) {
    uint8_t *mem;

    signal (SIGSEGV, SIG_DFL); /* cmocka would make a failed test of it, here */
    signal (SIGABRT, SIG_DFL);
    if (!freopen ("/dev/null", "w", stderr) || cf_secmem_new (&mem, 16))
      _exit (0); /* the caller expects death, and fails */
    touch (mem);
    _exit (0);
  }
  assert_int_equal (waitpid (pid, &status, 0), pid);
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

static void
touch_inside (volatile uint8_t *mem)
{
  mem[15] = 1;
}

static void
touch_after (volatile uint8_t *mem)
{
  mem[16] = 1;
}

static void
free_after_underflow (volatile uint8_t *mem)
{
  mem[-1] = (uint8_t) ~mem[-1];
  cf_secmem_free ((void *) (uintptr_t) mem);
}

static void
test_guarded (void **state)
{
  (void) state;
  assert_true (survives (touch_inside));
  assert_false (survives (touch_after));
  assert_false (survives (free_after_underflow));
}

static long
locked_kib (void)
{
  FILE *f = fopen ("/proc/self/status", "r");
  char line[256];
  long kib = -1;

  assert_non_null (f);
  while (fgets (line, sizeof line, f))
    if (sscanf (line, "VmLck: %ld", &kib) == 1)
      break;
  fclose (f);
  return kib;
}

static void
test_locked (void **state)
{
  struct rlimit limit;
  long before = locked_kib ();
  char *mem;

  (void) state;
  assert_int_equal (getrlimit (RLIMIT_MEMLOCK, &limit), 0);
  if (SANITIZED || limit.rlim_cur < 256 * 1024) {
    /* Not skip: this cmocka's TAP would have it counted as a failure. */
    print_message ("# nothing to see: this process may not lock memory\n");
    return;
  }
  assert_ok (cf_secmem_new (&mem, 100));
  assert_true (locked_kib () > before);
  cf_secmem_free (mem);
  assert_int_equal (locked_kib (), before);
}

static void
test_gcrypt_pool (void **state)
{
  void *mem = gcry_malloc_secure (1000);

  (void) state;
  assert_non_null (mem);
  assert_true (gcry_is_secure (mem));
  gcry_free (mem);
}

static void
test_wipe (void **state)
{
  char secret[] = "secret!";

  (void) state;
  cf_wipe (secret, 6);
  assert_memory_equal (secret, "\0\0\0\0\0\0!", 8);
  cf_wipe (NULL, 0);
}

static void
test_ct_equal (void **state)
{
  uint8_t a[33], b[33];

  (void) state;
  memset (a, 7, sizeof a);
  memcpy (b, a, sizeof b);
  assert_true (cf_ct_equal (a, b, sizeof a));
  assert_true (cf_ct_equal (NULL, NULL, 0));
  for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
    b[bit / 8] ^= (uint8_t) (1 << bit % 8);
    assert_false (cf_ct_equal (a, b, sizeof a));
    b[bit / 8] ^= (uint8_t) (1 << bit % 8);
  }
  b[32] ^= 1;
  assert_true (cf_ct_equal (a, b, 32));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_setup),       cmocka_unit_test (test_new_is_aligned_and_zero),
    cmocka_unit_test (test_new_refuses), cmocka_unit_test (test_guarded),
    cmocka_unit_test (test_locked),      cmocka_unit_test (test_gcrypt_pool),
    cmocka_unit_test (test_wipe),        cmocka_unit_test (test_ct_equal),
  };
  return cmocka_run_group_tests_name ("base/secmem", tests, set_up, NULL);
}
