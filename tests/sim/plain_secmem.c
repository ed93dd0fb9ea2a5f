/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plain_secmem.c - secrets on the heap, for runs with more messengers than one process has room for.
 *
 * libsodium's memory has a guard to either side, which takes three of the 65,530
 * mappings that a process may have by default: enough for some hundred
 * messengers.  Takes its place where a program is linked with
 * -Wl,--wrap=sodium_malloc -Wl,--wrap=sodium_free.
 */

#include <stddef.h>
#include <stdlib.h>

void *__wrap_sodium_malloc (size_t len);
void __wrap_sodium_free (void *mem);

void *
__wrap_sodium_malloc (size_t len)
{
  return malloc (len ? len : 1);
}

void
__wrap_sodium_free (void *mem)
{
  free (mem);
}
