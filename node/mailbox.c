/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailbox.c - what mail there is, for how long, and how much of it; see mailbox.h. */
#include "node/mailbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

#define SWEEP_MS (10 * 60 * 1000)

struct item {
  struct item *next; /* of its drop, in the order of numbers */
  struct cf_mail mail;
};

struct drop {
  struct item *first;
  uint32_t count;
  uint64_t bytes;
};

struct cf_mailbox {
  struct cf_env *env;
  struct cf_mail_limits limits;
  struct cf_mail_store store;
  struct cf_map *drops;
  uint32_t count;
  uint64_t bytes;
  struct cf_timer sweep;
};

void
cf_mail_limits_init (struct cf_mail_limits *r_limits)
{
  *r_limits = (struct cf_mail_limits){
    .bytes = 1024ull * 1024 * 1024,
    .count = 65536,
    .drop_bytes = 16 * 1024 * 1024,
    .drop_count = 64,
  };
}

/* AT is where its drop points to it. */
static void
remove_item (struct cf_mailbox *b, struct drop *drop, struct item **at)
{
  struct item *item = *at;

  *at = item->next;
  drop->count--;
  drop->bytes -= item->mail.len;
  b->count--;
  b->bytes -= item->mail.len;
  b->store.drop (b->store.arg, &item->mail);
  free (item);
}

static void
drop_free (struct drop *drop)
{
  while (drop->first) {
    struct item *item = drop->first;

    drop->first = item->next;
    free (item);
  }
  free (drop);
}

/* What has expired goes, and drops in which nothing is. */
static void
sweep (void *arg)
{
  struct cf_mailbox *b = arg;
  size_t pos = 0;
  const void *key;
  void *value;

  while (cf_map_next (b->drops, &pos, &key, &value)) {
    struct drop *drop = value;

    for (struct item **at = &drop->first; *at;)
      if ((*at)->mail.until_utc_ms <= b->env->now_utc_ms)
        remove_item (b, drop, at);
      else
        at = &(*at)->next;
    if (!drop->first) {
      cf_map_remove (b->drops, key);
      drop_free (drop);
    }
  }
  cf_timer_after (b->env, &b->sweep, SWEEP_MS);
}

gpg_error_t
cf_mailbox_new (struct cf_env *env, const struct cf_mail_limits *limits, const struct cf_mail_store *store,
                struct cf_mailbox **r_mailbox)
{
  struct cf_mailbox *b = calloc (1, sizeof *b);
  gpg_error_t err;

  if (!b)
    return cf_err (GPG_ERR_ENOMEM);
  b->env = env;
  b->limits = *limits;
  b->store = *store;
  cf_timer_init (&b->sweep, sweep, b);
  err = cf_map_new (env, CF_MAIL_DROP_LEN, limits->count, &b->drops);
  if (err) {
    free (b);
    return err;
  }
  cf_timer_after (env, &b->sweep, SWEEP_MS);
  *r_mailbox = b;
  return 0;
}

void
cf_mailbox_free (struct cf_mailbox *mailbox)
{
  size_t pos = 0;
  const void *key;
  void *drop;

  if (!mailbox)
    return;
  cf_timer_cancel (mailbox->env, &mailbox->sweep);
  while (cf_map_next (mailbox->drops, &pos, &key, &drop))
    drop_free (drop);
  cf_map_free (mailbox->drops);
  free (mailbox);
}

/* Is there room for LEN bytes in DROP, which may be NULL? */
static gpg_error_t
check_room (const struct cf_mailbox *b, const struct drop *drop, size_t len)
{
  if (b->count >= b->limits.count || len > b->limits.bytes - b->bytes)
    return cf_err (GPG_ERR_RESOURCE_LIMIT);
  if (drop && (drop->count >= b->limits.drop_count || len > b->limits.drop_bytes - drop->bytes))
    return cf_err (GPG_ERR_LIMIT_REACHED);
  return 0;
}

static gpg_error_t
add_item (struct cf_mailbox *b, const struct cf_mail *mail)
{
  struct drop *drop = cf_map_get (b->drops, mail->drop);
  struct item *item = calloc (1, sizeof *item), **at;
  gpg_error_t err = 0;

  if (!item)
    return cf_err (GPG_ERR_ENOMEM);
  if (!drop) {
    drop = calloc (1, sizeof *drop);
    err = drop ? cf_map_put (b->drops, mail->drop, drop) : cf_err (GPG_ERR_ENOMEM);
  }
  if (err) {
    free (drop);
    free (item);
    return err;
  }
  item->mail = *mail;
  for (at = &drop->first; *at && (*at)->mail.number < mail->number;)
    at = &(*at)->next;
  item->next = *at;
  *at = item;
  drop->count++;
  drop->bytes += mail->len;
  b->count++;
  b->bytes += mail->len;
  return 0;
}

