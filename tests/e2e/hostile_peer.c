/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hostile_peer.c - hands for who speaks the protocol badly on purpose.
 *
 * hostile_peer.py decides what is said; here is what Python lacks: Noise, the
 * records, CPace, and floods.  A command a line on stdin, an answer a line on
 * stdout: "ok ..." or "err WHY ...".  Bytes are hexadecimal, "-" is none.
 * Nothing is checked: whatever can be said wrongly is said.  Nothing is heard but
 * by a command, unless a stream is awake.
 *
 * N names a stream, below STREAMS_MAX.  Floods are in hostile_flood.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fpr.h"
#include "base/hash.h"
#include "base/secmem.h"
#include "hostile_peer.h"
#include "net/cpace.h"
#include "net/noise.h"
#include "net/record.h"

#define STREAMS_MAX 128
#define WORDS_MAX 10
#define WRITE_MS 5000
#define LINK 0xff

struct heard {
  struct heard *next;
  unsigned int channel;
  size_t len;
  uint8_t data[];
};

struct stream {
  int fd; /* 0: none; stdin is never one */
  bool awake; /* it is read, and its PINGs are answered, also while no command comes */
  struct heard *first, **last; /* what was said meanwhile */
  char end[256]; /* how it ended meanwhile; empty: it did not */
  struct cf_noise *noise;
  struct cf_record_stream tx, rx;
  struct cf_buf part; /* of a message in several records */
};

static struct stream streams[STREAMS_MAX];
static int listener = -1;
static struct { struct cf_cpace *state; bool is_a; uint8_t share[CF_CPACE_SHARE_LEN]; uint8_t sid[CF_HASH_LEN]; } run;

/* Words and bytes. */

struct bytes {
  uint8_t *data;
  size_t len;
};

static struct bytes
unhex (const char *word)
{
  size_t size = strlen (word) / 2;
  struct bytes b = { malloc (size + 1), 0 };

  if (!b.data || (strcmp (word, "-") && sodium_hex2bin (b.data, size, word, strlen (word), NULL, &b.len, NULL)))
    abort ();
  return b;
}

static void
say_hex (const void *data, size_t len)
{
  char *text = malloc (2 * len + 1);

  if (!text)
    abort ();
  fputs (len ? sodium_bin2hex (text, 2 * len + 1, data, len) : "-", stdout);
  free (text);
}

static void
say_bytes (const char *before, const void *data, size_t len)
{
  fputs (before, stdout);
  say_hex (data, len);
  putchar ('\n');
}

static void
say_err (gpg_error_t err)
{
  printf (err ? "err %s\n" : "ok\n", gpg_strerror (err));
}

static struct stream *
stream_of (const char *word)
{
  unsigned long n = strtoul (word, NULL, 10);

  if (n >= STREAMS_MAX)
    abort ();
  return &streams[n];
}

static void
stream_done (struct stream *s)
{
  if (s->fd > 0)
    close (s->fd);
  cf_noise_free (s->noise);
  cf_record_stream_done (&s->tx);
  cf_record_stream_done (&s->rx);
  cf_buf_done (&s->part);
  while (s->first) {
    struct heard *h = s->first;

    s->first = h->next;
    free (h);
  }
  memset (s, 0, sizeof *s);
  s->last = &s->first;
  cf_buf_init (&s->part, CF_MESSAGE_TALK_MAX);
}

/* Streams. */

static void
run_keypair (char **words)
{
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];

  (void) words;
  randombytes_buf (secret, sizeof secret);
  crypto_scalarmult_curve25519_base (public, secret);
  fputs ("ok ", stdout);
  say_hex (secret, sizeof secret);
  say_bytes (" ", public, sizeof public);
}

/* dial N ADDR PORT [SOURCE] */
static void
run_dial (char **words)
{
  struct stream *s = stream_of (words[1]);
  struct timeval limit = { .tv_sec = WRITE_MS / 1000 };

  stream_done (s);
  s->fd = hostile_socket (SOCK_STREAM, words[2], words[4]);
  if (s->fd < 0 || setsockopt (s->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit)
      || hostile_connect (s->fd, words[2], words[3])) {
    printf ("err %s\n", strerror (errno));
    stream_done (s);
    return;
  }
  puts ("ok");
}

