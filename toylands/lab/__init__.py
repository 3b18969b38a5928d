"""`toylands lab`: a student's own copy of the lessons, and JupyterLab opened on the first one.

toylands lab                    # copies the lessons to ./toylands-lessons and opens lesson 0
toylands lab --no-browser       # prints the address instead
"""

from __future__ import annotations

from toylands._course import lesson_folder
from toylands.lab.copying import Copied, check_owner, copy_lessons
from toylands.lab.launch import (
    command,
    launch,
    need_lab,
    need_project,
    project,
    project_command,
)
from toylands.lab.listing import Lesson, choose_lesson, first_lesson, lessons

__all__ = [
    "Copied",
    "Lesson",
    "check_owner",
    "choose_lesson",
    "command",
    "copy_lessons",
    "first_lesson",
    "launch",
    "lesson_folder",
    "lessons",
    "need_lab",
    "need_project",
    "project",
    "project_command",
]
