# po: what people read, in their languages.  Sources are listed in POTFILES, languages in LINGUAS; tests/tools/check-po.sh
# sees to it that both lists and all catalogues are complete.
#
#   make update-po     the catalogues take over what the sources say now; what is missing then is to be translated
#
# Clients of the build tree find translations with CONFAB_LOCALEDIR=po/locale.
catalogues = po/de.po po/zh_TW.po
EXTRA_DIST += $(catalogues) po/LINGUAS po/POTFILES po/extract.sh

dist_check_SCRIPTS += tests/tools/check-po.sh
TESTS += tests/tools/check-po.sh

.PHONY: update-po
update-po:
	sh $(srcdir)/po/extract.sh $(srcdir) po/confab.pot
	for c in $(catalogues); do $(MSGMERGE) --quiet --update --backup=none --no-wrap $(srcdir)/$$c po/confab.pot || exit; done
CLEANFILES += po/confab.pot

if HAVE_MSGFMT
compiled = po/locale/de/LC_MESSAGES/confab.mo po/locale/zh_TW/LC_MESSAGES/confab.mo
CLEANFILES += $(compiled)
all-local: $(compiled)
po/locale/de/LC_MESSAGES/confab.mo: po/de.po
po/locale/zh_TW/LC_MESSAGES/confab.mo: po/zh_TW.po
$(compiled):
	$(AM_V_GEN)$(MKDIR_P) $(@D) && l=$@ && l=$${l#po/locale/} && $(MSGFMT) --check -o $@ $(srcdir)/po/$${l%%/*}.po

install-data-local: $(compiled)
	for c in $(compiled); do \
	  d=$(DESTDIR)$(localedir)/$$(dirname $${c#po/locale/}); \
	  $(MKDIR_P) "$$d" && $(INSTALL_DATA) "$$c" "$$d/" || exit; \
	done
uninstall-local:
	for c in $(compiled); do rm -f $(DESTDIR)$(localedir)/$${c#po/locale/}; done
endif
