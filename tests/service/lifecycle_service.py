"""A service of a few lines for tests of the life cycle: how it behaves, and how long it may drain."""

from __future__ import annotations

import asyncio
import sys

from nompcore.service import Service, run


async def serve(service: Service) -> None:
    """Serves until told to stop, then says that it finished."""
    service.ready()
    await service.stop.wait()
    print("finished in order", flush=True)


async def serve_by_task(service: Service) -> None:
    """Returns at once; its work is a task."""
    service.tasks.create_task(serve(service))


async def crash(service: Service) -> None:
    """Fails at the start."""
    raise RuntimeError("a bug at the start")


async def lose_a_task(service: Service) -> None:
    """One of its tasks dies, of another name than its function."""
    service.ready()
    service.tasks.create_task(_die(), name="watcher of litecoin")
    await asyncio.Event().wait()


async def never_stop(service: Service) -> None:
    """Does not care about `stop`."""
    service.ready()
    await asyncio.Event().wait()


async def _die() -> None:
    raise RuntimeError("a bug in a task")


if __name__ == "__main__":
    behaviours = {start.__name__: start for start in (serve, serve_by_task, crash, lose_a_task, never_stop)}
    run("api", behaviours[sys.argv[1]], drain_seconds=lambda settings: float(sys.argv[2]))
