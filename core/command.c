/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command.c - finding, checking and answering commands.
 *
 * What a verb does belongs to the module whose table it is in (commands.c).
 */
#include "core/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/commands.h"
#include "core/said.h"

/* ---- the verbs ---- */

const struct cf_command_def *
cf_command_next (size_t *pos)
{
  size_t skip = (*pos)++;

  for (size_t t = 0; cf_command_tables[t]; t++)
    for (const struct cf_command_def *def = cf_command_tables[t]; def->verb; def++)
      if (!skip--)
        return def;
  return NULL;
}

const struct cf_command_def *
cf_command_find (const char *verb)
{
  for (size_t t = 0; cf_command_tables[t]; t++)
    for (const struct cf_command_def *def = cf_command_tables[t]; def->verb; def++)
      if (!strcmp (def->verb, verb))
        return def;
  return NULL;
}

/* ---- checks before a handler runs ---- */

static gpg_error_t
check_state (const struct cf_core *core)
{
  if (core->state == CF_CORE_READY)
    return 0;
  if (core->state == CF_CORE_EMPTY)
    return cf_err (CF_ERR_NO_IDENTITY);
  if (core->state == CF_CORE_STOPPING)
    return cf_err (GPG_ERR_NO_SERVICE);
  return cf_err (CF_ERR_LOCKED);
}

/* A locked store: say why it is, when an unlock has failed. */
static void
fail_state (struct cf_command *cmd, gpg_error_t err)
{
  gpg_error_t why = cmd->core->unlock_error;

  if (gpg_err_code (err) == CF_ERR_LOCKED && why)
    cf_command_say_hint (cmd, err, cf_err_info (why)->hint, CF_SAY_STORE_LOCKED, cf_err_info (why)->message, NULL);
  else
    cf_command_done (cmd, err);
}

bool
cf_command_is_ready (struct cf_command *cmd)
{
  gpg_error_t err = check_state (cmd->core);

  if (err)
    fail_state (cmd, err);
  return !err;
}

void
cf_command_dispatch (struct cf_command *cmd, const struct cf_command_def *def)
{
  if (def->needs_ready && !cf_command_is_ready (cmd))
    return;
  for (size_t i = 0; i < cmd->option_count; i++)
    if (!cf_text_has_word (def->options, cmd->options[i].name)) {
      cf_command_say (cmd, cf_err (GPG_ERR_UNKNOWN_OPTION), CF_SAY_OPTION_UNKNOWN, def->verb, cmd->options[i].name,
                      def->usage, NULL);
      return;
    }
  if (cmd->argc < def->min_args || cmd->argc > def->max_args) {
    cf_command_say (cmd, cf_err (GPG_ERR_SYNTAX),
                    cmd->argc < def->min_args ? CF_SAY_ARGUMENTS_FEW : CF_SAY_ARGUMENTS_MANY, def->verb, def->usage, NULL);
    return;
  }
  def->run (cmd);
}

/* ---- for handlers ---- */

const char *
cf_command_option (const struct cf_command *cmd, const char *name)
{
  for (size_t i = 0; i < cmd->option_count; i++)
    if (!strcmp (cmd->options[i].name, name))
      return cmd->options[i].value ? cmd->options[i].value : "";
  return NULL;
}

static bool
parse_duration (const char *text, int64_t max_ms, int64_t *r_ms)
{
  static const struct { char unit; int64_t ms; } units[]
    = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 }, { 0, 1000 } };
  int64_t n = 0;
  size_t i;

  if (*text < '0' || *text > '9')
    return false;
  for (; *text >= '0' && *text <= '9'; text++) {
    n = 10 * n + (*text - '0');
    if (n > max_ms)
      return false;
  }
  for (i = 0; i < sizeof units / sizeof units[0]; i++)
    if (*text == units[i].unit && (!*text || !text[1]))
      break;
  if (i == sizeof units / sizeof units[0] || n == 0 || n > max_ms / units[i].ms)
    return false;
  *r_ms = n * units[i].ms;
  return true;
}

bool
cf_command_duration_text (struct cf_command *cmd, const char *text, int64_t max_ms, int64_t *r_ms)
{
  char days[24];

  if (parse_duration (text, max_ms, r_ms))
    return true;
  snprintf (days, sizeof days, "%d", (int) (max_ms / 86400000));
  cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_DURATION, text, days, NULL);
  return false;
}

bool
cf_command_duration (struct cf_command *cmd, const char *name, int64_t max_ms, int64_t *r_ms)
{
  const char *text = cf_command_option (cmd, name);

  return !text || cf_command_duration_text (cmd, text, max_ms, r_ms);
}

bool
cf_command_number (struct cf_command *cmd, const char *name, unsigned long preset, unsigned long max,
                   unsigned long *r_value)
{
  const char *text = cf_command_option (cmd, name);
  char *end, most[24];

  *r_value = preset;
  if (!text)
    return true;
  if (*text >= '0' && *text <= '9') {
    *r_value = strtoul (text, &end, 10);
    if (!*end && *r_value >= 1 && *r_value <= max)
      return true;
  }
  snprintf (most, sizeof most, "%lu", max);
  cf_command_say (cmd, cf_err (GPG_ERR_INV_VALUE), CF_SAY_NUMBER, name, most, NULL);
  return false;
}

gpg_error_t
cf_command_row (struct cf_command *cmd, json_t *row)
{
  if (!row)
    return cf_err (GPG_ERR_ENOMEM);
  return cmd->ops->row (cmd, row);
}

void
cf_command_done (struct cf_command *cmd, gpg_error_t err)
{
  const struct cf_err_info *info = cf_err_info (err);
  json_t *more = cmd->more; /* CMD is gone afterwards */

  cmd->cancelled = NULL;
  if (err)
    cmd->ops->finish (cmd, err, info->message, info->hint);
  else
    cmd->ops->finish (cmd, 0, NULL, NULL);
  json_decref (more);
}

/* The end of CMD with ERR, said as SAY with ARGS, which may hold names that peers chose. */
static void
finish_said (struct cf_command *cmd, gpg_error_t err, const char *hint, enum cf_say say, va_list ap)
{
  const struct cf_err_info *info = cf_err_info (err);
  struct cf_said said;
  json_t *more;

  cf_said_take (&said, say, ap);
  if (!cmd->more)
    cmd->more = json_object ();
  cf_said_set (&said, cmd->more, "code", "args");
  more = cmd->more; /* CMD is gone afterwards */
  cmd->cancelled = NULL;
  cmd->ops->finish (cmd, err, said.message ? said.message : info->message,
                    hint        ? hint
                    : said.hint ? said.hint
                                : info->hint);
  json_decref (more);
  cf_said_done (&said);
}

void
cf_command_say_hint (struct cf_command *cmd, gpg_error_t err, const char *hint, enum cf_say say, ...)
{
  va_list ap;

  va_start (ap, say);
  finish_said (cmd, err, hint, say, ap);
  va_end (ap);
}

void
cf_command_say (struct cf_command *cmd, gpg_error_t err, enum cf_say say, ...)
{
  va_list ap;

  va_start (ap, say);
  if (say)
    finish_said (cmd, err, NULL, say, ap);
  else
    cf_command_done (cmd, err);
  va_end (ap);
}

gpg_error_t
cf_command_inquire (struct cf_command *cmd, const char *keyword, size_t max, bool secret,
                    void (*got) (struct cf_command *cmd, gpg_error_t err, const char *data, size_t len))
{
  return cmd->ops->inquire (cmd, keyword, max, secret, got);
}
