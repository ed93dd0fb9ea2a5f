/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_phrase.c - what the daemon says: the form of its sentences, filling, recognising. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/phrase.h"
#include "tests/unit/base/unit.h"

static size_t
holes (const char *text)
{
  size_t n = 0;

  for (const char *p = text; (p = strchr (p, '%')); p += 2) {
    assert_int_equal (p[1], 's');
    n++;
  }
  return n;
}

static void
check_sentence (const char *text)
{
  size_t len = strlen (text);

  if (!len)
    return;
  assert_true (isupper ((unsigned char) *text) || strchr ("%\"-", *text));
  assert_true (text[len - 1] != '.' && text[len - 1] != ' ');
  assert_null (strchr (text, '\n'));
  assert_null (strstr (text, "  "));
}

static void
test_every_phrase (void **state)
{
  (void) state;
  for (int i = CF_SAY_NOTHING + 1; i < CF_SAY_COUNT; i++) {
    const struct cf_phrase *p = cf_phrase ((enum cf_say) i);

    assert_ptr_equal (cf_phrase_find (p->code), p);
    assert_true (*p->message != 0);
    check_sentence (p->message);
    assert_in_range (holes (p->message), p->why, CF_PHRASE_ARGS_MAX);
    if (p->hint) {
      check_sentence (p->hint);
      assert_true (holes (p->hint) <= holes (p->message));
    }
  }
  assert_null (cf_phrase_find (""));
  assert_null (cf_phrase_find ("NOTHING"));
}

static void
fills (const char *format, const char *const *args, size_t count, const char *expected)
{
  char *text = cf_phrase_fill (format, args, count);

  assert_string_equal (text, expected);
  free (text);
}

static void
test_filling (void **state)
{
  static const char *const args[] = { "a%s", "b" };

  (void) state;
  fills ("%s and %s", args, 2, "a%s and b");
  fills ("%2$s, %1$s", args, 2, "b, a%s");
  fills ("%s%s%s.", args, 2, "a%sb.");
  fills ("%9$s%d%n%", args, 2, "%d%n%"); /* no directives: text */
  fills ("", NULL, 0, "");
}

static void
recognises (const char *text, enum cf_say say, const char *expected)
{
  char *arg = NULL;

  assert_int_equal (cf_phrase_recognise (text, &arg), say);
  if (say && expected)
    assert_string_equal (arg, expected);
  else
    assert_null (arg);
  free (arg);
}

/* What was kept is known again, whatever a person calls himself. */
static void
test_recognising (void **state)
{
  static const char *const names[] = { "Ana <a@example.org>", "", " has expired", "x has expired. Ask them for a stronger key",
                                       "%s", "You have blocked %s" };
  static const enum cf_say with_name[] = { CF_SAY_PEER_KEY_EXPIRED, CF_SAY_PEER_KEY_REVOKED, CF_SAY_PEER_KEY_DISABLED,
                                           CF_SAY_PEER_KEY_WEAK, CF_SAY_PEER_BLOCKED };
  static const enum cf_say plain[] = { CF_SAY_OWN_KEY_EXPIRED, CF_SAY_OWN_KEY_REVOKED, CF_SAY_OWN_KEY_DISABLED,
                                       CF_SAY_OWN_KEY_WEAK, CF_SAY_GOES_ON, CF_SAY_CONVERSATION_UNFINISHED };

  (void) state;
  for (size_t i = 0; i < sizeof with_name / sizeof *with_name; i++)
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
      char *text = cf_phrase_whole (with_name[i], names[n]);

      recognises (text, with_name[i], names[n]);
      free (text);
    }
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    char *text = cf_phrase_whole (plain[i], NULL);

    recognises (text, plain[i], NULL);
    free (text);
  }
  recognises ("You refused it", CF_SAY_ENDED_REFUSED_HERE, NULL);
  recognises ("There is no space left at the other side", CF_SAY_ENDED_SPACE_THERE, NULL);
  recognises ("It cannot be written: The disk is full", CF_SAY_PAUSED_DISK, "The disk is full");
  recognises ("Something of another version", CF_SAY_NOTHING, NULL);
  recognises ("", CF_SAY_NOTHING, NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_every_phrase),
    cmocka_unit_test (test_filling),
    cmocka_unit_test (test_recognising),
  };
  return cmocka_run_group_tests_name ("base/phrase", tests, NULL, NULL);
}
