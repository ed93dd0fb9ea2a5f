/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_way.c - one way to a person: a tunnel, and how far its two HELLOs are.
 *
 *   dialled:  DIALLING --ready: say_hello--> ASKED --HELLO: take_hello--> CHECKING --holds: way_checked--> UP
 *   accepted: WAITING --HELLO: take_hello--> CHECKING --holds: way_checked, our HELLO leaves--> UP
 *                \--KEY?: answer_key--> ANSWERED (the asker hangs up, or the deadline comes)
 *             WAITING, CHECKING --he may not reach us--> SILENT (until the deadline)
 *   any --closed, deadline, broken rule--> gone
 *
 * Of two tunnels of a pair, the one dialled by the lower device key stays.
 * Both ends decide it when a HELLO leaves or arrives, before any of the two is
 * up, so that the layers above never see the loser: doc/protocol.md, "Two tunnels of a pair".
 */
#include <stdlib.h>
#include <string.h>

#include "core/links.h"
#include "core/self.h"
#include "net/cipher.h"
#include "net/exchange.h"
#include "net/paths.h"

#define EARLY_MAX (2 * CF_MESSAGE_TALK_MAX) /* talk that overtakes our checking */

enum way_state { WAY_DIALLING, WAY_ASKED, WAY_WAITING, WAY_ANSWERED, WAY_CHECKING, WAY_SILENT, WAY_UP, WAY_STATES };

static const char *const state_names[WAY_STATES]
  = { "dialling", "asked", "waiting", "answered", "checking", "silent", "up" };

/* From the row to the column. */
static const bool allowed[WAY_STATES][WAY_STATES] = {
  [WAY_DIALLING][WAY_ASKED] = true,
  [WAY_ASKED][WAY_CHECKING] = true,
  [WAY_WAITING][WAY_ANSWERED] = true,
  [WAY_WAITING][WAY_CHECKING] = true,
  [WAY_WAITING][WAY_SILENT] = true,
  [WAY_CHECKING][WAY_SILENT] = true,
  [WAY_CHECKING][WAY_UP] = true,
};

struct cf_way {
  struct cf_way *next, **at;   /* in its link's list, or the strangers' */
  struct cf_links *links;
  struct cf_link *link;        /* NULL: a stranger so far */
  struct cf_link_tunnel *tunnel;
  struct cf_peer_verify *verify; /* CHECKING */
  enum way_state state;
  bool dialled;
  bool is_ready;               /* the handshake is complete */
  uint8_t token[CF_ADDRESS_TOKEN_LEN]; /* accepted: of an address, as he has shown it; zeros: none */
  uint8_t device[CF_DEVICE_KEY_LEN]; /* the other end's; once the tunnel is ready */
  struct cf_addr addr;
  enum cf_carrier carrier;     /* dialled: as it began ... */
  enum cf_step step;           /* ... and as what */
  struct cf_buf early;         /* CHECKING, dialled: messages, each with its channel and length */
};

static gpg_error_t
set_state (struct cf_way *way, enum way_state state)
{
  char text[CF_ADDR_TEXT_SIZE];

  if (!allowed[way->state][state])
    return cf_err (CF_ERR_PROTOCOL);
  cf_log (way->links->core->env, CF_LOG_DEBUG, "way %s %s: %s -> %s", way->dialled ? "to" : "from",
          cf_addr_format (&way->addr, text), state_names[way->state], state_names[state]);
  way->state = state;
  return 0;
}

/* --- what came of it --- */

/* The dialled WAY has come to STATE, with ERR. */
static void
remember (struct cf_way *way, enum cf_try_state state, gpg_error_t err)
{
  if (way->dialled && way->link)
    cf_tries_end (&way->link->tries, way->links->core->env, way->step, &way->addr, way->carrier, state, err);
}

/* --- lists --- */

