/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_client_words.c - what people read. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/phrase.h"
#include "base/text.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"

/* JSON with ' in the place of ". */
static json_t *
row (const char *text)
{
  char *json = strdup (text);
  json_t *made;

  for (char *p = json; *p; p++)
    if (*p == '\'')
      *p = '"';
  made = json_loads (json, 0, NULL);
  assert_non_null (made);
  free (json);
  return made;
}

static void
is (char *text, const char *wanted)
{
  assert_string_equal (text, wanted);
  free (text);
}

/* What a function of a row says. */
static void
of (char *(*words) (const json_t *), const char *json, const char *wanted)
{
  json_t *r = row (json);

  is (words (r), wanted);
  json_decref (r);
}

#define FPR "0123456789ABCDEF0123456789ABCDEF01234567"

static void
test_people (void **state)
{
  (void) state;
  of (cf_words_name, "{'user_id':'Ana B. (work) <ana@x>'}", "Ana B.");
  of (cf_words_name, "{'user_id':'<ana@x>'}", "<ana@x>");
  of (cf_words_name, "{'user_id':'','name':null,'fingerprint':'" FPR "'}", "89AB CDEF 0123 4567");
  of (cf_words_name, "{'title':'" FPR "'}", "89AB CDEF 0123 4567");
  of (cf_words_name, "{'name':7}", "Somebody");
  of (cf_words_name, "{'name':'A\\u202ena\\n<b>'}", "Ana");
  of (cf_words_user_id, "{'user_id':'Ana <ana@x>'}", "Ana <ana@x>");
  of (cf_words_user_id, "{'peer':'" FPR "'}", "0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567");
  is (cf_words_fingerprint ("abcdef"), "ABCD EF");
  is (cf_words_fingerprint ("no such"), "no such");
  is (cf_words_fingerprint (""), "");
  is (cf_words_initials ("Ana Maria Berg"), "AB");
  is (cf_words_initials ("ana"), "A");
  is (cf_words_initials ("\xc3\xa9lise <e@x>"), "\xc3\x89");
  is (cf_words_initials ("Jean-Luc"), "JL");
  is (cf_words_initials ("\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e"), "\xe7\x8e\x8b");
  is (cf_words_initials (""), "?");
  is (cf_words_initials ("... <x>"), "?");
  assert_int_equal (cf_words_color (FPR), cf_words_color ("0123456789abcdef0123456789abcdef01234567"));
  assert_true (cf_words_color ("") < CF_WORDS_COLORS);
  assert_int_equal (cf_words_rgb (CF_WORDS_COLORS), cf_words_rgb (0));
}

static void
test_trust (void **state)
{
  char *what, *remedy;
  json_t *r;

  (void) state;
  of (cf_words_security, "{'state':'open','verified':{'how':'password'},'route':'lan'}",
      "Verified by password \xc2\xb7 direct, LAN");
  of (cf_words_security, "{'state':'open'}", "Not verified \xc2\xb7 offline");
  of (cf_words_security, "{'state':'closed','closed_by_peer':true}", "Closed by the other side");
  of (cf_words_security, "{'state':'requested','asked':true}", "Waiting for their answer");
  of (cf_words_security, "{'state':'open','stopped':true}", "Stopped: something is wrong with a key");
  of (cf_words_security, "{}", "Not verified \xc2\xb7 offline");
  of (cf_words_verified, "{'verified':{'how':'password','when':'2024-05-03T12:00:00Z'}}",
      "Verified by password, 3 May 2024");
  assert_string_equal (cf_words_key_state ("ok"), "");
  assert_string_equal (cf_words_key_state ("revoked"), "revoked");
  assert_string_equal (cf_words_key_state ("new"), "not usable");
  r = row ("{'state':'open','title':'Ana','key_state':'expired','stopped':true,'trouble':'The key of Ana has expired. X'}");
  assert_true (cf_words_trouble (r, &what, &remedy));
  is (what, "The key of Ana has expired");
  is (remedy, "Ask them to extend it; the conversation goes on by itself then");
  json_decref (r);
  r = row ("{'state':'open','title':'%s%n','key_state':'revoked','own_key_state':'revoked'}");
  assert_true (cf_words_trouble (r, &what, &remedy));
  is (what, "Your own key has been revoked: it may be in wrong hands");
  free (remedy);
  json_decref (r);
  r = row ("{'title':'%s%n','blocked':true}"); /* a name is no format */
  assert_true (cf_words_trouble (r, &what, &remedy));
  is (what, "You have blocked %s%n");
  free (remedy);
  json_decref (r);
  r = row ("{'state':'open','key_state':'ok'}");
  assert_false (cf_words_trouble (r, &what, &remedy));
  json_decref (r);
}

