/* SPDX-License-Identifier: GPL-3.0-or-later */
/* beacon.h - open beacons, which say who we are to everyone, as bytes.
 *
 * Nothing in a beacon is believed: it says where to try.
 * Spec: doc/protocol.md, "Who's there".
 */
#ifndef CF_NET_BEACON_H
#define CF_NET_BEACON_H

#include "base/fpr.h"
#include "net/proto.h"

struct cf_beacon {
  bool answer;       /* an answer to ours, else a question */
  uint16_t tcp_port; /* never 0 */
  uint16_t udp_port; /* where the sender takes datagrams; 0: nowhere but at the beacon's source */
  uint8_t device_key[CF_DEVICE_KEY_LEN];
  struct cf_fpr identity;
  char name[CF_NAME_MAX + 1];
};

/* May it be sent?  Errors: INV_VALUE (port 0, no identity, no device key), INV_NAME (longer than CF_NAME_MAX or not
   UTF-8). */
gpg_error_t cf_beacon_check (const struct cf_beacon *beacon) CF_MUST_CHECK;
/* Appends to OUT the one canonical form.  Errors: of check, TOO_LARGE, ENOMEM. */
gpg_error_t cf_beacon_encode (const struct cf_beacon *beacon, struct cf_buf *out) CF_MUST_CHECK;
/* Errors: UNKNOWN_VERSION, those of encode, INV_LENGTH, TOO_SHORT, TOO_LARGE, BAD_DATA (not an open beacon, padding). */
gpg_error_t cf_beacon_decode (const void *data, size_t len, struct cf_beacon *r_beacon) CF_MUST_CHECK;

#endif
