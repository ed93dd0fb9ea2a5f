/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_tunnel.c - net/tunnel.c, net/record.c, net/tunnel_guard.c. */
#include "net/tunnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/secmem.h"
#include "net/noise.h"
#include "net/record.h"
#include "pair.h"

static void
test_connects (void **state)
{
  static const char *const suites[] = { "AESGCM", "ChaChaPoly", "AESOCB", NULL };

  (void) state;
  for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
    for (size_t chunk = 1; chunk < 200; chunk += 66) {
      struct pair p;

      pair_world (&p, 1);
      pair_init (&p, suites[i], 0);
      assert_int_equal (gpg_err_code (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, "x", 1)), GPG_ERR_ENOTCONN);
      cf_tunnel_start (p.a.tunnel);
      cf_tunnel_start (p.b.tunnel);
      pair_run (&p, chunk);
      assert_true (p.a.ready && p.b.ready);
      assert_true (cf_tunnel_is_ready (p.a.tunnel) && cf_tunnel_is_ready (p.b.tunnel));
      assert_memory_equal (cf_tunnel_remote_key (p.a.tunnel), p.public[1], CF_DEVICE_KEY_LEN);
      assert_memory_equal (cf_tunnel_remote_key (p.b.tunnel), p.public[0], CF_DEVICE_KEY_LEN);
      assert_memory_equal (cf_tunnel_handshake_hash (p.a.tunnel), cf_tunnel_handshake_hash (p.b.tunnel), 64);
      assert_string_equal (cf_tunnel_suite (p.a.tunnel), cf_tunnel_suite (p.b.tunnel));
      if (suites[i])
        assert_string_equal (cf_tunnel_suite (p.b.tunnel), suites[i]);
      assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, "hello", 5), 0);
      assert_int_equal (cf_tunnel_send (p.b.tunnel, CF_CHANNEL_CONTROL, "", 0), 0);
      pair_run (&p, chunk);
      assert_int_equal (cf_buf_len (&p.b.messages), 10);
      assert_memory_equal (cf_buf_data (&p.b.messages), "\x01\0\0\0\x05hello", 10);
      assert_memory_equal (cf_buf_data (&p.a.messages), "\0\0\0\0\0", 5);
      pair_done (&p);
    }
}

/* A record with any bit flipped ends the tunnel without a word or a message. */
static void
test_record_flipped (void **state)
{
  size_t record_len = CF_RECORD_LENGTH_LEN + CF_RECORD_BODY_MIN + 5;

  (void) state;
  for (size_t at = 0; at < record_len; at++)
    for (int bit = 0; bit < 8; bit += 7) {
      struct pair p;
      uint8_t wire[128];

      pair_world (&p, 9);
      pair_init (&p, NULL, 0);
      pair_connect (&p);
      assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, "hello", 5), 0);
      assert_int_equal (cf_buf_len (&p.a.out), record_len);
      memcpy (wire, cf_buf_data (&p.a.out), record_len);
      wire[at] ^= (uint8_t) (1 << bit);
      cf_tunnel_input (p.b.tunnel, wire, record_len);
      if (at < CF_RECORD_LENGTH_LEN && !p.b.closed) { /* a longer record: it waits for the rest, in vain */
        assert_int_equal (cf_buf_len (&p.b.out), 0);
        pair_wait (&p, CF_PATH_LOST_MS, false);
      } else
        assert_int_equal (cf_buf_len (&p.b.out), 0);
      assert_int_equal (p.b.closed, 1);
      assert_int_not_equal (p.b.closed_err, 0);
      assert_int_equal (p.b.message_count, 0);
      pair_done (&p);
    }
}

static void
test_records_reordered_or_repeated (void **state)
{
  (void) state;
  for (int repeat = 0; repeat < 2; repeat++) {
    struct pair p;
    uint8_t wire[2][64];
    size_t len[2];

    pair_world (&p, 10);
    pair_init (&p, NULL, 0);
    pair_connect (&p);
    for (int i = 0; i < 2; i++) {
      assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, "record", 6), 0);
      len[i] = cf_buf_len (&p.a.out);
      memcpy (wire[i], cf_buf_data (&p.a.out), len[i]);
      cf_buf_clear (&p.a.out);
    }
    cf_tunnel_input (p.b.tunnel, wire[1 - repeat], len[1 - repeat]);
    cf_tunnel_input (p.b.tunnel, wire[0], len[0]);
    assert_int_equal (p.b.message_count, repeat);
    assert_int_equal (gpg_err_code (p.b.closed_err), GPG_ERR_CHECKSUM);
    pair_done (&p);
  }
}

