/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_message.h - the tables of what was said: message, envelope, message_text.
 *
 * Rows and bytes only: what they mean, and when they change, is message.c's
 * and its neighbours'.  Callers hold the transaction.
 */
#ifndef CF_CORE_STORE_STORE_MESSAGE_H
#define CF_CORE_STORE_STORE_MESSAGE_H

#include "core/entry.h"
#include "core/store/store.h"

/* States only go up, FAILED being final. */
enum cf_message_state {
  CF_MESSAGE_QUEUED,
  CF_MESSAGE_SENT,
  CF_MESSAGE_HELD, /* at a node */
  CF_MESSAGE_DELIVERED,
  CF_MESSAGE_READ,
  CF_MESSAGE_FAILED,
};

enum cf_message_signature { CF_SIGNATURE_VALID, CF_SIGNATURE_BAD, CF_SIGNATURE_KEY_CHANGED };

/* What became of it since. */
enum cf_message_gone {
  CF_MESSAGE_HERE,
  CF_MESSAGE_TAKEN_BACK, /* its author has deleted it: a row without text stays to be seen */
  CF_MESSAGE_VANISHED,   /* it has expired, or was removed here: nothing is to be seen */
};

struct cf_message_row {
  int64_t row;            /* local order: that of history; 0: not from the store */
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  uint8_t id[CF_MESSAGE_ID_LEN];
  bool outgoing;
  uint64_t sequence;      /* the author's; 0: none, for what did not hold */
  enum cf_entry_kind kind;
  const char *kind_name;  /* NULL: that of KIND */
  enum cf_message_state state;
  enum cf_message_signature signature;
  int64_t sent_utc_ms, received_utc_ms; /* received 0: not (outgoing) */
  uint8_t hash[CF_HASH_LEN], previous[CF_HASH_LEN];
  bool is_reply;
  uint8_t reply_to[CF_MESSAGE_ID_LEN];
  uint64_t last_peer;     /* CLOSE, TIMER: the other side's last sequence that it names */
  const char *text;       /* borrowed; NUL-terminated when it comes from the store */
  size_t text_len;
  const char *body;       /* to be added: what was signed, when TEXT is another; NULL otherwise */
  size_t body_len;
  bool hidden;            /* no row of history: not shown (entry.h), or vanished */
  enum cf_message_gone gone;
  int64_t edited_utc_ms, delivered_utc_ms, read_utc_ms; /* 0: not, or not known */
  uint32_t lifetime_s;    /* from being read (theirs) or delivered (ours) on; 0: it stays */
  int64_t expires_ms;     /* when, by the clock of vanish.c; 0: its time has not begun */
};

/* Visits a row, borrowed; false ends the walk.  It may read the table, and must not write to it. */
typedef bool (*cf_message_row_fn) (void *arg, const struct cf_message_row *m);

/* Errors: EEXIST (the id or the sequence is there already), the store's. */
gpg_error_t cf_store_message_add (struct cf_store *store, const struct cf_message_row *m) CF_MUST_CHECK;
/* By id.  Errors: NOT_FOUND. */
gpg_error_t cf_store_message_get (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                  const uint8_t id[CF_MESSAGE_ID_LEN], cf_message_row_fn fn, void *arg) CF_MUST_CHECK;
/* The hash of an entry.  Errors: NOT_FOUND. */
gpg_error_t cf_store_message_hash (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                   bool outgoing, uint64_t sequence, uint8_t r_hash[CF_HASH_LEN]) CF_MUST_CHECK;
/* Outgoing ones after the sequence AFTER, as they were signed, in order, at most LIMIT. */
gpg_error_t cf_store_message_outgoing (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                       uint64_t after, size_t limit, cf_message_row_fn fn, void *arg) CF_MUST_CHECK;
/* Raise those of FIRST ... LAST whose state is lower to STATE, which they come to at AT; FN (may be NULL) sees each of
   them before. */
