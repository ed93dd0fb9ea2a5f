/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c - the command line of confabd and its configuration file. */
#include "core/daemon/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char cf_options_help[]
    = "Usage: confabd [OPTION...]\n"
      "Confab's daemon: it holds the keys, the history and the network of one home.\n"
      "Clients start it by themselves; there is seldom a need to do so by hand.\n"
      "\n"
      "  --home DIR            Confab's home (default: CONFAB_HOME, or ~/.local/share/confab)\n"
      "  --foreground          stay in the foreground and log to stderr\n"
      "  --listen ADDR:PORT    where to accept connections (default: every address, a free port);\n"
      "                        :PORT for every address, [ADDR]:PORT for IPv6\n"
      "  --discovery-port N    UDP port of \"who's there\" (default: 7077)\n"
      "  --log-level LEVEL     error, warn, info or debug (default: info)\n"
      "  --config FILE         options without dashes, one a line (default: HOME/confabd.conf)\n"
      "  --version             print the version\n"
      "  --help                print this\n";

static gpg_error_t
set_listen (struct cf_options *options, const char *text)
{
  gpg_error_t err;
  char *every = text[0] == ':' ? cf_sprintf ("0.0.0.0%s", text) : NULL;

  err = cf_addr_parse (every ? every : text, &options->listen);
  free (every);
  if (err)
    return cf_err (GPG_ERR_INV_VALUE);
  if (text[0] == ':')
    options->listen.family = 0;
  options->has_listen = true;
  return 0;
}

static gpg_error_t
set_port (struct cf_options *options, const char *text)
{
  size_t len = strlen (text);
  unsigned long port = len && len <= 5 && strspn (text, "0123456789") == len ? strtoul (text, NULL, 10) : 0;

  if (!port || port > 65535)
    return cf_err (GPG_ERR_INV_VALUE);
  options->discovery_port = (uint16_t) port;
  return 0;
}

static gpg_error_t
set_level (struct cf_options *options, const char *text)
{
  static const char *const names[] = { "error", "warn", "info", "debug" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp (text, names[i])) {
      options->log_level = (enum cf_log_level) i;
      options->has_log_level = true;
      return 0;
    }
  return cf_err (GPG_ERR_INV_VALUE);
}

/* Those that the file may hold as well. */
static gpg_error_t
set_common (struct cf_options *options, const char *name, const char *value)
{
  if (!strcmp (name, "listen"))
    return set_listen (options, value);
  if (!strcmp (name, "discovery-port"))
    return set_port (options, value);
  if (!strcmp (name, "log-level"))
    return set_level (options, value);
  return cf_err (GPG_ERR_UNKNOWN_OPTION);
}

static gpg_error_t
set_own (struct cf_options *options, const char *name)
{
  if (!strcmp (name, "home"))
    options->home = optarg;
  else if (!strcmp (name, "config"))
    options->config = optarg;
  else if (!strcmp (name, "foreground"))
    options->foreground = true;
  else if (!strcmp (name, "version"))
    options->wish = CF_OPTIONS_VERSION;
  else if (!strcmp (name, "help"))
    options->wish = CF_OPTIONS_HELP;
  else
    return set_common (options, name, optarg);
  return 0;
}

gpg_error_t
cf_options_parse (int argc, char **argv, struct cf_options *r_options, char **r_wrong)
{
  static const struct option longs[] = {
    { "home", required_argument, NULL, 0 },      { "config", required_argument, NULL, 0 },
    { "listen", required_argument, NULL, 0 },    { "discovery-port", required_argument, NULL, 0 },
    { "log-level", required_argument, NULL, 0 }, { "foreground", no_argument, NULL, 0 },
    { "version", no_argument, NULL, 0 },         { "help", no_argument, NULL, 0 },
    { NULL, 0, NULL, 0 },
  };
  struct cf_options options = { 0 };
  gpg_error_t err = 0;
  int c, index;

  *r_wrong = NULL;
  optind = 0; /* also the second time, in tests */
  while (!err && (c = getopt_long (argc, argv, "+:", longs, &index)) != -1) {
    if (c)
      err = cf_err (c == ':' ? GPG_ERR_MISSING_VALUE : GPG_ERR_UNKNOWN_OPTION);
    else
      err = set_own (&options, longs[index].name);
    if (err)
      *r_wrong = strdup (argv[optind - 1]);
  }
  if (!err && optind < argc) {
    err = cf_err (GPG_ERR_UNKNOWN_OPTION);
    *r_wrong = strdup (argv[optind]);
  }
  if (!err)
    *r_options = options;
  return err;
}

/* One line, without its end. */
static gpg_error_t
parse_line (char *line, struct cf_options *file)
{
  char *name, *value, *end;

  line[strcspn (line, "#")] = 0;
  name = line + strspn (line, " \t\r");
  if (!*name)
    return 0;
  value = name + strcspn (name, " \t\r");
  if (*value)
    *value++ = 0;
  value += strspn (value, " \t\r");
  end = value + strlen (value);
  while (end > value && strchr (" \t\r", end[-1]))
    *--end = 0;
  if (!*value)
    return cf_err (GPG_ERR_MISSING_VALUE);
  return set_common (file, name, value);
}

gpg_error_t
cf_options_parse_file (char *data, struct cf_options *options, char **r_wrong)
{
  struct cf_options file = { 0 };
  gpg_error_t err = 0;
  unsigned number = 0;

  *r_wrong = NULL;
  for (char *line = data, *next; line && !err; line = next) {
    next = strchr (line, '\n');
    if (next)
      *next++ = 0;
    number++;
    err = parse_line (line, &file);
  }
  if (err) {
    *r_wrong = cf_sprintf ("line %u", number);
    return err;
  }
  if (file.has_listen && !options->has_listen) {
    options->has_listen = true;
    options->listen = file.listen;
  }
  if (!options->discovery_port)
    options->discovery_port = file.discovery_port;
  if (file.has_log_level && !options->has_log_level) {
    options->has_log_level = true;
    options->log_level = file.log_level;
  }
  return 0;
}
