/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_net.c - net.h over virtual paths.
 *
 * A stream is two ends that know each other.  Written bytes become packets on
 * the world's timers and arrive in order; while the path is cut they are held
 * (as TCP would repeat them), and come on when it is mended.  Datagrams are
 * lost, doubled and delayed as the world says.
 */

#include <config.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

#define SIM_TCP_PORT 7100
#define SIM_UDP_PORT SIM_TCP_PORT /* one number, as the daemon has it */
#define SIM_NAT_PORT 20000
#define SIM_NET_FIRST 10  /* networks 10/8, 11/8 and so on ... */
#define SIM_NET_HOSTS 250 /* ... with so many hosts each */
#define SIM_DIAL_TIMEOUT_MS 3000

struct packet {
  struct packet *next;
  uint8_t *data;
  size_t len;
  gpg_error_t end; /* the stream ends here with this */
  bool connected;  /* to the dialler: the other side has accepted */
};

struct cf_conn {
  struct cf_conn *next_conn; /* of its node */
  struct sim_net *net;
  struct cf_conn *other; /* NULL once it is gone */
  size_t other_node;
  const struct cf_conn_handler *handler;
  void *arg;
  struct packet *first, **last; /* on their way to us */
  size_t coming;                /* bytes of them: what the other end has queued */
  struct cf_timer timer;        /* the first one arrives, or the dial fails */
  struct cf_timer drained;
  bool dialling, closed, failed;
};

struct sim_net {
  struct cf_net net; /* first */
  struct sim_node *node;
  struct cf_conn *conns;
};

struct datagram {
  struct cf_timer timer;
  struct sim *sim;
  size_t from, to;
  uint16_t port, to_port; /* that it left from, and is for */
  size_t len;
  uint8_t data[];
};

static const struct cf_net_ops ops;

struct sim_node *
sim_net_node (struct cf_net *net)
{
  return ((struct sim_net *) net)->node;
}

void
sim_net_addr (const struct sim_node *node, struct cf_addr *r_addr)
{
  memset (r_addr, 0, sizeof *r_addr);
  r_addr->family = 4;
  r_addr->bytes[0] = (uint8_t) (SIM_NET_FIRST + node->index / SIM_NET_HOSTS);
  r_addr->bytes[2] = node->moves;
  r_addr->bytes[3] = (uint8_t) (node->index % SIM_NET_HOSTS + 1);
  r_addr->port = SIM_TCP_PORT;
}

static struct sim_node *
node_at (struct sim *sim, const struct cf_addr *addr)
{
  size_t i;
  struct sim_node *node;

  if (addr->family != 4 || addr->bytes[0] < SIM_NET_FIRST || !addr->bytes[3] || addr->bytes[3] > SIM_NET_HOSTS)
    return NULL;
  i = (size_t) (addr->bytes[0] - SIM_NET_FIRST) * SIM_NET_HOSTS + addr->bytes[3] - 1;
  node = i < sim->node_count ? sim->nodes[i] : NULL;
  return node && node->moves && node->moves != addr->bytes[2] ? NULL : node;
}

static uint64_t
delay (struct sim *sim)
{
  return sim->latency_ms + (sim->jitter_ms ? sim_random (sim, sim->jitter_ms) : 0);
}

/* ---- streams ---- */

static void deliver (void *arg);

static struct cf_conn *
conn_new (struct sim_net *net, size_t other_node)
{
  struct cf_conn *conn = calloc (1, sizeof *conn);

  assert (conn);
  conn->net = net;
  conn->other_node = other_node;
  conn->last = &conn->first;
  cf_timer_init (&conn->timer, deliver, conn);
  conn->next_conn = net->conns;
  net->conns = conn;
  return conn;
}

