/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_rogue.c - stories of who lies about keys and names, asks too much, or is not to be told anything. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/link.h"
#include "core/links.h"
#include "core/peers.h"
#include "core/self.h"
#include "net/cipher.h"
#include "net/device_key.h"
#include "tests/sim/link_story.h"

/* --- rogues: nodes whose tunnels say what a story wants --- */

struct rogue {
  struct sim_node *node;
  struct cf_link_tunnel *tunnel;
  struct cf_buf first;     /* sent when ready, or in answer to anything */
  enum cf_channel channel;
  unsigned times;
  const uint8_t *token;    /* of an address, said in a HELLO; NULL: none */
  bool closed, answered;
  gpg_error_t err;
  char reason[128];
};

static void
rogue_send (struct rogue *r)
{
  for (unsigned i = 0; i < r->times && r->tunnel; i++)
    assert_int_equal (cf_link_tunnel_send (r->tunnel, r->channel, cf_buf_data (&r->first), cf_buf_len (&r->first)), 0);
}

static void
rogue_ready (void *arg)
{
  rogue_send (arg);
}

static void
rogue_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct rogue *r = arg;

  (void) channel, (void) data, (void) len;
  r->answered = true;
}

static void
rogue_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct rogue *r = arg;

  r->closed = true;
  r->tunnel = NULL;
  r->err = err;
  if (reason)
    strncpy (r->reason, reason, sizeof r->reason - 1);
}

static const struct cf_link_tunnel_handler rogue_handler = {
  .ready = rogue_ready, .message = rogue_message, .closed = rogue_closed
};

static bool
rogue_is_closed (void *arg)
{
  return ((struct rogue *) arg)->closed;
}

/* Dial VICTIM from R's node with R's device key, or with a one-time key, and say what R has to say. */
static void
rogue_dial (struct rogue *r, struct sim_node *victim, bool anonymous)
{
  const struct cf_self *self = r->node->core->self;
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];
  struct cf_link_tunnel_keys keys = { .own_secret = self->device_secret, .own_public = self->device.device_key,
                                      .remote_public = victim->core->self->device.device_key };
  struct cf_addr addr;

  if (anonymous) {
    cf_device_key_new (&r->node->env, secret, public);
    keys.own_secret = secret;
    keys.own_public = public;
  }
  sim_net_addr (victim, &addr);
  assert_int_equal (cf_link_tunnel_dial (r->node->core->links, CF_CARRIER_STREAM, &addr, &keys, &rogue_handler, r, &r->tunnel), 0);
  assert_true (sim_run_until (r->node->sim, 15000, rogue_is_closed, r));
  cf_buf_done (&r->first);
}

static void
rogue_init (struct rogue *r, struct sim_node *n)
{
  memset (r, 0, sizeof *r);
  r->node = n;
  r->times = 1;
  r->channel = CF_CHANNEL_CONTROL;
  cf_buf_init (&r->first, CF_MESSAGE_CONTROL_MAX);
}

/* HELLO as SELF would say it, with DEVICE instead of its own statement unless NULL. */
static void
rogue_hello (struct rogue *r, enum cf_control kind, const struct cf_self *self, const struct cf_device_statement *device,
             const struct cf_fpr *expected)
{
  struct cf_hello hello = { .versions = 1u << CF_PROTO_VERSION, .suites = CF_SUITES };

  if (r->token)
    memcpy (hello.token, r->token, sizeof hello.token);
  if (expected)
    hello.expected = *expected;
  hello.device = device ? *device : self->device;
  hello.block = self->block;
  hello.block_len = self->block_len;
  strcpy (hello.name, "rogue");
  assert_int_equal (cf_hello_encode (kind, &hello, &r->first), 0);
}

static void
send_beacon (struct sim_node *from, struct sim_node *to, const uint8_t key[CF_DEVICE_KEY_LEN], const struct cf_fpr *fpr)
{
  struct cf_beacon beacon = { .answer = false };
  struct cf_addr addr;
  struct cf_buf out;

  beacon.tcp_port = from->net->ops->tcp_port (from->net);
  memcpy (beacon.device_key, key, CF_DEVICE_KEY_LEN);
  beacon.identity = *fpr;
  strcpy (beacon.name, "rogue");
  cf_buf_init (&out, CF_BEACON_MAX);
  assert_int_equal (cf_beacon_encode (&beacon, &out), 0);
  sim_net_addr (to, &addr);
  addr.port = to->net->ops->udp_port (to->net);
  assert_int_equal (from->net->ops->send_datagram (from->net, &addr, cf_buf_data (&out), cf_buf_len (&out)), 0);
  cf_buf_done (&out);
}

