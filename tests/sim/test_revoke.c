/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_revoke.c - stories of device keys that are revoked: who has a copy of one is nobody any more. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/link.h"
#include "core/link_tunnel.h"
#include "core/links.h"
#include "core/peers.h"
#include "core/self.h"
#include "net/cipher.h"
#include "net/device_key.h"
#include "tests/sim/talk_story.h"

#define HOUR_MS (3600 * 1000)

/* What is on a stolen disk. */
struct stolen {
  uint8_t secret[CF_DEVICE_KEY_LEN];
  struct cf_device_statement device;
  struct cf_revocation revocation;
  uint8_t signature[CF_SIGNATURE_MAX], revocation_signature[CF_SIGNATURE_MAX];
};

static void
steal (struct stolen *s, const struct sim_node *from)
{
  const struct cf_self *self = from->core->self;

  memcpy (s->secret, self->device_secret, sizeof s->secret);
  s->device = self->device;
  s->device.signature = memcpy (s->signature, self->device.signature, self->device.signature_len);
  s->revocation = self->revocation;
  if (s->revocation.signature_len)
    memcpy (s->revocation_signature, self->revocation.signature, self->revocation.signature_len);
  s->revocation.signature = s->revocation_signature;
}

/* --- a thief: says HELLO to VICTIM with what he has --- */

struct thief {
  struct sim_node *node;
  const struct stolen *loot;
  const struct sim_node *owner, *victim;
  struct cf_link_tunnel *tunnel;
  bool answered;
};

static void
thief_ready (void *arg)
{
  struct thief *t = arg;
  const struct cf_self *self = t->owner->core->self;
  struct cf_hello hello = { .versions = 1u << CF_PROTO_VERSION, .suites = CF_SUITES, .expected = t->victim->fpr,
                            .device = t->loot->device, .block = self->block, .block_len = self->block_len,
                            .revocation = t->loot->revocation };
  struct cf_buf out;

  cf_buf_init (&out, CF_MESSAGE_CONTROL_MAX);
  assert_int_equal (cf_hello_encode (CF_CONTROL_HELLO, &hello, &out), 0);
  assert_int_equal (cf_link_tunnel_send (t->tunnel, CF_CHANNEL_CONTROL, cf_buf_data (&out), cf_buf_len (&out)), 0);
  cf_buf_done (&out);
}

static void
thief_message (void *arg, enum cf_channel channel, const uint8_t *data, size_t len)
{
  struct thief *t = arg;

  (void) channel, (void) data, (void) len;
  t->answered = true;
}

static void
thief_closed (void *arg, gpg_error_t err, const char *reason)
{
  struct thief *t = arg;

  (void) err, (void) reason;
  t->tunnel = NULL;
}

static const struct cf_link_tunnel_handler thief_handler
  = { .ready = thief_ready, .message = thief_message, .closed = thief_closed };

/* Does VICTIM take NODE, with LOOT, for OWNER? */
static bool
is_taken_for (struct sim_node *node, const struct stolen *loot, const struct sim_node *owner, struct sim_node *victim)
{
  struct thief t = { .node = node, .loot = loot, .owner = owner, .victim = victim };
  struct cf_link_tunnel_keys keys = { .own_secret = loot->secret, .own_public = loot->device.device_key,
                                      .remote_public = victim->core->self->device.device_key };
  struct cf_addr addr;

  sim_net_addr (victim, &addr);
  assert_int_equal (cf_link_tunnel_dial (node->core->links, CF_CARRIER_STREAM, &addr, &keys, &thief_handler, &t, &t.tunnel), 0);
  sim_run (node->sim, 1000);
  if (t.tunnel)
    cf_link_tunnel_close (t.tunnel, 0, NULL);
  sim_run (node->sim, 1000);
  return t.answered;
}

/* --- steps --- */

static void
revoke (struct sim_node *node)
{
  uint8_t before[CF_DEVICE_KEY_LEN];
  struct sim_command *call;

  memcpy (before, node->core->self->device.device_key, sizeof before);
  call = sim_call (node, "REVOKE-DEVICES", NULL, NULL);
  assert_true (sim_wait (call, 5000));
  assert_int_equal (call->err, 0);
  assert_non_null (sim_text (call, 0, "address"));
  sim_command_free (call);
  assert_memory_not_equal (before, node->core->self->device.device_key, sizeof before);
}

static int64_t
known (struct sim_node *node, const struct sim_node *other)
{
  return cf_peer_find (node->core, &other->fpr)->revoked_utc_ms;
}

static void
talk_on (struct pair *p, const char *text)
{
  say (p->b, p->id, text, "--wait=delivered");
  say (p->a, p->id, text, "--wait=delivered");
}

