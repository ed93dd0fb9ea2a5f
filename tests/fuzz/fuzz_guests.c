/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_guests.c - a public node and three guests who say what the input wants, over tunnels in memory.
 *
 * Whatever they do: what the node says is well-formed, what it holds stays
 * within its limits, and when all have gone and time has passed nothing of
 * them is left.  The first byte says what they have done when the input begins: see scenes[].
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "net/device_key.h"
#include "net/net.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/snapshot.h"
#include "tests/sim/server_story.h"

#define GUESTS 3
#define WAITING_MAX (256 * 1024)
#define MAILS 16

/* ---- a network of two ends each ---- */

struct cf_conn {
  struct cf_conn *next, *other; /* all stay until the run is over */
  const struct cf_conn_handler *handler;
  void *arg;
  struct cf_buf in; /* has come, and was not delivered */
  bool dialled, closed, ended; /* ended: has heard that the other end closed */
};

static struct cf_conn *conns;
static const struct cf_net_ops ram_ops;
static struct cf_net ram_net = { .ops = &ram_ops };

static struct cf_conn *
ram_new (void)
{
  struct cf_conn *conn = calloc (1, sizeof *conn);

  FUZZ_CHECK (conn);
  cf_buf_init (&conn->in, CF_CONN_QUEUE_MAX);
  conn->next = conns;
  conns = conn;
  return conn;
}

static gpg_error_t
ram_dial (struct cf_net *net, const struct cf_addr *to, const struct cf_conn_handler *handler, void *arg,
          struct cf_conn **r_conn)
{
  struct cf_conn *conn = ram_new (), *theirs = ram_new ();

  conn->handler = handler;
  conn->arg = arg;
  conn->dialled = true;
  conn->other = theirs;
  theirs->other = conn;
  *r_conn = conn;
  net->handler->accepted (net->handler_arg, theirs, to);
  return 0;
}

static void
ram_set_handler (struct cf_conn *conn, const struct cf_conn_handler *handler, void *arg)
{
  conn->handler = handler;
  conn->arg = arg;
}

static gpg_error_t
ram_write (struct cf_conn *conn, const void *data, size_t len)
{
  if (conn->other->closed)
    return 0;
  return cf_buf_add (&conn->other->in, data, len) ? cf_err (GPG_ERR_LIMIT_REACHED) : 0;
}

static size_t
ram_queued (const struct cf_conn *conn)
{
  return conn->other->closed ? 0 : cf_buf_len (&conn->other->in);
}

static void
ram_close (struct cf_conn *conn)
{
  if (!conn)
    return;
  conn->closed = true;
  conn->handler = NULL;
}

static const struct cf_net_ops ram_ops = { .dial = ram_dial,
                                           .set_handler = ram_set_handler,
                                           .write = ram_write,
                                           .queued = ram_queued,
                                           .close = ram_close };

/* What has come to CONN is delivered; then its sender hears that it was taken. */
static bool
deliver (struct cf_conn *conn)
{
  struct cf_conn *other = conn->other;
  size_t len = cf_buf_len (&conn->in);
  uint8_t *data;

  if (conn->closed || !conn->handler)
    return false;
  if (conn->dialled) {
    conn->dialled = false;
    conn->handler->connected (conn->arg);
    return true;
  }
  if (len) {
    data = fuzz_copy (cf_buf_data (&conn->in), len);
    cf_buf_consume (&conn->in, len);
    conn->handler->received (conn->arg, data, len);
    free (data);
    if (!other->closed && other->handler && other->handler->drained)
      other->handler->drained (other->arg);
    return true;
  }
  if (other->closed && !conn->ended) {
    conn->ended = true;
    conn->handler->failed (conn->arg, cf_err (GPG_ERR_EOF));
    return true;
  }
  return false;
}

/* ---- mail in memory ---- */

static struct { struct cf_mail mail; uint8_t *data; } mails[MAILS];

