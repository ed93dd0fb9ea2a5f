/* SPDX-License-Identifier: GPL-3.0-or-later */
/* first_run.c - rows of IDENTITIES, one of them chosen, and a last one that makes a key; INIT does the rest, and the
 * model tells when it is done.
 */

#include <config.h>

#include <handy.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/i18n.h"
#include "ui/client/model.h"
#include "ui/client/row.h"
#include "ui/client/words.h"
#include "ui/gtk/first_run.h"
#include "ui/gtk/fit.h"

#define FINGERPRINT "cf-fingerprint" /* of a row; none: the one that makes a key */

struct _CfFirstRun {
  GtkBox parent;
  CfApp *app;
  struct cf_call *listing, *making_it;
  GtkRadioButton *group; /* the first radio button */
  unsigned usable;
  GtkLabel *intro, *hint, *trouble_text;
  GtkListBox *keys;
  GtkRevealer *making;
  GtkEntry *name, *mail;
  GtkInfoBar *trouble;
  GtkWidget *spinner, *begin;
};

G_DEFINE_TYPE (CfFirstRun, cf_first_run, GTK_TYPE_BOX)

static void
set_trouble (CfFirstRun *page, const struct cf_client_error *error)
{
  char *text = error ? cf_words_error (error) : NULL;

  if (text)
    gtk_label_set_text (page->trouble_text, text);
  gtk_info_bar_set_revealed (page->trouble, text != NULL);
  free (text);
}

/* ---- what is chosen ---- */

/* The fingerprint; NULL: a new key, or nothing yet. */
static const char *
get_chosen (CfFirstRun *page, gboolean *r_new)
{
  GSList *radios = page->group ? gtk_radio_button_get_group (page->group) : NULL;

  *r_new = FALSE;
  for (; radios; radios = radios->next)
    if (gtk_toggle_button_get_active (radios->data)) {
      const char *fingerprint = g_object_get_data (radios->data, FINGERPRINT);

      *r_new = !fingerprint;
      return fingerprint;
    }
  return NULL;
}

/* What gpg and mail programs can do with: no brackets, no control characters. */
static gboolean
is_name (const char *name)
{
  gboolean letters = FALSE;

  for (; *name; name = g_utf8_next_char (name)) {
    gunichar c = g_utf8_get_char (name);

    if (c == '<' || c == '>' || c == '@' || g_unichar_iscntrl (c))
      return FALSE;
    letters |= g_unichar_isgraph (c);
  }
  return letters;
}

static gboolean
is_mail (const char *mail)
{
  const char *at = strchr (mail, '@');

  for (const char *p = mail; *p; p++)
    if (*p <= ' ' || *p == '<' || *p == '>' || *p == 0x7f)
      return FALSE;
  return !*mail || (at && at != mail && at[1] && !strchr (at + 1, '@'));
}

static void
on_changed (CfFirstRun *page)
{
  const char *name = gtk_entry_get_text (page->name), *mail = gtk_entry_get_text (page->mail);
  gboolean new, ready = get_chosen (page, &new) != NULL;

  if (new)
    ready = is_name (name) && is_mail (mail);
  gtk_revealer_set_reveal_child (page->making, new);
  gtk_widget_set_sensitive (page->begin, ready && !page->making_it);
  if (*name && !is_name (name))
    gtk_label_set_text (page->hint, _("A name has letters, and none of < > @."));
  else if (!is_mail (mail) && strchr (mail, '@'))
    gtk_label_set_text (page->hint, _("That is not a mail address yet."));
  else
    gtk_label_set_text (page->hint, _("Others see both. You will be asked to choose a passphrase that guards the new"
                                      " key on this computer."));
}

/* In a low window the fields of a new identity come below what is seen. */
static void
on_revealed (CfFirstRun *page)
{
  if (gtk_revealer_get_child_revealed (page->making))
    cf_widget_scroll_to (GTK_WIDGET (page->making));
}

static void
on_activated (CfFirstRun *page, GtkListBoxRow *row)
{
  GtkWidget *radio = g_object_get_data (G_OBJECT (row), "cf-radio");
  gboolean new;

  if (!radio || !gtk_widget_is_sensitive (radio))
    return;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (radio), TRUE);
  if (!get_chosen (page, &new) && new)
    gtk_widget_grab_focus (GTK_WIDGET (page->name));
}

/* ---- the rows ---- */

static GtkWidget *
add_label (GtkWidget *box, const char *text, const char *class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_line_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  if (class)
    gtk_style_context_add_class (gtk_widget_get_style_context (label), class);
  gtk_container_add (GTK_CONTAINER (box), label);
  return label;
}

