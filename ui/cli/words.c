/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words.c - words of a command line: options, durations, quotes, and the name that was probably meant. */

#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ui/cli/cli.h"
#include "ui/client/words.h"

#define SECONDS_MAX (10ull * 366 * 24 * 3600)
#define NAME_MAX_LEN 64 /* longer ones are like nothing */

gpg_error_t
cf_cli_duration (const char *text, uint64_t *r_seconds)
{
  uint64_t n = 0, unit = 1;
  const char *p = text;

  for (; *p >= '0' && *p <= '9'; p++) {
    n = n * 10 + (uint64_t) (*p - '0');
    if (n > SECONDS_MAX)
      return cf_err (GPG_ERR_INV_TIME);
  }
  if (p == text || !n)
    return cf_err (GPG_ERR_INV_TIME);
  switch (*p) {
  case 0: break;
  case 's': p++; break;
  case 'm':
    unit = 60;
    p++;
    break;
  case 'h':
    unit = 3600;
    p++;
    break;
  case 'd':
    unit = 86400;
    p++;
    break;
  default: return cf_err (GPG_ERR_INV_TIME);
  }
  if (*p || n > SECONDS_MAX / unit)
    return cf_err (GPG_ERR_INV_TIME);
  *r_seconds = n * unit;
  return 0;
}

/* ---- the nearest name ---- */