static void
way_enter (struct cf_way *way, struct cf_way **list)
{
  if (way->at) {
    *way->at = way->next;
    if (way->next)
      way->next->at = way->at;
  }
  way->next = *list;
  way->at = list;
  if (way->next)
    way->next->at = &way->next;
  *list = way;
}

static void
way_free (struct cf_way *way)
{
  if (way->at) {
    *way->at = way->next;
    if (way->next)
      way->next->at = way->at;
  }
  cf_peer_verify_cancel (way->verify);
  cf_buf_done (&way->early);
  free (way);
}

struct cf_way *
cf_way_next (const struct cf_way *way)
{
  return way->next;
}

void
cf_way_drop (struct cf_way *way, gpg_error_t why, const char *reason)
{
  if (way->state != WAY_UP)
    remember (way, CF_TRY_GIVEN_UP, 0);
  if (way->tunnel)
    cf_link_tunnel_close (way->tunnel, why, reason);
  way_free (way);
}

/* WAY has ended by itself, or by what the other side did; the tunnel is dead. */
static void
way_ended (struct cf_way *way, gpg_error_t err)
{
  struct cf_link *link = way->link;
  bool was_up = link && link->up == way;
  bool dialled = way->dialled;

  if (err)
    remember (way, CF_TRY_FAILED, err);
  way_free (way);
  if (link)
    cf_link_way_ended (link, was_up, dialled, err);
}

/* We end WAY, for ERR; REASON is told to the other side. */
static void
way_refuse (struct cf_way *way, gpg_error_t err, const char *reason)
{
  char text[CF_ADDR_TEXT_SIZE];

  way->links->counts.refused++;
  cf_log (way->links->core->env, CF_LOG_INFO, "tunnel %s %s refused: %s (%s)", way->dialled ? "to" : "from",
          cf_addr_format (&way->addr, text), reason ? reason : "no reason given", gpg_strerror (err));
  cf_link_tunnel_close (way->tunnel, err, reason);
  way->tunnel = NULL;
  way_ended (way, err);
}

static void
count (const struct cf_way *way, enum cf_refusal reason)
{
  cf_refused (way->links->core->env, reason);
}

/* Not a word, until the deadline that already runs. */
static void
way_silence (struct cf_way *way)
{
  gpg_error_t err = set_state (way, WAY_SILENT);

  if (err) {
    way_refuse (way, err, NULL);
    return;
  }
  way->links->counts.refused++;
}

/* A HELLO that does not hold.  While we are not visible to everyone, an answer to a contact's name and silence to
   another's would tell a stranger who our contacts are. */
static void
way_reject (struct cf_way *way, gpg_error_t err, const char *reason)
{
  if (!way->dialled && cf_peers_visibility (way->links->core) != CF_VISIBLE_EVERYONE)
    way_silence (way);
  else
    way_refuse (way, err, reason);
}

/* --- two tunnels of a pair --- */

static bool
ours_is_lower (const struct cf_way *way)
{
  return memcmp (way->links->core->self->device.device_key, way->device, CF_DEVICE_KEY_LEN) < 0;
}

static bool
is_better (const struct cf_way *way, const struct cf_way *other)
{
  return cf_way_rank (way) < cf_way_rank (other);
}

/* May the accepted WAY go on, given LINK's other ways?  Those that must yield to it are closed. */
static bool
accepted_may_go_on (struct cf_link *link, struct cf_way *way)
{
  struct cf_env *env = link->links->core->env;
  struct cf_way *next;

  for (struct cf_way *w = link->ways; w; w = next) {
    next = w->next;
    if (w == way)
      continue;
    if (w->state == WAY_UP && memcmp (w->device, way->device, CF_DEVICE_KEY_LEN))
      return false; /* another device of his is connected, and lives */
    if (!w->dialled)
      continue; /* his newer one replaces his older one when it goes up */
    if (w->state == WAY_ASKED || w->state == WAY_CHECKING) {
      if (ours_is_lower (way))
        return false;
      cf_way_drop (w, 0, "the other tunnel stays");
    } else if (w->state == WAY_UP && ours_is_lower (way) && !is_better (way, w)
               && env->now_ms - link->up_ms < CF_LINK_COLLISION_MS) {
      return false;
    }
  }
  return true;
}