gpg_error_t cf_store_message_raise (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                    bool outgoing, uint64_t first, uint64_t last, enum cf_message_state state,
                                    int64_t at_utc_ms, cf_message_row_fn fn, void *arg) CF_MUST_CHECK;
/* What a person sees of FIRST ... LAST, in order. */
gpg_error_t cf_store_message_range (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                    bool outgoing, uint64_t first, uint64_t last, cf_message_row_fn fn,
                                    void *arg) CF_MUST_CHECK;
/* How many of FIRST ... LAST are hidden? */
gpg_error_t cf_store_message_hidden (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                     bool outgoing, uint64_t first, uint64_t last, size_t *r_count) CF_MUST_CHECK;
gpg_error_t cf_store_message_bad_count (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                        size_t *r_count) CF_MUST_CHECK;
/* Rows that tell what became of a key. */
gpg_error_t cf_store_message_notices (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                      size_t *r_count) CF_MUST_CHECK;

/* What a person sees (nothing hidden), oldest first: the LIMIT last ones before row BEFORE (INT64_MAX: all), that
   match the FTS expression MATCH unless it is NULL. */
gpg_error_t cf_store_message_history (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                      int64_t before, const char *match, size_t limit, cf_message_row_fn fn,
                                      void *arg) CF_MUST_CHECK;
/* The same from the other end: the first LIMIT after row AFTER. */
gpg_error_t cf_store_message_after (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                    int64_t after, size_t limit, cf_message_row_fn fn, void *arg) CF_MUST_CHECK;

/* Of all conversations: the LIMIT last ones before row BEFORE that match, newest first. */
gpg_error_t cf_store_message_search (struct cf_store *store, int64_t before, const char *match, size_t limit,
                                     cf_message_row_fn fn, void *arg) CF_MUST_CHECK;

/* --- what is said about a message later, and what vanishes (store_change.c) --- */

/* M (from the store) has another TEXT since AT.  What is not in an envelope yet is sealed as it was signed. */
gpg_error_t cf_store_message_edit (struct cf_store *store, const struct cf_message_row *m, const char *text, size_t len,
                                   int64_t at_utc_ms) CF_MUST_CHECK;
/* M has no text any more, nor reactions, nor edits, and envelopes that held them are blank once nobody waits for them. */
gpg_error_t cf_store_message_wipe (struct cf_store *store, const struct cf_message_row *m,
                                   enum cf_message_gone gone) CF_MUST_CHECK;
/* Ours from FIRST to LAST are in an envelope, or never will be: what they said is kept there only. */
gpg_error_t cf_store_message_sealed (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                     uint64_t first, uint64_t last) CF_MUST_CHECK;

/* The reaction of one author to message ROW; LEN 0: none any more. */
gpg_error_t cf_store_reaction_set (struct cf_store *store, int64_t row, bool outgoing, const char *emoji,
                                   size_t len) CF_MUST_CHECK;
/* Those to message ROW: the peer's, then ours. */
gpg_error_t cf_store_reactions (struct cf_store *store, int64_t row,
                                gpg_error_t (*each) (void *arg, bool outgoing, const char *emoji), void *arg) CF_MUST_CHECK;

/* The time of those of FIRST ... LAST that have a lifetime, and whose time has not begun, begins at NOW (by the clock of
   vanish.c); FN sees each of the *R_COUNT before. */
gpg_error_t cf_store_message_expire (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                     bool outgoing, uint64_t first, uint64_t last, int64_t now_ms, cf_message_row_fn fn,
                                     void *arg, size_t *r_count) CF_MUST_CHECK;
/* Those whose time is over at NOW, at most LIMIT; when the first one's is (0: there is none). */
gpg_error_t cf_store_message_due (struct cf_store *store, int64_t now_ms, size_t limit, cf_message_row_fn fn,
                                  void *arg) CF_MUST_CHECK;
