/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_discovery.c - the machine of "who's there" under a stream of datagrams, with a clock.
 *
 * Input is a schedule: an operation byte and what it needs.  Whatever comes, answers stay within their limits, never
 * outweigh questions, and beacons leave at least CF_BEACON_LEAST_MS apart; nobody is recognised but by a veiled beacon
 * that he made, once, and nothing leaves while we are visible to nobody.
 */
#include <stdlib.h>
#include <string.h>

#include "net/discovery.h"
#include "tests/fuzz/fuzz.h"

#define STEPS_MAX 32

struct world {
  struct cf_net net; /* first */
  struct cf_env env;
  uint64_t seed;
  struct cf_discovery *discovery;
  size_t bytes_in;     /* of questions */
  size_t answers, bytes_out;
  uint64_t started_ms, broadcast_ms;
  enum cf_visibility visibility;
  uint8_t asked[2][CF_VEIL_NONCE_LEN]; /* n of our last veiled question, and answer */
  bool genuine;                        /* what is being handed over was made by a contact, as it is, and is new */
  uint16_t fresh_port;
};

static void
check_answer (struct world *w, size_t len)
{
  w->answers++;
  w->bytes_out += len;
  FUZZ_CHECK (w->bytes_out <= w->bytes_in);
  FUZZ_CHECK (w->answers <= CF_ANSWER_ALL_BURST + (w->env.now_ms - w->started_ms) / CF_ANSWER_ALL_MS);
}

static void
check_interval (struct world *w)
{
  FUZZ_CHECK (!w->broadcast_ms || w->env.now_ms - w->broadcast_ms >= CF_BEACON_LEAST_MS);
  w->broadcast_ms = w->env.now_ms;
}

static gpg_error_t
op_send (struct cf_net *net, const struct cf_addr *to, const void *data, size_t len)
{
  struct world *w = (struct world *) net;
  struct cf_beacon beacon;

  FUZZ_CHECK (w->visibility == CF_VISIBLE_EVERYONE && to->port && !cf_beacon_decode (data, len, &beacon) && beacon.answer);
  check_answer (w, len);
  return 0;
}

static gpg_error_t
op_broadcast (struct cf_net *net, const void *data, size_t len)
{
  struct world *w = (struct world *) net;
  struct cf_beacon beacon;

  FUZZ_CHECK (w->visibility == CF_VISIBLE_EVERYONE && !cf_beacon_decode (data, len, &beacon) && !beacon.answer);
  check_interval (w);
  return 0;
}

/* Ask SAY, and look at what it says. */
static void
said (struct world *w, cf_net_say say, void *arg, struct cf_veil *r_veil)
{
  struct cf_addr source = { .family = 4, .bytes = { 10, 0, 0, 1 }, .port = ++w->fresh_port };
  struct cf_buf out;

  FUZZ_CHECK (w->visibility != CF_VISIBLE_NOBODY);
  cf_buf_init (&out, CF_NET_DATAGRAM_MAX);
  FUZZ_CHECK (!say (arg, &source, &out));
  FUZZ_CHECK (!cf_veil_decode (cf_buf_data (&out), cf_buf_len (&out), r_veil));
  cf_buf_done (&out);
}

static gpg_error_t
op_send_fresh (struct cf_net *net, const struct cf_addr *to, cf_net_say say, void *arg)
{
  struct world *w = (struct world *) net;
  struct cf_veil veil;

  said (w, say, arg, &veil);
  FUZZ_CHECK (to->port && veil.kind != CF_VEIL_QUESTION && w->genuine);
  if (veil.kind == CF_VEIL_ANSWER)
    memcpy (w->asked[1], veil.n, sizeof veil.n);
  check_answer (w, CF_VEIL_ANSWER_LEN);
  return 0;
}

static gpg_error_t
op_broadcast_fresh (struct cf_net *net, cf_net_say say, void *arg)
{
  struct world *w = (struct world *) net;
  struct cf_veil veil;

  said (w, say, arg, &veil);
  FUZZ_CHECK (w->visibility == CF_VISIBLE_CONTACTS && veil.kind == CF_VEIL_QUESTION);
  memcpy (w->asked[0], veil.n, sizeof veil.n);
  check_interval (w);
  return 0;
}

static void
on_heard (void *arg, const struct cf_beacon *beacon, const struct cf_addr *addr)
{
  FUZZ_CHECK (((struct world *) arg)->discovery && beacon->tcp_port == addr->port);
}

static void
on_recognised (void *arg, const struct cf_recognition *who)
{
  struct world *w = arg;

  FUZZ_CHECK (w->genuine && who->fpr.bytes[0] >= 2 && who->fpr.bytes[0] <= 3);
  FUZZ_CHECK (!who->device_key || who->addr.port == 7000);
}

