// Files are scored as `exprinfer score` scores them, byte for byte but for log-probabilities.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { Evaluator } from "../../src/evaluator.js";
import tables from "../../src/language/tables.js";
import { score, write } from "../../src/scoring/score.js";
import { open } from "../models.js";
import { python } from "../python.js";

const folder = mkdtempSync(join(tmpdir(), "exprinfer-"));
after(() => rmSync(folder, { recursive: true }));

const FILES = {
  "lines.txt":
    "5+3\n7*-9 = -64\n 8/2 = four\r\n1/0\n\n5−3=2\n<img src=x>=1\n9007199254740993*1\n2(3)\n" +
    "7/2=?3.50\n6/2=+3.0\n3=3\n\t4+4\t=\t8 \nüber\n'\"\\\x7f\n1234567890123456789*98765",
  "table.csv":
    'item,sum,expected\na,5+3,8\n"b,""c""",7*-9,-64\nc,1/0,\nd,2*(3+4),x\ne,1,2,3\nf,,\n' +
    "__proto__,5-7,-2.0\n=cmd(),6*7,42\n<script>,4/3,1\n",
  "excel.csv": "Größe;Aufgabe\r\n1;5+3\r\n2;7*-9\r\n3;9999*9999\r\n",
  "separator.csv": "sep=;\r\nexpression;Expected \r\n1+1;2\n\n2*3;007\r\n\r\n4-4;-0\n",
  "column.csv": "expression\n1+1\n\n2+2\n",
  "tabs.tsv": "constructor\texpression\nx\t12-30\ny\t100*100\n",
};

for (const [name, text] of Object.entries(FILES)) {
  for (const format of ["csv", "jsonl"]) {
    for (const normalize of [false, true]) {
      test(`${name} as ${format}${normalize ? ", normalized" : ""}`, async () => {
        const path = join(folder, name);
        const output = join(folder, `out.${format}`);
        writeFileSync(path, text);
        const options = normalize ? ["--normalize"] : [];
        const command = ["-m", "exprinfer", "score", path, "--device", "cpu", "--output", output];
        python([...command, ...options, "--restart"], [0, 1]);
        const evaluator = new Evaluator(tables.defaultModels, open, { normalize });
        const scored = await score(evaluator, name, new Uint8Array(readFileSync(path)));
        const expected = readFileSync(output, "utf8");
        assert.equal(withoutDecimals(write(scored, format)), withoutDecimals(expected));
      });
    }
  }
}

/** Drop the last digits of log-probabilities: other kernels add in another order. */
const withoutDecimals = (text) =>
  text.replace(/-?\d\.\d+(e-\d\d)?/g, (number) => Number(number).toFixed(3));

test("a file that cannot be scored says why", async () => {
  const evaluator = new Evaluator(tables.defaultModels, open);
  const refused = async (name, content, reason) =>
    assert.rejects(score(evaluator, name, new TextEncoder().encode(content)), reason);
  await refused("a.csv", "", /is empty/);
  await refused("a.csv", "x,x\n1,2\n", /more than one column is named x/);
  await refused("a.csv", "5+3,7\n", /the first row holds an expression/);
  await refused("a.csv", "x,y\n1,2\n", /none holds expressions; the columns are x, y/);
  await refused("a.csv", "answer,sum\n1,5+3\n", /columns named like results: answer/);
  await refused("a.xlsx", "PK\u0003\u0004\0\0", /is not text/);
});
