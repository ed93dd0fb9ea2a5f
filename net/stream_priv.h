/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream_priv.h - what the files of a stream over datagrams share; for stream*.c alone. */
#ifndef CF_NET_STREAM_PRIV_H
#define CF_NET_STREAM_PRIV_H

#include "net/stream.h"
#include "net/stream_ngtcp2.h"

/* ngtcp2 counts nanoseconds from some origin; ours leaves room before env's. */
#define TS_ORIGIN (3600 * NGTCP2_SECONDS)

#define CF_STREAM_TAG_LEN 4 /* at the end of each packet: its number */

/* stream_queue.c: bytes that wait to leave, and to be acknowledged.  They lie still, since ngtcp2 sends them again
   from where they are. */
struct cf_stream_piece;
struct cf_stream_queue {
  struct cf_stream_piece *first, *last; /* first has the oldest byte that is not acknowledged */
  struct cf_stream_piece *next;         /* has the next byte to leave; NULL: none waits */
  size_t next_at;                       /* where in NEXT */
  uint64_t written, sent, acked;        /* bytes, from the beginning */
  uint64_t base;                        /* where FIRST begins */
};

void cf_stream_queue_done (struct cf_stream_queue *q);
gpg_error_t cf_stream_queue_add (struct cf_stream_queue *q, const uint8_t *data, size_t len) CF_MUST_CHECK;
/* Up to MAX pieces and LIMIT bytes of what is to leave next; returns how many pieces. */
size_t cf_stream_queue_peek (const struct cf_stream_queue *q, size_t limit, ngtcp2_vec *r_vec, size_t max);
void cf_stream_queue_sent (struct cf_stream_queue *q, size_t len);
void cf_stream_queue_acked (struct cf_stream_queue *q, uint64_t upto); /* bytes from the beginning */

/* stream_rules.c: what may come in at all. */

/* What is missing of one channel of the peer's before what has come. */
struct cf_stream_gaps {
  uint64_t highest; /* the end of what has come */
  size_t count;
  struct {
    uint64_t begin, end;
  } *gaps; /* CF_STREAM_GAPS_MAX, in order; NULL until there is one */
};

/* Is DATA a packet of the one kind that is allowed?  PEER_ID is the number of the peer's stream of channel 0.
   Errors: CF_ERR_PROTOCOL; LIMIT_REACHED: it is to be taken for lost. */
gpg_error_t cf_stream_rules_check (struct cf_stream_gaps gaps[CF_CHANNEL_COUNT], int64_t peer_id,
                                   const uint8_t *data, size_t len) CF_MUST_CHECK;
/* Nothing is missing before OFFSET. */
void cf_stream_gaps_delivered (struct cf_stream_gaps *g, uint64_t offset);
void cf_stream_gaps_done (struct cf_stream_gaps *g);

/* stream_size.c: how large a datagram may be on this path: questions padded to a size, and answers. */
struct cf_stream_size {
  size_t min, max;   /* the limits */
  size_t now;        /* passes */
  size_t bad;        /* one more than may pass, as far as is known */
  size_t asked;      /* the size that is being tried; 0: none */
  unsigned int tries;
  bool due;          /* a question is to leave */
  uint64_t timer_ms; /* when the question counts as lost, or the next search begins; UINT64_MAX: never */
  size_t answer;     /* what is to be answered; 0: nothing */
};

void cf_stream_size_init (struct cf_stream_size *z, size_t min, size_t max);
void cf_stream_size_begin (struct cf_stream_size *z); /* the search, from the least */
bool cf_stream_size_is_ours (const uint8_t *data, size_t len); /* else it is a packet */
gpg_error_t cf_stream_size_input (struct cf_stream_size *z, const uint8_t *data, size_t len, uint64_t now_ms) CF_MUST_CHECK;
size_t cf_stream_size_output (struct cf_stream_size *z, uint8_t *out, size_t max, uint64_t now_ms, uint64_t rtt_ms);
void cf_stream_size_timer (struct cf_stream_size *z, uint64_t now_ms);
/* Nothing large has come through for a while: the least is in use, and the search begins a little later. */
void cf_stream_size_lost (struct cf_stream_size *z, uint64_t now_ms);

/* stream_order.c: packets that have overtaken others, and wait for them. */
#define CF_STREAM_PASSED_MAX 32
struct cf_stream_order {
  uint32_t next;               /* the number of the packet that is to be read next, or whatever comes first of later ones */
  uint64_t wait_us;            /* how long those that were overtaken are waited for */
  struct cf_stream_held *held; /* in order of their numbers */
  size_t held_bytes;
  struct cf_stream_passed {
    uint32_t begin, end;       /* numbers that were not waited for: [begin, end) */
    uint64_t since_us;         /* when they were missed */
  } passed[CF_STREAM_PASSED_MAX]; /* the last ones */
  unsigned int passed_next;
};

/* A packet has come.  false: it is kept, and waits for those before it. */
bool cf_stream_order_input (struct cf_stream_order *o, uint32_t number, const uint8_t *data, size_t len, uint64_t now_us);
uint64_t cf_stream_order_due_us (const struct cf_stream_order *o); /* when the next may be read; UINT64_MAX: none waits */
/* The next that may be read now, which the caller frees; NULL if there is none. */
struct cf_stream_held *cf_stream_order_take (struct cf_stream_order *o, uint64_t now_us, const uint8_t **r_data, size_t *r_len);
void cf_stream_order_done (struct cf_stream_order *o);

struct channel {
  struct cf_stream_queue queue;
  int64_t id;      /* of the stream that we send on */
  bool is_blocked; /* by the peer's window, in the packet that is being made */
  bool was_full;   /* drained is owed */
  bool is_open;    /* something has come of the peer's */
  uint64_t window; /* how much of the peer's we let be under way */
};

struct cf_stream {
  struct cf_env *env;
  struct cf_stream_handler handler;
  void *arg;
  ngtcp2_conn *conn;
  ngtcp2_path_storage path;
  int64_t peer_id; /* of the peer's stream of channel 0; the others follow by 4 */
  struct channel channels[CF_CHANNEL_COUNT];
  struct cf_stream_gaps gaps[CF_CHANNEL_COUNT];
  struct cf_stream_size size;
  struct cf_stream_order order;
  bool trusted, failed;
  bool searched;         /* the size of datagrams is, or was, looked for */
  uint64_t ahead_ns;     /* how much later it is for ngtcp2 than for us */
  uint64_t paced_ns;     /* when the next packet may leave */
  bool held;             /* it is what keeps something that waits from leaving */
  uint64_t tried_ms;     /* the last packet that left */
  uint64_t progress_ms;  /* when a byte was acknowledged, or nothing waited */
  uint64_t progress;     /* bytes acknowledged until then */
  struct cf_timer timer;
};

/* stream_handshake.c: the connection as it is after the handshake that both ends imagine, RTT_MS long, that ended
   at NOW.  CALLBACKS has what is called afterwards, with USER.  Errors: ENOMEM, INTERNAL. */
gpg_error_t cf_stream_handshake (const ngtcp2_callbacks *callbacks, void *user, bool initiator, size_t datagram_max,
                                 ngtcp2_tstamp now, uint32_t rtt_ms, const ngtcp2_path *path, struct cf_env *env,
                                 ngtcp2_conn **r_conn) CF_MUST_CHECK;

/* The error for what ngtcp2 returned. */
gpg_error_t cf_stream_error (int rv);

#endif
