/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_beacon.c - beacons: what decodes has one form, the one that encode makes. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/discovery.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct cf_beacon beacon;
  struct cf_buf out;

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

void
fuzz_seeds (fuzz_emit *emit)
{
  static const char *const names[] = { "question-4", "question-5", "answer-4", "answer-5" };

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
