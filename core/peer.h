/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peer.h - everyone we know of: seen nearby, or a contact.
 *
 * A peer appears here only once its whole public key has arrived, its
 * fingerprint is right and its device statement holds: discovery says where to
 * try, an anonymous tunnel fetches the key.  Contacts are kept in the store.
 */
#ifndef CF_CORE_PEER_H
#define CF_CORE_PEER_H

#include <jansson.h>

#include "base/hash.h"
#include "core/address.h"
#include "core/command.h"
#include "core/core.h"
#include "net/discovery.h"
#include "net/hello.h"
#include "net/node.h"

#define CF_PEERS_MAX 4096       /* in memory; absent strangers make room first */
#define CF_PEER_ADDRS_MAX 8
#define CF_PEER_DEVICES_MAX 8

struct cf_peer_device {
  uint8_t key[CF_DEVICE_KEY_LEN];
  uint8_t number[CF_DEVICE_NUMBER_LEN];
  int64_t not_before_utc_ms, not_after_utc_ms;
  struct cf_addr addrs[CF_PEER_ADDRS_MAX]; /* newest first */
  size_t addr_count;
  /* Where it can be dialled, as it said last (PATHS); said by a contact only. */
  struct cf_node_name nodes[CF_PATHS_NODES_MAX];
  size_t node_count;
  uint64_t seen_ms; /* monotonic; 0: not since start */
  bool tied;        /* its statement holds: only then may it be believed, and dialled unless vouched for */
  uint64_t vouched_ms; /* when a veiled beacon said that it is there: who made that knows the pair secret; 0: never */
  /* Hash over statement, signature and public key as last checked: the same again needs no OpenPGP work.
     All zero: none. */
  uint8_t digest[CF_HASH_LEN];
};

struct cf_peer {
  struct cf_fpr fpr;
  char *user_id, *name;        /* fit to show */
  enum cf_key_state key_state; /* as last looked up; cf_peer_key_state says what it is now */
  enum cf_key_validity validity;
  int64_t expires_utc_ms;      /* of the key; 0: never, or not known yet */
  /* A contact with the same name or mail address, but another key, to whom this one was never verified to belong;
     none: nobody.  It is the oldest attack of all, and the user is told wherever this peer is shown. */
  struct cf_fpr lookalike;
  struct cf_peer_device *devices;
  size_t device_count;
  int64_t revoked_utc_ms;      /* device statements that begin before it are void; 0: none were revoked */
  int64_t last_seen_utc_ms;    /* 0: never */
  bool present;                /* answers "who's there" now */
  bool by_node;                /* found through a node, and not heard on a link of ours since */
  bool contact, blocked;
  struct cf_address address;   /* by which the user added him, if it has a token; else all zero */
  char *verified_how;          /* NULL, "password", "certification" */
  int64_t verified_utc_ms;
  uint8_t *pair_secret;        /* secret memory, or NULL; of the pair's last opening */
  uint8_t *pair_secret_before; /* of the opening before, until he has shown that he knows the last; or NULL */
  uint64_t check_due_ms;       /* when the key's state is looked up again */
  uint64_t warned_ms;          /* when the user was last told of a lookalike of this contact; 0: never */
  uint64_t changes_since_ms;   /* the hour in which ... */
  unsigned changes;            /* ... so many keys or statements other than the known ones came from his devices */
  unsigned repeats;            /* ... and so often the last of them once more */
  uint8_t shown[CF_HASH_LEN];  /* that one; as the digest of a device */
  bool checking;
};

gpg_error_t cf_peers_new (struct cf_core *core, struct cf_peers **r_peers) CF_MUST_CHECK;
void cf_peers_start (struct cf_peers *peers); /* discovery begins */
void cf_peers_free (struct cf_peers *peers);

struct cf_peer *cf_peer_find (struct cf_core *core, const struct cf_fpr *fpr); /* NULL: unknown */
struct cf_peer *cf_peer_by_device (struct cf_core *core, const uint8_t device_key[CF_DEVICE_KEY_LEN]);

