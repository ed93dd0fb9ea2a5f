# net: what this folder builds and tests.
noinst_LIBRARIES += libcf-net.a
libcf_net_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(NGTCP2_CFLAGS)
libcf_net_a_SOURCES =
libcf_net_a_SOURCES += net/addr.c net/addr.h
libcf_net_a_SOURCES += net/asklist.c net/asklist.h
libcf_net_a_SOURCES += net/peerlist.c net/peerlist.h
libcf_net_a_SOURCES += net/beacon.c net/beacon.h
libcf_net_a_SOURCES += net/circle.c net/circle.h
libcf_net_a_SOURCES += net/discovery.c net/discovery.h net/discovery_priv.h
libcf_net_a_SOURCES += net/discovery_veil.c
libcf_net_a_SOURCES += net/veil.c net/veil.h
libcf_net_a_SOURCES += net/io_event_fresh.c
libcf_net_a_SOURCES += net/io_event.c net/io_event.h net/io_event_priv.h
libcf_net_a_SOURCES += net/io_event_conn.c
libcf_net_a_SOURCES += net/io_event_link.c
libcf_net_a_SOURCES += net/io_event_name.c
libcf_net_a_SOURCES += net/io_event_udp.c
libcf_net_a_SOURCES += net/net.h net/proto.h
libcf_net_a_SOURCES += net/cipher.c net/cipher.h
libcf_net_a_SOURCES += net/cpace.c net/cpace.h
libcf_net_a_SOURCES += net/device_key.c net/device_key.h
libcf_net_a_SOURCES += net/box.c net/box.h
libcf_net_a_SOURCES += net/bye.c net/bye.h
libcf_net_a_SOURCES += net/dgram.c net/dgram.h net/dgram_priv.h net/dgram_proto.h
libcf_net_a_SOURCES += net/dgram_door.c net/dgram_door.h
libcf_net_a_SOURCES += net/dgram_flow.c
libcf_net_a_SOURCES += net/dgram_handshake.c net/dgram_handshake.h
libcf_net_a_SOURCES += net/dgram_mirror.c net/dgram_mirror.h
libcf_net_a_SOURCES += net/dgram_port.c
libcf_net_a_SOURCES += net/exchange.c net/exchange.h
libcf_net_a_SOURCES += net/handshake.c net/handshake.h
libcf_net_a_SOURCES += net/hello.c net/hello.h
libcf_net_a_SOURCES += net/node.c net/node.h net/node_mail.c net/node_name.c
libcf_net_a_SOURCES += net/noise.c net/noise.h
libcf_net_a_SOURCES += net/nat.c net/nat.h net/paths.c net/paths.h
libcf_net_a_SOURCES += net/portmap.c net/portmap.h
libcf_net_a_SOURCES += net/record.c net/record.h
libcf_net_a_SOURCES += net/stream.c net/stream.h net/stream_priv.h net/stream_ngtcp2.h
libcf_net_a_SOURCES += net/stream_handshake.c net/stream_order.c net/stream_queue.c net/stream_rules.c net/stream_size.c
libcf_net_a_SOURCES += net/suite.c
libcf_net_a_SOURCES += net/replay.c net/replay.h
libcf_net_a_SOURCES += net/tunnel.c net/tunnel.h
libcf_net_a_SOURCES += net/tunnel_guard.c net/tunnel_guard.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/net/test_addr tests/unit/net/test_discovery tests/unit/net/test_io_event \
	tests/unit/net/test_io_event_failing tests/unit/net/test_io_event_resolve
TESTS += tests/unit/net/test_addr tests/unit/net/test_discovery tests/unit/net/test_io_event \
	tests/unit/net/test_io_event_failing tests/unit/net/test_io_event_resolve
