/* SPDX-License-Identifier: GPL-3.0-or-later */
/* newkey.h - what is known of pairs that are being made (conversation_key.c).  Private to gpg/. */
#ifndef CF_GPG_NEWKEY_H
#define CF_GPG_NEWKEY_H

#include "gpg/engine.h"

/* It says nothing: public keys may be seen by whoever gets a disk. */
#define CF_NEWKEY_USER_ID "Confab conversation"

/* Is there a job that has begun to make a pair, and has not told its caller? */
bool cf_newkey_under_way (const struct cf_gpg *gpg);

#endif