static const struct cf_net_ops ops = { .send_datagram = op_send, .broadcast = op_broadcast,
                                       .send_fresh = op_send_fresh, .broadcast_fresh = op_broadcast_fresh };

/* Contact 2 has one secret with us, contact 3 two. */
static const uint8_t secrets[3][CF_HASH_LEN] = { { 2 }, { 3 }, { 3, 1 } };

static struct cf_beacon
make_beacon (uint8_t who, bool answer)
{
  struct cf_beacon beacon = { .answer = answer, .tcp_port = 7000, .udp_port = 7001, .name = "Zo\xc3\xab" };

  memset (beacon.device_key, who, sizeof beacon.device_key);
  beacon.identity.version = 4;
  beacon.identity.len = 20;
  memset (beacon.identity.bytes, who, 20);
  return beacon;
}

static struct cf_fpr
make_fpr (uint8_t who)
{
  return make_beacon (who, false).identity;
}

static gpg_error_t
set_circle (struct world *w)
{
  struct cf_acquaintance all[] = { { make_fpr (2), secrets[0], NULL }, { make_fpr (3), secrets[1], secrets[2] } };

  return cf_discovery_set_circle (w->discovery, all, 2);
}

static void
give (struct world *w, struct fuzz_in *in, const uint8_t *data, size_t len)
{
  uint8_t host = fuzz_u8 (in), port = fuzz_u8 (in);
  struct cf_addr from = { .family = 4, .bytes = { 10, 0, 0, host }, .port = port };
  uint8_t *copy = fuzz_copy (data, len);

  w->bytes_in += len;
  cf_discovery_datagram (w->discovery, &from, copy, len);
  free (copy);
}

/* A well-formed beacon with one byte changed; or unchanged, over and over. */
static void
give_beacon (struct world *w, struct fuzz_in *in, unsigned times)
{
  uint8_t who = fuzz_u8 (in), answer = fuzz_u8 (in) & 1, at, mask;
  struct cf_beacon beacon = make_beacon (who, answer);
  struct cf_buf out;
  uint8_t *copy;
  size_t len;

  cf_buf_init (&out, CF_BEACON_MAX);
  if (!cf_beacon_encode (&beacon, &out)) {
    len = cf_buf_len (&out);
    copy = fuzz_copy (cf_buf_data (&out), len);
    if (times == 1) {
      at = fuzz_u8 (in);
      mask = fuzz_u8 (in);
      copy[at % len] ^= mask;
    }
    while (times--)
      give (w, in, copy, len);
    free (copy);
  }
  cf_buf_done (&out);
}

/* A contact's beacon of KIND, the tag of a question at place AT. */
static struct cf_veil
make_veil (struct world *w, enum cf_veil_kind kind, unsigned which, size_t at, const struct cf_addr *source)
{
  struct cf_fpr sender = make_fpr (which ? 3 : 2);
  struct cf_veil_place place = { .tcp_port = 7000, .device_key = { 9 } };
  struct cf_veil veil = { .kind = kind };
  uint8_t key[CF_VEIL_TAG_KEY_LEN];
  struct cf_veil_input input;

  cf_env_random (&w->env, veil.n, sizeof veil.n);
  if (kind != CF_VEIL_QUESTION)
    memcpy (veil.asked, w->asked[kind == CF_VEIL_RETURN], sizeof veil.asked);
  cf_veil_tag_key (secrets[which], &sender, cf_veil_epoch (w->env.now_utc_ms), key);
  cf_veil_input (&veil, source, &input);
  cf_veil_tag (key, &input, veil.tags[at]);
  if (kind != CF_VEIL_QUESTION)
    cf_veil_seal (secrets[which], &sender, source, &place, &veil);
  return veil;
}

/* That, with one byte changed or not, perhaps from elsewhere, and again. */
static void
give_veil (struct world *w, struct fuzz_in *in)
{
  enum cf_veil_kind kind = (enum cf_veil_kind) (CF_VEIL_QUESTION + fuzz_u8 (in) % 3);
  unsigned which = fuzz_u8 (in) % 3, at = fuzz_u8 (in) % (kind == CF_VEIL_QUESTION ? CF_VEIL_TAGS : 1);
  uint8_t host = fuzz_u8 (in), port = fuzz_u8 (in), moved = fuzz_u8 (in) & 1, byte = fuzz_u8 (in), mask = fuzz_u8 (in);
  struct cf_addr from = { .family = 4, .bytes = { 10, 0, 0, host }, .port = port };
  struct cf_veil veil = make_veil (w, kind, which, at, &from);
  size_t tag = 6 + CF_VEIL_NONCE_LEN + at * CF_VEIL_TAG_LEN, changed;
  struct cf_buf out;
  uint8_t *copy;

  cf_buf_init (&out, CF_BEACON_MAX);
  FUZZ_CHECK (!cf_veil_encode (&veil, &out));
  copy = fuzz_copy (cf_buf_data (&out), cf_buf_len (&out));
  changed = byte % cf_buf_len (&out);
  copy[changed] ^= mask;
  /* The other places of a question are anybody's. */
  w->genuine = !moved && (!mask || (kind == CF_VEIL_QUESTION && changed >= 6 + CF_VEIL_NONCE_LEN
                                    && (changed < tag || changed >= tag + CF_VEIL_TAG_LEN)));
  from.bytes[3] ^= moved;
  for (int i = 0; i < 2; i++) {
    w->bytes_in += cf_buf_len (&out);
    cf_discovery_datagram (w->discovery, &from, copy, cf_buf_len (&out));
    w->genuine = false;
  }
  free (copy);
  cf_buf_done (&out);
}

