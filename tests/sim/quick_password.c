/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quick_password.c - passwords that are not stretched, for runs in which that would be most of the time.
 *
 * Takes the place of Argon2id where a program is linked with
 * -Wl,--wrap=crypto_pwhash_argon2id.
 */

#include <sodium.h>

int __wrap_crypto_pwhash_argon2id (unsigned char *out, unsigned long long out_len, const char *password,
                                   unsigned long long len, const unsigned char *salt, unsigned long long passes,
                                   size_t memory, int algorithm);

int
__wrap_crypto_pwhash_argon2id (unsigned char *out, unsigned long long out_len, const char *password,
                               unsigned long long len, const unsigned char *salt, unsigned long long passes,
                               size_t memory, int algorithm)
{
  (void) passes;
  (void) memory;
  (void) algorithm;
  return crypto_generichash (out, (size_t) out_len, (const unsigned char *) password, len, salt,
                             crypto_pwhash_argon2id_SALTBYTES);
}
