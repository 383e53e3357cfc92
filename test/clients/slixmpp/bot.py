"""A plain slixmpp bot for the client tests, with stream management, carbons, archive and client state on.

Takes commands as JSON lines on stdin, prints what happens as JSON lines on stdout, and logs its streams to LOG.
Usage: bot.py JID PASSWORD HOST:PORT CERTIFICATE LOG
Commands: {"do": "subscribe" | "approve", "jid": J}, {"do": "show", "show": S}, {"do": "say", "jid": J, "body": B}, {"do": "roster"},
{"do": "rest" | "wake"}, {"do": "catch-up", "after": stanza id or null, "known": origin ids of an earlier run}, {"do": "leave"}
"""
import asyncio
import json
import logging
import sys

import slixmpp
from slixmpp.exceptions import IqError


def report(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


def stanza_id(message, account):
    """The id this account's archive gave it; an id by anybody else is no such thing [XEP-0359 6]."""
    for element in message.xml.findall("{urn:xmpp:sid:0}stanza-id"):
        if element.get("by") == account:
            return element.get("id")
    return None


def origin_id(message):
    element = message.xml.find("{urn:xmpp:sid:0}origin-id")
    return message["id"] if element is None else element.get("id")


class Bot(slixmpp.ClientXMPP):
    def __init__(self, jid, password, address, certificate):
        super().__init__(jid, password)
        self.address = address
        self.ca_certs = certificate
        self.enable_direct_tls = False
        self.enable_plaintext = False
        # We answer requests when told to, not by ourselves.
        self.auto_authorize = None
        self.auto_subscribe = False
        self.leaving = False
        self.known = set()
        for number in ("0030", "0092", "0198", "0199", "0203", "0280", "0313", "0352", "0359"):
            self.register_plugin(f"xep_{number}")
        # An acknowledgement for each stanza: otherwise it holds back up to four of them.
        self.plugin["xep_0198"].window = self.plugin["xep_0198"].window_counter = 1
        self.add_event_handler("session_start", self.on_session_start)
        self.add_event_handler("session_resumed", lambda _: self.report_session(resumed=True))
        self.add_event_handler("failed_all_auth", lambda _: report("refused"))
        self.add_event_handler("message", lambda message: self.on_message(message, "live"))
        self.add_event_handler("carbon_received", lambda copy: self.on_message(copy["carbon_received"], "received"))
        self.add_event_handler("carbon_sent", lambda copy: self.on_message(copy["carbon_sent"], "sent"))
        self.add_event_handler("presence", self.on_presence)
        self.add_event_handler("roster_update", lambda _: self.report_roster())
        self.add_event_handler("disconnected", self.on_disconnected)

    async def on_session_start(self, _):
        try:
            await self.plugin["xep_0280"].enable()
        except IqError as error:
            report("no carbons", condition=error.condition)
        await self.get_roster()
        self.send_presence()
        self.report_session(resumed=False)

    def report_session(self, resumed):
        tls = self.transport.get_extra_info("ssl_object")
        report(
            "session",
            jid=self.boundjid.full,
            mechanism=self.plugin["feature_mechanisms"].mech.name,
            tls=tls.version() if tls else None,
            resumed=resumed,
        )

    def on_message(self, message, way, archived_as=None):
        account = self.boundjid.bare
        archive_id = archived_as or stanza_id(message, account)
        is_ours = message["from"].bare == account
        ids = {id for id in (archive_id, origin_id(message) if is_ours else None) if id}
        # What comes on the stream is shown as often as it comes; the archive only adds what we do not know.
        if not message["body"] or (way == "archive" and ids & self.known):
            return
        self.known |= ids
        report(
            "message",
            way=way,
            id=archive_id,
            origin=origin_id(message) if is_ours else None,
            sender=message["from"].bare,
            to=message["to"].bare,
            type=message["type"],
            body=message["body"],
            delayed=bool(message.get_plugin("delay", check=True)),
        )

    def on_presence(self, presence):
        report("presence", sender=presence["from"].bare, resource=presence["from"].resource, type=presence["type"])

    def report_roster(self):
        contacts = {jid: self.client_roster[jid]["subscription"] for jid in self.client_roster}
        report("roster", contacts=contacts)

    def on_disconnected(self, reason):
        report("ended", reason=str(reason))
        if self.leaving:
            self.loop.stop()
        else:
            self.connect(*self.address)

    async def say(self, jid, body):
        message = self.make_message(mto=jid, mbody=body, mtype="chat")
        message["from"] = self.boundjid
        message.send()
        self.on_message(message, "own")

    async def catch_up(self, after, known):
        self.known |= set(known)
        options = {"max": 3} if after is None else {"max": 3, "after": after}
        try:
            async for result in self.plugin["xep_0313"].iterate(rsm=options):
                result = result["mam_result"]
                self.on_message(result["forwarded"]["stanza"], "archive", archived_as=result["id"])
            report("caught up")
        except IqError as error:
            report("caught up", condition=error.condition)

    async def obey(self, command):
        verb, jid = command["do"], command.get("jid")
        if verb == "subscribe":
            self.send_presence_subscription(pto=jid, ptype="subscribe")
        elif verb == "approve":
            self.send_presence_subscription(pto=jid, ptype="subscribed")
        elif verb == "show":
            self.send_presence(pshow=command["show"])
        elif verb == "say":
            await self.say(jid, command["body"])
        elif verb == "roster":
            await self.get_roster()
        elif verb == "rest":
            self.plugin["xep_0352"].send_inactive()
        elif verb == "wake":
            self.plugin["xep_0352"].send_active()
        elif verb == "catch-up":
            await self.catch_up(command["after"], command["known"])
        elif verb == "leave":
            self.leaving = True
            await self.disconnect()
        else:
            report("unknown", command=command)


async def read_commands(bot):
    reader = asyncio.StreamReader()
    await bot.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await bot.obey(json.loads(line))


def main():
    jid, password, address, certificate, log = sys.argv[1:]
    host, port = address.split(":")
    logging.basicConfig(filename=log, level=logging.DEBUG, format="%(asctime)s %(name)s %(message)s")
    bot = Bot(jid, password, (host, int(port)), certificate)
    bot.connect(*bot.address)
    commands = bot.loop.create_task(read_commands(bot))
    bot.loop.run_forever()
    commands.cancel()


main()
