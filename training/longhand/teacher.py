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

#: No expression of n symbols takes more than a n^2 + b n + c steps, (a, b, c) being these.
#: No number is longer than the text that it comes from. To work with one of i digits and one of j
#: takes at most 28 i (j + 1) + 16 steps, all moving of them and of the result included: a division
#: by one digit comes nearest, with nine subtractions for each digit. That is 28 times the pairs of
#: a symbol on the left of the operator and one on its right, itself with those. No two operators
#: have one of these pairs in common, so they are n^2 / 2 at most, and the operators n / 2. The
#: rest, reading, brackets and numbers that stand alone, takes at most 4 steps a symbol.
MOST_STEPS = (14, 20, 20)

TEACHER = Program.union(reading, waiting, sums, products, quotients)
