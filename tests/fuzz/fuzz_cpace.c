/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_cpace.c - a run of CPace, with the real group: shares and additional data of any bytes.
 *
 * One password gives one secret, whatever surrounds it; whatever differs, or was altered, gives another or an error.
 */
#include <stdlib.h>
#include <string.h>

#include "net/cpace.h"
#include "tests/fuzz/fuzz.h"

struct half {
  struct cf_cpace *cpace;
  struct cf_cpace_message message;
  uint8_t isk[CF_CPACE_ISK_LEN];
};

static void
start (struct half *h, enum cf_cpace_role role, const struct fuzz_in *context, uint8_t random, uint8_t password)
{
  uint8_t prs[CF_CPACE_PRS_LEN], dice[CF_CPACE_RANDOM_LEN];
  size_t ci_len = context->left < 100 ? context->left : 100, sid_len = ci_len / 2;
  struct cf_cpace_config config = { .role = role, .prs = prs, .prs_len = sizeof prs, .ci = context->p, .ci_len = ci_len,
                                    .sid = context->p, .sid_len = sid_len };

  memset (prs, password, sizeof prs);
  memset (dice, random | 1, sizeof dice); /* zero is no scalar */
  FUZZ_CHECK (!cf_cpace_start (&config, dice, &h->cpace, h->message.share));
  h->message.ad = context->p;
  h->message.ad_len = ci_len;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  struct fuzz_in in = { data, len };
  uint8_t how = fuzz_u8 (&in), at = fuzz_u8 (&in), mask = fuzz_u8 (&in), random = fuzz_u8 (&in);
  uint8_t tags[4][CF_CPACE_TAG_LEN];
  struct half a, b;
  struct cf_cpace_message heard;
  bool same = !(how & 1), changed = how & 2 && mask, raw = how & 4;
  size_t n;

  memset (&a, 0, sizeof a);
  memset (&b, 0, sizeof b);
  start (&a, CF_CPACE_A, &in, random, 1);
  start (&b, CF_CPACE_B, &in, (uint8_t) ~random, same ? 1 : 2);
  heard = b.message;
  if (raw) {
    const uint8_t *share = fuzz_bytes (&in, sizeof heard.share, &n);

    memset (heard.share, 0, sizeof heard.share);
    memcpy (heard.share, share, n);
  } else if (changed)
    heard.share[at % sizeof heard.share] ^= mask;
  FUZZ_CHECK (!cf_cpace_finish (b.cpace, b.message.ad, b.message.ad_len, &a.message, b.isk));
  if (!cf_cpace_finish (a.cpace, a.message.ad, a.message.ad_len, &heard, a.isk)) {
    bool equal = same && !memcmp (heard.share, b.message.share, sizeof heard.share);

    FUZZ_CHECK (equal == !memcmp (a.isk, b.isk, sizeof a.isk));
    cf_cpace_tags (a.isk, "sid", 3, &a.message, &heard, tags[0], tags[1]);
    cf_cpace_tags (b.isk, "sid", 3, &a.message, &b.message, tags[2], tags[3]);
    FUZZ_CHECK (equal == !memcmp (tags[0], tags[2], CF_CPACE_TAG_LEN));
    FUZZ_CHECK (equal == !memcmp (tags[1], tags[3], CF_CPACE_TAG_LEN));
    FUZZ_CHECK (cf_cpace_finish (a.cpace, NULL, 0, &heard, a.isk)); /* once */
  } else
    FUZZ_CHECK (raw || changed);
  cf_cpace_free (a.cpace);
  cf_cpace_free (b.cpace);
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  static const uint8_t right[] = { 0, 0, 0, 5, 'c', 'o', 'n', 't', 'e', 'x', 't' };
  static const uint8_t wrong[] = { 1, 0, 0, 5, 'c' };
  static const uint8_t flip[] = { 2, 3, 1, 5 };
  static const uint8_t neutral[36] = { 4, 0, 0, 9 };
  /* The generator of the group, in its one encoding, and with the bit that no encoding has. */
  static const uint8_t base[] = { 4,    0,    0,    7,    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71,
                                  0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58, 0xe3, 0x0b, 0x6a,
                                  0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76 };
  uint8_t odd[sizeof base];

  memcpy (odd, base, sizeof base);
  odd[sizeof odd - 1] |= 0x80;
  emit ("right", right, sizeof right);
  emit ("wrong", wrong, sizeof wrong);
  emit ("flip", flip, sizeof flip);
  emit ("neutral", neutral, sizeof neutral);
  emit ("base", base, sizeof base);
  emit ("odd", odd, sizeof odd);
}
