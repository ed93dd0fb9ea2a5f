/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stretch_memory.c - mmap() of the whole process, for the sake of one caller.
 *
 * Argon2 fills 64 MiB on the worker's thread, and libsodium takes them from
 * mmap.  Meanwhile the loop may start gpg, and each fork would protect all of
 * that memory against writing, so that every page of it faults once more, or is
 * copied: a tenth of a second while somebody waits.  So what is mapped in such
 * an amount is not handed on to children, who have no business with what comes
 * from a password anyway, and is made of large pages, where the system has
 * them: half of Argon2's time is spent on finding small ones.
 *
 * libsodium has no hook for its memory; and a process of its own for the
 * stretching would have to be given the password.  Linked into confabd only.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define OTHER_MMAP 1 /* the sanitizer's */
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || !defined __GLIBC__ || !defined __LP64__
#define OTHER_MMAP 1
#endif

#ifndef OTHER_MMAP

#define LARGE ((size_t) 16 * 1024 * 1024) /* nobody else takes that much at once */

/* The C library has the function under a second name, too. */
extern void *mmap64 (void *addr, size_t len, int prot, int flags, int fd, off_t offset);

void *
mmap (void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
  bool large = fd == -1 && (flags & MAP_ANONYMOUS) && (flags & MAP_PRIVATE) && len >= LARGE;
  int saved = errno;
  void *mem;

  mem = mmap64 (addr, len, prot, large ? flags & ~MAP_POPULATE : flags, fd, offset);
  if (!large || mem == MAP_FAILED)
    return mem;
  /* Advice: what the system does not know, it does not do. */
  (void) madvise (mem, len, MADV_DONTFORK);
  (void) madvise (mem, len, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
  if (flags & MAP_POPULATE)
    (void) madvise (mem, len, MADV_POPULATE_WRITE);
#endif
  errno = saved;
  return mem;
}

#endif