static void
test_record_lengths (void **state)
{
  static const uint16_t bad[] = { 0, 1, CF_RECORD_BODY_MIN - 1, CF_RECORD_BODY_MAX + 1, 0xffff };

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct pair p;
    uint8_t length[2] = { (uint8_t) (bad[i] >> 8), (uint8_t) bad[i] };

    pair_world (&p, 11);
    pair_init (&p, NULL, 0);
    pair_connect (&p);
    cf_tunnel_input (p.b.tunnel, length, 2);
    assert_int_equal (gpg_err_code (p.b.closed_err), GPG_ERR_INV_LENGTH);
    pair_done (&p);
  }
}

/* An authentic peer that breaks the rules: records made with its own keys.  The
   keys are got by running the handshake once more by hand. */
struct forger {
  struct pair p;
  struct cf_record_stream tx;
};

static void
forger_init (struct forger *f)
{
  struct pair *p = &f->p;
  struct cf_noise *noise = NULL;
  struct cf_cipher *send = NULL, *receive = NULL;
  uint8_t prologue[13 + CF_TUNNEL_CLEAR_LEN] = "confab tunnelCfTu\x01\x01";
  uint8_t ephemeral[32] = { 9 }, payload[8], wire[128];
  struct cf_noise_config config = { .suite = CF_SUITE_CHACHAPOLY, .initiator = true, .static_secret = p->secret[0],
                                    .static_public = p->public[0], .ephemeral_secret = ephemeral,
                                    .remote_static = p->public[1], .prologue = prologue,
                                    .prologue_len = sizeof prologue };
  size_t len;

  pair_world (p, 12);
  pair_responder (p, &p->b);
  for (int i = 0; i < 8; i++)
    payload[i] = (uint8_t) ((uint64_t) p->env.now_utc_ms >> (56 - 8 * i));
  assert_int_equal (cf_noise_new (&config, &noise), 0);
  memcpy (wire, prologue + 13, CF_TUNNEL_CLEAR_LEN);
  assert_int_equal (cf_noise_write (noise, payload, 8, wire + CF_TUNNEL_CLEAR_LEN, 64, &len), 0);
  cf_tunnel_input (p->b.tunnel, wire, CF_TUNNEL_CLEAR_LEN + len);
  assert_int_equal (cf_noise_read (noise, cf_buf_data (&p->b.out), cf_buf_len (&p->b.out), NULL, 0, &len), 0);
  cf_buf_clear (&p->b.out);
  assert_int_equal (cf_noise_write (noise, NULL, 0, wire, sizeof wire, &len), 0);
  cf_tunnel_input (p->b.tunnel, wire, len);
  assert_true (p->b.ready);
  assert_int_equal (cf_noise_split (noise, &send, &receive), 0);
  cf_cipher_free (receive);
  cf_noise_free (noise);
  cf_record_stream_init (&f->tx, send, CF_REKEY_RECORDS, p->env.now_ms);
}

static void
forge (struct forger *f, uint8_t channel, uint8_t flags, const void *fragment, size_t len)
{
  static uint8_t record[CF_RECORD_MAX];
  size_t record_len;

  assert_int_equal (cf_record_seal (&f->tx, f->p.env.now_ms, channel, flags, fragment, len, record, &record_len), 0);
  cf_tunnel_input (f->p.b.tunnel, record, record_len);
}

static void
forger_done (struct forger *f)
{
  cf_record_stream_done (&f->tx);
  f->p.a.tunnel = NULL;
  pair_done (&f->p);
}

