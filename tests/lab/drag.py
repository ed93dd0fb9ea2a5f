# SPDX-License-Identifier: GPL-3.0-or-later
"""drag.py PATH... - a small window in the corner of the screen from which files can be dragged, until it is ended.

Says "X Y" once it is there: where to press the pointer.
"""
import pathlib
import sys
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)
import gi  # noqa: E402

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

SIZE = 80


def give(_widget, _context, data, _info, _time):
    uris = [pathlib.Path(path).as_uri() for path in sys.argv[1:]]
    if data.get_target().name() == "text/uri-list":
        data.set_uris(uris)
    else:
        data.set_text("\n".join(uris), -1)


def tell(_widget, _event):
    """Where it has come to lie, once it does."""
    GLib.idle_add(lambda: print(*(at + SIZE // 2 for at in window.get_window().get_origin()[1:]), flush=True))


window = Gtk.Window(title="Files")
window.set_default_size(SIZE, SIZE)
handle = Gtk.EventBox()
handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
handle.drag_source_add_uri_targets()
handle.drag_source_add_text_targets()  # as file managers do
handle.connect("drag-data-get", give)
window.add(handle)
window.set_keep_above(True)
window.connect("map-event", tell)
window.show_all()
Gtk.main()
