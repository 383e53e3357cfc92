"""A plain bot on nbxmpp, Gajim's library, for the client tests: it understands and reports the same as slixmpp/bot.py.

nbxmpp 4.5 logs in with SASL2 (XEP-0388, urn:xmpp:sasl:2) where it is offered. It knows neither Bind 2 nor FAST: no file of it names urn:xmpp:bind:0 or
urn:xmpp:fast:0, and it binds with an <iq/> after <success/>. It resumes sessions (XEP-0198), reads archives (XEP-0313) and unwraps carbons
(XEP-0280), over TCP and over WebSocket (RFC 7395).
Usage: bot.py JID PASSWORD ADDRESS CERTIFICATE LOG, where ADDRESS is HOST:PORT or the address of a WebSocket
"""
import json
import logging
import sys
import threading

import gi

gi.require_version("Soup", "3.0")
from gi.repository import Gio, GLib  # noqa: E402
from nbxmpp.client import Client  # noqa: E402
from nbxmpp.const import ConnectionProtocol, ConnectionType  # noqa: E402
from nbxmpp.errors import StanzaError  # noqa: E402
from nbxmpp.namespaces import Namespace  # noqa: E402
from nbxmpp.protocol import JID, Iq, Message  # noqa: E402
from nbxmpp.simplexml import Node  # noqa: E402
from nbxmpp.structs import StanzaHandler  # noqa: E402
from nbxmpp.util import generate_id  # noqa: E402

again_after = 200  # ms


def report(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Bot:
    def __init__(self, jid, password, address, certificate):
        self.account = JID.from_string(jid)
        self.leaving = False
        self.known = set()
        self.contacts = {}
        self.mechanism = None
        self.loop = GLib.MainLoop()
        client = self.client = Client(log_context="bot")
        client.set_domain(self.account.domain)
        client.set_username(self.account.localpart)
        client.set_password(password)
        client.set_accepted_certificates([Gio.TlsCertificate.new_from_file(certificate)])
        if "://" in address:
            client.set_custom_host(address, ConnectionProtocol.WEBSOCKET, ConnectionType.DIRECT_TLS)
        else:
            client.set_custom_host(address, ConnectionProtocol.TCP, ConnectionType.START_TLS)
        client.subscribe("connected", self.on_connected)
        client.subscribe("resume-successful", lambda *_: self.report_session(resumed=True))
        client.subscribe("disconnected", self.on_disconnected)
        client.subscribe("connection-failed", self.on_disconnected)
        client.subscribe("stanza-sent", self.on_sent)
        client.register_handler(StanzaHandler(name="message", callback=self.on_message, priority=50))
        client.register_handler(StanzaHandler(name="presence", callback=self.on_presence, priority=50))
        client.register_handler(
            StanzaHandler(name="iq", callback=self.on_roster_push, typ="set", ns=Namespace.ROSTER, priority=50)
        )

    def on_sent(self, _client, _signal, sent):
        if hasattr(sent, "getName") and sent.getName() in ("auth", "authenticate"):
            self.mechanism = sent.getAttr("mechanism")

    def on_connected(self, *_):
        enable = Iq("set")
        enable.addChild("enable", namespace=Namespace.CARBONS)
        self.client.send_stanza(enable)
        self.client.get_module("Roster").request_roster(callback=self.on_roster)

    def on_roster(self, task):
        self.contacts = {str(item.jid): item.subscription for item in task.finish().items}
        report("roster", contacts=self.contacts)
        self.client.get_module("BasePresence").send()
        self.report_session(resumed=False)

    def report_session(self, resumed):
        report(
            "session",
            jid=str(self.client.get_bound_jid()),
            mechanism=self.mechanism,
            tls="TLS" if self.client.is_stream_secure else None,
            resumed=resumed,
        )

    def on_disconnected(self, *_):
        report("ended", reason=str(self.client.get_error()))
        if self.leaving:
            self.loop.quit()
        else:
            GLib.timeout_add(again_after, self.connect)

    def connect(self):
        self.client.connect()
        return GLib.SOURCE_REMOVE

    def on_message(self, _client, message, properties):
        if properties.body is None or properties.type.is_error:
            return
        archive_id = properties.mam.id if properties.mam else None
        for given in properties.stanza_ids:
            if str(given.by) == str(self.account):
                archive_id = archive_id or given.id
        way = "live"
        if properties.mam:
            way = "archive"
        elif properties.carbon:
            way = properties.carbon.type
        self.show(way, archive_id, properties.origin_id or properties.id, message, properties.has_server_delay)

    def show(self, way, archive_id, origin_id, message, delayed=False):
        sender = message.getFrom() or self.client.get_bound_jid()
        is_ours = sender.bare_match(self.account)
        ids = {id for id in (archive_id, origin_id if is_ours else None) if id}
        # What comes on the stream is shown as often as it comes; the archive only adds what we do not know.
        if way == "archive" and ids & self.known:
            return
        self.known |= ids
        report(
            "message",
            way=way,
            id=archive_id,
            origin=origin_id if is_ours else None,
            sender=sender.bare,
            to=message.getTo().bare,
            type=message.getType(),
            body=message.getBody(),
            delayed=delayed,
        )

    def on_presence(self, _client, presence, properties):
        kind = properties.type.value or "available"
        show = properties.show.value if properties.type.is_available else None
        report("presence", sender=properties.jid.bare, resource=properties.jid.resource, type=show or kind)

    def on_roster_push(self, _client, _stanza, properties):
        item = properties.roster.item
        self.contacts[str(item.jid)] = item.subscription
        report("roster", contacts=self.contacts)

    def say(self, jid, body):
        message = Message(to=jid, body=body, typ="chat")
        message.setID(generate_id())
        message.setOriginID(message.getID())
        self.client.send_stanza(message)
        self.show("own", None, message.getID(), message)

    def catch_up(self, after):
        archive = self.client.get_module("MAM")
        archive.make_query(self.account, queryid=generate_id(), after=after, max_=3, callback=self.on_page)

    # A method: nbxmpp holds callbacks weakly.
    def on_page(self, task):
        try:
            page = task.finish()
        except StanzaError as error:
            report("caught up", condition=error.condition)
            return
        if page.complete:
            report("caught up")
        else:
            self.catch_up(page.rsm.last)

    def obey(self, command):
        verb, jid = command["do"], command.get("jid")
        presence = self.client.get_module("BasePresence")
        if verb == "subscribe":
            presence.subscribe(JID.from_string(jid))
        elif verb == "approve":
            presence.subscribed(JID.from_string(jid))
        elif verb == "show":
            presence.send(show=command["show"])
        elif verb == "say":
            self.say(JID.from_string(jid), command["body"])
        elif verb in ("rest", "wake"):
            # nbxmpp has no module for this; Gajim sends the element itself, too.
            self.client.send_nonza(Node(f"urn:xmpp:csi:0 {'inactive' if verb == 'rest' else 'active'}"))
        elif verb == "catch-up":
            self.known |= set(command["known"])
            self.catch_up(command["after"])
        elif verb == "leave":
            self.leaving = True
            self.client.disconnect()
        else:
            report("unknown", command=command)
        return GLib.SOURCE_REMOVE

    def read_commands(self):
        for line in sys.stdin:
            GLib.idle_add(self.obey, json.loads(line))


def main():
    jid, password, address, certificate, log = sys.argv[1:]
    logging.basicConfig(filename=log, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    bot = Bot(jid, password, address, certificate)
    threading.Thread(target=bot.read_commands, daemon=True).start()
    bot.connect()
    bot.loop.run()


main()
