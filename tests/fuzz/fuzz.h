/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz.h - what a fuzz target is made of, and what all of them share.
 *
 * A target is one file, fuzz_NAME.c, with the two functions below and a line
 * in local.mk.  With --enable-fuzzing libFuzzer calls it; otherwise driver.c
 * replays its seeds and tests/fuzz/corpus/NAME once, as a test like any other.
 */
#ifndef CF_TESTS_FUZZ_FUZZ_H
#define CF_TESTS_FUZZ_FUZZ_H

#include "base/env.h"

/* The target: look at LEN bytes, die when something does not hold.  Returns 0. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t len);
int LLVMFuzzerInitialize (int *argc, char ***argv); /* fuzz.c */

/* The target's examples, from which a fuzzer learns what input looks like: EMIT each, with a name of letters,
   digits and dashes. */
typedef void fuzz_emit (const char *name, const void *data, size_t len);
void fuzz_seeds (fuzz_emit *emit);

/* Holds, or the run ends here. */
#define FUZZ_CHECK(cond) ((cond) ? (void) 0 : fuzz_die (#cond, __FILE__, __LINE__))
void fuzz_die (const char *what, const char *file, int line) __attribute__ ((noreturn));

/* Around functions of which a fuzzer learns nothing of use, and that would take its time. */
#if defined __clang__
#define FUZZ_UNSEEN_BEGIN _Pragma ("clang attribute push(__attribute__ ((no_sanitize (\"coverage\"))), apply_to = function)")
#define FUZZ_UNSEEN_END _Pragma ("clang attribute pop")
#else
#define FUZZ_UNSEEN_BEGIN
#define FUZZ_UNSEEN_END
#endif

/* Input that is eaten from the front; when it is empty everything is 0.  Two of these in one expression, argument list
   or initializer would be read in an order that compilers choose: each in its own declaration or statement. */
struct fuzz_in {
  const uint8_t *p;
  size_t left;
};
uint8_t fuzz_u8 (struct fuzz_in *in);
uint32_t fuzz_u32 (struct fuzz_in *in);
/* Up to LEN bytes; *R_LEN is how many there were. */
const uint8_t *fuzz_bytes (struct fuzz_in *in, size_t len, size_t *r_len);

/* DATA as a string of exactly its own size, up to its first NUL; to be freed. */
char *fuzz_string (const uint8_t *data, size_t len);
/* A copy of exactly LEN bytes, so that a sanitizer sees who reads beyond; to be freed. */
uint8_t *fuzz_copy (const void *data, size_t len);

/* One input in sixteen, by the sum of its bytes, may take its time: what costs a hundred times what a step does would
   else be in all that is bred from one input that has it. */
bool fuzz_is_slow (const uint8_t *data, size_t len);
/* An example that is slow: behind DATA comes WAIT, the target's step for that, and how long, some of 0 to 15. */
void fuzz_emit_slow (fuzz_emit *emit, const char *name, const void *data, size_t len, uint8_t wait);

/* A world with a clock that stands still and dice from SEED, a counter that the caller keeps. */
void fuzz_env_init (struct cf_env *env, uint64_t *seed);
/* clear_crypto.c: tags of any content are right, so that bytes that nobody sealed get beyond them. */
extern bool fuzz_lax_tags;
/* ram_store.c: from here on SQLite's files are in memory; fuzz_ram has them, fuzz_ram_clear forgets them. */
struct fuzz_ram {
  struct ram_file *first;
  struct ram_connection *connections; /* ram_pool.c */
};
extern struct fuzz_ram fuzz_ram;
void fuzz_ram_begin (void);
void fuzz_ram_clear (void);
void fuzz_ram_pages_begin (void); /* ram_pages.c; fuzz_ram_begin calls it */
/* ram_pool.c: end what connections there are.  While fuzz_ram_unchecked is true, what is opened checks no constraints. */
void fuzz_ram_close (void);
extern bool fuzz_ram_unchecked;
/* Make STORE ready for a snapshot: its log is empty, and what runs have asked so far (fuzz_ram_learn) is prepared. */
struct cf_store;
void fuzz_ram_settle (struct cf_store *store);
void fuzz_ram_learn (const struct cf_store *store);
/* Let MS go by, timer by timer. */
void fuzz_env_run (struct cf_env *env, uint64_t ms);

#endif