tests_unit_net_test_addr_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_addr_LDADD = libcf-net.a $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_net_test_discovery_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_discovery_LDADD = libcf-net.a $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_net_test_io_event_SOURCES = tests/unit/net/test_io_event.c tests/unit/net/loop.c tests/unit/net/loop.h
tests_unit_net_test_io_event_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_io_event_LDADD = libcf-net.a $(BASE_LIBS) $(EVENT_LIBS) $(CMOCKA_LIBS)
tests_unit_net_test_io_event_resolve_SOURCES = tests/unit/net/test_io_event_resolve.c tests/unit/net/loop.c \
	tests/unit/net/loop.h
tests_unit_net_test_io_event_resolve_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_io_event_resolve_LDADD = libcf-net.a $(BASE_LIBS) $(EVENT_LIBS) $(CMOCKA_LIBS)
# Calls of the system that fail, each in turn.
tests_unit_net_test_io_event_failing_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_io_event_failing_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=socket -Wl,--wrap=bind -Wl,--wrap=listen \
	-Wl,--wrap=connect -Wl,--wrap=setsockopt -Wl,--wrap=getsockname -Wl,--wrap=send -Wl,--wrap=sendto -Wl,--wrap=sendmsg \
	-Wl,--wrap=recv -Wl,--wrap=calloc -Wl,--wrap=event_new -Wl,--wrap=event_add
tests_unit_net_test_io_event_failing_LDADD = libcf-net.a $(BASE_LIBS) $(EVENT_LIBS) $(CMOCKA_LIBS)
endif

# Discovery alone, in a LAN of namespaces.
check_PROGRAMS += tests/e2e/lan_beacon
tests_e2e_lan_beacon_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS)
tests_e2e_lan_beacon_LDADD = libcf-net.a $(BASE_LIBS) $(EVENT_LIBS)
TESTS += tests/e2e/lan_beacon.sh
dist_check_SCRIPTS += tests/e2e/lan_beacon.sh tests/lab/netns.sh

# Routers of every kind, in namespaces.
TESTS += tests/e2e/nat_lab.sh tests/e2e/nat.sh
dist_check_SCRIPTS += tests/e2e/nat_lab.sh tests/e2e/nat.sh tests/lab/nat.sh
EXTRA_DIST += tests/e2e/nat_lab.py tests/e2e/nat.py

