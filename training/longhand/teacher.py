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

#: No expression of n symbols takes more than a n^2 + b n + c steps, (a, b, c) being these. To work
#: with a number of i digits and one of j digits takes at most 26 i (j + 1) + 16 steps, the moving of
#: both and of the result included (division by a 1 where the quotient is all nines comes close).
#: No number is longer than the text it comes from. So what an operator costs counts, 26 times, the
#: pairs of a symbol of its left side and one of its right side, its own sign with those; each pair of
#: symbols lies so about one operator at most, which makes 13 n^2 in all, and there are n / 2
#: operators at most. Reading takes 1 step a symbol, brackets and numbers that stand alone 4.
MOST_STEPS = (13, 20, 20)

TEACHER = Program.union(reading, waiting, sums, products, quotients)