static void
on_signed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct cf_buf *out = arg;

  assert_int_equal (err, 0);
  assert_int_equal (cf_buf_add (out, data, len), 0);
}

/* A statement of N's identity over its device key, begun AGE_MS ago. */
static void
sign_statement (struct sim_node *n, int64_t age_ms, struct cf_device_statement *st, struct cf_buf *signature)
{
  struct cf_buf bytes;

  *st = n->core->self->device;
  st->not_before_utc_ms -= age_ms;
  st->not_after_utc_ms -= age_ms;
  cf_buf_init (&bytes, 1024);
  cf_buf_init (signature, CF_GPG_SIGNATURE_MAX);
  assert_int_equal (cf_device_bytes (st, &bytes), 0);
  assert_int_equal (cf_gpg_statement_sign (n->gpg, &n->fpr, "device", cf_buf_data (&bytes), cf_buf_len (&bytes),
                                           on_signed, signature, NULL), 0);
  sim_run (n->sim, 1000);
  st->signature = cf_buf_data (signature);
  st->signature_len = cf_buf_len (signature);
  assert_true (st->signature_len);
  cf_buf_done (&bytes);
}

/* A node that nobody hears of: it neither sends beacons nor answers them. */
static struct sim_node *
quiet_node (struct sim *sim, const char *name)
{
  uint32_t loss = sim->loss_permille;
  struct sim_node *n;

  sim->loss_permille = 1000;
  n = node (sim, name);
  cf_peers_set_visibility (n->core, CF_VISIBLE_NOBODY);
  sim_run (sim, 1000);
  sim->loss_permille = loss;
  return n;
}

static void
test_beacon_lies (void **state)
{
  struct sim *sim = sim_new (5);
  struct sim_node *alice = node (sim, "alice"), *mallory = quiet_node (sim, "mallory"), *bob = quiet_node (sim, "bob");
  struct cf_peers_counts counts;

  (void) state;
  sim->loss_permille = 1000; /* she answers questions, but her own beacon is not heard */
  cf_peers_set_visibility (mallory->core, CF_VISIBLE_EVERYONE);
  sim_run (sim, 1000);
  sim->loss_permille = 0;
  /* Bob's fingerprint over Mallory's device; and Bob's device said to be at Mallory's address. */
  send_beacon (mallory, alice, mallory->core->self->device.device_key, &bob->fpr);
  send_beacon (mallory, alice, bob->core->self->device.device_key, &bob->fpr);
  sim_run (sim, 15000);
  assert_null (cf_peer_find (alice->core, &bob->fpr));
  cf_peers_counts (alice->core, &counts);
  assert_true (counts.fetch_failed >= 2);
  /* His own lie does not keep Bob from being found. */
  cf_peers_set_visibility (bob->core, CF_VISIBLE_EVERYONE);
  assert_true (sim_sees (alice, bob));
  sim_free (sim);
}

static void
test_beacon_flood (void **state)
{
  struct sim *sim = sim_new (6);
  struct sim_node *alice = node (sim, "alice"), *mallory = quiet_node (sim, "mallory"), *bob;
  struct cf_peers_counts counts;

  (void) state;
  for (int i = 0; i < 3000; i++) {
    uint8_t key[CF_DEVICE_KEY_LEN];
    struct cf_fpr fpr = mallory->fpr;

    cf_env_random (&mallory->env, key, sizeof key);
    cf_env_random (&mallory->env, fpr.bytes, fpr.len);
    send_beacon (mallory, alice, key, &fpr);
    if (i % 100 == 0)
      sim_run (sim, 10);
  }
  bob = node (sim, "bob");
  assert_true (sim_sees (alice, bob));
  cf_peers_counts (alice->core, &counts);
  assert_true (counts.discovery.limited + counts.fetch_dropped > 2000);
  assert_int_equal (cf_map_count (alice->core->peers->by_fpr), 1);
  sim_free (sim);
}

