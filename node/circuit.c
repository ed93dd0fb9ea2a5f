/* SPDX-License-Identifier: GPL-3.0-or-later */
/* circuit.c - bytes between two guests, of whom neither may send more than there is room for.
 *
 *   dialler --DATA, within ALLOWED--> | out of the other end |--DATA, within CREDIT--> whom he dialled
 *           <------- CREDIT --------- |  waits, bounded      |<------- CREDIT --------
 *
 * Credit is given hop by hop: what one end has sent and the other has not yet
 * taken is all that is kept here.  A window grows while a circuit uses it and
 * there is memory, and shrinks when there is little.  The circuits of a guest
 * take turns, one DATA each; a guest who takes nothing is told nothing more
 * until it does, and a circuit that stands still for STALLED_MS is closed.
 */
#include "node/private.h"

#include <stdlib.h>

#include "base/bucket.h"

#define WINDOW_MOST (256 * 1024)
#define STALLED_MS 30000
#define WATCH_MS 5000
#define INCOMING_BURST 256 /* circuits to one guest ... */
#define INCOMING_MS 100    /* ... and then one in that time */

struct circuit {
  struct cf_server *server;
  struct end ends[2]; /* the dialler's is the first */
  struct circuit *next, *previous; /* of those where bytes wait */
  bool is_waiting;
  uint64_t progress_ms;
};

static struct end *
other_end (const struct end *e)
{
  return &e->circuit->ends[e == &e->circuit->ends[0]];
}

static struct end *
find_end (const struct guest *g, uint32_t id)
{
  struct end *e = g->circuits;

  while (e && e->id != id)
    e = e->next;
  return e;
}

/* ---- circuits where bytes wait, the one without progress for longest first ---- */

static void
waiting_remove (struct circuit *c)
{
  struct cf_server *s = c->server;

  if (!c->is_waiting)
    return;
  *(c->previous ? &c->previous->next : &s->first_waiting) = c->next;
  *(c->next ? &c->next->previous : &s->last_waiting) = c->previous;
  c->next = c->previous = NULL;
  c->is_waiting = false;
}

/* Bytes came to wait, or went on. */
static void
waiting_update (struct circuit *c)
{
  struct cf_server *s = c->server;

  waiting_remove (c);
  if (!cf_buf_len (&c->ends[0].out) && !cf_buf_len (&c->ends[1].out))
    return;
  c->is_waiting = true;
  c->previous = s->last_waiting;
  *(s->last_waiting ? &s->last_waiting->next : &s->first_waiting) = c;
  s->last_waiting = c;
  if (!s->watch.armed)
    cf_timer_after (s->env, &s->watch, WATCH_MS);
}

/* ---- turns of a guest's circuits: a ring, of which the guest knows the last ---- */

static void
ready_add (struct end *e)
{
  struct guest *g = e->guest;

  if (e->next_ready || !g || !e->credit || !cf_buf_len (&e->out))
    return;
  e->next_ready = g->ready ? g->ready->next_ready : e;
  if (g->ready)
    g->ready->next_ready = e;
  g->ready = e;
}

static void
ready_remove (struct end *e)
{
  struct guest *g = e->guest;
  struct end *before = e->next_ready;

  if (!before)
    return;
  while (before->next_ready != e)
    before = before->next_ready;
  before->next_ready = e->next_ready;
  if (g->ready == e)
    g->ready = before == e ? NULL : before;
  e->next_ready = NULL;
}

/* ---- the end ---- */

static void
say_close (struct guest *g, uint32_t id, uint16_t code)
{
  struct cf_node_message m = { .kind = CF_NODE_CLOSE, .circuit = { .circuit = id, .code = code } };

  guest_say (g, &m);
}

/* E's guest has nothing to do with the circuit any more. */
static void
detach (struct end *e)
{
  struct end **at;

  if (!e->guest)
    return;
  ready_remove (e);
  for (at = &e->guest->circuits; *at != e; at = &(*at)->next)
    ;
  *at = e->next;
  e->guest->circuit_count--;
  e->guest = NULL;
  e->circuit->server->waiting_bytes -= cf_buf_len (&e->out);
  cf_buf_done (&e->out);
}

static void
circuit_free (struct circuit *c)
{
  detach (&c->ends[0]);
  detach (&c->ends[1]);
  waiting_remove (c);
  c->server->circuit_count--;
  free (c);
}

/* Both ends are told; what waits is lost. */
static void
cut (struct circuit *c, gpg_err_code_t code)
{
  for (int i = 0; i < 2; i++)
    if (c->ends[i].guest)
      say_close (c->ends[i].guest, c->ends[i].id, (uint16_t) code);
  circuit_free (c);
}

/* Everything for E has gone. */
static void
finish (struct end *e)
{
  say_close (e->guest, e->id, e->code);
  circuit_free (e->circuit);
}

