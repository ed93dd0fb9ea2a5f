/* SPDX-License-Identifier: GPL-3.0-or-later */
/* secmem.h - memory for secrets: locked, guarded, wiped; constant-time compare. */
#ifndef CF_BASE_SECMEM_H
#define CF_BASE_SECMEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Once per process, before any secret exists: sets up libsodium and libgcrypt,
   turns core dumps and ptrace by other processes of the user off, and allows as
   much locked memory as may be had.
   Errors: GPG_ERR_INTERNAL when a library refuses. */
gpg_error_t cf_secmem_setup (void) CF_MUST_CHECK;
/* Could LEN more bytes be locked?  Where they cannot, secrets are guarded and
   wiped all the same, but may be swapped out. */
bool cf_secmem_can_lock (size_t len);

/* LEN zeroed bytes, locked and guarded; *R_MEM is aligned for any type.
   Errors: ENOMEM, INTERNAL (no libsodium). */
gpg_error_t cf_secmem_new (void *r_mem, size_t len) CF_MUST_CHECK;
void cf_secmem_free (void *mem); /* wipes; NULL is fine */

void cf_wipe (void *mem, size_t len);
/* Wipe LEN bytes of the stack below the caller: what functions that have returned left there. */
void cf_wipe_stack (size_t len);
/* Equal, in a time that depends on LEN alone. */
bool cf_ct_equal (const void *a, const void *b, size_t len);

#endif
