/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr.c - QR codes over libqrencode, and drawn in characters; see qr.h. */

#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifdef HAVE_QRENCODE
#include <qrencode.h>
#endif

#include "base/buf.h"
#include "ui/client/qr.h"

#define ADDRESS "confab:"
/* The sixteen colours may be anything; who knows 256 has black and white that are. */
#define INK "\033[30;47m\033[38;5;16;48;5;231m"
#define INK_OFF "\033[0m"
#define BLACK "\033[40m\033[48;5;16m"
#define WHITE "\033[47m\033[48;5;231m"
#define DRAWN_MAX (1024 * 1024) /* 185 lines of 185 modules, each with a colour of its own, are half of that */

struct cf_qr {
  int size;
  bool dark[]; /* row by row */
};

#ifdef HAVE_QRENCODE
/* The code as the library has it. */
static gpg_error_t
encode (const char *text, QRcode **r_code)
{
  bool address = !strncasecmp (text, ADDRESS, strlen (ADDRESS));
  QRcode *code = QRcode_encodeString (text, 0, QR_ECLEVEL_L, QR_MODE_8, !address), *better;

  if (!code)
    return errno == ERANGE ? cf_err (GPG_ERR_TOO_LARGE) : cf_err_errno ();
  for (QRecLevel level = QR_ECLEVEL_M; level <= QR_ECLEVEL_H; level++) {
    better = QRcode_encodeString (text, code->version, level, QR_MODE_8, !address);
    if (!better || better->version != code->version) { /* it would be larger */
      QRcode_free (better);
      break;
    }
    QRcode_free (code);
    code = better;
  }
  *r_code = code;
  return 0;
}

gpg_error_t
cf_qr_new (const char *text, struct cf_qr **r_qr)
{
  size_t len = strlen (text), modules;
  QRcode *code = NULL;
  struct cf_qr *qr;
  gpg_error_t err;

  if (!len)
    return cf_err (GPG_ERR_INV_VALUE);
  if (len > CF_QR_TEXT_MAX)
    return cf_err (GPG_ERR_TOO_LARGE);
  err = encode (text, &code);
  if (err)
    return err;
  modules = (size_t) code->width * (size_t) code->width;
  qr = malloc (sizeof *qr + modules * sizeof *qr->dark);
  if (!qr) {
    err = cf_err_errno ();
    goto leave;
  }
  qr->size = code->width;
  for (size_t i = 0; i < modules; i++)
    qr->dark[i] = code->data[i] & 1; /* the other bits say what a module is for */
  *r_qr = qr;

leave:
  QRcode_free (code);
  return err;
}
#else
gpg_error_t
cf_qr_new (const char *text, struct cf_qr **r_qr)
{
  (void) text;
  (void) r_qr;
  return cf_err (GPG_ERR_NOT_SUPPORTED);
}
#endif

void
cf_qr_free (struct cf_qr *qr)
{
  free (qr);
}

int
cf_qr_size (const struct cf_qr *qr)
{
  return qr->size;
}

bool
cf_qr_dark (const struct cf_qr *qr, int x, int y)
{
  return x >= 0 && y >= 0 && x < qr->size && y < qr->size && qr->dark[y * qr->size + x];
}

/* ---- in characters ---- */

int
cf_qr_columns (const struct cf_qr *qr, unsigned look)
{
  return (qr->size + 2 * CF_QR_QUIET) * (look & CF_QR_BLOCKS ? 1 : 2);
}

int
cf_qr_lines (const struct cf_qr *qr, unsigned look)
{
  int rows = qr->size + 2 * CF_QR_QUIET;

  return look & CF_QR_BLOCKS ? (rows + 1) / 2 : rows;
}

/* Two modules, one above the other, in one character: ink on paper. */
static gpg_error_t
add_blocks (struct cf_buf *out, const struct cf_qr *qr, int y)
{
  static const char *const blocks[] = { " ", "\u2580", "\u2584", "\u2588" };
  gpg_error_t err = 0;

  for (int x = -CF_QR_QUIET; !err && x < qr->size + CF_QR_QUIET; x++) {
    const char *c = blocks[cf_qr_dark (qr, x, y) + 2 * cf_qr_dark (qr, x, y + 1)];

    err = cf_buf_add (out, c, strlen (c));
  }
  return err;
}

/* A module in two characters, about as wide as high: two blanks of its colour, or "##". */
static gpg_error_t
add_wide (struct cf_buf *out, const struct cf_qr *qr, int y, bool colors)
{
  bool dark = false, before = false;
  gpg_error_t err = 0;

  for (int x = -CF_QR_QUIET; !err && x < qr->size + CF_QR_QUIET; x++) {
    dark = cf_qr_dark (qr, x, y);
    if (colors && dark != before)
      err = cf_buf_add (out, dark ? BLACK : WHITE, strlen (dark ? BLACK : WHITE));
    if (!err)
      err = cf_buf_add (out, dark && !colors ? "##" : "  ", 2);
    before = dark;
  }
  return err;
}

char *
cf_qr_draw (const struct cf_qr *qr, unsigned look)
{
  bool colors = look & CF_QR_COLORS;
  int step = look & CF_QR_BLOCKS ? 2 : 1;
  struct cf_buf out;
  gpg_error_t err = 0;
  char *text = NULL;

  cf_buf_init (&out, DRAWN_MAX);
  for (int y = -CF_QR_QUIET; !err && y < qr->size + CF_QR_QUIET; y += step) {
    if (colors)
      err = cf_buf_add (&out, INK, strlen (INK));
    if (!err)
      err = look & CF_QR_BLOCKS ? add_blocks (&out, qr, y) : add_wide (&out, qr, y, colors);
    if (!err && colors)
      err = cf_buf_add (&out, INK_OFF, strlen (INK_OFF));
    if (!err)
      err = cf_buf_add (&out, "\n", 1);
  }
  if (!err)
    text = strndup ((const char *) cf_buf_data (&out), cf_buf_len (&out));
  cf_buf_done (&out);
  return text;
}