static void
test_forged_rules (void **state)
{
  static uint8_t full[CF_RECORD_FRAGMENT_MAX];
  static const struct {
    uint8_t channel, flags;
    size_t len;
    const char *bytes;
    gpg_err_code_t want;
  } cases[] = {
    { CF_CHANNEL_COUNT, 0, 1, "x", CF_ERR_PROTOCOL },      /* no such channel */
    { 0xfe, 0, 1, "x", CF_ERR_PROTOCOL },
    { CF_CHANNEL_TALK, 0x04, 1, "x", CF_ERR_PROTOCOL },    /* no such flag */
    { CF_CHANNEL_TALK, 0x80, 1, "x", CF_ERR_PROTOCOL },
    { CF_CHANNEL_TALK, CF_RECORD_MORE, 1, "x", CF_ERR_PROTOCOL }, /* not full, yet more */
    { CF_CHANNEL_TALK, CF_RECORD_MORE, 0, "", CF_ERR_PROTOCOL },
    { 0xff, 0, 0, "", CF_ERR_PROTOCOL },                   /* link: nothing */
    { 0xff, 0, 1, "\x04", CF_ERR_PROTOCOL },               /* no such kind */
    { 0xff, 0, 1, "\0", CF_ERR_PROTOCOL },
    { 0xff, CF_RECORD_MORE, 1, "\x01", CF_ERR_PROTOCOL },
    { 0xff, 0, 2, "\x01x", CF_ERR_PROTOCOL },              /* trailing bytes */
    { 0xff, 0, 2, "\x02x", CF_ERR_PROTOCOL },
    { 0xff, 0, 2, "\x03\0", CF_ERR_PROTOCOL },             /* half a code */
    { 0xff, 0, 3 + CF_BYE_REASON_MAX + 1, NULL, CF_ERR_PROTOCOL },
  };

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct forger f;

    forger_init (&f);
    memset (full, 3, sizeof full);
    forge (&f, cases[i].channel, cases[i].flags, cases[i].bytes ? (const void *) cases[i].bytes : full, cases[i].len);
    assert_int_equal (f.p.b.closed, 1);
    assert_int_equal (gpg_err_code (f.p.b.closed_err), cases[i].want);
    assert_int_equal (f.p.b.message_count, 0);
    assert_true (cf_buf_len (&f.p.b.out) > 0); /* an authentic peer is told */
    forger_done (&f);
  }
  { /* an empty last fragment after a full one */
    struct forger f;

    forger_init (&f);
    forge (&f, CF_CHANNEL_TALK, CF_RECORD_MORE, full, sizeof full);
    assert_int_equal (f.p.b.closed, 0);
    forge (&f, CF_CHANNEL_TALK, 0, NULL, 0);
    assert_int_equal (gpg_err_code (f.p.b.closed_err), CF_ERR_PROTOCOL);
    forger_done (&f);
  }
}

static void
test_oversize_messages (void **state)
{
  static const size_t max[] = { CF_MESSAGE_CONTROL_MAX, CF_MESSAGE_TALK_MAX, CF_MESSAGE_BULK_MAX };
  static uint8_t data[CF_MESSAGE_TALK_MAX + 1];

  (void) state;
  for (uint8_t channel = 0; channel < CF_CHANNEL_COUNT; channel++) {
    struct forger f;
    struct pair p;
    size_t sent = 0;

    pair_world (&p, 13);
    pair_init (&p, NULL, 0);
    pair_connect (&p);
    assert_int_equal (gpg_err_code (cf_tunnel_send (p.a.tunnel, (enum cf_channel) channel, data, max[channel] + 1)),
                      GPG_ERR_TOO_LARGE);
    assert_int_equal (cf_tunnel_send (p.a.tunnel, (enum cf_channel) channel, data, max[channel]), 0);
    pair_run (&p, 100000);
    assert_int_equal (p.b.message_count, 1);
    assert_int_equal (cf_buf_len (&p.b.messages), 5 + max[channel]);
    pair_done (&p);

    forger_init (&f);
    while (!f.p.b.closed) {
      forge (&f, channel, CF_RECORD_MORE, data, CF_RECORD_FRAGMENT_MAX);
      sent += CF_RECORD_FRAGMENT_MAX;
      assert_true (sent <= max[channel] + CF_RECORD_FRAGMENT_MAX);
    }
    assert_int_equal (gpg_err_code (f.p.b.closed_err), GPG_ERR_TOO_LARGE);
    assert_true (sent > max[channel]);
    forger_done (&f);
  }
}

