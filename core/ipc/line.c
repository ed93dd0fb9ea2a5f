/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line.c - the words of a command's line; see line.h. */
#include "core/ipc/line.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* WORD without its percent escapes, as a string of its own; "%" alone is nothing. */
static gpg_error_t
unescape (const char *word, size_t len, char **r_text)
{
  char *text = malloc (len + 1), *out = text;
  uint8_t byte;
  char digits[3] = "";

  if (!text)
    return cf_err_errno ();
  if (len == 1 && *word == '%')
    len = 0;
  for (size_t i = 0; i < len; i++)
    {
      if (word[i] != '%')
        {
          *out++ = word[i];
          continue;
        }
      if (len - i < 3)
        goto bad;
      memcpy (digits, word + i + 1, 2);
      if (cf_unhex (digits, &byte, 1) || !byte)
        goto bad;
      *out++ = (char)byte;
      i += 2;
    }
  *out = 0;
  *r_text = text;
  return 0;

bad:
  free (text);
  return cf_err (GPG_ERR_INV_VALUE);
}

static gpg_error_t
add_option (struct cf_command *cmd, const char *word, size_t len)
{
  const char *eq = memchr (word, '=', len);
  size_t name_len = eq ? (size_t)(eq - word) : len;
  gpg_error_t err;

  if (cmd->option_count >= CF_COMMAND_ARGS_MAX)
    return cf_err (GPG_ERR_TOO_MANY);
  /* The name may be quoted in the answer, which is JSON. */
  if (!name_len || !cf_text_is_utf8 (word, name_len))
    return cf_err (GPG_ERR_INV_VALUE);
  err = unescape (eq ? eq + 1 : "", eq ? len - name_len - 1 : 0, &cmd->options[cmd->option_count].value);
  if (err)
    return err;
  cmd->options[cmd->option_count].name = strndup (word, name_len);
  cmd->option_count++;
  return cmd->options[cmd->option_count - 1].name ? 0 : cf_err (GPG_ERR_ENOMEM);
}

gpg_error_t
cf_line_parse (struct cf_command *cmd, const char *line)
{
  bool options = true;
  gpg_error_t err = 0;

  while (!err && *(line += strspn (line, " ")))
    {
      size_t len = strcspn (line, " ");

      if (options && len == 2 && !strncmp (line, "--", 2))
        options = false;
      else if (options && len > 2 && !strncmp (line, "--", 2))
        err = add_option (cmd, line + 2, len - 2);
      else if (cmd->argc >= CF_COMMAND_ARGS_MAX)
        err = cf_err (GPG_ERR_TOO_MANY);
      else
        {
          options = false;
          err = unescape (line, len, &cmd->argv[cmd->argc]);
          cmd->argc += !err;
        }
      line += len;
    }
  return err;
}

bool
cf_line_has_empty (const struct cf_command *cmd)
{
  for (size_t i = 0; i < cmd->argc; i++)
    if (!*cmd->argv[i])
      return true;
  return false;
}

bool
cf_line_is_text (const struct cf_command *cmd, size_t path_arg)
{
  for (size_t i = 0; i < cmd->argc; i++)
    if (i + 1 != path_arg && !cf_text_is_utf8 (cmd->argv[i], strlen (cmd->argv[i])))
      return false;
  for (size_t i = 0; i < cmd->option_count; i++)
    if (!cf_text_is_utf8 (cmd->options[i].value, strlen (cmd->options[i].value)))
      return false;
  return true;
}

void
cf_line_done (struct cf_command *cmd)
{
  for (size_t i = 0; i < cmd->argc; i++)
    free (cmd->argv[i]);
  for (size_t i = 0; i < cmd->option_count; i++)
    {
      free (cmd->options[i].name);
      free (cmd->options[i].value);
    }
}
