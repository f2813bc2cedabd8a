"""Run the transition table of ``transitions.v`` on an expression, without any network.

python interpret.py "12*(3-5)/-7"
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

SYMBOLS = " 0123456789+-/*()"
HALT, UNSEEN, KEEP = 171, 17, 17
TABLE = Path(__file__).with_name("transitions.v")


def read_table(path=TABLE):
    """Return what each state looks at, and the actions by state and symbols seen."""
    looks, table = {}, {}
    for line in re.findall(r"^L ([\d ]+) ::$", path.read_text(), re.M):
        state, *row = map(int, line.split())
        looks[state] = [symbol != UNSEEN for symbol in row[:4]]
        table[state, *row[:4]] = row[4], row[5:9], row[9:]
    return looks, table


def run(looks, table, text):
    """Return the answer, the steps and how far a head went left and right of the first symbol.

    Raises KeyError if the table has no transition for what is under the heads.
    """
    tapes = [defaultdict(int) for _ in range(4)]
    tapes[0].update(enumerate(map(SYMBOLS.index, text)))
    heads, state, steps, reach = [0] * 4, 0, 0, {0}
    while state != HALT:
        seen = [tapes[t][heads[t]] if looks[state][t] else UNSEEN for t in range(4)]
        state, writes, moves = table[state, *seen]
        for t, (symbol, move) in enumerate(zip(writes, moves, strict=True)):
            if symbol != KEEP:
                tapes[t][heads[t]] = symbol
            heads[t] += move - 1
        steps, reach = steps + 1, reach | set(heads)
    answer = "".join(SYMBOLS[tapes[3][cell]] for cell in sorted(tapes[3]))
    return answer.strip(), steps, min(reach), max(reach)


if __name__ == "__main__":
    print(run(*read_table(), sys.argv[1])[0])
