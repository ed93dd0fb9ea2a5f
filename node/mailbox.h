/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailbox.h - mail that waits for somebody who is not there: drops, quotas, expiry.
 *
 * A drop is an Ed25519 key; who may do what was checked before (verbs.c).  The
 * mail itself is with struct cf_mail_store, here is what is there.  Sans I/O.
 * Spec: doc/protocol.md, "Mail".
 */
#ifndef CF_NODE_MAILBOX_H
#define CF_NODE_MAILBOX_H

#include "base/buf.h"
#include "base/env.h"
#include "base/hash.h"
#include "net/proto.h"

struct cf_mailbox;

/* What is known of a piece of mail without reading it. */
struct cf_mail {
  uint8_t drop[CF_MAIL_DROP_LEN];
  uint8_t hash[CF_HASH_LEN]; /* of what it is: the same mail is kept once */
  uint64_t number;           /* of its drop: higher than those before */
  int64_t until_utc_ms;
  uint32_t len;
};

/* Where mail lies.  put returns when it is safe there; the others hold up nobody for long. */
struct cf_mail_store {
  gpg_error_t (*put) (void *arg, const struct cf_mail *mail, const void *data);
  /* Appends it to OUT.  Errors: ENOENT, TOO_LARGE, others. */
  gpg_error_t (*get) (void *arg, const struct cf_mail *mail, struct cf_buf *out);
  void (*drop) (void *arg, const struct cf_mail *mail);
  void *arg;
};

struct cf_mail_limits {
  uint64_t bytes;       /* in all */
  uint32_t count;
  uint64_t drop_bytes;  /* of one drop */
  uint32_t drop_count;
};
void cf_mail_limits_init (struct cf_mail_limits *r_limits);

gpg_error_t cf_mailbox_new (struct cf_env *env, const struct cf_mail_limits *limits, const struct cf_mail_store *store,
                            struct cf_mailbox **r_mailbox) CF_MUST_CHECK;
void cf_mailbox_free (struct cf_mailbox *mailbox);

/* At the start: that one lies in the store.  Numbers of a drop may come in any order.
   Errors: LIMIT_REACHED, EXPIRED (dropped from the store), ENOMEM. */
gpg_error_t cf_mailbox_found (struct cf_mailbox *mailbox, const struct cf_mail *mail) CF_MUST_CHECK;

/* Keep DATA; when it returns 0 it is in the store, *R_MAIL says as what.  What is there already is not kept twice, and
   is no error.  Errors: LIMIT_REACHED (the drop is full), RESOURCE_LIMIT (everything is), ENOMEM, those of the store. */
gpg_error_t cf_mailbox_put (struct cf_mailbox *mailbox, const uint8_t drop[CF_MAIL_DROP_LEN], const void *data,
                            size_t len, struct cf_mail *r_mail) CF_MUST_CHECK;
/* The first one after NUMBER, appended to OUT; *R_LEFT is how many there are behind it.
   Errors: NOT_FOUND (there is none), those of the store. */
gpg_error_t cf_mailbox_get (struct cf_mailbox *mailbox, const uint8_t drop[CF_MAIL_DROP_LEN], uint64_t number,
                            struct cf_buf *out, struct cf_mail *r_mail, uint32_t *r_left) CF_MUST_CHECK;
void cf_mailbox_delete (struct cf_mailbox *mailbox, const uint8_t drop[CF_MAIL_DROP_LEN], uint64_t number);

void cf_mailbox_counts (const struct cf_mailbox *mailbox, uint32_t *r_count, uint64_t *r_bytes);

#endif
