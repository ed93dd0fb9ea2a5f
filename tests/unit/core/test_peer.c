/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_peer.c - contacts on disk, the table's limits, and whom a text means. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "core/conversation.h"
#include "core/event.h"
#include "core/peers.h"
#include "core/store/store_peer.h"

struct world {
  struct cf_env env;
  struct cf_core core;
  struct cf_command cmd;
  gpg_error_t err; /* of the command */
  char *message, *hint;
};

static gpg_error_t
take_row (struct cf_command *cmd, json_t *row)
{
  (void) cmd;
  json_decref (row);
  return 0;
}

static void
finish (struct cf_command *cmd, gpg_error_t err, const char *message, const char *hint)
{
  struct world *w = cmd->state;

  w->err = err;
  free (w->message);
  free (w->hint);
  w->message = message ? strdup (message) : NULL;
  w->hint = hint ? strdup (hint) : NULL;
  cmd->more = NULL; /* who finishes it gives that back; here the command is used again */
}

static const struct cf_command_ops ops = { .row = take_row, .finish = finish };

static int
setup (void **state)
{
  static const uint8_t key[CF_STORE_KEY_LEN] = { 1 };
  static char home[] = "/nonexistent"; /* nothing is read from it, nor written */
  static const struct cf_net_ops net_ops; /* of a net that can do nothing */
  static struct cf_net net = { .ops = &net_ops };
  struct world *w = calloc (1, sizeof *w);

  cf_env_system_init (&w->env, CF_LOG_ERROR);
  w->core.env = &w->env;
  w->core.home = home;
  w->core.net = &net;
  w->cmd.core = &w->core;
  w->cmd.ops = &ops;
  w->cmd.state = w;
  assert_int_equal (cf_store_open (&w->env, ":memory:", key, &w->core.store), 0);
  assert_int_equal (cf_events_new (&w->core, &w->core.events), 0);
  assert_int_equal (cf_events_attach (w->core.events), 0);
  assert_int_equal (cf_peers_new (&w->core, &w->core.peers), 0);
  *state = w;
  return 0;
}

static int
teardown (void **state)
{
  struct world *w = *state;

  cf_peers_free (w->core.peers);
  cf_events_detach (w->core.events);
  cf_events_free (w->core.events);
  cf_store_close (w->core.store);
  free (w->message);
  free (w->hint);
  free (w);
  return 0;
}

static struct cf_peer *
add (struct world *w, unsigned n, const char *user_id, const char *name)
{
  struct cf_fpr fpr = { .version = 4, .len = 20 };
  struct cf_peer *peer;

  memset (fpr.bytes, 0xab, 3);
  fpr.bytes[3] = (uint8_t) n;
  fpr.bytes[4] = (uint8_t) (n >> 8);
  assert_int_equal (cf_peers_get (w->core.peers, &fpr, &peer), 0);
  if (user_id)
    peer->user_id = strdup (user_id);
  if (name)
    peer->name = strdup (name);
  return peer;
}

static void
test_resolve (void **state)
{
  struct world *w = *state;
  struct cf_peer *ada = add (w, 1, "Ada Lovelace (work) <ada@example.org>", "Ada");
  struct cf_peer *bob = add (w, 2, "Bob <bob@example.org>", "bobby");
  char hex[CF_FPR_HEX_SIZE], *uri;

  assert_ptr_equal (cf_peer_resolve (&w->cmd, cf_fpr_hex (&ada->fpr, hex)), ada);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "ABABAB01"), ada);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "0xababab02"), bob);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "ada@example.org"), ada);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "ADA LOVELACE"), ada);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "Bobby"), bob);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "Bob <bob@example.org>"), bob);
  uri = malloc (sizeof hex + 8);
  strcpy (uri, "confab:");
  strcat (uri, cf_fpr_hex (&bob->fpr, hex));
  assert_ptr_equal (cf_peer_resolve (&w->cmd, uri), bob);
  free (uri);
  assert_int_equal (w->err, 0);
}

