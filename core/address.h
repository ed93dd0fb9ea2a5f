/* SPDX-License-Identifier: GPL-3.0-or-later */
/* address.h - what people give one another to be found: text of an identity and one of its devices.
 *
 *   confab:FINGERPRINT:DEVICE:TOKEN:CHECK
 *
 * FINGERPRINT is 40 or 64 hexadecimal digits, DEVICE the device key in 64, TOKEN what a stranger shows to be let in, in
 * 32, CHECK the first 8 digits of H("address"; fingerprint as on the wire, device key, token).  Either case is taken and
 * upper case is written, which QR codes hold in less space.  TOKEN may be missing (it is then no input of the hash), and
 * DEVICE and CHECK with it: a bare fingerprint is an address too.
 * Spec: doc/protocol.md, "Address".
 */
#ifndef CF_CORE_ADDRESS_H
#define CF_CORE_ADDRESS_H

#include <stdbool.h>

#include "base/fpr.h"
#include "net/proto.h"

struct cf_address {
  struct cf_fpr fpr;
  bool has_device;
  uint8_t device_key[CF_DEVICE_KEY_LEN];
  bool has_token; /* only with a device */
  uint8_t token[CF_ADDRESS_TOKEN_LEN];
};

/* Caller frees; NULL: ENOMEM. */
char *cf_address_format (const struct cf_address *address);
/* Errors: INV_URI (not an address, or cut short), CHECKSUM (a digit is wrong). */
gpg_error_t cf_address_parse (const char *text, struct cf_address *r_address) CF_MUST_CHECK;

#endif