/* A row with a radio button, and a box for what it says. */
static GtkWidget *
add_row (CfFirstRun *page, const char *fingerprint, const char *accessible, GtkWidget **r_radio)
{
  GtkWidget *row = gtk_list_box_row_new (), *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3), *radio = gtk_radio_button_new_from_widget (page->group);

  if (!page->group)
    page->group = GTK_RADIO_BUTTON (radio);
  g_object_set (line, "margin", 12, NULL);
  gtk_widget_set_valign (radio, GTK_ALIGN_CENTER);
  atk_object_set_name (gtk_widget_get_accessible (radio), accessible);
  atk_object_set_name (gtk_widget_get_accessible (row), accessible);
  g_object_set_data_full (G_OBJECT (radio), FINGERPRINT, g_strdup (fingerprint), g_free);
  g_object_set_data (G_OBJECT (row), "cf-radio", radio);
  g_signal_connect_swapped (radio, "toggled", G_CALLBACK (on_changed), page);
  gtk_container_add (GTK_CONTAINER (line), radio);
  gtk_container_add (GTK_CONTAINER (line), box);
  gtk_container_add (GTK_CONTAINER (row), line);
  gtk_container_add (GTK_CONTAINER (page->keys), row);
  *r_radio = radio;
  return box;
}

/* The last digits of the fingerprint, for those who know theirs by them, and what kind of key it is. */
static char *
get_facts (const json_t *key)
{
  const char *algorithm = cf_row_text (key, "algorithm");
  char *last = cf_words_fingerprint_short (cf_row_text (key, "fingerprint")), *date, *facts;
  int64_t expires;

  if (!cf_row_utc_ms (key, "expires_at", &expires))
    /* Translators: the end of a fingerprint, and the algorithm of the key */
    facts = g_strdup_printf (_("%s · %s · does not expire"), last, algorithm);
  else {
    gboolean over = expires < g_get_real_time () / 1000;

    date = cf_words_time (expires, g_get_real_time () / 1000);
    /* Translators: the end of a fingerprint, the algorithm of the key, and a date */
    facts = g_strdup_printf (over ? _("%s · %s · expired on %s") : _("%s · %s · until %s"), last, algorithm, date);
    free (date);
  }
  free (last);
  return facts;
}

static void
on_key (void *arg, const json_t *key)
{
  CfFirstRun *page = arg;
  const char *fingerprint = cf_row_text (key, "fingerprint"), *state = cf_row_text (key, "key_state");
  gboolean usable = cf_row_true (key, "usable");
  char *groups = cf_words_fingerprint (fingerprint), *facts = get_facts (key);
  GtkWidget *box, *radio, *title, *badge;

  box = add_row (page, fingerprint, cf_row_text (key, "user_id"), &radio);
  title = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  gtk_container_add (GTK_CONTAINER (box), title);
  add_label (title, cf_row_text (key, "user_id"), "cf-name");
  if (cf_row_true (key, "on_card")) {
    badge = add_label (title, _("on a card"), "cf-badge");
    gtk_widget_set_valign (badge, GTK_ALIGN_CENTER);
  }
  add_label (box, facts, NULL);
  g_free (facts);
  add_label (box, groups, "cf-fingerprint-small");
  if (!usable)
    add_label (box, *cf_words_key_state (state) ? cf_words_key_state (state) : _("cannot sign"), "cf-warning");
  gtk_widget_set_sensitive (gtk_widget_get_ancestor (box, GTK_TYPE_LIST_BOX_ROW), usable);
  if (usable && !page->usable++)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (radio), TRUE);
  free (groups);
}

static void
on_listed (void *arg, const struct cf_client_error *error)
{
  CfFirstRun *page = arg;
  GtkWidget *radio, *box = add_row (page, NULL, _("Make a new identity"), &radio);

  page->listing = NULL;
  add_label (box, _("Make a new identity"), "cf-name");
  if (!page->usable)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (radio), TRUE);
  gtk_label_set_text (page->intro,
                      page->usable ? _("Others recognise you by your PGP key. Choose the one that Confab shall use; it"
                                       " stays where it is, and nothing is sent anywhere.")
                                   : _("Others recognise you by your PGP key. You have none yet that Confab could"
                                       " use, so make one: it stays on this computer."));
  if (error->err)
    set_trouble (page, error);
  gtk_widget_show_all (GTK_WIDGET (page->keys));
  gtk_widget_hide (page->spinner);
  on_changed (page);
  cf_app_trace (page->app, "identities");
}

