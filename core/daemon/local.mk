# core/daemon: confabd.
bin_PROGRAMS += confabd
confabd_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(JANSSON_CFLAGS)
confabd_SOURCES = base/wiping_heap.c
confabd_SOURCES += core/daemon/main.c
confabd_SOURCES += core/daemon/background.c core/daemon/background.h
confabd_SOURCES += core/daemon/helper.c core/daemon/helper.h
confabd_SOURCES += core/daemon/lock.c core/daemon/lock.h
confabd_SOURCES += core/daemon/logfile.c core/daemon/logfile.h
confabd_SOURCES += core/daemon/options.c core/daemon/options.h
confabd_SOURCES += core/daemon/stretch_memory.c
confabd_SOURCES += core/daemon/worker.c core/daemon/worker.h
confabd_LDADD = libcf-ipc.a libcf-core.a libcf-gpg.a libcf-net.a $(BASE_LIBS) $(GPGME_LIBS) $(EVENT_LIBS) \
	$(SQLCIPHER_LIBS) $(JANSSON_LIBS) $(ASSUAN_LIBS)

dist_check_SCRIPTS += tests/unit/core/test_daemon.sh
TESTS += tests/unit/core/test_daemon.sh

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/core/test_worker
TESTS += tests/unit/core/test_worker
tests_unit_core_test_worker_SOURCES = tests/unit/core/test_worker.c core/daemon/worker.c \
	core/daemon/stretch_memory.c
tests_unit_core_test_worker_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_worker_LDADD = $(BASE_LIBS) $(EVENT_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_options
TESTS += tests/unit/core/test_options
tests_unit_core_test_options_SOURCES = tests/unit/core/test_options.c core/daemon/options.c core/daemon/lock.c \
	core/daemon/logfile.c
tests_unit_core_test_options_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_core_test_options_LDADD = libcf-net.a $(BASE_LIBS) $(CMOCKA_LIBS)
endif
