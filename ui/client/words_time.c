/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words_time.c - times and sizes, in words, in the reader's time zone. */

#include <config.h>

#include <stdlib.h>
#include <time.h>

#include "ui/client/words_private.h"

#define MINUTE_MS 60000ll
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

static struct tm
local (int64_t utc_ms)
{
  time_t seconds = (time_t) (utc_ms / 1000);
  struct tm tm = { 0 };

  localtime_r (&seconds, &tm);
  return tm;
}

/* Days since 1 March of year 0, of the calendar alone. */
static int64_t
day_number (const struct tm *tm)
{
  int64_t y = tm->tm_year + 1900 - (tm->tm_mon < 2), m = (tm->tm_mon + 10) % 12;

  return y * 365 + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + tm->tm_mday - 1;
}

int64_t
cf_words_days_between (int64_t from_utc_ms, int64_t to_utc_ms)
{
  struct tm from = local (from_utc_ms), to = local (to_utc_ms);

  return day_number (&to) - day_number (&from);
}

/* UTC_MS as FMT of strftime says. */
static char *
formatted (int64_t utc_ms, const char *fmt) __attribute__ ((format (strftime, 2, 0)));

static char *
formatted (int64_t utc_ms, const char *fmt)
{
  struct tm tm = local (utc_ms);
  char text[160];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return cf_words_format ("%.*s", (int) strftime (text, sizeof text, fmt, &tm), text);
#pragma GCC diagnostic pop
}

char *
cf_words_date (int64_t utc_ms)
{
  /* Translators: a date for strftime: "3 May 2024" */
  return formatted (utc_ms, _("%-d %B %Y"));
}

char *
cf_words_time (int64_t utc_ms, int64_t now_utc_ms)
{
  int64_t days = cf_words_days_between (utc_ms, now_utc_ms);

  if (days == 0)
    /* Translators: a time of today for strftime: "14:05" */
    return formatted (utc_ms, _("%H:%M"));
  if (days > 0 && days < 7)
    /* Translators: a time of the last week for strftime: "Tue 14:05" */
    return formatted (utc_ms, _("%a %H:%M"));
  if (local (utc_ms).tm_year == local (now_utc_ms).tm_year)
    /* Translators: a day of this year for strftime: "3 May" */
    return formatted (utc_ms, _("%-d %b"));
  /* Translators: a day of another year for strftime, short: "3 May 2024" */
  return formatted (utc_ms, _("%-d %b %Y"));
}

char *
cf_words_until (int64_t utc_ms, int64_t now_utc_ms)
{
  int64_t days = cf_words_days_between (now_utc_ms, utc_ms);

  if (days > 0 && days < 7)
    /* Translators: a time of the next week for strftime: "Tue 14:05" */
    return formatted (utc_ms, _("%a %H:%M"));
  return cf_words_time (utc_ms, now_utc_ms);
}

char *
cf_words_time_full (int64_t utc_ms)
{
  /* Translators: a whole time for strftime: "Friday, 3 May 2024, 14:05:09" */
  return formatted (utc_ms, _("%A, %-d %B %Y, %H:%M:%S"));
}

char *
cf_words_ago (int64_t utc_ms, int64_t now_utc_ms)
{
  int64_t ago = now_utc_ms - utc_ms;
  int n;

  if (ago < -MINUTE_MS || cf_words_days_between (utc_ms, now_utc_ms) > 1)
    return cf_words_time (utc_ms, now_utc_ms);
  if (ago < MINUTE_MS)
    return cf_words_format ("%s", _("just now"));
  if (ago < HOUR_MS) {
    n = (int) (ago / MINUTE_MS);
    return cf_words_format (ngettext ("%d minute ago", "%d minutes ago", (unsigned long) n), n);
  }
  if (cf_words_days_between (utc_ms, now_utc_ms) == 0)
    return formatted (utc_ms, _("%H:%M"));
  /* Translators: a time of yesterday for strftime */
  return formatted (utc_ms, _("yesterday, %H:%M"));
}

int64_t
cf_words_ago_changes_ms (int64_t utc_ms, int64_t now_utc_ms)
{
  int64_t ago = now_utc_ms - utc_ms;
  struct tm now = local (now_utc_ms);
  int64_t midnight = DAY_MS - ((now.tm_hour * 60ll + now.tm_min) * 60 + now.tm_sec) * 1000;

  if (ago < 0)
    return MINUTE_MS;
  if (ago < HOUR_MS)
    return MINUTE_MS - ago % MINUTE_MS;
  return midnight > 0 ? midnight : MINUTE_MS;
}

char *
cf_words_day (int64_t utc_ms, int64_t now_utc_ms)
{
  int64_t days = cf_words_days_between (utc_ms, now_utc_ms);

  if (days == 0)
    return cf_words_format ("%s", _("Today"));
  if (days == 1)
    return cf_words_format ("%s", _("Yesterday"));
  if (days > 0 && days < 7)
    /* Translators: a day of the last week for strftime: "Tuesday" */
    return formatted (utc_ms, _("%A"));
  return cf_words_date (utc_ms);
}

char *
cf_words_duration (int64_t seconds)
{
  static const struct {
    int64_t length;
    const char *one, *many;
  } units[] = {
    { 7 * 24 * 3600, N_("%d week"), N_("%d weeks") }, { 24 * 3600, N_("%d day"), N_("%d days") },
    { 3600, N_("%d hour"), N_("%d hours") },          { 60, N_("%d minute"), N_("%d minutes") },
    { 1, N_("%d second"), N_("%d seconds") },
  };
  size_t i = 0;
  int n;

  if (seconds < 0)
    seconds = 0;
  while (i + 1 < sizeof units / sizeof *units && (seconds < units[i].length || seconds % units[i].length))
    i++;
  n = seconds / units[i].length > INT32_MAX ? INT32_MAX : (int) (seconds / units[i].length);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return cf_words_format (ngettext (units[i].one, units[i].many, (unsigned long) n), n);
#pragma GCC diagnostic pop
}

char *
cf_words_left (int64_t seconds)
{
  int64_t unit = seconds <= 3600 ? 60 : seconds <= 24 * 3600 ? 3600 : 24 * 3600;

  return cf_words_duration (seconds > 0 ? (seconds - 1) / unit * unit + unit : unit);
}

static const char *const units[] = { N_("bytes"), N_("kB"), N_("MB"), N_("GB"), N_("TB") };

size_t
cf_words_unit (double *n)
{
  size_t unit = 0;

  while (*n >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
    *n /= 1000;
    unit++;
  }
  return unit;
}

const char *
cf_words_unit_name (size_t unit)
{
  return _(units[unit]);
}

int
cf_words_decimals (double n, size_t unit)
{
  return unit && n < 9.95 ? 1 : 0;
}

char *
cf_words_size (int64_t bytes)
{
  double n = bytes < 0 ? 0 : (double) bytes;
  size_t unit = cf_words_unit (&n);

  /* Translators: a number and its unit: "1.2 MB" */
  return cf_words_format (cf_words_decimals (n, unit) ? _("%.1f %s") : _("%.0f %s"), n, cf_words_unit_name (unit));
}