static bool
same (bool (*test) (const json_t *, const json_t *), const char *a, const char *b)
{
  json_t *ra = row (a), *rb = row (b);
  bool is_same = test (ra, rb);

  json_decref (ra);
  json_decref (rb);
  return is_same;
}

static void
test_messages (void **state)
{
  json_t *r = row ("{'direction':'out','state':'queued'}");

  (void) state;
  assert_string_equal (cf_words_state (r), "Waiting");
  json_decref (r);
  r = row ("{'direction':'in','state':'read'}");
  assert_string_equal (cf_words_state (r), "");
  json_decref (r);
  of (cf_words_text, "{'direction':'in','text':'a\\nb\\u202e'}", "a\nb");
  of (cf_words_text, "{'direction':'in','deleted':true,'text':''}", "This message was taken back");
  of (cf_words_preview, "{'draft':'half','last_message':{'text':'x'}}", "Draft: half");
  of (cf_words_preview, "{'draft':null,'last_message':{'text':'a\\nb','direction':'out'}}", "You: a b");
  of (cf_words_preview, "{'last_message':{'text':'hello','direction':'in'}}", "hello");
  of (cf_words_preview, "{'last_message':'x'}", "");
  of (cf_words_preview, "{}", "");
  assert_true (same (cf_words_same_group, "{'author':'A','sent_at':'2026-01-01T12:00:00Z','direction':'out'}",
                     "{'author':'A','sent_at':'2026-01-01T12:02:59Z','direction':'out'}"));
  assert_false (same (cf_words_same_group, "{'author':'A','sent_at':'2026-01-01T12:00:00Z','direction':'out'}",
                      "{'author':'A','sent_at':'2026-01-01T12:03:00Z','direction':'out'}"));
  assert_false (same (cf_words_same_group, "{'author':'A','signature':'valid'}", "{'author':'A','signature':'bad'}"));
  assert_false (same (cf_words_same_group, "{'author':'A'}", "{'author':'B'}"));
  assert_false (same (cf_words_same_group, "{'author':'A','notice':true}", "{'author':'A'}"));
  assert_false (same (cf_words_same_day, "{'sent_at':'2026-01-01T23:59:59Z'}", "{'sent_at':'2026-01-02T00:00:00Z'}"));
  assert_false (cf_words_same_group (NULL, NULL));
}

static int64_t
at (const char *time)
{
  int64_t ms = 0;

  assert_int_equal (cf_time_parse (time, &ms), 0);
  return ms;
}

