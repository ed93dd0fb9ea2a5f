# net: what this folder builds and tests.
noinst_LIBRARIES += libcf-net.a
libcf_net_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS)
libcf_net_a_SOURCES =
libcf_net_a_SOURCES += net/addr.c net/addr.h
libcf_net_a_SOURCES += net/discovery.c net/discovery.h
libcf_net_a_SOURCES += net/io_event.c net/io_event.h net/io_event_priv.h
libcf_net_a_SOURCES += net/io_event_conn.c
libcf_net_a_SOURCES += net/io_event_link.c
libcf_net_a_SOURCES += net/io_event_udp.c
libcf_net_a_SOURCES += net/net.h net/proto.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/net/test_addr tests/unit/net/test_discovery tests/unit/net/test_io_event
TESTS += tests/unit/net/test_addr tests/unit/net/test_discovery tests/unit/net/test_io_event
tests_unit_net_test_addr_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_addr_LDADD = libcf-net.a $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_net_test_discovery_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_discovery_LDADD = libcf-net.a $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_net_test_io_event_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_io_event_LDADD = libcf-net.a $(BASE_LIBS) $(EVENT_LIBS) $(CMOCKA_LIBS)
endif

# Discovery alone, in a LAN of namespaces.
check_PROGRAMS += tests/e2e/lan_beacon
tests_e2e_lan_beacon_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS)
tests_e2e_lan_beacon_LDADD = libcf-net.a $(BASE_LIBS) $(EVENT_LIBS)
TESTS += tests/e2e/lan_beacon.sh
dist_check_SCRIPTS += tests/e2e/lan_beacon.sh tests/lab/netns.sh