/* May the dialled WAY say HELLO?  Beside one that is up only if it is better, and the other is no half of a collision. */
static bool
dialled_may_go_on (const struct cf_way *way)
{
  for (const struct cf_way *w = way->link->ways; w; w = w->next)
    if (w != way && (w->state == WAY_ASKED || w->state == WAY_CHECKING || (w->state == WAY_UP && !is_better (way, w))))
      return false;
  return true;
}

/* --- who we are --- */

static gpg_error_t
send_hello (struct cf_way *way, enum cf_control kind, const struct cf_fpr *expected)
{
  gpg_error_t err;
  const struct cf_self *self = way->links->core->self;
  const uint8_t *token = expected && way->dialled ? cf_peer_token (cf_peer_find (way->links->core, expected), way->device)
                                                  : NULL;
  struct cf_hello hello = { .versions = 1u << CF_PROTO_VERSION, .suites = CF_SUITES };
  struct cf_buf out;

  if (token)
    memcpy (hello.token, token, sizeof hello.token);
  if (expected)
    hello.expected = *expected;
  hello.device = self->device;
  hello.block = self->block;
  hello.block_len = self->block_len;
  hello.revocation = self->revocation;
  if (self->name && strlen (self->name) <= CF_NAME_MAX)
    strcpy (hello.name, self->name);
  cf_buf_init (&out, CF_MESSAGE_CONTROL_MAX);
  err = cf_hello_encode (kind, &hello, &out);
  if (!err)
    err = cf_link_tunnel_send (way->tunnel, CF_CHANNEL_CONTROL, cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  return err;
}

/* May the stranger at the other end know that we are here? */
static bool
may_find_us (const struct cf_way *way)
{
  static const uint8_t none[CF_ADDRESS_TOKEN_LEN];
  struct cf_core *core = way->links->core;

  if (cf_peers_visibility (core) == CF_VISIBLE_EVERYONE || cf_self_token_is (core->self, way->token))
    return true;
  count (way, memcmp (way->token, none, sizeof none) ? CF_REFUSED_HELLO_TOKEN : CF_REFUSED_HELLO_INVISIBLE);
  return false;
}

static void
answer_key (struct cf_way *way)
{
  gpg_error_t err;
  struct cf_links *links = way->links;

  if (!may_find_us (way)) {
    way_silence (way);
    return;
  }
  if (!cf_links_allow_question (links, &way->addr)) {
    count (way, CF_REFUSED_HELLO_QUESTIONS);
    way_silence (way);
    return;
  }
  err = set_state (way, WAY_ANSWERED);
  if (!err)
    err = send_hello (way, CF_CONTROL_KEY, NULL);
  if (err) {
    way_refuse (way, err, NULL);
    return;
  }
  links->counts.anonymous++;
}

/* --- who he is --- */

/* May the person who says to be IDENTITY reach us at all?  That he is blocked counts only once he is VERIFIED:
   else anybody could learn by his name that he is. */
static bool
may_reach (struct cf_way *way, const struct cf_fpr *identity, bool verified)
{
  struct cf_core *core = way->links->core;
  const struct cf_peer *peer = cf_peer_find (core, identity);
  const struct cf_link *link = cf_links_find (way->links, identity);

  if (peer && peer->blocked) {
    if (verified)
      count (way, CF_REFUSED_HELLO_BLOCKED);
    return !verified;
  }
  if (cf_links_is_ours (core, link, identity))
    return true;
  if (!may_find_us (way))
    return false;
  if (!cf_links_allow_unwanted (way->links)) {
    count (way, CF_REFUSED_HELLO_CROWDED);
    return false;
  }
  return true;
}

/* What can be said of a HELLO by itself; *R_REASON is for the other side. */
static gpg_error_t
check_hello (const struct cf_way *way, const struct cf_hello *hello, const char **r_reason)
{
  const struct cf_self *self = way->links->core->self;
  const uint32_t used = cf_link_tunnel_suite_bit (way->tunnel);

  if (!(hello->versions & (1u << CF_PROTO_VERSION)) || !(hello->suites & used)) {
    count (way, CF_REFUSED_HELLO_VERSION);
    *r_reason = "no version or suite in common";
    return cf_err (GPG_ERR_UNSUPPORTED_PROTOCOL);
  }
  if (!cf_fpr_equal (&hello->expected, &self->fpr)) {
    count (way, CF_REFUSED_HELLO_ADDRESSEE);
    *r_reason = "another identity was expected here";
    return cf_err (CF_ERR_KEY_WRONG);
  }
  if (memcmp (hello->device.device_key, way->device, CF_DEVICE_KEY_LEN)) {
    count (way, CF_REFUSED_HELLO_DEVICE);
    *r_reason = "the statement is for another device";
    return cf_err (CF_ERR_STATEMENT);
  }
  if (way->dialled && !cf_fpr_equal (&hello->device.identity, &way->link->fpr)) {
    count (way, CF_REFUSED_HELLO_IDENTITY);
    *r_reason = "not the identity that was dialled";
    return cf_err (CF_ERR_KEY_WRONG);
  }
  return 0;
}

static void way_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len);

