/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_view_rows.c - the timeline's rows become widgets, and what is seen becomes read. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/transfers.h"
#include "ui/client/words.h"
#include "ui/gtk/conversation_view_private.h"

#define FAR_ROWS 24 /* further than this above a row, nobody looks for the one whose words it makes superfluous */

static bool
is_own (const json_t *row)
{
  return !strcmp (cf_row_text (row, "direction"), "out");
}

/* ---- places ---- */

/* Does no later one of ours say the same as the row AT? */
static bool
says_state (const struct cf_timeline *timeline, guint at)
{
  const char *state = cf_row_text (cf_timeline_row (timeline, at), "state");
  const json_t *next;

  for (size_t i = at + 1; (next = cf_timeline_row (timeline, i)); i++)
    if (is_own (next) && !cf_row_true (next, "deleted"))
      return strcmp (cf_row_text (next, "state"), state) != 0;
  return true;
}

static struct cf_message_row_place
place_of (CfConversationView *self, guint at)
{
  const json_t *row = cf_timeline_row (self->timeline, at);
  const json_t *before = at ? cf_timeline_row (self->timeline, at - 1) : NULL;
  bool first = !before, unread = at == self->unread_at;
  bool day = first ? cf_timeline_at_oldest (self->timeline) : !cf_words_same_day (before, row);

  return (struct cf_message_row_place){
    .day = day,
    .unread = unread,
    .more = unread ? self->more_unread : 0,
    .continues = !first && !day && !unread && cf_words_same_group (before, row),
    .says_state = is_own (row) && says_state (self->timeline, at),
    .author = is_own (row) ? _ ("You") : self->peer,
    .name = is_own (row) ? self->own : self->peer,
    .peer = self->peer,
    .transfer = cf_transfer_of_message (cf_app_model (self->app), row),
    .app = self->app,
  };
}

GtkWidget *
cf_conversation_rows_make (gpointer arg, guint at)
{
  CfConversationView *self = arg;
  struct cf_message_row_place place = place_of (self, at);
  GtkWidget *row = cf_message_row_new ((json_t *) cf_timeline_row (self->timeline, at), &place);

  g_signal_connect (row, "act", G_CALLBACK (cf_conversation_actions_on_act), self);
  if (cf_search_bar_words (self->search))
    cf_message_row_mark (CF_MESSAGE_ROW (row), cf_search_bar_words (self->search));
  return row;
}

static void
renew (CfConversationView *self, guint at)
{
  GtkWidget *row = cf_timeline_view_widget (self->rows, at);
  struct cf_message_row_place place;

  if (!row)
    return;
  place = place_of (self, at);
  cf_message_row_set (CF_MESSAGE_ROW (row), (json_t *) cf_timeline_row (self->timeline, at), &place);
}

/* What stands from AT to END has changed: so may have the places of its neighbours. */
static void
renew_around (CfConversationView *self, guint at, guint end)
{
  guint from = at > FAR_ROWS ? at - FAR_ROWS : 0;

  for (guint i = from; i <= end && i < cf_timeline_view_count (self->rows); i++)
    renew (self, i);
}

/* The line "unread" belongs where the timeline says. */
static void
place_unread (CfConversationView *self)
{
  guint before = self->unread_at;
  size_t at;

  self->unread_at = cf_timeline_first_unread (self->timeline, &at) ? (guint) at : G_MAXUINT;
  if (self->unread_at == G_MAXUINT)
    self->more_unread = 0;
  if (before == self->unread_at)
    return;
  if (before != G_MAXUINT)
    renew (self, before);
  if (self->unread_at != G_MAXUINT)
    renew (self, self->unread_at);
}

/* ---- what surrounds the rows ---- */

static void
show_empty (CfConversationView *self)
{
  bool empty = !cf_timeline_count (self->timeline) && cf_timeline_at_newest (self->timeline) &&
               !cf_timeline_loading (self->timeline);

  gtk_widget_set_visible (self->empty, empty);
}