static void
step (struct world *w, struct fuzz_in *in)
{
  struct cf_beacon own = make_beacon (1, false);
  const uint8_t *data;
  size_t len;

  uint8_t op = fuzz_u8 (in);

  if (op >= 0xc0) {
    give_veil (w, in);
    return;
  }
  switch (op % 8) {
  case 0:
    data = fuzz_bytes (in, fuzz_u8 (in), &len);
    give (w, in, data, len);
    break;
  case 1: give_beacon (w, in, 1); break;
  case 2: give_beacon (w, in, fuzz_u8 (in) % 64); break;
  case 3: fuzz_env_run (&w->env, 1ull << (fuzz_u8 (in) % 19)); break;
  case 4: fuzz_env_run (&w->env, fuzz_u8 (in)); break;
  case 5: cf_discovery_network_changed (w->discovery); break;
  case 6:
    op = fuzz_u8 (in);
    w->visibility = op & 2 ? CF_VISIBLE_CONTACTS : op & 1 ? CF_VISIBLE_EVERYONE : CF_VISIBLE_NOBODY;
    cf_discovery_set_visibility (w->discovery, w->visibility);
    break;
  default:
    own.tcp_port = fuzz_u8 (in);
    own.name[0] = (char) fuzz_u8 (in);
    (void) !cf_discovery_set_own (w->discovery, &own);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct world w = { .net.ops = &ops, .visibility = CF_VISIBLE_EVERYONE };
  struct cf_discovery_config config = { .own = make_beacon (1, false), .heard = on_heard,
                                        .recognised = on_recognised, .arg = &w };
  struct fuzz_in in = { data, len };
  struct cf_discovery_counts counts;

  fuzz_env_init (&w.env, &w.seed);
  w.started_ms = w.env.now_ms;
  FUZZ_CHECK (!cf_discovery_new (&w.env, &w.net, &config, &w.discovery));
  FUZZ_CHECK (!set_circle (&w));
  cf_discovery_start (w.discovery);
  for (int n = 0; in.left && n < STEPS_MAX; n++)
    step (&w, &in);
  cf_discovery_counts (w.discovery, &counts);
  FUZZ_CHECK (counts.answered == w.answers);
  cf_discovery_free (w.discovery);
  FUZZ_CHECK (cf_timers_next (&w.env) == UINT64_MAX);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t questions[] = { 1, 2, 0, 0, 0, 9, 80, 2, 3, 0, 200, 4, 200, 1, 4, 0, 0, 0, 9, 81 };
  static const uint8_t life[] = { 3, 17, 5, 4, 10, 5, 6, 0, 3, 15, 6, 1, 7, 9, 'x', 3, 18, 0, 4, 'C', 'F', 'B', '1', 1, 1 };
  static const uint8_t hidden[] = { 6, 0, 3, 15, 1, 2, 0, 0, 0, 9, 80, 2, 3, 0, 4 };
  static const uint8_t own[] = { 1, 1, 0, 0, 0, 1, 1, 1, 5, 1, 7, 7, 2, 9, 3, 20 };

  static const uint8_t veiled[] = { 0xc0, 0, 0, 5, 9, 80, 0, 0, 0, 6, 2, 0xc0, 0, 2, 31, 9, 81, 0, 0, 0,
                                    0xc0, 1, 1, 0, 8, 80, 0, 0, 0, 0xc0, 2, 0, 0, 7, 80, 0, 0, 0 };
  static const uint8_t veiled_wrong[] = { 6, 2, 0xc0, 0, 0, 5, 9, 80, 1, 0, 0, 0xc0, 0, 1, 0, 9, 82, 0, 22, 1,
                                          0xc0, 1, 0, 0, 8, 80, 0, 95, 1, 6, 0, 0xc0, 0, 1, 0, 9, 83, 0, 0, 0 };

  emit ("veiled", veiled, sizeof veiled);
  emit ("veiled-wrong", veiled_wrong, sizeof veiled_wrong);
  emit ("questions", questions, sizeof questions);
  emit ("life", life, sizeof life);
  emit ("hidden", hidden, sizeof hidden);
  emit ("own", own, sizeof own);
}
