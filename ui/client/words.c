/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words.c - people, trust and messages, in words; words_time.c has times, words_event.c events and errors. */

#include <config.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

#include "base/text.h"
#include "ui/client/words_private.h"

#define GROUP_MS (3 * 60 * 1000)
#define SHORT_DIGITS 16

/* ---- strings ---- */

char *
cf_words_must (char *text)
{
  if (!text) {
    fputs ("Out of memory\n", stderr);
    abort ();
  }
  return text;
}

char *
cf_words_format (const char *fmt, ...)
{
  char *text = NULL;
  va_list ap;
  int n;

  va_start (ap, fmt);
  n = vasprintf (&text, fmt, ap);
  va_end (ap);
  return cf_words_must (n < 0 ? NULL : text);
}

static char *
copy (const char *text)
{
  return cf_words_must (strdup (text));
}

char *
cf_words_line (const char *text)
{
  return cf_words_must (cf_text_display (text, strlen (text), false));
}

char *
cf_words_field (const json_t *row, const char *key)
{
  return cf_words_line (cf_row_text (row, key));
}

/* ---- commands ---- */

char *
cf_words_argument (const char *usage, size_t number)
{
  for (; number; number--) {
    usage += strcspn (usage, " ");
    usage += strspn (usage, " ");
  }
  return cf_words_must (strndup (usage, strcspn (usage, " ")));
}

/* ---- people ---- */

static const char *
fingerprint_of (const json_t *row)
{
  static const char *const keys[] = { "fingerprint", "peer", "author" };

  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (*cf_row_text (row, keys[i]))
      return cf_row_text (row, keys[i]);
  return "";
}

/* TEXT without a mail address and a comment behind it: "Ana (work) <ana@example.org>" is "Ana". */
static char *
name_part (const char *user_id)
{
  char *name = cf_words_line (user_id), *end = strpbrk (name + (*name == '<' || *name == '('), "<(");

  if (end && end > name) {
    while (end > name && end[-1] == ' ')
      end--;
    if (end > name)
      *end = 0;
  }
  return name;
}

char *
cf_words_name (const json_t *row)
{
  static const char *const keys[] = { "name", "title", "user_id" };

  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    char *name = name_part (cf_row_text (row, keys[i]));

    if (*name) {
      size_t len = strlen (name);
      bool bare = len >= 40 && strspn (name, "0123456789ABCDEF") == len; /* a title for want of a name */
      char *digits = bare ? cf_words_fingerprint_short (name) : NULL;

      if (bare)
        free (name);
      return bare ? digits : name;
    }
    free (name);
  }
  return *fingerprint_of (row) ? cf_words_fingerprint_short (fingerprint_of (row)) : copy (_("Somebody"));
}

char *
cf_words_user_id (const json_t *row)
{
  static const char *const keys[] = { "user_id", "name", "title" };

  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    char *text = cf_words_field (row, keys[i]);

    if (*text)
      return text;
    free (text);
  }
  return *fingerprint_of (row) ? cf_words_fingerprint (fingerprint_of (row)) : copy (_("Somebody"));
}

char *
cf_words_fingerprint (const char *hex)
{
  size_t len = strlen (hex);
  char *out, *p;

  if (!len || strspn (hex, "0123456789ABCDEFabcdef") != len)
    return cf_words_line (hex);
  out = p = cf_words_must (malloc (len + len / 4 + 1));
  for (size_t i = 0; i < len; i++) {
    if (i && i % 4 == 0)
      *p++ = ' ';
    *p++ = (char) toupper ((unsigned char) hex[i]);
  }
  *p = 0;
  return out;
}

char *
cf_words_fingerprint_short (const char *hex)
{
  size_t len = strlen (hex);

  return cf_words_fingerprint (len > SHORT_DIGITS ? hex + len - SHORT_DIGITS : hex);
}

