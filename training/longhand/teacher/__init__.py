"""The teacher: arithmetic as on paper, written as a program for the tape machine.

An automaton is inferred from what it shows of its work, without its states; see ``memory``. The
network is fitted to this automaton, and the certificate compares it with the teacher. The names of
the states here are not those in the shipped file, which ``naming`` derives from the automaton.
"""

from __future__ import annotations

from training.longhand.teacher.pending import pending
from training.longhand.teacher.products import products
from training.longhand.teacher.program import Program
from training.longhand.teacher.quotients import quotients
from training.longhand.teacher.reading import reading
from training.longhand.teacher.sums import sums

#: An expression of n symbols takes at most a n^2 + b n + c steps; these are (a, b, c). The theorem
#: in ``models/longhand/proof`` contains this bound. The argument in short:
#: No number is longer than the text that it comes from. An operation on numbers of i and j digits
#: takes at most 28 i (j + 1) + 16 steps, including all moving of the numbers and of the result. A
#: division by one digit comes closest, with nine subtractions for each digit. That is 28 times the
#: number of pairs of a symbol on the left of the operator and one on its right, including the
#: operator itself. No two operators share such a pair, so there are at most n^2 / 2 pairs, and at
#: most n / 2 operators. The rest takes at most 4 steps for each symbol: reading, brackets, and
#: numbers that stand alone.
MOST_STEPS = (14, 20, 20)

TEACHER = Program.union(reading, pending, sums, products, quotients)

__all__ = ["MOST_STEPS", "TEACHER"]
