/* SPDX-License-Identifier: GPL-3.0-or-later */
/* message_details.c - one message looked at closely. */
#include <config.h>

#include "ui/gtk/message_details.h"

#include <handy.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/accessible.h"
#include "ui/gtk/escape.h"
#include "ui/gtk/fact_row.h"
#include "ui/gtk/fit.h"
#include "ui/gtk/widget_call.h"

#define CF_TYPE_MESSAGE_DETAILS (cf_message_details_get_type ())
G_DECLARE_FINAL_TYPE (CfMessageDetails, cf_message_details, CF, MESSAGE_DETAILS, HdyWindow)

struct _CfMessageDetails {
  HdyWindow parent;
  CfApp *app;
  GtkStack *pages; /* "waiting", "facts", "wrong" */
  HdyStatusPage *wrong;
  CfFactRow *signature, *author, *signed_by;
  CfFactRow *sent, *received, *delivered, *read, *edited, *expires;
  CfFactRow *state, *route, *peer_key, *own_key, *envelope, *id;
};

G_DEFINE_TYPE (CfMessageDetails, cf_message_details, HDY_TYPE_WINDOW)

static void
show_time (CfFactRow *fact, const json_t *row, const char *key, const char *note)
{
  int64_t at;
  char *when = cf_row_utc_ms (row, key, &at) ? cf_words_time_full (at) : NULL;

  cf_fact_row_set (fact, when, note);
  free (when);
}

static void
show_signature (CfMessageDetails *details, const json_t *row)
{
  const char *signature = cf_row_text (row, "signature");

  if (cf_row_true (row, "notice") || !strcmp (signature, "key_changed")) {
    cf_fact_row_set (details->signature, _("None"), _("Nobody has written this: Confab tells what became of a key."));
    cf_fact_row_set_look (details->signature, CF_FACT_WARNING);
  } else if (!strcmp (signature, "valid")) {
    cf_fact_row_set (details->signature, _("Good"),
                     _("Signed with the author's key of this conversation; not a character was changed on the way."));
    cf_fact_row_set_look (details->signature, CF_FACT_GOOD);
  } else {
    cf_fact_row_set (details->signature, _("Bad"),
                     _("This was not signed as it should be. Do not believe it; ask the author by another way."));
    cf_fact_row_set_look (details->signature, CF_FACT_BAD);
  }
}

static void
show_envelope (CfMessageDetails *details, const json_t *row)
{
  const json_t *envelope = json_object_get (row, "envelope");
  char *size, *text, *number;

  if (!json_is_object (envelope)) {
    cf_fact_row_set (details->envelope, NULL, NULL);
    return;
  }
  size = cf_words_size (cf_row_number (envelope, "bytes"));
  number = g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) cf_row_number (envelope, "number"));
  /* Translators: the second %s is a size like "1.2 kB". */
  text = g_strdup_printf (_("Number %s, %s"), number, size);
  cf_fact_row_set (details->envelope, text,
                   _("What was sent: encrypted, perhaps with other messages, and padded so that its size tells little."));
  g_free (text);
  g_free (number);
  free (size);
}

static void
show_facts (CfMessageDetails *details, const json_t *row)
{
  bool out = !strcmp (cf_row_text (row, "direction"), "out");

  show_signature (details, row);
  cf_fact_row_set_fingerprint (details->author, cf_row_text (row, "author"), out ? _("This is you.") : NULL);
  cf_fact_row_set_fingerprint (details->signed_by, cf_row_text (row, "signed_by"), NULL);
  show_time (details->sent, row, "sent_at", out ? NULL : _("By the clock of the other side."));
  show_time (details->received, row, "received_at", NULL);
  show_time (details->delivered, row, "delivered_at", _("Then it was on the other side's disk."));
  show_time (details->read, row, "read_at", NULL);
  show_time (details->edited, row, "edited_at", NULL);
  show_time (details->expires, row, "expires_at", _("It vanishes then, on both sides."));
  cf_fact_row_set (details->state, cf_words_state (row), NULL);
  cf_fact_row_set (details->route, *cf_row_text (row, "route") ? cf_words_route (row) : NULL, NULL);
  cf_fact_row_set_fingerprint (details->peer_key, cf_row_text (row, "peer_key"), NULL);
  cf_fact_row_set_fingerprint (details->own_key, cf_row_text (row, "own_key"), NULL);
  show_envelope (details, row);
  cf_fact_row_set (details->id, cf_row_text (row, "message"), NULL);
  cf_fact_row_set_copy (details->id, cf_row_text (row, "message"));
}

static void
on_message (GtkWidget *widget, const struct cf_client_error *error, const json_t *row)
{
  CfMessageDetails *details = CF_MESSAGE_DETAILS (widget);
  char *message, *hint, *markup;

  if (error->err || !row) {
    message = error->err ? cf_words_message (error) : strdup (_("This message is gone"));
    hint = error->err ? cf_words_hint (error) : strdup ("");
    markup = g_markup_escape_text (hint, -1); /* markup is what this widget takes */
    hdy_status_page_set_title (details->wrong, message);
    hdy_status_page_set_description (details->wrong, markup);
    free (message);
    free (hint);
    g_free (markup);
    gtk_stack_set_visible_child_name (details->pages, "wrong");
    return;
  }
  show_facts (details, row);
  gtk_stack_set_visible_child_name (details->pages, "facts");
}

static void
cf_message_details_class_init (CfMessageDetailsClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  g_type_ensure (CF_TYPE_FACT_ROW);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/message_details.ui");
#define BIND(name) gtk_widget_class_bind_template_child (widget, CfMessageDetails, name)
  BIND (pages);
  BIND (wrong);
  BIND (signature);
  BIND (author);
  BIND (signed_by);
  BIND (sent);
  BIND (received);
  BIND (delivered);
  BIND (read);
  BIND (edited);
  BIND (expires);
  BIND (state);
  BIND (route);
  BIND (peer_key);
  BIND (own_key);
  BIND (envelope);
  BIND (id);
#undef BIND
  cf_window_class_close_on_escape (widget);
}

static void
cf_message_details_init (CfMessageDetails *details)
{
  gtk_widget_init_template (GTK_WIDGET (details));
  cf_accessible_tell_titles (GTK_WIDGET (details));
}

void
cf_message_details_show (CfApp *app, GtkWindow *parent, const char *conversation, const char *message)
{
  CfMessageDetails *details = g_object_new (CF_TYPE_MESSAGE_DETAILS, "transient-for", parent, NULL);
  const char *words[] = { conversation, message, NULL };

  details->app = app;
  cf_widget_call (GTK_WIDGET (details), app, "MESSAGE", words, NULL, on_message);
  cf_window_present_fitting (GTK_WINDOW (details));
}