char *
cf_words_initials (const char *name)
{
  uint8_t out[32];
  size_t len = 0;
  ucs4_t c, first = 0, last = 0;
  bool in_word = false;
  char *shown = cf_words_line (name);

  for (const uint8_t *p = (const uint8_t *) shown; (p = u8_next (&c, p));) {
    bool letter = uc_is_alnum (c);

    if (letter && !in_word) {
      if (!first)
        first = c;
      else
        last = c;
    }
    in_word = letter || (in_word && c != ' ' && c != '-' && c != '.');
    if (c == '<' || c == '(' || c == '@')
      break;
  }
  free (shown);
  if (!first)
    return copy ("?");
  len = (size_t) u8_uctomb (out, uc_toupper (first), 8);
  if (last)
    len += (size_t) u8_uctomb (out + len, uc_toupper (last), 8);
  return cf_words_must (strndup ((const char *) out, len));
}

unsigned
cf_words_color (const char *fingerprint)
{
  uint32_t hash = 2166136261u; /* FNV-1a */

  for (const unsigned char *p = (const unsigned char *) fingerprint; *p; p++)
    hash = (hash ^ (uint32_t) toupper (*p)) * 16777619u;
  return hash % CF_WORDS_COLORS;
}

uint32_t
cf_words_rgb (unsigned color)
{
  static const uint32_t colors[CF_WORDS_COLORS] = { 0xb3261e, 0x9a3412, 0x7a5c00, 0x4d6b00, 0x1b6e3c, 0x00695c,
                                                    0x00639b, 0x1a56c4, 0x5b3fc4, 0x8e24aa, 0xad1457, 0x5d4037 };

  return colors[color % CF_WORDS_COLORS];
}

/* ---- trust ---- */

const char *
cf_words_route (const json_t *row)
{
  const char *route = cf_row_text (row, "route");

  if (!strcmp (route, "lan"))
    return _("direct, LAN");
  if (!strcmp (route, "direct") || !strcmp (route, "punched"))
    return _("direct, internet");
  if (!strcmp (route, "relay"))
    return _("through a relay");
  return cf_row_true (row, "online") ? _("online") : _("offline");
}

static const char *
verified_how (const json_t *row)
{
  const char *how = cf_row_text (json_object_get (row, "verified"), "how");

  if (!strcmp (how, "password"))
    return _("Verified by password");
  if (!strncmp (how, "certif", 6))
    return _("Verified by a certification");
  return *how ? _("Verified") : _("Not verified");
}

char *
cf_words_verified (const json_t *row)
{
  const char *how = verified_how (row);
  int64_t when;
  char *day, *text;

  if (!cf_row_utc_ms (json_object_get (row, "verified"), "when", &when))
    return copy (how);
  day = cf_words_date (when);
  /* Translators: "Verified by password, 3 May 2024" */
  text = cf_words_format (_("%s, %s"), how, day);
  free (day);
  return text;
}

char *
cf_words_security (const json_t *conversation)
{
  const char *state = cf_row_text (conversation, "state");

  if (!strcmp (state, "requested"))
    return copy (cf_row_true (conversation, "asked") ? _("Waiting for their answer") : _("Not open yet"));
  if (!strcmp (state, "closed"))
    return copy (cf_row_true (conversation, "closed_by_peer") ? _("Closed by the other side") : _("Closed"));
  if (cf_row_true (conversation, "blocked"))
    return copy (_("Blocked"));
  if (cf_row_true (conversation, "stopped"))
    return copy (_("Stopped: something is wrong with a key"));
  /* Translators: how somebody was verified, and the way to him: "Verified by password · direct, LAN" */
  return cf_words_format (_("%s · %s"), verified_how (conversation), cf_words_route (conversation));
}

const char *
cf_words_validity (const char *validity)
{
  if (!strcmp (validity, "ultimate"))
    return _("Your own key");
  if (!strcmp (validity, "full"))
    return _("Certified by you, or by somebody whom you trust to certify");
  if (!strcmp (validity, "marginal"))
    return _("Certified only by people whom you trust a little");
  if (!strcmp (validity, "never"))
    return _("You have said that this key must not be believed");
  return _("Not certified by anybody whom you trust");
}

