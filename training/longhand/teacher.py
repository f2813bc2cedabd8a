"""The teacher: arithmetic as done on paper, as a program for the tape machine.

It makes the traces that the network learns from, and is what the certificate compares the network
with. Nothing of it is in the model file.
"""

from __future__ import annotations

from training.longhand.products import products
from training.longhand.program import Program
from training.longhand.quotients import quotients
from training.longhand.reading import reading
from training.longhand.sums import sums
from training.longhand.waiting import waiting

TEACHER = Program.union(reading, waiting, sums, products, quotients)