/* Fragments of different channels mix; each channel stays in order. */
static void
test_interleaved (void **state)
{
  static uint8_t full[CF_RECORD_FRAGMENT_MAX];
  struct forger f;
  const uint8_t *got;

  (void) state;
  forger_init (&f);
  forge (&f, CF_CHANNEL_BULK, CF_RECORD_MORE, full, sizeof full);
  forge (&f, CF_CHANNEL_TALK, CF_RECORD_MORE, full, sizeof full);
  forge (&f, CF_CHANNEL_CONTROL, 0, "c", 1);
  forge (&f, CF_CHANNEL_TALK, 0, "t", 1);
  forge (&f, CF_CHANNEL_BULK, 0, "b", 1);
  assert_int_equal (f.p.b.closed, 0);
  assert_int_equal (f.p.b.message_count, 3);
  got = cf_buf_data (&f.p.b.messages);
  assert_int_equal (got[0], CF_CHANNEL_CONTROL);
  assert_int_equal (got[6], CF_CHANNEL_TALK);
  assert_int_equal (got[6 + 5 + sizeof full + 1], CF_CHANNEL_BULK);
  forger_done (&f);
}

/* With a slow carrier control overtakes talk, and talk overtakes bulk. */
static void
test_priorities (void **state)
{
  static uint8_t data[CF_MESSAGE_BULK_MAX];
  struct pair p;
  const uint8_t *got;
  size_t sent = 0;

  (void) state;
  pair_world (&p, 14);
  pair_init (&p, NULL, 0);
  pair_connect (&p);
  p.a.count_queue = true;
  for (; sent < CF_TUNNEL_QUEUE_MAX + sizeof data; sent += sizeof data) {
    gpg_error_t err = cf_tunnel_send (p.a.tunnel, CF_CHANNEL_BULK, data, sizeof data);

    if (gpg_err_code (err) == GPG_ERR_LIMIT_REACHED)
      break;
    assert_int_equal (err, 0);
  }
  assert_true (sent >= CF_TUNNEL_QUEUE_MAX - sizeof data && sent <= CF_TUNNEL_QUEUE_MAX + CF_TUNNEL_AHEAD);
  assert_true (cf_buf_len (&p.a.out) <= CF_TUNNEL_AHEAD + CF_RECORD_MAX);
  assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, data, 100000), 0);
  assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_CONTROL, "now", 3), 0);
  while (!p.b.message_count || cf_buf_len (&p.a.out)) {
    pair_run (&p, SIZE_MAX);
    p.a.carrier_queue = 0;
    cf_tunnel_drained (p.a.tunnel);
  }
  got = cf_buf_data (&p.b.messages);
  assert_int_equal (got[0], CF_CHANNEL_CONTROL);
  assert_int_equal (got[8], CF_CHANNEL_TALK);
  assert_int_equal (p.b.message_count, sent / sizeof data + 2);
  assert_int_equal (p.b.closed, 0);
  /* Closing with messages waiting frees them (the sanitizer looks). */
  for (int i = 0; i < 3; i++)
    assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_BULK, data, sizeof data), 0);
  cf_tunnel_close (p.a.tunnel, 0, NULL);
  pair_done (&p);
}

static void
test_ping_and_lost_path (void **state)
{
  struct pair p;
  size_t before;

  (void) state;
  pair_world (&p, 15);
  pair_init (&p, NULL, 0);
  pair_connect (&p);
  pair_wait (&p, 10 * 60 * 1000, true); /* idle, yet alive */
  assert_int_equal (p.a.closed + p.b.closed, 0);
  before = p.a.carried;
  pair_wait (&p, CF_PING_IDLE_MS * 10, true);
  assert_true (p.a.carried > before && p.a.carried - before < 1000); /* a few pings, not a storm */

  pair_wait (&p, CF_PATH_LOST_MS - 200, false); /* the path is cut */
  assert_int_equal (p.a.closed + p.b.closed, 0);
  pair_wait (&p, CF_PING_IDLE_MS + 300, false);
  assert_int_equal (p.a.closed, 1);
  assert_int_equal (p.b.closed, 1);
  assert_int_equal (gpg_err_code (p.a.closed_err), GPG_ERR_ETIMEDOUT);
  assert_int_equal (gpg_err_code (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, "x", 1)), GPG_ERR_ENOTCONN);
  pair_done (&p);
}

