/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cpace.h - CPace (CFRG draft 21), CPACE-RISTR255-SHA512, initiator-responder.
 *
 * Two who know the same password get the same key; who does not know it gets
 * one guess a run, and learns nothing else.  How a run is used:
 *
 *     asker (A)                              answerer (B)
 *     cf_cpace_start       ---- Ya ---->     cf_cpace_start
 *                          <--- Yb -----     cf_cpace_finish, cf_cpace_tags
 *     cf_cpace_finish, _tags --- Ta ---->    compare with cf_ct_equal
 *     compare              <--- Tb -----
 *
 * Spec: doc/protocol.md, "CPace".
 */
#ifndef CF_NET_CPACE_H
#define CF_NET_CPACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fpr.h"

#define CF_CPACE_PRS_LEN 32
#define CF_CPACE_SHARE_LEN 32
#define CF_CPACE_RANDOM_LEN 64
#define CF_CPACE_ISK_LEN 64
#define CF_CPACE_TAG_LEN 64

enum cf_cpace_role { CF_CPACE_A, CF_CPACE_B }; /* asker (initiator), answerer (responder) */

struct cf_cpace; /* our half of a run: secret memory */

struct cf_cpace_config {
  enum cf_cpace_role role;
  const uint8_t *prs; /* from cf_cpace_prs */
  size_t prs_len;
  const void *ci; /* both sides must agree on every byte of CI and SID */
  size_t ci_len;
  const void *sid; /* never used before */
  size_t sid_len;
};

/* What the tags and the key are bound to; AD may be empty. */
struct cf_cpace_message {
  uint8_t share[CF_CPACE_SHARE_LEN];
  const void *ad;
  size_t ad_len;
};

/* PASSWORD is what cf_text_password made of it.  PRS = Argon2id (password; salt
   H ("password"; lower, higher identity)[:16]; one pass, 64 MiB): the same
   whoever asks, so that only it needs to be kept.  Takes some 50 ms and
   64 MiB, and blocks meanwhile.  R_PRS is the caller's secret memory.  Errors: ENOMEM, INV_VALUE (no fingerprint). */
gpg_error_t cf_cpace_prs (const char *password, const struct cf_fpr *one, const struct cf_fpr *other,
                          uint8_t r_prs[CF_CPACE_PRS_LEN]) CF_MUST_CHECK;

/* Begin a run with CF_CPACE_RANDOM_LEN random bytes, which are used for nothing else.  Errors: ENOMEM. */
gpg_error_t cf_cpace_start (const struct cf_cpace_config *config, const uint8_t random[CF_CPACE_RANDOM_LEN],
                            struct cf_cpace **r_cpace, uint8_t r_share[CF_CPACE_SHARE_LEN]) CF_MUST_CHECK;
void cf_cpace_free (struct cf_cpace *cpace); /* NULL is fine */

/* The intermediate session key from the peer's share; OWN_AD and the peer's AD as sent with the shares (NULL, 0).
   Nothing is known yet about whether the peer has the password: compare its tag.  At most once a run.
   Errors: BAD_PUBKEY (not an encoding, or the neutral element), DUP_VALUE (our own share came back),
   INV_STATE (finished before). */
gpg_error_t cf_cpace_finish (struct cf_cpace *cpace, const void *own_ad, size_t own_ad_len,
                             const struct cf_cpace_message *peer, uint8_t r_isk[CF_CPACE_ISK_LEN]) CF_MUST_CHECK;

/* The tags that A and B send (draft, section 10.4).  A function of its arguments alone, so that a side may repeat
   its tag after the run's state is gone. */
void cf_cpace_tags (const uint8_t isk[CF_CPACE_ISK_LEN], const void *sid, size_t sid_len,
                    const struct cf_cpace_message *a, const struct cf_cpace_message *b,
                    uint8_t r_tag_a[CF_CPACE_TAG_LEN], uint8_t r_tag_b[CF_CPACE_TAG_LEN]);

#endif
