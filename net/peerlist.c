/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peerlist.c - reading a contact file, a line at a time. */
#include "net/peerlist.h"

#include <string.h>

#include "base/text.h"

#define LABEL_MAX 63 /* of a name of a host, between its dots */

static bool
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

void
cf_peerlist_init (struct cf_peerlist_reader *reader, const char *text, size_t len)
{
  static const char mark[3] = { '\xef', '\xbb', '\xbf' }; /* some editors begin with a byte order mark */

  reader->at = text;
  reader->end = text + len;
  reader->number = 0;
  if (len >= sizeof mark && !memcmp (text, mark, sizeof mark))
    reader->at += sizeof mark;
}

/* A name as DNS has them, written in lower case to OUT.  One that ends in a number is an address that went wrong. */
static bool
read_name (const char *text, size_t len, char out[CF_PEERLIST_HOST_SIZE])
{
  size_t label = 0;
  bool is_number = true;

  if (!len || len >= CF_PEERLIST_HOST_SIZE)
    return false;
  for (size_t i = 0; i < len; i++) {
    char c = text[i];

    if (c >= 'A' && c <= 'Z')
      c = (char) (c - 'A' + 'a');
    if (c == '.') {
      if (!label || text[i - 1] == '-')
        return false;
      label = 0;
      is_number = true;
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && label)) {
      is_number = is_number && c >= '0' && c <= '9';
      if (++label > LABEL_MAX)
        return false;
    } else
      return false;
    out[i] = c;
  }
  out[len] = 0;
  return label && !is_number && text[len - 1] != '-';
}

/* HOST:PORT, LEN bytes. */
static gpg_error_t
read_place (const char *text, size_t len, struct cf_peerlist_line *line)
{
  static const char any[] = "0.0.0.0:"; /* lends its host to a name, for the port to be read */
  char place[CF_PEERLIST_HOST_SIZE + sizeof any + 5];
  const char *colon = memchr (text, ':', len);
  size_t port_len;

  if (len < sizeof place) {
    memcpy (place, text, len);
    place[len] = 0;
    if (!cf_addr_parse (place, &line->addr))
      return line->addr.port ? 0 : cf_err (GPG_ERR_INV_VALUE);
  }
  if (!colon || !read_name (text, (size_t) (colon - text), line->host))
    return cf_err (GPG_ERR_INV_VALUE);
  port_len = len - (size_t) (colon + 1 - text);
  if (port_len > 5)
    return cf_err (GPG_ERR_INV_VALUE);
  memcpy (place, any, sizeof any);
  memcpy (place + sizeof any - 1, colon + 1, port_len);
  place[sizeof any - 1 + port_len] = 0;
  if (cf_addr_parse (place, &line->addr) || !line->addr.port)
    return cf_err (GPG_ERR_INV_VALUE);
  line->addr.family = 0;
  return 0;
}

static gpg_error_t
read_line (const char *text, size_t len, struct cf_peerlist_line *line)
{
  size_t place = 0;

  if (len > CF_PEERLIST_LINE_MAX)
    return cf_err (GPG_ERR_LINE_TOO_LONG);
  if (!cf_text_is_utf8 (text, len))
    return cf_err (GPG_ERR_BAD_DATA);
  while (place < len && !is_blank (text[place]))
    place++;
  return read_place (text, place, line);
}

bool
cf_peerlist_next (struct cf_peerlist_reader *reader, struct cf_peerlist_line *r_line, gpg_error_t *r_err)
{
  while (reader->at < reader->end) {
    const char *text = reader->at;
    const char *end = memchr (text, '\n', (size_t) (reader->end - text));
    size_t len = (size_t) ((end ? end : reader->end) - text);

    reader->at = end ? end + 1 : reader->end;
    reader->number++;
    while (len && is_blank (text[0])) {
      text++;
      len--;
    }
    if (!len || text[0] == '#')
      continue;
    memset (r_line, 0, sizeof *r_line);
    *r_err = read_line (text, len, r_line);
    if (*r_err)
      memset (r_line, 0, sizeof *r_line);
    r_line->number = reader->number;
    r_line->text = text;
    r_line->text_len = len;
    return true;
  }
  return false;
}