static struct pair
pair_and_thief (uint64_t seed, struct sim_node **r_thief)
{
  struct pair p;

  pair_begin (&p, seed);
  pair_open (&p);
  *r_thief = sim_node_new (p.sim, "mallory");
  assert_int_equal (sim_node_start (*r_thief), 0);
  sim_run (p.sim, 2 * HOUR_MS);
  return p;
}

/* A copied device key opens doors until its owner revokes it: then none of those who have heard of it, also after they
   were restarted; and the two go on talking, by the new key. */
static void
test_stolen_key (void **state)
{
  struct sim_node *mallory;
  struct pair p = pair_and_thief (61, &mallory);
  static struct stolen loot;
  const uint64_t *refused = &p.a->env.refused[CF_REFUSED_STATEMENT_REVOKED];

  (void) state;
  steal (&loot, p.b);
  assert_true (is_taken_for (mallory, &loot, p.b, p.a));
  revoke (p.b);
  talk_on (&p, "with the new key");
  assert_int_equal (known (p.a, p.b), p.b->core->self->revocation.before_utc_ms);
  assert_null (cf_peer_by_device (p.a->core, loot.device.device_key));
  assert_false (is_taken_for (mallory, &loot, p.b, p.a));
  assert_true (*refused > 0);

  sim_node_crash (p.a, false);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_false (is_taken_for (mallory, &loot, p.b, p.a));
  talk_on (&p, "after a restart of hers");
  sim_node_crash (p.b, false);
  assert_int_equal (sim_node_start (p.b), 0);
  assert_false (is_taken_for (mallory, &loot, p.b, p.a));
  talk_on (&p, "after a restart of his");
  pair_free (&p);
}

static void
on_signed (void *arg, gpg_error_t err, const uint8_t *data, size_t len)
{
  struct stolen *s = arg;

  assert_int_equal (err, 0);
  memcpy (s->signature, data, len);
  s->device.signature = s->signature;
  s->device.signature_len = len;
}

/* S is another installation of NODE's identity, which signed for it AGE_MS ago. */
static void
other_device (struct stolen *s, struct sim_node *node, int64_t age_ms)
{
  struct cf_buf bytes;

  memset (s, 0, sizeof *s);
  s->device = node->core->self->device;
  s->device.not_before_utc_ms = node->env.now_utc_ms - age_ms;
  s->device.not_after_utc_ms = s->device.not_before_utc_ms + CF_STATEMENT_SPAN_MS;
  cf_device_key_new (&node->env, s->secret, s->device.device_key);
  cf_env_random (&node->env, s->device.device_number, CF_DEVICE_NUMBER_LEN);
  cf_buf_init (&bytes, 1024);
  assert_int_equal (cf_device_bytes (&s->device, &bytes), 0);
  assert_int_equal (cf_gpg_statement_sign (node->gpg, &node->fpr, "device", cf_buf_data (&bytes), cf_buf_len (&bytes),
                                           on_signed, s, NULL), 0);
  sim_run (node->sim, 1000);
  cf_buf_done (&bytes);
}

/* A machine that was given away, with a home and a device number of its own.  (That it is taken for Bob is seen by its
   tie: beside the tunnel that is up with one device, none with another stays.) */
static void
test_other_device (void **state)
{
  struct sim_node *mallory;
  struct pair p = pair_and_thief (62, &mallory);
  static struct stolen given, young;

  (void) state;
  other_device (&given, p.b, HOUR_MS);
  (void) is_taken_for (mallory, &given, p.b, p.a);
  assert_non_null (cf_peer_by_device (p.a->core, given.device.device_key));
  revoke (p.b);
  talk_on (&p, "it is gone");
  assert_null (cf_peer_by_device (p.a->core, given.device.device_key));
  assert_false (is_taken_for (mallory, &given, p.b, p.a));
  assert_null (cf_peer_by_device (p.a->core, given.device.device_key));
  /* Not after a restart of hers either, of which no newer statement for that device number tells. */
  sim_node_crash (p.a, false);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (known (p.a, p.b), p.b->core->self->revocation.before_utc_ms);
  assert_false (is_taken_for (mallory, &given, p.b, p.a));
  assert_null (cf_peer_by_device (p.a->core, given.device.device_key));
  assert_true (sim_sees (p.a, p.b));
  /* What he makes afterwards counts. */
  other_device (&young, p.b, 0);
  (void) is_taken_for (mallory, &young, p.b, p.a);
  assert_non_null (cf_peer_by_device (p.a->core, young.device.device_key));
  pair_free (&p);
}