static void
test_resolve_nobody (void **state)
{
  static const char *const texts[] = { "", "carol", "ABABAB0", "ABABAB09", "example.org", "confab:12",
                                       "0123456789012345678901234567890123456789" };
  struct world *w = *state;

  add (w, 1, "Ada <ada@example.org>", "Ada");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    w->err = 0;
    assert_null (cf_peer_resolve (&w->cmd, texts[i]));
    assert_int_not_equal (w->err, 0);
  }
  /* A character of an address is wrong, which is the user's mistake and not damage that a peer did. */
  assert_null (cf_peer_resolve (&w->cmd, "confab:0123456789012345678901234567890123456789:"
                                         "0123456789012345678901234567890123456789012345678901234567890123:01234567"));
  assert_int_equal (gpg_err_code (w->err), GPG_ERR_INV_URI);
  assert_non_null (strstr (w->message, "a character is wrong"));
  assert_null (cf_peer_resolve (&w->cmd, "carol"));
  assert_int_equal (gpg_err_code (w->err), GPG_ERR_UNKNOWN_NAME);
  assert_non_null (strstr (w->hint, "confab peers"));
}

static void
test_resolve_ambiguous (void **state)
{
  struct world *w = *state;
  struct cf_peer *one = add (w, 1, "Ada <ada@example.org>", "Ada");
  char hex[CF_FPR_HEX_SIZE];

  add (w, 2, "Ada <ada@example.org>", "Ada");
  assert_null (cf_peer_resolve (&w->cmd, "ada"));
  assert_int_equal (gpg_err_code (w->err), GPG_ERR_AMBIGUOUS_NAME);
  assert_non_null (strstr (w->message, cf_fpr_hex (&one->fpr, hex)));
  assert_null (cf_peer_resolve (&w->cmd, "ada@example.org"));
  /* The one whom we have kept is meant; two of them are not. */
  assert_int_equal (cf_peer_keep (&w->core, one, NULL, NULL), 0);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "ada"), one);
  assert_int_equal (cf_peer_keep (&w->core, add (w, 3, NULL, "ada"), NULL, NULL), 0);
  assert_null (cf_peer_resolve (&w->cmd, "ada"));
}

static void
test_resolve_first_name (void **state)
{
  struct world *w = *state;
  struct cf_peer *ada = add (w, 1, "Ada Lovelace <ada@example.org>", NULL), *other, *exact;

  assert_ptr_equal (cf_peer_resolve (&w->cmd, "ada"), ada);
  assert_null (cf_peer_resolve (&w->cmd, "ad"));
  assert_null (cf_peer_resolve (&w->cmd, "lovelace"));
  other = add (w, 2, "Ada Byron <byron@example.org>", "Ada Byron");
  assert_null (cf_peer_resolve (&w->cmd, "ada"));
  assert_int_equal (gpg_err_code (w->err), GPG_ERR_AMBIGUOUS_NAME);
  exact = add (w, 3, "Ada <ada@example.com>", NULL);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "ada"), exact); /* nobody is hidden: all are strangers */
  assert_int_equal (cf_peer_keep (&w->core, other, NULL, NULL), 0);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "ada"), other); /* a contact, whom a stranger's name does not hide */
  assert_int_equal (cf_peer_keep (&w->core, exact, NULL, NULL), 0);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "ada"), exact);
}

/* Sixteen come by, all called as the one whom we know. */
static void
test_resolve_among_strangers (void **state)
{
  struct world *w = *state;
  struct cf_peer *bob = add (w, 1, "bob <bob@example.org>", NULL), *stranger;

  for (unsigned n = 0; n < 16; n++) {
    stranger = add (w, 2 + n, "bob <bob@example.org>", "bob");
    stranger->present = true;
  }
  assert_null (cf_peer_resolve (&w->cmd, "bob"));
  assert_int_equal (gpg_err_code (w->err), GPG_ERR_AMBIGUOUS_NAME);
  assert_non_null (strstr (w->message, "any of 16: ABABAB")); /* the one who is not there is not counted */
  assert_in_range (strlen (w->message), 200, 400);            /* what a line takes of it */
  assert_string_equal (w->message + strlen (w->message) - 5, ", ...");
  /* He is a contact, though not there: he is meant, by name and by mail address. */
  assert_int_equal (cf_peer_keep (&w->core, bob, NULL, NULL), 0);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "bob"), bob);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "bob@example.org"), bob);
  assert_int_equal (cf_peers_unkeep (w->core.peers, bob), 0);
  /* So is who is blocked. */
  assert_int_equal (cf_peer_set_blocked (&w->core, bob, true), 0);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "bob"), bob);
}

