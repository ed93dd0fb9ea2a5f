/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_visibility.c - whom contacts who are visible to contacts only find, and what a stranger on the link learns.
 *
 * The simulator has a cleartext view of every datagram, as a stranger has.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/peers.h"
#include "core/self.h"
#include "core/visibility.h"
#include "tests/sim/link_story.h"

#define MINUTE_MS 60000

/* --- what a stranger captures --- */

#define CAPTURED_MAX 4096

struct captured {
  size_t from, len;
  uint16_t port;
  int64_t at_utc_ms;
  uint8_t data[CF_VEIL_QUESTION_LEN];
};

struct capture {
  struct captured all[CAPTURED_MAX];
  size_t count, open; /* OPEN: how many of them were open beacons */
};

static void
capture (struct sim *sim, const struct sim_node *from, uint16_t port, const struct sim_node *to, const uint8_t *data,
         size_t len)
{
  struct capture *c = sim->datagram_arg;
  struct captured *one;

  if (from == to)
    return; /* the copy that the sender hears itself */
  assert_true (c->count < CAPTURED_MAX && len <= sizeof one->data);
  one = &c->all[c->count++];
  one->from = from->index;
  one->port = port;
  one->len = len;
  one->at_utc_ms = sim->env.now_utc_ms;
  memcpy (one->data, data, len);
  c->open += data[5] < CF_VEIL_QUESTION;
}

static void
capture_begin (struct sim *sim, struct capture *c)
{
  c->count = c->open = 0;
  sim->datagram = capture;
  sim->datagram_arg = c;
}

/* --- steps --- */

static void
share_secret (struct pair *p, uint8_t byte)
{
  uint8_t secret[CF_HASH_LEN];

  memset (secret, byte, sizeof secret);
  assert_int_equal (cf_peer_keep (p->a->core, cf_peer_find (p->a->core, &p->b->fpr), "password", secret), 0);
  assert_int_equal (cf_peer_keep (p->b->core, cf_peer_find (p->b->core, &p->a->fpr), "password", secret), 0);
}

/* Two who have met and share a secret. */
static void
two_contacts (struct pair *p, struct sim *sim)
{
  p->sim = sim;
  p->a = node (sim, "alice");
  p->b = node (sim, "bob");
  assert_true (sim_sees (p->a, p->b));
  assert_true (sim_sees (p->b, p->a));
  share_secret (p, 7);
}

static void
show_to (struct sim_node *n, const char *whom)
{
  assert_int_equal (sim_do (n, "VISIBILITY", NULL, whom, NULL), 0);
}

static bool
present (struct sim_node *a, struct sim_node *b)
{
  const struct cf_peer *peer = cf_peer_find (a->core, &b->fpr);

  return peer && peer->present;
}

static bool
both_present (void *arg)
{
  struct pair *p = arg;

  return present (p->a, p->b) && present (p->b, p->a);
}

static void
restart (struct sim_node *n)
{
  sim_node_crash (n, false);
  assert_int_equal (sim_node_start (n), 0);
  cf_links_set_handler (n->core->links, &heard_handler, &heards[n->index]);
}

/* As if they had been away: neither knows that the other is here. */
static void
forget_presence (struct pair *p)
{
  sim_node_crash (p->a, false);
  sim_node_crash (p->b, false);
  assert_int_equal (sim_node_start (p->a), 0);
  assert_int_equal (sim_node_start (p->b), 0);
  for (int i = 0; i < 2; i++) {
    struct sim_node *n = i ? p->b : p->a;

    cf_links_set_handler (n->core->links, &heard_handler, &heards[n->index]);
  }
}

/* --- stories --- */

static void
test_contacts_find_each_other (void **state)
{
  struct sim *sim = sim_new (1);
  struct pair p;
  struct capture *c = calloc (1, sizeof *c);
  struct sim_node *carol;

  (void) state;
  assert_non_null (c);
  two_contacts (&p, sim);
  show_to (p.a, "contacts");
  show_to (p.b, "contacts");
  carol = node (sim, "carol");
  sim_run (sim, 1000);
  forget_presence (&p);
  capture_begin (sim, c);
  assert_true (sim_run_until (sim, 2000, both_present, &p));
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 2000, both_up, &p));
  /* She is visible to everyone, and asked all the time. */
  sim_run (sim, 10 * MINUTE_MS);
  assert_null (cf_peer_find (carol->core, &p.a->fpr));
  assert_null (cf_peer_find (carol->core, &p.b->fpr));
  for (size_t i = 0; i < c->count; i++)
    assert_true (c->all[i].from == carol->index || c->all[i].data[5] >= CF_VEIL_QUESTION);
  free (c);
  sim_free (sim);
}

