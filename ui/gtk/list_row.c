/* SPDX-License-Identifier: GPL-3.0-or-later */
/* list_row.c - what a request, a conversation and a person nearby look like in a list. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/avatar.h"
#include "ui/gtk/list_row.h"

#define UNREAD_SHOWN 99

struct _CfListRow {
  GtkListBoxRow parent;
  enum cf_section section;
  char *id, *folded; /* FOLDED: what is searched */
  unsigned rank, unread;
  int64_t time_utc_ms; /* 0: none */
  CfAvatar *avatar;
  GtkLabel *name, *time, *line, *pill;
  GtkWidget *muted;
};

G_DEFINE_TYPE (CfListRow, cf_list_row, GTK_TYPE_LIST_BOX_ROW)

const char *
cf_section_title (enum cf_section section)
{
  switch (section) {
  case CF_SECTION_REQUESTS:
    return _("Requests");
  case CF_SECTION_PINNED:
    return _("Pinned");
  case CF_SECTION_NEARBY:
    return _("Nearby");
  case CF_SECTION_CONVERSATIONS:
    return _("Conversations");
  case CF_SECTION_CONTACTS:
    return _("Contacts");
  }
  return "";
}

/* ---- what stands in the second line ---- */

static char *
line_of_request (const json_t *data)
{
  if (!strcmp (cf_row_text (data, "state"), "accepted"))
    return strdup (_("Answered; waiting for the other side"));
  return strdup (!strcmp (cf_row_text (data, "purpose"), "verify") ? _("Wants to verify you again")
                                                                    : _("Asks for a conversation"));
}

static char *
line_of_conversation (const json_t *data, gboolean typing)
{
  const char *state = cf_row_text (data, "state");
  char *what, *remedy, *preview;

  if (!strcmp (state, "requested"))
    return strdup (cf_row_true (data, "asked") ? _("Waiting for the password there")
                                               : _("Waiting for your answer"));
  if (cf_words_trouble (data, &what, &remedy)) {
    free (remedy);
    return what;
  }
  if (typing)
    return cf_words_typing (data);
  preview = cf_words_preview (data);
  if (*preview)
    return preview;
  free (preview);
  return strdup (!strcmp (state, "closed") ? _("Closed") : _("No messages yet"));
}

/* The key's validity, so that a name that anybody may choose is not all there is to see. */
static char *
line_of_person (const json_t *data)
{
  const char *key_state = cf_words_key_state (cf_row_text (data, "key_state"));

  if (*cf_row_text (data, "warning"))
    return strdup (_("Not who the name says: look before you answer"));
  if (*key_state)
    return strdup (key_state);
  return cf_words_fingerprint_short (cf_row_text (data, "fingerprint"));
}

/* ---- showing ---- */

static void
set_class (GtkWidget *widget, const char *name, gboolean on)
{
  GtkStyleContext *style = gtk_widget_get_style_context (widget);

  if (on)
    gtk_style_context_add_class (style, name);
  else
    gtk_style_context_remove_class (style, name);
}

void
cf_list_row_refresh_time (CfListRow *row)
{
  char *text;

  gtk_widget_set_visible (GTK_WIDGET (row->time), row->time_utc_ms != 0);
  if (!row->time_utc_ms)
    return;
  text = cf_words_time (row->time_utc_ms, g_get_real_time () / 1000);
  gtk_label_set_text (row->time, text);
  free (text);
}

static void
show_unread (CfListRow *row, const json_t *data)
{
  gboolean marked = cf_row_true (data, "marked_unread");
  char number[16];

  row->unread = (unsigned) CLAMP (cf_row_number (data, "unread"), 0, G_MAXINT);
  if (row->unread > UNREAD_SHOWN)
    g_snprintf (number, sizeof number, "%d+", UNREAD_SHOWN);
  else if (row->unread)
    g_snprintf (number, sizeof number, "%u", row->unread);
  else
    g_strlcpy (number, "•", sizeof number);
  gtk_label_set_text (row->pill, number);
  if (marked && !row->unread)
    row->unread = 1;
  gtk_widget_set_visible (GTK_WIDGET (row->pill), row->unread > 0);
  set_class (GTK_WIDGET (row), "cf-unread", row->unread > 0);
}

/* One sentence for who does not see the row. */
static void
name_accessible (CfListRow *row)
{
  const char *name = gtk_label_get_text (row->name), *line = gtk_label_get_text (row->line);
  char *text;

  if (row->unread)
    /* Translators: name, unread messages, last line */
    text = g_strdup_printf (ngettext ("%s, %u unread: %s", "%s, %u unread: %s", row->unread), name, row->unread, line);
  else
    text = g_strdup_printf ("%s: %s", name, line);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (row)), text);
  g_free (text);
}

static void
fold_words (CfListRow *row, const json_t *data, const char *name)
{
  const char *fingerprint = cf_row_text (data, *cf_row_text (data, "peer") ? "peer" : "fingerprint");
  char *all = g_strjoin ("\n", name, cf_row_text (data, "user_id"), fingerprint, NULL);

  g_free (row->folded);
  row->folded = g_utf8_casefold (all, -1);
  g_free (all);
}