/* E's guest has gone, or wants no more: the other one gets what it sent, and then CLOSE. */
static void
leave (struct end *e, uint16_t code)
{
  struct end *o = other_end (e);

  detach (e);
  if (!o->guest) {
    circuit_free (e->circuit);
    return;
  }
  o->is_over = true;
  o->code = code;
  if (!cf_buf_len (&o->out))
    finish (o);
  else
    waiting_update (e->circuit);
}

void
circuit_close (struct guest *guest, uint32_t id, uint16_t code)
{
  struct end *e = find_end (guest, id);

  if (e)
    leave (e, code); /* else our own CLOSE has crossed it */
}

void
circuit_leave_all (struct guest *guest)
{
  while (guest->circuits)
    leave (guest->circuits, GPG_ERR_ENOTCONN);
}

void
circuit_watch (void *arg)
{
  struct cf_server *s = arg;
  struct circuit *c;

  while ((c = s->first_waiting) && s->env->now_ms - c->progress_ms >= STALLED_MS) {
    cf_refused (s->env, CF_REFUSED_CIRCUIT_STALLED);
    cut (c, GPG_ERR_TIMEOUT);
  }
  if (s->first_waiting)
    cf_timer_after (s->env, &s->watch, WATCH_MS);
}

/* ---- dialling ---- */

static void
attach (struct end *e, struct circuit *c, struct guest *g, uint32_t id)
{
  e->circuit = c;
  e->guest = g;
  e->id = id;
  e->allowed = e->window = e->credit = CF_CIRCUIT_WINDOW;
  cf_buf_init (&e->out, WINDOW_MOST);
  e->next = g->circuits;
  g->circuits = e;
  g->circuit_count++;
}

/* Why there can be no circuit from GUEST to that key; 0: there can, to *R_TO. */
static gpg_err_code_t
check_dial (struct guest *guest, const uint8_t *device_key, struct guest **r_to, enum cf_refusal *r_why)
{
  struct cf_server *s = guest->server;
  struct registration *r;

  *r_why = CF_REFUSED_CIRCUIT_FLOOD;
  if (!host_may (guest->host, HOST_DIALS, 1))
    return GPG_ERR_LIMIT_REACHED;
  *r_why = CF_REFUSED_CIRCUIT_ABSENT;
  r = register_find (s, device_key);
  if (!r || !r->guest || r->guest == guest || r->guest->ending)
    return GPG_ERR_NOT_FOUND;
  *r_why = CF_REFUSED_CIRCUIT_FULL;
  if (s->circuit_count >= s->limits.circuits || guest->circuit_count >= CF_CIRCUITS_MAX
      || r->guest->circuit_count >= CF_CIRCUITS_MAX)
    return GPG_ERR_RESOURCE_LIMIT;
  *r_why = CF_REFUSED_CIRCUIT_FLOOD;
  if (!cf_bucket_take (&r->guest->incoming_full_ms, s->env->now_ms, INCOMING_BURST, INCOMING_MS, 1))
    return GPG_ERR_LIMIT_REACHED;
  *r_to = r->guest;
  return 0;
}

gpg_error_t
circuit_dial (struct guest *guest, uint32_t id, const uint8_t device_key[CF_DEVICE_KEY_LEN])
{
  struct cf_server *s = guest->server;
  struct cf_node_message incoming = { .kind = CF_NODE_INCOMING }, opened = { .kind = CF_NODE_OPENED };
  struct guest *to = NULL;
  struct circuit *c;
  enum cf_refusal why;
  gpg_err_code_t code;

  if (id % 2 == 0 || id <= guest->last_dialled)
    return cf_err (CF_ERR_PROTOCOL);
  guest->last_dialled = id;
  code = check_dial (guest, device_key, &to, &why);
  if (code) {
    cf_refused (s->env, why);
    say_close (guest, id, (uint16_t) code);
    return 0;
  }
  c = calloc (1, sizeof *c);
  if (!c) {
    say_close (guest, id, GPG_ERR_ENOMEM);
    return 0;
  }
  c->server = s;
  s->circuit_count++;
  s->total_circuits++;
  attach (&c->ends[0], c, guest, id);
  to->last_incoming += 2;
  attach (&c->ends[1], c, to, to->last_incoming);
  incoming.circuit.circuit = to->last_incoming;
  opened.circuit.circuit = id;
  guest_say (to, &incoming); /* if that fails, TO ends, and its circuits with it */
  guest_say (guest, &opened);
  return 0;
}

/* ---- bytes ---- */

