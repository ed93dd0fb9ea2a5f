/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c - the command line of confabd and its configuration file. */
#include "core/daemon/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/program.h"

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
set_port (struct cf_options *options, const char *text)
{
  size_t len = strlen (text);
  unsigned long port = len && len <= 5 && strspn (text, "0123456789") == len ? strtoul (text, NULL, 10) : 0;

  if (!port || port > 65535)
    return cf_err (GPG_ERR_INV_VALUE);
  options->discovery_port = (uint16_t) port;
  return 0;
}

/* Those that the file may hold as well. */
static gpg_error_t
set_common (void *arg, const char *name, const char *value)
{
  struct cf_options *options = arg;
  gpg_error_t err;

  if (!strcmp (name, "discovery-port"))
    return set_port (options, value);
  if (!strcmp (name, "listen")) {
    err = cf_addr_parse_listen (value, &options->listen);
    options->has_listen |= !err;
    return err;
  }
  if (!strcmp (name, "log-level")) {
    err = cf_log_level_parse (value, &options->log_level);
    options->has_log_level |= !err;
    return err;
  }
  return cf_err (GPG_ERR_UNKNOWN_OPTION);
}

static gpg_error_t
set_own (void *arg, const char *name, const char *value)
{
  struct cf_options *options = arg;

  if (!strcmp (name, "home"))
    options->home = value;
  else if (!strcmp (name, "config"))
    options->config = value;
  else if (!strcmp (name, "foreground"))
    options->foreground = true;
  else if (!strcmp (name, "version"))
    options->wish = CF_OPTIONS_VERSION;
  else if (!strcmp (name, "help"))
    options->wish = CF_OPTIONS_HELP;
  else
    return set_common (options, name, value);
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
  gpg_error_t err = cf_program_words (argc, argv, longs, set_own, &options, r_wrong);

  if (!err)
    *r_options = options;
  return err;
}

gpg_error_t
cf_options_parse_file (char *data, struct cf_options *options, char **r_wrong)
{
  struct cf_options file = { 0 };
  gpg_error_t err = cf_program_lines (data, set_common, &file, r_wrong);

  if (err)
    return err;
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