/* A name that was ambiguous is so no longer when all but one have gone. */
static void
test_resolve_heals (void **state)
{
  struct world *w = *state;
  struct cf_peer *one = add (w, 1, "Ada <ada@example.org>", NULL), *two = add (w, 2, "Ada <ada@example.com>", NULL);

  one->present = two->present = true;
  assert_null (cf_peer_resolve (&w->cmd, "ada"));
  two->present = false;
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "ada"), one);
}

static void
test_resolve_conversation (void **state)
{
  struct world *w = *state;
  struct cf_peer *bob = add (w, 1, "bob <bob@example.org>", NULL), *other = add (w, 2, "bob <bob@example.com>", NULL);
  struct cf_conversation conv = { .id = { 0xc0 }, .peer = bob->fpr, .state = CF_CONVERSATION_OPEN };
  struct cf_conversation second = { .id = { 0xc1 }, .peer = other->fpr, .state = CF_CONVERSATION_CLOSED };
  struct cf_conversations all = { .core = &w->core, .first = &conv };

  w->core.conversations = &all;
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "bob"), bob); /* the other is any stranger */
  assert_ptr_equal (cf_conversation_resolve (&w->cmd, "bob"), &conv);
  /* Both are contacts: the name of a person is ambiguous, that of a conversation is not. */
  assert_int_equal (cf_peer_keep (&w->core, bob, NULL, NULL), 0);
  assert_int_equal (cf_peer_keep (&w->core, other, NULL, NULL), 0);
  assert_null (cf_peer_resolve (&w->cmd, "bob"));
  assert_ptr_equal (cf_conversation_resolve (&w->cmd, "bob"), &conv);
  /* A contact with none is meant no more than a conversation with somebody who is no contact. */
  assert_int_equal (cf_peers_unkeep (w->core.peers, bob), 0);
  assert_ptr_equal (cf_conversation_resolve (&w->cmd, "bob"), &conv);
  /* With both there is one: which is not ours to choose, be the other closed. */
  conv.next = &second;
  assert_null (cf_conversation_resolve (&w->cmd, "bob"));
  assert_int_equal (gpg_err_code (w->err), GPG_ERR_AMBIGUOUS_NAME);
  second.deleted = true;
  assert_ptr_equal (cf_conversation_resolve (&w->cmd, "bob"), &conv);
  w->core.conversations = NULL;
}

/* What an error lists is bounded, however many there are and whatever they are called. */
static void
test_resolve_many_conversations (void **state)
{
  struct world *w = *state;
  struct cf_peer *bob = add (w, 1, "bob who has a very long name, much longer than anybody needs <bob@example.org>", NULL);
  struct cf_conversation convs[20] = { 0 };
  struct cf_conversations all = { .core = &w->core, .first = convs };

  for (size_t i = 0; i < 20; i++) {
    convs[i].id[0] = (uint8_t) i;
    convs[i].peer = bob->fpr;
    convs[i].next = i + 1 < 20 ? &convs[i + 1] : NULL;
  }
  w->core.conversations = &all;
  assert_null (cf_conversation_resolve (&w->cmd, "bob@example.org"));
  assert_int_equal (gpg_err_code (w->err), GPG_ERR_AMBIGUOUS_NAME);
  assert_non_null (strstr (w->message, "000000000000 (requested, bob who has"));
  assert_non_null (strstr (w->message, "040000000000 (requested, bob who has"));
  assert_in_range (strlen (w->message), 200, 400);
  w->core.conversations = NULL;
}

