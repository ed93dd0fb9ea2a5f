/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fill_history.c - a long history for history.py, written by the store's own functions.
 *
 * Usage: fill_history DB CONVERSATION COUNT [ID...]     (the store's key, 32 bytes, on standard input)
 *
 * The conversation is there already, and empty; no daemon has the store.  COUNT
 * messages, one side and the other in turn, are spread evenly over CONVERSATION;
 * one in a thousand goes to another one that is given as ID.  Each has the word
 * "every" and seven more, whose frequencies fall off as those of a language do;
 * "needle" is in one of 1,000, "haystack" in one of 700.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "core/conversation.h"
#include "core/store/store_conversation.h"
#include "core/store/store_message.h"

#define PER_COMMIT 10000
#define WORDS 20000
#define OTHER_EVERY 1000

#define NEED(call)                                                                                                     \
  do {                                                                                                                 \
    gpg_error_t e_ = (call);                                                                                           \
    if (e_) {                                                                                                          \
      fprintf (stderr, "fill_history.c:%d: %s\n", __LINE__, gpg_strerror (e_));                                        \
      exit (1);                                                                                                        \
    }                                                                                                                  \
  } while (0)

static uint64_t rng = 88172645463325252u;

static uint32_t
below (uint32_t bound)
{
  rng ^= rng << 13;
  rng ^= rng >> 7;
  rng ^= rng << 17;
  return (uint32_t) (rng >> 33) % bound;
}

/* The K-th most frequent word stands K times more seldom than the first. */
static uint32_t
pick_word (void)
{
  uint32_t top = 1;

  while (top < WORDS && below (16) > 1)
    top += top / 2 + 1;
  return below (top < WORDS ? top : WORDS);
}

static size_t
write_text (uint64_t n, char *out, size_t size)
{
  size_t len = (size_t) snprintf (out, size, "every");

  for (int i = 0; i < 7; i++)
    len += (size_t) snprintf (out + len, size - len, " w%x", (unsigned) pick_word ());
  if (n % 1000 == 17)
    len += (size_t) snprintf (out + len, size - len, " needle");
  if (n % 700 == 17)
    len += (size_t) snprintf (out + len, size - len, " haystack");
  return len;
}

struct find {
  uint8_t id[CF_CONVERSATION_ID_LEN];
  struct cf_conversation conv;
  bool found;
};

static gpg_error_t
find_one (void *arg, const struct cf_conversation *row)
{
  struct find *f = arg;

  if (!memcmp (row->id, f->id, sizeof row->id)) {
    f->conv = *row;
    f->found = true;
  }
  return 0; /* what is not ours leaks: this program ends soon */
}

static void
add_message (struct cf_store *store, struct cf_conversation *conv, uint64_t n)
{
  struct cf_message_row m = { .outgoing = n % 2, .kind = CF_ENTRY_TEXT, .state = CF_MESSAGE_DELIVERED };
  uint64_t *sequence = m.outgoing ? &conv->sent_sequence : &conv->received_sequence;
  uint8_t *last = m.outgoing ? conv->sent_hash : conv->received_hash;
  char text[256];

  memcpy (m.conversation, conv->id, sizeof m.conversation);
  memcpy (m.id, &n, sizeof n);
  m.sequence = ++*sequence;
  m.sent_utc_ms = 1700000000000 + (int64_t) n * 1000;
  m.received_utc_ms = m.outgoing ? 0 : m.sent_utc_ms + 20;
  memcpy (m.previous, last, sizeof m.previous);
  for (size_t i = 0; i < sizeof m.hash; i++)
    m.hash[i] = (uint8_t) below (256);
  memcpy (last, m.hash, sizeof m.hash);
  m.text = text;
  m.text_len = write_text (n, text, sizeof text);
  NEED (cf_store_message_add (store, &m));
}

/* One acknowledged envelope that ends with our last entry: nothing waits to be sealed. */
static void
settle (struct cf_store *store, struct cf_conversation *conv)
{
  struct cf_envelope_row e = { .outgoing = true, .acked = true, .first = 1, .number = conv->sent_sequence,
                               .sealed = "", .created_utc_ms = 1700000000000 };

  memcpy (e.conversation, conv->id, sizeof e.conversation);
  e.peer = conv->peer;
  if (conv->sent_sequence)
    NEED (cf_store_envelope_add (store, &e));
  conv->acked_sequence = conv->sent_sequence;
  NEED (cf_store_conversation_save (store, conv));
}

int
main (int argc, char **argv)
{
  uint8_t key[CF_STORE_KEY_LEN];
  struct find find[8] = { 0 };
  size_t others = argc > 4 ? (size_t) argc - 4 : 0;
  uint64_t count = argc > 3 ? strtoull (argv[3], NULL, 10) : 0;
  struct cf_store *store;
  struct cf_env env;

  if (!count || others > 7 || read (STDIN_FILENO, key, sizeof key) != sizeof key) {
    fprintf (stderr, "Usage: fill_history DB CONVERSATION COUNT [ID...] < KEY\n");
    return 1;
  }
  cf_env_system_init (&env, CF_LOG_WARN);
  NEED (cf_store_open (&env, argv[1], key, &store));
  for (size_t i = 0; i <= others; i++) {
    NEED (cf_unhex (argv[i ? 3 + i : 2], find[i].id, sizeof find[i].id));
    NEED (cf_store_conversation_all (store, find_one, &find[i]));
    if (!find[i].found) {
      fprintf (stderr, "fill_history: there is no such conversation\n");
      return 1;
    }
  }
  for (uint64_t n = 0; n < count; n++) {
    size_t which = others && n % OTHER_EVERY == 0 ? 1 + (size_t) (n / OTHER_EVERY) % others : 0;

    if (n % PER_COMMIT == 0)
      NEED (cf_store_begin (store));
    add_message (store, &find[which].conv, n);
    if (n % PER_COMMIT == PER_COMMIT - 1 || n == count - 1)
      NEED (cf_store_commit (store));
  }
  for (size_t i = 0; i <= others; i++)
    settle (store, &find[i].conv);
  cf_store_close (store);
  return 0;
}
