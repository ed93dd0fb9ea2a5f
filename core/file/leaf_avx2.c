/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leaf_avx2.c - BLAKE2b (RFC 7693) of the four pieces of a block at once, one in each quarter of a register.
 *
 * What comes out is what base/hash.h says of each piece by itself, in less than
 * half the time.  Nothing here is secret: a file's hashes are told to its
 * receiver.
 *
 * A piece is hashed with the beginning that H gives it (its label, and the
 * lengths of both), which is no multiple of eight: its words are read from
 * where they are.
 */
#include "core/file/leaf_private.h"

#if defined __x86_64__ && defined __GNUC__

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__ ((target ("avx2")))
#define INSIDE static inline __attribute__ ((always_inline, target ("avx2")))

#define BLOCK_LEN 128 /* BLAKE2b's */

/* What H("file leaf"; piece) hashes before the piece. */
static const uint8_t head[] = { 0, 0, 0, 0, 0, 0, 0, 9, 'f', 'i', 'l', 'e', ' ', 'l', 'e', 'a', 'f',
                                0, 0, 0, 0, 0, 1, 0, 0 };
#define HEAD_LEN sizeof head
#define FIRST_LEN (BLOCK_LEN - HEAD_LEN)                       /* of the piece, in the block with the head */
#define REST_LEN ((CF_FILE_PIECE - FIRST_LEN) % BLOCK_LEN)     /* of the piece, in the last block */