/* listen ADDR: at a port of the system's choice */
static void
run_listen (char **words)
{
  struct sockaddr_in at = { 0 };
  socklen_t len = sizeof at;

  if (listener >= 0)
    close (listener);
  listener = hostile_socket (SOCK_STREAM, words[1], words[1]);
  if (listener < 0 || listen (listener, 64) || getsockname (listener, (struct sockaddr *) &at, &len))
    printf ("err %s\n", strerror (errno));
  else
    printf ("ok %u\n", ntohs (at.sin_port));
}

static bool
is_readable (int fd, int ms)
{
  struct pollfd p = { .fd = fd, .events = POLLIN };

  return poll (&p, 1, ms) > 0;
}

/* accept N MS */
static void
run_accept (char **words)
{
  struct stream *s = stream_of (words[1]);

  stream_done (s);
  if (!is_readable (listener, atoi (words[2]))) {
    puts ("err quiet");
    return;
  }
  s->fd = accept (listener, NULL, NULL);
  printf (s->fd > 0 ? "ok\n" : "err accept\n");
}

static bool
write_all (const struct stream *s, const uint8_t *data, size_t len)
{
  while (len) {
    ssize_t n = send (s->fd, data, len, MSG_NOSIGNAL);

    if (n <= 0)
      return false;
    data += n;
    len -= (size_t) n;
  }
  return true;
}

/* write N HEX */
static void
run_write (char **words)
{
  struct bytes b = unhex (words[2]);

  if (write_all (stream_of (words[1]), b.data, b.len))
    puts ("ok");
  else
    printf ("err %s\n", strerror (errno));
  free (b.data);
}

/* LEN bytes to OUT; NULL, or why there are only *R_GOT. */
static const char *
read_exactly (const struct stream *s, uint8_t *out, size_t len, int ms, size_t *r_got)
{
  *r_got = 0;
  while (*r_got < len) {
    ssize_t n;

    if (!is_readable (s->fd, ms))
      return "quiet";
    n = recv (s->fd, out + *r_got, len - *r_got, 0);
    if (n <= 0)
      return n ? "reset" : "eof";
    *r_got += (size_t) n;
  }
  return NULL;
}

/* read N LEN MS */
static void
run_read (char **words)
{
  size_t len = strtoul (words[2], NULL, 10), got;
  uint8_t *data = malloc (len + 1);
  const char *why;

  if (!data)
    abort ();
  why = read_exactly (stream_of (words[1]), data, len, atoi (words[3]), &got);
  if (why)
    printf ("err %s ", why);
  say_bytes (why ? "" : "ok ", data, got);
  free (data);
}

/* close N */
static void
run_close (char **words)
{
  stream_done (stream_of (words[1]));
  puts ("ok");
}

/* Noise. */

/* noise N i|r SUITE SECRET PUBLIC REMOTE PROLOGUE */
static void
run_noise (char **words)
{
  struct stream *s = stream_of (words[1]);
  struct bytes secret = unhex (words[4]), public = unhex (words[5]), remote = unhex (words[6]);
  struct bytes prologue = unhex (words[7]);
  uint8_t ephemeral[CF_NOISE_DH_LEN];
  struct cf_noise_config config = {
    .suite = (enum cf_suite) atoi (words[3]),
    .initiator = words[2][0] == 'i',
    .static_secret = secret.data,
    .static_public = public.data,
    .ephemeral_secret = ephemeral,
    .remote_static = remote.len ? remote.data : NULL,
    .prologue = prologue.data,
    .prologue_len = prologue.len,
  };

  randombytes_buf (ephemeral, sizeof ephemeral);
  cf_noise_free (s->noise);
  s->noise = NULL;
  say_err (cf_noise_new (&config, &s->noise));
  free (secret.data);
  free (public.data);
  free (remote.data);
  free (prologue.data);
}

/* nwrite N PAYLOAD: the next handshake message, not sent */
static void
run_nwrite (char **words)
{
  struct bytes b = unhex (words[2]);
  uint8_t out[512];
  size_t len;
  gpg_error_t err = cf_noise_write (stream_of (words[1])->noise, b.data, b.len, out, sizeof out, &len);

  if (err)
    say_err (err);
  else
    say_bytes ("ok ", out, len);
  free (b.data);
}