const char *
cf_words_key_state (const char *key_state)
{
  if (!*key_state || !strcmp (key_state, "ok"))
    return "";
  if (!strcmp (key_state, "expired"))
    return _("expired");
  if (!strcmp (key_state, "revoked"))
    return _("revoked");
  if (!strcmp (key_state, "disabled"))
    return _("disabled");
  if (!strcmp (key_state, "weak"))
    return _("too weak");
  return _("not usable");
}

struct trouble {
  const char *key_state;
  const char *own, *own_remedy;   /* of one's own key */
  const char *their, *their_remedy; /* of somebody's, whose name is put in */
};

static const struct trouble troubles[] = {
  { "expired", N_("Your own key has expired"), N_("Extend it with GnuPG; everything goes on by itself then"),
    N_("The key of %s has expired"), N_("Ask them to extend it; the conversation goes on by itself then") },
  { "revoked", N_("Your own key has been revoked: it may be in wrong hands"),
    N_("It can be used no more: begin with another key"),
    N_("The key of %s has been revoked: it may be in wrong hands"),
    N_("Believe nothing that comes with it. Ask them, by voice or in person, for their new key") },
  { "disabled", N_("Your own key is disabled in your keyring"), N_("Enable it with GnuPG"),
    N_("The key of %s is disabled in your keyring"), N_("Enable it with GnuPG if you trust it again") },
  { "weak", N_("Your own key is too weak to be trusted"), N_("Make a stronger one, and begin with it"),
    N_("The key of %s is too weak to be trusted"), N_("Ask them for a stronger key") },
};

static const struct trouble *
find_trouble (const json_t *row)
{
  const char *key_state = cf_row_text (row, "key_state");

  for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
    if (!strcmp (key_state, troubles[i].key_state))
      return &troubles[i];
  return NULL;
}

/* FMT with the name of ROW's person in the place of its %s. */
static char *
with_name (const char *fmt, const json_t *row)
{
  char *name = cf_words_name (row), *text;
  const char *hole = strstr (fmt, "%s");

  text = hole ? cf_words_format ("%.*s%s%s", (int) (hole - fmt), fmt, name, hole + 2) : copy (fmt);
  free (name);
  return text;
}

bool
cf_words_own_key_is_bad (const json_t *conversation)
{
  const char *state = cf_row_text (conversation, "own_key_state");

  return *state && strcmp (state, "ok");
}

char *
cf_words_warning (const json_t *row)
{
  const char *contact = cf_row_text (row, "looks_like");
  char *name, *key, *text;

  if (!*contact)
    return cf_words_field (row, "warning");
  name = cf_words_name (row);
  key = cf_words_fingerprint_short (contact);
  text = cf_words_format (_("This is NOT the %s whom you know: the name or address is the same, the key is another than %s"),
                          name, key);
  free (name);
  free (key);
  return text;
}

bool
cf_words_trouble (const json_t *row, char **r_what, char **r_remedy)
{
  const struct trouble *t = find_trouble (row);
  const char *told = cf_row_text (row, "trouble"); /* by the daemon */
  bool own = cf_words_own_key_is_bad (row) || !strcmp (cf_row_text (row, "validity"), "ultimate");

  if (!strcmp (cf_row_text (row, "state"), "closed") && !*told)
    return false;
  if (*cf_row_text (row, "warning")) {
    *r_what = cf_words_warning (row);
    *r_remedy = copy (_("Compare the fingerprints by voice or in person"));
  } else if (cf_row_true (row, "blocked")) {
    *r_what = with_name (_("You have blocked %s"), row);
    *r_remedy = copy (_("Unblock them to go on"));
  } else if (t) {
    *r_what = own ? copy (_(t->own)) : with_name (_(t->their), row);
    *r_remedy = copy (own ? _(t->own_remedy) : _(t->their_remedy));
  } else if (*told) {
    *r_what = cf_words_said (row, "trouble_code", "trouble_args", told);
    *r_remedy = cf_words_said_remedy (row, "trouble_code", "trouble_args", NULL);
  } else
    return false;
  return true;
}

/* ---- messages ---- */

static bool
is_out (const json_t *message)
{
  return !strcmp (cf_row_text (message, "direction"), "out");
}

