/* SPDX-License-Identifier: GPL-3.0-or-later */
/* private.h - what the files of a node share; nobody else includes it.
 *
 * server.c    life, who may come in
 * host.c      what one host may do, however many keys and streams it has
 * guest.c     one tunnel: a deadline, a safe end
 * carrier.c   what it is on: a stream, or datagrams
 * verbs.c     what guests say, and whom it concerns
 * mail.c      what they ask of the mailbox
 * register.c  who can be reached, who is listed
 * circuit.c   bytes between two guests: credit, turns
 */
#ifndef CF_NODE_PRIVATE_H
#define CF_NODE_PRIVATE_H

#include "base/map.h"
#include "net/dgram.h"
#include "node/mailbox.h"
#include "node/server.h"

struct circuit;

/* ---- host.c ---- */

enum host_act { HOST_REGISTERS, HOST_LISTS, HOST_DIALS, HOST_MAILS, HOST_MAIL_KIB, HOST_ACTS };

struct host {
  uint8_t key[20]; /* family, address, scope: cf_addr_source */
  uint32_t uses, guests, registrations; /* the first is the sum of the others */
  uint64_t full_ms[HOST_ACTS]; /* buckets: base/bucket.h */
  struct cf_timer forget;
  struct cf_server *server;
  struct host *next, *previous; /* of those that have no guest, gone first first */
  bool is_resting;
};

/* The host of ADDR gets a guest more, or a registration that outlives one.  Errors: LIMIT_REACHED, ENOMEM. */
gpg_error_t host_enter (struct cf_server *server, const struct cf_addr *addr, struct host **r_host) CF_MUST_CHECK;
void host_leave (struct host *host);
/* N times more?  Each act has a burst and a rate. */
bool host_may (struct host *host, enum host_act act, uint32_t n);
void host_free (struct host *host);

/* ---- guest.c ---- */

/* One end of a circuit. */
struct end {
  struct circuit *circuit;
  struct guest *guest;    /* NULL: it has left */
  struct end *next;       /* of the guest */
  struct end *next_ready; /* in the guest's ring; NULL: not in it */
  uint32_t id;            /* as the guest knows it */
  uint32_t allowed;       /* the guest may send us so many bytes more ... */
  uint32_t window;        /* ... of so many, when all that it sent has gone on */
  uint32_t owed;          /* have gone on, and are not allowed again yet */
  uint32_t credit;        /* so many more may be sent to the guest */
  struct cf_buf out;      /* waits to be sent to the guest */
  bool is_over;           /* after that, CLOSE */
  uint16_t code;          /* with this */
};

struct guest {
  struct guest *next, **link; /* of all */
  struct guest *younger, *older; /* of strangers */
  struct cf_server *server;
  struct host *host;
  struct cf_conn *conn;     /* on a stream; NULL once closed */
  struct cf_tunnel *tunnel; /* on a stream; NULL before the first byte */
  struct cf_dgram *dgram;   /* on datagrams, else NULL */
  struct cf_addr from;
  struct cf_timer deadline, end;
  bool is_stranger, is_through, ending; /* before, after the handshake */
  bool is_depositing;       /* a long message is coming: one of DEPOSITS_MAX */
  bool is_fetching;         /* a long answer has not left: one of FETCHES_MAX */
  struct registration *registration; /* by which it is reachable, here and now */
  struct end *circuits;
  struct end *ready;       /* the last of the ring: the one after it has its turn */
  uint32_t circuit_count;
  uint32_t last_dialled;   /* odd; each is higher than those before */
  uint32_t last_incoming;  /* even */
  uint64_t incoming_full_ms; /* the bucket of how often it may be dialled */
};

/* It is on nothing yet.  NULL: there is no room. */
struct guest *guest_new (struct cf_server *server, const struct cf_addr *from);
/* What its tunnel says. */
void guest_ready (struct guest *guest);
void guest_message (struct guest *guest, enum cf_channel channel, const uint8_t *data, size_t len);
bool guest_large (struct guest *guest, enum cf_channel channel); /* may a message of more than one record come? */
void guest_drained (struct guest *guest);                        /* something has left */
void guest_begin_end (struct guest *guest);                      /* the tunnel is over */
/* Errors: as cf_tunnel_send; a guest that does not read what it asks for is ended. */
gpg_error_t guest_send (struct guest *guest, const struct cf_node_message *message) CF_MUST_CHECK;
/* The same, where there is nothing to be done about failure: the guest is ended. */
void guest_say (struct guest *guest, const struct cf_node_message *message);
void guest_refuse (struct guest *guest, enum cf_node_kind what, gpg_err_code_t code, uint32_t seconds);
/* Goodbye; what it had goes now, its memory in a later turn.  Legal everywhere. */
void guest_close (struct guest *guest, gpg_error_t why);
/* It gets a piece of mail, and has TAKE_MS to take it. */
void guest_asks (struct guest *guest); /* about mail: it is not idle */
void guest_fetches (struct guest *guest);
/* May circuits send to it, or does enough wait for it? */
bool guest_has_room (const struct guest *guest);
void guest_free (struct guest *guest);