/* nread N HEX: the other end's next one; its payload */
static void
run_nread (char **words)
{
  struct bytes b = unhex (words[2]);
  uint8_t payload[512];
  size_t len;
  gpg_error_t err = cf_noise_read (stream_of (words[1])->noise, b.data, b.len, payload, sizeof payload, &len);

  if (err)
    say_err (err);
  else
    say_bytes ("ok ", payload, len);
  free (b.data);
}

/* split N: the handshake hash, the other end's static key */
static void
run_split (char **words)
{
  struct stream *s = stream_of (words[1]);
  struct cf_cipher *send, *receive;
  gpg_error_t err = cf_noise_split (s->noise, &send, &receive);

  if (err) {
    say_err (err);
    return;
  }
  cf_record_stream_init (&s->tx, send, CF_REKEY_RECORDS, 0);
  cf_record_stream_init (&s->rx, receive, CF_REKEY_RECORDS, 0);
  fputs ("ok ", stdout);
  say_hex (cf_noise_hash (s->noise), CF_NOISE_HASH_LEN);
  say_bytes (" ", cf_noise_remote_static (s->noise), CF_DEVICE_KEY_LEN);
}

/* Records. */

/* seal N CHANNEL FLAGS HEX: a record, not sent */
static void
run_seal (char **words)
{
  struct bytes b = unhex (words[4]);
  uint8_t out[CF_RECORD_MAX];
  size_t len;
  gpg_error_t err = cf_record_seal (&stream_of (words[1])->tx, 0, (uint8_t) atoi (words[2]), (uint8_t) atoi (words[3]),
                                    b.data, b.len, out, &len);

  if (err)
    say_err (err);
  else
    say_bytes ("ok ", out, len);
  free (b.data);
}

static bool
send_record (struct stream *s, uint8_t channel, uint8_t flags, const uint8_t *data, size_t len)
{
  uint8_t out[CF_RECORD_MAX];
  size_t out_len;

  return !cf_record_seal (&s->tx, 0, channel, flags, data, len, out, &out_len) && write_all (s, out, out_len);
}

/* send N CHANNEL HEX [TIMES]: a whole message, in as many records as it needs */
static void
run_send (char **words)
{
  struct stream *s = stream_of (words[1]);
  struct bytes b = unhex (words[3]);
  int times = words[4] ? atoi (words[4]) : 1;
  bool ok = true;

  while (ok && times--) {
    size_t sent = 0, now;

    do {
      now = b.len - sent > CF_RECORD_FRAGMENT_MAX ? CF_RECORD_FRAGMENT_MAX : b.len - sent;
      ok = send_record (s, (uint8_t) atoi (words[2]), sent + now < b.len ? CF_RECORD_MORE : 0, b.data + sent, now);
      sent += now;
    } while (ok && sent < b.len);
  }
  if (ok)
    puts ("ok");
  else
    printf ("err %s\n", strerror (errno));
  free (b.data);
}

/* The next record, into DATA; NULL, or why there is none. */
static const char *
receive (struct stream *s, int ms, uint8_t data[CF_RECORD_MAX], struct cf_record *r_record)
{
  size_t got, body;
  const char *why = read_exactly (s, data, CF_RECORD_LENGTH_LEN, ms, &got);

  if (why)
    return why;
  body = cf_record_body_len (data);
  if (!body)
    return "length";
  why = read_exactly (s, data + CF_RECORD_LENGTH_LEN, body, ms, &got);
  if (why)
    return why;
  return cf_record_open (&s->rx, data, CF_RECORD_LENGTH_LEN + body, data, r_record) ? "forged" : NULL;
}

/* recv N MS: the next record as it is: channel, flags, fragment */
static void
run_recv (char **words)
{
  uint8_t data[CF_RECORD_MAX];
  struct cf_record r;
  const char *why = receive (stream_of (words[1]), atoi (words[2]), data, &r);

  if (why) {
    printf ("err %s\n", why);
    return;
  }
  printf ("ok %u %u ", r.channel, r.flags);
  say_bytes ("", r.fragment, r.fragment_len);
}

/* The other end's PING is answered; its BYE is the end. */
static void
take_link (struct stream *s, const struct cf_record *r)
{
  static const uint8_t pong = 2;

  if (r->fragment_len == 1 && r->fragment[0] == 1 && !send_record (s, LINK, 0, &pong, 1))
    snprintf (s->end, sizeof s->end, "unsent");
  if (r->fragment_len >= 3 && r->fragment[0] == 3)
    snprintf (s->end, sizeof s->end, "bye %u %.*s", (unsigned int) (r->fragment[1] << 8 | r->fragment[2]),
              (int) r->fragment_len - 3, (const char *) r->fragment + 3);
}

