/* SPDX-License-Identifier: GPL-3.0-or-later */
/* post.h - mail: what cannot be delivered now waits at a node, until the peer fetches it there.
 *
 *   flight --peer away for CF_POST_AWAY_MS--> left at up to CF_POST_COPIES nodes: held --ACK, by link or mail--> delivered
 *   node of ours --fetched--> the ordinary inbox --on disk--> deleted there; its ACK is owed --link up, or left as mail--> paid
 *
 * Nothing rests on a node: envelopes stay in the outbox until they are acknowledged, and go once more when the two meet.
 * Only who uses nodes leaves mail, and fetches it.  The node sees a drop, sizes and times, and neither names nor keys.
 * Spec: doc/protocol.md, "Mailbox".
 */
#ifndef CF_CORE_POST_H
#define CF_CORE_POST_H

#include "core/conversation.h"
#include "net/node.h"

#define CF_POST_AWAY_MS 10000      /* out of reach for so long: what waits is left at a node */
#define CF_POST_WINDOW 48          /* envelopes of a conversation that wait so; a drop holds 64 pieces of mail */
#define CF_POST_GATHER_MS 5000     /* entries gather for one envelope, four times as long with every ... */
#define CF_POST_GATHER_STEP 8      /* ... so many that wait already */
#define CF_POST_OWED_MS 2000       /* acknowledgements gather for one piece of mail */
#define CF_POST_OWED_MAX 64        /* of one conversation; the oldest are forgotten: their envelopes come again */
#define CF_POST_COPIES 2
#define CF_POST_FETCH_MS (10 * 60 * 1000) /* how often a node is asked; and when it comes up */
#define CF_POST_VISITS_MAX 4       /* nodes that are visited at the same time */
#define CF_POST_PLACES_MAX 64      /* nodes that are remembered */
#define CF_POST_WEEK_MS (7LL * 24 * 3600 * 1000)

struct cf_post;
struct cf_post_box; /* of a conversation; post.c's */

gpg_error_t cf_post_new (struct cf_core *core, struct cf_post **r_post) CF_MUST_CHECK;
void cf_post_free (struct cf_post *post);

/* Something has changed that may concern what waits: looked at soon. */
void cf_post_look (struct cf_core *core);
/* A node of ours is connected: is there mail? */
void cf_post_node_ready (struct cf_core *core, const struct cf_node_name *name);
/* May entries of CONV be sealed though the peer is away? */
bool cf_post_may_seal (const struct cf_conversation *conv);

/* What became of an envelope that came as mail. */
enum cf_post_fate {
  CF_POST_TAKEN,   /* it is on disk, or was before */
  CF_POST_REFUSED, /* it will never hold */
  CF_POST_LATER,   /* not now: a gap, or gpg fails */
};
void cf_post_settled (struct cf_core *core, struct cf_conversation *conv, uint64_t number, enum cf_post_fate fate);
/* The envelope NUMBER is on disk, and no link is there for its acknowledgement. */
void cf_post_owe (struct cf_core *core, struct cf_conversation *conv, uint64_t number);
/* Nobody waits for our envelope NUMBER any more: inside the caller's transaction. */
gpg_error_t cf_post_arrived (struct cf_core *core, const struct cf_conversation *conv, uint64_t number) CF_MUST_CHECK;
/* CONV leaves memory. */
void cf_post_forget (struct cf_core *core, struct cf_conversation *conv);

/* For status. */
struct cf_post_counts {
  uint64_t held;           /* messages of ours at nodes */
  size_t owed;             /* acknowledgements that have not left */
  size_t places;           /* nodes of ours that are connected and keep mail */
  uint64_t left, fetched;  /* pieces of mail since the start */
};
void cf_post_counts (struct cf_core *core, struct cf_post_counts *r_counts);
/* What of ours waits for PEER at nodes. */
struct cf_post_waiting {
  uint64_t messages;    /* 0: none do, and nothing of the rest is known */
  uint8_t node[CF_DEVICE_KEY_LEN]; /* the device key of one at which the oldest lies */
  struct cf_addr addr;  /* its address; family 0: it is not known any more */
  int64_t since_utc_ms; /* when the oldest was sealed */
};
void cf_post_waiting (struct cf_core *core, const struct cf_fpr *peer, struct cf_post_waiting *r_waiting);
/* Is it wanted: the setting, and nodes in use? */
bool cf_post_is_on (struct cf_core *core);

#endif