static gpg_error_t
mail_put (void *arg, const struct cf_mail *mail, const void *data)
{
  (void) arg;
  for (int i = 0; i < MAILS; i++)
    if (!mails[i].data) {
      mails[i].mail = *mail;
      mails[i].data = fuzz_copy (data, mail->len);
      return 0;
    }
  return cf_err (GPG_ERR_ENOSPC);
}

static int
mail_find (const struct cf_mail *mail)
{
  for (int i = 0; i < MAILS; i++)
    if (mails[i].data && !memcmp (&mails[i].mail, mail, sizeof *mail))
      return i;
  return -1;
}

static gpg_error_t
mail_get (void *arg, const struct cf_mail *mail, struct cf_buf *out)
{
  int i = mail_find (mail);

  (void) arg;
  FUZZ_CHECK (i >= 0);
  return cf_buf_add (out, mails[i].data, mail->len);
}

static void
mail_drop (void *arg, const struct cf_mail *mail)
{
  int i = mail_find (mail);

  (void) arg;
  FUZZ_CHECK (i >= 0);
  free (mails[i].data);
  mails[i].data = NULL;
}

/* ---- the story ---- */

static struct stage {
  struct cf_env env;
  uint64_t seed;
  struct cf_node_name name;
  struct cf_server *server;
  struct cf_mailbox *mailbox;
  struct hand hands[GUESTS];
  bool deaf[GUESTS]; /* does not read */
} stage;

static void
enter (struct stage *s, int i)
{
  if (s->hands[i].tunnel)
    hand_done (&s->hands[i]);
  s->name.addr.bytes[3] = (uint8_t) i;
  hand_dial (&s->hands[i], &s->env, &ram_net, &s->name);
}

static void
run (struct stage *s)
{
  bool again = true;

  for (int rounds = 0; again && rounds < 64; rounds++) {
    again = false;
    for (struct cf_conn *conn = conns; conn; conn = conn->next) {
      bool is_deaf = false;

      for (int i = 0; i < GUESTS; i++)
        is_deaf |= s->hands[i].conn == conn && s->deaf[i];
      if (!is_deaf)
        again |= deliver (conn);
    }
    fuzz_env_run (&s->env, 0);
  }
}

static void
stage_set (struct stage *s)
{
  static const struct cf_mail_limits mail = { 4096, 12, 2048, 4 };
  const struct cf_mail_store store = { mail_put, mail_get, mail_drop, NULL };
  uint8_t secret[CF_DEVICE_KEY_LEN], public[CF_DEVICE_KEY_LEN];
  struct cf_server_config config = { .env = &s->env,
                                     .net = &ram_net,
                                     .own_secret = secret,
                                     .own_public = public,
                                     .services = CF_NODE_RELAY | CF_NODE_LISTING,
                                     .limits = { .strangers = 2,
                                                 .guests = 64,
                                                 .host_guests = 64,
                                                 .hosts = 2,
                                                 .registrations = 2,
                                                 .host_registrations = 2,
                                                 .circuits = 3,
                                                 .waiting_bytes = WAITING_MAX } };

  memset (s, 0, sizeof *s);
  fuzz_env_init (&s->env, &s->seed);
  cf_device_key_new (&s->env, secret, public);
  FUZZ_CHECK (!cf_mailbox_new (&s->env, &mail, &store, &s->mailbox));
  config.mailbox = s->mailbox;
  FUZZ_CHECK (!cf_server_new (&config, &s->server));
  memcpy (s->name.device_key, public, sizeof public);
  s->name.addr = (struct cf_addr){ .family = 4, .bytes = { 192, 0, 2 }, .port = 7443 };
  for (int i = 0; i < GUESTS - 1; i++) {
    enter (s, i);
    run (s);
  }
}

static void
check_limits (const struct stage *s)
{
  struct cf_server_status st;

  cf_server_status (s->server, &st);
  FUZZ_CHECK (st.waiting_bytes <= WAITING_MAX && st.circuits <= 3 && st.registered <= 2 && st.hosts <= 2);
  FUZZ_CHECK (st.mail <= 12 && st.mail_bytes <= 4096 && st.reachable <= st.registered && st.listed <= st.registered);
  FUZZ_CHECK (st.tunnels <= st.streams);
}