gpg_error_t
cf_mailbox_found (struct cf_mailbox *mailbox, const struct cf_mail *mail)
{
  gpg_error_t err;

  if (mail->until_utc_ms <= mailbox->env->now_utc_ms) {
    mailbox->store.drop (mailbox->store.arg, mail);
    return cf_err (GPG_ERR_CERT_EXPIRED);
  }
  err = check_room (mailbox, cf_map_get (mailbox->drops, mail->drop), mail->len);
  return err ? err : add_item (mailbox, mail);
}

/* The number that comes next: higher than any in the drop, and, as far as the clock goes forward, than any before
   those were deleted. */
static uint64_t
next_number (const struct cf_mailbox *b, const struct drop *drop)
{
  uint64_t number = b->env->now_utc_ms > 0 ? (uint64_t) b->env->now_utc_ms : 1;

  for (const struct item *item = drop ? drop->first : NULL; item; item = item->next)
    if (item->mail.number >= number)
      number = item->mail.number + 1;
  return number;
}

gpg_error_t
cf_mailbox_put (struct cf_mailbox *mailbox, const uint8_t drop_key[CF_MAIL_DROP_LEN], const void *data, size_t len,
                struct cf_mail *r_mail)
{
  struct drop *drop = cf_map_get (mailbox->drops, drop_key);
  struct cf_mail mail = { .len = (uint32_t) len };
  struct cf_hash hash;
  gpg_error_t err;

  cf_hash_init (&hash, NULL, "mail kept");
  cf_hash_add (&hash, data, len);
  cf_hash_final (&hash, mail.hash);
  for (const struct item *item = drop ? drop->first : NULL; item; item = item->next)
    if (!memcmp (item->mail.hash, mail.hash, sizeof mail.hash)) {
      *r_mail = item->mail;
      return 0;
    }
  err = check_room (mailbox, drop, len);
  if (err)
    return err;
  memcpy (mail.drop, drop_key, sizeof mail.drop);
  mail.number = next_number (mailbox, drop);
  mail.until_utc_ms = mailbox->env->now_utc_ms + CF_MAIL_LIFE_S * 1000ll;
  err = mailbox->store.put (mailbox->store.arg, &mail, data);
  if (err)
    return err;
  err = add_item (mailbox, &mail);
  if (err) {
    mailbox->store.drop (mailbox->store.arg, &mail);
    return err;
  }
  *r_mail = mail;
  return 0;
}

gpg_error_t
cf_mailbox_get (struct cf_mailbox *mailbox, const uint8_t drop_key[CF_MAIL_DROP_LEN], uint64_t number,
                struct cf_buf *out, struct cf_mail *r_mail, uint32_t *r_left)
{
  struct drop *drop = cf_map_get (mailbox->drops, drop_key);
  const struct item *item = drop ? drop->first : NULL, *rest;
  uint32_t left = 0;
  gpg_error_t err;

  while (item && (item->mail.number <= number || item->mail.until_utc_ms <= mailbox->env->now_utc_ms))
    item = item->next;
  if (!item)
    return cf_err (GPG_ERR_NOT_FOUND);
  err = mailbox->store.get (mailbox->store.arg, &item->mail, out);
  if (err)
    return err;
  for (rest = item->next; rest; rest = rest->next)
    left++;
  *r_mail = item->mail;
  *r_left = left;
  return 0;
}

void
cf_mailbox_delete (struct cf_mailbox *mailbox, const uint8_t drop_key[CF_MAIL_DROP_LEN], uint64_t number)
{
  struct drop *drop = cf_map_get (mailbox->drops, drop_key);

  if (!drop)
    return;
  for (struct item **at = &drop->first; *at; at = &(*at)->next)
    if ((*at)->mail.number == number) {
      remove_item (mailbox, drop, at);
      break;
    }
  if (!drop->first) {
    cf_map_remove (mailbox->drops, drop_key);
    drop_free (drop);
  }
}

void
cf_mailbox_counts (const struct cf_mailbox *mailbox, uint32_t *r_count, uint64_t *r_bytes)
{
  *r_count = mailbox->count;
  *r_bytes = mailbox->bytes;
}
