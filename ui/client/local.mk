# ui/client: the client library.
noinst_LIBRARIES += libcf-client.a
libcf_client_a_SOURCES = ui/client/connection.c ui/client/client.c ui/client/client.h ui/client/spawn.c ui/client/spawn.h \
	ui/client/session.c ui/client/session_call.c ui/client/session.h ui/client/session_private.h \
	ui/client/model.c ui/client/model_event.c ui/client/model_private.h ui/client/model.h ui/client/model_list.c ui/client/model_list.h \
	ui/client/timeline.c ui/client/timeline.h ui/client/transfers.c ui/client/transfers.h \
	ui/client/words.c ui/client/words_time.c ui/client/words_event.c ui/client/words_daemon.c ui/client/words_remedy.c ui/client/words.h ui/client/words_private.h \
	ui/client/path.c ui/client/path.h ui/client/row.c ui/client/row.h ui/client/i18n.c ui/client/i18n.h ui/client/qr.c ui/client/qr.h
libcf_client_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(QRENCODE_CFLAGS) \
	-DCF_LOCALEDIR='"$(localedir)"'
CLIENT_LIBS = libcf-client.a $(BASE_LIBS) $(JANSSON_LIBS) $(QRENCODE_LIBS)

if HAVE_CMOCKA
fake_daemon = tests/unit/ui/fake_daemon.c tests/unit/ui/fake_daemon.h tests/lab/scratch.c tests/lab/scratch.h
client_tests = tests/unit/ui/test_session tests/unit/ui/test_model tests/unit/ui/test_timeline tests/unit/ui/test_client_words
check_PROGRAMS += $(client_tests) tests/unit/ui/test_qr
TESTS += $(client_tests) tests/unit/ui/test_qr
tests_unit_ui_test_session_SOURCES = tests/unit/ui/test_session.c $(fake_daemon)
tests_unit_ui_test_session_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_ui_test_session_LDADD = $(CLIENT_LIBS) $(CMOCKA_LIBS)
tests_unit_ui_test_timeline_SOURCES = tests/unit/ui/test_timeline.c $(fake_daemon)
tests_unit_ui_test_timeline_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_ui_test_timeline_LDADD = $(CLIENT_LIBS) $(CMOCKA_LIBS)
tests_unit_ui_test_model_SOURCES = tests/unit/ui/test_model.c $(fake_daemon)
tests_unit_ui_test_model_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_ui_test_model_LDADD = $(CLIENT_LIBS) $(CMOCKA_LIBS)
tests_unit_ui_test_client_words_SOURCES = tests/unit/ui/test_client_words.c
tests_unit_ui_test_client_words_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_ui_test_client_words_LDADD = $(CLIENT_LIBS) $(CMOCKA_LIBS)
tests_unit_ui_test_qr_SOURCES = tests/unit/ui/test_qr.c
tests_unit_ui_test_qr_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_ui_test_qr_LDADD = $(CLIENT_LIBS) $(CMOCKA_LIBS)
endif
