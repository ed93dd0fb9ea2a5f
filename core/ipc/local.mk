noinst_LIBRARIES += libcf-ipc.a
libcf_ipc_a_SOURCES = \
	core/ipc/connection.c \
	core/ipc/connection.h \
	core/ipc/ipc.c \
	core/ipc/ipc.h \
	core/ipc/line.c \
	core/ipc/line.h \
	core/ipc/request.c
libcf_ipc_a_CPPFLAGS = $(AM_CPPFLAGS) $(ASSUAN_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS)

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/core/test_ipc
TESTS += tests/unit/core/test_ipc
tests_unit_core_test_ipc_SOURCES = tests/unit/core/test_ipc.c
tests_unit_core_test_ipc_CPPFLAGS = $(AM_CPPFLAGS) $(ASSUAN_CFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_ipc_LDADD = libcf-ipc.a libcf-core.a $(BASE_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(ASSUAN_LIBS) \
	$(CMOCKA_LIBS)
endif
