/* SPDX-License-Identifier: GPL-3.0-or-later */
/* portmap.c - the lines of confab-portmap; see portmap.h. */
#include "net/portmap.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define WORDS_MAX 5

static const char *const hows[CF_PORTMAP_HOWS] = { "pcp", "nat-pmp", "upnp" };
static const char *const whys[CF_PORTMAP_WHYS] = { "untried", "absent", "silent", "refused", "wrong", "inside" };

const char *
cf_portmap_how_name (enum cf_portmap_how how)
{
  return hows[how];
}

/* Words of LINE, which one space separates; they point into COPY.  Returns how many, 0 if it has another form. */
static size_t
split (const char *line, char copy[CF_PORTMAP_LINE_MAX], char *words[WORDS_MAX])
{
  size_t count = 0;

  if (strlen (line) >= CF_PORTMAP_LINE_MAX)
    return 0;
  for (char *p = strcpy (copy, line); p; count++) {
    if (count == WORDS_MAX || !*p || *p == ' ')
      return 0;
    words[count] = p;
    p = strchr (p, ' ');
    if (p)
      *p++ = 0;
  }
  return count;
}

static bool
read_number (const char *word, uint32_t max, uint32_t *r_number)
{
  const char *end = word + strlen (word);
  uint64_t n;

  if (cf_text_number (&word, end, max, &n) || word != end || !n)
    return false;
  *r_number = (uint32_t) n;
  return true;
}

/* The place of WORD among the COUNT of NAMES, or COUNT. */
static size_t
find (const char *word, const char *const *names, size_t count)
{
  size_t i = 0;

  while (i < count && strcmp (word, names[i]))
    i++;
  return i;
}

static bool
read_addr (const char *word, struct cf_addr *r_addr)
{
  char again[CF_ADDR_TEXT_SIZE];

  memset (r_addr, 0, sizeof *r_addr);
  if (!strcmp (word, "-"))
    return true;
  return !cf_addr_parse (word, r_addr) && r_addr->port && cf_addr_is_public (r_addr)
         && !strcmp (cf_addr_format (r_addr, again), word);
}

gpg_error_t
cf_portmap_wish_parse (const char *line, uint16_t *r_port, uint32_t *r_seconds)
{
  char copy[CF_PORTMAP_LINE_MAX], *words[WORDS_MAX];
  uint32_t port, seconds;

  if (split (line, copy, words) != 3 || strcmp (words[0], "map") || !read_number (words[1], 65535, &port)
      || !read_number (words[2], UINT32_MAX, &seconds))
    return cf_err (GPG_ERR_INV_VALUE);
  *r_port = (uint16_t) port;
  *r_seconds = seconds;
  return 0;
}

static bool
read_mapped (char *const words[WORDS_MAX], struct cf_portmap_answer *a)
{
  a->kind = CF_PORTMAP_MAPPED;
  a->how = (enum cf_portmap_how) find (words[1], hows, CF_PORTMAP_HOWS);
  return a->how < CF_PORTMAP_HOWS && read_number (words[2], UINT32_MAX, &a->seconds) && read_addr (words[3], &a->tcp)
         && read_addr (words[4], &a->udp) && (a->tcp.family || a->udp.family);
}

static bool
read_failed (char *const words[WORDS_MAX], struct cf_portmap_answer *a)
{
  a->kind = CF_PORTMAP_FAILED;
  for (size_t i = 0; i < CF_PORTMAP_HOWS; i++) {
    a->why[i] = (enum cf_portmap_why) find (words[1 + i], whys, CF_PORTMAP_WHYS);
    if (a->why[i] == CF_PORTMAP_WHYS)
      return false;
  }
  return true;
}

gpg_error_t
cf_portmap_answer_parse (const char *line, struct cf_portmap_answer *r_answer)
{
  struct cf_portmap_answer a = { .kind = CF_PORTMAP_CHANGED };
  char copy[CF_PORTMAP_LINE_MAX], *words[WORDS_MAX];
  size_t count = split (line, copy, words);
  bool ok = false;

  if (count == 5 && !strcmp (words[0], "mapped"))
    ok = read_mapped (words, &a);
  else if (count == 4 && !strcmp (words[0], "failed"))
    ok = read_failed (words, &a);
  else if (count == 1)
    ok = !strcmp (words[0], "changed");
  if (!ok)
    return cf_err (GPG_ERR_INV_VALUE);
  *r_answer = a;
  return 0;
}

const char *
cf_portmap_wish_format (uint16_t port, uint32_t seconds, char out[CF_PORTMAP_LINE_MAX])
{
  snprintf (out, CF_PORTMAP_LINE_MAX, "map %u %lu\n", port, (unsigned long) seconds);
  return out;
}

const char *
cf_portmap_answer_format (const struct cf_portmap_answer *a, char out[CF_PORTMAP_LINE_MAX])
{
  char tcp[CF_ADDR_TEXT_SIZE] = "-", udp[CF_ADDR_TEXT_SIZE] = "-";

  if (a->tcp.family)
    cf_addr_format (&a->tcp, tcp);
  if (a->udp.family)
    cf_addr_format (&a->udp, udp);
  if (a->kind == CF_PORTMAP_MAPPED)
    snprintf (out, CF_PORTMAP_LINE_MAX, "mapped %s %lu %s %s\n", hows[a->how], (unsigned long) a->seconds, tcp, udp);
  else if (a->kind == CF_PORTMAP_FAILED)
    snprintf (out, CF_PORTMAP_LINE_MAX, "failed %s %s %s\n", whys[a->why[CF_PORTMAP_PCP]],
              whys[a->why[CF_PORTMAP_NAT_PMP]], whys[a->why[CF_PORTMAP_UPNP]]);
  else
    snprintf (out, CF_PORTMAP_LINE_MAX, "changed\n");
  return out;
}
