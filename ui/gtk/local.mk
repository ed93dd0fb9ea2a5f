# ui/gtk: the desktop client; left out by --without-gtk, or where GTK or libhandy are missing.
# Everything but main() is in the library, so that tests and benches can show single widgets.

# What goes into the program as a resource: named here and in confab.gresource.xml.
gtk_resources = ui/gtk/confab.gresource.xml ui/gtk/style.css \
	ui/gtk/add_contact_dialog.ui \
	ui/gtk/address_dialog.ui \
	ui/gtk/choice_dialog.ui \
	ui/gtk/composer.ui \
	ui/gtk/confab-send-symbolic.svg ui/gtk/confab-send-symbolic-rtl.svg \
	ui/gtk/conversation_view.ui \
	ui/gtk/demo_bar.ui \
	ui/gtk/empty_view.ui \
	ui/gtk/fact_row.ui \
	ui/gtk/file_row.ui \
	ui/gtk/first_run.ui \
	ui/gtk/key_bar.ui \
	ui/gtk/list_row.ui \
	ui/gtk/message_details.ui \
	ui/gtk/nodes_group.ui \
	ui/gtk/open_dialog.ui \
	ui/gtk/people_dialog.ui \
	ui/gtk/reach_dialog.ui \
	ui/gtk/request_view.ui \
	ui/gtk/revoke_dialog.ui \
	ui/gtk/scan_view.ui \
	ui/gtk/search_bar.ui \
	ui/gtk/search_view.ui \
	ui/gtk/security_panel.ui \
	ui/gtk/settings_dialog.ui \
	ui/gtk/shortcuts.ui \
	ui/gtk/sidebar.ui \
	ui/gtk/state_page.ui \
	ui/gtk/window.ui
EXTRA_DIST += $(gtk_resources)