static void
conn_free (struct cf_conn *conn)
{
  struct cf_conn **p = &conn->net->conns;
  struct packet *packet;
  struct sim *sim = conn->net->node->sim;

  while (*p != conn)
    p = &(*p)->next_conn;
  *p = conn->next_conn;
  if (conn->other)
    conn->other->other = NULL;
  while ((packet = conn->first)) {
    conn->first = packet->next;
    free (packet->data);
    free (packet);
  }
  cf_timer_cancel (&sim->env, &conn->timer);
  cf_timer_cancel (&conn->net->node->env, &conn->drained);
  free (conn);
}

static bool
is_cut (const struct cf_conn *conn)
{
  return conn->net->node->sim->cut[conn->net->node->index][conn->other_node];
}

/* Send CONN a packet; the first one in the queue has the timer. */
static void
push (struct cf_conn *conn, const void *data, size_t len, bool connected, gpg_error_t end)
{
  struct packet *packet = calloc (1, sizeof *packet);
  struct sim *sim = conn->net->node->sim;

  assert (packet);
  if (len) {
    packet->data = malloc (len);
    assert (packet->data);
    memcpy (packet->data, data, len);
  }
  packet->len = len;
  packet->connected = connected;
  packet->end = end;
  *conn->last = packet;
  conn->last = &packet->next;
  conn->coming += len;
  if (!conn->timer.armed && !is_cut (conn))
    cf_timer_after (&sim->env, &conn->timer, delay (sim));
}

static void
fail (struct cf_conn *conn, gpg_error_t err)
{
  conn->failed = true;
  if (conn->handler && !conn->closed)
    conn->handler->failed (conn->arg, err); /* may free CONN */
  else
    conn_free (conn);
}

/* The first packet is there (all that are, in fact: they came together). */
static void
deliver (void *arg)
{
  struct cf_conn *conn = arg;
  struct packet *packet = conn->first;
  struct sim *sim = conn->net->node->sim;
  gpg_error_t end;

  if (!packet) {
    if (conn->dialling)
      fail (conn, cf_err (GPG_ERR_ETIMEDOUT));
    return;
  }
  if (is_cut (conn))
    return; /* held until sim_net_mended */
  conn->first = packet->next;
  if (!conn->first)
    conn->last = &conn->first;
  else
    cf_timer_after (&sim->env, &conn->timer, 0);
  conn->coming -= packet->len;
  end = packet->end;
  if (conn->other && !conn->other->closed && !conn->coming && packet->len)
    cf_timer_after (&conn->other->net->node->env, &conn->other->drained,
                    0); /* its own clock: free cancels it there */
  if (packet->connected) {
    conn->dialling = false;
    if (!conn->closed)
      conn->handler->connected (conn->arg);
  } else if (end)
    fail (conn, end);
  else if (conn->handler && !conn->closed)
    conn->handler->received (conn->arg, packet->data, packet->len);
  free (packet->data);
  free (packet);
}

static void
on_drained (void *arg)
{
  struct cf_conn *conn = arg;

  if (!conn->closed && !conn->failed && conn->handler && conn->handler->drained)
    conn->handler->drained (conn->arg);
}

static gpg_error_t
net_dial (struct cf_net *base, const struct cf_addr *to, const struct cf_conn_handler *handler, void *arg,
          struct cf_conn **r_conn)
{
  struct sim_net *net = (struct sim_net *) base;
  struct sim *sim = net->node->sim;
  struct sim_node *there = node_at (sim, to);
  struct cf_conn *conn, *theirs;
  struct cf_addr from;