static void
test_comes_back (void **state)
{
  struct world *w = *state;
  struct cf_peer *ada = add (w, 1, "Ada <ada@example.org>", "Ada"), *back;
  struct cf_device_statement st = { .identity = ada->fpr, .not_before_utc_ms = w->env.now_utc_ms,
                                    .not_after_utc_ms = w->env.now_utc_ms + 1000000 };
  struct cf_peers_tie tie = { .name = "Ada", .device = &st };
  uint8_t secret[CF_HASH_LEN] = { 3, 1, 4 }, digest[CF_HASH_LEN] = { 9 };
  struct cf_addr addr;

  memset (st.device_key, 5, sizeof st.device_key);
  assert_int_equal (cf_addr_parse ("[fe80::1%3]:7100", &addr), 0);
  tie.addr = &addr;
  tie.digest = digest;
  assert_int_equal (cf_peers_tie (w->core.peers, &tie, &back), 0);
  assert_int_equal (cf_peer_keep (&w->core, ada, "password", secret), 0);

  cf_peers_free (w->core.peers);
  w->core.peers = NULL;
  assert_int_equal (cf_peers_new (&w->core, &w->core.peers), 0);
  back = cf_peer_by_device (&w->core, st.device_key);
  assert_non_null (back);
  assert_true (back->contact);
  assert_false (back->present);
  assert_string_equal (back->user_id, "Ada <ada@example.org>");
  assert_string_equal (back->verified_how, "password");
  assert_memory_equal (back->pair_secret, secret, sizeof secret);
  assert_int_equal (back->device_count, 1);
  assert_int_equal (back->devices[0].addr_count, 1);
  assert_true (cf_addr_equal (&back->devices[0].addrs[0], &addr));
  assert_memory_equal (back->devices[0].digest, digest, sizeof digest);
  assert_int_equal (back->devices[0].not_after_utc_ms, st.not_after_utc_ms);

  assert_int_equal (cf_peers_unkeep (w->core.peers, back), 0);
  cf_peers_free (w->core.peers);
  w->core.peers = NULL;
  assert_int_equal (cf_peers_new (&w->core, &w->core.peers), 0);
  assert_null (cf_peer_by_device (&w->core, st.device_key));
}

static void
test_newest_wins (void **state)
{
  struct world *w = *state;
  struct cf_fpr ada = add (w, 1, NULL, NULL)->fpr, bob = add (w, 2, NULL, NULL)->fpr;
  struct cf_device_statement st = { .identity = ada, .not_before_utc_ms = 1000,
                                    .not_after_utc_ms = w->env.now_utc_ms + 1000000 };
  struct cf_peers_tie tie = { .device = &st };
  struct cf_peer *peer;

  memset (st.device_key, 5, sizeof st.device_key);
  assert_int_equal (cf_peers_tie (w->core.peers, &tie, &peer), 0);
  /* Older; as old with another key; another identity over the same key. */
  st.not_before_utc_ms = 999;
  assert_int_equal (gpg_err_code (cf_peers_tie (w->core.peers, &tie, &peer)), CF_ERR_STATEMENT);
  st.not_before_utc_ms = 1000;
  st.device_key[0] = 6;
  assert_int_equal (gpg_err_code (cf_peers_tie (w->core.peers, &tie, &peer)), CF_ERR_STATEMENT);
  st.device_key[0] = 5;
  st.identity = bob;
  assert_int_equal (gpg_err_code (cf_peers_tie (w->core.peers, &tie, &peer)), CF_ERR_STATEMENT);
  /* Newer with a new key: the old one is nobody's. */
  st.identity = ada;
  st.not_before_utc_ms = 1001;
  st.device_key[0] = 6;
  assert_int_equal (cf_peers_tie (w->core.peers, &tie, &peer), 0);
  assert_ptr_equal (cf_peer_by_device (&w->core, st.device_key), peer);
  st.device_key[0] = 5;
  assert_null (cf_peer_by_device (&w->core, st.device_key));
  assert_int_equal (peer->device_count, 1);
}

