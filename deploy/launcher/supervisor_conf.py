"""The table of programs as supervisord's configuration: pure text."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from deploy.launcher.layout import ROOT, Layout
from deploy.launcher.programs import Program

# A crashed program is started again for ever; `startsecs=0` calls it up at once, readiness is asked apart.
_PROGRAM = """
[program:{name}]
command={command}
directory={root}
environment={environment}
priority={priority}
autostart={autostart}
autorestart=true
startsecs=0
startretries=1000000
stopsignal=TERM
stopwaitsecs={stop_seconds}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=2
"""

_HEAD = """[supervisord]
nodaemon=true
silent=true
directory={root}
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile={home}/run/supervisord.pid
childlogdir={logs}
minfds=1024

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""


def supervisor_conf(layout: Layout, first: Iterable[Program], later: Iterable[Program]) -> str:
    """Configuration that starts `first` at once and keeps `later` until asked."""
    text = _HEAD.format(root=_escape(ROOT), logs=_escape(layout.logs), home=_escape(layout.home),
                        socket=_escape(socket_path(layout)))  # fmt: skip
    text += "".join(_section(layout, program, autostart=True) for program in first)
    return text + "".join(_section(layout, program, autostart=False) for program in later)


def socket_path(layout: Layout) -> Path:
    """supervisord's control socket."""
    return layout.home / "run" / "supervisor.sock"


def _section(layout: Layout, program: Program, *, autostart: bool) -> str:
    environment = ",".join(f"{name}={_quoted(value)}" for name, value in sorted(program.environment.items()))
    return _PROGRAM.format(
        name=program.name,
        command=_escape(shlex.join(program.command)),
        root=_escape(ROOT),
        environment=environment,
        priority=program.priority,
        autostart=str(autostart).lower(),
        stop_seconds=program.stop_seconds,
        log=_escape(layout.logs / f"{program.name}.log"),
    )


def _escape(value: object) -> str:
    """supervisord expands `%(name)s`: a lone percent sign must be doubled."""
    return str(value).replace("%", "%%")


def _quoted(value: str) -> str:
    return '"' + _escape(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
