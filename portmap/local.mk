# portmap: confab-portmap, which asks the router to open a port; only where it can be confined.
noinst_LIBRARIES += libcf-portmap.a
libcf_portmap_a_SOURCES = portmap/pcp.c portmap/pcp.h

if HAVE_PORTMAP
bin_PROGRAMS += confab-portmap
confab_portmap_CPPFLAGS = $(AM_CPPFLAGS) $(MINIUPNPC_CFLAGS) $(SECCOMP_CFLAGS)
confab_portmap_SOURCES = portmap/main.c
confab_portmap_SOURCES += portmap/ask.c portmap/ask.h portmap/ask_natpmp.c portmap/ask_pcp.c portmap/ask_upnp.c
confab_portmap_SOURCES += portmap/confine.c portmap/confine.h
confab_portmap_SOURCES += portmap/gateway.c portmap/gateway.h
confab_portmap_SOURCES += portmap/socket.c portmap/socket.h
confab_portmap_LDADD = libcf-portmap.a libcf-net.a $(BASE_LIBS) $(MINIUPNPC_LIBS) $(NATPMP_LIBS) $(SECCOMP_LIBS)
endif

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/portmap/test_pcp
TESTS += tests/unit/portmap/test_pcp
tests_unit_portmap_test_pcp_LDADD = libcf-portmap.a libcf-net.a $(BASE_LIBS) $(CMOCKA_LIBS)
endif

# Before routers of every sort, in namespaces.
TESTS += tests/e2e/portmap.sh
dist_check_SCRIPTS += tests/e2e/portmap.sh
EXTRA_DIST += tests/e2e/portmap.py
if HAVE_PORTMAP
tests/e2e/portmap.log: confab-portmap
endif