  if (!there)
    return cf_err (GPG_ERR_ENETUNREACH);
  conn = conn_new (net, there->index);
  cf_timer_init (&conn->drained, on_drained, conn);
  conn->handler = handler;
  conn->arg = arg;
  conn->dialling = true;
  *r_conn = conn;
  if (is_cut (conn) || sim->streams == SIM_STREAMS_LOST || there->nat || there->away)
    cf_timer_after (&sim->env, &conn->timer, SIM_DIAL_TIMEOUT_MS);
  else if (sim->streams == SIM_STREAMS_REFUSED || (!there->core && !there->server) || to->port != SIM_TCP_PORT)
    push (conn, NULL, 0, false, cf_err (GPG_ERR_ECONNREFUSED));
  else {
    theirs = conn_new ((struct sim_net *) there->net, net->node->index);
    cf_timer_init (&theirs->drained, on_drained, theirs);
    theirs->other = conn;
    conn->other = theirs;
    push (conn, NULL, 0, true, 0);
    sim_net_addr (net->node, &from);
    from.port = (uint16_t) (40000 + sim_random (sim, 20000));
    there->net->handler->accepted (there->net->handler_arg, theirs, &from);
  }
  return 0;
}

static void
net_set_handler (struct cf_conn *conn, const struct cf_conn_handler *handler, void *arg)
{
  conn->handler = handler;
  conn->arg = arg;
}

static gpg_error_t
net_write (struct cf_conn *conn, const void *data, size_t len)
{
  if (conn->failed || conn->closed || !len)
    return 0;
  if (!conn->other)
    return 0; /* the end is on its way to us */
  if (conn->other->coming + len > CF_CONN_QUEUE_MAX)
    return cf_err (GPG_ERR_LIMIT_REACHED);
  conn->net->node->sent_bytes += len;
  push (conn->other, data, len, false, 0);
  return 0;
}

static size_t
net_queued (const struct cf_conn *conn)
{
  return conn->other ? conn->other->coming : 0;
}

static void
net_close (struct cf_conn *conn)
{
  if (!conn)
    return;
  assert (!conn->closed);
  conn->closed = true;
  if (conn->other) {
    push (conn->other, NULL, 0, false, cf_err (GPG_ERR_EOF));
    conn->other->other = NULL;
    conn->other = NULL;
  }
  conn_free (conn);
}

void
sim_net_mended (struct sim *sim)
{
  for (size_t i = 0; i < sim->node_count; i++)
    for (struct cf_conn *conn = ((struct sim_net *) sim->nodes[i]->net)->conns; conn; conn = conn->next_conn)
      if (conn->first && !conn->timer.armed && !is_cut (conn))
        cf_timer_after (&sim->env, &conn->timer, delay (sim));
}

/* ---- NATs ---- */

static struct sim_nat_way *
nat_find (struct sim_node *node, const struct sim_node *other, uint16_t remote)
{
  for (size_t i = 0; i < node->nat_way_count; i++)
    if (node->nat_ways[i].other == other->index && node->nat_ways[i].remote == remote)
      return &node->nat_ways[i];
  return NULL;
}

/* A place for one way more; the one used longest ago makes room. */
static struct sim_nat_way *
nat_room (struct sim_node *node)
{
  struct sim_nat_way *oldest = &node->nat_ways[0];

  if (node->nat_way_count < SIM_NAT_WAYS_MAX)
    return &node->nat_ways[node->nat_way_count++];
  for (size_t i = 1; i < SIM_NAT_WAYS_MAX; i++)
    if (node->nat_ways[i].used_ms < oldest->used_ms)
      oldest = &node->nat_ways[i];
  return oldest;
}

/* The port that THERE sees, of what leaves FROM for its port REMOTE. */
static uint16_t
nat_out (struct sim_node *from, const struct sim_node *there, uint16_t remote)
{
  struct sim_nat_way *way = nat_find (from, there, remote);

  if (way) {
    way->used_ms = from->sim->env.now_ms;
    return way->port;
  }
  way = nat_room (from);
  way->used_ms = from->sim->env.now_ms;
  way->other = there->index;
  way->remote = remote;
  way->port = SIM_NAT_PORT;
  if (from->nat == SIM_NAT_COUNT)
    way->port = (uint16_t) (SIM_NAT_PORT + from->nat_made);
  else if (from->nat == SIM_NAT_DICE)
    way->port = (uint16_t) (SIM_NAT_PORT + sim_random (from->sim, 40000));
  from->nat_made++;
  return way->port;
}