static void
test_times (void **state)
{
  const int64_t now = at ("2026-05-13T14:30:00Z"); /* a Wednesday */

  (void) state;
  is (cf_words_time (at ("2026-05-13T09:05:00Z"), now), "09:05");
  is (cf_words_time (at ("2026-05-12T23:59:00Z"), now), "Tue 23:59");
  is (cf_words_time (at ("2026-05-03T00:00:00Z"), now), "3 May");
  is (cf_words_time (at ("2024-05-03T00:00:00Z"), now), "3 May 2024");
  is (cf_words_time (at ("2026-05-14T00:00:00Z"), now), "14 May"); /* of a clock that is ahead */
  is (cf_words_until (at ("2026-05-13T19:05:00Z"), now), "19:05");
  is (cf_words_until (at ("2026-05-14T00:00:00Z"), now), "Thu 00:00");
  is (cf_words_until (at ("2026-05-20T00:00:00Z"), now), "20 May");
  is (cf_words_ago (now - 59999, now), "just now");
  is (cf_words_ago (now - 60000, now), "1 minute ago");
  is (cf_words_ago (now - 3599999, now), "59 minutes ago");
  is (cf_words_ago (now - 3600000, now), "13:30");
  is (cf_words_ago (at ("2026-05-12T23:59:00Z"), now), "yesterday, 23:59");
  is (cf_words_ago (0, now), "1 Jan 1970");
  assert_int_equal (cf_words_ago_changes_ms (now - 90000, now), 30000);
  assert_int_equal (cf_words_ago_changes_ms (now - 7200000, now), (9 * 60 + 30) * 60000);
  assert_true (cf_words_ago_changes_ms (now + 5000, now) > 0);
  is (cf_words_day (now, now), "Today");
  is (cf_words_day (at ("2026-05-12T00:00:00Z"), now), "Yesterday");
  is (cf_words_day (at ("2026-05-07T00:00:00Z"), now), "Thursday");
  is (cf_words_day (at ("2026-05-06T00:00:00Z"), now), "6 May 2026");
  is (cf_words_time_full (now), "Wednesday, 13 May 2026, 14:30:00");
  assert_int_equal (cf_words_days_between (at ("2024-02-28T12:00:00Z"), at ("2024-03-01T12:00:00Z")), 2);
  assert_int_equal (cf_words_days_between (at ("2026-01-01T12:00:00Z"), at ("2025-12-31T12:00:00Z")), -1);
  is (cf_words_duration (30), "30 seconds");
  is (cf_words_duration (90), "90 seconds");
  is (cf_words_duration (3600), "1 hour");
  is (cf_words_duration (604800), "1 week");
  is (cf_words_duration (-1), "0 seconds");
  is (cf_words_left (604799), "1 week");
  is (cf_words_left (7 * 86400 - 90000), "6 days");
  is (cf_words_left (3601), "2 hours");
  is (cf_words_left (3600), "1 hour");
  is (cf_words_left (61), "2 minutes");
  is (cf_words_left (0), "1 minute");
  is (cf_words_size (999), "999 bytes");
  is (cf_words_size (1234), "1.2 kB");
  is (cf_words_size (999999), "1.0 MB");
  is (cf_words_size (INT64_MAX), "9223372 TB");
}

static void
test_transfers (void **state)
{
  json_t *r = row ("{'direction':'in','state':'offered'}");

  (void) state;
  assert_int_equal (cf_transfer_deeds (r), CF_TRANSFER_CAN_ACCEPT | CF_TRANSFER_CAN_REFUSE);
  json_decref (r);
  r = row ("{'direction':'out','state':'paused','paused_by':'peer','done':5,'size':20}");
  assert_int_equal (cf_transfer_deeds (r), CF_TRANSFER_CAN_CANCEL);
  assert_true (cf_transfer_fraction (r) == 0.25);
  json_decref (r);
  r = row ("{'direction':'in','state':'failed'}");
  assert_int_equal (cf_transfer_deeds (r), 0);
  json_object_set_new (r, "can_retry", json_true ());
  assert_int_equal (cf_transfer_deeds (r), CF_TRANSFER_CAN_RETRY);
  json_decref (r);
  r = row ("{'state':'active','done':-5,'size':'x'}");
  assert_true (cf_transfer_fraction (r) == 0);
  json_decref (r);
  is (cf_words_size_of (3200000, 10000000), "3.2 of 10 MB");
  is (cf_words_size_of (0, 999), "0 of 999 bytes");
  is (cf_words_size_of (-1, -1), "0 of 0 bytes");
  is (cf_words_time_left (5), "5 s left");
  is (cf_words_time_left (61), "2 min left");
  is (cf_words_time_left (4800), "1 h 20 min left");
  is (cf_words_time_left (INT64_MAX), "24855 d 3 h left");
  of (cf_words_transfer_name, "{'name':'a\\nb\\u202etxt'}", "abtxt");
  of (cf_words_transfer_kind, "{'kind':'file','size':3200000}", "3.2 MB");
  of (cf_words_transfer_kind, "{'kind':'directory','size':3400000000,'files':12}", "Folder, 12 files, 3.4 GB");
  of (cf_words_transfer, "{'state':'active','done':3200000,'size':10000000,'rate':12000000,'eta':5}",
      "3.2 of 10 MB · 12 MB/s · 5 s left");
  of (cf_words_transfer, "{'state':'active','done':3200000,'size':10000000,'rate':0,'eta':null}",
      "Under way · 3.2 of 10 MB");
  of (cf_words_transfer, "{'state':'active','done':1,'size':10,'rate':3,'eta':null}", "1 of 10 bytes · 3 bytes/s");
  of (cf_words_transfer, "{'state':'paused','done':1,'size':10,'paused_by':'us'}", "Paused by you · 1 of 10 bytes");
  of (cf_words_transfer, "{'state':'paused','done':1,'size':10,'reason':'No space'}", "No space · 1 of 10 bytes");
  of (cf_words_transfer, "{'state':'done','size':10}", "Done · 10 bytes");
  of (cf_words_transfer, "{'state':'failed','size':10,'reason':'It vanished'}", "Failed: It vanished");
  of (cf_words_transfer, "{'state':'cancelled','size':10}", "Cancelled · 10 bytes");
  of (cf_words_transfer, "{'state':[],'direction':'out'}", "Waiting for their answer · 0 bytes");
  of (cf_words_preview, "{'last_message':{'direction':'in','kind':'file','text':'a.pdf'}}", "File: a.pdf");
}