/* After a change of the network a path has less time to show that it is still there. */
static void
test_probe (void **state)
{
  struct pair p;

  (void) state;
  pair_world (&p, 18);
  pair_init (&p, NULL, 0);
  pair_connect (&p);
  cf_tunnel_probe (p.a.tunnel);
  cf_tunnel_probe (p.a.tunnel); /* one question is enough */
  pair_wait (&p, CF_PATH_LOST_MS, true);
  assert_int_equal (p.a.closed + p.b.closed, 0);
  cf_tunnel_probe (p.a.tunnel);
  pair_wait (&p, CF_PROBE_MS - 100, false);
  assert_int_equal (p.a.closed, 0);
  pair_wait (&p, 200, false);
  assert_int_equal (p.a.closed, 1);
  assert_int_equal (gpg_err_code (p.a.closed_err), GPG_ERR_ETIMEDOUT);
  cf_tunnel_probe (p.a.tunnel); /* closed: nothing */
  pair_done (&p);
}

/* Who only receives says so: whoever sends must not wait for the answer to a ping that waits behind what he sends. */
static void
test_sign_of_life (void **state)
{
  struct pair p;
  size_t before, life;

  (void) state;
  pair_world (&p, 19);
  pair_init (&p, NULL, 0);
  pair_connect (&p);
  before = p.b.carried;
  for (int i = 0; i < 60; i++) {
    assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, "x", 1), 0);
    pair_wait (&p, 500, true);
  }
  life = p.b.carried - before;
  assert_int_equal (p.a.closed + p.b.closed, 0);
  assert_true (life > 0 && life <= 10 * 32); /* one in three seconds, a few bytes each */
  /* And no talk of its own begins when nothing is sent: pings and their answers only. */
  pair_wait (&p, CF_PING_IDLE_MS, true);
  before = p.b.carried + p.a.carried;
  pair_wait (&p, CF_PING_IDLE_MS * 10, true);
  assert_true (p.b.carried + p.a.carried - before <= 2 * 2 * 11 * 32);
  pair_done (&p);
}

/* Bytes that are no record keep nothing alive. */
static void
test_dribble (void **state)
{
  struct pair p;
  uint8_t byte = 0x3f; /* the length it makes is one that a record can have */

  (void) state;
  pair_world (&p, 16);
  pair_init (&p, NULL, 0);
  pair_connect (&p);
  for (int i = 0; i < 20 && !p.b.closed; i++) {
    cf_tunnel_input (p.b.tunnel, &byte, 1);
    pair_wait (&p, 1000, false);
  }
  assert_int_equal (gpg_err_code (p.b.closed_err), GPG_ERR_ETIMEDOUT);
  pair_done (&p);
}

static void
test_goodbye (void **state)
{
  struct pair p;
  char longest[300];

  (void) state;
  pair_world (&p, 17);
  pair_init (&p, NULL, 0);
  pair_connect (&p);
  cf_tunnel_close (p.a.tunnel, cf_err (CF_ERR_KEY_WRONG), "not \x1b[31mwho\xe2\x80\xae we expected");
  assert_int_equal (p.a.closed, 1);
  assert_int_equal (gpg_err_code (p.a.closed_err), CF_ERR_KEY_WRONG);
  cf_tunnel_close (p.a.tunnel, 0, NULL); /* again: nothing */
  pair_run (&p, SIZE_MAX);
  assert_int_equal (p.a.closed, 1);
  assert_int_equal (p.b.closed, 1);
  assert_int_equal (p.b.closed_err, 0);
  assert_int_equal (gpg_err_code (cf_tunnel_peer_code (p.b.tunnel)), CF_ERR_KEY_WRONG);
  assert_string_equal (p.b.reason, "not [31mwho we expected");
  pair_done (&p);

  pair_world (&p, 18);
  pair_init (&p, NULL, 0);
  pair_connect (&p);
  memset (longest, 'x', sizeof longest);
  memcpy (longest + CF_BYE_REASON_MAX - 1, "\xc3\xa9", 2); /* a character over the edge */
  longest[sizeof longest - 1] = 0;
  cf_tunnel_close (p.b.tunnel, 0, longest);
  assert_int_equal (gpg_err_code (p.b.closed_err), GPG_ERR_CANCELED);
  pair_run (&p, 1);
  assert_int_equal (p.a.closed_err, 0);
  assert_int_equal (strlen (p.a.reason), CF_BYE_REASON_MAX - 1);
  pair_done (&p);

  pair_world (&p, 19); /* before it is ready a tunnel ends without a word */
  pair_init (&p, NULL, 0);
  cf_tunnel_start (p.b.tunnel);
  cf_tunnel_close (p.b.tunnel, 0, "secret");
  assert_int_equal (cf_buf_len (&p.b.out), 0);
  pair_done (&p);
}