static bool
nat_lets_in (struct sim_node *to, const struct sim_node *from, uint16_t port, uint16_t to_port)
{
  const struct sim_nat_way *way = nat_find (to, from, port);

  return to->nat == SIM_NAT_NONE || (way && way->port == to_port);
}

void
sim_node_move (struct sim_node *node)
{
  struct sim *sim = node->sim;

  assert (!node->core && !node->server);
  node->moves = (uint8_t) (node->moves % UINT8_MAX + 1);
  node->nat_way_count = node->nat_made = 0;
  for (size_t i = 0; i < sim->node_count; i++) {
    struct sim_node *n = sim->nodes[i];
    size_t kept = 0;

    for (size_t k = 0; k < n->nat_way_count; k++)
      if (n->nat_ways[k].other != node->index)
        n->nat_ways[kept++] = n->nat_ways[k];
    n->nat_way_count = kept;
  }
}

/* ---- datagrams ---- */

static void
datagram_arrives (void *arg)
{
  struct datagram *d = arg;
  struct sim_node *to = d->sim->nodes[d->to];
  struct cf_addr from;

  if ((to->core || to->server) && to->net->handler && !d->sim->cut[d->from][d->to]
      && nat_lets_in (to, d->sim->nodes[d->from], d->port, d->to_port)) {
    sim_net_addr (d->sim->nodes[d->from], &from);
    from.port = d->port;
    to->net->handler->datagram (to->net->handler_arg, &from, d->data, d->len);
  }
  free (d);
}

static void
post (struct sim_node *from, uint16_t port, struct sim_node *to, uint16_t to_port, const void *data, size_t len)
{
  struct sim *sim = from->sim;
  int copies = 1;

  from->sent_bytes += len;
  if (sim->datagram)
    sim->datagram (sim, from, port, to, data, len);

  if (sim->loss_permille && sim_random (sim, 1000) < sim->loss_permille)
    copies = 0;
  else if (sim->dup_permille && sim_random (sim, 1000) < sim->dup_permille)
    copies = 2;
  while (copies--) {
    struct datagram *d = calloc (1, sizeof *d + len);

    assert (d);
    d->sim = sim;
    d->from = from->index;
    d->to = to->index;
    d->port = port;
    d->to_port = to_port;
    d->len = len;
    memcpy (d->data, data, len);
    cf_timer_init (&d->timer, datagram_arrives, d);
    cf_timer_after (&sim->env, &d->timer, delay (sim));
  }
}

static gpg_error_t
net_send_datagram (struct cf_net *base, const struct cf_addr *to, const void *data, size_t len)
{
  struct sim_node *node = sim_net_node (base);
  struct sim_node *there = node_at (node->sim, to);

  if (there)
    post (node, node->nat ? nat_out (node, there, to->port) : SIM_UDP_PORT, there, to->port, data, len);
  return 0;
}

static gpg_error_t
net_send_datagrams (struct cf_net *base, const struct cf_addr *to, const void *data, size_t len, size_t segment)
{
  const uint8_t *p = data;

  for (; len; p += segment, len -= segment) {
    segment = segment < len ? segment : len;
    if (net_send_datagram (base, to, p, segment))
      return cf_err (GPG_ERR_ENETUNREACH);
  }
  return 0;
}

static bool
net_is_near (struct cf_net *base, const struct cf_addr *addr)
{
  return !sim_net_node (base)->sim->far && addr->family == 4;
}

static gpg_error_t
net_broadcast (struct cf_net *base, const void *data, size_t len)
{
  struct sim_node *node = sim_net_node (base);

  for (size_t i = 0; i < node->sim->node_count; i++) /* a host hears its own broadcast, too */
    if ((!node->sim->far || i == node->index) && !node->nat && !node->sim->nodes[i]->nat)
      post (node, SIM_UDP_PORT, node->sim->nodes[i], SIM_UDP_PORT, data, len);
  return 0;
}