/* Who TEXT means: fingerprint, unique prefix of one (8 digits or more), name, mail address or user ID, address.  Among
   several a contact is meant, then who is blocked or has a conversation with us, then who is near.
   On failure the command is failed with the candidates and NULL comes back. */
struct cf_peer *cf_peer_resolve (struct cf_command *cmd, const char *text);
/* The same for who looks for a conversation: among several, who has one is meant before all others. */
struct cf_peer *cf_peer_resolve_talking (struct cf_command *cmd, const char *text);

/* The state of PEER's key now: also one that has expired since it was last looked up. */
enum cf_key_state cf_peer_key_state (const struct cf_core *core, const struct cf_peer *peer);
/* "NOT the Alice whom you verified on 2026-11-21 ...", or NULL.  Caller frees. */
char *cf_peer_warning (const struct cf_core *core, const struct cf_peer *peer);

/* Look the key's state up again (it may have expired or been revoked), then DONE with the peer's error or 0.
   A link whose device statement has lapsed meanwhile is dropped: CERT_EXPIRED.  *R_JOB is for cf_gpg_cancel. */
gpg_error_t cf_peer_check_key (struct cf_core *core, const struct cf_fpr *fpr,
                               void (*done) (void *arg, gpg_error_t err), void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* Make PEER a contact (kept), verified by HOW unless NULL, with the PAIR_SECRET of an opening unless NULL. */
gpg_error_t cf_peer_keep (struct cf_core *core, struct cf_peer *peer, const char *how, const uint8_t *pair_secret) CF_MUST_CHECK;

/* What to show DEVICE_KEY of PEER (NULL: unknown), so that it lets a stranger in: the token of the address by which he was
   added, to the device that it names and to no other; or NULL. */
const uint8_t *cf_peer_token (const struct cf_peer *peer, const uint8_t device_key[CF_DEVICE_KEY_LEN]);

/* The verified tie between a device and an identity, from a KEY or a HELLO; called by link after checking. */
gpg_error_t cf_peer_tie (struct cf_core *core, const struct cf_key_info *key, const char *name,
                         const struct cf_device_statement *device, const struct cf_addr *addr, struct cf_peer **r_peer) CF_MUST_CHECK;

/* Verify a KEY's or HELLO's public key and device statement: import, state, statement, times, newest for its
   number.  One already tied and unchanged is answered without OpenPGP work (but later than this call returns). */
gpg_error_t cf_peer_verify_hello (struct cf_core *core, const struct cf_hello *hello, const struct cf_addr *addr,
                                  void (*done) (void *arg, gpg_error_t err, struct cf_peer *peer), void *arg) CF_MUST_CHECK;

/* Refuse everything from PEER from now on, or no longer; kept in the store.  The link is dropped in silence. */
gpg_error_t cf_peer_set_blocked (struct cf_core *core, struct cf_peer *peer, bool blocked) CF_MUST_CHECK;

/* Who may see and reach us; told to discovery.  What is set before cf_peers_start is used from the start. */
void cf_peers_set_visibility (struct cf_core *core, enum cf_visibility visibility);
enum cf_visibility cf_peers_visibility (struct cf_core *core);
/* Our own device key or name has changed: beacons say so from now on. */
void cf_peers_self_changed (struct cf_core *core);

/* Contacts whom veiled beacons are for; and those with whom no conversation was opened by password, so that there is no
   secret: they are for them not. */
size_t cf_peers_recognisable (struct cf_core *core);
size_t cf_peers_unrecognisable (struct cf_core *core);

/* How many are present, and what discovery has counted; for status. */
size_t cf_peers_present (struct cf_core *core);
struct cf_peers_counts {
  struct cf_discovery_counts discovery;
  uint64_t fetched, fetch_failed, fetch_dropped; /* keys: got and good; tried in vain; not tried for want of room */
  uint64_t strangers_refused;                    /* keys that came, and were more than strangers may send */
};
void cf_peers_counts (struct cf_core *core, struct cf_peers_counts *r_counts);

/* A peer that is in no table, as store_peer.c reads it; NULL is fine. */
void cf_peer_free (struct cf_peer *peer);

#endif
