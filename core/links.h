/* SPDX-License-Identifier: GPL-3.0-or-later */
/* links.h - what the link*.c files share, and what peer*.c tells them.  Others include link.h. */
#ifndef CF_CORE_LINKS_H
#define CF_CORE_LINKS_H

#include "base/map.h"
#include "core/link.h"
#include "core/link_tries.h"
#include "core/link_tunnel.h"
#include "core/peers.h"

#define CF_LINK_COLLISION_MS 3000 /* two tunnels that go up within this time began as one collision */
#define CF_LINK_CANDIDATES_MAX 32 /* 16 addresses, on either carrier */
#define CF_LINK_BACKOFF_FIRST_MS 500

struct cf_way;        /* link_way.c */
struct cf_link_paths; /* link_paths.c */
struct cf_link_cross; /* link_cross.c */
struct cf_paths;      /* net/paths.h */
struct cf_status_watch; /* status_watch.c */

/* Which way is the better one: the lower.  Spec: doc/protocol.md, "Routes". */
enum cf_rank {
  CF_RANK_LAN,           /* on our link, on a stream */
  CF_RANK_LAN_DATAGRAMS, /* on our link */
  CF_RANK_DIRECT,
  CF_RANK_PUNCHED,
  CF_RANK_RELAY,
  CF_RANK_NONE           /* worse than any */
};

struct cf_link_candidate {
  uint8_t device[CF_DEVICE_KEY_LEN];
  struct cf_addr addr;
  enum cf_carrier carrier;
  bool punch; /* through a NAT, while he does the same: a stream from the port that we listen on, a quick first datagram */
};

/* One person: who wants him, how he is being reached. */
struct cf_link {
  struct cf_links *links;
  struct cf_fpr fpr;
  unsigned wants;
  struct cf_way *up;           /* one of WAYS, or NULL */
  struct cf_way *ways;         /* all that lead to him, as far as is known */
  struct cf_timer retry, stagger, idle;
  uint64_t backoff_ms, round_ms, up_ms;
  uint64_t down_ms;            /* when the path was lost last; 0: never */
  gpg_error_t error;           /* what the last try gave */
  bool dialling;               /* a round is under way */
  struct cf_link_tries tries;  /* for who asks why he is not reached */
  struct { uint64_t asked_ms, answered_ms; bool waits; } exchange; /* link_exchange.c; 0: never */
  struct cf_link_paths *paths; /* link_paths.c; NULL: nothing was said, nothing came, and there is nothing better */
  struct cf_link_candidate candidates[CF_LINK_CANDIDATES_MAX];
  size_t candidate_count, candidate_next;
};

/* How often a host may ask; see link_accept.c. */
#define CF_LINK_HOSTS_MAX 256
struct cf_link_host {
  struct cf_addr addr;
  uint64_t since_ms;
  unsigned asked;
};

struct cf_links {
  struct cf_core *core;
  const struct cf_link_handler *handler;
  void *handler_arg;
  struct cf_map *by_fpr;        /* struct cf_fpr to struct cf_link, which the map owns */
  struct cf_way *strangers;     /* accepted, not known yet whose */
  struct cf_link_tunnel *tunnels; /* all of them, also those that end */
  struct cf_link_cross *crosses; /* link_cross.c */
  struct cf_status_watch *watches; /* status_watch.c: who looks at how somebody is reached */
  struct cf_tunnel_guard *guard;
  struct cf_dgram_port *datagrams;
  struct cf_link_counts counts;
  struct cf_timer sweep;
  struct cf_timer exchange; /* link_exchange.c */
  struct cf_link_host hosts[CF_LINK_HOSTS_MAX];
};

/* --- link_tunnel.c --- */
void cf_link_tunnels_free (struct cf_links *links);

/* --- link.c --- */

/* The link of FPR, found or made.  Errors: LIMIT_REACHED, ENOMEM. */
gpg_error_t cf_links_get (struct cf_links *links, const struct cf_fpr *fpr, struct cf_link **r_link) CF_MUST_CHECK;
struct cf_link *cf_links_find (struct cf_links *links, const struct cf_fpr *fpr);
/* A way's both HELLOs are checked: it is the link now. */
void cf_link_went_up (struct cf_link *link, struct cf_way *way, struct cf_peer *peer);
/* A way has ended by itself; it is out of the lists already.  WAS_UP: it was the link. */
void cf_link_way_ended (struct cf_link *link, bool was_up, bool dialled, gpg_error_t err);
/* A message on CHANNEL, talk or bulk. */
void cf_link_got (struct cf_link *link, enum cf_channel channel, const uint8_t *data, size_t len);
void cf_link_got_datagram (struct cf_link *link, const uint8_t *data, size_t len);
/* A stream of NET's has come from FROM. */
void cf_links_accept (struct cf_links *links, struct cf_net *net, struct cf_conn *conn, const struct cf_addr *from);
/* There is a new way to reach people: those who are wanted and not up are dialled now, or there, too. */
void cf_links_way_found (struct cf_links *links);
/* More of bulk may be sent. */
void cf_link_has_room (struct cf_link *link);

