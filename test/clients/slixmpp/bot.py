"""A plain slixmpp bot for the client tests: takes commands as JSON lines on stdin, prints what happens as JSON lines on stdout.

Usage: bot.py JID PASSWORD HOST PORT CERTIFICATE
Commands: {"do": "subscribe" | "approve", "jid": J}, {"do": "show", "show": S}, {"do": "say", "jid": J, "body": B}, {"do": "roster"}, {"do": "leave"}
"""
import asyncio
import json
import sys

import slixmpp


def report(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Bot(slixmpp.ClientXMPP):
    def __init__(self, jid, password, certificate):
        super().__init__(jid, password)
        self.ca_certs = certificate
        self.enable_direct_tls = False
        self.enable_plaintext = False
        # We answer requests when told to, not by ourselves.
        self.auto_authorize = None
        self.auto_subscribe = False
        for number in ("0030", "0092", "0199", "0203"):
            self.register_plugin(f"xep_{number}")
        self.add_event_handler("session_start", self.on_session_start)
        self.add_event_handler("failed_all_auth", lambda _: report("refused"))
        self.add_event_handler("message", self.on_message)
        self.add_event_handler("presence", self.on_presence)
        self.add_event_handler("roster_update", lambda _: self.report_roster())
        self.add_event_handler("disconnected", self.on_disconnected)

    async def on_session_start(self, _):
        await self.get_roster()
        self.send_presence()
        tls = self.transport.get_extra_info("ssl_object")
        report(
            "session",
            jid=self.boundjid.full,
            mechanism=self.plugin["feature_mechanisms"].mech.name,
            tls=tls.version() if tls else None,
        )

    def on_message(self, message):
        report(
            "message",
            sender=message["from"].bare,
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
        self.loop.stop()

    async def obey(self, command):
        verb, jid = command["do"], command.get("jid")
        if verb == "subscribe":
            self.send_presence_subscription(pto=jid, ptype="subscribe")
        elif verb == "approve":
            self.send_presence_subscription(pto=jid, ptype="subscribed")
        elif verb == "show":
            self.send_presence(pshow=command["show"])
        elif verb == "say":
            self.send_message(mto=jid, mbody=command["body"], mtype="chat")
        elif verb == "roster":
            await self.get_roster()
        elif verb == "leave":
            await self.disconnect()
        else:
            report("unknown", command=command)


async def read_commands(bot):
    reader = asyncio.StreamReader()
    await bot.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await bot.obey(json.loads(line))


def main():
    jid, password, host, port, certificate = sys.argv[1:]
    bot = Bot(jid, password, certificate)
    bot.connect(host, int(port))
    commands = bot.loop.create_task(read_commands(bot))
    bot.loop.run_forever()
    commands.cancel()


main()
