/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post_private.h - what the files of mail share.
 *
 *   post.c        what waits, and where it lies; when which node is visited
 *   post_round.c  what is said at a node: leave, fetch, delete
 *   post_visit.c  a tunnel to a node with a key of its own
 *   post_seal.c   mail as bytes, and the keys of a week
 */
#ifndef CF_CORE_POST_PRIVATE_H
#define CF_CORE_POST_PRIVATE_H

#include "core/outbox.h"
#include "core/post.h"
#include "core/talk.h"

/* --- post_seal.c --- */

/* What the two of a conversation have in one week for what one of them writes; in secret memory. */
struct cf_post_drop {
  uint8_t public[CF_MAIL_DROP_LEN], secret[64]; /* Ed25519: who may leave and take */
  uint8_t seal[CF_HASH_LEN];
};

/* Of the conversation with SECRET (C), written by SENDER in WEEK (since 1970). */
gpg_error_t cf_post_drop_new (const uint8_t secret[CF_HASH_LEN], const struct cf_fpr *sender, int64_t week,
                              struct cf_post_drop **r_drop) CF_MUST_CHECK;
void cf_post_drop_free (struct cf_post_drop *drop);

/* The size class of frames of LEN bytes with what ends them. */
size_t cf_post_padded_len (size_t len);
/* Pads FRAMES, and appends them, sealed, to OUT.  Errors: TOO_LARGE, ENOMEM. */
gpg_error_t cf_post_seal (struct cf_env *env, const struct cf_post_drop *drop, struct cf_buf *frames,
                          struct cf_buf *out) CF_MUST_CHECK;
/* The inverse, with the zeros.  Errors: CHECKSUM (not sealed for DROP), TOO_SHORT, TOO_LARGE, ENOMEM. */
gpg_error_t cf_post_open (const struct cf_post_drop *drop, const void *mail, size_t len, struct cf_buf *frames) CF_MUST_CHECK;
gpg_error_t cf_post_frame_add (struct cf_buf *frames, enum cf_talk type, const void *body, size_t len) CF_MUST_CHECK;
/* The next one, borrowed; false: there is none, or RD has an error. */
bool cf_post_frame_next (struct cf_rd *rd, enum cf_talk *r_type, const uint8_t **r_body, size_t *r_len);
/* M names the drop and is signed for the tunnel with that handshake hash. */
void cf_post_sign (const struct cf_post_drop *drop, const uint8_t handshake_hash[64], struct cf_node_message *m);

/* --- post_visit.c --- */

struct cf_post_visit;

struct cf_post_visit_handler {
  void (*ready) (void *arg);                                        /* it keeps mail */
  void (*answer) (void *arg, const struct cf_node_message *answer); /* to what was asked */
  /* Once, in a turn of its own; the visit is gone when this returns.  Not after cf_post_visit_free. */
  void (*ended) (void *arg, gpg_error_t err);
};

/* Errors: those of cf_link_tunnel_dial. */
gpg_error_t cf_post_visit_new (struct cf_core *core, const struct cf_node_name *name,
                               const struct cf_post_visit_handler *handler, void *arg,
                               struct cf_post_visit **r_visit) CF_MUST_CHECK;
/* Goodbye; legal in every callback. */
void cf_post_visit_free (struct cf_post_visit *visit);
/* One question at a time, signed for DROP.  Errors: those of the tunnel. */
gpg_error_t cf_post_visit_ask (struct cf_post_visit *visit, const struct cf_post_drop *drop,
                               struct cf_node_message *m) CF_MUST_CHECK;

/* --- post.c --- */

struct cf_post_held {
  struct cf_post_held *next;
  uint64_t number;
  uint8_t node[CF_DEVICE_KEY_LEN];
  int64_t until_utc_ms;
};

struct cf_post_box {
  uint64_t away_ms;    /* since when the peer is out of reach; 0: he is not */
  uint64_t waiting_ms; /* since when entries wait that are in no envelope; 0: none do */
  uint64_t seal_upto;  /* sequence: so far they may be sealed */
  uint64_t owed_ms;    /* since when something is owed */
  struct cf_post_held *held;
  uint64_t owed[CF_POST_OWED_MAX]; /* envelope numbers */
  size_t owed_count;
};

/* Where a place stands in what it fetches: conversation by conversation in the order of their ids, whoever comes or goes
   meanwhile; week by week. */
struct cf_post_cursor {
  bool begun;          /* else before all of them */
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  int week;            /* from the first one; beyond the last: it was looked into */
  uint64_t after;      /* number of the mail that came last */
  unsigned pieces;     /* of this drop */
};

/* A node, ours or of a contact. */
struct cf_post_place {
  struct cf_post_place *next;
  struct cf_post *post;
  struct cf_node_name name;
  struct cf_post_visit *visit; /* NULL: nobody is there */
  uint64_t retry_ms, backoff_ms;
  uint64_t leave_ms;           /* it takes no mail before */
  bool own;                    /* a node of ours, connected, that keeps mail */
  bool fetching, again;        /* AGAIN: something there could not be taken */
  uint64_t fetch_ms;           /* when it is asked again */
  unsigned rounds, tries;      /* of fetching that have ended; in vain, one after the other */
  struct cf_post_cursor cursor;
  /* What was asked, or is being taken. */
  enum cf_node_kind asked;     /* 0: nothing */
  uint8_t conversation[CF_CONVERSATION_ID_LEN];
  int64_t week;
  uint64_t number;             /* of the envelope; 0: acknowledgements */
  uint64_t owed[CF_POST_OWED_MAX]; /* those: numbers of envelopes */
  size_t owed_count;
  uint64_t opening;            /* number of the envelope that the inbox has; 0: none */
  struct cf_timer wait;        /* for the inbox */
};

struct cf_post {
  struct cf_core *core;
  struct cf_post_place *places;
  size_t place_count, visit_count;
  uint64_t next_ms;            /* while looking: when to look again */
  struct cf_timer look;
  uint64_t left, fetched;
};

/* The first thing that belongs to PLACE now: the flight *R_FLIGHT of *R_CONV, or (NULL) what is owed there.  False: nothing
   does. */
bool cf_post_next (const struct cf_post_place *place, struct cf_conversation **r_conv, const struct cf_flight **r_flight);
/* Our envelope FIRST ... NUMBER of CONV lies at PLACE. */
void cf_post_is_held (struct cf_post_place *place, struct cf_conversation *conv, const struct cf_flight *f,
                      int64_t until_utc_ms);
/* The COUNT NUMBERS, of envelopes of theirs, are owed no more. */
void cf_post_paid (struct cf_post *post, struct cf_conversation *conv, const uint64_t *numbers, size_t count);
/* Can mail of CONV be read and written now? */
bool cf_post_is_live (struct cf_core *core, const struct cf_conversation *conv);
/* What is owed, as frames, and the numbers.  FRAMES stays empty where nothing can be proved any more. */
gpg_error_t cf_post_owed_frames (struct cf_core *core, struct cf_conversation *conv, struct cf_buf *frames,
                                 uint64_t r_numbers[CF_POST_OWED_MAX], size_t *r_count) CF_MUST_CHECK;

/* --- post_round.c --- */
struct cf_post_place *cf_post_place_new (struct cf_post *post, const struct cf_node_name *name); /* NULL: ENOMEM */
void cf_post_place_free (struct cf_post_place *place);
void cf_post_place_visit (struct cf_post_place *place);
void cf_post_place_settled (struct cf_post_place *place, enum cf_post_fate fate);

#endif
