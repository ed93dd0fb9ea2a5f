/* SPDX-License-Identifier: GPL-3.0-or-later */
/* asklist.h - whom "who's there" is asked by unicast, and when.
 *
 * The addresses are from a contact file, and may be anybody's: a poisoned list
 * must not make us flood anyone.  However many there are, in all
 * CF_ASK_ALL_MS pass between two questions, and CF_ASK_NETWORK_MS between two to
 * addresses of one network (IPv4 /24, IPv6 /48) that have never answered; an
 * address that stays silent is asked less and less often.  Those that have
 * answered come first.
 *
 *   NEW --asked--> SILENT --asked again, after a rest that doubles--> SILENT
 *   any --it answers--> GOOD --asked every CF_ASK_AGAIN_MS--> GOOD
 *   GOOD --CF_ASK_MISSES_MAX questions without an answer--> SILENT
 *
 * Others are *learned*: a contact has named them.  They are asked by the same
 * rules, and forgotten after CF_ASK_LEARNED_TRIES questions without an answer.
 *
 * Sans I/O; what a question says is discovery.h's.  Spec: doc/protocol.md, "By unicast".
 */
#ifndef CF_NET_ASKLIST_H
#define CF_NET_ASKLIST_H

#include <stdbool.h>

#include "base/env.h"
#include "net/addr.h"

struct cf_asklist;

/* ASK sends a question to TO; it may change nothing here. */
gpg_error_t cf_asklist_new (struct cf_env *env, void (*ask) (void *arg, const struct cf_addr *to), void *arg,
                            struct cf_asklist **r_list) CF_MUST_CHECK;
void cf_asklist_free (struct cf_asklist *list); /* NULL is fine */

/* These and no others (copied; at most CF_ASK_MAX, the rest is left out; of doubles one); an address that was there
   stays as it is.  Errors: ENOMEM; then nothing has changed. */
gpg_error_t cf_asklist_set (struct cf_asklist *list, const struct cf_addr *addrs, size_t count) CF_MUST_CHECK;
/* Nothing, if ADDR is there already.  Learned ones stay when the others are set.  Errors: INV_VALUE (no address or port),
   LIMIT_REACHED (CF_ASK_LEARNED_MAX), ENOMEM. */
gpg_error_t cf_asklist_learn (struct cf_asklist *list, const struct cf_addr *addr) CF_MUST_CHECK;
/* Nothing is asked while it is off; it begins so. */
void cf_asklist_turn (struct cf_asklist *list, bool on);
/* The network has changed: whoever was silent may be there now. */
void cf_asklist_again (struct cf_asklist *list);

bool cf_asklist_has (const struct cf_asklist *list, const struct cf_addr *addr);        /* learned or not */
bool cf_asklist_is_learned (const struct cf_asklist *list, const struct cf_addr *addr);
void cf_asklist_answered (struct cf_asklist *list, const struct cf_addr *addr); /* nothing, when it is not in it */

struct cf_asklist_counts { size_t addresses, learned, good /* of those that were not learned */; uint64_t asked; };
void cf_asklist_counts (const struct cf_asklist *list, struct cf_asklist_counts *r_counts);

#endif
