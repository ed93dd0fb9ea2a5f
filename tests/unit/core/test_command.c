/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_command.c - what is checked before a handler runs, and how commands end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/commands.h"

static int runs;

static void
run_echo (struct cf_command *cmd)
{
  const char *tag = cf_command_option (cmd, "tag");

  runs++;
  assert_int_equal (cf_command_row (cmd, json_pack ("{s:s, s:s?}", "word", cmd->argv[0], "tag", tag)), 0);
  cf_command_done (cmd, 0);
}

static void
run_fail (struct cf_command *cmd)
{
  cf_command_say (cmd, cf_err (GPG_ERR_NOT_FOUND), CF_SAY_REQUEST_UNKNOWN, "x\x1b[31m\n", NULL);
}

/* Tables of our own in place of commands.c's. */
static const struct cf_command_def first[] = {
  { "ECHO", "ECHO [--tag=T] WORD", "", "tag loud", 1, 1, true, run_echo, 0 },
  { NULL, NULL, NULL, NULL, 0, 0, false, NULL, 0 },
};
static const struct cf_command_def second[] = {
  { "FAIL", "FAIL", "", NULL, 0, 0, false, run_fail, 0 },
  { NULL, NULL, NULL, NULL, 0, 0, false, NULL, 0 },
};
const struct cf_command_def *const cf_command_tables[] = { first, second, NULL };

struct call {
  struct cf_command cmd;
  struct cf_core core;
  json_t *rows;
  int finished;
  gpg_err_code_t code;
  char *message, *hint;
};

static gpg_error_t
on_row (struct cf_command *cmd, json_t *row)
{
  return json_array_append_new (((struct call *) cmd)->rows, row) ? cf_err (GPG_ERR_ENOMEM) : 0;
}

static void
on_finish (struct cf_command *cmd, gpg_error_t err, const char *message, const char *hint)
{
  struct call *call = (struct call *) cmd;

  call->finished++;
  call->code = gpg_err_code (err);
  call->message = message ? strdup (message) : NULL;
  call->hint = hint ? strdup (hint) : NULL;
}

static const struct cf_command_ops ops = { on_row, on_finish, NULL };

static struct call *
call_new (const char *arg, const char *option, const char *value)
{
  struct call *call = calloc (1, sizeof *call);

  assert_non_null (call);
  call->cmd.core = &call->core;
  call->cmd.ops = &ops;
  call->core.state = CF_CORE_READY;
  call->rows = json_array ();
  if (arg)
    call->cmd.argv[call->cmd.argc++] = (char *) (uintptr_t) arg;
  if (option) {
    call->cmd.options[0].name = (char *) (uintptr_t) option;
    call->cmd.options[0].value = (char *) (uintptr_t) value;
    call->cmd.option_count = 1;
  }
  return call;
}

static void
call_free (struct call *call)
{
  json_decref (call->rows);
  free (call->message);
  free (call->hint);
  free (call);
}

/* Dispatch, check the outcome, and that it ended exactly once. */
static void
expect (struct call *call, const char *verb, gpg_err_code_t code, const char *part)
{
  const struct cf_command_def *def = cf_command_find (verb);

  assert_non_null (def);
  cf_command_dispatch (&call->cmd, def);
  assert_int_equal (call->finished, 1);
  assert_int_equal (call->code, code);
  if (part)
    assert_non_null (strstr (call->message, part));
  call_free (call);
}

static void
test_find_and_walk (void **state)
{
  size_t pos = 0;

  (void) state;
  assert_ptr_equal (cf_command_find ("FAIL"), second);
  assert_null (cf_command_find ("FAI"));
  assert_null (cf_command_find ("fail"));
  assert_ptr_equal (cf_command_next (&pos), first);
  assert_ptr_equal (cf_command_next (&pos), second);
  assert_null (cf_command_next (&pos));
}

