"""The mail server of the demonstration: accepts everything and keeps it as files, for the page at /mailbox/.

python -m config.mailbox PORT FOLDER
"""

import asyncio
import sys
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class FolderHandler:
    """Writes each message whole or not at all; names sort by arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        name = f"{time.time_ns()}.eml"
        (self.folder / f".{name}").write_bytes(content)
        (self.folder / f".{name}").replace(self.folder / name)
        return "250 Message accepted for delivery"


async def serve(port: int, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    controller = Controller(FolderHandler(folder), hostname="127.0.0.1", port=port)
    controller.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
