/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes_private.h - what the nodes*.c files share.  Others include nodes.h. */
#ifndef CF_CORE_NODES_PRIVATE_H
#define CF_CORE_NODES_PRIVATE_H

#include "core/link_tunnel.h"
#include "core/nodes.h"
#include "net/dgram_mirror.h"
#include "net/node.h"

enum cf_node_state { NODE_RESTING, NODE_DIALLING, NODE_ASKED, NODE_READY, NODE_STATES };

struct cf_circuit; /* nodes_circuit.c: one struct cf_conn */

/* One of the two tunnels by which a node is tried: nodes_dial.c. */
struct cf_node_try {
  struct cf_node *node;
  struct cf_link_tunnel *tunnel; /* NULL: not dialled, or over */
  bool greeted;
  struct cf_node_message seen; /* once greeted */
};

/* One that we use: one of ours, or (BORROWED) one at which somebody else can be dialled. */
struct cf_node {
  struct cf_node *next;
  struct cf_nodes *nodes;
  struct cf_node_name name;
  enum cf_node_state state;
  struct cf_link_tunnel *tunnel; /* NULL while RESTING, DIALLING; of one of TRIES */
  struct cf_node_try tries[CF_CARRIERS];
  struct cf_timer second; /* DIALLING: the second try begins, or is taken */
  struct cf_timer retry;  /* RESTING: dial again; of ours alone */
  struct cf_timer renew;  /* READY: register again; a borrowed one: leave it, when it is idle */
  struct cf_timer list;   /* READY: ask who is listed */
  uint64_t backoff_ms, ready_ms;
  gpg_error_t error;      /* why it is not READY */
  uint8_t services;       /* what it offers, as it says */
  struct cf_addr seen;    /* as what it sees us; family 0: not known */
  struct cf_timer mirror; /* READY: ask as what it sees our port for datagrams */
  uint8_t question[CF_MIRROR_QUESTION_LEN]; /* the last one */
  unsigned unanswered;    /* so many of them */
  struct cf_addr seen_datagrams; /* what it said; family 0: not known */
  bool registered, listed;
  bool borrowed;          /* we come without our name, for a circuit, and go again */
  bool useful;            /* borrowed: somebody was there */
  uint32_t serial;        /* borrowed: its address has this scope, so that nobody gives a node of ours another place */
  uint64_t rested_ms;     /* borrowed, RESTING: not to be dialled before; of those alike, the lowest makes room */
  unsigned pages;         /* of the list, that have come this time */
  unsigned pages_due;     /* that were asked for */
  struct cf_circuit *circuits; /* list; those that send take turns: who has sent goes to its end */
  size_t circuit_count;
  uint32_t last_dialled;  /* number of a circuit: odd, each higher than those before */
  uint32_t last_incoming; /* even */
};

struct cf_nodes {
  struct cf_core *core;
  struct cf_net net;      /* of circuits */
  struct cf_node *first;
  struct cf_node *borrowed;
  uint32_t last_serial;
  struct cf_circuit *orphans; /* circuits whose node is gone and whose owners have not closed them yet */
  struct cf_timer seek;
  bool started;
};

/* --- nodes.c --- */
gpg_error_t cf_node_say (struct cf_node *node, const struct cf_node_message *message) CF_MUST_CHECK;
/* The node has broken a rule, which was counted: it is left, and tried again later. */
void cf_node_distrust (struct cf_node *node, gpg_error_t err);

struct cf_node *cf_node_new (struct cf_nodes *nodes, const struct cf_node_name *name); /* NULL: ENOMEM */
void cf_node_free (struct cf_node *node);
/* If it is RESTING. */
void cf_node_dial (struct cf_node *node);
/* As if its path were lost. */
void cf_node_rest (struct cf_node *node, gpg_error_t err);

/* --- nodes_borrow.c --- */
struct cf_node *cf_node_borrowed_find (const struct cf_nodes *nodes, const struct cf_addr *via);
void cf_node_borrowed_ready (struct cf_node *node);
/* A circuit through NODE, which is dialled if it has to be; as cf_circuit_dial. */
gpg_error_t cf_node_borrowed_dial (struct cf_node *node, const uint8_t device_key[CF_DEVICE_KEY_LEN],
                                   const struct cf_conn_handler *handler, void *arg,
                                   struct cf_conn **r_conn) CF_MUST_CHECK;
void cf_nodes_borrowed_again (struct cf_nodes *nodes); /* the network has changed */
void cf_nodes_borrowed_free (struct cf_nodes *nodes);

/* SEEN has come, on the tunnel that was chosen. */
void cf_node_greeted (struct cf_node *node, const struct cf_node_message *m);
void cf_node_message (struct cf_node *node, enum cf_channel channel, const uint8_t *data, size_t len);

/* --- nodes_dial.c --- */
void cf_node_tries_init (struct cf_node *node);
/* RESTING to DIALLING. */
void cf_node_try (struct cf_node *node);
/* Closes all of them, also the one that was chosen. */
void cf_node_tries_drop (struct cf_node *node, gpg_error_t why);

/* --- nodes_mirror.c --- */
void cf_node_mirror_init (struct cf_node *node);
void cf_node_mirror_begin (struct cf_node *node);
void cf_node_mirror_end (struct cf_node *node);

/* --- nodes_list.c --- */
void cf_node_list_begin (struct cf_node *node);
void cf_node_list_page (struct cf_node *node, const struct cf_node_message *message);

/* --- nodes_circuit.c --- */
extern const struct cf_net_ops cf_circuit_ops;
/* If NODE is not READY yet, the circuit waits for it. */
gpg_error_t cf_circuit_dial (struct cf_node *node, const uint8_t device_key[CF_DEVICE_KEY_LEN],
                             const struct cf_conn_handler *handler, void *arg, struct cf_conn **r_conn) CF_MUST_CHECK;
/* INCOMING, OPENED, DATA, CLOSE, CREDIT. */
void cf_circuit_message (struct cf_node *node, const struct cf_node_message *message);
void cf_circuits_begin (struct cf_node *node);      /* READY: those that wait for it */
void cf_circuits_pump (struct cf_node *node);       /* the tunnel has room */
void cf_circuits_fail (struct cf_node *node);       /* the tunnel is gone */
void cf_circuits_free (struct cf_nodes *nodes);           /* all, at the end */

#endif