static void
test_anonymous_says_else (void **state)
{
  struct sim *sim = sim_new (7);
  struct sim_node *alice = node (sim, "alice"), *mallory = quiet_node (sim, "mallory");
  struct rogue r;

  (void) state;
  rogue_init (&r, mallory);
  r.channel = CF_CHANNEL_TALK;
  assert_int_equal (cf_buf_add (&r.first, "hello there", 11), 0);
  rogue_dial (&r, alice, true);
  assert_false (r.answered);
  assert_string_equal (r.reason, ""); /* the tunnel's own goodbye: a record on a channel that is not open yet */

  rogue_init (&r, mallory);
  assert_int_equal (cf_buf_add (&r.first, "\xff\xff\xff", 3), 0);
  rogue_dial (&r, alice, true);
  assert_false (r.answered);

  /* A question is answered once; the second ends it. */
  rogue_init (&r, mallory);
  assert_int_equal (cf_key_ask_encode (NULL, &r.first), 0);
  r.times = 2;
  rogue_dial (&r, alice, true);
  assert_true (r.answered);
  assert_string_equal (r.reason, "unexpected message");

  /* Somebody's HELLO from a key that nobody certified. */
  rogue_init (&r, mallory);
  rogue_hello (&r, CF_CONTROL_HELLO, mallory->core->self, NULL, &alice->fpr);
  rogue_dial (&r, alice, true);
  assert_false (r.answered);
  assert_string_equal (r.reason, "the statement is for another device");
  assert_null (cf_peer_find (alice->core, &mallory->fpr));
  sim_free (sim);
}

static void
test_hello_lies (void **state)
{
  struct sim *sim = sim_new (8);
  struct sim_node *alice = node (sim, "alice"), *mallory = quiet_node (sim, "mallory"), *bob = quiet_node (sim, "bob");
  struct cf_device_statement st;
  struct rogue r;

  (void) state;
  /* Meant for Bob, said to Alice. */
  rogue_init (&r, mallory);
  rogue_hello (&r, CF_CONTROL_HELLO, mallory->core->self, NULL, &bob->fpr);
  rogue_dial (&r, alice, false);
  assert_string_equal (r.reason, "another identity was expected here");

  /* Bob's key and statement, Mallory's tunnel. */
  rogue_init (&r, mallory);
  rogue_hello (&r, CF_CONTROL_HELLO, bob->core->self, NULL, &alice->fpr);
  rogue_dial (&r, alice, false);
  assert_string_equal (r.reason, "the statement is for another device");

  /* Bob's key, a statement in his name over Mallory's device, which he never signed. */
  rogue_init (&r, mallory);
  st = mallory->core->self->device;
  st.identity = bob->fpr;
  rogue_hello (&r, CF_CONTROL_HELLO, bob->core->self, &st, &alice->fpr);
  rogue_dial (&r, alice, false);
  assert_false (r.answered);
  assert_false (cf_link_is_up (alice->core, &bob->fpr));
  assert_null (cf_peer_by_device (alice->core, st.device_key));

  /* Alice's own identity. */
  rogue_init (&r, mallory);
  st.identity = alice->fpr;
  rogue_hello (&r, CF_CONTROL_HELLO, alice->core->self, &st, &alice->fpr);
  rogue_dial (&r, alice, false);
  assert_false (r.answered);
  assert_null (cf_peer_find (alice->core, &alice->fpr));
  sim_free (sim);
}

static void
test_older_statement (void **state)
{
  struct sim *sim = sim_new (9);
  struct sim_node *alice = node (sim, "alice"), *bob = node (sim, "bob");
  struct cf_device_statement old, late;
  struct cf_buf old_sig, late_sig;
  struct rogue r;

  (void) state;
  assert_true (sim_sees (alice, bob));
  sign_statement (bob, 24 * 3600 * 1000, &old, &old_sig);
  rogue_init (&r, bob);
  rogue_hello (&r, CF_CONTROL_HELLO, bob->core->self, &old, &alice->fpr);
  rogue_dial (&r, alice, false);
  assert_false (r.answered);
  assert_false (cf_link_is_up (alice->core, &bob->fpr));

  /* Not begun yet. */
  sign_statement (bob, -3600 * 1000, &late, &late_sig);
  rogue_init (&r, bob);
  rogue_hello (&r, CF_CONTROL_HELLO, bob->core->self, &late, &alice->fpr);
  rogue_dial (&r, alice, false);
  assert_false (r.answered);
  cf_buf_done (&old_sig);
  cf_buf_done (&late_sig);
  sim_free (sim);
}

