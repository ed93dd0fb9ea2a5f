/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim.h - a world in virtual time: nodes with the real core, net and store over
 * a simulated network, fake OpenPGP keys and one seeded generator.
 *
 * The same seed gives the same run; CF_SIM_SHIFT=N in the environment gives every story another schedule (stories that
 * count milliseconds may fail then; nothing may crash or leak).  Nothing here waits: sim_run jumps from one
 * deadline to the next.  A node is a whole messenger; what survives its crash
 * is its home (a real directory) and its two fake key rings.
 */
#ifndef CF_TESTS_SIM_SIM_H
#define CF_TESTS_SIM_SIM_H

#include <jansson.h>

#include "core/command.h"
#include "core/conversation.h"
#include "core/core.h"
#include "core/peer.h"
#include "core/talk.h"
#include "core/worker.h"
#include "tests/lab/scratch.h"

#define SIM_NODES_MAX 1100

struct sim;
struct sim_keys; /* fake key rings of a node: gpg_double.c */

/* What is between a node and the others.  Streams get out and never in; datagrams get in from the very port to which one
   has left. */
enum sim_nat {
  SIM_NAT_NONE,
  SIM_NAT_SAME,  /* one port outside, whomever it writes to */
  SIM_NAT_COUNT, /* the next port for each */
  SIM_NAT_DICE   /* any port for each */
};

#define SIM_NAT_WAYS_MAX 256

/* A way through a NAT: PORT is what the other node sees, at its port REMOTE. */
struct sim_nat_way {
  size_t other;
  uint16_t port, remote;
  uint64_t used_ms;
};

struct sim_node {
  struct sim *sim;
  enum sim_nat nat;
  struct sim_nat_way nat_ways[SIM_NAT_WAYS_MAX];
  size_t nat_way_count;
  size_t nat_made;          /* ways since it was where it is */
  bool away;                /* nothing at its address says even that nobody is there */
  uint8_t moves;            /* where it is: an address of its own for each */
  uint64_t sent_bytes;      /* since it was made, of streams and datagrams, without headers of IP */
  bool keeps_key;           /* a public node that starts again is the same */
  uint8_t server_secret[CF_DEVICE_KEY_LEN], server_public[CF_DEVICE_KEY_LEN];
  size_t index;
  char name[32];
  char *home;
  struct cf_env env;
  struct cf_net *net;       /* sim_net.c's; lives as long as the node */
  struct sim_keys *keys;
  struct cf_fpr fpr;        /* its identity */
  struct cf_core *core;     /* NULL while it is down */
  struct cf_mailbox *mailbox; /* its */
  struct cf_mail_files *mail_files;
  struct cf_server *server; /* instead of a core, where it is a public node; see server_story.h */
  struct cf_gpg *gpg;
  struct cf_worker *worker, *disk;
  struct cf_helper *portmap_helper; /* set before it starts; NULL: there is none */
  int64_t skew_ms;          /* its wall clock is off by this */
  json_t *events;           /* all events since it first started, in order */
  struct cf_event_listener *listener;
  gpg_error_t started_err;
  bool started;
  unsigned generation;      /* counts crashes: commands of an earlier life are dead */
};

/* What becomes of those who dial a stream: firewalls refuse them, or say nothing. */
enum sim_streams { SIM_STREAMS_PASS, SIM_STREAMS_REFUSED, SIM_STREAMS_LOST };

struct sim {
  struct cf_env env;        /* the world's own timers: packets under way */
  uint64_t rng;             /* state of the generator */
  struct sim_node *nodes[SIM_NODES_MAX];
  size_t node_count;
  uint32_t latency_ms, jitter_ms; /* of every path; default 1, 0 */
  uint32_t loss_permille, dup_permille; /* of datagrams; default 0 */
  enum sim_streams streams; /* default: they pass; those that are up go on */
  bool far;                 /* nobody is on a link of another, and no open beacon passes */
  bool cut[SIM_NODES_MAX][SIM_NODES_MAX];
  uint64_t gpg_sign_ms, gpg_make_ms; /* how long fake OpenPGP takes; default 0 */
  /* A say over every talk frame that a node hands to its link: see sim_frame_fn. */
  int (*frame) (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, const uint8_t *data, size_t len);
  void *frame_arg;
  /* The same of bulk messages, which it may change, in place. */
  int (*bulk) (struct sim *sim, struct sim_node *from, const struct cf_fpr *to, uint8_t *data, size_t len);
  void (*turn) (void *arg); /* after everything that was due at one time has been done; see invariants.h */
  void *turn_arg;
  /* Hears every datagram that is sent, from PORT of FROM to TO: as a stranger on the link would; may be NULL. */
  void (*datagram) (struct sim *sim, const struct sim_node *from, uint16_t port, const struct sim_node *to,
                    const uint8_t *data, size_t len);
  void *datagram_arg;
  struct scratch scratch;
  const char *dir; /* scratch's */
};

