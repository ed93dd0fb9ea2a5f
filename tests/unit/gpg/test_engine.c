/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_engine.c - homes and the queue: where, how many, and in which order. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "gpg/engine.h"
#include "tests/unit/gpg/fixture.h"

static struct world *w;

static int
setup (void **state)
{
  *state = w = world_new ("alice:ed25519");
  return 0;
}

/* A home too long for an agent's socket is used by a short name. */
static void
test_long_home (void **state)
{
  static const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN] = { 1 };
  struct cf_gpg_config config = { 0 };
  struct answer a;
  struct cf_gpg *gpg;
  char *home, tail[151];

  (void) state;
  memset (tail, 'x', sizeof tail - 1);
  tail[sizeof tail - 1] = 0;
  home = cf_sprintf ("%s/%s", w->dir, tail);
  config.conversation_home = home;
  assert_int_equal (cf_gpg_new (&w->env, w->base, &config, &gpg), 0);
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_new (gpg, passphrase, on_newkey, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  cf_gpg_free (gpg);
  free (home);
}

static void
test_home_is_private (void **state)
{
  struct cf_gpg_config config = { 0 };
  struct cf_gpg *gpg = NULL;
  char *home = world_path (w, "open");

  (void) state;
  config.conversation_home = home;
  assert_int_equal (mkdir (home, 0755), 0);
  assert_code (cf_gpg_new (&w->env, w->base, &config, &gpg), GPG_ERR_EPERM);
  assert_null (gpg);
  config.conversation_home = "relative";
  assert_code (cf_gpg_new (&w->env, w->base, &config, &gpg), GPG_ERR_INV_ARG);
  free (home);
}

/* What somebody put into our configuration is gone at the next start. */
static void
test_configuration_is_ours (void **state)
{
  static const char bad[] = "trust-model pgp\nencrypt-to somebody\n";

  (void) state;
  side_open (w, &w->alice, "alice");
  side_close (&w->alice);
  world_write (w, "alice.c/gpg.conf", bad, sizeof bad - 1);
  side_open (w, &w->alice, "alice");
  world_shell (w, "! grep -q encrypt-to $DIR/alice.c/gpg.conf && grep -q '^s2k-count 65536' $DIR/alice.c/gpg-agent.conf");
  world_shell (w, "grep -q '^max-cache-ttl 60' $DIR/alice.c/gpg-agent.conf"); /* not 0: see gpg/homes.c */
  world_shell (w, "test $(stat -c %a $DIR/alice.c) = 700");
}

/* Two gpg that write one keyring at a time lose keys; and an agent that may cache nothing at all forgets a new key's
   passphrase between the steps of its making when the second changes.  So: several at once, over some seconds. */
struct maker {
  struct cf_gpg *gpg;
  time_t until;
  int made, looks, least, least_looks; /* so many at least, however slow the machine */
  int under_way, readers;
  gpg_error_t err;
};

static const uint8_t any_passphrase[CF_GPG_PASSPHRASE_LEN] = { 7 };

static void
make_another (void *arg, gpg_error_t err, const struct cf_fpr *fpr, const uint8_t *block, size_t len)
{
  struct maker *m = arg;

  (void) fpr;
  (void) block;
  m->under_way--;
  m->made += !err && len;
  if (!m->err)
    m->err = err;
  if ((time (NULL) < m->until || m->made < m->least || m->looks < m->least_looks) && !m->err) {
    m->under_way++;
    assert_int_equal (cf_gpg_conversation_key_new (m->gpg, any_passphrase, make_another, m, NULL), 0);
  }
}

static void
test_keys_while_seconds_change (void **state)
{
  struct maker m = { .gpg = w->alice.gpg, .until = time (NULL) + 3, .least = 8 };
  struct patience patience;
  int i;

  (void) state;
  for (i = 0; i < 4; i++) {
    m.under_way++;
    assert_int_equal (cf_gpg_conversation_key_new (m.gpg, any_passphrase, make_another, &m, NULL), 0);
  }
  patience_begin (w->base, &patience);
  while (m.under_way && !patience.is_over)
    event_base_loop (w->base, EVLOOP_ONCE);
  patience_end (&patience);
  assert_int_equal (m.under_way, 0);
  assert_int_equal (m.err, 0);
  assert_true (m.made >= 8);
}

