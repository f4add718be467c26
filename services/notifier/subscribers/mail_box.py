"""Which mail box an address leads to, as far as that can be told. Pure."""

from __future__ import annotations


def mail_box(recipient: str) -> str:
    """One name for the many ways to write a mail address: whoever owns one box has them all.

    With some providers two addresses that differ in dots alone are two people's: one of them waits for a day.

    >>> mail_box("J.Doe+pool@Example.org")
    'jdoe@example.org'
    """
    local, _, domain = recipient.lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"
