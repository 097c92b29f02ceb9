# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to its answer, as operators that ask the engine for something share it."""

import datetime
import os

import bpy

from .. import runtime
from ..core import problems
from ..core.jobs import State
from ..ui.settings import remember


def can_begin(operator) -> bool:
    """For `poll`: there is an engine and nothing else is on its way."""
    if runtime.job() is not None:
        operator.poll_message_set("A job is running")
        return False
    if runtime.insertion() is not None:
        operator.poll_message_set("A result is being placed")
        return False
    if runtime.command() is None:
        operator.poll_message_set("The engine was not found: give its command in the preferences")
        return False
    return True


def submit(request: dict, **how) -> None:
    """Begin a job in a folder of its own; `how` is as `Session.submit` takes it. Raises Problem."""
    history = runtime.history()
    history.sweep()
    job_id = os.urandom(6).hex()
    job = runtime.session().submit(job_id, request, history.jobs / job_id, **how)
    if job.problem:
        raise job.problem


def is_working() -> bool:
    """The engine has not answered, or an older result is still on its way into the scene."""
    if runtime.insertion() is not None:
        return True
    session = runtime.present_session()
    job = session.job if session else None
    return job is not None and not job.ended and job.state is not State.FINISHING


def finished_job():
    """The job that has been answered. Raises Problem where there was none, or no answer."""
    session = runtime.present_session()
    job = session.job if session else None
    if job is None or job.state is State.CANCELLED:
        raise problems.cancelled()
    if job.problem:
        raise job.problem
    remember(session.hello.offers)
    return job


def record(job, title: str, items: tuple):
    """Put an answered job into the history; returns its entry. Raises Problem."""
    when = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    entry = runtime.load("core.history").Entry(
        job.id,
        when,
        runtime.present_session().hello.engine,
        title,
        round(job.seconds, 3),
        job.request,
        items,
    )
    try:
        runtime.history().add(entry)
    except problems.Problem as problem:
        job.fail(problem)
        raise
    job.move(State.DONE)
    return entry


def done(job) -> None:
    """The answer has been taken in; it is not for the history."""
    job.move(State.DONE)


def insert(entry_id: str) -> None:
    """Insert an entry as one undo step of its own, in a window bit by bit. Raises Problem."""
    run(bpy.ops.vernissage.insert, entry=entry_id)


def run(operator, **values) -> None:
    """Run an operator of ours as one undo step of its own. Raises Problem."""
    try:
        operator("INVOKE_DEFAULT", True, **values)
    except RuntimeError as error:
        raise runtime.problem() or problems.result_unreadable(str(error)) from error
