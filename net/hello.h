/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hello.h - the control messages by which two ends of a tunnel say who they are.
 *
 * KEY?    asks for the responder's public key and device statement (anonymous tunnels only); the token of its address
 * KEY     answers it
 * HELLO   own identity, identity expected, versions and suites, device statement, public key; that token
 * Encoding and decoding only; what is believed is decided in core/link.
 */
#ifndef CF_NET_HELLO_H
#define CF_NET_HELLO_H

#include "base/fpr.h"
#include "net/proto.h"

enum cf_control { CF_CONTROL_KEY_ASK = 1, CF_CONTROL_KEY = 2, CF_CONTROL_HELLO = 3 };
#define CF_CONTROL_DATAGRAM 7 /* on a stream: the rest is an unreliable datagram; core/link_tunnel.c */

/* A device statement as it travels; the bytes that are signed are built by cf_device_bytes. */
struct cf_device_statement {
  struct cf_fpr identity;
  uint8_t device_key[CF_DEVICE_KEY_LEN];
  uint8_t device_number[CF_DEVICE_NUMBER_LEN];
  int64_t not_before_utc_ms, not_after_utc_ms;
  const uint8_t *signature; /* borrowed */
  size_t signature_len;
};

/* Every device statement of the identity that begins before BEFORE_UTC_MS is void, by its signature. */
struct cf_revocation {
  int64_t before_utc_ms;
  const uint8_t *signature; /* borrowed */
  size_t signature_len;     /* 0: there is none */
};

struct cf_hello {
  /* HELLO and KEY?: of the address by which the responder was found, so that a stranger may be let in; zeros: none. */
  uint8_t token[CF_ADDRESS_TOKEN_LEN];
  struct cf_fpr expected; /* HELLO: whom we think we talk to; none in KEY */
  uint32_t versions;      /* bit n: version n is spoken */
  uint32_t suites;        /* bit n: enum cf_suite n */
  struct cf_device_statement device;
  const uint8_t *block;   /* public key of the identity; borrowed */
  size_t block_len;
  char name[CF_NAME_MAX + 1]; /* display name, UTF-8 */
  struct cf_revocation revocation;
};

/* The bytes that a device statement signs: 0x00, "confab device v1", fields.  Appends to OUT. */
gpg_error_t cf_device_bytes (const struct cf_device_statement *st, struct cf_buf *out) CF_MUST_CHECK;
/* The bytes that a revocation of device statements signs: 0x00, "confab revoke v1", fields.  Appends to OUT. */
gpg_error_t cf_revocation_bytes (const struct cf_fpr *identity, int64_t before_utc_ms, struct cf_buf *out) CF_MUST_CHECK;
/* Times only: not-before <= now + slack, now < not-after, span.  Errors: GPG_ERR_TOO_YOUNG, CERT_EXPIRED, INV_TIME. */
gpg_error_t cf_device_check_times (const struct cf_device_statement *st, int64_t now_utc_ms) CF_MUST_CHECK;

/* TOKEN may be NULL. */
gpg_error_t cf_key_ask_encode (const uint8_t token[CF_ADDRESS_TOKEN_LEN], struct cf_buf *out) CF_MUST_CHECK;
/* KIND is CF_CONTROL_KEY or CF_CONTROL_HELLO. */
gpg_error_t cf_hello_encode (enum cf_control kind, const struct cf_hello *hello, struct cf_buf *out) CF_MUST_CHECK;
/* Which control message DATA is; fills *R_HELLO (pointers into DATA), of KEY? only its token. */
gpg_error_t cf_hello_decode (const void *data, size_t len, enum cf_control *r_kind, struct cf_hello *r_hello) CF_MUST_CHECK;

#endif
