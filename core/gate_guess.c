/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate_guess.c - how often somebody may guess a password. */
#include "core/gate_guess.h"

#include "core/store/store_gate.h"
#include "net/proto.h"

static int64_t
silence_ms (uint32_t silences)
{
  uint32_t doublings = silences - 1;

  if (doublings > CF_GUESS_DOUBLINGS_MAX)
    doublings = CF_GUESS_DOUBLINGS_MAX;
  return CF_GUESS_SILENCE_MS << doublings;
}

int64_t
cf_guess_wait_ms (const struct cf_guess *g, int64_t now_utc_ms)
{
  int64_t whole, gone;

  if (g->silences == 0)
    return 0;
  whole = silence_ms (g->silences);
  gone = now_utc_ms - g->silent_from_utc_ms;
  if (gone < 0)
    gone = 0;
  return gone >= whole ? 0 : whole - gone;
}

void
cf_guess_count (struct cf_guess *g, int64_t now_utc_ms)
{
  g->wrong++;
  if (g->wrong < CF_GUESSES_FREE)
    return;
  g->wrong = 0;
  g->silences++;
  g->silent_from_utc_ms = now_utc_ms;
}

/* The strangers' day: CF_ERR_RATE with the time until its oldest guess is a day old. */
static gpg_error_t
check_strangers (struct cf_store *store, int64_t now_utc_ms, int64_t *r_wait_ms)
{
  gpg_error_t err;
  int64_t oldest;
  size_t count;

  err = cf_store_guess_strangers (store, now_utc_ms - CF_GUESS_STRANGERS_MS, &count, &oldest);
  if (err || count < CF_GUESS_STRANGERS_MAX)
    return err;
  *r_wait_ms = oldest + CF_GUESS_STRANGERS_MS - now_utc_ms;
  if (*r_wait_ms > CF_GUESS_STRANGERS_MS)
    *r_wait_ms = CF_GUESS_STRANGERS_MS;
  return cf_err (CF_ERR_RATE);
}

gpg_error_t
cf_guess_check (struct cf_store *store, int64_t now_utc_ms, const struct cf_fpr *peer, bool stranger,
                int64_t *r_wait_ms)
{
  struct cf_guess g;
  gpg_error_t err;

  *r_wait_ms = 0;
  err = cf_store_guess_get (store, peer, &g);
  if (err)
    return err;
  *r_wait_ms = cf_guess_wait_ms (&g, now_utc_ms);
  if (*r_wait_ms > 0)
    return cf_err (CF_ERR_RATE);
  return stranger ? check_strangers (store, now_utc_ms, r_wait_ms) : 0;
}

gpg_error_t
cf_guess_left (struct cf_store *store, int64_t now_utc_ms, const struct cf_fpr *peer, bool stranger,
               struct cf_guess_left *r_left)
{
  struct cf_guess_left left = { 0 };
  struct cf_guess g;
  size_t count = 0;
  int64_t wait_ms, oldest;
  gpg_error_t err;

  err = cf_guess_check (store, now_utc_ms, peer, stranger, &wait_ms);
  if (gpg_err_code (err) == CF_ERR_RATE) {
    left.silent_until_utc_ms = now_utc_ms + wait_ms;
    *r_left = left;
    return 0;
  }
  if (!err)
    err = cf_store_guess_get (store, peer, &g);
  if (!err && stranger)
    err = cf_store_guess_strangers (store, now_utc_ms - CF_GUESS_STRANGERS_MS, &count, &oldest);
  if (err)
    return err;
  left.tries = g.wrong < CF_GUESSES_FREE ? CF_GUESSES_FREE - g.wrong : 1;
  if (stranger && left.tries > CF_GUESS_STRANGERS_MAX - count)
    left.tries = (unsigned) (CF_GUESS_STRANGERS_MAX - count);
  *r_left = left;
  return 0;
}

gpg_error_t
cf_guess_charge (struct cf_store *store, int64_t now_utc_ms, const struct cf_fpr *peer, bool stranger,
                 int64_t *r_wait_ms)
{
  struct cf_guess g;
  gpg_error_t err;

  err = cf_guess_check (store, now_utc_ms, peer, stranger, r_wait_ms);
  if (err)
    return err;
  err = cf_store_begin (store);
  if (err)
    return err;
  err = cf_store_guess_get (store, peer, &g);
  if (!err) {
    cf_guess_count (&g, now_utc_ms);
    err = cf_store_guess_put (store, peer, &g);
  }
  if (!err && stranger)
    err = cf_store_guess_stranger_add (store, peer, now_utc_ms, now_utc_ms - CF_GUESS_STRANGERS_MS);
  cf_store_end (store, &err);
  return err;
}

gpg_error_t
cf_guess_take_back (struct cf_store *store, const struct cf_fpr *peer)
{
  return cf_store_guess_delete (store, peer);
}