if HAVE_GTK
noinst_LIBRARIES += libcf-gtk.a
libcf_gtk_a_SOURCES = \
	ui/gtk/accessible.c ui/gtk/accessible.h \
	ui/gtk/add_contact_dialog.c ui/gtk/add_contact_dialog.h \
	ui/gtk/address_dialog.c ui/gtk/address_dialog.h \
	ui/gtk/app.c ui/gtk/app.h \
	ui/gtk/attach_strip.c ui/gtk/attach_strip.h \
	ui/gtk/avatar.c ui/gtk/avatar.h \
	ui/gtk/choice.c ui/gtk/choice.h \
	ui/gtk/choice_dialog.c ui/gtk/choice_dialog.h \
	ui/gtk/composer.c ui/gtk/composer.h \
	ui/gtk/conversation_actions.c ui/gtk/conversation_actions.h \
	ui/gtk/conversation_view.c ui/gtk/conversation_view.h ui/gtk/conversation_view_private.h \
	ui/gtk/conversation_view_actions.c \
	ui/gtk/conversation_view_files.c \
	ui/gtk/conversation_view_rows.c \
	ui/gtk/conversation_view_write.c \
	ui/gtk/drop_overlay.c ui/gtk/drop_overlay.h \
	ui/gtk/demo_bar.c ui/gtk/demo_bar.h \
	ui/gtk/emoji.c ui/gtk/emoji.h \
	ui/gtk/empty_view.c ui/gtk/empty_view.h \
	ui/gtk/escape.c ui/gtk/escape.h \
	ui/gtk/fit.c ui/gtk/fit.h \
	ui/gtk/fact_row.c ui/gtk/fact_row.h \
	ui/gtk/file_open.c ui/gtk/file_open.h \
	ui/gtk/file_row.c ui/gtk/file_row.h ui/gtk/file_row_private.h \
	ui/gtk/file_row_deeds.c \
	ui/gtk/file_space.c \
	ui/gtk/first_run.c ui/gtk/first_run.h \
	ui/gtk/key_bar.c ui/gtk/key_bar.h \
	ui/gtk/list_row.c ui/gtk/list_row.h \
	ui/gtk/message_details.c ui/gtk/message_details.h \
	ui/gtk/message_row.c ui/gtk/message_row.h ui/gtk/message_row_private.h \
	ui/gtk/message_row_body.c \
	ui/gtk/message_row_layout.c \
	ui/gtk/message_row_parts.c \
	ui/gtk/message_row_text.c ui/gtk/message_row_text.h \
	ui/gtk/notify.c ui/gtk/notify.h \
	ui/gtk/nodes_group.c ui/gtk/nodes_group.h \
	ui/gtk/open_dialog.c ui/gtk/open_dialog.h \
	ui/gtk/pasted.c ui/gtk/pasted.h \
	ui/gtk/people_dialog.c ui/gtk/people_dialog.h \
	ui/gtk/progress_ring.c ui/gtk/progress_ring.h \
	ui/gtk/qr_read.c ui/gtk/qr_read.h \
	ui/gtk/qr_view.c ui/gtk/qr_view.h \
	ui/gtk/reach_dialog.c ui/gtk/reach_dialog.h \
	ui/gtk/request_view.c ui/gtk/request_view.h \
	ui/gtk/revoke_dialog.c ui/gtk/revoke_dialog.h \
	ui/gtk/scan.c ui/gtk/scan.h \
	ui/gtk/scan_camera.c \
	ui/gtk/scan_view.c ui/gtk/scan_view.h \
	ui/gtk/search_bar.c ui/gtk/search_bar.h \
	ui/gtk/search_view.c ui/gtk/search_view.h \
	ui/gtk/secret_buffer.c ui/gtk/secret_buffer.h \
	ui/gtk/security_panel.c ui/gtk/security_panel.h ui/gtk/security_panel_private.h \
	ui/gtk/security_panel_deeds.c ui/gtk/security_panel_export.c \
	ui/gtk/settings_dialog.c ui/gtk/settings_dialog.h \
	ui/gtk/settings_row.c ui/gtk/settings_row.h \
	ui/gtk/shortcuts.c ui/gtk/shortcuts.h \
	ui/gtk/sidebar.c ui/gtk/sidebar.h \
	ui/gtk/slim_bin.c ui/gtk/slim_bin.h \
	ui/gtk/state_page.c ui/gtk/state_page.h \
	ui/gtk/thumbnail.c ui/gtk/thumbnail.h \
	ui/gtk/timeline_view.c ui/gtk/timeline_view.h ui/gtk/timeline_view_private.h \
	ui/gtk/timeline_view_input.c \
	ui/gtk/transfers_button.c ui/gtk/transfers_button.h \
	ui/gtk/widget_call.c ui/gtk/widget_call.h \
	ui/gtk/window.c ui/gtk/window.h \
	ui/gtk/wrap_box.c ui/gtk/wrap_box.h
nodist_libcf_gtk_a_SOURCES = ui/gtk/resources.c
libcf_gtk_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(GTK_CFLAGS) $(ZBAR_CFLAGS)
# GTK's macros and signatures trip these.
GTK_WARNINGS = -Wno-conversion -Wno-cast-qual
libcf_gtk_a_CFLAGS = $(AM_CFLAGS) $(GTK_WARNINGS)
GTK_CLIENT_LIBS = libcf-gtk.a $(CLIENT_LIBS) $(GTK_LIBS) $(ZBAR_LIBS) -lm

