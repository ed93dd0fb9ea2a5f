/* SPDX-License-Identifier: GPL-3.0-or-later */
/* device_key.h - the key by which a device is known in tunnels: X25519. */
#ifndef CF_NET_DEVICE_KEY_H
#define CF_NET_DEVICE_KEY_H

#include "base/env.h"
#include "net/proto.h"

/* A device key pair from env's dice; SECRET is the caller's secret memory.  The public part of one. */
void cf_device_key_new (struct cf_env *env, uint8_t secret[CF_DEVICE_KEY_LEN], uint8_t r_public[CF_DEVICE_KEY_LEN]);
void cf_device_key_public (const uint8_t secret[CF_DEVICE_KEY_LEN], uint8_t r_public[CF_DEVICE_KEY_LEN]);

#endif