static void
stage_strike (struct stage *s)
{
  struct cf_server_status st;

  for (int i = 0; i < GUESTS; i++) {
    s->deaf[i] = false;
    if (s->hands[i].tunnel)
      hand_done (&s->hands[i]);
  }
  run (s);
  fuzz_env_run (&s->env, CF_NODE_REGISTER_S * 1000 + 1000);
  cf_server_status (s->server, &st);
  FUZZ_CHECK (!st.streams && !st.tunnels && !st.registered && !st.circuits && !st.waiting_bytes && !st.listed);
  cf_server_free (s->server);
  cf_mailbox_free (s->mailbox);
  run (s);
  while (conns) {
    struct cf_conn *conn = conns;

    conns = conn->next;
    cf_buf_done (&conn->in);
    free (conn);
  }
  for (int i = 0; i < MAILS; i++) {
    free (mails[i].data);
    mails[i].data = NULL;
  }
}

/* Something that has a form. */
static void
say_formed (struct stage *s, struct hand *h, struct fuzz_in *in)
{
  static const enum cf_node_kind kinds[]
      = { CF_NODE_REGISTER, CF_NODE_UNREGISTER, CF_NODE_LIST, CF_NODE_CREDIT, CF_NODE_DIAL,
          CF_NODE_DATA,     CF_NODE_CLOSE,      CF_NODE_DEPOSIT, CF_NODE_FETCH, CF_NODE_DELETE };
  static const uint8_t zeros[CF_CIRCUIT_DATA_MAX];
  struct cf_node_message m = { .kind = kinds[fuzz_u8 (in) % (sizeof kinds / sizeof *kinds)] };
  uint8_t what = fuzz_u8 (in), much = fuzz_u8 (in), secret[crypto_sign_SECRETKEYBYTES], digest[CF_HASH_LEN];

  switch (m.kind) {
  case CF_NODE_REGISTER:
    m.reg.relayed = what & 1;
    m.reg.listed = what & 2;
    m.reg.port = 7000;
    m.reg.identity.version = 4;
    m.reg.identity.len = 20;
    break;
  case CF_NODE_LIST:
    m.list.from = what;
    break;
  case CF_NODE_CREDIT:
    m.credit.circuit = what;
    m.credit.bytes = 1u << (much % 22);
    break;
  case CF_NODE_DIAL:
    m.dial.circuit = what;
    m.dial.device_key = s->hands[much % GUESTS].public;
    break;
  case CF_NODE_DEPOSIT:
  case CF_NODE_FETCH:
  case CF_NODE_DELETE:
    memset (digest, what & 3, sizeof digest);
    crypto_sign_seed_keypair (m.mail.drop, secret, digest);
    m.mail.blob = zeros;
    m.mail.blob_len = m.kind == CF_NODE_DEPOSIT ? much + 1u : 0;
    m.mail.number = m.kind == CF_NODE_DEPOSIT ? 0 : much & 1 ? (uint64_t) s->env.now_utc_ms : 0;
    cf_node_mail_digest (&m, cf_tunnel_handshake_hash (h->tunnel), digest);
    crypto_sign_detached (m.mail.signature, NULL, digest, sizeof digest, secret);
    break;
  default:
    m.circuit.circuit = what;
    m.circuit.data = zeros;
    m.circuit.len = (size_t) much * 62 + 1;
  }
  (void) !hand_send (h, &m);
}

static void
say_raw (struct hand *h, struct fuzz_in *in)
{
  enum cf_channel channel = (enum cf_channel) (fuzz_u8 (in) % CF_CHANNEL_COUNT);
  size_t want = fuzz_u8 (in), len;
  const uint8_t *data = fuzz_bytes (in, want, &len);

  (void) !cf_tunnel_send (h->tunnel, channel, data, len);
}