/* Either way round, one who everyone sees and one whom only contacts see. */
static void
test_everyone_and_contacts (void **state)
{
  (void) state;
  for (int i = 0; i < 2; i++) {
    struct sim *sim = sim_new (2);
    struct pair p;

    two_contacts (&p, sim);
    show_to (i ? p.a : p.b, "contacts");
    forget_presence (&p);
    assert_true (sim_run_until (sim, 2000, both_present, &p));
    /* The one comes back while the other is there. */
    restart (p.a);
    assert_true (sim_run_until (sim, 2000, both_present, &p));
    restart (p.b);
    assert_true (sim_run_until (sim, 2000, both_present, &p));
    sim_free (sim);
  }
}

static void
test_nobody_hears_only (void **state)
{
  struct sim *sim = sim_new (3);
  struct pair p;
  struct capture *c = calloc (1, sizeof *c);

  (void) state;
  assert_non_null (c);
  two_contacts (&p, sim);
  show_to (p.a, "contacts");
  show_to (p.b, "nobody");
  forget_presence (&p);
  capture_begin (sim, c);
  sim_run (sim, 5 * MINUTE_MS);
  for (size_t i = 0; i < c->count; i++)
    assert_int_equal (c->all[i].from, p.a->index); /* not a word of Bob */
  assert_false (present (p.a, p.b));
  assert_true (present (p.b, p.a)); /* at an address that he knows */
  /* He may still go there himself. */
  want (p.b, p.a);
  assert_true (sim_run_until (sim, 5000, both_up, &p));
  free (c);
  sim_free (sim);
}

/* Who is blocked, or no contact any more, or shares no secret, is as good as a stranger. */
static void
test_who_is_not_told (void **state)
{
  char hex[CF_FPR_HEX_SIZE];

  (void) state;
  for (int i = 0; i < 3; i++) {
    struct sim *sim = sim_new (4);
    struct pair p;

    two_contacts (&p, sim);
    show_to (p.a, "contacts");
    show_to (p.b, "contacts");
    if (i == 0)
      assert_int_equal (cf_peer_set_blocked (p.a->core, cf_peer_find (p.a->core, &p.b->fpr), true), 0);
    else if (i == 1)
      assert_int_equal (sim_do (p.a, "REMOVE", NULL, cf_fpr_hex (&p.b->fpr, hex), NULL), 0);
    if (i < 2)
      forget_presence (&p);
    sim_run (sim, 5 * MINUTE_MS);
    assert_int_equal (present (p.b, p.a), i == 2);
    sim_free (sim);
  }
}

/* One side has opened anew, the other does not know yet (its path broke): they find each other all the same. */
static void
test_secret_renewed_on_one_side (void **state)
{
  uint8_t secret[CF_HASH_LEN] = { 9 };

  (void) state;
  for (int i = 0; i < 2; i++) {
    struct sim *sim = sim_new (5);
    struct pair p;
    struct sim_node *first, *second;

    two_contacts (&p, sim);
    show_to (p.a, "contacts");
    show_to (p.b, "contacts");
    first = i ? p.a : p.b;
    second = i ? p.b : p.a;
    assert_int_equal (cf_peer_keep (first->core, cf_peer_find (first->core, &second->fpr), "password", secret), 0);
    forget_presence (&p);
    assert_true (sim_run_until (sim, 2000, both_present, &p));
    assert_non_null (cf_peer_find (first->core, &second->fpr)->pair_secret_before);
    /* Once the other is as far, the old one is forgotten: on both sides, and for good. */
    assert_int_equal (cf_peer_keep (second->core, cf_peer_find (second->core, &first->fpr), "password", secret), 0);
    sim_run (sim, MINUTE_MS);
    forget_presence (&p);
    assert_null (cf_peer_find (first->core, &second->fpr)->pair_secret_before);
    assert_null (cf_peer_find (second->core, &first->fpr)->pair_secret_before);
    assert_true (sim_run_until (sim, 2000, both_present, &p));
    sim_free (sim);
  }
}

