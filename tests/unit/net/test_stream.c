/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_stream.c - a stream over datagrams and a peer who writes packets by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/wire.h"

#define DATAGRAM 1400

static const struct wire_path path = { .delay_us = 1000 };

/* Packets of the initiator's, written by hand, to ends[1]. */
struct pen {
  struct wire w;
  uint32_t number;
  uint8_t packet[DATAGRAM];
  size_t len;
};

static int
setup (void **state)
{
  struct pen *p = calloc (1, sizeof *p);

  assert_non_null (p);
  wire_begin (&p->w, 7, &path, DATAGRAM);
  p->number = 1;
  *state = p;
  return 0;
}

static int
teardown (void **state)
{
  struct pen *p = *state;

  wire_end (&p->w);
  free (p);
  return 0;
}

static void
begin (struct pen *p)
{
  p->packet[0] = 0x41;
  p->packet[1] = (uint8_t) (p->number >> 8);
  p->packet[2] = (uint8_t) p->number;
  p->len = 3;
}

static void
put (struct pen *p, const void *data, size_t len)
{
  assert_true (p->len + len + 4 <= sizeof p->packet);
  memcpy (p->packet + p->len, data, len);
  p->len += len;
}

static void
put_varint (struct pen *p, uint64_t v)
{
  uint8_t b[8];

  for (int i = 0; i < 8; i++)
    b[i] = (uint8_t) (v >> (56 - 8 * i));
  b[0] |= 0xc0;
  put (p, b, sizeof b);
}

/* A STREAM frame of a stranger's text: TYPE's lowest bit is FIN. */
static void
put_stream (struct pen *p, uint8_t type, uint64_t id, uint64_t offset, size_t len)
{
  uint8_t data[DATAGRAM] = { 0 };

  put (p, &type, 1);
  put_varint (p, id);
  put_varint (p, offset);
  put_varint (p, len);
  put (p, data, len);
}

static void
post (struct pen *p)
{
  uint8_t tag[4] = { 0, 0, (uint8_t) (p->number >> 8), (uint8_t) p->number };
  static const uint8_t padding[20];

  if (p->len < 30) /* what QUIC wants to see of a packet at least */
    put (p, padding, sizeof padding);
  put (p, tag, sizeof tag);
  p->number++;
  cf_stream_input (p->w.ends[1].stream, p->packet, p->len);
}

/* One packet with these bytes as its frames. */
static void
post_frames (struct pen *p, const char *frames, size_t len)
{
  begin (p);
  put (p, frames, len);
  post (p);
}

static void
assert_refused (struct pen *p, gpg_err_code_t code)
{
  assert_true (p->w.ends[1].failed);
  assert_int_equal (gpg_err_code (p->w.ends[1].err), code);
  assert_int_equal (p->w.env.refused[CF_REFUSED_RECORD_RULE], 1);
  assert_int_equal (gpg_err_code (cf_stream_write (p->w.ends[1].stream, CF_CHANNEL_TALK, "x", 1)), GPG_ERR_ENOTCONN);
  assert_int_equal (cf_timers_next (&p->w.env), UINT64_MAX);
}

static void
test_frames (void **state)
{
  static const struct {
    const char *name, *bytes;
    size_t len;
  } bad[] = {
#define FRAME(name, bytes) { name, bytes, sizeof bytes - 1 }
    FRAME ("ACK with ECN counts", "\x03\x00\x00\x00\x00\x00\x00\x00"),
    FRAME ("RESET_STREAM", "\x04\x02\x00\x00"),
    FRAME ("STOP_SENDING", "\x05\x03\x00"),
    FRAME ("CRYPTO", "\x06\x00\x05hello"),
    FRAME ("NEW_TOKEN", "\x07\x01x"),
    FRAME ("STREAM with FIN", "\x0b\x02\x01x"),
    FRAME ("STREAM of ours", "\x0a\x03\x01x"),
    FRAME ("STREAM of a fourth channel", "\x0a\x0e\x01x"),
    FRAME ("STREAM in both directions", "\x0a\x00\x01x"),
    FRAME ("STREAM that is cut", "\x0a\x02\x40\xff" "abc"),
    FRAME ("MAX_STREAMS", "\x12\x05"),
    FRAME ("MAX_STREAMS (one direction)", "\x13\x05"),
    FRAME ("STREAMS_BLOCKED", "\x16\x05"),
    FRAME ("NEW_CONNECTION_ID", "\x18\x01\x00\x01x0123456789abcdef"),
    FRAME ("RETIRE_CONNECTION_ID", "\x19\x00"),
    FRAME ("PATH_CHALLENGE", "\x1a" "01234567"),
    FRAME ("PATH_RESPONSE", "\x1b" "01234567"),
    FRAME ("CONNECTION_CLOSE", "\x1c\x00\x00\x00"),
    FRAME ("CONNECTION_CLOSE (application)", "\x1d\x00\x00"),
    FRAME ("HANDSHAKE_DONE", "\x1e"),
    FRAME ("DATAGRAM", "\x30x"),
    FRAME ("no frame of QUIC's", "\x21"),
    FRAME ("ACK of what was never sent", "\x02\x40\x77\x00\x00\x00"),
    FRAME ("ACK with more ranges than numbers", "\x02\x00\x00\x3f\x00"),
    FRAME ("MAX_STREAM_DATA of no stream of ours", "\x11\x02\x01"),
    FRAME ("beyond the window", "\x0e\x06\x80\x02\x00\x00\x01x"),
    FRAME ("beyond all windows", "\x0e\x06\xff\xff\xff\xff\xff\xff\xff\xff\x01x"),
#undef FRAME
  };

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    void *p;

    setup (&p);
    post_frames (p, bad[i].bytes, bad[i].len);
    if (!((struct pen *) p)->w.ends[1].failed)
      fail_msg ("%s was taken", bad[i].name);
    assert_refused (p, CF_ERR_PROTOCOL);
    teardown (&p);
  }
}

