"""The report in a browser, compared with plain loops over the published tables.

Needs a Chromium (Debian's package chromium-headless-shell, or chromium); without one these tests are skipped, but in CI
they fail.
"""