/* What was sent before we had finished checking. */
static void
deliver_early (struct cf_link *link, struct cf_way *way)
{
  struct cf_buf early = way->early;
  struct cf_rd rd;
  const uint8_t *data;
  size_t len;

  cf_buf_init (&way->early, EARLY_MAX);
  cf_rd_init (&rd, cf_buf_data (&early), cf_buf_len (&early));
  /* A message may bring the tunnel down; WAY may be freed then, but not its address reused within this turn's
     link->up. */
  while (rd.left && !rd.err && link->up == way) {
    enum cf_channel channel = (enum cf_channel) cf_rd_u8 (&rd);

    cf_rd_blob32 (&rd, &data, &len, CF_MESSAGE_TALK_MAX);
    if (!rd.err)
      way_message (way, channel, data, len);
  }
  cf_buf_done (&early);
}

static void
way_checked (void *arg, gpg_error_t err, struct cf_peer *peer)
{
  struct cf_way *way = arg;
  struct cf_links *links = way->links;
  struct cf_link *link = way->link;

  way->verify = NULL;
  if (err) {
    way_reject (way, err, cf_err_info (err)->message);
    return;
  }
  if (!way->dialled) {
    if (!may_reach (way, &peer->fpr, true)) {
      way_silence (way);
      return;
    }
    err = cf_links_get (links, &peer->fpr, &link);
    if (!err && !accepted_may_go_on (link, way)) {
      count (way, CF_REFUSED_HELLO_SECOND);
      way_refuse (way, cf_err (GPG_ERR_EEXIST), "the other tunnel stays");
      return;
    }
    if (!err)
      err = send_hello (way, CF_CONTROL_HELLO, &peer->fpr);
    if (err) {
      way_refuse (way, err, NULL);
      return;
    }
    way->link = link;
    way_enter (way, &link->ways);
  }
  err = set_state (way, WAY_UP);
  if (err) {
    way_refuse (way, err, NULL);
    return;
  }
  remember (way, CF_TRY_HELD, 0);
  cf_link_tunnel_established (way->tunnel);
  cf_link_went_up (link, way, peer);
  if (link->up == way)
    deliver_early (link, way);
}

