"""An HTTP client of a simulator."""

from collections.abc import Callable
from typing import Any

import requests

from extractor.simulator.server import Simulator
from extractor.simulator.world import World


class Reader:
    """A client with a token. Error statuses are returned, not raised."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.session = requests.Session()
        self.log_in()

    def log_in(self) -> None:
        """Request a token and use it from now on."""
        client = (self.simulator.credentials["SPOTIFY_CLIENT_ID"], self.simulator.credentials["SPOTIFY_CLIENT_SECRET"])
        form = {"grant_type": "client_credentials"}
        with self.session.post(self.simulator.token_url, data=form, auth=client) as answer:
            self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **options: Any) -> requests.Response:
        """Request a path below the base URL, or a full URL."""
        url = path if path.startswith("http") else f"{self.simulator.base_url}/{path}"
        return self.session.get(url, timeout=5, **options)

    def json(self, path: str) -> Any:
        """Return the JSON of a response, which must be successful."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


Serve = Callable[[World | str], Reader]