/* More contacts than a question has tags take turns; who was found stays in sight. */
static void
test_turns (void **state)
{
  struct sim *sim = sim_new (6);
  struct pair p;
  uint8_t secret[CF_HASH_LEN] = { 1 };
  size_t from;

  (void) state;
  two_contacts (&p, sim);
  for (unsigned i = 0; i < 200; i++) {
    struct cf_fpr fpr = { .version = 4, .len = 20, .bytes = { 0xee, (uint8_t) i, 1 } };
    struct cf_peer *peer;

    secret[1] = (uint8_t) i;
    for (int k = 0; k < 2; k++) {
      struct sim_node *n = k ? p.a : p.b;

      assert_int_equal (cf_peers_get (n->core->peers, &fpr, &peer), 0);
      assert_int_equal (cf_peer_keep (n->core, peer, "password", secret), 0);
    }
  }
  show_to (p.a, "contacts");
  show_to (p.b, "contacts");
  forget_presence (&p);
  assert_true (sim_run_until (sim, 7 * 30000, both_present, &p));
  from = json_array_size (p.a->events);
  sim_run (sim, 15 * MINUTE_MS);
  assert_null (sim_event (p.a, from, "peer_gone", NULL, NULL));
  assert_true (both_present (&p));
  sim_free (sim);
}

/* A device that was away for longer than its statement lasts: the pair secret vouches for it, and HELLO brings the new
   statement. */
static void
test_lapsed_statement (void **state)
{
  struct sim *sim = sim_new (7);
  struct pair p;

  (void) state;
  two_contacts (&p, sim);
  show_to (p.a, "contacts");
  show_to (p.b, "contacts");
  sim_node_crash (p.a, false);
  sim_node_crash (p.b, false);
  sim_run (sim, 40ULL * 24 * 3600 * 1000);
  assert_int_equal (sim_node_start (p.a), 0);
  assert_int_equal (sim_node_start (p.b), 0);
  cf_links_set_handler (p.a->core->links, &heard_handler, &heards[p.a->index]);
  cf_links_set_handler (p.b->core->links, &heard_handler, &heards[p.b->index]);
  assert_null (cf_peer_by_device (p.a->core, p.b->core->self->device.device_key));
  want (p.a, p.b);
  assert_true (sim_run_until (sim, 40000, both_up, &p));
  assert_non_null (cf_peer_by_device (p.a->core, p.b->core->self->device.device_key));
  sim_free (sim);
}

/* --- an hour's capture --- */

#define HEAD 6 /* magic, version, kind: the same in everybody's */
#define WORD 4
#define TABLE_SIZE (1u << 20)

