/* SPDX-License-Identifier: GPL-3.0-or-later */
/* secmem.c - memory for secrets, on libsodium's guarded allocations. */
#include "base/secmem.h"

#include <gcrypt.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* libgcrypt's own pool, for cipher handles opened with GCRY_CIPHER_SECURE.  It
   grows by itself; 32 KiB is what fits any RLIMIT_MEMLOCK. */
#define GCRYPT_POOL_LEN 32768

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#if !defined UNDER_SANITIZER && defined __SANITIZE_ADDRESS__
#define UNDER_SANITIZER 1
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

static gpg_error_t
setup_gcrypt (void)
{
  if (gcry_control (GCRYCTL_INITIALIZATION_FINISHED_P))
    return 0;
  if (!gcry_check_version (GCRYPT_VERSION))
    return cf_err (GPG_ERR_INTERNAL);
  /* A machine that locks no memory is no reason for a line on stderr. */
  gcry_control (GCRYCTL_DISABLE_SECMEM_WARN);
  gcry_control (GCRYCTL_AUTO_EXPAND_SECMEM, GCRYPT_POOL_LEN, 0);
  if (gcry_control (GCRYCTL_INIT_SECMEM, GCRYPT_POOL_LEN, 0))
    return cf_err (GPG_ERR_INTERNAL);
  gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  return 0;
}

gpg_error_t
cf_secmem_setup (void)
{
  const struct rlimit no_core = { 0, 0 };
  struct rlimit locked;
  gpg_error_t err;

  if (sodium_init () < 0)
    return cf_err (GPG_ERR_INTERNAL);
  err = setup_gcrypt ();
  if (err)
    return err;
  if (setrlimit (RLIMIT_CORE, &no_core))
    return cf_err_errno ();
  if (!getrlimit (RLIMIT_MEMLOCK, &locked)) {
    locked.rlim_cur = locked.rlim_max;
    (void) setrlimit (RLIMIT_MEMLOCK, &locked); /* else as much as there is */
  }
  /* LeakSanitizer attaches to the process when it ends; a process that cannot
     be traced would fail there. */
  if (!UNDER_SANITIZER && prctl (PR_SET_DUMPABLE, 0, 0, 0, 0))
    return cf_err_errno ();
  return 0;
}

bool
cf_secmem_can_lock (size_t len)
{
  void *mem = mmap (NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  bool locked = mem != MAP_FAILED && !mlock (mem, len);

  if (mem != MAP_FAILED)
    (void) munmap (mem, len);
  return locked;
}

gpg_error_t
cf_secmem_new (void *r_mem, size_t len)
{
  const size_t align = _Alignof(max_align_t);
  void *mem;

  if (len > SIZE_MAX - align)
    return cf_err (GPG_ERR_ENOMEM);
  /* sodium_malloc puts the end of the block at a guard page, so its start is
     aligned only when its length is. */
  len = len ? (len + align - 1) / align * align : align;
  /* sodium_malloc aborts when the library is not set up; tools and simulations
     have no reason to call cf_secmem_setup.  A second time costs nothing. */
  if (sodium_init () < 0)
    return cf_err (GPG_ERR_INTERNAL);
  mem = sodium_malloc (len);
  if (!mem)
    return cf_err (GPG_ERR_ENOMEM);
  memset (mem, 0, len); /* libsodium fills it with a pattern */
  memcpy (r_mem, &mem, sizeof mem);
  return 0;
}

void
cf_secmem_free (void *mem)
{
  sodium_free (mem);
}

void
cf_wipe (void *mem, size_t len)
{
  if (len)
    sodium_memzero (mem, len);
}

void
cf_wipe_stack (size_t len)
{
  sodium_stackzero (len);
}

bool
cf_ct_equal (const void *a, const void *b, size_t len)
{
  return !len || sodium_memcmp (a, b, len) == 0;
}