static void
test_events (void **state)
{
  struct cf_client_error error = { 1, "X", "It failed", "Try again", NULL };
  json_t *r = row ("{'event':'typing','typing':true}");

  (void) state;
  assert_null (cf_words_event (r));
  json_decref (r);
  of (cf_words_event, "{'event':'peer_seen','name':'Ana'}", "Ana is near");
  of (cf_words_event, "{'event':'request','state':'waiting','purpose':'open','name':'Ana'}",
      "Ana asks for a conversation");
  of (cf_words_event, "{'event':'request','state':'waiting','purpose':'verify','name':'Ana'}",
      "Ana asks to verify each other with a password");
  of (cf_words_event, "{'event':'message','direction':'in','name':'Ana','text':'hi'}", "Ana: hi");
  of (cf_words_event, "{'event':'message','direction':'in','kind':'file','name':'Ana','text':'a.pdf'}",
      "Ana offers a file: a.pdf");
  of (cf_words_event, "{'event':'transfer','direction':'in','state':'done','name':'a.pdf'}", "The file a.pdf is here");
  of (cf_words_event, "{'event':'transfer','direction':'out','state':'failed','name':'a.pdf','reason':'It vanished'}",
      "The file a.pdf could not be transferred: It vanished");
  of (cf_words_event, "{'event':'error','message':'It failed','hint':'Try again'}", "It failed. Try again");
  is (cf_words_error (&error), "It failed. Try again");
  error.hint = "";
  is (cf_words_error (&error), "It failed");
}

static void
test_notices (void **state)
{
  static const char *const said[][2] = {
    { "PEER_BLOCKED", "Blocked" },
    { "GOES_ON", "Going on again" },
    { "PEER_KEY_EXPIRED", "A key cannot be used" },
    { "OWN_KEY_WEAK", "Your own key cannot be used" },
    { "OF_A_NEWER_DAEMON", "A key has changed" },
  };

  (void) state;
  for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
    json_t *r = json_pack ("{s:b, s:s, s:[s]}", "notice", 1, "code", said[i][0], "args", "Ana");

    assert_string_equal (cf_words_notice (r), said[i][1]);
    json_decref (r);
  }
}

/* Several as one: what is left takes as long as all of them together. */
static void
test_sum (void **state)
{
  static const char *const rows[] = { "{'done':10,'size':100,'rate':20}", "{'done':5,'size':20}",
                                      "{'done':-5,'size':-1,'rate':-7}", "{'done':30,'size':'x'}" };
  static const int64_t eta[] = { 5, 6, 6, 4 };
  struct cf_transfer_sum sum = { 0 };

  (void) state;
  assert_int_equal (cf_transfer_sum_eta (&sum), -1);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    json_t *r = row (rows[i]);

    cf_transfer_sum_add (&sum, r);
    assert_int_equal (cf_transfer_sum_eta (&sum), eta[i]);
    json_decref (r);
  }
  assert_int_equal (sum.count, 4);
  assert_int_equal (sum.done, 45);
  assert_int_equal (sum.size, 120);
  assert_int_equal (sum.rate, 20);
  sum.done = 121;
  assert_int_equal (cf_transfer_sum_eta (&sum), 0);
}

