/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_err.c - what a person is told: the contract with scripts, and the form
   of every sentence. */
#include "unit.h"

#include <ctype.h>
#include <errno.h>

#include "base/err.h"

#define FROM(source, code) gpg_err_make (GPG_ERR_SOURCE_##source, (code))

static void
check (gpg_error_t err, const char *name, enum cf_exit exit_code)
{
  const struct cf_err_info *info = cf_err_info (err);

  assert_non_null (info);
  assert_string_equal (info->name, name);
  assert_int_equal (info->exit, exit_code);
}

static void
test_contract (void **state)
{
  (void) state;
  check (0, "OK", CF_EXIT_OK);
  check (cf_err (CF_ERR_NOT_REACHABLE), "NOT_REACHABLE", CF_EXIT_NETWORK);
  check (cf_err (CF_ERR_WRONG_PASSWORD), "WRONG_PASSWORD", CF_EXIT_TRUST);
  check (cf_err (CF_ERR_REFUSED), "REFUSED", CF_EXIT_TRUST);
  check (cf_err (CF_ERR_KEY_EXPIRED), "KEY_EXPIRED", CF_EXIT_TRUST);
  check (cf_err (CF_ERR_KEY_REVOKED), "KEY_REVOKED", CF_EXIT_TRUST);
  check (cf_err (CF_ERR_KEY_DISABLED), "KEY_DISABLED", CF_EXIT_TRUST);
  check (cf_err (CF_ERR_KEY_WEAK), "KEY_WEAK", CF_EXIT_TRUST);
  check (cf_err (CF_ERR_KEY_WRONG), "KEY_WRONG", CF_EXIT_TRUST);
  check (cf_err (CF_ERR_STATEMENT), "BAD_STATEMENT", CF_EXIT_TRUST);
  check (cf_err (CF_ERR_FORGERY), "FORGERY", CF_EXIT_TRUST);
  check (cf_err (CF_ERR_RATE), "TOO_MANY_TRIES", CF_EXIT_RATE);
  check (cf_err (CF_ERR_CLOSED), "CLOSED", CF_EXIT_USER);
  check (cf_err (CF_ERR_NO_IDENTITY), "NO_IDENTITY", CF_EXIT_USER);
  check (cf_err (CF_ERR_LOCKED), "LOCKED", CF_EXIT_AGENT);
  check (cf_err (CF_ERR_RUNNING), "RUNNING", CF_EXIT_USER);
  check (cf_err (CF_ERR_STORE), "STORE_DAMAGED", CF_EXIT_UNEXPECTED);
  check (cf_err (CF_ERR_PROTOCOL), "PROTOCOL", CF_EXIT_NETWORK);
  check (cf_err (GPG_ERR_NOT_FOUND), "NOT_FOUND", CF_EXIT_USER);
  check (cf_err (GPG_ERR_AMBIGUOUS_NAME), "AMBIGUOUS_NAME", CF_EXIT_USER);
  check (cf_err (GPG_ERR_UNKNOWN_OPTION), "UNKNOWN_OPTION", CF_EXIT_USER);
  check (cf_err (GPG_ERR_CONFLICT), "CONFLICT", CF_EXIT_USER);
  check (cf_err (GPG_ERR_TIMEOUT), "TIMEOUT", CF_EXIT_NETWORK);
  check (cf_err (GPG_ERR_EADDRINUSE), "PORT_IN_USE", CF_EXIT_NETWORK);
  check (cf_err (GPG_ERR_ENOSPC), "DISK_FULL", CF_EXIT_UNEXPECTED);
  check (cf_err (GPG_ERR_ENOMEM), "NO_MEMORY", CF_EXIT_UNEXPECTED);
  check (cf_err (GPG_ERR_NO_AGENT), "NO_AGENT", CF_EXIT_AGENT);
  check (cf_err (GPG_ERR_CANCELED), "CANCELED", CF_EXIT_AGENT);
  check (cf_err (GPG_ERR_CARD_NOT_PRESENT), "NO_CARD", CF_EXIT_AGENT);
}

