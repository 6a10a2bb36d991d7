"""The mail server of `bench reminders`: accepts everything and keeps nothing. python -m bench.mail_host PORT"""

import asyncio
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Nowhere:
    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        greeting, *offers = responses
        return [greeting, "250-PIPELINING", *offers]  # as the hosts of the world do; aiosmtpd can, and does not say so

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return "250 OK"


async def serve(port: int) -> None:
    Controller(Nowhere(), hostname="127.0.0.1", port=port).start()
    print("listening", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