/* Whoever reads the keyring while another job changes it still finds what is there. */
static void
look_again (void *arg, gpg_error_t err, const struct cf_key_info *key)
{
  struct maker *m = arg;

  (void) key;
  m->looks++;
  if (!m->err)
    m->err = err;
  if (m->under_way && !m->err)
    assert_int_equal (cf_gpg_key_lookup (m->gpg, &w->alice.fpr, look_again, m, NULL), 0);
  else
    m->readers--;
}

static void
test_readers_beside_writers (void **state)
{
  struct maker m = { .gpg = w->alice.gpg, .until = time (NULL) + 2, .under_way = 1, .readers = 2,
                     .least = 3, .least_looks = 5 };
  struct patience patience;
  struct answer a;
  int i;

  (void) state;
  answer_init (w, &a);
  assert_int_equal (cf_gpg_identity_export (m.gpg, &w->alice.fpr, on_bytes, &a, NULL), 0); /* imports it, too */
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
  assert_int_equal (cf_gpg_conversation_key_new (m.gpg, any_passphrase, make_another, &m, NULL), 0);
  for (i = 0; i < 2; i++)
    assert_int_equal (cf_gpg_key_lookup (m.gpg, &w->alice.fpr, look_again, &m, NULL), 0);
  patience_begin (w->base, &patience);
  while ((m.under_way || m.readers) && !patience.is_over)
    event_base_loop (w->base, EVLOOP_ONCE);
  patience_end (&patience);
  assert_int_equal (m.under_way + m.readers, 0);
  assert_int_equal (m.err, 0);
  assert_true (m.made > 2 && m.looks > 4);
}

/* The queue has an end, and a person's job passes those of messages. */
static int order[8], served;

static void
note (void *arg, gpg_error_t err)
{
  assert_code (err, CF_ERR_STATEMENT);
  order[served++] = *(int *) arg;
}