static void
show_to_end (CfConversationView *self)
{
  bool newest = cf_timeline_at_newest (self->timeline);
  size_t fresh = newest ? self->fresh : self->fresh + cf_timeline_fresh (self->timeline);
  bool away = (!newest || !cf_timeline_view_at_end (self->rows)) && cf_timeline_count (self->timeline);
  char *text = fresh ? g_strdup_printf ("%zu", fresh) : NULL;
  char *name = fresh ? g_strdup_printf (ngettext ("To the newest message, %zu new", "To the newest message, %zu new", fresh),
                                        fresh)
                     : g_strdup (_ ("To the newest message"));

  gtk_label_set_text (GTK_LABEL (self->fresh_label), text ? text : "");
  gtk_widget_set_visible (self->fresh_label, fresh > 0);
  gtk_widget_set_tooltip_text (self->to_end, name);
  atk_object_set_name (gtk_widget_get_accessible (self->to_end), name);
  gtk_widget_set_visible (self->to_end, away);
  g_free (name);
  g_free (text);
}

/* ---- what is read ---- */

static bool
is_watched (CfConversationView *self)
{
  GtkWidget *window = gtk_widget_get_toplevel (GTK_WIDGET (self));

  return GTK_IS_WINDOW (window) && gtk_window_is_active (GTK_WINDOW (window)) &&
         gtk_widget_get_mapped (GTK_WIDGET (self->rows));
}

/* The last one that came in, of those that can be seen, is read, and what is before it. */
static void
mark_read (CfConversationView *self)
{
  guint first, last;

  if (!self->timeline || self->settling || !is_watched (self) || !cf_timeline_view_visible (self->rows, &first, &last))
    return;
  for (guint i = last + 1; i-- > first;) {
    const json_t *row = cf_timeline_row (self->timeline, i);
    const char *id = cf_row_text (row, "message");

    if (!row || is_own (row) || cf_row_true (row, "notice") || !strcmp (cf_row_text (row, "signature"), "bad"))
      continue;
    if (strcmp (cf_row_text (row, "state"), "read") && g_strcmp0 (id, self->read)) {
      const char *words[] = { cf_conversation_view_id (self), id, NULL };

      g_free (self->read);
      self->read = g_strdup (id);
      cf_conversation_view_call (self, "READ", words);
    }
    return;
  }
}

void
cf_conversation_rows_shown (CfConversationView *self)
{
  if (!self->timeline)
    return;
  if (cf_timeline_view_at_end (self->rows))
    self->fresh = 0;
  cf_conversation_actions_hide (self);
  show_to_end (self);
  mark_read (self);
}

void
cf_conversation_rows_tick (CfConversationView *self)
{
  guint first, last;

  if (cf_timeline_view_visible (self->rows, &first, &last))
    for (guint i = 0; i < cf_timeline_view_count (self->rows); i++)
      if (cf_timeline_view_widget (self->rows, i))
        cf_message_row_tick (CF_MESSAGE_ROW (cf_timeline_view_widget (self->rows, i)));
}

void
cf_conversation_rows_to_end (CfConversationView *self)
{
  cf_timeline_newest (self->timeline);
  cf_timeline_view_to_end (self->rows);
}

/* ---- the timeline tells ---- */

/* How many of the rows from AT up to END the other side has said. */
static unsigned
count_theirs (CfConversationView *self, size_t at, size_t end)
{
  unsigned count = 0;

  for (; at < end; at++) {
    const json_t *row = cf_timeline_row (self->timeline, at);

    count += !is_own (row) && !cf_row_true (row, "notice");
  }
  return count;
}

/* More was unread than the newest page holds: the line stands above the page, and says so. */
static void
count_more_unread (CfConversationView *self)
{
  unsigned here = 0;
  size_t at;

  if (!cf_timeline_count (self->timeline) || !self->unread)
    return; /* it is not here yet; or this is the page once more, and the line stands where it stood */
  if (cf_timeline_first_unread (self->timeline, &at) && !cf_timeline_at_oldest (self->timeline))
    here = count_theirs (self, at, cf_timeline_count (self->timeline));
  self->more_unread = here && self->unread > here ? self->unread - here : 0;
  self->unread = 0;
}

