/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_beacon.c - beacons, open and veiled: what decodes has one form, the one that encode makes; none is both. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/beacon.h"
#include "net/veil.h"
#include "tests/fuzz/fuzz.h"

static void
check_veil (const struct cf_veil *veil, const uint8_t *data, size_t len)
{
  struct cf_buf out;

  cf_buf_init (&out, CF_BEACON_MAX);
  FUZZ_CHECK (!cf_veil_encode (veil, &out));
  FUZZ_CHECK (cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
  FUZZ_CHECK (len == (veil->kind == CF_VEIL_QUESTION ? CF_VEIL_QUESTION_LEN : CF_VEIL_ANSWER_LEN));
  cf_buf_done (&out);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct cf_beacon beacon;
  struct cf_veil veil;
  struct cf_buf out;

  if (!cf_veil_decode (data, len, &veil)) {
    FUZZ_CHECK (cf_beacon_decode (data, len, &beacon));
    check_veil (&veil, data, len);
    return 0;
  }
  if (cf_beacon_decode (data, len, &beacon))
    return 0;
  FUZZ_CHECK (beacon.tcp_port && cf_text_is_utf8 (beacon.name, strlen (beacon.name)));
  cf_buf_init (&out, CF_BEACON_MAX);
  FUZZ_CHECK (!cf_beacon_encode (&beacon, &out));
  FUZZ_CHECK (cf_buf_len (&out) == len && !memcmp (cf_buf_data (&out), data, len));
  FUZZ_CHECK (len <= (beacon.answer ? CF_BEACON_ANSWER_MAX : CF_BEACON_QUESTION_LEN));
  cf_buf_done (&out);
  return 0;
}

static void
emit_veils (fuzz_emit *emit)
{
  static const char *const names[] = { "veiled-question", "veiled-answer", "veiled-return" };

  for (int i = 0; i < 3; i++) {
    struct cf_veil veil = { .kind = (enum cf_veil_kind) (CF_VEIL_QUESTION + i) };
    struct cf_buf out;

    memset (veil.n, 1, sizeof veil.n);
    memset (veil.tags, 3, sizeof veil.tags);
    memset (veil.asked, 2, sizeof veil.asked);
    memset (veil.sealed, 4, sizeof veil.sealed);
    cf_buf_init (&out, CF_BEACON_MAX);
    FUZZ_CHECK (!cf_veil_encode (&veil, &out));
    emit (names[i], cf_buf_data (&out), cf_buf_len (&out));
    cf_buf_done (&out);
  }
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char *const names[] = { "question-4", "question-5", "answer-4", "answer-5" };

  emit_veils (emit);
  for (int i = 0; i < 4; i++) {
    struct cf_beacon beacon = { .answer = i & 2, .tcp_port = 7077, .udp_port = 7078, .name = "Zo\xc3\xab" };
    struct cf_buf out;

    memset (beacon.device_key, 7, sizeof beacon.device_key);
    beacon.identity.version = i & 1 ? 5 : 4;
    beacon.identity.len = i & 1 ? 32 : 20;
    memset (beacon.identity.bytes, 9, beacon.identity.len);
    cf_buf_init (&out, CF_BEACON_MAX);
    FUZZ_CHECK (!cf_beacon_encode (&beacon, &out));
    emit (names[i], cf_buf_data (&out), cf_buf_len (&out));
    cf_buf_done (&out);
  }
}