/* One record; what it makes whole is kept, and how the stream ends.  False: nothing came in MS. */
static bool
hear (struct stream *s, int ms)
{
  uint8_t data[CF_RECORD_MAX];
  struct cf_record r;
  struct heard *h;
  const char *why = receive (s, ms, data, &r);

  if (why && !strcmp (why, "quiet"))
    return false;
  if (why) {
    snprintf (s->end, sizeof s->end, "%s", why);
    return true;
  }
  if (r.channel == LINK) {
    take_link (s, &r);
    return true;
  }
  if (cf_buf_add (&s->part, r.fragment, r.fragment_len))
    abort ();
  if (r.flags & CF_RECORD_MORE)
    return true;
  h = malloc (sizeof *h + cf_buf_len (&s->part));
  if (!h)
    abort ();
  h->next = NULL;
  h->channel = r.channel;
  h->len = cf_buf_len (&s->part);
  memcpy (h->data, cf_buf_data (&s->part), h->len);
  cf_buf_clear (&s->part);
  *s->last = h;
  s->last = &h->next;
  return true;
}

/* awake N 0|1 */
static void
run_awake (char **words)
{
  stream_of (words[1])->awake = words[2][0] == '1';
  puts ("ok");
}

/* message N MS: the next whole message: channel, bytes */
static void
run_message (char **words)
{
  struct stream *s = stream_of (words[1]);
  int64_t until = hostile_now_ms () + atoi (words[2]), left = atoi (words[2]);
  struct heard *h;

  while (!s->first && !*s->end && hear (s, left > 0 ? (int) left : 0))
    left = until - hostile_now_ms ();
  h = s->first;
  if (!h) {
    printf ("err %s\n", *s->end ? s->end : "quiet");
    return;
  }
  s->first = h->next;
  if (!s->first)
    s->last = &s->first;
  printf ("ok %u ", h->channel);
  say_bytes ("", h->data, h->len);
  free (h);
}

/* aead KEY NONCE AD PLAIN: ChaCha20-Poly1305, for what is sealed inside a record */
static void
run_aead (char **words)
{
  struct bytes key = unhex (words[1]), nonce = unhex (words[2]), ad = unhex (words[3]), plain = unhex (words[4]);
  unsigned long long len;
  uint8_t *out = malloc (plain.len + crypto_aead_chacha20poly1305_ietf_ABYTES);

  if (!out || key.len != crypto_aead_chacha20poly1305_ietf_KEYBYTES || nonce.len != crypto_aead_chacha20poly1305_ietf_NPUBBYTES)
    abort ();
  crypto_aead_chacha20poly1305_ietf_encrypt (out, &len, plain.data, plain.len, ad.data, ad.len, NULL, nonce.data, key.data);
  say_bytes ("ok ", out, (size_t) len);
  free (key.data);
  free (nonce.data);
  free (ad.data);
  free (plain.data);
  free (out);
}

/* CPace. */

/* prs PASSWORD FPR FPR */
static void
run_prs (char **words)
{
  struct cf_fpr one, other;
  uint8_t prs[CF_CPACE_PRS_LEN];
  gpg_error_t err = cf_fpr_parse (words[2], &one);

  if (!err)
    err = cf_fpr_parse (words[3], &other);
  if (!err)
    err = cf_cpace_prs (words[1], &one, &other, prs);
  if (err)
    say_err (err);
  else
    say_bytes ("ok ", prs, sizeof prs);
}

/* cpace A|B PRS CI SID: our share */
static void
run_cpace (char **words)
{
  struct bytes prs = unhex (words[2]), ci = unhex (words[3]), sid = unhex (words[4]);
  struct cf_cpace_config config = { .prs = prs.data, .prs_len = prs.len, .ci = ci.data, .ci_len = ci.len,
                                    .sid = sid.data, .sid_len = sid.len };
  uint8_t random[CF_CPACE_RANDOM_LEN];
  gpg_error_t err;

  cf_cpace_free (run.state);
  run.state = NULL;
  run.is_a = words[1][0] == 'A';
  config.role = run.is_a ? CF_CPACE_A : CF_CPACE_B;
  memcpy (run.sid, sid.data, sizeof run.sid);
  randombytes_buf (random, sizeof random);
  err = cf_cpace_start (&config, random, &run.state, run.share);
  if (err)
    say_err (err);
  else
    say_bytes ("ok ", run.share, sizeof run.share);
  free (prs.data);
  free (ci.data);
  free (sid.data);
}