static void
test_bad_keys (void **state)
{
  static const enum cf_key_state states[] = { CF_KEY_EXPIRED, CF_KEY_REVOKED, CF_KEY_DISABLED, CF_KEY_WEAK };

  (void) state;
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    struct sim *sim = sim_new (10 + i);
    struct sim_node *alice = node (sim, "alice"), *bob = quiet_node (sim, "bob");
    struct sim_command *call;

    sim_keys_set_state (alice, &bob->fpr, states[i]);
    cf_peers_set_visibility (bob->core, CF_VISIBLE_EVERYONE);
    assert_true (sim_sees (alice, bob));
    call = sim_call (alice, "PEERS", NULL, NULL);
    assert_true (sim_wait (call, 1000));
    assert_string_equal (sim_text (call, 0, "key_state"), cf_key_state_name (states[i]));
    sim_command_free (call);
    want (alice, bob);
    want (bob, alice);
    sim_run (sim, 20000);
    assert_false (cf_link_is_up (alice->core, &bob->fpr));
    assert_false (cf_link_is_up (bob->core, &alice->fpr));
    assert_int_equal (gpg_err_code (cf_link_error (alice->core, &bob->fpr)),
                      gpg_err_code (cf_key_state_error (states[i])));
    sim_free (sim);
  }
}

static void
test_blocked_hears_nothing (void **state)
{
  struct sim *sim = sim_new (22);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  struct rogue r;

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  want (p.b, p.a);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  assert_int_equal (cf_peer_set_blocked (p.a->core, cf_peer_find (p.a->core, &p.b->fpr), true), 0);
  sim_run (sim, 30000);
  assert_true (none_up (&p));
  rogue_init (&r, p.b);
  rogue_hello (&r, CF_CONTROL_HELLO, p.b->core->self, NULL, &p.a->fpr);
  rogue_dial (&r, p.a, false);
  assert_false (r.answered);
  assert_string_equal (r.reason, "");
  assert_int_equal (cf_peer_set_blocked (p.a->core, cf_peer_find (p.a->core, &p.b->fpr), false), 0);
  assert_true (sim_run_until (sim, 60000, both_up, &p));
  sim_free (sim);
}

static void
test_nobody_is_silent (void **state)
{
  static const enum cf_visibility hidden[] = { CF_VISIBLE_NOBODY, CF_VISIBLE_CONTACTS };
  struct sim *sim = sim_new (24);
  struct sim_node *alice = node (sim, "alice"), *mallory = quiet_node (sim, "mallory");
  struct rogue r;

  (void) state;
  for (int i = 0; i < 2; i++) {
    cf_peers_set_visibility (alice->core, hidden[i]);
    rogue_init (&r, mallory);
    assert_int_equal (cf_key_ask_encode (NULL, &r.first), 0);
    rogue_dial (&r, alice, true);
    assert_false (r.answered);
    assert_string_equal (r.reason, "");
    rogue_init (&r, mallory);
    rogue_hello (&r, CF_CONTROL_HELLO, mallory->core->self, NULL, &alice->fpr);
    rogue_dial (&r, alice, false);
    assert_false (r.answered);
    assert_string_equal (r.reason, "");
  }
  sim_free (sim);
}

/* A stranger shows TOKEN, asking for the key and in a HELLO: is he answered? */
static void
check_token (struct sim_node *alice, struct sim_node *mallory, const uint8_t *token, bool answered)
{
  struct rogue r;

  for (int hello = 0; hello < 2; hello++) {
    rogue_init (&r, mallory);
    r.token = token;
    if (hello)
      rogue_hello (&r, CF_CONTROL_HELLO, mallory->core->self, NULL, &alice->fpr);
    else
      assert_int_equal (cf_key_ask_encode (token, &r.first), 0);
    rogue_dial (&r, alice, !hello);
    assert_int_equal (r.answered, answered);
    assert_string_equal (r.reason, "");
  }
}

