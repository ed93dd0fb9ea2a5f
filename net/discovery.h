/* SPDX-License-Identifier: GPL-3.0-or-later */
/* discovery.h - "who's there": beacons sent, answered and heard; sans I/O over net.h.
 *
 * Nothing in an open beacon is believed: it says where to try.  A veiled one
 * proves that its maker shares a pair secret with us, and is at that address.
 */
#ifndef CF_NET_DISCOVERY_H
#define CF_NET_DISCOVERY_H

#include "net/beacon.h"
#include "net/circle.h"
#include "net/net.h"

struct cf_discovery;

/* everyone: open beacons.  contacts: veiled ones, which only those of the circle recognise.  nobody: neither sends nor
   answers, but hears. */
enum cf_visibility { CF_VISIBLE_EVERYONE, CF_VISIBLE_CONTACTS, CF_VISIBLE_NOBODY };

/* Somebody of the circle, known by a veiled beacon. */
struct cf_recognition {
  struct cf_fpr fpr;
  bool before;               /* he used the pair secret before the last */
  struct cf_addr addr;       /* his host; with DEVICE_KEY, and the TCP port */
  const uint8_t *device_key; /* NULL: he asks, and has not said where he is to be reached */
};

struct cf_discovery_config {
  struct cf_beacon own;        /* what our beacons say */
  enum cf_visibility visibility;
  /* A well-formed open beacon of somebody else; ADDR is where to try: its host with its TCP port or, of one that came
     from off our links, the address and port that it came from, since routers change them. */
  void (*heard) (void *arg, const struct cf_beacon *beacon, const struct cf_addr *addr);
  /* Somebody at FROM answers a question.  Was he asked by unicast?  NULL: nobody is. */
  bool (*answers) (void *arg, const struct cf_addr *from);
  void (*recognised) (void *arg, const struct cf_recognition *who); /* may be NULL */
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

/* Whom veiled beacons are for, and recognised from; ALL is copied.  Errors: of cf_circle_set. */
gpg_error_t cf_discovery_set_circle (struct cf_discovery *discovery, const struct cf_acquaintance *all,
                                     size_t count) CF_MUST_CHECK;
/* Ask TO by unicast, if we are visible to everyone. */
void cf_discovery_ask (struct cf_discovery *discovery, const struct cf_addr *to);
void cf_discovery_ask_soon (struct cf_discovery *discovery); /* somebody has come of whom we know that he is there */

/* What was sent, heard and refused, for status: questions sent to everyone, open beacons passed to heard, answers
   sent, datagrams that are no beacon, questions left unanswered or unread by a limit, echoes of our own; veiled ones:
   passed to recognised, of nobody whom we know, used before. */
struct cf_discovery_counts {
  uint64_t sent, heard, answered, malformed, limited, own;
  uint64_t recognised, unknown, replayed;
};
void cf_discovery_counts (const struct cf_discovery *discovery, struct cf_discovery_counts *r_counts);

#endif
