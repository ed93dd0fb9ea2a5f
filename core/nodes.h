/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nodes.h - the public nodes that our user has chosen: we can be reached through them, and reach others.
 *
 * A node carries bytes between two of its guests (a *circuit*); it sees who they are by their device keys, and
 * ciphertext.  The two ends of a circuit are connections like any others (net.h), with the tunnel of always inside.
 * Which nodes there are is the setting "nodes".  Spec: doc/protocol.md, "Nodes".
 */
#ifndef CF_CORE_NODES_H
#define CF_CORE_NODES_H

#include <jansson.h>

#include "core/core.h"
#include "core/link_tunnel.h"
#include "net/node.h"
#include "net/proto.h"

#define CF_NODES_MAX 8

struct cf_nodes;

gpg_error_t cf_nodes_new (struct cf_core *core, struct cf_nodes **r_nodes) CF_MUST_CHECK;
void cf_nodes_start (struct cf_nodes *nodes);
/* Before the links: their streams through nodes fail. */
void cf_nodes_free (struct cf_nodes *nodes);

/* The setting: names of nodes, separated by spaces. */
bool cf_nodes_fits (const char *value);
/* The first word of VALUE that is no name of a node, cut off where no name can be so long.  False: all are. */
bool cf_nodes_wrong (const char *value, char r_word[CF_NODE_NAME_SIZE]);
gpg_error_t cf_nodes_set (struct cf_core *core, const char *value) CF_MUST_CHECK;
/* The setting "listed", or what we would say there, is another. */
void cf_nodes_say_again (struct cf_core *core);

/* The addresses of those that would relay now, at most MAX; returns how many. */
size_t cf_nodes_relays (struct cf_core *core, struct cf_addr *r_addrs, size_t max);
/* A circuit through the node VIA to the guest with DEVICE_KEY, as cf_net_ops.dial: HANDLER hears how it goes.  What is
   done with *R_CONN is done by the ops of cf_nodes_net.  Errors: CF_ERR_NOT_REACHABLE (that node is not connected),
   LIMIT_REACHED, ENOMEM. */
gpg_error_t cf_nodes_dial (struct cf_core *core, const struct cf_addr *via, const uint8_t device_key[CF_DEVICE_KEY_LEN],
                           const struct cf_conn_handler *handler, void *arg, struct cf_conn **r_conn) CF_MUST_CHECK;
/* The address behind the node NAME, at which somebody else can be dialled: *R_VIA is for cf_nodes_dial, soon.  We do not
   say there who we are, and leave when nothing is left to do.  Errors: EEXIST (it is one of ours), LIMIT_REACHED,
   ENOMEM. */
struct cf_node_name;
gpg_error_t cf_nodes_borrow (struct cf_core *core, const struct cf_node_name *name, struct cf_addr *r_via) CF_MUST_CHECK;
/* Where the node VIA (behind which somebody is) is itself.  False: it is none of ours. */
bool cf_nodes_place (struct cf_core *core, const struct cf_addr *via, struct cf_addr *r_addr);
enum cf_carrier cf_nodes_carrier (struct cf_core *core, const struct cf_addr *via); /* of the tunnel to that node */
struct cf_net *cf_nodes_net (struct cf_core *core); /* of circuits; it dials and sends nothing by itself */

/* The names of those through which we can be dialled now, at most MAX; returns how many. */
size_t cf_nodes_own (struct cf_core *core, struct cf_node_name *r_names, size_t max);

/* The names of those that are connected and keep mail, at most MAX; returns how many. */
size_t cf_nodes_mailboxes (struct cf_core *core, struct cf_node_name *r_names, size_t max);

/* The port on which we accept tunnels, as nodes see it, at most MAX; returns how many.  A NAT may show another one for
   streams than for datagrams. */
size_t cf_nodes_seen (struct cf_core *core, struct cf_addr *r_addrs, size_t max);
size_t cf_nodes_seen_datagrams (struct cf_core *core, struct cf_addr *r_addrs, size_t max);
/* An answer has come to "where do I come from", of anybody. */
void cf_nodes_mirrored (struct cf_core *core, const uint8_t *answer, size_t len);

/* The network has changed: look after all of them. */
void cf_nodes_network_changed (struct cf_core *core);
/* Our device key is another: be known by it. */
void cf_nodes_reconnect (struct cf_core *core);
/* There may be somebody new whom only a node can find: a contact added by an address. */
void cf_nodes_seek (struct cf_core *core);

/* For status: how many there are, how many are connected, and a row for each. */
size_t cf_nodes_count (struct cf_core *core, size_t *r_connected);
json_t *cf_nodes_json (struct cf_core *core);

#endif
