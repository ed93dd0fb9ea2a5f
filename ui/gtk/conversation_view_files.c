/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conversation_view_files.c - files that are chosen, dropped or pasted, and sent.
 *
 * They wait in the composer's strip, each conversation its own while the client runs, and are offered when the message is
 * sent.  What the daemon does not take comes back.
 */

#include <config.h>

#include "ui/client/i18n.h"
#include "ui/client/session.h"
#include "ui/gtk/conversation_view_private.h"
#include "ui/gtk/message_row_text.h"

static bool
may_send (CfConversationView *self)
{
  return self->timeline && gtk_widget_get_visible (GTK_WIDGET (self->composer));
}

static CfAttachStrip *
strip_of (CfConversationView *self)
{
  return cf_composer_strip (self->composer);
}

/* ---- which wait ---- */

void
cf_conversation_files_start (CfConversationView *self)
{
  char **paths = g_hash_table_lookup (self->waiting, cf_conversation_view_id (self));

  for (; paths && *paths; paths++)
    cf_attach_strip_add (strip_of (self), *paths);
  g_hash_table_remove (self->waiting, cf_conversation_view_id (self));
}

void
cf_conversation_files_stop (CfConversationView *self)
{
  char **paths;

  if (!self->timeline || !cf_attach_strip_count (strip_of (self)))
    return;
  paths = cf_attach_strip_take (strip_of (self));
  g_hash_table_insert (self->waiting, g_strdup (cf_conversation_view_id (self)), paths);
}

/* ---- sending ---- */

struct offering {
  GWeakRef view;
  char *conversation, *path;
};

static void
give_back (CfConversationView *self, struct offering *o)
{
  char **paths, **more;
  guint n;

  if (!g_strcmp0 (cf_conversation_view_id (self), o->conversation)) {
    cf_attach_strip_add (strip_of (self), o->path);
    return;
  }
  paths = g_hash_table_lookup (self->waiting, o->conversation);
  n = paths ? g_strv_length (paths) : 0;
  more = g_new0 (char *, n + 2);
  for (guint i = 0; i < n; i++)
    more[i] = g_strdup (paths[i]);
  more[n] = g_strdup (o->path);
  g_hash_table_insert (self->waiting, g_strdup (o->conversation), more);
}

static void
on_offered (void *arg, const struct cf_client_error *error)
{
  struct offering *o = arg;
  CfConversationView *self = g_weak_ref_get (&o->view);

  if (self && error->err) {
    give_back (self, o);
    cf_app_report (self->app, error);
  }
  g_clear_object (&self);
  g_weak_ref_clear (&o->view);
  g_free (o->conversation);
  g_free (o->path);
  g_free (o);
}

static void
offer (CfConversationView *self, const char *path)
{
  static const struct cf_call_handler handler = { .done = on_offered };
  const char *words[] = { "--wait=queued", cf_conversation_view_id (self), path, NULL };
  struct offering *o = g_new0 (struct offering, 1);
  gpg_error_t err;

  g_weak_ref_init (&o->view, self);
  o->conversation = g_strdup (cf_conversation_view_id (self));
  o->path = g_strdup (path);
  err = cf_session_call (cf_model_session (cf_app_model (self->app)), "SEND-FILE", words, NULL, &handler, o, NULL);
  if (err) {
    const struct cf_err_info *info = cf_err_info (err);
    const struct cf_client_error error = {
      .err = err, .name = info->name, .message = info->message, .hint = info->hint
    };

    on_offered (o, &error);
  }
}

void
cf_conversation_files_send (CfConversationView *self)
{
  char **paths = cf_attach_strip_take (strip_of (self));

  for (char **path = paths; *path; path++)
    offer (self, *path);
  g_strfreev (paths);
}

/* ---- choosing ---- */

static void
on_chosen (GtkNativeDialog *chooser, int response, CfConversationView *self)
{
  GSList *names = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_filenames (GTK_FILE_CHOOSER (chooser)) : NULL;
  const char *meant = g_object_get_data (G_OBJECT (chooser), "conversation");

  /* If another conversation is shown by now, nothing goes to somebody whom nobody meant. */
  if (may_send (self) && !g_strcmp0 (cf_conversation_view_id (self), meant))
    for (GSList *i = names; i; i = i->next)
      cf_attach_strip_add (strip_of (self), i->data);
  if (may_send (self))
    cf_composer_focus (self->composer);
  g_slist_free_full (names, g_free);
  g_object_unref (chooser);
}

void
cf_conversation_view_attach (CfConversationView *self, gboolean folder)
{
  GtkFileChooserNative *chooser;
  char *name, *title;

  if (!may_send (self))
    return;
  name = cf_message_text_isolate (self->peer);
  title = g_strdup_printf (_ ("Send to %s"), name);
  chooser = gtk_file_chooser_native_new (title, GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self))),
                                         folder ? GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER : GTK_FILE_CHOOSER_ACTION_OPEN,
                                         _ ("Attach"), NULL);
  gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (chooser), TRUE);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (chooser), TRUE);
  g_object_set_data_full (G_OBJECT (chooser), "conversation", g_strdup (cf_conversation_view_id (self)), g_free);
  g_signal_connect_object (chooser, "response", G_CALLBACK (on_chosen), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
  g_free (title);
  g_free (name);
}

/* ---- dropping ---- */

static void
on_dropped (CfConversationView *self, char **uris)
{
  char *links;

  if (!may_send (self))
    return;
  if (!cf_attach_strip_add_uris (strip_of (self), uris)) {
    links = g_strjoinv (" ", uris);
    cf_composer_insert (self->composer, links);
    g_free (links);
  }
  cf_composer_focus (self->composer);
}

void
cf_conversation_files_peer (CfConversationView *self)
{
  cf_drop_overlay_set_peer (self->drop, may_send (self) ? self->peer : NULL);
}

void
cf_conversation_files_init (CfConversationView *self)
{
  GtkWidget *drop = cf_drop_overlay_new (GTK_WIDGET (self));

  self->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_strfreev);
  self->drop = CF_DROP_OVERLAY (drop);
  g_signal_connect_swapped (drop, "dropped", G_CALLBACK (on_dropped), self);
  gtk_overlay_add_overlay (self->overlay, drop);
  gtk_overlay_set_overlay_pass_through (self->overlay, drop, TRUE);
}
