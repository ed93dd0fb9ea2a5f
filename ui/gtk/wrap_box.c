/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wrap_box.c - widgets in lines, as words are. */

#include <config.h>

#include "ui/gtk/wrap_box.h"

struct _CfWrapBox {
  GtkContainer parent;
  GList *children;
  int spacing;
};

G_DEFINE_TYPE (CfWrapBox, cf_wrap_box, GTK_TYPE_CONTAINER)

/* Walks over the children that are shown, WIDTH being there for them; PLACE is that of the one reached. */
struct walk {
  CfWrapBox *box;
  int width, line_height;
  GtkAllocation place; /* from the box's own corner */
};

static void
step (struct walk *w, GtkWidget *child)
{
  GtkRequisition wish;
  int x = w->place.x + w->place.width;

  gtk_widget_get_preferred_size (child, NULL, &wish);
  wish.width = MIN (wish.width, MAX (w->width, 1));
  if (x)
    x += w->box->spacing;
  if (x && x + wish.width > w->width) {
    x = 0;
    w->place.y += w->line_height + w->box->spacing;
    w->line_height = 0;
  }
  w->place = (GtkAllocation){ x, w->place.y, wish.width, wish.height };
  w->line_height = MAX (w->line_height, wish.height);
}

static void
get_height_for_width (GtkWidget *widget, int width, int *minimum, int *natural)
{
  struct walk w = { CF_WRAP_BOX (widget), width, 0, { 0 } };

  for (GList *i = w.box->children; i; i = i->next)
    if (gtk_widget_get_visible (i->data))
      step (&w, i->data);
  *minimum = *natural = w.place.y + w.line_height;
}

/* As narrow as the widest of them, as wide as all of them. */
static void
get_width (GtkWidget *widget, int *minimum, int *natural)
{
  CfWrapBox *box = CF_WRAP_BOX (widget);
  int least, wish;

  *minimum = *natural = 0;
  for (GList *i = box->children; i; i = i->next)
    if (gtk_widget_get_visible (i->data)) {
      gtk_widget_get_preferred_width (i->data, &least, &wish);
      *minimum = MAX (*minimum, least);
      *natural += wish + (*natural ? box->spacing : 0);
    }
}

static void
get_height (GtkWidget *widget, int *minimum, int *natural)
{
  int least, wish;

  get_width (widget, &least, &wish);
  get_height_for_width (widget, wish, minimum, natural);
}

static GtkSizeRequestMode
get_request_mode (GtkWidget *widget)
{
  (void) widget;
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
size_allocate (GtkWidget *widget, GtkAllocation *place)
{
  struct walk w = { CF_WRAP_BOX (widget), place->width, 0, { 0 } };
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;

  gtk_widget_set_allocation (widget, place);
  for (GList *i = w.box->children; i; i = i->next)
    if (gtk_widget_get_visible (i->data)) {
      GtkAllocation at;

      step (&w, i->data);
      at = w.place;
      if (rtl)
        at.x = place->width - at.x - at.width;
      at.x += place->x;
      at.y += place->y;
      gtk_widget_size_allocate (i->data, &at);
    }
}

/* ---- a container ---- */

static void
add (GtkContainer *container, GtkWidget *child)
{
  CfWrapBox *box = CF_WRAP_BOX (container);

  box->children = g_list_append (box->children, child);
  gtk_widget_set_parent (child, GTK_WIDGET (box));
}

static void
remove_child (GtkContainer *container, GtkWidget *child)
{
  CfWrapBox *box = CF_WRAP_BOX (container);
  gboolean shown = gtk_widget_get_visible (child);

  if (!g_list_find (box->children, child))
    return;
  box->children = g_list_remove (box->children, child);
  gtk_widget_unparent (child);
  if (shown)
    gtk_widget_queue_resize (GTK_WIDGET (box));
}

static void
forall (GtkContainer *container, gboolean internals, GtkCallback callback, gpointer data)
{
  GList *next;

  (void) internals;
  for (GList *i = CF_WRAP_BOX (container)->children; i; i = next) {
    next = i->next; /* the callback may remove it */
    callback (i->data, data);
  }
}

static GType
child_type (GtkContainer *container)
{
  (void) container;
  return GTK_TYPE_WIDGET;
}

static void
cf_wrap_box_class_init (CfWrapBoxClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  GtkContainerClass *container = GTK_CONTAINER_CLASS (class);

  widget->get_request_mode = get_request_mode;
  widget->get_preferred_width = get_width;
  widget->get_preferred_height = get_height;
  widget->get_preferred_height_for_width = get_height_for_width;
  widget->size_allocate = size_allocate;
  container->add = add;
  container->remove = remove_child;
  container->forall = forall;
  container->child_type = child_type;
}

static void
cf_wrap_box_init (CfWrapBox *box)
{
  gtk_widget_set_has_window (GTK_WIDGET (box), FALSE);
}

GtkWidget *
cf_wrap_box_new (int spacing)
{
  CfWrapBox *box = g_object_new (CF_TYPE_WRAP_BOX, "visible", TRUE, NULL);

  box->spacing = spacing;
  return GTK_WIDGET (box);
}
