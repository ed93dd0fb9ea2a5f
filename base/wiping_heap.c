/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wiping_heap.c - free() and realloc() of the whole process, that leave nothing behind.
 *
 * Secrets of our own are in secmem.  But texts and passwords also pass through
 * the buffers of libraries - a line of libassuan, a page of SQLite, a string of
 * jansson, a buffer of libevent, GPGME's or stdio's - and few of them wipe.  So
 * confabd and confab are linked with these two functions, which every library
 * in the process then uses in place of the C library's: what is freed is
 * overwritten first.  It costs a memset for each free.
 *
 * Linked into programs only, as a source of theirs; never a part of a library.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define OTHER_HEAP 1 /* the sanitizer has a heap of its own, which poisons what is freed */
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || !defined __GLIBC__
#define OTHER_HEAP 1
#endif

#ifndef OTHER_HEAP

/* glibc's own, by the names that it exports for those who replace them. */
extern void __libc_free (void *mem);

void
free (void *mem)
{
  int saved = errno;

  if (mem)
    explicit_bzero (mem, malloc_usable_size (mem));
  __libc_free (mem);
  errno = saved;
}

void *
realloc (void *mem, size_t size)
{
  size_t old = mem ? malloc_usable_size (mem) : 0;
  void *other;

  if (mem && !size) {
    free (mem);
    return NULL;
  }
  if (size && size <= old && size >= old / 2) /* not worth moving */
    return mem;
  other = malloc (size);
  if (!other || !mem)
    return other;
  memcpy (other, mem, old < size ? old : size);
  free (mem);
  return other;
}

#else

typedef int cf_no_wiping_heap; /* a source must hold something */

#endif
