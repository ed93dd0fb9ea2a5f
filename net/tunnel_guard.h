/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tunnel_guard.h - what tunnel.c asks the guard against replayed first messages. */
#ifndef CF_NET_TUNNEL_GUARD_H
#define CF_NET_TUNNEL_GUARD_H

#include "net/tunnel.h"

/* Take note of a first message that opened under the device key.  Errors:
   TOO_YOUNG, TOO_OLD (its time is not within CF_CLOCK_SLACK_MS of ours),
   DUP_VALUE (seen before), ENOMEM: it is not to be answered. */
gpg_error_t cf_tunnel_guard_accept (struct cf_tunnel_guard *guard, const uint8_t ephemeral[CF_DEVICE_KEY_LEN],
                                    int64_t sent_utc_ms) CF_MUST_CHECK;

#endif
