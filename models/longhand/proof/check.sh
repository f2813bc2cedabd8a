#!/usr/bin/env bash
# Check the model file, its transition table and the proof, from a clean copy of this folder.
# Usage: ./check.sh [--quick] [MODEL]. Needs python3 with numpy, and Coq 8.16 (Debian: apt install coq).
# --quick leaves out coqchk. Exit status 3: there is no Coq, and only the model file was checked.
set -euo pipefail
quick=no
if [ "${1:-}" = --quick ]; then quick=yes && shift; fi
model=$(realpath "${1:-$(dirname "$0")/../model.onnx}")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp ./*.v checker.py "$work"
cd "$work"
measured() { # Run a command, then print its time, CPU time and peak memory.
    python3 - "$@" <<'PYTHON'
import resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime
print(f"   {time.monotonic() - start:.1f} s, {cpu:.1f} s of CPU, {used.ru_maxrss / 1024:.0f} MiB", flush=True)
sys.exit(code)
PYTHON
}

echo "== checker.py: the model file makes the transitions of transitions.v"
measured python3 checker.py "$model"
python3 checker.py "$model" --coq again.v >summary.txt
cmp again.v transitions.v && rm again.v
echo "   transitions.v, written anew from the model file, is the same file"
hash=$(sed -n 's/^SHA-256 of the table: //p' summary.txt)
grep -q "table_sha256 := \"$hash\"" transitions.v
echo "   transitions.v and checker.py name the same hash: $hash"

if ! command -v coqc >/dev/null; then
    echo "== coqc is not installed: the model file was checked, the proof was not" && exit 3
fi
if grep -nwE 'Admitted|admit|Axiom|Parameter|Hypothesis|Conjecture|Unset|bypass_check' ./*.v; then
    echo "the proof is incomplete" && exit 1
fi
for part in Base transitions Program Run Sums Products Reading Values Quotients Expressions \
    Answers Unambiguous Validation Main; do
    echo "== coqc $part.v"
    measured coqc -q -R . Longhand "$part.v"
done
echo "== what the theorems rest on"
coqc -q -R . Longhand Assumptions.v | tee assumptions.txt
test "$(grep -c '^Closed under the global context$' assumptions.txt)" = 5
if [ $quick = yes ]; then exit 0; fi
echo "== coqchk: the compiled proof, checked by Coq's independent checker"
measured coqchk -silent -o -R . Longhand Longhand.Main 2>&1 | tee context.txt
for what in Axioms 'relying on type-in-type' 'unsafe (co)fixpoints' 'positivity is assumed'; do
    grep -qF "$what: <none>" context.txt
done