static void
take_hello (struct cf_way *way, const struct cf_hello *hello)
{
  gpg_error_t err;
  const char *reason = NULL;
  struct cf_peer *known = cf_peer_by_device (way->links->core, way->device);
  struct cf_link *link = known ? cf_links_find (way->links, &known->fpr) : NULL;

  err = check_hello (way, hello, &reason);
  if (err) {
    way_reject (way, err, reason);
    return;
  }
  if (!way->dialled) {
    if (!may_reach (way, &hello->device.identity, false)) {
      way_silence (way);
      return;
    }
    if (!known && !cf_links_allow_question (way->links, &way->addr)) {
      count (way, CF_REFUSED_HELLO_QUESTIONS);
      way_silence (way);
      return;
    }
    if (link && !accepted_may_go_on (link, way)) {
      count (way, CF_REFUSED_HELLO_SECOND);
      way_refuse (way, cf_err (GPG_ERR_EEXIST), "the other tunnel stays");
      return;
    }
    if (link) {
      way->link = link;
      way_enter (way, &link->ways);
    }
  }
  err = set_state (way, WAY_CHECKING);
  if (!err)
    err = cf_peer_verify_start (way->links->core->peers, known ? CF_GPG_MESSAGE : CF_GPG_BACKGROUND, hello,
                                &way->addr, way->dialled ? &way->addr : NULL, way_checked, way, &way->verify);
  if (err)
    way_reject (way, err, cf_err_info (err)->message);
}

/* --- what the tunnel says --- */

static void
way_ready (void *arg)
{
  gpg_error_t err;
  struct cf_way *way = arg;

  memcpy (way->device, cf_link_tunnel_remote_key (way->tunnel), CF_DEVICE_KEY_LEN);
  way->is_ready = true;
  if (!way->dialled)
    return;
  if (!dialled_may_go_on (way)) {
    struct cf_link *link = way->link;

    cf_way_drop (way, 0, "the other tunnel stays");
    cf_link_way_ended (link, false, true, link->error);
    return;
  }
  err = set_state (way, WAY_ASKED);
  if (!err)
    err = send_hello (way, CF_CONTROL_HELLO, &way->link->fpr);
  if (err) {
    way_refuse (way, err, NULL);
    return;
  }
  cf_timer_cancel (way->links->core->env, &way->link->stagger);
}

static void
way_control (struct cf_way *way, const uint8_t *data, size_t len)
{
  gpg_error_t err;
  enum cf_control kind;
  struct cf_hello hello;

  if (way->state == WAY_UP && len && *data == CF_CONTROL_PATHS) {
    err = cf_link_paths_take (way->link, data, len);
    if (err)
      way_refuse (way, err, "malformed paths");
    return;
  }
  if (way->state == WAY_UP && len && (*data == CF_CONTROL_PEERS_ASK || *data == CF_CONTROL_PEERS)) {
    err = cf_link_exchange_take (way->link, data, len);
    if (err)
      way_refuse (way, err, "malformed peers");
    return;
  }
  err = cf_hello_decode (data, len, &kind, &hello);
  if (!err && way->state == WAY_WAITING)
    memcpy (way->token, hello.token, sizeof way->token);
  if (!err && kind == CF_CONTROL_HELLO && (way->state == WAY_ASKED || way->state == WAY_WAITING))
    take_hello (way, &hello);
  else if (!err && kind == CF_CONTROL_KEY_ASK && way->state == WAY_WAITING)
    answer_key (way);
  else {
    count (way, err ? CF_REFUSED_HELLO_MALFORMED : CF_REFUSED_HELLO_UNEXPECTED);
    way_refuse (way, err ? err : cf_err (CF_ERR_PROTOCOL), "unexpected message");
  }
}

/* He whom we have dialled is up before we are: he talks, and says where he is. */
static bool
is_early (const struct cf_way *way, enum cf_channel channel, const uint8_t *data, size_t len)
{
  if (way->state != WAY_CHECKING || !way->dialled)
    return false;
  return channel == CF_CHANNEL_TALK || (channel == CF_CHANNEL_CONTROL && len && *data >= CF_CONTROL_PATHS && *data <= CF_CONTROL_PEERS);
}

