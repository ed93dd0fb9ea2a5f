# ui/thumbnail: decodes pictures that came in, confined; only for the desktop client, and only where that can be had.
if HAVE_THUMBNAIL
bin_PROGRAMS += confab-thumbnail
confab_thumbnail_SOURCES = ui/thumbnail/main.c ui/thumbnail/confine.c ui/thumbnail/confine.h \
	ui/thumbnail/picture.c ui/thumbnail/picture.h
confab_thumbnail_CPPFLAGS = $(AM_CPPFLAGS) $(PIXBUF_CFLAGS) $(SECCOMP_CFLAGS)
confab_thumbnail_LDADD = $(PIXBUF_LIBS) $(SECCOMP_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/ui/test_thumbnail tests/unit/ui/test_confine
TESTS += tests/unit/ui/test_thumbnail tests/unit/ui/test_confine
tests_unit_ui_test_thumbnail_CPPFLAGS = $(AM_CPPFLAGS) $(PIXBUF_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ui_test_thumbnail_LDADD = $(PIXBUF_LIBS) $(CMOCKA_LIBS)
tests_unit_ui_test_confine_SOURCES = tests/unit/ui/test_confine.c ui/thumbnail/confine.c ui/thumbnail/confine.h
tests_unit_ui_test_confine_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ui_test_confine_LDADD = $(SECCOMP_LIBS) $(CMOCKA_LIBS)
endif
endif
