/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entry.h - one entry of an envelope: the MIME-like text that is signed, built and parsed side by side.
 *
 * Readable with plain `gpg -d`, and of exactly one canonical form: the parser
 * takes what the builder gives, and nothing else (headers that begin with "X-"
 * excepted, which a later version may add and this one skips).  Grammar:
 * doc/protocol.md, "Entries".  Nothing here knows the store or the network.
 */
#ifndef CF_CORE_ENTRY_H
#define CF_CORE_ENTRY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/fpr.h"
#include "base/hash.h"
#include "net/proto.h"

#define CF_MESSAGE_ID_LEN 16
#define CF_ENTRY_TO_MAX 2                      /* recipients of a pair: the peer's conversation key, then one's own */
#define CF_ENTRY_KIND_MAX 16                   /* bytes of a kind's name */
#define CF_ENTRY_LINE_MAX 256                  /* bytes of a header line, its LF not counted */
#define CF_ENTRY_EXTRA_MAX 8                   /* "X-" headers of one entry */
#define CF_SEQUENCE_MAX 9007199254740991u      /* 2^53 - 1: exact also in JSON */
#define CF_ENVELOPE_BYTES 458752u              /* a batch takes no further entry beyond this; 8, padded, are < 4 MiB */
#define CF_ENVELOPE_PLAIN_MAX (1024u * 1024u)

#define CF_LIFETIME_MAX_S (365 * 24 * 3600u)   /* of a message that is to disappear */
#define CF_REACTION_MAX 32                     /* bytes */

enum cf_entry_kind {
  CF_ENTRY_TEXT,
  CF_ENTRY_CLOSE,
  CF_ENTRY_EDIT,     /* another text of the author's own, which it answers */
  CF_ENTRY_DELETE,   /* no text of the author's own, which it answers, any more */
  CF_ENTRY_REACTION, /* what the author thinks of the text that it answers; empty: nothing any more */
  CF_ENTRY_TIMER,    /* what is said from now on disappears after its lifetime */
  CF_ENTRY_FILE,     /* a file is offered: its body is core/file/offer.h's */
  CF_ENTRY_FILE_END, /* what the offer that it answers was in the end: the same */
  CF_ENTRY_OTHER, /* a kind that this version does not know: kept in sequence, shown as such */
};

struct cf_entry {
  uint8_t message_id[CF_MESSAGE_ID_LEN];
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  struct cf_fpr to[CF_ENTRY_TO_MAX];
  uint64_t sequence;                      /* 1 ... CF_SEQUENCE_MAX */
  int64_t date_utc_ms;                    /* the author's clock: shown, never trusted */
  uint8_t previous[CF_HASH_LEN];          /* hash of the author's entry before; zeroes for the first */
  bool is_reply;
  uint8_t in_reply_to[CF_MESSAGE_ID_LEN];
  enum cf_entry_kind kind;
  char kind_name[CF_ENTRY_KIND_MAX + 1];  /* filled by the parser; read by the builder for OTHER only */
  uint64_t last_own, last_peer;           /* CLOSE, TIMER: the author's last sequence before, the other's last taken */
  uint32_t lifetime_s;                    /* TEXT, FILE, TIMER: disappears so long after it was read; 0: never */
  const char *body;                       /* borrowed; UTF-8 without NUL, not terminated */
  size_t body_len;
};

/* Of the grammar; "" and OTHER for what is none. */
const char *cf_entry_kind_name (enum cf_entry_kind kind);
enum cf_entry_kind cf_entry_kind_named (const char *name);
/* Is an entry of KIND a row of history?  The others close, or say something about one. */
bool cf_entry_is_shown (enum cf_entry_kind kind);
/* Does it say something about a text before it? */
bool cf_entry_changes (enum cf_entry_kind kind);
/* May an entry of KIND disappear?  A timer, too, names a lifetime, but not its own. */
bool cf_entry_may_expire (enum cf_entry_kind kind);

/* Append E to OUT.  Errors: INV_VALUE (out of range, not UTF-8), TOO_LARGE, ENOMEM. */
gpg_error_t cf_entry_build (const struct cf_entry *e, struct cf_buf *out) CF_MUST_CHECK;

/* The entry at the front of DATA; *R_USED is its length in bytes, what cf_entry_hash covers.
   Errors: CF_ERR_PROTOCOL (not of the canonical form). */
gpg_error_t cf_entry_parse (const void *data, size_t len, struct cf_entry *r_entry, size_t *r_used) CF_MUST_CHECK;

/* H("entry"; the entry's bytes), what the next entry's Previous names. */
void cf_entry_hash (const void *data, size_t len, uint8_t out[CF_HASH_LEN]);

/* The length, a size class, that a plaintext of LEN bytes of entries is padded to. */
size_t cf_envelope_padded_len (size_t len);
/* Append the padding to entries in PLAIN.  Errors: TOO_LARGE, ENOMEM. */
gpg_error_t cf_envelope_pad (struct cf_buf *plain) CF_MUST_CHECK;

/* Check a whole plaintext: 1 ... CF_ENVELOPE_ENTRIES_MAX entries, then the padding to exactly its class.
   *R_COUNT entries lie before *R_ENTRIES_LEN; cf_entry_parse walks them then without failing. */
gpg_error_t cf_envelope_check (const void *plain, size_t len, size_t *r_count, size_t *r_entries_len) CF_MUST_CHECK;

/* H("ack"; plaintext): known only to who has decrypted it.  Kept beside the envelope, never sent. */
void cf_envelope_ack (const void *plain, size_t len, uint8_t out[CF_HASH_LEN]);
/* What an ACK carries, K(that, "taken"; number, highest sequence taken): proves that the envelope was decrypted
   by who says what was taken. */
void cf_envelope_ack_tag (const uint8_t ack[CF_HASH_LEN], uint64_t number, uint64_t taken, uint8_t out[CF_HASH_LEN]);

#endif