/* Keys change by count and by time, in each direction by itself. */
static void
test_rekey (void **state)
{
  struct pair p;

  (void) state;
  pair_world (&p, 20);
  pair_init (&p, NULL, 4);
  pair_connect (&p);
  for (int i = 0; i < 50; i++) {
    assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, &i, sizeof i), 0);
    if (i % 3 == 0)
      assert_int_equal (cf_tunnel_send (p.b.tunnel, CF_CHANNEL_BULK, &i, sizeof i), 0);
    pair_run (&p, 11);
  }
  assert_int_equal (p.b.message_count, 50);
  assert_int_equal (p.a.message_count, 17);
  assert_int_equal (p.a.closed + p.b.closed, 0);
  pair_done (&p);

  pair_world (&p, 21);
  pair_init (&p, NULL, 0);
  pair_connect (&p);
  p.env.now_ms += CF_REKEY_MS; /* no timer runs: only the time of the next record counts */
  for (int i = 0; i < 5; i++) {
    assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_TALK, "x", 1), 0);
    pair_run (&p, SIZE_MAX);
  }
  assert_int_equal (p.b.message_count, 5);
  pair_done (&p);
}

/* A sender that goes on under a key that should have changed is cut off; one
   that changes it early is followed. */
static void
test_rekey_enforced (void **state)
{
  uint8_t key[32] = { 1 }, record[CF_RECORD_MAX];
  struct cf_cipher *a = NULL, *b = NULL;
  struct cf_record_stream tx, rx;
  struct cf_record got;
  size_t len;

  (void) state;
  for (uint32_t tx_limit = 3; tx_limit <= 5; tx_limit++) {
    assert_int_equal (cf_cipher_new (CF_SUITE_AESGCM, key, &a), 0);
    assert_int_equal (cf_cipher_new (CF_SUITE_AESGCM, key, &b), 0);
    cf_record_stream_init (&tx, a, tx_limit, 0);
    cf_record_stream_init (&rx, b, 4, 0);
    for (uint32_t i = 1; i <= 20; i++) {
      gpg_error_t err;

      assert_int_equal (cf_record_seal (&tx, 0, 1, 0, "x", 1, record, &len), 0);
      err = cf_record_open (&rx, record, len, record, &got);
      if (tx_limit == 5 && i == 4) {
        assert_int_equal (gpg_err_code (err), GPG_ERR_LIMIT_REACHED);
        break;
      }
      assert_int_equal (err, 0);
      assert_int_equal (got.flags, 0); /* the flag is the record layer's own */
    }
    cf_record_stream_done (&tx);
    cf_record_stream_done (&rx);
  }
}

/* 10,000 messages of any size on any channel, both ways, over a carrier that
   cuts anywhere and is sometimes full: each channel delivers exactly what was
   sent, in order.  Each message names itself: its number and its filling. */
#define MANY 10000

static void
check_stream (const struct end *e, const struct cf_buf sent[CF_CHANNEL_COUNT])
{
  struct cf_rd got, want[CF_CHANNEL_COUNT];

  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    cf_rd_init (&want[i], cf_buf_data (&sent[i]), cf_buf_len (&sent[i]));
  cf_rd_init (&got, cf_buf_data (&e->messages), cf_buf_len (&e->messages));
  for (size_t n = 0; n < e->message_count; n++) {
    uint8_t channel = cf_rd_u8 (&got);
    const uint8_t *a, *b;
    size_t a_len, b_len;

    cf_rd_blob32 (&got, &a, &a_len, PAIR_WIRE_MAX);
    cf_rd_blob32 (&want[channel], &b, &b_len, PAIR_WIRE_MAX);
    assert_int_equal (a_len, b_len);
    if (a_len)
      assert_memory_equal (a, b, a_len);
  }
  assert_int_equal (cf_rd_finish (&got), 0);
  for (int i = 0; i < CF_CHANNEL_COUNT; i++)
    assert_int_equal (cf_rd_finish (&want[i]), 0);
}

static uint32_t
random_size (struct pair *p)
{
  switch (pair_below (p, 64)) {
  case 0:
    return CF_RECORD_FRAGMENT_MAX * (1 + pair_below (p, 4)) + pair_below (p, 3) - 1;
  case 1:
    return pair_below (p, 70000);
  default:
    return pair_below (p, 400);
  }
}

