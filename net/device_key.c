/* SPDX-License-Identifier: GPL-3.0-or-later */
/* device_key.c - the key by which a device is known in tunnels. */
#include "net/device_key.h"

#include <sodium.h>

void
cf_device_key_new (struct cf_env *env, uint8_t secret[CF_DEVICE_KEY_LEN], uint8_t r_public[CF_DEVICE_KEY_LEN])
{
  cf_env_random (env, secret, CF_DEVICE_KEY_LEN);
  cf_device_key_public (secret, r_public);
}

void
cf_device_key_public (const uint8_t secret[CF_DEVICE_KEY_LEN], uint8_t r_public[CF_DEVICE_KEY_LEN])
{
  crypto_scalarmult_curve25519_base (r_public, secret);
}