static void
test_headers (void **state)
{
  static const uint8_t firsts[] = { 0xc1, 0x81, 0x61, 0x49, 0x51, 0x45, 0xff };

  (void) state;
  for (size_t i = 0; i < sizeof firsts; i++) {
    void *p;

    setup (&p);
    begin (p);
    ((struct pen *) p)->packet[0] = firsts[i];
    put (p, "\x01", 1);
    post (p);
    assert_refused (p, CF_ERR_PROTOCOL);
    teardown (&p);
  }
}

static void
test_cut (void **state)
{
  for (size_t len = 0; len < 8; len++) {
    void *p;

    (void) state;
    setup (&p);
    cf_stream_input (((struct pen *) p)->w.ends[1].stream, (const uint8_t *) "\x41\x00\x01\x01\x00\x00\x00\x01", len);
    assert_refused (p, CF_ERR_PROTOCOL);
    teardown (&p);
  }
}

/* A number that was completed to another than was meant: dropped, no harm. */
static void
test_wrong_number (void **state)
{
  struct pen *p = *state;

  begin (p);
  put_stream (p, 0x0e, 2, 0, 1);
  p->packet[1] ^= 0x10;
  post (p);
  assert_false (p->w.ends[1].failed);
  assert_int_equal (p->w.ends[1].heard[CF_CHANNEL_CONTROL], 0);
}

/* Many small pieces with gaps between: so many are held, the rest counts as lost, and nothing fails. */
static void
test_gaps (void **state)
{
  struct pen *p = *state;

  for (uint64_t i = 0; i < 3 * CF_STREAM_GAPS_MAX; i += 40) {
    begin (p);
    for (uint64_t j = 0; j < 40; j++)
      put_stream (p, 0x0e, 6, 1 + 4 * (i + j), 1);
    post (p);
  }
  assert_false (p->w.ends[1].failed);
  assert_int_equal (p->w.ends[1].heard[CF_CHANNEL_TALK], 0);
}

static void
test_arguments (void **state)
{
  struct pen *p = *state;
  static const struct cf_stream_handler none;
  struct cf_stream *s = NULL;
  struct cf_stream_config config = { .datagram_min = CF_STREAM_DATAGRAM_MIN - 1 };

  assert_int_equal (gpg_err_code (cf_stream_new (&p->w.env, &config, &none, NULL, &s)), GPG_ERR_INV_ARG);
  config.datagram_min = 1200;
  config.datagram_max = 1199;
  assert_int_equal (gpg_err_code (cf_stream_new (&p->w.env, &config, &none, NULL, &s)), GPG_ERR_INV_ARG);
  config.datagram_max = CF_STREAM_DATAGRAM_MAX + 1;
  assert_int_equal (gpg_err_code (cf_stream_new (&p->w.env, &config, &none, NULL, &s)), GPG_ERR_INV_ARG);
  assert_null (s);
  cf_stream_free (NULL);
}

/* What waits has an end, and drained says when there is room. */
static void
test_queue (void **state)
{
  struct pen *p = *state;
  struct wire_end *e = &p->w.ends[0];
  size_t taken = 0;
  gpg_error_t err;

  while (!(err = wire_say (e, CF_CHANNEL_BULK, 100000)))
    taken += 100000;
  assert_int_equal (gpg_err_code (err), GPG_ERR_LIMIT_REACHED);
  assert_true (taken > CF_TUNNEL_QUEUE_MAX - 100000 && taken <= CF_TUNNEL_QUEUE_MAX);
  assert_int_equal (cf_stream_waiting (e->stream, CF_CHANNEL_BULK), taken);
  assert_int_equal (wire_say (e, CF_CHANNEL_TALK, 1), 0); /* its own queue */
  assert_int_equal (cf_stream_write (e->stream, CF_CHANNEL_BULK, NULL, 0), 0);
  assert_true (wire_run (&p->w, 10000, wire_is_through));
  assert_int_equal (e->drained[CF_CHANNEL_BULK], 1);
  assert_int_equal (e->drained[CF_CHANNEL_TALK], 0);
  wire_run (&p->w, 100, NULL);
  assert_int_equal (cf_stream_waiting (e->stream, CF_CHANNEL_BULK), 0);
  assert_int_equal (cf_stream_unacked (e->stream, CF_CHANNEL_BULK), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_frames),
    cmocka_unit_test (test_headers),
    cmocka_unit_test (test_cut),
    cmocka_unit_test_setup_teardown (test_wrong_number, setup, teardown),
    cmocka_unit_test_setup_teardown (test_gaps, setup, teardown),
    cmocka_unit_test_setup_teardown (test_arguments, setup, teardown),
    cmocka_unit_test_setup_teardown (test_queue, setup, teardown),
  };

  return cmocka_run_group_tests_name ("stream", tests, NULL, NULL);
}
