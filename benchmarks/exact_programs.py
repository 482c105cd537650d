"""Lower-bound programs: HiGHS through SciPy against SCIP on the same mixed-integer program, on one core.

    ./run python benchmarks/exact_programs.py [--inputs 4] [--terms 2] [--rounds 3]

The program decides whether two hidden layers that conform to the braid fan compute max{0, x_1, ..., x_n}: the optimum
of phi(relu(g)), maximised and minimised, gap 0, one thread.  Both solvers get the same matrix; the time of SCIP is that
of solving, the time of HiGHS includes that of building the program.  The rounds take turns and the best of each counts.
The last line is the proof by rational linear algebra, which needs no solver.  Ends with an error where a status is not
optimal or two optima differ by more than 1e-6.
"""

import argparse
import os
import time

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np
import scipy

from replica.numerics import conforming_programs

TOLERANCE = 1e-6


def with_scip(pyscipopt, inputs: int, terms: int, sense: int) -> tuple[str, float, int, float]:
    """Status, optimum, nodes and seconds of SCIP."""
    program = conforming_programs.program(inputs, terms, sense)
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParam("limits/gap", 0.0)
    model.setParam("parallel/maxnthreads", 1)
    x = [
        model.addVar(lb=low, ub=high, vtype="I" if integer else "C")
        for low, high, integer in zip(program.low, program.high, program.integer, strict=True)
    ]
    matrix = program.matrix.tocsr()
    for row, (low, high) in enumerate(zip(program.lower, program.upper, strict=True)):
        at = slice(matrix.indptr[row], matrix.indptr[row + 1])
        total = pyscipopt.quicksum(
            float(v) * x[j] for v, j in zip(matrix.data[at], matrix.indices[at], strict=True) if v
        )
        model.addCons(total == high if low == high else total <= high)
    model.setObjective(pyscipopt.quicksum(float(c) * v for c, v in zip(program.cost, x, strict=True) if c))
    begun = time.perf_counter()
    model.optimize()
    taken = time.perf_counter() - begun
    return model.getStatus(), -sense * model.getObjVal(), int(model.getNTotalNodes()), taken


def with_highs(inputs: int, terms: int, sense: int) -> tuple[str, float, int, float]:
    """Status, optimum, nodes and seconds of HiGHS."""
    begun = time.perf_counter()
    solution = conforming_programs.solve(inputs, terms, sense)
    taken = time.perf_counter() - begun
    status = "optimal" if solution.status == conforming_programs.OPTIMAL else str(solution.status)
    return status, solution.optimum, solution.nodes, taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("inputs", 4), ("terms", 2), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    chosen = parser.parse_args()
    try:
        import pyscipopt
    except ImportError:
        raise SystemExit("this comparison needs SCIP: pip install pyscipopt") from None
    case = chosen.inputs, chosen.terms
    solvers = {
        f"HiGHS (SciPy {scipy.__version__})": lambda sense: with_highs(*case, sense),
        f"SCIP {pyscipopt.Model().version()} (pyscipopt {pyscipopt.__version__})": lambda sense: with_scip(
            pyscipopt, *case, sense
        ),
    }
    print(f"n = {chosen.inputs}, maxima of at most {chosen.terms} terms in the first layer, one core\n")
    print("| | sense | status | optimum | nodes | s | time over HiGHS's |")
    print("|---|---|---|---|---|---|---|")
    for word, sense in (("maximise", 1), ("minimise", -1)):
        found: dict = {name: [] for name in solvers}
        for _ in range(chosen.rounds):
            for name, solve in solvers.items():
                found[name].append(solve(sense))
        best = {name: min(runs, key=lambda run: run[3]) for name, runs in found.items()}
        reference = next(iter(best.values()))[3]
        for name, (status, optimum, nodes, taken) in best.items():
            print(f"| {name} | {word} | {status} | {optimum:.2g} | {nodes} | {taken:.2f} | {taken / reference:.2f} |")
        optima = np.array([run[1] for runs in found.values() for run in runs])
        if np.ptp(optima) > TOLERANCE or any(run[0] != "optimal" for runs in found.values() for run in runs):
            raise SystemExit(f"{word}: statuses or optima differ: {found}")
    begun = time.perf_counter()
    patterns = conforming_programs.undecided_patterns(*case)
    print(f"\nRational linear algebra: {patterns} in {time.perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    main()