void
cf_first_run_begin (CfFirstRun *page)
{
  static const struct cf_call_handler handler = { .row = on_key, .done = on_listed };
  GList *rows;

  cf_call_cancel (page->listing);
  page->listing = NULL;
  page->group = NULL;
  page->usable = 0;
  rows = gtk_container_get_children (GTK_CONTAINER (page->keys));
  g_list_free_full (rows, (GDestroyNotify) gtk_widget_destroy);
  gtk_widget_show (page->spinner);
  set_trouble (page, NULL);
  on_changed (page);
  if (cf_session_call (cf_model_session (cf_app_model (page->app)), "IDENTITIES", NULL, NULL, &handler, page,
                       &page->listing))
    g_error ("no memory for the keys");
}

/* ---- beginning ---- */

static void
on_made (void *arg, const struct cf_client_error *error)
{
  CfFirstRun *page = arg;

  page->making_it = NULL;
  gtk_widget_hide (page->spinner);
  gtk_widget_set_sensitive (GTK_WIDGET (page->keys), TRUE);
  gtk_widget_set_sensitive (GTK_WIDGET (page->making), TRUE);
  on_changed (page);
  if (error->err)
    set_trouble (page, error); /* else the model says that all is ready, and this page goes */
}

static void
on_begin (CfFirstRun *page)
{
  static const struct cf_call_handler handler = { .done = on_made };
  const char *name = gtk_entry_get_text (page->name), *mail = gtk_entry_get_text (page->mail), *fingerprint;
  gboolean new;
  char *option;
  const char *words[2] = { NULL, NULL };

  if (!gtk_widget_is_sensitive (page->begin))
    return;
  fingerprint = get_chosen (page, &new);
  if (fingerprint)
    option = g_strconcat ("--identity=", fingerprint, NULL);
  else if (*mail)
    option = g_strconcat ("--generate=", name, " <", mail, ">", NULL);
  else
    option = g_strconcat ("--generate=", name, NULL);
  words[0] = option;
  if (cf_session_call (cf_model_session (cf_app_model (page->app)), "INIT", words, NULL, &handler, page,
                       &page->making_it))
    g_error ("no memory for a call");
  g_free (option);
  set_trouble (page, NULL);
  gtk_widget_show (page->spinner);
  gtk_widget_set_sensitive (GTK_WIDGET (page->keys), FALSE);
  gtk_widget_set_sensitive (GTK_WIDGET (page->making), FALSE);
  on_changed (page);
}

/* ---- the class ---- */

static void
cf_first_run_dispose (GObject *object)
{
  CfFirstRun *page = CF_FIRST_RUN (object);

  cf_call_cancel (page->listing);
  cf_call_cancel (page->making_it);
  page->listing = page->making_it = NULL;
  G_OBJECT_CLASS (cf_first_run_parent_class)->dispose (object);
}

static void
cf_first_run_class_init (CfFirstRunClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = cf_first_run_dispose;
  gtk_widget_class_set_template_from_resource (widget, "/im/confab/Confab/first_run.ui");
  gtk_widget_class_bind_template_child (widget, CfFirstRun, intro);
  gtk_widget_class_bind_template_child (widget, CfFirstRun, hint);
  gtk_widget_class_bind_template_child (widget, CfFirstRun, trouble);
  gtk_widget_class_bind_template_child (widget, CfFirstRun, trouble_text);
  gtk_widget_class_bind_template_child (widget, CfFirstRun, keys);
  gtk_widget_class_bind_template_child (widget, CfFirstRun, making);
  gtk_widget_class_bind_template_child (widget, CfFirstRun, name);
  gtk_widget_class_bind_template_child (widget, CfFirstRun, mail);
  gtk_widget_class_bind_template_child (widget, CfFirstRun, spinner);
  gtk_widget_class_bind_template_child (widget, CfFirstRun, begin);
  gtk_widget_class_bind_template_callback (widget, on_changed);
  gtk_widget_class_bind_template_callback (widget, on_revealed);
  gtk_widget_class_bind_template_callback (widget, on_activated);
  gtk_widget_class_bind_template_callback (widget, on_begin);
}

static void
cf_first_run_init (CfFirstRun *page)
{
  gtk_widget_init_template (GTK_WIDGET (page));
}

GtkWidget *
cf_first_run_new (CfApp *app)
{
  CfFirstRun *page = g_object_new (CF_TYPE_FIRST_RUN, NULL);

  page->app = app;
  return GTK_WIDGET (page);
}