/* Letters to change, leave out, put in or swap with a neighbour, to make B of A. */
static size_t
distance (const char *a, const char *b)
{
  size_t rows[3][NAME_MAX_LEN + 1], la = strlen (a), lb = strlen (b);
  size_t *before = rows[0], *last = rows[1], *now = rows[2];

  if (la > NAME_MAX_LEN || lb > NAME_MAX_LEN)
    return NAME_MAX_LEN;
  for (size_t j = 0; j <= lb; j++)
    last[j] = j;
  for (size_t i = 1; i <= la; i++) {
    size_t *spare = before;

    now[0] = i;
    for (size_t j = 1; j <= lb; j++) {
      size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

      if (last[j] + 1 < best)
        best = last[j] + 1;
      if (now[j - 1] + 1 < best)
        best = now[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
        best = before[j - 2] + 1;
      now[j] = best;
    }
    before = last;
    last = now;
    now = spare;
  }
  return last[lb];
}

const char *
cf_cli_nearest (const char *word, const char *const *names)
{
  const char *best = NULL;
  size_t best_distance = strlen (word) < 5 ? 2 : 3; /* this far is not near any more */

  for (; *names; names++) {
    size_t d = distance (word, *names);

    if (d < best_distance) {
      best_distance = d;
      best = *names;
    }
  }
  return best;
}

/* ---- typed lines ---- */

/* Copy the word at P to OUT without its quotes.  Where it ends, or NULL. */
static const char *
take_word (const char *p, char **out)
{
  char quote = 0;

  for (; *p && (quote || (*p != ' ' && *p != '\t')); p++)
    if (quote ? *p == quote : *p == '"' || *p == '\'')
      quote = quote ? 0 : *p;
    else if (*p == '\\' && quote != '\'' && p[1])
      *(*out)++ = *++p;
    else
      *(*out)++ = *p;
  *(*out)++ = 0;
  return quote ? NULL : p;
}

gpg_error_t
cf_cli_split (const char *line, char ***r_words, size_t *r_count)
{
  /* A word takes at least two bytes of the line with what parts it, so this many pointers are enough. */
  size_t max = strlen (line) / 2 + 2, count = 0;
  char **words = cf_cli_must (malloc (max * sizeof *words + strlen (line) + 2));
  char *text = (char *) (words + max);

  while (*(line += strspn (line, " \t"))) {
    words[count++] = text;
    line = take_word (line, &text);
    if (!line) {
      free (words);
      return cf_err (GPG_ERR_SYNTAX);
    }
  }
  words[count] = NULL;
  *r_words = words;
  *r_count = count;
  return 0;
}

char *
cf_cli_join (const char *const *words, size_t count)
{
  size_t len = 1;
  char *text, *p;

  for (size_t i = 0; i < count; i++)
    len += strlen (words[i]) + 1;
  p = text = cf_cli_must (malloc (len));
  for (size_t i = 0; i < count; i++) {
    if (i)
      *p++ = ' ';
    p = stpcpy (p, words[i]);
  }
  *p = 0;
  return text;
}

/* ---- options ---- */

/* WORD is "--NAME" or "--NAME=value"; *R_VALUE points to the value or is NULL. */
static bool
is_option (const char *word, const char *name, const char **r_value)
{
  size_t len = strlen (name);

  if (strncmp (word, "--", 2) || strncmp (word + 2, name, len) || (word[len + 2] && word[len + 2] != '='))
    return false;
  *r_value = word[len + 2] ? word + len + 3 : NULL;
  return true;
}

int
cf_cli_global (struct cf_cli *cli, char **words, size_t count, size_t *pos, char *r_which)
{
  static const char *const names[] = { "json", "help", "version", "home", "timeout" };
  const char *word = words[*pos], *value = NULL;
  uint64_t seconds;
  size_t i;

  if (!strcmp (word, "-h")) {
    *r_which = 'h';
    return 1;
  }
  for (i = 0; i < sizeof names / sizeof *names && !is_option (word, names[i], &value); i++)
    ;
  if (i == sizeof names / sizeof *names)
    return 0;
  *r_which = *names[i] == 'h' && i == 3 ? 'H' : *names[i];
  if (i < 3) {
    if (value) {
      cf_cli_fail (cli, cf_err (GPG_ERR_INV_ARG), NULL, _ ("--%s takes no value"), names[i]);
      return -1;
    }
    cli->json |= i == 0;
    return 1;
  }
  if (!value && *pos + 1 < count)
    value = words[++*pos];
  if (!value || !*value) {
    cf_cli_fail (cli, cf_err (GPG_ERR_MISSING_VALUE), i == 3 ? _ ("Give a directory") : _ ("Give a number of seconds"),
                 _ ("--%s was given without a value"), names[i]);
    return -1;
  }
  if (i == 3)
    cli->home = value;
  else if (cf_cli_duration (value, &seconds) || seconds > INT32_MAX / 1000) {
    cf_cli_fail (cli, cf_err (GPG_ERR_INV_TIME), _ ("Write it in seconds, or as 90s, 10m or 2h"),
                 _ ("\"%s\" is not a number of seconds"), value);
    return -1;
  } else
    cli->timeout_ms = (int) seconds * 1000;
  return 1;
}

static int
unknown_option (struct cf_cli *cli, const struct cf_cli_command *command, const char *word)
{
  const char *names[CF_CLI_OPTIONS_MAX + 6] = { "json", "help", "home", "timeout" }, *nearest;
  char *plain = cf_cli_must (strdup (word + 2)), *hint;
  size_t n = 4;
  int code;

  plain[strcspn (plain, "=")] = 0;
  for (const struct cf_cli_option *o = command->options; o && o->name && n < CF_CLI_OPTIONS_MAX + 4; o++)
    names[n++] = o->name;
  nearest = cf_cli_nearest (plain, names);
  if (nearest)
    hint = cf_cli_sprintf (_ ("Did you mean --%s?"), nearest);
  else
    hint = cf_cli_sprintf (_ ("See \"confab %s --help\"; write \"--\" before words that begin with dashes"), command->name);
  code = cf_cli_fail (cli, cf_err (GPG_ERR_UNKNOWN_OPTION), hint, _ ("\"confab %s\" has no option --%s"), command->name,
                      plain);
  free (plain);
  free (hint);
  return code;
}

/* The value of option DEF, checked; a duration becomes seconds. */
static int
check_value (struct cf_cli *cli, const struct cf_cli_option *def, const char *text, char **r_value)
{
  uint64_t seconds;

  if (def->kind == 'd') {
    if (cf_cli_duration (text, &seconds))
      return cf_cli_fail (cli, cf_err (GPG_ERR_INV_TIME), _ ("Write it as 90s, 10m, 2h or 3d"), _ ("\"%s\" is not a duration"),
                          text);
    *r_value = cf_cli_sprintf ("%llus", (unsigned long long) seconds);
    return 0;
  }
  if (def->kind == 'n' && (!*text || strlen (text) > 18 || text[strspn (text, "0123456789")]))
    return cf_cli_fail (cli, cf_err (GPG_ERR_INV_VALUE), _ ("Write it in digits"), _ ("\"%s\" is not a number for --%s"), text,
                        def->name);
  *r_value = cf_cli_must (strdup (text));
  return 0;
}

static int
take_option (struct cf_cli *cli, const struct cf_cli_command *command, char **words, size_t count, size_t *pos,
             struct cf_cli_args *args)
{
  const struct cf_cli_option *def = command->options;
  const char *word = words[*pos], *value = NULL;
  int code;

  while (def && def->name && !is_option (word, def->name, &value))
    def++;
  if (!def || !def->name)
    return unknown_option (cli, command, word);
  if (!def->value && value)
    return cf_cli_fail (cli, cf_err (GPG_ERR_INV_ARG), NULL, _ ("--%s takes no value"), def->name);
  if (def->value && !value) {
    if (*pos + 1 >= count)
      return cf_cli_fail (cli, cf_err (GPG_ERR_MISSING_VALUE), NULL, _ ("--%s needs a value: --%s %s"), def->name,
                          def->name, def->value);
    value = words[++*pos];
  }
  if (cf_cli_option_value (args, def->name) || args->option_count == CF_CLI_OPTIONS_MAX)
    return cf_cli_fail (cli, cf_err (GPG_ERR_INV_ARG), NULL, _ ("--%s was given twice"), def->name);
  code = check_value (cli, def, value ? value : "", &args->options[args->option_count].value);
  if (!code)
    args->options[args->option_count++].def = def;
  return code;
}

static int
check_count (struct cf_cli *cli, const struct cf_cli_command *command, size_t argc, const char *extra)
{
  char *hint, *missing;
  int code = 0;

  if ((argc >= command->min_args && argc <= command->max_args) || (!argc && cf_cli_chooses (cli, command)))
    return 0;
  hint = cf_cli_sprintf (_ ("Usage: confab %s%s%s; \"confab %s --help\" says more"), command->name,
                         *command->args ? " " : "", command->args, command->name);
  if (argc < command->min_args) {
    missing = cf_words_argument (command->args, argc);
    /* Translators: a command, and what it takes, as "PEER" or "MESSAGE". */
    code = cf_cli_fail (cli, cf_err (GPG_ERR_MISSING_VALUE), hint, _ ("\"confab %s\" lacks a word: %s"), command->name, missing);
    free (missing);
  } else
    code = cf_cli_fail (cli, cf_err (GPG_ERR_INV_ARG), hint, _ ("\"%s\" is one word too many"), extra);
  free (hint);
  return code;
}

int
cf_cli_args_parse (struct cf_cli *cli, const struct cf_cli_command *command, char **words, size_t count,
                   struct cf_cli_args *args)
{
  bool options = true;
  char which = 0;
  int code = 0, global;

  memset (args, 0, sizeof *args);
  args->argv = cf_cli_must (calloc (count + 1, sizeof *args->argv));
  for (size_t i = 0; !code && i < count; i++) {
    if (options && !strcmp (words[i], "--")) {
      options = false;
      continue;
    }
    if (!options || words[i][0] != '-' || !words[i][1] || (words[i][1] != '-' && strcmp (words[i], "-h"))) {
      args->argv[args->argc++] = words[i];
      continue;
    }
    global = cf_cli_global (cli, words, count, &i, &which);
    if (global < 0)
      return CF_EXIT_USER;
    if (!global)
      code = take_option (cli, command, words, count, &i, args);
    else if (which == 'h')
      args->help = true;
  }
  if (code || args->help)
    return code;
  return check_count (cli, command, args->argc, args->argc > command->max_args ? args->argv[command->max_args] : "");
}

void
cf_cli_args_done (struct cf_cli_args *args)
{
  for (size_t i = 0; i < args->option_count; i++)
    free (args->options[i].value);
  free (args->argv);
  free (args->chosen);
}

const char *
cf_cli_option_value (const struct cf_cli_args *args, const char *name)
{
  for (size_t i = 0; i < args->option_count; i++)
    if (!strcmp (args->options[i].def->name, name))
      return args->options[i].value;
  return NULL;
}
