/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_gate.h - the rows of the password gate: requests with their runs, expectations, guesses. */
#ifndef CF_CORE_STORE_STORE_GATE_H
#define CF_CORE_STORE_STORE_GATE_H

#include "core/gate_guess.h"
#include "core/gate_private.h"

/* Walk all requests.  EACH takes over ROW (heap); an error of its ends the walk. */
gpg_error_t cf_store_request_all (struct cf_store *store, gpg_error_t (*each) (void *arg, struct cf_request *row),
                                  void *arg) CF_MUST_CHECK;
gpg_error_t cf_store_request_save (struct cf_store *store, const struct cf_request *r) CF_MUST_CHECK;
gpg_error_t cf_store_request_delete (struct cf_store *store, const uint8_t id[CF_CONVERSATION_ID_LEN]) CF_MUST_CHECK;

/* The password agreed on beforehand with PEER, into secret memory; *R_PRS NULL: none that holds at NOW. */
gpg_error_t cf_store_expectation_get (struct cf_store *store, const struct cf_fpr *peer, int64_t now_utc_ms,
                                      uint8_t **r_prs) CF_MUST_CHECK;
gpg_error_t cf_store_expectation_put (struct cf_store *store, const struct cf_fpr *peer, int64_t until_utc_ms,
                                      const uint8_t prs[CF_CPACE_PRS_LEN]) CF_MUST_CHECK;
gpg_error_t cf_store_expectation_delete (struct cf_store *store, const struct cf_fpr *peer) CF_MUST_CHECK;

/* Nothing kept gives zeroes. */
gpg_error_t cf_store_guess_get (struct cf_store *store, const struct cf_fpr *peer, struct cf_guess *r_guess) CF_MUST_CHECK;
gpg_error_t cf_store_guess_put (struct cf_store *store, const struct cf_fpr *peer, const struct cf_guess *guess) CF_MUST_CHECK;
/* The peer's count, and the newest of his among the strangers'. */
gpg_error_t cf_store_guess_delete (struct cf_store *store, const struct cf_fpr *peer) CF_MUST_CHECK;
gpg_error_t cf_store_guess_strangers (struct cf_store *store, int64_t since_utc_ms, size_t *r_count,
                                      int64_t *r_oldest_utc_ms) CF_MUST_CHECK;
/* Adds one and drops those before SINCE. */
gpg_error_t cf_store_guess_stranger_add (struct cf_store *store, const struct cf_fpr *peer, int64_t at_utc_ms,
                                         int64_t since_utc_ms) CF_MUST_CHECK;

#endif
