/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peers.h - what the peer_*.c files share.  Others include peer.h. */
#ifndef CF_CORE_PEERS_H
#define CF_CORE_PEERS_H

#include "base/map.h"
#include "core/peer.h"

struct cf_peer_fetches; /* peer_fetch.c */
struct cf_peer_file;    /* peer_file.h */
struct cf_peer_verify;  /* peer_verify.c */
struct cf_peer_check;   /* peer_check.c */
struct cf_peer_watch;   /* peer_commands.c */
struct cf_strangers;    /* strangers.c */

struct cf_peers {
  struct cf_core *core;
  struct cf_map *by_fpr;    /* struct cf_fpr to struct cf_peer, which the map owns */
  struct cf_map *by_device; /* tied device keys only */
  struct cf_discovery *discovery; /* NULL before start */
  enum cf_visibility visibility;
  struct cf_visibility_lapse *lapse; /* visibility.c: what it falls back to, and when; NULL: it stays */
  struct cf_timer sweep;
  uint64_t keyring_stamp;   /* cf_gpg_keyring_stamp as last seen */
  struct cf_peer_fetches *fetches;
  struct cf_peer_file *file;
  struct cf_strangers *strangers;
  struct cf_peer_verify *verifies; /* list */
  struct cf_peer_check *checks;    /* list */
  struct cf_peer_watch *watches;   /* list */
};

/* --- peer.c --- */

/* PEER, found or made.  Errors: LIMIT_REACHED (nobody could make room), ENOMEM. */
gpg_error_t cf_peers_get (struct cf_peers *peers, const struct cf_fpr *fpr, struct cf_peer **r_peer) CF_MUST_CHECK;
void cf_peers_remove (struct cf_peers *peers, struct cf_peer *peer);
/* Write PEER if it is one that is kept. */
gpg_error_t cf_peers_save (struct cf_peers *peers, const struct cf_peer *peer) CF_MUST_CHECK;
/* PEER is no contact any more; a blocked one stays blocked. */
gpg_error_t cf_peers_unkeep (struct cf_peers *peers, struct cf_peer *peer) CF_MUST_CHECK;
/* The device with NUMBER; the one with KEY, tied or not.  NULL: none. */
struct cf_peer_device *cf_peers_device_by_number (struct cf_peer *peer, const uint8_t number[CF_DEVICE_NUMBER_LEN]);
struct cf_peer_device *cf_peers_device_by_key (struct cf_peer *peer, const uint8_t key[CF_DEVICE_KEY_LEN]);
void cf_peers_device_add_addr (struct cf_peer_device *dev, const struct cf_addr *addr);
/* PEER (through DEV, may be NULL) has shown that it is there. */
void cf_peers_seen (struct cf_peers *peers, struct cf_peer *peer, struct cf_peer_device *dev);

struct cf_peers_tie {
  const struct cf_key_info *key;
  const char *name;                        /* display name as the peer gave it */
  const struct cf_device_statement *device;
  const uint8_t *digest;                   /* CF_HASH_LEN, or NULL */
  const struct cf_addr *addr;              /* where it can be dialled, or NULL */
  int64_t revoked_utc_ms;                  /* a revocation that came with it, checked; 0: none */
};
/* Commit a checked tie.  Errors: CF_ERR_STATEMENT (older than one known, or the device key is another's). */
gpg_error_t cf_peers_tie (struct cf_peers *peers, const struct cf_peers_tie *tie, struct cf_peer **r_peer) CF_MUST_CHECK;
/* A key that may not be used: shown with its state, its device remembered but not tied. */
gpg_error_t cf_peers_show_bad (struct cf_peers *peers, const struct cf_peers_tie *tie) CF_MUST_CHECK;
/* Would ST be refused, given what is known? */
gpg_error_t cf_peers_check_newest (struct cf_peers *peers, const struct cf_device_statement *st) CF_MUST_CHECK;

/* --- peer_discovery.c --- */

/* Begin to say and to hear "who's there", or begin again; trouble is logged. */
void cf_peers_discover (struct cf_peers *peers);
void cf_peers_ask_by_unicast (void *arg, const struct cf_addr *to); /* ARG is a struct cf_peers */
/* A datagram and a change of network, from link.c, which hears the network. */
void cf_peers_datagram (struct cf_peers *peers, const struct cf_addr *from, const uint8_t *data, size_t len);
void cf_peers_network_changed (struct cf_peers *peers);