static gboolean
is_conversation (CfListRow *row)
{
  return row->section == CF_SECTION_PINNED || row->section == CF_SECTION_CONVERSATIONS;
}

void
cf_list_row_show (CfListRow *row, const json_t *data, gboolean typing)
{
  gboolean conversation = is_conversation (row);
  char *name = cf_words_name (data), *line, *tip;

  if (conversation)
    line = line_of_conversation (data, typing);
  else if (row->section == CF_SECTION_REQUESTS)
    line = line_of_request (data);
  else
    line = line_of_person (data);
  tip = conversation ? cf_words_security (data) : cf_words_user_id (data);
  if (conversation || row->section == CF_SECTION_REQUESTS) {
    row->time_utc_ms = 0;
    cf_row_utc_ms (data, conversation ? "last_activity" : "since", &row->time_utc_ms);
  }
  gtk_label_set_text (row->name, name);
  gtk_label_set_text (row->line, line);
  gtk_widget_set_tooltip_text (GTK_WIDGET (row), tip);
  set_class (GTK_WIDGET (row->line), "cf-typing", conversation && typing);
  set_class (GTK_WIDGET (row), "cf-warned", *cf_row_text (data, "warning") != 0);
  cf_avatar_set (row->avatar, cf_row_text (data, conversation ? "peer" : "fingerprint"), name);
  gtk_widget_set_visible (row->muted, cf_row_true (data, "muted"));
  if (conversation)
    show_unread (row, data);
  cf_list_row_refresh_time (row);
  fold_words (row, data, name);
  name_accessible (row);
  free (name);
  free (line);
  free (tip);
}

void
cf_list_row_show_more (CfListRow *row, unsigned count)
{
  char *text = g_strdup_printf (ngettext ("%u more", "%u more", count), count);

  gtk_label_set_text (row->name, text);
  gtk_label_set_text (row->line, _("Show everybody nearby"));
  gtk_widget_hide (GTK_WIDGET (row->avatar));
  name_accessible (row);
  g_free (text);
}

gboolean
cf_list_row_matches (CfListRow *row, const char *needle)
{
  return !*needle || (row->folded && strstr (row->folded, needle));
}

/* ---- what it is ---- */

enum cf_section
cf_list_row_section (CfListRow *row)
{
  return row->section;
}

void
cf_list_row_set_section (CfListRow *row, enum cf_section section)
{
  row->section = section;
}

const char *
cf_list_row_id (CfListRow *row)
{
  return row->id;
}

unsigned
cf_list_row_rank (CfListRow *row)
{
  return row->rank;
}

void
cf_list_row_set_rank (CfListRow *row, unsigned rank)
{
  row->rank = rank;
}

const char *
cf_list_row_name (CfListRow *row)
{
  return gtk_label_get_text (row->name);
}

unsigned
cf_list_row_unread (CfListRow *row)
{
  return row->unread;
}

/* ---- the list ---- */

void
cf_list_row_header (GtkListBoxRow *row, GtkListBoxRow *before, gpointer data)
{
  enum cf_section section;
  GtkWidget *title;

  (void) data;
  if (!CF_IS_LIST_ROW (row))
    return;
  section = CF_LIST_ROW (row)->section;
  if (before && CF_IS_LIST_ROW (before) && CF_LIST_ROW (before)->section == section) {
    gtk_list_box_row_set_header (row, NULL);
    return;
  }
  title = gtk_label_new (cf_section_title (section));
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_style_context_add_class (gtk_widget_get_style_context (title), "cf-section");
  gtk_widget_show (title);
  gtk_list_box_row_set_header (row, title);
}

int
cf_list_row_compare (GtkListBoxRow *a, GtkListBoxRow *b, gpointer data)
{
  CfListRow *left = CF_LIST_ROW (a), *right = CF_LIST_ROW (b);

  (void) data;
  if (left->section != right->section)
    return left->section < right->section ? -1 : 1;
  return left->rank < right->rank ? -1 : left->rank > right->rank;
}

static void
cf_list_row_finalize (GObject *object)
{
  CfListRow *row = CF_LIST_ROW (object);

  g_free (row->id);
  g_free (row->folded);
  G_OBJECT_CLASS (cf_list_row_parent_class)->finalize (object);
}

static void
cf_list_row_class_init (CfListRowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = cf_list_row_finalize;
  g_type_ensure (CF_TYPE_AVATAR);
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/list_row.ui");
  gtk_widget_class_bind_template_child (widget, CfListRow, avatar);
  gtk_widget_class_bind_template_child (widget, CfListRow, name);
  gtk_widget_class_bind_template_child (widget, CfListRow, time);
  gtk_widget_class_bind_template_child (widget, CfListRow, line);
  gtk_widget_class_bind_template_child (widget, CfListRow, pill);
  gtk_widget_class_bind_template_child (widget, CfListRow, muted);
}

static void
cf_list_row_init (CfListRow *row)
{
  gtk_widget_init_template (GTK_WIDGET (row));
}

CfListRow *
cf_list_row_new (enum cf_section section, const char *id)
{
  CfListRow *row = g_object_new (CF_TYPE_LIST_ROW, NULL);

  row->section = section;
  row->id = g_strdup (id);
  return row;
}
