/* SPDX-License-Identifier: GPL-3.0-or-later */
/* talk.h - the frames of the conversation channel, and who gets them.
 *
 * A frame is type (1 byte), conversation id (16 bytes), body.  The gate's types
 * go to gate.c, those of open conversations to message.c, which gives those of
 * files to transfer.c.
 */
#ifndef CF_CORE_TALK_H
#define CF_CORE_TALK_H

#include "core/link.h"

enum cf_talk {
  /* the password gate (gate.c) */
  CF_TALK_OPEN = 1,   /* purpose, nonce, note */
  CF_TALK_RECEIVED,   /* at once, before any user is asked */
  CF_TALK_ACCEPT,     /* nonce */
  CF_TALK_REFUSED,
  CF_TALK_YA, CF_TALK_YB, CF_TALK_TA, CF_TALK_TB,
  CF_TALK_WRONG,      /* the tag was not right: the run is over */
  CF_TALK_KEY,        /* conversation public key */
  CF_TALK_STATEMENT,  /* signature of the conversation statement */
  CF_TALK_DONE,       /* K(C, "done"; ...) */
  CF_TALK_OPENED,     /* the other's DONE was right and is on disk: it need not be repeated */
  CF_TALK_GATE_LAST = CF_TALK_OPENED,
  /* an open conversation (message.c) */
  CF_TALK_ENVELOPE = 32, /* envelope number, OpenPGP message */
  CF_TALK_ACK,           /* envelope number, tag keyed by H("ack"; decrypted bytes), highest sequence taken */
  CF_TALK_NEED,          /* a gap: from this sequence on */
  CF_TALK_READ,          /* up to this sequence */
  CF_TALK_TYPING,        /* on or off */
  CF_TALK_MESSAGE_LAST = CF_TALK_TYPING,
  /* files that were offered in it (transfer.c) */
  CF_TALK_FILE_GET,      /* transfer, first block, how many: send them on the bulk channel */
  CF_TALK_FILE_STATE,    /* transfer, role, state, detail, tag */
  CF_TALK_FILE_LEAVES,   /* transfer, first block, how many: their hashes, likewise */
  CF_TALK_LAST = CF_TALK_FILE_LEAVES,
};

/* Frame header parsed; BODY borrowed. */
struct cf_talk_frame {
  enum cf_talk type;
  uint8_t id[CF_CONVERSATION_ID_LEN];
  const uint8_t *body;
  size_t body_len;
};

#define CF_TALK_HEADER_LEN (1 + CF_CONVERSATION_ID_LEN)

/* Errors: TOO_SHORT, INV_VALUE (a type that is not known: newer, or nonsense). */
gpg_error_t cf_talk_decode (const void *data, size_t len, struct cf_talk_frame *r_frame) CF_MUST_CHECK;
/* Build and send.  Errors: as cf_link_send. */
gpg_error_t cf_talk_send (struct cf_core *core, const struct cf_fpr *peer, enum cf_talk type,
                          const uint8_t id[CF_CONVERSATION_ID_LEN], const void *body, size_t body_len) CF_MUST_CHECK;

/* Registers with link and passes frames, ups and downs to gate, messages and transfers, in this order. */
void cf_talk_start (struct cf_core *core);

#endif
