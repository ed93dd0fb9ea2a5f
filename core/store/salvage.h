/* SPDX-License-Identifier: GPL-3.0-or-later */
/* salvage.h - what can still be read of a damaged store, in a new one.
 *
 * Every page of a store carries a MAC, so what is read is what we wrote, or nothing.  What was recovered must
 * hold together afterwards: nothing refers to what is lost, a conversation that cannot go on has ended, and where a
 * wish of the user's may be lost that kept something private, it counts as said.
 */
#ifndef CF_CORE_STORE_SALVAGE_H
#define CF_CORE_STORE_SALVAGE_H

#include "core/store/store.h"

#define CF_SALVAGED_MAX 40 /* tables */

struct cf_salvaged {
  size_t count;
  struct cf_salvaged_table {
    char name[24];
    uint64_t rows; /* recovered */
    bool damaged;  /* and some could not be read, or had lost what they refer to */
  } tables[CF_SALVAGED_MAX];
  uint64_t missing; /* messages, in conversations that are known */
  uint64_t ended;   /* conversations that cannot go on */
  int64_t saved_utc_ms; /* the TIME of store.saved-TIME */
};

/* The user wants it: who begins next is to do it when it unlocks.  The wish is a file, for that is another process. */
gpg_error_t cf_store_salvage_ask (const char *home) CF_MUST_CHECK;
bool cf_store_salvage_asked (const char *home);
void cf_store_salvage_over (const char *home); /* done, or it cannot be */

/* Put a new store in the place of HOME/store/db, under the same KEY; the old one is then in HOME/store.saved-TIME,
   with what opens it.  Takes twice the store's room on the disk for a while, and its time on this thread.  On failure the
   old one stays where it is.  Errors: CF_ERR_STORE (what it cannot do without is not readable), UNKNOWN_VERSION, the
   system's. */
gpg_error_t cf_store_salvage (struct cf_env *env, const char *home, const uint8_t key[CF_STORE_KEY_LEN],
                              struct cf_salvaged *r_salvaged) CF_MUST_CHECK;

#endif
