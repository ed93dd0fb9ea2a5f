/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bye.h - the last word of a tunnel, over a stream and over datagrams: code:2 of an error, reason for a person. */
#ifndef CF_NET_BYE_H
#define CF_NET_BYE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/proto.h"

#define CF_BYE_CODE_LEN 2
#define CF_BYE_MAX (CF_BYE_CODE_LEN + CF_BYE_REASON_MAX)

/* Returns its length.  A long REASON is cut; NULL: none. */
size_t cf_bye_write (uint8_t out[CF_BYE_MAX], gpg_error_t why, const char *reason);

/* *R_REASON is fit to be shown, and the caller's to free; NULL: none was given, or no memory is left for it.
   Errors: CF_ERR_PROTOCOL. */
gpg_error_t cf_bye_read (const uint8_t *data, size_t len, gpg_error_t *r_why, char **r_reason) CF_MUST_CHECK;

#endif