static void
play (struct stage *s, struct fuzz_in in, bool slow)
{
  while (in.left) {
    uint8_t op = fuzz_u8 (&in);
    int i = (op >> 4) % GUESTS;
    struct hand *h = &s->hands[i];

    switch (op & 7) {
    case 0:
    case 1:
    case 2:
      if (h->tunnel)
        say_formed (s, h, &in);
      break;
    case 3:
      if (h->tunnel)
        say_raw (h, &in);
      break;
    case 4:
      enter (s, i);
      break;
    case 5:
      if (h->tunnel)
        hand_done (h);
      break;
    case 6:
      s->deaf[i] = !s->deaf[i];
      break;
    default:
      fuzz_env_run (&s->env, 1u << (fuzz_u8 (&in) % (slow ? 20 : 8)));
    }
    if (!(op & 8))
      run (s);
    check_limits (s);
  }
}

/* The second one registers, the first one dials; both talk.  Or they leave mail. */
static const uint8_t talk[] = { 0x10, 0, 1, 0, 0x00, 4, 1, 1, 0x00, 5, 1, 9, 0x10, 5, 2, 9 };
static const uint8_t mailed[] = { 0x00, 7, 1, 200, 0x00, 7, 1, 201, 0x10, 7, 2, 9 };

static const struct scene {
  const uint8_t *steps;
  size_t len;
} scenes[] = { { NULL, 0 }, { talk, 4 }, { talk, 8 }, { talk, sizeof talk }, { mailed, sizeof mailed } };
#define SCENES (sizeof scenes / sizeof *scenes)

static void
build (int scene)
{
  stage_set (&stage);
  play (&stage, (struct fuzz_in){ scenes[scene].steps, scenes[scene].len }, true);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  static bool begun;
  struct fuzz_in in = { data, len };

  if (!begun) {
    fuzz_snapshot_add (&stage, sizeof stage);
    fuzz_snapshot_add (&conns, sizeof conns);
    fuzz_snapshot_add (mails, sizeof mails);
    fuzz_snapshot_add (&ram_net, sizeof ram_net);
  }
  begun = true;
  fuzz_snapshot_begin ((int) (fuzz_u8 (&in) % SCENES), build, NULL);
  play (&stage, in, fuzz_is_slow (data, len));
  if (!fuzz_snapshots || fuzz_is_slow (data, len))
    stage_strike (&stage);
  fuzz_arena_leave ();
  return 0;
}

void
fuzz_seeds (fuzz_emit *emit)
{
  /* Scene 0: talk, as above; one reads no more, and time passes. */
  static const uint8_t talks[] = { 0, 0x10, 0, 1, 0, 0x00, 4, 1, 1, 0x00, 5, 1, 9, 0x10, 5, 2, 9, 0x00, 6, 1, 0 };
  static const uint8_t stall[] = { 0, 0x10, 0, 1, 0,   0x00, 4, 1, 1,   0x16, 0x00, 5, 1, 255, 0x00, 5, 1, 255, 0x00, 5, 1,
                                   255,  0, 5, 1,   255,  0, 5, 1,   255,  0,    5, 1, 255, 0,    5, 1, 255, 0x07, 16 };
  static const uint8_t list[] = { 0, 0x10, 0, 3, 0, 0x00, 2, 0, 0, 0x15, 0x24, 0x20, 0, 2, 0, 0x07, 19 };
  static const uint8_t mail[] = { 0, 0x00, 7, 1, 200, 0x00, 7, 1, 201, 0x10, 8, 1, 0, 0x10, 9, 1, 1, 0x10, 8, 1, 0 };
  static const uint8_t raw[] = { 0, 0x03, 0, 5, 68, 0, 0, 0, 0, 0x13, 2, 7, 100, 0, 0, 0, 1, 0, 0 };

  fuzz_emit_slow (emit, "talk", talks, sizeof talks, 7);
  fuzz_emit_slow (emit, "stall", stall, sizeof stall, 7);
  fuzz_emit_slow (emit, "list", list, sizeof list, 7);
  fuzz_emit_slow (emit, "mail", mail, sizeof mail, 7);
  fuzz_emit_slow (emit, "raw", raw, sizeof raw, 7);
}