static void
way_early (struct cf_way *way, enum cf_channel channel, const uint8_t *data, size_t len)
{
  gpg_error_t err;
  struct cf_wr wr;

  cf_wr_init (&wr, &way->early);
  cf_wr_u8 (&wr, (uint8_t) channel);
  cf_wr_blob32 (&wr, data, len);
  err = cf_wr_finish (&wr);
  if (err) {
    count (way, CF_REFUSED_HELLO_EARLY);
    way_refuse (way, err, "too much before the answer");
  }
}

static void
way_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct cf_way *way = arg;

  if (way->state == WAY_SILENT)
    return;
  if (is_early (way, channel, data, len))
    way_early (way, channel, data, len);
  else if (channel == CF_CHANNEL_CONTROL)
    way_control (way, data, len);
  else if (way->state == WAY_UP)
    cf_link_got (way->link, channel, data, len);
  else {
    count (way, CF_REFUSED_HELLO_UNEXPECTED);
    way_refuse (way, cf_err (CF_ERR_PROTOCOL), "unexpected message");
  }
}

static void
way_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct cf_way *way = arg;
  char text[CF_ADDR_TEXT_SIZE];

  if (reason)
    cf_log (way->links->core->env, CF_LOG_INFO, "%s closed the tunnel: %s", cf_addr_format (&way->addr, text), reason);
  if (way->state == WAY_WAITING
      && (gpg_err_code (err) == GPG_ERR_TIMEOUT || gpg_err_code (err) == GPG_ERR_ETIMEDOUT))
    count (way, way->is_ready ? CF_REFUSED_HELLO_TIMEOUT : CF_REFUSED_HANDSHAKE_TIMEOUT);
  way->tunnel = NULL;
  if (!err && way->state != WAY_UP)
    err = cf_err (CF_ERR_NOT_REACHABLE); /* a goodbye instead of a HELLO */
  way_ended (way, err);
}

/* All the strangers' tunnels at once may cost us UNWANTED_UP_MAX times what one may send: no more than keys need. */
static bool
way_large (void *arg)
{
  const struct cf_way *way = arg;

  return way->link && cf_links_is_ours (way->links->core, way->link, &way->link->fpr);
}

static void
way_room (void *arg)
{
  struct cf_way *way = arg;

  if (way->state == WAY_UP)
    cf_link_has_room (way->link);
}

/* It may come before we know that he is up: what may be lost is. */
static void
way_datagram (void *arg, const uint8_t *data, size_t len)
{
  struct cf_way *way = arg;

  if (way->state == WAY_UP)
    cf_link_got_datagram (way->link, data, len);
}

static const struct cf_link_tunnel_handler way_handler
    = { way_ready, way_message, way_closed, way_large, way_room, way_datagram };

/* --- life --- */

static struct cf_way *
way_new (struct cf_links *links, bool dialled, const struct cf_addr *addr)
{
  struct cf_way *way = calloc (1, sizeof *way);

  if (!way)
    return NULL;
  way->links = links;
  way->dialled = dialled;
  way->state = dialled ? WAY_DIALLING : WAY_WAITING;
  way->addr = *addr;
  cf_buf_init (&way->early, EARLY_MAX);
  return way;
}

gpg_error_t
cf_way_dial (struct cf_link *link, const struct cf_link_candidate *to)
{
  gpg_error_t err;
  struct cf_links *links = link->links;
  const struct cf_self *self = links->core->self;
  struct cf_link_tunnel_keys keys = { .remote_public = to->device };
  struct cf_way *way = way_new (links, true, &to->addr);

  if (!way)
    return cf_err (GPG_ERR_ENOMEM);
  keys.own_secret = self->device_secret;
  keys.own_public = self->device.device_key;
  keys.from_listener = to->punch;
  keys.again_ms = to->punch ? CF_DATAGRAM_PUNCH_MS : 0;
  memcpy (way->device, to->device, CF_DEVICE_KEY_LEN);
  way->link = link;
  way->carrier = to->carrier;
  way->step = to->punch ? CF_STEP_PUNCHED : cf_link_step_of (links->core, link, &to->addr);
  cf_tries_begin (&link->tries, links->core->env, way->step, &to->addr, to->carrier);
  err = cf_link_tunnel_dial (links, to->carrier, &to->addr, &keys, &way_handler, way, &way->tunnel);
  if (err) {
    remember (way, CF_TRY_FAILED, err);
    way_free (way);
    return err;
  }
  way_enter (way, &link->ways);
  links->counts.dialled++;
  return 0;
}