/* N bytes that E's guest has sent have gone on: it may send as many again, more or fewer as memory allows. */
static void
went_on (struct end *e, uint32_t n)
{
  struct cf_server *s = e->circuit->server;
  struct cf_node_message m = { .kind = CF_NODE_CREDIT, .credit = { .circuit = e->id } };
  bool is_scarce = s->waiting_bytes > s->limits.waiting_bytes / 2;
  uint32_t change, bytes;

  e->owed += n;
  if (!e->guest || e->owed < e->window / 4)
    return;
  bytes = e->owed;
  e->owed = 0;
  if (is_scarce) {
    change = e->window - CF_CIRCUIT_WINDOW < bytes ? e->window - CF_CIRCUIT_WINDOW : bytes;
    e->window -= change;
    bytes -= change;
  } else {
    change = WINDOW_MOST - e->window < bytes ? WINDOW_MOST - e->window : bytes;
    e->window += change;
    bytes += change;
  }
  e->allowed += bytes;
  m.credit.bytes = bytes;
  if (bytes)
    guest_say (e->guest, &m);
}

/* Send N bytes at DATA to E's guest. */
static void
send_data (struct end *e, const uint8_t *data, uint32_t n)
{
  struct cf_node_message m = { .kind = CF_NODE_DATA, .circuit = { .circuit = e->id, .data = data, .len = n } };

  e->credit -= n;
  e->circuit->progress_ms = e->circuit->server->env->now_ms;
  guest_say (e->guest, &m);
  went_on (other_end (e), n);
}

/* Room for LEN bytes more, if need be that of others, who take nothing.  Is C still there? */
static bool
make_room (struct circuit *c, size_t len)
{
  struct cf_server *s = c->server;

  while (s->waiting_bytes + len > s->limits.waiting_bytes) {
    struct circuit *victim = s->first_waiting ? s->first_waiting : c;
    bool is_itself = victim == c;

    cf_refused (s->env, CF_REFUSED_CIRCUIT_STALLED);
    cut (victim, GPG_ERR_RESOURCE_LIMIT);
    if (is_itself)
      return false;
  }
  return true;
}

void
circuit_data (struct guest *guest, uint32_t id, const uint8_t *data, size_t len)
{
  struct cf_server *s = guest->server;
  struct end *e = find_end (guest, id), *o;

  if (!e) { /* our CLOSE may have crossed it */
    cf_refused (s->env, CF_REFUSED_CIRCUIT_UNKNOWN);
    return;
  }
  if (len > e->allowed) {
    cf_refused (s->env, CF_REFUSED_CIRCUIT_CREDIT);
    cut (e->circuit, CF_ERR_PROTOCOL);
    return;
  }
  e->allowed -= (uint32_t) len;
  s->total_bytes += len;
  o = other_end (e);
  if (!o->guest)
    return; /* it wants no more */
  if (!cf_buf_len (&o->out) && o->credit >= len && guest_has_room (o->guest)) {
    send_data (o, data, (uint32_t) len);
    return;
  }
  if (!make_room (e->circuit, len))
    return;
  if (cf_buf_add (&o->out, data, len)) {
    cut (e->circuit, GPG_ERR_ENOMEM);
    return;
  }
  s->waiting_bytes += len;
  if (!e->circuit->is_waiting) {
    e->circuit->progress_ms = s->env->now_ms;
    waiting_update (e->circuit);
  }
  ready_add (o);
  circuit_pump (o->guest); /* there may be room and credit for a part */
}

/* The turn of E. */
static void
take_turn (struct end *e)
{
  struct circuit *c = e->circuit;
  size_t len = cf_buf_len (&e->out);
  uint32_t n = len < CF_CIRCUIT_DATA_MAX ? (uint32_t) len : CF_CIRCUIT_DATA_MAX;

  if (n > e->credit)
    n = e->credit;
  send_data (e, cf_buf_data (&e->out), n);
  c->server->waiting_bytes -= n;
  cf_buf_consume (&e->out, n);
  e->guest->ready = e;
  if (!e->credit || len == n)
    ready_remove (e);
  if (len == n)
    cf_buf_done (&e->out); /* a circuit that rests holds no memory */
  waiting_update (c);
  if (len == n && e->is_over)
    finish (e);
}

void
circuit_pump (struct guest *guest)
{
  while (guest->ready && guest_has_room (guest))
    take_turn (guest->ready->next_ready);
}

void
circuit_credit (struct guest *guest, uint32_t id, uint32_t bytes)
{
  struct end *e = find_end (guest, id);

  if (!e) {
    cf_refused (guest->server->env, CF_REFUSED_CIRCUIT_UNKNOWN);
    return;
  }
  if (bytes > CF_CIRCUIT_WINDOW_MAX - e->credit) {
    cf_refused (guest->server->env, CF_REFUSED_CIRCUIT_CREDIT);
    cut (e->circuit, CF_ERR_PROTOCOL);
    return;
  }
  e->credit += bytes;
  ready_add (e);
  circuit_pump (guest);
}
