/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer_names.h - the names of hosts in the contact file, and the addresses that they stand for.
 *
 * One name is asked at a time, and a second passes between two, so that no list
 * makes us flood whoever answers for names.  What they answer is anybody's word:
 * nothing that means this host, or many, is taken from it.
 */
#ifndef CF_CORE_PEER_NAMES_H
#define CF_CORE_PEER_NAMES_H

#include "core/core.h"
#include "net/addr.h"

#define CF_PEER_NAMES_MAX 1000 /* the rest is left out */
#define CF_PEER_NAME_ADDRS_MAX 4

struct cf_peer_names;

struct cf_peer_name { const char *host; uint16_t port; }; /* borrowed */

/* CHANGED: there are other addresses now.  Names can be asked only where cf_peer_names_can. */
gpg_error_t cf_peer_names_new (struct cf_core *core, void (*changed) (void *arg), void *arg,
                               struct cf_peer_names **r_names) CF_MUST_CHECK;
void cf_peer_names_free (struct cf_peer_names *names); /* NULL is fine */
bool cf_peer_names_can (const struct cf_core *core);

/* These and no others (copied); what is known of those that were there stays.  CHANGED is not called.  Errors: ENOMEM;
   then nothing has changed. */
gpg_error_t cf_peer_names_set (struct cf_peer_names *names, const struct cf_peer_name *list, size_t count) CF_MUST_CHECK;
void cf_peer_names_turn (struct cf_peer_names *names, bool on); /* nothing is asked while it is off; it begins so */
void cf_peer_names_again (struct cf_peer_names *names);         /* the network has changed */

bool cf_peer_names_has (const struct cf_peer_names *names, const char *host, uint16_t port);
/* Their addresses, at most MAX; returns how many. */
size_t cf_peer_names_addrs (const struct cf_peer_names *names, struct cf_addr *r_addrs, size_t max);
size_t cf_peer_names_unknown (const struct cf_peer_names *names); /* of how many there is no address */

#endif