static void
test_source_decides (void **state)
{
  (void) state;
  /* Without a source it is ours: code that compares plain codes does that. */
  check (GPG_ERR_BAD_PASSPHRASE, "WRONG_PASSWORD", CF_EXIT_TRUST);
  check (FROM (GPGAGENT, GPG_ERR_BAD_PASSPHRASE), "BAD_PASSPHRASE", CF_EXIT_AGENT);
  check (FROM (PINENTRY, GPG_ERR_BAD_PASSPHRASE), "BAD_PASSPHRASE", CF_EXIT_AGENT);
  check (FROM (GPGME, GPG_ERR_BAD_PASSPHRASE), "BAD_PASSPHRASE", CF_EXIT_AGENT);
  check (FROM (SCD, GPG_ERR_BAD_PIN), "BAD_PIN", CF_EXIT_AGENT);
  check (FROM (PINENTRY, GPG_ERR_NOT_CONFIRMED), "NOT_CONFIRMED", CF_EXIT_AGENT);
  check (FROM (PINENTRY, GPG_ERR_TIMEOUT), "PINENTRY_TIMEOUT", CF_EXIT_AGENT);
  check (FROM (PINENTRY, GPG_ERR_ENOTTY), "PINENTRY", CF_EXIT_AGENT); /* one for terminals, without one */
  check (FROM (SCD, GPG_ERR_EBUSY), "CARD_BUSY", CF_EXIT_AGENT);
  check (FROM (GPGME, GPG_ERR_BAD_DATA), "INVALID_DATA", CF_EXIT_USER);
  check (FROM (GPG, GPG_ERR_NO_SECKEY), "NO_IDENTITY", CF_EXIT_USER);
}

static void
test_unknown (void **state)
{
  (void) state;
  check (cf_err (GPG_ERR_USER_7), "UNEXPECTED", CF_EXIT_UNEXPECTED);
  check (cf_err (GPG_ERR_CODE_DIM - 1), "UNEXPECTED", CF_EXIT_UNEXPECTED);
  check (FROM (GPGME, GPG_ERR_INV_SEXP), "UNEXPECTED", CF_EXIT_UNEXPECTED);
}

static void
check_sentence (const char *text, bool may_be_empty)
{
  size_t len = strlen (text);

  if (!len) {
    assert_true (may_be_empty);
    return;
  }
  assert_true (isupper ((unsigned char) text[0]));
  assert_true (text[len - 1] != '.' && text[len - 1] != ' ');
  assert_true (len < 200);
  assert_null (strchr (text, '\n'));
  assert_null (strstr (text, "  ")); /* where two literals were joined */
}

/* Every "confab WORD" in TEXT is a command that there is. */
static void
check_commands (const char *text)
{
  static const char commands[] =
      " init status start stop salvage address visibility peers add contacts remove open requests accept "
      "expect refuse conversations send history events read typing close delete send-file "
      "transfers accept-file pause resume cancel verify certify export config chat demo --help "
      "COMMAND ";
  const char *p = text;

  while ((p = strstr (p, "\"confab "))) {
    char word[40] = " ";
    size_t len = strcspn (p += 8, " \"");

    assert_true (len > 0 && len < sizeof word - 2);
    memcpy (word + 1, p, len);
    memcpy (word + 1 + len, " ", 2);
    assert_non_null (strstr (commands, word));
  }
}

static void
test_every_code (void **state)
{
  static const gpg_err_source_t sources[] = { GPG_ERR_SOURCE_UNKNOWN, GPG_ERR_SOURCE_USER_1,
                                              GPG_ERR_SOURCE_GPGAGENT };
  size_t known = 0;

  (void) state;
  for (unsigned code = 1; code < GPG_ERR_CODE_DIM; code++)
    for (size_t s = 0; s < sizeof sources / sizeof *sources; s++) {
      const struct cf_err_info *info = cf_err_info (gpg_err_make (sources[s], code));

      known += strcmp (info->name, "UNEXPECTED") != 0;
      assert_in_range (info->exit, CF_EXIT_USER, CF_EXIT_AGENT);
      assert_true (strspn (info->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == strlen (info->name));
      check_sentence (info->message, false);
      check_sentence (info->hint, false);
      check_commands (info->hint);
    }
  assert_true (known > 300);
}

static void
test_errno (void **state)
{
  gpg_error_t err;

  (void) state;
  errno = ENOSPC;
  err = cf_err_errno ();
  assert_int_equal (gpg_err_source (err), GPG_ERR_SOURCE_USER_1);
  assert_err (err, GPG_ERR_ENOSPC);
  errno = 0; /* somebody's mistake, but still an error */
  assert_err (cf_err_errno (), GPG_ERR_MISSING_ERRNO);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_contract), cmocka_unit_test (test_source_decides),
    cmocka_unit_test (test_unknown),  cmocka_unit_test (test_every_code),
    cmocka_unit_test (test_errno),
  };
  return cmocka_run_group_tests_name ("base/err", tests, NULL, NULL);
}