void
cf_way_accept (struct cf_links *links, struct cf_net *net, struct cf_conn *conn, const struct cf_addr *from)
{
  gpg_error_t err;
  const struct cf_self *self = links->core->self;
  struct cf_link_tunnel_keys keys = { .own_secret = self->device_secret, .own_public = self->device.device_key };
  struct cf_way *way = way_new (links, false, from);

  if (!way) {
    net->ops->close (conn);
    return;
  }
  way_enter (way, &links->strangers);
  err = cf_link_tunnel_accept (links, net, conn, from, &keys, &way_handler, way, &way->tunnel);
  if (err) {
    cf_log (links->core->env, CF_LOG_WARN, "a stream could not be taken: %s", gpg_strerror (err));
    way_free (way);
  }
}

bool
cf_way_accept_dgram (struct cf_links *links, struct cf_dgram *dgram, const struct cf_addr *from)
{
  struct cf_way *way = way_new (links, false, from);
  gpg_error_t err;

  if (!way)
    return false;
  err = cf_link_tunnel_accept_dgram (links, dgram, from, &way_handler, way, &way->tunnel);
  if (err) {
    way_free (way);
    return false;
  }
  way_enter (way, &links->strangers);
  return true;
}

void
cf_ways_free (struct cf_links *links)
{
  const void *key;
  void *value;
  size_t pos = 0;

  while (links->strangers)
    cf_way_drop (links->strangers, 0, NULL);
  while (links->by_fpr && cf_map_next (links->by_fpr, &pos, &key, &value)) {
    struct cf_link *link = value;

    link->up = NULL;
    cf_ways_drop_all (link, 0, NULL);
  }
}

size_t
cf_ways_dialling (const struct cf_link *link)
{
  size_t count = 0;

  for (const struct cf_way *w = link->ways; w; w = w->next)
    count += w->dialled && w->state != WAY_UP;
  return count;
}

void
cf_ways_drop_all (struct cf_link *link, gpg_error_t why, const char *reason)
{
  while (link->ways)
    cf_way_drop (link->ways, why, reason);
}

void
cf_ways_drop_dialled (struct cf_link *link, const struct cf_way *keep)
{
  struct cf_way *next;

  for (struct cf_way *w = link->ways; w; w = next) {
    next = w->next;
    if (w->dialled && w != keep)
      cf_way_drop (w, 0, "the other tunnel stays");
  }
}

bool
cf_way_is_dialled (const struct cf_way *way)
{
  return way->dialled;
}

bool
cf_way_is_checking (const struct cf_way *way)
{
  return way->state == WAY_CHECKING;
}

const uint8_t *
cf_way_device (const struct cf_way *way)
{
  return way->device;
}

const struct cf_addr *
cf_way_addr (const struct cf_way *way)
{
  return way->tunnel ? cf_link_tunnel_addr (way->tunnel) : &way->addr;
}

enum cf_rank
cf_way_rank (const struct cf_way *way)
{
  return way->tunnel ? cf_link_rank_of (way->links->core, cf_way_addr (way), cf_link_tunnel_carrier (way->tunnel))
                     : CF_RANK_NONE;
}

struct cf_link_tunnel *
cf_way_tunnel (struct cf_way *way)
{
  return way->tunnel;
}

gpg_error_t
cf_way_send (struct cf_way *way, enum cf_channel channel, const void *data, size_t len)
{
  return cf_link_tunnel_send (way->tunnel, channel, data, len);
}