gpg_error_t cf_store_message_next_due (struct cf_store *store, int64_t *r_ms) CF_MUST_CHECK;

/* About how many messages there are. */
gpg_error_t cf_store_message_count (struct cf_store *store, int64_t *r_rows) CF_MUST_CHECK;
/* What vanished leaves the search index for good: its parts become one (0.4 s for 100,000 messages).  Not when there are
   more than ROWS_MAX. */
gpg_error_t cf_store_message_scrub (struct cf_store *store, int64_t rows_max) CF_MUST_CHECK;

/* --- envelopes (store_envelope.c): an envelope's number is the sequence of its last entry --- */

struct cf_envelope_row {
  int64_t row;
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  struct cf_fpr peer;
  bool outgoing, acked;
  bool orphan;            /* its conversation is deleted; only the delivery is left */
  uint64_t first, number; /* sequences of its entries */
  uint8_t ack[CF_HASH_LEN];
  int64_t created_utc_ms;
  const void *sealed;     /* borrowed; NULL where only the rest was asked for; without bytes where an entry is gone */
  size_t sealed_len;
};

typedef bool (*cf_envelope_row_fn) (void *arg, const struct cf_envelope_row *e);

gpg_error_t cf_store_envelope_add (struct cf_store *store, const struct cf_envelope_row *e) CF_MUST_CHECK;
/* One with its bytes.  Errors: NOT_FOUND. */
gpg_error_t cf_store_envelope_get (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                   bool outgoing, uint64_t number, cf_envelope_row_fn fn, void *arg) CF_MUST_CHECK;
/* All that wait for their acknowledgement, without their bytes, by conversation and number. */
gpg_error_t cf_store_envelope_waiting (struct cf_store *store, cf_envelope_row_fn fn, void *arg) CF_MUST_CHECK;
/* Those of one conversation, both ways, with bytes, after ROW, at most LIMIT.  Not one that a later one contains: the
   peer crashed, and sealed its entries again in another batch. */
gpg_error_t cf_store_envelope_after (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                     int64_t row, size_t limit, cf_envelope_row_fn fn, void *arg) CF_MUST_CHECK;
/* The numbers of outgoing ones that end at FROM or later, in order, at most LIMIT. */
gpg_error_t cf_store_envelope_numbers (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                       uint64_t from, size_t limit, uint64_t *r_numbers, size_t *r_count) CF_MUST_CHECK;
/* The highest number of outgoing ones; 0: none. */
gpg_error_t cf_store_envelope_last (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                    uint64_t *r_number) CF_MUST_CHECK;
/* The one that holds the entry SEQUENCE, and its size.  Errors: NOT_FOUND. */
gpg_error_t cf_store_envelope_find (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                    bool outgoing, uint64_t sequence, uint64_t *r_number, size_t *r_len) CF_MUST_CHECK;
/* Acknowledged (or given up): outgoing ones up to NUMBER (from FIRST_NUMBER) wait no longer. */
gpg_error_t cf_store_envelope_settle (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                      uint64_t first_number, uint64_t number) CF_MUST_CHECK;
/* Those from FIRST_NUMBER to NUMBER that nobody waits for and that hold an entry that is gone lose their bytes
   (store_change.c). */
gpg_error_t cf_store_envelope_blank (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                     bool outgoing, uint64_t first_number, uint64_t number) CF_MUST_CHECK;
/* Take an orphan out. */
gpg_error_t cf_store_envelope_remove (struct cf_store *store, const uint8_t conversation[CF_CONVERSATION_ID_LEN],
                                      uint64_t number) CF_MUST_CHECK;

/* Everything of a conversation goes, except envelopes that wait: they become orphans. */
gpg_error_t cf_store_message_forget (struct cf_store *store,
                                     const uint8_t conversation[CF_CONVERSATION_ID_LEN]) CF_MUST_CHECK;

#endif
