/* SPDX-License-Identifier: GPL-3.0-or-later */
/* password.c - the password of a conversation: typed unseen on a terminal, or read from a descriptor.
 *
 * It is read byte by byte, so that nothing of it stays in a buffer of stdio,
 * and what follows its line is left in the descriptor.
 */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/secmem.h"
#include "base/text.h"
#include "ui/cli/cli.h"

/* Bytes up to a newline or the end; at most MAX.  *R_END: there was no newline.  The byte STOP (< 0: none) cancels. */
static gpg_error_t
read_line (int fd, int stop, char *buf, size_t max, size_t *r_len, bool *r_end)
{
  size_t len = 0;
  ssize_t n;

  *r_end = false;
  for (;;) {
    char c;

    n = read (fd, &c, 1);
    if (n < 0)
      return errno == EINTR ? cf_err (GPG_ERR_CANCELED) : cf_err_errno ();
    if (!n || c == '\n')
      break;
    if (c == stop)
      return cf_err (GPG_ERR_CANCELED);
    if (len == max)
      return cf_err (GPG_ERR_TOO_LARGE);
    buf[len++] = c;
  }
  *r_end = !n;
  *r_len = len;
  return 0;
}

/* Ctrl-C while nothing is echoed must not leave the terminal so: it comes as a byte that ends the line. */
static gpg_error_t
read_unseen (int fd, const char *prompt, char *buf, size_t max, size_t *r_len)
{
  struct termios before, quiet;
  gpg_error_t err;
  bool end = false;

  if (tcgetattr (fd, &before))
    return cf_err_errno ();
  quiet = before;
  quiet.c_lflag &= ~(tcflag_t) (ECHO | ECHOE | ECHOK | ISIG);
  quiet.c_lflag |= ICANON | ECHONL; /* the console may take keys one by one */
  quiet.c_cc[VEOL] = before.c_cc[VINTR];
  if (tcsetattr (fd, TCSAFLUSH, &quiet))
    return cf_err_errno ();
  if (write (fd, prompt, strlen (prompt)) < 0)
    err = cf_err_errno ();
  else
    err = read_line (fd, before.c_cc[VINTR], buf, max, r_len, &end);
  tcsetattr (fd, TCSAFLUSH, &before);
  if (!err && end && !*r_len)
    err = cf_err (GPG_ERR_CANCELED);
  return err;
}

static int
from_terminal (struct cf_cli *cli, char *buf, size_t max, size_t *r_len)
{
  int fd = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  gpg_error_t err;

  fflush (stdout);
  if (fd < 0)
    return cf_cli_fail (cli, cf_err_errno (), _ ("Use --password-fd N instead"),
                        _ ("There is no terminal to ask for the password"));
  err = read_unseen (fd, _ ("Password that you have agreed on (it is not shown): "), buf, max, r_len);
  close (fd);
  if (gpg_err_code (err) == GPG_ERR_CANCELED)
    return cf_cli_fail_named (cli, "CANCELED", CF_EXIT_USER, _ ("No password was given, so nothing was done"), "");
  if (err)
    return cf_cli_fail (cli, err, NULL, gpg_err_code (err) == GPG_ERR_TOO_LARGE ? _ ("The password is too long") : NULL);
  return 0;
}

static int
from_descriptor (struct cf_cli *cli, const char *text, char *buf, size_t max, size_t *r_len)
{
  bool end;
  gpg_error_t err = cf_err (GPG_ERR_EBADF);
  long fd = strtol (text, NULL, 10);

  if (fd <= INT32_MAX)
    err = read_line ((int) fd, -1, buf, max, r_len, &end);
  if (gpg_err_code (err) == GPG_ERR_TOO_LARGE)
    return cf_cli_fail (cli, err, _ ("At most 1024 bytes; it ends at the first newline"), _ ("The password is too long"));
  if (err)
    return cf_cli_fail (cli, cf_err (GPG_ERR_INV_VALUE), _ ("For example: confab open PEER --password-fd 3 3<FILE"),
                        _ ("The password cannot be read from descriptor %s: %s"), text, gpg_strerror (err));
  return 0;
}

int
cf_cli_password_possible (const struct cf_cli *cli, const struct cf_cli_args *args)
{
  if (cf_cli_option_value (args, "password-fd") || cli->tty_in)
    return 0;
  return cf_cli_fail (cli, cf_err (GPG_ERR_MISSING_VALUE), _ ("Give it on a terminal, or on a descriptor: --password-fd N"),
                      _ ("There is no terminal to ask for the password"));
}

int
cf_cli_password (struct cf_cli *cli, const struct cf_cli_args *args, char **r_password, size_t *r_len)
{
  const char *fd = cf_cli_option_value (args, "password-fd");
  char *buf = cf_cli_must (malloc (CF_PASSWORD_MAX + 1));
  size_t len = 0;
  int code;

  code = fd ? from_descriptor (cli, fd, buf, CF_PASSWORD_MAX, &len) : from_terminal (cli, buf, CF_PASSWORD_MAX, &len);
  if (!code && !len)
    code = cf_cli_fail (cli, cf_err (GPG_ERR_NO_DATA), _ ("Agree on one with the other person, by voice or in person"),
                        _ ("The password is empty"));
  if (code) {
    cf_wipe (buf, CF_PASSWORD_MAX + 1);
    free (buf);
    return code;
  }
  *r_password = buf;
  *r_len = len;
  return 0;
}

char *
cf_cli_ask (const char *question)
{
  struct termios before, plain;
  bool tty = !tcgetattr (STDIN_FILENO, &before), end = false;
  char buf[1024];
  size_t len = 0;
  gpg_error_t err;

  if (tty) {
    plain = before;
    plain.c_lflag |= ICANON | ECHO | ECHOE; /* the console may take keys one by one */
    tcsetattr (STDIN_FILENO, TCSADRAIN, &plain);
  }
  printf ("%s", question);
  cf_cli_flush ();
  err = read_line (STDIN_FILENO, -1, buf, sizeof buf - 1, &len, &end);
  if (tty)
    tcsetattr (STDIN_FILENO, TCSADRAIN, &before);
  if (err || (end && !len)) {
    putchar ('\n');
    return NULL;
  }
  buf[len] = 0;
  return cf_cli_must (strdup (buf));
}

bool
cf_cli_is_yes (const char *answer)
{
  /* Translators: the letter that answers a question with yes, as shown in "[y/N]". */
  return answer && *answer && (strchr ("yY", *answer) || !strncasecmp (answer, _ ("y"), strlen (_ ("y"))));
}