/* --- peer_circle.c --- */

/* Who is in it, or with which secret, has changed: discovery is told. */
void cf_peers_circle_changed (struct cf_peers *peers);
void cf_peers_recognised (void *arg, const struct cf_recognition *who); /* ARG is a struct cf_peers */
/* PEER's device has answered where an open beacon said that it is: if only contacts see us, let him know of us. */
void cf_peers_ask_back (struct cf_peers *peers, const struct cf_peer *peer);

/* --- peer_state.c --- */

/* PEER's rows are others now: tell who watches, and of a contact (or somebody blocked) by the event "contact". */
void cf_peers_changed (struct cf_peers *peers, struct cf_peer *peer);
/* PEER, who was a contact or blocked, is neither any more. */
void cf_peers_dropped (struct cf_peers *peers, struct cf_peer *peer);

/* What a look-up or an import said of PEER's key.  A new state is told to who watches, written, and stops
   conversations and drops the link if it is bad. */
void cf_peers_take_key (struct cf_peers *peers, struct cf_peer *peer, const struct cf_key_info *key);
/* Has PEER's key expired meanwhile, or has the clock been set back to before that?  *R_NEXT_MS is lowered to the
   time from now at which this has to be asked again. */
void cf_peers_look_at_expiry (struct cf_peers *peers, struct cf_peer *peer, uint64_t *r_next_ms);
/* If the user's keyring has changed, every key is looked up again soon. */
void cf_peers_look_at_keyring (struct cf_peers *peers);
/* PEER has a new name, or was kept or verified: who looks like whom? */
void cf_peers_compare (struct cf_peers *peers, struct cf_peer *peer);

/* --- peer_resolve.c --- */

/* CMD fails as ERR of cf_address_parse says, of an address that the user has typed. */
void cf_peer_fail_address (struct cf_command *cmd, gpg_error_t err);

/* --- peer_verify.c --- */

/* As cf_peer_verify_hello, with a handle to cancel; the caller has checked that the device key is the tunnel's.
   FROM is the host that sent it, ADDR where it can be dialled (or NULL): strangers' keys have a budget a host.
   *R_VERIFY is dead once DONE was called. */
gpg_error_t cf_peer_verify_start (struct cf_peers *peers, enum cf_gpg_priority priority, const struct cf_hello *hello,
                                  const struct cf_addr *from, const struct cf_addr *addr,
                                  void (*done) (void *arg, gpg_error_t err, struct cf_peer *peer), void *arg,
                                  struct cf_peer_verify **r_verify) CF_MUST_CHECK;
void cf_peer_verify_cancel (struct cf_peer_verify *verify); /* NULL is fine */
/* Has the identity revoked ST, as far as is known? */
bool cf_peers_is_revoked (const struct cf_peers *peers, const struct cf_device_statement *st);
bool cf_peer_verifying (const struct cf_peers *peers, const struct cf_fpr *fpr); /* is there one under way for FPR? */

/* --- peer_check.c --- */

void cf_peer_checks_free (struct cf_peers *peers);

/* --- peer_fetch.c --- */

gpg_error_t cf_peer_fetches_new (struct cf_peers *peers, struct cf_peer_fetches **r_fetches) CF_MUST_CHECK;
void cf_peer_fetches_free (struct cf_peer_fetches *fetches);
/* Ask ADDR, where DEVICE_KEY is said to be, for the key of IDENTITY.  Dropped when there is no room, when it failed
   there lately, or is being asked already. */
void cf_peer_fetch (struct cf_peer_fetches *fetches, const uint8_t device_key[CF_DEVICE_KEY_LEN],
                    const struct cf_fpr *identity, const struct cf_addr *addr);
void cf_peer_fetches_forgive (struct cf_peer_fetches *fetches); /* the network changed: try again */
void cf_peer_fetches_counts (const struct cf_peer_fetches *fetches, struct cf_peers_counts *counts);

/* --- peer_commands.c --- */

json_t *cf_peer_json (struct cf_core *core, const struct cf_peer *peer);    /* the row of PEERS */
json_t *cf_contact_json (struct cf_core *core, const struct cf_peer *peer); /* that of CONTACTS */
void cf_peer_watches_tell (struct cf_peers *peers, const struct cf_peer *peer);
void cf_peer_watches_free (struct cf_peers *peers);

#endif