/* Codes and arguments make sentences anew; what is not known comes out as the daemon said it. */
static void
test_codes (void **state)
{
  (void) state;
  of (cf_words_text, "{'notice':true,'text':'x','code':'PEER_KEY_WEAK','args':['Ana']}",
      "The key of Ana is too weak to be trusted. Ask them for a stronger key");
  of (cf_words_text, "{'notice':true,'text':'As it was said','code':'NEWER','args':['Ana']}", "As it was said");
  of (cf_words_step_detail, "{'detail':'x','code':'STEP_LISTENING','args':['4000','2']}", "TCP port 4000; addresses: 2");
  of (cf_words_step_detail, "{'detail':'x','code':'STEP_LISTENING','args':['%n',7,[]]}", "TCP port %n; addresses: ");
  of (cf_words_step_detail, "{'detail':'x','code':'STEP_LISTENING'}", "TCP port ; addresses: ");
  of (cf_words_step_detail, "{'detail':'x','code':'STEP_DEVICE','args':['2024-05-03T12:00:00.000Z']}",
      "This device is certified by your key until 3 May 2024");
  of (cf_words_step_remedy, "{'hint':'','code':'STEP_LAN','args':['1']}", "");
  of (cf_words_reason, "{'reason':'x','reason_code':'PAUSED_DISK','reason_args':['The disk is full']}",
      "It cannot be written: The disk is full");
  of (cf_words_reason, "{'reason':null}", "");
  of (cf_words_meaning, "{'meaning':'x','code':'SETTING_IS_THEME','args':[]}", "How windows look: system, light, dark");
  of (cf_words_meaning, "{'meaning':'As it was said','code':'NEWER','args':[]}", "As it was said");
  of (cf_words_step, "{'step':'relay'}", "Through a node");
  of (cf_words_step, "{'step':'port-mapping'}", "Opened port");
  of (cf_words_step_remedy, "{'hint':'y','code':'REACH_SILENT','args':['z']}",
      "Confab has to run there; a firewall or router, there or here, may hold it back");
  of (cf_words_step_detail, "{'code':'STOPPED','args':['The key of Ana has expired']}",
      "The conversation is stopped: The key of Ana has expired");
  of (cf_words_stopped, "{'trouble':'x','trouble_code':'PEER_BLOCKED','trouble_args':['Ana']}",
      "You have blocked Ana. \"confab unblock\" lets them speak again");
  of (cf_words_warning, "{'name':'Ana','warning':'x','looks_like':'0123456789ABCDEF0123456789ABCDEF01234567'}",
      "This is NOT the Ana whom you know: the name or address is the same, the key is another than 89AB CDEF 0123 4567");
}

/* What HINT becomes in a window or the terminal client. */
static char *
remedy_of (const char *hint)
{
  const struct cf_client_error error = { 1, "X", "Y", hint, NULL };

  return cf_words_hint (&error);
}

static void
check_window (const char *hint)
{
  char *text = remedy_of (hint);

  if (strstr (text, "\"confab") || strstr (text, "\"gpg") || strstr (text, "confab ") || strstr (text, "--"))
    fail_msg ("words_remedy.c has nothing for a window: %s", hint);
  free (text);
}