/* The four bytes at P as a number. */
static uint32_t
word (const uint8_t *p)
{
  return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

/* Where each string of four bytes of a capture was seen first: a table with open addressing. */
struct words {
  struct { uint32_t word; uint32_t where; } at[TABLE_SIZE]; /* WHERE: one more than the number of the datagram; 0: free */
};

static uint32_t *
find_word (struct words *w, uint32_t value)
{
  uint32_t i = value * 2654435761u >> 12;

  while (w->at[i].where && w->at[i].word != value)
    i = (i + 1) % TABLE_SIZE;
  w->at[i].word = value;
  return &w->at[i].where;
}

static int64_t
epoch_of (const struct captured *one)
{
  return one->at_utc_ms / CF_VEIL_EPOCH_MS;
}

/* Of FROM's datagrams: how many strings of four bytes are in two epochs.  Chance alone makes some. */
static size_t
shared_between_epochs (const struct capture *c, size_t from, struct words *w)
{
  size_t shared = 0;

  memset (w, 0, sizeof *w);
  for (size_t i = 0; i < c->count; i++) {
    const struct captured *one = &c->all[i];

    if (one->from != from)
      continue;
    for (size_t at = HEAD; at + WORD <= one->len; at++) {
      uint32_t *where = find_word (w, word (one->data + at));

      if (*where && epoch_of (&c->all[*where - 1]) != epoch_of (one))
        shared++;
      else
        *where = (uint32_t) i + 1;
    }
  }
  return shared;
}

/* How many of FROM's datagrams left from a port that another one of his had left from. */
static size_t
ports_again (const struct capture *c, size_t from)
{
  static uint32_t used[65536]; /* one more than the number of the datagram */
  size_t again = 0;

  memset (used, 0, sizeof used);
  for (size_t i = 0; i < c->count; i++) {
    const struct captured *one = &c->all[i];
    uint32_t *first = &used[one->port];

    if (one->from != from)
      continue;
    if (*first && memcmp (c->all[*first - 1].data, one->data, HEAD + CF_VEIL_NONCE_LEN))
      again++; /* no copy of the same broadcast */
    *first = (uint32_t) i + 1;
  }
  return again;
}

/* Do the eight bytes at NEEDLE appear anywhere? */
static bool
appears (const struct capture *c, const uint8_t *needle)
{
  for (size_t i = 0; i < c->count; i++)
    for (size_t at = 0; at + 8 <= c->all[i].len; at++)
      if (!memcmp (c->all[i].data + at, needle, 8))
        return true;
  return false;
}

static void
test_an_hours_capture (void **state)
{
  struct sim *sim = sim_new (8);
  struct pair p;
  struct sim_node *carol;
  struct capture *c = calloc (1, sizeof *c);
  struct words *w = malloc (sizeof *w);
  size_t sizes[2] = { 0 };

  (void) state;
  assert_true (c && w);
  two_contacts (&p, sim);
  show_to (p.a, "contacts");
  show_to (p.b, "contacts");
  carol = node (sim, "carol"); /* has no contacts: her beacons are filler alone */
  show_to (carol, "contacts");
  sim_run (sim, MINUTE_MS);
  capture_begin (sim, c);
  for (int i = 0; i < 6; i++) {
    sim_run (sim, 10 * MINUTE_MS);
    if (i == 2) {
      restart (p.a);
      restart (carol);
    }
  }
  sim->datagram = NULL;
  assert_int_equal (c->open, 0);
  for (size_t i = 0; i < c->count; i++) {
    assert_int_equal (c->all[i].len, c->all[i].data[5] == CF_VEIL_QUESTION ? CF_VEIL_QUESTION_LEN : CF_VEIL_ANSWER_LEN);
    sizes[c->all[i].data[5] != CF_VEIL_QUESTION]++;
  }
  assert_true (sizes[0] > 500 && sizes[1] > 200);
  for (size_t n = 0; n < 3; n++) {
    const struct cf_self *self = sim->nodes[n]->core->self;

    /* About 10^5 strings of 2^32: a pair that is alike by chance once a run.  A stable byte string of any length that
       matters would come back in every datagram. */
    assert_true (shared_between_epochs (c, n, w) <= 8);
    assert_true (ports_again (c, n) <= 8); /* of 50,000 at random */
    assert_false (appears (c, self->fpr.bytes));
    assert_false (appears (c, self->device.device_key));
    assert_false (appears (c, self->device.device_number));
  }
  free (w);
  free (c);
  sim_free (sim);
}

/* How often a contact-less node and one with contacts speak, and how much, is the same. */
static void
test_contacts_cannot_be_counted (void **state)
{
  struct sim *sim = sim_new (9);
  struct pair p;
  struct sim_node *carol;
  struct capture *c = calloc (1, sizeof *c);
  size_t questions[3] = { 0 };

  (void) state;
  assert_non_null (c);
  two_contacts (&p, sim);
  carol = node (sim, "carol");
  for (size_t i = 0; i < 3; i++)
    show_to (sim->nodes[i], "contacts");
  sim_node_crash (p.b, false); /* nobody is there who would answer */
  sim_run (sim, MINUTE_MS);
  capture_begin (sim, c);
  sim_run (sim, 60 * MINUTE_MS);
  sim->datagram = NULL;
  for (size_t i = 0; i < c->count; i++) {
    assert_int_equal (c->all[i].len, CF_VEIL_QUESTION_LEN);
    questions[c->all[i].from]++;
  }
  assert_int_equal (questions[p.b->index], 0);
  assert_in_range (questions[p.a->index], 2 * 120, 2 * 150); /* a copy each to the other two */
  assert_in_range (questions[carol->index], 2 * 120, 2 * 150);
  free (c);
  sim_free (sim);
}

/* --- for a while --- */

static const char *
shown (struct sim_node *n, const char **r_until)
{
  static char visibility[16], until[CF_TIME_SIZE];
  struct sim_command *call = sim_call (n, "VISIBILITY", NULL, NULL);
  const char *text;

  assert_true (sim_wait (call, 1000));
  text = sim_text (call, 0, "until");
  snprintf (visibility, sizeof visibility, "%s", sim_text (call, 0, "visibility"));
  snprintf (until, sizeof until, "%s", text ? text : "");
  *r_until = until;
  sim_command_free (call);
  return visibility;
}

static void
assert_shown (struct sim_node *n, const char *want, bool for_a_while)
{
  const char *until;

  assert_string_equal (shown (n, &until), want);
  assert_int_equal (*until != 0, for_a_while);
}

static void
test_for_a_while (void **state)
{
  struct sim *sim = sim_new (10);
  struct sim_node *alice = node (sim, "alice");
  size_t from;

  (void) state;
  assert_shown (alice, "everyone", false);
  assert_int_equal (sim_do (alice, "VISIBILITY", NULL, "--for=10m", "nobody", NULL), 0);
  assert_shown (alice, "nobody", true);
  from = json_array_size (alice->events);
  sim_run (sim, 9 * MINUTE_MS);
  assert_shown (alice, "nobody", true);
  assert_null (sim_event (alice, from, "visibility", NULL, NULL));
  sim_run (sim, MINUTE_MS + 1000);
  assert_shown (alice, "everyone", false);
  assert_non_null (sim_event (alice, from, "visibility", "visibility", "everyone"));

  /* A while on a while: it falls back to what was chosen for good. */
  show_to (alice, "contacts");
  assert_int_equal (sim_do (alice, "VISIBILITY", NULL, "--for=1h", "everyone", NULL), 0);
  assert_int_equal (sim_do (alice, "VISIBILITY", NULL, "--for=5m", "nobody", NULL), 0);
  sim_run (sim, 6 * MINUTE_MS);
  assert_shown (alice, "contacts", false);
  /* Chosen for good ends a while, by either command. */
  assert_int_equal (sim_do (alice, "VISIBILITY", NULL, "--for=1h", "everyone", NULL), 0);
  assert_int_equal (sim_do (alice, "CONFIG", NULL, "visibility", "nobody", NULL), 0);
  assert_shown (alice, "nobody", false);
  sim_run (sim, 61 * MINUTE_MS);
  assert_shown (alice, "nobody", false);

  assert_int_equal (gpg_err_code (sim_do (alice, "VISIBILITY", NULL, "--for=31d", "nobody", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (alice, "VISIBILITY", NULL, "--for=x", "nobody", NULL)), GPG_ERR_INV_VALUE);
  assert_int_equal (gpg_err_code (sim_do (alice, "VISIBILITY", NULL, "--for=1h", NULL)), GPG_ERR_MISSING_VALUE);
  sim_free (sim);
}

static void
test_for_a_while_over_restarts (void **state)
{
  struct sim *sim = sim_new (11);
  struct sim_node *alice = node (sim, "alice");

  (void) state;
  show_to (alice, "contacts");
  assert_int_equal (sim_do (alice, "VISIBILITY", NULL, "--for=30m", "everyone", NULL), 0);
  sim_run (sim, 10 * MINUTE_MS);
  restart (alice);
  assert_shown (alice, "everyone", true);
  sim_run (sim, 19 * MINUTE_MS);
  assert_shown (alice, "everyone", true);
  sim_run (sim, 2 * MINUTE_MS);
  assert_shown (alice, "contacts", false);
  /* Over while she was away: not for a moment. */
  assert_int_equal (sim_do (alice, "VISIBILITY", NULL, "--for=30m", "everyone", NULL), 0);
  sim_node_crash (alice, false);
  sim_run (sim, 40 * MINUTE_MS);
  assert_int_equal (sim_node_start (alice), 0);
  assert_shown (alice, "contacts", false);
  /* The wall clock jumps: while she runs, it does not matter; over restarts it prolongs nothing for ever. */
  assert_int_equal (sim_do (alice, "VISIBILITY", NULL, "--for=30m", "everyone", NULL), 0);
  alice->skew_ms = -24LL * 3600 * 1000;
  sim_run (sim, 20 * MINUTE_MS);
  assert_shown (alice, "everyone", true);
  restart (alice);
  sim_run (sim, 31 * MINUTE_MS);
  assert_shown (alice, "contacts", false);
  assert_int_equal (sim_do (alice, "VISIBILITY", NULL, "--for=30m", "nobody", NULL), 0);
  alice->skew_ms = 24LL * 3600 * 1000;
  sim_run (sim, 20 * MINUTE_MS);
  assert_shown (alice, "nobody", true);
  sim_run (sim, 11 * MINUTE_MS);
  assert_shown (alice, "contacts", false);
  sim_free (sim);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_contacts_find_each_other),
    cmocka_unit_test (test_everyone_and_contacts),
    cmocka_unit_test (test_nobody_hears_only),
    cmocka_unit_test (test_who_is_not_told),
    cmocka_unit_test (test_secret_renewed_on_one_side),
    cmocka_unit_test (test_turns),
    cmocka_unit_test (test_lapsed_statement),
    cmocka_unit_test (test_an_hours_capture),
    cmocka_unit_test (test_contacts_cannot_be_counted),
    cmocka_unit_test (test_for_a_while),
    cmocka_unit_test (test_for_a_while_over_restarts),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