/* The token of our address lets a stranger in whom we do not see, until it is renewed. */
static void
test_token_lets_in (void **state)
{
  static const enum cf_visibility hidden[] = { CF_VISIBLE_NOBODY, CF_VISIBLE_CONTACTS };
  struct sim *sim = sim_new (25);
  struct sim_node *alice = node (sim, "alice"), *mallory = quiet_node (sim, "mallory");
  const uint64_t *refused = alice->env.refused;
  uint8_t old[CF_ADDRESS_TOKEN_LEN];

  (void) state;
  for (unsigned i = 0; i < 2; i++) {
    cf_peers_set_visibility (alice->core, hidden[i]);
    memcpy (old, alice->core->self->token, sizeof old);
    check_token (alice, mallory, old, true);
    assert_int_equal (refused[CF_REFUSED_HELLO_TOKEN], 2 * i);
    assert_int_equal (cf_self_renew_address (alice->core->self), 0);
    check_token (alice, mallory, old, false);
    assert_int_equal (refused[CF_REFUSED_HELLO_TOKEN], 2 * i + 2);
    check_token (alice, mallory, NULL, false);
    assert_int_equal (refused[CF_REFUSED_HELLO_INVISIBLE], 2 * i + 2);
    check_token (alice, mallory, alice->core->self->token, true);
  }
  sim_free (sim);
}

/* Who is a contact, or blocked, is not to be learned by using his name. */
static void
test_names_tell_nothing (void **state)
{
  struct sim *sim = sim_new (26);
  struct sim_node *alice = node (sim, "alice"), *bob = node (sim, "bob"), *mallory;
  struct cf_device_statement st;
  struct rogue r[4];

  (void) state;
  assert_true (sim_sees (alice, bob));
  mallory = quiet_node (sim, "mallory");
  st = mallory->core->self->device;
  st.identity = bob->fpr;
  for (int i = 0; i < 4; i++) {
    if (i == 0)
      assert_int_equal (cf_peer_set_blocked (alice->core, cf_peer_find (alice->core, &bob->fpr), true), 0);
    if (i == 1)
      assert_int_equal (cf_peer_set_blocked (alice->core, cf_peer_find (alice->core, &bob->fpr), false), 0);
    if (i == 2) {
      assert_int_equal (cf_peer_keep (alice->core, cf_peer_find (alice->core, &bob->fpr), NULL, NULL), 0);
      cf_peers_set_visibility (alice->core, CF_VISIBLE_NOBODY);
    }
    if (i == 3)
      cf_peers_set_visibility (alice->core, CF_VISIBLE_CONTACTS);
    rogue_init (&r[i], mallory);
    rogue_hello (&r[i], CF_CONTROL_HELLO, bob->core->self, &st, &alice->fpr);
    rogue_dial (&r[i], alice, false);
    assert_false (r[i].answered);
  }
  assert_string_equal (r[0].reason, r[1].reason);
  assert_string_not_equal (r[0].reason, "");
  assert_string_equal (r[2].reason, "");
  assert_string_equal (r[3].reason, "");
  sim_free (sim);
}

/* Mallory says to be yet another person, with a key for it; his statement is nobody's. */
static void
say_somebody (struct sim_node *mallory, struct sim_node *alice)
{
  struct cf_device_statement st = mallory->core->self->device;
  struct cf_hello hello = { .versions = 1u << CF_PROTO_VERSION, .suites = CF_SUITES, .expected = alice->fpr };
  struct rogue r;
  struct cf_buf block;
  struct cf_wr wr;

  cf_env_random (&mallory->env, st.identity.bytes, st.identity.len);
  cf_buf_init (&block, 128);
  cf_wr_init (&wr, &block);
  cf_wr_bytes (&wr, "KEY", 3);
  cf_wr_fpr (&wr, &st.identity);
  cf_wr_blob16 (&wr, "somebody", 8);
  assert_int_equal (cf_wr_finish (&wr), 0);
  hello.device = st;
  hello.block = cf_buf_data (&block);
  hello.block_len = cf_buf_len (&block);
  rogue_init (&r, mallory);
  assert_int_equal (cf_hello_encode (CF_CONTROL_HELLO, &hello, &r.first), 0);
  rogue_dial (&r, alice, false);
  assert_false (r.answered);
  cf_buf_done (&block);
}