static const uint64_t iv[8] = {
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* Four words of each of four pieces, into one word of each a register. */
INSIDE void
load_four (__m256i m[4], const uint8_t *const in[4], size_t at)
{
  __m256i a = _mm256_loadu_si256 ((const __m256i *) (const void *) (in[0] + at));
  __m256i b = _mm256_loadu_si256 ((const __m256i *) (const void *) (in[1] + at));
  __m256i c = _mm256_loadu_si256 ((const __m256i *) (const void *) (in[2] + at));
  __m256i d = _mm256_loadu_si256 ((const __m256i *) (const void *) (in[3] + at));
  __m256i ab_even = _mm256_unpacklo_epi64 (a, b), ab_odd = _mm256_unpackhi_epi64 (a, b);
  __m256i cd_even = _mm256_unpacklo_epi64 (c, d), cd_odd = _mm256_unpackhi_epi64 (c, d);

  m[0] = _mm256_permute2x128_si256 (ab_even, cd_even, 0x20);
  m[1] = _mm256_permute2x128_si256 (ab_odd, cd_odd, 0x20);
  m[2] = _mm256_permute2x128_si256 (ab_even, cd_even, 0x31);
  m[3] = _mm256_permute2x128_si256 (ab_odd, cd_odd, 0x31);
}

INSIDE __m256i
rotate_24 (__m256i x)
{
  const __m256i places = _mm256_setr_epi8 (3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3, 4, 5, 6, 7, 0, 1,
                                           2, 11, 12, 13, 14, 15, 8, 9, 10);

  return _mm256_shuffle_epi8 (x, places);
}

INSIDE __m256i
rotate_16 (__m256i x)
{
  const __m256i places = _mm256_setr_epi8 (2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2, 3, 4, 5, 6, 7, 0,
                                           1, 10, 11, 12, 13, 14, 15, 8, 9);

  return _mm256_shuffle_epi8 (x, places);
}

/* RFC 7693, 3.1. */
INSIDE void
mix (__m256i *a, __m256i *b, __m256i *c, __m256i *d, __m256i x, __m256i y)
{
  *a = _mm256_add_epi64 (_mm256_add_epi64 (*a, *b), x);
  *d = _mm256_shuffle_epi32 (_mm256_xor_si256 (*d, *a), 0xb1); /* by 32 */
  *c = _mm256_add_epi64 (*c, *d);
  *b = rotate_24 (_mm256_xor_si256 (*b, *c));
  *a = _mm256_add_epi64 (_mm256_add_epi64 (*a, *b), y);
  *d = rotate_16 (_mm256_xor_si256 (*d, *a));
  *c = _mm256_add_epi64 (*c, *d);
  *b = _mm256_xor_si256 (*b, *c);
  *b = _mm256_or_si256 (_mm256_srli_epi64 (*b, 63), _mm256_add_epi64 (*b, *b)); /* by 63 */
}

/* A round, whose order of words is a constant, so that the compiler sees which they are. */
INSIDE void
mix_all (__m256i v[16], const __m256i m[16], int s0, int s1, int s2, int s3, int s4, int s5, int s6, int s7, int s8,
         int s9, int s10, int s11, int s12, int s13, int s14, int s15)
{
  mix (&v[0], &v[4], &v[8], &v[12], m[s0], m[s1]);
  mix (&v[1], &v[5], &v[9], &v[13], m[s2], m[s3]);
  mix (&v[2], &v[6], &v[10], &v[14], m[s4], m[s5]);
  mix (&v[3], &v[7], &v[11], &v[15], m[s6], m[s7]);
  mix (&v[0], &v[5], &v[10], &v[15], m[s8], m[s9]);
  mix (&v[1], &v[6], &v[11], &v[12], m[s10], m[s11]);
  mix (&v[2], &v[7], &v[8], &v[13], m[s12], m[s13]);
  mix (&v[3], &v[4], &v[9], &v[14], m[s14], m[s15]);
}

/* RFC 7693, 3.2, of one block of each piece; COUNTED bytes with this one. */
AVX2 static void
compress (__m256i h[8], const uint8_t *const in[4], uint64_t counted, bool last)
{
  __m256i m[16], v[16];
  int i;

  for (i = 0; i < 4; i++)
    load_four (m + 4 * i, in, 32 * (size_t) i);
  for (i = 0; i < 8; i++) {
    v[i] = h[i];
    v[i + 8] = _mm256_set1_epi64x ((long long) iv[i]);
  }
  v[12] = _mm256_xor_si256 (v[12], _mm256_set1_epi64x ((long long) counted));
  if (last)
    v[14] = _mm256_xor_si256 (v[14], _mm256_set1_epi64x (-1));
  mix_all (v, m, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  mix_all (v, m, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
  mix_all (v, m, 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
  mix_all (v, m, 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
  mix_all (v, m, 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
  mix_all (v, m, 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
  mix_all (v, m, 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
  mix_all (v, m, 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
  mix_all (v, m, 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
  mix_all (v, m, 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
  mix_all (v, m, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  mix_all (v, m, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
  for (i = 0; i < 8; i++)
    h[i] = _mm256_xor_si256 (h[i], _mm256_xor_si256 (v[i], v[i + 8]));
}

AVX2 static void
hash_four (const uint8_t *block, uint8_t r_hashes[CF_FILE_PIECES][CF_FILE_HASH_LEN])
{
  uint8_t ends[CF_FILE_PIECES][BLOCK_LEN];
  const uint8_t *in[CF_FILE_PIECES];
  uint64_t counted, words[4];
  __m256i h[8];
  size_t i, k;

  for (i = 0; i < 8; i++)
    h[i] = _mm256_set1_epi64x ((long long) iv[i]);
  h[0] = _mm256_xor_si256 (h[0], _mm256_set1_epi64x (0x01010000 ^ CF_FILE_HASH_LEN)); /* no key, 32 bytes */

  for (k = 0; k < CF_FILE_PIECES; k++) {
    memcpy (ends[k], head, HEAD_LEN);
    memcpy (ends[k] + HEAD_LEN, block + k * CF_FILE_PIECE, FIRST_LEN);
    in[k] = ends[k];
  }
  compress (h, in, BLOCK_LEN, false);
  for (k = 0; k < CF_FILE_PIECES; k++)
    in[k] = block + k * CF_FILE_PIECE + FIRST_LEN;
  for (counted = 2 * BLOCK_LEN; counted < HEAD_LEN + CF_FILE_PIECE; counted += BLOCK_LEN) {
    compress (h, in, counted, false);
    for (k = 0; k < CF_FILE_PIECES; k++)
      in[k] += BLOCK_LEN;
  }
  memset (ends, 0, sizeof ends);
  for (k = 0; k < CF_FILE_PIECES; k++) {
    memcpy (ends[k], in[k], REST_LEN);
    in[k] = ends[k];
  }
  compress (h, in, HEAD_LEN + CF_FILE_PIECE, true);

  for (i = 0; i < CF_FILE_HASH_LEN / 8; i++) {
    _mm256_storeu_si256 ((__m256i *) (void *) words, h[i]);
    for (k = 0; k < CF_FILE_PIECES; k++)
      memcpy (r_hashes[k] + 8 * i, &words[k], 8); /* this processor's order is BLAKE2b's */
  }
}

bool
cf_file_leaf_four (const uint8_t block[CF_FILE_BLOCK], uint8_t r_hashes[CF_FILE_PIECES][CF_FILE_HASH_LEN])
{
  if (!__builtin_cpu_supports ("avx2"))
    return false;
  hash_four (block, r_hashes);
  return true;
}

#else

bool
cf_file_leaf_four (const uint8_t block[CF_FILE_BLOCK], uint8_t r_hashes[CF_FILE_PIECES][CF_FILE_HASH_LEN])
{
  (void) block;
  (void) r_hashes;
  return false;
}

#endif