static void
test_runs (void **state)
{
  struct call *call = call_new ("hello", "tag", "t");
  json_t *row;

  (void) state;
  cf_command_dispatch (&call->cmd, cf_command_find ("ECHO"));
  assert_int_equal (call->finished, 1);
  assert_int_equal (call->code, 0);
  assert_null (call->message);
  row = json_array_get (call->rows, 0);
  assert_string_equal (json_string_value (json_object_get (row, "word")), "hello");
  assert_string_equal (json_string_value (json_object_get (row, "tag")), "t");
  call_free (call);
}

static void
test_refused_before_it_runs (void **state)
{
  struct call *call;

  (void) state;
  runs = 0;
  expect (call_new (NULL, NULL, NULL), "ECHO", GPG_ERR_SYNTAX, "too few arguments; its form is: ECHO");
  call = call_new ("a", NULL, NULL);
  call->cmd.argv[call->cmd.argc++] = call->cmd.argv[0];
  expect (call, "ECHO", GPG_ERR_SYNTAX, "too many");
  expect (call_new ("a", "ta", "x"), "ECHO", GPG_ERR_UNKNOWN_OPTION, "--ta");
  expect (call_new ("a", "tag loud", "x"), "ECHO", GPG_ERR_UNKNOWN_OPTION, NULL);
  expect (call_new ("a", "", "x"), "ECHO", GPG_ERR_UNKNOWN_OPTION, NULL);
  expect (call_new (NULL, "tag", "x"), "FAIL", GPG_ERR_UNKNOWN_OPTION, NULL);
  assert_int_equal (runs, 0);
}

static void
test_state_comes_first (void **state)
{
  struct call *call;

  (void) state;
  runs = 0;
  call = call_new (NULL, NULL, NULL);
  call->core.state = CF_CORE_EMPTY;
  expect (call, "ECHO", CF_ERR_NO_IDENTITY, "no identity");
  call = call_new ("a", NULL, NULL);
  call->core.state = CF_CORE_LOCKED;
  expect (call, "ECHO", CF_ERR_LOCKED, NULL);
  call = call_new ("a", NULL, NULL);
  call->core.state = CF_CORE_LOCKED;
  call->core.unlock_error = gpg_err_make (GPG_ERR_SOURCE_PINENTRY, GPG_ERR_CANCELED);
  expect (call, "ECHO", CF_ERR_LOCKED, "cancelled");
  call = call_new ("a", NULL, NULL);
  call->core.state = CF_CORE_STOPPING;
  expect (call, "ECHO", GPG_ERR_NO_SERVICE, NULL);
  call = call_new (NULL, NULL, NULL);
  call->core.state = CF_CORE_EMPTY;
  expect (call, "FAIL", GPG_ERR_NOT_FOUND, NULL);
  assert_int_equal (runs, 0);
}

static void
test_messages_are_fit_to_show (void **state)
{
  struct call *call = call_new (NULL, NULL, NULL);

  (void) state;
  cf_command_dispatch (&call->cmd, cf_command_find ("FAIL"));
  assert_string_equal (call->message, "There is no request \"x[31m\"");
  assert_string_equal (call->hint, cf_phrase (CF_SAY_REQUEST_UNKNOWN)->hint);
  call_free (call);
}

static void
test_row_without_memory (void **state)
{
  struct call *call = call_new (NULL, NULL, NULL);

  (void) state;
  assert_int_equal (gpg_err_code (cf_command_row (&call->cmd, NULL)), GPG_ERR_ENOMEM);
  call_free (call);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_find_and_walk),
    cmocka_unit_test (test_runs),
    cmocka_unit_test (test_refused_before_it_runs),
    cmocka_unit_test (test_state_comes_first),
    cmocka_unit_test (test_messages_are_fit_to_show),
    cmocka_unit_test (test_row_without_memory),
  };

  return cmocka_run_group_tests_name ("command", tests, NULL, NULL);
}
