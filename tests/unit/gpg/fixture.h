/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture.h - what the tests of gpg/ stand on: throw-away homes, a loop, and
   calls that wait for their callback. */
#ifndef CF_TESTS_UNIT_GPG_FIXTURE_H
#define CF_TESTS_UNIT_GPG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>

#include "gpg/gpg.h"
#include "tests/lab/scratch.h"

#define DEADLINE_S 100 /* longer than the engine gives an operation, so that it is the engine's answer that is heard */

struct side {
  char *home;       /* its directory: the conversation home is below it */
  struct cf_gpg *gpg;
  struct cf_fpr fpr; /* its identity */
};

struct world {
  struct scratch scratch;
  const char *dir; /* scratch's */
  struct event_base *base;
  struct cf_env env;
  struct side alice, bob;
};

/* While the loop is run for something: whether that has taken too long.  (event_base_loopexit would end a later wait.) */
struct patience {
  struct event *timer;
  bool is_over;
};

void patience_begin (struct event_base *base, struct patience *p);
void patience_end (struct patience *p);

/* What the last callback said. */
struct answer {
  struct event_base *base;
  int count;
  gpg_error_t err;
  uint8_t *data;
  size_t len;
  struct cf_key_info key; /* its strings are copies */
  char *user_id, *algorithm;
  struct cf_key_info *keys;
  size_t key_count;
  struct cf_fpr fpr;
};

/* A world below a new directory, with the keys NAMES ("alice:ed25519 ..."). */
struct world *world_new (const char *names);
void world_free (struct world *w);
int world_end (void **state); /* a group's teardown: *STATE is its world, or NULL */
/* A side whose identity home is that of the key NAME. */
void side_open (struct world *w, struct side *side, const char *name);
void side_close (struct side *side);
struct cf_fpr world_fpr (struct world *w, const char *name);
char *world_path (struct world *w, const char *rest); /* caller frees */
/* Run a shell command with $DIR set; it must succeed. */
void world_shell (struct world *w, const char *command);
void world_write (struct world *w, const char *rest, const void *data, size_t len);
uint8_t *world_read (struct world *w, const char *rest, size_t *r_len);

void answer_init (struct world *w, struct answer *a);
void answer_clear (struct answer *a);
void answer_wait (struct answer *a);

void on_done (void *arg, gpg_error_t err);
void on_bytes (void *arg, gpg_error_t err, const uint8_t *data, size_t len);
void on_key (void *arg, gpg_error_t err, const struct cf_key_info *key);
void on_keys (void *arg, gpg_error_t err, const struct cf_key_info *keys, size_t count);
void on_newkey (void *arg, gpg_error_t err, const struct cf_fpr *fpr, const uint8_t *block, size_t len);

/* What COMMAND leaves in $DIR/block is given to SIDE as the key of NAME. */
void side_import (struct world *w, struct side *side, const char *name, const char *command, struct answer *a);
/* The same with the public key of NAME, as it is in its home. */
void side_learn (struct world *w, struct side *side, const char *name, struct answer *a);

#define assert_code(err, code) assert_int_equal (gpg_err_code (err), (code))

#endif