/* --- the world --- */
struct sim *sim_new (uint64_t seed);
void sim_free (struct sim *sim); /* nodes, homes and all */
/* Run for MS of virtual time. */
void sim_run (struct sim *sim, uint64_t ms);
/* Run until DONE (ARG) says true: true; or MS have gone by: false. */
bool sim_run_until (struct sim *sim, uint64_t ms, bool (*done) (void *arg), void *arg);
uint64_t sim_random (struct sim *sim, uint64_t below);
/* Cut or mend the path between two nodes, both ways: bytes under way are held, datagrams are lost. */
void sim_cut (struct sim *sim, struct sim_node *a, struct sim_node *b, bool cut);

/* What sim->frame may answer. */
enum sim_frame { SIM_FRAME_PASS, SIM_FRAME_DROP, SIM_FRAME_TWICE, SIM_FRAME_CUT /* lost, and the path is cut */ };

/* --- nodes --- */
/* A node with a fresh identity "NAME <NAME@test.invalid>"; down. */
struct sim_node *sim_node_new (struct sim *sim, const char *name);
/* Up: the first time it makes its home (init), later it unlocks; runs the world until it is ready.
   Returns what that gave. */
gpg_error_t sim_node_start (struct sim_node *node);
/* Down without goodbye, as by kill -9; its streams are reset at the other ends, unless SILENT (power cut). */
void sim_node_crash (struct sim_node *node, bool silent);
/* NODE, which is down, has another address from now on, and what is between it and the others has forgotten it. */
void sim_node_move (struct sim_node *node);
/* Did an event of KIND come after position FROM of node->events, with FIELD = VALUE (both may be NULL)? */
json_t *sim_event (struct sim_node *node, size_t from, const char *kind, const char *field, const char *value);

/* --- commands --- */
struct sim_command {
  struct cf_command cmd; /* first */
  struct sim_node *node;
  const char *verb; /* of the table */
  char *answer;     /* to any inquiry; NULL: cancelled */
  unsigned generation;
  bool finished;
  gpg_error_t err;
  char *message, *hint;
  json_t *rows;
  struct cf_timer timer;
  void (*got) (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len);
};

/* Give NODE a command: arguments until NULL, those that begin with "--" are options.  ANSWER is what it
   gets for its inquiry.  Does not run the world. */
struct sim_command *sim_call (struct sim_node *node, const char *verb, const char *answer, ...) __attribute__ ((sentinel));
/* Run until it has ended (true) or MS have gone by (false). */
bool sim_wait (struct sim_command *call, uint64_t ms);
/* Call, wait for 60 s and give the error back (TIMEOUT when it did not end); frees it. */
gpg_error_t sim_do (struct sim_node *node, const char *verb, const char *answer, ...) __attribute__ ((sentinel));
const char *sim_text (struct sim_command *call, size_t row, const char *field); /* NULL: none */
void sim_command_free (struct sim_command *call); /* hangs up if it has not ended */

/* --- short cuts for stories --- */
/* Run until A sees B as a peer (by discovery): true, or 10 s have gone by. */
bool sim_sees (struct sim_node *a, struct sim_node *b);
/* Open a conversation between them with the password; its id in hex into R_ID (33 bytes). */
gpg_error_t sim_open (struct sim_node *a, struct sim_node *b, char *r_id);

/* --- sim_net.c --- */
struct cf_net *sim_net_new (struct sim_node *node);
void sim_net_free (struct cf_net *net);
void sim_net_reset (struct cf_net *net, bool silent); /* the node went down */
void sim_net_mended (struct sim *sim);
void sim_net_addr (const struct sim_node *node, struct cf_addr *r_addr);
struct sim_node *sim_net_node (struct cf_net *net);

/* --- sim_worker.c --- */
struct cf_worker *sim_worker_new (struct sim_node *node);
void sim_worker_free (struct cf_worker *worker);

/* --- gpg_double.c --- */
struct sim_keys *sim_keys_new (struct sim_node *node, struct cf_fpr *r_identity);
void sim_keys_free (struct sim_keys *keys);
struct cf_gpg *sim_gpg_new (struct sim_node *node);
/* What the user did to a key: STATE in the ring of NODE (identity home), of its own or of a peer's key. */
void sim_keys_set_state (struct sim_node *node, const struct cf_fpr *fpr, enum cf_key_state state);
/* NODE's own key gets another expiry (0: never), or another user ID; its peers get it with the next export. */
void sim_keys_set_expiry (struct sim_node *node, int64_t expires_utc_ms);
void sim_keys_set_user_id (struct sim_node *node, const char *user_id);
/* NODE's own key gets a newer encryption subkey. */
void sim_keys_new_subkey (struct sim_node *node);
/* How many keys are in the conversation home of NODE. */
size_t sim_keys_count (const struct sim_node *node);
bool sim_keys_have (const struct sim_node *node, const struct cf_fpr *fpr);
/* Jobs that prompt (statements, unsealing) fail with this until it is 0 again. */
void sim_gpg_fail (struct sim_node *node, gpg_error_t err);

#endif
