/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_peer_file.c - the contact file of a home: read, watched, added to; nothing that the user wrote is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/paths.h"
#include "core/peer_file.h"
#include "core/peer_names.h"
#include "net/net.h"
#include "net/proto.h"

static struct {
  struct cf_env env;
  struct cf_core core;
  struct cf_peer_file *file;
  char home[64], path[80];
  size_t asked;
  struct cf_addr last;
  struct cf_net net;
  cf_net_resolved resolved; /* somebody waits for it */
  void *resolved_arg;
  char host[CF_PEERLIST_HOST_SIZE]; /* the name that was asked last */
  unsigned names_asked;
} w;

static void
take_random (void *arg, void *data, size_t len)
{
  (void) arg;
  memset (data, 0x5a, len);
}

static void
ask (void *arg, const struct cf_addr *to)
{
  (void) arg;
  w.last = *to;
  w.asked++;
}

static void
run_for (uint64_t ms)
{
  uint64_t end = w.env.now_ms + ms;

  while (cf_timers_next (&w.env) <= end) {
    w.env.now_ms = cf_timers_next (&w.env);
    cf_timers_run (&w.env);
  }
  w.env.now_ms = end;
}

static void
write_file (const char *text)
{
  assert_int_equal (cf_file_write (w.path, text, strlen (text)), 0);
}

static void
assert_file (const char *expected)
{
  char *text;
  size_t len;

  assert_int_equal (cf_file_read (w.path, CF_PEERLIST_MAX, &text, &len), 0);
  assert_string_equal (text, expected);
  free (text);
}

static struct cf_peer_file_state
state_now (void)
{
  struct cf_peer_file_state state;

  cf_peer_file_state (w.file, &state);
  return state;
}

static int
set_up (void **state)
{
  (void) state;
  memset (&w, 0, sizeof w);
  w.env.random = take_random;
  w.env.now_ms = 1000;
  strcpy (w.home, "/tmp/cf-peers-XXXXXX");
  if (!mkdtemp (w.home))
    return -1;
  strcat (strcpy (w.path, w.home), "/" CF_PEER_FILE_NAME);
  w.core.env = &w.env;
  w.core.home = w.home;
  if (cf_peer_file_new (&w.core, ask, NULL, &w.file))
    return -1;
  cf_peer_file_turn (w.file, true);
  return 0;
}

static int
tear_down (void **state)
{
  (void) state;
  cf_peer_file_free (w.file);
  rmdir (w.path); /* one of them was there */
  unlink (w.path);
  return rmdir (w.home);
}

static void
test_watched (void **state)
{
  struct cf_addr addr;

  (void) state;
  cf_peer_file_start (w.file);
  run_for (5000);
  assert_int_equal (state_now ().places, 0);
  assert_int_equal (state_now ().err, 0);
  write_file ("# friends\n192.0.2.7:7077 Alice\nwho?\n192.0.2.8:7077\nhome.example:1\n");
  run_for (5000);
  assert_int_equal (state_now ().places, 2);
  assert_int_equal (w.asked, 2);
  assert_int_equal (state_now ().malformed, 2);
  assert_int_equal (state_now ().first_malformed, 3);
  assert_int_equal (cf_addr_parse ("192.0.2.8:7077", &addr), 0);
  assert_true (cf_peer_file_has (w.file, &addr));
  cf_peer_file_answered (w.file, &addr);
  assert_int_equal (state_now ().answering, 1);
  write_file ("192.0.2.8:7077\n");
  run_for (5000);
  assert_int_equal (state_now ().places, 1);
  assert_int_equal (state_now ().answering, 1); /* what is known of him stays */
  assert_int_equal (state_now ().malformed, 0);
  assert_int_equal (unlink (w.path), 0);
  run_for (5000);
  assert_int_equal (state_now ().places, 0);
}