static void
test_priorities (void **state)
{
  static int numbers[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
  const enum cf_gpg_priority priorities[] = { CF_GPG_BACKGROUND, CF_GPG_BACKGROUND, CF_GPG_BACKGROUND,
                                              CF_GPG_BACKGROUND, CF_GPG_BACKGROUND, CF_GPG_MESSAGE,
                                              CF_GPG_PERSON,     CF_GPG_PERSON };
  struct patience patience;
  int i, place[8];

  (void) state;
  for (i = 0; i < 8; i++)
    assert_int_equal (cf_gpg_statement_verify (w->alice.gpg, priorities[i], &w->alice.fpr, "device", "x", 1, "?", 1, note,
                                               &numbers[i], NULL),
                      0);
  patience_begin (w->base, &patience);
  while (served < 8 && !patience.is_over)
    event_base_loop (w->base, EVLOOP_ONCE);
  patience_end (&patience);
  assert_int_equal (served, 8);
  for (i = 0; i < 8; i++)
    place[order[i]] = i;
  /* Of those that began together any may end first; the last ones waited. */
  assert_true (place[4] >= 4 && place[3] >= 4 && place[2] >= 3);
}

/* The engine's deadlines are a minute: a minute passes quickly while this is set. */
static bool hurry;

int __real_event_add (struct event *ev, const struct timeval *tv);
int __wrap_event_add (struct event *ev, const struct timeval *tv);

int
__wrap_event_add (struct event *ev, const struct timeval *tv)
{
  const struct timeval soon = { 0, 300000 };

  return __real_event_add (ev, hurry && tv && tv->tv_sec == CF_JOB_TIMEOUT_S ? &soon : tv);
}

/* An agent that was held up before may be about to end: then there is another one to ask. */
#define STOP_AGENT \
  "for i in $(seq 100); do gpgconf --homedir $DIR/alice.c --launch gpg-agent; " \
  "pid=$(gpg-connect-agent --homedir $DIR/alice.c 'getinfo pid' /bye | sed -n 's/^D //p'); echo $pid > $DIR/agent-pid; " \
  "kill -STOP ${pid:-none} && for j in $(seq 100); do grep -q '^State:.T' /proc/$pid/status || { sleep 0.1; continue; }; " \
  "exit 0; done; sleep 0.1; done; exit 1"
#define RUNNING "$(pgrep -fc \"^[^ ]*gpg .*--homedir $DIR/alice.c\")" /* of gpg in that home */

/* gpg hangs, since its agent does not answer: the job ends, and the next one is well. */
static void
test_gpg_hangs (void **state)
{
  static const uint8_t passphrase[CF_GPG_PASSPHRASE_LEN] = { 1 };
  struct answer a;

  (void) state;
  world_shell (w, STOP_AGENT);
  hurry = true;
  answer_init (w, &a);
  assert_int_equal (cf_gpg_conversation_key_new (w->alice.gpg, passphrase, on_newkey, &a, NULL), 0);
  answer_wait (&a);
  hurry = false;
  assert_code (a.err, GPG_ERR_TIMEOUT);
  answer_clear (&a);
  /* What hung goes on, and writes its key after all: two gpg that write one keyring may lose what the other has read. */
  world_shell (w, "kill -CONT $(cat $DIR/agent-pid); for i in $(seq 100); do "
                  "pgrep -f \"^[^ ]*gpg .*--homedir $DIR/alice.c\" > /dev/null || break; sleep 0.1; done");
  assert_int_equal (cf_gpg_conversation_key_new (w->alice.gpg, passphrase, on_newkey, &a, NULL), 0);
  answer_wait (&a);
  assert_int_equal (a.err, 0);
  answer_clear (&a);
}

/* Who cancels a job that writes the keyring hears no more of it; but until its gpg has ended nobody else comes to it. */
static void
test_cancelled_writer (void **state)
{
  struct answer first, second;
  struct cf_gpg_job *job = NULL;

  (void) state;
  world_shell (w, STOP_AGENT);
  world_shell (w, "gpg --homedir $DIR/alice.c -k --with-colons 2>/dev/null | grep -c ^pub > $DIR/pairs");
  answer_init (w, &first);
  answer_init (w, &second);
  assert_int_equal (cf_gpg_conversation_key_new (w->alice.gpg, any_passphrase, on_newkey, &first, &job), 0);
  assert_int_equal (event_base_loop (w->base, EVLOOP_NONBLOCK), 0);
  world_shell (w, "test " RUNNING " = 1");
  cf_gpg_cancel (w->alice.gpg, job);
  assert_int_equal (cf_gpg_conversation_key_new (w->alice.gpg, any_passphrase, on_newkey, &second, NULL), 0);
  assert_int_equal (event_base_loop (w->base, EVLOOP_NONBLOCK), 0);
  world_shell (w, "test " RUNNING " = 1");
  world_shell (w, "kill -CONT $(cat $DIR/agent-pid)");
  answer_wait (&second);
  assert_int_equal (second.err, 0);
  assert_int_equal (first.count, 0);
  world_shell (w, "test $(gpg --homedir $DIR/alice.c -k --with-colons 2>/dev/null | grep -c ^pub) = $(($(cat $DIR/pairs) + 2))");
  answer_clear (&second);
}

static void
test_queue_limit (void **state)
{
  struct answer a;
  gpg_error_t err = 0;
  int i;

  (void) state;
  answer_init (w, &a);
  for (i = 0; i < 2000 && !err; i++)
    err = cf_gpg_key_lookup (w->alice.gpg, &w->alice.fpr, on_key, &a, NULL);
  assert_code (err, GPG_ERR_EAGAIN);
  assert_int_equal (i, 1025);
  side_close (&w->alice); /* with all of them waiting */
  assert_int_equal (a.count, 0);
}

/* An agent that a failed test has left stopped would hold up its own end. */
static int
go_on (void **state)
{
  (void) state;
  return system ("kill -CONT $(cat $DIR/agent-pid) 2>/dev/null; true");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_long_home),  cmocka_unit_test (test_home_is_private),
    cmocka_unit_test (test_configuration_is_ours), cmocka_unit_test (test_priorities),
    cmocka_unit_test (test_keys_while_seconds_change),
    cmocka_unit_test (test_readers_beside_writers), cmocka_unit_test_teardown (test_gpg_hangs, go_on),
    cmocka_unit_test_teardown (test_cancelled_writer, go_on),
    cmocka_unit_test (test_queue_limit),
  };

  return cmocka_run_group_tests_name ("gpg/engine", tests, setup, world_end);
}