/* Whoever has a copy from between two revocations has the first one, which takes back nothing of the second. */
static void
test_newest_stays (void **state)
{
  struct sim_node *mallory;
  struct pair p = pair_and_thief (63, &mallory);
  static struct stolen loot;
  int64_t second;

  (void) state;
  revoke (p.b);
  talk_on (&p, "once");
  steal (&loot, p.b);
  assert_true (loot.revocation.signature_len > 0);
  sim_run (p.sim, HOUR_MS);
  revoke (p.b);
  talk_on (&p, "twice");
  second = p.b->core->self->revocation.before_utc_ms;
  assert_true (second > loot.revocation.before_utc_ms);
  assert_int_equal (known (p.a, p.b), second);
  assert_false (is_taken_for (mallory, &loot, p.b, p.a));
  assert_int_equal (known (p.a, p.b), second);
  pair_free (&p);
}

/* What Bob has not signed revokes nothing, and whoever shows it is not taken for him. */
static void
test_forged (void **state)
{
  struct sim_node *mallory;
  struct pair p = pair_and_thief (64, &mallory);
  static struct stolen loot;
  uint64_t before;

  (void) state;
  steal (&loot, p.b);
  before = p.a->env.refused[CF_REFUSED_STATEMENT_SIGNATURE];
  loot.revocation.before_utc_ms = loot.device.not_before_utc_ms; /* his statement's signature, for the revocation */
  memcpy (loot.revocation_signature, loot.signature, loot.device.signature_len);
  loot.revocation.signature_len = loot.device.signature_len;
  assert_false (is_taken_for (mallory, &loot, p.b, p.a));
  assert_true (p.a->env.refused[CF_REFUSED_STATEMENT_SIGNATURE] > before);
  /* One that would void the very statement that it comes with, and one from the future. */
  before = p.a->env.refused[CF_REFUSED_STATEMENT_REVOKED];
  loot.revocation.before_utc_ms++;
  assert_false (is_taken_for (mallory, &loot, p.b, p.a));
  assert_int_equal (p.a->env.refused[CF_REFUSED_STATEMENT_REVOKED], before + 1);
  before = p.a->env.refused[CF_REFUSED_STATEMENT_TIME];
  loot.revocation.before_utc_ms = p.a->env.now_utc_ms + HOUR_MS;
  assert_false (is_taken_for (mallory, &loot, p.b, p.a));
  assert_int_equal (p.a->env.refused[CF_REFUSED_STATEMENT_TIME], before + 1);
  assert_int_equal (known (p.a, p.b), 0);
  talk_on (&p, "as before");
  pair_free (&p);
}

/* Somebody who meets Bob for the first time afterwards hears of it from him, also after he was restarted. */
static void
test_told_to_all (void **state)
{
  struct sim_node *mallory, *carol;
  struct pair p = pair_and_thief (65, &mallory);
  static struct stolen given;

  (void) state;
  other_device (&given, p.b, HOUR_MS);
  revoke (p.b);
  sim_node_crash (p.b, false);
  assert_int_equal (sim_node_start (p.b), 0);
  carol = sim_node_new (p.sim, "carol");
  assert_int_equal (sim_node_start (carol), 0);
  assert_true (sim_sees (carol, p.b));
  assert_int_equal (known (carol, p.b), p.b->core->self->revocation.before_utc_ms);
  assert_false (is_taken_for (mallory, &given, p.b, carol));
  pair_free (&p);
}

/* A prompt that is cancelled, or a clock that was set far back: all stays as it was. */
static void
test_not_done (void **state)
{
  struct sim_node *mallory;
  struct pair p = pair_and_thief (66, &mallory);
  uint8_t before[CF_DEVICE_KEY_LEN];
  struct sim_command *call;

  (void) state;
  memcpy (before, p.b->core->self->device.device_key, sizeof before);
  sim_gpg_fail (p.b, cf_err (GPG_ERR_CANCELED));
  call = sim_call (p.b, "REVOKE-DEVICES", NULL, NULL);
  assert_true (sim_wait (call, 5000));
  assert_int_equal (gpg_err_code (call->err), GPG_ERR_CANCELED);
  sim_command_free (call);
  sim_gpg_fail (p.b, 0);
  p.b->skew_ms = -24LL * HOUR_MS;
  sim_run (p.sim, 1000);
  call = sim_call (p.b, "REVOKE-DEVICES", NULL, NULL);
  assert_true (sim_wait (call, 5000));
  assert_int_equal (gpg_err_code (call->err), GPG_ERR_TOO_YOUNG);
  sim_command_free (call);
  p.b->skew_ms = 0;
  assert_memory_equal (before, p.b->core->self->device.device_key, sizeof before);
  assert_int_equal (p.b->core->self->revocation.signature_len, 0);
  sim_run (p.sim, 1000);
  talk_on (&p, "nothing has changed");
  assert_int_equal (known (p.a, p.b), 0);
  pair_free (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_stolen_key), cmocka_unit_test (test_other_device), cmocka_unit_test (test_newest_stays),
    cmocka_unit_test (test_forged),     cmocka_unit_test (test_told_to_all),  cmocka_unit_test (test_not_done),
  };

  return cmocka_run_group_tests_name ("sim/revoke", tests, NULL, NULL);
}
