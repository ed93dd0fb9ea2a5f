/* SPDX-License-Identifier: GPL-3.0-or-later */
/* program.c - options, complaints and descriptors of programs that serve. */
#include "base/program.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/text.h"

gpg_error_t
cf_program_complain (const char *program, gpg_error_t err, const char *fmt, ...)
{
  const struct cf_err_info *info = cf_err_info (err);
  va_list ap;

  fprintf (stderr, "%s: ", program);
  va_start (ap, fmt);
  vfprintf (stderr, fmt, ap);
  va_end (ap);
  fprintf (stderr, ": %s%s%s\n", info->message, *info->hint ? ". " : "", info->hint);
  return err;
}

gpg_error_t
cf_program_complain_line (const char *program, gpg_error_t err, const char *path, const char *wrong)
{
  fprintf (stderr, "%s: %s, %s: %s. \"man %s\" tells what a line of it may say\n", program, path, wrong ? wrong : "a line",
           cf_err_info (err)->message, program);
  return err;
}

gpg_error_t
cf_program_words (int argc, char **argv, const struct option *longs, cf_program_set set, void *arg, char **r_wrong)
{
  gpg_error_t err = 0;
  int c, index;

  *r_wrong = NULL;
  optind = 0; /* also the second time */
  while (!err && (c = getopt_long (argc, argv, "+:", longs, &index)) != -1) {
    if (c)
      err = cf_err (c == ':' ? GPG_ERR_MISSING_VALUE : GPG_ERR_UNKNOWN_OPTION);
    else
      err = set (arg, longs[index].name, optarg);
    if (err)
      *r_wrong = strdup (argv[optind - 1]);
  }
  if (!err && optind < argc) {
    err = cf_err (GPG_ERR_UNKNOWN_OPTION);
    *r_wrong = strdup (argv[optind]);
  }
  return err;
}

/* One line, without its end. */
static gpg_error_t
parse_line (char *line, cf_program_set set, void *arg)
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
  return set (arg, name, value);
}

gpg_error_t
cf_program_lines (char *data, cf_program_set set, void *arg, char **r_wrong)
{
  gpg_error_t err = 0;
  unsigned number = 0;

  *r_wrong = NULL;
  for (char *line = data, *next; line && !err; line = next) {
    next = strchr (line, '\n');
    if (next)
      *next++ = 0;
    number++;
    err = parse_line (line, set, arg);
  }
  if (err)
    *r_wrong = cf_sprintf ("line %u", number);
  return err;
}

unsigned long
cf_program_files (unsigned long wanted)
{
  struct rlimit files, more;

  if (getrlimit (RLIMIT_NOFILE, &files) || files.rlim_cur >= wanted)
    return wanted;
  more = files;
  more.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
  return (unsigned long) (setrlimit (RLIMIT_NOFILE, &more) ? files.rlim_cur : more.rlim_cur);
}
