"""A concurrent map with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_concurrently(
    work: Callable[[Item], Result], items: Iterable[Item], at_once: int
) -> Iterator[tuple[Item, Result]]:
    """Yield each item with the result of `work`, in order of completion. Items are taken as workers become free."""
    at_work: dict[Future[Result], Item] = {}

    def done() -> Iterator[tuple[Item, Result]]:
        for future in wait(at_work, return_when=FIRST_COMPLETED).done:
            yield at_work.pop(future), future.result()

    with ThreadPoolExecutor(at_once) as pool:
        try:
            for item in items:
                at_work[pool.submit(work, item)] = item
                if len(at_work) >= at_once:
                    yield from done()
            while at_work:
                yield from done()
        finally:
            pool.shutdown(cancel_futures=True)