# The tunnel and what it stands on.
if HAVE_CMOCKA
NET_TEST_LIBS = libcf-net.a $(BASE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/net/test_peerlist tests/unit/net/test_asklist tests/unit/net/test_discovery_far
TESTS += tests/unit/net/test_peerlist tests/unit/net/test_asklist tests/unit/net/test_discovery_far
tests_unit_net_test_peerlist_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_discovery_far_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_asklist_LDADD = $(NET_TEST_LIBS)

check_PROGRAMS += tests/unit/net/test_veil tests/unit/net/test_discovery_veil
TESTS += tests/unit/net/test_veil tests/unit/net/test_discovery_veil
tests_unit_net_test_veil_SOURCES = tests/unit/net/test_veil.c
tests_unit_net_test_veil_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_discovery_veil_SOURCES = tests/unit/net/test_discovery_veil.c
tests_unit_net_test_discovery_veil_LDADD = $(NET_TEST_LIBS)

check_PROGRAMS += tests/unit/net/test_noise
TESTS += tests/unit/net/test_noise
tests_unit_net_test_noise_SOURCES = tests/unit/net/test_noise.c
tests_unit_net_test_noise_LDADD = $(NET_TEST_LIBS)

check_PROGRAMS += tests/unit/net/test_cpace
TESTS += tests/unit/net/test_cpace
tests_unit_net_test_cpace_SOURCES = tests/unit/net/test_cpace.c
tests_unit_net_test_cpace_LDADD = $(NET_TEST_LIBS)

check_PROGRAMS += tests/unit/net/test_hello tests/unit/net/test_node tests/unit/net/test_paths tests/unit/net/test_exchange
TESTS += tests/unit/net/test_hello tests/unit/net/test_node tests/unit/net/test_paths tests/unit/net/test_exchange
check_PROGRAMS += tests/unit/net/test_portmap
TESTS += tests/unit/net/test_portmap
tests_unit_net_test_portmap_LDADD = $(NET_TEST_LIBS)
check_PROGRAMS += tests/unit/net/test_nat
TESTS += tests/unit/net/test_nat
tests_unit_net_test_nat_SOURCES = tests/unit/net/test_nat.c
tests_unit_net_test_nat_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_exchange_SOURCES = tests/unit/net/test_exchange.c
tests_unit_net_test_exchange_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_exchange_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_paths_SOURCES = tests/unit/net/test_paths.c
tests_unit_net_test_paths_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_node_SOURCES = tests/unit/net/test_node.c
tests_unit_net_test_node_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_hello_SOURCES = tests/unit/net/test_hello.c
tests_unit_net_test_hello_LDADD = $(NET_TEST_LIBS)

# Streams over datagrams.
check_PROGRAMS += tests/unit/net/test_stream tests/sim/test_stream
TESTS += tests/unit/net/test_stream tests/sim/test_stream
tests_unit_net_test_stream_SOURCES = tests/unit/net/test_stream.c tests/sim/wire.c tests/sim/wire.h
tests_unit_net_test_stream_LDADD = $(NET_TEST_LIBS)
tests_sim_test_stream_SOURCES = tests/sim/test_stream.c tests/sim/wire.c tests/sim/wire.h
tests_sim_test_stream_LDADD = $(NET_TEST_LIBS)

check_PROGRAMS += tests/unit/net/test_tunnel tests/unit/net/test_tunnel_handshake
TESTS += tests/unit/net/test_tunnel tests/unit/net/test_tunnel_handshake
tests_unit_net_test_tunnel_SOURCES = tests/unit/net/test_tunnel.c tests/unit/net/pair.c tests/unit/net/pair.h
tests_unit_net_test_tunnel_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_tunnel_handshake_SOURCES = tests/unit/net/test_tunnel_handshake.c tests/unit/net/pair.c \
	tests/unit/net/pair.h
tests_unit_net_test_tunnel_handshake_LDADD = $(NET_TEST_LIBS)

check_PROGRAMS += tests/unit/net/test_box tests/unit/net/test_dgram tests/unit/net/test_dgram_hostile \
	tests/unit/net/test_dgram_mirror
TESTS += tests/unit/net/test_box tests/unit/net/test_dgram tests/unit/net/test_dgram_hostile \
	tests/unit/net/test_dgram_mirror
tests_unit_net_test_dgram_mirror_SOURCES = tests/unit/net/test_dgram_mirror.c tests/unit/net/wire.c tests/unit/net/wire.h
tests_unit_net_test_dgram_mirror_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_box_SOURCES = tests/unit/net/test_box.c
tests_unit_net_test_box_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_dgram_SOURCES = tests/unit/net/test_dgram.c tests/unit/net/wire.c tests/unit/net/wire.h
tests_unit_net_test_dgram_LDADD = $(NET_TEST_LIBS)
tests_unit_net_test_dgram_hostile_SOURCES = tests/unit/net/test_dgram_hostile.c tests/unit/net/wire.c \
	tests/unit/net/wire.h
tests_unit_net_test_dgram_hostile_LDADD = $(NET_TEST_LIBS)
endif

# Figures, not a test: make tests/bench/bench_tunnel.
check_PROGRAMS += tests/bench/bench_tunnel
tests_bench_bench_tunnel_SOURCES = tests/bench/bench_tunnel.c
tests_bench_bench_tunnel_LDADD = libcf-net.a $(BASE_LIBS)
check_PROGRAMS += tests/bench/bench_stream
tests_bench_bench_stream_SOURCES = tests/bench/bench_stream.c
tests_bench_bench_stream_LDADD = libcf-net.a $(BASE_LIBS)
