/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discovery.h - "who's there": beacons sent, answered and heard; sans I/O over net.h.
 *
 * Nothing in a beacon is believed: it says where to try.
 */
#ifndef CF_NET_DISCOVERY_H
#define CF_NET_DISCOVERY_H

#include "base/fpr.h"
#include "net/net.h"
#include "net/proto.h"

struct cf_discovery;

struct cf_beacon {
  bool answer;       /* an answer to ours, else a question */
  uint16_t tcp_port; /* never 0 */
  uint16_t udp_port; /* where the sender takes datagrams; 0: nowhere but at the beacon's source */
  uint8_t device_key[CF_DEVICE_KEY_LEN];
  struct cf_fpr identity;
  char name[CF_NAME_MAX + 1];
};

/* Appends to OUT the one canonical form.  Errors: INV_VALUE (port 0, no identity, no device key),
   INV_NAME (longer than CF_NAME_MAX or not UTF-8), TOO_LARGE, ENOMEM. */
gpg_error_t cf_beacon_encode (const struct cf_beacon *beacon, struct cf_buf *out) CF_MUST_CHECK;
/* Errors: UNKNOWN_VERSION, those of encode, INV_LENGTH, TOO_SHORT, TOO_LARGE, BAD_DATA (not a beacon, padding). */
gpg_error_t cf_beacon_decode (const void *data, size_t len, struct cf_beacon *r_beacon) CF_MUST_CHECK;

/* nobody: neither sends nor answers, but hears.  contacts: beacons that only contacts can read are
   not spoken by this version, so it behaves as nobody: fail closed. */
enum cf_visibility { CF_VISIBLE_EVERYONE, CF_VISIBLE_CONTACTS, CF_VISIBLE_NOBODY };

struct cf_discovery_config {
  struct cf_beacon own;        /* what our beacons say */
  enum cf_visibility visibility;
  /* A well-formed beacon of somebody else; ADDR is its host with its TCP port. */
  void (*heard) (void *arg, const struct cf_beacon *beacon, const struct cf_addr *addr);
  void *arg;
};

/* NET must outlive it; the owner passes datagrams and changes on. */
gpg_error_t cf_discovery_new (struct cf_env *env, struct cf_net *net, const struct cf_discovery_config *config,
                              struct cf_discovery **r_discovery) CF_MUST_CHECK;
void cf_discovery_free (struct cf_discovery *discovery);
void cf_discovery_start (struct cf_discovery *discovery); /* the first beacon leaves now */
void cf_discovery_datagram (struct cf_discovery *discovery, const struct cf_addr *from, const uint8_t *data, size_t len);
void cf_discovery_network_changed (struct cf_discovery *discovery);
/* A renewed device key, another name or port; announced at once.  OWN is copied.  Errors: as encode. */
gpg_error_t cf_discovery_set_own (struct cf_discovery *discovery, const struct cf_beacon *own) CF_MUST_CHECK;
void cf_discovery_set_visibility (struct cf_discovery *discovery, enum cf_visibility visibility);

/* What was sent, heard and refused, for status: beacons sent to everyone, beacons passed to heard, answers
   sent, datagrams that are no beacon, questions left unanswered by a limit, echoes of our own. */
struct cf_discovery_counts { uint64_t sent, heard, answered, malformed, limited, own; };
void cf_discovery_counts (const struct cf_discovery *discovery, struct cf_discovery_counts *r_counts);

#endif