/* tags SHARE: ISK, Ta, Tb from the other's share */
static void
run_tags (char **words)
{
  struct bytes share = unhex (words[1]);
  struct cf_cpace_message own = { .ad = NULL }, peer = { .ad = NULL };
  uint8_t isk[CF_CPACE_ISK_LEN], a[CF_CPACE_TAG_LEN], b[CF_CPACE_TAG_LEN];
  gpg_error_t err;

  memcpy (own.share, run.share, sizeof own.share);
  memcpy (peer.share, share.data, sizeof peer.share);
  err = cf_cpace_finish (run.state, NULL, 0, &peer, isk);
  free (share.data);
  if (err) {
    say_err (err);
    return;
  }
  cf_cpace_tags (isk, run.sid, sizeof run.sid, run.is_a ? &own : &peer, run.is_a ? &peer : &own, a, b);
  fputs ("ok ", stdout);
  say_hex (isk, sizeof isk);
  putchar (' ');
  say_hex (a, sizeof a);
  say_bytes (" ", b, sizeof b);
}

/* The loop. */

static const struct {
  const char *name;
  int words; /* at least, the name itself included */
  void (*run) (char **words);
} commands[] = {
  { "keypair", 1, run_keypair }, { "dial", 4, run_dial },       { "listen", 2, run_listen },
  { "accept", 3, run_accept },   { "write", 3, run_write },     { "read", 4, run_read },
  { "close", 2, run_close },     { "noise", 8, run_noise },     { "nwrite", 3, run_nwrite },
  { "nread", 3, run_nread },     { "split", 2, run_split },     { "seal", 5, run_seal },
  { "send", 4, run_send },       { "recv", 3, run_recv },       { "message", 3, run_message },
  { "awake", 3, run_awake },
  { "prs", 4, run_prs },         { "cpace", 5, run_cpace },     { "tags", 2, run_tags },
  { "aead", 5, run_aead },
  { "streams", 6, hostile_streams }, { "alive", 1, hostile_alive }, { "drop", 1, hostile_drop },
  { "ask", 5, hostile_ask },     { "beacons", 7, hostile_beacons },
};

static void
obey (char *line)
{
  char *words[WORDS_MAX + 1] = { 0 }, *rest = NULL;
  int count = 0;

  for (char *w = strtok_r (line, " \n", &rest); w && count < WORDS_MAX; w = strtok_r (NULL, " \n", &rest))
    words[count++] = w;
  for (size_t i = 0; count && i < sizeof commands / sizeof commands[0]; i++)
    if (!strcmp (commands[i].name, words[0]) && count >= commands[i].words) {
      commands[i].run (words);
      return;
    }
  puts ("err no such command");
}

/* Until a command comes, who is awake hears. */
static void
wait_for_command (void)
{
  struct pollfd p[STREAMS_MAX + 1], *command = &p[STREAMS_MAX];

  *command = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
  do {
    for (int i = 0; i < STREAMS_MAX; i++)
      p[i] = (struct pollfd){ .fd = streams[i].awake && !*streams[i].end ? streams[i].fd : -1,
                              .events = POLLIN };
    if (poll (p, STREAMS_MAX + 1, -1) < 0)
      return;
    for (int i = 0; i < STREAMS_MAX; i++)
      if (p[i].revents)
        hear (&streams[i], WRITE_MS);
  } while (!command->revents);
}

int
main (void)
{
  char *line = NULL;
  size_t size = 0;

  setvbuf (stdout, NULL, _IOFBF, 1 << 16);
  if (cf_secmem_setup ())
    return 1;
  for (int i = 0; i < STREAMS_MAX; i++)
    stream_done (&streams[i]);
  for (wait_for_command (); getline (&line, &size, stdin) > 0; wait_for_command ()) {
    obey (line);
    fflush (stdout);
  }
  free (line);
  for (int i = 0; i < STREAMS_MAX; i++)
    stream_done (&streams[i]);
  cf_cpace_free (run.state);
  return 0;
}
