/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_transfer.h - the rows of files that are offered, on their way, or were.
 *
 * Rows and bytes only: what states mean is core/transfer's.  A row goes with
 * its message: when that is deleted, taken back, or vanishes, and with its
 * conversation; chunks go with their row.
 */
#ifndef CF_CORE_STORE_STORE_TRANSFER_H
#define CF_CORE_STORE_STORE_TRANSFER_H

#include "core/file/offer.h"
#include "core/store/store.h"

struct cf_transfer_row {
  int64_t row;              /* local order; 0: not from the store */
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  uint8_t id[CF_FILE_ID_LEN]; /* the Message-ID of the offer */
  bool outgoing;
  int state, detail;        /* numbers of core/transfer's */
  bool paused_by_us, paused_by_peer;
  bool peer_ended;          /* the other side has said an ended state */
  bool settled;             /* nothing is left to be said to it: cf_store_transfer_open passes over it */
  struct cf_file_offer offer; /* its key is a secret: whoever copies a row, wipes it */
  uint64_t skipped;         /* left out of a directory of ours */
  uint64_t done;            /* bytes that are there and held, at the last checkpoint */
  bool has_root;
  uint8_t root[CF_FILE_HASH_LEN];
  bool has_stat;
  uint8_t stat_hash[CF_FILE_HASH_LEN]; /* source.h; ours only */
  const char *path;         /* ours: the source; theirs: where it is when it is done, NULL until then */
  const char *dir;          /* theirs: where the part is; NULL until it is accepted */
  const char *reason;       /* why it ended or waits; NULL: nothing to say */
  int64_t offered_utc_ms, updated_utc_ms, ended_utc_ms; /* ended 0: it has not */
};

/* Visits a row, borrowed, strings too; false ends the walk.  It may read the table, and must not write to it. */
typedef bool (*cf_transfer_row_fn) (void *arg, const struct cf_transfer_row *t);

/* *R_ROW is the new one's.  Errors: EEXIST (the id is there already), the store's. */
gpg_error_t cf_store_transfer_add (struct cf_store *store, const struct cf_transfer_row *t, int64_t *r_row) CF_MUST_CHECK;
/* All of T but its identity (conversation, id, direction, offer, offered) into row T->ROW. */
gpg_error_t cf_store_transfer_save (struct cf_store *store, const struct cf_transfer_row *t) CF_MUST_CHECK;
/* Errors: NOT_FOUND. */
gpg_error_t cf_store_transfer_get (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                   const uint8_t id[CF_FILE_ID_LEN], cf_transfer_row_fn fn, void *arg) CF_MUST_CHECK;
/* Those whose id begins with the hexadecimal digits PREFIX (lower case), at most LIMIT. */
gpg_error_t cf_store_transfer_find (struct cf_store *store, const char *prefix, size_t limit, cf_transfer_row_fn fn,
                                    void *arg) CF_MUST_CHECK;
/* Those that are not settled, oldest first. */
gpg_error_t cf_store_transfer_open (struct cf_store *store, cf_transfer_row_fn fn, void *arg) CF_MUST_CHECK;
/* Newest first: those before row BEFORE (INT64_MAX: all) that have not ended, or ended at ENDED_SINCE or later; of
   CONVERSATION unless that is NULL; at most LIMIT. */
gpg_error_t cf_store_transfer_list (struct cf_store *store, const uint8_t *conversation, int64_t before,
                                    int64_t ended_since_utc_ms, size_t limit, cf_transfer_row_fn fn,
                                    void *arg) CF_MUST_CHECK;

/* Chunks of the map of transfer ROW (core/file/map.h); LEN 0: none any more. */
gpg_error_t cf_store_transfer_chunk_put (struct cf_store *store, int64_t row, size_t chunk, const void *data,
                                         size_t len) CF_MUST_CHECK;
/* Each of them, in order; an error of EACH ends the walk. */
gpg_error_t cf_store_transfer_chunks (struct cf_store *store, int64_t row,
                                      gpg_error_t (*each) (void *arg, size_t chunk, const void *data, size_t len),
                                      void *arg) CF_MUST_CHECK;
gpg_error_t cf_store_transfer_chunks_clear (struct cf_store *store, int64_t row) CF_MUST_CHECK;

#endif
