/* SPDX-License-Identifier: GPL-3.0-or-later */
/* packets.h - the outline of OpenPGP data: which packets, in which order.
 *
 * Private to gpg/.  gpg does the cryptography and the parsing that matters.
 * This looks at packet headers alone, before gpg is started, so that what no
 * rule could accept costs no process; and it sees what GPGME does not report (a
 * passphrase recipient, the order of recipients, a second message behind).
 */
#ifndef CF_GPG_PACKETS_H
#define CF_GPG_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "gpg/gpg.h"

/* An encrypted message: recipients in the order of their packets. */
struct cf_packets_message {
  uint64_t key_ids[CF_GPG_RECIPIENTS_MAX];
  size_t key_count;
  size_t symmetric_count; /* passphrase recipients */
};

/* Nothing but recipients and then one integrity-protected packet of data that
   ends where DATA ends.  Errors: INV_PACKET, TOO_SHORT, TOO_MANY. */
gpg_error_t cf_packets_message (const void *data, size_t len, struct cf_packets_message *r_message) CF_MUST_CHECK;

/* A binary key block begins with its one primary public key and holds no
   secret and no second one.  Errors: BAD_PUBKEY. */
gpg_error_t cf_packets_block (const void *data, size_t len) CF_MUST_CHECK;

/* ASCII armor, which a user's gpg.conf may ask for, taken off in place.
   Binary data is left alone.  Errors: INV_DATA. */
gpg_error_t cf_packets_dearmor (uint8_t *data, size_t *len) CF_MUST_CHECK;

#endif