/* Nobody is told to type a command where there is no shell, whatever fails. */
static void
test_remedies_in_a_window (void **state)
{
  static const gpg_err_source_t sources[] = { GPG_ERR_SOURCE_USER_1, GPG_ERR_SOURCE_GPGAGENT };

  (void) state;
  cf_words_set_face (CF_FACE_WINDOW);
  for (unsigned code = 1; code < GPG_ERR_CODE_DIM; code++)
    for (size_t s = 0; s < 2; s++)
      check_window (cf_err_info (gpg_err_make (sources[s], code))->hint);
  for (int i = CF_SAY_NOTHING + 1; i < CF_SAY_COUNT; i++)
    if (cf_phrase ((enum cf_say) i)->hint)
      check_window (cf_phrase ((enum cf_say) i)->hint);
  cf_words_set_face (CF_FACE_TERMINAL);
  of (cf_words_stopped, "{'trouble':'x','trouble_code':'PEER_BLOCKED','trouble_args':['Ana']}",
      "You have blocked Ana. \"/unblock\" lets them speak again");
  cf_words_set_face (CF_FACE_SHELL);
}

static void
test_tries (void **state)
{
  json_t *r = row ("{'error':'TOO_MANY_TRIES','tries_left':0,'silent_until':'2001-01-02T14:04:30.000Z'}");
  struct cf_client_error error = { 1, "TOO_MANY_TRIES", "In 3 minutes", "Wait", r };

  (void) state;
  of (cf_words_tries, "{}", "");
  of (cf_words_tries, "{'tries_left':null,'silent_until':null}", "");
  of (cf_words_tries, "{'tries_left':'many','silent_until':7}", "");
  of (cf_words_tries, "{'tries_left':1,'silent_until':null}", "1 try is left");
  of (cf_words_tries, "{'tries_left':2}", "2 tries are left");
  is (cf_words_error (&error), "Too many wrong passwords. The next try is possible at 2 Jan 2001");
  error.row = NULL; /* of something else that was tried too often */
  is (cf_words_error (&error), "In 3 minutes. Wait");
  json_decref (r);
  of (cf_words_event, "{'event':'error','error':'WRONG_PASSWORD','message':'Not the same','hint':'Agree',"
                      "'tries_left':2,'silent_until':null}", "Not the same. Agree. 2 tries are left");
  of (cf_words_event, "{'event':'error','error':'WRONG_PASSWORD','message':'Not the same','hint':'Agree',"
                      "'tries_left':0,'silent_until':'2001-01-02T14:05:00.000Z'}",
      "Not the same. Agree. The next try is possible at 2 Jan 2001");
}

static void
test_arguments (void **state)
{
  (void) state;
  is (cf_words_argument ("CONVERSATION MESSAGE [TEXT]", 0), "CONVERSATION");
  is (cf_words_argument ("CONVERSATION MESSAGE [TEXT]", 1), "MESSAGE");
  is (cf_words_argument ("CONVERSATION MESSAGE [TEXT]", 2), "[TEXT]");
  is (cf_words_argument ("PEER", 1), "");
}

static void
test_strength (void **state)
{
  (void) state;
  assert_int_equal (cf_words_strength (""), CF_STRENGTH_NONE);
  assert_int_equal (cf_words_strength ("1234567890123456"), CF_STRENGTH_WEAK);
  assert_int_equal (cf_words_strength ("Password"), CF_STRENGTH_WEAK);
  assert_int_equal (cf_words_strength ("aaaaaaaaaaaaaaaaaaaaaaa"), CF_STRENGTH_WEAK);
  assert_int_equal (cf_words_strength ("horse"), CF_STRENGTH_WEAK);
  assert_int_equal (cf_words_strength ("green horse"), CF_STRENGTH_FAIR);
  assert_int_equal (cf_words_strength ("green horse battery"), CF_STRENGTH_GOOD);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_people), cmocka_unit_test (test_trust),  cmocka_unit_test (test_messages),
    cmocka_unit_test (test_times),  cmocka_unit_test (test_events), cmocka_unit_test (test_strength),
    cmocka_unit_test (test_transfers),
    cmocka_unit_test (test_tries),  cmocka_unit_test (test_notices), cmocka_unit_test (test_codes),
    cmocka_unit_test (test_sum), cmocka_unit_test (test_arguments),
    cmocka_unit_test (test_remedies_in_a_window),
  };

  setenv ("TZ", "UTC", 1);
  tzset ();
  return cmocka_run_group_tests (tests, NULL, NULL);
}
