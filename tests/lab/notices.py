# SPDX-License-Identifier: GPL-3.0-or-later
"""notices.py - what a desktop would have told somebody: the service of notifications on that person's session bus."""
import threading
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)
import gi  # noqa: E402

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
INTERFACE = """<node><interface name="org.freedesktop.Notifications">
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
</interface></node>"""


class Notices:
    """SHOWN: number of a notification -> (title, body), of those that have not been withdrawn."""

    def __init__(self, address):
        self.shown, self.count, self.there = {}, 0, threading.Event()
        threading.Thread(target=self._run, args=(address,), daemon=True).start()
        if not self.there.wait(10):
            raise RuntimeError("no service of notifications")

    def _run(self, address):
        context = GLib.MainContext()
        context.push_thread_default()
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        bus.set_exit_on_close(False)
        bus.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], self._call, None, None)
        bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                      GLib.Variant("(su)", (NAME, 0)), None, Gio.DBusCallFlags.NONE, -1, None)
        self.there.set()
        GLib.MainLoop(context).run()

    def _call(self, _bus, _sender, _path, _interface, method, parameters, invocation):
        if method == "Notify":
            _app, replaces, _icon, title, body, *_ = parameters.unpack()
            if not replaces:
                self.count += 1
                replaces = self.count
            self.shown[replaces] = (title, body)
            answer = GLib.Variant("(u)", (replaces,))
        elif method == "CloseNotification":
            self.shown.pop(parameters.unpack()[0], None)
            answer = None
        elif method == "GetCapabilities":
            answer = GLib.Variant("(as)", (["body", "actions"],))
        else:
            answer = GLib.Variant("(ssss)", ("lab", "lab", "1", "1.2"))
        invocation.return_value(answer)