bin_PROGRAMS += confab-gtk
confab_gtk_SOURCES = ui/gtk/main.c base/wiping_heap.c
confab_gtk_CPPFLAGS = $(libcf_gtk_a_CPPFLAGS)
confab_gtk_CFLAGS = $(libcf_gtk_a_CFLAGS)
confab_gtk_LDADD = $(GTK_CLIENT_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/ui/test_qr_read
TESTS += tests/unit/ui/test_qr_read
tests_unit_ui_test_qr_read_SOURCES = tests/unit/ui/test_qr_read.c
tests_unit_ui_test_qr_read_CPPFLAGS = $(libcf_gtk_a_CPPFLAGS)
tests_unit_ui_test_qr_read_CFLAGS = $(libcf_gtk_a_CFLAGS)
tests_unit_ui_test_qr_read_LDADD = $(GTK_CLIENT_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/ui/test_message_text
TESTS += tests/unit/ui/test_message_text
tests_unit_ui_test_message_text_SOURCES = tests/unit/ui/test_message_text.c
tests_unit_ui_test_message_text_CPPFLAGS = $(libcf_gtk_a_CPPFLAGS)
tests_unit_ui_test_message_text_CFLAGS = $(libcf_gtk_a_CFLAGS)
tests_unit_ui_test_message_text_LDADD = $(GTK_CLIENT_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/ui/test_gtk_files
TESTS += tests/unit/ui/test_gtk_files
tests_unit_ui_test_gtk_files_SOURCES = tests/unit/ui/test_gtk_files.c
tests_unit_ui_test_gtk_files_CPPFLAGS = $(libcf_gtk_a_CPPFLAGS)
tests_unit_ui_test_gtk_files_CFLAGS = $(libcf_gtk_a_CFLAGS)
tests_unit_ui_test_gtk_files_LDADD = $(GTK_CLIENT_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/ui/test_timeline_view
tests_unit_ui_test_timeline_view_SOURCES = tests/unit/ui/test_timeline_view.c
tests_unit_ui_test_timeline_view_CPPFLAGS = $(libcf_gtk_a_CPPFLAGS)
tests_unit_ui_test_timeline_view_CFLAGS = $(libcf_gtk_a_CFLAGS)
tests_unit_ui_test_timeline_view_LDADD = $(GTK_CLIENT_LIBS) $(CMOCKA_LIBS)
dist_check_SCRIPTS += tests/unit/ui/timeline_view.sh
TESTS += tests/unit/ui/timeline_view.sh
tests/unit/ui/timeline_view.log: tests/unit/ui/test_timeline_view
check_PROGRAMS += tests/unit/ui/test_contrast
tests_unit_ui_test_contrast_SOURCES = tests/unit/ui/test_contrast.c
tests_unit_ui_test_contrast_CPPFLAGS = $(libcf_gtk_a_CPPFLAGS)
tests_unit_ui_test_contrast_CFLAGS = $(libcf_gtk_a_CFLAGS)
tests_unit_ui_test_contrast_LDADD = $(GTK_CLIENT_LIBS) $(CMOCKA_LIBS) -lm
check_PROGRAMS += tests/unit/ui/test_choice
tests_unit_ui_test_choice_SOURCES = tests/unit/ui/test_choice.c
tests_unit_ui_test_choice_CPPFLAGS = $(libcf_gtk_a_CPPFLAGS)
tests_unit_ui_test_choice_CFLAGS = $(libcf_gtk_a_CFLAGS)
tests_unit_ui_test_choice_LDADD = $(GTK_CLIENT_LIBS) $(CMOCKA_LIBS)
dist_check_SCRIPTS += tests/unit/ui/choice.sh
TESTS += tests/unit/ui/choice.sh
tests/unit/ui/choice.log: tests/unit/ui/test_choice
dist_check_SCRIPTS += tests/unit/ui/contrast.sh
TESTS += tests/unit/ui/contrast.sh
tests/unit/ui/contrast.log: tests/unit/ui/test_contrast
endif

CLEANFILES += ui/gtk/resources.c
ui/gtk/resources.c: $(gtk_resources) $(icons)
	$(AM_V_GEN)$(MKDIR_P) ui/gtk && $(GLIB_COMPILE_RESOURCES) --generate-source --manual-register \
	  --c-name cf_gtk --sourcedir=$(srcdir)/ui/gtk --sourcedir=$(srcdir)/data/icons --target=$@ $(srcdir)/ui/gtk/confab.gresource.xml
endif