/* --- link_paths.c --- */
void cf_link_paths_up (struct cf_link *link);   /* there is a tunnel, perhaps in place of another */
void cf_link_paths_say (struct cf_link *link);  /* what we say of ourselves may be another: soon */
void cf_links_say_paths (struct cf_links *links); /* the same, to all */
void cf_link_paths_soon (struct cf_link *link); /* there may be a better way than the one that is up */
bool cf_link_paths_punched (const struct cf_link *link); /* is it up at the address as which a NAT shows him? */
const struct cf_paths *cf_link_paths_theirs (const struct cf_link *link); /* as last said; NULL: nothing was said */
gpg_error_t cf_link_paths_take (struct cf_link *link, const uint8_t *data, size_t len) CF_MUST_CHECK;
void cf_link_paths_free (struct cf_link *link);

/* --- link_exchange.c --- */
void cf_links_exchange_start (struct cf_links *links);
/* Does the user want contacts to tell each other where he is, and may they? */
bool cf_links_pass_on (struct cf_core *core);
/* PEERS? or PEERS.  Errors: those of cf_exchange_decode. */
gpg_error_t cf_link_exchange_take (struct cf_link *link, const uint8_t *data, size_t len) CF_MUST_CHECK;

/* --- link_cross.c --- */
/* Dial TO, where somebody dials us at the same time; what comes of it is a stream that he has dialled.  Errors:
   as cf_net_ops.punch, LIMIT_REACHED. */
gpg_error_t cf_link_cross (struct cf_links *links, const struct cf_addr *to) CF_MUST_CHECK;
void cf_link_crosses_free (struct cf_links *links);

/* --- link_dial.c --- */
void cf_link_dial (struct cf_link *link);         /* begin a round, unless one is under way or nothing is wanted */
void cf_link_dial_next (struct cf_link *link);    /* the next candidate, or the end of the round */
void cf_link_dial_more (struct cf_link *link);    /* a node is there: the round that is under way tries it, too */
void cf_link_dial_stop (struct cf_link *link);    /* no more of this round */
void cf_link_dial_later (struct cf_link *link);   /* after the back-off */
/* May DEVICE be dialled: does its statement hold, or has it just shown whose it is? */
bool cf_link_may_dial_device (const struct cf_env *env, const struct cf_peer_device *device);
/* What a way to ADDR over CARRIER is worth. */
enum cf_rank cf_link_rank_of (struct cf_core *core, const struct cf_addr *addr, enum cf_carrier carrier);

/* --- link_tries.c --- */
/* How ADDR is reached; LINK may be NULL. */
enum cf_step cf_link_step_of (struct cf_core *core, const struct cf_link *link, const struct cf_addr *addr);

/* --- link_way.c --- */
gpg_error_t cf_way_dial (struct cf_link *link, const struct cf_link_candidate *to) CF_MUST_CHECK;
void cf_way_accept (struct cf_links *links, struct cf_net *net, struct cf_conn *conn, const struct cf_addr *from);
bool cf_way_accept_dgram (struct cf_links *links, struct cf_dgram *dgram, const struct cf_addr *from);
/* Close and forget WAY; the link hears nothing of it. */
void cf_way_drop (struct cf_way *way, gpg_error_t why, const char *reason);
void cf_ways_free (struct cf_links *links);
size_t cf_ways_dialling (const struct cf_link *link); /* dialled and not up yet */
void cf_ways_drop_all (struct cf_link *link, gpg_error_t why, const char *reason);
void cf_ways_drop_dialled (struct cf_link *link, const struct cf_way *keep); /* KEEP may be NULL */
struct cf_way *cf_way_next (const struct cf_way *way);
bool cf_way_is_dialled (const struct cf_way *way);
bool cf_way_is_checking (const struct cf_way *way); /* its HELLO has come */
const uint8_t *cf_way_device (const struct cf_way *way);
const struct cf_addr *cf_way_addr (const struct cf_way *way); /* where the other end is now */
enum cf_rank cf_way_rank (const struct cf_way *way);
struct cf_link_tunnel *cf_way_tunnel (struct cf_way *way); /* of one that is up: never NULL */
gpg_error_t cf_way_send (struct cf_way *way, enum cf_channel channel, const void *data, size_t len) CF_MUST_CHECK;

/* --- link_accept.c: how much strangers may ask --- */
/* A stream more from FROM?  Another may be dropped for it. */
bool cf_links_admit (struct cf_links *links, const struct cf_addr *from);
bool cf_links_allow_unwanted (const struct cf_links *links); /* one more tunnel that nobody here wants? */
/* Is IDENTITY a contact, or does anything here want him?  LINK is his, or NULL. */
bool cf_links_is_ours (struct cf_core *core, const struct cf_link *link, const struct cf_fpr *identity);
bool cf_links_allow_question (struct cf_links *links, const struct cf_addr *from); /* KEY?, or a HELLO of a stranger */

/* --- told by peer*.c --- */
bool cf_links_uses (struct cf_core *core, const struct cf_fpr *fpr); /* wanted, or with a tunnel */
/* Our own key or statement is another: tunnels that are up are closed, saying REASON, and come again with it. */
void cf_links_reconnect (struct cf_core *core, const char *reason);
void cf_links_heard (struct cf_core *core, const struct cf_peer *peer);
void cf_links_kept (struct cf_core *core, const struct cf_peer *peer); /* he is a contact now */
/* A device key's statement is over: no tunnel with it may go on. */
void cf_links_device_lapsed (struct cf_core *core, const struct cf_fpr *fpr, const uint8_t key[CF_DEVICE_KEY_LEN]);

#endif