/* ---- carrier.c ---- */
void guest_accept (struct cf_server *server, struct cf_conn *conn, const struct cf_addr *from);
/* False: there is no room; TUNNEL stays the caller's. */
bool guest_accept_dgram (struct cf_server *server, struct cf_dgram *tunnel, const struct cf_addr *from);
gpg_error_t carrier_send (struct guest *guest, enum cf_channel channel, const void *data, size_t len) CF_MUST_CHECK;
void carrier_close (struct guest *guest, gpg_error_t why); /* goodbye, if there is anybody */
void carrier_free (struct guest *guest);
bool carrier_is_alive (const struct guest *guest);
/* Bytes that the other end has not got yet; of talk alone; and so many may wait for it before circuits hold theirs back. */
size_t carrier_waiting (const struct guest *guest);
size_t carrier_waiting_talk (const struct guest *guest);
size_t carrier_ahead (const struct guest *guest);
const uint8_t *carrier_remote_key (const struct guest *guest); /* once it is through */
const uint8_t *carrier_handshake_hash (const struct guest *guest);

/* ---- verbs.c ---- */
/* Errors: of decode; the tunnel ends with it. */
gpg_error_t verb_run (struct guest *guest, enum cf_channel channel, const uint8_t *data, size_t len) CF_MUST_CHECK;

/* ---- mail.c ---- */
void mail_run (struct guest *guest, const struct cf_node_message *message); /* DEPOSIT, FETCH, DELETE */

/* ---- register.c ---- */

struct registration {
  struct cf_server *server;
  struct host *host;
  struct guest *guest;   /* can be dialled there; NULL: only listed */
  uint32_t slot;         /* in the list, from 1; 0: not listed */
  struct cf_node_entry entry; /* listed: all of it; else the device key */
  struct cf_timer expiry;
};

void register_guest (struct guest *guest, const struct cf_node_message *message);
void register_drop (struct guest *guest);  /* UNREGISTER */
void register_leave (struct guest *guest); /* its tunnel has ended; what is listed stays until it expires */
void register_list (struct guest *guest, uint32_t from);
struct registration *register_find (struct cf_server *server, const uint8_t device_key[CF_DEVICE_KEY_LEN]);
void register_free_all (struct cf_server *server);

/* ---- circuit.c ---- */
/* Errors: CF_ERR_PROTOCOL (an id that cannot be); the tunnel ends with it. */
gpg_error_t circuit_dial (struct guest *guest, uint32_t id, const uint8_t device_key[CF_DEVICE_KEY_LEN]) CF_MUST_CHECK;
void circuit_data (struct guest *guest, uint32_t id, const uint8_t *data, size_t len);
void circuit_credit (struct guest *guest, uint32_t id, uint32_t bytes);
void circuit_close (struct guest *guest, uint32_t id, uint16_t code);
void circuit_leave_all (struct guest *guest);
/* GUEST has room: its circuits take turns. */
void circuit_pump (struct guest *guest);
/* Ends circuits of which an end takes nothing for too long; a timer. */
void circuit_watch (void *arg);

/* ---- server.c ---- */

struct cf_server {
  struct cf_env *env;
  struct cf_net *net;
  struct cf_server_limits limits;
  uint8_t services;
  uint8_t *own_secret; /* secmem */
  uint8_t own_public[CF_DEVICE_KEY_LEN];
  struct cf_tunnel_guard *guard;
  struct cf_dgram_port *port;
  struct cf_map *hosts;
  struct host *first_resting, *last_resting;
  struct cf_mailbox *mailbox; /* NULL: none */
  uint32_t depositing_count, fetching_count;
  struct guest *guests;
  struct guest *oldest, *youngest; /* strangers */
  uint32_t guest_count, datagram_count, stranger_count, tunnel_count; /* the second and third are among the first */
  struct cf_map *registrations; /* by device key */
  struct registration **slots;  /* the list; slots[0] is never used */
  uint32_t listed;              /* slots[1] to slots[listed] are taken */
  struct circuit *first_waiting, *last_waiting; /* circuits of which bytes wait: longest without progress first */
  struct cf_timer watch;
  uint32_t circuit_count, reachable;
  uint64_t waiting_bytes, total_tunnels, total_circuits, total_bytes;
};

#endif