/* Who is tied cannot keep gpg busy with ever new statements, nor make his key grow in our keyring. */
static void
test_changes_flood (void **state)
{
  struct sim *sim = sim_new (29);
  struct sim_node *alice = node (sim, "alice"), *bob = node (sim, "bob");
  struct cf_device_statement st;
  uint8_t signature[64];
  unsigned limited = 0;
  struct rogue r;

  (void) state;
  assert_true (sim_sees (alice, bob));
  st = bob->core->self->device;
  for (unsigned i = 0; i < 24; i++) {
    memset (signature, (int) i, sizeof signature);
    st.signature = signature;
    st.signature_len = sizeof signature;
    rogue_init (&r, bob);
    rogue_hello (&r, CF_CONTROL_HELLO, bob->core->self, &st, &alice->fpr);
    rogue_dial (&r, alice, false);
    assert_false (r.answered);
    limited += !strcmp (r.reason, cf_err_info (cf_err (CF_ERR_RATE))->message);
  }
  assert_int_equal (limited, 8);
  sim_free (sim);
}

/* A key gets in before its statement is checked: one host does not fill the keyring, and nothing of it stays. */
static void
test_identity_flood (void **state)
{
  struct sim *sim = sim_new (27);
  struct sim_node *alice = node (sim, "alice"), *mallory = quiet_node (sim, "mallory"), *bob;
  struct cf_peers_counts counts;
  size_t own = sim_keys_count (alice);

  (void) state;
  for (int i = 0; i < 60; i++) {
    say_somebody (mallory, alice);
    sim_run (sim, 1000);
  }
  assert_true (sim_keys_count (alice) > own);
  assert_true (sim_keys_count (alice) <= own + 32);
  cf_peers_counts (alice->core, &counts);
  assert_true (counts.strangers_refused >= 28);
  assert_int_equal (alice->env.refused[CF_REFUSED_KEY_STRANGERS], counts.strangers_refused);
  /* Others come as before. */
  bob = node (sim, "bob");
  assert_true (sim_sees (alice, bob));
  /* A restart forgets none of them; they go, Bob stays. */
  sim_node_crash (alice, false);
  assert_int_equal (sim_node_start (alice), 0);
  sim_run (sim, 20 * 60 * 1000);
  assert_int_equal (sim_keys_count (alice), own + 1);
  sim_free (sim);
}

/* Bob's device, which Alice knows, says that it is Mallory's. */
static void
test_not_whom_we_dialled (void **state)
{
  struct sim *sim = sim_new (32);
  struct pair p = { .a = node (sim, "alice"), .b = node (sim, "bob") };
  struct sim_node *mallory = quiet_node (sim, "mallory");

  (void) state;
  assert_true (sim_sees (p.a, p.b));
  p.b->core->self->device.identity = mallory->fpr;
  want (p.a, p.b);
  sim_run (sim, 1000);
  assert_true (p.a->env.refused[CF_REFUSED_HELLO_IDENTITY] > 0);
  assert_false (cf_link_is_up (p.a->core, &p.b->fpr));
  assert_false (cf_link_is_up (p.a->core, &mallory->fpr));
  p.b->core->self->device.identity = p.b->fpr;
  assert_true (sim_run_until (sim, 60000, both_up, &p));
  sim_free (sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_beacon_lies),
    cmocka_unit_test (test_beacon_flood),
    cmocka_unit_test (test_anonymous_says_else),
    cmocka_unit_test (test_hello_lies),
    cmocka_unit_test (test_older_statement),
    cmocka_unit_test (test_bad_keys),
    cmocka_unit_test (test_blocked_hears_nothing),
    cmocka_unit_test (test_nobody_is_silent),
    cmocka_unit_test (test_token_lets_in),
    cmocka_unit_test (test_names_tell_nothing),
    cmocka_unit_test (test_changes_flood),
    cmocka_unit_test (test_identity_flood),
    cmocka_unit_test (test_not_whom_we_dialled),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
