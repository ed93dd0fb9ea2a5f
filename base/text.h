/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text.h - text from people and from peers: UTF-8, hexadecimal, times.
 *
 * What a peer wrote is hostile: it is checked to be UTF-8, and shown without
 * control and bidirectional-override characters.
 */
#ifndef CF_BASE_TEXT_H
#define CF_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* No byte above 127. */
bool cf_text_is_ascii (const char *text, size_t len);
/* Well-formed UTF-8 without NUL. */
bool cf_text_is_utf8 (const void *data, size_t len);

/* A copy of TEXT (LEN bytes, any bytes) fit to be shown: ill-formed parts
   become U+FFFD, one for a run of them; control, bidirectional-control and
   invisible characters (byte order mark, zero-width space, ...) are dropped, but
   not the joiners U+200C and U+200D; newline and tab survive only with MULTILINE.
   Caller frees.  NULL: ENOMEM. */
char *cf_text_display (const void *text, size_t len, bool multiline);

/* Replace in place with '_' each character of TEXT (*LEN bytes, any bytes, room for a NUL after them) that cf_text_display
   would drop; what is no UTF-8 stays.  *LEN never grows.  False: there was none, and TEXT is as it was. */
bool cf_text_make_visible (char *text, size_t *len);

/* A password as both sides must see it: NFC, without white space (Unicode's) at
   the ends; nothing inside is changed or dropped.  *R_TEXT is secret memory
   (cf_secmem_free).  Errors: INV_VALUE (empty, longer than CF_PASSWORD_MAX, not
   UTF-8, or with a NUL), ENOMEM. */
#define CF_PASSWORD_MAX 1024 /* bytes as typed */
gpg_error_t cf_text_password (const char *typed, size_t len, char **r_text) CF_MUST_CHECK;

/* Hexadecimal; OUT has 2 * LEN + 1 bytes; returns OUT. */
char *cf_hex (const void *data, size_t len, char *out);
char *cf_hex_upper (const void *data, size_t len, char *out);
/* Exactly LEN bytes from TEXT of exactly 2 * LEN digits.  Errors: INV_VALUE. */
gpg_error_t cf_unhex (const char *text, void *out, size_t len) CF_MUST_CHECK;

/* A decimal number without sign or leading zeroes, at most MAX, at *TEXT, which moves behind its last digit and no
   further than END.  Errors: CF_ERR_PROTOCOL. */
gpg_error_t cf_text_number (const char **text, const char *end, uint64_t max, uint64_t *r_number) CF_MUST_CHECK;

/* RFC 3339 in UTC with milliseconds: "2026-11-21T22:47:26.123Z".  Years 0 to
   9999; what lies beyond is shown as the nearest of these. */
#define CF_TIME_SIZE 32
const char *cf_time_format (int64_t utc_ms, char out[CF_TIME_SIZE]);
/* Any RFC 3339 time, with or without a fraction, "Z" or a numeric offset.
   Errors: INV_TIME. */
gpg_error_t cf_time_parse (const char *text, int64_t *r_utc_ms) CF_MUST_CHECK;

/* How much remains of TEXT (UTF-8, LEN bytes) that may have MAX bytes: cut before a character, not inside one. */
size_t cf_text_cut (const char *text, size_t len, size_t max);

/* Is WORD one of those of LIST, which spaces separate?  NULL: an empty list. */
bool cf_text_has_word (const char *list, const char *word);

/* asprintf that returns NULL on ENOMEM instead of leaving its result undefined. */
char *cf_sprintf (const char *fmt, ...) CF_PRINTF (1, 2);

#endif