/* Say it from a port that nobody has used: to THERE, or to everyone if that is NULL. */
static gpg_error_t
post_fresh (struct sim_node *node, struct sim_node *there, cf_net_say say, void *arg)
{
  struct sim *sim = node->sim;
  struct cf_addr source;
  struct cf_buf out;
  gpg_error_t err;

  sim_net_addr (node, &source);
  source.port = (uint16_t) (10000 + sim_random (sim, 50000));
  cf_buf_init (&out, CF_NET_DATAGRAM_MAX);
  err = say (arg, &source, &out);
  for (size_t i = 0; !err && i < sim->node_count; i++)
    if ((!there || there == sim->nodes[i]) && !node->nat && !sim->nodes[i]->nat)
      post (node, source.port, sim->nodes[i], SIM_UDP_PORT, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  return err;
}

static gpg_error_t
net_send_fresh (struct cf_net *base, const struct cf_addr *to, cf_net_say say, void *arg)
{
  struct sim_node *node = sim_net_node (base);
  struct sim_node *there = node_at (node->sim, to);

  return there ? post_fresh (node, there, say, arg) : 0;
}

static gpg_error_t
net_broadcast_fresh (struct cf_net *base, cf_net_say say, void *arg)
{
  return post_fresh (sim_net_node (base), NULL, say, arg);
}

static size_t
net_addresses (struct cf_net *base, struct cf_addr *r_addrs, size_t max)
{
  if (max) {
    sim_net_addr (sim_net_node (base), r_addrs);
    if (sim_net_node (base)->nat)
      r_addrs->bytes[0] = 192; /* where nobody else gets to */
  }
  return max ? 1 : 0;
}

static uint16_t
net_tcp_port (struct cf_net *base)
{
  (void) base;
  return SIM_TCP_PORT;
}

static uint16_t
net_udp_port (struct cf_net *base)
{
  (void) base;
  return SIM_UDP_PORT;
}

static const struct cf_net_ops ops = {
  .dial = net_dial,
  .punch = net_dial, /* there are no NATs */
  .set_handler = net_set_handler,
  .write = net_write,
  .queued = net_queued,
  .close = net_close,
  .send_datagram = net_send_datagram,
  .send_datagrams = net_send_datagrams,
  .is_near = net_is_near,
  .broadcast = net_broadcast,
  .send_fresh = net_send_fresh,
  .broadcast_fresh = net_broadcast_fresh,
  .addresses = net_addresses,
  .tcp_port = net_tcp_port,
  .udp_port = net_udp_port,
};

struct cf_net *
sim_net_new (struct sim_node *node)
{
  struct sim_net *net = calloc (1, sizeof *net);

  assert (net);
  net->net.ops = &ops;
  net->node = node;
  return &net->net;
}

/* The node is going down or has gone: its ends vanish; the others hear a reset, or nothing. */
void
sim_net_reset (struct cf_net *base, bool silent)
{
  struct sim_net *net = (struct sim_net *) base;

  for (struct cf_conn *conn = net->conns; conn; conn = conn->next_conn) {
    conn->failed = true; /* no write leaves from now on */
    if (conn->other) {
      if (!silent)
        push (conn->other, NULL, 0, false, cf_err (GPG_ERR_ECONNRESET));
      conn->other->other = NULL;
      conn->other = NULL;
    }
  }
  if (sim_net_node (base)->core || sim_net_node (base)->server)
    return; /* its owners still close them */
  while (net->conns)
    conn_free (net->conns);
}

void
sim_net_free (struct cf_net *base)
{
  struct sim_net *net = (struct sim_net *) base;

  while (net->conns)
    conn_free (net->conns);
  free (net);
}
