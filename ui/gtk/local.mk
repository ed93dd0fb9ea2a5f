# ui/gtk: the desktop client; left out by --without-gtk, or where GTK or libhandy are missing.
# Everything but main() is in the library, so that tests and benches can show single widgets.

# What goes into the program as a resource: named here and in confab.gresource.xml.
gtk_resources = ui/gtk/confab.gresource.xml ui/gtk/style.css ui/gtk/window.ui
EXTRA_DIST += $(gtk_resources)

if HAVE_GTK
noinst_LIBRARIES += libcf-gtk.a
libcf_gtk_a_SOURCES = ui/gtk/app.c ui/gtk/app.h ui/gtk/window.c ui/gtk/window.h
nodist_libcf_gtk_a_SOURCES = ui/gtk/resources.c
libcf_gtk_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(GTK_CFLAGS)
# GTK's macros and signatures trip these.
GTK_WARNINGS = -Wno-conversion -Wno-cast-qual
libcf_gtk_a_CFLAGS = $(AM_CFLAGS) $(GTK_WARNINGS)
GTK_CLIENT_LIBS = libcf-gtk.a $(CLIENT_LIBS) $(GTK_LIBS)

bin_PROGRAMS += confab-gtk
confab_gtk_SOURCES = ui/gtk/main.c base/wiping_heap.c
confab_gtk_CPPFLAGS = $(libcf_gtk_a_CPPFLAGS)
confab_gtk_CFLAGS = $(libcf_gtk_a_CFLAGS)
confab_gtk_LDADD = $(GTK_CLIENT_LIBS)

CLEANFILES += ui/gtk/resources.c
ui/gtk/resources.c: $(gtk_resources)
	$(AM_V_GEN)$(MKDIR_P) ui/gtk && $(GLIB_COMPILE_RESOURCES) --generate-source --manual-register \
	  --c-name cf_gtk --sourcedir=$(srcdir)/ui/gtk --target=$@ $(srcdir)/ui/gtk/confab.gresource.xml
endif