const char *
cf_words_state (const json_t *message)
{
  const char *state = cf_row_text (message, "state");

  if (!is_out (message))
    return "";
  if (!strcmp (state, "queued"))
    return _("Waiting");
  if (!strcmp (state, "sent"))
    return _("Sent");
  if (!strcmp (state, "held"))
    return _("Waits at a node");
  if (!strcmp (state, "delivered"))
    return _("Delivered");
  if (!strcmp (state, "read"))
    return _("Read");
  return !strcmp (state, "failed") ? _("Not sent") : "";
}

/* What stands for a message that was taken back. */
static const char *
taken_back (const json_t *message)
{
  return is_out (message) ? _("You took this message back") : _("This message was taken back");
}

char *
cf_words_text (const json_t *message)
{
  const char *text = cf_row_text (message, "text");

  if (cf_row_true (message, "deleted"))
    return copy (taken_back (message));
  if (cf_row_true (message, "notice"))
    return cf_words_said_whole (message, "code", "args", text, NULL); /* a sentence of the daemon, with what can be done */
  return cf_words_must (cf_text_display (text, strlen (text), true));
}

const char *
cf_words_notice (const json_t *message)
{
  static const struct {
    const char *code, *title; /* what codes begin with */
  } kinds[] = {
    { "PEER_BLOCKED", N_("Blocked") },
    { "GOES_ON", N_("Going on again") },
    { "OWN_KEY_", N_("Your own key cannot be used") },
    { "PEER_KEY_", N_("A key cannot be used") },
  };
  const char *code = cf_row_text (message, "code");

  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (!strncmp (code, kinds[i].code, strlen (kinds[i].code)))
      return _(kinds[i].title);
  return _("A key has changed");
}

/* A field in one line: what ends a line in it parts words. */
static char *
one_line (const json_t *row, const char *key)
{
  char *text = copy (cf_row_text (row, key)), *shown;

  for (char *p = text; *p; p++)
    if (*p == '\n' || *p == '\t')
      *p = ' ';
  shown = cf_words_must (cf_text_display (text, strlen (text), false));
  free (text);
  return shown;
}

char *
cf_words_preview (const json_t *conversation)
{
  const json_t *last = json_object_get (conversation, "last_message");
  char *text = one_line (conversation, "draft"), *all;

  if (*text)
    all = cf_words_format (_("Draft: %s"), text);
  else if (!json_is_object (last))
    return text;
  else if (cf_row_true (last, "deleted"))
    all = copy (taken_back (last));
  else if (*cf_row_text (last, "code")) /* of a notice */
    all = cf_words_said (last, "code", "args", "");
  else {
    free (text);
    text = one_line (last, "text");
    if (!strcmp (cf_row_text (last, "kind"), "file"))
      all = cf_words_format (is_out (last) ? _("You offer a file: %s") : _("File: %s"), text);
    else
      all = is_out (last) && *text ? cf_words_format (_("You: %s"), text) : copy (text);
  }
  free (text);
  return all;
}

char *
cf_words_typing (const json_t *conversation)
{
  return with_name (_("%s is typing"), conversation);
}

int64_t
cf_words_message_ms (const json_t *message)
{
  int64_t ms = 0;

  if (!is_out (message) && cf_row_utc_ms (message, "received_at", &ms))
    return ms;
  return cf_row_utc_ms (message, "sent_at", &ms) ? ms : 0;
}

bool
cf_words_same_day (const json_t *a, const json_t *b)
{
  return a && b && cf_words_days_between (cf_words_message_ms (a), cf_words_message_ms (b)) == 0;
}

bool
cf_words_same_group (const json_t *a, const json_t *b)
{
  int64_t apart;

  if (!a || !b || cf_row_true (a, "notice") || cf_row_true (b, "notice"))
    return false;
  apart = cf_words_message_ms (b) - cf_words_message_ms (a);
  return !strcmp (cf_row_text (a, "author"), cf_row_text (b, "author")) && is_out (a) == is_out (b)
         && !strcmp (cf_row_text (a, "signature"), cf_row_text (b, "signature")) && apart < GROUP_MS
         && apart > -GROUP_MS && cf_words_same_day (a, b);
}