static void
on_reset (void *arg)
{
  CfConversationView *self = arg;
  guint count = (guint) cf_timeline_count (self->timeline);

  self->settling = true; /* what the view passes on its way to the first unread row was not seen */
  cf_conversation_actions_hide (self);
  self->unread_at = G_MAXUINT;
  cf_timeline_view_clear (self->rows);
  count_more_unread (self);
  place_unread (self);
  cf_timeline_view_set_follow (self->rows, cf_timeline_at_newest (self->timeline));
  cf_timeline_view_insert (self->rows, 0, count);
  if (self->unread_at != G_MAXUINT) /* where one went on reading */
    cf_timeline_view_reveal (self->rows, self->unread_at, 0.25);
  else if (cf_timeline_at_newest (self->timeline))
    cf_timeline_view_to_end (self->rows);
  self->settling = false;
  self->unread_high = self->unread_at == 0; /* nothing is above it yet: it could not be shown where it belongs */
  show_empty (self);
  show_to_end (self);
  mark_read (self);
}

/* COUNT rows came above the first unread one, which had nothing above it.  It is shown where it belongs now; or, if some
   of them are unread as well, the line has moved up to these, and they stand above it no more. */
static void
lower_unread (CfConversationView *self, guint count)
{
  unsigned theirs = count_theirs (self, self->unread_at, count);

  self->more_unread = self->more_unread > theirs ? self->more_unread - theirs : 0;
  renew (self, self->unread_at);
  self->settling = true;
  cf_timeline_view_reveal (self->rows, self->unread_at, 0.25);
  self->settling = false;
}

static void
on_inserted (void *arg, size_t at, size_t count)
{
  CfConversationView *self = arg;
  bool below = at == cf_timeline_view_count (self->rows) && cf_timeline_at_newest (self->timeline);

  cf_conversation_actions_hide (self);
  if (self->unread_at != G_MAXUINT && at <= self->unread_at)
    self->unread_at += (guint) count;
  cf_timeline_view_insert (self->rows, (guint) at, (guint) count);
  renew_around (self, (guint) at, (guint) (at + count));
  place_unread (self);
  if (self->unread_high && !at && self->unread_at <= count)
    lower_unread (self, (guint) count);
  self->unread_high = self->unread_high && !self->unread_at;
  if (below && !cf_timeline_view_at_end (self->rows))
    for (size_t i = at; i < at + count; i++)
      self->fresh += !is_own (cf_timeline_row (self->timeline, i));
  show_empty (self);
  show_to_end (self);
  mark_read (self);
}

static void
on_changed (void *arg, size_t at, size_t count)
{
  CfConversationView *self = arg;

  renew_around (self, (guint) at, (guint) (at + count));
  place_unread (self);
}

static void
on_removed (void *arg, size_t at, size_t count)
{
  CfConversationView *self = arg;

  cf_conversation_actions_hide (self);
  if (self->unread_at != G_MAXUINT && self->unread_at >= at + count)
    self->unread_at -= (guint) count;
  else if (self->unread_at != G_MAXUINT && self->unread_at >= at)
    self->unread_at = G_MAXUINT;
  cf_timeline_view_set_follow (self->rows, cf_timeline_at_newest (self->timeline));
  cf_timeline_view_remove (self->rows, (guint) at, (guint) count);
  renew_around (self, (guint) at, (guint) at);
  place_unread (self);
  show_empty (self);
  show_to_end (self);
}

static void
on_state (void *arg)
{
  CfConversationView *self = arg;

  cf_timeline_view_set_follow (self->rows, cf_timeline_at_newest (self->timeline));
  renew_around (self, 0, 0);
  show_empty (self);
  show_to_end (self);
}

static void
on_jumped (void *arg, size_t at)
{
  CfConversationView *self = arg;
  GtkWidget *row;

  cf_timeline_view_reveal (self->rows, (guint) at, 0.4);
  row = cf_timeline_view_widget (self->rows, (guint) at);
  if (row)
    cf_message_row_flash (CF_MESSAGE_ROW (row));
}

static void
on_failed (void *arg, const struct cf_client_error *error)
{
  cf_app_report (CF_CONVERSATION_VIEW (arg)->app, error);
}

const struct cf_timeline_handler cf_conversation_rows_handler = {
  .reset = on_reset,
  .inserted = on_inserted,
  .changed = on_changed,
  .removed = on_removed,
  .state = on_state,
  .jumped = on_jumped,
  .failed = on_failed,
};
