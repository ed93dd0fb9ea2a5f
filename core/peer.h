/* peer.h - everyone we know of: seen nearby, or a contact.
 *
 * A peer appears here only once its whole public key has arrived, its
 * fingerprint is right and its device statement holds: discovery says where to
 * try, an anonymous tunnel fetches the key.  Contacts are kept in the store.
 */
#ifndef CF_CORE_PEER_H
#define CF_CORE_PEER_H

#include <jansson.h>

#include "core/command.h"
#include "core/core.h"
#include "net/discovery.h"
#include "net/hello.h"

#define CF_PEER_ADDRS_MAX 8

struct cf_peer_device {
  uint8_t key[CF_DEVICE_KEY_LEN];
  uint8_t number[CF_DEVICE_NUMBER_LEN];
  int64_t not_before_utc_ms, not_after_utc_ms;
  struct cf_addr addrs[CF_PEER_ADDRS_MAX]; /* newest first */
  size_t addr_count;
  uint64_t seen_ms; /* monotonic; 0: not since start */
};

struct cf_peer {
  struct cf_fpr fpr;
  char *user_id, *name;        /* fit to show */
  enum cf_key_state key_state;
  enum cf_key_validity validity;
  struct cf_peer_device *devices;
  size_t device_count;
  int64_t last_seen_utc_ms;    /* 0: never */
  bool present;                /* answers "who's there" now */
  bool contact, blocked;
  char *verified_how;          /* NULL, "password", "certification" */
  int64_t verified_utc_ms;
  uint8_t *pair_secret;        /* secret memory, or NULL; of the pair's last opening */
};

gpg_error_t cf_peers_new (struct cf_core *core, struct cf_peers **r_peers) CF_MUST_CHECK;
void cf_peers_start (struct cf_peers *peers); /* discovery begins */
void cf_peers_free (struct cf_peers *peers);

struct cf_peer *cf_peer_find (struct cf_core *core, const struct cf_fpr *fpr); /* NULL: unknown */
struct cf_peer *cf_peer_by_device (struct cf_core *core, const uint8_t device_key[CF_DEVICE_KEY_LEN]);

/* Who TEXT means: fingerprint, unique prefix of one (8 digits or more), name, mail address or user ID, address.
   On failure the command is failed with the candidates and NULL comes back. */
struct cf_peer *cf_peer_resolve (struct cf_command *cmd, const char *text);

/* Look the key's state up again (it may have expired or been revoked), then DONE with the peer's error or 0. */
gpg_error_t cf_peer_check_key (struct cf_core *core, const struct cf_fpr *fpr,
                               void (*done) (void *arg, gpg_error_t err), void *arg, struct cf_gpg_job **r_job) CF_MUST_CHECK;

/* Make PEER a contact (kept), verified by HOW unless NULL, with the PAIR_SECRET of an opening unless NULL. */
gpg_error_t cf_peer_keep (struct cf_core *core, struct cf_peer *peer, const char *how, const uint8_t *pair_secret) CF_MUST_CHECK;

/* The verified tie between a device and an identity, from a KEY or a HELLO; called by link after checking. */
gpg_error_t cf_peer_tie (struct cf_core *core, const struct cf_key_info *key, const char *name,
                         const struct cf_device_statement *device, const struct cf_addr *addr, struct cf_peer **r_peer) CF_MUST_CHECK;

/* Verify a KEY's or HELLO's public key and device statement: import, state, statement, times, newest for its
   number.  One already tied and unchanged is answered without OpenPGP work (but later than this call returns). */
gpg_error_t cf_peer_verify_hello (struct cf_core *core, const struct cf_hello *hello, const struct cf_addr *addr,
                                  void (*done) (void *arg, gpg_error_t err, struct cf_peer *peer), void *arg) CF_MUST_CHECK;

#endif
