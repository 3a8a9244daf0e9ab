"""Several at work at once, with no more in memory than are at work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(work: Callable[[Item], Result], items: Iterable[Item], at_once: int) -> Iterator[tuple[Item, Result]]:
    """Each item with what `work` made of it, as they come. An item is taken when there is somebody to work on it."""
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