/* Who does not change his key in time is not heard any more, and is told nothing. */
static void
test_rekey_missing (void **state)
{
  struct pair p;

  (void) state;
  pair_world (&p, 26);
  p.responder_rekey_records = 4; /* the initiator's are as many as usual */
  pair_init (&p, NULL, 0);
  pair_connect (&p);
  for (int i = 0; i < 4; i++) {
    assert_int_equal (p.b.closed, 0);
    assert_int_equal (cf_tunnel_send (p.a.tunnel, CF_CHANNEL_CONTROL, "x", 1), 0);
    pair_run (&p, SIZE_MAX);
  }
  assert_int_equal (p.b.closed, 1);
  assert_int_equal (p.b.message_count, 3);
  assert_int_equal (p.a.closed, 0);
  assert_int_equal (p.env.refused[CF_REFUSED_RECORD_REKEY], 1);
  pair_done (&p);
}

static void
test_many_messages (void **state)
{
  static uint8_t data[100000];
  struct pair p;
  struct cf_buf sent[2][CF_CHANNEL_COUNT];
  size_t count[2] = { 0, 0 };

  (void) state;
  pair_world (&p, 22);
  pair_init (&p, NULL, 97);
  pair_connect (&p);
  for (int i = 0; i < 2 * CF_CHANNEL_COUNT; i++)
    cf_buf_init (&sent[i / CF_CHANNEL_COUNT][i % CF_CHANNEL_COUNT], PAIR_WIRE_MAX);
  for (uint32_t n = 0; n < MANY; n++) {
    uint32_t side = pair_below (&p, 2), channel = pair_below (&p, CF_CHANNEL_COUNT), len = random_size (&p);
    struct end *e = side ? &p.b : &p.a;
    struct cf_wr wr;
    gpg_error_t err;

    memset (data, (int) n, len);
    memcpy (data, &n, len < sizeof n ? len : sizeof n);
    e->carrier_queue = pair_below (&p, 3) ? 0 : CF_TUNNEL_AHEAD;
    err = cf_tunnel_send (e->tunnel, (enum cf_channel) channel, data, len);
    if (gpg_err_code (err) != GPG_ERR_LIMIT_REACHED) {
      assert_int_equal (err, 0);
      cf_wr_init (&wr, &sent[side][channel]);
      cf_wr_blob32 (&wr, data, len);
      assert_int_equal (cf_wr_finish (&wr), 0);
      count[side]++;
    }
    if (pair_below (&p, 4) == 0) {
      p.a.carrier_queue = p.b.carrier_queue = 0;
      cf_tunnel_drained (e->tunnel);
    }
    if (pair_below (&p, 8) == 0)
      pair_run (&p, 1 + pair_below (&p, 40000));
  }
  p.a.carrier_queue = p.b.carrier_queue = 0;
  cf_tunnel_drained (p.a.tunnel);
  cf_tunnel_drained (p.b.tunnel);
  pair_run (&p, SIZE_MAX);
  assert_int_equal (count[0] + count[1], MANY);
  assert_int_equal (p.b.message_count, count[0]);
  assert_int_equal (p.a.message_count, count[1]);
  check_stream (&p.b, sent[0]);
  check_stream (&p.a, sent[1]);
  for (int i = 0; i < 2 * CF_CHANNEL_COUNT; i++)
    cf_buf_done (&sent[i / CF_CHANNEL_COUNT][i % CF_CHANNEL_COUNT]);
  pair_done (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_connects),
    cmocka_unit_test (test_record_flipped),
    cmocka_unit_test (test_records_reordered_or_repeated),
    cmocka_unit_test (test_record_lengths),
    cmocka_unit_test (test_forged_rules),
    cmocka_unit_test (test_oversize_messages),
    cmocka_unit_test (test_interleaved),
    cmocka_unit_test (test_priorities),
    cmocka_unit_test (test_ping_and_lost_path),
    cmocka_unit_test (test_probe),
    cmocka_unit_test (test_sign_of_life),
    cmocka_unit_test (test_dribble),
    cmocka_unit_test (test_goodbye),
    cmocka_unit_test (test_rekey),
    cmocka_unit_test (test_rekey_enforced),
    cmocka_unit_test (test_rekey_missing),
    cmocka_unit_test (test_many_messages),
  };

  if (cf_secmem_setup ())
    return 99;
  return cmocka_run_group_tests (tests, NULL, NULL);
}