static void
test_limits (void **state)
{
  struct world *w = *state;
  struct cf_peer *kept = add (w, 0, NULL, "kept"), *peer;
  struct cf_device_statement st = { .not_before_utc_ms = 1, .not_after_utc_ms = w->env.now_utc_ms + 1000000 };
  struct cf_peers_tie tie = { .device = &st };
  struct cf_addr addr;

  assert_int_equal (cf_peer_keep (&w->core, kept, NULL, NULL), 0);
  for (unsigned n = 1; n < CF_PEERS_MAX + 100; n++)
    add (w, n, NULL, NULL);
  assert_int_equal (cf_map_count (w->core.peers->by_fpr), CF_PEERS_MAX);
  assert_ptr_equal (cf_peer_resolve (&w->cmd, "kept"), kept);
  /* More devices and addresses than there is room for. */
  st.identity = kept->fpr;
  tie.addr = &addr;
  assert_int_equal (cf_addr_parse ("192.0.2.1:7100", &addr), 0);
  for (unsigned n = 0; n < 3 * CF_PEER_DEVICES_MAX; n++) {
    st.device_key[0] = st.device_number[0] = (uint8_t) n;
    assert_int_equal (cf_peers_tie (w->core.peers, &tie, &peer), 0);
  }
  assert_int_equal (kept->device_count, CF_PEER_DEVICES_MAX);
  assert_int_equal (cf_map_count (w->core.peers->by_device), CF_PEER_DEVICES_MAX);
  for (unsigned n = 0; n < 3 * CF_PEER_ADDRS_MAX; n++) {
    addr.bytes[3] = (uint8_t) n;
    assert_int_equal (cf_peers_tie (w->core.peers, &tie, &peer), 0);
  }
  assert_ptr_equal (cf_peer_by_device (&w->core, st.device_key), kept);
  assert_int_equal (cf_peers_device_by_key (kept, st.device_key)->addr_count, CF_PEER_ADDRS_MAX);
  assert_true (cf_addr_equal (&cf_peers_device_by_key (kept, st.device_key)->addrs[0], &addr));
}

static void
test_blocked_stranger_is_kept (void **state)
{
  struct world *w = *state;
  struct cf_peer *ada = add (w, 1, "Ada <ada@example.org>", "Ada");
  struct cf_fpr fpr = ada->fpr;

  assert_int_equal (cf_peer_set_blocked (&w->core, ada, true), 0);
  cf_peers_free (w->core.peers);
  w->core.peers = NULL;
  assert_int_equal (cf_peers_new (&w->core, &w->core.peers), 0);
  ada = cf_peer_find (&w->core, &fpr);
  assert_non_null (ada);
  assert_true (ada->blocked);
  assert_false (ada->contact);
  assert_int_equal (cf_peer_set_blocked (&w->core, ada, false), 0);
  cf_peers_free (w->core.peers);
  w->core.peers = NULL;
  assert_int_equal (cf_peers_new (&w->core, &w->core.peers), 0);
  assert_null (cf_peer_find (&w->core, &fpr));
}

/* What people copy first is of most use: IPv4, then global IPv6, then link-local; of each, the device seen last. */
static void
test_addrs_order (void **state)
{
  static const char *const order[] = { "192.0.2.2:7077", "192.0.2.1:7077", "[2001:db8::2]:7077", "[2001:db8::1]:7077",
                                       "[fe80::2%3]:7077", "[fe80::1%2]:7077" };
  struct world *w = *state;
  struct cf_peer *peer = add (w, 1, "Ada <ada@example.org>", NULL);
  json_t *row, *list;

  /* Each device names them the other way round. */
  for (size_t i = 0; i < 6; i++) {
    struct cf_peer_device *dev = &peer->devices[1 - i % 2];

    assert_int_equal (cf_addr_parse (order[i], &dev->addrs[2 - i / 2]), 0);
    dev->addr_count = 3;
  }
  peer->device_count = 2;
  peer->devices[0].seen_ms = 1000;
  peer->devices[1].seen_ms = 2000;
  row = cf_peer_json (&w->core, peer);
  list = json_object_get (row, "addr");
  assert_int_equal (json_array_size (list), 6);
  for (size_t i = 0; i < 6; i++)
    assert_string_equal (json_string_value (json_array_get (list, i)), order[i]);
  json_decref (row);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_resolve, setup, teardown),
    cmocka_unit_test_setup_teardown (test_addrs_order, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resolve_nobody, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resolve_ambiguous, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resolve_first_name, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resolve_among_strangers, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resolve_heals, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resolve_conversation, setup, teardown),
    cmocka_unit_test_setup_teardown (test_resolve_many_conversations, setup, teardown),
    cmocka_unit_test_setup_teardown (test_comes_back, setup, teardown),
    cmocka_unit_test_setup_teardown (test_newest_wins, setup, teardown),
    cmocka_unit_test_setup_teardown (test_limits, setup, teardown),
    cmocka_unit_test_setup_teardown (test_blocked_stranger_is_kept, setup, teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