/* Not a file, or too large: it is said, and what held before holds on. */
static void
test_unreadable (void **state)
{
  (void) state;
  write_file ("192.0.2.8:7077\n");
  cf_peer_file_start (w.file);
  run_for (0);
  assert_int_equal (unlink (w.path), 0);
  assert_int_equal (mkdir (w.path, 0700), 0);
  run_for (5000);
  assert_int_not_equal (state_now ().err, 0);
  assert_int_equal (state_now ().places, 1);
  assert_int_equal (rmdir (w.path), 0);
  write_file ("192.0.2.9:7077\n");
  assert_int_equal (truncate (w.path, CF_PEERLIST_MAX + 1), 0);
  run_for (5000);
  assert_int_equal (gpg_err_code (state_now ().err), GPG_ERR_TOO_LARGE);
  assert_int_equal (state_now ().places, 1);
  assert_int_equal (truncate (w.path, 15), 0);
  run_for (5000);
  assert_int_equal (state_now ().err, 0);
  assert_int_equal (state_now ().places, 1);
}

static json_t *
add (const char *text, bool check, gpg_err_code_t code)
{
  json_t *row = NULL;

  assert_int_equal (gpg_err_code (cf_peer_file_add (w.file, text, strlen (text), check, &row)), code);
  assert_non_null (row);
  return row;
}

static void
assert_counts (json_t *row, int added, int known, size_t malformed)
{
  assert_int_equal (json_integer_value (json_object_get (row, "added")), added);
  assert_int_equal (json_integer_value (json_object_get (row, "known")), known);
  assert_int_equal (json_array_size (json_object_get (row, "malformed")), malformed);
  json_decref (row);
}

static void
test_add (void **state)
{
  static const char mine[] = "# mine\n192.0.2.7:7077 Alice, of old\n\n# no end of line\n192.0.2.9:1";

  (void) state;
  assert_counts (add ("192.0.2.7:7077 Alice\n", true, 0), 1, 0, 0);
  assert_int_equal (access (w.path, F_OK), -1);
  assert_counts (add ("192.0.2.7:7077 Alice\n", false, 0), 1, 0, 0);
  assert_file ("192.0.2.7:7077 Alice\n");
  assert_int_equal (state_now ().places, 1); /* at once */
  write_file (mine);
  assert_counts (add ("# theirs\n192.0.2.7:7077 other name\n192.0.2.8:7077 Bob\nwho?\n[2001:db8::1]:2\n", false, 0), 2, 1, 1);
  assert_file ("# mine\n192.0.2.7:7077 Alice, of old\n\n# no end of line\n192.0.2.9:1\n192.0.2.8:7077 Bob\n[2001:db8::1]:2\n");
  assert_int_equal (state_now ().places, 4);
  assert_counts (add ("who?\n\n# nobody\n", false, GPG_ERR_NO_DATA), 0, 0, 1);
}

/* More than the file may hold is not taken, and the file is as it was. */
static void
test_add_too_much (void **state)
{
  size_t lines = CF_PEERLIST_MAX / 18 + 1, len = 0;
  char *text = malloc (lines * 40);
  json_t *row = NULL;

  (void) state;
  assert_non_null (text);
  for (size_t i = 0; i < lines; i++)
    len += (size_t) sprintf (text + len, "10.%zu.%zu.%zu:10000  %07zu\n", i >> 16 & 255, i >> 8 & 255, i & 255, i);
  write_file ("192.0.2.7:7077 Alice\n");
  assert_int_not_equal (cf_peer_file_add (w.file, text, len, false, &row), 0);
  json_decref (row);
  assert_file ("192.0.2.7:7077 Alice\n");
  free (text);
}

/* --- names of hosts --- */

static gpg_error_t
resolve (struct cf_net *net, const char *host, uint16_t port, cf_net_resolved done, void *arg,
         struct cf_resolve **r_resolve)
{
  (void) net;
  assert_int_equal (port, 7077);
  assert_null (w.resolved);
  w.resolved = done;
  w.resolved_arg = arg;
  strcpy (w.host, host);
  w.names_asked++;
  *r_resolve = (struct cf_resolve *) &w;
  return 0;
}

static void
resolve_cancel (struct cf_resolve *r)
{
  if (r)
    w.resolved = NULL;
}

