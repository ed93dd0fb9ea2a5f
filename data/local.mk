# data: what the desktop and the service manager are told about Confab.
icons = data/icons/im.confab.Confab.svg data/icons/im.confab.Confab-symbolic.svg
desktop_files = data/im.confab.Confab.desktop data/im.confab.Confab.metainfo.xml
made_from_in = data/im.confab.Confab.service data/confabd.service data/confab-node.service
EXTRA_DIST += $(icons) $(desktop_files) data/confabd.socket data/im.confab.Confab.service.in data/confabd.service.in data/confab-node.service.in
CLEANFILES += $(made_from_in)

# Where programs are installed is known to make only.
$(made_from_in): Makefile
	$(AM_V_GEN)$(MKDIR_P) data && $(SED) 's|@bindir[@]|$(bindir)|g' $(srcdir)/$@.in >$@
data/im.confab.Confab.service: data/im.confab.Confab.service.in
data/confabd.service: data/confabd.service.in
data/confab-node.service: data/confab-node.service.in

systemduserdir = $(prefix)/lib/systemd/user
systemduser_DATA = data/confabd.socket data/confabd.service
systemsystemdir = $(prefix)/lib/systemd/system
systemsystem_DATA = data/confab-node.service

if HAVE_GTK
desktopdir = $(datadir)/applications
desktop_DATA = data/im.confab.Confab.desktop
metainfodir = $(datadir)/metainfo
metainfo_DATA = data/im.confab.Confab.metainfo.xml
dbusdir = $(datadir)/dbus-1/services
dbus_DATA = data/im.confab.Confab.service
iconsdir = $(datadir)/icons/hicolor/scalable/apps
icons_DATA = data/icons/im.confab.Confab.svg
symbolicdir = $(datadir)/icons/hicolor/symbolic/apps
symbolic_DATA = data/icons/im.confab.Confab-symbolic.svg
endif

check_DATA += $(made_from_in)
data_tests = tests/tools/check-data.sh tests/e2e/activation.sh
dist_check_SCRIPTS += $(data_tests)
TESTS += $(data_tests)
EXTRA_DIST += tests/e2e/activation.py
