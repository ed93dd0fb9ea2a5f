/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_peer.h - contacts and their devices, and strangers' keys, on disk.  Rows, not rules: those are in core/peer.c. */
#ifndef CF_CORE_STORE_STORE_PEER_H
#define CF_CORE_STORE_STORE_PEER_H

#include "core/peer.h"
#include "core/store/store.h"

/* Write PEER and all its devices, in a transaction of its own unless one is open. */
gpg_error_t cf_store_peer_save (struct cf_store *store, const struct cf_peer *peer) CF_MUST_CHECK;
/* Forget FPR and its devices; one that is not there is success. */
gpg_error_t cf_store_peer_delete (struct cf_store *store, const struct cf_fpr *fpr) CF_MUST_CHECK;
/* Every row as a peer with its devices.  TAKE owns what it is given (cf_peer_free) and an error of its ends
   the walk.  A row that cannot be right is CF_ERR_STORE. */
gpg_error_t cf_store_peer_load (struct cf_store *store, gpg_error_t (*take) (void *arg, struct cf_peer *peer),
                                void *arg) CF_MUST_CHECK;

/* FPR's public key is in the people home on his word; he was seen at SEEN_UTC_MS. */
gpg_error_t cf_store_stranger_save (struct cf_store *store, const struct cf_fpr *fpr, int64_t seen_utc_ms) CF_MUST_CHECK;
gpg_error_t cf_store_stranger_delete (struct cf_store *store, const struct cf_fpr *fpr) CF_MUST_CHECK;
gpg_error_t cf_store_stranger_load (struct cf_store *store, size_t max,
                                    gpg_error_t (*take) (void *arg, const struct cf_fpr *fpr, int64_t seen_utc_ms),
                                    void *arg) CF_MUST_CHECK;

#endif