static void
answer_name (gpg_err_code_t code, const char *const *addrs, size_t count)
{
  cf_net_resolved done = w.resolved;
  struct cf_addr all[CF_NET_RESOLVED_MAX];

  assert_non_null (done);
  for (size_t i = 0; i < count; i++)
    assert_int_equal (cf_addr_parse (addrs[i], &all[i]), 0);
  w.resolved = NULL;
  done (w.resolved_arg, code ? cf_err (code) : 0, all, count);
}

static void
begin_names (void)
{
  static const struct cf_net_ops ops = { .resolve = resolve, .resolve_cancel = resolve_cancel };

  w.net.ops = &ops;
  w.core.net = &w.net;
}

static void
test_names (void **state)
{
  static const char *const first[] = { "192.0.2.7:7077" }, *const second[] = { "192.0.2.8:7077" },
                          *const lies[] = { "127.0.0.1:7077", "224.0.0.1:7077", "[::1]:7077", "[fe80::1]:7077", "0.0.0.0:7077" };
  struct cf_addr addr;

  (void) state;
  begin_names ();
  write_file ("192.0.2.9:7077\nHome.example:7077 Alice\n");
  cf_peer_file_start (w.file);
  run_for (0);
  assert_string_equal (w.host, "home.example");
  assert_int_equal (state_now ().places, 2);
  assert_int_equal (state_now ().malformed, 0);
  assert_int_equal (w.asked, 1);
  answer_name (0, first, 1);
  assert_int_equal (cf_addr_parse ("192.0.2.7:7077", &addr), 0);
  assert_true (cf_peer_file_has (w.file, &addr));
  run_for (5000);
  assert_int_equal (w.asked, 2);
  assert_counts (add ("home.example:7077 again\nother.example:7077\n", true, 0), 1, 1, 0);
  run_for (90 * 60 * 1000); /* after an hour it is asked again, and has moved */
  assert_int_equal (w.names_asked, 2);
  answer_name (0, second, 1);
  assert_false (cf_peer_file_has (w.file, &addr));
  assert_int_equal (state_now ().places, 2);
  run_for (90 * 60 * 1000); /* what cannot be is not believed */
  answer_name (0, lies, 5);
  assert_int_equal (state_now ().places, 2);
  run_for (1000);
  w.asked = 0;
  run_for (24 * 60 * 60 * 1000);
  assert_true (w.asked < 8); /* 192.0.2.9 alone */
  write_file ("192.0.2.9:7077\n");
  run_for (5000);
  assert_null (w.resolved); /* nobody waits for it any more */
  assert_int_equal (state_now ().places, 1);
}

/* Who does not answer is asked less and less; a file of many names asks one a second; who is hidden asks nobody. */
static void
test_names_in_vain (void **state)
{
  char *text = malloc (2000 * 40);
  size_t len = 0;

  (void) state;
  assert_non_null (text);
  begin_names ();
  for (int i = 0; i < 2000; i++)
    len += (size_t) sprintf (text + len, "h%d.example:7077\n", i);
  write_file (text);
  free (text);
  cf_peer_file_start (w.file);
  for (int i = 0; i < 100; i++) {
    run_for (1000);
    if (w.resolved)
      answer_name (GPG_ERR_UNKNOWN_HOST, NULL, 0);
  }
  assert_in_range (w.names_asked, 90, 101);
  assert_int_equal (state_now ().places, CF_PEER_NAMES_MAX);
  write_file ("h0.example:7077\n");
  run_for (5000);
  w.names_asked = 0;
  for (int i = 0; i < 24 * 60; i++) {
    run_for (60 * 1000);
    if (w.resolved)
      answer_name (GPG_ERR_UNKNOWN_HOST, NULL, 0);
  }
  assert_in_range (w.names_asked, 8, 16);
  cf_peer_file_turn (w.file, false);
  w.names_asked = 0;
  run_for (24 * 60 * 60 * 1000);
  assert_int_equal (w.names_asked, 0);
  cf_peer_file_turn (w.file, true);
  cf_peer_file_again (w.file); /* the network has changed */
  run_for (5000);
  assert_int_equal (w.names_asked, 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_watched, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_unreadable, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_add, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_add_too_much, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_names, set_up, tear_down),
    cmocka_unit_test_setup_teardown (test_names_in_vain, set_up, tear_down),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
